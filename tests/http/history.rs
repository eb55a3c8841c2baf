//! Histories: of a resource, of a type, of everything; and that what is hidden has none.

use crate::harness::client::{encode, entries, link};
use crate::harness::{a_document, a_person, as_login, region};
use serde_json::{Value, json};

fn versions(bundle: &Value) -> Vec<(String, String)> {
    let told = entries(bundle).iter().map(|entry| {
        let name = entry["fullUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        (
            name,
            format!(
                "{} {}",
                entry["request"]["method"].as_str().unwrap(),
                entry["response"]["etag"].as_str().unwrap()
            ),
        )
    });
    told.collect()
}

fn of(bundle: &Value, id: &str) -> Vec<String> {
    versions(bundle).into_iter().filter(|(name, _)| name == id).map(|(_, told)| told).collect()
}

/// Writes something else until the clock of the server tells a later moment, so that two moments are two.
fn until_later_than(moment: &str) {
    let other = json!({ "resourceType": "Organization", "name": "Entre deux" });
    let is_later = |_| as_login("systeme-1").create(&other)["meta"]["lastUpdated"].as_str().unwrap() > moment;
    assert!((0..1000).any(is_later), "the clock goes on");
}

/// An organisation with three versions of three moments, the last a deletion.
fn three_versions() -> (String, Vec<String>) {
    let system = as_login("systeme-1");
    let mut stored = system.create(&json!({ "resourceType": "Organization", "name": "Une" }));
    let id = stored["id"].as_str().unwrap().to_owned();
    let mut moments = vec![stored["meta"]["lastUpdated"].as_str().unwrap().to_owned()];
    until_later_than(&moments[0]);
    stored["name"] = "Deux".into();
    let second = system.put(&format!("/fhir/Organization/{id}"), &stored).expect(200).json();
    moments.push(second["meta"]["lastUpdated"].as_str().unwrap().to_owned());
    until_later_than(&moments[1]);
    system.delete(&format!("/fhir/Organization/{id}")).expect(204);
    (id, moments)
}

#[test]
fn every_version_is_told_newest_first_at_all_three_levels() {
    let system = as_login("systeme-1");
    let (id, _) = three_versions();
    let expected = ["DELETE W/\"3\"", "PUT W/\"2\"", "POST W/\"1\""];
    for path in [
        format!("/fhir/Organization/{id}/_history"),
        "/fhir/Organization/_history?_count=1000".to_owned(),
        "/fhir/_history?_count=1000".to_owned(),
    ] {
        let bundle = system.get(&path).expect(200).json();
        assert_eq!(bundle["type"], "history");
        assert_eq!(of(&bundle, &id), expected, "{path}");
        let gone = entries(&bundle).iter().find(|entry| entry["request"]["method"] == "DELETE").unwrap();
        assert!(gone["resource"].is_null() && gone["response"]["lastModified"].is_string());
    }
    let chosen = format!("histoire-{}", crate::harness::builders::fresh());
    let resource = json!({ "resourceType": "Organization", "id": chosen, "name": "Choisie" });
    system.put(&format!("/fhir/Organization/{chosen}"), &resource).expect(201);
    let bundle = system.get("/fhir/Organization/_history?_count=50").expect(200).json();
    assert_eq!(of(&bundle, &chosen), ["PUT W/\"1\""]);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let system = as_login("systeme-1");
    let ids: Vec<String> = (0..7)
        .map(|number| {
            system.create(&json!({ "resourceType": "HealthcareService", "name": format!("Page {number}") }))
        })
        .map(|stored| stored["id"].as_str().unwrap().to_owned())
        .collect();
    let mut found = Vec::new();
    let mut next = Some("/fhir/HealthcareService/_history?_count=3".to_owned());
    while let Some(path) = next {
        let bundle = system.get(&path).expect(200).json();
        assert!(entries(&bundle).len() <= 3);
        found.extend(versions(&bundle).into_iter().map(|(name, _)| name));
        next = link(&bundle, "next").map(|url| url.strip_prefix(system.base()).unwrap().to_owned());
    }
    let ours: Vec<&String> = found.iter().filter(|id| ids.contains(id)).collect();
    assert_eq!(ours, ids.iter().rev().collect::<Vec<_>>());
    system.get("/fhir/HealthcareService/_history?_page=nonsense").expect(400);
    system.get("/fhir/HealthcareService/_history?_sort=date").expect(400);
}

#[test]
fn since_and_at_bound_the_versions() {
    let system = as_login("systeme-1");
    let (id, moments) = three_versions();
    for level in [format!("Organization/{id}/"), "Organization/".to_owned(), String::new()] {
        let get = |query: &str| {
            system.get(&format!("/fhir/{level}_history?_count=1000&{query}")).expect(200).json()
        };
        let since = get(&format!("_since={}", encode(&moments[1])));
        assert_eq!(of(&since, &id), ["DELETE W/\"3\"", "PUT W/\"2\""], "{level}");
        let future = get("_since=2999-01-01");
        assert!(entries(&future).is_empty());
        // At the second moment the second version was current; the first ended then.
        let at = get(&format!("_at={}", encode(&moments[1])));
        assert!(of(&at, &id).contains(&"PUT W/\"2\"".to_owned()), "{level}");
        assert!(!of(&get("_at=2999-01-01"), &id).contains(&"PUT W/\"2\"".to_owned()), "{level}");
    }
    system.get("/fhir/_history?_since=hier").expect(400);
}

#[test]
fn a_person_reads_the_history_of_their_own_record_and_of_nothing_else() {
    let citizen = as_login("citoyen-1");
    let own = region().account("citoyen-1", "patient_id");
    let other = a_person().create();
    let bundle = citizen.get("/fhir/_history?_count=1000").expect(200).json();
    let names: Vec<String> = versions(&bundle).into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&own) && !names.contains(&other.id));
    let bundle = citizen.get("/fhir/Patient/_history").expect(200).json();
    assert_eq!(versions(&bundle).into_iter().map(|(name, _)| name).collect::<Vec<_>>(), [own]);
    let mut paged = Vec::new();
    let mut next = Some("/fhir/_history?_count=7".to_owned());
    while let Some(path) = next {
        let bundle = citizen.get(&path).expect(200).json();
        paged.extend(versions(&bundle).into_iter().map(|(name, _)| name));
        next = link(&bundle, "next").map(|url| url.strip_prefix(citizen.base()).unwrap().to_owned());
    }
    assert_eq!(paged, names, "page after page, the same");
}

#[test]
fn what_is_hidden_has_no_history_not_even_of_its_deletion() {
    let person = crate::harness::Person::of_login("citoyen-2");
    let system = as_login("systeme-1");
    let citizen = as_login("citoyen-2");
    // Hidden from the person until announced.
    let hidden = a_document().labelled("INVISIBLE_PATIENT").publish_as("systeme-1", &person);
    let open = a_document().publish_as("systeme-1", &person);
    let seen = |id: &str| {
        let all = citizen.get("/fhir/_history?_count=1000").expect(200);
        let typed = citizen.get("/fhir/DocumentReference/_history?_count=1000").expect(200);
        [all.text().contains(id), typed.text().contains(id)]
    };
    assert_eq!(seen(&open.id), [true, true]);
    assert_eq!(seen(&hidden.id), [false, false]);
    assert_eq!(seen(&hidden.binary), [false, false]);
    system.delete(&hidden.path()).expect(204);
    assert_eq!(seen(&hidden.id), [false, false], "nor of its deletion");
}

#[test]
fn a_professional_reads_histories_of_the_directory_and_of_single_resources() {
    let doctor = as_login("medecin-1");
    let bundle = doctor.get("/fhir/Organization/_history?_count=5").expect(200).json();
    assert!(!entries(&bundle).is_empty());
    for path in ["/fhir/_history", "/fhir/DocumentReference/_history", "/fhir/Patient/_history"] {
        let outcome = doctor.get(path).expect(422).json();
        assert_eq!(outcome["issue"][0]["code"], "too-costly", "{path}");
    }
    let patient = region().account("citoyen-1", "patient_id");
    doctor.get(&format!("/fhir/Patient/{patient}/_history")).expect(200);
    as_login("systeme-1").get("/fhir/AuditEvent/_history").expect(405);
}
