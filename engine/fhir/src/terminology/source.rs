//! Where definitions come from: packages, the store, the resources of one request. All are read through one door.

use serde_json::Value;
use std::sync::Arc;

/// Gives definitions by their canonical address. Answers at once, from memory: whoever keeps them elsewhere fetches them
/// before and gives them as [`Given`].
pub trait Source: Send + Sync {
    /// A `ValueSet`, `CodeSystem` or `ConceptMap` by canonical address, with or without `|version`.
    fn find(&self, kind: &str, canonical: &str) -> Option<Arc<Value>>;

    /// Code systems that supplement the one with this address (`content` is `supplement`).
    fn supplements(&self, _system: &str) -> Vec<Arc<Value>> {
        Vec::new()
    }

    /// The code system that names this address as the value set of all its codes (`CodeSystem.valueSet`).
    fn behind(&self, _value_set: &str) -> Option<Arc<Value>> {
        None
    }

    /// Every concept map.
    fn maps(&self) -> Vec<Arc<Value>> {
        Vec::new()
    }
}

/// Resources in hand: parameters of a request, resources of the store, examples of a test.
#[derive(Default)]
pub struct Given(pub Vec<Arc<Value>>);

impl Given {
    /// These resources.
    pub fn new(resources: impl IntoIterator<Item = Value>) -> Given {
        Given(resources.into_iter().map(Arc::new).collect())
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Arc<Value>> {
        self.0.iter().filter(move |resource| resource["resourceType"] == kind)
    }
}

impl Source for Given {
    fn find(&self, kind: &str, canonical: &str) -> Option<Arc<Value>> {
        self.of_kind(kind).find(|resource| is_named(resource, canonical)).cloned()
    }

    fn supplements(&self, system: &str) -> Vec<Arc<Value>> {
        self.of_kind("CodeSystem").filter(|resource| supplements(resource, system)).cloned().collect()
    }

    fn behind(&self, value_set: &str) -> Option<Arc<Value>> {
        self.of_kind("CodeSystem").find(|resource| resource["valueSet"] == value_set).cloned()
    }

    fn maps(&self) -> Vec<Arc<Value>> {
        self.of_kind("ConceptMap").cloned().collect()
    }
}

/// True when a resource has this canonical address; some official addresses carry a `|` themselves.
pub(super) fn is_named(resource: &Value, canonical: &str) -> bool {
    let Some(url) = resource["url"].as_str() else { return false };
    if url == canonical {
        return true;
    }
    canonical
        .rsplit_once('|')
        .is_some_and(|(wanted, version)| url == wanted && resource["version"].as_str() == Some(version))
}

/// True when a code system adds to the one with this address.
pub(super) fn supplements(resource: &Value, system: &str) -> bool {
    resource["content"] == "supplement"
        && resource["supplements"].as_str().is_some_and(|target| super::url_of(target) == system)
}
