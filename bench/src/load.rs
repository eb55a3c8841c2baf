//! The closed loop: so many connections, each sending its next request when the last was answered, for a while.

use crate::client::{Connection, Server};
use crate::draw::Draw;
use crate::failure::Failure;
use crate::workloads::Workload;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What one run gave.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Microseconds of every answer that was as expected.
    pub latencies: Vec<u32>,
    /// What was not as expected, with how often.
    pub errors: BTreeMap<String, u64>,
    /// How long it took.
    pub seconds: f64,
}

impl Run {
    /// Answers as expected, per second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds.max(f64::EPSILON)
    }

    /// How many requests went wrong.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Requests that were answered at all, for the server worked for them too.
    pub fn requests(&self) -> u64 {
        self.latencies.len() as u64 + self.error_count()
    }

    /// The latency in microseconds that so many per thousand stay at or below: the exact one, none is left out.
    pub fn percentile(&self, per_thousand: usize) -> Option<u32> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * per_thousand).div_ceil(1000);
        sorted.get(rank.max(1) - 1).copied()
    }

    fn join(&mut self, other: Run) {
        self.latencies.extend(other.latencies);
        for (error, count) in other.errors {
            *self.errors.entry(error).or_default() += count;
        }
    }
}

/// Runs a workload on connections of its own.
pub async fn run(
    server: &Server,
    workload: &Arc<dyn Workload>,
    connections: usize,
    time: Duration,
    seed: u64,
) -> Result<Run, Failure> {
    let start = Instant::now();
    let until = start + time;
    let tasks: Vec<_> = (0..connections)
        .map(|number| {
            let (server, workload) = (server.clone(), workload.clone());
            let draw = Draw::new(seed.wrapping_add(number as u64));
            tokio::spawn(async move { one(&server, &*workload, &draw, until).await })
        })
        .collect();
    let mut whole = Run::default();
    for task in tasks {
        let part = task.await.map_err(|error| Failure::new(format!("a connection's task ended: {error}")))?;
        whole.join(part);
    }
    whole.seconds = start.elapsed().as_secs_f64();
    Ok(whole)
}

async fn one(server: &Server, workload: &dyn Workload, draw: &Draw, until: Instant) -> Run {
    let mut connection = Connection::new(server);
    let mut run = Run::default();
    loop {
        // Making the request is ours, not the server's: it is not timed.
        let call = workload.call(draw);
        let expected = call.expected;
        let sent = Instant::now();
        if sent >= until {
            return run;
        }
        let error = match connection.send(call).await {
            Ok(reply) if reply.status == expected && workload.is_whole(&reply) => {
                run.latencies.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                continue;
            }
            Ok(reply) if reply.status == expected => "answer without what was asked for".to_owned(),
            Ok(reply) => format!("status {} instead of {expected}", reply.status),
            Err(failure) => {
                connection = Connection::new(server);
                failure.to_string()
            }
        };
        *run.errors.entry(error).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(latencies: Vec<u32>) -> Run {
        Run { latencies, errors: BTreeMap::new(), seconds: 2.0 }
    }

    #[test]
    fn percentiles_are_latencies_that_were_measured() {
        let run = run((1..=100).rev().collect());
        assert_eq!(run.percentile(500), Some(50));
        assert_eq!(run.percentile(990), Some(99));
        assert_eq!(run.percentile(1000), Some(100));
        assert!((run.rate() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_run_without_answers_has_no_percentile() {
        assert_eq!(run(Vec::new()).percentile(990), None);
        assert_eq!(run(vec![7]).percentile(500), Some(7));
    }

    #[test]
    fn errors_of_all_connections_are_counted_and_none_is_an_answer() {
        let mut whole = run(vec![5]);
        let failed =
            |count| Run { errors: BTreeMap::from([("status 500".to_owned(), count)]), ..Run::default() };
        whole.join(failed(2));
        whole.join(failed(3));
        assert_eq!((whole.error_count(), whole.requests(), whole.latencies.len()), (5, 6, 1));
    }
}
