//! Promises of `$expand`.

use super::super::tests::{over, set};
use super::*;

fn all() -> Value {
    set("urn:all", json!({ "include": [{ "system": "urn:colours" }] }))
}

fn expanded(wanted: Expand) -> Value {
    let t = over(vec![all()]);
    let set = t.set("urn:all").expect("given");
    t.expand(&set, &wanted, Instant(0)).expect("can be expanded")
}

fn codes(value: &Value) -> Vec<&str> {
    let contains = value["expansion"]["contains"].as_array();
    contains.into_iter().flatten().filter_map(|one| one["code"].as_str()).collect()
}

#[test]
fn a_filter_looks_at_beginnings_of_words_in_every_language() {
    for (filter, expected) in [
        ("rouge", vec!["red"]),
        ("ROÙ", vec!["red"]),
        ("rose old", vec!["old-rose"]),
        ("night", vec![]),
        ("mid", vec!["midnight"]),
        ("navy", vec!["navy"]),
    ] {
        let found = expanded(Expand { filter: Some(filter.into()), ..Expand::default() });
        assert_eq!(codes(&found), expected, "{filter}");
        assert_eq!(found["expansion"]["total"], expected.len());
    }
}

#[test]
fn pages_keep_the_total_and_follow_one_another() {
    let page =
        |offset, count| expanded(Expand { offset: Some(offset), count: Some(count), ..Expand::default() });
    let (first, second, beyond, number) = (page(0, 4), page(4, 4), page(40, 4), page(0, 0));
    assert_eq!(codes(&first), ["red", "crimson", "old-rose", "blue"]);
    assert_eq!(codes(&second), ["navy", "midnight", "violet"]);
    assert!(codes(&beyond).is_empty() && codes(&number).is_empty());
    for one in [&first, &second, &beyond, &number] {
        assert_eq!(one["expansion"]["total"], 7);
    }
    assert_eq!(second["expansion"]["offset"], 4);
}

#[test]
fn a_tree_puts_codes_below_their_nearest_ancestor_of_the_set() {
    let found = expanded(Expand { nested: true, ..Expand::default() });
    assert_eq!(codes(&found), ["red", "blue"]);
    let red = &found["expansion"]["contains"][0];
    assert_eq!(red["contains"][1]["code"], "old-rose");
    assert_eq!(red["contains"][1]["inactive"], true);
    assert_eq!(red["contains"][2]["code"], "violet");
    assert_eq!(found["expansion"]["contains"][1]["contains"][0]["contains"][0]["code"], "midnight");
}

#[test]
fn names_inactive_codes_and_systems_are_given_or_left_out_as_asked() {
    let found = expanded(Expand {
        designations: true,
        active_only: true,
        language: Some("fr".into()),
        ..Expand::default()
    });
    assert_eq!(codes(&found).len(), 6);
    let red = &found["expansion"]["contains"][0];
    assert_eq!(red["display"], "Rouge");
    assert_eq!(red["designation"][0]["value"], "Rouge");
    assert_eq!(found["expansion"]["contains"][1]["display"], "Crimson");
    let none = expanded(Expand {
        designations: true,
        designation_languages: vec!["de".into()],
        ..Expand::default()
    });
    assert!(none["expansion"]["contains"][0].get("designation").is_none());
    assert!(
        codes(&expanded(Expand { exclude_systems: vec!["urn:colours".into()], ..Expand::default() }))
            .is_empty()
    );
    let other = Expand { exclude_systems: vec!["urn:colours|1".into()], ..Expand::default() };
    assert_eq!(codes(&expanded(other)).len(), 7);
}

#[test]
fn the_definition_is_given_when_asked_and_the_version_always_told() {
    assert!(expanded(Expand::default()).get("compose").is_none());
    assert!(expanded(Expand { definition: true, ..Expand::default() }).get("compose").is_some());
    let told = expanded(Expand::default());
    let parameters = told["expansion"]["parameter"].as_array().expect("some");
    assert!(parameters.iter().any(|one| one["name"] == "version" && one["valueUri"] == "urn:colours|2"));
}

#[test]
fn versions_are_put_in_checked_and_forced() {
    let t = over(vec![all()]);
    let set = t.set("urn:all").expect("given");
    let ask = |versions: Versions| t.expand(&set, &Expand { versions, ..Expand::default() }, Instant(0));
    let one = |version: &str| vec![format!("urn:colours|{version}")];
    assert!(ask(Versions { usual: one("2"), ..Versions::default() }).is_ok());
    assert!(ask(Versions { usual: one("9"), ..Versions::default() }).is_err(), "not loaded");
    assert!(ask(Versions { checked: one("2"), ..Versions::default() }).is_ok());
    let refused = ask(Versions { checked: one("9"), ..Versions::default() }).expect_err("another version");
    assert_eq!(refused.issues[0].received.as_deref(), Some("2"));
    assert!(ask(Versions { forced: one("9"), ..Versions::default() }).is_err());
}

#[test]
fn what_has_no_end_or_is_not_loaded_is_refused_with_its_name() {
    let tongues = set("urn:t", json!({ "include": [{ "system": "urn:ietf:bcp:47" }] }));
    let snomed = set("urn:s", json!({ "include": [{ "system": "http://snomed.info/sct" }] }));
    let t = over(vec![tongues, snomed]);
    let ask = |url: &str| {
        t.expand(&t.set(url).expect("given"), &Expand::default(), Instant(0)).expect_err("cannot be listed")
    };
    assert_eq!(ask("urn:t").kind, Kind::TooCostly);
    let refused = ask("urn:s");
    assert_eq!((refused.kind, refused.issues[0].code), (Kind::Unprocessable, "not-supported"));
    assert!(refused.to_string().contains("http://snomed.info/sct"), "{refused}");
}

#[test]
fn more_codes_than_one_answer_holds_are_given_in_pages_only() {
    let concepts: Vec<Value> = (0..=EXPANSION_CODES).map(|n| json!({ "code": format!("c{n}") })).collect();
    let t = over(vec![set(
        "urn:big",
        json!({ "include": [{ "system": "urn:big-system", "concept": concepts }] }),
    )]);
    let big = t.set("urn:big").expect("given");
    let refused = t.expand(&big, &Expand::default(), Instant(0)).expect_err("too many");
    assert_eq!(refused.kind, Kind::TooCostly);
    assert!(refused.to_string().contains("EXPANSION_CODES"));
    let page = Expand { count: Some(10), ..Expand::default() };
    assert_eq!(codes(&t.expand(&big, &page, Instant(0)).expect("a page")).len(), 10);
}

#[test]
fn a_set_over_a_part_of_a_system_is_listed_and_said_to_be_open() {
    let part = json!({ "resourceType": "CodeSystem", "url": "urn:part", "content": "fragment", "concept": [{ "code": "a" }] });
    let t = over(vec![part, set("urn:s", json!({ "include": [{ "system": "urn:part" }] }))]);
    let found = t.expand(&t.set("urn:s").expect("given"), &Expand::default(), Instant(0)).expect("listed");
    assert_eq!(codes(&found), ["a"]);
    assert_eq!(found["expansion"]["extension"][0]["valueBoolean"], true);
}
