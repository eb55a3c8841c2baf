//! What only the inside can bring about: a lost race for a home's key, a queue without room.

use super::*;
use crate::AuditWrite;
use socle_kernel::{Instant, ManualClock, SeededChance, Seq};
use tempfile::TempDir;

fn a_store() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().expect("folder");
    let config = StoreConfig { reserve_bytes: 0, ..StoreConfig::new(folder.path()) };
    let clock = Arc::new(ManualClock::at(Instant(0)));
    let keys = PlatformKeys::from_bytes([7; 32]);
    let store = open(config, keys, clock, Arc::new(SeededChance::new(1))).expect("opens");
    (store, folder)
}

fn line(home: HomeId, seq: u64) -> Commit {
    let seq = Seq::new(seq).expect("fits");
    Commit {
        audits: vec![AuditWrite { home, seq, at: Instant(0), entry: b"read".to_vec() }],
        ..Commit::default()
    }
}

fn home() -> HomeId {
    HomeId::new(1 << 20).expect("fits")
}

#[tokio::test]
async fn seals_again_with_the_stored_key_after_a_lost_race_for_a_new_home() {
    let (store, _folder) = a_store();
    store.commit(line(home(), 1)).await.expect("the stored key");
    // As when another task drew a key before that one was stored, and it left the cache meanwhile.
    store.inner.ring.forget(home());
    let drawn = store.inner.ring.for_write(home(), &*store.inner.chance, || Ok(None)).expect("drawn");
    let late = Sealed { keys: vec![drawn.clone()], ..Sealed::default() };
    assert!(matches!(store.write(late).await, Err(Refusal::StaleKey(found)) if found == home()));
    assert!(!drawn.is_stored());
    store.commit(line(home(), 2)).await.expect("sealed again");
    let lines = store.snapshot().await.expect("view").audit(home(), None, 9).await.expect("both open");
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn refuses_more_bytes_than_may_wait_and_takes_them_when_there_is_room() {
    let (store, _folder) = a_store();
    let waiting = &store.inner.queued_bytes;
    waiting.fetch_add(limits::WRITE_QUEUE_BYTES, Ordering::AcqRel);
    assert!(matches!(store.commit(line(home(), 1)).await, Err(StoreError::Busy)));
    waiting.fetch_sub(limits::WRITE_QUEUE_BYTES, Ordering::AcqRel);
    store.commit(line(home(), 1)).await.expect("room again");
    // Nothing is left behind: neither by the refusal nor by the commit.
    store.close().await.expect("closes");
    assert_eq!(waiting.load(Ordering::Acquire), 0);
}

#[tokio::test]
async fn a_log_under_steady_load_stays_bounded() {
    let (store, folder) = a_store();
    let mut noise = vec![0u8; 1 << 20];
    store.inner.chance.fill(&mut noise);
    for n in 0..160 {
        let mut work = line(home(), n);
        work.audits[0].entry.clone_from(&noise);
        store.commit(work).await.expect("traced");
        let length = std::fs::metadata(schema::log_of(folder.path())).map_or(0, |meta| meta.len());
        assert!(length <= write::LOG_MOST_BYTES, "{length}");
    }
}
