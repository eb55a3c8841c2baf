//! RPPS numbers: 11 digits of which the last is Luhn's key.

/// System of RPPS numbers.
pub(crate) const SYSTEM: &str = "https://rpps.esante.gouv.fr";

/// Is this an RPPS number?
pub(crate) fn is_rpps(number: &str) -> bool {
    number.len() == 11 && number.bytes().all(|byte| byte.is_ascii_digit()) && luhn(number)
}

fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') << (place % 2);
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{is_rpps, luhn};
    use proptest::prelude::*;

    #[test]
    fn knows_luhn() {
        assert!(luhn("79927398713"));
        assert!(!luhn("79927398714"));
        assert!(is_rpps("79927398713"));
        assert!(!is_rpps("7992739871") && !is_rpps("7992739871é") && !is_rpps(""));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_seen(number in 10_000_000_000u64..99_999_999_999, place in 0usize..11, add in 1u8..10) {
            let text = number.to_string();
            let mut other = text.clone().into_bytes();
            other[place] = b'0' + (other[place] - b'0' + add) % 10;
            let other = String::from_utf8(other).expect("digits");
            prop_assert!(!(is_rpps(&text) && is_rpps(&other)));
        }
    }
}
