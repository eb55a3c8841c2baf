//! The one-time code that a citizen's telephone would show (RFC 6238: SHA-1, 30 seconds, six digits).

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The code of a shared secret at a time in seconds; none when the secret is not base32.
pub fn code(secret: &str, seconds: i64) -> Option<String> {
    let key = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&(seconds.div_euclid(30)).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes([hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]]);
    Some(format!("{:06}", (word & 0x7fff_ffff) % 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_codes_of_the_standard() {
        let secret = BASE32_NOPAD.encode(b"12345678901234567890");
        // RFC 6238, appendix B, last six of eight digits.
        for (seconds, expected) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code(&secret, seconds).as_deref(), Some(expected));
        }
        assert_eq!(code("not base32", 0), None);
    }
}
