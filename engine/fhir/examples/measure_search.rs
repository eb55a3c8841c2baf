//! Measures search: resources indexed per second, bytes of sketches, and sketches compared per second by kind of
//! parameter. Run with `cargo run --release -p socle-fhir --example measure_search -- FILE.ndjson[.gz] …` (bundles or
//! resources, one a line); `--index-only` leaves the comparisons out.

#![expect(clippy::print_stdout, reason = "a program that prints its measures")]

use flate2::read::GzDecoder;
use socle_fhir::{RowFacts, Sketch, Value, index, parse, parse_query};
use socle_kernel::{Instant, ResourceType};
use std::hint::black_box;
use std::io::Read;

/// Queries measured, one for each kind: type, parameter, value.
const QUERIES: [(&str, &str, &str); 18] = [
    ("Observation", "code", "http://loinc.org|8867-4"),
    ("Observation", "category", "vital-signs"),
    ("Observation", "code:not", "8867-4"),
    ("Observation", "date", "ge2015"),
    ("Observation", "value-quantity", "gt60"),
    ("Observation", "value-quantity", "60|http://unitsofmeasure.org|kg"),
    ("Observation", "code-value-quantity", "8867-4$gt60"),
    ("Observation", "subject", "Patient/0d5f1c52-1111-4222-8333-444455556666"),
    ("Observation", "encounter:missing", "true"),
    ("Patient", "name", "ab"),
    ("Patient", "address:contains", "rue"),
    ("Observation", "value-quantity", "60000|http://unitsofmeasure.org|g"),
    ("Observation", "code:text", "body"),
    ("Observation", "category:in", "http://hl7.org/fhir/ValueSet/observation-category"),
    ("Observation", "_content", "glucose"),
    ("Observation", "_filter", "(code eq 8867-4 or code eq 29463-7) and value-quantity gt 60"),
    ("Encounter", "_filter", "not(status eq finished) or date ge 2015"),
    ("Observation", "_profile", "http://hl7.org/fhir/StructureDefinition/bodyweight"),
];

fn read(path: &str) -> Vec<Value> {
    let bytes = std::fs::read(path).expect("the file is there");
    let mut text = String::new();
    if path.ends_with(".gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("an intact file");
    } else {
        text = String::from_utf8(bytes).expect("UTF-8");
    }
    let mut found = Vec::new();
    for line in text.lines() {
        let value = parse(line.as_bytes()).expect("valid JSON");
        match value.get("entry").and_then(Value::as_array) {
            Some(entries) => {
                found.extend(entries.iter().filter_map(|entry| entry.get("resource")).cloned());
            }
            None => found.push(value),
        }
    }
    found
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = std::time::Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn main() {
    let (flags, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let resources: Vec<Value> = paths.iter().flat_map(|path| read(path)).collect();
    println!("{} resources", resources.len());
    let mut sketches: Vec<(ResourceType, Vec<u8>)> = Vec::new();
    for round in 0..3 {
        sketches.clear();
        let spent = seconds(|| {
            for resource in &resources {
                let kind = resource["resourceType"].as_str().and_then(|name| name.parse().ok());
                sketches.push((kind.expect("a known type"), index(resource, &[]).sketch));
            }
        });
        println!("round {round}: {:.0} resources indexed per second", resources.len() as f64 / spent);
    }
    let bytes: usize = sketches.iter().map(|(_, sketch)| sketch.len()).sum();
    println!("{:.1} bytes per sketch", bytes as f64 / sketches.len().max(1) as f64);
    if flags.iter().any(|flag| flag == "--index-only") {
        return;
    }
    let row = RowFacts { id: Some("1"), last_updated: Instant(0) };
    for (kind, name, value) in QUERIES {
        let resource_type: ResourceType = kind.parse().expect("a resource type");
        let query = parse_query(resource_type, &[(name.to_owned(), value.to_owned())], false);
        let query = query.expect("a query that is understood");
        let own: Vec<&[u8]> =
            sketches.iter().filter(|(of, _)| *of == resource_type).map(|(_, s)| s.as_slice()).collect();
        let (mut found, rounds) = (0_usize, 2_000_000 / own.len().max(1) + 1);
        let spent = seconds(|| {
            for _ in 0..rounds {
                found = own.iter().filter(|s| black_box(&query).matches(&Sketch(s), &row)).count();
            }
        });
        println!(
            "{kind}?{name}={value}: {:.1} million sketches per second, {found} of {} found",
            (rounds * own.len()) as f64 / spent / 1e6,
            own.len()
        );
    }
}
