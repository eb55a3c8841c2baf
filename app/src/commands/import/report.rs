//! What an import did, told at its end.

use crate::failure::Failure;
use crate::terminal;
use serde_json::{Value, json};
use socle_kernel::Problem;
use socle_pipeline::ImportOutcome;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Refusals shown on the terminal; the report file has all.
const SHOWN: usize = 20;

/// What happened so far.
#[derive(Default)]
pub(super) struct Tally {
    written: BTreeMap<&'static str, u64>,
    kept: u64,
    faulty: u64,
    seen: u64,
    /// Every refusal.
    pub refused: Vec<Value>,
    /// How long it took.
    pub micros: i64,
}

impl Tally {
    /// Counts what became of one input.
    pub(super) fn count(&mut self, place: &str, outcome: &ImportOutcome) {
        self.seen += u64::from(outcome.was_seen);
        self.kept += outcome.kept;
        self.faulty += outcome.faulty;
        for (name, count) in &outcome.written {
            *self.written.entry(name).or_default() += count;
        }
        for (position, problem) in &outcome.refused {
            self.refused.push(refusal(&format!("{place} entry {position}"), problem));
        }
    }
}

/// One refusal, for the report.
pub(super) fn refusal(place: &str, problem: &Problem) -> Value {
    let issues: Vec<Value> = problem
        .issues
        .iter()
        .map(|issue| json!({ "path": issue.path, "text": issue.text.en, "expected": issue.expected, "received": issue.received }))
        .collect();
    json!({ "file": place, "reason": problem.headline(socle_kernel::Lang::En), "issues": issues })
}

/// Says what was done, and writes every refusal to a file when one is named.
pub(super) fn tell(tally: &Tally, file: Option<&Path>) -> Result<(), Failure> {
    let total: u64 = tally.written.values().sum();
    terminal::print(&format!("{total} resources imported"));
    for (name, count) in &tally.written {
        terminal::print(&format!("  {name:32} {count:>9}"));
    }
    if tally.kept > 0 {
        terminal::print(&format!("{} resources were there already", tally.kept));
    }
    if tally.faulty > 0 {
        terminal::print(&format!(
            "{} resources were imported although something is wrong with them",
            tally.faulty
        ));
    }
    if tally.micros > 0 && total > 0 {
        let seconds = tally.micros as f64 / 1e6;
        terminal::print(&format!("{seconds:.1} s, {:.0} resources a second", total as f64 / seconds));
    }
    if tally.seen > 0 {
        terminal::print(&format!("{} inputs were imported before and left alone", tally.seen));
    }
    if tally.refused.is_empty() {
        return Ok(());
    }
    terminal::print(&format!("{} refused", tally.refused.len()));
    for refusal in tally.refused.iter().take(SHOWN) {
        let issue = &refusal["issues"][0];
        terminal::print(&format!(
            "  {}: {} {} {}",
            refusal["file"].as_str().unwrap_or(""),
            refusal["reason"].as_str().unwrap_or(""),
            issue["path"].as_str().unwrap_or(""),
            issue["expected"].as_str().map(|text| format!("(expected {text})")).unwrap_or_default()
        ));
    }
    if tally.refused.len() > SHOWN {
        terminal::print(&format!("  … and {} more; --report FILE lists all", tally.refused.len() - SHOWN));
    }
    let Some(path) = file else { return Ok(()) };
    let written = std::fs::File::create(path)
        .and_then(|mut out| tally.refused.iter().try_for_each(|refusal| writeln!(out, "{refusal}")));
    written.map_err(|error| {
        Failure::environment(
            format!("The report {} cannot be written: {error}.", path.display()),
            "Check --report.",
        )
    })
}
