//! Numbers of professionals and places, with their keys, in ranges kept for invention.
//!
//! RPPS: `10999` + five digits + Luhn key. FINESS: department + `99` + four digits + key. Work situations: `10999` +
//! five digits. Nobody was given a number in these ranges when this was written (2026).

/// First digits of every invented RPPS number.
pub const RPPS_PREFIX: &str = "10999";
/// How many professionals the invented range holds.
pub const RPPS_CAPACITY: u32 = 100_000;

/// The digit that makes the number pass Luhn's check when it is written after it.
pub fn luhn_digit(digits: &str) -> u8 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0') % 10);
            let doubled = if place % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    ((10 - sum % 10) % 10) as u8
}

/// True when the last digit is the Luhn key of the others.
pub fn has_luhn_key(number: &str) -> bool {
    number.len() > 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && luhn_digit(&number[..number.len() - 1]) == number.as_bytes()[number.len() - 1] - b'0'
}

/// The RPPS number of a serial (below [`RPPS_CAPACITY`]): 11 digits.
pub fn rpps(serial: u32) -> String {
    let digits = format!("{RPPS_PREFIX}{serial:05}");
    format!("{digits}{}", luhn_digit(&digits))
}

/// The identifier of a work situation: ten digits, as the Annuaire Santé writes them.
pub fn situation(serial: u32) -> String {
    format!("{RPPS_PREFIX}{serial:05}")
}

/// A FINESS-shaped number in a department (`35`, `2A`, `974` counts as `97`).
pub fn finess(department: &str, serial: u32) -> String {
    let two = &department[..department.len().min(2)];
    let digits = format!("{two}99{serial:04}");
    let counted: String = digits.chars().map(|c| if c.is_ascii_digit() { c } else { '0' }).collect();
    format!("{digits}{}", luhn_digit(&counted))
}

#[cfg(test)]
mod tests {
    use super::{RPPS_CAPACITY, finess, has_luhn_key, luhn_digit, rpps};
    use proptest::prelude::*;

    #[test]
    fn knows_luhn() {
        assert_eq!(luhn_digit("7992739871"), 3);
        assert!(has_luhn_key("79927398713"));
        assert!(!has_luhn_key("79927398714"));
        assert!(!has_luhn_key(""));
    }

    #[test]
    fn finess_keeps_the_department() {
        assert!(finess("35", 12).starts_with("35990012"));
        assert_eq!(finess("2A", 12).len(), 9);
        assert_eq!(finess("974", 1).len(), 9);
    }

    proptest! {
        #[test]
        fn every_rpps_has_eleven_digits_and_its_key(serial in 0..RPPS_CAPACITY) {
            let number = rpps(serial);
            prop_assert_eq!(number.len(), 11);
            prop_assert!(number.starts_with("10999"));
            prop_assert!(has_luhn_key(&number));
        }

        #[test]
        fn a_wrong_digit_is_seen(serial in 0..RPPS_CAPACITY, place in 0usize..11, add in 1u8..10) {
            let mut number = rpps(serial).into_bytes();
            number[place] = b'0' + (number[place] - b'0' + add) % 10;
            prop_assert!(!has_luhn_key(&String::from_utf8(number).unwrap()));
        }
    }
}
