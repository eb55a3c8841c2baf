//! Single writes: create, update, patch, delete, by id or by condition; and their answers.

use crate::conditions::Overlay;
use crate::execute::Trust;
use crate::interaction::{Answer, Existing, Interaction, Patch, Prefer, Returned, Target};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb};
use bytes::Bytes;
use serde_json::Value;
use socle_gate::{Found, Session, Written};
use socle_kernel::{Issue, Kind, Problem, ResourceType, Severity, Words, limits};

/// A write as it was asked, beside its resource.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// `POST Type`.
    Create {
        /// Type in the address.
        resource_type: ResourceType,
        /// The search that must find nothing.
        if_none_exist: Option<Vec<(String, String)>>,
    },
    /// `PUT Type/id` or `PUT Type?…`.
    Update {
        /// Which.
        target: Target,
        /// Version named by `If-Match`.
        if_match: Option<u32>,
        /// Whether there may or must be one already.
        existing: Existing,
    },
    /// `PATCH Type/id` or `PATCH Type?…`.
    Patch {
        /// Which.
        target: Target,
        /// How.
        patch: Patch,
        /// Version named by `If-Match`.
        if_match: Option<u32>,
    },
    /// `DELETE Type/id` or `DELETE Type?…`.
    Delete {
        /// Which.
        target: Target,
        /// Version named by `If-Match`.
        if_match: Option<u32>,
    },
}

impl Asked {
    /// The search this write depends on, when it does.
    pub(crate) fn condition(&self) -> Option<(ResourceType, &[(String, String)])> {
        match self {
            Asked::Create { resource_type, if_none_exist } => {
                Some((*resource_type, if_none_exist.as_deref()?))
            }
            Asked::Update { target, .. } | Asked::Patch { target, .. } | Asked::Delete { target, .. } => {
                match target {
                    Target::Where(resource_type, params) => Some((*resource_type, params)),
                    Target::Id(..) => None,
                }
            }
        }
    }

    /// Its type.
    pub(crate) fn resource_type(&self) -> ResourceType {
        match self {
            Asked::Create { resource_type, .. } => *resource_type,
            Asked::Update { target, .. } | Asked::Patch { target, .. } | Asked::Delete { target, .. } => {
                target.resource_type()
            }
        }
    }

    /// The interaction this is, with its resource.
    pub(crate) fn interaction(self, resource: Option<Value>) -> Interaction {
        let resource = resource.unwrap_or(Value::Null);
        match self {
            Asked::Create { resource_type, if_none_exist } => {
                let if_none_exist = if_none_exist.map(|params| crate::bundle::query_text(&params));
                Interaction::Create { resource_type, resource, if_none_exist }
            }
            Asked::Update { target, if_match, existing } => {
                Interaction::Update { target, resource, if_match, existing }
            }
            Asked::Patch { target, patch, if_match } => Interaction::Patch { target, patch, if_match },
            Asked::Delete { target, if_match } => Interaction::Delete { target, if_match },
        }
    }

    /// True when another write may come between: the resource is then needed a second time.
    pub(crate) fn may_race(&self) -> bool {
        match self {
            Asked::Create { if_none_exist, .. } => if_none_exist.is_some(),
            Asked::Update { if_match, .. }
            | Asked::Patch { if_match, .. }
            | Asked::Delete { if_match, .. } => if_match.is_none(),
        }
    }
}

impl Pipeline {
    /// Answers a single write. One that lost a race is tried again, unless the caller named a version.
    pub(crate) async fn write(
        &self,
        session: &Session,
        asked: Asked,
        mut resource: Option<Value>,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        for attempt in 1.. {
            let may_retry = asked.may_race() && attempt < limits::WRITE_RETRIES;
            let given = if may_retry { resource.clone() } else { resource.take() };
            let drafts = self.drafts(session, &asked, given, &Overlay::default()).await?;
            if let Some(answer) = self.without_change(session, &asked, &drafts, prefer).await? {
                return Ok(answer);
            }
            let mut plan = Plan::default();
            plan.drafts = drafts;
            match self.execute(session, &mut plan, Trust::Nobody, Vec::new()).await {
                Err(problem) if may_retry && lost_a_race(&problem) => session.refresh().await,
                Err(problem) => return Err(problem),
                Ok(written) => {
                    let first = written.into_iter().next().flatten();
                    return Ok(match asked {
                        Asked::Delete { .. } => deleted(first.as_ref(), plan.drafts.len(), prefer),
                        _ => self.written(&plan, 0, first, prefer),
                    });
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// The answer to a write that has nothing to do: a conditional create that found its resource, a deletion of nothing.
    async fn without_change(
        &self,
        session: &Session,
        asked: &Asked,
        drafts: &[Draft],
        prefer: Prefer,
    ) -> Result<Option<Answer>, Problem> {
        let [Draft { verb: Verb::Keep, key, .. }] = drafts else { return Ok(None) };
        Ok(Some(match (asked, key) {
            (Asked::Create { .. }, Some(key)) => {
                let found = session.read(*key).await?.ok_or_else(Problem::not_found)?;
                existing(found, prefer)
            }
            _ => deleted(None, 0, prefer),
        }))
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
fn existing(found: Found, prefer: Prefer) -> Answer {
    let shows = prefer.returned.is_none_or(|returned| returned == Returned::Representation);
    Answer {
        status: 200,
        version: Some(found.version),
        last_updated: Some(found.last_updated),
        location: Some(format!("{}/{}/_history/{}", found.key.resource_type, found.id, found.version)),
        body: shows.then_some(found.body),
        ..Answer::default()
    }
}

/// The answer to a deletion.
fn deleted(written: Option<&Written>, count: usize, prefer: Prefer) -> Answer {
    let version = written.filter(|_| count == 1).map(|written| written.version);
    if prefer.returned == Some(Returned::Outcome) {
        let words =
            Words::new(format!("Ressources supprimées : {count}."), format!("Resources deleted: {count}."));
        let mut issue = Issue::warning("informational", "", words);
        issue.severity = Severity::Information;
        let outcome = crate::transaction::outcome(&[issue], prefer.lang);
        let body = Some(Bytes::from(socle_fhir::json::to_text(&outcome)));
        return Answer { status: 200, version, body, ..Answer::default() };
    }
    Answer { status: 204, version, ..Answer::default() }
}

/// True when another write came first and looking again may help: a new version, or the place of a chosen id.
pub(crate) fn lost_a_race(problem: &Problem) -> bool {
    let is_store = problem.issues.iter().all(|issue| issue.code == "conflict");
    is_store && matches!(problem.kind, Kind::VersionConflict | Kind::Conflict)
}

/// A sentence for a Bundle entry whose address cannot be read.
pub(crate) fn bad_entry(index: usize, fr: &'static str, en: &'static str) -> Problem {
    let words = Words::new(fr, en);
    Problem::new(Kind::Invalid, words.fr, words.en).at(format!("Bundle.entry[{index}]"))
}
