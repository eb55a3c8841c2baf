//! Small pieces that every resource is made of.

use crate::geo::Commune;
use crate::systems::{COMMUNE, DEMO, FR_CORE, HL7, UCUM};
use serde_json::{Map, Value, json};

/// An object of these fields. Unlike `json!`, which copies every value it is given, this moves them: a record is made
/// of thousands of small values, and copies were most of its cost.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut map = Map::with_capacity(N);
    for (name, value) in fields {
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

/// A list of one value, moved.
pub(crate) fn list(value: Value) -> Value {
    Value::Array(vec![value])
}

/// A string.
pub(crate) fn text(words: impl Into<String>) -> Value {
    Value::String(words.into())
}

/// The mark that every invented resource carries.
pub(crate) fn demo_tag() -> Value {
    list(coding(DEMO, "DEMO", "DÉMO"))
}

/// `meta` with the mark, and the profile when the resource claims one.
pub(crate) fn meta(profile: Option<&str>) -> Value {
    match profile {
        Some(profile) => object([("profile", list(text(profile))), ("tag", demo_tag())]),
        None => object([("tag", demo_tag())]),
    }
}

/// One coding.
pub(crate) fn coding(system: &str, code: &str, display: &str) -> Value {
    object([("system", text(system)), ("code", text(code)), ("display", text(display))])
}

/// A concept of one coding.
pub(crate) fn concept(system: &str, code: &str, display: &str) -> Value {
    object([("coding", list(coding(system, code, display)))])
}

/// A concept of one coding of a HL7 system, without display, as HL7's status elements are written.
pub(crate) fn hl7(system: &str, code: &str) -> Value {
    let coding = object([("system", text(format!("{HL7}{system}"))), ("code", text(code))]);
    object([("coding", list(coding))])
}

/// A concept of one coding and a text.
pub(crate) fn concept_text(system: &str, code: &str, display: &str) -> Value {
    object([("coding", list(coding(system, code, display))), ("text", text(display))])
}

/// A reference by address.
pub(crate) fn reference(to: &str) -> Value {
    object([("reference", text(to))])
}

/// A reference by address, with words for people.
pub(crate) fn named_reference(to: &str, display: &str) -> Value {
    object([("reference", text(to)), ("display", text(display))])
}

/// A reference to what another Bundle holds, found by its identifier.
pub(crate) fn conditional(kind: &str, system: &str, value: &str) -> String {
    format!("{kind}?identifier={system}|{value}")
}

/// A quantity in UCUM; the number keeps its decimals.
pub(crate) fn quantity(value: f64, decimals: usize, unit: &str, code: &str) -> Value {
    object([
        ("value", decimal(value, decimals)),
        ("unit", text(unit)),
        ("system", text(UCUM)),
        ("code", text(code)),
    ])
}

/// A decimal number written with that many decimals, as it would be on paper.
pub(crate) fn decimal(value: f64, decimals: usize) -> Value {
    let text = format!("{value:.decimals$}");
    let number: serde_json::Number = text.parse().expect("a formatted finite number is a JSON number");
    Value::Number(number)
}

/// An address with its INSEE code, shaped by FR Core.
pub(crate) fn address(street: &str, commune: &Commune) -> Value {
    json!({
        "extension": [{
            "url": format!("{FR_CORE}fr-core-address-insee-code"),
            "valueCoding": { "system": COMMUNE, "code": commune.code, "display": commune.name },
        }],
        "use": "home",
        "type": "both",
        "line": [street],
        "city": commune.name,
        "postalCode": commune.postal_code,
        "country": "FRA",
    })
}

/// An entry that creates a resource, known in its Bundle by this address.
pub(crate) fn post(full_url: &str, resource: Value) -> Value {
    let kind = resource["resourceType"].as_str().unwrap_or_default().to_owned();
    let request = object([("method", text("POST")), ("url", text(kind))]);
    object([("fullUrl", text(full_url)), ("resource", resource), ("request", request)])
}

/// An entry that creates a resource unless one with this identifier is there already.
pub(crate) fn post_once(full_url: &str, resource: Value, system: &str, value: &str) -> Value {
    let mut entry = post(full_url, resource);
    entry["request"]["ifNoneExist"] = text(format!("identifier={system}|{value}"));
    entry
}

/// A transaction.
pub(crate) fn transaction(entries: Vec<Value>) -> Value {
    object([
        ("resourceType", text("Bundle")),
        ("type", text("transaction")),
        ("entry", Value::Array(entries)),
    ])
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_keep_the_decimals_of_paper() {
        assert_eq!(decimal(7.0, 1).to_string(), "7.0");
        assert_eq!(decimal(0.925, 2).to_string(), format!("{:.2}", 0.925));
        assert_eq!(decimal(76.2, 0).to_string(), "76");
    }
}
