//! Values beside the values a profile wants: exactly the same, holding a pattern, within bounds.

use crate::date::FhirDate;
use crate::decimal::Decimal;
use serde_json::{Number, Value};
use std::cmp::Ordering;

/// A value for a message; cut, because patterns may be long.
pub(super) fn short_text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let short: String = text.chars().take(200).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (Decimal::parse(a.as_str()), Decimal::parse(b.as_str())) {
        (Some(a), Some(b)) => a.compare(b) == Ordering::Equal,
        _ => a == b,
    }
}

/// True for the same value: members in any order, numbers by their worth.
pub(super) fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Number(wanted), Value::Number(value)) => same_number(wanted, value),
        (Value::Array(wanted), Value::Array(values)) => {
            wanted.len() == values.len()
                && wanted.iter().zip(values).all(|(wanted, value)| same(wanted, value))
        }
        (Value::Object(wanted), Value::Object(members)) => {
            wanted.len() == members.len()
                && wanted
                    .iter()
                    .all(|(name, wanted)| members.get(name).is_some_and(|value| same(wanted, value)))
        }
        _ => wanted == value,
    }
}

/// True when the value has at least what the pattern has; an item of a list of the pattern fits any item of the value.
pub(super) fn holds(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Number(pattern), Value::Number(value)) => same_number(pattern, value),
        (Value::Array(patterns), Value::Array(values)) => {
            patterns.iter().all(|pattern| values.iter().any(|value| holds(pattern, value)))
        }
        (Value::Object(pattern), Value::Object(members)) => {
            pattern.iter().all(|(name, pattern)| members.get(name).is_some_and(|value| holds(pattern, value)))
        }
        _ => pattern == value,
    }
}

/// True when a value is certainly below the least or above the most.
pub(super) fn is_outside(value: &Value, bound: &Value, is_least: bool) -> bool {
    let order = match (value, bound) {
        (Value::Number(value), Value::Number(bound)) => Decimal::parse(value.as_str())
            .zip(Decimal::parse(bound.as_str()))
            .map(|(value, bound)| value.compare(bound)),
        (Value::String(value), Value::String(bound)) => dates(value, bound),
        (Value::Object(value), Value::Object(limit)) => {
            let same_unit = value.get("code") == limit.get("code");
            let pair = value.get("value").zip(limit.get("value")).filter(|_| same_unit);
            return pair.is_some_and(|(value, bound)| is_outside(value, bound, is_least));
        }
        _ => None,
    };
    order == Some(if is_least { Ordering::Less } else { Ordering::Greater })
}

/// The order of two dates, or of two times of day; unknown when one holds the other.
fn dates(a: &str, b: &str) -> Option<Ordering> {
    match (FhirDate::parse(a), FhirDate::parse(b)) {
        (Some(a), Some(b)) if a.end <= b.start => Some(Ordering::Less),
        (Some(a), Some(b)) if b.end <= a.start => Some(Ordering::Greater),
        (Some(_), Some(_)) => None,
        _ => Some(a.cmp(b)),
    }
}
