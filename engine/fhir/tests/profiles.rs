//! The examples of guides against the profiles they declare: what validation says of each is known and explained.

use flate2::read::GzDecoder;
use serde_json::Value;
use socle_fhir::validate::{Options, check_with};
use socle_kernel::{Issue, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;

/// Findings that are right: example, place, and why the example really breaks a rule.
const KNOWN: &str = include_str!("conformance/examples.txt");
/// The official examples of the standard itself.
const OFFICIAL: &str = "hl7.fhir.r4.core";

fn testdata() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata"))
}

/// Every example by the name of its package.
fn examples() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut read = |package: &str, file: &Path| {
        let mut text = String::new();
        let file = fs::File::open(file).expect("test data");
        GzDecoder::new(file).read_to_string(&mut text).expect("intact");
        for line in text.lines() {
            all.push((package.to_owned(), socle_fhir::parse(line.as_bytes()).expect("valid JSON")));
        }
    };
    read(OFFICIAL, &testdata().join("fhir-r4-examples/examples.ndjson.gz"));
    let mut packages: Vec<_> = fs::read_dir(testdata().join("profiles"))
        .expect("test data")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    packages.sort();
    for package in packages {
        let name = package.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        read(&name, &package.join("examples.ndjson.gz"));
    }
    all
}

/// Why a resource is refused.
fn errors(resource: &Value) -> Vec<Issue> {
    let mut issues = check_with(resource, &[], &Options::default());
    issues.retain(|issue| issue.severity == Severity::Error);
    issues
}

/// A path without its indexes: one line of the list stands for the same fault in every repetition.
fn place(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|letter| {
            inside = (inside || *letter == '[') && *letter != ']';
            !inside && *letter != ']'
        })
        .collect()
}

/// The reasons of `examples.txt` by what they are about.
fn known() -> BTreeMap<String, String> {
    let lines = KNOWN.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (what, reason) = line.rsplit_once(" | ").expect("package | example | place | reason");
            assert!(reason.len() > 10, "{line}");
            (what.to_owned(), reason.to_owned())
        })
        .collect()
}

#[test]
fn every_refusal_of_an_example_is_explained() {
    let known = known();
    let (mut unexplained, mut met) = (String::new(), BTreeSet::new());
    let examples = examples();
    assert!(examples.len() > 740, "{}", examples.len());
    for (package, resource) in &examples {
        let name = format!(
            "{package} | {}/{}",
            resource["resourceType"].as_str().unwrap_or(""),
            resource["id"].as_str().unwrap_or("")
        );
        for issue in errors(resource) {
            let what = format!("{name} | {}", place(&issue.path));
            if !known.contains_key(&what) {
                let expected = issue.expected.as_deref().unwrap_or("");
                let received = issue.received.as_deref().unwrap_or("");
                let _ = writeln!(unexplained, "{what} | {} [{expected}] [{received}]", issue.text.en);
            }
            met.insert(what);
        }
    }
    let unneeded: Vec<&String> = known.keys().filter(|what| !met.contains(*what)).collect();
    assert!(unexplained.is_empty(), "{unexplained}");
    assert!(unneeded.is_empty(), "lines that nothing needs any more: {unneeded:#?}");
}

#[test]
fn most_examples_of_every_guide_are_accepted() {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (package, resource) in examples() {
        let count = counts.entry(package).or_default();
        count.0 += 1;
        count.1 += usize::from(errors(&resource).is_empty());
    }
    assert_eq!(counts.len(), 17);
    for name in [
        "hl7.fhir.fr.core",
        "hl7.fhir.uv.ips",
        "ihe.iti.mhd",
        "ihe.iti.balp",
        "ans.fhir.fr.gap",
        "ans.fhir.fr.sas",
        "ans.fhir.fr.mss",
        "ans.fhir.fr.eds",
    ] {
        let (all, accepted) = counts[name];
        assert_eq!(all, accepted, "{name}");
    }
    let (all, accepted) = counts[OFFICIAL];
    assert_eq!(all, 389);
    assert!(accepted >= 382, "{accepted}");
}
