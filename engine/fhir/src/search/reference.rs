//! Reference parameters.

use super::sketch::{EntryKind, UUID_REFERENCE};
use super::token::{self, TokenTest};
use crate::fhirpath::Item;
use crate::reference::{Reference, is_id};
use serde_json::Value;
use socle_kernel::ResourceType;
use socle_kernel::ids::{parse_uuid, uuid_text};
use std::fmt;

/// Gives the entries of one item: its literal, and its identifier.
pub(crate) fn entries(item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    let Some(value) = item.element().and_then(|element| element.value) else { return };
    if let Some(name) = value.get("resourceType").and_then(Value::as_str) {
        // The resource itself, in a Bundle.
        if let Some(id) = value.get("id").and_then(Value::as_str) {
            literal_entry(&format!("{name}/{id}"), out);
        }
        return;
    }
    if let Some(literal) = value.as_str().or_else(|| value.get("reference").and_then(Value::as_str)) {
        literal_entry(literal, out);
    }
    if let Some(identifier) = value.get("identifier").filter(|identifier| identifier.is_object()) {
        let part = |name: &str| identifier.get(name).and_then(Value::as_str).unwrap_or("");
        if !part("value").is_empty() {
            out(EntryKind::ReferenceIdentifier, &token::encode(part("system"), part("value")));
        }
    }
}

fn literal_entry(literal: &str, out: &mut dyn FnMut(EntryKind, &[u8])) {
    if literal.is_empty() || literal.starts_with('#') {
        return;
    }
    if let Reference::Local { resource_type, id, .. } = Reference::parse(literal) {
        if let Some(uuid) = parse_uuid(id) {
            out(EntryKind::ReferenceUuid, &uuid_payload(resource_type, uuid));
        } else {
            out(EntryKind::ReferenceText, format!("{resource_type}/{id}").as_bytes());
        }
        return;
    }
    out(EntryKind::ReferenceText, literal.as_bytes());
}

fn uuid_payload(resource_type: ResourceType, uuid: [u8; 16]) -> [u8; UUID_REFERENCE] {
    let mut payload = [0; UUID_REFERENCE];
    payload[..2].copy_from_slice(&resource_type.code().to_be_bytes());
    payload[2..].copy_from_slice(&uuid);
    payload
}

/// A literal reference read from a sketch; `Display` gives its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal<'a> {
    /// `Type/` and a UUID in lower case.
    Uuid {
        /// What it points to.
        resource_type: ResourceType,
        /// The UUID's bytes.
        uuid: [u8; 16],
    },
    /// Any other reference, as text.
    Text(&'a str),
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Uuid { resource_type, uuid } => write!(f, "{resource_type}/{}", uuid_text(*uuid)),
            Literal::Text(text) => f.write_str(text),
        }
    }
}

/// The literal of an entry.
pub(crate) fn decode(kind: EntryKind, payload: &[u8]) -> Option<Literal<'_>> {
    match kind {
        EntryKind::ReferenceUuid => {
            let (code, uuid) = payload.split_first_chunk::<2>()?;
            let resource_type = ResourceType::from_code(u16::from_be_bytes(*code))?;
            Some(Literal::Uuid { resource_type, uuid: uuid.try_into().ok()? })
        }
        EntryKind::ReferenceText => std::str::from_utf8(payload).ok().map(Literal::Text),
        _ => None,
    }
}

/// One alternative of a reference search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReferenceTest {
    /// `Type/id`.
    Exact { literal: String, uuid: Option<[u8; UUID_REFERENCE]>, absolute: Option<String> },
    /// An id alone: any of the types the parameter may point to.
    Id { id: String, uuid: Option<[u8; 16]>, types: Vec<ResourceType> },
    /// Any other address; a canonical without version is found with any.
    Address(String),
    /// A canonical, with its versions: `url|1.2` is above `url|1.2.3`, and `url` above both.
    Versions { is_below: bool, address: String },
    /// `:identifier`.
    Identifier(TokenTest),
}

impl ReferenceTest {
    /// Reads `id`, `Type/id`, or an address. `types` are those the parameter, or its `:Type` modifier, allows.
    pub(crate) fn new(text: &str, types: &[ResourceType]) -> Option<Self> {
        match Reference::parse(text) {
            Reference::Local { resource_type, id, .. } => Some(Self::exact(resource_type, id, None)),
            Reference::Absolute { resource_type, id, .. } => Some(Self::exact(resource_type, id, Some(text))),
            _ if text.is_empty() => None,
            _ if is_id(text) => match types {
                [one] => Some(Self::exact(*one, text, None)),
                _ => Some(ReferenceTest::Id {
                    id: text.to_owned(),
                    uuid: parse_uuid(text),
                    types: types.to_vec(),
                }),
            },
            _ => Some(ReferenceTest::Address(text.to_owned())),
        }
    }

    /// `:above` and `:below` on canonicals; `None` for other references.
    pub(crate) fn versions(is_below: bool, text: &str) -> Option<Self> {
        let is_canonical = text.contains("://") || text.starts_with("urn:");
        is_canonical.then(|| ReferenceTest::Versions { is_below, address: text.to_owned() })
    }

    fn exact(resource_type: ResourceType, id: &str, absolute: Option<&str>) -> Self {
        ReferenceTest::Exact {
            literal: format!("{resource_type}/{id}"),
            uuid: parse_uuid(id).map(|uuid| uuid_payload(resource_type, uuid)),
            absolute: absolute.map(str::to_owned),
        }
    }

    /// `Type/id` when the search names exactly one.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self {
            ReferenceTest::Exact { literal, .. } => Some(literal),
            ReferenceTest::Address(address) => Some(address),
            _ => None,
        }
    }

    /// `Type/id` for a type, when an id alone may be of it.
    pub(crate) fn literal_of(&self, wanted: ResourceType) -> Option<String> {
        match self {
            ReferenceTest::Exact { literal, .. } => literal
                .split_once('/')
                .is_some_and(|(name, _)| name == wanted.name())
                .then(|| literal.clone()),
            ReferenceTest::Id { id, types, .. } if types.is_empty() || types.contains(&wanted) => {
                Some(format!("{wanted}/{id}"))
            }
            _ => None,
        }
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        match (self, kind) {
            (ReferenceTest::Exact { uuid: Some(uuid), .. }, EntryKind::ReferenceUuid) => payload == uuid,
            (ReferenceTest::Exact { literal, absolute, .. }, EntryKind::ReferenceText) => {
                payload == literal.as_bytes()
                    || absolute.as_ref().is_some_and(|address| is_address(address.as_bytes(), payload))
            }
            (ReferenceTest::Id { uuid: Some(uuid), types, .. }, EntryKind::ReferenceUuid) => {
                payload[2..] == *uuid && is_one_of(types, payload)
            }
            (ReferenceTest::Id { id, types, .. }, EntryKind::ReferenceText) => {
                // What is written without a type is found as it is written.
                if payload == id.as_bytes() {
                    return true;
                }
                let Some(at) = payload.len().checked_sub(id.len() + 1) else { return false };
                let (name, rest) = payload.split_at(at);
                rest[0] == b'/'
                    && &rest[1..] == id.as_bytes()
                    && (types.is_empty() || types.iter().any(|t| t.name().as_bytes() == name))
            }
            (ReferenceTest::Address(address), EntryKind::ReferenceText) => {
                is_address(address.as_bytes(), payload)
            }
            (ReferenceTest::Versions { is_below: true, address }, EntryKind::ReferenceText) => {
                is_version_of(address.as_bytes(), payload)
            }
            (ReferenceTest::Versions { is_below: false, address }, EntryKind::ReferenceText) => {
                is_version_of(payload, address.as_bytes())
            }
            (ReferenceTest::Identifier(test), EntryKind::ReferenceIdentifier) => {
                test.matches_payload(payload)
            }
            _ => false,
        }
    }
}

/// The address itself; a canonical without version is found with any.
fn is_address(wanted: &[u8], found: &[u8]) -> bool {
    found.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest[0] == b'|')
}

/// `url|1.2` is, or says less than, `url|1.2.3`.
fn is_version_of(general: &[u8], special: &[u8]) -> bool {
    let Some(rest) = special.strip_prefix(general) else { return false };
    let has_version = general.contains(&b'|');
    rest.is_empty() || rest[0] == if has_version { b'.' } else { b'|' }
}

/// The references that answer a sub-question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReferenceSet {
    /// As sketches write them, sorted.
    uuids: Vec<[u8; UUID_REFERENCE]>,
    /// All of them as text, sorted.
    texts: Vec<String>,
}

impl ReferenceSet {
    /// Reads `Type/id` references.
    pub(crate) fn new(references: &[String]) -> Self {
        let mut set = ReferenceSet { texts: references.to_vec(), ..ReferenceSet::default() };
        for reference in references {
            if let Reference::Local { resource_type, id, .. } = Reference::parse(reference)
                && let Some(uuid) = parse_uuid(id)
            {
                set.uuids.push(uuid_payload(resource_type, uuid));
            }
        }
        set.uuids.sort_unstable();
        set.texts.sort_unstable();
        set.texts.dedup();
        set
    }

    /// True when there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Their texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// All of them, when all are of this type.
    pub(crate) fn all_of(&self, wanted: ResourceType) -> Option<Vec<String>> {
        let is_wanted =
            |text: &String| text.strip_prefix(wanted.name()).is_some_and(|rest| rest.starts_with('/'));
        self.texts.iter().all(is_wanted).then(|| self.texts.clone())
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        match kind {
            EntryKind::ReferenceUuid => {
                self.uuids.binary_search_by(|known| known.as_slice().cmp(payload)).is_ok()
            }
            EntryKind::ReferenceText => {
                self.texts.binary_search_by(|known| known.as_bytes().cmp(payload)).is_ok()
            }
            _ => false,
        }
    }
}

fn is_one_of(types: &[ResourceType], payload: &[u8]) -> bool {
    types.is_empty() || types.iter().any(|t| t.code().to_be_bytes() == payload[..2])
}
