//! The official FHIRPath R4 suite, to the letter of N1: strict, and each expression is checked before it is evaluated. What
//! is not answered as the suite says is listed with its reason in `tests/conformance/fhirpath.txt`; a case that starts to
//! pass, or stops to, fails this test until the list says so.

use serde_json::Value;
use socle_fhir::decimal::Decimal;
use socle_fhir::fhirpath::{Conformance, Context, Element, Item, check, evaluate, parse};
use socle_kernel::Instant;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    root().join("testdata/fhirpath-r4")
}

/// Knows the base profiles: the type must be right and the resource without faults.
struct BaseProfiles;

impl Conformance for BaseProfiles {
    fn conforms_to(&self, element: &Element<'_>, profile: &str) -> Option<bool> {
        let name = profile.strip_prefix("http://hl7.org/fhir/StructureDefinition/")?;
        socle_fhir::definitions::find_type(name)?;
        Some(element.definition.is_a(name) && socle_fhir::check(element.value?).is_empty())
    }
}

fn text(item: &Item<'_>) -> String {
    match item.to_system() {
        Item::Boolean(truth) => truth.to_string(),
        Item::Integer(number) => number.to_string(),
        Item::Decimal(number) => number.to_string(),
        Item::Quantity(number, unit) => format!("{number} '{unit}'"),
        Item::Resolved(definition) => definition.name.to_owned(),
        Item::Element(element) => element.definition.name.to_owned(),
        other => other.text().unwrap_or_default().into_owned(),
    }
}

fn is_same(expected: &Value, item: &Item<'_>) -> bool {
    if expected["type"].as_str().is_some_and(|kind| !item.type_name().eq_ignore_ascii_case(kind)) {
        return false;
    }
    let Some(wanted) = expected["value"].as_str() else { return true };
    let wanted = wanted.trim_start_matches('@').trim_start_matches('T');
    let found = text(item);
    let as_number = |text: &str| Decimal::parse(text);
    match (as_number(wanted), as_number(&found)) {
        (Some(one), Some(other)) => one.compare(other).is_eq(),
        _ => wanted == found,
    }
}

/// Why the case is not answered as the suite says; `None` when it is.
fn fault(case: &Value) -> Option<String> {
    let input = match case["input"].as_str() {
        Some(name) => fs::read(folder().join("input").join(name)).expect("a file"),
        None => br#"{"resourceType":"Patient"}"#.to_vec(),
    };
    let resource = socle_fhir::parse(&input).expect("JSON");
    let outputs = case["outputs"].as_array().expect("a list");
    let must_fail = case.get("invalid").is_some();
    let answer = |error: String| (!must_fail).then_some(error);
    let expr = match parse(case["expression"].as_str().expect("text")) {
        Ok(expr) => expr,
        Err(error) => return answer(error.to_string()),
    };
    if let Err(error) = check(&expr, resource["resourceType"].as_str().expect("text")) {
        return answer(error.to_string());
    }
    let context = Context {
        now: Instant::parse("2026-11-21T20:15:00Z"),
        conformance: Some(&BaseProfiles),
        is_strict: true,
        ..Context::of(&resource)
    };
    let items = match evaluate(&expr, &context, &context.focus()) {
        Ok(items) => items,
        Err(error) => return answer(error.to_string()),
    };
    let found: Vec<String> =
        items.iter().map(|item| format!("{} {}", item.type_name(), text(item))).collect();
    let is_right = if must_fail {
        false
    } else if case.get("predicate").is_some() {
        outputs.len() == 1 && is_same(&outputs[0], &Item::Boolean(!items.is_empty()))
    } else if case["ordered"] == "false" {
        let mut rest: Vec<&Value> = outputs.iter().collect();
        items.iter().all(|item| {
            rest.iter().position(|expected| is_same(expected, item)).map(|at| rest.remove(at)).is_some()
        }) && rest.is_empty()
    } else {
        items.len() == outputs.len()
            && outputs.iter().zip(&items).all(|(expected, item)| is_same(expected, item))
    };
    (!is_right).then(|| format!("answered {}", found.join(" | ")))
}

#[test]
fn answers_the_official_suite_save_what_is_listed() {
    let cases = fs::read_to_string(folder().join("cases.ndjson")).expect("the suite");
    let listed = fs::read_to_string(root().join("tests/conformance/fhirpath.txt")).expect("the list");
    let listed: BTreeMap<&str, &str> = listed
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(": ").expect("`group/name: reason`"))
        .collect();
    let mut failing = BTreeMap::new();
    let mut count = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        count += 1;
        if let Some(fault) = fault(&case) {
            let part = |name: &str| case[name].as_str().expect("text").to_owned();
            let name = format!("{}/{}", part("group"), part("name"));
            failing.insert(name, format!("{} — {fault}", part("expression")));
        }
    }
    assert_eq!(count, 935);
    let new: Vec<_> = failing.iter().filter(|(name, _)| !listed.contains_key(name.as_str())).collect();
    let mended: Vec<_> = listed.keys().filter(|name| !failing.contains_key(**name)).collect();
    assert!(new.is_empty() && mended.is_empty(), "no longer answered: {new:#?}\nnow answered: {mended:#?}");
    assert!(listed.values().all(|reason| reason.len() > 20), "each exception has its reason");
}
