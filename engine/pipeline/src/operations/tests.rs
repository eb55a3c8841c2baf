//! The input of operations: what is read, what is refused, and that every definition is sound.

use super::call::Argument;
use super::*;
use crate::interaction::Level;
use serde_json::json;
use socle_kernel::resource_type;

static SAMPLE: Definition = Definition {
    id: "Sample",
    code: "sample",
    name: "Sample",
    canonical: "",
    fr: "Un exemple.",
    en: "A sample.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::PATIENT],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::required("url", "uri", "Adresse.", "Address."),
        Parameter::optional("count", "integer", "Nombre.", "Number."),
        Parameter::optional("since", "instant", "Depuis.", "Since."),
        Parameter::optional("coding", "Coding", "Code.", "Code."),
        Parameter::optional("resource", "Resource", "Ressource.", "Resource."),
        Parameter::group(
            "property",
            &[
                Parameter::required("code", "code", "Code.", "Code."),
                Parameter::optional("value", "*", "Valeur.", "Value."),
            ],
            "Propriété.",
            "Property.",
        ),
    ],
    outputs: &[],
};

fn read(query: &[(&str, &str)], body: Option<Value>) -> Result<Call, Problem> {
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let asked = Asked {
        name: "sample".into(),
        level: Level::Type(resource_type::PATIENT),
        is_get: body.is_none(),
        input: OperationInput { query, body },
    };
    Call::read(&SAMPLE, asked, Prefer::default())
}

fn parameters(parameter: Value) -> Option<Value> {
    Some(json!({ "resourceType": "Parameters", "parameter": parameter }))
}

#[test]
fn the_address_and_the_body_say_the_same() {
    let from_address =
        read(&[("url", "http://x"), ("count", "3"), ("_format", "json")], None).expect("right");
    let body = parameters(
        json!([{ "name": "url", "valueUri": "http://x" }, { "name": "count", "valueInteger": 3 }]),
    );
    let from_body = read(&[], body).expect("right");
    assert_eq!(from_address.arguments, from_body.arguments);
    assert_eq!((from_body.text("url"), from_body.number("count")), (Some("http://x"), Some(3)));
    assert_eq!(from_body.query(), [("url".into(), "http://x".into()), ("count".into(), "3".into())]);
}

#[test]
fn a_parameter_nobody_declared_is_refused_with_the_known_ones() {
    for result in [
        read(&[("url", "http://x"), ("cuont", "3")], None),
        read(&[("url", "http://x")], parameters(json!([{ "name": "cuont", "valueInteger": 3 }]))),
    ] {
        let problem = result.expect_err("unknown");
        assert_eq!(problem.issues[0].code, "not-supported");
        assert_eq!(
            problem.issues[0].expected.as_deref(),
            Some("url, count, since, coding, resource, property")
        );
    }
}

#[test]
fn wrong_types_formats_and_numbers_are_refused_where_they_are() {
    type Wrong<'a> = (&'a [(&'a str, &'a str)], Option<Value>, &'a str);
    let wrong: [Wrong<'_>; 9] = [
        (&[], None, "url"),
        (&[("url", "http://x"), ("url", "http://y")], None, "url"),
        (&[("url", "http://x"), ("count", "three")], None, "count"),
        (&[("url", "http://x"), ("since", "2026-02-30")], None, "since"),
        (&[("url", "http://x"), ("coding", "a|b")], None, "coding"),
        (&[("url", "http://x")], parameters(json!([{ "name": "count", "valueString": "3" }])), "count"),
        (
            &[("url", "http://x")],
            parameters(json!([{ "name": "resource", "resource": { "resourceType": "Patent" } }])),
            "resource",
        ),
        (
            &[("url", "http://x")],
            parameters(json!([{ "name": "property", "part": [{ "name": "value", "valueCode": "x" }] }])),
            "property.code",
        ),
        (
            &[("url", "http://x")],
            parameters(json!([{ "name": "property", "part": [{ "name": "kode", "valueCode": "x" }] }])),
            "property.kode",
        ),
    ];
    for (query, body, path) in wrong {
        let problem = read(query, body.clone()).expect_err("wrong");
        assert_eq!(problem.issues[0].path, path, "{query:?} {body:?}");
        assert_eq!(problem.kind, Kind::Invalid);
    }
}

#[test]
fn a_malformed_parameters_resource_is_refused_but_not_for_what_it_carries() {
    let broken = json!({ "resourceType": "Patient", "brithDate": 3 });
    let call = read(&[("url", "http://x")], parameters(json!([{ "name": "resource", "resource": broken }])));
    assert_eq!(call.expect("the resource is the operation's affair").value("resource"), Some(&broken));
    let twice = json!([{ "name": "count", "valueInteger": 3, "valueUri": "http://x" }]);
    assert!(read(&[("url", "http://x")], parameters(twice)).is_err());
}

#[test]
fn a_parameters_resource_may_be_empty() {
    let empty = json!({ "resourceType": "Parameters" });
    assert_eq!(read(&[("url", "http://x")], Some(empty)).expect("right").text("url"), Some("http://x"));
}

#[test]
fn the_one_resource_may_be_the_body_itself_and_parts_are_kept_together() {
    let call = read(&[("url", "http://x")], Some(json!({ "resourceType": "Patient" }))).expect("right");
    assert_eq!(call.value("resource"), Some(&json!({ "resourceType": "Patient" })));
    let body = parameters(json!([
        { "name": "url", "valueCanonical": "http://x" },
        { "name": "property", "part": [{ "name": "code", "valueCode": "a" }, { "name": "value", "valueDecimal": 1.50 }] },
    ]));
    let call = read(&[], body).expect("right");
    let parts: Vec<&Argument> = call.all("property").flat_map(|argument| &argument.parts).collect();
    assert_eq!((parts[0].name.as_str(), parts[1].kind.as_str()), ("code", "decimal"));
}

#[test]
fn every_operation_is_well_defined_and_none_shadows_another() {
    let registry = Registry::of_the_engine();
    for definition in registry.definitions() {
        let resource = definition.to_resource("https://sante.example/fhir");
        let issues = socle_fhir::check(&resource);
        assert!(issues.is_empty(), "{}: {issues:?}", definition.id);
        for parameter in definition.inputs.iter().chain(definition.outputs) {
            let is_known = matches!(parameter.kind, "" | "*")
                || socle_fhir::definitions::find_type(parameter.kind).is_some();
            assert!(is_known, "{}: {}", definition.id, parameter.kind);
        }
    }
}

#[test]
fn an_operation_is_found_where_it_is_offered_and_nowhere_else() {
    let at = |level: &Level| SAMPLE.answers("sample", level);
    assert!(at(&Level::Type(resource_type::PATIENT)));
    assert!(at(&Level::Instance(resource_type::PATIENT, "a".into())));
    assert!(!at(&Level::System));
    assert!(!at(&Level::Type(resource_type::OBSERVATION)));
    assert_eq!(SAMPLE.addresses(), ["Patient/$sample", "Patient/<id>/$sample"]);
    assert!(SAMPLE.overlaps(&SAMPLE));
}
