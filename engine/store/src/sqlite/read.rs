//! Snapshots: reading connections, each holding one stable view while it is lent.

use super::decode::{
    BLOB_BYTES, Opener, PLATFORM, column, decode_audit, decode_row, decode_step, decode_version, find_drawer,
    home_of, number_column, open_drawer, read_key, seq_column, seq_of, small, tallies, type_of,
};
use super::{database_error, schema, sql};
use crate::keys::Keyed;
use crate::prepare::key_mac;
use crate::ring::KeyRing;
use crate::{
    AuditLine, FeedStep, KeyValue, PersonQuery, Result, Row, Scan, Scanned, Snapshot, StoreConfig,
    StoreError, Version, Visit,
};
use async_trait::async_trait;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};
use socle_kernel::{HomeId, Key, ResourceType, Seq, limits};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Reading connections, lent one to a snapshot.
pub(super) struct Pool {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    config: StoreConfig,
}

impl Pool {
    pub(super) fn new(config: &StoreConfig) -> Self {
        let permits = Arc::new(Semaphore::new(config.readers.max(1)));
        Pool { idle: Mutex::new(Vec::new()), permits, config: config.clone() }
    }

    /// A connection of its own, outside the pool.
    pub(super) fn open(&self) -> Result<Connection> {
        schema::open_reader(&self.config.folder, self.config.cache_bytes / 16)
    }

    /// Lends a connection whose view is the data as it is now.
    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent> {
        let waiting = tokio::time::timeout(limits::SNAPSHOT_WAIT, self.permits.clone().acquire_owned());
        let permit = waiting.await.map_err(|_| StoreError::Busy)?.map_err(|_| StoreError::Busy)?;
        let conn = match self.idle.lock().pop() {
            Some(conn) => conn,
            None => self.open()?,
        };
        let lent = Lent { conn: Some(conn), pool: self.clone(), _permit: permit };
        begin(lent.conn()?)?;
        Ok(lent)
    }

    /// Lends no more and closes what is idle; what is lent closes when it comes back.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().clear();
    }
}

/// Begins a read transaction and fixes its view at once: SQLite takes it with the first read.
pub(super) fn begin(conn: &Connection) -> Result<()> {
    conn.prepare_cached("BEGIN DEFERRED").and_then(|mut begin| begin.execute([])).map_err(database_error)?;
    schema::schema_version(conn).map(|_| ())
}

/// A connection on loan. Its view ends when it is dropped.
pub(super) struct Lent {
    conn: Option<Connection>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    pub(super) fn conn(&self) -> Result<&Connection> {
        self.conn.as_ref().ok_or(StoreError::Busy)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take()
            && conn.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([])).is_ok()
            && !self.pool.permits.is_closed()
        {
            self.pool.idle.lock().push(conn);
        }
    }
}

/// A snapshot of a SQLite store.
pub(super) struct SqliteSnapshot {
    lent: Lent,
    ring: Arc<KeyRing>,
    index: Keyed,
}

impl SqliteSnapshot {
    pub(super) fn new(lent: Lent, ring: Arc<KeyRing>, index: Keyed) -> Self {
        SqliteSnapshot { lent, ring, index }
    }

    fn opener(&self) -> Result<Opener<'_>> {
        Ok(Opener { conn: self.lent.conn()?, ring: &self.ring })
    }

    fn find_row(&self, key: Key) -> Result<Option<Row>> {
        let opener = self.opener()?;
        let mut read = opener.conn.prepare_cached(sql::ROW).map_err(database_error)?;
        let mut rows = read
            .query(params![column(key.home), key.resource_type.code(), seq_column(key.seq)])
            .map_err(database_error)?;
        match rows.next().map_err(database_error)? {
            Some(row) => decode_row(&opener, row).map(Some),
            None => Ok(None),
        }
    }

    fn find_people_of_day(
        &self,
        day: i64,
        query: &PersonQuery,
        limit: usize,
        found: &mut People,
    ) -> Result<()> {
        let conn = self.lent.conn()?;
        let mut read = conn.prepare_cached(sql::PEOPLE).map_err(database_error)?;
        let (family_to, given_to) = (end_of(&query.family, query.exact), end_of(&query.given, query.exact));
        let mut rows = read
            .query(params![day, query.family, family_to, query.given, given_to])
            .map_err(database_error)?;
        while let Some(row) = rows.next().map_err(database_error)? {
            let key = read_key(row)?;
            if found.seen.insert(key) {
                found.keys.push(key);
                if found.keys.len() >= limit {
                    break;
                }
            }
        }
        Ok(())
    }

    fn read_audit(&self, text: &str, parameters: impl rusqlite::Params) -> Result<Vec<AuditLine>> {
        let opener = self.opener()?;
        let mut read = opener.conn.prepare_cached(text).map_err(database_error)?;
        let mut rows = read.query(parameters).map_err(database_error)?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next().map_err(database_error)? {
            lines.push(decode_audit(&opener, row)?);
        }
        Ok(lines)
    }
}

/// People found so far: one has a row for each pair of its names.
#[derive(Default)]
struct People {
    keys: Vec<Key>,
    seen: HashSet<Key>,
}

/// The last text of a range of names.
fn end_of(beginning: &str, exact: bool) -> String {
    if exact && !beginning.is_empty() { beginning.to_owned() } else { format!("{beginning}{}", char::MAX) }
}

impl SqliteSnapshot {
    /// Steps of the feed on one side of a number.
    fn read_feed(&mut self, text: &str, number: i64, limit: usize) -> Result<Vec<FeedStep>> {
        let conn = self.lent.conn()?;
        let mut read = conn.prepare_cached(text).map_err(database_error)?;
        let mut rows =
            read.query(params![PLATFORM, number, number_column(limit as u64)]).map_err(database_error)?;
        let mut steps = Vec::new();
        while let Some(row) = rows.next().map_err(database_error)? {
            steps.push(decode_step(row)?);
        }
        Ok(steps)
    }
}

/// The text of a scan and where it starts: after a key, or before everything (newest first: after everything).
fn scan_text(scan: &Scan) -> (&'static str, [i64; 3]) {
    let (type_after, seq_after) = match scan.after {
        Some(key) => (i64::from(key.resource_type.code()), seq_column(key.seq)),
        None if scan.home.is_some() && scan.newest_first => (i64::MAX, i64::MAX),
        None => (-1, -1),
    };
    let home_after = scan.after.map_or(-1, |key| column(key.home));
    let code = scan.resource_type.map(|found| i64::from(found.code()));
    match (scan.home.map(column), code, scan.newest_first) {
        (Some(home), Some(code), true) => (sql::SCAN_TYPE_NEWEST, [home, code, seq_after]),
        (Some(home), Some(code), false) => (sql::SCAN_TYPE, [home, code, seq_after]),
        (Some(home), None, true) => (sql::SCAN_HOME_NEWEST, [home, type_after, seq_after]),
        (Some(home), None, false) => (sql::SCAN_HOME, [home, type_after, seq_after]),
        (None, Some(code), _) if sql::DIRECTORY_TYPES.iter().any(|known| i64::from(*known) == code) => {
            (sql::SCAN_DIRECTORY, [code, home_after, seq_after])
        }
        (None, _, _) => (sql::SCAN_ALL, [home_after, type_after, seq_after]),
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn row(&mut self, key: Key) -> Result<Option<Row>> {
        self.find_row(key)
    }

    async fn rows(&mut self, keys: &[Key]) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            match self.find_row(*key) {
                Ok(found) => rows.extend(found),
                Err(StoreError::Erased(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }

    async fn version(&mut self, key: Key, version: u32) -> Result<Option<Version>> {
        let opener = self.opener()?;
        let mut read = opener.conn.prepare_cached(sql::VERSION).map_err(database_error)?;
        let mut rows = read
            .query(params![column(key.home), key.resource_type.code(), seq_column(key.seq), version])
            .map_err(database_error)?;
        match rows.next().map_err(database_error)? {
            Some(row) => decode_version(&opener, key, row).map(Some),
            None => Ok(None),
        }
    }

    async fn versions(&mut self, key: Key, before: Option<u32>, limit: usize) -> Result<Vec<Version>> {
        let opener = self.opener()?;
        let mut read = opener.conn.prepare_cached(sql::VERSIONS).map_err(database_error)?;
        let before = before.map_or(i64::MAX, i64::from);
        let limit = number_column(limit as u64);
        let mut rows = read
            .query(params![column(key.home), key.resource_type.code(), seq_column(key.seq), before, limit])
            .map_err(database_error)?;
        let mut versions = Vec::new();
        while let Some(row) = rows.next().map_err(database_error)? {
            versions.push(decode_version(&opener, key, row)?);
        }
        Ok(versions)
    }

    async fn scan(
        &mut self,
        scan: Scan,
        visit: &mut (dyn for<'r> FnMut(&'r Row) -> Visit + Send),
    ) -> Result<Scanned> {
        let opener = self.opener()?;
        let (text, start) = scan_text(&scan);
        let mut read = opener.conn.prepare_cached(text).map_err(database_error)?;
        let mut rows = read.query(start).map_err(database_error)?;
        let mut looked_at = 0;
        while let Some(row) = rows.next().map_err(database_error)? {
            if looked_at >= scan.budget {
                return Ok(Scanned::OutOfBudget);
            }
            looked_at += 1;
            let code: i64 = row.get(1).map_err(database_error)?;
            if scan.resource_type.is_some_and(|wanted| i64::from(wanted.code()) != code) {
                continue;
            }
            // A row that says it is deleted is opened as well: the seal tells whether that is true.
            match decode_row(&opener, row) {
                Ok(row) if row.deleted && !scan.with_deleted => {}
                Ok(row) => {
                    if visit(&row) == Visit::Stop {
                        return Ok(Scanned::Done);
                    }
                }
                Err(StoreError::Erased(_)) if scan.home.is_none() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Scanned::Done)
    }

    async fn find(
        &mut self,
        value: &KeyValue,
        resource_type: ResourceType,
        after: Option<Key>,
        limit: usize,
    ) -> Result<Vec<Key>> {
        let conn = self.lent.conn()?;
        let (param, mac) = key_mac(&self.index, value);
        let (home, seq) = after.map_or((-1, -1), |key| (column(key.home), seq_column(key.seq)));
        let mut read = conn.prepare_cached(sql::FIND).map_err(database_error)?;
        let limit = number_column(limit as u64);
        let mut rows = read
            .query(params![param, mac.as_slice(), resource_type.code(), home, seq, limit])
            .map_err(database_error)?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next().map_err(database_error)? {
            let (home, seq): (i64, i64) =
                row.get(0).and_then(|home| Ok((home, row.get(1)?))).map_err(database_error)?;
            keys.push(Key { home: home_of(home)?, resource_type, seq: seq_of(seq)? });
        }
        Ok(keys)
    }

    async fn find_people(&mut self, query: &PersonQuery, limit: usize) -> Result<Vec<Key>> {
        let (mut from, to) = (i64::from(query.birth_days.0), i64::from(query.birth_days.1));
        let mut found = People::default();
        while from <= to && found.keys.len() < limit {
            // From one birth day that exists to the next: each is one range of the primary key.
            let next: Option<i64> = self
                .lent
                .conn()?
                .prepare_cached(sql::NEXT_BIRTH_DAY)
                .and_then(|mut read| read.query_row([from, to], |row| row.get(0)).optional())
                .map_err(database_error)?;
            let Some(day) = next else { break };
            self.find_people_of_day(day, query, limit, &mut found)?;
            from = day + 1;
        }
        Ok(found.keys)
    }

    async fn resolve(&mut self, resource_type: ResourceType, id: &str) -> Result<Option<Key>> {
        let found: Option<(i64, i64)> = self
            .lent
            .conn()?
            .prepare_cached(sql::ALIAS)
            .and_then(|mut read| {
                read.query_row(params![resource_type.code(), id], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(database_error)?;
        found
            .map(|(home, seq)| Ok(Key { home: home_of(home)?, resource_type, seq: seq_of(seq)? }))
            .transpose()
    }

    async fn drawer(&mut self, drawer: &str, home: HomeId, key: &[u8]) -> Result<Option<Vec<u8>>> {
        find_drawer(&self.opener()?, drawer, home, key)
    }

    async fn drawer_list(
        &mut self,
        drawer: &str,
        home: HomeId,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let opener = self.opener()?;
        let mut read = opener.conn.prepare_cached(sql::DRAWER_LIST).map_err(database_error)?;
        let limit = number_column(limit as u64);
        let mut rows = read.query(params![column(home), drawer, after, limit]).map_err(database_error)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(database_error)? {
            let (key, sealed): (Vec<u8>, Vec<u8>) =
                row.get(0).and_then(|key| Ok((key, row.get(1)?))).map_err(database_error)?;
            let value = open_drawer(&opener, drawer, home, &key, &sealed)?;
            entries.push((key, value));
        }
        Ok(entries)
    }

    async fn audit(&mut self, home: HomeId, before: Option<Seq>, limit: usize) -> Result<Vec<AuditLine>> {
        let before = before.map_or(i64::MAX, seq_column);
        self.read_audit(sql::AUDIT, params![column(home), before, number_column(limit as u64)])
    }

    async fn audit_from(&mut self, from: u64, limit: usize) -> Result<Vec<AuditLine>> {
        let (from, limit) = (number_column(from), number_column(limit as u64));
        self.read_audit(sql::AUDIT_FROM, params![PLATFORM, from, limit])
    }

    async fn feed(&mut self, after: u64, limit: usize) -> Result<Vec<FeedStep>> {
        self.read_feed(sql::FEED, number_column(after), limit)
    }

    async fn feed_back(&mut self, before: Option<u64>, limit: usize) -> Result<Vec<FeedStep>> {
        self.read_feed(sql::FEED_BACK, before.map_or(i64::MAX, number_column), limit)
    }

    async fn counts(&mut self) -> Result<Vec<(ResourceType, u64)>> {
        let mut counts = Vec::new();
        for (kind, amount) in tallies(self.lent.conn()?)? {
            if kind != BLOB_BYTES && amount > 0 {
                counts.push((type_of(kind)?, small(amount, "count")?));
            }
        }
        Ok(counts)
    }
}
