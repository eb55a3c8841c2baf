//! Changes to a resource: JSON Patch, FHIRPath Patch, and what changed between two versions.

mod changed;
mod json;
mod path;
#[cfg(test)]
mod tests;

pub use changed::changed_elements;
pub use json::apply_json_patch;
pub use path::apply_fhirpath_patch;

use socle_kernel::{Kind, Problem};

/// A patch that cannot be read: 400.
fn unreadable(path: &str, fr: &str, en: &str) -> Problem {
    Problem::new(Kind::Invalid, fr.to_owned(), en.to_owned()).at(path)
}

/// A patch that cannot be applied to this resource: 422.
fn inapplicable(path: &str, fr: &str, en: &str) -> Problem {
    Problem::new(Kind::Unprocessable, fr.to_owned(), en.to_owned()).coded("processing").at(path)
}
