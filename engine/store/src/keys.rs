//! The platform's key and what is derived from it.
//!
//! One 32-byte file is the only secret to keep apart from the data. Every purpose has its own key, derived with
//! HKDF-SHA-256 and a label, so that no key serves twice.

use crate::{Result, StoreError, disk};
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use socle_kernel::Chance;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// Length of the platform key in bytes.
const KEY_BYTES: usize = 32;
/// Separates this use of the key from any other, and a later derivation from this one.
const SALT: &[u8] = b"socle platform key 1";

/// The platform's key. Leaves memory with its owner and never prints.
#[derive(Clone)]
pub struct PlatformKeys {
    root: Zeroizing<[u8; KEY_BYTES]>,
}

impl fmt::Debug for PlatformKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlatformKeys(…)")
    }
}

impl PlatformKeys {
    /// The keys of this platform key.
    pub fn from_bytes(key: [u8; KEY_BYTES]) -> Self {
        PlatformKeys { root: Zeroizing::new(key) }
    }

    /// Reads the key file, or makes one with a new key when there is none.
    ///
    /// The file is written beside its place, synced, and linked there: a crash leaves a whole file or none, and of two
    /// processes that start together one wins. Refused: a file that others may read, and one of another length.
    pub fn load_or_create(path: &Path, chance: &dyn Chance) -> Result<Self> {
        match Self::load(path)? {
            Some(keys) => Ok(keys),
            None => {
                create(path, chance).map_err(|error| {
                    StoreError::Key(format!("the platform key {} cannot be made: {error}", path.display()))
                })?;
                Self::load(path)?.ok_or_else(|| {
                    StoreError::Key(format!("the platform key {} vanished after it was made", path.display()))
                })
            }
        }
    }

    /// Reads the key file; `None` when there is none.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let shown = path.display();
        let unreadable = |error| StoreError::Key(format!("the platform key {shown} cannot be read: {error}"));
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let meta = file.metadata().map_err(unreadable)?;
        if meta.mode() & 0o077 != 0 {
            return Err(StoreError::Key(format!(
                "the platform key {shown} may be read by others (mode {:04o}): change it with chmod 600, and \
                 replace the key if anyone else had access",
                meta.mode() & 0o7777
            )));
        }
        if meta.len() != KEY_BYTES as u64 {
            return Err(StoreError::Key(format!(
                "the platform key {shown} has {} bytes, expected {KEY_BYTES}: restore it from its backup",
                meta.len()
            )));
        }
        let mut root = Zeroizing::new([0u8; KEY_BYTES]);
        file.read_exact(root.as_mut()).map_err(unreadable)?;
        Ok(Some(PlatformKeys { root }))
    }

    /// A key for one purpose. The same label always gives the same key.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        let mut key = [0u8; 32];
        Hkdf::<Sha256>::new(Some(SALT), self.root.as_ref())
            .expand(label.as_bytes(), &mut key)
            .expect("32 bytes are within what HKDF-SHA-256 gives");
        key
    }

    /// The key of [`socle_kernel::IdCipher`].
    pub fn id_key(&self) -> [u8; 16] {
        let long = Zeroizing::new(self.derive("id"));
        let mut key = [0u8; 16];
        key.copy_from_slice(&long[..16]);
        key
    }

    /// The key under which access and refresh tokens are hashed.
    pub fn token_key(&self) -> [u8; 32] {
        self.derive("token")
    }

    /// The key that authenticates cookies.
    pub fn cookie_key(&self) -> [u8; 32] {
        self.derive("cookie")
    }

    /// The public key that verifies the signed heads of the audit log. Publish it.
    pub fn audit_public(&self) -> [u8; 32] {
        self.audit_sign().verifying_key().to_bytes()
    }

    /// The key that wraps the homes' keys.
    pub(crate) fn wrap(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.derive("wrap"))
    }

    /// The key that signs the heads of the audit log.
    pub(crate) fn audit_sign(&self) -> SigningKey {
        SigningKey::from_bytes(&Zeroizing::new(self.derive("audit-sign")))
    }

    /// The keyed hash of the audit log's frontier.
    pub(crate) fn audit_mac(&self) -> Keyed {
        Keyed::new(&Zeroizing::new(self.derive("audit-mac")))
    }

    /// The keyed hash of values in the table of keys.
    pub(crate) fn index(&self) -> Keyed {
        Keyed::new(&Zeroizing::new(self.derive("index")))
    }

    /// A value by which a store knows its platform key; says nothing about the key.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.derive("fingerprint")
    }
}

/// HMAC-SHA-256 with a fixed key, its schedule computed once.
#[derive(Clone)]
pub(crate) struct Keyed(Hmac<Sha256>);

impl Keyed {
    fn new(key: &[u8; 32]) -> Self {
        Keyed(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// The tag of the parts, one after another. Callers separate parts of variable length themselves.
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.fed(parts).finalize().into_bytes().into()
    }

    /// True when the tag is that of the parts; compared in constant time.
    pub(crate) fn holds(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.fed(parts).verify_slice(tag).is_ok()
    }

    fn fed(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

fn create(path: &Path, chance: &dyn Chance) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    disk::make_folder(folder)?;
    let mut suffix = [0u8; 8];
    chance.fill(&mut suffix);
    let draft = folder.join(format!(".platform.key.{:016x}", u64::from_le_bytes(suffix)));
    let mut key = Zeroizing::new([0u8; KEY_BYTES]);
    chance.fill(key.as_mut());
    let written = write_draft(&draft, &key).and_then(|()| match fs::hard_link(&draft, path) {
        // Another process made it first: that one counts.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = fs::remove_file(&draft);
    written?;
    removed?;
    disk::sync_folder(folder)
}

fn write_draft(draft: &Path, key: &[u8; KEY_BYTES]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(key)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::SeededChance;
    use std::os::unix::fs::PermissionsExt;

    fn message(result: Result<PlatformKeys>) -> String {
        match result {
            Err(StoreError::Key(text)) => text,
            other => panic!("expected a key error, not {other:?}"),
        }
    }

    #[test]
    fn a_key_file_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("keys/platform.key");
        assert!(PlatformKeys::load(&path).expect("absent is no error").is_none());
        let made = PlatformKeys::load_or_create(&path, &SeededChance::new(1)).expect("made");
        let read = PlatformKeys::load_or_create(&path, &SeededChance::new(2)).expect("read");
        assert_eq!(made.derive("x"), read.derive("x"));
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(path.parent().expect("folder")).expect("list").count(),
            1,
            "no draft is left"
        );
    }

    #[test]
    fn refuses_a_key_that_others_may_read() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("platform.key");
        PlatformKeys::load_or_create(&path, &SeededChance::new(1)).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("chmod");
        assert!(message(PlatformKeys::load_or_create(&path, &SeededChance::new(1))).contains("mode 0640"));
    }

    #[test]
    fn refuses_a_key_of_another_length() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("platform.key");
        PlatformKeys::load_or_create(&path, &SeededChance::new(1)).expect("made");
        let mut file = OpenOptions::new().append(true).open(&path).expect("open");
        file.write_all(b"\n").expect("write");
        assert!(message(PlatformKeys::load_or_create(&path, &SeededChance::new(1))).contains("33 bytes"));
    }

    #[test]
    fn every_purpose_has_its_own_key_and_none_is_printed() {
        let keys = PlatformKeys::from_bytes([7; 32]);
        let all = [
            keys.derive("wrap"),
            keys.derive("index"),
            keys.token_key(),
            keys.cookie_key(),
            keys.fingerprint(),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one));
        }
        assert_eq!(format!("{keys:?}"), "PlatformKeys(…)");
        assert_ne!(PlatformKeys::from_bytes([8; 32]).id_key(), keys.id_key());
    }
}
