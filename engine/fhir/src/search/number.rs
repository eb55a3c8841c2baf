//! Number parameters, and the prefixes that numbers, quantities and dates share.

use super::sketch::{EntryKind, put_varint, take_varint};
use crate::decimal::Decimal;
use crate::fhirpath::Item;
use serde_json::Value;
use std::cmp::Ordering;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
    /// Overlaps: in `_filter` only, for dates.
    Po,
}

impl Prefix {
    /// Takes the prefix off a value; equality when there is none.
    pub(crate) fn split(text: &str) -> (Prefix, &str) {
        let known = text.get(..2).and_then(|letters| {
            Some(match letters {
                "eq" => Prefix::Eq,
                "ne" => Prefix::Ne,
                "gt" => Prefix::Gt,
                "lt" => Prefix::Lt,
                "ge" => Prefix::Ge,
                "le" => Prefix::Le,
                "sa" => Prefix::Sa,
                "eb" => Prefix::Eb,
                "ap" => Prefix::Ap,
                _ => return None,
            })
        });
        known.map_or((Prefix::Eq, text), |prefix| (prefix, &text[2..]))
    }
}

/// Lowest and highest value; `None` for no bound.
pub(crate) type Range = (Option<Decimal>, Option<Decimal>);

/// Gives the entries of one item.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    let range = match item.to_system() {
        Item::Integer(number) => (Some(Decimal::whole(number)), Some(Decimal::whole(number))),
        Item::Decimal(number) => (Some(number), Some(number)),
        Item::Quantity(number, _) => (Some(number), Some(number)),
        Item::Element(element) if element.definition.name == "Range" => {
            let Some(value) = element.value else { return };
            (bound(value, "low"), bound(value, "high"))
        }
        _ => return,
    };
    let mut payload = Vec::new();
    put_range(&mut payload, range);
    out(EntryKind::Number, &payload);
}

/// The value of one side of a `Range`.
pub(crate) fn bound(range: &Value, side: &str) -> Option<Decimal> {
    Decimal::parse(range.get(side)?.get("value")?.as_number()?.as_str())
}

const HAS_LOW: u8 = 1;
const HAS_HIGH: u8 = 2;
const IS_POINT: u8 = 4;

/// Writes flags, then each bound as scale and digits. Equal bounds are written once.
pub(crate) fn put_range(out: &mut Vec<u8>, (low, high): Range) {
    let is_point = low.is_some() && low == high;
    let flag = |present: bool, flag: u8| if present { flag } else { 0 };
    out.push(flag(low.is_some(), HAS_LOW) | flag(high.is_some(), HAS_HIGH) | flag(is_point, IS_POINT));
    for bound in low.into_iter().chain(high.filter(|_| !is_point)) {
        put_decimal(out, bound);
    }
}

/// Reads what [`put_range`] wrote, and what follows it.
pub(crate) fn take_range(payload: &[u8]) -> Option<(Range, &[u8])> {
    let (flags, mut rest) = payload.split_first()?;
    let mut take = |present: bool| -> Option<Option<Decimal>> {
        if !present {
            return Some(None);
        }
        let (decimal, after) = take_decimal(rest)?;
        rest = after;
        Some(Some(decimal))
    };
    let low = take(flags & HAS_LOW != 0)?;
    let high = if flags & IS_POINT != 0 { low } else { take(flags & HAS_HIGH != 0)? };
    Some(((low, high), rest))
}

fn put_decimal(out: &mut Vec<u8>, decimal: Decimal) {
    let scale = i64::from(decimal.scale);
    put_varint(out, ((scale << 1) ^ (scale >> 63)) as u64);
    let digits = ((decimal.mantissa << 1) ^ (decimal.mantissa >> 127)) as u128;
    // Few numbers need more than 63 bits: the high half is written only when it is there.
    let (high, low) = ((digits >> 63) as u64, (digits as u64) & (u64::MAX >> 1));
    put_varint(out, (low << 1) | u64::from(high != 0));
    if high != 0 {
        put_varint(out, high);
    }
}

fn take_decimal(bytes: &[u8]) -> Option<(Decimal, &[u8])> {
    let (scale, rest) = take_varint(bytes)?;
    let scale = i16::try_from((scale >> 1) as i64 ^ -((scale & 1) as i64)).ok()?;
    let (low, mut rest) = take_varint(rest)?;
    let mut digits = u128::from(low >> 1);
    if low & 1 == 1 {
        let (high, after) = take_varint(rest)?;
        digits |= u128::from(high) << 63;
        rest = after;
    }
    let mantissa = (digits >> 1) as i128 ^ -((digits & 1) as i128);
    Some((Decimal { mantissa, scale }, rest))
}

/// One alternative of a number search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumberTest {
    prefix: Prefix,
    value: Decimal,
    /// The values that round to what was written.
    low: Decimal,
    high: Decimal,
}

impl NumberTest {
    /// Reads a number with its prefix.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let (prefix, rest) = Prefix::split(text);
        let value = Decimal::parse(rest)?;
        let step = if prefix == Prefix::Ap {
            let tenth = value.times(Decimal { mantissa: 1, scale: 1 })?;
            Decimal { mantissa: tenth.mantissa.abs(), ..tenth }
        } else {
            value.half_step()
        };
        Some(NumberTest { prefix, value, low: value.minus(step)?, high: value.plus(step)? })
    }

    /// The same search in another unit.
    pub(crate) fn converted(&self, convert: impl Fn(Decimal) -> Option<Decimal>) -> Option<Self> {
        let [value, low, high] = [convert(self.value)?, convert(self.low)?, convert(self.high)?];
        Some(NumberTest { prefix: self.prefix, value, low, high })
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        kind == EntryKind::Number && take_range(payload).is_some_and(|(range, _)| self.matches_range(range))
    }

    /// Compares a value or a range with the search, as the R4 table of prefixes says.
    pub(crate) fn matches_range(&self, (low, high): Range) -> bool {
        let against = |bound: Option<Decimal>, open: Ordering, other: Decimal| {
            bound.map_or(open, |bound| bound.compare(other))
        };
        let low_is = |other| against(low, Ordering::Less, other);
        let high_is = |other| against(high, Ordering::Greater, other);
        // The interval of `eq` is [low, high), save that a point on its low end counts.
        let within = low_is(self.low).is_ge() && high_is(self.high).is_lt();
        match self.prefix {
            Prefix::Eq => within,
            Prefix::Ne => !within,
            Prefix::Gt => high_is(self.value).is_gt(),
            Prefix::Lt => low_is(self.value).is_lt(),
            Prefix::Ge => high_is(self.value).is_ge(),
            Prefix::Le => low_is(self.value).is_le(),
            Prefix::Sa => low_is(self.value).is_gt(),
            Prefix::Eb => high_is(self.value).is_lt(),
            Prefix::Ap | Prefix::Po => low_is(self.high).is_le() && high_is(self.low).is_ge(),
        }
    }
}
