//! Writes a file of resources as 32 clients would, each write with its audit line, and reads them back.
//!
//! `cargo run -p socle-store --release --example measure -- FOLDER FILE.ndjson[.gz]`
//!
//! Each line of the file is a Bundle: one person, one home. FOLDER must be empty and on the disk to be measured.

#![expect(clippy::print_stdout, reason = "a command that reports on its output")]

use flate2::read::MultiGzDecoder;
use serde_json::value::RawValue;
use socle_kernel::{Clock, HomeId, Key, ResourceType, SystemChance, SystemClock, ids::Sequencer};
use socle_store::{AuditWrite, Commit, PlatformKeys, Scan, Store, StoreConfig, Visit, Write};
use std::collections::VecDeque;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const CLIENTS: usize = 32;
/// About what the search values of a resource take.
const SKETCH: [u8; 160] = [7; 160];

#[derive(serde::Deserialize)]
struct Bundle<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(serde::Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: &'a RawValue,
}

#[derive(serde::Deserialize)]
struct Kind {
    #[serde(rename = "resourceType")]
    name: String,
}

type Resource = (HomeId, ResourceType, String);
type Failure = Box<dyn Error + Send + Sync>;

fn load(path: &str) -> Result<VecDeque<Resource>, Failure> {
    let mut resources = VecDeque::new();
    for line in BufReader::new(MultiGzDecoder::new(std::fs::File::open(path)?)).lines() {
        let line = line?;
        let home = HomeId::draw(&SystemChance);
        for entry in serde_json::from_str::<Bundle<'_>>(&line)?.entry {
            let kind: Kind = serde_json::from_str(entry.resource.get())?;
            let kind = kind.name.parse().map_err(|_| format!("no FHIR type: {}", kind.name))?;
            resources.push_back((home, kind, entry.resource.get().to_owned()));
        }
    }
    Ok(resources)
}

async fn write_all(
    store: &Arc<dyn Store>,
    resources: VecDeque<Resource>,
) -> Result<(Vec<Key>, Vec<Duration>), Failure> {
    let sequencer = Arc::new(Sequencer::new(&SystemChance));
    let queue = Arc::new(Mutex::new(resources));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (store, queue, sequencer) = (store.clone(), queue.clone(), sequencer.clone());
        tasks.spawn(async move {
            let mut done = Vec::new();
            loop {
                let Some((home, resource_type, body)) =
                    queue.lock().map_err(|error| error.to_string())?.pop_front()
                else {
                    return Ok::<_, Failure>(done);
                };
                let now = SystemClock.now();
                let key = Key { home, resource_type, seq: sequencer.next(now) };
                let audit = AuditWrite { home, seq: sequencer.next(now), at: now, entry: SKETCH.to_vec() };
                let write = Write {
                    key,
                    expected: 0,
                    deleted: false,
                    last_updated: now,
                    sort_date: now,
                    labels: 0,
                    sketch: SKETCH.to_vec(),
                    body: body.into(),
                    blob: None,
                    keys_add: Vec::new(),
                    keys_remove: Vec::new(),
                    person: None,
                    person_before: None,
                    alias: None,
                };
                let start = Instant::now();
                store
                    .commit(Commit { writes: vec![write], audits: vec![audit], ..Commit::default() })
                    .await?;
                done.push((key, start.elapsed()));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done??);
    }
    Ok(all.into_iter().unzip())
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("{what}: p50 {:.3} ms, p99 {:.3} ms, longest {:.3} ms", at(0.5), at(0.99), at(1.0));
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS unknown").to_owned()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: measure FOLDER FILE.ndjson.gz".into());
    };
    let resources = load(&file)?;
    let (count, plain) = (resources.len(), resources.iter().map(|(_, _, body)| body.len()).sum::<usize>());
    let keys = PlatformKeys::from_bytes([1; 32]);
    let store =
        socle_store::open(StoreConfig::new(folder), keys, Arc::new(SystemClock), Arc::new(SystemChance))
            .await?;
    let before = resident();
    let start = Instant::now();
    let (keys, times) = write_all(&store, resources).await?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{count} resources with an audit line each, {CLIENTS} clients: {:.0} writes/s",
        count as f64 / seconds
    );
    show("write", times);
    println!("{} before, {} after", before, resident());

    let mut times = Vec::new();
    for key in keys.iter().step_by(7) {
        let start = Instant::now();
        let mut view = store.snapshot().await?;
        view.version(*key, 1).await?.ok_or("written")?;
        times.push(start.elapsed());
    }
    show("read by key, with its snapshot", times);
    let mut homes: Vec<HomeId> = keys.iter().map(|key| key.home).collect();
    homes.sort_unstable();
    homes.dedup();
    let (mut times, mut rows) = (Vec::new(), 0usize);
    for home in homes {
        let start = Instant::now();
        let mut view = store.snapshot().await?;
        let scan = Scan {
            home: Some(home),
            resource_type: None,
            newest_first: true,
            with_deleted: false,
            after: None,
            budget: 100_000,
        };
        view.scan(scan, &mut |_| {
            rows += 1;
            Visit::Next
        })
        .await?;
        times.push(start.elapsed());
    }
    let spent: Duration = times.iter().sum();
    println!("scan: {:.2} µs a row", spent.as_secs_f64() * 1e6 / rows as f64);
    show("scan of a home", times);
    let start = Instant::now();
    let report = store.verify_audit().await?;
    println!(
        "audit: {} lines verified in {:.2} s, {} faults",
        report.lines,
        start.elapsed().as_secs_f64(),
        report.faults.len()
    );
    store.close().await?;
    let figures_of =
        std::fs::metadata(format!("{}/socle.db", std::env::args().nth(1).unwrap_or_default()))?.len();
    println!(
        "{:.0} bytes on disk a resource and its audit line, {:.0} bytes of JSON, {:.2} to 1",
        figures_of as f64 / count as f64,
        plain as f64 / count as f64,
        plain as f64 / figures_of as f64
    );
    Ok(())
}
