//! What can go wrong, in few kinds. `app/src/outcome.rs` alone turns a problem into an answer.

use crate::words::{Lang, Words};
use std::fmt;

/// The closed list of kinds; each has one HTTP status and one FHIR issue code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be read: 400.
    Invalid,
    /// Nobody signed in, or the token is no longer good: 401.
    Unauthenticated,
    /// Known, but not allowed: 403.
    Refused,
    /// Not there, or not for this caller to know: 404.
    NotFound,
    /// This act is not offered here: 405.
    NotOffered,
    /// No representation the caller accepts: 406.
    NotAcceptable,
    /// The state does not allow it: 409.
    Conflict,
    /// Was there and was deleted: 410.
    Gone,
    /// The version is not the one the caller named: 412.
    VersionConflict,
    /// Larger than a named limit: 413.
    TooLarge,
    /// Address too long: 414.
    AddressTooLong,
    /// A media type that is not read here: 415.
    UnsupportedMedia,
    /// Readable, but against a rule: 422.
    Unprocessable,
    /// The operator demands that a change names the version it changes: 428.
    VersionUnnamed,
    /// Too many in a while: 429.
    TooMany,
    /// The search would look at too much: 422 with `too-costly`.
    TooCostly,
    /// Our fault; the caller learns nothing, the log says why: 500.
    Internal,
    /// Not now: 503.
    Unavailable,
    /// The disk is full: 507.
    StorageFull,
}

impl Kind {
    /// HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Kind::Invalid => 400,
            Kind::Unauthenticated => 401,
            Kind::Refused => 403,
            Kind::NotFound => 404,
            Kind::NotOffered => 405,
            Kind::NotAcceptable => 406,
            Kind::Conflict => 409,
            Kind::Gone => 410,
            Kind::VersionConflict => 412,
            Kind::TooLarge => 413,
            Kind::AddressTooLong => 414,
            Kind::UnsupportedMedia => 415,
            Kind::Unprocessable | Kind::TooCostly => 422,
            Kind::VersionUnnamed => 428,
            Kind::TooMany => 429,
            Kind::Internal => 500,
            Kind::Unavailable => 503,
            Kind::StorageFull => 507,
        }
    }

    /// FHIR `IssueType` used when the issue names none.
    pub fn issue_code(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Unauthenticated => "login",
            Kind::Refused => "forbidden",
            Kind::NotFound => "not-found",
            Kind::NotOffered | Kind::NotAcceptable | Kind::UnsupportedMedia => "not-supported",
            Kind::Conflict | Kind::VersionConflict => "conflict",
            Kind::Gone => "deleted",
            Kind::TooLarge | Kind::AddressTooLong => "too-long",
            Kind::Unprocessable => "business-rule",
            Kind::VersionUnnamed => "required",
            Kind::TooMany => "throttled",
            Kind::TooCostly => "too-costly",
            Kind::Internal => "exception",
            Kind::Unavailable => "transient",
            Kind::StorageFull => "no-store",
        }
    }
}

/// FHIR issue severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For the reader only.
    Information,
    /// Accepted, but worth mending.
    Warning,
    /// Refused.
    Error,
}

impl Severity {
    /// FHIR code.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Information => "information",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One thing that is wrong: where, what was expected, what came, how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// FHIR `IssueType` code, as `structure`, `value`, `required`.
    pub code: &'static str,
    /// FHIRPath of the element, or the name of the parameter or header; empty when the whole request is meant.
    pub path: String,
    /// What is wrong and how to mend it.
    pub text: Words,
    /// What was expected, when that helps.
    pub expected: Option<String>,
    /// What came, shortened; never a whole personal value.
    pub received: Option<String>,
}

impl Issue {
    /// An error at a place.
    pub fn error(code: &'static str, path: impl Into<String>, text: Words) -> Self {
        Issue { severity: Severity::Error, code, path: path.into(), text, expected: None, received: None }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, path: impl Into<String>, text: Words) -> Self {
        Issue { severity: Severity::Warning, ..Issue::error(code, path, text) }
    }

    /// Says what was expected.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what came; long values are cut at 80 characters.
    pub fn received(mut self, received: impl AsRef<str>) -> Self {
        let text = received.as_ref();
        let short: String = text.chars().take(80).collect();
        self.received = Some(if short.len() < text.len() { format!("{short}…") } else { short });
        self
    }
}

/// Why an act did not happen. The first issue is the headline.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which of the few kinds.
    pub kind: Kind,
    /// What is wrong, one or more; empty only for [`Kind::Internal`].
    pub issues: Vec<Issue>,
    /// For the log, never for the caller.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem with one sentence.
    pub fn new(
        kind: Kind,
        fr: impl Into<std::borrow::Cow<'static, str>>,
        en: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        Problem { kind, issues: vec![Issue::error(kind.issue_code(), "", Words::new(fr, en))], cause: None }
    }

    /// A problem with its issues.
    pub fn with_issues(kind: Kind, issues: Vec<Issue>) -> Self {
        Problem { kind, issues, cause: None }
    }

    /// Names the place of the first issue.
    pub fn at(mut self, path: impl Into<String>) -> Self {
        if let Some(first) = self.issues.first_mut() {
            first.path = path.into();
        }
        self
    }

    /// Sets the FHIR issue code of the first issue.
    pub fn coded(mut self, code: &'static str) -> Self {
        if let Some(first) = self.issues.first_mut() {
            first.code = code;
        }
        self
    }

    /// Says what was expected by the first issue.
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        if let Some(first) = self.issues.first_mut() {
            first.expected = Some(expected.into());
        }
        self
    }

    /// Says what came, for the first issue.
    pub fn receiving(mut self, received: impl AsRef<str>) -> Self {
        if let Some(first) = self.issues.pop() {
            self.issues.insert(0, first.received(received));
        }
        self
    }

    /// Not there, or not for this caller to know: one sentence for both, so that they cannot be told apart.
    pub fn not_found() -> Self {
        Problem::new(
            Kind::NotFound,
            "Aucune ressource à cette adresse, ou elle ne vous est pas accessible.",
            "No resource at this address, or it is not accessible to you.",
        )
    }

    /// Our fault. The cause goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Problem {
            cause: Some(cause.to_string()),
            ..Problem::new(
                Kind::Internal,
                "Une erreur interne est survenue. Elle a été consignée ; réessayez dans un instant.",
                "An internal error occurred. It was logged; try again in a moment.",
            )
        }
    }

    /// The headline in the reader's language.
    pub fn headline(&self, lang: Lang) -> &str {
        self.issues.first().map_or("", |issue| issue.text.in_lang(lang))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        for issue in &self.issues {
            write!(f, ": {}", issue.text.en)?;
            if !issue.path.is_empty() {
                write!(f, " ({})", issue.path)?;
            }
            if let Some(expected) = &issue.expected {
                write!(f, "; expected {expected}")?;
            }
            if let Some(received) = &issue.received {
                write!(f, "; received {received}")?;
            }
        }
        if let Some(cause) = &self.cause {
            write!(f, " [{cause}]")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
