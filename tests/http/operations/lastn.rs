//! `Observation/$lastn`: the most recent observations of each code.

use crate::harness::client::entries;
use crate::harness::{Person, a_person, as_login};
use serde_json::{Value, json};

fn observation(person: &Person, code: &str, date: &str, label: Option<&str>) -> String {
    let mut resource = json!({ "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": person.reference() }, "effectiveDateTime": date });
    if let Some(label) = label {
        resource["meta"] = json!({ "security": [{ "code": label }] });
    }
    as_login("systeme-1").create(&resource)["id"].as_str().expect("an id").to_owned()
}

fn ids(bundle: &Value) -> Vec<String> {
    entries(bundle).iter().map(|entry| entry["resource"]["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn the_last_of_each_code_and_ties_are_given() {
    let person = a_person().create();
    let _old = observation(&person, "8867-4", "2026-01-01", None);
    let one = observation(&person, "8867-4", "2026-02-01", None);
    let tie = observation(&person, "8867-4", "2026-02-01", None);
    let other = observation(&person, "8310-5", "2025-01-01", None);
    let system = as_login("systeme-1");
    let path = format!("/fhir/Observation/$lastn?patient={}", person.id);
    let bundle = system.get(&path).expect(200).json();
    assert_eq!(ids(&bundle), [other.clone(), tie, one]);
    assert_eq!(bundle["total"], 3);
    assert_eq!(ids(&system.get(&format!("{path}&max=9")).expect(200).json()).len(), 4);
    assert_eq!(ids(&system.get(&format!("{path}&code=8310-5")).expect(200).json()), [other]);
}

#[test]
fn what_is_masked_does_not_take_the_place_of_what_is_not() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let shown = observation(&person, "8867-4", "2026-01-01", None);
    let hidden = observation(&person, "8867-4", "2026-02-01", Some("MASQUE_PS"));
    let path = format!("/fhir/Observation/$lastn?patient={}", person.id);
    assert_eq!(ids(&as_login("medecin-1").get(&path).expect(200).json()), [shown]);
    assert_eq!(ids(&as_login("systeme-1").get(&path).expect(200).json()), [hidden]);
    as_login("medecin-2").get(&path).expect(403);
}

#[test]
fn it_is_about_somebody_and_orders_its_results_itself() {
    let system = as_login("systeme-1");
    let person = a_person().create();
    system.get("/fhir/Observation/$lastn?code=8867-4").expect(400);
    for wrong in ["_sort=date", "_count=3", "max=0", "max=many", "nonsense=1"] {
        system.get(&format!("/fhir/Observation/$lastn?patient={}&{wrong}", person.id)).expect(400);
    }
}
