//! Writing: create, update, patch, delete; and the one way by which every plan becomes a commit.

use crate::interaction::{Answer, Patch, Prefer, Returned, Target};
use crate::owner::Links;
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb, Via};
use bytes::Bytes;
use serde_json::Value;
use socle_gate::{Change, DrawerWrite, Found, Session, Written};
use socle_kernel::{Issue, Key, Kind, Problem, ResourceType, Severity, Words, limits, resource_type};
use std::borrow::Cow;

/// How far a plan is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A caller's: everything is checked.
    Nobody,
    /// Made by this very program (the synthetic region): structure is not checked again.
    Ourselves,
}

impl Pipeline {
    pub(crate) async fn create(
        &self,
        session: &Session,
        resource_type: ResourceType,
        resource: Value,
        if_none_exist: Option<String>,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        same_type(resource_type, &resource)?;
        if let Some(condition) = if_none_exist {
            let params = crate::interaction::parse_query_text(&condition)?;
            match self.find_keys(session, resource_type, &params, 2).await?.as_slice() {
                [] => {}
                [(key, _)] => {
                    let found = session.read(*key).await?.ok_or_else(Problem::not_found)?;
                    return Ok(existing(found));
                }
                _ => return Err(several("If-None-Exist")),
            }
        }
        let mut plan = Plan::of(Draft::create(resource_type, resource));
        let written = self.execute(session, &mut plan, Trust::Nobody, Vec::new()).await?;
        Ok(self.written(&plan, 0, written.into_iter().next().flatten(), prefer))
    }

    pub(crate) async fn update(
        &self,
        session: &Session,
        target: Target,
        resource: Value,
        if_match: Option<u32>,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        same_type(target.resource_type(), &resource)?;
        for attempt in 1.. {
            let draft = self.draft_update(session, &target, resource.clone(), if_match).await?;
            let may_retry = !draft.is_version_named && attempt < limits::WRITE_RETRIES;
            let mut plan = Plan::of(draft);
            match self.execute(session, &mut plan, Trust::Nobody, Vec::new()).await {
                Err(problem) if problem.kind == Kind::VersionConflict && may_retry => session.refresh().await,
                Err(problem) => return Err(problem),
                Ok(written) => {
                    return Ok(self.written(&plan, 0, written.into_iter().next().flatten(), prefer));
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    pub(crate) async fn patch(
        &self,
        session: &Session,
        target: Target,
        patch: Patch,
        if_match: Option<u32>,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        for attempt in 1.. {
            let draft = self.draft_patch(session, &target, &patch, if_match).await?;
            let may_retry = !draft.is_version_named && attempt < limits::WRITE_RETRIES;
            let mut plan = Plan::of(draft);
            match self.execute(session, &mut plan, Trust::Nobody, Vec::new()).await {
                Err(problem) if problem.kind == Kind::VersionConflict && may_retry => session.refresh().await,
                Err(problem) => return Err(problem),
                Ok(written) => {
                    return Ok(self.written(&plan, 0, written.into_iter().next().flatten(), prefer));
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    pub(crate) async fn delete(
        &self,
        session: &Session,
        target: Target,
        if_match: Option<u32>,
    ) -> Result<Answer, Problem> {
        let draft = self.draft_delete(session, &target, if_match).await?;
        if draft.verb == Verb::Keep {
            return Ok(Answer { status: 204, ..Answer::default() });
        }
        let mut plan = Plan::of(draft);
        let written = self.execute(session, &mut plan, Trust::Nobody, Vec::new()).await?;
        let version = written.into_iter().next().flatten().map(|written| written.version);
        Ok(Answer { status: 204, version, ..Answer::default() })
    }

    /// The resource a target means as the caller may see it: `None` when no resource has this id yet.
    async fn current(&self, session: &Session, target: &Target) -> Result<Option<Found>, Problem> {
        let key = match target {
            Target::Id(resource_type, id) => session.resolve(*resource_type, id).await?,
            Target::Where(resource_type, params) => {
                match self.find_keys(session, *resource_type, params, 2).await?.as_slice() {
                    [] => None,
                    [(key, _)] => Some(*key),
                    _ => return Err(several("?")),
                }
            }
        };
        let Some(key) = key else { return Ok(None) };
        match session.peek(key).await? {
            Some(found) => Ok(Some(found)),
            // Reserved: referenced before it exists.
            None if !session.is_written(key).await? => Ok(None),
            None => Err(Problem::not_found()),
        }
    }

    pub(crate) async fn draft_update(
        &self,
        session: &Session,
        target: &Target,
        resource: Value,
        if_match: Option<u32>,
    ) -> Result<Draft, Problem> {
        if let Target::Id(_, id) = target {
            let named = resource["id"].as_str();
            if named != Some(id) {
                return Err(Problem::new(
                    Kind::Invalid,
                    "L'identifiant de la ressource doit être celui de l'adresse.",
                    "The id of the resource must be the one of the address.",
                )
                .at(format!("{}.id", target.resource_type()))
                .expecting(id.clone())
                .receiving(named.unwrap_or("(absent)")));
            }
        }
        let current = self.current(session, target).await?;
        match current {
            Some(found) => {
                check_version(if_match, found.version)?;
                let before = if found.deleted { None } else { Some(socle_fhir::json::parse(&found.body)?) };
                Ok(Draft {
                    verb: Verb::Update,
                    key: Some(found.key),
                    expected: found.version,
                    before,
                    is_version_named: if_match.is_some(),
                    ..Draft::create(target.resource_type(), resource)
                })
            }
            None => {
                if if_match.is_some() {
                    check_version(if_match, 0)?;
                }
                let alias = match target {
                    Target::Id(_, id) => Some(id.clone()),
                    Target::Where(..) => resource["id"].as_str().map(str::to_owned),
                };
                Ok(Draft { alias, is_version_named: true, ..Draft::create(target.resource_type(), resource) })
            }
        }
    }

    pub(crate) async fn draft_patch(
        &self,
        session: &Session,
        target: &Target,
        patch: &Patch,
        if_match: Option<u32>,
    ) -> Result<Draft, Problem> {
        let found = self.current(session, target).await?.ok_or_else(Problem::not_found)?;
        if found.deleted {
            return Err(Problem::new(
                Kind::Gone,
                "Cette ressource a été supprimée.",
                "This resource was deleted.",
            ));
        }
        check_version(if_match, found.version)?;
        let before = socle_fhir::json::parse(&found.body)?;
        let after = match patch {
            Patch::Json(patch) => socle_fhir::apply_json_patch(&before, patch)?,
            Patch::FhirPath(parameters) => socle_fhir::apply_fhirpath_patch(&before, parameters)?,
        };
        if after["id"] != before["id"] || after["resourceType"] != before["resourceType"] {
            return Err(Problem::new(
                Kind::Unprocessable,
                "Un patch ne change ni l'identifiant ni le type.",
                "A patch changes neither the id nor the type.",
            ));
        }
        let draft = Draft::update(found.key, found.version, before, after);
        Ok(Draft { via: Via::Patch, is_version_named: if_match.is_some(), ..draft })
    }

    pub(crate) async fn draft_delete(
        &self,
        session: &Session,
        target: &Target,
        if_match: Option<u32>,
    ) -> Result<Draft, Problem> {
        let found = match self.current(session, target).await? {
            Some(found) => found,
            None if matches!(target, Target::Where(..)) => {
                return Ok(Draft {
                    verb: Verb::Keep,
                    resource: None,
                    ..Draft::create(target.resource_type(), Value::Null)
                });
            }
            None => return Err(Problem::not_found()),
        };
        check_version(if_match, found.version)?;
        if found.deleted {
            return Ok(Draft {
                verb: Verb::Keep,
                resource: None,
                ..Draft::create(target.resource_type(), Value::Null)
            });
        }
        let before = socle_fhir::json::parse(&found.body)?;
        let draft = Draft::update(found.key, found.version, before, Value::Null);
        Ok(Draft { verb: Verb::Delete, resource: None, is_version_named: if_match.is_some(), ..draft })
    }

    /// Checks, completes, places, links and commits a plan: all or nothing. Gives back what was written, by draft.
    pub(crate) async fn execute(
        &self,
        session: &Session,
        plan: &mut Plan,
        trust: Trust,
        drawers: Vec<DrawerWrite>,
    ) -> Result<Vec<Option<Written>>, Problem> {
        self.settle_references(session, plan).await?;
        for index in 0..plan.drafts.len() {
            unpack_content(&mut plan.drafts[index], index)?;
            if trust == Trust::Nobody {
                check_structure(&mut plan.drafts[index])?;
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
        let links = Links::of(plan);
        let reserved = self.place(session, plan, &links).await?;
        self.link(session, plan, &links);
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
            changes.push(Change {
                key,
                expected: draft.expected,
                resource: draft.resource.clone(),
                content,
                owner: draft.owner.and_then(|owner| keys[owner]),
                alias: draft.alias.clone(),
            });
            positions.push(position);
        }
        let done = session.commit_with(changes, reserved, drawers).await?;
        let mut written: Vec<Option<Written>> = vec![None; plan.drafts.len()];
        for (position, result) in positions.into_iter().zip(done) {
            written[position] = Some(result);
        }
        Ok(written)
    }

    /// The answer to one write.
    fn written(&self, plan: &Plan, index: usize, written: Option<Written>, prefer: Prefer) -> Answer {
        let Some(written) = written else { return Answer { status: 200, ..Answer::default() } };
        let warnings = plan.drafts[index].warnings.clone();
        let body = match prefer.returned.unwrap_or(Returned::Representation) {
            Returned::Representation => Some(written.body.clone()),
            Returned::Minimal | Returned::Outcome => None,
        };
        Answer {
            status: if written.is_new { 201 } else { 200 },
            body,
            content: None,
            version: Some(written.version),
            last_updated: Some(written.last_updated),
            location: Some(format!(
                "{}/{}/_history/{}",
                written.key.resource_type, written.id, written.version
            )),
            warnings,
        }
    }
}

/// The answer to a conditional create that found its resource.
fn existing(found: Found) -> Answer {
    Answer {
        status: 200,
        version: Some(found.version),
        last_updated: Some(found.last_updated),
        location: Some(format!("{}/{}/_history/{}", found.key.resource_type, found.id, found.version)),
        body: Some(found.body),
        ..Answer::default()
    }
}

pub(crate) fn same_type(resource_type: ResourceType, resource: &Value) -> Result<(), Problem> {
    let named = resource["resourceType"].as_str().unwrap_or("(absent)");
    if named == resource_type.name() {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Invalid,
        "Le type de la ressource doit être celui de l'adresse.",
        "The type of the resource must be the one of the address.",
    )
    .coded("structure")
    .at("resourceType")
    .expecting(resource_type.name())
    .receiving(named))
}

fn check_version(wanted: Option<u32>, current: u32) -> Result<(), Problem> {
    match wanted {
        Some(wanted) if wanted != current => Err(Problem::new(
            Kind::VersionConflict,
            "La ressource a changé entre-temps. Relisez-la, puis recommencez avec sa version actuelle.",
            "The resource changed meanwhile. Read it again, then retry with its current version.",
        )
        .at("If-Match")
        .expecting(format!("W/\"{current}\""))
        .receiving(format!("W/\"{wanted}\""))),
        _ => Ok(()),
    }
}

pub(crate) fn several(place: &str) -> Problem {
    Problem::new(
        Kind::VersionConflict,
        "Cette condition désigne plusieurs ressources ; précisez-la.",
        "This condition means several resources; make it more precise.",
    )
    .coded("multiple-matches")
    .at(place)
    .expecting("at most 1")
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

/// Structure against the base definitions; warnings stay with the draft.
fn check_structure(draft: &mut Draft) -> Result<(), Problem> {
    let (Some(resource), true) = (&draft.resource, draft.verb != Verb::Keep) else { return Ok(()) };
    let issues = socle_fhir::check(resource);
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

/// A sentence for a Bundle entry whose address cannot be read.
pub(crate) fn bad_entry(index: usize, fr: &'static str, en: &'static str) -> Problem {
    let words = Words::new(fr, en);
    Problem::new(Kind::Invalid, words.fr, words.en).at(format!("Bundle.entry[{index}]"))
}
