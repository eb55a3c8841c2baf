//! Changes to a resource: JSON Patch, FHIRPath Patch, and what changed between two versions.

mod changed;
mod json;
mod path;
#[cfg(test)]
mod tests;

pub use changed::changed_elements;
pub use json::apply_json_patch;
pub use path::apply_fhirpath_patch;

use serde_json::Value;
use socle_kernel::{Kind, Problem, limits};

/// Most operations of one patch.
const OPERATIONS: usize = 1_024;

/// Refuses a patch with more operations than anybody needs.
fn check_count(count: usize) -> Result<(), Problem> {
    if count <= OPERATIONS {
        return Ok(());
    }
    Err(unreadable("", "Le patch a trop d'opérations.", "The patch has too many operations.")
        .coded("too-long")
        .expecting(format!("at most {OPERATIONS} operations"))
        .receiving(count.to_string()))
}

/// What operations may still add: a patch that copies what it copied would otherwise grow without end.
struct Budget {
    bytes: usize,
}

impl Budget {
    fn new() -> Self {
        Budget { bytes: limits::BODY_BYTES }
    }

    /// Counts a value that is put this many levels deep.
    fn spend(&mut self, value: &Value, level: usize, at: &str) -> Result<(), Problem> {
        let left = self.bytes.checked_sub(crate::json::to_text(value).len());
        match left {
            Some(left) if level + nesting(value) <= limits::NESTING => {
                self.bytes = left;
                Ok(())
            }
            _ => Err(Problem::new(
                Kind::TooLarge,
                "Le patch rendrait la ressource trop grande ou trop imbriquée.",
                "The patch would make the resource too large or too deeply nested.",
            )
            .at(at)
            .expecting(format!(
                "BODY_BYTES <= {}, NESTING <= {}",
                limits::BODY_BYTES,
                limits::NESTING
            ))),
        }
    }
}

/// Levels of arrays and objects in a value.
fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}

/// A patch that cannot be read: 400.
fn unreadable(path: &str, fr: &str, en: &str) -> Problem {
    Problem::new(Kind::Invalid, fr.to_owned(), en.to_owned()).at(path)
}

/// A patch that cannot be applied to this resource: 422.
fn inapplicable(path: &str, fr: &str, en: &str) -> Problem {
    Problem::new(Kind::Unprocessable, fr.to_owned(), en.to_owned()).coded("processing").at(path)
}
