//! The official examples: valid, kept as they are, found by what they say.

use flate2::read::GzDecoder;
use serde_json::Value;
use socle_fhir::{
    Owner, RowFacts, Sketch, check, compose, fhirpath, head, index, owner, parameters, parse, parse_query,
    to_text,
};
use socle_kernel::{Instant, ResourceType, Severity};
use std::io::Read;

const PACKED: &[u8] = include_bytes!("../../../testdata/fhir-r4-examples/examples.ndjson.gz");

fn examples() -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text).expect("an intact file");
    let examples: Vec<Value> = text.lines().map(|line| parse(line.as_bytes()).expect("valid JSON")).collect();
    assert_eq!(examples.len(), 389);
    examples
}

fn type_of(resource: &Value) -> ResourceType {
    resource["resourceType"].as_str().expect("a type").parse().expect("a known type")
}

fn name_of(resource: &Value) -> String {
    format!("{}/{}", type_of(resource), resource["id"].as_str().unwrap_or(""))
}

fn row() -> RowFacts<'static> {
    RowFacts { id: None, last_updated: Instant(0) }
}

fn is_found(resource: &Value, sketch: &[u8], code: &str, value: &str) -> bool {
    let query = parse_query(type_of(resource), &[(code.to_owned(), value.to_owned())], false)
        .unwrap_or_else(|problem| panic!("{} {code}={value}: {problem}", name_of(resource)));
    query.matches(&Sketch(sketch), &row())
}

/// A value as it is written in a search.
fn escape(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            matches!(letter, ',' | '|' | '$' | '\\').then_some('\\').into_iter().chain([letter])
        })
        .collect()
}

#[test]
fn all_are_valid() {
    let mut wrong = Vec::new();
    for resource in examples() {
        let issues = check(&resource);
        if !issues.is_empty() {
            wrong.push(format!("{} {issues:#?}", name_of(&resource)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_is_refused_once_it_has_an_unknown_element() {
    for mut resource in examples() {
        resource["inconnu"] = Value::Bool(true);
        let issues = check(&resource);
        assert_eq!(issues.len(), 1, "{}", name_of(&resource));
        assert_eq!(issues[0].path, format!("{}.inconnu", type_of(&resource)));
        assert_eq!(issues[0].severity, Severity::Error);
    }
}

#[test]
fn composing_changes_nothing_but_id_and_meta() {
    let instant = Instant::parse("2026-11-21T20:15:00.123Z").expect("valid");
    for resource in examples() {
        let body = compose(type_of(&resource), "new-id", 7, instant, &resource);
        let head = head(&body).expect("canonical");
        assert_eq!((head.resource_type, head.id, head.version), (type_of(&resource), "new-id", 7));
        let mut again = parse(&body).expect("valid");
        let mut before = resource.clone();
        assert_eq!(again["meta"]["versionId"], "7");
        for value in [&mut again, &mut before] {
            let members = value.as_object_mut().expect("an object");
            members.shift_remove("id");
            if let Some(meta) = members.get_mut("meta").and_then(Value::as_object_mut) {
                meta.shift_remove("versionId");
                meta.shift_remove("lastUpdated");
                if meta.is_empty() {
                    members.shift_remove("meta");
                }
            }
        }
        assert_eq!(again, before, "{}", name_of(&resource));
        assert_eq!(to_text(&before).len(), to_text(&again).len());
    }
}

#[test]
fn each_is_found_by_its_own_identifiers_codes_and_subject() {
    let mut searches = 0;
    for resource in examples() {
        let indexed = index(&resource, &[]);
        let resource_type = type_of(&resource);
        let text = |value: &Value, name: &str| escape(value.get(name).and_then(Value::as_str).unwrap_or(""));
        for parameter in parameters(resource_type) {
            let Some(element) = parameter.expression().strip_prefix(&format!("{resource_type}.")) else {
                continue;
            };
            let values = match resource.get(element) {
                Some(Value::Array(values)) => values.clone(),
                Some(value) => vec![value.clone()],
                None => continue,
            };
            let mut tries = Vec::new();
            for value in values {
                match parameter.code {
                    "identifier" if value.get("value").is_some() => {
                        tries.push(text(&value, "value"));
                        tries.push(format!("{}|{}", text(&value, "system"), text(&value, "value")));
                    }
                    "code" | "category" | "type" => {
                        for coding in value.get("coding").and_then(Value::as_array).into_iter().flatten() {
                            if coding.get("code").is_some() {
                                tries.push(format!("{}|{}", text(coding, "system"), text(coding, "code")));
                            }
                        }
                    }
                    "subject" | "patient" => {
                        let literal = text(&value, "reference");
                        if !literal.is_empty() && !literal.starts_with('#') {
                            tries.push(literal);
                        }
                    }
                    "status" | "gender" if value.is_string() => {
                        tries.push(escape(value.as_str().expect("text")))
                    }
                    _ => {}
                }
            }
            for value in tries {
                searches += 1;
                let sketch = &indexed.sketch;
                assert!(
                    is_found(&resource, sketch, parameter.code, &value),
                    "{} {}={value}",
                    name_of(&resource),
                    parameter.code
                );
                let other = format!("{value}x");
                assert!(
                    !is_found(&resource, sketch, parameter.code, &other),
                    "{} {}={other}",
                    name_of(&resource),
                    parameter.code
                );
                assert!(is_found(&resource, sketch, &format!("{}:missing", parameter.code), "false"));
            }
        }
    }
    assert!(searches > 700, "{searches}");
}

#[test]
fn every_expression_is_evaluated_on_every_example_of_its_type() {
    let mut failures = Vec::new();
    for resource in examples() {
        let context = fhirpath::Context::of(&resource);
        let focus = [fhirpath::Item::Element(fhirpath::Element::resource(&resource).expect("a resource"))];
        for parameter in parameters(type_of(&resource)) {
            let expr = fhirpath::parse(parameter.expression()).expect("parses");
            if let Err(error) = fhirpath::evaluate(&expr, &context, &focus) {
                failures.push(format!("{} {}: {error}", name_of(&resource), parameter.code));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_search_by_the_person_looks_in_the_home_where_the_resource_lives() {
    let mut homes = 0;
    for resource in examples() {
        let Owner::Of(literal) = owner(&resource) else { continue };
        if !literal.starts_with("Patient/") {
            continue;
        }
        let sketch = index(&resource, &[]).sketch;
        for code in ["patient", "subject"] {
            if socle_fhir::parameter(type_of(&resource), code).is_none()
                || !is_found(&resource, &sketch, code, &literal)
            {
                continue;
            }
            let query =
                parse_query(type_of(&resource), &[(code.to_owned(), literal.clone())], false).expect("valid");
            let by_key =
                query.key_values().iter().flatten().any(|key| index(&resource, &[]).keys.contains(key));
            assert!(query.home_references() == [literal.clone()] || by_key, "{} {code}", name_of(&resource));
            homes += 1;
        }
    }
    assert!(homes > 100, "{homes}");
}
