//! Many at the same time.

use crate::builders::{Opened, audits, commit, home, key, line, write};
use socle_store::StoreError;
use std::sync::Arc;
use tokio::task::JoinSet;

pub async fn of_two_writers_of_one_version_exactly_one_wins(store: &Opened) {
    for round in 0..50 {
        let key = key(home(1), round);
        let mut tasks = JoinSet::new();
        for _ in 0..2 {
            let store = Arc::clone(&store.store);
            tasks.spawn(async move { store.commit(commit([write(key, 0)])).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(
            results
                .iter()
                .any(|result| matches!(result, Err(StoreError::VersionConflict { current: 1, .. })))
        );
    }
}

pub async fn a_refused_commit_harms_none_of_its_neighbours(store: &Opened) {
    let taken = key(home(0), 0);
    store.commit(commit([write(taken, 0)])).await.expect("written");
    let mut tasks = JoinSet::new();
    for n in 1..=200u64 {
        let store = Arc::clone(&store.store);
        tasks.spawn(async move {
            let mut work = commit([write(key(home(n % 5), n), 0)]);
            work.audits = vec![line(home(n % 5), n)];
            if n % 3 == 0 {
                // After its first write and before its last: both must be taken back.
                work.writes.push(write(taken, 0));
                work.writes.push(write(key(home(n % 5), 1000 + n), 0));
            }
            (n, store.commit(work).await)
        });
    }
    let results = tasks.join_all().await;
    let mut view = store.snapshot().await.expect("view");
    for (n, result) in results {
        let row = view.row(key(home(n % 5), n)).await.expect("read");
        assert_eq!((result.is_ok(), row.is_some()), (n % 3 != 0, n % 3 != 0), "commit {n}");
    }
    let (feed, log) = (view.feed(0, 999).await.expect("feed"), view.audit_from(0, 999).await.expect("log"));
    assert_eq!((feed.len(), log.len()), (1 + 200 - 66, 200 - 66));
    assert!(log.iter().all(|line| line.seq.number() % 3 != 0));
    assert_eq!(store.verify_audit().await.expect("verified").faults, Vec::<String>::new());
}

pub async fn many_first_writes_of_one_home_share_its_key(store: &Opened) {
    for round in 0..20 {
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let store = Arc::clone(&store.store);
            tasks.spawn(async move {
                store.commit(audits([line(home(100 + round), n)])).await.expect("traced");
                store.put_blob(home(200 + round), vec![n as u8].into()).await.expect("kept")
            });
        }
        let blobs = tasks.join_all().await;
        let lines =
            store.snapshot().await.expect("view").audit(home(100 + round), None, 99).await.expect("log");
        assert_eq!(lines.len(), 8);
        for blob in blobs {
            assert_eq!(store.get_blob(home(200 + round), &blob).await.expect("opens").len(), 1);
        }
    }
}

pub async fn more_snapshots_than_connections_wait_their_turn(store: &Opened) {
    let key = key(home(1), 1);
    store.commit(commit([write(key, 0)])).await.expect("written");
    let mut tasks = JoinSet::new();
    for _ in 0..200 {
        let store = Arc::clone(&store.store);
        tasks.spawn(async move {
            let mut view = store.snapshot().await.expect("view");
            // A commit inside an open view must not need a second one.
            tokio::task::yield_now().await;
            view.row(key).await.expect("read").expect("there")
        });
    }
    assert_eq!(tasks.join_all().await.len(), 200);
}

pub async fn a_commit_goes_through_while_every_view_is_taken(store: &Opened) {
    let mut views = Vec::new();
    for _ in 0..16 {
        views.push(store.snapshot().await.expect("view"));
    }
    for n in 0..20 {
        store.commit(audits([line(home(n), n)])).await.expect("traced");
    }
    for view in &mut views {
        assert!(view.audit_from(0, 9).await.expect("log").is_empty());
    }
}
