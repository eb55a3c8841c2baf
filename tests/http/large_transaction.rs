//! One transaction of as many entries as are allowed: whole or not at all, in bounded memory.

use crate::harness::program::Server;
use serde_json::{Value, json};
use socle_kernel::limits::BUNDLE_ENTRIES;

/// Entries of one person: the person and what was observed.
const OF_ONE: usize = 50;
/// The most memory the program may hold beyond what it held before: the body, its values, what is written, the answer.
const MORE_BYTES: u64 = 768 * 1024 * 1024;

fn urn(number: usize) -> String {
    format!("urn:uuid:30000000-0000-4000-8000-{number:012}")
}

/// Every person with forty-nine observations that refer to them.
fn entries() -> Vec<Value> {
    let entry = |number: usize| {
        let person = number - number % OF_ONE;
        let resource = if number == person {
            json!({ "resourceType": "Patient", "active": true, "gender": "unknown", "birthDate": "1970-01-01",
                "identifier": [{ "system": "urn:ietf:rfc:3986", "value": urn(number) }],
                "name": [{ "family": "GRANDE", "given": [format!("Essai {number}")] }] })
        } else {
            json!({ "resourceType": "Observation", "status": "final", "subject": { "reference": urn(person) },
                "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7", "display": "Body weight" }] },
                "effectiveDateTime": "2026-03-02T10:00:00+01:00", "note": [{ "text": "Une observation d'essai." }],
                "valueQuantity": { "value": number, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" } })
        };
        json!({ "fullUrl": urn(number), "request": { "method": "POST", "url": resource["resourceType"] }, "resource": resource })
    };
    (0..BUNDLE_ENTRIES).map(entry).collect()
}

#[test]
fn twenty_five_thousand_entries_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(&folder.path().join("store"), 0);
    let system = server.client_as("systeme-1");
    let count = |name: &str| {
        system.get(&format!("/fhir/{name}?_summary=count")).expect(200).json()["total"].as_u64().unwrap()
    };
    let before = server.peak_memory_bytes();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries() });

    let last = BUNDLE_ENTRIES - 1;
    bundle["entry"][last]["resource"]["status"] = "nonsense".into();
    let outcome = system.post("/fhir", &bundle).expect(422).json();
    let place = outcome["issue"][0]["expression"][0].as_str().unwrap();
    assert!(place.starts_with(&format!("Bundle.entry[{last}].resource")), "{place}");
    assert_eq!((count("Patient"), count("Observation")), (0, 0), "nothing is there");

    bundle["entry"][last]["resource"]["status"] = "final".into();
    let answer = system.post("/fhir", &bundle).expect(200).json();
    let answers = answer["entry"].as_array().unwrap();
    assert_eq!(answers.len(), BUNDLE_ENTRIES);
    assert!(answers.iter().all(|entry| entry["response"]["status"] == "201 Created"));
    let people = BUNDLE_ENTRIES / OF_ONE;
    assert_eq!((count("Patient"), count("Observation")), (people as u64, (BUNDLE_ENTRIES - people) as u64));
    let location = |index: usize| answers[index]["response"]["location"].as_str().unwrap().to_owned();
    let stored = system.get(&format!("/fhir/{}", location(last))).expect(200).json();
    let person = location(last - last % OF_ONE);
    assert_eq!(stored["subject"]["reference"], person.split("/_history").next().unwrap());

    if let (Some(before), Some(after)) = (before, server.peak_memory_bytes()) {
        println!("memory: {} MiB before, {} MiB at most", before >> 20, after >> 20);
        assert!(after - before < MORE_BYTES, "{} MiB more than before", (after - before) >> 20);
    }

    bundle["entry"].as_array_mut().unwrap().push(entries().remove(0));
    let outcome = system.post("/fhir", &bundle).expect(413).json();
    assert!(outcome["issue"][0]["diagnostics"].as_str().unwrap().contains("BUNDLE_ENTRIES"), "{outcome}");
    assert_eq!(count("Patient"), people as u64);
}
