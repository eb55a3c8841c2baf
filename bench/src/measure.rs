//! Warm-up, runs and medians of every workload at every number of connections.

use crate::cli::Pace;
use crate::client::Server;
use crate::failure::Failure;
use crate::load::{self, Run};
use crate::process::{self, Process};
use crate::report;
use crate::workloads::{self, Prepared, Workload};
use serde::Serialize;
use socle_kernel::{Chance, SystemChance};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The figures of one workload at one number of connections: medians of the runs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figure {
    /// Name of the workload.
    pub workload: String,
    /// What one operation is.
    pub what: String,
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// Operations per second.
    pub per_second: f64,
    /// Half of the answers took at most so many milliseconds.
    pub p50_ms: Option<f64>,
    /// 99 of 100 answers took at most so many milliseconds.
    pub p99_ms: Option<f64>,
    /// Server CPU seconds per 1,000 operations; absent when the server is not on this machine.
    pub cpu_s_per_1000: Option<f64>,
    /// What that should be at most.
    pub aim_cpu_s_per_1000: Option<f64>,
    /// Resident memory of the server at the end of the runs, the highest.
    pub resident_bytes: u64,
    /// Answers that were as expected, in all runs.
    pub answers: usize,
    /// What was not as expected, in all runs.
    pub errors: BTreeMap<String, u64>,
    /// Load average when the runs ended.
    pub load_average: f64,
}

impl Figure {
    /// Errors of all kinds.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// True when an aim was set and measured and missed.
    pub fn misses(&self) -> bool {
        matches!((self.cpu_s_per_1000, self.aim_cpu_s_per_1000), (Some(cpu), Some(aim)) if cpu > aim)
    }
}

/// Is a workload among those asked for?
pub fn is_wanted(pace: &Pace, name: &str) -> bool {
    pace.workload.is_empty() || pace.workload.iter().any(|wanted| wanted == name)
}

/// Where the chance of this measurement starts.
pub fn seed(pace: &Pace) -> u64 {
    pace.seed.unwrap_or_else(|| SystemChance.number())
}

/// Measures the workloads that were asked for.
pub async fn all(
    server: &Server,
    prepared: &Arc<Prepared>,
    process: Option<Process>,
    pace: &Pace,
) -> Result<Vec<Figure>, Failure> {
    let known = workloads::all(prepared);
    if let Some(unknown) =
        pace.workload.iter().find(|name| known.iter().all(|workload| workload.name() != **name))
    {
        let names: Vec<&str> = known.iter().map(|workload| workload.name()).collect();
        return Err(Failure::new(format!(
            "no workload {unknown:?} can run here; there are {}",
            names.join(", ")
        )));
    }
    let mut figures = Vec::new();
    let seed = seed(pace);
    for workload in known
        .iter()
        .filter(|one| pace.workload.is_empty() || pace.workload.iter().any(|name| name == one.name()))
    {
        for connections in &pace.connections {
            report::remark(&format!("{} at {connections}", workload.name()));
            let next = seed.wrapping_add(10_000 * figures.len() as u64);
            figures.push(one(server, workload, process, *connections, pace, next).await?);
        }
    }
    Ok(figures)
}

async fn one(
    server: &Server,
    workload: &Arc<dyn Workload>,
    process: Option<Process>,
    connections: usize,
    pace: &Pace,
    seed: u64,
) -> Result<Figure, Failure> {
    let time = Duration::from_secs(pace.seconds.max(1));
    let warm_up = (time / 3).min(Duration::from_secs(2));
    load::run(server, workload, connections, warm_up, seed).await?;
    let mut figure = Figure {
        workload: workload.name().to_owned(),
        what: workload.what().to_owned(),
        connections,
        aim_cpu_s_per_1000: workload.aim(),
        ..Figure::default()
    };
    let (mut runs, mut cpu) = (Vec::new(), Vec::new());
    for number in 1..=pace.runs.max(1) {
        let before = process.map(Process::cpu_seconds).transpose()?;
        let run =
            load::run(server, workload, connections, time, seed.wrapping_add(100 * number as u64)).await?;
        if let (Some(process), Some(before)) = (process, before) {
            let spent = process.cpu_seconds()? - before;
            cpu.push(spent * 1000.0 / (run.requests().max(1) as f64));
            figure.resident_bytes = figure.resident_bytes.max(process.memory()?.resident);
        }
        runs.push(run);
    }
    sum_up(&mut figure, &runs);
    figure.cpu_s_per_1000 = median(cpu);
    figure.load_average = process::load_average();
    Ok(figure)
}

fn sum_up(figure: &mut Figure, runs: &[Run]) {
    let milliseconds = |per_thousand| {
        median(
            runs.iter().filter_map(|run| Some(f64::from(run.percentile(per_thousand)?) / 1000.0)).collect(),
        )
    };
    figure.per_second = median(runs.iter().map(Run::rate).collect()).unwrap_or(0.0);
    figure.p50_ms = milliseconds(500);
    figure.p99_ms = milliseconds(990);
    figure.answers = runs.iter().map(|run| run.latencies.len()).sum();
    for (error, count) in runs.iter().flat_map(|run| &run.errors) {
        *figure.errors.entry(error.clone()).or_default() += count;
    }
}

/// The middle one, or the lower of the middle two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_the_measured() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(1.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn errors_of_every_run_are_in_the_figure() {
        let run = |errors: u64| Run {
            latencies: vec![1000],
            errors: BTreeMap::from([("status 503".to_owned(), errors)]),
            seconds: 1.0,
        };
        let mut figure = Figure::default();
        sum_up(&mut figure, &[run(1), run(0), run(4)]);
        assert_eq!((figure.error_count(), figure.answers), (5, 3));
        assert_eq!(figure.p50_ms, Some(1.0));
    }

    #[test]
    fn an_aim_is_missed_only_when_both_are_known() {
        let figure = |cpu, aim| Figure { cpu_s_per_1000: cpu, aim_cpu_s_per_1000: aim, ..Figure::default() };
        assert!(figure(Some(0.2), Some(0.1)).misses());
        assert!(!figure(Some(0.1), Some(0.1)).misses());
        assert!(!figure(None, Some(0.1)).misses() && !figure(Some(9.0), None).misses());
    }
}
