//! Promises of validation.

use super::check;
use serde_json::{Value, json};
use socle_kernel::Severity;

/// `code path` of each issue.
fn wrong(resource: &Value) -> Vec<String> {
    let issues = check(resource);
    for issue in &issues {
        assert_eq!(issue.severity, Severity::Error);
        assert!(
            !issue.text.fr.is_empty() && !issue.text.en.is_empty() && issue.received.is_some(),
            "{issue:?}"
        );
    }
    issues.iter().map(|issue| format!("{} {}", issue.code, issue.path)).collect()
}

fn patient_with(name: &str, value: Value) -> Value {
    json!({"resourceType": "Patient", name: value})
}

#[test]
fn a_plain_patient_is_valid() {
    let patient = json!({
        "resourceType": "Patient",
        "id": "p-1",
        "meta": {"profile": ["https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient"]},
        "contained": [{"resourceType": "Organization", "id": "o", "name": "Cabinet"}],
        "extension": [{"url": "http://x", "extension": [{"url": "y", "valueCode": "z"}]}],
        "name": [{"family": "Durand", "given": ["Léa", null], "_given": [null, {"id": "g"}]}],
        "birthDate": "1974-12",
        "_birthDate": {"extension": [{"url": "http://x", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
        "gender": "female",
        "deceasedBoolean": false,
        "managingOrganization": {"reference": "#o"},
    });
    assert_eq!(wrong(&patient), [] as [&str; 0]);
}

#[test]
fn an_unknown_type_or_element_is_named() {
    assert_eq!(wrong(&json!({"resourceType": "Personne"})), ["structure resourceType"]);
    assert_eq!(wrong(&json!({"resourceType": "DomainResource"})), ["structure resourceType"]);
    assert_eq!(wrong(&json!([])), ["structure "]);
    assert_eq!(wrong(&patient_with("nom", json!("Durand"))), ["structure Patient.nom"]);
    assert_eq!(wrong(&patient_with("deceased", json!(true))), ["structure Patient.deceased"]);
    assert_eq!(wrong(&patient_with("name", json!([{"nom": "x"}]))), ["structure Patient.name[0].nom"]);
}

#[test]
fn the_json_shape_is_checked() {
    assert_eq!(wrong(&patient_with("name", json!({"family": "x"}))), ["structure Patient.name"]);
    assert_eq!(wrong(&patient_with("birthDate", json!(["1974"]))), ["structure Patient.birthDate"]);
    assert_eq!(wrong(&patient_with("active", json!("true"))), ["structure Patient.active"]);
    assert_eq!(wrong(&patient_with("maritalStatus", json!("M"))), ["structure Patient.maritalStatus"]);
    assert_eq!(wrong(&patient_with("name", json!(["Durand"]))), ["structure Patient.name[0]"]);
    assert_eq!(wrong(&patient_with("birthDate", Value::Null)), ["structure Patient.birthDate"]);
    assert_eq!(wrong(&patient_with("_name", json!([{}]))), ["structure Patient.name"]);
    let lengths = json!([{"given": ["a"], "_given": [null, null]}]);
    assert_eq!(wrong(&patient_with("name", lengths)), ["structure Patient.name[0].given"]);
}

#[test]
fn nothing_may_be_empty() {
    assert_eq!(wrong(&patient_with("name", json!([]))), ["structure Patient.name"]);
    assert_eq!(wrong(&patient_with("name", json!([{}]))), ["structure Patient.name[0]"]);
    assert_eq!(wrong(&patient_with("name", json!([{"family": ""}]))), ["structure Patient.name[0].family"]);
    assert_eq!(wrong(&patient_with("name", json!([{"family": " "}]))), ["value Patient.name[0].family"]);
    assert_eq!(wrong(&patient_with("language", json!(""))), ["structure Patient.language"]);
}

#[test]
fn formats_of_primitives() {
    let table = [
        ("date", json!("1974-12-25"), json!("25/12/1974")),
        ("date", json!("1974"), json!("1974-13")),
        ("dateTime", json!("2020-01-01T10:00:00Z"), json!("2020-01-01T10:00:00")),
        ("dateTime", json!("2020-01"), json!("2020-01-01T10:00Z")),
        ("instant", json!("2020-01-01T10:00:00.1+02:00"), json!("2020-01-01")),
        ("time", json!("23:59:59.9"), json!("24:00:00")),
        ("code", json!("a b"), json!(" a")),
        ("id", json!("a-1.B"), json!("a_1")),
        ("oid", json!("urn:oid:1.2.250"), json!("1.2.250")),
        ("uuid", json!("urn:uuid:c757873d-ec9a-4326-a141-556f43239520"), json!("urn:uuid:c757873d")),
        ("base64Binary", json!("aGVsbG8="), json!("aGVsbG8")),
        ("uri", json!("urn:x"), json!("a b")),
        ("integer", json!(-5), json!(2_147_483_648_i64)),
        ("integer", json!(0), json!(1.5)),
        ("positiveInt", json!(1), json!(0)),
        ("unsignedInt", json!(0), json!(-1)),
        ("string", json!("é\n"), json!("a\u{0}b")),
    ];
    for (kind, good, bad) in table {
        let name = crate::definitions::choice_name("value", kind);
        let extension =
            |value: &Value| patient_with("extension", json!([{"url": "http://x", name.as_str(): value}]));
        assert_eq!(wrong(&extension(&good)), [] as [&str; 0], "{kind} {good}");
        assert_eq!(wrong(&extension(&bad)), ["value Patient.extension[0].value"], "{kind} {bad}");
    }
}

#[test]
fn cardinality_and_choices() {
    let observation = json!({"resourceType": "Observation", "valueString": "a", "valueBoolean": true});
    assert_eq!(
        wrong(&observation),
        ["structure Observation.value", "required Observation.status", "required Observation.code"]
    );
    let link = json!({"resourceType": "Patient", "link": [{"type": "refer"}]});
    assert_eq!(wrong(&link), ["required Patient.link[0].other"]);
}

#[test]
fn codes_of_small_required_bindings() {
    assert_eq!(wrong(&patient_with("gender", json!("femme"))), ["code-invalid Patient.gender"]);
    let telecom = json!([{"system": "telephone", "value": "1"}]);
    assert_eq!(wrong(&patient_with("telecom", telecom)), ["code-invalid Patient.telecom[0].system"]);
}

#[test]
fn extensions_have_an_address_and_one_content() {
    let with = |extension: Value| wrong(&patient_with("extension", json!([extension])));
    assert_eq!(with(json!({"valueCode": "a"})), ["required Patient.extension[0].url"]);
    assert_eq!(with(json!({"url": "http://x"})), ["structure Patient.extension[0]"]);
    let both = json!({"url": "http://x", "valueCode": "a", "extension": [{"url": "y", "valueCode": "a"}]});
    assert_eq!(with(both), ["structure Patient.extension[0]"]);
}

#[test]
fn contained_resources_are_checked_and_not_nested() {
    let contained = json!([{"resourceType": "Organization", "nom": "x"}]);
    assert_eq!(
        wrong(&patient_with("contained", contained)),
        ["required Patient.contained[0].id", "structure Patient.contained[0].nom"]
    );
    let inner = json!({"resourceType": "Patient", "id": "b"});
    let nested = json!([{"resourceType": "Patient", "id": "a", "contained": [inner]}]);
    assert_eq!(wrong(&patient_with("contained", nested)), ["structure Patient.contained[0].contained[0]"]);
}

#[test]
fn references_can_be_read() {
    for good in ["Organization/1", "https://a.example/x", "urn:uuid:1", "#o", "Organization?identifier=1"] {
        let resource = patient_with("managingOrganization", json!({"reference": good}));
        assert_eq!(wrong(&resource), [] as [&str; 0], "{good}");
    }
    for bad in ["Organisation/1", "1", "Organization"] {
        let resource = patient_with("managingOrganization", json!({"reference": bad}));
        assert_eq!(wrong(&resource), ["value Patient.managingOrganization.reference"], "{bad}");
    }
}

#[test]
fn an_issue_says_what_was_expected_and_received() {
    let issues = check(&patient_with("gender", json!("femme")));
    assert_eq!(issues[0].expected.as_deref(), Some("female, male, other, unknown"));
    assert_eq!(issues[0].received.as_deref(), Some("femme"));
    assert!(issues[0].text.fr.contains("Choisissez un code"));
}
