//! `$validate`: would it be accepted? Nothing is written.

use crate::harness::client::entries;
use crate::harness::{Person, a_document, a_person, as_login};
use serde_json::{Value, json};

fn codes(outcome: &Value) -> Vec<String> {
    let issues = outcome["issue"].as_array().expect("issues");
    issues
        .iter()
        .map(|issue| {
            format!("{} {}", issue["severity"].as_str().unwrap_or(""), issue["code"].as_str().unwrap_or(""))
        })
        .collect()
}

fn observation(person: &Person) -> Value {
    json!({ "resourceType": "Observation", "status": "final", "code": { "text": "Pouls" },
        "subject": { "reference": person.reference() } })
}

#[test]
fn a_right_resource_is_told_to_be_right_and_not_written() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    for path in ["/fhir/Observation/$validate", "/fhir/Observation/$validate?mode=create"] {
        let outcome = system.post(path, &observation(&person)).expect(200).json();
        assert!(codes(&outcome).iter().all(|code| !code.starts_with("error")), "{outcome}");
    }
    let found = system.get(&format!("/fhir/Observation?patient={}", person.id)).expect(200).json();
    assert!(entries(&found).is_empty());
}

#[test]
fn what_is_wrong_is_told_with_status_200() {
    let system = as_login("systeme-1");
    let wrong = json!({ "resourceType": "Observation", "status": "done", "code": {} });
    let outcome = system.post("/fhir/Observation/$validate", &wrong).expect(200).json();
    assert!(codes(&outcome).iter().any(|code| code.starts_with("error")), "{outcome}");
    let other = json!({ "resourceType": "Patient" });
    let outcome = system.post("/fhir/Observation/$validate", &other).expect(200).json();
    assert_eq!(outcome["issue"][0]["expression"][0], "resourceType");
}

#[test]
fn a_stored_resource_is_checked_at_its_address() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}/$validate", person.id);
    assert!(codes(&system.get(&path).expect(200).json()).iter().all(|code| !code.starts_with("error")));
    let mut changed = person.resource.clone();
    changed["gender"] = "male".into();
    let update = format!("{path}?mode=update");
    assert!(
        codes(&system.post(&update, &changed).expect(200).json())
            .iter()
            .all(|code| !code.starts_with("error"))
    );
    changed["id"] = "other".into();
    let told = codes(&system.post(&update, &changed).expect(200).json());
    let errors: Vec<&String> = told.iter().filter(|code| code.starts_with("error")).collect();
    assert_eq!(errors, ["error invalid"]);
    assert_eq!(system.get(&format!("/fhir/Patient/{}", person.id)).json(), person.resource);
}

#[test]
fn it_tells_who_may_not_write_and_hides_what_is_hidden() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let shown = a_document().publish_as("medecin-3", &person);
    let hidden = a_document().masked().publish_as("medecin-3", &person);
    let delete = |path: String| format!("{path}/$validate?mode=delete");
    let team = as_login("medecin-1");
    assert_eq!(codes(&team.get(&delete(shown.path())).expect(200).json()), ["error forbidden"]);
    team.get(&delete(hidden.path())).expect(404);
    let author = as_login("medecin-3").get(&delete(shown.path())).expect(200).json();
    assert_eq!(codes(&author), ["information informational"]);
    as_login("systeme-1").get(&shown.path()).expect(200);
}

#[test]
fn a_call_that_makes_no_sense_is_refused() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let patient = json!({ "resourceType": "Patient" });
    system.post("/fhir/Patient/$validate?mode=update", &patient).expect(400);
    system.post("/fhir/Patient/$validate?mode=profile", &patient).expect(400);
    system.post("/fhir/Patient/$validate?mode=other", &patient).expect(400);
    system.post("/fhir/Patient/$validate?profile=http://nowhere.example/profile", &patient).expect(422);
    system.get("/fhir/Patient/$validate").expect(400);
    system.post(&format!("/fhir/Patient/{}/$validate?mode=create", person.id), &patient).expect(400);
}
