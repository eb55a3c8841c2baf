//! Erasure: a home whose key is destroyed is gone for good, and its log still verifies.

use crate::builders::{
    Opened, all_of, audits, commit, entry, home, key, line, person, scanned, typed_key, value, write,
};
use socle_kernel::HomeId;
use socle_kernel::resource_type::{OBSERVATION, PATIENT};
use socle_store::{Commit, PersonQuery, Scan, StoreError, Write};

/// Two people with everything a home can hold.
async fn two_people(store: &Opened) -> socle_store::BlobRef {
    let mut kept = None;
    for n in [1, 2] {
        let blob = store.put_blob(home(n), vec![7; 1000].into()).await.expect("kept");
        let patient = Write {
            keys_add: vec![value("shared")],
            person: Some(person(100, &["MARTIN"], &["ZOE"])),
            alias: Some(format!("patient-{n}")),
            blob: Some(blob.clone()),
            ..write(typed_key(home(n), PATIENT, 1), 0)
        };
        let observation = Write { keys_add: vec![value("shared")], ..write(key(home(n), 2), 0) };
        let work = Commit {
            drawers: entry(home(n), b"flag", Some(b"read")).drawers,
            audits: vec![line(home(n), n)],
            ..commit([patient, observation])
        };
        store.commit(work).await.expect("written");
        kept = Some(blob);
    }
    kept.expect("two people")
}

fn erased<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(&result, Err(StoreError::Erased(found)) if *found == home(1)), "{result:?}");
}

pub async fn nothing_of_an_erased_home_can_be_read(store: &Opened) {
    let blob = store.put_blob(home(1), vec![1, 2, 3].into()).await.expect("kept");
    two_people(store).await;
    let mut old = store.snapshot().await.expect("view");
    assert!(old.row(key(home(1), 2)).await.expect("read").is_some());
    store.erase_home(home(1)).await.expect("erased");
    for view in [&mut *old, &mut *store.snapshot().await.expect("view")] {
        erased(view.row(key(home(1), 2)).await);
        erased(view.version(key(home(1), 2), 1).await);
        erased(view.versions(key(home(1), 2), None, 9).await);
        erased(scanned(view, all_of(home(1))).await);
    }
    erased(store.get_blob(home(1), &blob).await);
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.drawer("tests.note", home(1), b"flag").await.expect("read"), None);
    assert_eq!(view.resolve(PATIENT, "patient-1").await.expect("read"), None);
}

pub async fn an_erased_home_is_found_no_more_and_others_are_untouched(store: &Opened) {
    let blob = two_people(store).await;
    store.erase_home(home(1)).await.expect("erased");
    store.erase_home(home(1)).await.expect("erasing twice changes nothing more");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.find(&value("shared"), OBSERVATION, None, 9).await.expect("found"), [key(home(2), 2)]);
    let query = PersonQuery { birth_days: (100, 100), ..PersonQuery::default() };
    assert_eq!(view.find_people(&query, 9).await.expect("found"), [typed_key(home(2), PATIENT, 1)]);
    assert_eq!(view.rows(&[key(home(1), 2), key(home(2), 2)]).await.expect("rows").len(), 1);
    let everywhere = Scan { home: None, ..all_of(home(1)) };
    assert_eq!(scanned(&mut *view, everywhere).await.expect("scan").len(), 2);
    assert_eq!(view.resolve(PATIENT, "patient-2").await.expect("read"), Some(typed_key(home(2), PATIENT, 1)));
    assert_eq!(
        view.drawer("tests.note", home(2), b"flag").await.expect("read").as_deref(),
        Some(&b"read"[..])
    );
    assert_eq!(store.get_blob(home(2), &blob).await.expect("opens").len(), 1000);
    assert_eq!(view.counts().await.expect("counts"), [(OBSERVATION, 1), (PATIENT, 1)]);
    assert_eq!(store.figures().await.expect("figures").blob_bytes, 1000);
}

pub async fn nothing_can_be_written_to_an_erased_home(store: &Opened) {
    two_people(store).await;
    store.erase_home(home(1)).await.expect("erased");
    erased(store.commit(commit([write(key(home(1), 3), 0)])).await);
    erased(store.commit(audits([line(home(1), 9)])).await);
    erased(store.commit(entry(home(1), b"flag", Some(b"again"))).await);
    erased(store.put_blob(home(1), vec![1].into()).await);
    let reserved = vec![("later".to_owned(), key(home(1), 9))];
    erased(store.commit(Commit { reserved, ..Commit::default() }).await);
    // A home that was never written to, too.
    store.erase_home(home(5)).await.expect("erased");
    assert!(matches!(store.commit(audits([line(home(5), 1)])).await, Err(StoreError::Erased(_))));
    store.commit(commit([write(key(home(2), 3), 0)])).await.expect("others go on");
}

pub async fn the_log_of_an_erased_home_stays_and_verifies(store: &Opened) {
    two_people(store).await;
    store.erase_home(home(1)).await.expect("erased");
    let mut view = store.snapshot().await.expect("view");
    let own = view.audit(home(1), None, 9).await.expect("log");
    assert_eq!((own.len(), own[0].number, &own[0].entry), (1, 0, &None));
    let all = view.audit_from(0, 9).await.expect("log");
    assert_eq!(all.iter().map(|line| line.entry.is_some()).collect::<Vec<_>>(), [false, true]);
    let report = store.verify_audit().await.expect("verified");
    assert_eq!((report.lines, report.faults), (2, vec![]));
}

pub async fn refuses_to_erase_a_shared_home(store: &Opened) {
    store.commit(entry(HomeId::PLATFORM, b"setting", Some(b"1"))).await.expect("set");
    assert!(matches!(store.erase_home(HomeId::PLATFORM).await, Err(StoreError::Io(_))));
    assert!(store.erase_home(HomeId::programme(PATIENT)).await.is_err());
    let mut view = store.snapshot().await.expect("view");
    assert!(view.drawer("tests.note", HomeId::PLATFORM, b"setting").await.expect("read").is_some());
}
