//! One package of conformance resources in one compact file: an index, then every resource as a small zstd frame of its
//! own, made with a dictionary that all packs share. A resource is unpacked alone, when somebody asks for it.
//!
//! | part | bytes |
//! |---|---|
//! | mark | `SOCLEPK1` |
//! | dictionary | its number, 1 byte |
//! | length of the packed index, length of the plain index | 4 + 4, little-endian |
//! | index | one zstd frame: `name version`, then a line per resource |
//! | resources | one zstd frame each, in the order of the index |
//! | check | CRC-32 of all that precedes, 4 bytes, little-endian |

use super::kind::Kind;
use flate2::Crc;
use serde_json::Value;
use socle_kernel::{Problem, problem};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::OnceLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

const MARK: &[u8; 8] = b"SOCLEPK1";
/// Mark, number of the dictionary, two lengths.
const HEAD: usize = MARK.len() + 1 + 4 + 4;
/// Bytes of the check at the end.
const TAIL: usize = 4;
/// Packs are made once and read often: the best level that unpacks as fast as the others.
const LEVEL: i32 = 19;
/// Largest single resource of a package, in bytes of JSON.
pub const RESOURCE_BYTES: usize = 16 * 1024 * 1024;

/// The dictionary of number 1. Packs in data folders need it: it never changes; a better one gets number 2.
const DICTIONARY: &[u8] = include_bytes!("../../../../data/packages/dictionary-1.bin");
const DICTIONARY_NUMBER: u8 = 1;

static DECODER: OnceLock<DecoderDictionary<'static>> = OnceLock::new();

/// A package, still packed.
#[derive(Debug)]
pub struct Pack {
    /// Its name, as `hl7.fhir.fr.core`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    pub(super) rows: Vec<Row>,
    bytes: Cow<'static, [u8]>,
}

/// What the index says of one resource.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub kind: Kind,
    pub url: &'static str,
    pub version: &'static str,
    pub id: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    offset: usize,
    length: usize,
    pub plain_length: usize,
}

fn damaged(what: &str) -> Problem {
    Problem::new(
        problem::Kind::Invalid,
        format!(
            "Le fichier du paquet est abîmé ({what}). Ajoutez le paquet à nouveau avec « socle package add »."
        ),
        format!(
            "The file of the package is damaged ({what}). Add the package again with `socle package add`."
        ),
    )
}

impl Pack {
    /// Reads a pack from a file's bytes, after checking that they are whole.
    pub fn open(bytes: Vec<u8>) -> Result<Pack, Problem> {
        let Some(end) = bytes.len().checked_sub(TAIL).filter(|end| *end >= HEAD) else {
            return Err(damaged("length"));
        };
        let mut crc = Crc::new();
        crc.update(&bytes[..end]);
        if bytes[end..] != crc.sum().to_le_bytes() {
            return Err(damaged("CRC-32"));
        }
        Pack::read(Cow::Owned(bytes))
    }

    /// Reads a pack that is part of the program.
    pub(super) fn embedded(bytes: &'static [u8]) -> Result<Pack, Problem> {
        Pack::read(Cow::Borrowed(bytes))
    }

    fn read(bytes: Cow<'static, [u8]>) -> Result<Pack, Problem> {
        if !bytes.starts_with(MARK) || bytes.len() < HEAD + TAIL {
            return Err(damaged("mark"));
        }
        if bytes[MARK.len()] != DICTIONARY_NUMBER {
            return Err(damaged("dictionary"));
        }
        let number = |at: usize| {
            let four: [u8; 4] = bytes[at..at + 4].try_into().unwrap_or_default();
            usize::try_from(u32::from_le_bytes(four)).unwrap_or(usize::MAX)
        };
        let (packed, plain) = (number(MARK.len() + 1), number(MARK.len() + 5));
        let end = HEAD.checked_add(packed).filter(|end| *end <= bytes.len() - TAIL);
        let end = end.filter(|_| plain <= RESOURCE_BYTES).ok_or_else(|| damaged("index"))?;
        let index = zstd::bulk::decompress(&bytes[HEAD..end], plain).map_err(|_| damaged("index"))?;
        // The index lives as long as the program: packs are opened once, at start.
        let index: &'static str = String::from_utf8(index).map_err(|_| damaged("index"))?.leak();
        let mut lines = index.lines();
        let (name, version) =
            lines.next().and_then(|l| l.split_once('\t')).ok_or_else(|| damaged("index"))?;
        let mut offset = end;
        let mut rows = Vec::new();
        for line in lines {
            let row = row(line, offset).ok_or_else(|| damaged("index"))?;
            offset += row.length;
            if offset > bytes.len() - TAIL || row.plain_length > RESOURCE_BYTES {
                return Err(damaged("index"));
            }
            rows.push(row);
        }
        Ok(Pack { name, version, rows, bytes })
    }

    /// How many resources it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Unpacks one resource.
    pub(super) fn resource(&self, row: &Row) -> Result<Value, Problem> {
        let decoder = DECODER.get_or_init(|| DecoderDictionary::copy(DICTIONARY));
        let mut decompressor =
            Decompressor::with_prepared_dictionary(decoder).map_err(|_| damaged("dictionary"))?;
        let frame = &self.bytes[row.offset..row.offset + row.length];
        let json = decompressor.decompress(frame, row.plain_length).map_err(|_| damaged(row.id))?;
        serde_json::from_slice(&json).map_err(|_| damaged(row.id))
    }
}

fn row(line: &'static str, offset: usize) -> Option<Row> {
    let mut columns = line.split('\t');
    let kind = Kind::named(columns.next()?)?;
    let mut next = || columns.next();
    Some(Row {
        kind,
        url: next()?,
        version: next()?,
        id: next()?,
        name: next()?,
        about: next()?,
        length: next()?.parse().ok()?,
        plain_length: next()?.parse().ok()?,
        offset,
    })
}

/// Writes a pack of these resources, which [`super::slim`] has made small already. Nothing is checked here.
pub fn write(name: &str, version: &str, resources: &[Value]) -> Result<Vec<u8>, Problem> {
    write_with(DICTIONARY, name, version, resources)
}

/// As [`write`], with another dictionary: for the program that makes the dictionary.
pub fn write_with(
    dictionary: &[u8],
    name: &str,
    version: &str,
    resources: &[Value],
) -> Result<Vec<u8>, Problem> {
    let failed = |error: std::io::Error| Problem::internal(format!("zstd: {error}"));
    let encoder = EncoderDictionary::copy(dictionary, LEVEL);
    let mut compressor = Compressor::with_prepared_dictionary(&encoder).map_err(failed)?;
    compressor.set_parameter(zstd::zstd_safe::CParameter::DictIdFlag(false)).map_err(failed)?;
    let mut index = format!("{}\t{}\n", plain(name), plain(version));
    let mut frames = Vec::new();
    for resource in resources {
        let Some(kind) = resource["resourceType"].as_str().and_then(Kind::named) else { continue };
        let json = resource.to_string();
        let frame = compressor.compress(json.as_bytes()).map_err(failed)?;
        let text = |member: &str| plain(resource.get(member).and_then(Value::as_str).unwrap_or(""));
        let url = plain(&kind.address(resource));
        let about = plain(&kind.about(resource));
        let _ = writeln!(
            index,
            "{}\t{url}\t{}\t{}\t{}\t{about}\t{}\t{}",
            kind.name(),
            text("version"),
            text("id"),
            text("name"),
            frame.len(),
            json.len()
        );
        frames.extend_from_slice(&frame);
    }
    let packed = zstd::bulk::compress(index.as_bytes(), LEVEL).map_err(failed)?;
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map(u32::to_le_bytes);
    let (Ok(packed_length), Ok(plain_length)) = (length(&packed), length(index.as_bytes())) else {
        return Err(Problem::internal("the index of a pack is longer than four bytes can say"));
    };
    let mut bytes = MARK.to_vec();
    bytes.push(DICTIONARY_NUMBER);
    bytes.extend_from_slice(&packed_length);
    bytes.extend_from_slice(&plain_length);
    bytes.extend_from_slice(&packed);
    bytes.extend_from_slice(&frames);
    let mut crc = Crc::new();
    crc.update(&bytes);
    bytes.extend_from_slice(&crc.sum().to_le_bytes());
    Ok(bytes)
}

/// A text for a column of the index.
fn plain(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}
