//! Quantity parameters: a number, or a range, with a unit.
//!
//! Sketches keep value and unit as they were written. A search in a UCUM unit is converted to each comparable unit it
//! meets, once: `1 g` finds `1000 mg`, and nothing is rounded that need not be.

use super::number::{NumberTest, Range, bound, put_range, take_range};
use super::sketch::{EntryKind, put_varint, take_varint};
use super::systems::{put_system, system_length};
use crate::decimal::Decimal;
use crate::fhirpath::Item;
use crate::ucum::Unit;
use parking_lot::Mutex;
use serde_json::Value;
use std::sync::Arc;

/// The system of units that can be converted.
const UCUM: &str = "http://unitsofmeasure.org";

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
        "SampledData" => {
            if let Some(range) = sampled(value) {
                let origin = value.get("origin").unwrap_or(&Value::Null);
                let unit = [text(origin, "system"), text(origin, "code"), text(origin, "unit")];
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

/// From the lowest to the highest sample.
fn sampled(value: &Value) -> Option<Range> {
    let origin = decimal(value.get("origin")?)?;
    let factor = value.get("factor").and_then(Value::as_number);
    let factor = factor.map_or(Some(Decimal::whole(1)), |factor| Decimal::parse(factor.as_str()))?;
    let samples = value.get("data")?.as_str()?.split_ascii_whitespace().filter_map(Decimal::parse);
    let mut range: Option<(Decimal, Decimal)> = None;
    for sample in samples {
        let sample = sample.times(factor)?.plus(origin)?;
        let (low, high) = range.unwrap_or((sample, sample));
        range = Some((
            if sample.compare(low).is_lt() { sample } else { low },
            if sample.compare(high).is_gt() { sample } else { high },
        ));
    }
    range.map(|(low, high)| (Some(low), Some(high)))
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

/// System, code and unit of a payload, after its range; the system as sketches write it.
fn take_unit(bytes: &[u8]) -> Option<[&[u8]; 3]> {
    let (system, rest) = bytes.split_at_checked(system_length(bytes)?)?;
    let (length, rest) = take_varint(rest)?;
    let (code, unit) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some([system, code, unit])
}

/// System and code of a payload, as text.
#[cfg(test)]
pub(crate) fn unit_texts(payload: &[u8]) -> Option<[&str; 2]> {
    let (_, rest) = take_range(payload)?;
    let (system, _) = super::systems::take_system(rest)?;
    let [_, code, _] = take_unit(rest)?;
    Some([system, std::str::from_utf8(code).ok()?])
}

/// UCUM as sketches write it.
fn ucum_system() -> Vec<u8> {
    let mut written = Vec::new();
    put_system(&mut written, UCUM);
    written
}

/// The values of a payload in the base units of its UCUM code; as they are when it has none. For sorting.
pub(crate) fn base_range(payload: &[u8]) -> Option<Range> {
    let ((low, high), rest) = take_range(payload)?;
    let [system, code, _] = take_unit(rest)?;
    let unit = std::str::from_utf8(code).ok().filter(|_| system == ucum_system()).and_then(Unit::parse);
    let base = |value: Decimal| unit.as_ref().and_then(|unit| unit.to_base(value)).unwrap_or(value);
    Some((low.map(base), high.map(base)))
}

/// A unit's code, and the search in it when it is comparable.
type InUnit = (Box<[u8]>, Option<NumberTest>);

/// The search in other units: made once for each unit that a value turns out to have.
#[derive(Debug)]
struct Conversion {
    unit: Unit,
    known: Mutex<Vec<InUnit>>,
}

/// Most different units that a search remembers; more are converted each time.
const UNITS_KEPT: usize = 64;

impl Conversion {
    fn of(code: &str) -> Option<Arc<Self>> {
        Some(Arc::new(Conversion { unit: Unit::parse(code)?, known: Mutex::new(Vec::new()) }))
    }

    /// The search in the unit with this code.
    fn to(&self, code: &[u8], number: &NumberTest) -> Option<NumberTest> {
        let mut known = self.known.lock();
        if let Some((_, test)) = known.iter().find(|(unit, _)| **unit == *code) {
            return *test;
        }
        let test = std::str::from_utf8(code)
            .ok()
            .and_then(Unit::parse)
            .filter(|unit| unit.is_comparable(&self.unit))
            .and_then(|unit| number.converted(|value| unit.from_base(self.unit.to_base(value)?)));
        if known.len() < UNITS_KEPT {
            known.push((code.into(), test));
        }
        test
    }
}

/// One alternative of a quantity search.
#[derive(Clone, Debug)]
pub(crate) struct QuantityTest {
    number: NumberTest,
    /// The system as sketches write it; `None` for any.
    system: Option<Vec<u8>>,
    /// Code, or unit when no system is given; `None` for any.
    unit: Option<String>,
    /// For UCUM units: values in comparable ones count too.
    conversion: Option<Arc<Conversion>>,
}

impl QuantityTest {
    /// Reads `number`, `number|system|code` or `number||unit`.
    pub(crate) fn new(parts: &[String]) -> Option<Self> {
        let number = NumberTest::new(parts.first()?)?;
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        match parts {
            [_] => Some(QuantityTest { number, system: None, unit: None, conversion: None }),
            [_, system, unit] => {
                let conversion = if system == UCUM { Conversion::of(unit) } else { None };
                let system = filled(system).map(|system| {
                    let mut written = Vec::new();
                    put_system(&mut written, &system);
                    written
                });
                Some(QuantityTest { number, system, unit: filled(unit), conversion })
            }
            _ => None,
        }
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if kind != EntryKind::Quantity {
            return false;
        }
        let Some((range, rest)) = take_range(payload) else { return false };
        let Some([system, code, unit]) = take_unit(rest) else { return false };
        if self.system.as_ref().is_some_and(|wanted| wanted != system) {
            return false;
        }
        let has_unit = self.unit.as_ref().is_none_or(|wanted| {
            wanted.as_bytes() == code || (self.system.is_none() && wanted.as_bytes() == unit)
        });
        if has_unit {
            return self.number.matches_range(range);
        }
        let Some(conversion) = &self.conversion else { return false };
        conversion.to(code, &self.number).is_some_and(|test| test.matches_range(range))
    }
}
