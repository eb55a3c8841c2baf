//! The change feed: every change once, in the order of commits, without gaps.

use crate::builders::{Opened, at, commit, deletion, home, key, write};
use std::sync::Arc;
use std::task::Poll;
use tokio::task::JoinSet;

pub async fn tells_every_change_in_order(store: &Opened) {
    let (one, two) = (key(home(1), 1), key(home(2), 2));
    store.commit(commit([write(one, 0), write(two, 0)])).await.expect("written");
    store.commit(commit([deletion(one, 1)])).await.expect("deleted");
    let mut view = store.snapshot().await.expect("view");
    let steps = view.feed(0, 10).await.expect("feed");
    let told: Vec<_> = steps.iter().map(|step| (step.number, step.key, step.version, step.deleted)).collect();
    assert_eq!(told, [(1, one, 1, false), (2, two, 1, false), (3, one, 2, true)]);
    assert_eq!(steps[2].at, at(1));
    assert_eq!(view.feed(1, 1).await.expect("feed"), steps[1..2]);
    assert!(view.feed(3, 10).await.expect("feed").is_empty());
    assert_eq!(store.feed_end().await, 3, "the end is the newest step");
    let back: Vec<_> = steps.iter().rev().cloned().collect();
    assert_eq!(view.feed_back(None, 10).await.expect("feed"), back);
    assert_eq!(view.feed_back(Some(3), 1).await.expect("feed"), back[1..2]);
    assert!(view.feed_back(Some(1), 10).await.expect("feed").is_empty());
}

pub async fn has_no_gap_under_32_writers(store: &Opened) {
    let mut tasks = JoinSet::new();
    for task in 0..32u64 {
        let store = Arc::clone(&store.store);
        tasks.spawn(async move {
            for n in 0..10 {
                let key = key(home(task), n);
                store.commit(commit([write(key, 0)])).await.expect("written");
                // Every second one is refused, and must leave no gap.
                assert!(store.commit(commit([write(key, 0)])).await.is_err());
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("task");
    }
    let steps = store.snapshot().await.expect("view").feed(0, 1000).await.expect("feed");
    assert_eq!(steps.iter().map(|step| step.number).collect::<Vec<_>>(), (1..=320).collect::<Vec<_>>());
    let mut keys: Vec<_> = steps.iter().map(|step| step.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 320, "every change once");
}

pub async fn wakes_who_waits_for_the_next_change(store: &Opened) {
    let mut waiting = std::pin::pin!(store.feed_after(1));
    let once = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;
    assert!(once.is_pending());
    store.commit(commit([write(key(home(1), 1), 0)])).await.expect("written");
    let after_one = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;
    assert!(after_one.is_pending(), "one is not past one");
    store.commit(commit([write(key(home(1), 2), 0)])).await.expect("written");
    waiting.await;
    store.feed_after(0).await;
    assert_eq!(store.snapshot().await.expect("view").feed(1, 9).await.expect("feed").len(), 1);
}

pub async fn lets_who_waits_go_when_the_store_closes(store: &Opened) {
    let waiting = {
        let store = Arc::clone(&store.store);
        tokio::spawn(async move { store.feed_after(99).await })
    };
    store.close().await.expect("closes");
    waiting.await.expect("woken");
}
