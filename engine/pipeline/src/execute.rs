//! The one way by which every plan becomes a commit: checked, completed by the rooms' rules, placed, linked, written.

use crate::links::{self, Links};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb};
use bytes::Bytes;
use serde_json::Value;
use socle_fhir::validate::{Mode, Options, check_with};
use socle_gate::{Change, DrawerWrite, Session, Written};
use socle_kernel::{Issue, Key, Kind, Problem, Severity, limits, resource_type};
use std::borrow::Cow;

/// How far a plan is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A caller's: everything is checked.
    Nobody,
    /// An import that takes what is at fault: checked, and told as warnings.
    Lenient,
    /// Made by this very program (the synthetic region): structure is not checked again.
    Ourselves,
}

impl Pipeline {
    /// Checks, completes, places, links and commits a plan: all or nothing. Gives back what was written, by draft.
    pub(crate) async fn execute(
        &self,
        session: &Session,
        plan: &mut Plan,
        trust: Trust,
        mut drawers: Vec<DrawerWrite>,
    ) -> Result<Vec<Option<Written>>, Problem> {
        self.settle_references(session, plan).await?;
        check_all(&mut plan.drafts, trust)?;
        if !plan.profiles.is_empty() {
            for rules in self.all_rules() {
                rules.check_bundle(plan).await?;
            }
        }
        let mut index = 0;
        while index < plan.drafts.len() {
            let rules = self.rules(plan.drafts[index].resource_type).cloned();
            if let (Some(rules), true) = (rules, plan.drafts[index].verb != Verb::Keep) {
                rules.check(plan, index, session, self).await?;
            }
            index += 1;
        }
        let marked = Links::of(plan).mark(plan);
        let reserved = self.place(session, plan).await?;
        links::link(session, plan, &marked);
        let mut changes = Vec::with_capacity(plan.drafts.len());
        let mut positions = Vec::with_capacity(plan.drafts.len());
        let keys: Vec<Option<Key>> = plan.drafts.iter().map(|draft| draft.key).collect();
        for (position, draft) in plan.drafts.iter_mut().enumerate() {
            if draft.verb == Verb::Keep {
                continue;
            }
            let key = draft.key.ok_or_else(|| Problem::internal("a draft without a place"))?;
            let content = match draft.content.take() {
                Some(content) => Some(session.put_content(key.home, Bytes::from(content)).await?),
                None => None,
            };
            draft.before = None;
            changes.push(Change {
                key,
                expected: draft.expected,
                // Given away, not copied: a large transaction is held once.
                resource: draft.resource.take(),
                content,
                owner: draft.owner.and_then(|owner| keys[owner]),
                alias: draft.alias.clone(),
            });
            positions.push(position);
        }
        drawers.append(&mut plan.drawers);
        let done = session.commit_with(changes, reserved, drawers).await?;
        let mut written: Vec<Option<Written>> = vec![None; plan.drafts.len()];
        for (position, result) in positions.into_iter().zip(done) {
            written[position] = Some(result);
        }
        Ok(written)
    }
}

/// Takes the content of a `Binary` out of its JSON: contents lie in the blob store.
fn unpack_content(draft: &mut Draft, index: usize) -> Result<(), Problem> {
    if draft.resource_type != resource_type::BINARY {
        return Ok(());
    }
    let Some(Value::Object(members)) = &mut draft.resource else { return Ok(()) };
    let Some(data) = members.get("data") else { return Ok(()) };
    let text = data.as_str().unwrap_or_default();
    // Line breaks are allowed and rare: a document is copied without them only when it has some.
    let has_blanks = text.bytes().any(|byte| byte.is_ascii_whitespace());
    let compact: Cow<'_, [u8]> = if has_blanks {
        text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect()
    } else {
        text.as_bytes().into()
    };
    let content = data_encoding::BASE64.decode(&compact).map_err(|error| {
        Problem::new(Kind::Unprocessable, "Ce contenu n'est pas du base64.", "This content is not base64.")
            .coded("value")
            .at(format!("Binary.data (draft {index})"))
            .expecting("base64 (RFC 4648)")
            .receiving(error.to_string())
    })?;
    if content.len() > limits::DOCUMENT_BYTES {
        return Err(Problem::new(Kind::TooLarge, "Document trop volumineux.", "Document too large.")
            .at("Binary.data")
            .expecting(format!("at most {} bytes (DOCUMENT_BYTES)", limits::DOCUMENT_BYTES))
            .receiving(format!("{} bytes", content.len())));
    }
    members.shift_remove("data");
    draft.content = Some(content);
    Ok(())
}

/// Drafts from which on they are checked on all cores.
const CHECKED_TOGETHER: usize = 128;
/// Issues of one act that are told; more would help nobody.
const ISSUES_TOLD: usize = 100;

/// Takes contents out and checks structure; every fault of every draft is told at once.
fn check_all(drafts: &mut [Draft], trust: Trust) -> Result<(), Problem> {
    let check = |(index, draft): (usize, &mut Draft)| {
        unpack_content(draft, index)?;
        match trust {
            Trust::Nobody => check_structure(draft),
            Trust::Lenient => {
                if let Err(problem) = check_structure(draft) {
                    let warnings = problem.issues.into_iter();
                    draft
                        .warnings
                        .extend(warnings.map(|issue| Issue { severity: Severity::Warning, ..issue }));
                }
                Ok(())
            }
            Trust::Ourselves => Ok(()),
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<Result<(), Problem>> = if drafts.len() < CHECKED_TOGETHER || cores == 1 {
        drafts.iter_mut().enumerate().map(check).collect()
    } else {
        let size = drafts.len().div_ceil(cores);
        std::thread::scope(|scope| {
            let parts: Vec<_> = drafts
                .chunks_mut(size)
                .enumerate()
                .map(|(part, drafts)| {
                    scope.spawn(move || {
                        let numbered = drafts.iter_mut().enumerate();
                        numbered.map(|(index, draft)| check((part * size + index, draft))).collect::<Vec<_>>()
                    })
                })
                .collect();
            let joined = parts.into_iter().map(|part| part.join());
            joined
                .flat_map(|part| part.unwrap_or_else(|_| vec![Err(Problem::internal("a check ended badly"))]))
                .collect()
        })
    };
    let mut problems = results.into_iter().filter_map(Result::err);
    let Some(mut first) = problems.next() else { return Ok(()) };
    for problem in problems.filter(|problem| problem.kind == Kind::Unprocessable) {
        first.issues.extend(problem.issues);
    }
    first.issues.truncate(ISSUES_TOLD);
    Err(first)
}

/// Structure against the base definitions; warnings stay with the draft.
fn check_structure(draft: &mut Draft) -> Result<(), Problem> {
    let (Some(resource), true) = (&draft.resource, draft.verb != Verb::Keep) else { return Ok(()) };
    let options = Options { mode: Mode::Lenient, ..Options::default() };
    let issues = check_with(resource, &[], &options);
    let (errors, warnings): (Vec<Issue>, Vec<Issue>) =
        issues.into_iter().partition(|issue| issue.severity == Severity::Error);
    if errors.is_empty() {
        draft.warnings.extend(warnings);
        return Ok(());
    }
    let errors = errors.into_iter().map(|issue| located(issue, draft)).collect();
    Err(Problem::with_issues(Kind::Unprocessable, errors))
}

/// Names the entry of the Bundle an issue is about.
fn located(mut issue: Issue, draft: &Draft) -> Issue {
    let type_name = draft.resource_type.name();
    if let (Some(entry), Some(rest)) = (draft.entry, issue.path.strip_prefix(type_name)) {
        issue.path = format!("Bundle.entry[{entry}].resource{rest}");
    }
    issue
}
