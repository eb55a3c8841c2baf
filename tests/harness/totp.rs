//! One-time codes as a code application computes them (RFC 6238: SHA-1, 30 seconds, 6 digits).

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use socle_kernel::{Clock, SystemClock};

/// The code of this moment.
pub fn code(secret: &str) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let seconds = SystemClock.now().timestamp().as_second();
    at(&key, u64::try_from(seconds).expect("after 1970") / 30)
}

fn at(key: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any length is good");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

#[test]
fn gives_the_codes_of_the_standard() {
    let key = b"12345678901234567890";
    assert_eq!([at(key, 1), at(key, 37_037_036), at(key, 666_666_666)], ["287082", "081804", "353130"]);
}
