//! `$fhirpath`: expressions on a resource that is sent with them.

use crate::harness::{as_login, region};
use serde_json::{Value, json};

fn asked(expression: &str) -> Value {
    json!({ "resourceType": "Parameters", "parameter": [
        { "name": "expression", "valueString": expression },
        { "name": "resource", "resource": { "resourceType": "Patient", "name": [{ "family": "Essai", "given": ["A", "B"] }] } }] })
}

#[test]
fn an_expression_is_evaluated_on_what_was_sent() {
    let answer = as_login("citoyen-1").post("/fhir/$fhirpath", &asked("name.given")).expect(200).json();
    assert_eq!(answer["parameter"][0]["part"][1], json!({ "name": "string", "valueString": "B" }));
}

#[test]
fn what_cannot_be_evaluated_is_told_with_its_place() {
    let system = as_login("systeme-1");
    let outcome = system.post("/fhir/$fhirpath", &asked("name.(")).expect(422).json();
    assert_eq!(outcome["issue"][0]["expression"][0], "expression");
    system.post("/fhir/$fhirpath", &asked("repeat($this | ($this & 'x'))")).expect(422);
    system.get("/fhir/$fhirpath?expression=name").expect(400);
    region().anonymous().post("/fhir/$fhirpath", &asked("name")).expect(401);
}
