//! Bundles given to `[base]`: `transaction` (all or nothing) and `batch` (each for itself).

use crate::bundle;
use crate::conditions::Overlay;
use crate::entries::{self, Act, Entry, Reading};
use crate::execute::Trust;
use crate::interaction::{Answer, Interaction, Prefer, Returned};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb};
use crate::write::{Asked, bad_entry, lost_a_race};
use bytes::Bytes;
use serde_json::{Value, json};
use socle_gate::{DrawerWrite, Session, Written};
use socle_kernel::{Instant, Issue, Lang, Problem, limits};
use std::collections::HashSet;

/// The resources of a transaction as text, to be read again when it is tried again.
type Texts = Vec<Option<Vec<u8>>>;

impl Pipeline {
    pub(crate) async fn transaction(
        &self,
        session: &Session,
        bundle: Value,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let Transacted { entries, plan, written } =
            self.transact(session, bundle, Trust::Nobody, &|| Vec::new()).await?;
        self.answer_transaction(session, &entries, &plan, written, prefer).await
    }

    /// A transaction, with drawer entries in the same commit.
    ///
    /// The resources are held once: they go from the Bundle into drafts, from drafts into what is written. Only one that may
    /// have to be tried again keeps their text beside them.
    pub(crate) async fn transact(
        &self,
        session: &Session,
        bundle: Value,
        trust: Trust,
        drawers: &(dyn Fn() -> Vec<DrawerWrite> + Sync),
    ) -> Result<Transacted, Problem> {
        let profiles: Vec<String> = bundle["meta"]["profile"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|profile| profile.as_str().map(str::to_owned))
            .collect();
        let mut entries = self.read_entries(bundle)?;
        let questions = entries::questions(&entries);
        let _turns = self.turns().take(&questions).await;
        if !questions.is_empty() {
            // What somebody wrote while this one waited counts.
            session.refresh().await;
        }
        let texts = kept_texts(&entries);
        for attempt in 1.. {
            let mut plan = self.plan_of(session, &mut entries, profiles.clone()).await?;
            self.rehearse(session, &entries, &plan).await?;
            let is_free = plan.drafts.iter().all(|draft| !draft.is_version_named);
            let may_retry = is_free && attempt < limits::WRITE_RETRIES && texts.is_some();
            match self.execute(session, &mut plan, trust, drawers()).await {
                Err(problem) if may_retry && lost_a_race(&problem) => {
                    session.refresh().await;
                    read_again(&mut entries, texts.as_ref())?;
                }
                Err(problem) => return Err(located(problem, &plan)),
                Ok(written) => return Ok(Transacted { entries, plan, written }),
            }
        }
        unreachable!("the loop ends by returning")
    }

    fn read_entries(&self, bundle: Value) -> Result<Vec<Entry>, Problem> {
        let base = self.fhir_base();
        let taken = entries::take(bundle)?;
        let mut read = Vec::with_capacity(taken.len());
        let mut full_urls = HashSet::new();
        for (position, entry) in taken.into_iter().enumerate() {
            let entry = entries::read(entry, position, &base)?;
            if let Some(full_url) = &entry.full_url
                && !full_urls.insert(full_url.clone())
            {
                return Err(bad_entry(
                    position,
                    "Deux entrées ont la même fullUrl.",
                    "Two entries have the same fullUrl.",
                )
                .coded("duplicate")
                .receiving(full_url));
            }
            read.push(entry);
        }
        Ok(read)
    }

    /// The plan of a transaction: conditions are answered in the order deletions, creations, changes, each in the state
    /// that those before it leave; the drafts stand in the caller's order.
    async fn plan_of(
        &self,
        session: &Session,
        entries: &mut [Entry],
        profiles: Vec<String>,
    ) -> Result<Plan, Problem> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|position| entries[*position].act.turn());
        let mut overlay = Overlay::on(entries::asked_types(entries));
        let mut targets = HashSet::new();
        // Drafts are numbered as they are made, and put in the caller's order at the end.
        let mut made: Vec<Draft> = Vec::with_capacity(entries.len());
        for position in order {
            let entry = &mut entries[position];
            let Act::Write { asked, resource } = &mut entry.act else { continue };
            let drafts = self.drafts(session, asked, resource.take(), &overlay).await;
            for draft in drafts.map_err(|problem| in_entry(problem, position, asked))? {
                if draft.verb != Verb::Keep {
                    let id = draft.alias.clone().map(|id| Target::Id(draft.resource_type, id));
                    let mut written = [draft.key.map(Target::Key), id].into_iter().flatten();
                    if written.any(|target| !targets.insert(target)) {
                        return Err(overlapping(position));
                    }
                }
                let draft = Draft { entry: Some(position), full_url: entry.full_url.clone(), ..draft };
                overlay.add(made.len(), &draft);
                made.push(draft);
            }
        }
        Ok(Plan::of_bundle(in_order_of_entries(made), profiles))
    }

    /// A reading entry that cannot be answered fails the transaction before anything is written.
    async fn rehearse(&self, session: &Session, entries: &[Entry], plan: &Plan) -> Result<(), Problem> {
        for entry in entries {
            let Act::Read(reading) = &entry.act else { continue };
            let failed =
                |problem: Problem| problem.at(format!("Bundle.entry[{}].request.url", entry.position));
            match &reading.interaction {
                Interaction::Operation { name, level, .. }
                    if self.operations().affects_state(name, level) =>
                {
                    return Err(bad_entry(
                        entry.position,
                        "Une opération qui modifie des données ne s'écrit pas dans une transaction.",
                        "An operation that changes data has no place in a transaction.",
                    )
                    .receiving(format!("{}/${name}", level.path())));
                }
                Interaction::Search { resource_type, params } => {
                    self.prepare(session, *resource_type, params, false).await.map_err(failed)?;
                }
                Interaction::Read { resource_type, id } => {
                    let is_made = plan.find(&format!("{resource_type}/{id}")).is_some();
                    let key = session.resolve(*resource_type, id).await?;
                    let is_there = match key {
                        Some(key) => session.peek(key).await?.is_some(),
                        None => false,
                    };
                    if !is_made && !is_there {
                        return Err(failed(Problem::not_found()));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn answer_transaction(
        &self,
        session: &Session,
        entries: &[Entry],
        plan: &Plan,
        written: Vec<Option<Written>>,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let mut answers: Vec<Option<bundle::Entry>> = (0..entries.len()).map(|_| None).collect();
        for (index, draft) in plan.drafts.iter().enumerate() {
            if let Some(entry) = draft.entry.filter(|entry| answers[*entry].is_none()) {
                answers[entry] = Some(answer_entry(
                    draft,
                    written[index].as_ref(),
                    draft.same_as.and_then(|other| written[other].as_ref()),
                    prefer,
                ));
            }
        }
        for entry in entries {
            if let Act::Read(reading) = &entry.act {
                // What this transaction wrote is written: a reading that fails now tells so itself.
                answers[entry.position] = Some(self.answer_reading(session, reading, prefer).await);
            }
        }
        let answers: Vec<bundle::Entry> = answers.into_iter().flatten().collect();
        let body = bundle::write("transaction-response", None, session.now(), &[], &answers);
        Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
    }

    async fn answer_reading(&self, session: &Session, reading: &Reading, prefer: Prefer) -> bundle::Entry {
        // Within a Bundle a content is a resource like any other.
        let prefer = Prefer { binary_as_resource: true, ..prefer };
        let answer = self.interact(session, reading.interaction.clone(), prefer).await;
        let shaped = answer.and_then(|answer| {
            if reading.held.is_current(&answer) {
                return Ok(Answer { status: 304, body: None, ..answer });
            }
            let answer = crate::subset::shape(answer, &reading.shape, prefer.is_lenient)?;
            Ok(if reading.is_head { Answer { body: None, ..answer } } else { answer })
        });
        match shaped {
            Ok(answer) => entry_of(answer, prefer.lang),
            Err(problem) => problem_entry(&problem, prefer.lang),
        }
    }

    pub(crate) async fn batch(
        &self,
        session: &Session,
        bundle: Value,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let base = self.fhir_base();
        let taken = entries::take(bundle)?;
        let mut answers = Vec::with_capacity(taken.len());
        for (position, entry) in taken.into_iter().enumerate() {
            answers.push(match entries::read(entry, position, &base) {
                Ok(Entry { act: Act::Read(reading), .. }) => {
                    self.answer_reading(session, &reading, prefer).await
                }
                Ok(Entry { act: Act::Write { asked, resource }, .. }) => {
                    let minimal = Prefer { returned: prefer.returned.or(Some(Returned::Minimal)), ..prefer };
                    match self.interact(session, asked.interaction(resource), minimal).await {
                        Ok(answer) => entry_of(answer, prefer.lang),
                        Err(problem) => problem_entry(&problem, prefer.lang),
                    }
                }
                Err(problem) => problem_entry(&problem, prefer.lang),
            });
        }
        let body = bundle::write("batch-response", None, session.now(), &[], &answers);
        Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
    }
}

/// A transaction after its commit.
pub(crate) struct Transacted {
    /// The entries, without the resources they brought.
    pub entries: Vec<Entry>,
    /// The drafts.
    pub plan: Plan,
    /// What was written, by draft.
    pub written: Vec<Option<Written>>,
}

/// What a draft writes, to see that no two write the same.
#[derive(PartialEq, Eq, Hash)]
enum Target {
    Key(socle_kernel::Key),
    Id(socle_kernel::ResourceType, String),
}

/// The drafts by entry; what a draft says of another follows.
fn in_order_of_entries(made: Vec<Draft>) -> Vec<Draft> {
    let mut order: Vec<usize> = (0..made.len()).collect();
    order.sort_by_key(|index| made[*index].entry);
    let mut place = vec![0; made.len()];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let mut drafts: Vec<Option<Draft>> = made.into_iter().map(Some).collect();
    let ordered = order.into_iter().filter_map(|old| drafts[old].take());
    ordered.map(|draft| Draft { same_as: draft.same_as.map(|other| place[other]), ..draft }).collect()
}

/// The resources as text, when any of the writes may have to be tried again.
fn kept_texts(entries: &[Entry]) -> Option<Texts> {
    let may_race =
        entries.iter().any(|entry| matches!(&entry.act, Act::Write { asked, .. } if asked.may_race()));
    let text = |entry: &Entry| match &entry.act {
        Act::Write { resource: Some(resource), .. } => Some(socle_fhir::json::to_text(resource)),
        _ => None,
    };
    may_race.then(|| entries.iter().map(text).collect())
}

fn read_again(entries: &mut [Entry], texts: Option<&Texts>) -> Result<(), Problem> {
    for (entry, text) in entries.iter_mut().zip(texts.into_iter().flatten()) {
        if let (Act::Write { resource, .. }, Some(text)) = (&mut entry.act, text) {
            *resource = Some(socle_fhir::json::parse(text)?);
        }
    }
    Ok(())
}

/// A problem of one entry, with its place.
fn in_entry(mut problem: Problem, position: usize, asked: &Asked) -> Problem {
    for issue in &mut problem.issues {
        issue.path = match issue.path.as_str() {
            "" => format!("Bundle.entry[{position}]"),
            "If-None-Exist" => format!("Bundle.entry[{position}].request.ifNoneExist"),
            "If-Match" => format!("Bundle.entry[{position}].request.ifMatch"),
            "If-None-Match" => format!("Bundle.entry[{position}].request.ifNoneMatch"),
            "?" => format!("Bundle.entry[{position}].request.url"),
            path => {
                let name = asked.resource_type().name();
                match path.strip_prefix(name) {
                    Some(rest) => format!("Bundle.entry[{position}].resource{rest}"),
                    None => format!("Bundle.entry[{position}]: {path}"),
                }
            }
        };
    }
    problem
}

fn overlapping(position: usize) -> Problem {
    crate::drafts::overlapping().at(format!("Bundle.entry[{position}]"))
}

/// Names the entry a problem is about, when the plan has several.
fn located(mut problem: Problem, plan: &Plan) -> Problem {
    let writes = plan.drafts.iter().filter(|draft| draft.entry.is_some()).count();
    if writes > 1 {
        for issue in &mut problem.issues {
            let type_name = issue.path.split(['.', '[']).next().unwrap_or("");
            let mut of_type = plan.drafts.iter().filter(|draft| draft.resource_type.name() == type_name);
            if let (Some(draft), None) = (of_type.next(), of_type.next())
                && let Some(entry) = draft.entry
            {
                let rest = &issue.path[type_name.len()..];
                issue.path = format!("Bundle.entry[{entry}].resource{rest}");
            }
        }
    }
    problem
}

fn answer_entry(
    draft: &Draft,
    written: Option<&Written>,
    same: Option<&Written>,
    prefer: Prefer,
) -> bundle::Entry {
    let mut response = json!({});
    let mut resource = None;
    match (written, same) {
        (Some(written), _) => {
            response["status"] = match draft.verb {
                Verb::Delete => "204 No Content",
                _ if written.is_new => "201 Created",
                _ => "200 OK",
            }
            .into();
            if draft.verb != Verb::Delete {
                response["location"] = location(written).into();
            }
            response["etag"] = format!("W/\"{}\"", written.version).into();
            response["lastModified"] = written.last_updated.to_string().into();
            if !draft.warnings.is_empty() {
                response["outcome"] = outcome(&draft.warnings, prefer.lang);
            } else if prefer.returned == Some(Returned::Outcome) {
                response["outcome"] = stored(prefer.lang);
            }
            if prefer.returned == Some(Returned::Representation) && !written.body.is_empty() {
                resource = Some(written.body.clone());
            }
        }
        (None, Some(same)) => {
            response["status"] = "200 OK".into();
            response["location"] = location(same).into();
            response["etag"] = format!("W/\"{}\"", same.version).into();
            response["lastModified"] = same.last_updated.to_string().into();
        }
        (None, None) => {
            response["status"] = if draft.key.is_some() { "200 OK" } else { "204 No Content" }.into();
            if let Some(id) = draft.before.as_ref().and_then(|before| before["id"].as_str()) {
                response["location"] = format!("{}/{id}", draft.resource_type).into();
            }
        }
    }
    bundle::Entry {
        full_url: String::new(),
        resource,
        mode: None,
        more: Some(json!({ "response": response })),
    }
}

fn location(written: &Written) -> String {
    format!("{}/{}/_history/{}", written.key.resource_type, written.id, written.version)
}

/// `Prefer: return=OperationOutcome` of a write without warnings.
pub fn stored(lang: Lang) -> Value {
    json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "information", "code": "informational",
        "details": { "text": lang.pick("Enregistré.", "Stored.") } }] })
}

fn entry_of(answer: Answer, lang: Lang) -> bundle::Entry {
    let mut response = json!({ "status": status_line(answer.status) });
    if let Some(location) = &answer.location {
        response["location"] = location.clone().into();
    }
    if let Some(version) = answer.version {
        response["etag"] = format!("W/\"{version}\"").into();
    }
    if let Some(at) = answer.last_updated {
        response["lastModified"] = Instant::to_string(&at).into();
    }
    if !answer.warnings.is_empty() {
        response["outcome"] = outcome(&answer.warnings, lang);
    }
    bundle::Entry {
        full_url: String::new(),
        resource: answer.body,
        mode: None,
        more: Some(json!({ "response": response })),
    }
}

fn problem_entry(problem: &Problem, lang: Lang) -> bundle::Entry {
    let response =
        json!({ "status": status_line(problem.kind.status()), "outcome": outcome(&problem.issues, lang) });
    bundle::Entry {
        full_url: String::new(),
        resource: None,
        mode: None,
        more: Some(json!({ "response": response })),
    }
}

fn status_line(status: u16) -> String {
    let words = match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Payload Too Large",
        422 => "Unprocessable Entity",
        _ => return status.to_string(),
    };
    format!("{status} {words}")
}

/// Issues as an `OperationOutcome`, in the caller's language.
pub fn outcome(issues: &[Issue], lang: Lang) -> Value {
    let issues: Vec<Value> = issues
        .iter()
        .map(|issue| {
            let mut value = json!({
                "severity": issue.severity.code(),
                "code": issue.code,
                "details": { "text": issue.text.in_lang(lang) },
            });
            let mut diagnostics = Vec::new();
            if let Some(expected) = &issue.expected {
                diagnostics.push(format!("{}: {expected}", lang.pick("attendu", "expected")));
            }
            if let Some(received) = &issue.received {
                diagnostics.push(format!("{}: {received}", lang.pick("reçu", "received")));
            }
            if !diagnostics.is_empty() {
                value["diagnostics"] = diagnostics.join("; ").into();
            }
            if !issue.path.is_empty() {
                value["expression"] = json!([issue.path]);
            }
            value
        })
        .collect();
    json!({ "resourceType": "OperationOutcome", "issue": issues })
}
