//! Data that this project did not make: official FHIR examples, Synthea patients, official CDA examples.

mod cda;
mod fhir_examples;
mod synthea;

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// A file of the project's own test data.
pub fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

/// The resources of a packed file, one a line.
pub fn lines(name: &str) -> impl Iterator<Item = Value> {
    let file = std::fs::File::open(testdata(name)).expect("test data");
    BufReader::new(MultiGzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("JSON"))
}
