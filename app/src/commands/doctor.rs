//! `socle doctor`: what is wrong with the machine, the folder or the store, in one line each, with how to mend it.

use crate::cli::Doctor;
use crate::failure::Failure;
use crate::settings::{self, Said, Settings};
use crate::{serving, terminal, wiring};
use socle_gate::Gate;
use socle_kernel::{Clock, Instant, SystemClock, limits};
use socle_pipeline::jobs::TaskCounts;
use std::path::PathBuf;
use std::process::ExitCode;

/// A clock before this is wrong: this program did not exist.
const EARLIEST: &str = "2026-01-01T00:00:00Z";
/// Memory below this makes the program slow.
const MEMORY_BYTES: u64 = 512 * 1024 * 1024;

/// Findings, told as they come.
#[derive(Default)]
struct Findings {
    problems: u32,
}

impl Findings {
    fn good(&self, what: &str) {
        terminal::print(&format!("ok       {what}"));
    }

    fn bad(&mut self, what: &str, mend: &str) {
        self.problems += 1;
        terminal::print(&format!("problem  {what}\n         {mend}"));
    }

    fn failed(&mut self, failure: &Failure) {
        self.bad(&failure.what, &failure.mend);
    }
}

/// Runs every check.
pub async fn run(args: Doctor, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let said = Said { config, data: args.data, listen: args.listen, base_url: None };
    let settings = Settings::read(said, Some(settings::DEMO_FOLDER))?;
    let mut findings = Findings::default();
    findings.good(&format!(
        "program {} ({} {})",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    ));
    clock(&mut findings);
    memory(&mut findings);
    match serving::listen(settings.listen).await {
        Ok(_) => findings.good(&format!("address {} is free", settings.listen)),
        Err(failure) => findings.failed(&failure),
    }
    store(&settings, &mut findings).await;
    if findings.problems == 0 {
        terminal::print("All is well.");
        return Ok(ExitCode::SUCCESS);
    }
    terminal::print(&format!("{} problem(s).", findings.problems));
    Ok(ExitCode::from(1))
}

fn clock(findings: &mut Findings) {
    let now = SystemClock.now();
    let earliest = Instant::parse(EARLIEST).unwrap_or_default();
    if now >= earliest {
        findings.good(&format!("clock {now}"));
    } else {
        findings.bad(&format!("the clock says {now}"), "Set the clock: tokens and the log depend on it.");
    }
}

fn memory(findings: &mut Findings) {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else { return };
    let available = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map(|kibibytes| kibibytes * 1024);
    match available {
        Some(bytes) if bytes < MEMORY_BYTES => {
            findings.bad(
                &format!("only {} MiB of memory are free", bytes >> 20),
                "Close other programs; 512 MiB are enough.",
            );
        }
        Some(bytes) => findings.good(&format!("{} MiB of memory free", bytes >> 20)),
        None => {}
    }
}

async fn store(settings: &Settings, findings: &mut Findings) {
    let folder = settings.data.display();
    if !wiring::holds_store(&settings.data) {
        findings.good(&format!("no store in {folder} yet; it will be made"));
        return;
    }
    let gate = match wiring::open(settings).await {
        Ok(gate) => gate,
        Err(failure) => return findings.failed(&failure),
    };
    match gate.figures().await {
        Ok(figures) => {
            findings.good(&format!(
                "store {folder}: schema {}, {}, {} MiB of data, {} MiB of documents",
                figures.schema,
                figures.engine,
                figures.database_bytes >> 20,
                figures.blob_bytes >> 20
            ));
            if figures.free_bytes < limits::DISK_RESERVE_BYTES * 4 {
                findings.bad(
                    &format!("only {} MiB are free on the disk", figures.free_bytes >> 20),
                    "Free some space: writes stop when 64 MiB are left.",
                );
            } else {
                findings.good(&format!("{} MiB free on the disk", figures.free_bytes >> 20));
            }
        }
        Err(error) => findings.failed(&Failure::of_store(&error, &settings.data)),
    }
    match gate.verify_audit().await {
        Ok(report) if report.faults.is_empty() => {
            findings.good(&format!("audit log whole, {} lines", report.lines))
        }
        Ok(report) => findings.bad(
            &format!("the audit log has {} fault(s)", report.faults.len()),
            "Run `socle audit verify` for the list, and keep the folder for examination.",
        ),
        Err(error) => findings.failed(&Failure::of_store(&error, &settings.data)),
    }
    jobs(&gate, settings, findings).await;
    if let Err(error) = gate.close().await {
        findings.failed(&Failure::of_store(&error, &settings.data));
    }
}

async fn jobs(gate: &Gate, settings: &Settings, findings: &mut Findings) {
    let pipeline = wiring::pipeline(gate.clone(), settings, settings::LOCAL_URL.into(), false);
    let reports = match pipeline.job_reports().await {
        Ok(reports) => reports,
        Err(problem) => {
            return findings.bad(&format!("the jobs cannot be read: {problem}"), "Restore a backup.");
        }
    };
    for report in reports {
        let mut told = format!("job {}: {}", report.name, report.words.en);
        if let Some(behind) = report.behind.filter(|behind| *behind > 0) {
            told.push_str(&format!(" {behind} change(s) to look at."));
        }
        let tasks = report.tasks;
        if tasks != TaskCounts::default() {
            told.push_str(&format!(
                " Tasks: {} waiting, {} running, {} done, {} given up.",
                tasks.waiting, tasks.running, tasks.done, tasks.failed
            ));
        }
        match report.trouble {
            Some(trouble) => findings.bad(
                &format!("{told} Failed at {} ({} times in a row): {}", trouble.at, report.failures, trouble.en),
                "It is tried again by itself while the program runs; the log of the program says why it failed.",
            ),
            None => findings.good(&told),
        }
    }
}
