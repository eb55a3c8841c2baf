//! Document contents.

use crate::builders::{Opened, commit, home, key, write};
use bytes::Bytes;
use socle_kernel::{Chance, SeededChance};
use socle_store::{BlobRef, StoreError, Write};

/// Content that does not compress and does not repeat.
fn content(size: usize) -> Bytes {
    let mut bytes = vec![0; size];
    SeededChance::new(size as u64).fill(&mut bytes);
    bytes.into()
}

pub async fn gives_back_contents_of_every_size(store: &Opened) {
    for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 5 * 1024 * 1024] {
        let blob = store.put_blob(home(1), content(size)).await.expect("kept");
        assert_eq!(blob.size, size as u64);
        assert_eq!(store.get_blob(home(1), &blob).await.expect("opens"), content(size), "{size} bytes");
    }
}

pub async fn opens_a_content_only_in_its_home_and_by_its_name_and_size(store: &Opened) {
    let blob = store.put_blob(home(1), content(100)).await.expect("kept");
    let other = store.put_blob(home(2), content(100)).await.expect("kept");
    let corrupt = |result| assert!(matches!(result, Err(StoreError::Corrupt(_))));
    corrupt(store.get_blob(home(2), &blob).await);
    corrupt(store.get_blob(home(1), &other).await);
    corrupt(store.get_blob(home(1), &BlobRef { size: 99, ..blob }).await);
    corrupt(store.get_blob(home(1), &BlobRef { name: [9; 16], size: 100 }).await);
}

pub async fn keeps_a_content_under_a_name_and_removes_it(store: &Opened) {
    let name = [3; 16];
    let first = store.put_blob_named(home(1), name, content(100)).await.expect("kept");
    let other = store.put_blob_named(home(2), name, content(50)).await.expect("kept");
    assert_eq!((first.name, first.size), (name, 100));
    let second = store.put_blob_named(home(1), name, content(70_000)).await.expect("replaced");
    assert_eq!(store.get_blob(home(1), &second).await.expect("opens"), content(70_000));
    assert!(matches!(store.get_blob(home(1), &first).await, Err(StoreError::Corrupt(_))), "it was replaced");
    store.remove_blob(home(1), name).await.expect("removed");
    store.remove_blob(home(1), name).await.expect("removed already");
    assert!(matches!(store.get_blob(home(1), &second).await, Err(StoreError::Corrupt(_))));
    assert_eq!(store.get_blob(home(2), &other).await.expect("another home's"), content(50));
}

pub async fn counts_the_contents_that_versions_name(store: &Opened) {
    let (one, two) = (content(100), content(7));
    let first = store.put_blob(home(1), one).await.expect("kept");
    let second = store.put_blob(home(1), two).await.expect("kept");
    assert_eq!(store.figures().await.expect("figures").blob_bytes, 0, "no version names them yet");
    let key = key(home(1), 1);
    let naming = |blob: &BlobRef, expected| Write { blob: Some(blob.clone()), ..write(key, expected) };
    store.commit(commit([naming(&first, 0)])).await.expect("written");
    store.commit(commit([naming(&first, 1)])).await.expect("same content, other words");
    store.commit(commit([naming(&second, 2)])).await.expect("other content");
    let figures = store.figures().await.expect("figures");
    assert_eq!(figures.blob_bytes, 107);
    assert!(figures.database_bytes > 0 && figures.free_bytes > 0 && figures.schema >= 1, "{figures:?}");
    let mut view = store.snapshot().await.expect("view");
    let blobs: Vec<_> =
        view.versions(key, None, 9).await.expect("read").into_iter().map(|version| version.blob).collect();
    assert_eq!(blobs, [Some(second), Some(first.clone()), Some(first)]);
}
