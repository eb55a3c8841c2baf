//! The folder of a store: one holder, the right key, the right version, and nothing in plain that must not be.

use super::{database, open_in, open_with};
use crate::builders::{all_of, audits, commit, entry, home, key, keys, line, scanned, typed_key, write};
use socle_kernel::resource_type::PATIENT;
use socle_kernel::{ManualClock, SystemChance};
use socle_store::{BlobPlace, BlobRef, PlatformKeys, StoreConfig, StoreError, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

#[tokio::test]
async fn keeps_everything_when_it_is_closed_and_opened_again() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    store.commit(commit([write(key(home(1), 1), 0)])).await.expect("written");
    store.commit(audits([line(home(1), 1)])).await.expect("traced");
    let blob = store.put_blob(home(1), vec![1, 2, 3].into()).await.expect("kept");
    store.close().await.expect("closes");
    assert!(matches!(store.commit(commit([write(key(home(1), 2), 0)])).await, Err(StoreError::Busy)));
    assert!(store.snapshot().await.is_err(), "closed");

    let store = open_in(folder.path()).await.expect("opens again");
    store.commit(commit([write(key(home(1), 1), 1)])).await.expect("goes on");
    store.commit(audits([line(home(1), 2)])).await.expect("goes on");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.feed(0, 9).await.expect("feed").len(), 2);
    assert_eq!(view.audit(home(1), None, 9).await.expect("log").len(), 2);
    assert_eq!(store.get_blob(home(1), &blob).await.expect("opens"), vec![1, 2, 3]);
    drop(view);
    store.close().await.expect("closes");
    let report = socle_store::verify_file(folder.path(), &keys()).expect("verified");
    assert_eq!(
        (report.lines, report.heads, report.faults),
        (2, 2, vec![]),
        "one with the first line, one at the end"
    );
}

#[tokio::test]
async fn a_store_that_is_dropped_without_closing_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    store.commit(audits([line(home(1), 1), line(home(1), 2)])).await.expect("traced");
    drop(store);
    let store = open_in(folder.path()).await.expect("the folder is free");
    assert_eq!(store.verify_audit().await.expect("verified").lines, 2);
}

#[tokio::test]
async fn refuses_a_folder_that_is_already_open() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    match open_in(folder.path()).await.map(|_| ()) {
        Err(StoreError::InUse(text)) => {
            assert!(text.contains(&folder.path().display().to_string()), "{text}")
        }
        other => panic!("expected to be refused, not {other:?}"),
    }
    store.close().await.expect("closes");
    open_in(folder.path()).await.expect("free again");
}

#[tokio::test]
async fn refuses_a_store_of_a_newer_program() {
    let folder = tempfile::tempdir().expect("folder");
    open_in(folder.path()).await.expect("opens").close().await.expect("closes");
    let newer = 999u32.to_be_bytes();
    database(folder.path())
        .execute("UPDATE meta SET value = $1 WHERE name = 'schema'", [&newer[..]])
        .expect("altered");
    let refused = open_in(folder.path()).await.map(|_| ());
    assert!(matches!(refused, Err(StoreError::NewerVersion { found: 999, known: 2 })), "{refused:?}");
    let refused = socle_store::verify_file(folder.path(), &keys());
    assert!(matches!(refused, Err(StoreError::NewerVersion { .. })));
}

#[tokio::test]
async fn refuses_a_key_that_is_not_the_stores() {
    let folder = tempfile::tempdir().expect("folder");
    open_in(folder.path()).await.expect("opens").close().await.expect("closes");
    let other = PlatformKeys::from_bytes([8; 32]);
    let clock = Arc::new(ManualClock::at(crate::builders::at(0)));
    let config = StoreConfig::new(folder.path());
    let refused = socle_store::open(config, other.clone(), clock, Arc::new(SystemChance)).await.map(|_| ());
    assert!(matches!(refused, Err(StoreError::Key(_))), "{refused:?}");
    assert!(matches!(socle_store::verify_file(folder.path(), &other), Err(StoreError::Key(_))));
}

#[tokio::test]
async fn only_the_owner_may_read_its_files() {
    let folder = tempfile::tempdir().expect("folder");
    let inner = folder.path().join("new/store");
    let store = open_in(&inner).await.expect("opens");
    store.commit(audits([line(home(1), 1)])).await.expect("traced");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for name in ["socle.db", "socle.db-wal", "socle.db-shm", "lock"] {
        assert_eq!(mode(&inner.join(name)), 0o600, "{name}");
    }
    store.close().await.expect("closes");
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("list") {
        let path = entry.expect("entry").path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[tokio::test]
async fn no_word_of_a_record_stands_in_any_file() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    let blob = store.put_blob(home(1), b"canary-content".to_vec().into()).await.expect("kept");
    let resource = Write {
        body: r#"{"note":"canary-body"}"#.into(),
        sketch: b"canary-sketch".to_vec(),
        keys_add: vec![crate::builders::value("canary-value")],
        blob: Some(blob),
        ..write(key(home(1), 1), 0)
    };
    store.commit(commit([resource])).await.expect("written");
    let mut traced = line(home(1), 1);
    traced.entry = b"canary-entry".to_vec();
    store.commit(audits([traced])).await.expect("traced");
    store.commit(entry(home(1), b"k", Some(b"canary-drawer"))).await.expect("set");
    // What an open store has on disk, log included, and what a closed one has.
    for closed in [false, true] {
        if closed {
            store.close().await.expect("closes");
        }
        for file in files_below(folder.path()) {
            let bytes = std::fs::read(&file).expect("read");
            assert!(!bytes.windows(7).any(|window| window == b"canary-"), "{}", file.display());
        }
    }
}

#[tokio::test]
async fn an_erasure_leaves_no_wrapped_key_in_the_files() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    store.commit(commit((0..40).map(|n| write(key(home(n), 1), 0)))).await.expect("written");
    store.close().await.expect("closes");
    let wrapped: Vec<u8> = database(folder.path())
        .query_row("SELECT wrapped FROM home_key WHERE home = $1", [home(7).number() as i64], |row| {
            row.get(0)
        })
        .expect("stored");
    let holds = |folder: &Path| {
        let whole: Vec<u8> =
            files_below(folder).iter().flat_map(|file| std::fs::read(file).expect("read")).collect();
        whole.windows(wrapped.len()).any(|window| window == wrapped)
    };
    assert!(holds(folder.path()));
    let store = open_in(folder.path()).await.expect("opens");
    store.erase_home(home(7)).await.expect("erased");
    assert!(!holds(folder.path()), "while it is open");
    store.close().await.expect("closes");
    assert!(!holds(folder.path()), "after it closed");
}

#[tokio::test]
async fn an_erasure_cut_short_is_finished_at_the_next_start() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    let patient = |n| Write { alias: Some(format!("p{n}")), ..write(typed_key(home(n), PATIENT, 1), 0) };
    store.commit(commit([patient(1), patient(2)])).await.expect("written");
    store.erase_home(home(1)).await.expect("erased");
    store.close().await.expect("closes");
    // As after a crash between the two steps.
    let conn = database(folder.path());
    let number = home(1).number() as i64;
    conn.execute("INSERT INTO sweep (home) VALUES ($1)", [number]).expect("noted");
    conn.execute("INSERT INTO alias (type, id, home, seq) VALUES (103, 'p1', $1, 1)", [number])
        .expect("left");
    drop(conn);
    let store = open_in(folder.path()).await.expect("opens");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.resolve(PATIENT, "p1").await.expect("read"), None);
    assert!(view.resolve(PATIENT, "p2").await.expect("read").is_some());
    assert!(matches!(view.row(typed_key(home(1), PATIENT, 1)).await, Err(StoreError::Erased(_))));
    drop(view);
    store.close().await.expect("closes");
    let left: i64 =
        database(folder.path()).query_row("SELECT COUNT(*) FROM sweep", [], |row| row.get(0)).expect("read");
    assert_eq!(left, 0);
}

async fn altered(change: &str) -> StoreError {
    let folder = tempfile::tempdir().expect("folder");
    let store = open_in(folder.path()).await.expect("opens");
    store.commit(commit([write(key(home(1), 77), 0)])).await.expect("written");
    store.close().await.expect("closes");
    assert_eq!(database(folder.path()).execute(change, []).expect("altered"), 1);
    let store = open_in(folder.path()).await.expect("opens");
    let mut view = store.snapshot().await.expect("view");
    let row = view.row(key(home(1), 77)).await;
    let version = view.version(key(home(1), 77), 1).await;
    let scan = scanned(&mut *view, all_of(home(1))).await;
    match (row, version) {
        (Err(error), Ok(_)) => {
            assert!(scan.is_err(), "a scan must not pass over it");
            error
        }
        (Ok(_), Err(error)) => error,
        other => panic!("expected one to be refused, not {other:?}"),
    }
}

#[tokio::test]
async fn a_row_altered_by_hand_does_not_open_and_is_named() {
    for change in [
        "UPDATE resource SET labels = labels + 1",
        "UPDATE resource SET deleted = 1",
        "UPDATE resource SET sort_date = sort_date + 1",
        "UPDATE resource SET last_updated = last_updated + 1",
        "UPDATE resource SET version = 2",
        "UPDATE version SET last_updated = last_updated + 1",
        "UPDATE version SET blob = zeroblob(24)",
        "UPDATE version SET body = CAST(substr(body, 1, length(body) - 1) AS BLOB)",
        "UPDATE version SET body = CAST(x'01' || substr(body, 2) AS BLOB)",
    ] {
        match altered(change).await {
            StoreError::Corrupt(what) => {
                assert!(
                    what.contains("Observation 77") && what.contains(&format!("{:?}", home(1))),
                    "{change}: {what}"
                );
            }
            other => panic!("{change}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_content_with_a_flipped_byte_does_not_open_wherever_it_is() {
    let folder = tempfile::tempdir().expect("folder");
    let blobs = folder.path().join("apart");
    let config = StoreConfig {
        reserve_bytes: 0,
        blobs: BlobPlace::Folder(blobs.clone()),
        ..StoreConfig::new(folder.path().join("store"))
    };
    let store = open_with(config).await.expect("opens");
    let blob: BlobRef = store.put_blob(home(1), vec![5; 70_000].into()).await.expect("kept");
    let [file] = &files_below(&blobs)[..] else { panic!("one file") };
    let whole = std::fs::read(file).expect("read");
    for place in [0, 1, 5, 10, 40_000, 65_545, 65_546, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        std::fs::write(file, bytes).expect("written");
        let opened = store.get_blob(home(1), &blob).await;
        assert!(matches!(opened, Err(StoreError::Corrupt(_))), "byte {place}: {opened:?}");
    }
    // A chunk cut off, and two chunks in the place of one another.
    for bytes in [
        whole[..10 + 65_552].to_vec(),
        [&whole[..10], &whole[10 + 65_552..], &whole[10..10 + 65_552]].concat(),
    ] {
        std::fs::write(file, bytes).expect("written");
        assert!(matches!(store.get_blob(home(1), &blob).await, Err(StoreError::Corrupt(_))));
    }
    std::fs::write(file, &whole).expect("written");
    assert_eq!(store.get_blob(home(1), &blob).await.expect("opens").len(), 70_000);
}
