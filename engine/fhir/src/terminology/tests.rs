//! Promises of value sets and code systems, on small definitions; and the official expansions as oracle.

use super::*;
use serde_json::{Value, json};

pub(super) fn colours() -> Value {
    json!({
        "resourceType": "CodeSystem", "url": "urn:colours", "version": "2", "name": "Colours", "status": "active",
        "content": "complete", "caseSensitive": true, "hierarchyMeaning": "is-a", "valueSet": "urn:all-colours",
        "property": [{ "code": "warm", "type": "boolean" }],
        "concept": [
            { "code": "red", "display": "Red", "property": [{ "code": "warm", "valueBoolean": true }],
              "designation": [{ "language": "fr", "value": "Rouge" }],
              "concept": [{ "code": "crimson", "display": "Crimson" },
                          { "code": "old-rose", "display": "Old rose", "property": [{ "code": "inactive", "valueBoolean": true }] }] },
            { "code": "blue", "display": "Blue", "concept": [
                { "code": "navy", "display": "Navy", "concept": [{ "code": "midnight", "display": "Midnight" }] }] },
            { "code": "violet", "display": "Violet", "property": [{ "code": "parent", "valueCode": "red" }, { "code": "parent", "valueCode": "blue" }] },
        ],
    })
}

pub(super) fn set(url: &str, compose: Value) -> Value {
    json!({ "resourceType": "ValueSet", "url": url, "status": "active", "compose": compose })
}

pub(super) fn over(mut resources: Vec<Value>) -> std::sync::Arc<Terminology> {
    resources.push(colours());
    Terminology::new(Given::new(resources))
}

/// The codes of a set with this compose.
fn codes(compose: Value) -> Vec<String> {
    let compiled = over(Vec::new()).compile(&set("urn:s", compose));
    let entries = compiled.entries().expect("can be listed");
    let codes: Vec<String> = entries.iter().map(|entry| entry.code.to_owned()).collect();
    for concept in over(Vec::new()).system("urn:colours").expect("given").concepts() {
        let is_listed = codes.iter().any(|code| **code == *concept.code);
        let answer = compiled.contains(Some("urn:colours"), &concept.code);
        assert_eq!(answer, is_listed.into(), "{}: what is listed is what is contained", concept.code);
    }
    codes
}

fn filtered(property: &str, op: &str, value: &str) -> Vec<String> {
    codes(
        json!({ "include": [{ "system": "urn:colours", "filter": [{ "property": property, "op": op, "value": value }] }] }),
    )
}

#[test]
fn filters_follow_hierarchy_properties_patterns_and_lists() {
    assert_eq!(filtered("concept", "is-a", "red"), ["red", "crimson", "old-rose", "violet"]);
    assert_eq!(filtered("concept", "descendent-of", "blue"), ["navy", "midnight", "violet"]);
    assert_eq!(filtered("concept", "is-not-a", "red"), ["blue", "navy", "midnight"]);
    assert_eq!(filtered("concept", "generalizes", "midnight"), ["blue", "navy", "midnight"]);
    assert_eq!(filtered("warm", "=", "true"), ["red"]);
    assert_eq!(filtered("warm", "exists", "false").len(), 6);
    assert_eq!(filtered("code", "regex", "[a-n].*"), ["crimson", "blue", "navy", "midnight"]);
    assert_eq!(filtered("code", "in", "navy, red"), ["red", "navy"]);
    assert_eq!(filtered("code", "not-in", "navy,red,blue"), ["crimson", "old-rose", "midnight", "violet"]);
    assert_eq!(filtered("parent", "=", "blue"), ["navy", "violet"]);
    assert_eq!(filtered("child", "=", "violet"), ["red", "blue"]);
    assert_eq!(filtered("parent", "exists", "false"), ["red", "blue"]);
    assert_eq!(filtered("inactive", "=", "true"), ["old-rose"]);
    assert_eq!(filtered("concept", "is-a", "no-such-colour"), [""; 0]);
}

#[test]
fn includes_add_excludes_take_away_inactive_may_be_left_out() {
    let all = json!({ "include": [{ "system": "urn:colours" }], "exclude": [{ "system": "urn:colours", "concept": [{ "code": "blue" }] }] });
    assert_eq!(codes(all), ["red", "crimson", "old-rose", "navy", "midnight", "violet"]);
    assert_eq!(codes(json!({ "inactive": false, "include": [{ "system": "urn:colours" }] })).len(), 6);
    assert_eq!(
        codes(
            json!({ "include": [{ "system": "urn:colours", "concept": [{ "code": "navy" }, { "code": "red" }, { "code": "navy" }] }] })
        ),
        ["navy", "red"]
    );
}

#[test]
fn nested_sets_intersect_within_a_clause_and_add_up_between_clauses() {
    let reds = set(
        "urn:reds",
        json!({ "include": [{ "system": "urn:colours", "filter": [{ "property": "concept", "op": "is-a", "value": "red" }] }] }),
    );
    let blues = set(
        "urn:blues",
        json!({ "include": [{ "system": "urn:colours", "filter": [{ "property": "concept", "op": "is-a", "value": "blue" }] }] }),
    );
    let both = set("urn:both", json!({ "include": [{ "valueSet": ["urn:reds", "urn:blues"] }] }));
    let either = set(
        "urn:either",
        json!({ "include": [{ "valueSet": ["urn:reds"] }, { "valueSet": ["urn:blues"] }] }),
    );
    let some = set(
        "urn:some",
        json!({ "include": [{ "system": "urn:colours", "valueSet": ["urn:blues"] }], "exclude": [{ "valueSet": ["urn:both"] }] }),
    );
    let t = over(vec![reds, blues, both, either, some]);
    let listed = |url: &str| -> Vec<String> {
        t.set(url)
            .expect("given")
            .entries()
            .expect("can be listed")
            .iter()
            .map(|e| e.code.to_owned())
            .collect()
    };
    assert_eq!(listed("urn:both"), ["violet"]);
    assert_eq!(listed("urn:either"), ["red", "crimson", "old-rose", "violet", "blue", "navy", "midnight"]);
    assert_eq!(listed("urn:some"), ["blue", "navy", "midnight"]);
    assert_eq!(t.contains("urn:both", Some("urn:colours"), "violet"), Membership::Yes);
    assert_eq!(t.contains("urn:both", None, "red"), Membership::No);
    assert_eq!(t.contains("urn:some", None, "violet"), Membership::No);
    assert_eq!(t.contains("urn:either", Some("urn:other"), "red"), Membership::No);
}

#[test]
fn what_is_not_loaded_is_unknown_never_no() {
    let snomed = "http://snomed.info/sct";
    let t = over(vec![
        set(
            "urn:fever",
            json!({ "include": [{ "system": snomed, "filter": [{ "property": "concept", "op": "is-a", "value": "386661006" }] }] }),
        ),
        set("urn:mixed", json!({ "include": [{ "system": snomed }, { "system": "urn:colours" }] })),
        set("urn:listed", json!({ "include": [{ "system": snomed, "concept": [{ "code": "386661006" }] }] })),
        set("urn:lost", json!({ "include": [{ "valueSet": ["urn:nowhere"] }] })),
        set(
            "urn:all-but-lost",
            json!({ "include": [{ "system": "urn:colours" }], "exclude": [{ "valueSet": ["urn:nowhere"] }] }),
        ),
        set("urn:other-version", json!({ "include": [{ "system": "urn:colours", "version": "3" }] })),
        set("urn:this-version", json!({ "include": [{ "system": "urn:colours", "version": "2" }] })),
        set("urn:nothing", json!({})),
    ]);
    assert_eq!(t.contains("urn:fever", Some(snomed), "386661006"), Membership::Unknown);
    assert_eq!(t.contains("urn:fever", Some("urn:colours"), "red"), Membership::No);
    assert_eq!(t.contains("urn:mixed", Some("urn:colours"), "red"), Membership::Yes);
    assert_eq!(t.contains("urn:mixed", Some("urn:colours"), "green"), Membership::No);
    assert_eq!(t.contains("urn:mixed", None, "green"), Membership::Unknown);
    assert_eq!(t.contains("urn:listed", Some(snomed), "386661006"), Membership::Yes);
    assert_eq!(t.contains("urn:listed", Some(snomed), "22298006"), Membership::No);
    assert_eq!(t.contains("urn:lost", Some(snomed), "22298006"), Membership::Unknown);
    assert_eq!(t.contains("urn:all-but-lost", None, "red"), Membership::Unknown);
    assert_eq!(t.contains("urn:all-but-lost", None, "green"), Membership::No);
    assert_eq!(t.contains("urn:other-version", None, "red"), Membership::Unknown);
    assert_eq!(t.contains("urn:this-version", None, "red"), Membership::Yes);
    assert_eq!(t.contains("urn:nothing", None, "red"), Membership::Unknown);
    assert_eq!(t.contains("urn:nowhere", None, "red"), Membership::Unknown);
    assert_eq!(t.contains("http://snomed.info/sct?fhir_vs", Some(snomed), "386661006"), Membership::Unknown);
    assert!(t.set("urn:mixed").expect("given").entries().is_err());
}

#[test]
fn grammars_decide_by_form_and_implicit_sets_by_system() {
    let t = over(vec![
        set(
            "urn:lengths",
            json!({ "include": [{ "system": "http://unitsofmeasure.org", "filter": [{ "property": "canonical", "op": "=", "value": "m" }] }] }),
        ),
        set("urn:tongues", json!({ "include": [{ "system": "urn:ietf:bcp:47" }] })),
        set(
            "urn:three-letters",
            json!({ "include": [{ "system": "urn:iso:std:iso:3166", "filter": [{ "property": "code", "op": "regex", "value": "[A-Z]{3}" }] }] }),
        ),
    ]);
    assert_eq!(t.contains("urn:tongues", Some("urn:ietf:bcp:47"), "fr-FR"), Membership::Yes);
    assert_eq!(t.contains("urn:tongues", None, "français"), Membership::No);
    assert_eq!(t.contains("urn:lengths", None, "mm"), Membership::Yes);
    assert_eq!(t.contains("urn:lengths", None, "kg"), Membership::No);
    assert_eq!(t.contains("urn:three-letters", None, "FRA"), Membership::Unknown);
    assert_eq!(t.contains("urn:three-letters", None, "FR"), Membership::No);
    assert_eq!(t.contains("urn:all-colours", Some("urn:colours"), "navy"), Membership::Yes);
    assert_eq!(t.contains("urn:all-colours", Some("urn:colours"), "green"), Membership::No);
    assert!(matches!(t.set("urn:tongues").expect("given").entries(), Err(Gap::Endless(_))));
}

#[test]
fn an_expansion_answers_where_the_definition_cannot() {
    let mut whole = set("urn:whole", json!({ "include": [{ "system": "urn:not-loaded" }] }));
    whole["expansion"] = json!({ "total": 2, "contains": [{ "system": "urn:not-loaded", "code": "a", "display": "A", "contains": [{ "system": "urn:not-loaded", "code": "b" }] }] });
    let mut part = whole.clone();
    part["url"] = "urn:part".into();
    part["expansion"]["total"] = 3.into();
    let t = over(vec![whole, part]);
    assert_eq!(t.contains("urn:whole", Some("urn:not-loaded"), "b"), Membership::Yes);
    assert_eq!(t.contains("urn:whole", Some("urn:not-loaded"), "c"), Membership::No);
    assert_eq!(t.contains("urn:part", Some("urn:not-loaded"), "b"), Membership::Yes);
    assert_eq!(t.contains("urn:part", Some("urn:not-loaded"), "c"), Membership::Unknown);
}

#[test]
fn an_oid_and_an_address_may_be_one_system_by_two_names() {
    let t = over(vec![set(
        "urn:s",
        json!({ "include": [{ "system": "urn:oid:1.2.3", "concept": [{ "code": "a" }] }] }),
    )]);
    assert_eq!(t.contains("urn:s", Some("urn:oid:1.2.3"), "a"), Membership::Yes);
    assert_eq!(t.contains("urn:s", Some("https://codes.example/x"), "a"), Membership::Unknown);
    assert_eq!(t.contains("urn:s", Some("https://codes.example/x"), "b"), Membership::No);
    assert_eq!(t.contains("urn:s", Some("urn:oid:1.2.4"), "a"), Membership::No);
}

#[test]
fn case_counts_only_where_the_system_says_so() {
    let mut loud = colours();
    loud["url"] = "urn:loud".into();
    loud["caseSensitive"] = false.into();
    let t = over(vec![
        loud,
        set("urn:s", json!({ "include": [{ "system": "urn:loud", "concept": [{ "code": "Navy" }] }] })),
    ]);
    assert_eq!(t.defines("urn:loud", "NAVY"), Membership::Yes);
    assert_eq!(t.defines("urn:colours", "NAVY"), Membership::No);
    assert_eq!(t.contains("urn:s", Some("urn:loud"), "NAVY"), Membership::Yes);
    assert_eq!(t.is_below("urn:loud", "MIDNIGHT", "Blue"), Membership::Yes);
}

#[test]
fn a_part_of_a_system_says_yes_or_unknown() {
    let mut part = colours();
    part["url"] = "urn:part".into();
    part["content"] = "fragment".into();
    let t = over(vec![
        part,
        set(
            "urn:reds",
            json!({ "include": [{ "system": "urn:part", "filter": [{ "property": "concept", "op": "is-a", "value": "red" }] }] }),
        ),
    ]);
    assert_eq!(t.defines("urn:part", "navy"), Membership::Yes);
    assert_eq!(t.defines("urn:part", "green"), Membership::Unknown);
    assert_eq!(t.contains("urn:reds", None, "crimson"), Membership::Yes);
    assert_eq!(t.contains("urn:reds", None, "navy"), Membership::Unknown);
    assert_eq!(t.is_below("urn:part", "green", "blue"), Membership::Unknown);
}

#[test]
fn a_supplement_adds_names_and_the_layer_on_top_counts_first() {
    let base = over(vec![set(
        "urn:s",
        json!({ "include": [{ "system": "urn:colours", "concept": [{ "code": "navy" }] }, { "valueSet": ["urn:later"] }] }),
    )]);
    assert_eq!(base.contains("urn:s", None, "red"), Membership::Unknown);
    let french = json!({ "resourceType": "CodeSystem", "url": "urn:colours-fr", "content": "supplement", "supplements": "urn:colours",
        "concept": [{ "code": "navy", "designation": [{ "language": "fr-FR", "value": "Bleu marine" }] }] });
    let later =
        set("urn:later", json!({ "include": [{ "system": "urn:colours", "concept": [{ "code": "red" }] }] }));
    let layered = base.with(Given::new([french, later]));
    assert_eq!(layered.display("urn:colours", "navy", Some("fr")).as_deref(), Some("Bleu marine"));
    assert_eq!(layered.display("urn:colours", "red", Some("fr")).as_deref(), Some("Rouge"));
    assert_eq!(layered.display("urn:colours", "navy", Some("en")).as_deref(), Some("Navy"));
    assert_eq!(
        layered.contains("urn:s", None, "red"),
        Membership::Yes,
        "what was missing below is given above"
    );
    assert_eq!(base.contains("urn:s", None, "red"), Membership::Unknown, "and nothing of it stays below");
    assert_eq!(base.display("urn:colours", "navy", Some("fr")).as_deref(), Some("Navy"));
}

#[test]
fn sets_that_contain_themselves_end() {
    let t = over(vec![
        set(
            "urn:a",
            json!({ "include": [{ "valueSet": ["urn:b"] }, { "system": "urn:colours", "concept": [{ "code": "red" }] }] }),
        ),
        set("urn:b", json!({ "include": [{ "valueSet": ["urn:a"] }] })),
    ]);
    assert_eq!(t.contains("urn:a", None, "red"), Membership::Yes);
    assert_eq!(t.contains("urn:a", None, "blue"), Membership::Unknown);
    assert_eq!(t.contains("urn:b", None, "red"), Membership::Yes);
}

#[test]
fn below_follows_every_parent() {
    let t = over(Vec::new());
    for (code, ancestor, expected) in [
        ("midnight", "blue", Membership::Yes),
        ("violet", "red", Membership::Yes),
        ("violet", "blue", Membership::Yes),
        ("red", "red", Membership::Yes),
        ("blue", "midnight", Membership::No),
        ("green", "blue", Membership::No),
    ] {
        assert_eq!(t.is_below("urn:colours", code, ancestor), expected, "{code} {ancestor}");
    }
    assert_eq!(t.is_below("http://snomed.info/sct", "1", "2"), Membership::Unknown);
    assert_eq!(t.is_below("http://snomed.info/sct", "1", "1"), Membership::Yes);
}

#[test]
fn yes_no_and_unknown_combine() {
    use Membership::{No, Unknown, Yes};
    for (a, b, and, or) in [
        (Yes, Yes, Yes, Yes),
        (Yes, No, No, Yes),
        (Yes, Unknown, Unknown, Yes),
        (No, Unknown, No, Unknown),
        (Unknown, Unknown, Unknown, Unknown),
        (No, No, No, No),
    ] {
        assert_eq!((a.and(b), b.and(a), a.or(b), b.or(a)), (and, and, or, or), "{a:?} {b:?}");
    }
}

#[test]
fn the_packages_answer_for_everybody() {
    let gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    assert_eq!(contains(gender, None, "female"), Membership::Yes);
    assert_eq!(contains(gender, Some("http://hl7.org/fhir/administrative-gender"), "femme"), Membership::No);
    assert_eq!(contains(&format!("{gender}|4.0.1"), None, "female"), Membership::Yes);
    assert_eq!(contains("http://hl7.org/fhir/ValueSet/mimetypes", None, "application/pdf"), Membership::Yes);
    assert_eq!(
        contains("http://hl7.org/fhir/ValueSet/condition-code", None, "386661006"),
        Membership::Unknown
    );
    assert_eq!(
        is_below("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", "_ActEncounterCode"),
        Membership::Yes
    );
}

#[test]
fn french_codes_have_french_names_and_newer_ones_are_not_refused() {
    let t = shared();
    let types = "https://mos.esante.gouv.fr/NOS/JDV_J07-XdsTypeCode-CISIS/FHIR/JDV-J07-XdsTypeCode-CISIS";
    assert_eq!(contains(types, Some("http://loinc.org"), "11488-4"), Membership::Yes);
    assert_eq!(contains(types, Some("http://loinc.org"), "99999-9"), Membership::Unknown);
    let set = t.set(types).expect("loaded");
    assert!(set.entry("http://loinc.org", "11488-4").is_some_and(|entry| entry.display.is_some()));
    assert!(set.is_open() && set.entries().expect("listed").len() > 100);
    let gender = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender";
    assert_eq!(t.display(gender, "F", Some("en")).as_deref(), Some("Female"));
    assert_eq!(t.display(gender, "F", Some("fr")).as_deref(), Some("Féminin"));
}

#[test]
fn fhirpath_asks_the_loaded_terminologies() {
    use crate::fhirpath::{self, Context, Item};
    let patient = json!({ "resourceType": "Patient", "gender": "female", "maritalStatus": { "coding": [
        { "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M" }] } });
    let mut context = Context::of(&patient);
    context.terminology = Some(&Loaded);
    let truth = |text: &str| {
        let expression = fhirpath::parse(text).expect("an expression");
        let found = fhirpath::evaluate(&expression, &context, &context.focus()).expect("an answer");
        found.first().and_then(Item::boolean)
    };
    let gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    assert_eq!(truth(&format!("gender.memberOf('{gender}')")), Some(true));
    assert_eq!(truth("maritalStatus.memberOf('http://hl7.org/fhir/ValueSet/marital-status')"), Some(true));
    assert_eq!(truth(&format!("maritalStatus.memberOf('{gender}')")), Some(false));
    assert_eq!(truth("gender.memberOf('urn:nowhere')"), None);
}
