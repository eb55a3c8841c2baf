//! Promises of the JSON reader and of the canonical body.

use super::*;
use proptest::prelude::*;
use socle_kernel::resource_type;

fn refusal(text: &[u8]) -> String {
    parse(text).expect_err("refused").issues[0].text.en.to_string()
}

#[test]
fn says_where_the_syntax_is_wrong() {
    let said = refusal(b"{\n  \"a\": 1,\n  \"b\" 2\n}");
    assert!(said.contains("line 3, column 7"), "{said}");
    assert!(refusal(b"{\"a\":\"\xff\"}").contains("byte 6"));
    assert!(refusal(b"").contains("line 1, column 1"));
    assert!(refusal(b"{} {}").contains("the end of the text"));
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "{\"a\":1,}",
        "[1,]",
        "01",
        "1.",
        ".5",
        "-",
        "1e",
        "+1",
        "NaN",
        "'a'",
        "{a:1}",
        "\"\u{1}\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "tru",
        "nulll",
        "[1 2]",
        "\"abc",
        "{\"a\":1,\"a\":2}",
        "\u{feff}{}",
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn refuses_a_name_written_twice_even_when_escaped() {
    assert!(refusal(br#"{"id":1,"\u0069d":2}"#).contains("occurs twice"));
}

#[test]
fn refuses_nesting_past_the_limit() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(deep(64).as_bytes()).is_ok());
    assert!(refusal(deep(65).as_bytes()).contains("Nesting"));
    assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn numbers_keep_their_digits() {
    let text = br#"{"value":1.50,"tiny":0.000100,"large":123456789012345678901234567890,"negative":-0.0}"#;
    assert_eq!(to_text(&parse(text).expect("valid")), text);
}

#[test]
fn a_member_named_like_an_internal_of_the_library_is_only_a_member() {
    let text = br#"{"$serde_json::private::Number":"1"}"#;
    assert!(parse(text).expect("valid").is_object());
}

#[test]
fn the_head_of_a_composed_body_is_read_back() {
    let resource = parse(
        br#"{"active":true,"meta":{"profile":["http://x"],"versionId":"9"},"resourceType":"Patient","id":"old"}"#,
    )
    .expect("valid");
    let instant = Instant::parse("2026-11-21T20:15:00.123Z").expect("valid");
    let body = compose(resource_type::PATIENT, "abc", 3, instant, &resource);
    assert_eq!(
        String::from_utf8(body.clone()).expect("text"),
        r#"{"resourceType":"Patient","id":"abc","meta":{"versionId":"3","lastUpdated":"2026-11-21T20:15:00.123Z","profile":["http://x"]},"active":true}"#
    );
    let head = head(&body).expect("canonical");
    assert_eq!((head.resource_type, head.id, head.version), (resource_type::PATIENT, "abc", 3));
    assert_eq!(head.last_updated, "2026-11-21T20:15:00.123Z");
    assert_eq!(super::head(br#"{"id":"abc"}"#), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(".*", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in any_json()) {
        prop_assert_eq!(parse(&to_text(&value)).expect("our own text"), value);
    }

    #[test]
    fn never_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
        let _ = head(&bytes);
    }

    #[test]
    fn agrees_with_serde_json_on_validity(text in r#"[\[\]{}:,"\\utrnfalse0-9eE.+ -]{0,24}"#) {
        let ours = parse(text.as_bytes());
        if ours.is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        } else if !ours.expect_err("refused").issues[0].text.en.contains("twice") {
            prop_assert!(serde_json::from_str::<Value>(&text).is_err());
        }
    }
}
