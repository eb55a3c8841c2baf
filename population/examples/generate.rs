//! Makes a whole region and says how much, how fast, and its digest. `--out FILE` also writes the Bundles, one a line.
//!
//! `cargo run -p socle-population --release --example generate -- --people 100000`

#![expect(clippy::print_stdout, reason = "an example that prints what it measured")]

use serde_json::Value;
use sha2::{Digest, Sha256};
use socle_population::{Region, Settings};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

/// Households that one thread makes at a time.
const CHUNK: u32 = 256;
/// Threads: the machine the target was set for has two cores.
const THREADS: usize = 2;

#[derive(Default)]
struct Sum {
    bundles: u64,
    resources: u64,
    documents: u64,
    bytes: u64,
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next().and_then(|_| arguments.next())
}

fn count(sum: &mut Sum, bundle: &Value, text: &str) {
    sum.bundles += 1;
    sum.bytes += text.len() as u64;
    let entries = bundle["entry"].as_array().map_or(&[][..], Vec::as_slice);
    sum.resources += entries.len() as u64;
    let documents = entries.iter().filter(|entry| entry["resource"]["resourceType"] == "DocumentReference");
    sum.documents += documents.count() as u64;
}

/// The chunks of one thread, each with its number and digest.
fn make(region: &Region, thread: usize) -> (Sum, Vec<(u32, [u8; 32])>) {
    let mut sum = Sum::default();
    let mut digests = Vec::new();
    let chunks = region.households().div_ceil(CHUNK);
    for chunk in (thread as u32..chunks).step_by(THREADS) {
        let mut digest = Sha256::new();
        for household in chunk * CHUNK..((chunk + 1) * CHUNK).min(region.households()) {
            for bundle in region.person_bundles(household) {
                let text = bundle.to_string();
                count(&mut sum, &bundle, &text);
                digest.update(text.as_bytes());
            }
        }
        digests.push((chunk, digest.finalize().into()));
    }
    (sum, digests)
}

fn write(region: &Region, path: &str) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let households = (0..region.households()).flat_map(|household| region.person_bundles(household));
    for bundle in region.foundations().into_iter().chain(households) {
        writeln!(file, "{bundle}")?;
    }
    file.flush()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings {
        people: argument("--people").map_or(Ok(1_000), |text| text.parse())?,
        seed: argument("--seed").map_or(Ok(1), |text| text.parse())?,
        today: argument("--today").map_or(Ok(jiff::civil::date(2026, 3, 1)), |text| text.parse())?,
        region: argument("--region").unwrap_or_else(|| "53".to_owned()),
    };
    let start = Instant::now();
    let region = Region::new(settings)?;
    let planned = start.elapsed();
    let mut total = Sum::default();
    let mut digest = Sha256::new();
    for bundle in region.foundations() {
        let text = bundle.to_string();
        count(&mut total, &bundle, &text);
        digest.update(text.as_bytes());
    }
    let parts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn({
                    let region = &region;
                    move || make(region, thread)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread does not panic")).collect()
    });
    let mut digests = Vec::new();
    for (sum, chunk_digests) in parts {
        total.bundles += sum.bundles;
        total.resources += sum.resources;
        total.documents += sum.documents;
        total.bytes += sum.bytes;
        digests.extend(chunk_digests);
    }
    digests.sort_unstable();
    digests.iter().for_each(|(_, chunk)| digest.update(chunk));
    let hex = data_encoding::HEXLOWER.encode(&digest.finalize());
    println!("people {}, households {}", region.people(), region.households());
    println!("bundles {}, resources {}, documents {}", total.bundles, total.resources, total.documents);
    println!("bytes {}", total.bytes);
    println!("plan {:.2} s, all {:.2} s", planned.as_secs_f64(), start.elapsed().as_secs_f64());
    println!("sha256 {hex}");
    if let Some(path) = argument("--out") {
        write(&region, &path)?;
    }
    Ok(())
}
