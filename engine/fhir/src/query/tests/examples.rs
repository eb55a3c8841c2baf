//! Every official example is found by each of its own search values, read back from its sketch as a caller would write them.

use super::*;
use crate::date::{BEGINNING, FOREVER};
use crate::search::number::{Range, take_range};
use crate::search::sketch::take_entry;
use crate::search::{Parameter, date, parameters, quantity, string, token};
use flate2::read::GzDecoder;
use std::io::Read;

const PACKED: &[u8] = include_bytes!("../../../../../testdata/fhir-r4-examples/examples.ndjson.gz");

fn escape(text: &str) -> String {
    let is_mark = |letter: char| matches!(letter, ',' | '|' | '$' | '\\');
    text.chars().flat_map(|letter| is_mark(letter).then_some('\\').into_iter().chain([letter])).collect()
}

fn coding(payload: &[u8]) -> Option<String> {
    let (system, code) = token::decode(payload)?;
    Some(if system.is_empty() { escape(code) } else { format!("{}|{}", escape(system), escape(code)) })
}

/// The ends of a range as two searches; one when they are the same.
fn range_searches((low, high): Range) -> Vec<String> {
    match (low, high) {
        (Some(low), Some(high)) if low == high => vec![low.to_string(), format!("ge{low}")],
        (low, high) => low
            .iter()
            .map(|low| format!("ge{low}"))
            .chain(high.iter().map(|high| format!("le{high}")))
            .collect(),
    }
}

/// Modifier and value of the searches that an entry must answer; none for what is no single value.
fn searches(kind: EntryKind, payload: &[u8]) -> Option<Vec<(&'static str, String)>> {
    let plain = |values: Vec<String>| values.into_iter().map(|value| ("", value)).collect::<Vec<_>>();
    Some(match kind {
        EntryKind::Token => plain(vec![coding(payload)?]),
        EntryKind::TokenText => vec![(":text", escape(std::str::from_utf8(payload).ok()?))],
        EntryKind::TypedToken => {
            let at = payload.iter().rposition(|byte| *byte == 0)?;
            let (system, code) = token::decode(&payload[..at])?;
            let value = std::str::from_utf8(&payload[at + 1..]).ok()?;
            vec![(":of-type", format!("{}|{}|{}", escape(system), escape(code), escape(value)))]
        }
        EntryKind::ReferenceUuid | EntryKind::ReferenceText => {
            plain(vec![escape(&crate::search::reference::decode(kind, payload)?.to_string())])
        }
        EntryKind::ReferenceIdentifier => vec![(":identifier", coding(payload)?)],
        EntryKind::String => {
            let (normal, original) = string::decode(payload)?;
            let [normal, original] =
                [normal, original].map(|text| String::from_utf8_lossy(text).into_owned());
            let mut all = vec![(":exact", escape(&original))];
            if !normal.is_empty() {
                all.extend([("", normal.clone()), (":contains", normal)]);
            }
            all
        }
        EntryKind::Date => {
            let (start, end) = date::decode(payload)?;
            let moment = |micros: i64| Instant(micros).to_string();
            let mut all = Vec::new();
            if start != BEGINNING {
                all.push(format!("ge{}", moment(start)));
            }
            if end != FOREVER {
                all.push(format!("le{}", moment(end)));
            }
            plain(all)
        }
        EntryKind::Number => plain(range_searches(take_range(payload)?.0)),
        EntryKind::Quantity => {
            let [system, code] = quantity::unit_texts(payload)?;
            let unit = |number: String| match (system, code) {
                ("", "") => number,
                _ => format!("{number}|{}|{}", escape(system), escape(code)),
            };
            plain(range_searches(take_range(payload)?.0).into_iter().map(unit).collect())
        }
        EntryKind::Uri => plain(vec![escape(std::str::from_utf8(payload).ok()?)]),
        EntryKind::Composite => {
            let (mut parts, mut rest) = (Vec::new(), payload);
            while let Some((kind, part, after)) = take_entry(rest) {
                parts.push(searches(kind, part)?.into_iter().find(|(modifier, _)| modifier.is_empty())?.1);
                rest = after;
            }
            plain(vec![parts.join("$")])
        }
        EntryKind::Opaque => return None,
    })
}

#[test]
fn each_is_found_by_each_of_its_own_values() {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text).expect("an intact file");
    let (mut asked, mut faults) = (0, Vec::new());
    for line in text.lines() {
        let resource = crate::json::parse(line.as_bytes()).expect("valid JSON");
        let name = resource["resourceType"].as_str().expect("a type");
        let resource_type = ResourceType::from_str(name).expect("a known type");
        let sketch = index(&resource, &[]).sketch;
        let sketch = Sketch(&sketch);
        for (number, kind, payload) in sketch.entries() {
            let with_number = |known: &&Parameter| known.number == number;
            let Some(known) = parameters(resource_type).iter().find(with_number) else { continue };
            for (modifier, value) in searches(kind, payload).unwrap_or_default() {
                let search = (format!("{}{modifier}", known.code), value);
                asked += 1;
                match parse_query(resource_type, std::slice::from_ref(&search), false) {
                    Ok(query) if query.matches(&sketch, &ROW) => {}
                    Ok(_) => faults.push(format!("{name}/{}: {search:?} finds nothing", resource["id"])),
                    Err(problem) => faults.push(format!("{name}/{}: {search:?} {problem}", resource["id"])),
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {asked}:\n{}", faults.len(), faults.join("\n"));
    assert!(asked > 5_000, "{asked}");
}
