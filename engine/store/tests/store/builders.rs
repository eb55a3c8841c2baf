//! Invented resources, lines and entries for the tests.

use bytes::Bytes;
use socle_kernel::{HomeId, Instant, Key, ManualClock, ResourceType, Seq, resource_type};
use socle_store::{
    AuditWrite, Commit, DrawerWrite, KeyValue, Person, PlatformKeys, Result, Row, Scan, Snapshot, Store,
    Visit, Write,
};
use std::ops::Deref;
use std::sync::Arc;

/// An open store and the clock it reads.
pub struct Opened {
    pub store: Arc<dyn Store>,
    pub clock: ManualClock,
}

impl Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &(dyn Store + 'static) {
        &*self.store
    }
}

/// The keys of the tests' platform.
pub fn keys() -> PlatformKeys {
    PlatformKeys::from_bytes([7; 32])
}

/// The home of an invented person.
pub fn home(number: u64) -> HomeId {
    HomeId::new((1 << 20) + number).expect("fits")
}

/// The key of an observation.
pub fn key(of: HomeId, seq: u64) -> Key {
    typed_key(of, resource_type::OBSERVATION, seq)
}

/// The key of a resource of any type.
pub fn typed_key(of: HomeId, resource_type: ResourceType, seq: u64) -> Key {
    Key { home: of, resource_type, seq: Seq::new(seq).expect("fits") }
}

/// A moment, in seconds after the start of the tests' time.
pub fn at(seconds: i64) -> Instant {
    Instant(1_790_000_000_000_000 + seconds * 1_000_000)
}

/// A write of the next version after `expected`.
pub fn write(key: Key, expected: u32) -> Write {
    Write {
        key,
        expected,
        deleted: false,
        last_updated: at(i64::from(expected)),
        sort_date: at(7),
        labels: 0,
        sketch: format!("sketch {expected}").into_bytes(),
        body: body(key, expected + 1),
        blob: None,
        keys_add: Vec::new(),
        keys_remove: Vec::new(),
        person: None,
        person_before: None,
        alias: None,
    }
}

/// The deletion of a resource.
pub fn deletion(key: Key, expected: u32) -> Write {
    Write { deleted: true, sketch: Vec::new(), body: Bytes::new(), ..write(key, expected) }
}

/// What the version of a resource says.
pub fn body(key: Key, version: u32) -> Bytes {
    format!(
        r#"{{"resourceType":"{}","meta":{{"versionId":"{version}"}},"note":[{{"text":"{:?} {}"}}]}}"#,
        key.resource_type,
        key.home,
        key.seq.number()
    )
    .into()
}

/// A commit of some writes.
pub fn commit(writes: impl IntoIterator<Item = Write>) -> Commit {
    Commit { writes: writes.into_iter().collect(), ..Commit::default() }
}

/// A commit of some audit lines.
pub fn audits(lines: impl IntoIterator<Item = AuditWrite>) -> Commit {
    Commit { audits: lines.into_iter().collect(), ..Commit::default() }
}

/// A line of a home's log.
pub fn line(of: HomeId, seq: u64) -> AuditWrite {
    let entry = format!("read {seq}").into_bytes();
    AuditWrite { home: of, seq: Seq::new(seq).expect("fits"), at: at(seq as i64), entry }
}

/// A commit of one drawer entry.
pub fn entry(of: HomeId, key: &[u8], value: Option<&[u8]>) -> Commit {
    guarded_entry(of, key, value, None)
}

/// A commit of one drawer entry that must have been as expected.
pub fn guarded_entry(
    of: HomeId,
    key: &[u8],
    value: Option<&[u8]>,
    expected: Option<Option<&[u8]>>,
) -> Commit {
    let write = DrawerWrite {
        drawer: "tests.note",
        home: of,
        key: key.to_vec(),
        value: value.map(<[u8]>::to_vec),
        expected: expected.map(|value| value.map(<[u8]>::to_vec)),
    };
    Commit { drawers: vec![write], ..Commit::default() }
}

/// A value of a search parameter.
pub fn value(text: &str) -> KeyValue {
    KeyValue { param: 12, value: text.as_bytes().to_vec() }
}

/// An invented person.
pub fn person(birth_day: i32, families: &[&str], givens: &[&str]) -> Person {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Person { birth_day, families: owned(families), givens: owned(givens) }
}

/// A scan of everything in a home.
pub fn all_of(of: HomeId) -> Scan {
    Scan {
        home: Some(of),
        resource_type: None,
        newest_first: false,
        with_deleted: false,
        after: None,
        budget: usize::MAX,
    }
}

/// Every row that a scan visits.
pub async fn scanned(view: &mut dyn Snapshot, scan: Scan) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    view.scan(scan, &mut |row| {
        rows.push(row.clone());
        Visit::Next
    })
    .await?;
    Ok(rows)
}
