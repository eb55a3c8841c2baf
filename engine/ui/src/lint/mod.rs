//! Checks a whole page for what every page promises. Used by every page test of the project:
//! `assert_eq!(lint::check(&html), Vec::<String>::new())`.
//!
//! It reads the HTML that this crate writes (well-formed, attributes quoted); anything it cannot read is a finding.

mod forms;
mod html;
mod security;
mod structure;

use html::Document;

/// Everything wrong with a page, each as one sentence with the element meant; empty when all is well.
pub fn check(page: &str) -> Vec<String> {
    let document = match Document::parse(page) {
        Ok(document) => document,
        Err(why) => return vec![why],
    };
    let mut findings = Findings::default();
    structure::check(&document, &mut findings);
    forms::check(&document, &mut findings);
    security::check(&document, &mut findings);
    findings.0
}

/// What was found, in the order of the checks.
#[derive(Debug, Default)]
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, sentence: impl Into<String>) {
        self.0.push(sentence.into());
    }

    /// Adds the sentence when the promise is broken.
    fn unless(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.0.push(sentence());
        }
    }
}

#[cfg(test)]
mod tests;
