//! What validation finds, before the caller's mode decides how bad it is.

use super::options::{Mode, Options};
use socle_kernel::{Issue, Severity};

/// Issues told for one resource; more would not help anybody.
pub(super) const ISSUES: usize = 100;

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// The base structure: without it a resource cannot be served.
    Base,
    /// Invariants, bindings, references, profiles.
    Rule,
}

/// One thing that was found.
#[derive(Debug)]
pub(super) struct Finding {
    pub family: Family,
    pub issue: Issue,
}

/// The issues as the caller wants them.
pub(super) fn issues(findings: Vec<Finding>, options: &Options<'_>) -> Vec<Issue> {
    let wanted = |finding: Finding| {
        let mut issue = finding.issue;
        if options.mode == Mode::Lenient
            && finding.family == Family::Rule
            && issue.severity == Severity::Error
        {
            issue.severity = Severity::Warning;
        }
        (options.tells_information || issue.severity != Severity::Information).then_some(issue)
    };
    findings.into_iter().filter_map(wanted).take(ISSUES).collect()
}
