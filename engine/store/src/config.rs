//! Where a store lies and how much it may use.

use socle_kernel::limits;
use std::path::PathBuf;

/// Settings of a store, read once at start.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The folder of the database, its lock file and, unless `blobs` says otherwise, the document contents. Made when
    /// absent, readable by its owner only. One process at a time; not on a network file system.
    pub folder: PathBuf,
    /// Where document contents go.
    pub blobs: BlobPlace,
    /// Page cache of the writer in bytes. Reading connections have a sixteenth of it each: the operating system caches
    /// the file for all of them.
    pub cache_bytes: u64,
    /// Snapshots that may be open at the same time; more wait.
    pub readers: usize,
    /// Bytes of the disk that must stay free; below it writes are refused as [`StoreError::Full`](crate::StoreError::Full).
    pub reserve_bytes: u64,
    /// Largest database in bytes, without document contents; `None` for as much as the disk holds.
    pub quota_bytes: Option<u64>,
}

impl StoreConfig {
    /// The usual settings for a store in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        StoreConfig {
            folder: folder.into(),
            blobs: BlobPlace::default(),
            cache_bytes: 16 * 1024 * 1024,
            readers: 16,
            reserve_bytes: limits::DISK_RESERVE_BYTES,
            quota_bytes: None,
        }
    }

    /// The folder of document contents.
    pub(crate) fn blob_folder(&self) -> PathBuf {
        match &self.blobs {
            BlobPlace::Inside => self.folder.join("blobs"),
            BlobPlace::Folder(folder) => folder.clone(),
        }
    }
}

/// Where document contents go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BlobPlace {
    /// `blobs/` in the store's folder.
    #[default]
    Inside,
    /// Another folder, on a larger disk for example.
    Folder(PathBuf),
}
