//! Tokens of pages: the place after which a page begins, sealed so that nobody can make one up and ask what lies between.

use crate::session::Session;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use socle_kernel::{Key, Kind, Problem};

/// Bytes of the seal kept in a token.
const SEAL: usize = 16;
/// Bytes of a key.
const KEY: usize = 16;

impl Session {
    /// The token of the page after a place.
    pub(crate) fn token(&self, sort: &[u8], key: Key) -> String {
        let mut bytes = Vec::with_capacity(SEAL + KEY + sort.len());
        bytes.extend_from_slice(&[0; SEAL]);
        // The id as others see it: the key itself would say where a resource lives.
        let id = socle_kernel::ids::parse_uuid(&self.gate.cipher().seal(key)).unwrap_or_default();
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(sort);
        let seal = self.seal_of(&bytes[SEAL..]);
        bytes[..SEAL].copy_from_slice(&seal);
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// The place a token names.
    pub(crate) fn read_token(&self, token: &str) -> Result<(Vec<u8>, Key), Problem> {
        let read = || {
            let bytes = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
            let (seal, place) = bytes.split_at_checked(SEAL)?;
            let (id, sort) = place.split_first_chunk::<KEY>()?;
            let mut mac = self.mac();
            mac.update(place);
            mac.verify_truncated_left(seal).ok()?;
            let key = self.gate.cipher().open(&socle_kernel::ids::uuid_text(*id))?;
            Some((sort.to_vec(), key))
        };
        read().ok_or_else(|| {
            Problem::new(
                Kind::Invalid,
                "Ce lien de page n'est pas valable ; reprenez la recherche depuis le début.",
                "This page link is not valid; start the search again.",
            )
            .at("_page")
        })
    }

    fn seal_of(&self, place: &[u8]) -> [u8; SEAL] {
        let mut mac = self.mac();
        mac.update(place);
        let whole = mac.finalize().into_bytes();
        let mut seal = [0; SEAL];
        seal.copy_from_slice(&whole[..SEAL]);
        seal
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.gate.secret("page tokens")).expect("a key of any length is good")
    }
}
