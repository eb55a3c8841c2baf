//! Token parameters: codes, identifiers, booleans, contact points.

use super::sketch::EntryKind;
use super::systems::{put_system, system_length, take_system};
use crate::fhirpath::{Element, Item};
use crate::names::normalise_name;
use serde_json::Value;

/// Gives the entries of one item.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    match item {
        Item::Element(element) => element_entries(element, out),
        Item::Boolean(truth) => put(out, "", if *truth { "true" } else { "false" }),
        other => {
            if let Some(text) = other.text() {
                put(out, "", &text);
            }
        }
    }
}

fn put(out: &mut dyn FnMut(EntryKind, &[u8]), system: &str, code: &str) {
    if !(system.is_empty() && code.is_empty()) {
        out(EntryKind::Token, &encode(system, code));
    }
}

fn element_entries(element: &Element<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    let Some(value) = element.value else { return };
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("");
    match element.definition.name {
        "CodeableConcept" => concept_entries(value, true, out),
        "Coding" => {
            put(out, text("system"), text("code"));
            put_name(out, text("display"));
        }
        "Identifier" => {
            put(out, text("system"), text("value"));
            typed_entries(value, text("value"), out);
            if let Some(kind) = value.get("type") {
                concept_entries(kind, false, out);
            }
        }
        "ContactPoint" => put(out, "", text("value")),
        "boolean" => put(out, "", if value == &Value::Bool(true) { "true" } else { "false" }),
        _ => match value {
            Value::String(code) => {
                let system = element.codes.and_then(|codes| codes.system_of(code)).unwrap_or("");
                put(out, system, code);
            }
            Value::Number(number) => put(out, "", number.as_str()),
            _ => {}
        },
    }
}

/// The codings of a CodeableConcept, and its names; for the type of an identifier the names alone.
fn concept_entries(concept: &Value, with_codes: bool, out: &mut dyn FnMut(EntryKind, &[u8])) {
    for coding in concept.get("coding").and_then(Value::as_array).into_iter().flatten() {
        let part = |name: &str| coding.get(name).and_then(Value::as_str).unwrap_or("");
        if with_codes {
            put(out, part("system"), part("code"));
            put_name(out, part("display"));
        }
    }
    put_name(out, concept.get("text").and_then(Value::as_str).unwrap_or(""));
}

/// What `:text` looks at.
fn put_name(out: &mut dyn FnMut(EntryKind, &[u8]), name: &str) {
    if name.is_empty() {
        return;
    }
    let normal = normalise_name(name);
    if !normal.is_empty() {
        out(EntryKind::TokenText, normal.as_bytes());
    }
}

/// `:of-type` needs system and code of the identifier's type, and its value.
fn typed_entries(identifier: &Value, own: &str, out: &mut dyn FnMut(EntryKind, &[u8])) {
    let codings = identifier.get("type").and_then(|kind| kind.get("coding")).and_then(Value::as_array);
    for coding in codings.into_iter().flatten() {
        let part = |name: &str| coding.get(name).and_then(Value::as_str).unwrap_or("");
        if !part("code").is_empty() && !own.is_empty() {
            let mut payload = encode(part("system"), part("code"));
            payload.push(0);
            payload.extend_from_slice(own.as_bytes());
            out(EntryKind::TypedToken, &payload);
        }
    }
}

/// System, then the code to the end.
pub(crate) fn encode(system: &str, code: &str) -> Vec<u8> {
    let mut payload = Vec::with_capacity(2 + code.len());
    put_system(&mut payload, system);
    payload.extend_from_slice(code.as_bytes());
    payload
}

/// System and code of a payload.
pub(crate) fn decode(payload: &[u8]) -> Option<(&str, &str)> {
    let (system, code) = take_system(payload)?;
    Some((system, std::str::from_utf8(code).ok()?))
}

/// The form of a token in the key table: the code's case does not matter, the system's does.
pub(crate) fn key(system: &str, code: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(system.len() + code.len() + 1);
    key.extend_from_slice(system.as_bytes());
    key.push(b'|');
    key.extend(code.bytes().map(|byte| byte.to_ascii_lowercase()));
    key
}

/// One alternative of a token search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenTest {
    /// The system as sketches write it; `None` for any.
    system: Option<Vec<u8>>,
    /// The code; `None` for any.
    code: Option<String>,
    /// For `:of-type`: the identifier's value.
    typed_value: Option<String>,
    /// The system as written, for the key table.
    system_text: Option<String>,
}

impl TokenTest {
    /// A token as a search writes it, its parts between unescaped bars.
    pub(crate) fn new(parts: &[String]) -> Option<Self> {
        let written = |text: &String| {
            let mut system = Vec::new();
            put_system(&mut system, text);
            system
        };
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        match parts {
            [code] if !code.is_empty() => Some(TokenTest {
                system: None,
                code: Some(code.clone()),
                typed_value: None,
                system_text: None,
            }),
            [system, code] if !(system.is_empty() && code.is_empty()) => Some(TokenTest {
                system: Some(written(system)),
                code: filled(code),
                typed_value: None,
                system_text: Some(system.clone()),
            }),
            _ => None,
        }
    }

    /// `system|code|value` of `:of-type`.
    pub(crate) fn typed(parts: &[String]) -> Option<Self> {
        let [system, code, value] = parts else { return None };
        let test = TokenTest::new(&[system.clone(), code.clone()])?;
        (test.code.is_some() && !value.is_empty())
            .then(|| TokenTest { typed_value: Some(value.clone()), ..test })
    }

    /// The key of this token, when system and code are given.
    pub(crate) fn key(&self) -> Option<Vec<u8>> {
        if self.typed_value.is_some() {
            return None;
        }
        Some(key(self.system_text.as_deref()?, self.code.as_deref()?))
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        match (kind, &self.typed_value) {
            (EntryKind::Token, None) => self.matches_payload(payload),
            (EntryKind::TypedToken, Some(value)) => {
                let Some(at) = payload.iter().rposition(|byte| *byte == 0) else { return false };
                payload[at + 1..].eq_ignore_ascii_case(value.as_bytes())
                    && self.matches_payload(&payload[..at])
            }
            _ => false,
        }
    }

    /// Compares with system and code.
    pub(crate) fn matches_payload(&self, payload: &[u8]) -> bool {
        let at = match &self.system {
            Some(system) if payload.starts_with(system) => system.len(),
            Some(_) => return false,
            None => match system_length(payload) {
                Some(at) if at <= payload.len() => at,
                _ => return false,
            },
        };
        self.code.as_ref().is_none_or(|code| payload[at..].eq_ignore_ascii_case(code.as_bytes()))
    }
}
