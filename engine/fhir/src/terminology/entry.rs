//! One code of a value set, with all that is known of it.

use super::system::{Concept, Designation, System};

/// A code named by a value set itself.
#[derive(Debug)]
pub(super) struct Item {
    pub code: Box<str>,
    pub display: Option<Box<str>>,
    pub designations: Vec<Designation>,
    pub is_inactive: bool,
    pub is_abstract: bool,
}

/// One code of a listed value set.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its code system.
    pub system: &'a str,
    /// The version of the system that the value set names.
    pub version: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// Its name as the value set or the code system gives it.
    pub display: Option<&'a str>,
    /// The concept, when its code system is loaded.
    pub concept: Option<&'a Concept>,
    /// The code system, when loaded.
    pub of: Option<&'a System>,
    pub(super) item: Option<&'a Item>,
}

impl<'a> Entry<'a> {
    /// Its other names, those of the value set first.
    pub fn designations(&self) -> impl Iterator<Item = &'a Designation> + use<'a> {
        let own = self.item.map(|item| item.designations.as_slice()).unwrap_or_default();
        let general = self.concept.map(|concept| concept.designations.as_slice()).unwrap_or_default();
        own.iter().chain(general)
    }

    /// Its name in a language when it has one, else its display.
    pub fn display_in(&self, language: Option<&str>) -> Option<&'a str> {
        let Some(language) = language else { return self.display };
        if let Some(named) = self.designations().find(|one| one.is_in(language)) {
            return Some(&named.value);
        }
        let general = self.concept.and_then(|concept| concept.display_in(Some(language)));
        if self.item.is_some_and(|item| item.display.is_some()) {
            self.display
        } else {
            general.or(self.display)
        }
    }

    /// True when the value set itself names it, rather than a rule.
    pub fn is_listed(&self) -> bool {
        self.item.is_some()
    }

    /// No longer to be used.
    pub fn is_inactive(&self) -> bool {
        self.concept.is_some_and(|concept| concept.is_inactive)
            || self.item.is_some_and(|item| item.is_inactive)
    }

    /// Not to be chosen itself.
    pub fn is_abstract(&self) -> bool {
        self.concept.is_some_and(|concept| concept.is_abstract)
            || self.item.is_some_and(|item| item.is_abstract)
    }
}
