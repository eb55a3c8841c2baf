//! Trains a compression dictionary for stored bodies.
//!
//! `cargo run -p socle-store --release --example train_dictionary -- OUT.bin FILE.ndjson[.gz]…`
//!
//! Each line of a file is a resource, or a Bundle whose entries are the resources. Give it **synthetic data only**: a
//! dictionary holds fragments of its samples. Every tenth resource is kept aside to report the ratio on bodies the
//! dictionary has not seen.

#![expect(clippy::print_stdout, reason = "a command that reports on its output")]

use flate2::read::MultiGzDecoder;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// zstd's usual size; larger ones gain little and cost memory in every process.
const DICTIONARY_BYTES: usize = 110 * 1024;
/// Samples of one type, so that the commonest types leave room for the rare ones.
const SAMPLES_PER_TYPE: usize = 700;
/// Longer resources compress well by themselves and would crowd out the others.
const SAMPLE_BYTES: usize = 16 * 1024;

#[derive(serde::Deserialize)]
struct Line<'a> {
    #[serde(rename = "resourceType")]
    resource_type: String,
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(serde::Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let file = File::open(path)?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|end| end == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    Ok(Box::new(BufReader::new(reader)))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().ok_or("usage: train_dictionary OUT.bin FILE.ndjson[.gz]…")?;
    let mut samples: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in arguments {
        for line in open(Path::new(&path))?.lines() {
            let text = line?;
            let bundle: Line<'_> = serde_json::from_str(&text)?;
            if bundle.resource_type != "Bundle" {
                samples.entry(bundle.resource_type).or_default().push(text.clone());
                continue;
            }
            for raw in bundle.entry.iter().filter_map(|entry| entry.resource) {
                let resource: Line<'_> = serde_json::from_str(raw.get())?;
                samples.entry(resource.resource_type).or_default().push(raw.get().to_owned());
            }
        }
    }
    let (mut learn, mut check) = (Vec::new(), Vec::new());
    for list in samples.values_mut() {
        list.retain(|sample| sample.len() <= SAMPLE_BYTES);
        // Spread over the whole file instead of its first people.
        let step = list.len().div_ceil(SAMPLES_PER_TYPE).max(1);
        for (index, sample) in list.iter().step_by(step).enumerate() {
            if index % 10 == 9 { check.push(sample) } else { learn.push(sample) }
        }
    }
    let dictionary = zstd::dict::from_samples(&learn, DICTIONARY_BYTES)?;
    std::fs::write(&out, &dictionary)?;
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary)?;
    let plain: usize = check.iter().map(|sample| sample.len()).sum();
    let mut packed = 0;
    for sample in &check {
        packed += compressor.compress(sample.as_bytes())?.len();
    }
    let learnt: usize = learn.iter().map(|sample| sample.len()).sum();
    println!(
        "learnt from {} resources, {learnt} bytes; dictionary of {} bytes",
        learn.len(),
        dictionary.len()
    );
    println!(
        "unseen: {} resources, {plain} bytes to {packed}, {:.2} to 1",
        check.len(),
        plain as f64 / packed as f64
    );
    Ok(())
}
