//! Promises of `$validate-code`.

use super::super::tests::{colours, over, set};
use super::*;
use serde_json::json;

fn coded(system: Option<&str>, code: &str, display: Option<&str>) -> Coded {
    Coded {
        system: system.map(Into::into),
        version: None,
        code: code.into(),
        display: display.map(Into::into),
    }
}

fn asked(codings: &[Coded], how: &Checking) -> Result<Verdict, Problem> {
    let mut other = colours();
    other["url"] = "urn:paints".into();
    let grouped = json!({ "resourceType": "CodeSystem", "url": "urn:groups", "content": "complete", "concept": [
        { "code": "all", "property": [{ "code": "notSelectable", "valueBoolean": true }] }] });
    let t = over(vec![
        other,
        grouped,
        set(
            "urn:s",
            json!({ "include": [
            { "system": "urn:colours" }, { "system": "urn:paints", "concept": [{ "code": "red" }] },
            { "system": "urn:groups" }, { "system": "http://snomed.info/sct" }] }),
        ),
    ]);
    t.check_in_set(&t.set("urn:s").expect("given"), codings, how)
}

const COLOURS: Option<&str> = Some("urn:colours");

#[test]
fn a_code_of_the_set_is_valid_and_its_name_given() {
    let how = Checking { language: Some("fr".into()), ..Checking::default() };
    let found = asked(&[coded(COLOURS, "red", None)], &how).expect("judged");
    assert!(found.is_valid && found.message.is_none());
    assert_eq!(found.display.as_deref(), Some("Rouge"));
    assert_eq!(found.version.as_deref(), Some("2"));
}

#[test]
fn a_wrong_name_is_said_with_the_right_one_and_any_name_of_the_code_is_right() {
    for right in ["Red", "red", "ROUGE"] {
        assert!(
            asked(&[coded(COLOURS, "red", Some(right))], &Checking::default()).expect("judged").is_valid,
            "{right}"
        );
    }
    let wrong = asked(&[coded(COLOURS, "red", Some("Blue"))], &Checking::default()).expect("judged");
    assert!(!wrong.is_valid);
    assert_eq!(wrong.display.as_deref(), Some("Red"));
    let message = wrong.message.expect("said");
    assert!(message.fr.contains("« Red »") && message.en.contains("\"Red\""), "{message:?}");
}

#[test]
fn a_code_without_a_system_must_be_of_one_system_only() {
    assert!(asked(&[coded(None, "navy", None)], &Checking::default()).expect("judged").is_valid);
    let two = asked(&[coded(None, "red", None)], &Checking::default()).expect("judged");
    assert!(!two.is_valid && two.message.expect("said").en.contains("urn:paints"));
}

#[test]
fn one_coding_of_a_concept_is_enough_and_an_unknown_one_is_no_no() {
    let (good, bad) = (coded(COLOURS, "navy", None), coded(COLOURS, "green", None));
    let unsure = coded(Some("http://snomed.info/sct"), "405738005", None);
    assert!(asked(&[bad.clone(), unsure.clone(), good], &Checking::default()).expect("judged").is_valid);
    let refused = asked(&[bad.clone(), unsure], &Checking::default()).expect_err("cannot be judged");
    assert_eq!(refused.issues[0].code, "not-supported");
    let none = asked(&[bad], &Checking::default()).expect("judged");
    assert!(!none.is_valid && none.message.expect("said").en.contains("urn:colours#green"));
    assert_eq!(asked(&[], &Checking::default()).expect_err("nothing").issues[0].code, "required");
}

#[test]
fn a_code_that_only_groups_others_counts_when_asked() {
    let group = [coded(Some("urn:groups"), "all", None)];
    assert!(!asked(&group, &Checking::default()).expect("judged").is_valid);
    assert!(asked(&group, &Checking { allows_abstract: true, language: None }).expect("judged").is_valid);
}

#[test]
fn codes_of_a_system_are_judged_by_the_system() {
    let t = over(Vec::new());
    let check = |system: &str, coding: Coded| t.check_in_system(system, &[coding], &Checking::default());
    assert!(check("urn:colours", coded(None, "navy", Some("navy"))).expect("judged").is_valid);
    assert!(!check("urn:colours", coded(None, "green", None)).expect("judged").is_valid);
    assert!(!check("urn:colours", coded(Some("urn:paints"), "navy", None)).expect("judged").is_valid);
    assert!(check("urn:ietf:bcp:47", coded(None, "fr", None)).expect("judged").is_valid);
    assert!(check("http://loinc.org", coded(None, "718-7", None)).is_err());
    let other = Coded { version: Some("9".into()), ..coded(None, "navy", None) };
    assert!(check("urn:colours", other).is_err(), "another version is not loaded");
}
