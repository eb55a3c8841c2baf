//! Verification of the whole audit log, and proofs of inclusion.

use super::apply::audit_leaf;
use super::decode::{PLATFORM, number_column};
use super::log::{Tree, head_of, last_head, load_tree};
use super::read::begin;
use super::{database_error, schema, sql};
use crate::head::{Inclusion, SignedHead};
use crate::merkle::{self, Frontier, Hash};
use crate::{AuditReport, PlatformKeys, Result, StoreError};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, params};
use socle_kernel::{HomeId, Instant};
use std::path::Path;

const LINES: &str = "SELECT leaf.number, leaf.owner, leaf.seq, leaf.hash, audit.number, audit.at, audit.entry \
     FROM leaf LEFT JOIN audit ON audit.home = leaf.owner AND audit.seq = leaf.seq \
     WHERE leaf.home = $1 ORDER BY leaf.number";
const COUNT: &str = "SELECT COUNT(*) FROM audit";
/// Lines that no leaf of their number names.
const STRAY: &str = "SELECT audit.home, audit.seq, audit.number, audit.at FROM audit LEFT JOIN leaf \
     ON leaf.home = $1 AND leaf.number = audit.number AND leaf.owner = audit.home AND leaf.seq = audit.seq \
     WHERE leaf.number IS NULL ORDER BY audit.number";
const HEADS: &str = "SELECT size, root, at, signature FROM head WHERE home = $1 ORDER BY size";

/// Faults named one by one; past it the report only counts them.
const FAULTS_NAMED: usize = 1_000;

/// Verifies the log of a store that may be stopped, or held by a running server: it only reads.
pub(crate) fn verify_file(folder: &Path, keys: &PlatformKeys) -> Result<AuditReport> {
    if !schema::file_of(folder).exists() {
        return Err(StoreError::Io(format!("there is no store in {}", folder.display())));
    }
    let conn = schema::open_reader(folder, 4 * 1024 * 1024)?;
    schema::check_readable(&conn, keys)?;
    verify(&conn, keys)
}

/// Verifies the log as a connection sees it now.
pub(super) fn verify(conn: &Connection, keys: &PlatformKeys) -> Result<AuditReport> {
    begin(conn)?;
    let mut check = Check { faults: Vec::new(), unnamed: 0 };
    let heads = check.heads(conn, keys)?;
    let grown = check.lines(conn, &heads)?;
    check.tree(load_tree(conn)?, &grown, keys);
    if check.unnamed > 0 {
        check.faults.push(format!("{} more faults are not named", check.unnamed));
    }
    conn.execute_batch("ROLLBACK").map_err(database_error)?;
    Ok(AuditReport {
        lines: grown.size(),
        heads: heads.len() as u64,
        root: HEXLOWER.encode(&grown.root()),
        faults: check.faults,
    })
}

/// A line as the join of its leaf and its row gives it.
struct Line {
    number: i64,
    owner: i64,
    seq: i64,
    hash: Vec<u8>,
    /// Number, moment and entry of the row; `None` when there is none.
    row: Option<(i64, i64, Vec<u8>)>,
}

impl Line {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let found: Option<i64> = row.get(4)?;
        Ok(Line {
            number: row.get(0)?,
            owner: row.get(1)?,
            seq: row.get(2)?,
            hash: row.get(3)?,
            row: found
                .map(|number| Ok::<_, rusqlite::Error>((number, row.get(5)?, row.get(6)?)))
                .transpose()?,
        })
    }

    /// What is wrong with it; `None` when it is whole.
    fn fault(&self) -> Option<String> {
        let Some((number, at, entry)) = &self.row else {
            return Some(format!("line {} of {} was removed", self.number, home_text(self.owner)));
        };
        let named = format!("line {} of {} at {}", self.number, home_text(self.owner), Instant(*at));
        if *number != self.number {
            return Some(format!("{named} was moved: it carries number {number}"));
        }
        let hash = audit_leaf(*number, self.owner, self.seq, *at, entry);
        (hash.as_slice() != self.hash).then(|| format!("{named} was altered"))
    }
}

fn home_text(home: i64) -> String {
    match u64::try_from(home).ok().and_then(HomeId::new) {
        Some(home) => format!("{home:?}"),
        None => format!("home {home}"),
    }
}

struct Check {
    faults: Vec<String>,
    unnamed: u64,
}

impl Check {
    fn fault(&mut self, text: String) {
        if self.faults.len() < FAULTS_NAMED { self.faults.push(text) } else { self.unnamed += 1 }
    }

    /// Reads every head and checks its signature.
    fn heads(&mut self, conn: &Connection, keys: &PlatformKeys) -> Result<Vec<SignedHead>> {
        let public = keys.audit_public();
        let mut read = conn.prepare(HEADS).map_err(database_error)?;
        let mut rows = read.query([PLATFORM]).map_err(database_error)?;
        let mut heads = Vec::new();
        while let Some(row) = rows.next().map_err(database_error)? {
            let columns = || Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            match head_of(columns().map_err(database_error)?) {
                Ok(head) if head.is_signed_by(&public) => heads.push(head),
                Ok(head) => {
                    self.fault(format!(
                        "the head at {} lines, of {}, has a false signature",
                        head.size, head.at
                    ));
                }
                Err(error) => self.fault(error.to_string()),
            }
        }
        Ok(heads)
    }

    /// Goes through the lines in order, growing the tree and comparing it with each head on the way.
    fn lines(&mut self, conn: &Connection, heads: &[SignedHead]) -> Result<Frontier> {
        let mut grown = Frontier::default();
        let (mut whole, mut last_good) = (0u64, 0u64);
        let mut heads = heads.iter().peekable();
        let mut expected = 0;
        let mut read = conn.prepare(LINES).map_err(database_error)?;
        let mut rows = read.query([PLATFORM]).map_err(database_error)?;
        while let Some(row) = rows.next().map_err(database_error)? {
            let line = Line::read(row).map_err(database_error)?;
            if line.number > expected {
                let gap = (expected, line.number - 1);
                self.fault(match gap.0 == gap.1 {
                    true => format!("line {} is missing from the tree", gap.0),
                    false => format!("lines {} to {} are missing from the tree", gap.0, gap.1),
                });
            }
            expected = line.number + 1;
            match line.fault() {
                Some(fault) => self.fault(fault),
                None => whole += 1,
            }
            let hash: Hash = line.hash.try_into().unwrap_or_default();
            grown.append(hash);
            while let Some(head) = heads.next_if(|head| head.size == grown.size()) {
                if head.root == grown.root() {
                    last_good = head.size;
                } else {
                    self.fault(format!(
                        "the log does not lead to the head signed on {} at {} lines: something from line {last_good} \
                         to line {} was altered, removed or inserted",
                        head.at,
                        head.size,
                        head.size - 1
                    ));
                }
            }
        }
        for head in heads {
            self.fault(format!(
                "the head signed on {} counts {} lines, the log has {}: lines were removed from its end",
                head.at,
                head.size,
                grown.size()
            ));
        }
        self.strays(conn, whole)?;
        Ok(grown)
    }

    /// Names the lines that no leaf knows. Every whole line has a row of its own, so as many rows mean that none is left.
    fn strays(&mut self, conn: &Connection, whole: u64) -> Result<()> {
        let count: i64 = conn.query_row(COUNT, [], |row| row.get(0)).map_err(database_error)?;
        if count == number_column(whole) {
            return Ok(());
        }
        let mut read = conn.prepare(STRAY).map_err(database_error)?;
        let mut rows = read.query([PLATFORM]).map_err(database_error)?;
        while let Some(row) = rows.next().map_err(database_error)? {
            let columns = || Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?));
            let (home, number, at) = columns().map_err(database_error)?;
            self.fault(format!(
                "a line with number {number} of {} at {} is not in the tree: it was inserted or moved, or its leaf was removed",
                home_text(home),
                Instant(at)
            ));
        }
        Ok(())
    }

    fn tree(&mut self, tree: Option<Tree>, grown: &Frontier, keys: &PlatformKeys) {
        let Some(tree) = tree else {
            if grown.size() > 0 {
                self.fault("the tree of the log was removed".to_owned());
            }
            return;
        };
        match tree.frontier(&keys.audit_mac()) {
            None => {
                self.fault("the tree of the log was altered: its authentication code is false".to_owned())
            }
            Some(kept) if kept.size() > grown.size() => self.fault(format!(
                "the tree counts {} lines, the log has {}: lines were removed",
                kept.size(),
                grown.size()
            )),
            Some(kept) if kept.size() < grown.size() => self.fault(format!(
                "the tree counts {} lines, the log has {}: lines were inserted",
                kept.size(),
                grown.size()
            )),
            Some(kept) if kept != *grown => {
                self.fault(
                    "the log does not lead to the root of its tree: lines or leaves were altered".to_owned(),
                );
            }
            Some(_) => {}
        }
    }
}

/// Proof that a line is below the newest signed head; `None` when it is not yet.
pub(super) fn inclusion(conn: &Connection, number: u64) -> Result<Option<Inclusion>> {
    begin(conn)?;
    let Some(head) = last_head(conn)?.filter(|head| number < head.size) else { return Ok(None) };
    let leaf = root_of(conn, number, number + 1)?;
    let ranges = merkle::proof_ranges(number, head.size);
    let path = ranges.into_iter().map(|(from, to)| root_of(conn, from, to)).collect::<Result<_>>()?;
    Ok(Some(Inclusion { number, leaf, path, head }))
}

/// Root over a range of leaves; of a single one, its hash.
fn root_of(conn: &Connection, from: u64, to: u64) -> Result<Hash> {
    let mut grown = Frontier::default();
    let mut read = conn.prepare_cached(sql::LEAF_HASHES).map_err(database_error)?;
    let mut rows =
        read.query(params![PLATFORM, number_column(from), number_column(to)]).map_err(database_error)?;
    while let Some(row) = rows.next().map_err(database_error)? {
        grown.append(row.get(0).map_err(database_error)?);
    }
    if grown.size() == to - from {
        Ok(grown.root())
    } else {
        Err(StoreError::Corrupt(format!("leaves {from} to {} of the audit log", to - 1)))
    }
}
