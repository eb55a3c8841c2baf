//! What is wrong with a form, in the order of its fields.

use socle_kernel::{Lang, Problem};

/// Ordered field → message. One message per field: the first one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    /// Nothing wrong.
    pub fn new() -> Self {
        Errors::default()
    }

    /// Says what to do about a field. An empty field name means the form as a whole.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        let field = field.into();
        if field.is_empty() || self.get(&field).is_none() {
            self.0.push((field, message.into()));
        }
    }

    /// As [`Errors::add`], for chains.
    pub fn with(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.add(field, message);
        self
    }

    /// The issues of a problem; `field_of` says which field an issue's path belongs to, `None` for the whole form.
    pub fn from_problem(problem: &Problem, lang: Lang, field_of: impl Fn(&str) -> Option<String>) -> Self {
        let mut errors = Errors::new();
        for issue in &problem.issues {
            errors.add(field_of(&issue.path).unwrap_or_default(), issue.text.in_lang(lang));
        }
        errors
    }

    /// The message of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    /// True when nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order: field and message.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, message)| (field.as_str(), message.as_str()))
    }
}
