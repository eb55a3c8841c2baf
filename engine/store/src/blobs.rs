//! Document contents: sealed in chunks with the key of their home, kept through `object_store`.
//!
//! A content is `form (1) ‖ key id (2) ‖ nonce prefix (7) ‖ chunks`, each chunk 64 KiB of content and a tag (STREAM:
//! reordered, removed or added chunks do not open). It lies under `<first byte of home>/<home>/<name>`.

use crate::disk;
use crate::seal::HomeKey;
use crate::{BlobRef, Result, StoreConfig, StoreError};
use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::Payload;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures_util::StreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parking_lot::Mutex;
use socle_kernel::{Chance, HomeId};
use std::path::PathBuf;
use std::sync::Arc;

const FORM: u8 = 1;
const HEADER: usize = 10;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

/// The place of document contents.
pub(crate) struct Blobs {
    objects: Arc<dyn ObjectStore>,
    folder: PathBuf,
    reserve_bytes: u64,
    /// Held while the folder of a home is made.
    making: Mutex<()>,
}

impl Blobs {
    /// Opens the place, made when absent.
    pub(crate) fn open(config: &StoreConfig) -> Result<Self> {
        let folder = config.blob_folder();
        let fails = |error: &dyn std::fmt::Display| {
            StoreError::Io(format!("the folder of document contents {}: {error}", folder.display()))
        };
        disk::make_folder(&folder).map_err(|error| fails(&error))?;
        let objects =
            LocalFileSystem::new_with_prefix(&folder).map_err(|error| fails(&error))?.with_fsync(true);
        Ok(Blobs {
            objects: Arc::new(objects),
            folder,
            reserve_bytes: config.reserve_bytes,
            making: Mutex::new(()),
        })
    }

    /// Seals a content under a name; a new one when none is given.
    pub(crate) fn seal(
        &self,
        key: &HomeKey,
        name: Option<[u8; 16]>,
        content: &[u8],
        chance: &dyn Chance,
    ) -> Result<(BlobRef, Vec<u8>)> {
        if disk::free_bytes(&self.folder)? < self.reserve_bytes.saturating_add(content.len() as u64) {
            return Err(StoreError::Full);
        }
        let name = name.unwrap_or_else(|| {
            let mut name = [0u8; 16];
            chance.fill(&mut name);
            name
        });
        let blob = BlobRef { name, size: content.len() as u64 };
        let sealed = seal(key, &blob, content, chance)?;
        self.make_home(key.home()).map_err(|error| StoreError::Io(format!("document contents: {error}")))?;
        Ok((blob, sealed))
    }

    /// Makes the folder of a home durable before anything is put in it: of two tasks that would make it at the same time,
    /// `object_store` has only one sync the folders above.
    fn make_home(&self, home: HomeId) -> std::io::Result<()> {
        let _one_at_a_time = self.making.lock();
        let above = self.folder.join(&home_hex(home)[..2]);
        let own = above.join(home_hex(home));
        if own.exists() {
            return Ok(());
        }
        std::fs::create_dir_all(&own)?;
        disk::sync_folder(&above)?;
        disk::sync_folder(&self.folder)
    }

    /// Keeps a sealed content; durable when it returns.
    pub(crate) async fn put(&self, home: HomeId, blob: &BlobRef, sealed: Vec<u8>) -> Result<()> {
        match self.objects.put(&place(home, &blob.name), sealed.into()).await {
            Ok(_) => Ok(()),
            Err(error) if is_full(&error) => Err(StoreError::Full),
            Err(error) => Err(StoreError::Io(format!("document content: {error}"))),
        }
    }

    /// The sealed bytes of a content.
    pub(crate) async fn get(&self, home: HomeId, blob: &BlobRef) -> Result<Bytes> {
        let found = self.objects.get(&place(home, &blob.name)).await;
        let bytes = match found {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        bytes.map_err(|error| match error {
            object_store::Error::NotFound { .. } => {
                StoreError::Corrupt(format!("{} is missing", named(home, blob)))
            }
            error => StoreError::Io(format!("document content: {error}")),
        })
    }

    /// Removes one content; one that is not there is removed already.
    pub(crate) async fn remove(&self, home: HomeId, name: &[u8; 16]) -> Result<()> {
        match self.objects.delete(&place(home, name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(StoreError::Io(format!("document contents of {home:?}: {error}"))),
        }
    }

    /// Removes the contents of a home: they are unreadable already, this frees the room.
    pub(crate) async fn remove_home(&self, home: HomeId) -> Result<()> {
        let paths =
            self.objects.list(Some(&folder_of(home))).map(|found| found.map(|meta| meta.location)).boxed();
        let mut removed = self.objects.delete_stream(paths);
        while let Some(result) = removed.next().await {
            match result {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(StoreError::Io(format!("document contents of {home:?}: {error}"))),
            }
        }
        Ok(())
    }
}

fn home_hex(home: HomeId) -> String {
    HEXLOWER.encode(&home.number().to_be_bytes()[1..])
}

fn folder_of(home: HomeId) -> Path {
    let hex = home_hex(home);
    Path::from_iter([&hex[..2], &hex])
}

fn place(home: HomeId, name: &[u8; 16]) -> Path {
    folder_of(home).join(HEXLOWER.encode(name).as_str())
}

fn named(home: HomeId, blob: &BlobRef) -> String {
    format!("document content {} of {home:?}", HEXLOWER.encode(&blob.name))
}

fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return true;
        }
        next = error.source();
    }
    false
}

/// The key id in the header of a sealed content; `None` when it is too short to be one.
pub(crate) fn key_id(sealed: &[u8]) -> Option<u16> {
    match sealed {
        [FORM, high, low, rest @ ..] if rest.len() >= HEADER - 3 + TAG => {
            Some(u16::from_be_bytes([*high, *low]))
        }
        _ => None,
    }
}

/// What every chunk's tag covers: header, home, name and size.
fn context(header: &[u8], home: HomeId, blob: &BlobRef) -> Vec<u8> {
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(&home.number().to_be_bytes());
    bytes.extend_from_slice(&blob.to_bytes());
    bytes
}

fn seal(key: &HomeKey, blob: &BlobRef, content: &[u8], chance: &dyn Chance) -> Result<Vec<u8>> {
    let mut nonce = [0u8; 7];
    chance.fill(&mut nonce);
    let [high, low] = key.id().to_be_bytes();
    let mut sealed = Vec::with_capacity(HEADER + content.len() + (content.len() / CHUNK + 1) * TAG);
    sealed.extend_from_slice(&[FORM, high, low]);
    sealed.extend_from_slice(&nonce);
    let context = context(&sealed, key.home(), blob);
    let mut stream = EncryptorBE32::<Aes256Gcm>::from_aead(key.content_cipher(&blob.name), &nonce.into());
    let too_long = |_| StoreError::Io("a document content is too long to be sealed".to_owned());
    let mut rest = content;
    while rest.len() > CHUNK {
        let (chunk, after) = rest.split_at(CHUNK);
        sealed.extend(stream.encrypt_next(Payload { msg: chunk, aad: &context }).map_err(too_long)?);
        rest = after;
    }
    sealed.extend(stream.encrypt_last(Payload { msg: rest, aad: &context }).map_err(too_long)?);
    Ok(sealed)
}

/// Opens a sealed content.
pub(crate) fn open(key: &HomeKey, blob: &BlobRef, sealed: &[u8]) -> Result<Bytes> {
    let corrupt = || StoreError::Corrupt(named(key.home(), blob));
    if key_id(sealed) != Some(key.id()) {
        return Err(corrupt());
    }
    let (header, mut rest) = sealed.split_at(HEADER);
    let nonce: [u8; 7] = header[3..].try_into().map_err(|_| corrupt())?;
    let context = context(header, key.home(), blob);
    let mut stream = DecryptorBE32::<Aes256Gcm>::from_aead(key.content_cipher(&blob.name), &nonce.into());
    let mut content = Vec::with_capacity(sealed.len());
    while rest.len() > CHUNK + TAG {
        let (chunk, after) = rest.split_at(CHUNK + TAG);
        content.extend(stream.decrypt_next(Payload { msg: chunk, aad: &context }).map_err(|_| corrupt())?);
        rest = after;
    }
    content.extend(stream.decrypt_last(Payload { msg: rest, aad: &context }).map_err(|_| corrupt())?);
    Ok(content.into())
}
