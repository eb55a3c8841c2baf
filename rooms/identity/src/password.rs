//! Passwords: Argon2id with named parameters, and what a new password must be.

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;
use serde::{Deserialize, Serialize};
use socle_kernel::{Chance, Words};
use std::fmt;
use subtle::ConstantTimeEq;

/// Memory of one hash, in KiB: 19 MiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// Fewest characters of a password that a person chooses.
const LENGTH_MIN: usize = 12;
/// Most bytes of a password: beyond, hashing would cost the platform more than the caller.
pub(crate) const LENGTH_MAX: usize = 256;

/// A hashed password with everything needed to check it, whatever the parameters in force become.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasswordHash {
    algorithm: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    hash: String,
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl PasswordHash {
    /// Hashes a password.
    pub(crate) fn of(password: &str, chance: &dyn Chance) -> Self {
        let mut salt = [0; 16];
        chance.fill(&mut salt);
        let hash = digest(password, &salt, MEMORY_KIB, PASSES, LANES).expect("the parameters are good");
        PasswordHash { salt: BASE64_NOPAD.encode(&salt), hash: BASE64_NOPAD.encode(&hash), ..Self::decoy() }
    }

    /// The hash of no password: checking it takes as long as checking a real one, and always fails.
    pub(crate) fn decoy() -> Self {
        PasswordHash {
            algorithm: "argon2id".into(),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: BASE64_NOPAD.encode(&[0; 16]),
            hash: String::new(),
        }
    }

    /// Is this the password?
    pub(crate) fn verify(&self, password: &str) -> bool {
        let Ok(salt) = BASE64_NOPAD.decode(self.salt.as_bytes()) else { return false };
        let Some(hash) = digest(password, &salt, self.memory_kib, self.passes, self.lanes) else {
            return false;
        };
        let expected = BASE64_NOPAD.decode(self.hash.as_bytes()).unwrap_or_default();
        self.algorithm == "argon2id" && password.len() <= LENGTH_MAX && bool::from(hash.ct_eq(&expected))
    }
}

fn digest(password: &str, salt: &[u8], memory_kib: u32, passes: u32, lanes: u32) -> Option<[u8; 32]> {
    let params = Params::new(memory_kib, passes, lanes, Some(32)).ok()?;
    let mut hash = [0; 32];
    // A longer password fails the check; only its beginning is hashed, so that it costs no more than any other.
    let bytes = password.as_bytes();
    let bytes = &bytes[..bytes.len().min(LENGTH_MAX)];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(bytes, salt, &mut hash)
        .ok()?;
    Some(hash)
}

/// What is wrong with a password that a person wants to use; nothing when it will do.
pub(crate) fn fault(password: &str, login: &str) -> Option<Words> {
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return Some(Words::new(
            "Choisissez un mot de passe d’au moins 12 caractères, par exemple quatre mots sans lien.",
            "Choose a password of at least 12 characters, for example four unrelated words.",
        ));
    }
    if password.len() > LENGTH_MAX {
        return Some(Words::new(
            "Choisissez un mot de passe de moins de 256 caractères.",
            "Choose a password of fewer than 256 characters.",
        ));
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) || password.to_lowercase().contains(&login.to_lowercase()) {
        return Some(Words::new(
            "Choisissez un mot de passe qui ne répète pas un seul caractère et ne contient pas votre identifiant.",
            "Choose a password that is not one repeated character and does not contain your user name.",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::SeededChance;

    #[test]
    fn only_the_same_password_is_accepted() {
        let hash = PasswordHash::of("quatre mots sans lien", &SeededChance::new(1));
        assert!(hash.verify("quatre mots sans lien"));
        assert!(!hash.verify("quatre mots sans liens"));
        assert!(!hash.verify(""));
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }

    #[test]
    fn two_hashes_of_one_password_differ() {
        let chance = SeededChance::new(1);
        assert_ne!(PasswordHash::of("x", &chance), PasswordHash::of("x", &chance));
    }

    #[test]
    fn nothing_opens_a_decoy_nor_a_password_that_is_too_long() {
        assert!(!PasswordHash::decoy().verify(""));
        let long = "a".repeat(LENGTH_MAX + 1);
        let hash = PasswordHash::of(&long[..LENGTH_MAX], &SeededChance::new(1));
        assert!(!hash.verify(&long));
    }

    #[test]
    fn the_parameters_are_kept_with_the_hash() {
        let stored = serde_json::to_value(PasswordHash::decoy()).unwrap();
        assert_eq!(stored["algorithm"], "argon2id");
        assert_eq!((stored["memory_kib"].as_u64(), stored["passes"].as_u64()), (Some(19_456), Some(2)));
    }

    #[test]
    fn weak_passwords_are_refused_with_advice() {
        for (password, is_good) in [
            ("quatre mots sans lien", true),
            ("court", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("Citoyen-1 est mon nom", false),
            (&"a b".repeat(100), false),
        ] {
            assert_eq!(fault(password, "citoyen-1").is_none(), is_good, "{password}");
        }
    }
}
