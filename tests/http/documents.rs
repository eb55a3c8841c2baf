//! Publishing documents (PDSm): ITI-65, ITI-105, ITI-68, metadata, replacement, withdrawal, duplicates.

use crate::harness::builders::{LABELS, PDSM};
use crate::harness::client::{encode, matches};
use crate::harness::{Person, a_document, a_person, as_login};
use serde_json::{Value, json};

fn cared_for() -> Person {
    a_person().cared_for_by(&["medecin-1", "infirmier-1"]).create()
}

fn archived() -> String {
    format!("{PDSM}pdsm-ext-is-archived")
}

fn status_of(path: &str) -> Value {
    as_login("systeme-1").get(path).expect(200).json()["status"].clone()
}

#[test]
fn a_provided_bundle_is_answered_entry_by_entry_in_order() {
    let person = cared_for();
    let physician = as_login("medecin-1");
    let answer = physician.post("/fhir", &a_document().bundle_for(&person)).expect(200).json();
    assert_eq!(answer["type"], "transaction-response");
    let locations: Vec<&str> = answer["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["response"]["location"].as_str().unwrap())
        .collect();
    for (location, of_type) in locations.iter().zip(["List/", "DocumentReference/", "Binary/"]) {
        assert!(location.starts_with(of_type), "{locations:?}");
        physician.get(&format!("/fhir/{location}")).expect(200);
    }
}

#[test]
fn a_published_document_points_to_its_measured_content() {
    let person = cared_for();
    let published = a_document().publish_as("medecin-1", &person);
    let document = as_login("infirmier-1").get(&published.path()).expect(200).json();
    let attachment = &document["content"][0]["attachment"];
    assert_eq!(attachment["url"], format!("Binary/{}", published.binary));
    assert_eq!(attachment["size"], published.document.content.len());
    assert_eq!(attachment["hash"], sha1_base64(&published.document.content));
    assert_eq!(document["subject"]["reference"], person.reference().as_str());
}

fn sha1_base64(content: &[u8]) -> String {
    use sha1::{Digest, Sha1};
    data_encoding::BASE64.encode(&Sha1::digest(content))
}

#[test]
fn a_simplified_publication_becomes_document_and_content() {
    let person = cared_for();
    let document = a_document();
    let physician = as_login("medecin-1");
    let reply = physician.post("/fhir/DocumentReference", &document.simplified_for(&person)).expect(201);
    let stored = reply.json();
    let attachment = &stored["content"][0]["attachment"];
    assert!(attachment["data"].is_null());
    let url = attachment["url"].as_str().unwrap();
    assert!(url.starts_with("Binary/"), "{url}");
    let raw = physician.get(&format!("/fhir/{url}")).expect(200);
    assert_eq!((raw.header("content-type"), &raw.body), ("application/pdf", &document.content));
    let mut superseded = a_document().simplified_for(&person);
    superseded["status"] = "superseded".into();
    physician.post("/fhir/DocumentReference", &superseded).expect(422);
    let mut empty = a_document().reference_for(&person);
    empty["meta"] = json!({ "profile": [format!("{PDSM}pdsm-simplified-publish")] });
    let outcome = physician.post("/fhir/DocumentReference", &empty).expect(422).json();
    assert!(outcome.to_string().contains("DocumentReference.content.attachment.data"), "{outcome}");
}

#[test]
fn metadata_changes_are_limited_to_three_elements() {
    let person = cared_for();
    let published = a_document().publish_as("medecin-1", &person);
    let physician = as_login("medecin-1");
    let path = format!(
        "/fhir/DocumentReference?identifier={}",
        encode(&format!("urn:ietf:rfc:3986|{}", published.document.unique_id))
    );
    let label = json!({ "coding": [{ "system": LABELS, "code": "INVISIBLE_REPRESENTANTS_LEGAUX" }] });
    let hidden = physician
        .patch(&path, &json!([{ "op": "replace", "path": "/securityLabel", "value": [label] }]))
        .expect(200)
        .json();
    assert_eq!(hidden["securityLabel"][0]["coding"][0]["code"], "INVISIBLE_REPRESENTANTS_LEGAUX");
    let kept = physician.patch(&path, &json!([{ "op": "add", "path": "/extension", "value": [{ "url": archived(), "valueBoolean": true }] }])).expect(200).json();
    assert_eq!(kept["extension"][0]["valueBoolean"], true);
    for (element, value) in [
        ("description", json!("autre")),
        ("type", json!({ "coding": [{ "system": "http://loinc.org", "code": "34133-9" }] })),
        ("date", json!("2026-01-01T00:00:00Z")),
        ("subject", json!({ "reference": "Patient/other" })),
        ("content", kept["content"].clone()),
        ("extension", json!([{ "url": "https://example.org/x", "valueBoolean": true }])),
    ] {
        let mut value = value;
        if element == "content" {
            value[0]["attachment"]["title"] = "autre".into();
        }
        let op = if kept[element].is_null() { "add" } else { "replace" };
        let outcome = physician
            .patch(&path, &json!([{ "op": op, "path": format!("/{element}"), "value": value }]))
            .expect(405)
            .json();
        assert!(outcome["issue"][0]["expression"][0].as_str().unwrap().contains(element), "{outcome}");
    }
    let done = physician
        .patch(&path, &json!([{ "op": "replace", "path": "/status", "value": "superseded" }]))
        .expect(200)
        .json();
    assert_eq!(
        (done["status"].as_str(), done["meta"]["versionId"].as_str()),
        (Some("superseded"), Some("4"))
    );
    physician.patch(&path, &json!([{ "op": "replace", "path": "/status", "value": "current" }])).expect(422);
}

#[test]
fn only_the_author_changes_metadata() {
    let person = cared_for();
    let published = a_document().publish_as("medecin-1", &person);
    let patch = json!([{ "op": "replace", "path": "/status", "value": "superseded" }]);
    as_login("infirmier-1").patch(&published.path(), &patch).expect(403);
    as_login("medecin-2").patch(&published.path(), &patch).expect(404);
    assert_eq!(status_of(&published.path()), "current");
}

#[test]
fn a_new_version_supersedes_the_old_one() {
    let person = cared_for();
    let old = a_document().publish_as("medecin-1", &person);
    let replacing = |id: &str| json!([{ "code": "replaces", "target": { "reference": format!("DocumentReference/{id}") } }]);
    // Another author may not replace it.
    let foreign = a_document().with("relatesTo", replacing(&old.id)).bundle_for(&person);
    as_login("infirmier-1").post("/fhir", &foreign).expect(403);
    assert_eq!(status_of(&old.path()), "current");
    let new = a_document().with("relatesTo", replacing(&old.id)).publish_as("medecin-1", &person);
    assert_eq!(status_of(&old.path()), "superseded");
    assert_eq!(status_of(&new.path()), "current");
    // The old version is no longer the latest.
    let late = a_document().with("relatesTo", replacing(&old.id)).bundle_for(&person);
    as_login("medecin-1").post("/fhir", &late).expect(409);
    let simplified = a_document().with("relatesTo", replacing(&new.id)).simplified_for(&person);
    as_login("medecin-1").post("/fhir/DocumentReference", &simplified).expect(201);
    assert_eq!(status_of(&new.path()), "superseded");
    let unknown = a_document().with("relatesTo", replacing("nothing")).bundle_for(&person);
    as_login("medecin-1").post("/fhir", &unknown).expect(422);
}

#[test]
fn a_document_arrives_only_once() {
    let person = cared_for();
    let document = a_document();
    document.publish_as("medecin-1", &person);
    let physician = as_login("medecin-1");
    physician.post("/fhir", &document.bundle_for(&person)).expect(409);
    physician.post("/fhir/DocumentReference", &document.simplified_for(&person)).expect(409);
    // Elsewhere it is another document.
    document.publish_as("medecin-1", &cared_for());
}

#[test]
fn its_author_withdraws_a_document_and_nobody_else() {
    let person = cared_for();
    let published = a_document().publish_as("medecin-1", &person);
    let withdraw = json!([{ "op": "replace", "path": "/status", "value": "entered-in-error" }]);
    as_login("infirmier-1").patch(&published.path(), &withdraw).expect(403);
    as_login("infirmier-1").delete(&published.path()).expect(403);
    let content = format!("/fhir/Binary/{}", published.binary);
    as_login("infirmier-1").get(&content).expect(200);
    let done = as_login("medecin-1").patch(&published.path(), &withdraw).expect(200).json();
    assert_eq!(done["status"], "entered-in-error");
    as_login("infirmier-1").get(&published.path()).expect(404);
    as_login("infirmier-1").get(&content).expect(404);
    assert_eq!(as_login("infirmier-1").get(&published.search()).expect(200).json()["total"], 0);
    assert_eq!(matches(&as_login("medecin-1").get(&published.search()).expect(200).json()), [published.id]);
}

#[test]
fn a_deleted_document_takes_its_content_along() {
    let person = cared_for();
    let published = a_document().publish_as("medecin-1", &person);
    as_login("medecin-1").delete(&published.path()).expect(204);
    as_login("medecin-1").get(&published.path()).expect(410);
    let content = as_login("infirmier-1").get(&format!("/fhir/Binary/{}", published.binary));
    assert!(matches!(content.status, 404 | 410), "{}", content.status);
}

#[test]
fn refuses_a_content_that_is_not_what_it_says() {
    let person = cared_for();
    let disguised = a_document().holding("image/png", b"%PDF-1.7\n% pas une image\n").bundle_for(&person);
    let outcome = as_login("medecin-1").post("/fhir", &disguised).expect(422).json();
    assert!(outcome["issue"][0]["expression"][0].as_str().unwrap().ends_with("contentType"), "{outcome}");
    // What cannot be told from its first bytes is taken, with a warning; it is served as data that runs nowhere.
    let unclear = a_document()
        .holding("image/png", b"<html><script>1</script></html>")
        .publish_as("medecin-1", &person);
    let raw = as_login("medecin-1").get(&format!("/fhir/Binary/{}", unclear.binary)).expect(200);
    assert_eq!(raw.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(
        (raw.header("content-disposition"), raw.header("x-content-type-options")),
        ("attachment", "nosniff")
    );
    let nothing = a_document().holding("application/pdf", b"").simplified_for(&person);
    as_login("medecin-1").post("/fhir/DocumentReference", &nothing).expect(422);
    let mut broken = a_document().simplified_for(&person);
    broken["content"][0]["attachment"]["data"] = "not base64!".into();
    as_login("medecin-1").post("/fhir/DocumentReference", &broken).expect(422);
}
