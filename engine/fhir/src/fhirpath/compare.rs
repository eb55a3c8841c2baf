//! Equality, order and arithmetic of items.

use super::PathError;
use super::ast::Operator;
use super::eval::Items;
use super::item::Item;
use crate::date::{FhirDate, Precision};
use crate::decimal::Decimal;
use crate::names::normalise_name;
use std::borrow::Cow;
use std::cmp::Ordering;

/// `=` of two collections; `None` (empty) when one is empty or dates differ in precision.
pub(super) fn equal(left: &[Item<'_>], right: &[Item<'_>]) -> Option<bool> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left.len() != right.len() {
        return Some(false);
    }
    let mut all = Some(true);
    for (one, other) in left.iter().zip(right) {
        match same(one, other) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// `=` of two items.
pub(super) fn same(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    match (left.to_system(), right.to_system()) {
        (Item::Boolean(one), Item::Boolean(other)) => Some(one == other),
        (Item::String(one), Item::String(other)) | (Item::Time(one), Item::Time(other)) => Some(one == other),
        (Item::Quantity(one, unit), Item::Quantity(other, other_unit)) => {
            (unit == other_unit).then(|| one.compare(other).is_eq())
        }
        (Item::Element(one), Item::Element(other)) => {
            Some(one.value == other.value && one.sibling == other.sibling)
        }
        (Item::Resolved(one), Item::Resolved(other)) => Some(std::ptr::eq(one, other)),
        (one, other) => match (number(&one), number(&other)) {
            (Some(one), Some(other)) => Some(one.compare(other).is_eq()),
            _ => same_date(&one, &other),
        },
    }
}

fn same_date(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    let (Some(one), Some(other)) = (left.date(), right.date()) else {
        // A date written in FHIR text may be compared with a string literal.
        return match (left.text(), right.text()) {
            (Some(one), Some(other)) => Some(one == other),
            _ => Some(false),
        };
    };
    date_order(&one, &other).map(|order| order.is_eq())
}

/// The order of two dates; `None` when what was written leaves it open: one is coarser and holds the other, or only
/// one has a time zone. Seconds and their fractions are one precision.
fn date_order(one: &FhirDate, other: &FhirDate) -> Option<Ordering> {
    let level = |date: &FhirDate| date.precision.min(Precision::Second);
    let has_time = level(one) > Precision::Day && level(other) > Precision::Day;
    if has_time && one.has_zone != other.has_zone {
        return None;
    }
    if level(one) == level(other) {
        return Some(one.start.cmp(&other.start));
    }
    if one.end <= other.start {
        Some(Ordering::Less)
    } else if other.end <= one.start {
        Some(Ordering::Greater)
    } else {
        None
    }
}

/// `~`: order, case and digits do not matter.
pub(super) fn equivalent(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let alike = |one: &Item<'_>, other: &Item<'_>| match (one.to_system(), other.to_system()) {
        (Item::String(one), Item::String(other)) => normalise_name(&one) == normalise_name(&other),
        (Item::Decimal(one), Item::Decimal(other)) => {
            let step = if one.scale < other.scale { one.half_step() } else { other.half_step() };
            let distance = one.minus(other).map(|d| Decimal { mantissa: d.mantissa.abs(), ..d });
            distance.is_some_and(|distance| distance.compare(step) != Ordering::Greater)
        }
        (one, other) => same(&one, &other) == Some(true),
    };
    let mut rest: Vec<&Item<'_>> = right.iter().collect();
    left.iter().all(|one| {
        let found = rest.iter().position(|other| alike(one, other));
        found.map(|index| rest.swap_remove(index)).is_some()
    })
}

/// Both collections without repetitions.
pub(super) fn union<'a>(left: Items<'a>, right: Items<'a>) -> Items<'a> {
    let mut out: Items<'a> = Vec::with_capacity(left.len() + right.len());
    for item in left.into_iter().chain(right) {
        if !out.iter().any(|known| same(known, &item) == Some(true)) {
            out.push(item);
        }
    }
    out
}

fn number(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(number) => Some(Decimal::whole(*number)),
        Item::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// `<`, `<=`, `>`, `>=`; `None` when dates of different precision overlap.
pub(super) fn ordered(
    operator: Operator,
    left: &Item<'_>,
    right: &Item<'_>,
) -> Result<Option<bool>, PathError> {
    let (left, right) = (left.to_system(), right.to_system());
    let order = match (&left, &right) {
        (Item::String(one), Item::String(other)) | (Item::Time(one), Item::Time(other)) => {
            Some(one.cmp(other))
        }
        (Item::Quantity(one, unit), Item::Quantity(other, other_unit)) => {
            (unit == other_unit).then(|| one.compare(*other))
        }
        _ => match (number(&left), number(&right), left.date(), right.date()) {
            (Some(one), Some(other), ..) => Some(one.compare(other)),
            (.., Some(one), Some(other)) => date_order(&one, &other),
            _ => {
                let message = format!("{} and {} have no order", left.type_name(), right.type_name());
                return Err(PathError::new(message));
            }
        },
    };
    Ok(order.map(|order| match operator {
        Operator::Less => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}

/// `-x`.
pub(super) fn negative<'a>(item: Option<&Item<'a>>) -> Result<Items<'a>, PathError> {
    let Some(item) = item else { return Ok(Vec::new()) };
    let minus = |number: Decimal| Decimal { mantissa: -number.mantissa, ..number };
    match item.to_system() {
        Item::Integer(number) => Ok(number.checked_neg().map(Item::Integer).into_iter().collect()),
        Item::Decimal(number) => Ok(vec![Item::Decimal(minus(number))]),
        Item::Quantity(number, unit) => Ok(vec![Item::Quantity(minus(number), unit)]),
        other => Err(PathError::new(format!("{} has no negative", other.type_name()))),
    }
}

/// `+ - * / div mod` of two computed items.
pub(super) fn arithmetic<'a>(
    operator: Operator,
    left: &Item<'a>,
    right: &Item<'a>,
) -> Result<Items<'a>, PathError> {
    if let (Item::Integer(one), Item::Integer(other)) = (left, right) {
        return Ok(whole_arithmetic(operator, *one, *other));
    }
    if let (Operator::Plus, Item::String(one), Item::String(other)) = (operator, left, right) {
        return Ok(vec![Item::String(Cow::Owned(format!("{one}{other}")))]);
    }
    if let (Some(one), Some(other)) = (number(left), number(right)) {
        return Ok(decimal_arithmetic(operator, one, other));
    }
    match (operator, left, right) {
        (Operator::Plus | Operator::Minus, Item::Quantity(one, unit), Item::Quantity(other, other_unit))
            if unit == other_unit =>
        {
            let sum = if operator == Operator::Plus { one.plus(*other) } else { one.minus(*other) };
            Ok(sum.map(|sum| Item::Quantity(sum, unit.clone())).into_iter().collect())
        }
        _ => Err(PathError::new(format!(
            "{operator:?} of {} and {} is not known here",
            left.type_name(),
            right.type_name()
        ))),
    }
}

fn whole_arithmetic<'a>(operator: Operator, one: i64, other: i64) -> Items<'a> {
    let whole = match operator {
        Operator::Plus => one.checked_add(other),
        Operator::Minus => one.checked_sub(other),
        Operator::Times => one.checked_mul(other),
        Operator::Div => one.checked_div(other),
        Operator::Mod => one.checked_rem(other),
        _ => return decimal_arithmetic(operator, Decimal::whole(one), Decimal::whole(other)),
    };
    whole.map(Item::Integer).into_iter().collect()
}

fn decimal_arithmetic<'a>(operator: Operator, one: Decimal, other: Decimal) -> Items<'a> {
    let quotient = || one.divided_by(other).and_then(Decimal::truncated);
    let result = match operator {
        Operator::Plus => one.plus(other),
        Operator::Minus => one.minus(other),
        Operator::Times => one.times(other),
        Operator::DividedBy => one.divided_by(other),
        Operator::Div => return quotient().map(Item::Integer).into_iter().collect(),
        Operator::Mod => {
            quotient().and_then(|whole| Decimal::whole(whole).times(other)).and_then(|part| one.minus(part))
        }
        _ => None,
    };
    result.map(Item::Decimal).into_iter().collect()
}
