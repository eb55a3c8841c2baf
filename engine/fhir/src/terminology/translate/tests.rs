//! Promises of `$translate`.

use super::super::tests::over;
use super::*;
use serde_json::json;

fn map(url: &str, unmapped: Value) -> Value {
    json!({ "resourceType": "ConceptMap", "url": url, "status": "active", "sourceUri": "urn:colour-set", "targetUri": "urn:ral-set",
        "group": [{ "source": "urn:colours", "target": "urn:ral", "unmapped": unmapped, "element": [
            { "code": "red", "target": [{ "code": "3000", "display": "Flame red", "equivalence": "wider" }] },
            { "code": "blue", "target": [
                { "code": "5002", "equivalence": "equivalent", "dependsOn": [{ "property": "urn:shade", "value": "dark" }] },
                { "code": "5012", "equivalence": "inexact" }] },
            { "code": "violet", "target": [{ "equivalence": "unmatched" }] }] }] })
}

fn ask(asked: Translate, code: &str) -> Result<Translation, Problem> {
    let t = over(vec![
        map("urn:map", json!(null)),
        map("urn:same", json!({ "mode": "provided" })),
        map("urn:fixed", json!({ "mode": "fixed", "code": "9005", "display": "Jet black" })),
        map("urn:round", json!({ "mode": "other-map", "url": "urn:round" })),
        map("urn:next", json!({ "mode": "other-map", "url": "urn:fixed" })),
    ]);
    t.translate(&asked, &[Coded { code: code.into(), ..Coded::default() }], None)
}

fn by(url: &str) -> Translate {
    Translate { url: Some(url.into()), ..Translate::default() }
}

fn codes(found: &Translation) -> Vec<&str> {
    found.matches.iter().filter_map(|one| one.concept.as_ref()?["code"].as_str()).collect()
}

#[test]
fn a_code_is_translated_with_its_equivalence() {
    let found = ask(by("urn:map"), "red").expect("known");
    assert!(found.is_found);
    assert_eq!(found.matches[0].equivalence, "wider");
    assert_eq!(
        found.matches[0].concept,
        Some(json!({ "system": "urn:ral", "code": "3000", "display": "Flame red" }))
    );
    let none = ask(by("urn:map"), "violet").expect("known");
    assert!(!none.is_found && none.message.is_some());
    assert_eq!(none.matches[0].equivalence, "unmatched");
}

#[test]
fn what_a_translation_depends_on_must_be_given() {
    assert_eq!(codes(&ask(by("urn:map"), "blue").expect("known")), ["5012"]);
    let dark = Translate { dependencies: vec![("urn:shade".into(), None, "dark".into())], ..by("urn:map") };
    assert_eq!(codes(&ask(dark, "blue").expect("known")), ["5002", "5012"]);
}

#[test]
fn a_map_read_backwards_turns_its_equivalences() {
    let found = ask(Translate { reverse: true, ..by("urn:map") }, "3000").expect("known");
    assert_eq!(found.matches[0].equivalence, "narrower");
    assert_eq!(found.matches[0].concept, Some(json!({ "system": "urn:colours", "code": "red" })));
}

#[test]
fn codes_that_a_map_does_not_name_follow_its_rule() {
    assert!(!ask(by("urn:map"), "navy").expect("known").is_found);
    assert_eq!(codes(&ask(by("urn:same"), "navy").expect("known")), ["navy"]);
    assert_eq!(codes(&ask(by("urn:fixed"), "navy").expect("known")), ["9005"]);
    assert_eq!(codes(&ask(by("urn:next"), "navy").expect("known")), ["9005"]);
    assert!(!ask(by("urn:round"), "navy").expect("ends").is_found);
}

#[test]
fn without_a_map_the_ones_that_fit_are_used() {
    let into = |target: &str| Translate { target: Some(target.into()), ..Translate::default() };
    assert_eq!(ask(into("urn:ral-set"), "red").expect("known").matches.len(), 5);
    assert!(!ask(into("urn:elsewhere"), "red").expect("known").is_found);
    let system = Translate { target_system: Some("urn:ral".into()), ..Translate::default() };
    assert!(ask(system, "red").expect("known").is_found);
    assert!(ask(Translate::default(), "red").is_err());
    assert!(ask(by("urn:nowhere"), "red").is_err());
}
