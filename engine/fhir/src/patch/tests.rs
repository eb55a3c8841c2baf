//! Promises of patches; the JSON Patch cases follow the appendix of RFC 6902.

use super::*;
use serde_json::{Value, json};

fn json_case(document: Value, patch: Value, expected: Option<Value>) {
    let before = document.clone();
    let answer = apply_json_patch(&document, &patch);
    assert_eq!(answer.as_ref().ok(), expected.as_ref(), "{patch}");
    assert_eq!(document, before);
}

#[test]
fn json_patch_does_what_the_rfc_says() {
    let cases = [
        (
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux"}]),
            json!({"foo": "bar", "baz": "qux"}),
        ),
        (
            json!({"foo": ["bar", "baz"]}),
            json!([{"op": "add", "path": "/foo/1", "value": "qux"}]),
            json!({"foo": ["bar", "qux", "baz"]}),
        ),
        (json!({"baz": 1, "foo": 2}), json!([{"op": "remove", "path": "/baz"}]), json!({"foo": 2})),
        (json!({"foo": [1, 2, 3]}), json!([{"op": "remove", "path": "/foo/1"}]), json!({"foo": [1, 3]})),
        (
            json!({"baz": "qux"}),
            json!([{"op": "replace", "path": "/baz", "value": "boo"}]),
            json!({"baz": "boo"}),
        ),
        (
            json!({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}),
            json!([{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]),
            json!({"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
        ),
        (
            json!({"foo": [1, 2, 3, 4]}),
            json!([{"op": "move", "from": "/foo/1", "path": "/foo/3"}]),
            json!({"foo": [1, 3, 4, 2]}),
        ),
        (
            json!({"foo": {"a": 1}}),
            json!([{"op": "copy", "from": "/foo/a", "path": "/b"}]),
            json!({"foo": {"a": 1}, "b": 1}),
        ),
        (
            json!({"baz": "qux", "foo": ["a", 2, "c"]}),
            json!([{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2.0}]),
            json!({"baz": "qux", "foo": ["a", 2, "c"]}),
        ),
        (
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/child", "value": {"grandchild": {}}}]),
            json!({"foo": "bar", "child": {"grandchild": {}}}),
        ),
        (
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}]),
            json!({"foo": "bar", "baz": "qux"}),
        ),
        (
            json!({"/": 9, "~1": 10}),
            json!([{"op": "test", "path": "/~01", "value": 10}]),
            json!({"/": 9, "~1": 10}),
        ),
        (json!({"a/b": 1}), json!([{"op": "replace", "path": "/a~1b", "value": 2}]), json!({"a/b": 2})),
        (
            json!({"foo": ["bar"]}),
            json!([{"op": "add", "path": "/foo/-", "value": ["abc"]}]),
            json!({"foo": ["bar", ["abc"]]}),
        ),
        (json!({"foo": 1}), json!([{"op": "add", "path": "", "value": [1]}]), json!([1])),
        (json!({"": 1}), json!([{"op": "replace", "path": "/", "value": 2}]), json!({"": 2})),
    ];
    for (document, patch, expected) in cases {
        json_case(document, patch, Some(expected));
    }
}

#[test]
fn json_patch_refuses_what_cannot_be_applied() {
    for patch in [
        json!([{"op": "add", "path": "/baz/bat", "value": "qux"}]),
        json!([{"op": "remove", "path": "/none"}]),
        json!([{"op": "replace", "path": "/none", "value": 1}]),
        json!([{"op": "add", "path": "/list/5", "value": 1}]),
        json!([{"op": "add", "path": "/list/01", "value": 1}]),
        json!([{"op": "remove", "path": "/list/-"}]),
        json!([{"op": "test", "path": "/foo", "value": "other"}]),
        json!([{"op": "test", "path": "/ten", "value": "10"}]),
        json!([{"op": "move", "from": "/object", "path": "/object/inside"}]),
        json!([{"op": "replace", "path": "/foo", "value": 1}, {"op": "remove", "path": "/none"}]),
    ] {
        let document = json!({"foo": "bar", "ten": 10, "list": [1], "object": {}});
        let problem = apply_json_patch(&document, &patch).expect_err("refused");
        assert_eq!(problem.kind, Kind::Unprocessable, "{patch}");
    }
}

#[test]
fn json_patch_refuses_what_cannot_be_read() {
    for patch in [
        json!({"op": "add"}),
        json!([{"path": "/a", "value": 1}]),
        json!([{"op": "spam", "path": "/a"}]),
        json!([{"op": "add", "path": "/a"}]),
        json!([{"op": "add", "path": "a", "value": 1}]),
        json!([{"op": "add", "path": "/a~2", "value": 1}]),
        json!([{"op": "copy", "path": "/a"}]),
        json!([1]),
    ] {
        let problem = apply_json_patch(&json!({}), &patch).expect_err("refused");
        assert_eq!(problem.kind, Kind::Invalid, "{patch}");
    }
}

#[test]
fn a_patch_cannot_grow_a_resource_without_end() {
    let doubling: Vec<Value> = (0..100)
        .map(|step| json!({"op": "copy", "from": "/list", "path": format!("/list/{step}")}))
        .collect();
    let problem = apply_json_patch(&json!({"list": ["text"]}), &json!(doubling)).expect_err("refused");
    assert_eq!(problem.kind, Kind::TooLarge);
    let deepening: Vec<Value> =
        (1..100).map(|depth| json!({"op": "add", "path": "/a".repeat(depth), "value": {}})).collect();
    assert_eq!(apply_json_patch(&json!({}), &json!(deepening)).expect_err("refused").kind, Kind::TooLarge);
    let many = vec![json!({"op": "test", "path": "", "value": 1}); 2000];
    assert_eq!(apply_json_patch(&json!(1), &json!(many)).expect_err("refused").kind, Kind::Invalid);
}

fn patient() -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{"system": "http://a", "value": "1"}, {"system": "http://b", "value": "2"}],
        "name": [{"use": "official", "family": "Durand", "given": ["Léa", "Marie"]}],
        "birthDate": "1974-12-25",
        "deceasedBoolean": false,
    })
}

fn operation(kind: &str, path: &str, others: &[Value]) -> Value {
    let mut parts =
        vec![json!({"name": "type", "valueCode": kind}), json!({"name": "path", "valueString": path})];
    parts.extend(others.iter().cloned());
    json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]})
}

fn patched(kind: &str, path: &str, others: &[Value]) -> Value {
    apply_fhirpath_patch(&patient(), &operation(kind, path, others)).unwrap_or_else(|p| panic!("{path}: {p}"))
}

#[test]
fn fhirpath_patch_adds() {
    let name = json!({"name": "name", "valueString": "telecom"});
    let value = json!({"name": "value", "valueContactPoint": {"system": "phone", "value": "0102030405"}});
    let after = patched("add", "Patient", &[name, value]);
    assert_eq!(after["telecom"], json!([{"system": "phone", "value": "0102030405"}]));

    let contact = json!({"name": "value", "part": [
        {"name": "name", "valueHumanName": {"family": "Martin"}},
        {"name": "gender", "valueCode": "male"},
        {"name": "relationship", "valueCodeableConcept": {"text": "frère"}},
    ]});
    let after = patched("add", "Patient", &[json!({"name": "name", "valueString": "contact"}), contact]);
    assert_eq!(
        after["contact"],
        json!([{"name": {"family": "Martin"}, "gender": "male", "relationship": [{"text": "frère"}]}])
    );
}

#[test]
fn fhirpath_patch_inserts_deletes_and_moves() {
    let value = json!({"name": "value", "valueString": "Anne"});
    let after =
        patched("insert", "Patient.name[0].given", &[json!({"name": "index", "valueInteger": 1}), value]);
    assert_eq!(after["name"][0]["given"], json!(["Léa", "Anne", "Marie"]));

    let after = patched("delete", "Patient.identifier.where(system = 'http://a')", &[]);
    assert_eq!(after["identifier"], json!([{"system": "http://b", "value": "2"}]));
    assert_eq!(patched("delete", "Patient.photo", &[]), patient());
    assert_eq!(patched("delete", "Patient.name[0]", &[]).get("name"), None);

    let indexes =
        [json!({"name": "source", "valueInteger": 1}), json!({"name": "destination", "valueInteger": 0})];
    let after = patched("move", "Patient.identifier", &indexes);
    assert_eq!(after["identifier"][0]["value"], "2");
}

#[test]
fn fhirpath_patch_replaces_even_the_type_of_a_choice() {
    let after =
        patched("replace", "Patient.birthDate", &[json!({"name": "value", "valueDate": "1975-01-01"})]);
    assert_eq!(after["birthDate"], "1975-01-01");
    let when = json!({"name": "value", "valueDateTime": "2020-02-03"});
    let after = patched("replace", "Patient.deceased", &[when]);
    assert_eq!(after["deceasedDateTime"], "2020-02-03");
    assert_eq!(after.get("deceasedBoolean"), None);
    let family = json!({"name": "value", "valueString": "Petit"});
    let after = patched("replace", "Patient.name.where(use = 'official').family", &[family]);
    assert_eq!(after["name"][0]["family"], "Petit");
}

#[test]
fn fhirpath_patch_refuses_what_is_ambiguous_absent_or_unreadable() {
    let refusal = |kind: &str, path: &str, others: &[Value]| {
        apply_fhirpath_patch(&patient(), &operation(kind, path, others)).expect_err("refused").kind
    };
    let value = json!({"name": "value", "valueString": "x"});
    assert_eq!(refusal("delete", "Patient.identifier", &[]), Kind::Unprocessable);
    assert_eq!(refusal("replace", "Patient.language", std::slice::from_ref(&value)), Kind::Unprocessable);
    assert_eq!(refusal("spam", "Patient.birthDate", &[]), Kind::Invalid);
    assert_eq!(refusal("delete", "Patient.", &[]), Kind::Invalid);
    assert_eq!(refusal("delete", "1 + 1", &[]), Kind::Invalid);
    assert_eq!(refusal("add", "Patient", &[value]), Kind::Invalid);
    let index = json!({"name": "index", "valueInteger": 9});
    let text = json!({"name": "value", "valueString": "x"});
    assert_eq!(refusal("insert", "Patient.name[0].given", &[index, text]), Kind::Unprocessable);
    assert!(apply_fhirpath_patch(&patient(), &json!({"resourceType": "Patient"})).is_err());
}

#[test]
fn changes_are_told_by_name() {
    let before = json!({
        "resourceType": "Patient",
        "meta": {"versionId": "1", "lastUpdated": "a"},
        "extension": [{"url": "http://a", "valueCode": "x"}, {"url": "http://b", "valueCode": "y"}],
        "birthDate": "1974",
        "gender": "female",
    });
    let after = json!({
        "resourceType": "Patient",
        "meta": {"versionId": "2", "lastUpdated": "b"},
        "extension": [{"url": "http://b", "valueCode": "z"}, {"url": "http://a", "valueCode": "x"}],
        "birthDate": "1974",
        "_birthDate": {"id": "b"},
        "active": true,
    });
    assert_eq!(changed_elements(&before, &after), ["extension(http://b)", "gender", "birthDate", "active"]);
    assert!(changed_elements(&before, &before).is_empty());
}
