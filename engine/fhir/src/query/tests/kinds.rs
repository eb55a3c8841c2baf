//! Promises of each kind of parameter, beside those of the first ones.

use super::*;

#[test]
fn quantities_are_found_in_comparable_units() {
    let weight = |value: &str, code: &str| {
        json!({
            "resourceType": "Observation",
            "valueQuantity": {
                "value": serde_json::from_str::<Value>(value).expect("a number"),
                "system": "http://unitsofmeasure.org",
                "code": code,
                "unit": "masse",
            },
        })
    };
    let gram = weight("1000", "mg");
    table(
        &gram,
        &[
            ("value-quantity", "1|http://unitsofmeasure.org|g", true),
            ("value-quantity", "1.0|http://unitsofmeasure.org|g", true),
            ("value-quantity", "0.001|http://unitsofmeasure.org|kg", true),
            ("value-quantity", "2|http://unitsofmeasure.org|g", false),
            ("value-quantity", "gt900|http://unitsofmeasure.org|ug", true),
            ("value-quantity", "lt1|http://unitsofmeasure.org|kg", true),
            ("value-quantity", "lt1|http://unitsofmeasure.org|g", false),
            ("value-quantity", "1000|http://unitsofmeasure.org|mL", false),
            ("value-quantity", "1000|http://unitsofmeasure.org|pas-une-unité", false),
            ("value-quantity", "1|http://autre|g", false),
            ("value-quantity", "1000||mg", true),
            ("value-quantity", "1000||masse", true),
            ("value-quantity", "1||g", false),
            ("value-quantity", "1000", true),
        ],
    );
    table(&weight("37", "Cel"), &[("value-quantity", "310.15|http://unitsofmeasure.org|K", true)]);
    table(
        &weight("80", "/min"),
        &[
            ("value-quantity", "ge80|http://unitsofmeasure.org|{beats}/min", true),
            ("value-quantity", "80|http://unitsofmeasure.org|/min", true),
        ],
    );
    let sorted = |value: &str, code: &str| {
        let sketch = index(&weight(value, code), &[]).sketch;
        query(OBSERVATION, &[("_sort", "value-quantity")]).sort_key(&Sketch(&sketch), &ROW)
    };
    assert!(sorted("900", "mg") < sorted("1", "g") && sorted("1", "g") < sorted("2000", "mg"));
    let sampled = json!({
        "resourceType": "Observation",
        "valueSampledData": {
            "origin": {"value": 10, "system": "http://unitsofmeasure.org", "code": "mV"},
            "period": 10, "dimensions": 1, "factor": 0.5, "data": "-4 E 0 6 L",
        },
    });
    table(
        &sampled,
        &[
            ("value-quantity", "gt12|http://unitsofmeasure.org|mV", true),
            ("value-quantity", "gt13|http://unitsofmeasure.org|mV", false),
            ("value-quantity", "lt9|http://unitsofmeasure.org|mV", true),
        ],
    );
}

#[test]
fn codes_are_found_by_name_value_set_and_hierarchy() {
    let status = json!({
        "resourceType": "Observation",
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}],
            "text": "Fréquence cardiaque",
        },
        "identifier": [{"value": "1", "type": {"text": "Numéro de dossier"}}],
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs",
        }]}],
    });
    let contact = json!({"resourceType": "Patient", "maritalStatus": {"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"},
    ]}, "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "fr-FR"}]}}]});
    table(
        &status,
        &[
            ("code:text", "heart", true),
            ("code:text", "rate", true),
            ("code:text", "frequence card", true),
            ("code:text", "eart", false),
            ("identifier:text", "dossier", true),
            ("code:text", "dossier", false),
            ("status:in", "http://hl7.org/fhir/ValueSet/observation-status", true),
            ("status:not-in", "http://hl7.org/fhir/ValueSet/observation-status", false),
            ("status:in", "http://hl7.org/fhir/ValueSet/administrative-gender", false),
            ("status:not-in", "http://hl7.org/fhir/ValueSet/administrative-gender", true),
            ("_filter", "status in http://hl7.org/fhir/ValueSet/observation-status", true),
            ("_filter", "status ni http://hl7.org/fhir/ValueSet/observation-status", false),
            ("category:in", "http://hl7.org/fhir/ValueSet/observation-category", true),
        ],
    );
    table(
        &contact,
        &[
            ("language:below", "fr", true),
            ("language:below", "f", false),
            ("language:above", "fr-FR-x", true),
        ],
    );
    let role = json!({"resourceType": "Consent", "provision": {"action": [{"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "INFASO"},
    ]}], "purpose": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HPAYMT"}]}});
    let reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    for (name, code, expected) in [
        ("purpose:below", "PurposeOfUse", true),
        ("purpose:below", "HPAYMT", true),
        ("purpose:below", "HRESCH", false),
        ("purpose:above", "HPAYMT", true),
        ("purpose:above", "PurposeOfUse", false),
    ] {
        assert_eq!(finds(&role, name, &format!("{reason}|{code}")), expected, "{name}={code}");
    }
    assert!(finds(&role, "_filter", &format!("purpose sb {reason}|PurposeOfUse")));
    assert!(!finds(&role, "_filter", &format!("purpose ss {reason}|PurposeOfUse")));
    for (name, value) in [
        ("code:in", "http://nulle.part/ValueSet/x"),
        ("code:below", "http://nulle.part|x"),
        ("code:below", "http://loinc.org|"),
        ("code:text", "--"),
        ("code:exact", "x"),
    ] {
        assert_eq!(refusal(OBSERVATION, name, value).kind.status(), 400, "{name}={value}");
    }
}

#[test]
fn words_places_and_versions() {
    let place = json!({
        "resourceType": "Location",
        "text": {"status": "generated", "div": "<div>Cabinet <b>médical</b></div>"},
        "name": "Maison de santé",
        "position": {"latitude": 48.1117, "longitude": -1.6832},
    });
    table(
        &place,
        &[
            ("near", "48.8530|2.3499|310|km", true),
            ("near", "48.8530|2.3499|300|km", false),
            ("near", "0|0|1|km,48.11|-1.68|1|km", true),
            ("near:missing", "false", true),
            ("_text", "medical", true),
            ("_text", "sante", false),
            ("_content", "sante cabinet", true),
            ("_content", "hopital", false),
            ("_content", "hopital,cabinet", true),
            ("_text:missing", "false", true),
            ("_content:missing", "false", true),
        ],
    );
    let bare = json!({"resourceType": "Location", "name": "A"});
    table(
        &bare,
        &[
            ("_text:missing", "true", true),
            ("near:missing", "true", true),
            ("_content:missing", "true", false),
        ],
    );
    let request = json!({
        "resourceType": "ServiceRequest",
        "instantiatesCanonical": ["http://x/PlanDefinition/p|1.2.3"],
    });
    let address = "http://x/PlanDefinition/p";
    for (modifier, version, expected) in [
        ("", "", true),
        ("", "|1.2.3", true),
        ("", "|1.2", false),
        (":below", "", true),
        (":below", "|1", true),
        (":below", "|1.2", true),
        (":below", "|1.3", false),
        (":above", "|1.2.3", true),
        (":above", "|1.2.3.4", true),
        (":above", "|1.2", false),
    ] {
        let found =
            finds(&request, &format!("instantiates-canonical{modifier}"), &format!("{address}{version}"));
        assert_eq!(found, expected, "{modifier} {version}");
    }
    assert_eq!(refusal(PATIENT, "organization:below", "Organization/1").kind.status(), 400);
}

#[test]
fn contained_resources_are_found_when_asked_for() {
    let request = json!({
        "resourceType": "MedicationRequest",
        "contained": [
            {"resourceType": "Medication", "id": "m", "code": {"coding": [{"code": "3400930000001"}]}},
            {"resourceType": "Medication", "id": "n", "code": {"coding": [{"code": "3400930000002"}]}},
        ],
        "medicationReference": {"reference": "#m"},
    });
    let sketch = index(&request, &[]).sketch;
    let medication = "Medication".parse().expect("known");
    let found = query(medication, &[("_contained", "both"), ("code", "3400930000002")]);
    assert_eq!((found.contained, found.contained_type), (Contained::Both, ContainedType::Container));
    assert_eq!(found.contained_matches(&Sketch(&sketch), &ROW), ["n"]);
    assert!(!query(medication, &[("code", "3400930000002")]).matches(&Sketch(&sketch), &ROW));
    let by_id = query(medication, &[("_contained", "true"), ("_containedType", "contained"), ("_id", "m")]);
    assert_eq!(by_id.contained_matches(&Sketch(&sketch), &ROW), ["m"]);
    assert_eq!(by_id.contained_type, ContainedType::Contained);
    let none = query("Practitioner".parse().expect("known"), &[("_contained", "true")]);
    assert!(none.contained_matches(&Sketch(&sketch), &ROW).is_empty());
}

#[test]
fn sketches_of_the_first_version_are_read() {
    let mut sketch = index(&observation(), &[]).sketch;
    assert!(Sketch(&sketch).is_current());
    sketch[0] = 1;
    assert!(!Sketch(&sketch).is_current());
    assert!(query(OBSERVATION, &[("code", "8867-4")]).matches(&Sketch(&sketch), &ROW));
    sketch[0] = 9;
    assert!(!query(OBSERVATION, &[("code", "8867-4")]).matches(&Sketch(&sketch), &ROW));
}
