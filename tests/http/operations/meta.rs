//! `$meta`: the profiles, tags and labels of a resource.

use crate::harness::builders::LABELS;
use crate::harness::{a_document, a_person, as_login};
use serde_json::{Value, json};

#[test]
fn the_metadata_of_a_resource_are_given() {
    let document = a_document().publish_as("medecin-3", &a_person().create());
    let system = as_login("systeme-1");
    let path = format!("/fhir/DocumentReference/{}", document.id);
    let stored = system.get(&path).expect(200).json();
    let answer = system.get(&format!("{path}/$meta")).expect(200).json();
    assert_eq!(answer["resourceType"], "Parameters");
    assert_eq!(answer["parameter"][0]["name"], "return");
    assert_eq!(answer["parameter"][0]["valueMeta"], stored["meta"]);
}

#[test]
fn what_is_deleted_has_no_metadata_any_more() {
    let document = a_document().publish_as("medecin-3", &a_person().create());
    let path = format!("/fhir/DocumentReference/{}", document.id);
    as_login("systeme-1").delete(&path).expect(204);
    as_login("systeme-1").get(&format!("{path}/$meta")).expect(410);
}

fn parameters(meta: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": [{ "name": "meta", "valueMeta": meta }] })
}

#[test]
fn tags_come_and_go_with_a_new_version_each() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let tag = json!({ "system": "urn:x", "code": "suivi" });
    let added =
        system.post(&format!("{path}/$meta-add"), &parameters(json!({ "tag": [tag] }))).expect(200).json();
    assert_eq!(added["parameter"][0]["valueMeta"]["tag"], json!([tag]));
    assert_eq!(added["parameter"][0]["valueMeta"]["versionId"], "2");
    // Once more changes nothing, hence no version.
    let again =
        system.post(&format!("{path}/$meta-add"), &parameters(json!({ "tag": [tag] }))).expect(200).json();
    assert_eq!(again["parameter"][0]["valueMeta"]["versionId"], "2");
    let gone =
        system.post(&format!("{path}/$meta-delete"), &parameters(json!({ "tag": [tag] }))).expect(200).json();
    assert_eq!(gone["parameter"][0]["valueMeta"]["versionId"], "3");
    assert!(system.get(&path).json()["meta"].get("tag").is_none());
    system.get(&format!("{path}/$meta-add")).expect(405);
}

#[test]
fn who_may_see_a_resource_is_not_changed_by_its_metadata() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let document = a_document().masked().publish_as("medecin-3", &person);
    let mask = parameters(json!({ "security": [{ "system": LABELS, "code": "MASQUE_PS" }] }));
    for login in ["medecin-3", "systeme-1"] {
        for name in ["$meta-add", "$meta-delete"] {
            as_login(login).post(&format!("{}/{name}", document.path()), &mask).expect(422);
        }
    }
    let tag = parameters(json!({ "tag": [{ "code": "x" }] }));
    as_login("medecin-1").post(&format!("{}/$meta-add", document.path()), &tag).expect(404);
    as_login("medecin-1").get(&format!("{}/$meta", document.path())).expect(404);
    let open = a_document().publish_as("medecin-3", &person);
    as_login("medecin-1").post(&format!("{}/$meta-add", open.path()), &tag).expect(403);
    as_login("medecin-3").post(&format!("{}/$meta-add", open.path()), &tag).expect(200);
}

#[test]
fn the_metadata_in_use_are_those_of_what_one_may_see() {
    let system = as_login("systeme-1");
    let person = a_person().create();
    let code = format!("suivi-{}", person.id);
    let tag = parameters(json!({ "tag": [{ "system": "urn:x", "code": code }] }));
    system.post(&format!("/fhir/Patient/{}/$meta-add", person.id), &tag).expect(200);
    for path in ["/fhir/$meta", "/fhir/Patient/$meta"] {
        assert!(system.get(path).expect(200).text().contains(&code), "{path}");
    }
    assert!(!system.get("/fhir/Observation/$meta").expect(200).text().contains(&code));
    assert!(!as_login("citoyen-1").get("/fhir/$meta").expect(200).text().contains(&code));
    as_login("medecin-1").get("/fhir/$meta").expect(422);
}
