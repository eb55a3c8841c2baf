//! The ES256 key of identity tokens, derived from the platform's secret, and the compact JWS it signs.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use socle_pipeline::Pipeline;

/// Label of the platform secret the key comes from.
const SECRET: &str = "oidc-es256";

/// The provider's key pair.
pub(crate) struct Es256(SigningKey);

impl Es256 {
    /// The key of a platform.
    pub(crate) fn of(pipeline: &Pipeline) -> Self {
        Es256::from_secret(pipeline.gate().secret(SECRET))
    }

    /// The key of a secret: the same secret gives the same key. A secret that is no scalar of the curve (one in 2³²) is
    /// hashed until it is.
    fn from_secret(secret: [u8; 32]) -> Self {
        let mut candidate = secret;
        loop {
            if let Ok(key) = SigningKey::from_slice(&candidate) {
                return Es256(key);
            }
            candidate = Sha256::digest(candidate).into();
        }
    }

    /// The public key as a JWK with its id (RFC 7638 thumbprint).
    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        // Uncompressed: a byte 4, then x and y of 32 bytes each.
        let bytes = point.as_bytes();
        let (x, y) = (BASE64URL_NOPAD.encode(&bytes[1..33]), BASE64URL_NOPAD.encode(&bytes[33..65]));
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let kid = BASE64URL_NOPAD.encode(&thumbprint);
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid })
    }

    /// Signs claims as a compact JWS.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": self.jwk()["kid"] });
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
    }

    /// The claims of a token that we signed, whether its time is over or not.
    pub(crate) fn read(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        let signature = Signature::from_slice(&signature).ok()?;
        self.0.verifying_key().verify(signed.as_bytes(), &signature).ok()?;
        let payload = BASE64URL_NOPAD.decode(signed.split_once('.')?.1.as_bytes()).ok()?;
        serde_json::from_slice(&payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_gives_one_key_and_another_secret_another() {
        let (one, again) = (Es256::from_secret([7; 32]), Es256::from_secret([7; 32]));
        assert_eq!(one.jwk(), again.jwk());
        assert_ne!(one.jwk()["kid"], Es256::from_secret([8; 32]).jwk()["kid"]);
    }

    #[test]
    fn a_secret_that_is_no_scalar_still_gives_a_key() {
        for secret in [[0; 32], [255; 32]] {
            assert_eq!(Es256::from_secret(secret).jwk()["kty"], "EC");
        }
    }

    #[test]
    fn signs_what_it_reads_and_nothing_else() {
        let key = Es256::from_secret([7; 32]);
        let token = key.sign(&json!({ "sub": "abc" }));
        assert_eq!(key.read(&token), Some(json!({ "sub": "abc" })));
        assert_eq!(token.split('.').count(), 3);
        assert_eq!(Es256::from_secret([8; 32]).read(&token), None);
        let other = key.sign(&json!({ "sub": "abd" }));
        let (signed, _) = token.rsplit_once('.').expect("a signature");
        let (_, signature) = other.rsplit_once('.').expect("a signature");
        assert_eq!(key.read(&format!("{signed}.{signature}")), None);
        assert_eq!(key.read("a.b.c"), None);
        assert_eq!(key.read(""), None);
    }
}
