//! Compression of bodies with trained dictionaries.
//!
//! FHIR JSON is small and repetitive: a dictionary makes it seven times smaller where plain zstd makes it two times.
//! Dictionaries are trained on synthetic data only, because a dictionary holds fragments of what it was trained on and
//! would outlive an erasure. A dictionary never changes once released: a better one gets the next number.

use crate::{Result, StoreError};
use std::cell::RefCell;
use std::sync::OnceLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// A released dictionary and its number in the header of every body it compressed.
struct Dictionary {
    number: u8,
    bytes: &'static [u8],
    decoder: OnceLock<DecoderDictionary<'static>>,
}

/// Every dictionary ever released, the one for new bodies last. Number 0 is no dictionary.
static DICTIONARIES: [Dictionary; 1] = [Dictionary {
    number: 1,
    bytes: include_bytes!("../../../data/zstd/dictionary-1.bin"),
    decoder: OnceLock::new(),
}];

/// Levels above gain 2 % and cost twice the time.
const LEVEL: i32 = 3;

static ENCODER: OnceLock<EncoderDictionary<'static>> = OnceLock::new();

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSORS: RefCell<Vec<(u8, Decompressor<'static>)>> = const { RefCell::new(Vec::new()) };
}

fn newest() -> &'static Dictionary {
    DICTIONARIES.last().expect("the list of dictionaries is not empty")
}

/// The compressed form and the number of its dictionary; `None` when compression would not make it smaller.
pub(crate) fn compress(body: &[u8]) -> Option<(u8, Vec<u8>)> {
    let packed = COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            let encoder = ENCODER.get_or_init(|| EncoderDictionary::copy(newest().bytes, LEVEL));
            let mut compressor = Compressor::with_prepared_dictionary(encoder).ok()?;
            // Our own header names the dictionary; four bytes less in every body.
            compressor.set_parameter(zstd::zstd_safe::CParameter::DictIdFlag(false)).ok()?;
            *slot = Some(compressor);
        }
        slot.as_mut()?.compress(body).ok()
    })?;
    (packed.len() < body.len()).then_some((newest().number, packed))
}

/// The body of a compressed form. `most` bounds what a forged length could make us allocate.
pub(crate) fn expand(number: u8, packed: &[u8], most: usize) -> Result<Vec<u8>> {
    let dictionary = DICTIONARIES
        .iter()
        .find(|dictionary| dictionary.number == number)
        .ok_or_else(|| StoreError::Corrupt(format!("compression dictionary {number} is unknown")))?;
    DECOMPRESSORS.with_borrow_mut(|list| {
        let index = match list.iter().position(|(found, _)| *found == number) {
            Some(index) => index,
            None => {
                let decoder = dictionary.decoder.get_or_init(|| DecoderDictionary::copy(dictionary.bytes));
                let decompressor = Decompressor::with_prepared_dictionary(decoder)
                    .map_err(|error| StoreError::Io(format!("zstd: {error}")))?;
                list.push((number, decompressor));
                list.len() - 1
            }
        };
        list[index]
            .1
            .decompress(packed, most)
            .map_err(|error| StoreError::Corrupt(format!("compressed body: {error}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_comes_back_from_its_compressed_form() {
        let body = r#"{"resourceType":"Observation","status":"final","code":{"text":"Poids"}}"#.repeat(4);
        let (number, packed) = compress(body.as_bytes()).expect("smaller");
        assert!(packed.len() * 3 < body.len());
        assert_eq!(expand(number, &packed, body.len()).expect("valid"), body.as_bytes());
    }

    #[test]
    fn what_does_not_shrink_stays_as_it_is() {
        assert_eq!(compress(b"{}"), None);
        assert_eq!(compress(b""), None);
    }

    #[test]
    fn refuses_an_unknown_dictionary_and_a_body_longer_than_allowed() {
        let (number, packed) = compress(&[b' '; 5000]).expect("smaller");
        assert!(matches!(expand(200, &packed, 5000), Err(StoreError::Corrupt(_))));
        assert!(matches!(expand(number, &packed, 4999), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn every_dictionary_is_a_trained_one_of_bounded_size() {
        for (index, dictionary) in DICTIONARIES.iter().enumerate() {
            assert_eq!(usize::from(dictionary.number), index + 1);
            assert!(dictionary.bytes.len() <= 110 * 1024);
            assert_eq!(
                dictionary.bytes[..4],
                [0x37, 0xa4, 0x30, 0xec],
                "magic number of a trained dictionary"
            );
        }
    }
}
