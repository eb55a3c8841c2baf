//! Drawers: small typed state beside the resources.

use crate::builders::{Opened, commit, entry, guarded_entry, home, key, write};
use socle_kernel::HomeId;
use socle_store::{Commit, StoreError};

const DRAWER: &str = "tests.note";

pub async fn keeps_entries_by_home_and_key(store: &Opened) {
    store.commit(entry(home(1), b"a", Some(b"one"))).await.expect("set");
    store.commit(entry(home(2), b"a", Some(b"two"))).await.expect("set");
    store.commit(entry(home(1), b"a", Some(b"three"))).await.expect("replaced");
    store.commit(entry(HomeId::PLATFORM, b"", Some(b""))).await.expect("set");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.drawer(DRAWER, home(1), b"a").await.expect("read").as_deref(), Some(&b"three"[..]));
    assert_eq!(view.drawer(DRAWER, home(2), b"a").await.expect("read").as_deref(), Some(&b"two"[..]));
    assert_eq!(view.drawer(DRAWER, HomeId::PLATFORM, b"").await.expect("read").as_deref(), Some(&b""[..]));
    assert_eq!(view.drawer("tests.other", home(1), b"a").await.expect("read"), None);
    assert_eq!(view.drawer(DRAWER, home(3), b"a").await.expect("read"), None);
}

pub async fn removes_entries(store: &Opened) {
    store.commit(entry(home(1), b"a", Some(b"one"))).await.expect("set");
    store.commit(entry(home(1), b"a", None)).await.expect("removed");
    store.commit(entry(home(4), b"a", None)).await.expect("nothing to remove is no error");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.drawer(DRAWER, home(1), b"a").await.expect("read"), None);
}

pub async fn lists_entries_in_key_order_page_by_page(store: &Opened) {
    for name in [b"b", b"d", b"a", b"c"] {
        store.commit(entry(home(1), name, Some(name))).await.expect("set");
    }
    store.commit(entry(home(2), b"x", Some(b"x"))).await.expect("set");
    let mut view = store.snapshot().await.expect("view");
    let (mut after, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = view.drawer_list(DRAWER, home(1), &after, 3).await.expect("list");
        let Some((last, _)) = page.last() else { break };
        after = last.clone();
        pages.push(
            page.into_iter()
                .map(|(name, value)| {
                    assert_eq!(name, value);
                    name[0]
                })
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(pages, [b"abc".to_vec(), b"d".to_vec()]);
}

pub async fn refuses_a_change_when_the_entry_is_not_as_expected(store: &Opened) {
    let refused = |result| assert!(matches!(result, Err(StoreError::DrawerConflict { drawer: DRAWER })));
    store.commit(guarded_entry(home(1), b"a", Some(b"1"), Some(None))).await.expect("absent before");
    refused(store.commit(guarded_entry(home(1), b"a", Some(b"2"), Some(None))).await);
    refused(store.commit(guarded_entry(home(1), b"a", Some(b"2"), Some(Some(b"0")))).await);
    store.commit(guarded_entry(home(1), b"a", Some(b"2"), Some(Some(b"1")))).await.expect("as expected");
    refused(store.commit(guarded_entry(home(9), b"a", None, Some(Some(b"1")))).await);
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.drawer(DRAWER, home(1), b"a").await.expect("read").as_deref(), Some(&b"2"[..]));
}

pub async fn changes_drawers_and_resources_together_or_not_at_all(store: &Opened) {
    store.commit(entry(home(1), b"cursor", Some(b"5"))).await.expect("set");
    let job = |expected: &[u8]| {
        let step = guarded_entry(home(1), b"cursor", Some(b"6"), Some(Some(expected)));
        Commit { drawers: step.drawers, ..commit([write(key(home(2), 1), 0)]) }
    };
    assert!(matches!(store.commit(job(b"4")).await, Err(StoreError::DrawerConflict { .. })));
    assert_eq!(store.snapshot().await.expect("view").row(key(home(2), 1)).await.expect("read"), None);
    store.commit(job(b"5")).await.expect("both");
    let mut view = store.snapshot().await.expect("view");
    assert!(view.row(key(home(2), 1)).await.expect("read").is_some());
    assert_eq!(view.drawer(DRAWER, home(1), b"cursor").await.expect("read").as_deref(), Some(&b"6"[..]));
}
