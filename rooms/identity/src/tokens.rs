//! Access tokens: compact, signed with HMAC-SHA-256, carrying the whole principal, so that checking one needs no look-up
//! but that of its grant. Applications treat them as opaque.

use crate::secrets::HmacSha256;
use data_encoding::BASE64URL_NOPAD;
use hmac::{KeyInit, Mac};
use serde::{Deserialize, Serialize};
use socle_kernel::{Instant, Principal, Purpose, limits};

/// Label of the platform secret that signs tokens: `PlatformKeys::derive(SECRET)`, `Gate::secret(SECRET)`.
pub const SECRET: &str = "token";
/// Grant of tokens that `socle token` prints; accepted by demonstration stores only.
pub(crate) const DEMO_GRANT: &str = "demo";
/// `{"alg":"HS256","typ":"at+jwt"}`. No other header is read: a token cannot choose how it is checked.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9";
/// Longest token that is looked at, in bytes.
const LENGTH_MAX: usize = 16 * 1024;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// Who acts, with their scopes.
    pub principal: Principal,
    /// What for.
    pub purpose: Purpose,
    /// The grant that made it; revoked with it.
    pub grant: String,
    /// The application it was given to.
    pub client: String,
    /// When it was made, in seconds since 1970.
    #[serde(rename = "iat")]
    pub issued: i64,
    /// When it ends, in seconds since 1970.
    #[serde(rename = "exp")]
    pub expires: i64,
}

/// Why a token is refused. Callers are told "no longer good" for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not a token of ours.
    Malformed,
    /// Not signed by us.
    Forged,
    /// Its time is over.
    Expired,
}

/// A token for a demonstration store, good for [`limits::DEMO_TOKEN_TIME`]. `secret` is the platform's secret
/// of label [`SECRET`], so that the command line can sign while the server holds the store.
pub fn demo(secret: &[u8; 32], principal: &Principal, purpose: &Purpose, now: Instant) -> String {
    let claims = Claims {
        principal: principal.clone(),
        purpose: purpose.clone(),
        grant: DEMO_GRANT.into(),
        client: principal.client.clone(),
        issued: now.seconds(),
        expires: now.plus(limits::DEMO_TOKEN_TIME).seconds(),
    };
    sign(secret, &claims)
}

/// Signs what a token says.
pub(crate) fn sign(secret: &[u8; 32], claims: &Claims) -> String {
    let payload = serde_json::to_vec(claims).expect("claims are plain data");
    let signed = format!("{HEADER}.{}", BASE64URL_NOPAD.encode(&payload));
    let mut mac = HmacSha256::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
}

/// What a token says, when it is ours and its time is not over.
pub(crate) fn verify(secret: &[u8; 32], token: &str, now: Instant) -> Result<Claims, Refusal> {
    if token.len() > LENGTH_MAX {
        return Err(Refusal::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let payload =
        signed.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('.')).ok_or(Refusal::Malformed)?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| Refusal::Malformed)?;
    let mut mac = HmacSha256::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    mac.verify_slice(&signature).map_err(|_| Refusal::Forged)?;
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).map_err(|_| Refusal::Malformed)?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| Refusal::Malformed)?;
    if claims.expires <= now.seconds() { Err(Refusal::Expired) } else { Ok(claims) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [7; 32];

    fn now() -> Instant {
        Instant(1_800_000_000_000_000)
    }

    fn token() -> String {
        demo(&KEY, &Principal::operator("essai"), &Purpose::BreakGlass("Inconscient".into()), now())
    }

    #[test]
    fn a_token_gives_back_what_was_signed() {
        let claims = verify(&KEY, &token(), now()).expect("good");
        assert_eq!(claims.principal, Principal::operator("essai"));
        assert_eq!(claims.purpose.reason(), Some("Inconscient"));
        assert_eq!(claims.grant, DEMO_GRANT);
        assert_eq!(claims.expires - claims.issued, 12 * 3600);
    }

    #[test]
    fn the_header_is_what_it_says() {
        let header = BASE64URL_NOPAD.decode(HEADER.as_bytes()).expect("base64");
        assert_eq!(header, br#"{"alg":"HS256","typ":"at+jwt"}"#);
    }

    #[test]
    fn a_token_ends_with_its_time() {
        let last = now().plus(limits::DEMO_TOKEN_TIME);
        assert!(verify(&KEY, &token(), last.minus(std::time::Duration::from_secs(1))).is_ok());
        assert_eq!(verify(&KEY, &token(), last), Err(Refusal::Expired));
    }

    #[test]
    fn tampered_tokens_are_refused() {
        let token = token();
        let (signed, signature) = token.rsplit_once('.').expect("two dots");
        let payload = signed.split_once('.').expect("one dot").1;
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#);
        let other_key = demo(&[8; 32], &Principal::anonymous(), &Purpose::Care, now());
        let foreign_payload = other_key.split('.').nth(1).expect("a payload").to_owned();
        for (case, tampered, expected) in [
            ("empty", String::new(), Refusal::Malformed),
            ("no dots", "abc".into(), Refusal::Malformed),
            ("no signature", format!("{signed}."), Refusal::Forged),
            ("cut signature", token[..token.len() - 2].to_owned(), Refusal::Malformed),
            ("algorithm none", format!("{none}.{payload}."), Refusal::Malformed),
            ("algorithm none, signature kept", format!("{none}.{payload}.{signature}"), Refusal::Malformed),
            ("other payload", format!("{HEADER}.{foreign_payload}.{signature}"), Refusal::Forged),
            ("other key", other_key, Refusal::Forged),
            ("text after", format!("{token}A"), Refusal::Forged),
            ("padding", format!("{token}="), Refusal::Malformed),
            ("a part more", format!("{token}.{signature}"), Refusal::Forged),
            ("too long", format!("{HEADER}.{}.{signature}", "A".repeat(LENGTH_MAX)), Refusal::Malformed),
        ] {
            assert_eq!(verify(&KEY, &tampered, now()), Err(expected), "{case}");
        }
    }

    proptest! {
        #[test]
        fn any_changed_character_is_refused(place in 0usize..400, byte in b'0'..=b'z') {
            let token = token();
            let place = place % token.len();
            let mut bytes = token.clone().into_bytes();
            prop_assume!(bytes[place] != byte);
            bytes[place] = byte;
            let tampered = String::from_utf8(bytes).expect("ASCII");
            prop_assert!(verify(&KEY, &tampered, now()).is_err());
        }

        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            prop_assert!(verify(&KEY, &text, now()).is_err());
        }
    }
}
