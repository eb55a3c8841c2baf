//! One-time codes from a shared secret and the time (RFC 6238): SHA-1, 30 seconds, six digits, as every application reads.

use data_encoding::{BASE32_NOPAD, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use socle_kernel::{Chance, Instant};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// Seconds one code is shown.
const STEP_SECONDS: i64 = 30;
const DIGITS: u32 = 6;
const ENCODING: &Encoding = &BASE32_NOPAD;

/// A new shared secret: 20 random bytes in base32.
pub(crate) fn draw_secret(chance: &dyn Chance) -> String {
    let mut bytes = [0; 20];
    chance.fill(&mut bytes);
    ENCODING.encode(&bytes)
}

/// Is this a shared secret of 20 bytes?
pub(crate) fn is_secret(text: &str) -> bool {
    ENCODING.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 20)
}

/// The code of a step of time.
fn code(secret: &[u8], step: u64, digits: u32) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let word = u32::from_be_bytes([hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]]);
    format!("{:0width$}", (word & 0x7fff_ffff) % 10u32.pow(digits), width = digits as usize)
}

fn step_at(now: Instant) -> u64 {
    u64::try_from(now.seconds().div_euclid(STEP_SECONDS)).unwrap_or(0)
}

/// The step whose code this is: the current one, the one before or the one after (clocks differ), and later than `last`, so
/// that a code that was used or overtaken is refused. Takes as long for a wrong code as for a good one.
pub(crate) fn matching_step(secret: &str, typed: &str, now: Instant, last: Option<u64>) -> Option<u64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = ENCODING.decode(secret.as_bytes()).unwrap_or_default();
    let current = step_at(now);
    let mut found = 0;
    let mut is_found = Choice::from(0);
    for step in [current.saturating_sub(1), current, current + 1] {
        let is_same = code(&secret, step, DIGITS).as_bytes().ct_eq(typed.as_bytes());
        let is_new = Choice::from(u8::from(last.is_none_or(|last| step > last)));
        found.conditional_assign(&step, is_same & is_new);
        is_found |= is_same & is_new;
    }
    (bool::from(is_found) && !secret.is_empty()).then_some(found)
}

#[cfg(test)]
pub(crate) fn code_at(secret: &str, now: Instant) -> String {
    code(&ENCODING.decode(secret.as_bytes()).expect("a secret"), step_at(now), DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::SeededChance;

    fn at(seconds: i64) -> Instant {
        Instant(seconds * 1_000_000)
    }

    #[test]
    fn gives_the_codes_of_rfc_6238() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(secret, step_at(at(seconds)), 8), expected);
            assert_eq!(code(secret, step_at(at(seconds)), 6), expected[2..]);
        }
    }

    #[test]
    fn a_code_is_good_half_a_minute_around_and_once() {
        let secret = draw_secret(&SeededChance::new(1));
        let now = at(1_800_000_000);
        let typed = code_at(&secret, now);
        let step = matching_step(&secret, &typed, now, None).expect("the current code");
        assert_eq!(
            matching_step(&secret, &format!(" {} {} ", &typed[..3], &typed[3..]), now, None),
            Some(step)
        );
        assert!(matching_step(&secret, &typed, at(1_800_000_000 + 30), None).is_some());
        assert!(matching_step(&secret, &typed, at(1_800_000_000 - 30), None).is_some());
        assert!(matching_step(&secret, &typed, at(1_800_000_000 + 61), None).is_none());
        assert!(matching_step(&secret, &typed, now, Some(step)).is_none(), "used once already");
        assert!(matching_step(&secret, "", now, None).is_none());
    }

    #[test]
    fn an_unreadable_secret_accepts_nothing() {
        let now = at(1_800_000_000);
        let typed = code(&[], step_at(now), DIGITS);
        assert!(matching_step("", &typed, now, None).is_none());
        assert!(matching_step("é", &typed, now, None).is_none());
    }
}
