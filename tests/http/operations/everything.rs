//! `$everything`: a whole record, in pages that neither repeat nor lose anything, and nothing hidden in it.

use crate::harness::client::entries;
use crate::harness::{Person, a_document, a_person, as_login, region};
use serde_json::{Value, json};

fn observation(person: &Person, code: &str, date: &str) -> Value {
    as_login("systeme-1").create(&json!({ "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": person.reference() }, "effectiveDateTime": date,
        "performer": [{ "reference": format!("Practitioner/{}", region().account("medecin-1", "practitioner_id")) }] }))
}

fn everything(person: &Person) -> String {
    format!("/fhir/Patient/{}/$everything", person.id)
}

fn ids(bundle: &Value, mode: &str) -> Vec<String> {
    let of_mode = entries(bundle).iter().filter(|entry| entry["search"]["mode"] == mode);
    of_mode.map(|entry| entry["resource"]["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_record_is_given_whole_with_those_it_refers_to() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let seen = observation(&person, "8867-4", "2026-03-01");
    let document = a_document().publish_as("medecin-1", &person);
    let bundle = as_login("medecin-1").get(&everything(&person)).expect(200).json();
    assert_eq!(bundle["type"], "searchset");
    let matches = ids(&bundle, "match");
    assert_eq!(matches[0], person.id, "the person comes first");
    for id in [seen["id"].as_str().expect("an id"), &document.id, &document.list] {
        assert!(matches.iter().any(|known| known == id), "{id}");
    }
    assert_eq!(bundle["total"], matches.len());
    let beside = ids(&bundle, "include");
    assert!(beside.contains(&region().account("medecin-1", "practitioner_id")));
    assert!(!bundle.to_string().contains("\"resourceType\":\"Binary\""));
}

#[test]
fn pages_neither_repeat_nor_lose_anything_while_the_record_grows() {
    let person = a_person().create();
    let before: Vec<String> = (1..=7)
        .map(|day| observation(&person, "8867-4", &format!("2026-03-0{day}")))
        .map(|resource| resource["id"].as_str().expect("an id").to_owned())
        .collect();
    let system = as_login("systeme-1");
    let mut path = format!("{}?_count=3&_type=Observation,Patient", everything(&person));
    let mut found = Vec::new();
    let mut pages = 0;
    loop {
        let bundle = system.get(&path).expect(200).json();
        let matches = ids(&bundle, "match");
        assert!(matches.len() <= 3);
        found.extend(matches);
        pages += 1;
        observation(&person, "8310-5", "2026-04-01");
        let next = crate::harness::client::link(&bundle, "next");
        match next {
            Some(next) if pages < 20 => path = next.strip_prefix(system.base()).expect("ours").to_owned(),
            _ => break,
        }
    }
    assert_eq!(found[0], person.id);
    for id in &before {
        assert_eq!(found.iter().filter(|known| *known == id).count(), 1, "{id}");
    }
    let distinct: std::collections::BTreeSet<_> = found.iter().collect();
    assert_eq!(distinct.len(), found.len());
    system.get(&format!("{}?_page=nonsense", everything(&person))).expect(400);
}

#[test]
fn types_dates_of_care_and_changes_since_are_chosen() {
    let person = a_person().create();
    let old = observation(&person, "8867-4", "2020-05-01");
    let new = observation(&person, "8867-4", "2026-05-01");
    let system = as_login("systeme-1");
    let asked = |query: &str| {
        let bundle = system.get(&format!("{}?{query}", everything(&person))).expect(200).json();
        let found = ids(&bundle, "match");
        let has = |resource: &Value| found.iter().any(|id| resource["id"] == *id);
        (has(&old), has(&new), found.contains(&person.id))
    };
    assert_eq!(asked("start=2026-01-01"), (false, true, true));
    assert_eq!(asked("end=2020-05"), (true, false, true));
    assert_eq!(asked("start=2020-05-02&end=2026-04-30"), (false, false, true));
    assert_eq!(asked("_type=Observation"), (true, true, false));
    assert_eq!(asked("_since=2999-01-01T00:00:00Z"), (false, false, false));
    system.get(&format!("{}?_type=Observations", everything(&person))).expect(400);
    system.get(&format!("{}?start=yesterday", everything(&person))).expect(400);
    system.get(&format!("{}?_count=0", everything(&person))).expect(400);
}

#[test]
fn what_is_masked_is_neither_shown_nor_counted_nor_named() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let hidden = a_document().masked().publish_as("medecin-3", &person);
    let shown = a_document().publish_as("medecin-3", &person);
    let bundle = as_login("medecin-1").get(&everything(&person)).expect(200);
    let text = bundle.text();
    assert!(text.contains(&shown.id));
    for id in [&hidden.id, &hidden.binary, &hidden.list] {
        assert!(!text.contains(id.as_str()), "{id}");
    }
    let bundle = bundle.json();
    assert_eq!(bundle["total"], ids(&bundle, "match").len());
    assert!(as_login("systeme-1").get(&everything(&person)).expect(200).text().contains(&hidden.id));
}

#[test]
fn without_business_in_a_record_it_is_refused_aloud() {
    let person = a_person().create();
    observation(&person, "8867-4", "2026-03-01");
    let refused = as_login("medecin-2").get(&everything(&person)).expect(403);
    assert!(!refused.text().contains(&person.family));
    region()
        .for_purpose("medecin-2", "break-glass", "personne inconsciente aux urgences")
        .get(&everything(&person))
        .expect(200);
    as_login("citoyen-1").get(&everything(&person)).expect(404);
    as_login("medecin-2").get("/fhir/Patient/$everything").expect(422);
}

#[test]
fn a_citizen_asks_for_their_own_record_without_naming_it() {
    let own = Person::of_login("citoyen-1");
    let bundle = as_login("citoyen-1").get("/fhir/Patient/$everything?_count=5").expect(200).json();
    assert_eq!(ids(&bundle, "match")[0], own.id);
    let named = as_login("citoyen-1").get(&format!("{}?_count=5", everything(&own))).expect(200).json();
    assert_eq!(bundle["total"], named["total"]);
}

#[test]
fn a_program_goes_through_every_record_page_by_page() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = "/fhir/Patient/$everything?_type=Patient&_count=7";
    let found = system.all(path);
    let people: Vec<&Value> = found.iter().filter(|resource| resource["id"] == person.id.as_str()).collect();
    assert_eq!(people.len(), 1);
    let ids: std::collections::BTreeSet<String> =
        found.iter().map(|resource| resource["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(ids.len(), found.len());
}

#[test]
fn an_encounter_comes_with_what_belongs_to_it() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let encounter = system.create(&json!({ "resourceType": "Encounter", "status": "finished",
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
        "subject": { "reference": person.reference() } }));
    let id = encounter["id"].as_str().expect("an id");
    let other = observation(&person, "8867-4", "2026-03-01");
    let mut own = other.clone();
    own["encounter"] = json!({ "reference": format!("Encounter/{id}") });
    let own = system
        .put(&format!("/fhir/Observation/{}", own["id"].as_str().expect("an id")), &own)
        .expect(200)
        .json();
    let other = observation(&person, "8310-5", "2026-03-01");
    let bundle = system.get(&format!("/fhir/Encounter/{id}/$everything")).expect(200).json();
    let found = ids(&bundle, "match");
    assert_eq!(found[0], id);
    assert!(found.contains(&person.id));
    assert!(found.iter().any(|known| own["id"] == *known));
    assert!(!found.iter().any(|known| other["id"] == *known));
}

#[test]
fn a_group_gives_the_records_of_its_members_that_are_open() {
    let (open, closed) = (a_person().cared_for_by(&["medecin-1"]).create(), a_person().create());
    let member = |person: &Person| json!({ "entity": { "reference": person.reference() } });
    let group = as_login("systeme-1")
        .create(&json!({ "resourceType": "Group", "type": "person", "actual": true,
        "member": [member(&open), member(&closed)] }));
    let path = format!("/fhir/Group/{}/$everything?_type=Patient", group["id"].as_str().expect("an id"));
    let all = as_login("systeme-1").get(&path).expect(200).json();
    assert_eq!(ids(&all, "match").len(), 2);
    let reply = as_login("medecin-1").get(&path);
    if reply.status == 200 {
        let found = ids(&reply.json(), "match");
        assert_eq!(found, std::slice::from_ref(&open.id));
    } else {
        assert_eq!(reply.status, 404, "a group that is not open to professionals is not there");
    }
}
