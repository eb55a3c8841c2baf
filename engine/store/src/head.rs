//! Signed heads of the audit log, and proofs that a line is in it.
//!
//! A head says: at this moment the log had this many lines and this root. Published elsewhere, it holds the platform to
//! its log: nobody, not even its operator, can alter or remove a line below it unseen.

use crate::merkle::{self, Hash};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use socle_kernel::Instant;

/// The first bytes of what is signed, so that the key signs nothing else by accident.
const CONTEXT: &[u8] = b"socle audit head 1\0";

/// A head of the audit log with its Ed25519 signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// Lines below it.
    pub size: u64,
    /// Root of the Merkle tree over them.
    pub root: [u8; 32],
    /// When it was signed.
    pub at: Instant,
    /// Signature over [`SignedHead::signed_bytes`].
    pub signature: [u8; 64],
}

impl SignedHead {
    pub(crate) fn sign(size: u64, root: Hash, at: Instant, key: &SigningKey) -> Self {
        let signature = key.sign(&message(size, &root, at)).to_bytes();
        SignedHead { size, root, at, signature }
    }

    /// The bytes under the signature: `socle audit head 1`, a zero byte, size, root and moment (µs), big-endian.
    pub fn signed_bytes(&self) -> Vec<u8> {
        message(self.size, &self.root, self.at)
    }

    /// True when the signature is that of the owner of this public key
    /// ([`PlatformKeys::audit_public`](crate::PlatformKeys::audit_public)).
    pub fn is_signed_by(&self, public: &[u8; 32]) -> bool {
        VerifyingKey::from_bytes(public).is_ok_and(|key| {
            key.verify_strict(&self.signed_bytes(), &Signature::from_bytes(&self.signature)).is_ok()
        })
    }
}

fn message(size: u64, root: &Hash, at: Instant) -> Vec<u8> {
    let mut bytes = CONTEXT.to_vec();
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(root);
    bytes.extend_from_slice(&at.micros().to_be_bytes());
    bytes
}

/// Proof that a line is in the audit log, to be checked by anyone with the platform's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Number of the line.
    pub number: u64,
    /// Hash of the line.
    pub leaf: [u8; 32],
    /// Hashes beside the way from the line to the root, lowest first (RFC 9162 §2.1.3).
    pub path: Vec<[u8; 32]>,
    /// The head it is proved against.
    pub head: SignedHead,
}

impl Inclusion {
    /// True when the line is in the log that the owner of this public key signed.
    pub fn holds(&self, public: &[u8; 32]) -> bool {
        merkle::root_of_path(self.number, self.head.size, self.leaf, &self.path) == Some(self.head.root)
            && self.head.is_signed_by(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PlatformKeys;

    #[test]
    fn a_head_verifies_only_as_it_was_signed() {
        let keys = PlatformKeys::from_bytes([1; 32]);
        let head = SignedHead::sign(3, [9; 32], Instant(5), &keys.audit_sign());
        assert!(head.is_signed_by(&keys.audit_public()));
        assert!(!head.is_signed_by(&PlatformKeys::from_bytes([2; 32]).audit_public()));
        assert!(!SignedHead { size: 4, ..head.clone() }.is_signed_by(&keys.audit_public()));
        assert!(!SignedHead { at: Instant(6), ..head.clone() }.is_signed_by(&keys.audit_public()));
        assert!(!SignedHead { root: [8; 32], ..head }.is_signed_by(&keys.audit_public()));
    }
}
