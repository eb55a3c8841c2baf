//! Checks a resource against the base definitions of FHIR R4.

mod primitive;
#[cfg(test)]
mod tests;
mod walk;

use serde_json::Value;
use socle_kernel::Issue;

/// Everything that is wrong with a resource, in the order of its JSON; empty when it is well-formed.
///
/// Known type and elements, JSON shape, formats of primitives, cardinality, choices, codes of small required bindings,
/// extensions, contained resources, references, nothing empty. Profiles and invariants are not looked at here.
pub fn check(resource: &Value) -> Vec<Issue> {
    walk::check(resource)
}
