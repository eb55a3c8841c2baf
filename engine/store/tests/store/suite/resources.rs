//! Resources, versions, deletion, conflicts, scans.

use crate::builders::{Opened, all_of, at, body, commit, deletion, home, key, scanned, typed_key, write};
use socle_kernel::Key;
use socle_kernel::resource_type::{OBSERVATION, PATIENT};
use socle_store::{Scan, Scanned, Snapshot, StoreError, Visit};

pub async fn gives_back_what_was_written(store: &Opened) {
    let key = key(home(1), 5);
    let mut creation = write(key, 0);
    creation.labels = 0b101;
    store.commit(commit([creation])).await.expect("created");
    store.commit(commit([write(key, 1)])).await.expect("updated");

    let mut view = store.snapshot().await.expect("view");
    let row = view.row(key).await.expect("read").expect("there");
    assert_eq!((row.version, row.deleted, row.labels), (2, false, 0));
    assert_eq!((row.last_updated, row.sort_date), (at(1), at(7)));
    assert_eq!(row.sketch, b"sketch 1");
    let first = view.version(key, 1).await.expect("read").expect("there");
    assert_eq!((first.version, first.body, first.last_updated), (1, body(key, 1), at(0)));
    let versions = view.versions(key, None, 10).await.expect("read");
    assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
    let below = view.versions(key, Some(2), 10).await.expect("read");
    assert_eq!(below.len(), 1);
    assert_eq!(view.versions(key, None, 1).await.expect("read").len(), 1);
    assert_eq!(view.version(key, 3).await.expect("read"), None);
    assert_eq!(view.row(crate::builders::key(home(1), 6)).await.expect("read"), None);
}

pub async fn refuses_a_write_that_saw_another_version(store: &Opened) {
    let key = key(home(1), 5);
    let conflict = |result, expected| match result {
        Err(StoreError::VersionConflict { key: found, current }) => {
            assert_eq!((found, current), (key, expected));
        }
        other => panic!("expected a conflict, not {other:?}"),
    };
    conflict(store.commit(commit([write(key, 1)])).await, 0);
    store.commit(commit([write(key, 0)])).await.expect("created");
    conflict(store.commit(commit([write(key, 0)])).await, 1);
    conflict(store.commit(commit([write(key, 2)])).await, 1);
    store.commit(commit([deletion(key, 1)])).await.expect("deleted");
    conflict(store.commit(commit([write(key, 0)])).await, 2);
    store.commit(commit([write(key, 2)])).await.expect("written again after its deletion");
}

pub async fn keeps_a_deletion_as_a_version(store: &Opened) {
    let key = key(home(1), 5);
    store.commit(commit([write(key, 0)])).await.expect("created");
    store.commit(commit([deletion(key, 1)])).await.expect("deleted");
    let mut view = store.snapshot().await.expect("view");
    let row = view.row(key).await.expect("read").expect("there");
    assert!(row.deleted && row.version == 2 && row.sketch.is_empty());
    let last = view.version(key, 2).await.expect("read").expect("there");
    assert!(last.deleted && last.body.is_empty());
    assert_eq!(view.version(key, 1).await.expect("read").expect("there").body, body(key, 1));
    assert!(scanned(&mut *view, all_of(home(1))).await.expect("scan").is_empty());
    let with_deleted = Scan { with_deleted: true, ..all_of(home(1)) };
    assert_eq!(scanned(&mut *view, with_deleted).await.expect("scan").len(), 1);
}

pub async fn writes_all_of_a_commit_or_nothing(store: &Opened) {
    let (one, two) = (key(home(1), 1), key(home(2), 2));
    let refused = store.commit(commit([write(one, 0), write(two, 3)])).await;
    assert!(matches!(refused, Err(StoreError::VersionConflict { .. })));
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.row(one).await.expect("read"), None);
    assert!(view.feed(0, 10).await.expect("feed").is_empty());
    assert!(view.counts().await.expect("counts").is_empty());
}

pub async fn holds_several_versions_of_one_resource_in_one_commit(store: &Opened) {
    let key = key(home(1), 1);
    store.commit(commit([write(key, 0), write(key, 1), deletion(key, 2)])).await.expect("written");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.versions(key, None, 10).await.expect("read").len(), 3);
    assert!(view.counts().await.expect("counts").is_empty());
}

pub async fn scans_a_home_by_type_in_both_directions(store: &Opened) {
    let patient = typed_key(home(1), PATIENT, 9);
    let keys = [key(home(1), 1), key(home(1), 2), key(home(1), 3), patient, key(home(2), 4)];
    store.commit(commit(keys.map(|key| write(key, 0)))).await.expect("written");
    let mut view = store.snapshot().await.expect("view");
    let observations = Scan { resource_type: Some(OBSERVATION), ..all_of(home(1)) };
    let newest = Scan { newest_first: true, ..observations };
    let keys_of = |rows: Vec<socle_store::Row>| rows.into_iter().map(|row| row.key).collect::<Vec<_>>();
    assert_eq!(keys_of(scanned(&mut *view, observations).await.expect("scan")), keys[..3]);
    assert_eq!(keys_of(scanned(&mut *view, newest).await.expect("scan")), [keys[2], keys[1], keys[0]]);
    assert_eq!(keys_of(scanned(&mut *view, all_of(home(1))).await.expect("scan")).len(), 4);
    let newest_of_all = Scan { newest_first: true, ..all_of(home(1)) };
    assert_eq!(keys_of(scanned(&mut *view, newest_of_all).await.expect("scan"))[0], patient);
    let every_home = Scan { home: None, ..observations };
    assert_eq!(
        keys_of(scanned(&mut *view, every_home).await.expect("scan")),
        [keys[0], keys[1], keys[2], keys[4]]
    );
    let rows = view.rows(&[keys[4], key(home(9), 9), keys[0]]).await.expect("rows");
    assert_eq!(keys_of(rows), [keys[4], keys[0]]);
}

pub async fn scans_on_after_a_key(store: &Opened) {
    let mut keys: Vec<Key> =
        [(1, 1), (1, 2), (2, 3), (3, 4), (3, 5)].map(|(of, seq)| key(home(of), seq)).to_vec();
    keys.extend([
        typed_key(home(1), PATIENT, 6),
        typed_key(home(2), PATIENT, 7),
        typed_key(home(3), PATIENT, 8),
    ]);
    store.commit(commit(keys.iter().map(|key| write(*key, 0)))).await.expect("written");
    keys.sort_unstable();
    let of = |wanted: &dyn Fn(&Key) -> bool| keys.iter().copied().filter(wanted).collect::<Vec<Key>>();
    let mut view = store.snapshot().await.expect("view");
    for newest_first in [false, true] {
        for within in [None, Some(home(1)), Some(home(3))] {
            for resource_type in [None, Some(OBSERVATION), Some(PATIENT)] {
                let scan = Scan { home: within, resource_type, newest_first, ..all_of(home(1)) };
                let mut expected = of(&|key| {
                    within.is_none_or(|home| key.home == home)
                        && resource_type.is_none_or(|wanted| key.resource_type == wanted)
                });
                if newest_first && within.is_some() {
                    expected.reverse();
                }
                let mut walked = Vec::new();
                let mut after = None;
                loop {
                    let rows = scanned_some(&mut *view, Scan { after, ..scan }, 1).await;
                    let Some(row) = rows.first() else { break };
                    after = Some(row.key);
                    walked.push(row.key);
                }
                assert_eq!(walked, expected, "{scan:?}");
            }
        }
    }
}

/// The first rows of a scan.
async fn scanned_some(view: &mut dyn Snapshot, scan: Scan, limit: usize) -> Vec<socle_store::Row> {
    let mut rows = Vec::new();
    let visit = &mut |row: &socle_store::Row| {
        rows.push(row.clone());
        if rows.len() == limit { Visit::Stop } else { Visit::Next }
    };
    view.scan(scan, visit).await.expect("scan");
    rows
}

pub async fn says_when_a_scan_met_its_budget(store: &Opened) {
    let keys = [1, 2, 3].map(|seq| key(home(1), seq));
    store.commit(commit(keys.map(|key| write(key, 0)))).await.expect("written");
    let mut view = store.snapshot().await.expect("view");
    let mut outcomes = Vec::new();
    for budget in [2, 3] {
        let scan = Scan { budget, ..all_of(home(1)) };
        outcomes.push(view.scan(scan, &mut |_| Visit::Next).await.expect("scan"));
    }
    assert_eq!(outcomes, [Scanned::OutOfBudget, Scanned::Done]);
    let mut visited = 0;
    let stopped = Scan { budget: 2, ..all_of(home(1)) };
    let outcome = view
        .scan(stopped, &mut |_| {
            visited += 1;
            Visit::Stop
        })
        .await
        .expect("scan");
    assert_eq!((outcome, visited), (Scanned::Done, 1));
}

pub async fn counts_what_is_there_and_not_deleted(store: &Opened) {
    let keys = [key(home(1), 1), key(home(2), 2), typed_key(home(1), PATIENT, 3)];
    store.commit(commit(keys.map(|key| write(key, 0)))).await.expect("written");
    store.commit(commit([write(keys[0], 1), deletion(keys[1], 1)])).await.expect("written");
    let mut counts = store.snapshot().await.expect("view").counts().await.expect("counts");
    counts.sort();
    assert_eq!(counts, [(OBSERVATION, 1), (PATIENT, 1)]);
}

pub async fn shows_one_stable_view_while_others_write(store: &Opened) {
    let key = key(home(1), 1);
    store.commit(commit([write(key, 0)])).await.expect("written");
    let mut before = store.snapshot().await.expect("view");
    for expected in 1..50 {
        store.commit(commit([write(key, expected)])).await.expect("written");
    }
    assert_eq!(before.row(key).await.expect("read").expect("there").version, 1);
    assert_eq!(before.versions(key, None, 100).await.expect("read").len(), 1);
    assert_eq!(before.feed(0, 100).await.expect("feed").len(), 1);
    let mut after = store.snapshot().await.expect("view");
    assert_eq!(after.row(key).await.expect("read").expect("there").version, 50);
}
