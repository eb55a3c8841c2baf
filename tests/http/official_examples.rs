//! The official PDSm examples, published as they are, found and read back.

use crate::harness::client::{Reply, encode, matches};
use crate::harness::{as_login, region};
use serde_json::{Value, json};
use std::path::Path;

fn example(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/pdsm").join(format!("{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The examples name each other by their ids, so each is in the Bundle under its id.
fn entry(resource: &Value, method: &str) -> Value {
    let name = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
    let url =
        if method == "PUT" { name.clone() } else { resource["resourceType"].as_str().unwrap().to_owned() };
    json!({ "fullUrl": name, "resource": resource, "request": { "method": method, "url": url } })
}

fn publish() -> &'static Value {
    static ANSWER: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    ANSWER.get_or_init(|| {
        let names =
            ["List-ExampleSubmissionSet", "DocumentReference-exemple-pdsm-documentreference", "Binary-6789"];
        let mut entries: Vec<Value> = names.iter().map(|name| entry(&example(name), "PUT")).collect();
        entries.push(entry(&example("List-ExampleFolder"), "PUT"));
        entries.push(entry(&example("Patient-fr-patient-123"), "PUT"));
        entries.push(entry(&example("Organization-org-example"), "PUT"));
        let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
        as_login("systeme-1")
            .call("POST", "/fhir")
            .json(&bundle)
            .header("prefer", "return=OperationOutcome")
            .send()
            .expect(200)
            .json()
    })
}

fn read(path: &str) -> Reply {
    as_login("systeme-1").get(path).expect(200)
}

/// Without what a server gives: id, version and instant. Profiles stay.
fn bare(mut resource: Value) -> Value {
    if let Some(meta) = resource["meta"].as_object_mut() {
        meta.retain(|name, _| name == "profile");
    }
    resource
}

#[test]
fn the_examples_are_published_in_one_transaction() {
    let answer = publish();
    assert_eq!(answer["type"], example("Bundle-a9c10f8a-882d-4000-a280-7150e0aeb478")["type"]);
    assert_eq!(answer["entry"].as_array().unwrap().len(), 6);
    for entry in answer["entry"].as_array().unwrap() {
        assert!(entry["response"]["status"].as_str().unwrap().starts_with("201"), "{answer}");
    }
}

#[test]
fn the_examples_are_read_back_as_they_were_sent() {
    publish();
    for name in [
        "List-ExampleSubmissionSet",
        "List-ExampleFolder",
        "Patient-fr-patient-123",
        "Organization-org-example",
        "DocumentReference-exemple-pdsm-documentreference",
    ] {
        let sent = example(name);
        let path =
            format!("/fhir/{}/{}", sent["resourceType"].as_str().unwrap(), sent["id"].as_str().unwrap());
        assert_eq!(bare(read(&path).json()), bare(sent), "{name}");
    }
    assert_eq!(read("/fhir/Binary/6789").body, b"Hello World");
    assert_eq!(read("/fhir/Binary/6789").header("content-type"), "application/pdf");
}

#[test]
fn the_examples_are_found_by_iti_66_and_67() {
    publish();
    let patient = "patient=Patient/fr-patient-123&status=current";
    let find = |query: &str| matches(&read(query).json());
    assert_eq!(find(&format!("/fhir/List?{patient}&code=submissionset")), ["ExampleSubmissionSet"]);
    assert_eq!(
        find(&format!(
            "/fhir/List?{patient}&code=folder&designationType={}",
            encode("http://snomed.info/sct|80146002")
        )),
        ["ExampleFolder"]
    );
    assert_eq!(
        find(&format!("/fhir/List?{patient}&sourceId={}", encode("urn:oid:1.2.250.1.213.1.1.1|SRC-01"))),
        ["ExampleSubmissionSet"]
    );
    let document = "exemple-pdsm-documentreference";
    for query in [
        "type=34133-9",
        "facility=SA01",
        "setting=ETABLISSEMENT",
        "period-start=2025-04-20",
        "creation=2025-04-25",
        "format=urn:ihe:lab:xd-lab:2008",
        "identifier=urn:uuid:12345678-abcd-1234-abcd-1234567890ab",
        "author=PractitionerRole/practitionerrole-example",
    ] {
        assert_eq!(find(&format!("/fhir/DocumentReference?{patient}&{query}")), [document], "{query}");
    }
}

#[test]
fn the_simplified_example_is_published_found_and_read() {
    publish();
    let system = as_login("systeme-1");
    let sent = example("DocumentReference-PDSmSimplifiedExample");
    let reply = system.post("/fhir/DocumentReference", &sent).expect(201);
    // It declares 250 000 bytes and another digest than those of its content: told, not refused.
    assert!(reply.header("warning").contains("attachment.size"), "{}", reply.header("warning"));
    let stored = reply.json();
    let found =
        read("/fhir/DocumentReference?patient=Patient/fr-patient-123&status=current&type=15507-7").json();
    assert_eq!(matches(&found), [stored["id"].as_str().unwrap().to_owned()]);
    let url = stored["content"][0]["attachment"]["url"].as_str().unwrap();
    assert_eq!(read(&format!("/fhir/{url}")).body, b"Hello World");
}

#[test]
fn the_broken_rule_of_the_example_is_named() {
    publish();
    // The example's author is outside the resource; its profile wants it contained.
    let mut copy = example("DocumentReference-exemple-pdsm-documentreference");
    copy["masterIdentifier"]["value"] = crate::harness::builders::fresh_uri().into();
    copy["id"] = format!("copie-{}", std::process::id()).into();
    let path = format!("/fhir/DocumentReference/{}", copy["id"].as_str().unwrap());
    let reply = region()
        .as_login("systeme-1")
        .call("PUT", &path)
        .json(&copy)
        .header("prefer", "return=OperationOutcome")
        .send();
    assert_eq!(reply.status, 201, "{}", reply.text());
    let outcome = reply.json();
    let places: Vec<&str> = outcome["issue"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|issue| issue["expression"][0].as_str())
        .collect();
    assert!(places.contains(&"DocumentReference.author"), "{outcome}");
    region().as_login("systeme-1").delete(&path).expect(204);
}
