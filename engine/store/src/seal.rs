//! Sealing: compression, then AES-256-GCM with the key of the home.
//!
//! A sealed value is `form (1) ‖ dictionary (1) ‖ key id (2) ‖ nonce (12) ‖ ciphertext and tag`. The tag covers the
//! header and the place of the value (its purpose, home, key, version and the columns beside it), so that a value that
//! is altered, or moved to another row, does not open.

use crate::{Result, StoreError, compress};
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use socle_kernel::{Chance, HomeId, limits};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// Bytes before the ciphertext.
const HEADER: usize = 4;
const NONCE: usize = 12;
const TAG: usize = 16;
/// The id of a home's first key.
pub(crate) const FIRST_KEY: u16 = 1;

/// Longest body, in bytes: what a request may hold, with room for what the pipeline adds to it.
pub(crate) const BODY_MOST: usize = 2 * limits::BODY_BYTES;

const FORM_PLAIN: u8 = 1;
const FORM_ZSTD: u8 = 2;

/// What a sealed value is for; part of its place.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Purpose {
    Body = 1,
    Sketch = 2,
    Audit = 3,
    Drawer = 4,
    Wrap = 5,
}

/// Where a sealed value stands; what the tag covers beside the value.
pub(crate) struct Place(Vec<u8>);

impl Place {
    /// A place of this purpose in this home.
    pub(crate) fn new(purpose: Purpose, home: HomeId) -> Self {
        let mut bytes = Vec::with_capacity(80);
        bytes.push(purpose as u8);
        bytes.extend_from_slice(&home.number().to_be_bytes());
        Place(bytes)
    }

    /// Adds a number.
    pub(crate) fn number(mut self, number: impl Into<i128>) -> Self {
        self.0.extend_from_slice(&number.into().to_be_bytes());
        self
    }

    /// Adds bytes with their length, so that two lists of parts are never the same bytes.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }
}

/// The key of a home, ready for use.
pub(crate) struct HomeKey {
    home: HomeId,
    id: u16,
    raw: Zeroizing<[u8; 32]>,
    cipher: Aes256Gcm,
    /// As it lies in the database.
    wrapped: Vec<u8>,
    /// True once the database holds it for good.
    stored: AtomicBool,
}

impl fmt::Debug for HomeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HomeKey({:?}, …)", self.home)
    }
}

impl HomeKey {
    /// Whose key it is.
    pub(crate) fn home(&self) -> HomeId {
        self.home
    }

    /// Its number within the home.
    pub(crate) fn id(&self) -> u16 {
        self.id
    }

    /// Its wrapped form.
    pub(crate) fn wrapped(&self) -> &[u8] {
        &self.wrapped
    }

    /// True once the database holds it.
    pub(crate) fn is_stored(&self) -> bool {
        self.stored.load(Ordering::Acquire)
    }

    /// Says that the database holds it.
    pub(crate) fn set_stored(&self) {
        self.stored.store(true, Ordering::Release);
    }

    /// A cipher for one document content. Its own key, derived from the content's random name, keeps nonces apart
    /// however many contents a home has.
    pub(crate) fn content_cipher(&self, name: &[u8; 16]) -> Aes256Gcm {
        let mut key = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(Some(b"socle document content"), self.raw.as_ref())
            .expand(name, key.as_mut())
            .expect("32 bytes are within what HKDF-SHA-256 gives");
        cipher(&key)
    }

    /// Seals a short value as it is.
    pub(crate) fn seal(&self, place: Place, plain: &[u8], chance: &dyn Chance) -> Vec<u8> {
        self.seal_form(FORM_PLAIN, 0, place, plain, chance)
    }

    /// Compresses and seals a body.
    pub(crate) fn seal_body(&self, place: Place, plain: &[u8], chance: &dyn Chance) -> Vec<u8> {
        match compress::compress(plain) {
            Some((dictionary, packed)) => self.seal_form(FORM_ZSTD, dictionary, place, &packed, chance),
            None => self.seal(place, plain, chance),
        }
    }

    fn seal_form(
        &self,
        form: u8,
        dictionary: u8,
        mut place: Place,
        plain: &[u8],
        chance: &dyn Chance,
    ) -> Vec<u8> {
        let [high, low] = self.id.to_be_bytes();
        let mut sealed = Vec::with_capacity(HEADER + NONCE + plain.len() + TAG);
        sealed.extend_from_slice(&[form, dictionary, high, low]);
        place.0.extend_from_slice(&sealed);
        let mut nonce = [0u8; NONCE];
        chance.fill(&mut nonce);
        sealed.extend_from_slice(&nonce);
        let ciphertext = self
            .cipher
            .encrypt(&nonce.into(), Payload { msg: plain, aad: &place.0 })
            .expect("a value is far shorter than what AES-GCM seals");
        sealed.extend_from_slice(&ciphertext);
        sealed
    }

    /// Opens a sealed value; `what` names it when it does not verify.
    pub(crate) fn open(&self, mut place: Place, sealed: &[u8], what: &dyn fmt::Display) -> Result<Vec<u8>> {
        let corrupt = || StoreError::Corrupt(what.to_string());
        let header = Header::read(sealed).ok_or_else(corrupt)?;
        if header.key_id != self.id {
            return Err(corrupt());
        }
        place.0.extend_from_slice(&sealed[..HEADER]);
        let nonce: [u8; NONCE] = sealed[HEADER..HEADER + NONCE].try_into().map_err(|_| corrupt())?;
        let plain = self
            .cipher
            .decrypt(&nonce.into(), Payload { msg: &sealed[HEADER + NONCE..], aad: &place.0 })
            .map_err(|_| corrupt())?;
        match header.form {
            FORM_PLAIN => Ok(plain),
            FORM_ZSTD => compress::expand(header.dictionary, &plain, BODY_MOST)
                .map_err(|error| StoreError::Corrupt(format!("{what}: {error}"))),
            _ => Err(corrupt()),
        }
    }
}

/// The readable beginning of a sealed value.
pub(crate) struct Header {
    form: u8,
    dictionary: u8,
    /// Which key of the home seals it.
    pub(crate) key_id: u16,
}

impl Header {
    /// Reads it; `None` when the value is too short to be a sealed one.
    pub(crate) fn read(sealed: &[u8]) -> Option<Self> {
        match sealed {
            [form, dictionary, high, low, rest @ ..] if rest.len() >= NONCE + TAG => Some(Header {
                form: *form,
                dictionary: *dictionary,
                key_id: u16::from_be_bytes([*high, *low]),
            }),
            _ => None,
        }
    }
}

/// Wraps the homes' keys with the platform's.
pub(crate) struct Wrapper(Aes256Gcm);

impl Wrapper {
    /// A wrapper with the platform's wrap key.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Wrapper(cipher(key))
    }

    /// A new key for a home, not yet stored.
    pub(crate) fn draw(&self, home: HomeId, chance: &dyn Chance) -> HomeKey {
        let mut raw = Zeroizing::new([0u8; 32]);
        chance.fill(raw.as_mut());
        let mut nonce = [0u8; NONCE];
        chance.fill(&mut nonce);
        let mut wrapped = nonce.to_vec();
        let ciphertext = self
            .0
            .encrypt(&nonce.into(), Payload { msg: raw.as_ref(), aad: &wrap_place(home, FIRST_KEY).0 })
            .expect("32 bytes are shorter than what AES-GCM seals");
        wrapped.extend_from_slice(&ciphertext);
        let cipher = cipher(&raw);
        HomeKey { home, id: FIRST_KEY, raw, cipher, wrapped, stored: AtomicBool::new(false) }
    }

    /// A key of a home from its wrapped form; an empty form is a destroyed key.
    pub(crate) fn unwrap(&self, home: HomeId, id: u16, wrapped: Vec<u8>) -> Result<HomeKey> {
        if wrapped.is_empty() {
            return Err(StoreError::Erased(home));
        }
        let corrupt = || StoreError::Corrupt(format!("key {id} of {home:?}"));
        let (nonce, ciphertext) = wrapped.split_at_checked(NONCE).ok_or_else(corrupt)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| corrupt())?;
        let plain = self
            .0
            .decrypt(&nonce.into(), Payload { msg: ciphertext, aad: &wrap_place(home, id).0 })
            .map(Zeroizing::new)
            .map_err(|_| corrupt())?;
        let raw = Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).map_err(|_| corrupt())?);
        let cipher = cipher(&raw);
        Ok(HomeKey { home, id, raw, cipher, wrapped, stored: AtomicBool::new(true) })
    }
}

fn wrap_place(home: HomeId, id: u16) -> Place {
    Place::new(Purpose::Wrap, home).number(id)
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&(*key).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use socle_kernel::SeededChance;

    const HOME: HomeId = HomeId::PLATFORM;

    fn a_key() -> (Wrapper, HomeKey, SeededChance) {
        let (wrapper, chance) = (Wrapper::new(&[3; 32]), SeededChance::new(5));
        let key = wrapper.draw(HOME, &chance);
        (wrapper, key, chance)
    }

    fn place() -> Place {
        Place::new(Purpose::Body, HOME).number(7)
    }

    proptest! {
        #[test]
        fn no_flipped_bit_opens(body in "[a-z{}\":]{0,300}", bit in any::<prop::sample::Index>()) {
            let (_, key, chance) = a_key();
            let mut sealed = key.seal_body(place(), body.as_bytes(), &chance);
            prop_assert_eq!(key.open(place(), &sealed, &"it").expect("whole"), body.as_bytes());
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            match key.open(place(), &sealed, &"body 7") {
                Err(StoreError::Corrupt(what)) => prop_assert!(what.contains("body 7")),
                other => prop_assert!(false, "opened as {other:?}"),
            }
        }
    }

    #[test]
    fn a_value_moved_elsewhere_does_not_open() {
        let (_, key, chance) = a_key();
        let sealed = key.seal(place(), b"value", &chance);
        assert!(key.open(Place::new(Purpose::Sketch, HOME).number(7), &sealed, &"it").is_err());
        assert!(key.open(Place::new(Purpose::Body, HOME).number(8), &sealed, &"it").is_err());
        assert!(key.open(place(), &sealed[..20], &"it").is_err());
        assert_eq!(key.open(place(), &sealed, &"it").expect("in its place"), b"value");
    }

    #[test]
    fn the_same_value_is_never_sealed_to_the_same_bytes() {
        let (_, key, chance) = a_key();
        assert_ne!(key.seal(place(), b"value", &chance), key.seal(place(), b"value", &chance));
    }

    #[test]
    fn a_wrapped_key_opens_for_its_home_only() {
        let (wrapper, key, chance) = a_key();
        let sealed = key.seal(place(), b"value", &chance);
        let again = wrapper.unwrap(HOME, FIRST_KEY, key.wrapped().to_vec()).expect("same home");
        assert_eq!(again.open(place(), &sealed, &"it").expect("same key"), b"value");
        let other = HomeId::new(99).expect("small");
        assert!(matches!(
            wrapper.unwrap(other, FIRST_KEY, key.wrapped().to_vec()),
            Err(StoreError::Corrupt(_))
        ));
        assert!(matches!(
            Wrapper::new(&[4; 32]).unwrap(HOME, FIRST_KEY, key.wrapped().to_vec()),
            Err(StoreError::Corrupt(_))
        ));
        assert!(matches!(wrapper.unwrap(HOME, FIRST_KEY, Vec::new()), Err(StoreError::Erased(_))));
    }
}
