//! Conformance resources by their canonical address: the FHIR R4 definitions and profile packages, embedded, and the
//! packages that an operator adds. They stay compressed until somebody asks for one; what was asked for lately is kept.

mod add;
mod embedded;
mod kind;
mod pack;
mod slim;
mod snapshot;
#[cfg(test)]
mod tests;

pub use add::{Made, make};
pub use kind::Kind;
pub use pack::{Pack, RESOURCE_BYTES, write, write_with};
pub use slim::slim;
pub use snapshot::{FindStructure, complete};

use lru::LruCache;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;
use socle_kernel::Problem;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Bytes of JSON of the unpacked resources that are kept; in memory they take about five times as much.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// What is known of a resource without unpacking it.
#[derive(Debug)]
pub struct Entry {
    /// What kind of resource it is.
    pub kind: Kind,
    /// Its canonical address, without version.
    pub url: &'static str,
    /// Its version; may be empty.
    pub version: &'static str,
    /// Its id within the package.
    pub id: &'static str,
    /// Its name for programs.
    pub name: &'static str,
    /// The type of a structure, `bases.code` of a search parameter, the code of an operation, the content mode of a
    /// code system.
    pub about: &'static str,
    /// `name#version` of the package it comes from.
    pub package: &'static str,
    pack: &'static Pack,
    row: usize,
    /// How late its package was installed: of two equal resources the later one counts.
    rank: usize,
}

impl Entry {
    /// The resource, unpacked now or lately.
    pub fn load(&'static self) -> Arc<Value> {
        let key = std::ptr::from_ref(self).addr();
        if let Some(found) = CACHE.lock().as_mut().and_then(|cache| cache.find(key)) {
            return found;
        }
        let row = &self.pack.rows[self.row];
        // A pack is checked as a whole when it is opened.
        let value = Arc::new(self.pack.resource(row).expect("a pack was checked when it was opened"));
        CACHE.lock().get_or_insert_with(Cache::new).keep(key, Arc::clone(&value), row.plain_length);
        value
    }
}

/// Everything that is installed.
struct Registry {
    entries: Vec<&'static Entry>,
    /// The newest version first.
    by_url: HashMap<(Kind, &'static str), Vec<&'static Entry>>,
    by_id: HashMap<(Kind, &'static str), Vec<&'static Entry>>,
    packs: Vec<&'static Pack>,
    generation: u64,
}

static REGISTRY: RwLock<Option<&'static Registry>> = RwLock::new(None);
static CACHE: Mutex<Option<Cache>> = Mutex::new(None);

fn registry() -> &'static Registry {
    if let Some(found) = *REGISTRY.read() {
        return found;
    }
    static EMBEDDED: OnceLock<&'static Registry> = OnceLock::new();
    let embedded = EMBEDDED.get_or_init(|| {
        let packs = embedded::packs().into_iter().map(|pack| &*Box::leak(Box::new(pack))).collect();
        Box::leak(Box::new(build(packs, 1)))
    });
    REGISTRY.write().get_or_insert(embedded)
}

fn build(packs: Vec<&'static Pack>, generation: u64) -> Registry {
    let mut entries = Vec::new();
    for (rank, pack) in packs.iter().enumerate() {
        let package: &'static str = format!("{}#{}", pack.name, pack.version).leak();
        let rows: Vec<Entry> = (0..pack.rows.len()).map(|row| entry(pack, row, package, rank)).collect();
        entries.extend(rows.leak().iter());
    }
    let mut by_url: HashMap<(Kind, &'static str), Vec<&'static Entry>> = HashMap::new();
    let mut by_id: HashMap<(Kind, &'static str), Vec<&'static Entry>> = HashMap::new();
    for entry in &entries {
        by_id.entry((entry.kind, entry.id)).or_default().push(entry);
        if !entry.url.is_empty() {
            by_url.entry((entry.kind, entry.url)).or_default().push(entry);
        }
    }
    for list in by_url.values_mut().filter(|list| list.len() > 1) {
        list.sort_by(|a, b| compare_versions(b.version, a.version).then(b.rank.cmp(&a.rank)));
    }
    Registry { entries, by_url, by_id, packs, generation }
}

fn entry(pack: &'static Pack, row: usize, package: &'static str, rank: usize) -> Entry {
    let found = &pack.rows[row];
    Entry {
        kind: found.kind,
        url: found.url,
        version: found.version,
        id: found.id,
        name: found.name,
        about: found.about,
        package,
        pack,
        row,
        rank,
    }
}

/// Adds packages to those that are known, at start: the indexes live as long as the program.
///
/// A package that is installed already, in whatever version, stays beside the new one; the newest version of a resource
/// is what its address without version means.
pub fn install(packs: Vec<Pack>) {
    if packs.is_empty() {
        return;
    }
    let known = registry();
    let added = packs.into_iter().map(|pack| &*Box::leak(Box::new(pack)));
    let all = known.packs.iter().copied().chain(added).collect();
    let built = build(all, known.generation + 1);
    *REGISTRY.write() = Some(Box::leak(Box::new(built)));
}

/// Grows when packages are installed, so that what was derived from them can be made anew.
pub fn generation() -> u64 {
    registry().generation
}

/// Name and version of every package, with the number of its resources.
pub fn installed() -> impl Iterator<Item = (&'static str, &'static str, usize)> {
    registry().packs.iter().map(|pack| (pack.name, pack.version, pack.len()))
}

/// The entry of a canonical address, which may carry `|version` (or its first numbers: `|4.0` finds 4.0.1). Without
/// a version, the newest one.
pub fn find_entry(kind: Kind, canonical: &str) -> Option<&'static Entry> {
    let (url, wanted) = canonical.split_once('|').unwrap_or((canonical, ""));
    let url = url.split('#').next().unwrap_or(url);
    let list = registry().by_url.get(&(kind, url))?;
    if wanted.is_empty() {
        return list.first().copied();
    }
    let fits = |version: &str| {
        version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    list.iter()
        .copied()
        .find(|entry| entry.version == wanted)
        .or_else(|| list.iter().copied().find(|e| fits(e.version)))
}

/// The resource of a canonical address, found as [`find_entry`] does.
pub fn find(kind: Kind, canonical: &str) -> Option<Arc<Value>> {
    find_entry(kind, canonical).map(Entry::load)
}

/// A profile with its snapshot, made from the installed packages when it brings its differential only.
pub fn with_snapshot(structure: &Value) -> Result<Value, Problem> {
    complete(structure, &|canonical| find(Kind::StructureDefinition, canonical))
}

/// The resource of this id; of several packages, that of the one installed last.
pub fn by_id(kind: Kind, id: &str) -> Option<Arc<Value>> {
    registry().by_id.get(&(kind, id))?.last().map(|entry| entry.load())
}

/// Every resource of a kind, in the order of the packages.
pub fn list(kind: Kind) -> impl Iterator<Item = &'static Entry> {
    registry().entries.iter().copied().filter(move |entry| entry.kind == kind)
}

/// Versions by their numbers, then as texts: `10.0` is newer than `9.1`, `1.1.0` newer than `1.1.0-ballot`.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let parts = |version: &str| -> (Vec<u64>, String) {
        let (numbers, label) = version.split_once('-').unwrap_or((version, ""));
        (numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect(), label.to_owned())
    };
    let ((a, a_label), (b, b_label)) = (parts(a), parts(b));
    let labels = match (a_label.is_empty(), b_label.is_empty()) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => a_label.cmp(&b_label),
    };
    a.cmp(&b).then(labels)
}

/// What was unpacked lately, bounded by bytes of JSON.
struct Cache {
    values: LruCache<usize, (Arc<Value>, usize)>,
    bytes: usize,
}

impl Cache {
    fn new() -> Self {
        Cache { values: LruCache::unbounded(), bytes: 0 }
    }

    fn find(&mut self, key: usize) -> Option<Arc<Value>> {
        self.values.get(&key).map(|(value, _)| Arc::clone(value))
    }

    fn keep(&mut self, key: usize, value: Arc<Value>, bytes: usize) {
        if let Some((_, before)) = self.values.put(key, (value, bytes)) {
            self.bytes -= before;
        }
        self.bytes += bytes;
        while self.bytes > CACHE_BYTES && self.values.len() > 1 {
            let Some((_, (_, freed))) = self.values.pop_lru() else { break };
            self.bytes -= freed;
        }
    }
}
