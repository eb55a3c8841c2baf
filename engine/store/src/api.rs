//! The narrow trait between the gate and a database.

use crate::head::{Inclusion, SignedHead};
use async_trait::async_trait;
use bytes::Bytes;
use socle_kernel::{HomeId, Instant, Key, ResourceType, Seq};
use std::fmt;

/// What the store answers when it cannot do what was asked.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// A write named a version that is no longer the current one. Nothing of its commit was written.
    VersionConflict {
        /// The resource.
        key: Key,
        /// Its current version; 0 when it does not exist.
        current: u32,
    },
    /// A drawer entry was not as expected. Nothing of the commit was written.
    DrawerConflict {
        /// The drawer.
        drawer: &'static str,
    },
    /// A client's id is already taken by another resource. Nothing of the commit was written.
    AliasTaken,
    /// The home's key was destroyed: its contents are gone for good.
    Erased(HomeId),
    /// The disk is full; reads go on.
    Full,
    /// The writer's queue is full or the store is closing; try again.
    Busy,
    /// Stored bytes do not verify: names what and where.
    Corrupt(String),
    /// The store was written by a newer version of the program.
    NewerVersion {
        /// Version found.
        found: u32,
        /// Highest version this program reads.
        known: u32,
    },
    /// Another process holds the store.
    InUse(String),
    /// The platform key is absent, unsafe, or not the one of this store.
    Key(String),
    /// Anything else: an IO or database error.
    Io(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::VersionConflict { key, current } => {
                write!(f, "version conflict on {key:?}: the current version is {current}")
            }
            StoreError::DrawerConflict { drawer } => write!(f, "entry of drawer {drawer} changed meanwhile"),
            StoreError::AliasTaken => f.write_str("this id is taken"),
            StoreError::Erased(home) => write!(f, "the key of {home:?} was destroyed"),
            StoreError::Full => f.write_str("the disk is full"),
            StoreError::Busy => f.write_str("too many writes are waiting"),
            StoreError::Corrupt(what) => write!(f, "stored data does not verify: {what}"),
            StoreError::NewerVersion { found, known } => {
                write!(f, "the store has version {found}, this program reads up to {known}")
            }
            StoreError::InUse(what) => write!(f, "the store is in use: {what}"),
            StoreError::Key(what) | StoreError::Io(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for StoreError {}

/// Result of a store call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The pointer row of a resource: its current version and what a search and a decision need, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which resource.
    pub key: Key,
    /// Current version, from 1.
    pub version: u32,
    /// True when the current version is a deletion.
    pub deleted: bool,
    /// When the current version was written.
    pub last_updated: Instant,
    /// The moment it is about (date of the act, of the document), for newest-first lists; `last_updated` when it has none.
    pub sort_date: Instant,
    /// Access labels as bits; their meaning belongs to the gate.
    pub labels: u32,
    /// Search-parameter values, encoded by `socle-fhir`; opaque here.
    pub sketch: Vec<u8>,
}

/// One stored version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Version number, from 1.
    pub version: u32,
    /// True when this version is a deletion (its body is then empty).
    pub deleted: bool,
    /// When it was written.
    pub last_updated: Instant,
    /// The exact JSON that is served.
    pub body: Bytes,
    /// Its document content, when it has one.
    pub blob: Option<BlobRef>,
}

/// Where a document content lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// Name within the home: 16 random bytes.
    pub name: [u8; 16],
    /// Length of the plain content in bytes.
    pub size: u64,
}

/// A value that finds a resource without knowing its home.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyValue {
    /// Number of the search parameter (`socle-fhir` gives stable numbers).
    pub param: u32,
    /// The normalised value. The store keeps its HMAC, never the value.
    pub value: Vec<u8>,
}

/// What finds a person at a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Days since 1970-01-01; when only a year or month is known, its first day.
    pub birth_day: i32,
    /// Normalised family names (upper case, no accents), birth and used.
    pub families: Vec<String>,
    /// Normalised given names.
    pub givens: Vec<String>,
}

/// One resource to write. Expected versions are the only concurrency control.
#[derive(Clone, Debug)]
pub struct Write {
    /// Which resource.
    pub key: Key,
    /// The current version the writer saw: 0 to create.
    pub expected: u32,
    /// True to delete (body empty, sketch empty).
    pub deleted: bool,
    /// When.
    pub last_updated: Instant,
    /// See [`Row::sort_date`].
    pub sort_date: Instant,
    /// See [`Row::labels`].
    pub labels: u32,
    /// See [`Row::sketch`].
    pub sketch: Vec<u8>,
    /// The exact JSON that will be served; already holds `meta.versionId` = expected + 1.
    pub body: Bytes,
    /// Its document content, put before with [`Store::put_blob`].
    pub blob: Option<BlobRef>,
    /// Values that must find it from now on.
    pub keys_add: Vec<KeyValue>,
    /// Values that found it until now.
    pub keys_remove: Vec<KeyValue>,
    /// The person entry from now on, for a `Patient`.
    pub person: Option<Person>,
    /// The person entry until now, to be removed.
    pub person_before: Option<Person>,
    /// The id its client chose, when it did.
    pub alias: Option<String>,
}

/// One line of the audit log, as bytes made by the gate; sealed with the key of its home.
#[derive(Clone, Debug)]
pub struct AuditWrite {
    /// Whose log: the home of the person (or organisation…) concerned.
    pub home: HomeId,
    /// When, and its place in that home's log.
    pub seq: Seq,
    /// When.
    pub at: Instant,
    /// The entry.
    pub entry: Vec<u8>,
}

/// A change of a drawer entry: small typed state that FHIR has no place for.
#[derive(Clone, Debug)]
pub struct DrawerWrite {
    /// Drawer name, `<room>.<noun>`.
    pub drawer: &'static str,
    /// Home it belongs to ([`HomeId::PLATFORM`] for global state).
    pub home: HomeId,
    /// Key within the drawer.
    pub key: Vec<u8>,
    /// The new value; `None` removes the entry.
    pub value: Option<Vec<u8>>,
    /// When set, the entry must be exactly this before (`Some(None)`: absent).
    pub expected: Option<Option<Vec<u8>>>,
}

/// All or nothing.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Resources.
    pub writes: Vec<Write>,
    /// Ids reserved for resources that are referenced before they exist: `(client id, key)`.
    pub reserved: Vec<(String, Key)>,
    /// Lines of the audit log.
    pub audits: Vec<AuditWrite>,
    /// Drawer entries.
    pub drawers: Vec<DrawerWrite>,
}

/// A line of the audit log as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Whose log.
    pub home: HomeId,
    /// Place in that home's log.
    pub seq: Seq,
    /// Leaf number in the Merkle log, from 0.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// The entry; `None` when the key of its home was destroyed. The line itself stays, and still verifies.
    pub entry: Option<Vec<u8>>,
}

/// A step of the gap-free, commit-ordered change feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedStep {
    /// Number, from 1, without gaps.
    pub number: u64,
    /// Which resource.
    pub key: Key,
    /// The version that was written.
    pub version: u32,
    /// True when it was a deletion.
    pub deleted: bool,
    /// When.
    pub at: Instant,
}

/// Whether a scan goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Next row.
    Next,
    /// Enough.
    Stop,
}

/// A scan over pointer rows.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// Within one home; `None` over all homes (bounded by `budget`).
    pub home: Option<HomeId>,
    /// Of one type; `None` for every type (of one home only).
    pub resource_type: Option<ResourceType>,
    /// True: newest sequence first, within a home and type (over all homes the order is that of keys).
    pub newest_first: bool,
    /// True to visit deleted rows as well.
    pub with_deleted: bool,
    /// Only rows that come after this key, in the order of the scan; `None` from the beginning. Its home and type must be
    /// those of the scan, where the scan names them.
    pub after: Option<Key>,
    /// Rows that may be looked at, of any type.
    pub budget: usize,
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Every row was visited, or the visitor said stop.
    Done,
    /// The budget was met before the end.
    OutOfBudget,
}

/// A search of people at a desk: birth date first, as the INS rules demand.
#[derive(Clone, Debug, Default)]
pub struct PersonQuery {
    /// First and last birth day (inclusive), days since 1970-01-01.
    pub birth_days: (i32, i32),
    /// Normalised beginning of a family name; empty for any.
    pub family: String,
    /// Normalised beginning of a given name; empty for any.
    pub given: String,
    /// True when names must match whole.
    pub exact: bool,
}

/// One stable view of the data: every call sees the same moment.
#[async_trait]
pub trait Snapshot: Send {
    /// The pointer row of a resource (deleted ones too). [`StoreError::Erased`] when the key of its home was destroyed, as
    /// for every call that names one resource, one home or a drawer's home.
    async fn row(&mut self, key: Key) -> Result<Option<Row>>;
    /// The pointer rows of several resources; the order is theirs, absent and erased ones are left out.
    async fn rows(&mut self, keys: &[Key]) -> Result<Vec<Row>>;
    /// One version of a resource.
    async fn version(&mut self, key: Key, version: u32) -> Result<Option<Version>>;
    /// Versions of a resource, newest first, below `before` when given.
    async fn versions(&mut self, key: Key, before: Option<u32>, limit: usize) -> Result<Vec<Version>>;
    /// Visits pointer rows. Over all homes, erased ones are left out.
    async fn scan(
        &mut self,
        scan: Scan,
        visit: &mut (dyn for<'r> FnMut(&'r Row) -> Visit + Send),
    ) -> Result<Scanned>;
    /// Keys of the resources that carry a value, in key order after `after`.
    async fn find(
        &mut self,
        value: &KeyValue,
        resource_type: ResourceType,
        after: Option<Key>,
        limit: usize,
    ) -> Result<Vec<Key>>;
    /// Keys of the people (`Patient`) that match, in order of birth day and name.
    async fn find_people(&mut self, query: &PersonQuery, limit: usize) -> Result<Vec<Key>>;
    /// The key of a client-chosen id, reserved ones too.
    async fn resolve(&mut self, resource_type: ResourceType, id: &str) -> Result<Option<Key>>;
    /// A drawer entry.
    async fn drawer(&mut self, drawer: &str, home: HomeId, key: &[u8]) -> Result<Option<Vec<u8>>>;
    /// Entries of a drawer in key order, keys strictly after `after`: `(key, value)`.
    async fn drawer_list(
        &mut self,
        drawer: &str,
        home: HomeId,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>>;
    /// Lines of a home's audit log, newest first, below `before` when given; an erased home keeps its lines.
    async fn audit(&mut self, home: HomeId, before: Option<Seq>, limit: usize) -> Result<Vec<AuditLine>>;
    /// Lines of the whole audit log in leaf order, from leaf number `from`.
    async fn audit_from(&mut self, from: u64, limit: usize) -> Result<Vec<AuditLine>>;
    /// Steps of the change feed after a number.
    async fn feed(&mut self, after: u64, limit: usize) -> Result<Vec<FeedStep>>;
    /// Steps of the change feed before a number, newest first; from its end when none is named.
    async fn feed_back(&mut self, before: Option<u64>, limit: usize) -> Result<Vec<FeedStep>>;
    /// Counts of current (not deleted) resources by type, over all homes.
    async fn counts(&mut self) -> Result<Vec<(ResourceType, u64)>>;
}

/// What `socle audit verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Lines in the log.
    pub lines: u64,
    /// Signed heads checked.
    pub heads: u64,
    /// Root of the Merkle tree over all lines, hexadecimal.
    pub root: String,
    /// What is wrong, one sentence each, naming line number, home and moment; empty when the log is whole.
    pub faults: Vec<String>,
}

/// Figures of the store for `doctor`, `/health` and the bench.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Version of the schema.
    pub schema: u32,
    /// Bytes of the database on disk, without document contents.
    pub database_bytes: u64,
    /// Bytes of document contents that versions name.
    pub blob_bytes: u64,
    /// Bytes free on the disk.
    pub free_bytes: u64,
    /// Kind and version of the engine, as `SQLite 3.54.1`.
    pub engine: String,
}

/// A store of homes. Shared by every request; safe to call from many tasks.
#[async_trait]
pub trait Store: Send + Sync {
    /// Opens a stable view of the data as it is now.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>>;
    /// Writes all or nothing; durable when it returns.
    async fn commit(&self, commit: Commit) -> Result<()>;
    /// Stores a document content, sealed with the key of its home; durable when it returns. It becomes visible when a
    /// [`Write`] names it.
    async fn put_blob(&self, home: HomeId, content: Bytes) -> Result<BlobRef>;
    /// Reads a document content.
    async fn get_blob(&self, home: HomeId, blob: &BlobRef) -> Result<Bytes>;
    /// As [`Store::put_blob`], under a name of the caller's choice: what lies under it already is replaced. For files that no
    /// version names, whose owner knows their names before they are written, so that none is left behind.
    async fn put_blob_named(&self, home: HomeId, name: [u8; 16], content: Bytes) -> Result<BlobRef>;
    /// Removes a content, by its name; nothing happens when it is not there. Only for contents that no version names.
    async fn remove_blob(&self, home: HomeId, name: [u8; 16]) -> Result<()>;
    /// Waits until the change feed has gone past a number, or the store closes.
    async fn feed_after(&self, number: u64);
    /// Number of the newest step of the change feed; 0 while there is none.
    async fn feed_end(&self) -> u64;
    /// True when no other process can hold this store at the same time.
    fn is_exclusive(&self) -> bool;
    /// Destroys the key of a home: bodies, sketches, drawers, audit entries and contents become unreadable, here and in
    /// every backup of the data that does not hold the key's row. What finds the home (keys, people, client ids) and its
    /// drawers are removed; its audit lines stay as places in the log. Nothing can be written to it again, audit lines
    /// neither: trace the erasure in the log of the platform or of who asked. Refused for shared homes.
    async fn erase_home(&self, home: HomeId) -> Result<()>;
    /// Verifies the whole audit log.
    async fn verify_audit(&self) -> Result<AuditReport>;
    /// The newest signed head of the audit log, to publish; `None` while there is none.
    async fn audit_head(&self) -> Result<Option<SignedHead>>;
    /// Proof that a line is in the audit log; `None` until a head above it is signed
    /// ([`socle_kernel::limits::AUDIT_HEAD_EVERY`]).
    async fn inclusion(&self, number: u64) -> Result<Option<Inclusion>>;
    /// Figures for the operator.
    async fn figures(&self) -> Result<StoreFigures>;
    /// Finishes waiting writes, signs the head of the audit log and closes.
    async fn close(&self) -> Result<()>;
}
