//! The sketch: every search value of a resource in one compact run of bytes.
//!
//! A version byte, then entries. An entry is the parameter's number (varint), a head byte (kind in the high half, the
//! payload's length in the low half, 15 meaning that a varint follows) and the payload. A reference to a resource whose
//! id is a UUID has its own kind without length: 2 + 16 bytes. Reading never allocates.

use super::{reference, token};
use socle_kernel::ResourceType;
use std::sync::OnceLock;

/// The version of the format, first byte of each sketch.
///
/// 1: the first. 2: names of codes (`TokenText`), positions, words, contained resources; the old kinds are written as
/// before, so that a sketch of version 1 reads as one that lacks the new ones. Entries stand in the order of their
/// numbers, so that a reader may stop early.
pub const VERSION: u8 = 2;

/// The oldest version that is still read.
const OLDEST: u8 = 1;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum EntryKind {
    /// Bytes of the platform, or of a parameter with rules of its own.
    Opaque = 0,
    /// System and code.
    Token = 1,
    /// Type and UUID.
    ReferenceUuid = 2,
    /// Any other literal reference.
    ReferenceText = 3,
    /// The identifier of a reference.
    ReferenceIdentifier = 4,
    /// Normalised and original text.
    String = 5,
    /// A range of time.
    Date = 6,
    /// A range of numbers.
    Number = 7,
    /// A range of numbers with a unit.
    Quantity = 8,
    /// An address.
    Uri = 9,
    /// An identifier with its type.
    TypedToken = 10,
    /// Two entries without number.
    Composite = 11,
    /// A name of a code.
    TokenText = 12,
}

impl EntryKind {
    /// True for what a parameter looks at; false for what only some modifiers do.
    pub(crate) fn is_value(self) -> bool {
        !matches!(
            self,
            EntryKind::Opaque | EntryKind::ReferenceIdentifier | EntryKind::TypedToken | EntryKind::TokenText
        )
    }

    #[inline]
    fn from_code(code: u8) -> Option<Self> {
        const ALL: [EntryKind; 13] = [
            EntryKind::Opaque,
            EntryKind::Token,
            EntryKind::ReferenceUuid,
            EntryKind::ReferenceText,
            EntryKind::ReferenceIdentifier,
            EntryKind::String,
            EntryKind::Date,
            EntryKind::Number,
            EntryKind::Quantity,
            EntryKind::Uri,
            EntryKind::TypedToken,
            EntryKind::Composite,
            EntryKind::TokenText,
        ];
        ALL.get(usize::from(code)).copied()
    }
}

/// Bytes of a reference with a UUID.
pub(crate) const UUID_REFERENCE: usize = 18;

/// Writes an unsigned number in groups of 7 bits, lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads what [`put_varint`] wrote, and what follows it.
pub(crate) fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[index + 1..]));
        }
    }
    None
}

/// Writes head byte, length and payload of an entry.
pub(crate) fn put_entry(out: &mut Vec<u8>, kind: EntryKind, payload: &[u8]) {
    let code = (kind as u8) << 4;
    if kind == EntryKind::ReferenceUuid {
        out.push(code);
    } else if payload.len() < 15 {
        out.push(code | payload.len() as u8);
    } else {
        out.push(code | 15);
        put_varint(out, payload.len() as u64);
    }
    out.extend_from_slice(payload);
}

/// Reads what [`put_entry`] wrote, and what follows it.
#[inline]
pub(crate) fn take_entry(bytes: &[u8]) -> Option<(EntryKind, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first()?;
    let kind = EntryKind::from_code(head >> 4)?;
    let (length, rest) = match head & 15 {
        _ if kind == EntryKind::ReferenceUuid => (UUID_REFERENCE, rest),
        15 => take_number(rest).and_then(|(length, rest)| Some((usize::try_from(length).ok()?, rest)))?,
        length => (usize::from(length), rest),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((kind, payload, rest))
}

/// Collects the entries of one resource.
#[derive(Debug)]
pub(crate) struct SketchWriter {
    bytes: Vec<u8>,
    /// Where each entry of the current parameter starts, to leave out repetitions.
    starts: Vec<usize>,
    number: u32,
}

impl SketchWriter {
    pub(crate) fn new() -> Self {
        SketchWriter { bytes: vec![VERSION], starts: Vec::new(), number: 0 }
    }

    /// Adds an entry; one that the same parameter already has is left out.
    pub(crate) fn push(&mut self, number: u32, kind: EntryKind, payload: &[u8]) {
        if number != self.number {
            self.number = number;
            self.starts.clear();
        }
        let start = self.bytes.len();
        put_varint(&mut self.bytes, u64::from(number));
        put_entry(&mut self.bytes, kind, payload);
        let (before, new) = self.bytes.split_at(start);
        if self.starts.iter().any(|known| before[*known..].starts_with(new)) {
            self.bytes.truncate(start);
        } else {
            self.starts.push(start);
        }
    }

    /// Adds the sketch of a contained resource.
    pub(crate) fn push_contained(&mut self, resource_type: ResourceType, id: &str, sketch: &[u8]) {
        let mut payload = resource_type.code().to_be_bytes().to_vec();
        put_varint(&mut payload, id.len() as u64);
        payload.extend_from_slice(id.as_bytes());
        payload.extend_from_slice(sketch);
        self.push(contained_number(), EntryKind::Opaque, &payload);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// The number under which contained resources stand.
fn contained_number() -> u32 {
    static NUMBER: OnceLock<u32> = OnceLock::new();
    *NUMBER.get_or_init(|| super::number_of("_contained").expect("numbers.tsv has _contained"))
}

fn take_contained(payload: &[u8]) -> Option<(ResourceType, &str, Sketch<'_>)> {
    let (code, rest) = payload.split_first_chunk::<2>()?;
    let (length, rest) = take_varint(rest)?;
    let (id, sketch) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let resource_type = ResourceType::from_code(u16::from_be_bytes(*code))?;
    Some((resource_type, std::str::from_utf8(id).ok()?, Sketch(sketch)))
}

/// A sketch to read. Bytes that are no sketch read as an empty one.
#[derive(Clone, Copy, Debug)]
pub struct Sketch<'a>(pub &'a [u8]);

/// The entries of a sketch: number, kind, payload.
pub(crate) struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (u32, EntryKind, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (number, rest) = take_number(self.0)?;
        let (kind, payload, rest) = take_entry(rest)?;
        self.0 = rest;
        Some((number, kind, payload))
    }
}

/// As [`take_varint`], quick for the one or two bytes that parameters' numbers have.
#[inline]
fn take_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    match bytes {
        [one, rest @ ..] if *one < 0x80 => Some((u32::from(*one), rest)),
        [one, two, rest @ ..] if *two < 0x80 => Some((u32::from(one & 0x7f) | (u32::from(*two) << 7), rest)),
        _ => take_varint(bytes).and_then(|(number, rest)| Some((u32::try_from(number).ok()?, rest))),
    }
}

impl<'a> Sketch<'a> {
    /// True when it was written in today's format; otherwise making it anew lets more searches find the resource.
    pub fn is_current(&self) -> bool {
        self.0.first() == Some(&VERSION)
    }

    /// True when the entries stand in the order of their numbers.
    pub(crate) fn is_ordered(&self) -> bool {
        self.0.first().is_some_and(|version| (2..=VERSION).contains(version))
    }

    pub(crate) fn entries(&self) -> Entries<'a> {
        match self.0.split_first() {
            Some((&(OLDEST..=VERSION), rest)) => Entries(rest),
            _ => Entries(&[]),
        }
    }

    /// The contained resources: type, id, and sketch of each.
    pub fn contained(&self) -> impl Iterator<Item = (ResourceType, &'a str, Sketch<'a>)> {
        let number = contained_number();
        self.entries()
            .filter(move |(own, kind, _)| *own == number && *kind == EntryKind::Opaque)
            .filter_map(|(_, _, payload)| take_contained(payload))
    }

    /// The platform's values with this number (below 100).
    pub fn extras(&self, number: u32) -> impl Iterator<Item = &'a [u8]> {
        self.entries()
            .filter(move |(own, kind, _)| *own == number && *kind == EntryKind::Opaque)
            .map(|(_, _, payload)| payload)
    }

    /// System and code of each token of a parameter.
    pub fn tokens(&self, number: u32) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.entries()
            .filter(move |(own, kind, _)| *own == number && *kind == EntryKind::Token)
            .filter_map(|(_, _, payload)| token::decode(payload))
    }

    /// The literal references of a parameter.
    pub fn references(&self, number: u32) -> impl Iterator<Item = reference::Literal<'a>> {
        self.entries()
            .filter(move |(own, _, _)| *own == number)
            .filter_map(|(_, kind, payload)| reference::decode(kind, payload))
    }

    /// The addresses of a parameter.
    pub fn uris(&self, number: u32) -> impl Iterator<Item = &'a str> {
        self.entries()
            .filter(move |(own, kind, _)| *own == number && *kind == EntryKind::Uri)
            .filter_map(|(_, _, payload)| std::str::from_utf8(payload).ok())
    }

    /// Every literal reference and address, whatever the parameter; parts of composites are entries of their own parameter
    /// as well.
    pub fn links(&self) -> impl Iterator<Item = reference::Literal<'a>> {
        self.entries().filter_map(|(_, kind, payload)| match kind {
            EntryKind::Uri => std::str::from_utf8(payload).ok().map(reference::Literal::Text),
            _ => reference::decode(kind, payload),
        })
    }

    /// True when the parameter has a value.
    pub fn has(&self, number: u32) -> bool {
        self.entries().any(|(own, _, _)| own == number)
    }
}
