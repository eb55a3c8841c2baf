//! Create, update, patch, delete: versions, conditions, preferences.

use crate::harness::builders::{INS, fresh_uri, patient};
use crate::harness::client::encode;
use crate::harness::{a_document, a_person, as_login};
use serde_json::json;

#[test]
fn a_created_resource_has_an_id_a_version_and_an_address() {
    let system = as_login("systeme-1");
    let resource = json!({ "resourceType": "Organization", "name": "Maison de santé des Essais" });
    let reply = system.post("/fhir/Organization", &resource).expect(201);
    let stored = reply.json();
    let id = stored["id"].as_str().unwrap();
    assert_eq!(reply.header("location"), format!("{}/fhir/Organization/{id}/_history/1", system.base()));
    assert_eq!(reply.header("etag"), "W/\"1\"");
    assert_eq!(stored["meta"]["versionId"], "1");
    assert_eq!(stored["name"], resource["name"]);
}

#[test]
fn an_update_needs_the_version_it_was_made_from() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let mut next = person.resource.clone();
    next["gender"] = "male".into();
    let put = |version: &str| system.call("PUT", &path).json(&next).header("if-match", version).send();
    put("W/\"7\"").expect(412);
    assert_eq!(put("W/\"1\"").expect(200).header("etag"), "W/\"2\"");
    put("W/\"1\"").expect(412);
    put("nonsense").expect(400);
    system.call("DELETE", &path).header("if-match", "W/\"1\"").send().expect(412);
}

#[test]
fn an_update_must_name_the_resource_of_its_address() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let mut other = person.resource.clone();
    other["id"] = "another".into();
    let outcome = system.put(&path, &other).expect(400).json();
    assert_eq!(outcome["issue"][0]["expression"][0], "Patient.id");
    let organization = json!({ "resourceType": "Organization", "id": person.id, "name": "X" });
    system.put(&path, &organization).expect(400);
    system.put("/fhir/Patient", &person.resource).expect(405);
}

#[test]
fn a_client_may_choose_an_id_by_put() {
    let system = as_login("systeme-1");
    let id = format!("essai-{}-{}", std::process::id(), crate::harness::builders::fresh());
    let path = format!("/fhir/Organization/{id}");
    let resource = json!({ "resourceType": "Organization", "id": id, "name": "Choisie" });
    assert_eq!(system.put(&path, &resource).expect(201).json()["id"], id.as_str());
    assert_eq!(system.put(&path, &resource).expect(200).header("etag"), "W/\"2\"");
    assert_eq!(system.get(&path).expect(200).json()["name"], "Choisie");
}

#[test]
fn a_deleted_resource_is_gone_and_its_history_stays() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let observation = json!({ "resourceType": "Observation", "status": "final", "code": { "text": "essai" },
        "subject": { "reference": person.reference() } });
    let stored = system.create(&observation);
    let path = format!("/fhir/Observation/{}", stored["id"].as_str().unwrap());
    assert!(system.delete(&path).expect(204).body.is_empty());
    let outcome = system.get(&path).expect(410).json();
    assert_eq!(outcome["issue"][0]["code"], "deleted");
    system.delete(&path).expect(204);
    assert_eq!(system.get(&format!("{path}/_history/1")).expect(200).json(), stored);
    let found = system.get(&format!("/fhir/Observation?patient={}", person.reference())).expect(200).json();
    assert_eq!(found["total"], 0);
    system.delete("/fhir/Observation/nothing").expect(404);
}

#[test]
fn a_deleted_resource_comes_back_by_put_with_a_new_version() {
    let system = as_login("systeme-1");
    let stored = system.create(&json!({ "resourceType": "Organization", "name": "Revenue" }));
    let path = format!("/fhir/Organization/{}", stored["id"].as_str().unwrap());
    system.delete(&path).expect(204);
    system.patch(&path, &json!([{ "op": "replace", "path": "/name", "value": "x" }])).expect(410);
    let reply = system.put(&path, &stored);
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text());
    assert_eq!(reply.header("etag"), "W/\"3\"");
    system.get(&path).expect(200);
}

#[test]
fn a_patch_changes_only_what_it_names() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let patched = system
        .patch(&path, &json!([{ "op": "replace", "path": "/gender", "value": "other" }]))
        .expect(200)
        .json();
    let mut expected = person.resource.clone();
    expected["gender"] = "other".into();
    expected["meta"] = patched["meta"].clone();
    assert_eq!(patched, expected);
    let parameters = json!({ "resourceType": "Parameters", "parameter": [{ "name": "operation", "part": [
        { "name": "type", "valueCode": "replace" },
        { "name": "path", "valueString": "Patient.gender" },
        { "name": "value", "valueCode": "unknown" }] }] });
    let patched = system.call("PATCH", &path).json(&parameters).send().expect(200).json();
    assert_eq!(patched["gender"], "unknown");
    system.patch(&path, &json!([{ "op": "test", "path": "/gender", "value": "female" }])).expect(422);
    system.patch(&path, &json!([{ "op": "replace", "path": "/id", "value": "x" }])).expect(422);
    system.patch(&path, &json!([{ "op": "replace", "path": "/gender", "value": "wrong" }])).expect(422);
    system
        .call("PATCH", &path)
        .bytes("<diff/>")
        .header("content-type", "application/xml-patch+xml")
        .send()
        .expect(415);
    assert_eq!(system.get(&path).json()["meta"]["versionId"], "3");
}

#[test]
fn refuses_what_is_not_fhir_with_its_place() {
    let system = as_login("systeme-1");
    let wrong = json!({ "resourceType": "Patient", "birthDate": "1980-02-31", "nonsense": 1 });
    let outcome = system.post("/fhir/Patient", &wrong).expect(422).json();
    let places: Vec<&str> = outcome["issue"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|issue| issue["expression"][0].as_str())
        .collect();
    assert!(places.contains(&"Patient.birthDate") && places.contains(&"Patient.nonsense"), "{outcome}");
    assert!(outcome["issue"][0]["diagnostics"].as_str().unwrap().contains(':'));
    let french = system
        .call("POST", "/fhir/Patient")
        .json(&wrong)
        .header("accept-language", "fr")
        .send()
        .expect(422)
        .json();
    assert!(french["issue"][0]["diagnostics"].as_str().unwrap().contains("reçu"), "{french}");
    system.post("/fhir/Patient", &json!({ "resourceType": "Observation" })).expect(400);
    system.post("/fhir/Patient", &json!(["a list"])).expect(400);
}

#[test]
fn refuses_a_matricule_with_a_wrong_key() {
    let system = as_login("systeme-1");
    let outcome =
        system.post("/fhir/Patient", &patient("280027590000100", "FAUX", "1980-02-03")).expect(422).json();
    assert_eq!(outcome["issue"][0]["expression"][0], "Patient.identifier[0].value");
}

#[test]
fn a_writer_says_what_to_get_back() {
    let system = as_login("systeme-1");
    let resource = json!({ "resourceType": "Organization", "name": "Préférée" });
    let prefer = |value: &str| {
        system.call("POST", "/fhir/Organization").json(&resource).header("prefer", value).send().expect(201)
    };
    assert!(prefer("return=minimal").body.is_empty());
    assert_eq!(prefer("return=representation").json()["name"], "Préférée");
    assert_eq!(prefer("return=OperationOutcome").json()["resourceType"], "OperationOutcome");
}

#[test]
fn a_conditional_create_finds_before_it_makes() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let condition = format!("identifier={}", encode(&format!("{INS}|{}", person.ins)));
    let create = |condition: &str| {
        system
            .call("POST", "/fhir/Patient")
            .json(&patient(&person.ins, "ESSAI", "1980-02-03"))
            .header("if-none-exist", condition)
            .send()
    };
    let found = create(&condition).expect(200);
    assert_eq!(found.json()["id"], person.id.as_str());
    create("gender=female&_count=nonsense").expect(400);
}

#[test]
fn a_conditional_update_makes_once_then_changes() {
    let system = as_login("systeme-1");
    let value = fresh_uri();
    let path = format!("/fhir/Organization?identifier={}", encode(&format!("urn:ietf:rfc:3986|{value}")));
    let resource = |name: &str| json!({ "resourceType": "Organization", "name": name, "identifier": [{ "system": "urn:ietf:rfc:3986", "value": value }] });
    system.put(&path, &resource("un")).expect(201);
    let second = system.put(&path, &resource("deux")).expect(200).json();
    assert_eq!((second["name"].as_str(), second["meta"]["versionId"].as_str()), (Some("deux"), Some("2")));
    system.delete(&path).expect(204);
    assert_eq!(system.get(&path).expect(200).json()["total"], 0);
}

#[test]
fn a_resource_never_moves_to_another_person() {
    let (one, other) = (a_person().create(), a_person().create());
    let system = as_login("systeme-1");
    let mut stored = system
        .create(&json!({ "resourceType": "Observation", "status": "final", "code": { "text": "essai" },
        "subject": { "reference": one.reference() } }));
    stored["subject"]["reference"] = other.reference().into();
    system.put(&format!("/fhir/Observation/{}", stored["id"].as_str().unwrap()), &stored).expect(422);
}

#[test]
fn a_raw_content_is_stored_under_its_media_type() {
    let person = a_person().create();
    let published =
        a_document().holding("text/plain", "Bonjour, ça va ?".as_bytes()).publish_as("systeme-1", &person);
    let raw = as_login("systeme-1").get(&format!("/fhir/Binary/{}", published.binary)).expect(200);
    assert_eq!((raw.header("content-type"), raw.text().as_str()), ("text/plain", "Bonjour, ça va ?"));
    let system = as_login("systeme-1");
    let reply = system
        .call("POST", "/fhir/Binary")
        .bytes("%PDF-1.4 brut")
        .header("content-type", "application/pdf")
        .header("x-security-context", &person.reference())
        .send()
        .expect(201);
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(system.get(&format!("/fhir/Binary/{id}")).expect(200).body, b"%PDF-1.4 brut");
}
