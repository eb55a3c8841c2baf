//! What was measured, as a table for people and as JSON for machines. The one place that writes to the terminal.

use crate::cli::Pace;
use crate::failure::Failure;
use crate::measure::Figure;
use crate::process::{self, Machine};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write as _;

/// Start-up and memory.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StartFigures {
    /// People of the region.
    pub people: u32,
    /// First start, which makes the region.
    pub first_seconds: f64,
    /// Its CPU seconds.
    pub first_cpu_seconds: f64,
    /// Most memory while it did.
    pub first_peak_bytes: u64,
    /// Second start, which finds the region.
    pub second_seconds: f64,
    /// Resident memory some seconds after the second start, before any request.
    pub rest_bytes: u64,
    /// Most resident memory under load.
    pub peak_bytes: u64,
}

/// Disk.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DiskFigures {
    /// Median microseconds of one `fdatasync` of 4 KiB.
    pub sync_micros: u32,
    /// Bytes of the region's folder.
    pub region_bytes: u64,
    /// Resources imported; 0 when nothing was.
    pub imported: u64,
    /// Bytes they take, versions and audit included.
    pub imported_bytes: u64,
    /// How long the import took.
    pub import_seconds: f64,
    /// Its CPU seconds.
    pub import_cpu_seconds: f64,
    /// True when the import refused something.
    pub import_refused: bool,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where it was measured.
    pub machine: Machine,
    /// Start-up and memory, when the program was started here.
    pub start: Option<StartFigures>,
    /// Disk, when the program was started here.
    pub disk: Option<DiskFigures>,
    /// Workloads.
    pub figures: Vec<Figure>,
}

/// Prints a report, writes its JSON when asked to; how many errors there were.
pub fn finish(report: &Report, pace: &Pace) -> Result<u64, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(table(report).as_bytes())?;
    if let Some(file) = &pace.json {
        std::fs::write(file, serde_json::to_string_pretty(report)? + "\n")?;
    }
    Ok(report.figures.iter().map(Figure::error_count).sum())
}

/// A remark about what is going on, on standard error.
pub fn remark(text: &str) {
    // A terminal that went away is no reason to stop measuring.
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// The table, in Markdown.
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    let machine = &report.machine;
    line(
        &mut text,
        &format!(
            "{} cores ({}), {:.0} GiB, Linux {}; load average at the end {:.1}\n",
            machine.cores,
            machine.processor,
            machine.memory_bytes as f64 / f64::from(1 << 30),
            machine.kernel,
            process::load_average()
        ),
    );
    if report.start.is_some() || report.disk.is_some() {
        line(&mut text, "| figure | measured | aim |\n|---|---|---|");
    }
    if let Some(start) = &report.start {
        start_lines(&mut text, start);
    }
    if let Some(disk) = &report.disk {
        disk_lines(&mut text, disk);
    }
    line(
        &mut text,
        "\n| workload | connections | per second | p50 ms | p99 ms | CPU s per 1,000 | aim | resident MB | errors | load average |\n|---|---|---|---|---|---|---|---|---|---|",
    );
    for figure in &report.figures {
        figure_line(&mut text, figure);
    }
    for figure in &report.figures {
        for (error, count) in &figure.errors {
            line(&mut text, &format!("\n{} at {}: {count} × {error}", figure.workload, figure.connections));
        }
    }
    text
}

fn start_lines(text: &mut String, start: &StartFigures) {
    let people = start.people;
    row(
        text,
        &format!("first start, {people} people"),
        &format!(
            "{:.1} s ({:.1} CPU s, peak {} MB)",
            start.first_seconds,
            start.first_cpu_seconds,
            megabytes(start.first_peak_bytes)
        ),
        "60 s",
    );
    row(text, "second start", &format!("{:.2} s", start.second_seconds), "2 s");
    row(text, "resident memory at rest", &format!("{} MB", megabytes(start.rest_bytes)), "200 MB");
    row(text, "resident memory under load, peak", &format!("{} MB", megabytes(start.peak_bytes)), "");
}

fn disk_lines(text: &mut String, disk: &DiskFigures) {
    row(
        text,
        "one fdatasync of 4 KiB, median",
        &format!("{:.2} ms", f64::from(disk.sync_micros) / 1000.0),
        "",
    );
    row(text, "region on disk", &format!("{} MB", megabytes(disk.region_bytes)), "");
    if disk.imported == 0 {
        return;
    }
    let count = disk.imported as f64;
    let refused = if disk.import_refused { ", some refused" } else { "" };
    row(
        text,
        "bytes on disk per Synthea resource",
        &format!("{:.0} ({} resources{refused})", disk.imported_bytes as f64 / count, disk.imported),
        "",
    );
    row(
        text,
        "import, CPU s per 1,000 resources",
        &format!("{:.2} ({:.0} s in all)", disk.import_cpu_seconds * 1000.0 / count, disk.import_seconds),
        "",
    );
}

fn figure_line(text: &mut String, figure: &Figure) {
    let milliseconds =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let cpu = figure.cpu_s_per_1000.map_or_else(|| "-".to_owned(), |cpu| format!("{cpu:.3}"));
    let aim = figure
        .aim_cpu_s_per_1000
        .map_or_else(String::new, |aim| format!("{aim:.2}{}", if figure.misses() { " missed" } else { "" }));
    line(
        text,
        &format!(
            "| {} | {} | {:.0} | {} | {} | {cpu} | {aim} | {} | {} | {:.1} |",
            figure.workload,
            figure.connections,
            figure.per_second,
            milliseconds(figure.p50_ms),
            milliseconds(figure.p99_ms),
            megabytes(figure.resident_bytes),
            figure.error_count(),
            figure.load_average
        ),
    );
}

fn row(text: &mut String, name: &str, measured: &str, aim: &str) {
    line(text, &format!("| {name} | {measured} | {aim} |"));
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn report() -> Report {
        let figure = Figure {
            workload: "read".into(),
            connections: 8,
            per_second: 1234.0,
            cpu_s_per_1000: Some(0.2),
            aim_cpu_s_per_1000: Some(0.1),
            errors: BTreeMap::from([("status 500 instead of 200".to_owned(), 3)]),
            ..Figure::default()
        };
        Report { machine: Machine::this(), start: None, disk: None, figures: vec![figure] }
    }

    #[test]
    fn a_missed_aim_and_every_error_stand_in_the_table() {
        let text = table(&report());
        assert!(text.contains("| read | 8 | 1234 |") && text.contains("0.10 missed"), "{text}");
        assert!(text.contains("read at 8: 3 × status 500 instead of 200"), "{text}");
    }

    #[test]
    fn nothing_is_said_of_disk_and_start_when_they_were_not_measured() {
        let text = table(&report());
        assert!(!text.contains("first start") && !text.contains("fdatasync"));
    }
}
