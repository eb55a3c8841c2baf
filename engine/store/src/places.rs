//! The place of every sealed value, in one file: sealing and opening must name it alike.
//!
//! A place holds all columns beside the value that a reader relies on, labels above all: whoever alters a mask in the
//! database makes the row unreadable instead of readable.

use crate::seal::{Place, Purpose};
use socle_kernel::{HomeId, Instant, Key, Seq};

/// Columns of a version beside its body.
pub(crate) struct VersionPlace<'a> {
    pub(crate) key: Key,
    pub(crate) version: u32,
    pub(crate) deleted: bool,
    pub(crate) last_updated: Instant,
    /// As stored.
    pub(crate) blob: Option<&'a [u8]>,
}

/// The place of a body.
pub(crate) fn body(place: &VersionPlace<'_>) -> Place {
    keyed(Purpose::Body, place.key, place.version, place.deleted, place.last_updated)
        .bytes(place.blob.unwrap_or_default())
}

/// Columns of a pointer row beside its sketch.
pub(crate) struct RowPlace {
    pub(crate) key: Key,
    pub(crate) version: u32,
    pub(crate) deleted: bool,
    pub(crate) last_updated: Instant,
    pub(crate) sort_date: Instant,
    pub(crate) labels: u32,
}

/// The place of a sketch.
pub(crate) fn sketch(place: &RowPlace) -> Place {
    keyed(Purpose::Sketch, place.key, place.version, place.deleted, place.last_updated)
        .number(place.sort_date.micros())
        .number(place.labels)
}

fn keyed(purpose: Purpose, key: Key, version: u32, deleted: bool, last_updated: Instant) -> Place {
    Place::new(purpose, key.home)
        .number(key.resource_type.code())
        .number(key.seq.number())
        .number(version)
        .number(i8::from(deleted))
        .number(last_updated.micros())
}

/// The place of an audit entry. Its leaf number is given later, by the writer; the leaf hash covers that.
pub(crate) fn audit(home: HomeId, seq: Seq, at: Instant) -> Place {
    Place::new(Purpose::Audit, home).number(seq.number()).number(at.micros())
}

/// The place of a drawer's value.
pub(crate) fn drawer(home: HomeId, drawer: &str, key: &[u8]) -> Place {
    Place::new(Purpose::Drawer, home).bytes(drawer.as_bytes()).bytes(key)
}
