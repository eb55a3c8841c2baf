//! The official FHIRPath R4 suite. What is not answered yet is listed case by case; a case that starts to pass, or
//! stops to, fails this test until the list says so.

use serde_json::Value;
use socle_fhir::decimal::Decimal;
use socle_fhir::fhirpath::{Context, Element, Item, evaluate, parse};
use socle_kernel::Instant;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fhirpath-r4")
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
    let Some(wanted) = expected["value"].as_str() else { return true };
    let wanted = wanted.trim_start_matches('@').trim_start_matches('T');
    let found = text(item);
    let as_number = |text: &str| Decimal::parse(text);
    match (as_number(wanted), as_number(&found)) {
        (Some(one), Some(other)) => one.compare(other).is_eq(),
        _ => wanted == found,
    }
}

/// True when the case is answered as the suite says.
fn passes(case: &Value) -> bool {
    let input = match case["input"].as_str() {
        Some(name) => fs::read(folder().join("input").join(name)).expect("a file"),
        None => br#"{"resourceType":"Patient"}"#.to_vec(),
    };
    let resource = socle_fhir::parse(&input).expect("JSON");
    let outputs = case["outputs"].as_array().expect("a list");
    let must_fail = case.get("invalid").is_some();
    let Ok(expr) = parse(case["expression"].as_str().expect("text")) else { return must_fail };
    let context = Context { now: Instant::parse("2026-11-21T20:15:00Z"), ..Context::of(&resource) };
    let focus = [Item::Element(Element::resource(&resource).expect("a resource"))];
    let Ok(items) = evaluate(&expr, &context, &focus) else { return must_fail };
    if must_fail {
        return false;
    }
    if case.get("predicate").is_some() {
        return outputs.len() == 1 && is_same(&outputs[0], &Item::Boolean(!items.is_empty()));
    }
    items.len() == outputs.len() && outputs.iter().zip(&items).all(|(expected, item)| is_same(expected, item))
}

#[test]
fn answers_the_official_suite_save_what_is_listed() {
    let cases = fs::read_to_string(folder().join("cases.ndjson")).expect("the suite");
    let listed = fs::read_to_string(folder().join("not-yet.txt")).expect("the list");
    let listed: BTreeSet<String> =
        listed.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let mut failing = BTreeSet::new();
    let mut count = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        count += 1;
        if !passes(&case) {
            let part = |name: &str| case[name].as_str().expect("text").to_owned();
            failing.insert(format!(
                "{}/{}: {}",
                part("group"),
                part("name"),
                part("expression").escape_debug()
            ));
        }
    }
    assert_eq!(count, 935);
    let new: Vec<&String> = failing.difference(&listed).collect();
    let mended: Vec<&String> = listed.difference(&failing).collect();
    assert!(new.is_empty() && mended.is_empty(), "no longer answered: {new:#?}\nnow answered: {mended:#?}");
}
