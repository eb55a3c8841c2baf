//! Terminologies asked over HTTP: by address and by body, of a type and of an instance, packages and stored definitions.

use crate::harness::builders::fresh_uri;
use crate::harness::{as_login, region};
use serde_json::{Value, json};

const GENDER: &str = "http://hl7.org/fhir/ValueSet/administrative-gender";

fn parameter<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let all = answer["parameter"].as_array().expect("parameters");
    let found = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name} in {answer}"));
    let member =
        found.as_object().and_then(|members| members.iter().find(|(name, _)| name.starts_with("value")));
    member.map_or(found, |(_, value)| value)
}

fn parameters(list: Value) -> Value {
    json!({ "resourceType": "Parameters", "parameter": list })
}

#[test]
fn an_official_value_set_is_expanded_by_address_by_body_and_as_an_instance() {
    let doctor = as_login("medecin-1");
    let by_address = doctor.get(&format!("/fhir/ValueSet/$expand?url={GENDER}")).expect(200).json();
    assert_eq!(by_address["expansion"]["total"], 4);
    assert_eq!(by_address["expansion"]["contains"][0]["code"], "male");
    let body = parameters(
        json!([{ "name": "url", "valueUri": GENDER }, { "name": "filter", "valueString": "fem" }]),
    );
    let by_body = doctor.post("/fhir/ValueSet/$expand", &body).expect(200).json();
    assert_eq!(by_body["expansion"]["contains"][0]["code"], "female");
    let instance =
        doctor.get("/fhir/ValueSet/administrative-gender/$expand?count=1&offset=1").expect(200).json();
    assert_eq!(instance["expansion"]["contains"][0]["code"], "female");
    let citizen = as_login("citoyen-1");
    citizen.get(&format!("/fhir/ValueSet/$expand?url={GENDER}")).expect(200);
}

#[test]
fn a_stranger_and_a_wrong_question_are_refused() {
    region().anonymous().get(&format!("/fhir/ValueSet/$expand?url={GENDER}")).expect(401);
    let doctor = as_login("medecin-1");
    doctor.get("/fhir/ValueSet/$expand").expect(400);
    doctor.get("/fhir/ValueSet/$expand?url=urn:nowhere").expect(404);
    doctor.get(&format!("/fhir/ValueSet/$expand?url={GENDER}&offset=-1")).expect(400);
    let endless =
        doctor.get("/fhir/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/mimetypes").expect(422).json();
    assert_eq!(endless["issue"][0]["code"], "too-costly");
    let snomed = "http://hl7.org/fhir/ValueSet/condition-code";
    let unsure = doctor.get(&format!(
        "/fhir/ValueSet/$validate-code?url={snomed}&system=http://snomed.info/sct&code=386661006"
    ));
    assert_eq!(unsure.expect(422).json()["issue"][0]["code"], "not-supported");
}

#[test]
fn a_stored_value_set_draws_on_stored_and_official_definitions() {
    let system = as_login("systeme-1");
    let (codes, inner, outer) = (fresh_uri(), fresh_uri(), fresh_uri());
    system.create(
        &json!({ "resourceType": "CodeSystem", "url": codes, "status": "active", "content": "complete",
        "concept": [{ "code": "a", "display": "Premier", "concept": [{ "code": "b" }] }] }),
    );
    system.create(&json!({ "resourceType": "ValueSet", "url": inner, "status": "active",
        "compose": { "include": [{ "system": codes }] } }));
    let stored = system.create(&json!({ "resourceType": "ValueSet", "url": outer, "status": "active",
        "compose": { "include": [{ "valueSet": [inner] }, { "valueSet": [GENDER] }] } }));
    let expected = json!(["a", "b", "male", "female", "other", "unknown"]);
    let id = stored["id"].as_str().expect("an id");
    for path in [format!("/fhir/ValueSet/{id}/$expand"), format!("/fhir/ValueSet/$expand?url={outer}")] {
        let found = system.get(&path).expect(200).json();
        let codes: Value = found["expansion"]["contains"]
            .as_array()
            .expect("codes")
            .iter()
            .map(|one| one["code"].clone())
            .collect();
        assert_eq!(codes, expected, "{path}");
    }
    let checked = system
        .get(&format!("/fhir/ValueSet/{id}/$validate-code?system={codes}&code=a&display=Second"))
        .expect(200)
        .json();
    assert_eq!(parameter(&checked, "result"), false);
    assert_eq!(parameter(&checked, "display"), "Premier");
    let told = system.get(&format!("/fhir/CodeSystem/$lookup?system={codes}&code=a")).expect(200).json();
    assert_eq!(parameter(&told, "display"), "Premier");
    let stands =
        system.get(&format!("/fhir/CodeSystem/$subsumes?system={codes}&codeA=a&codeB=b")).expect(200).json();
    assert_eq!(parameter(&stands, "outcome"), "subsumes");
}

#[test]
fn codes_are_checked_told_and_translated_with_the_official_definitions() {
    let doctor = as_login("medecin-1");
    let concept = json!({ "coding": [
        { "system": "http://hl7.org/fhir/administrative-gender", "code": "femme" },
        { "system": "http://hl7.org/fhir/administrative-gender", "code": "female", "display": "Female" }] });
    let body = parameters(
        json!([{ "name": "url", "valueUri": GENDER }, { "name": "codeableConcept", "valueCodeableConcept": concept }]),
    );
    let checked = doctor.post("/fhir/ValueSet/$validate-code", &body).expect(200).json();
    assert_eq!(
        (parameter(&checked, "result"), parameter(&checked, "code")),
        (&json!(true), &json!("female"))
    );
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    let told = doctor
        .get(&format!("/fhir/CodeSystem/$lookup?system={act}&code=AMB&property=parent"))
        .expect(200)
        .json();
    assert!(told.to_string().contains("_ActEncounterCode"), "{told}");
    let checked =
        doctor.get(&format!("/fhir/CodeSystem/$validate-code?url={act}&code=NOTACODE")).expect(200).json();
    assert_eq!(parameter(&checked, "result"), false);
    let map = "http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3";
    let path = format!(
        "/fhir/ConceptMap/$translate?url={map}&system=http://hl7.org/fhir/administrative-gender&code=female"
    );
    let translated = doctor.get(&path).expect(200).json();
    assert_eq!(parameter(&translated, "result"), true);
    assert!(translated.to_string().contains("\"F\""), "{translated}");
}

#[test]
fn definitions_given_with_the_call_count_first() {
    let doctor = as_login("medecin-1");
    let given = json!({ "resourceType": "ValueSet", "status": "active",
        "compose": { "include": [{ "system": "urn:mine", "concept": [{ "code": "x", "display": "Mine" }] }] } });
    let body = parameters(json!([{ "name": "valueSet", "resource": given }]));
    let found = doctor.post("/fhir/ValueSet/$expand", &body).expect(200).json();
    assert_eq!(found["expansion"]["contains"][0]["display"], "Mine");
    let map = json!({ "resourceType": "ConceptMap", "status": "draft", "group": [{ "source": "urn:mine", "target": "urn:yours",
        "element": [{ "code": "x", "target": [{ "code": "y", "equivalence": "equal" }] }] }] });
    let body = parameters(
        json!([{ "name": "conceptMap", "resource": map }, { "name": "coding", "valueCoding": { "system": "urn:mine", "code": "x" } }]),
    );
    let translated = doctor.post("/fhir/ConceptMap/$translate", &body).expect(200).json();
    assert!(translated.to_string().contains("urn:yours"), "{translated}");
}
