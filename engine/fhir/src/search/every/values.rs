//! Values of each type, in pairs that a search tells apart.

use super::super::ParamKind;
use crate::definitions::{CodeSet, Type, TypeKind};
use serde_json::{Value, json};

/// A value and its neighbour, as JSON and as searches.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) own: Value,
    pub(super) own_search: String,
    pub(super) other: Value,
    pub(super) other_search: String,
}

fn both(make: impl Fn(&str) -> (Value, String)) -> Option<Pair> {
    let ((own, own_search), (other, other_search)) = (make("alpha"), make("omega"));
    Some(Pair { own, own_search, other, other_search })
}

/// Two values of a type, for a kind of parameter. `None` when it does not look at this type.
pub(super) fn pair(
    kind: ParamKind,
    definition: &'static Type,
    codes: Option<&'static CodeSet>,
    target: &str,
) -> Option<Pair> {
    match kind {
        ParamKind::Token => token(definition, codes),
        ParamKind::String => string(definition),
        ParamKind::Date => date(definition),
        ParamKind::Number => number(definition),
        ParamKind::Quantity => quantity(definition),
        ParamKind::Reference => reference(definition, target),
        ParamKind::Uri => uri(),
        ParamKind::Composite | ParamKind::Special => None,
    }
}

fn token(definition: &'static Type, codes: Option<&'static CodeSet>) -> Option<Pair> {
    match definition.name {
        "CodeableConcept" => both(|word| {
            (json!({"coding": [{"system": "urn:ex:s", "code": word}]}), format!("urn:ex:s|{word}"))
        }),
        "Coding" => both(|word| (json!({"system": "urn:ex:s", "code": word}), format!("urn:ex:s|{word}"))),
        "Identifier" => {
            both(|word| (json!({"system": "urn:ex:s", "value": word}), format!("urn:ex:s|{word}")))
        }
        "ContactPoint" => both(|word| (json!({"value": word}), word.to_owned())),
        "boolean" => Some(Pair {
            own: json!(true),
            own_search: "true".to_owned(),
            other: json!(false),
            other_search: "false".to_owned(),
        }),
        "integer" | "positiveInt" | "unsignedInt" => whole(),
        "code" => match codes.map(|set| set.codes.as_slice()) {
            Some([(one, system), .., (other, other_system)]) => Some(Pair {
                own: json!(one),
                own_search: format!("{system}|{one}"),
                other: json!(other),
                other_search: format!("{other_system}|{other}"),
            }),
            _ => both(|word| (json!(word), word.to_owned())),
        },
        "date" | "dateTime" | "instant" => None,
        _ if definition.kind == TypeKind::Primitive => both(|word| (json!(word), word.to_owned())),
        _ => None,
    }
}

fn whole() -> Option<Pair> {
    Some(Pair { own: json!(5), own_search: "5".to_owned(), other: json!(9), other_search: "9".to_owned() })
}

fn string(definition: &'static Type) -> Option<Pair> {
    match definition.name {
        "HumanName" => both(|word| (json!({"family": word}), word.to_owned())),
        "Address" => both(|word| (json!({"city": word}), word.to_owned())),
        "CodeableConcept" => both(|word| (json!({"text": word}), word.to_owned())),
        "ContactPoint" | "Identifier" => both(|word| (json!({"value": word}), word.to_owned())),
        _ if definition.kind == TypeKind::Primitive => both(|word| (json!(word), word.to_owned())),
        _ => None,
    }
}

fn date(definition: &'static Type) -> Option<Pair> {
    let days = |make: &dyn Fn(&str) -> Value| {
        Some(Pair {
            own: make("2021-03-04"),
            own_search: "2021-03-04".to_owned(),
            other: make("1999-12-31"),
            other_search: "1999-12-31".to_owned(),
        })
    };
    match definition.name {
        "date" => days(&|day| json!(day)),
        "dateTime" | "instant" => days(&|day| json!(format!("{day}T05:06:07Z"))),
        "Period" => {
            days(&|day| json!({"start": format!("{day}T05:06:07Z"), "end": format!("{day}T06:00:00Z")}))
        }
        "Timing" => days(&|day| json!({"event": [format!("{day}T05:06:07Z")]})),
        _ => None,
    }
}

fn number(definition: &'static Type) -> Option<Pair> {
    match definition.name {
        "decimal" => Some(Pair {
            own: json!(5.5),
            own_search: "5.5".to_owned(),
            other: json!(9.5),
            other_search: "9.5".to_owned(),
        }),
        "integer" | "positiveInt" | "unsignedInt" => whole(),
        "Range" => Some(Pair {
            own: json!({"low": {"value": 5}, "high": {"value": 6}}),
            own_search: "lt7".to_owned(),
            other: json!({"low": {"value": 9}, "high": {"value": 10}}),
            other_search: "gt8".to_owned(),
        }),
        _ => None,
    }
}

fn quantity(definition: &'static Type) -> Option<Pair> {
    const UCUM: &str = "http://unitsofmeasure.org";
    let amount = |value: f64| json!({"value": value, "system": UCUM, "code": "mg"});
    let made = |own: Value, own_search: &str, other: Value, other_search: &str| {
        let search = |number: &str| format!("{number}|{UCUM}|mg");
        Some(Pair { own, own_search: search(own_search), other, other_search: search(other_search) })
    };
    match definition.name {
        "Money" => Some(Pair {
            own: json!({"value": 5.5, "currency": "EUR"}),
            own_search: "5.5|urn:iso:std:iso:4217|EUR".to_owned(),
            other: json!({"value": 5.5, "currency": "USD"}),
            other_search: "5.5|urn:iso:std:iso:4217|USD".to_owned(),
        }),
        "Range" => made(
            json!({"low": amount(5.0), "high": amount(6.0)}),
            "lt7",
            json!({"low": amount(9.0), "high": amount(10.0)}),
            "gt8",
        ),
        "SampledData" => {
            let sampled =
                |data: &str| json!({"origin": amount(0.0), "period": 1, "dimensions": 1, "data": data});
            made(sampled("5"), "5", sampled("9"), "9")
        }
        _ if definition.is_a("Quantity") => made(amount(5.5), "5.5", amount(9.5), "9.5"),
        _ => None,
    }
}

fn reference(definition: &'static Type, target: &str) -> Option<Pair> {
    match definition.name {
        "Reference" => both(|word| {
            let literal = format!("{target}/{word}");
            (json!({"reference": literal}), literal)
        }),
        _ if definition.kind == TypeKind::Resource => {
            both(|word| (json!({"resourceType": target, "id": word}), format!("{target}/{word}")))
        }
        _ => uri(),
    }
}

fn uri() -> Option<Pair> {
    both(|word| {
        let address = format!("http://example.org/{word}");
        (json!(address), address)
    })
}
