//! Every search parameter, official and added: a resource is made that has a value where its expression looks, and must be
//! found by it, not by its neighbour's, and by `:missing` as it should.

mod make;
mod values;

use super::{ParamKind, Parameter, parameter, parameters, types_of_base};
use crate::index::index;
use crate::packages::{self, Kind};
use crate::query::{RowFacts, parse_query};
use crate::{Sketch, Value};
use make::Case;
use socle_kernel::{Instant, ResourceType};
use std::collections::BTreeMap;

/// `id of the definition, or Type.code`, a tab, and why no resource can be made for it.
const EXCEPTIONS: &str = include_str!("../../../../testdata/search/exceptions.tsv");
/// How many search parameters FHIR R4 (4.0.1) defines.
const OFFICIAL: usize = 1_400;

const ROW: RowFacts<'static> = RowFacts { id: None, last_updated: Instant(0) };

fn exceptions() -> BTreeMap<&'static str, &'static str> {
    EXCEPTIONS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once('\t').expect("a name, a tab, a reason"))
        .collect()
}

fn finds(resource_type: ResourceType, resource: &Value, name: &str, value: &str) -> bool {
    let query = parse_query(resource_type, &[(name.to_owned(), value.to_owned())], false)
        .unwrap_or_else(|problem| panic!("{resource_type}?{name}={value}: {problem}"));
    query.matches(&Sketch(&index(resource, &[]).sketch), &ROW)
}

/// What is wrong with a parameter, told by one case.
fn fault(resource_type: ResourceType, code: &str, case: &Case) -> Option<String> {
    let missing = format!("{code}:missing");
    let bare = serde_json::json!({"resourceType": resource_type.name()});
    let checks = [
        ("not found by its own value", finds(resource_type, &case.own, code, &case.own_value), true),
        ("found by its neighbour's", finds(resource_type, &case.own, code, &case.other_value), false),
        (
            "neighbour not found by its own value",
            finds(resource_type, &case.other, code, &case.other_value),
            true,
        ),
        ("neighbour found", finds(resource_type, &case.other, code, &case.own_value), false),
        ("has no value", finds(resource_type, &case.own, &missing, "false"), true),
        ("misses a value that is there", finds(resource_type, &case.own, &missing, "true"), false),
        ("has a value when there is none", finds(resource_type, &bare, &missing, "false"), false),
        ("misses no value when there is none", finds(resource_type, &bare, &missing, "true"), true),
    ];
    let failed = checks.iter().find(|(_, is, must)| is != must)?;
    Some(format!(
        "{resource_type}.{code}: {} ({} / {}) {}",
        failed.0, case.own_value, case.other_value, case.own
    ))
}

/// Those that look at the row, or at words: tested where they are written.
fn is_of_the_row(parameter: &Parameter) -> bool {
    matches!(parameter.code, "_id" | "_lastUpdated")
}

#[test]
fn each_finds_its_value_and_not_its_neighbours() {
    let exceptions = exceptions();
    let (mut faults, mut cases, mut covered) = (Vec::new(), 0, 0);
    for resource_type in ResourceType::all() {
        for parameter in parameters(resource_type) {
            let name = format!("{resource_type}.{}", parameter.code);
            if is_of_the_row(parameter) || exceptions.contains_key(name.as_str()) {
                continue;
            }
            if exceptions.contains_key(format!("Resource.{}", parameter.code).as_str()) {
                continue;
            }
            let made = make::cases(resource_type, parameter);
            if made.is_empty() {
                faults.push(format!("{name}: no case could be made for {}", parameter.expression()));
            }
            covered += usize::from(!made.is_empty());
            cases += made.len();
            faults.extend(made.iter().filter_map(|case| fault(resource_type, parameter.code, case)));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(covered > 2_300 && cases > covered, "{covered} {cases}");
}

#[test]
fn the_table_has_every_official_parameter() {
    let exceptions = exceptions();
    let (mut missing, mut seen) = (Vec::new(), 0);
    for entry in packages::list(Kind::SearchParameter) {
        if !entry.url.starts_with("http://hl7.org/fhir/SearchParameter/") {
            continue;
        }
        seen += 1;
        let definition = entry.load();
        let text = |name: &str| definition.get(name).and_then(Value::as_str).unwrap_or("");
        if exceptions.contains_key(text("id")) {
            continue;
        }
        let bases: Vec<&str> =
            definition["base"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        // Ten definitions name their type in their id alone.
        let bases = if bases.is_empty() { vec![text("id").split('-').nth(2).unwrap_or("")] } else { bases };
        for base in bases {
            let types = types_of_base(base);
            assert!(!types.is_empty(), "{}: {base}", text("id"));
            for resource_type in types {
                let found = parameter(resource_type, text("code"));
                let is_right =
                    |found: &Parameter| found.kind.code() == text("type") || found.kind == ParamKind::Special;
                if !found.is_some_and(is_right) {
                    missing.push(format!("{}: {resource_type}.{}", text("id"), text("code")));
                }
            }
        }
    }
    assert_eq!(seen, OFFICIAL);
    assert!(missing.is_empty(), "{} missing:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn every_exception_names_something() {
    let ids: Vec<&str> = packages::list(Kind::SearchParameter).map(|entry| entry.id).collect();
    for (name, reason) in exceptions() {
        let is_parameter = name.split_once('.').is_some_and(|(base, code)| {
            types_of_base(base).first().is_some_and(|one| parameter(*one, code).is_some())
        });
        assert!(is_parameter || ids.contains(&name), "{name}");
        assert!(reason.len() > 20, "{name}");
    }
}
