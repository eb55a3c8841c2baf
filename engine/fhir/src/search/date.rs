//! Date parameters: everything is a range of time.

use super::number::Prefix;
use super::sketch::{EntryKind, put_varint, take_varint};
use crate::date::{BEGINNING, FOREVER, FhirDate};
use crate::fhirpath::Item;
use serde_json::Value;

/// Start (included) and end (excluded) in microseconds.
pub(crate) type Range = (i64, i64);

/// Gives the entries of one item.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    ranges(item, &mut |range| out(EntryKind::Date, &encode(range)));
}

/// The ranges of time of one item.
pub(crate) fn ranges(item: &Item<'_>, out: &mut dyn FnMut(Range)) {
    if let Some(date) = item.date() {
        return out((date.start, date.end));
    }
    let Some(element) = item.element() else { return };
    let Some(value) = element.value else { return };
    let date = |name: &str| value.get(name).and_then(Value::as_str).and_then(FhirDate::parse);
    match element.definition.name {
        "Period" => {
            let (start, end) = (date("start"), date("end"));
            if start.is_some() || end.is_some() {
                out((start.map_or(BEGINNING, |d| d.start), end.map_or(FOREVER, |d| d.end)));
            }
        }
        "Timing" => timing(value, out),
        _ => {}
    }
}

/// A timing is searched from its first to its last moment (R4: the outer limits).
fn timing(value: &Value, out: &mut dyn FnMut(Range)) {
    let events = value.get("event").and_then(Value::as_array);
    let mut dates: Vec<FhirDate> =
        events.into_iter().flatten().filter_map(Value::as_str).filter_map(FhirDate::parse).collect();
    dates.sort_by_key(|date| date.start);
    if let (Some(first), Some(last)) = (dates.first(), dates.iter().max_by_key(|date| date.end)) {
        out((first.start, last.end));
    }
    if let Some(bounds) = value.get("repeat").and_then(|repeat| repeat.get("boundsPeriod")) {
        let date = |name: &str| bounds.get(name).and_then(Value::as_str).and_then(FhirDate::parse);
        out((date("start").map_or(BEGINNING, |d| d.start), date("end").map_or(FOREVER, |d| d.end)));
    }
}

/// Start, then the length; an open side is a flag.
pub(crate) fn encode((start, end): Range) -> Vec<u8> {
    let mut payload = vec![u8::from(start == BEGINNING) | (u8::from(end == FOREVER) << 1)];
    if start != BEGINNING {
        payload.extend_from_slice(&start.to_be_bytes());
    }
    if end != FOREVER {
        if start == BEGINNING {
            payload.extend_from_slice(&end.to_be_bytes());
        } else {
            put_varint(&mut payload, u64::try_from(end.saturating_sub(start)).unwrap_or(0));
        }
    }
    payload
}

/// The range of a payload.
pub(crate) fn decode(payload: &[u8]) -> Option<Range> {
    let (flags, mut rest) = payload.split_first()?;
    let start = if flags & 1 == 0 {
        let (bytes, after) = rest.split_first_chunk::<8>()?;
        rest = after;
        i64::from_be_bytes(*bytes)
    } else {
        BEGINNING
    };
    let end = if flags & 2 != 0 {
        FOREVER
    } else if flags & 1 == 0 {
        start.saturating_add(i64::try_from(take_varint(rest)?.0).ok()?)
    } else {
        i64::from_be_bytes(*rest.first_chunk::<8>()?)
    };
    Some((start, end))
}

/// One alternative of a date search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTest {
    pub(crate) prefix: Prefix,
    pub(crate) range: Range,
}

impl DateTest {
    /// Reads a date with its prefix.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let (prefix, rest) = Prefix::split(text);
        let date = FhirDate::parse(rest)?;
        Some(DateTest { prefix, range: (date.start, date.end) })
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        kind == EntryKind::Date && decode(payload).is_some_and(|range| self.matches_range(range))
    }

    /// Compares a range with the search, as the R4 table of prefixes says.
    pub(crate) fn matches_range(&self, (start, end): Range) -> bool {
        let (low, high) = self.range;
        let within = low <= start && end <= high;
        match self.prefix {
            Prefix::Eq => within,
            Prefix::Ne => !within,
            Prefix::Gt => end > high,
            Prefix::Lt => start < low,
            Prefix::Ge => end > high || within,
            Prefix::Le => start < low || within,
            Prefix::Sa => start >= high,
            Prefix::Eb => end <= low,
            Prefix::Po => start < high && end > low,
            Prefix::Ap => {
                // About: within the length of what was written, on both sides.
                let margin = high.saturating_sub(low);
                start < high.saturating_add(margin) && end > low.saturating_sub(margin)
            }
        }
    }
}
