//! The ends of the audit log and of the feed, as the database keeps them.

use super::apply::Ends;
use super::{database_error, decode, sql};
use crate::head::SignedHead;
use crate::keys::Keyed;
use crate::merkle::Frontier;
use crate::{PlatformKeys, Result, StoreError};
use rusqlite::{Connection, OptionalExtension};
use socle_kernel::Instant;

/// The tree of the audit log and the end of the feed, as they were left. A tree that does not verify must not grow.
pub(super) fn load_ends(conn: &Connection, keys: &PlatformKeys) -> Result<Ends> {
    let frontier = match load_tree(conn)? {
        None => Frontier::default(),
        Some(tree) => tree.frontier(&keys.audit_mac()).ok_or_else(|| {
            StoreError::Corrupt(
                "the tree of the audit log was altered; `socle audit verify` names what else was".to_owned(),
            )
        })?,
    };
    let feed: Option<i64> = conn
        .query_row(sql::FEED_LAST, [decode::PLATFORM], |row| row.get(0))
        .optional()
        .map_err(database_error)?;
    let feed =
        u64::try_from(feed.unwrap_or(0)).map_err(|_| StoreError::Corrupt("the feed's end".to_owned()))?;
    Ok(Ends { frontier, feed, ..Ends::default() })
}

/// The row of the audit log's tree.
pub(super) struct Tree {
    size: u64,
    frontier: Vec<u8>,
    mac: Vec<u8>,
}

impl Tree {
    /// The frontier, when its authentication code holds.
    pub(super) fn frontier(&self, mac: &Keyed) -> Option<Frontier> {
        let holds = mac.holds(&[&self.size.to_be_bytes(), &self.frontier], &self.mac);
        if holds { Frontier::from_bytes(self.size, &self.frontier) } else { None }
    }
}

pub(super) fn load_tree(conn: &Connection) -> Result<Option<Tree>> {
    conn.query_row(sql::TREE, [decode::PLATFORM], |row| {
        let size: i64 = row.get(0)?;
        Ok(Tree { size: u64::try_from(size).unwrap_or(u64::MAX), frontier: row.get(1)?, mac: row.get(2)? })
    })
    .optional()
    .map_err(database_error)
}

pub(super) fn last_head(conn: &Connection) -> Result<Option<SignedHead>> {
    let row = conn
        .query_row(sql::HEAD_LAST, [decode::PLATFORM], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()
        .map_err(database_error)?;
    row.map(head_of).transpose()
}

/// A head from its columns.
pub(super) fn head_of((size, root, at, signature): (i64, Vec<u8>, i64, Vec<u8>)) -> Result<SignedHead> {
    let head = || {
        Some(SignedHead {
            size: u64::try_from(size).ok()?,
            root: root.try_into().ok()?,
            at: Instant(at),
            signature: signature.try_into().ok()?,
        })
    };
    head().ok_or_else(|| StoreError::Corrupt(format!("the head of the audit log at {size} lines")))
}
