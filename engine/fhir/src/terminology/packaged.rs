//! The definitions of the packages as a source, and the one terminology over them that everybody shares.

use super::source::{Source, supplements};
use super::{Membership, Terminology};
use crate::packages::{self, Kind};
use parking_lot::RwLock;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// What the packages hold, found by canonical address.
#[derive(Default)]
pub struct Packaged {
    /// Addresses of implicit value sets, read on first use.
    behind: OnceLock<HashMap<String, &'static packages::Entry>>,
}

impl Source for Packaged {
    fn find(&self, kind: &str, canonical: &str) -> Option<Arc<Value>> {
        let kind = Kind::named(kind)?;
        packages::find(kind, canonical).or_else(|| {
            // A few official addresses carry a `|` themselves (`…/v2-0360|2.7`).
            let has_bar = canonical.contains('|');
            let own = || packages::list(kind).find(|entry| entry.url == canonical);
            has_bar.then(own).flatten().map(packages::Entry::load)
        })
    }

    fn supplements(&self, system: &str) -> Vec<Arc<Value>> {
        packages::list(Kind::CodeSystem)
            .filter(|entry| entry.about == "supplement")
            .map(packages::Entry::load)
            .filter(|resource| supplements(resource, system))
            .collect()
    }

    fn behind(&self, value_set: &str) -> Option<Arc<Value>> {
        let read = || {
            let named = packages::list(Kind::CodeSystem).filter_map(|entry| {
                let resource = entry.load();
                Some((resource["valueSet"].as_str()?.to_owned(), entry))
            });
            named.collect()
        };
        self.behind.get_or_init(read).get(value_set).map(|entry| entry.load())
    }

    fn maps(&self) -> Vec<Arc<Value>> {
        packages::list(Kind::ConceptMap).map(packages::Entry::load).collect()
    }
}

static SHARED: RwLock<Option<(u64, Arc<Terminology>)>> = RwLock::new(None);

/// The terminology of the packages; begun anew when packages are installed.
pub fn shared() -> Arc<Terminology> {
    let generation = packages::generation();
    if let Some((made, terminology)) = &*SHARED.read()
        && *made == generation
    {
        return terminology.clone();
    }
    let fresh = Terminology::new(Packaged::default());
    *SHARED.write() = Some((generation, fresh.clone()));
    fresh
}

/// Is the code one of the value set, by the packages' definitions? Without a system, a code of any system of the set.
pub fn contains(value_set: &str, system: Option<&str>, code: &str) -> Membership {
    shared().contains(value_set, system, code)
}

/// Is the code the ancestor itself or below it, by the packages' definitions?
pub fn is_below(system: &str, code: &str, ancestor: &str) -> Membership {
    shared().is_below(system, code, ancestor)
}
