//! 150 Synthea bundles through `socle import`: what goes in is there, by type, and a second run imports nothing.

use super::{lines, testdata};
use crate::harness::program::{Ran, Server, run};
use std::collections::BTreeMap;

/// The counts of an import's report: `Type   number` lines.
fn counts(ran: &Ran) -> BTreeMap<String, u64> {
    let pairs = ran.out.lines().filter_map(|line| {
        let mut words = line.strip_prefix("  ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    });
    pairs.collect()
}

#[test]
fn what_goes_in_is_there_by_type_and_only_once() {
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    let file = "synthea-r4/bundles-150.ndjson.gz";
    for bundle in lines(file) {
        for entry in bundle["entry"].as_array().unwrap() {
            *expected.entry(entry["resource"]["resourceType"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(expected.values().sum::<u64>(), 46_482);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    // A demonstration of nobody: its program can count what is there.
    Server::demo(&store, 0).stop();
    let data = store.display().to_string();
    let path = testdata(file).display().to_string();
    let ran = run(&["import", "--data", &data, &path]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert_eq!(counts(&ran), expected, "{}", ran.out);
    let again = run(&["import", "--data", &data, &path]);
    assert_eq!(again.code, 0, "{} {}", again.out, again.err);
    assert_eq!(counts(&again), BTreeMap::new());
    assert!(again.out.contains("150 inputs were imported before"), "{}", again.out);

    let server = Server::demo(&store, 0);
    let system = server.client_as("systeme-1");
    for (name, count) in &expected {
        // The demonstration brings its own professionals and places.
        let total =
            system.get(&format!("/fhir/{name}?_summary=count")).expect(200).json()["total"].as_u64().unwrap();
        let is_shared = matches!(name.as_str(), "Practitioner" | "Organization");
        assert!(total == *count || is_shared && total > *count, "{name}: {total}, not {count}");
    }
    let patient = system.get("/fhir/Patient?_count=1").expect(200).json()["entry"][0]["resource"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        system.get(&format!("/fhir/Observation?patient={patient}&_count=0")).expect(200).json()["total"]
            .as_u64()
            .unwrap()
            > 0
    );
    assert_eq!(server.stop(), 0);
    assert_eq!(run(&["audit", "verify", "--data", &data]).code, 0);
}
