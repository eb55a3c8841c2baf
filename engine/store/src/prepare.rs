//! Makes a commit ready for the writer: everything sealed and hashed, in the task that asked, so that the one writer
//! only moves bytes.

use crate::keys::Keyed;
use crate::places::{self, RowPlace, VersionPlace};
use crate::ring::{KeyRing, Wrapped};
use crate::seal::{BODY_MOST, HomeKey};
use crate::{AuditWrite, BlobRef, Commit, DrawerWrite, KeyValue, Person, Result, StoreError, Write};
use socle_kernel::{Chance, HomeId, Instant, Key, Seq};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A value of the table of keys: parameter and truncated HMAC.
pub(crate) type KeyMac = (u32, [u8; 16]);

/// A commit as the database keeps it.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    pub(crate) writes: Vec<SealedWrite>,
    pub(crate) reserved: Vec<(String, Key)>,
    pub(crate) audits: Vec<SealedAudit>,
    pub(crate) drawers: Vec<SealedDrawer>,
    /// Every key that seals something in it.
    pub(crate) keys: Vec<Arc<HomeKey>>,
    /// About how much memory it holds.
    pub(crate) bytes: usize,
}

/// See [`Write`].
#[derive(Debug)]
pub(crate) struct SealedWrite {
    pub(crate) key: Key,
    pub(crate) expected: u32,
    pub(crate) deleted: bool,
    pub(crate) last_updated: Instant,
    pub(crate) sort_date: Instant,
    pub(crate) labels: u32,
    pub(crate) sketch: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) blob: Option<BlobRef>,
    pub(crate) keys_add: Vec<KeyMac>,
    pub(crate) keys_remove: Vec<KeyMac>,
    pub(crate) person: Option<Person>,
    pub(crate) person_before: Option<Person>,
    pub(crate) alias: Option<String>,
}

/// See [`AuditWrite`].
#[derive(Debug)]
pub(crate) struct SealedAudit {
    pub(crate) home: HomeId,
    pub(crate) seq: Seq,
    pub(crate) at: Instant,
    pub(crate) entry: Vec<u8>,
}

/// See [`DrawerWrite`].
#[derive(Debug)]
pub(crate) struct SealedDrawer {
    pub(crate) drawer: &'static str,
    pub(crate) home: HomeId,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
    /// In plain: the writer opens the stored value to compare.
    pub(crate) expected: Option<Option<Vec<u8>>>,
}

/// What sealing needs.
pub(crate) struct Preparer<'a> {
    pub(crate) ring: &'a KeyRing,
    pub(crate) index: &'a Keyed,
    pub(crate) chance: &'a dyn Chance,
    /// The newest key of a home in the database.
    pub(crate) load: &'a dyn Fn(HomeId) -> Result<Option<Wrapped>>,
}

impl Preparer<'_> {
    /// Seals a commit.
    pub(crate) fn seal(&self, commit: &Commit) -> Result<Sealed> {
        let keys = self.keys(commit)?;
        let mut sealed = Sealed { reserved: commit.reserved.clone(), ..Sealed::default() };
        for write in &commit.writes {
            if write.body.len() > BODY_MOST {
                return Err(StoreError::Io(format!(
                    "a body of {} bytes is longer than {BODY_MOST}",
                    write.body.len()
                )));
            }
            sealed.writes.push(self.write(write, &keys[&write.key.home]));
        }
        for audit in &commit.audits {
            sealed.audits.push(self.audit(audit, &keys[&audit.home]));
        }
        for drawer in &commit.drawers {
            sealed.drawers.push(self.drawer(drawer, keys.get(&drawer.home)));
        }
        sealed.keys = keys.into_values().collect();
        sealed.bytes =
            sealed.writes.iter().map(|write| 300 + write.body.len() + write.sketch.len()).sum::<usize>()
                + sealed.audits.iter().map(|audit| 100 + audit.entry.len()).sum::<usize>()
                + sealed
                    .drawers
                    .iter()
                    .map(|drawer| 200 + drawer.value.as_ref().map_or(0, Vec::len))
                    .sum::<usize>()
                + sealed.reserved.len() * 100;
        Ok(sealed)
    }

    /// The key of a home, for a document content written before its commit.
    pub(crate) fn key(&self, home: HomeId) -> Result<Arc<HomeKey>> {
        self.ring.for_write(home, self.chance, || (self.load)(home))
    }

    fn keys(&self, commit: &Commit) -> Result<BTreeMap<HomeId, Arc<HomeKey>>> {
        let homes = commit.writes.iter().map(|write| write.key.home);
        let homes = homes.chain(commit.audits.iter().map(|audit| audit.home));
        let homes =
            homes.chain(commit.drawers.iter().filter(|drawer| drawer.value.is_some()).map(|d| d.home));
        // A reservation seals nothing, but must not point into an erased home.
        let homes = homes.chain(commit.reserved.iter().map(|(_, key)| key.home));
        let homes: BTreeSet<HomeId> = homes.collect();
        homes.into_iter().map(|home| Ok((home, self.key(home)?))).collect()
    }

    fn write(&self, write: &Write, key: &HomeKey) -> SealedWrite {
        let version = write.expected.saturating_add(1);
        let blob = write.blob.as_ref().map(BlobRef::to_bytes);
        let (deleted, last_updated) = (write.deleted, write.last_updated);
        let body_place = VersionPlace {
            key: write.key,
            version,
            deleted,
            last_updated,
            blob: blob.as_ref().map(|b| &b[..]),
        };
        let row_place = RowPlace {
            key: write.key,
            version,
            deleted,
            last_updated,
            sort_date: write.sort_date,
            labels: write.labels,
        };
        SealedWrite {
            key: write.key,
            expected: write.expected,
            deleted,
            last_updated,
            sort_date: write.sort_date,
            labels: write.labels,
            sketch: key.seal(places::sketch(&row_place), &write.sketch, self.chance),
            body: key.seal_body(places::body(&body_place), &write.body, self.chance),
            blob: write.blob.clone(),
            keys_add: write.keys_add.iter().map(|value| key_mac(self.index, value)).collect(),
            keys_remove: write.keys_remove.iter().map(|value| key_mac(self.index, value)).collect(),
            person: write.person.clone(),
            person_before: write.person_before.clone(),
            alias: write.alias.clone(),
        }
    }

    fn audit(&self, audit: &AuditWrite, key: &HomeKey) -> SealedAudit {
        let place = places::audit(audit.home, audit.seq, audit.at);
        SealedAudit {
            home: audit.home,
            seq: audit.seq,
            at: audit.at,
            entry: key.seal(place, &audit.entry, self.chance),
        }
    }

    fn drawer(&self, drawer: &DrawerWrite, key: Option<&Arc<HomeKey>>) -> SealedDrawer {
        let value = drawer.value.as_ref().zip(key).map(|(value, key)| {
            key.seal(places::drawer(drawer.home, drawer.drawer, &drawer.key), value, self.chance)
        });
        SealedDrawer {
            drawer: drawer.drawer,
            home: drawer.home,
            key: drawer.key.clone(),
            value,
            expected: drawer.expected.clone(),
        }
    }
}

/// The keyed hash by which a value is found.
pub(crate) fn key_mac(index: &Keyed, value: &KeyValue) -> KeyMac {
    let tag = index.tag(&[&value.param.to_be_bytes(), &value.value]);
    let mut short = [0u8; 16];
    short.copy_from_slice(&tag[..16]);
    (value.param, short)
}

impl BlobRef {
    /// As stored: name, then size.
    pub(crate) fn to_bytes(&self) -> [u8; 24] {
        let mut bytes = [0u8; 24];
        bytes[..16].copy_from_slice(&self.name);
        bytes[16..].copy_from_slice(&self.size.to_be_bytes());
        bytes
    }

    /// From its stored form.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (name, size) = bytes.split_first_chunk::<16>()?;
        Some(BlobRef { name: *name, size: u64::from_be_bytes(size.try_into().ok()?) })
    }
}
