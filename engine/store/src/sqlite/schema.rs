//! Tables, their migrations, and how a connection is set up.
//!
//! Migrations are numbered and only go forward. Every table is clustered by its primary key, which begins with the home
//! (or, for the three tables that find a home, with what is looked for), so that a shard holds whole homes.

use super::database_error;
use crate::{PlatformKeys, Result, StoreConfig, StoreError, disk};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One text per schema version, from 1. The second finds people and the directory, which live in a home each, without
/// looking at everything else (`sql::DIRECTORY_TYPES`).
const MIGRATIONS: &[&str] = &["
CREATE TABLE resource (
  home BIGINT NOT NULL, type INTEGER NOT NULL, seq BIGINT NOT NULL,
  version BIGINT NOT NULL, deleted INTEGER NOT NULL, last_updated BIGINT NOT NULL, sort_date BIGINT NOT NULL,
  labels BIGINT NOT NULL, sketch BLOB NOT NULL,
  PRIMARY KEY (home, type, seq)) WITHOUT ROWID;
CREATE TABLE version (
  home BIGINT NOT NULL, type INTEGER NOT NULL, seq BIGINT NOT NULL, version BIGINT NOT NULL,
  deleted INTEGER NOT NULL, last_updated BIGINT NOT NULL, body BLOB NOT NULL, blob BLOB,
  PRIMARY KEY (home, type, seq, version)) WITHOUT ROWID;
CREATE TABLE home_key (
  home BIGINT NOT NULL, key_id INTEGER NOT NULL, wrapped BLOB NOT NULL,
  PRIMARY KEY (home, key_id)) WITHOUT ROWID;
CREATE TABLE drawer (
  home BIGINT NOT NULL, drawer TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (home, drawer, key)) WITHOUT ROWID;
CREATE TABLE audit (
  home BIGINT NOT NULL, seq BIGINT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL, entry BLOB NOT NULL,
  PRIMARY KEY (home, seq)) WITHOUT ROWID;
CREATE TABLE leaf (
  home BIGINT NOT NULL, number BIGINT NOT NULL, owner BIGINT NOT NULL, seq BIGINT NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (home, number)) WITHOUT ROWID;
CREATE TABLE head (
  home BIGINT NOT NULL, size BIGINT NOT NULL, root BLOB NOT NULL, at BIGINT NOT NULL, signature BLOB NOT NULL,
  PRIMARY KEY (home, size)) WITHOUT ROWID;
CREATE TABLE tree (
  home BIGINT NOT NULL, size BIGINT NOT NULL, frontier BLOB NOT NULL, mac BLOB NOT NULL,
  PRIMARY KEY (home)) WITHOUT ROWID;
CREATE TABLE feed (
  home BIGINT NOT NULL, number BIGINT NOT NULL, subject BIGINT NOT NULL, type INTEGER NOT NULL,
  seq BIGINT NOT NULL, version BIGINT NOT NULL, deleted INTEGER NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (home, number)) WITHOUT ROWID;
CREATE TABLE tally (
  home BIGINT NOT NULL, kind INTEGER NOT NULL, amount BIGINT NOT NULL,
  PRIMARY KEY (home, kind)) WITHOUT ROWID;
CREATE TABLE sweep (
  home BIGINT NOT NULL,
  PRIMARY KEY (home)) WITHOUT ROWID;
CREATE TABLE key (
  param BIGINT NOT NULL, value BLOB NOT NULL, type INTEGER NOT NULL, home BIGINT NOT NULL, seq BIGINT NOT NULL,
  PRIMARY KEY (param, value, type, home, seq)) WITHOUT ROWID;
CREATE TABLE person (
  birth_day BIGINT NOT NULL, family TEXT NOT NULL, given TEXT NOT NULL,
  home BIGINT NOT NULL, type INTEGER NOT NULL, seq BIGINT NOT NULL,
  PRIMARY KEY (birth_day, family, given, home, type, seq)) WITHOUT ROWID;
CREATE TABLE alias (
  type INTEGER NOT NULL, id TEXT NOT NULL, home BIGINT NOT NULL, seq BIGINT NOT NULL,
  PRIMARY KEY (type, id)) WITHOUT ROWID;
", "
CREATE INDEX directory ON resource (type, home, seq) WHERE type IN (45, 60, 71, 100, 103, 108, 109);
"];

const META: &str =
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
const META_GET: &str = "SELECT value FROM meta WHERE name = $1";
const META_SET: &str =
    "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// Highest schema version this program reads.
pub(super) const KNOWN: u32 = 2;
/// Pages after which a commit also copies the log into the database; few enough to keep the log short, many enough
/// that a page written often is copied once.
const CHECKPOINT_PAGES: u32 = 4_000;
/// What the log is cut to when it starts again.
const LOG_BYTES: u64 = 16 * 1024 * 1024;
const PAGE_BYTES: u64 = 4_096;
/// Prepared statements each connection keeps: more than there are.
const STATEMENTS: usize = 96;

/// The database file of a store.
pub(super) fn file_of(folder: &Path) -> PathBuf {
    folder.join("socle.db")
}

/// The write-ahead log of a store.
pub(super) fn log_of(folder: &Path) -> PathBuf {
    folder.join("socle.db-wal")
}

/// Opens the connection that writes, after bringing the schema up to date.
pub(super) fn open_writer(config: &StoreConfig, keys: &PlatformKeys) -> Result<Connection> {
    make_file(&config.folder).map_err(|error| StoreError::Io(format!("the database file: {error}")))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(file_of(&config.folder), flags).map_err(database_error)?;
    let cache_kib = config.cache_bytes / 1024;
    // The page size counts only before the first table; FULL makes every commit durable before it is acknowledged.
    let setup = format!(
        "PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA locking_mode = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA foreign_keys = OFF;
         PRAGMA secure_delete = FAST; PRAGMA cache_size = -{cache_kib};
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}; PRAGMA journal_size_limit = {LOG_BYTES};"
    );
    conn.execute_batch(&setup).map_err(database_error)?;
    if let Some(bytes) = config.quota_bytes {
        let pages = (bytes / PAGE_BYTES).max(1);
        conn.execute_batch(&format!("PRAGMA max_page_count = {pages}")).map_err(database_error)?;
    }
    conn.busy_timeout(Duration::from_secs(2)).map_err(database_error)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    keep_plans(&conn)?;
    migrate(&mut conn, keys)?;
    Ok(conn)
}

/// Makes the database file when it is absent, for its owner only; SQLite gives the same mode to its log.
fn make_file(folder: &Path) -> std::io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file_of(folder))?;
    disk::sync_folder(folder)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(folder: &Path, cache_bytes: u64) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file_of(folder), flags).map_err(database_error)?;
    let cache_kib = (cache_bytes / 1024).max(64);
    let setup = format!(
        "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cache_size = -{cache_kib};"
    );
    conn.execute_batch(&setup).map_err(database_error)?;
    conn.busy_timeout(Duration::from_secs(2)).map_err(database_error)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    keep_plans(&conn)?;
    Ok(conn)
}

/// A prepared statement keeps its plan whatever is bound to it. Otherwise SQLite plans a range anew for each other value,
/// which costs more than the range: every statement here has one good plan, that of its primary key.
fn keep_plans(conn: &Connection) -> Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ()).map_err(database_error)
}

fn migrate(conn: &mut Connection, keys: &PlatformKeys) -> Result<()> {
    let transaction =
        conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(database_error)?;
    transaction.execute_batch(META).map_err(database_error)?;
    let found = schema_version(&transaction)?;
    check(found)?;
    if found > 0 {
        check_key(&transaction, keys)?;
    }
    for (index, text) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        transaction.execute_batch(text).map_err(database_error)?;
        let number = u32::try_from(index + 1).expect("few migrations");
        set(&transaction, "schema", &number.to_be_bytes())?;
    }
    if found == 0 {
        set(&transaction, "platform key", &keys.fingerprint())?;
    }
    transaction.commit().map_err(database_error)
}

/// Checks that a database, opened to read only, is of a version and key this program can work with.
pub(super) fn check_readable(conn: &Connection, keys: &PlatformKeys) -> Result<()> {
    let found = schema_version(conn)?;
    check(found)?;
    check_key(conn, keys)
}

fn check(found: u32) -> Result<()> {
    if found > KNOWN { Err(StoreError::NewerVersion { found, known: KNOWN }) } else { Ok(()) }
}

fn check_key(conn: &Connection, keys: &PlatformKeys) -> Result<()> {
    match get(conn, "platform key")? {
        Some(found) if found == keys.fingerprint() => Ok(()),
        _ => Err(StoreError::Key(
            "the platform key is not the one this store was made with: restore the key file that belongs to it"
                .to_owned(),
        )),
    }
}

/// Version of the schema; 0 for a new database.
pub(super) fn schema_version(conn: &Connection) -> Result<u32> {
    match get(conn, "schema")? {
        None => Ok(0),
        Some(bytes) => <[u8; 4]>::try_from(bytes.as_slice())
            .map(u32::from_be_bytes)
            .map_err(|_| StoreError::Corrupt("the schema version".to_owned())),
    }
}

fn get(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    conn.prepare_cached(META_GET)
        .and_then(|mut read| read.query_row([name], |row| row.get(0)).optional())
        .map_err(database_error)
}

fn set(conn: &Connection, name: &str, value: &[u8]) -> Result<()> {
    conn.execute(META_SET, (name, value)).map(|_| ()).map_err(database_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_synced_to_the_disk_and_pages_are_small() {
        let folder = tempfile::tempdir().expect("folder");
        let conn =
            open_writer(&StoreConfig::new(folder.path()), &PlatformKeys::from_bytes([1; 32])).expect("opens");
        let pragma = |name: &str| -> String {
            conn.pragma_query_value(None, name, |row| Ok(format!("{:?}", row.get_ref(0)?))).expect("known")
        };
        assert_eq!(
            conn.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).expect("mode"),
            "wal"
        );
        assert_eq!(pragma("synchronous"), "Integer(2)", "FULL");
        assert_eq!(pragma("page_size"), "Integer(4096)");
        assert_eq!(pragma("secure_delete"), "Integer(2)", "FAST");
        assert_eq!(pragma("mmap_size"), "Integer(0)");
    }

    #[test]
    fn a_reading_connection_cannot_write() {
        let folder = tempfile::tempdir().expect("folder");
        let writer =
            open_writer(&StoreConfig::new(folder.path()), &PlatformKeys::from_bytes([1; 32])).expect("opens");
        let reader = open_reader(folder.path(), 0).expect("opens");
        assert!(reader.execute("DELETE FROM meta", []).is_err());
        assert_eq!(schema_version(&writer).expect("read"), KNOWN);
    }

    #[test]
    fn a_statement_is_planned_once_whatever_it_looks_for() {
        let folder = tempfile::tempdir().expect("folder");
        let _writer =
            open_writer(&StoreConfig::new(folder.path()), &PlatformKeys::from_bytes([1; 32])).expect("opens");
        let reader = open_reader(folder.path(), 0).expect("opens");
        let mut read = reader.prepare("SELECT count(*) FROM resource WHERE home > $1").expect("prepared");
        for home in 0..3_i64 {
            assert_eq!(read.query_row([home], |row| row.get::<_, i64>(0)).expect("counted"), 0);
        }
        assert_eq!(read.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    #[test]
    fn the_known_version_is_the_last_migration() {
        assert_eq!(MIGRATIONS.len(), KNOWN as usize);
    }
}
