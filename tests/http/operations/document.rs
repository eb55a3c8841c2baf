//! `Composition/$document`: a document of what the caller may see.

use crate::harness::client::entries;
use crate::harness::{Person, a_person, as_login, region};
use serde_json::{Value, json};

struct Made {
    person: Person,
    composition: String,
    shown: String,
    hidden: String,
}

fn made() -> Made {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let system = as_login("systeme-1");
    let observation = |label: Option<&str>| {
        let mut resource = json!({ "resourceType": "Observation", "status": "final", "code": { "text": "Pouls" },
            "subject": { "reference": person.reference() } });
        if let Some(label) = label {
            resource["meta"] = json!({ "security": [{ "code": label }] });
        }
        system.create(&resource)["id"].as_str().expect("an id").to_owned()
    };
    let (shown, hidden) = (observation(None), observation(Some("MASQUE_PS")));
    let section = |title: &str, id: &str, words: &str| {
        json!({ "title": title, "entry": [{ "reference": format!("Observation/{id}") }],
            "text": { "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{words}</div>") } })
    };
    let composition = system.create(&json!({ "resourceType": "Composition", "status": "final",
        "type": { "coding": [{ "system": "http://loinc.org", "code": "11488-4" }] },
        "subject": { "reference": person.reference() }, "date": "2026-03-01T10:00:00Z", "title": "Compte rendu",
        "author": [{ "reference": format!("Practitioner/{}", region().account("medecin-1", "practitioner_id")) }],
        "section": [section("Ouvert", &shown, "pouls régulier"), section("Confidentiel", &hidden, "mots cachés")] }));
    Made { person, composition: composition["id"].as_str().expect("an id").to_owned(), shown, hidden }
}

fn addresses(bundle: &Value) -> Vec<String> {
    let name = |entry: &Value| {
        let resource = &entry["resource"];
        format!(
            "{}/{}",
            resource["resourceType"].as_str().unwrap_or(""),
            resource["id"].as_str().unwrap_or("")
        )
    };
    entries(bundle).iter().map(name).collect()
}

#[test]
fn a_document_begins_with_its_composition_and_holds_what_it_is_made_of() {
    let made = made();
    let path = format!("/fhir/Composition/{}/$document", made.composition);
    let system = as_login("systeme-1");
    let document = system.get(&path).expect(200).json();
    assert_eq!(document["type"], "document");
    assert!(document["identifier"]["value"].as_str().is_some_and(|value| value.starts_with("urn:uuid:")));
    assert!(document["timestamp"].is_string());
    let found = addresses(&document);
    assert_eq!(
        found[..5],
        [
            format!("Composition/{}", made.composition),
            made.person.reference(),
            format!("Practitioner/{}", region().account("medecin-1", "practitioner_id")),
            format!("Observation/{}", made.shown),
            format!("Observation/{}", made.hidden),
        ]
    );
    let again = system.get(&path).expect(200).json();
    assert_eq!(addresses(&again), found, "the order is always the same");
    let named = system.get(&format!("/fhir/Composition/$document?id=Composition/{}", made.composition));
    assert_eq!(addresses(&named.expect(200).json()), found);
}

#[test]
fn what_is_hidden_is_in_no_entry_and_in_no_words() {
    let made = made();
    let path = format!("/fhir/Composition/{}/$document", made.composition);
    let reply = as_login("medecin-1").get(&path).expect(200);
    let text = reply.text();
    assert!(text.contains(&made.shown) && text.contains("pouls régulier"));
    for trace in [made.hidden.as_str(), "Confidentiel", "mots cachés", "MASQUE_PS"] {
        assert!(!text.contains(trace), "{trace}");
    }
    as_login("medecin-2").get(&path).expect(404);
}

#[test]
fn a_document_is_kept_in_the_record_with_the_labels_of_its_parts() {
    let made = made();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Composition/{}/$document?persist=true", made.composition);
    system.get(&path).expect(405);
    let reply = system.call("POST", &path).bytes("").send().expect(200);
    let id = reply.json()["id"].as_str().expect("an id").to_owned();
    assert!(reply.header("location").contains(&format!("Bundle/{id}")));
    let kept = system.get(&format!("/fhir/Bundle/{id}")).expect(200).json();
    assert_eq!(kept["meta"]["security"][0]["code"], "MASQUE_PS");
    // A part of it is hidden from professionals: so is the whole.
    as_login("medecin-1").get(&format!("/fhir/Bundle/{id}")).expect(404);
}

#[test]
fn a_composition_must_be_named_once() {
    let system = as_login("systeme-1");
    system.get("/fhir/Composition/$document").expect(400);
    system.get("/fhir/Composition/$document?id=Composition/nothing").expect(404);
    let made = made();
    system.get(&format!("/fhir/Composition/{}/$document?id=x", made.composition)).expect(400);
}
