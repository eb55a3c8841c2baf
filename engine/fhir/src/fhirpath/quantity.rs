//! Quantities: order, equivalence and arithmetic across units. Calendar words (`week`) and UCUM codes (`wk`) mean the
//! same up to the week; a `year` or `month` of the calendar is comparable with these two only.

use super::moment::{DAY, SECOND};
use super::number::decimals;
use crate::decimal::Decimal;
use crate::ucum::{self, Unit};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A length of time that a date may be moved by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duration {
    /// So many months of the calendar.
    Months(i64),
    /// So many microseconds.
    Micros(i64),
    /// A unit of time that no date may be moved by: the UCUM year and month have no calendar.
    Undated,
}

/// The calendar word of this spelling, in the singular.
pub(super) fn calendar_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "year" | "years" => "year",
        "month" | "months" => "month",
        "week" | "weeks" => "week",
        "day" | "days" => "day",
        "hour" | "hours" => "hour",
        "minute" | "minutes" => "minute",
        "second" | "seconds" => "second",
        "millisecond" | "milliseconds" => "millisecond",
        _ => return None,
    })
}

/// The length of time that a unit means; `None` for a unit of something else.
pub(super) fn duration(unit: &str) -> Option<Duration> {
    Some(match calendar_word(unit).unwrap_or(unit) {
        "year" => Duration::Months(12),
        "month" => Duration::Months(1),
        "week" | "wk" => Duration::Micros(7 * DAY),
        "day" | "d" => Duration::Micros(DAY),
        "hour" | "h" => Duration::Micros(DAY / 24),
        "minute" | "min" => Duration::Micros(60 * SECOND),
        "second" | "s" => Duration::Micros(SECOND),
        "millisecond" | "ms" => Duration::Micros(SECOND / 1_000),
        "a" | "mo" => Duration::Undated,
        _ => return None,
    })
}

/// The UCUM code of a unit.
fn ucum_code(unit: &str) -> &str {
    match calendar_word(unit) {
        Some("week") => "wk",
        Some("day") => "d",
        Some("hour") => "h",
        Some("minute") => "min",
        Some("second") => "s",
        Some("millisecond") => "ms",
        _ => unit,
    }
}

/// Both values in one unit; `None` when they are not comparable.
fn in_one_unit(one: (Decimal, &str), other: (Decimal, &str)) -> Option<(Decimal, Decimal)> {
    if one.1 == other.1 {
        return Some((one.0, other.0));
    }
    let months = |(value, unit): (Decimal, &str)| match duration(unit) {
        Some(Duration::Months(months)) => value.times(Decimal::whole(months)),
        _ => None,
    };
    if let (Some(one), Some(other)) = (months(one), months(other)) {
        return Some((one, other));
    }
    let (unit, other_unit) = (Unit::parse(ucum_code(one.1))?, Unit::parse(ucum_code(other.1))?);
    if !unit.is_comparable(&other_unit) {
        return None;
    }
    Some((unit.to_base(one.0)?, other_unit.to_base(other.0)?))
}

/// The order of two quantities; `None` when their units are not comparable.
pub(super) fn order(one: (Decimal, &str), other: (Decimal, &str)) -> Option<Ordering> {
    in_one_unit(one, other).map(|(one, other)| one.compare(other))
}

/// True when the units measure the same thing.
pub(super) fn is_comparable(one: &str, other: &str) -> bool {
    let units = (Unit::parse(ucum_code(one)), Unit::parse(ucum_code(other)));
    matches!(units, (Some(one), Some(other)) if one.is_comparable(&other))
}

/// `~`: equal to the digits of the less precise of both; a calendar `year` is like `a`, a `month` like `mo`.
pub(super) fn is_equivalent(one: (Decimal, &str), other: (Decimal, &str)) -> bool {
    fn definite(unit: &str) -> &str {
        match calendar_word(unit) {
            Some("year") => "a",
            Some("month") => "mo",
            _ => unit,
        }
    }
    let (unit, other_unit) = (definite(one.1), definite(other.1));
    let compare = || {
        let (left, right) = in_one_unit((one.0, unit), (other.0, other_unit))?;
        // Half a digit of each, as a difference, so that the offset of a temperature does not count.
        let above = one.0.plus(one.0.half_step())?;
        let step = in_one_unit((above, unit), (other.0, other_unit))?.0.minus(left)?;
        let above = other.0.plus(other.0.half_step())?;
        let other_step = in_one_unit((one.0, unit), (above, other_unit))?.1.minus(right)?;
        let widest = if step.compare(other_step).is_ge() { step } else { other_step };
        let distance = left.minus(right)?;
        let distance = Decimal { mantissa: distance.mantissa.abs(), ..distance };
        Some(distance.compare(widest).is_le())
    };
    compare().unwrap_or(false)
}

/// The sum (or difference) in the finer of both units.
pub(super) fn sum<'a>(
    one: (Decimal, &Cow<'a, str>),
    other: (Decimal, &Cow<'a, str>),
    is_minus: bool,
) -> Option<(Decimal, Cow<'a, str>)> {
    let total = |left: Decimal, right: Decimal| if is_minus { left.minus(right) } else { left.plus(right) };
    if one.1 == other.1 {
        return Some((total(one.0, other.0)?, one.1.clone()));
    }
    let (code, other_code) = (ucum_code(one.1), ucum_code(other.1));
    if let (Some(Duration::Months(own)), Some(Duration::Months(others))) =
        (duration(one.1), duration(other.1))
    {
        let months = total(one.0.times(Decimal::whole(own))?, other.0.times(Decimal::whole(others))?)?;
        return Some((months, Cow::Borrowed("month")));
    }
    // The unit of which one counts as less is the finer.
    let own_step = Unit::parse(code)?.to_base(Decimal::whole(1))?;
    let other_step = Unit::parse(other_code)?.to_base(Decimal::whole(1))?;
    if own_step.compare(other_step).is_le() {
        let right = ucum::convert(other.0, other_code, code)?;
        Some((total(one.0, right)?, one.1.clone()))
    } else {
        let left = ucum::convert(one.0, code, other_code)?;
        Some((total(left, other.0)?, other.1.clone()))
    }
}

/// The product (or quotient) with its unit.
pub(super) fn product<'a>(
    one: (Decimal, &str),
    other: (Decimal, &str),
    is_quotient: bool,
) -> Option<(Decimal, Cow<'a, str>)> {
    let value = if is_quotient { one.0.divided_by(other.0)? } else { one.0.times(other.0)? };
    let (code, other_code) = (ucum_code(one.1), ucum_code(other.1));
    let unit = match (code, other_code, is_quotient) {
        (code, "1", _) => code.to_owned(),
        ("1", other_code, false) => other_code.to_owned(),
        (code, other_code, true) if code == other_code => "1".to_owned(),
        (code, other_code, false) => format!("{code}.{other_code}"),
        (code, other_code, true) => {
            let code = if code == "1" { "" } else { code };
            if other_code.contains(['.', '/']) {
                format!("{code}/({other_code})")
            } else {
                format!("{code}/{other_code}")
            }
        }
    };
    Unit::parse(&unit)?;
    Some((value, Cow::Owned(unit)))
}

/// As an expression writes it: `4 'mg'`, `2 days`.
pub(super) fn to_text(value: Decimal, unit: &str) -> String {
    match calendar_word(unit) {
        Some(word) if value.compare(Decimal::whole(1)).is_eq() => format!("{value} {word}"),
        Some(word) => format!("{value} {word}s"),
        None => format!("{value} '{unit}'"),
    }
}

/// Reads `4`, `4.0 'mg'`, `2 days`.
pub(super) fn parse(text: &str) -> Option<(Decimal, String)> {
    let text = text.trim();
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | '+' | '-')));
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number = decimals(number)?;
    let unit = unit.trim_start();
    if unit.is_empty() {
        return Some((number, "1".to_owned()));
    }
    if let Some(code) = unit.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return (!code.is_empty() && !code.contains('\'')).then(|| (number, code.to_owned()));
    }
    calendar_word(unit).map(|word| (number, word.to_owned()))
}
