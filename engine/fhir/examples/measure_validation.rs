//! Validations per second over files of resources, and what is found in them.
//!
//! `cargo run --release -p socle-fhir --example measure_validation -- [--tell] FILE|FOLDER …`
//!
//! Reads JSON files, NDJSON files (also `.gz`) and folders of them. The resources of transaction Bundles are measured one by
//! one. With `--tell` every finding is printed: errors, warnings, information.

use flate2::read::GzDecoder;
use serde_json::Value;
use socle_fhir::validate::{Options, check_with};
use socle_kernel::Severity;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Measured rounds over all resources, after one that compiles the definitions.
const ROUNDS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let tells = arguments.first().is_some_and(|first| first == "--tell");
    arguments.drain(..usize::from(tells));
    let mut resources: Vec<(String, Value)> = Vec::new();
    for argument in &arguments {
        read(Path::new(argument), &mut resources)?;
    }
    let resources: Vec<(String, Value)> = resources.into_iter().flat_map(apart).collect();
    let mut out = io::stdout().lock();
    let options = Options { tells_information: tells, ..Options::default() };
    let begun = Instant::now();
    let mut counts = BTreeMap::new();
    for (name, resource) in &resources {
        for issue in check_with(resource, &[], &options) {
            *counts.entry(issue.severity.code()).or_insert(0) += 1;
            if tells {
                let expected = issue.expected.as_deref().unwrap_or("");
                let received = issue.received.as_deref().unwrap_or("");
                let sign = if issue.severity == Severity::Error { "E" } else { issue.severity.code() };
                writeln!(
                    out,
                    "{sign}\t{name}\t{}\t{}\t[{expected}]\t[{received}]",
                    issue.path, issue.text.en
                )?;
            }
        }
    }
    writeln!(out, "first round: {:?}; {} resources; {counts:?}", begun.elapsed(), resources.len())?;
    let mut kinds: BTreeMap<String, (u32, Duration, usize)> = BTreeMap::new();
    let options = Options::default();
    for _ in 0..ROUNDS {
        for (_, resource) in &resources {
            let begun = Instant::now();
            let found = check_with(resource, &[], &options);
            let spent = begun.elapsed();
            std::hint::black_box(found);
            let kind = resource["resourceType"].as_str().unwrap_or("").to_owned();
            let entry = kinds.entry(kind).or_default();
            *entry = (entry.0 + 1, entry.1 + spent, entry.2 + resource.to_string().len());
        }
    }
    let mut sorted: Vec<_> = kinds.into_iter().collect();
    sorted.sort_by_key(|(_, (_, spent, _))| std::cmp::Reverse(*spent));
    let total: Duration = sorted.iter().map(|(_, (_, spent, _))| *spent).sum();
    let count: u32 = sorted.iter().map(|(_, (count, _, _))| *count).sum();
    for (kind, (count, spent, bytes)) in sorted.iter().take(12) {
        let mean = spent.as_secs_f64() * 1e6 / f64::from(*count);
        let size = bytes / usize::try_from(*count)?;
        writeln!(out, "{kind}: {count} validations, {mean:.1} µs each, {size} bytes each")?;
    }
    writeln!(out, "all: {count} validations, {:.0} per second", f64::from(count) / total.as_secs_f64())?;
    Ok(())
}

/// The resources of a transaction by themselves; a document stays whole.
fn apart((name, resource): (String, Value)) -> Vec<(String, Value)> {
    let is_transaction = resource["resourceType"] == "Bundle" && resource["type"] == "transaction";
    match resource.get("entry").and_then(Value::as_array).filter(|_| is_transaction) {
        Some(entries) => entries
            .iter()
            .filter_map(|entry| entry.get("resource").cloned())
            .map(|one| (format!("{name}:{}", one["resourceType"].as_str().unwrap_or("")), one))
            .collect(),
        None => vec![(name, resource)],
    }
}

fn read(path: &Path, out: &mut Vec<(String, Value)>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        let mut inner: Vec<_> = fs::read_dir(path)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        inner.sort();
        return inner.iter().try_for_each(|path| read(path, out));
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned();
    let mut bytes = fs::read(path)?;
    if name.ends_with(".gz") {
        let mut plain = Vec::new();
        GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
        bytes = plain;
    }
    if name.contains(".ndjson") {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let value: Value = serde_json::from_slice(line)?;
            let id = value["id"].as_str().unwrap_or("").to_owned();
            out.push((format!("{}/{id}", value["resourceType"].as_str().unwrap_or("")), value));
        }
    } else if name.contains(".json") {
        let value: Value = serde_json::from_slice(&bytes)?;
        if value.get("resourceType").is_some() {
            out.push((name, value));
        }
    }
    Ok(())
}
