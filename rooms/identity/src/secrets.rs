//! Random tokens, their hashes, keyed hashes, comparisons in constant time; and texts that never print.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use socle_kernel::Chance;
use std::fmt;
use subtle::ConstantTimeEq;

/// HMAC-SHA-256.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// A text that prints as `…`: passwords, shared secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself; a search for this word finds every place that uses a secret.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// 32 random bytes as 43 characters.
pub(crate) fn draw_token(chance: &dyn Chance) -> String {
    let mut bytes = [0; 32];
    chance.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// True for a text that [`draw_token`] could have given.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == 43 && BASE64URL_NOPAD.decode(text.as_bytes()).is_ok()
}

/// What is kept of a token: whoever reads the store cannot use it.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Keyed hash of several parts; each part counts with its length, so that no two lists of parts meet.
pub(crate) fn keyed(secret: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let mut mac = HmacSha256::new_from_slice(secret).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// [`keyed`] as text.
pub(crate) fn keyed_text(secret: &[u8; 32], parts: &[&str]) -> String {
    BASE64URL_NOPAD.encode(&keyed(secret, parts))
}

/// Comparison whose time does not depend on where the texts differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::SeededChance;

    #[test]
    fn a_secret_never_prints() {
        assert_eq!(format!("{:?}", Secret::new("motdepasse")), "…");
    }

    #[test]
    fn tokens_differ_and_are_recognised() {
        let chance = SeededChance::new(1);
        let (one, two) = (draw_token(&chance), draw_token(&chance));
        assert_ne!(one, two);
        assert!(is_token(&one));
        assert!(!is_token("") && !is_token(&one[1..]) && !is_token(&format!("{}=", &one[1..])));
    }

    #[test]
    fn parts_cannot_flow_into_each_other() {
        let secret = [7; 32];
        assert_ne!(keyed(&secret, &["ab", "c"]), keyed(&secret, &["a", "bc"]));
        assert_ne!(keyed(&secret, &["ab"]), keyed(&[8; 32], &["ab"]));
    }
}
