//! Checks a resource: the base definitions of FHIR R4, the profiles it declares, and profiles that a caller names.
//!
//! One walk through the resource looks at everything: structure, formats, cardinality, codes, invariants, slices,
//! extensions, references. Definitions are compiled once (`rule.rs` for base types, `compile.rs` for profiles), so that
//! a profile costs what it adds to the base.

mod binding;
mod bundle;
mod compare;
mod compile;
mod demand;
mod extension;
mod finding;
mod members;
mod narrative;
mod options;
mod place;
mod primitive;
mod profile;
mod questionnaire;
mod reference;
mod rule;
mod slicing;
#[cfg(test)]
mod tests;
mod types;
mod walk;
mod whole;

pub use options::{CodeTest, FindQuestionnaire, Mode, Options};

use crate::fhirpath::Element;
use serde_json::Value;
use socle_kernel::{Issue, Severity};

/// What is wrong with the base structure of a resource; empty when it is well-formed.
///
/// Known type and elements, JSON shape, formats of primitives, cardinality, choices, codes of small required bindings,
/// extensions, contained resources, references, nothing empty. Invariants and profiles are looked at by [`check_with`].
pub fn check(resource: &Value) -> Vec<Issue> {
    let options = Options { mode: Mode::Lenient, ..Options::default() };
    let mut issues = check_with(resource, &[], &options);
    issues.retain(|issue| issue.severity == Severity::Error);
    issues
}

/// Checks a resource against the base, the profiles it declares and these profiles (canonical addresses), with errors,
/// warnings and, when asked for, information.
pub fn check_with(resource: &Value, profiles: &[&str], options: &Options<'_>) -> Vec<Issue> {
    let mut walk = walk::Walk::new(options);
    if options.mode == Mode::Off {
        walk.only_storable(resource);
        return finding::issues(walk.findings, options);
    }
    let mut named = Vec::new();
    let is_abstract = |name: &str| matches!(name, "Resource" | "DomainResource");
    if let Some(element) = Element::resource(resource).filter(|element| !is_abstract(element.definition.name))
    {
        walk.place.root = element.definition.name;
        for canonical in profiles.iter().filter(|canonical| !types::is_base_type(canonical)) {
            if let Some(profile) = walk.profile_for(&element, canonical) {
                named.push(profile.active());
            }
        }
    }
    walk.resource(resource, &named, false);
    finding::issues(walk.findings, options)
}
