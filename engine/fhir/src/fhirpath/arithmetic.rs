//! Arithmetic of computed items: numbers, quantities, texts and moments.

use super::PathError;
use super::ast::Operator;
use super::few::Items;
use super::item::Item;
use super::quantity;
use crate::decimal::Decimal;
use std::borrow::Cow;

/// `-x`.
pub(super) fn negative<'a>(item: Option<Item<'a>>) -> Result<Items<'a>, PathError> {
    let Some(item) = item else { return Ok(Items::None) };
    let minus = |number: Decimal| Decimal { mantissa: -number.mantissa, ..number };
    match item.to_system() {
        Item::Integer(number) => Ok(number.checked_neg().map(Item::Integer).into_iter().collect()),
        Item::Decimal(number) => Ok(Items::one(Item::Decimal(minus(number)))),
        Item::Quantity(number, unit) => Ok(Items::one(Item::Quantity(minus(number), unit))),
        other => Err(PathError::new(format!("{} has no negative", other.type_name()))),
    }
}

/// `+ - * / div mod` of two computed items.
pub(super) fn arithmetic<'a>(
    operator: Operator,
    left: &Item<'a>,
    right: &Item<'a>,
) -> Result<Items<'a>, PathError> {
    let impossible = || {
        let (left, right) = (left.type_name(), right.type_name());
        PathError::new(format!("{operator:?} of {left} and {right} is not possible"))
    };
    if left.is_valueless() || right.is_valueless() {
        return Ok(Items::None);
    }
    if let (Item::Integer(one), Item::Integer(other)) = (left, right) {
        return Ok(whole(operator, *one, *other));
    }
    if let (Operator::Plus, Item::String(one), Item::String(other)) = (operator, left, right) {
        return Ok(Items::text(format!("{one}{other}")));
    }
    if let (Some(one), Some(other)) = (left.number(), right.number()) {
        return Ok(decimal(operator, one, other));
    }
    if let (Some((kind, moment)), Item::Quantity(amount, unit)) = (left.moment(), right) {
        let duration = quantity::duration(unit).ok_or_else(impossible)?;
        if duration == quantity::Duration::Undated {
            return Err(PathError::new(format!("'{unit}' has no calendar: use `year` or `month`")));
        }
        let amount = match operator {
            Operator::Plus => *amount,
            Operator::Minus => Decimal { mantissa: -amount.mantissa, ..*amount },
            _ => return Err(impossible()),
        };
        let moved = moment.plus(amount, duration);
        return Ok(moved.map(|moved| Item::of_moment(kind, moved)).into_iter().collect());
    }
    let (Some(one), Some(other)) = (left.quantity(), right.quantity()) else {
        return Err(impossible());
    };
    let (own_unit, other_unit) = (unit_of(left), unit_of(right));
    let result = match operator {
        Operator::Plus | Operator::Minus => {
            quantity::sum((one.0, &own_unit), (other.0, &other_unit), operator == Operator::Minus)
        }
        Operator::Times | Operator::DividedBy => {
            quantity::product(one, other, operator == Operator::DividedBy)
        }
        _ => return Err(impossible()),
    };
    Ok(result.map(|(value, unit)| Item::Quantity(value, unit)).into_iter().collect())
}

fn unit_of<'a>(item: &Item<'a>) -> Cow<'a, str> {
    match item {
        Item::Quantity(_, unit) => unit.clone(),
        _ => Cow::Borrowed("1"),
    }
}

fn whole<'a>(operator: Operator, one: i64, other: i64) -> Items<'a> {
    let whole = match operator {
        Operator::Plus => one.checked_add(other),
        Operator::Minus => one.checked_sub(other),
        Operator::Times => one.checked_mul(other),
        Operator::Div => one.checked_div(other),
        Operator::Mod => one.checked_rem(other),
        _ => return decimal(operator, Decimal::whole(one), Decimal::whole(other)),
    };
    whole.map(Item::Integer).into_iter().collect()
}

fn decimal<'a>(operator: Operator, one: Decimal, other: Decimal) -> Items<'a> {
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
