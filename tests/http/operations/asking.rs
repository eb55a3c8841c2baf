//! How any operation is asked: where, with which method, with which input; and how it is described.

use crate::harness::{a_document, a_person, as_login, region};
use serde_json::json;

#[test]
fn an_operation_nobody_offers_is_refused_with_those_that_are() {
    let system = as_login("systeme-1");
    let person = a_person().create();
    let outcome = system.get(&format!("/fhir/Patient/{}/$nothing", person.id)).expect(404).json();
    assert_eq!(outcome["issue"][0]["code"], "not-supported");
    assert!(outcome.to_string().contains("$meta"), "{outcome}");
    system.get("/fhir/Nonsense/$meta").expect(404);
    system.get(&format!("/fhir/Patient/{}/_history/1/$meta", person.id)).expect(404);
    system.put(&format!("/fhir/Patient/{}/$meta", person.id), &json!({})).expect(405);
}

#[test]
fn an_unknown_parameter_is_refused_with_the_known_ones() {
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}/$meta", a_person().create().id);
    let outcome = system.get(&format!("{path}?mode=x")).expect(400).json();
    assert_eq!(outcome["issue"][0]["code"], "not-supported");
    let body = json!({ "resourceType": "Parameters", "parameter": [{ "name": "mode", "valueCode": "x" }] });
    system.post(&path, &body).expect(400);
    system.post(&path, &json!({ "resourceType": "Parameters" })).expect(200);
    system.call("POST", &path).bytes("").send().expect(200);
}

#[test]
fn a_stranger_learns_nothing() {
    let person = a_person().create();
    region().anonymous().get(&format!("/fhir/Patient/{}/$meta", person.id)).expect(401);
}

#[test]
fn operations_are_entries_of_a_bundle_too() {
    let system = as_login("systeme-1");
    let url = format!("Patient/{}/$meta", a_person().create().id);
    for kind in ["batch", "transaction"] {
        let bundle = json!({ "resourceType": "Bundle", "type": kind, "entry": [
            { "request": { "method": "GET", "url": url } },
            { "request": { "method": "POST", "url": url }, "resource": { "resourceType": "Parameters" } }] });
        let answer = system.post("/fhir", &bundle).expect(200).json();
        for index in 0..2 {
            assert_eq!(answer["entry"][index]["resource"]["parameter"][0]["name"], "return", "{answer}");
        }
    }
}

#[test]
fn every_operation_that_is_listed_is_described_at_its_address() {
    let system = as_login("systeme-1");
    let statement = system.get("/fhir/metadata").expect(200).json();
    let rest = &statement["rest"][0];
    let resources = rest["resource"].as_array().expect("types");
    let listed: Vec<_> = resources
        .iter()
        .chain([rest])
        .flat_map(|place| place["operation"].as_array().into_iter().flatten())
        .collect();
    assert!(!listed.is_empty());
    for operation in listed {
        let id = operation["definition"].as_str().and_then(|url| url.rsplit('/').next()).expect("an address");
        let definition = system.get(&format!("/fhir/OperationDefinition/{id}")).expect(200).json();
        assert_eq!(definition["code"], operation["name"]);
    }
}

#[test]
fn the_log_names_the_operation() {
    let document = a_document().publish_as("medecin-3", &a_person().create());
    let system = as_login("systeme-1");
    system.get(&format!("/fhir/DocumentReference/{}/$meta", document.id)).expect(200);
    let events = system.all(&format!("/fhir/AuditEvent?patient=Patient/{}", document.person.id));
    let of_operation =
        |event: &&serde_json::Value| event["subtype"].to_string().contains("urn:socle:operation");
    let found: Vec<_> = events.iter().filter(of_operation).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["subtype"][2]["code"], "meta");
}
