//! The matricule INS: 13 characters and a key.

use socle_kernel::{Kind, Problem};
use std::fmt;

/// The 13 characters of a NIR: sex, year, month, department, commune, order. Corsica writes its department `2A` or `2B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct N13([u8; 13]);

impl N13 {
    /// Reads 13 characters: digits, with `A` or `B` allowed in seventh place after a `2`.
    pub fn parse(text: &str) -> Result<N13, Problem> {
        let wrong = || {
            Problem::new(
                Kind::Unprocessable,
                "Un matricule a 13 caractères : des chiffres, ou 2A ou 2B pour le département.",
                "A matricule has 13 characters: digits, or 2A or 2B for the department.",
            )
            .coded("value")
        };
        let bytes: [u8; 13] = text.as_bytes().try_into().map_err(|_| wrong())?;
        let is_good = bytes.iter().enumerate().all(|(place, byte)| {
            byte.is_ascii_digit() || (place == 6 && bytes[5] == b'2' && matches!(byte, b'A' | b'B'))
        });
        if is_good { Ok(N13(bytes)) } else { Err(wrong()) }
    }

    /// The 15 characters: the 13 and their key.
    pub fn with_key(&self) -> String {
        format!("{self}{:02}", ins_key(self))
    }
}

impl fmt::Display for N13 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

/// The key, from 1 to 97: 97 less the remainder by 97. `2A` counts as 19 and `2B` as 18.
pub fn ins_key(n13: &N13) -> u8 {
    let digits = n13.0;
    let department_seventh = match digits[6] {
        b'A' => Some((1, 9)),
        b'B' => Some((1, 8)),
        _ => None,
    };
    let mut remainder: u32 = 0;
    for (place, byte) in digits.iter().enumerate() {
        let digit = match (place, department_seventh) {
            (5, Some((tens, _))) => tens,
            (6, Some((_, units))) => units,
            _ => u32::from(byte - b'0'),
        };
        remainder = (remainder * 10 + digit) % 97;
    }
    (97 - remainder) as u8
}

#[cfg(test)]
mod tests {
    use super::{N13, ins_key};
    use proptest::prelude::*;

    fn key(text: &str) -> u8 {
        ins_key(&N13::parse(text).unwrap())
    }

    #[test]
    fn gives_the_known_keys() {
        assert_eq!(key("2770101154003"), 29);
        assert_eq!(key("185012A001001"), 10);
        assert_eq!(key("185012B001001"), 37);
    }

    #[test]
    fn refuses_what_is_not_a_matricule() {
        for bad in ["", "277010115400", "27701011540034", "27701011540é", "A770101154003", "185013A001001"] {
            assert!(N13::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn number_and_key_add_up_to_a_multiple_of_97(n in 1_000_000_000_000u64..9_999_999_999_999) {
            let key = u64::from(key(&n.to_string()));
            prop_assert!((1..=97).contains(&key));
            prop_assert_eq!((n + key) % 97, 0);
        }

        #[test]
        fn one_wrong_digit_changes_the_key(n in 1_000_000_000_000u64..9_999_999_999_999, place in 0usize..13, add in 1u8..10) {
            let text = n.to_string();
            let mut other = text.clone().into_bytes();
            other[place] = b'0' + (other[place] - b'0' + add) % 10;
            let other = String::from_utf8(other).unwrap();
            prop_assert_ne!(key(&text), key(&other));
        }

        #[test]
        fn corsica_counts_as_19_and_18(year in 0u32..100, order in 0u32..1000) {
            let with = |department: &str| key(&format!("1{year:02}05{department}004{order:03}"));
            prop_assert_eq!(with("2A"), with("19"));
            prop_assert_eq!(with("2B"), with("18"));
        }
    }
}
