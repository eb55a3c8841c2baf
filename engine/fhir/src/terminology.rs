//! Terminology: which codes a value set holds, what a code means, how one stands to another, how it is translated.
//!
//! Everything is a function of definitions that a [`Source`] gives. What is not loaded (SNOMED CT, LOINC) or cannot be
//! decided is [`Membership::Unknown`], never a false "no": a caller who must refuse refuses on `No` alone.

mod cache;
mod check;
mod compile;
mod entry;
mod expand;
mod filter;
mod gap;
mod grammar;
mod hooks;
mod lookup;
mod packaged;
mod set;
mod source;
mod system;
mod translate;

pub use check::{Checking, Coded, Verdict};
pub use entry::Entry;
pub use expand::{EXPANSION_CODES, Expand, Versions, refusal};
pub use gap::Gap;
pub use hooks::Loaded;
pub use lookup::{Fact, Meaning, Standing};
pub use packaged::{Packaged, contains, is_below, shared};
pub use set::CompiledSet;
pub use source::{Given, Source};
pub use system::{Concept, Content, Designation, Property, System};
pub use translate::{Match, Translate, Translation};

use cache::Cache;
use std::sync::Arc;

/// Codes that the compiled sets and systems in memory may hold together.
pub const CACHED_CODES: usize = 400_000;
/// How deep value sets may refer to one another.
pub const NESTED_SETS: usize = 16;

/// The answer to "is this code one of these?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is.
    Yes,
    /// It is not: everything needed to say so is loaded.
    No,
    /// Cannot be said: the set or a code system it draws on is not loaded, or only in part.
    Unknown,
}

impl Membership {
    /// Yes when both are; no when one is not.
    pub fn and(self, other: Membership) -> Membership {
        match (self, other) {
            (Membership::No, _) | (_, Membership::No) => Membership::No,
            (Membership::Yes, Membership::Yes) => Membership::Yes,
            _ => Membership::Unknown,
        }
    }

    /// Yes when one is; no when neither is.
    pub fn or(self, other: Membership) -> Membership {
        (self.negated().and(other.negated())).negated()
    }

    /// Yes becomes no; unknown stays.
    pub fn negated(self) -> Membership {
        match self {
            Membership::Yes => Membership::No,
            Membership::No => Membership::Yes,
            Membership::Unknown => Membership::Unknown,
        }
    }

    /// True for a certain yes.
    pub fn is_yes(self) -> bool {
        self == Membership::Yes
    }

    /// True for a certain no.
    pub fn is_no(self) -> bool {
        self == Membership::No
    }
}

impl From<bool> for Membership {
    fn from(is: bool) -> Membership {
        if is { Membership::Yes } else { Membership::No }
    }
}

/// Definitions with what was compiled of them. Cheap to layer: [`Terminology::with`] puts the resources of one request
/// over the ones everybody shares, without touching what is kept of those.
pub struct Terminology {
    source: Box<dyn Source>,
    below: Option<Arc<Terminology>>,
    systems: Cache<System>,
    sets: Cache<CompiledSet>,
}

impl Terminology {
    /// Over these definitions.
    pub fn new(source: impl Source + 'static) -> Arc<Terminology> {
        Arc::new(Terminology {
            source: Box::new(source),
            below: None,
            systems: Cache::new(CACHED_CODES / 2),
            sets: Cache::new(CACHED_CODES / 2),
        })
    }

    /// These definitions first, then the ones below.
    pub fn with(self: &Arc<Self>, source: impl Source + 'static) -> Arc<Terminology> {
        Arc::new(Terminology {
            source: Box::new(source),
            below: Some(self.clone()),
            systems: Cache::new(CACHED_CODES / 2),
            sets: Cache::new(CACHED_CODES / 2),
        })
    }

    /// A definition by its canonical address, with or without `|version`.
    pub fn find(&self, kind: &str, canonical: &str) -> Option<Arc<serde_json::Value>> {
        self.source
            .find(kind, canonical)
            .or_else(|| self.below.as_ref().and_then(|below| below.find(kind, canonical)))
    }

    /// Every concept map.
    pub fn maps(&self) -> Vec<Arc<serde_json::Value>> {
        let mut maps = self.source.maps();
        if let Some(below) = &self.below {
            maps.extend(below.maps());
        }
        maps
    }

    /// A loaded code system; `None` when it is not.
    pub fn system(&self, canonical: &str) -> Option<Arc<System>> {
        if let Some(system) = self.systems.get(canonical) {
            return Some(system);
        }
        let own = self.source.find("CodeSystem", canonical);
        let url = url_of(canonical);
        let mut supplements = self.source.supplements(url);
        if let Some(below) = &self.below
            && own.is_none()
            && supplements.is_empty()
        {
            return below.system(canonical);
        }
        let resource = match own {
            Some(resource) => resource,
            None => self.below.as_ref()?.find("CodeSystem", canonical)?,
        };
        if let Some(below) = &self.below {
            supplements.extend(below.source.supplements(url));
        }
        let system = Arc::new(System::read(&resource, &supplements)?);
        self.systems.put(canonical, system.clone(), system.len() + 1);
        Some(system)
    }

    /// A compiled value set by its canonical address; `None` when it is not loaded.
    pub fn set(&self, canonical: &str) -> Option<Arc<CompiledSet>> {
        self.set_within(canonical, &mut Vec::new())
    }

    /// A value set given as a resource, compiled for the occasion.
    pub fn compile(&self, value_set: &serde_json::Value) -> Arc<CompiledSet> {
        compile::compile(self, value_set, &mut Vec::new())
    }

    fn set_within(&self, canonical: &str, within: &mut Vec<String>) -> Option<Arc<CompiledSet>> {
        if let Some(set) = self.sets.get(canonical) {
            return Some(set);
        }
        let own = self.source.find("ValueSet", canonical);
        if let Some(below) = &self.below
            && own.is_none()
            && let Some(set) = below.set_within(canonical, within)
            && !set.needs().iter().any(|needed| self.gives(needed))
        {
            return Some(set);
        }
        let set = match own.or_else(|| self.find("ValueSet", canonical)) {
            Some(resource) => compile::compile(self, &resource, within),
            None => compile::implicit(self, canonical)?,
        };
        // A set that met itself on the way is only half compiled: its outermost form alone is kept.
        if within.is_empty() || !set.is_cut() {
            self.sets.put(canonical, set.clone(), set.weight());
        }
        Some(set)
    }

    /// True when this layer itself defines or supplements what another one used.
    fn gives(&self, canonical: &str) -> bool {
        self.source.find("CodeSystem", canonical).is_some()
            || self.source.find("ValueSet", canonical).is_some()
            || !self.source.supplements(url_of(canonical)).is_empty()
    }

    /// Is the code one of the value set? Without a system, a code of any system of the set.
    pub fn contains(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.set(value_set).map_or(Membership::Unknown, |set| set.contains(system, code))
    }

    /// Is the code one of the code system?
    pub fn defines(&self, system: &str, code: &str) -> Membership {
        set::in_system(self.system(system).as_deref(), system, code)
    }

    /// Is the code the ancestor itself or below it?
    pub fn is_below(&self, system: &str, code: &str, ancestor: &str) -> Membership {
        if let Some(system) = self.system(system) {
            if let Some(answer) = system.is_below(code, ancestor) {
                return answer.into();
            }
            if system.content() == Content::Complete {
                return Membership::No;
            }
        }
        if code == ancestor { Membership::Yes } else { Membership::Unknown }
    }

    /// What a code is called, in a language when it has a name in it.
    pub fn display(&self, system: &str, code: &str, language: Option<&str>) -> Option<String> {
        self.system(system)?.find(code)?.display_in(language).map(str::to_owned)
    }
}

/// The address without its version.
pub fn url_of(canonical: &str) -> &str {
    canonical.split_once('|').map_or(canonical, |(url, _)| url)
}

#[cfg(test)]
mod tests;
