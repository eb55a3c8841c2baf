//! Conversions between computed types, and functions on numbers.

use super::{Call, yes};
use crate::date::FhirDate;
use crate::decimal::Decimal;
use crate::fhirpath::PathError;
use crate::fhirpath::eval::{Items, single};
use crate::fhirpath::item::Item;
use std::borrow::Cow;

/// The answer, or `None` when the function is no conversion.
pub(super) fn call<'a>(call: &Call<'a, '_>) -> Result<Option<Items<'a>>, PathError> {
    let (target, asks) = match (call.name.strip_prefix("convertsTo"), call.name.strip_prefix("to")) {
        (Some(target), _) => (target, true),
        (None, Some(target)) => (target, false),
        (None, None) => (call.name, false),
    };
    const TARGETS: [&str; 8] =
        ["Boolean", "Integer", "Decimal", "String", "Date", "DateTime", "Quantity", "abs"];
    if !TARGETS.contains(&target) {
        return Ok(None);
    }
    let Some(item) = single(call.focus)?.map(Item::to_system) else {
        return Ok(Some(Vec::new()));
    };
    let converted = match target {
        "Boolean" => to_boolean(&item),
        "Integer" => to_integer(&item),
        "Decimal" => to_decimal(&item),
        "String" => to_text(&item),
        "Date" => to_date(&item),
        "DateTime" => to_date_time(&item),
        "Quantity" => to_quantity(&item),
        _ => absolute(&item),
    };
    Ok(Some(if asks { yes(converted.is_some()) } else { converted.into_iter().collect() }))
}

fn to_boolean<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let truth = match item {
        Item::Boolean(truth) => *truth,
        Item::Integer(0) => false,
        Item::Integer(1) => true,
        Item::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => true,
            "false" | "f" | "no" | "n" | "0" | "0.0" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Item::Boolean(truth))
}

fn to_integer<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    match item {
        Item::Integer(number) => Some(Item::Integer(*number)),
        Item::Boolean(truth) => Some(Item::Integer(i64::from(*truth))),
        Item::String(text) => text.parse().ok().map(Item::Integer),
        _ => None,
    }
}

fn to_decimal<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    match item {
        Item::Decimal(number) => Some(Item::Decimal(*number)),
        Item::Integer(number) => Some(Item::Decimal(Decimal::whole(*number))),
        Item::Boolean(truth) => Some(Item::Decimal(Decimal::whole(i64::from(*truth)))),
        Item::String(text) => Decimal::parse(text).map(Item::Decimal),
        _ => None,
    }
}

fn to_text<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let text = match item {
        Item::Boolean(truth) => truth.to_string(),
        Item::Integer(number) => number.to_string(),
        Item::Decimal(number) => number.to_string(),
        Item::Quantity(number, unit) => format!("{number} '{unit}'"),
        Item::String(text) | Item::Date(text) | Item::DateTime(text) | Item::Time(text) => {
            return Some(Item::String(text.clone()));
        }
        Item::Element(_) | Item::Resolved(_) => return None,
    };
    Some(Item::String(Cow::Owned(text)))
}

fn to_date<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let (Item::String(text) | Item::Date(text) | Item::DateTime(text)) = item else { return None };
    FhirDate::parse(text)?;
    Some(Item::Date(Cow::Owned(text.split('T').next().unwrap_or("").to_owned())))
}

fn to_date_time<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let (Item::String(text) | Item::Date(text) | Item::DateTime(text)) = item else { return None };
    FhirDate::parse(text)?;
    Some(Item::DateTime(text.clone()))
}

fn to_quantity<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    if let Item::Quantity(..) = item {
        return Some(item.clone());
    }
    match to_decimal(item)? {
        Item::Decimal(number) => Some(Item::Quantity(number, Cow::Borrowed("1"))),
        _ => None,
    }
}

fn absolute<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let positive = |number: &Decimal| Decimal { mantissa: number.mantissa.abs(), ..*number };
    match item {
        Item::Integer(number) => number.checked_abs().map(Item::Integer),
        Item::Decimal(number) => Some(Item::Decimal(positive(number))),
        Item::Quantity(number, unit) => Some(Item::Quantity(positive(number), unit.clone())),
        _ => None,
    }
}
