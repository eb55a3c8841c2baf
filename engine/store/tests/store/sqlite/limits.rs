//! A full disk refuses writes and nothing else, and lets go by itself.

use super::{open_in, open_with};
use crate::builders::{commit, entry, home, key, write};
use socle_kernel::{Chance, SeededChance};
use socle_store::{StoreConfig, StoreError};

#[tokio::test]
async fn refuses_writes_below_the_reserve_and_reads_go_on() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    store.commit(commit([write(key(home(1), 1), 0)])).await.expect("written");
    store.close().await.expect("closes");
    let store = open_with(StoreConfig { reserve_bytes: u64::MAX, ..StoreConfig::new(folder.path()) })
        .await
        .expect("opens");
    assert!(matches!(store.commit(commit([write(key(home(1), 2), 0)])).await, Err(StoreError::Full)));
    assert!(matches!(store.put_blob(home(1), vec![1].into()).await, Err(StoreError::Full)));
    let mut view = store.snapshot().await.expect("view");
    assert!(view.row(key(home(1), 1)).await.expect("read").is_some());
}

#[tokio::test]
async fn a_full_database_keeps_what_it_acknowledged_and_resumes_when_there_is_room() {
    let folder = tempfile::tempdir().expect("folder");
    let quota =
        StoreConfig { reserve_bytes: 0, quota_bytes: Some(512 * 1024), ..StoreConfig::new(folder.path()) };
    let store = open_with(quota).await.expect("opens");
    let mut noise = vec![0; 8_000];
    SeededChance::new(1).fill(&mut noise);
    let mut kept = 0u8;
    loop {
        match store.commit(entry(home(1), &[kept], Some(&noise))).await {
            Ok(()) => kept += 1,
            Err(StoreError::Full) => break,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((20..100).contains(&kept), "{kept}");
    assert!(matches!(store.commit(entry(home(1), &[kept], Some(&noise))).await, Err(StoreError::Full)));
    let mut view = store.snapshot().await.expect("view");
    let entries = view.drawer_list("tests.note", home(1), &[], 200).await.expect("reads go on");
    assert_eq!(entries.len(), usize::from(kept));
    drop(view);
    for gone in 0..4 {
        store.commit(entry(home(1), &[gone], None)).await.expect("removing needs no room");
    }
    store.commit(entry(home(1), &[200], Some(&noise))).await.expect("resumes by itself");
    assert_eq!(store.verify_audit().await.expect("verified").faults, Vec::<String>::new());
}
