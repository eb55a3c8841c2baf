//! Quantity parameters: a number, or a range, with a unit.

use super::number::{NumberTest, Range, bound, put_range, take_range};
use super::sketch::{EntryKind, put_varint, take_varint};
use super::systems::{put_system, system_length};
use crate::decimal::Decimal;
use crate::fhirpath::Item;
use serde_json::Value;

/// Gives the entries of one item.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    let Some(element) = item.element() else { return };
    let Some(value) = element.value else { return };
    let text = |of: &'_ Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    match element.definition.name {
        "Money" => {
            if let Some(amount) = decimal(value) {
                let unit = ["urn:iso:std:iso:4217", &text(value, "currency"), ""];
                out(EntryKind::Quantity, &encode((Some(amount), Some(amount)), unit));
            }
        }
        "Range" => {
            let side = value.get("low").or_else(|| value.get("high"));
            if let Some(side) = side {
                let unit = [text(side, "system"), text(side, "code"), text(side, "unit")];
                let range = (bound(value, "low"), bound(value, "high"));
                out(EntryKind::Quantity, &encode(range, [&unit[0], &unit[1], &unit[2]]));
            }
        }
        _ if element.definition.is_a("Quantity") => {
            if let Some(amount) = decimal(value) {
                let range = match text(value, "comparator").as_str() {
                    "<" | "<=" => (None, Some(amount)),
                    ">" | ">=" => (Some(amount), None),
                    _ => (Some(amount), Some(amount)),
                };
                let unit = [text(value, "system"), text(value, "code"), text(value, "unit")];
                out(EntryKind::Quantity, &encode(range, [&unit[0], &unit[1], &unit[2]]));
            }
        }
        _ => {}
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    Decimal::parse(value.get("value")?.as_number()?.as_str())
}

/// The range, the system, the length of the code and the code, the unit to the end.
fn encode(range: Range, [system, code, unit]: [&str; 3]) -> Vec<u8> {
    let mut payload = Vec::new();
    put_range(&mut payload, range);
    put_system(&mut payload, system);
    put_varint(&mut payload, code.len() as u64);
    payload.extend_from_slice(code.as_bytes());
    if unit != code {
        payload.extend_from_slice(unit.as_bytes());
    }
    payload
}

/// One alternative of a quantity search.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QuantityTest {
    number: NumberTest,
    /// The system as sketches write it; `None` for any.
    system: Option<Vec<u8>>,
    /// Code, or unit when no system is given; `None` for any.
    unit: Option<String>,
}

impl QuantityTest {
    /// Reads `number`, `number|system|code` or `number||unit`.
    pub(crate) fn new(parts: &[String]) -> Option<Self> {
        let number = NumberTest::new(parts.first()?)?;
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        match parts {
            [_] => Some(QuantityTest { number, system: None, unit: None }),
            [_, system, unit] => {
                let system = filled(system).map(|system| {
                    let mut written = Vec::new();
                    put_system(&mut written, &system);
                    written
                });
                Some(QuantityTest { number, system, unit: filled(unit) })
            }
            _ => None,
        }
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if kind != EntryKind::Quantity {
            return false;
        }
        let Some((range, rest)) = take_range(payload) else { return false };
        self.number.matches_range(range) && self.matches_unit(rest).unwrap_or(false)
    }

    fn matches_unit(&self, bytes: &[u8]) -> Option<bool> {
        let (system, rest) = bytes.split_at_checked(system_length(bytes)?)?;
        let (length, rest) = take_varint(rest)?;
        let (code, unit) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let has_system = self.system.as_ref().is_none_or(|wanted| wanted == system);
        let has_unit = self.unit.as_ref().is_none_or(|wanted| {
            wanted.as_bytes() == code || (self.system.is_none() && wanted.as_bytes() == unit)
        });
        Some(has_system && has_unit)
    }
}
