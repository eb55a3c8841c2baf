//! One change to a good resource, and validation refuses it at the right place: every kind of rule once.

use serde_json::{Value, json};
use socle_fhir::validate::{Mode, Options, check_with};
use socle_kernel::Severity;

/// Places of the errors.
fn errors(resource: &Value, profiles: &[&str]) -> Vec<String> {
    let issues = check_with(resource, profiles, &Options::default());
    issues
        .into_iter()
        .filter(|issue| issue.severity == Severity::Error)
        .map(|issue| {
            assert!(!issue.text.fr.is_empty() && issue.received.is_some(), "{issue:?}");
            issue.path
        })
        .collect()
}

/// The change is refused at this place, and what was before is accepted.
fn refuses(good: &Value, change: impl Fn(&mut Value), place: &str) {
    assert_eq!(errors(good, &[]), [] as [&str; 0], "before the change");
    let mut changed = good.clone();
    change(&mut changed);
    let found = errors(&changed, &[]);
    assert!(found.iter().any(|path| path == place), "{place}: {found:?}");
}

fn blood_pressure() -> Value {
    let part = |code: &str, value: i64| {
        json!({
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
        })
    };
    json!({
        "resourceType": "Observation",
        "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bp"]},
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-11-21",
        "component": [part("8480-6", 120), part("8462-4", 80)]
    })
}

#[test]
fn a_profile_refuses_what_it_forbids() {
    let good = blood_pressure();
    refuses(
        &good,
        |o| drop(o.as_object_mut().map(|o| o.shift_remove("effectiveDateTime"))),
        "Observation.effective",
    );
    refuses(&good, |o| o["subject"]["reference"] = json!("Device/d"), "Observation.subject");
    refuses(&good, |o| o["category"][0]["coding"][0]["code"] = json!("laboratory"), "Observation.category");
    refuses(
        &good,
        |o| o["component"][0]["code"]["coding"][0]["code"] = json!("8310-5"),
        "Observation.component",
    );
    refuses(
        &good,
        |o| o["component"][0]["valueQuantity"]["code"] = json!("kPa"),
        "Observation.component[0].value.code",
    );
}

#[test]
fn the_base_refuses_broken_invariants_codes_and_references() {
    let good =
        json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueString": "a"});
    refuses(&good, |o| o["dataAbsentReason"] = json!({"text": "x"}), "Observation");
    let patient = json!({"resourceType": "Patient", "contact": [{"name": {"family": "Durand"}}]});
    refuses(&patient, |p| p["contact"][0] = json!({"gender": "male"}), "Patient.contact[0]");
    refuses(
        &patient,
        |p| p["managingOrganization"] = json!({"reference": "#o"}),
        "Patient.managingOrganization",
    );
    refuses(
        &patient,
        |p| p["managingOrganization"] = json!({"reference": "Patient/1"}),
        "Patient.managingOrganization",
    );
    refuses(
        &patient,
        |p| p["contained"] = json!([{"resourceType": "Patient", "id": "x"}]),
        "Patient.contained[0]",
    );
    refuses(&patient, |p| p["telecom"] = json!([{"value": "1"}]), "Patient.telecom[0]");
    refuses(
        &patient,
        |p| p["name"] = json!([{"period": {"start": "2020", "end": "2019"}}]),
        "Patient.name[0].period",
    );
    let text = |div: &str| json!({"status": "generated", "div": div});
    for div in [
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>",
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p onclick=\"x\">a</p></div>",
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</div>",
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>",
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"javascript:x\">a</a></div>",
    ] {
        refuses(&patient, |p| p["text"] = text(div), "Patient.text.div");
    }
}

#[test]
fn extensions_follow_their_definition_and_stand_where_it_allows() {
    let birth = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
    let good = json!({
        "resourceType": "Patient",
        "birthDate": "1974-12-25",
        "_birthDate": {"extension": [{"url": birth, "valueDateTime": "1974-12-25T14:35:45-05:00"}]}
    });
    refuses(
        &good,
        |p| p["_birthDate"]["extension"][0] = json!({"url": birth, "valueString": "x"}),
        "Patient.birthDate.extension[0].value",
    );
    refuses(
        &good,
        |p| p["extension"] = json!([{"url": birth, "valueDateTime": "1974"}]),
        "Patient.extension[0]",
    );
    refuses(
        &good,
        |p| p["modifierExtension"] = json!([{"url": "https://x.example/y", "valueCode": "a"}]),
        "Patient.modifierExtension[0]",
    );
}

#[test]
fn bundles_keep_the_rules_of_their_type() {
    let good = json!({
        "resourceType": "Bundle", "type": "document", "timestamp": "2026-11-21T20:15:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
        "entry": [{"fullUrl": "urn:uuid:a", "resource": {
            "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2026-11-21", "title": "x",
            "author": [{"reference": "urn:uuid:b"}]
        }}, {"fullUrl": "urn:uuid:b", "resource": {"resourceType": "Practitioner"}}]
    });
    refuses(&good, |b| b["entry"][1]["fullUrl"] = json!("urn:uuid:a"), "Bundle.entry[1]");
    refuses(&good, |b| b["entry"][1]["request"] = json!({"method": "GET", "url": "x"}), "Bundle.entry[1]");
    refuses(&good, |b| drop(b["entry"].as_array_mut().map(|all| all.remove(0))), "Bundle");
    refuses(&good, |b| drop(b.as_object_mut().map(|b| b.shift_remove("timestamp"))), "Bundle");
    refuses(
        &good,
        |b| b["entry"][1]["resource"] = json!({"resourceType": "Location"}),
        "Bundle.entry[0].resource.author[0]",
    )
}

#[test]
fn answers_fit_their_questions() {
    let questionnaire = json!({
        "resourceType": "Questionnaire", "id": "q", "status": "active",
        "item": [
            {"linkId": "1", "type": "boolean", "required": true},
            {"linkId": "2", "type": "integer", "enableWhen": [{"question": "1", "operator": "=", "answerBoolean": true}]},
            {"linkId": "3", "type": "choice", "answerOption": [{"valueCoding": {"system": "urn:x", "code": "a"}}]},
            {"linkId": "g", "type": "group", "item": [{"linkId": "g.1", "type": "string", "maxLength": 5}]}
        ]
    });
    let good = json!({
        "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "#q", "contained": [questionnaire],
        "item": [
            {"linkId": "1", "answer": [{"valueBoolean": true}]},
            {"linkId": "2", "answer": [{"valueInteger": 3}]},
            {"linkId": "3", "answer": [{"valueCoding": {"system": "urn:x", "code": "a"}}]},
            {"linkId": "g", "item": [{"linkId": "g.1", "answer": [{"valueString": "abc"}]}]}
        ]
    });
    let at = |index: usize| format!("QuestionnaireResponse.item[{index}]");
    refuses(
        &good,
        |r| r["item"][0]["answer"][0] = json!({"valueString": "oui"}),
        &format!("{}.answer[0]", at(0)),
    );
    refuses(&good, |r| r["item"][0]["answer"][0] = json!({"valueBoolean": false}), &at(1));
    refuses(&good, |r| r["item"][0]["linkId"] = json!("9"), &at(0));
    refuses(&good, |r| drop(r["item"].as_array_mut().map(|all| all.remove(0))), "QuestionnaireResponse");
    refuses(
        &good,
        |r| r["item"][2]["answer"][0]["valueCoding"]["code"] = json!("b"),
        &format!("{}.answer[0]", at(2)),
    );
    refuses(
        &good,
        |r| r["item"][3]["item"][0]["answer"][0] = json!({"valueString": "abcdef"}),
        &format!("{}.item[0].answer[0]", at(3)),
    );
    refuses(&good, |r| r["item"][3]["linkId"] = json!("g.1"), &at(3));
}

#[test]
fn an_unknown_profile_is_said_and_a_mode_decides_what_is_refused() {
    let mut patient = json!({"resourceType": "Patient", "meta": {"profile": ["https://x.example/profil"]}});
    let issues = check_with(&patient, &[], &Options::default());
    assert_eq!((issues.len(), issues[0].severity), (1, Severity::Warning));
    assert!(issues[0].text.en.contains("socle package add"));
    patient["contact"] = json!([{"gender": "male"}]);
    let of = |mode: Mode, patient: &Value| {
        let options = Options { mode, ..Options::default() };
        check_with(patient, &[], &options).iter().filter(|issue| issue.severity == Severity::Error).count()
    };
    assert_eq!((of(Mode::Strict, &patient), of(Mode::Lenient, &patient), of(Mode::Off, &patient)), (1, 0, 0));
    patient["nom"] = json!("x");
    assert_eq!((of(Mode::Strict, &patient), of(Mode::Lenient, &patient), of(Mode::Off, &patient)), (2, 1, 0));
    assert_eq!(of(Mode::Off, &json!({"resourceType": "Inconnu"})), 1);
}
