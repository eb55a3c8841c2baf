//! The suite on SQLite, and what concerns its files.

use socle_kernel::{ManualClock, SeededChance};
use socle_store::{PlatformKeys, Result, Store, StoreConfig};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A store in a folder of its own, removed with it.
pub struct Opened {
    pub store: Arc<dyn Store>,
    pub folder: TempDir,
}

/// The key of the tests' platform.
pub fn keys() -> PlatformKeys {
    PlatformKeys::from_bytes([7; 32])
}

/// Opens the store of a folder as the tests do.
pub async fn open_in(folder: &Path) -> Result<Arc<dyn Store>> {
    open_with(StoreConfig { reserve_bytes: 0, ..StoreConfig::new(folder) }).await
}

/// Opens a store with these settings.
pub async fn open_with(config: StoreConfig) -> Result<Arc<dyn Store>> {
    let clock = ManualClock::at(crate::builders::at(0));
    // A seed per opening: a store that is opened again must not draw the same nonces.
    static SEED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let seed = SEED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    socle_store::open(config, keys(), Arc::new(clock), Arc::new(SeededChance::new(seed))).await
}

/// A new, empty store.
pub async fn empty() -> Opened {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    Opened { store, folder }
}

macro_rules! suite {
    ($($module:ident: $($name:ident),+;)+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let opened = super::empty().await;
                crate::suite::$module::$name(&*opened.store).await;
                opened.store.close().await.expect("closes");
            })+
        })+
    };
}

suite! {
    resources: gives_back_what_was_written, refuses_a_write_that_saw_another_version, keeps_a_deletion_as_a_version,
        writes_all_of_a_commit_or_nothing, holds_several_versions_of_one_resource_in_one_commit,
        scans_a_home_by_type_in_both_directions, says_when_a_scan_met_its_budget,
        counts_what_is_there_and_not_deleted, shows_one_stable_view_while_others_write;
}
