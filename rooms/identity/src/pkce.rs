//! Proof Key for Code Exchange (RFC 7636), method S256 only.

use crate::secrets;
use data_encoding::BASE64URL_NOPAD;

/// The challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(&secrets::hash(verifier))
}

/// True for a text that a challenge of method S256 can be.
pub(crate) fn is_challenge(text: &str) -> bool {
    secrets::is_token(text)
}

/// Does this verifier prove that its bearer asked for the code?
pub(crate) fn proves(verifier: &str, asked: &str) -> bool {
    let is_well_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    is_well_formed && secrets::same(&challenge(verifier), asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn agrees_with_rfc_7636_appendix_b() {
        assert_eq!(challenge(VERIFIER), CHALLENGE);
        assert!(proves(VERIFIER, CHALLENGE));
        assert!(is_challenge(CHALLENGE));
    }

    #[test]
    fn refuses_what_is_no_verifier() {
        for wrong in ["", "trop-court", &format!("{VERIFIER}!"), &"a".repeat(129)] {
            assert!(!proves(wrong, &challenge(wrong)), "{wrong}");
        }
        // The challenge itself is no verifier: method `plain` is not offered.
        assert!(!proves(CHALLENGE, CHALLENGE));
    }

    proptest! {
        #[test]
        fn only_the_verifier_proves(verifier in "[A-Za-z0-9._~-]{43,128}", other in "[A-Za-z0-9._~-]{43,128}") {
            prop_assert!(proves(&verifier, &challenge(&verifier)));
            prop_assert_eq!(proves(&other, &challenge(&verifier)), verifier == other);
        }
    }
}
