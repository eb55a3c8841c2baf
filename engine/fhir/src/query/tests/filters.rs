//! Laws of `_filter`, on random resources.

use super::*;

/// Tests over what [`resource`] may hold.
fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4_u8).prop_map(|code| format!("code eq c{code}")),
        (0..4_u8).prop_map(|code| format!("code ne c{code}")),
        (0..10_i32, prop::sample::select(vec!["gt", "le", "eq", "ap"]))
            .prop_map(|(value, operator)| format!("value-quantity {operator} {value}")),
        (2000..2010_i32, prop::sample::select(vec!["ge", "lt", "po", "sa"]))
            .prop_map(|(year, operator)| format!("date {operator} {year}")),
        prop::sample::select(vec!["true", "false"]).prop_map(|is| format!("value-quantity pr {is}")),
        prop::sample::select(vec!["al", "et", "zo"]).prop_map(|part| format!("value-string co \"{part}\"")),
        Just("_id eq 1".to_owned()),
    ]
}

fn resource() -> impl Strategy<Value = Value> {
    let codes = prop::collection::vec(0..4_u8, 0..3);
    (codes, prop::option::of(0..10_i32), prop::option::of(2000..2010_i32), prop::option::of("[a-z]{1,6}"))
        .prop_map(|(codes, value, year, text)| {
            let codings: Vec<Value> = codes.iter().map(|code| json!({"code": format!("c{code}")})).collect();
            let mut made = json!({"resourceType": "Observation", "code": {"coding": codings}});
            if let Some(value) = value {
                made["valueQuantity"] = json!({"value": value});
            }
            if let Some(year) = year {
                made["effectiveDateTime"] = json!(year.to_string());
            }
            if let Some(text) = text {
                made["valueString"] = json!(text);
            }
            made
        })
}

fn holds(sketch: &[u8], filter: &str) -> bool {
    query(OBSERVATION, &[("_filter", filter)]).matches(&Sketch(sketch), &ROW)
}

proptest! {
    #[test]
    fn and_or_not_are_those_of_sets(made in resource(), a in atom(), b in atom(), c in atom()) {
        let sketch = index(&made, &[]).sketch;
        let (one, two, three) = (holds(&sketch, &a), holds(&sketch, &b), holds(&sketch, &c));
        let both = format!("{a} and {b}");
        prop_assert_eq!(holds(&sketch, &both), one && two);
        let either = format!("{a} or {b}");
        prop_assert_eq!(holds(&sketch, &either), one || two);
        let opposite = format!("not({a})");
        prop_assert_eq!(holds(&sketch, &opposite), !one);
        let left_to_right = format!("{a} or {b} and {c}");
        prop_assert_eq!(holds(&sketch, &left_to_right), (one || two) && three);
        let grouped = format!("{a} or ({b} and not ({c}))");
        prop_assert_eq!(holds(&sketch, &grouped), one || (two && !three));
        let twice = query(OBSERVATION, &[("_filter", &a), ("_filter", &b)]).matches(&Sketch(&sketch), &ROW);
        prop_assert_eq!(twice, one && two);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z_:.()\\[\\]\" ]{0,40}") {
        let _ = parse_query(OBSERVATION, &[("_filter".to_owned(), text)], false);
    }
}
