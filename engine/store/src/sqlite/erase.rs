//! Erasure: the keys of a home are destroyed, and what finds it is removed.
//!
//! Two steps, because the tables that find a home are not ordered by home. The first is one short transaction, from
//! which on nothing of the home can be read or written; it leaves a note. The second reads those tables on a snapshot,
//! without holding up the writer, then removes the rows and the note. A crash in between is made good at the next start.

use super::apply::{Ends, KEY_REMOVE, PERSON_REMOVE};
use super::decode::{BLOB_BYTES, column, home_of, number_column};
use super::{database_error, sql};
use crate::{BlobRef, Result};
use rusqlite::{Connection, params};
use socle_kernel::HomeId;

const NOTE: &str = "INSERT INTO sweep (home) VALUES ($1) ON CONFLICT (home) DO NOTHING";
const NOTE_REMOVE: &str = "DELETE FROM sweep WHERE home = $1";
/// An empty key is a destroyed one, also for a home that never had any.
const TOMBSTONE: &str = "INSERT INTO home_key (home, key_id, wrapped) VALUES ($1, 1, $2) \
     ON CONFLICT (home, key_id) DO NOTHING";
const IS_DESTROYED: &str = "SELECT COUNT(*) > 0 FROM home_key WHERE home = $1 AND length(wrapped) = 0";
const KEYS_DESTROY: &str = "UPDATE home_key SET wrapped = $1 WHERE home = $2";
const DRAWERS_REMOVE: &str = "DELETE FROM drawer WHERE home = $1";
const SKETCHES_REMOVE: &str = "UPDATE resource SET sketch = $1 WHERE home = $2";
const ALIVE: &str = "SELECT type, COUNT(*) FROM resource WHERE home = $1 AND deleted = 0 AND length(sketch) > 0 GROUP BY type";
const BLOBS: &str = "SELECT type, seq, blob FROM version WHERE home = $1 ORDER BY type, seq, version";
const ALIAS_REMOVE: &str = "DELETE FROM alias WHERE type = $1 AND id = $2";

/// Rows of the tables that find a home.
#[derive(Debug, Default)]
pub(super) struct Found {
    keys: Vec<(i64, Vec<u8>, i64, i64)>,
    people: Vec<(i64, String, String, i64, i64)>,
    aliases: Vec<(i64, String)>,
}

/// The first step, inside the writer's transaction.
pub(super) fn destroy(conn: &Connection, ends: &mut Ends, home: HomeId) -> Result<()> {
    run(conn, |conn| {
        let home = column(home);
        conn.execute(NOTE, [home])?;
        if conn.query_row(IS_DESTROYED, [home], |row| row.get(0))? {
            return Ok(());
        }
        let mut alive = conn.prepare_cached(ALIVE)?;
        let mut rows = alive.query([home])?;
        while let Some(row) = rows.next()? {
            *ends.tallies.entry(row.get(0)?).or_default() -= row.get::<_, i64>(1)?;
        }
        *ends.tallies.entry(BLOB_BYTES).or_default() -= blob_bytes(conn, home)?;
        conn.execute(TOMBSTONE, params![home, &[][..] as &[u8]])?;
        conn.execute(KEYS_DESTROY, params![&[][..] as &[u8], home])?;
        conn.execute(DRAWERS_REMOVE, [home])?;
        conn.execute(SKETCHES_REMOVE, params![&[][..] as &[u8], home])?;
        Ok(())
    })
}

/// Bytes counted for the contents of a home, counted as they were added: once for versions of a resource in a row.
fn blob_bytes(conn: &Connection, home: i64) -> rusqlite::Result<i64> {
    let mut read = conn.prepare_cached(BLOBS)?;
    let mut rows = read.query([home])?;
    let (mut total, mut last) = (0, None);
    while let Some(row) = rows.next()? {
        let this: (i64, i64, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if last.as_ref() != Some(&this) {
            let blob = this.2.as_deref().and_then(BlobRef::from_bytes);
            total += blob.map_or(0, |blob| number_column(blob.size));
        }
        last = Some(this);
    }
    Ok(total)
}

/// What finds a home, read on a snapshot taken after the first step: nothing can be added any more.
pub(super) fn find(conn: &Connection, home: HomeId) -> Result<Found> {
    run(conn, |conn| {
        let home = column(home);
        let keys = conn
            .prepare(sql::KEYS_OF_HOME)?
            .query_map([home], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let people = conn
            .prepare(sql::PEOPLE_OF_HOME)?
            .query_map([home], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let aliases = conn
            .prepare(sql::ALIASES_OF_HOME)?
            .query_map([home], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Found { keys, people, aliases })
    })
}

/// The second step, inside the writer's transaction.
pub(super) fn sweep(conn: &Connection, home: HomeId, found: &Found) -> Result<()> {
    run(conn, |conn| {
        let home = column(home);
        for (param, value, code, seq) in &found.keys {
            conn.prepare_cached(KEY_REMOVE)?.execute(params![param, value, code, home, seq])?;
        }
        for (day, family, given, code, seq) in &found.people {
            conn.prepare_cached(PERSON_REMOVE)?.execute(params![day, family, given, home, code, seq])?;
        }
        for (code, id) in &found.aliases {
            conn.prepare_cached(ALIAS_REMOVE)?.execute(params![code, id])?;
        }
        conn.execute(NOTE_REMOVE, [home])?;
        Ok(())
    })
}

/// Homes whose second step is still to do.
pub(super) fn pending(conn: &Connection) -> Result<Vec<HomeId>> {
    let homes: Vec<i64> = run(conn, |conn| {
        let mut read = conn.prepare(sql::SWEEPS)?;
        let rows = read.query_map([], |row| row.get(0))?;
        rows.collect()
    })?;
    homes.into_iter().map(home_of).collect()
}

fn run<T>(conn: &Connection, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
    work(conn).map_err(database_error)
}
