//! Where a walk stands in a resource; written out only when something is told about the place.

use std::fmt::Write as _;

/// One step of a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub name: &'static str,
    pub index: Option<usize>,
}

/// The steps from the top.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The type at the top, or the path that the caller's path starts with.
    pub root: &'static str,
    pub steps: Vec<Step>,
}

impl Place {
    /// FHIRPath of the place, with indexes.
    pub fn text(&self) -> String {
        let mut text = self.root.to_owned();
        for step in &self.steps {
            let dot = if text.is_empty() { "" } else { "." };
            let _ = match step.index {
                Some(index) => write!(text, "{dot}{}[{index}]", step.name),
                None => write!(text, "{dot}{}", step.name),
            };
        }
        text
    }
}
