//! Writes one sealed commit inside the writer's transaction.

use super::database_error;
use super::decode::{
    BLOB_BYTES, Opener, PLATFORM, column, find_drawer, number_column, seq_column, stored_key,
};
use crate::merkle::{self, Frontier};
use crate::prepare::{Sealed, SealedAudit, SealedDrawer, SealedWrite};
use crate::ring::KeyRing;
use crate::seal::HomeKey;
use crate::{BlobRef, Person, StoreError};
use rusqlite::{Connection, OptionalExtension, params};
use socle_kernel::{HomeId, Key};
use std::collections::BTreeMap;

const KEY_ADD_HOME: &str =
    "INSERT INTO home_key (home, key_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT (home, key_id) DO NOTHING";
const RESOURCE_CREATE: &str = "INSERT INTO resource \
     (home, type, seq, version, deleted, last_updated, sort_date, labels, sketch) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (home, type, seq) DO NOTHING";
const RESOURCE_STATE: &str =
    "SELECT version, deleted FROM resource WHERE home = $1 AND type = $2 AND seq = $3";
const RESOURCE_UPDATE: &str = "UPDATE resource SET version = $1, deleted = $2, last_updated = $3, sort_date = $4, \
     labels = $5, sketch = $6 WHERE home = $7 AND type = $8 AND seq = $9 AND version = $10";
const VERSION_ADD: &str = "INSERT INTO version (home, type, seq, version, deleted, last_updated, body, blob) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const VERSION_BLOB: &str =
    "SELECT blob FROM version WHERE home = $1 AND type = $2 AND seq = $3 AND version = $4";
const FEED_ADD: &str = "INSERT INTO feed (home, number, subject, type, seq, version, deleted, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const KEY_ADD: &str = "INSERT INTO key (param, value, type, home, seq) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (param, value, type, home, seq) DO NOTHING";
pub(super) const KEY_REMOVE: &str =
    "DELETE FROM key WHERE param = $1 AND value = $2 AND type = $3 AND home = $4 AND seq = $5";
const PERSON_ADD: &str = "INSERT INTO person (birth_day, family, given, home, type, seq) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (birth_day, family, given, home, type, seq) DO NOTHING";
pub(super) const PERSON_REMOVE: &str = "DELETE FROM person WHERE birth_day = $1 AND family = $2 AND given = $3 \
     AND home = $4 AND type = $5 AND seq = $6";
const ALIAS_ADD: &str =
    "INSERT INTO alias (type, id, home, seq) VALUES ($1, $2, $3, $4) ON CONFLICT (type, id) DO NOTHING";
const DRAWER_SET: &str = "INSERT INTO drawer (home, drawer, key, value) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (home, drawer, key) DO UPDATE SET value = excluded.value";
const DRAWER_REMOVE: &str = "DELETE FROM drawer WHERE home = $1 AND drawer = $2 AND key = $3";
const AUDIT_ADD: &str = "INSERT INTO audit (home, seq, number, at, entry) VALUES ($1, $2, $3, $4, $5)";
const LEAF_ADD: &str = "INSERT INTO leaf (home, number, owner, seq, hash) VALUES ($1, $2, $3, $4, $5)";

/// Why a commit was not written.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A key drawn for a home lost against the stored one: seal again with that.
    StaleKey(HomeId),
    /// The commit cannot be written; the others of its batch can.
    Store(StoreError),
    /// The database cannot go on with this transaction.
    Broken(rusqlite::Error),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Refusal::Store(error)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            // The only constraints are the keys: this commit writes a row that is there.
            Some(rusqlite::ErrorCode::ConstraintViolation) => Refusal::Store(database_error(error)),
            _ => Refusal::Broken(error),
        }
    }
}

type Applied<T = ()> = std::result::Result<T, Refusal>;

/// What the writer knows of the ends of the log and the feed, and the tallies of this transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    pub(super) frontier: Frontier,
    /// Number of the last step of the feed.
    pub(super) feed: u64,
    /// Changes of the tallies, to be added at the end of the transaction.
    pub(super) tallies: BTreeMap<i64, i64>,
}

/// The bytes of a leaf of the audit log: number, home, sequence, moment, sealed entry. They verify without any key of a
/// home, so the log outlives an erasure.
pub(super) fn audit_leaf(number: i64, home: i64, seq: i64, at: i64, entry: &[u8]) -> merkle::Hash {
    merkle::leaf_hash(&[
        &number.to_be_bytes(),
        &home.to_be_bytes(),
        &seq.to_be_bytes(),
        &at.to_be_bytes(),
        entry,
    ])
}

/// Writes a commit; on a refusal the caller takes everything back to the savepoint.
pub(super) fn apply(conn: &Connection, ring: &KeyRing, ends: &mut Ends, commit: &Sealed) -> Applied {
    for key in &commit.keys {
        keep_key(conn, ring, key)?;
    }
    for (id, key) in &commit.reserved {
        take_alias(conn, id, *key)?;
    }
    for write in &commit.writes {
        write_resource(conn, ends, write)?;
    }
    for drawer in &commit.drawers {
        write_drawer(&Opener { conn, ring }, drawer)?;
    }
    for audit in &commit.audits {
        append_audit(conn, ends, audit)?;
    }
    Ok(())
}

fn keep_key(conn: &Connection, ring: &KeyRing, key: &HomeKey) -> Applied {
    if ring.is_erased(key.home()) {
        return Err(StoreError::Erased(key.home()).into());
    }
    if key.is_stored() {
        return Ok(());
    }
    let home = column(key.home());
    let added = conn.prepare_cached(KEY_ADD_HOME)?.execute(params![home, key.id(), key.wrapped()])?;
    if added == 1 {
        return Ok(());
    }
    match stored_key(conn, key.home(), key.id())? {
        Some(found) if found == key.wrapped() => Ok(()),
        Some(found) if found.is_empty() => Err(StoreError::Erased(key.home()).into()),
        _ => Err(Refusal::StaleKey(key.home())),
    }
}

fn take_alias(conn: &Connection, id: &str, key: Key) -> Applied {
    let code = key.resource_type.code();
    let (home, seq) = (column(key.home), seq_column(key.seq));
    if conn.prepare_cached(ALIAS_ADD)?.execute(params![code, id, home, seq])? == 1 {
        return Ok(());
    }
    let found: (i64, i64) = conn
        .prepare_cached(super::sql::ALIAS)?
        .query_row(params![code, id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if found == (home, seq) { Ok(()) } else { Err(StoreError::AliasTaken.into()) }
}

fn write_resource(conn: &Connection, ends: &mut Ends, write: &SealedWrite) -> Applied {
    let (home, code, seq) =
        (column(write.key.home), write.key.resource_type.code(), seq_column(write.key.seq));
    let version = write.expected.saturating_add(1);
    let (updated, sorted) = (write.last_updated.micros(), write.sort_date.micros());
    let before = conn
        .prepare_cached(RESOURCE_STATE)?
        .query_row(params![home, code, seq], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    let current = before.map_or(0, |(version, _)| version);
    if current != write.expected {
        return Err(StoreError::VersionConflict { key: write.key, current }.into());
    }
    if before.is_none() {
        conn.prepare_cached(RESOURCE_CREATE)?.execute(params![
            home,
            code,
            seq,
            version,
            write.deleted,
            updated,
            sorted,
            write.labels,
            write.sketch
        ])?;
    } else {
        conn.prepare_cached(RESOURCE_UPDATE)?.execute(params![
            version,
            write.deleted,
            updated,
            sorted,
            write.labels,
            write.sketch,
            home,
            code,
            seq,
            write.expected
        ])?;
    }
    let blob = write.blob.as_ref().map(BlobRef::to_bytes);
    conn.prepare_cached(VERSION_ADD)?.execute(params![
        home,
        code,
        seq,
        version,
        write.deleted,
        updated,
        write.body,
        blob.as_ref().map(|bytes| &bytes[..])
    ])?;
    let was_alive = before.is_some_and(|(_, deleted)| !deleted);
    *ends.tallies.entry(i64::from(code)).or_default() += i64::from(!write.deleted) - i64::from(was_alive);
    tally_blob(conn, ends, write)?;
    find_by(conn, write)?;
    ends.feed += 1;
    conn.prepare_cached(FEED_ADD)?.execute(params![
        PLATFORM,
        number_column(ends.feed),
        home,
        code,
        seq,
        version,
        write.deleted,
        updated
    ])?;
    Ok(())
}

/// Counts a content once, however many versions of its resource name it.
fn tally_blob(conn: &Connection, ends: &mut Ends, write: &SealedWrite) -> Applied {
    let Some(blob) = &write.blob else { return Ok(()) };
    let (home, code, seq) =
        (column(write.key.home), write.key.resource_type.code(), seq_column(write.key.seq));
    let before: Option<Option<Vec<u8>>> = conn
        .prepare_cached(VERSION_BLOB)?
        .query_row(params![home, code, seq, write.expected], |row| row.get(0))
        .optional()?;
    if before.flatten().as_deref() != Some(&blob.to_bytes()) {
        *ends.tallies.entry(BLOB_BYTES).or_default() += number_column(blob.size);
    }
    Ok(())
}

/// Changes what finds the resource without its home.
fn find_by(conn: &Connection, write: &SealedWrite) -> Applied {
    let (home, code, seq) =
        (column(write.key.home), write.key.resource_type.code(), seq_column(write.key.seq));
    for (param, mac) in &write.keys_remove {
        conn.prepare_cached(KEY_REMOVE)?.execute(params![param, mac.as_slice(), code, home, seq])?;
    }
    for (param, mac) in &write.keys_add {
        conn.prepare_cached(KEY_ADD)?.execute(params![param, mac.as_slice(), code, home, seq])?;
    }
    let persons = [(PERSON_REMOVE, &write.person_before), (PERSON_ADD, &write.person)];
    for (text, person) in persons {
        for (family, given) in person.iter().flat_map(name_pairs) {
            let day = person.as_ref().map_or(0, |person| person.birth_day);
            conn.prepare_cached(text)?.execute(params![day, family, given, home, code, seq])?;
        }
    }
    match &write.alias {
        Some(id) => take_alias(conn, id, write.key),
        None => Ok(()),
    }
}

/// Every pair of a family and a given name; a person without one of them is found by the other.
fn name_pairs(person: &Person) -> Vec<(&str, &str)> {
    let givens = names_of(&person.givens);
    names_of(&person.families)
        .into_iter()
        .flat_map(|family| givens.iter().map(move |given| (family, *given)))
        .collect()
}

fn names_of(names: &[String]) -> Vec<&str> {
    if names.is_empty() { vec![""] } else { names.iter().map(String::as_str).collect() }
}

fn write_drawer(opener: &Opener<'_>, write: &SealedDrawer) -> Applied {
    if let Some(expected) = &write.expected
        && find_drawer(opener, write.drawer, write.home, &write.key)? != *expected
    {
        return Err(StoreError::DrawerConflict { drawer: write.drawer }.into());
    }
    let home = column(write.home);
    match &write.value {
        Some(value) => {
            opener.conn.prepare_cached(DRAWER_SET)?.execute(params![home, write.drawer, write.key, value])?
        }
        None => opener.conn.prepare_cached(DRAWER_REMOVE)?.execute(params![home, write.drawer, write.key])?,
    };
    Ok(())
}

fn append_audit(conn: &Connection, ends: &mut Ends, audit: &SealedAudit) -> Applied {
    let number = number_column(ends.frontier.size());
    let (home, seq, at) = (column(audit.home), seq_column(audit.seq), audit.at.micros());
    let hash = audit_leaf(number, home, seq, at, &audit.entry);
    conn.prepare_cached(AUDIT_ADD)?.execute(params![home, seq, number, at, audit.entry])?;
    conn.prepare_cached(LEAF_ADD)?.execute(params![PLATFORM, number, home, seq, hash.as_slice()])?;
    ends.frontier.append(hash);
    Ok(())
}
