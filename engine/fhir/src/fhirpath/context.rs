//! What an evaluation may see besides its focus.

use super::item::{Element, Item};
use serde_json::Value;
use socle_kernel::Instant;

/// Most steps of one evaluation, unless the context says otherwise: an expression of a caller may not run for ever.
pub const STEPS: u64 = 5_000_000;

/// Finds what a reference or a canonical address points to, outside the resource and its Bundle.
pub trait Resolve {
    /// The resource; `None` when it is not known here.
    fn resolve(&self, reference: &str) -> Option<&Value>;
}

/// Answers `conformsTo()`, `elementDefinition()` and `slice()`.
pub trait Conformance {
    /// Whether the element conforms to the profile; `None` when the profile is not known.
    fn conforms_to(&self, element: &Element<'_>, profile: &str) -> Option<bool>;

    /// The ElementDefinition of an element.
    fn element_definition(&self, _element: &Element<'_>) -> Option<&Value> {
        None
    }

    /// Whether the element is in the slice of this name of a profile; `None` when that is not known.
    fn is_in_slice(&self, _element: &Element<'_>, _profile: &str, _name: &str) -> Option<bool> {
        None
    }
}

/// Answers `memberOf()`, `subsumes()` and `subsumedBy()`.
pub trait Terminology {
    /// Whether a code, Coding or CodeableConcept is in the value set; `None` when that cannot be known.
    fn member_of(&self, code: &Item<'_>, value_set: &str) -> Option<bool>;
    /// Whether the first code of a system subsumes the second; `None` when that cannot be known.
    fn subsumes(&self, system: &str, general: &str, special: &str) -> Option<bool>;
}

/// What an evaluation may see besides its focus. Make one with [`Context::of`], then set what is more.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The resource (`%resource`) the focus is in.
    pub resource: &'a Value,
    /// The resource that contains it, or itself (`%rootResource`); `#id` references are looked up in it.
    pub root: &'a Value,
    /// The Bundle it sits in, whose entries `resolve()` looks at.
    pub bundle: Option<&'a Value>,
    /// The current moment for `now()`, `today()` and `timeOfDay()`; without it they are refused.
    pub now: Option<Instant>,
    /// Where `resolve()` looks last.
    pub resolve: Option<&'a dyn Resolve>,
    /// Who answers `conformsTo()`, `elementDefinition()` and `slice()`.
    pub conformance: Option<&'a dyn Conformance>,
    /// Who answers `memberOf()` and `subsumes()`.
    pub terminology: Option<&'a dyn Terminology>,
    /// Variables of the caller: `%name`.
    pub variables: &'a [(String, Vec<Item<'a>>)],
    /// Most steps of the evaluation.
    pub steps: u64,
    /// True to hold expressions to the letter of N1. The search parameters and invariants of R4 themselves need less: they
    /// call `as()` on several items, and write `DateTime` for `dateTime`.
    pub is_strict: bool,
}

impl<'a> Context<'a> {
    /// The context of a whole resource. A Bundle is the Bundle of its own entries.
    pub fn of(resource: &'a Value) -> Self {
        let is_bundle = resource.get("resourceType").and_then(Value::as_str) == Some("Bundle");
        Context {
            resource,
            root: resource,
            bundle: is_bundle.then_some(resource),
            now: None,
            resolve: None,
            conformance: None,
            terminology: None,
            variables: &[],
            steps: STEPS,
            is_strict: false,
        }
    }

    /// The whole resource as focus; empty when its type is not known.
    pub fn focus(&self) -> Vec<Item<'a>> {
        Element::resource(self.resource).map(Item::Element).into_iter().collect()
    }

    /// What a reference (`#id`, `Type/id`, `urn:uuid:…`, an address) points to.
    pub(super) fn find(&self, reference: &str) -> Option<&'a Value> {
        if let Some(id) = reference.strip_prefix('#') {
            if id.is_empty() {
                return Some(self.root);
            }
            let contained = self.root.get("contained").and_then(Value::as_array)?;
            return contained.iter().find(|one| text(one, "id") == Some(id));
        }
        self.in_bundle(reference).or_else(|| self.resolve?.resolve(reference))
    }

    fn in_bundle(&self, reference: &str) -> Option<&'a Value> {
        let entries = self.bundle?.get("entry")?.as_array()?;
        let local = reference.split("/_history/").next().unwrap_or(reference);
        let found = entries.iter().find(|entry| {
            let address = text(entry, "fullUrl");
            if address == Some(local) {
                return true;
            }
            // `Type/id` finds the address that ends so, or the resource of this type and id.
            let Some((kind, id)) = local.split_once('/') else { return false };
            let ends_so = address
                .and_then(|address| address.strip_suffix(local))
                .is_some_and(|base| base.ends_with('/'));
            let is_it = || {
                let resource = entry.get("resource");
                resource.is_some_and(|r| text(r, "resourceType") == Some(kind) && text(r, "id") == Some(id))
            };
            ends_so || is_it()
        })?;
        found.get("resource")
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}
