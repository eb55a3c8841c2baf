//! Synthea bundles of both generators through `socle import`: what goes in is there, by type, and a second run imports nothing.

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

#[test]
fn conditional_creates_and_references_lead_to_one_infrastructure() {
    let files = ["synthea-r4-v3/00-infrastructure.ndjson.gz", "synthea-r4-v3/bundles-40.ndjson.gz"];
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for bundle in files.iter().flat_map(|file| lines(file)) {
        for entry in bundle["entry"].as_array().unwrap() {
            *expected.entry(entry["resource"]["resourceType"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(expected.values().sum::<u64>(), 27_292 + 778);
    // The text of each document becomes a content of its own.
    expected.insert("Binary".to_owned(), expected["DocumentReference"]);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    Server::demo(&store, 0).stop();
    let data = store.display().to_string();
    let path = testdata("synthea-r4-v3").display().to_string();
    let ran = run(&["import", "--data", &data, &path]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert_eq!(counts(&ran), expected, "{}", ran.out);
    assert!(ran.out.contains("resources a second"), "{}", ran.out);
    println!("{}", ran.out);
    let again = run(&["import", "--data", &data, &path]);
    assert_eq!((again.code, counts(&again)), (0, BTreeMap::new()), "{} {}", again.out, again.err);

    let server = Server::demo(&store, 0);
    let system = server.client_as("systeme-1");
    let encounter = &system.get("/fhir/Encounter?_count=1").expect(200).json()["entry"][0]["resource"];
    let provider = encounter["serviceProvider"]["reference"].as_str().unwrap();
    assert!(provider.starts_with("Organization/"), "a condition no more: {provider}");
    system.get(&format!("/fhir/{provider}")).expect(200);
    // The same infrastructure sent again, differently written: everything is there already.
    let mut batch = lines(files[0]).next().unwrap();
    batch["id"] = "encore".into();
    let answer = system.post("/fhir", &batch).expect(200).json();
    assert!(answer["entry"].as_array().unwrap().iter().all(|entry| entry["response"]["status"] == "200 OK"));
    drop(server);
}

#[test]
fn a_reference_to_what_is_not_there_refuses_its_bundle_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    Server::demo(&store, 0).stop();
    let data = store.display().to_string();
    let organization = |id: &str| {
        serde_json::json!({ "resourceType": "Bundle", "type": "transaction", "entry": [{
        "resource": { "resourceType": "Organization", "name": "Ici", "identifier": [{ "system": "urn:x", "value": id }] },
        "request": { "method": "POST", "url": "Organization" } }] })
    };
    let location = |id: &str| {
        serde_json::json!({ "resourceType": "Bundle", "type": "transaction", "entry": [{
        "resource": { "resourceType": "Location", "name": "Là", "managingOrganization": { "reference": format!("Organization?identifier=urn:x|{id}") } },
        "request": { "method": "POST", "url": "Location" } }] })
    };
    // Written before what it refers to: tried again at the end of the file.
    let text: Vec<String> =
        [location("1"), location("2"), organization("1")].iter().map(ToString::to_string).collect();
    let file = folder.path().join("ordre.ndjson");
    std::fs::write(&file, text.join("\n")).unwrap();
    let ran = run(&["import", "--data", &data, &file.display().to_string()]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        counts(&ran),
        BTreeMap::from([("Location".to_owned(), 1), ("Organization".to_owned(), 1)]),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("1 refused") && ran.out.contains(":2"), "{}", ran.out);
    // What is at fault: refused, or imported and counted.
    let faulty = serde_json::json!({ "resourceType": "Organization", "name": "Faute", "active": "oui" });
    let file = folder.path().join("faute.json");
    std::fs::write(&file, faulty.to_string()).unwrap();
    let path = file.display().to_string();
    assert_eq!(run(&["import", "--data", &data, &path]).code, 1);
    let lenient = run(&["import", "--data", &data, "--validation", "lenient", &path]);
    assert_eq!(lenient.code, 0, "{}", lenient.err);
    assert!(lenient.out.contains("1 resources were imported although"), "{}", lenient.out);
    std::fs::write(&file, faulty.to_string() + " ").unwrap();
    let unchecked = run(&["import", "--data", &data, "--validation", "off", &path]);
    assert!(unchecked.code == 0 && !unchecked.out.contains("although"), "{}", unchecked.out);
}
