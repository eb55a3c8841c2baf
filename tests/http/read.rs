//! Read, vread, history, `HEAD`, `ETag`.

use crate::harness::{a_document, a_person, as_login};

#[test]
fn a_resource_is_read_as_it_was_written() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let reply = system.get(&format!("/fhir/Patient/{}", person.id)).expect(200);
    assert_eq!(reply.json(), person.resource);
    assert_eq!(reply.header("etag"), "W/\"1\"");
    assert!(reply.header("last-modified").ends_with("GMT"));
    assert_eq!(reply.header("content-type"), "application/fhir+json; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[test]
fn an_unknown_id_and_a_forged_one_are_not_found() {
    let system = as_login("systeme-1");
    for id in ["nothing", "00000000-0000-0000-0000-000000000000", "7f1c1e0e-6a39-4b0c-9d0c-0123456789ab"] {
        let outcome = system.get(&format!("/fhir/Patient/{id}")).expect(404).json();
        assert_eq!(outcome["issue"][0]["code"], "not-found");
    }
    system.get("/fhir/Nonsense/1").expect(404);
}

#[test]
fn every_version_stays_readable() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let mut second = person.resource.clone();
    second["gender"] = "male".into();
    let second = system.put(&path, &second).expect(200).json();
    assert_eq!(second["meta"]["versionId"], "2");
    assert_eq!(system.get(&format!("{path}/_history/1")).expect(200).json(), person.resource);
    assert_eq!(system.get(&format!("{path}/_history/2")).expect(200).json(), second);
    system.get(&format!("{path}/_history/3")).expect(404);
    system.get(&format!("{path}/_history/x")).expect(404);
    let history = system.get(&format!("{path}/_history")).expect(200).json();
    assert_eq!(history["type"], "history");
    assert_eq!(history["total"], 2);
    let versions: Vec<&str> = history["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["resource"]["meta"]["versionId"].as_str().unwrap())
        .collect();
    assert_eq!(versions, ["2", "1"]);
    let methods: Vec<&str> = history["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["request"]["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["PUT", "POST"]);
}

#[test]
fn a_long_history_comes_in_pages() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    for number in 0..4 {
        let mut next = person.resource.clone();
        next["multipleBirthInteger"] = number.into();
        system.put(&path, &next).expect(200);
    }
    let versions: Vec<String> = system
        .all(&format!("{path}/_history?_count=2"))
        .iter()
        .map(|resource| resource["meta"]["versionId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(versions, ["5", "4", "3", "2", "1"]);
    system.get(&format!("{path}/_history?_nonsense=1")).expect(400);
}

#[test]
fn head_answers_as_get_without_a_body() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let head = system.call("HEAD", &path).send().expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("etag"), "W/\"1\"");
    assert!(system.call("HEAD", "/fhir/Patient/nothing").send().expect(404).body.is_empty());
}

#[test]
fn a_held_version_is_not_sent_again() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    let reply = system.call("GET", &path).header("if-none-match", "W/\"1\"").send().expect(304);
    assert!(reply.body.is_empty());
    assert_eq!(reply.header("etag"), "W/\"1\"");
    system.call("GET", &path).header("if-none-match", "W/\"2\"").send().expect(200);
}

#[test]
fn a_content_is_read_raw_or_as_a_resource() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let published = a_document().publish_as("medecin-1", &person);
    let physician = as_login("medecin-1");
    let path = format!("/fhir/Binary/{}", published.binary);
    let raw = physician.get(&path).expect(200);
    assert_eq!(raw.body, published.document.content);
    assert_eq!(raw.header("content-type"), "application/pdf");
    assert_eq!(raw.header("content-security-policy"), "sandbox; default-src 'none'");
    let resource =
        physician.call("GET", &path).header("accept", "application/fhir+json").send().expect(200).json();
    assert_eq!(resource["contentType"], "application/pdf");
    let data = data_encoding::BASE64.decode(resource["data"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(data, published.document.content);
}

#[test]
fn refuses_a_format_that_is_not_spoken() {
    let system = as_login("systeme-1");
    let outcome = system
        .call("GET", "/fhir/metadata")
        .header("accept", "application/fhir+xml")
        .send()
        .expect(406)
        .json();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    system.get("/fhir/metadata?_format=xml").expect(406);
    system.get("/fhir/metadata?_format=json").expect(200);
}

#[test]
fn the_capabilities_are_told_to_everyone_and_true() {
    let statement = crate::harness::region().anonymous().get("/fhir/metadata").expect(200).json();
    assert_eq!(statement["resourceType"], "CapabilityStatement");
    assert_eq!(statement["fhirVersion"], "4.0.1");
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    assert!(resources.iter().any(|resource| resource["type"] == "DocumentReference"));
}
