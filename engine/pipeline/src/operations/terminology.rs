//! Operations on terminologies: `$expand`, `$validate-code`, `$lookup`, `$subsumes`, `$translate`.
//!
//! They answer from the packages' definitions, from those given with the call, and from those of the store that the
//! caller may read, in the order given, packages, store: whoever may write a value set cannot change an official one.

mod definitions;
mod expand;
mod lookup;
mod subsumes;
mod translate;
mod validate_code;

use super::{Call, Operation};
use socle_fhir::terminology::Coded;
use socle_gate::Session;
use socle_kernel::{Kind, Problem, Subject};
use std::sync::Arc;

/// The operations of this folder.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![
        Arc::new(expand::Expansion),
        Arc::new(validate_code::OfValueSet),
        Arc::new(validate_code::OfCodeSystem),
        Arc::new(lookup::Lookup),
        Arc::new(subsumes::Subsumes),
        Arc::new(translate::Translation),
    ]
}

/// Terminologies are nobody's record, but they are for callers who are known.
fn known_caller(session: &Session) -> Result<(), Problem> {
    match session.principal().subject {
        Subject::Anonymous => Err(Problem::new(
            Kind::Unauthenticated,
            "Identifiez-vous pour interroger les terminologies.",
            "Sign in to ask the terminologies.",
        )),
        _ => Ok(()),
    }
}

/// The codes a call is about: `code` with its system, a `coding`, or the codings of a `codeableConcept`.
fn codings(call: &Call, system: &str, version: &str) -> Vec<Coded> {
    let text = |name: &str| call.text(name).map(str::to_owned);
    let mut found = Vec::new();
    if let Some(code) = text("code") {
        let display = text("display");
        found.push(Coded { system: text(system), version: text(version), code, display });
    }
    found.extend(call.value("coding").and_then(Coded::of));
    found.extend(call.value("codeableConcept").map(Coded::all_of).unwrap_or_default());
    found
}

/// A parameter that must be there in one of several forms.
fn needed(expected: &str) -> Problem {
    Problem::new(Kind::Invalid, "Il manque un paramètre.", "A parameter is missing.")
        .coded("required")
        .expecting(expected)
}
