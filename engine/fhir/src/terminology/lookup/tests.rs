//! Promises of `$lookup` and `$subsumes`.

use super::super::tests::over;
use super::*;

#[test]
fn a_code_is_told_with_parents_children_names_and_properties() {
    let meaning = over(Vec::new()).lookup("urn:colours", None, "red", Some("fr"), &[]).expect("known");
    assert_eq!((meaning.name.as_str(), meaning.display.as_str()), ("Colours", "Rouge"));
    let of = |code: &str| -> Vec<Value> {
        meaning.facts.iter().filter(|fact| fact.code == code).map(|fact| fact.value.clone()).collect()
    };
    assert_eq!(of("child"), ["crimson", "old-rose", "violet"]);
    assert_eq!(of("parent"), [Value::Null; 0]);
    assert_eq!(of("warm"), [true]);
    assert_eq!(of("inactive"), [false]);
    assert_eq!(&*meaning.designations[0].value, "Rouge");
    let only = over(Vec::new()).lookup("urn:colours", None, "violet", None, &["parent"]).expect("known");
    let parents: Vec<_> =
        only.facts.iter().map(|fact| (fact.code.as_str(), fact.description.as_deref())).collect();
    assert_eq!(parents, [("parent", Some("Red")), ("parent", Some("Blue"))]);
}

#[test]
fn what_is_not_there_is_told_apart_from_what_is_not_loaded() {
    let t = over(Vec::new());
    let code = |system: &str, version, code: &str| {
        t.lookup(system, version, code, None, &[]).expect_err("not there").issues[0].code
    };
    assert_eq!(code("urn:colours", None, "green"), "not-found");
    assert_eq!(code("http://snomed.info/sct", None, "1"), "not-supported");
    assert_eq!(code("urn:colours", Some("9"), "red"), "not-supported");
    assert_eq!(
        t.lookup("urn:ietf:bcp:13", None, "text/plain", None, &[]).expect("by its form").display,
        "text/plain"
    );
    assert!(t.lookup("urn:ietf:bcp:13", None, "text", None, &[]).is_err());
}

#[test]
fn two_codes_stand_to_each_other_in_one_of_four_ways() {
    let t = over(Vec::new());
    for (a, b, expected) in [
        ("blue", "midnight", Standing::Subsumes),
        ("midnight", "blue", Standing::SubsumedBy),
        ("violet", "violet", Standing::Equivalent),
        ("red", "blue", Standing::NotSubsumed),
    ] {
        assert_eq!(t.subsumes("urn:colours", None, a, b).expect("known"), expected, "{a} {b}");
    }
    assert!(t.subsumes("urn:colours", None, "red", "green").is_err());
    assert!(t.subsumes("http://snomed.info/sct", None, "1", "2").is_err());
}
