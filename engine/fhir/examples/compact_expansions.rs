//! Makes `testdata/terminology/expansions.txt.gz` from the official expansions: the oracle of the terminology tests.
//!
//! `cargo run -p socle-fhir --example compact_expansions -- INPUT testdata/terminology`, where INPUT holds
//! `value-set-expansions.ndjson.gz`.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};

/// Systems whose codes are not copied: their owners' terms. Sets that hold them are left out.
const OWNED: [&str; 2] = ["http://snomed.info/sct", "http://loinc.org"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("INPUT and OUTPUT are expected".into());
    };
    let file = File::open(format!("{input}/value-set-expansions.ndjson.gz"))?;
    let mut sets: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let url = value["url"].as_str().unwrap_or("").to_owned();
        // The official file has each set twice; the first is the published one.
        sets.entry(url).or_insert_with(|| {
            let mut codes = BTreeSet::new();
            gather(&value["expansion"]["contains"], &mut codes);
            codes
        });
    }
    sets.retain(|_, codes| codes.iter().all(|(system, _)| !OWNED.contains(&system.as_str())));
    let file = File::create(format!("{output}/expansions.txt.gz"))?;
    let mut out = GzEncoder::new(file, Compression::best());
    for (url, codes) in sets {
        writeln!(out, "#{url}")?;
        for (system, code) in codes {
            writeln!(out, "{system}\t{code}")?;
        }
    }
    out.finish()?;
    Ok(())
}

fn gather(contains: &Value, codes: &mut BTreeSet<(String, String)>) {
    for one in contains.as_array().map(Vec::as_slice).unwrap_or_default() {
        if let (Some(system), Some(code)) = (one["system"].as_str(), one["code"].as_str()) {
            codes.insert((system.to_owned(), code.to_owned()));
        }
        gather(&one["contains"], codes);
    }
}
