//! `_sort`: values as bytes whose order is the order of the values.

use super::RowFacts;
use crate::search::date;
use crate::search::number::take_range;
use crate::search::sketch::{EntryKind, Sketch};
use crate::search::{ParamKind, quantity, reference, string, token};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortField {
    /// A search parameter.
    Parameter(u32, ParamKind),
    /// `_id`.
    Id,
    /// `_lastUpdated`.
    LastUpdated,
}

/// One criterion.
#[derive(Clone, Copy, Debug)]
pub(super) struct SortBy {
    pub(super) field: SortField,
    pub(super) descending: bool,
}

/// Before a value, and in place of one: resources without a value come last, whatever the direction.
const PRESENT: u8 = 1;
const ABSENT: u8 = 2;

pub(super) fn key(criteria: &[SortBy], sketch: &Sketch<'_>, row: &RowFacts<'_>) -> Vec<u8> {
    let mut key = Vec::new();
    for criterion in criteria {
        let Some(value) = value(criterion, sketch, row) else {
            key.push(ABSENT);
            continue;
        };
        key.push(PRESENT);
        let start = key.len();
        put_terminated(&mut key, &value);
        if criterion.descending {
            key[start..].iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
    key
}

/// Zero bytes are doubled up so that the end mark sorts before every longer value.
fn put_terminated(key: &mut Vec<u8>, value: &[u8]) {
    for byte in value {
        key.push(*byte);
        if *byte == 0 {
            key.push(0xff);
        }
    }
    key.extend_from_slice(&[0, 0]);
}

/// The lowest value ascending, the highest descending.
fn value(criterion: &SortBy, sketch: &Sketch<'_>, row: &RowFacts<'_>) -> Option<Vec<u8>> {
    let (number, kind) = match criterion.field {
        SortField::Id => return row.id.map(|id| id.as_bytes().to_vec()),
        SortField::LastUpdated => return Some(whole(row.last_updated.micros()).to_vec()),
        SortField::Parameter(number, kind) => (number, kind),
    };
    let values = sketch
        .entries()
        .filter(|(own, _, _)| *own == number)
        .filter_map(|(_, entry, payload)| entry_value(kind, entry, payload, criterion.descending));
    if criterion.descending { values.max() } else { values.min() }
}

fn entry_value(kind: ParamKind, entry: EntryKind, payload: &[u8], descending: bool) -> Option<Vec<u8>> {
    match (kind, entry) {
        (ParamKind::Date, EntryKind::Date) => {
            let (start, end) = date::decode(payload)?;
            Some(whole(if descending { end } else { start }).to_vec())
        }
        (ParamKind::String, EntryKind::String) => string::decode(payload).map(|(normal, _)| normal.to_vec()),
        (ParamKind::Token, EntryKind::Token) => {
            token::decode(payload).map(|(_, code)| code.as_bytes().to_vec())
        }
        (ParamKind::Number, EntryKind::Number) | (ParamKind::Quantity, EntryKind::Quantity) => {
            let (low, high) = match kind {
                ParamKind::Quantity => quantity::base_range(payload)?,
                _ => take_range(payload)?.0,
            };
            let bound = if descending { high.or(low) } else { low.or(high) };
            Some(decimal(&bound?.to_string()))
        }
        (ParamKind::Reference, entry) => {
            reference::decode(entry, payload).map(|literal| literal.to_string().into_bytes())
        }
        (ParamKind::Uri, EntryKind::Uri) => Some(payload.to_vec()),
        _ => None,
    }
}

fn whole(number: i64) -> [u8; 8] {
    (number as u64 ^ (1 << 63)).to_be_bytes()
}

/// The order of decimals by their nearest double: near enough for an order on a page.
fn decimal(text: &str) -> Vec<u8> {
    let bits = text.parse::<f64>().unwrap_or(0.0).to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    ordered.to_be_bytes().to_vec()
}
