//! Bundles given to `[base]`: `transaction` (all or nothing) and `batch` (each for itself).

use crate::bundle::{self, Entry};
use crate::interaction::{
    Address, Answer, Interaction, OperationInput, Patch, Prefer, Returned, Target, parse_if_match,
    parse_query_text,
};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb};
use crate::write::{Trust, bad_entry, same_type, several};
use bytes::Bytes;
use serde_json::{Value, json};
use socle_gate::{DrawerWrite, Session, Written};
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, limits};
use std::collections::HashSet;

/// An entry that only reads, answered after the commit.
struct Reading {
    entry: usize,
    interaction: Interaction,
}

impl Pipeline {
    pub(crate) async fn transaction(
        &self,
        session: &Session,
        bundle: Value,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        self.transact(session, bundle, prefer, Trust::Nobody, &|| Vec::new()).await
    }

    /// A transaction, with drawer entries in the same commit.
    pub(crate) async fn transact(
        &self,
        session: &Session,
        bundle: Value,
        prefer: Prefer,
        trust: Trust,
        drawers: &(dyn Fn() -> Vec<DrawerWrite> + Sync),
    ) -> Result<Answer, Problem> {
        let entries = entries(bundle)?;
        let count = entries.len();
        for attempt in 1.. {
            let (mut plan, readings) = self.plan_of(session, &entries).await?;
            let may_retry =
                attempt < limits::WRITE_RETRIES && plan.drafts.iter().all(|draft| !draft.is_version_named);
            match self.execute(session, &mut plan, trust, drawers()).await {
                Err(problem) if problem.kind == Kind::VersionConflict && may_retry => session.refresh().await,
                Err(problem) => return Err(self.located(problem, &plan)),
                Ok(written) => {
                    let mut answers: Vec<Option<Entry>> = (0..count).map(|_| None).collect();
                    for (draft, written) in plan.drafts.iter().zip(written) {
                        if let Some(entry) = draft.entry {
                            answers[entry] = Some(self.answer_entry(draft, written, prefer));
                        }
                    }
                    for reading in readings {
                        let answer = self.interact(session, reading.interaction, prefer).await?;
                        answers[reading.entry] = Some(entry_of(&answer));
                    }
                    let answers: Vec<Entry> = answers.into_iter().flatten().collect();
                    let body = bundle::write("transaction-response", None, session.now(), &[], &answers);
                    return Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() });
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Names the entry a problem is about, when the plan has several.
    fn located(&self, mut problem: Problem, plan: &Plan) -> Problem {
        let writes = plan.drafts.iter().filter(|draft| draft.entry.is_some()).count();
        if writes > 1 {
            for issue in &mut problem.issues {
                let type_name = issue.path.split(['.', '[']).next().unwrap_or("");
                let of_type: Vec<&Draft> =
                    plan.drafts.iter().filter(|draft| draft.resource_type.name() == type_name).collect();
                if let [draft] = of_type.as_slice()
                    && let Some(entry) = draft.entry
                {
                    let rest = &issue.path[type_name.len()..];
                    issue.path = format!("Bundle.entry[{entry}].resource{rest}");
                }
            }
        }
        problem
    }

    async fn plan_of(&self, session: &Session, entries: &[Value]) -> Result<(Plan, Vec<Reading>), Problem> {
        let mut plan = Plan::default();
        let mut readings = Vec::new();
        let mut full_urls = HashSet::new();
        let mut targets = HashSet::new();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(full_url) = entry["fullUrl"].as_str()
                && !full_urls.insert(full_url)
            {
                return Err(bad_entry(
                    index,
                    "Deux entrées ont la même fullUrl.",
                    "Two entries have the same fullUrl.",
                )
                .receiving(full_url));
            }
            match parse_entry(entry, index)? {
                Parsed::Read(Interaction::Operation { name, level, .. })
                    if self.operations().affects_state(&name, &level) =>
                {
                    return Err(bad_entry(
                        index,
                        "Une opération qui modifie des données ne s'écrit pas dans une transaction.",
                        "An operation that changes data has no place in a transaction.",
                    )
                    .receiving(format!("{}/${name}", level.path())));
                }
                Parsed::Read(interaction) => readings.push(Reading { entry: index, interaction }),
                Parsed::Write(interaction) => {
                    let mut draft = self.draft_of(session, interaction, index).await?;
                    draft.entry = Some(index);
                    draft.full_url = entry["fullUrl"].as_str().map(str::to_owned);
                    if let Some(key) = draft.key
                        && draft.verb != Verb::Keep
                        && !targets.insert(key)
                    {
                        return Err(bad_entry(
                            index,
                            "Deux entrées écrivent la même ressource.",
                            "Two entries write the same resource.",
                        ));
                    }
                    plan.drafts.push(draft);
                }
            }
        }
        Ok((plan, readings))
    }

    async fn draft_of(
        &self,
        session: &Session,
        interaction: Interaction,
        index: usize,
    ) -> Result<Draft, Problem> {
        match interaction {
            Interaction::Create { resource_type, resource, if_none_exist } => {
                same_type(resource_type, &resource)?;
                if let Some(condition) = if_none_exist {
                    let params = parse_query_text(&condition)?;
                    match self.find_keys(session, resource_type, &params, 2).await?.as_slice() {
                        [] => {}
                        [(key, id)] => {
                            return Ok(Draft {
                                verb: Verb::Keep,
                                key: Some(*key),
                                resource: None,
                                before: Some(json!({ "id": id })),
                                ..Draft::create(resource_type, Value::Null)
                            });
                        }
                        _ => return Err(several(&format!("Bundle.entry[{index}].request.ifNoneExist"))),
                    }
                }
                Ok(Draft::create(resource_type, resource))
            }
            Interaction::Update { target, resource, if_match } => {
                same_type(target.resource_type(), &resource)?;
                self.draft_update(session, &target, resource, if_match).await
            }
            Interaction::Patch { target, patch, if_match } => {
                self.draft_patch(session, &target, &patch, if_match).await
            }
            Interaction::Delete { target, if_match } => self.draft_delete(session, &target, if_match).await,
            _ => Err(bad_entry(
                index,
                "Cette opération ne s'écrit pas dans un Bundle.",
                "This interaction has no place in a Bundle.",
            )),
        }
    }

    fn answer_entry(&self, draft: &Draft, written: Option<Written>, prefer: Prefer) -> Entry {
        let mut response = json!({});
        let mut resource = None;
        match written {
            Some(written) => {
                let status = match draft.verb {
                    Verb::Delete => "204 No Content",
                    _ if written.is_new => "201 Created",
                    _ => "200 OK",
                };
                response["status"] = status.into();
                response["location"] =
                    format!("{}/{}/_history/{}", written.key.resource_type, written.id, written.version)
                        .into();
                response["etag"] = format!("W/\"{}\"", written.version).into();
                response["lastModified"] = written.last_updated.to_string().into();
                if !draft.warnings.is_empty() {
                    response["outcome"] = outcome(&draft.warnings, prefer.lang);
                }
                if prefer.returned == Some(Returned::Representation) && !written.body.is_empty() {
                    resource = Some(written.body);
                }
            }
            None => {
                response["status"] = if draft.key.is_some() { "200 OK" } else { "204 No Content" }.into();
                if let Some(id) = draft.before.as_ref().and_then(|before| before["id"].as_str()) {
                    response["location"] = format!("{}/{id}", draft.resource_type).into();
                }
            }
        }
        Entry { full_url: String::new(), resource, mode: None, more: Some(json!({ "response": response })) }
    }

    pub(crate) async fn batch(
        &self,
        session: &Session,
        bundle: Value,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let entries = entries(bundle)?;
        let mut answers = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let result = match parse_entry(entry, index) {
                Ok(Parsed::Read(interaction)) => self.interact(session, interaction, prefer).await,
                Ok(Parsed::Write(interaction)) => {
                    let minimal = Prefer { returned: prefer.returned.or(Some(Returned::Minimal)), ..prefer };
                    self.interact(session, interaction, minimal).await
                }
                Err(problem) => Err(problem),
            };
            answers.push(match result {
                Ok(answer) => entry_of(&answer),
                Err(problem) => problem_entry(&problem, prefer.lang),
            });
        }
        let body = bundle::write("batch-response", None, session.now(), &[], &answers);
        Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
    }
}

fn entries(mut bundle: Value) -> Result<Vec<Value>, Problem> {
    let entries = match bundle["entry"].take() {
        Value::Array(entries) => entries,
        Value::Null => Vec::new(),
        _ => {
            return Err(Problem::new(Kind::Invalid, "entry doit être une liste.", "entry must be a list.")
                .coded("structure")
                .at("Bundle.entry"));
        }
    };
    if entries.len() > limits::BUNDLE_ENTRIES {
        return Err(Problem::new(
            Kind::TooLarge,
            "Ce Bundle a trop d'entrées.",
            "This Bundle has too many entries.",
        )
        .at("Bundle.entry")
        .expecting(format!("at most {} (BUNDLE_ENTRIES)", limits::BUNDLE_ENTRIES))
        .receiving(entries.len().to_string()));
    }
    Ok(entries)
}

enum Parsed {
    Read(Interaction),
    Write(Interaction),
}

/// One entry as an interaction.
fn parse_entry(entry: &Value, index: usize) -> Result<Parsed, Problem> {
    let request = &entry["request"];
    let place = |name: &str| format!("Bundle.entry[{index}].request.{name}");
    let missing = |name: &str| {
        Problem::new(
            Kind::Invalid,
            "Chaque entrée dit sa méthode et son adresse.",
            "Every entry says its method and address.",
        )
        .coded("required")
        .at(place(name))
    };
    let method = request["method"].as_str().ok_or_else(|| missing("method"))?;
    let url = request["url"].as_str().ok_or_else(|| missing("url"))?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let params = parse_query_text(query)?;
    let address = Address::parse(path).map_err(|problem| problem.at(place("url")))?;
    let resource = || match &entry["resource"] {
        Value::Null => {
            Err(bad_entry(index, "Cette entrée demande une ressource.", "This entry needs a resource.")
                .coded("required"))
        }
        resource => Ok(resource.clone()),
    };
    let if_match = request["ifMatch"].as_str().map(parse_if_match).transpose()?;
    let target = || match &address {
        Address::Instance(resource_type, id) => Ok(Target::Id(*resource_type, id.clone())),
        Address::Type(resource_type) if !params.is_empty() => {
            Ok(Target::Where(*resource_type, params.clone()))
        }
        _ => Err(bad_entry(
            index,
            "L'adresse doit désigner une ressource.",
            "The address must mean one resource.",
        )
        .expecting("Type/id | Type?…")),
    };
    Ok(match (method, &address) {
        ("GET" | "HEAD", Address::Metadata) => Parsed::Read(Interaction::Capabilities),
        ("GET" | "HEAD", Address::Instance(resource_type, id)) => {
            Parsed::Read(Interaction::Read { resource_type: *resource_type, id: id.clone() })
        }
        ("GET" | "HEAD", Address::Version(resource_type, id, version)) => {
            Parsed::Read(Interaction::VersionRead {
                resource_type: *resource_type,
                id: id.clone(),
                version: version.clone(),
            })
        }
        ("GET" | "HEAD", Address::History(resource_type, id)) => {
            Parsed::Read(Interaction::History { resource_type: *resource_type, id: id.clone(), params })
        }
        ("GET" | "HEAD", Address::Type(resource_type)) => {
            Parsed::Read(Interaction::Search { resource_type: *resource_type, params })
        }
        ("GET" | "HEAD" | "POST", Address::Operation(level, name)) => {
            let body = if method == "POST" { entry.get("resource").cloned() } else { None };
            Parsed::Read(Interaction::Operation {
                name: name.clone(),
                level: level.clone(),
                input: OperationInput { query: params, body },
                is_get: method != "POST",
            })
        }
        ("POST", Address::Type(resource_type)) => Parsed::Write(Interaction::Create {
            resource_type: *resource_type,
            resource: resource()?,
            if_none_exist: request["ifNoneExist"].as_str().map(str::to_owned),
        }),
        ("PUT", _) => {
            Parsed::Write(Interaction::Update { target: target()?, resource: resource()?, if_match })
        }
        ("PATCH", _) => {
            let patch = patch_of(&resource()?, index)?;
            Parsed::Write(Interaction::Patch { target: target()?, patch, if_match })
        }
        ("DELETE", _) => Parsed::Write(Interaction::Delete { target: target()?, if_match }),
        _ => {
            return Err(bad_entry(
                index,
                "Cette méthode n'a pas de sens à cette adresse.",
                "This method makes no sense at this address.",
            )
            .at(place("method"))
            .expecting("GET | POST | PUT | PATCH | DELETE")
            .receiving(format!("{method} {url}")));
        }
    })
}

/// A patch inside a Bundle: `Parameters` (FHIRPath Patch), or a `Binary` of JSON Patch.
fn patch_of(resource: &Value, index: usize) -> Result<Patch, Problem> {
    match resource["resourceType"].as_str() {
        Some("Parameters") => Ok(Patch::FhirPath(resource.clone())),
        Some("Binary") => {
            let data = resource["data"].as_str().unwrap_or_default();
            let bytes = data_encoding::BASE64.decode(data.as_bytes()).map_err(|_| {
                bad_entry(index, "Ce patch n'est pas du base64.", "This patch is not base64.")
            })?;
            Ok(Patch::Json(socle_fhir::json::parse(&bytes)?))
        }
        other => Err(bad_entry(
            index,
            "Un patch est un Parameters ou un Binary.",
            "A patch is a Parameters or a Binary.",
        )
        .expecting("Parameters | Binary (application/json-patch+json)")
        .receiving(other.unwrap_or("(absent)"))),
    }
}

fn entry_of(answer: &Answer) -> Entry {
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
    let resource = match (&answer.body, &answer.content) {
        (Some(body), _) => Some(body.clone()),
        (None, Some((media_type, content))) => {
            let binary = json!({ "resourceType": "Binary", "contentType": media_type, "data": data_encoding::BASE64.encode(content) });
            Some(Bytes::from(socle_fhir::json::to_text(&binary)))
        }
        _ => None,
    };
    Entry { full_url: String::new(), resource, mode: None, more: Some(json!({ "response": response })) }
}

fn problem_entry(problem: &Problem, lang: Lang) -> Entry {
    let response =
        json!({ "status": status_line(problem.kind.status()), "outcome": outcome(&problem.issues, lang) });
    Entry { full_url: String::new(), resource: None, mode: None, more: Some(json!({ "response": response })) }
}

fn status_line(status: u16) -> String {
    let words = match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
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
