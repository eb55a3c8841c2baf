//! Search parameters added while the program runs. In a process of their own: they hold for all of it.

use serde_json::json;
use socle_fhir::search::{CUSTOM_NUMBERS, CustomParameter, install};
use socle_fhir::{ParamKind, RowFacts, Sketch, Value, index, parameters, parse_query};
use socle_kernel::resource_type::{OBSERVATION, PATIENT};
use socle_kernel::{Instant, ResourceType};

fn custom(code: &str, kind: ParamKind, expression: &str) -> CustomParameter {
    CustomParameter {
        number: CUSTOM_NUMBERS,
        code: code.to_owned(),
        base: vec![PATIENT],
        kind,
        expression: expression.to_owned(),
        targets: Vec::new(),
        components: Vec::new(),
    }
}

fn finds(resource_type: ResourceType, resource: &Value, name: &str, value: &str) -> Option<bool> {
    let query = parse_query(resource_type, &[(name.to_owned(), value.to_owned())], false).ok()?;
    let row = RowFacts { id: None, last_updated: Instant(0) };
    Some(query.matches(&Sketch(&index(resource, &[]).sketch), &row))
}

/// One test, because installing holds for the whole process.
#[test]
fn added_parameters_are_searched_by_and_replaced() {
    let patient = json!({
        "resourceType": "Patient",
        "maritalStatus": {"coding": [{"code": "M"}]},
        "contact": [{"name": {"family": "Le Goff"}, "gender": "female"}],
    });
    assert_eq!(finds(PATIENT, &patient, "marital", "M"), None);

    let marital = custom("marital", ParamKind::Token, "Patient.maritalStatus");
    let contact = CustomParameter {
        number: CUSTOM_NUMBERS + 1,
        components: vec![
            (ParamKind::String, "name.family".to_owned()),
            (ParamKind::Token, "gender".to_owned()),
        ],
        ..custom("contact-name-gender", ParamKind::Composite, "Patient.contact")
    };
    let before = parameters(OBSERVATION).as_ptr();
    install(&[marital.clone(), contact]).expect("both can be searched by");
    assert_eq!(finds(PATIENT, &patient, "marital", "M"), Some(true));
    assert_eq!(finds(PATIENT, &patient, "marital", "S"), Some(false));
    assert_eq!(finds(PATIENT, &patient, "marital:missing", "false"), Some(true));
    assert_eq!(finds(PATIENT, &patient, "contact-name-gender", "le goff$female"), Some(true));
    assert_eq!(finds(PATIENT, &patient, "contact-name-gender", "le goff$male"), Some(false));
    assert_eq!(finds(PATIENT, &patient, "family", "Le Goff"), Some(false));
    assert_eq!(before, parameters(OBSERVATION).as_ptr(), "other types keep their list");

    let named = |code: &str| custom(code, ParamKind::Token, "Patient.maritalStatus");
    let wrong = [
        ("a name that is taken", vec![named("family")]),
        ("a name twice", vec![named("a"), CustomParameter { number: CUSTOM_NUMBERS + 1, ..named("a") }]),
        ("a number twice", vec![named("a"), named("b")]),
        ("a number of the table", vec![CustomParameter { number: 100, ..named("a") }]),
        ("no name", vec![named("_a")]),
        ("no type", vec![CustomParameter { base: Vec::new(), ..named("a") }]),
        ("no FHIRPath", vec![custom("a", ParamKind::Token, "Patient.(")]),
        ("no such element", vec![custom("a", ParamKind::Token, "Patient.situation")]),
        ("values of another type", vec![custom("a", ParamKind::Date, "Patient.name")]),
        ("a condition as a reference", vec![custom("a", ParamKind::Reference, "Patient.name.exists()")]),
        ("special", vec![custom("a", ParamKind::Special, "Patient.name")]),
        ("no parts", vec![custom("a", ParamKind::Composite, "Patient.name")]),
    ];
    for (what, parameters) in wrong {
        let problem = install(&parameters).expect_err(what);
        assert_eq!(problem.kind.status(), 400, "{what}");
        assert_eq!(finds(PATIENT, &patient, "marital", "M"), Some(true), "nothing changed after {what}");
    }

    install(&[custom("status", ParamKind::Token, "maritalStatus")]).expect("another one");
    assert_eq!(finds(PATIENT, &patient, "marital", "M"), None);
    assert_eq!(finds(PATIENT, &patient, "status", "M"), Some(true));
    install(&[]).expect("none");
    assert_eq!(finds(PATIENT, &patient, "status", "M"), None);
}
