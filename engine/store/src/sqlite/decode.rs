//! From columns to values: homes, sequences, keys, rows, versions, audit lines.

use super::{database_error, sql};
use crate::places::{self, RowPlace, VersionPlace};
use crate::ring::{KeyRing, Wrapped};
use crate::seal::{Header, Place};
use crate::{AuditLine, BlobRef, FeedStep, Result, Row, StoreError, Version};
use rusqlite::{Connection, OptionalExtension, params};
use socle_kernel::{HomeId, Instant, Key, ResourceType, Seq};
use std::fmt::Display;

/// The home of the feed, the log and the tallies, as a column.
pub(super) const PLATFORM: i64 = 0;

/// Opens sealed values with the keys that a connection sees.
pub(super) struct Opener<'a> {
    pub(super) conn: &'a Connection,
    pub(super) ring: &'a KeyRing,
}

impl Opener<'_> {
    /// Opens a sealed value of a home.
    pub(super) fn open(
        &self,
        home: HomeId,
        place: Place,
        sealed: &[u8],
        what: &dyn Display,
    ) -> Result<Vec<u8>> {
        let header = Header::read(sealed).ok_or_else(|| StoreError::Corrupt(what.to_string()))?;
        let load = || stored_key(self.conn, home, header.key_id);
        self.ring.for_read(home, header.key_id, load)?.open(place, sealed, what)
    }
}

/// A key of a home as stored; empty when it was destroyed.
pub(super) fn stored_key(conn: &Connection, home: HomeId, id: u16) -> Result<Option<Vec<u8>>> {
    conn.prepare_cached(sql::HOME_KEY)
        .and_then(|mut read| read.query_row(params![column(home), id], |row| row.get(0)).optional())
        .map_err(database_error)
}

/// The newest key of a home as stored.
pub(super) fn newest_key(conn: &Connection, home: HomeId) -> Result<Option<Wrapped>> {
    conn.prepare_cached(sql::HOME_KEY_NEWEST)
        .and_then(|mut read| {
            read.query_row([column(home)], |row| Ok(Wrapped { id: row.get(0)?, bytes: row.get(1)? }))
                .optional()
        })
        .map_err(database_error)
}

/// A home as a column.
pub(super) fn column(home: HomeId) -> i64 {
    i64::try_from(home.number()).expect("a home has 56 bits")
}

/// A sequence as a column.
pub(super) fn seq_column(seq: Seq) -> i64 {
    i64::try_from(seq.number()).expect("a sequence has 60 bits")
}

/// A count as a column.
pub(super) fn number_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A home from its column.
pub(super) fn home_of(column: i64) -> Result<HomeId> {
    let home = u64::try_from(column).ok().and_then(HomeId::new);
    home.ok_or_else(|| StoreError::Corrupt(format!("{column} is no home")))
}

/// A sequence from its column.
pub(super) fn seq_of(column: i64) -> Result<Seq> {
    let seq = u64::try_from(column).ok().and_then(Seq::new);
    seq.ok_or_else(|| StoreError::Corrupt(format!("{column} is no sequence")))
}

pub(super) fn type_of(column: i64) -> Result<ResourceType> {
    let found = u16::try_from(column).ok().and_then(ResourceType::from_code);
    found.ok_or_else(|| StoreError::Corrupt(format!("{column} is no resource type")))
}

pub(super) fn key_of(home: i64, resource_type: i64, seq: i64) -> Result<Key> {
    Ok(Key { home: home_of(home)?, resource_type: type_of(resource_type)?, seq: seq_of(seq)? })
}

pub(super) fn small<T: TryFrom<i64>>(column: i64, what: &str) -> Result<T> {
    T::try_from(column).map_err(|_| StoreError::Corrupt(format!("{column} is no {what}")))
}

pub(super) fn read_key(row: &rusqlite::Row<'_>) -> Result<Key> {
    let (home, resource_type, seq) =
        row.get(0).and_then(|home| Ok((home, row.get(1)?, row.get(2)?))).map_err(database_error)?;
    key_of(home, resource_type, seq)
}

pub(super) fn decode_row(opener: &Opener<'_>, row: &rusqlite::Row<'_>) -> Result<Row> {
    let key = read_key(row)?;
    let number = |index| row.get::<_, i64>(index).map_err(database_error);
    let place = RowPlace {
        key,
        version: small(number(3)?, "version")?,
        deleted: number(4)? != 0,
        last_updated: Instant(number(5)?),
        sort_date: Instant(number(6)?),
        labels: small(number(7)?, "set of labels")?,
    };
    let sealed = row.get_ref(8).and_then(|value| Ok(value.as_blob()?)).map_err(database_error)?;
    if sealed.is_empty() {
        return Err(StoreError::Erased(key.home));
    }
    let what = Named("row", key, place.version);
    let sketch = opener.open(key.home, places::sketch(&place), sealed, &what)?;
    let RowPlace { version, deleted, last_updated, sort_date, labels, .. } = place;
    Ok(Row { key, version, deleted, last_updated, sort_date, labels, sketch })
}

pub(super) fn decode_version(opener: &Opener<'_>, key: Key, row: &rusqlite::Row<'_>) -> Result<Version> {
    let number = |index| row.get::<_, i64>(index).map_err(database_error);
    let blob = row.get_ref(4).and_then(|value| Ok(value.as_blob_or_null()?)).map_err(database_error)?;
    let place = VersionPlace {
        key,
        version: small(number(0)?, "version")?,
        deleted: number(1)? != 0,
        last_updated: Instant(number(2)?),
        blob,
    };
    let what = Named("body", key, place.version);
    let sealed = row.get_ref(3).and_then(|value| Ok(value.as_blob()?)).map_err(database_error)?;
    let body = opener.open(key.home, places::body(&place), sealed, &what)?;
    let blob = match blob {
        None => None,
        Some(bytes) => Some(BlobRef::from_bytes(bytes).ok_or_else(|| StoreError::Corrupt(what.to_string()))?),
    };
    let VersionPlace { version, deleted, last_updated, .. } = place;
    Ok(Version { version, deleted, last_updated, body: body.into(), blob })
}

pub(super) fn decode_audit(opener: &Opener<'_>, row: &rusqlite::Row<'_>) -> Result<AuditLine> {
    let number = |index| row.get::<_, i64>(index).map_err(database_error);
    let (home, seq, leaf) = (home_of(number(0)?)?, seq_of(number(1)?)?, small(number(2)?, "leaf number")?);
    let what = format!("audit line {leaf} of {home:?}");
    let at: Option<i64> = row.get(3).map_err(database_error)?;
    let at = Instant(at.ok_or_else(|| StoreError::Corrupt(format!("{what} is missing")))?);
    let sealed = row.get_ref(4).and_then(|value| Ok(value.as_blob()?)).map_err(database_error)?;
    let entry = match opener.open(home, places::audit(home, seq, at), sealed, &what) {
        Ok(entry) => Some(entry),
        Err(StoreError::Erased(_)) => None,
        Err(error) => return Err(error),
    };
    Ok(AuditLine { home, seq, number: leaf, at, entry })
}

/// What a sealed value is, for the message when it does not open.
struct Named(&'static str, Key, u32);

impl Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Named(what, key, version) = self;
        write!(f, "{what} of {} {} of {:?}, version {version}", key.resource_type, key.seq.number(), key.home)
    }
}

/// The tally that counts bytes of document contents; the others count resources by the number of their type.
pub(super) const BLOB_BYTES: i64 = 0;

/// Every tally: kind and amount.
pub(super) fn tallies(conn: &Connection) -> Result<Vec<(i64, i64)>> {
    conn.prepare_cached(sql::TALLY)
        .and_then(|mut read| {
            let rows = read.query_map([PLATFORM], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
        .map_err(database_error)
}

/// A drawer entry.
pub(super) fn find_drawer(
    opener: &Opener<'_>,
    drawer: &str,
    home: HomeId,
    key: &[u8],
) -> Result<Option<Vec<u8>>> {
    let sealed: Option<Vec<u8>> = opener
        .conn
        .prepare_cached(sql::DRAWER)
        .and_then(|mut read| read.query_row(params![column(home), drawer, key], |row| row.get(0)).optional())
        .map_err(database_error)?;
    sealed.map(|sealed| open_drawer(opener, drawer, home, key, &sealed)).transpose()
}

pub(super) fn open_drawer(
    opener: &Opener<'_>,
    drawer: &str,
    home: HomeId,
    key: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>> {
    // The key may name a person: it stays out of the message.
    let what = format!("entry of drawer {drawer} of {home:?}");
    opener.open(home, places::drawer(home, drawer, key), sealed, &what)
}

/// A step of the feed.
pub(super) fn decode_step(row: &rusqlite::Row<'_>) -> Result<FeedStep> {
    let number = |index| row.get::<_, i64>(index).map_err(database_error);
    Ok(FeedStep {
        number: small(number(0)?, "feed number")?,
        key: key_of(number(1)?, number(2)?, number(3)?)?,
        version: small(number(4)?, "version")?,
        deleted: number(5)? != 0,
        at: Instant(number(6)?),
    })
}
