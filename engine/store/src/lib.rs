//! Homes, versions, sketches, keys, drawers, the change feed, the audit log and document contents.
//!
//! One narrow trait, [`Store`], and its reading side, [`Snapshot`]. Nothing above knows which database is below, nothing
//! here knows who asks. Only `engine/gate` may depend on this crate (a `tidy` test holds it).

pub mod api;
mod blobs;
mod compress;
mod config;
mod disk;
mod head;
mod keys;
mod merkle;
mod places;
mod prepare;
mod ring;
mod seal;
mod sqlite;

pub use api::*;
pub use config::{BlobPlace, StoreConfig};
pub use head::{Inclusion, SignedHead};
pub use keys::PlatformKeys;

use socle_kernel::{Chance, Clock};
use std::path::Path;
use std::sync::Arc;

/// Opens the store of a folder, made when it is not there yet.
///
/// Refused: a folder that another process holds, one on a network file system, a store of a newer program, and a
/// platform key that is not the store's.
pub async fn open(
    config: StoreConfig,
    keys: PlatformKeys,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Result<Arc<dyn Store>> {
    let store = tokio::task::spawn_blocking(move || sqlite::open(config, keys, clock, chance))
        .await
        .unwrap_or_else(|error| Err(StoreError::Io(format!("interrupted: {error}"))))?;
    Ok(Arc::new(store))
}

/// Verifies the audit log of a folder without opening the store: it may be stopped, or held by a running server. Takes
/// seconds for a million lines, on the calling thread.
pub fn verify_file(folder: &Path, keys: &PlatformKeys) -> Result<AuditReport> {
    sqlite::verify_file(folder, keys)
}
