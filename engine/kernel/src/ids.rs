//! Keys and public ids.
//!
//! A resource's key is `(home, type, seq)`. Its public id is that 128-bit block enciphered with the platform's id key and
//! written as a UUID: opaque, unguessable, and it routes: reading by id needs no look-up table.

use crate::resource_type::ResourceType;
use crate::{Chance, Instant};
use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a resource lives: its patient, or its own organisation, professional or programme. 56 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HomeId(u64);

impl HomeId {
    /// Largest home number.
    pub const MAX: u64 = (1 << 56) - 1;
    /// The platform's own home: accounts, cursors, settings; and the home of the change feed and the audit log.
    pub const PLATFORM: HomeId = HomeId(0);
    /// Numbers below this are programme homes; drawn homes are above.
    const FIRST_DRAWN: u64 = 1 << 16;

    /// The home of this number, when it fits 56 bits.
    pub fn new(number: u64) -> Option<Self> {
        (number <= Self::MAX).then_some(HomeId(number))
    }

    /// A new home at random.
    pub fn draw(chance: &dyn Chance) -> Self {
        loop {
            let number = chance.number() & Self::MAX;
            if number >= Self::FIRST_DRAWN {
                return HomeId(number);
            }
        }
    }

    /// The shared home of the resources of a type that belong to nobody (a `ValueSet`, a `Medication`).
    pub fn programme(resource_type: ResourceType) -> Self {
        HomeId(u64::from(resource_type.code()))
    }

    /// True for the platform's and the programmes' homes.
    pub fn is_shared(self) -> bool {
        self.0 < Self::FIRST_DRAWN
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for HomeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "home-{:014x}", self.0)
    }
}

/// The place of a resource within its home and type: time-ordered, 60 bits (milliseconds since 2020 and 19 bits that
/// tell apart what was made in the same millisecond).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Seq(u64);

/// 2020-01-01T00:00:00Z in milliseconds.
const EPOCH_MS: i64 = 1_577_836_800_000;
const LOW_BITS: u32 = 19;

impl Seq {
    /// Largest number.
    pub const MAX: Seq = Seq((1 << 60) - 1);
    /// Smallest number.
    pub const MIN: Seq = Seq(0);

    /// The sequence of this number, when it fits 60 bits.
    pub fn new(number: u64) -> Option<Self> {
        (number <= Self::MAX.0).then_some(Seq(number))
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The first sequence of a moment.
    pub fn first_at(instant: Instant) -> Self {
        let ms = (instant.micros().div_euclid(1000) - EPOCH_MS).clamp(0, (1 << 41) - 1);
        Seq(u64::try_from(ms).unwrap_or(0) << LOW_BITS)
    }
}

/// Gives out sequences: strictly increasing within a process, even when the clock goes back.
#[derive(Debug)]
pub struct Sequencer {
    last: AtomicU64,
}

impl Sequencer {
    /// Starts at a random offset within the millisecond, so that two processes hardly ever meet.
    pub fn new(chance: &dyn Chance) -> Self {
        Sequencer { last: AtomicU64::new(chance.number() & ((1 << (LOW_BITS - 2)) - 1)) }
    }

    /// The next sequence, not before this moment.
    pub fn next(&self, now: Instant) -> Seq {
        let floor = Seq::first_at(now).0;
        let next = |last: u64| {
            let low = last & ((1 << LOW_BITS) - 1);
            if last < floor { floor | (low & ((1 << (LOW_BITS - 2)) - 1)) } else { last }.wrapping_add(1)
                & Seq::MAX.0
        };
        let before = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)))
            .unwrap_or_else(|last| last);
        Seq(next(before))
    }
}

/// A resource's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Key {
    /// Where it lives.
    pub home: HomeId,
    /// What it is.
    pub resource_type: ResourceType,
    /// Which one.
    pub seq: Seq,
}

impl Key {
    /// The key as one block: 56 bits of home, 12 of type, 60 of sequence, most significant first.
    pub fn to_block(self) -> [u8; 16] {
        let block = (u128::from(self.home.0) << 72)
            | (u128::from(self.resource_type.code()) << 60)
            | u128::from(self.seq.0);
        block.to_be_bytes()
    }

    /// The key in a block, when the block holds one.
    pub fn from_block(bytes: [u8; 16]) -> Option<Self> {
        let block = u128::from_be_bytes(bytes);
        let home = HomeId(u64::try_from(block >> 72).ok()?);
        let code = u16::try_from((block >> 60) & 0xfff).ok()?;
        let seq = Seq(u64::try_from(block & u128::from(Seq::MAX.0)).ok()?);
        Some(Key { home, resource_type: ResourceType::from_code(code)?, seq })
    }
}

/// Turns keys into public ids and back.
#[derive(Clone)]
pub struct IdCipher(Aes128);

impl fmt::Debug for IdCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdCipher(…)")
    }
}

impl IdCipher {
    /// A cipher with the platform's id key.
    pub fn new(key: &[u8; 16]) -> Self {
        IdCipher(Aes128::new(&(*key).into()))
    }

    /// The public id of a key: a UUID in lower case.
    pub fn seal(&self, key: Key) -> String {
        let mut block = key.to_block().into();
        self.0.encrypt_block(&mut block);
        uuid_text(block.into())
    }

    /// The key of a public id. `None` when the text is no UUID or the block holds no key: such an id was never given.
    pub fn open(&self, id: &str) -> Option<Key> {
        let mut block = parse_uuid(id)?.into();
        self.0.decrypt_block(&mut block);
        Key::from_block(block.into())
    }
}

/// 16 bytes as `8-4-4-4-12` hexadecimal digits.
pub fn uuid_text(bytes: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The 16 bytes of a UUID in lower case; `None` for any other text.
pub fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    if digits.len() != 36 {
        return None;
    }
    let mut bytes = [0u8; 16];
    let mut position = 0;
    for (index, byte) in bytes.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            if digits[position] != b'-' {
                return None;
            }
            position += 1;
        }
        *byte = (hex_value(digits[position])? << 4) | hex_value(digits[position + 1])?;
        position += 2;
    }
    Some(bytes)
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SeededChance, resource_type};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_public_id_leads_back_to_its_key(home in 0..=HomeId::MAX, code in 1u16..=146, seq in 0..=Seq::MAX.0) {
            let cipher = IdCipher::new(&[7; 16]);
            let key = Key {
                home: HomeId(home),
                resource_type: ResourceType::from_code(code).expect("in range"),
                seq: Seq(seq),
            };
            let id = cipher.seal(key);
            prop_assert_eq!(id.len(), 36);
            prop_assert_eq!(cipher.open(&id), Some(key));
        }

        #[test]
        fn any_other_text_is_no_id(text in ".{0,40}") {
            let cipher = IdCipher::new(&[7; 16]);
            if let Some(key) = cipher.open(&text) {
                prop_assert_eq!(cipher.seal(key), text);
            }
        }
    }

    #[test]
    fn ids_of_neighbours_have_nothing_in_common() {
        let cipher = IdCipher::new(&[7; 16]);
        let key = |seq| Key { home: HomeId(1 << 20), resource_type: resource_type::PATIENT, seq: Seq(seq) };
        let (one, two) = (cipher.seal(key(1)), cipher.seal(key(2)));
        let same = one.bytes().zip(two.bytes()).filter(|(a, b)| a == b && *a != b'-').count();
        assert!(same < 12, "{one} {two}");
    }

    #[test]
    fn sequences_increase_even_when_the_clock_goes_back() {
        let sequencer = Sequencer::new(&SeededChance::new(1));
        let mut last = sequencer.next(Instant(1_800_000_000_000_000));
        for step in 0..1000 {
            let next = sequencer.next(Instant(1_800_000_000_000_000 - step * 1000));
            assert!(next > last);
            last = next;
        }
    }
}
