//! What finds a resource without its home: looked-up values and ids that clients chose.

use crate::builders::{Opened, commit, deletion, home, key, typed_key, value, write};
use socle_kernel::Key;
use socle_kernel::resource_type::{OBSERVATION, PATIENT};
use socle_store::{Commit, KeyValue, StoreError, Write};

fn with_keys(key: Key, expected: u32, add: &[&str], remove: &[&str]) -> Write {
    let values = |texts: &[&str]| texts.iter().map(|text| value(text)).collect();
    Write { keys_add: values(add), keys_remove: values(remove), ..write(key, expected) }
}

fn with_alias(key: Key, expected: u32, id: &str) -> Write {
    Write { alias: Some(id.to_owned()), ..write(key, expected) }
}

pub async fn finds_resources_by_value_type_and_parameter(store: &Opened) {
    let (one, two, patient) = (key(home(1), 1), key(home(2), 1), typed_key(home(3), PATIENT, 1));
    let writes = [one, two, patient].map(|key| with_keys(key, 0, &["12|abc"], &[]));
    store.commit(commit(writes)).await.expect("written");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.find(&value("12|abc"), OBSERVATION, None, 10).await.expect("found"), [one, two]);
    assert_eq!(view.find(&value("12|abc"), PATIENT, None, 10).await.expect("found"), [patient]);
    assert!(view.find(&value("12|ab"), OBSERVATION, None, 10).await.expect("found").is_empty());
    let other = KeyValue { param: 13, ..value("12|abc") };
    assert!(view.find(&other, OBSERVATION, None, 10).await.expect("found").is_empty());
}

pub async fn pages_through_what_a_value_finds_in_key_order(store: &Opened) {
    let keys: Vec<Key> = (0..7).map(|n| key(home(n / 3), n)).collect();
    store
        .commit(commit(keys.iter().rev().map(|key| with_keys(*key, 0, &["x"], &[]))))
        .await
        .expect("written");
    let mut view = store.snapshot().await.expect("view");
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = view.find(&value("x"), OBSERVATION, after, 3).await.expect("found");
        after = page.last().copied();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, keys);
}

pub async fn stops_finding_by_values_that_were_removed(store: &Opened) {
    let key = key(home(1), 1);
    store.commit(commit([with_keys(key, 0, &["old", "kept"], &[])])).await.expect("written");
    store.commit(commit([with_keys(key, 1, &["new", "kept"], &["old"])])).await.expect("updated");
    let mut view = store.snapshot().await.expect("view");
    for (text, expected) in [("old", vec![]), ("new", vec![key]), ("kept", vec![key])] {
        assert_eq!(view.find(&value(text), OBSERVATION, None, 10).await.expect("found"), expected, "{text}");
    }
    let removal = Write { keys_remove: vec![value("new"), value("kept")], ..deletion(key, 2) };
    store.commit(commit([removal])).await.expect("deleted");
    let mut view = store.snapshot().await.expect("view");
    assert!(view.find(&value("new"), OBSERVATION, None, 10).await.expect("found").is_empty());
}

pub async fn resolves_the_ids_that_clients_chose(store: &Opened) {
    let (one, two) = (key(home(1), 1), typed_key(home(2), PATIENT, 2));
    store.commit(commit([with_alias(one, 0, "mine"), with_alias(two, 0, "mine")])).await.expect("written");
    store.commit(commit([with_alias(one, 1, "mine")])).await.expect("its own id stays its own");
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.resolve(OBSERVATION, "mine").await.expect("resolved"), Some(one));
    assert_eq!(view.resolve(PATIENT, "mine").await.expect("resolved"), Some(two));
    assert_eq!(view.resolve(PATIENT, "yours").await.expect("resolved"), None);
}

pub async fn refuses_an_id_that_another_resource_has(store: &Opened) {
    let (one, two) = (key(home(1), 1), key(home(2), 2));
    store.commit(commit([with_alias(one, 0, "mine")])).await.expect("written");
    let refused = store.commit(commit([with_alias(two, 0, "mine")])).await;
    assert!(matches!(refused, Err(StoreError::AliasTaken)));
    assert_eq!(store.snapshot().await.expect("view").row(two).await.expect("read"), None);
}

pub async fn reserves_the_id_of_a_resource_that_comes_later(store: &Opened) {
    let (one, two) = (key(home(1), 1), key(home(2), 2));
    let reserved = |key| Commit { reserved: vec![("later".to_owned(), key)], ..Commit::default() };
    store.commit(reserved(one)).await.expect("reserved");
    store.commit(reserved(one)).await.expect("reserved again for the same");
    assert!(matches!(store.commit(reserved(two)).await, Err(StoreError::AliasTaken)));
    let mut view = store.snapshot().await.expect("view");
    assert_eq!(view.resolve(OBSERVATION, "later").await.expect("resolved"), Some(one));
    assert_eq!(view.row(one).await.expect("read"), None);
    store.commit(commit([with_alias(one, 0, "later")])).await.expect("the resource comes");
}
