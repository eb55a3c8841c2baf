//! The matricule INS: its systems, its characters, its key. Pure.

use std::fmt;

/// Which authority gave a matricule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum InsSystem {
    /// INS-NIR.
    Nir,
    /// INS-NIA: a provisional number.
    Nia,
    /// Test numbers of the national service.
    Test,
    /// Demonstration numbers.
    Demo,
}

impl InsSystem {
    /// The system of this address (`urn:oid:1.2.250.1.213.1.4.8` …).
    pub(crate) fn of(system: &str) -> Option<Self> {
        match system.strip_prefix("urn:oid:1.2.250.1.213.1.4.")? {
            "8" => Some(InsSystem::Nir),
            "9" => Some(InsSystem::Nia),
            "10" => Some(InsSystem::Test),
            "11" => Some(InsSystem::Demo),
            _ => None,
        }
    }

    /// True for people who do not exist.
    pub(crate) fn is_fictional(self) -> bool {
        matches!(self, InsSystem::Test | InsSystem::Demo)
    }

    /// Every system, the real ones first.
    pub(crate) const ALL: [&'static str; 4] = [
        "urn:oid:1.2.250.1.213.1.4.8",
        "urn:oid:1.2.250.1.213.1.4.9",
        "urn:oid:1.2.250.1.213.1.4.10",
        "urn:oid:1.2.250.1.213.1.4.11",
    ];
}

/// What is wrong with a matricule. Says nothing of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not 15 characters.
    Length(usize),
    /// A character where it cannot be, by its place from 1.
    Character(usize),
    /// The last two digits do not fit the first thirteen.
    Key {
        /// The key of the first thirteen.
        expected: String,
        /// The key that was written.
        received: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Length(length) => write!(f, "{length} characters"),
            Fault::Character(place) => write!(f, "character {place}"),
            Fault::Key { received, .. } => write!(f, "key {received}"),
        }
    }
}

/// The key of the first thirteen characters: 97 less their remainder by 97, `2A` counting as 19 and `2B` as 18. `None` when
/// they are not thirteen digits (or a Corsican department in the sixth and seventh place).
pub(crate) fn key(first: &str) -> Option<u8> {
    if first.len() != 13 {
        return None;
    }
    let mut remainder = 0u32;
    for (place, byte) in first.bytes().enumerate() {
        let digit = match (place, byte, &first.as_bytes()[5..7]) {
            (5, _, b"2A" | b"2B") => 1,
            (6, b'A', b"2A") => 9,
            (6, b'B', b"2B") => 8,
            (_, b'0'..=b'9', _) => u32::from(byte - b'0'),
            _ => return None,
        };
        remainder = (remainder * 10 + digit) % 97;
    }
    u8::try_from(97 - remainder).ok()
}

/// Is this a matricule: 13 characters and their key?
pub(crate) fn check(matricule: &str) -> Result<(), Fault> {
    let length = matricule.chars().count();
    if length != 15 {
        return Err(Fault::Length(length));
    }
    let is_corsican =
        |place: usize, c: char| place == 6 && matches!(c, 'A' | 'B') && matricule.chars().nth(5) == Some('2');
    for (place, character) in matricule.chars().enumerate() {
        if !(character.is_ascii_digit() || is_corsican(place, character)) {
            return Err(Fault::Character(place + 1));
        }
    }
    let (first, received) = matricule.split_at(13);
    match key(first) {
        Some(expected) if received == format!("{expected:02}") => Ok(()),
        Some(expected) => {
            Err(Fault::Key { expected: format!("{expected:02}"), received: received.to_owned() })
        }
        None => Err(Fault::Character(7)),
    }
}

/// A matricule as people type it: without spaces, in upper case.
pub(crate) fn typed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '.' && *c != '-').collect::<String>().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gives_the_known_keys() {
        assert_eq!(key("2770101154003"), Some(29));
        assert_eq!(key("185012A001001"), Some(10));
        assert_eq!(key("185012B001001"), Some(37));
    }

    #[test]
    fn says_what_is_wrong() {
        let wrong_key = Fault::Key { expected: "29".into(), received: "03".into() };
        for (matricule, expected) in [
            ("277010115400329", Ok(())),
            ("185012A00100110", Ok(())),
            ("277010115400303", Err(wrong_key)),
            ("27701011540032", Err(Fault::Length(14))),
            ("", Err(Fault::Length(0))),
            ("2770101154003é9", Err(Fault::Character(14))),
            ("185013A00100110", Err(Fault::Character(7))),
            ("185012C00100110", Err(Fault::Character(7))),
            ("A77010115400329", Err(Fault::Character(1))),
            ("1850120A0100110", Err(Fault::Character(8))),
        ] {
            assert_eq!(check(matricule), expected, "{matricule}");
        }
    }

    #[test]
    fn reads_what_people_type() {
        assert_eq!(typed(" 1 85 01 2a 001 001 10 "), "185012A00100110");
    }

    #[test]
    fn knows_its_systems_only() {
        for system in InsSystem::ALL {
            assert!(InsSystem::of(system).is_some());
        }
        // The social-security number used for reimbursement is another name space.
        assert_eq!(InsSystem::of("urn:oid:1.2.250.1.213.1.4.13"), None);
        assert_eq!(InsSystem::of("urn:oid:1.2.250.1.213.1.4.2"), None);
        assert!(InsSystem::of("urn:oid:1.2.250.1.213.1.4.10").is_some_and(InsSystem::is_fictional));
        assert!(!InsSystem::of("urn:oid:1.2.250.1.213.1.4.8").is_some_and(InsSystem::is_fictional));
    }

    proptest! {
        #[test]
        fn number_and_key_add_up_to_a_multiple_of_97(number in 1_000_000_000_000u64..9_999_999_999_999) {
            let key = u64::from(key(&number.to_string()).expect("digits"));
            prop_assert!((1..=97).contains(&key));
            prop_assert_eq!((number + key) % 97, 0);
            let matricule = format!("{number}{key:02}");
            prop_assert_eq!(check(&matricule), Ok(()));
        }

        #[test]
        fn one_wrong_digit_is_seen(number in 1_000_000_000_000u64..9_999_999_999_999, place in 0usize..15, add in 1u8..10) {
            let mut matricule = format!("{number}{:02}", key(&number.to_string()).expect("digits")).into_bytes();
            matricule[place] = b'0' + (matricule[place] - b'0' + add) % 10;
            prop_assert!(check(&String::from_utf8(matricule).expect("digits")).is_err());
        }

        #[test]
        fn corsica_counts_as_19_and_18(year in 0u32..100, order in 0u32..1000) {
            let with = |department: &str| key(&format!("1{year:02}05{department}004{order:03}"));
            prop_assert_eq!(with("2A"), with("19"));
            prop_assert_eq!(with("2B"), with("18"));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,20}") {
            let _ = check(&text);
            let _ = key(&text);
        }
    }
}
