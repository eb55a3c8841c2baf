//! Equality and order of items.

use super::PathError;
use super::ast::Operator;
use super::few::Items;
use super::item::Item;
use super::quantity;
use crate::decimal::Decimal;
use crate::names::normalise_name;
use std::cmp::Ordering;

/// `=` of two collections; `None` (empty) when one is empty or what was written leaves it open.
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
    match (left, right) {
        (Item::String(one), Item::String(other)) => return Some(one == other),
        (Item::Element(one), Item::Element(other)) => {
            let is_same_place = |one: Option<&_>, other: Option<&_>| match (one, other) {
                (Some(one), Some(other)) => std::ptr::eq::<serde_json::Value>(one, other),
                (None, None) => true,
                _ => false,
            };
            if is_same_place(one.value, other.value) && is_same_place(one.sibling, other.sibling) {
                return Some(true);
            }
        }
        _ => {}
    }
    same_value(&left.to_system(), &right.to_system())
}

fn same_value(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    match (left, right) {
        (Item::Boolean(one), Item::Boolean(other)) => Some(one == other),
        (Item::String(one), Item::String(other)) => Some(one == other),
        (Item::Element(one), Item::Element(other)) => {
            Some(one.value == other.value && one.sibling == other.sibling)
        }
        (Item::Resolved(one), Item::Resolved(other)) => Some(std::ptr::eq(*one, *other)),
        (Item::Type { namespace, name }, Item::Type { namespace: other_namespace, name: other_name }) => {
            Some(namespace == other_namespace && name == other_name)
        }
        _ => {
            if let (Some(one), Some(other)) = (left.number(), right.number()) {
                return Some(one.compare(other).is_eq());
            }
            if let (Some(one), Some(other)) = (left.quantity(), right.quantity()) {
                return quantity::order(one, other).map(Ordering::is_eq);
            }
            same_moment(left, right)
        }
    }
}

fn same_moment(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    let is_time = |item: &Item<'_>| matches!(item, Item::Time(_));
    match (left.moment(), right.moment()) {
        (Some((_, one)), Some((_, other))) if is_time(left) == is_time(right) => {
            one.order(&other).map(Ordering::is_eq)
        }
        (Some(_), Some(_)) => Some(false),
        // A date written in FHIR text may be compared with a string literal.
        _ => match (left.text(), right.text()) {
            (Some(one), Some(other)) => Some(one == other),
            _ => Some(false),
        },
    }
}

/// `~`: order, case and digits do not matter.
pub(super) fn equivalent(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut rest: Vec<&Item<'_>> = right.iter().collect();
    left.iter().all(|one| {
        let found = rest.iter().position(|other| is_alike(one, other));
        found.map(|index| rest.swap_remove(index)).is_some()
    })
}

fn is_alike(one: &Item<'_>, other: &Item<'_>) -> bool {
    let (one, other) = (one.to_system(), other.to_system());
    match (&one, &other) {
        (Item::String(one), Item::String(other)) => normalise_name(one) == normalise_name(other),
        (Item::Quantity(..), Item::Quantity(..)) => match (one.quantity(), other.quantity()) {
            (Some(one), Some(other)) => quantity::is_equivalent(one, other),
            _ => false,
        },
        _ => match (one.number(), other.number()) {
            (Some(one), Some(other)) => {
                let step = if one.scale < other.scale { one.half_step() } else { other.half_step() };
                let distance = one.minus(other).map(|d| Decimal { mantissa: d.mantissa.abs(), ..d });
                distance.is_some_and(|distance| {
                    distance.compare(Decimal::whole(0)).is_eq() || distance.compare(step).is_le()
                })
            }
            _ => same_value(&one, &other) == Some(true),
        },
    }
}

/// True when the collection holds an item equal to this one.
pub(super) fn holds(all: &[Item<'_>], one: &Item<'_>) -> bool {
    all.iter().any(|other| same(one, other) == Some(true))
}

/// The items without repetitions, added to those that are known to differ.
pub(super) fn add_distinct<'a>(known: &mut Items<'a>, more: impl IntoIterator<Item = Item<'a>>) {
    for item in more {
        if !holds(known, &item) {
            known.push(item);
        }
    }
}

/// The order of two items; `None` when what was written leaves it open.
pub(super) fn order(left: &Item<'_>, right: &Item<'_>) -> Result<Option<Ordering>, PathError> {
    let (left, right) = (left.to_system(), right.to_system());
    if left.is_valueless() || right.is_valueless() {
        return Ok(None);
    }
    if let (Item::String(one), Item::String(other)) = (&left, &right) {
        return Ok(Some(one.cmp(other)));
    }
    if let (Some(one), Some(other)) = (left.number(), right.number()) {
        return Ok(Some(one.compare(other)));
    }
    if let (Some(one), Some(other)) = (left.quantity(), right.quantity()) {
        return Ok(quantity::order(one, other));
    }
    let is_time = |item: &Item<'_>| matches!(item, Item::Time(_));
    match (left.moment(), right.moment()) {
        (Some((_, one)), Some((_, other))) if is_time(&left) == is_time(&right) => Ok(one.order(&other)),
        _ => {
            let message = format!("{} and {} have no order", left.type_name(), right.type_name());
            Err(PathError::new(message))
        }
    }
}

/// `<`, `<=`, `>`, `>=`; `None` when what was written leaves it open.
pub(super) fn ordered(
    operator: Operator,
    left: &Item<'_>,
    right: &Item<'_>,
) -> Result<Option<bool>, PathError> {
    Ok(order(left, right)?.map(|order| match operator {
        Operator::Less => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}
