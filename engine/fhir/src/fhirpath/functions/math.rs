//! Functions on numbers, and on how precisely a value was written.

use super::{Call, yes};
use crate::decimal::Decimal;
use crate::fhirpath::PathError;
use crate::fhirpath::eval::single;
use crate::fhirpath::few::Items;
use crate::fhirpath::function::Function;
use crate::fhirpath::item::Item;
use crate::fhirpath::number::{self, Way, boundary, from_float, rounded, to_float};
use crate::fhirpath::quantity;

pub(super) fn call<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let Some(item) = single(call.focus)?.map(Item::to_system).filter(|item| !item.is_valueless()) else {
        return Ok(Items::None);
    };
    match call.function {
        Function::LowBoundary | Function::HighBoundary => return bound(call, &item),
        Function::Precision => return precision(call, &item),
        Function::Comparable => {
            let units = (item.quantity(), call.value(0)?);
            let (Some((_, unit)), Some(other)) = units else { return Ok(Items::None) };
            let other = other.quantity().ok_or_else(|| call.wrong("a quantity is expected"))?;
            return Ok(yes(quantity::is_comparable(unit, other.1)));
        }
        Function::Abs => return absolute(call, &item),
        _ => {}
    }
    let number = item.number().ok_or_else(|| call.wrong("a number is expected"))?;
    let whole = |way| rounded(number, 0, way).and_then(Decimal::truncated).map(Item::Integer);
    let float =
        |function: fn(f64) -> f64| to_float(number).map(function).and_then(from_float).map(Item::Decimal);
    let result = match call.function {
        Function::Ceiling => whole(Way::Up),
        Function::Floor => whole(Way::Down),
        Function::Truncate => number.truncated().map(Item::Integer),
        Function::Round => {
            let digits = call.whole_value(0)?.unwrap_or(0);
            if digits < 0 {
                return Err(call.wrong("the number of digits is negative"));
            }
            rounded(number, digits, Way::Nearest).map(Item::Decimal)
        }
        Function::Exp => float(f64::exp),
        Function::Ln => float(f64::ln),
        Function::Sqrt => float(f64::sqrt),
        Function::Log => {
            let base = call.value(0)?.and_then(|base| base.number()).and_then(to_float);
            let of = |base| to_float(number).map(|number| number.log(base)).and_then(from_float);
            base.and_then(of).map(Item::Decimal)
        }
        _ => {
            let Some(exponent) = call.value(0)? else { return Ok(Items::None) };
            let power = exponent.number().and_then(|exponent| number::power(number, exponent));
            match (&item, &exponent) {
                (Item::Integer(_), Item::Integer(0..)) => {
                    power.and_then(Decimal::truncated).map(Item::Integer)
                }
                _ => power.map(Item::Decimal),
            }
        }
    };
    Ok(result.into_iter().collect())
}

fn absolute<'a>(call: &Call<'a, '_>, item: &Item<'a>) -> Result<Items<'a>, PathError> {
    let positive = |number: &Decimal| Decimal { mantissa: number.mantissa.abs(), ..*number };
    Ok(match item {
        Item::Integer(number) => number.checked_abs().map(Item::Integer).into_iter().collect(),
        Item::Decimal(number) => Items::one(Item::Decimal(positive(number))),
        Item::Quantity(number, unit) => Items::one(Item::Quantity(positive(number), unit.clone())),
        _ => return Err(call.wrong("a number or a quantity is expected")),
    })
}

fn bound<'a>(call: &Call<'a, '_>, item: &Item<'a>) -> Result<Items<'a>, PathError> {
    let is_low = call.function == Function::LowBoundary;
    let digits = call.whole_value(0)?;
    if let Some((kind, moment)) = item.moment() {
        return Ok(moment.boundary(is_low, digits).map(|m| Item::of_moment(kind, m)).into_iter().collect());
    }
    let result = match item {
        Item::Quantity(number, unit) => {
            boundary(*number, is_low, digits).map(|bound| Item::Quantity(bound, unit.clone()))
        }
        _ => {
            let number = item.number().ok_or_else(|| call.wrong("a number or a date is expected"))?;
            boundary(number, is_low, digits).map(Item::Decimal)
        }
    };
    Ok(result.into_iter().collect())
}

fn precision<'a>(call: &Call<'a, '_>, item: &Item<'a>) -> Result<Items<'a>, PathError> {
    let digits = match (item.moment(), item.number()) {
        (Some((_, moment)), _) => moment.precision(),
        (None, Some(number)) => i64::from(number.scale.max(0)),
        _ => return Err(call.wrong("a number or a date is expected")),
    };
    Ok(Items::one(Item::Integer(digits)))
}
