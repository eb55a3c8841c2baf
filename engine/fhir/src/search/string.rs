//! String parameters: names, addresses, titles.

use super::sketch::{EntryKind, put_varint, take_varint};
use crate::fhirpath::Item;
use crate::names::normalise_name;
use serde_json::Value;

/// Gives the entries of one item: every text a person would look for.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    texts(item, &mut |text| out(EntryKind::String, &encode(text)));
}

/// The texts of one item.
pub(crate) fn texts(item: &Item<'_>, out: &mut dyn FnMut(&str)) {
    let Some(element) = item.element() else {
        if let Some(text) = item.text() {
            out(&text);
        }
        return;
    };
    let Some(value) = element.value else { return };
    let names: &[&str] = match element.definition.name {
        "HumanName" => &["family", "given", "prefix", "suffix", "text"],
        "Address" => &["line", "city", "district", "state", "postalCode", "country", "text"],
        "CodeableConcept" => &["text"],
        "ContactPoint" | "Identifier" => &["value"],
        _ => {
            if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                out(text);
            }
            return;
        }
    };
    for name in names {
        match value.get(name) {
            Some(Value::String(text)) if !text.is_empty() => out(text),
            Some(Value::Array(parts)) => {
                parts.iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).for_each(&mut *out);
            }
            _ => {}
        }
    }
}

/// The length of the normalised text, that text, and the original when it differs.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let normal = normalise_name(text);
    let mut payload = Vec::with_capacity(normal.len() + text.len() + 2);
    put_varint(&mut payload, normal.len() as u64);
    payload.extend_from_slice(normal.as_bytes());
    if normal != text {
        payload.extend_from_slice(text.as_bytes());
    }
    payload
}

/// The normalised and the original text.
pub(crate) fn decode(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = take_varint(payload)?;
    let (normal, original) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((normal, if original.is_empty() { normal } else { original }))
}

/// How a string is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StringMode {
    /// Starts with, whatever case and accents.
    Start,
    /// Contains, whatever case and accents.
    Contains,
    /// The very text.
    Exact,
    /// Is, whatever case and accents.
    Whole,
    /// Ends with, whatever case and accents.
    End,
}

/// One alternative of a string search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StringTest {
    mode: StringMode,
    text: String,
}

impl StringTest {
    /// `None` when nothing is left to look for.
    pub(crate) fn new(mode: StringMode, text: &str) -> Option<Self> {
        let text = if mode == StringMode::Exact { text.to_owned() } else { normalise_name(text) };
        (!text.is_empty()).then_some(StringTest { mode, text })
    }

    /// The key of the text, for exact searches only: the table holds whole values.
    pub(crate) fn key(&self) -> Option<Vec<u8>> {
        (self.mode == StringMode::Exact).then(|| normalise_name(&self.text).into_bytes())
    }

    /// The text in its normalised form.
    pub(crate) fn normalised(&self) -> String {
        normalise_name(&self.text)
    }

    /// True when the whole text is searched.
    pub(crate) fn is_exact(&self) -> bool {
        self.mode == StringMode::Exact
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if kind != EntryKind::String {
            return false;
        }
        let Some((normal, original)) = decode(payload) else { return false };
        let wanted = self.text.as_bytes();
        match self.mode {
            StringMode::Start => normal.starts_with(wanted),
            StringMode::Contains => normal.windows(wanted.len()).any(|part| part == wanted),
            StringMode::Exact => original == wanted,
            StringMode::Whole => normal == wanted,
            StringMode::End => normal.ends_with(wanted),
        }
    }
}
