//! Conversions between computed types.

use super::{Call, yes};
use crate::decimal::Decimal;
use crate::fhirpath::PathError;
use crate::fhirpath::eval::single;
use crate::fhirpath::few::Items;
use crate::fhirpath::function::Target;
use crate::fhirpath::item::Item;
use crate::fhirpath::moment::{Kind, Moment};
use crate::fhirpath::number::decimals;
use crate::fhirpath::quantity;
use crate::ucum;
use std::borrow::Cow;

pub(super) fn to<'a>(call: &Call<'a, '_>, target: Target) -> Result<Items<'a>, PathError> {
    Ok(converted(call, target)?.flatten().into_iter().collect())
}

pub(super) fn converts_to<'a>(call: &Call<'a, '_>, target: Target) -> Result<Items<'a>, PathError> {
    Ok(converted(call, target)?.map(|item| yes(item.is_some())).unwrap_or_default())
}

/// Nothing to convert, or what came of it.
#[expect(clippy::option_option, reason = "no input and no conversion are two things")]
fn converted<'a>(call: &Call<'a, '_>, target: Target) -> Result<Option<Option<Item<'a>>>, PathError> {
    let Some(item) = single(call.focus)?.map(Item::to_system).filter(|item| !item.is_valueless()) else {
        return Ok(None);
    };
    Ok(Some(match target {
        Target::Boolean => to_boolean(&item),
        Target::Integer => to_integer(&item),
        Target::Decimal => to_decimal(&item),
        Target::String => to_text(&item),
        Target::Date => to_moment(&item, Kind::Date),
        Target::DateTime => to_moment(&item, Kind::DateTime),
        Target::Time => to_moment(&item, Kind::Time),
        Target::Quantity => to_quantity(item, call.text_value(0)?.as_deref()),
    }))
}

fn to_boolean<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let is = |number: &Decimal, whole: i64| number.compare(Decimal::whole(whole)).is_eq();
    let truth = match item {
        Item::Boolean(truth) => *truth,
        Item::Integer(0) => false,
        Item::Integer(1) => true,
        Item::Decimal(number) if is(number, 0) => false,
        Item::Decimal(number) if is(number, 1) => true,
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
        Item::String(text) => decimals(text).map(Item::Decimal),
        _ => None,
    }
}

fn to_text<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    let text = match item {
        Item::Boolean(truth) => truth.to_string(),
        Item::Integer(number) => number.to_string(),
        Item::Decimal(number) => number.to_string(),
        Item::Quantity(number, unit) => quantity::to_text(*number, unit),
        Item::DateTime(text) => text.trim_end_matches('T').to_owned(),
        Item::String(text) | Item::Date(text) | Item::Time(text) => return Some(Item::String(text.clone())),
        Item::Element(_) | Item::Resolved(_) | Item::Type { .. } => return None,
    };
    Some(Item::String(Cow::Owned(text)))
}

fn to_moment<'a>(item: &Item<'a>, target: Kind) -> Option<Item<'a>> {
    let moment = match (item, target) {
        (Item::String(text), Kind::Date) => {
            // A text with a time gives its date.
            Moment::parse(Kind::DateTime, text).map(Moment::to_date)?
        }
        (Item::String(text), target) => Moment::parse(target, text)?,
        (Item::Date(_) | Item::DateTime(_), Kind::Date) => item.moment()?.1.to_date(),
        (Item::Date(text) | Item::DateTime(text), Kind::DateTime) => Moment::parse(Kind::DateTime, text)?,
        (Item::Time(_), Kind::Time) => return Some(item.clone()),
        _ => return None,
    };
    Some(Item::of_moment(target, moment))
}

fn to_quantity<'a>(item: Item<'a>, unit: Option<&str>) -> Option<Item<'a>> {
    let (number, own) = match &item {
        Item::Quantity(number, own) => (*number, own.clone()),
        Item::String(text) => {
            let (number, own) = quantity::parse(text)?;
            (number, Cow::Owned(own))
        }
        other => match to_decimal(other)? {
            Item::Decimal(number) => (number, Cow::Borrowed("1")),
            _ => return None,
        },
    };
    match unit {
        None => Some(Item::Quantity(number, own)),
        Some(unit) => Some(Item::Quantity(ucum::convert(number, &own, unit)?, Cow::Owned(unit.to_owned()))),
    }
}
