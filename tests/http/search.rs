//! Search: within a patient, by identifier, by traits; pages; what is not understood is refused.

use crate::harness::builders::{INS, fresh_uri};
use crate::harness::client::{encode, link, matches};
use crate::harness::{Client, Person, a_document, a_person, as_login};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn observe(system: &Client, person: &Person, code: &str, value: u32) -> Value {
    system.create(&json!({ "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": person.reference() }, "effectiveDateTime": format!("2026-01-{:02}", value % 28 + 1),
        "valueQuantity": { "value": value, "system": "http://unitsofmeasure.org", "code": "kg", "unit": "kg" } }))
}

fn ids(found: &[Value]) -> Vec<&str> {
    found.iter().map(|resource| resource["id"].as_str().unwrap()).collect()
}

#[test]
fn a_search_stays_within_its_person() {
    let (one, other) = (a_person().create(), a_person().create());
    let system = as_login("systeme-1");
    let mine = observe(&system, &one, "29463-7", 70);
    observe(&system, &other, "29463-7", 71);
    for query in [
        format!("patient={}", one.reference()),
        format!("patient={}", one.id),
        format!("subject={}", encode(&one.reference())),
        format!("patient.identifier={}", encode(&format!("{INS}|{}", one.ins))),
        format!("patient={}&code={}", one.id, encode("http://loinc.org|29463-7")),
        format!("patient={}&value-quantity=gt69", one.id),
        format!("patient={}&date=ge2026-01-01&date=lt2026-02-01", one.id),
    ] {
        let found = system.all(&format!("/fhir/Observation?{query}"));
        assert_eq!(ids(&found), [mine["id"].as_str().unwrap()], "{query}");
    }
    for miss in [
        "code=http%3A%2F%2Floinc.org%7C8302-2",
        "value-quantity=gt70",
        "date=lt2026-01-01",
        "status=preliminary",
    ] {
        let bundle = system.get(&format!("/fhir/Observation?patient={}&{miss}", one.id)).expect(200).json();
        assert_eq!(bundle["total"], 0, "{miss}");
    }
}

#[test]
fn a_person_is_found_by_matricule_and_by_traits() {
    let person = a_person().born("1951-07-09").create();
    let neighbour = a_person().born("1951-07-10").create();
    for login in ["systeme-1", "medecin-2"] {
        let client = as_login(login);
        let family = person.family.to_lowercase();
        for query in [
            format!("identifier={}", encode(&format!("{INS}|{}", person.ins))),
            format!("family={}&birthdate=1951-07-09", encode(&family)),
            format!("family={}&birthdate=1951-07-09&given=cam", encode(&family[..7])),
            format!("family:exact={}&birthdate=1951-07-09", encode(&person.family)),
        ] {
            let found = client.all(&format!("/fhir/Patient?{query}"));
            assert!(ids(&found).contains(&person.id.as_str()), "{login} {query}");
            assert!(!ids(&found).contains(&neighbour.id.as_str()), "{login} {query}");
        }
    }
    let physician = as_login("medecin-2");
    let bundle = physician
        .get(&format!("/fhir/Patient?family={}&birthdate=1951-07-10", person.family))
        .expect(200)
        .json();
    assert_eq!(bundle["total"], 0);
    // A bare list of everybody is not a search.
    physician.get("/fhir/Patient").expect(422);
}

#[test]
fn a_search_by_post_is_the_same_search() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let stored = observe(&system, &person, "29463-7", 60);
    let reply = system
        .call("POST", "/fhir/Observation/_search?code=29463-7")
        .form(&[("patient", &person.id)])
        .send()
        .expect(200);
    assert_eq!(matches(&reply.json()), [stored["id"].as_str().unwrap()]);
    let refused = system.call("POST", "/fhir/Observation/_search").json(&json!({})).send();
    refused.expect(415);
}

#[test]
fn pages_give_every_result_once() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let written: BTreeSet<String> = (0..23)
        .map(|value| observe(&system, &person, "29463-7", value)["id"].as_str().unwrap().to_owned())
        .collect();
    for (count, sort) in [("5", ""), ("7", "&_sort=date"), ("1000", "&_sort=-date"), ("22", "&_sort=_id")] {
        let query = format!("/fhir/Observation?patient={}&_count={count}{sort}", person.id);
        let first = system.get(&query).expect(200).json();
        assert_eq!(first["total"], 23, "{query}");
        let found = system.all(&query);
        assert_eq!(found.len(), 23, "{query}");
        assert_eq!(ids(&found).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), written, "{query}");
        if sort.contains("date") {
            let dates: Vec<&str> = found.iter().map(|r| r["effectiveDateTime"].as_str().unwrap()).collect();
            let is_sorted =
                if sort.contains("-date") { dates.is_sorted_by(|a, b| a >= b) } else { dates.is_sorted() };
            assert!(is_sorted, "{query}: {dates:?}");
        }
    }
}

#[test]
fn pages_hold_still_while_others_write() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let before: BTreeSet<String> = (0..12)
        .map(|value| observe(&system, &person, "8302-2", value)["id"].as_str().unwrap().to_owned())
        .collect();
    let mut seen: Vec<String> = Vec::new();
    let mut next = Some(format!("/fhir/Observation?patient={}&_count=5", person.id));
    let mut pages = 0;
    while let Some(address) = next {
        let bundle = system.get(&address).expect(200).json();
        seen.extend(matches(&bundle));
        next = link(&bundle, "next").map(|url| url.strip_prefix(system.base()).unwrap().to_owned());
        observe(&system, &person, "8302-2", 20 + pages);
        pages += 1;
        assert!(pages < 20, "the search ends");
    }
    let unique: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len(), "no result comes twice");
    assert!(before.is_subset(&unique), "what was there is given");
}

#[test]
fn a_page_address_cannot_be_made_up() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    for token in ["nonsense", "AAAA", "-1", "%00"] {
        let outcome =
            system.get(&format!("/fhir/Observation?patient={}&_page={token}", person.id)).expect(400).json();
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{token}");
    }
    for count in ["-1", "x", "99999999999999999999"] {
        let reply = system.get(&format!("/fhir/Observation?patient={}&_count={count}", person.id));
        assert!(matches!(reply.status, 200 | 400), "{count}: {}", reply.status);
    }
}

#[test]
fn an_unknown_parameter_is_refused_with_the_list_or_ignored_aloud() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Observation?patient={}&nonsense=1", person.id);
    let outcome = system.get(&path).expect(400).json();
    let text = outcome.to_string();
    assert!(text.contains("nonsense") && text.contains("value-quantity"), "{text}");
    let reply = system.call("GET", &path).header("prefer", "handling=lenient").send().expect(200);
    let bundle = reply.json();
    let said = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["search"]["mode"] == "outcome")
        .expect("said");
    assert!(said["resource"].to_string().contains("nonsense"));
    assert!(!link(&bundle, "self").unwrap().contains("nonsense"));
}

#[test]
fn includes_bring_what_is_named_and_what_names() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let stored = observe(&system, &person, "29463-7", 60);
    let bundle = system
        .get(&format!("/fhir/Observation?patient={}&_include=Observation:subject", person.id))
        .expect(200)
        .json();
    let entries = bundle["entry"].as_array().unwrap();
    assert_eq!(bundle["total"], 1);
    let modes: Vec<(&str, &str)> = entries
        .iter()
        .map(|e| (e["resource"]["resourceType"].as_str().unwrap(), e["search"]["mode"].as_str().unwrap()))
        .collect();
    assert_eq!(modes, [("Observation", "match"), ("Patient", "include")]);
    let bundle = system
        .get(&format!("/fhir/Patient?_id={}&_revinclude=Observation:subject", person.id))
        .expect(200)
        .json();
    assert_eq!(matches(&bundle), [person.id.as_str()]);
    assert!(bundle["entry"].as_array().unwrap().iter().any(|entry| entry["resource"]["id"] == stored["id"]));
}

#[test]
fn a_caller_may_ask_for_less() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    observe(&system, &person, "29463-7", 60);
    let count =
        system.get(&format!("/fhir/Observation?patient={}&_summary=count", person.id)).expect(200).json();
    assert_eq!(count["total"], 1);
    assert!(count["entry"].is_null());
    let some =
        system.get(&format!("/fhir/Observation?patient={}&_elements=status", person.id)).expect(200).json();
    let resource = &some["entry"][0]["resource"];
    assert_eq!(resource["status"], "final");
    assert!(resource["valueQuantity"].is_null());
}

#[test]
fn a_document_is_found_by_its_unique_id_anywhere() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let document = a_document().identified(&fresh_uri());
    let published = document.publish_as("medecin-1", &person);
    let query = format!(
        "/fhir/DocumentReference?identifier={}",
        encode(&format!("urn:ietf:rfc:3986|{}", document.unique_id))
    );
    assert_eq!(matches(&as_login("medecin-1").get(&query).expect(200).json()), [published.id]);
    assert_eq!(as_login("medecin-2").get(&query).expect(200).json()["total"], 0);
}
