//! Reading: by id, by version, history, search.

use crate::bundle::{self, Entry};
use crate::interaction::{Answer, Prefer};
use crate::pipeline::Pipeline;
use bytes::Bytes;
use serde_json::{Value, json};
use socle_fhir::{Sketch, Summary};
use socle_gate::{Found, Search, Session};
use socle_kernel::{HomeId, Issue, Key, Kind, Problem, ResourceType, Words, limits, resource_type};
use std::collections::HashSet;

/// Resources one answer may include beside its matches.
const INCLUDED: usize = 1_000;
/// Rounds of `:iterate` includes.
const INCLUDE_ROUNDS: usize = 4;

impl Pipeline {
    pub(crate) async fn read(
        &self,
        session: &Session,
        resource_type: ResourceType,
        id: &str,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let Some(key) = session.resolve(resource_type, id).await? else {
            // The definitions of our own operations are made by the program, not stored.
            let served = (resource_type == resource_type::OPERATION_DEFINITION)
                .then(|| self.operations().served(id, &self.fhir_base()))
                .flatten();
            // So are the topics one can subscribe to.
            let is_basic = resource_type.name() == "Basic";
            let topic =
                || crate::subscriptions::topics::all().iter().find(|topic| is_basic && topic.id() == id);
            let served = served.or_else(|| topic().map(|topic| topic.to_basic()));
            return served.map(|definition| Answer::of(&definition)).ok_or_else(Problem::not_found);
        };
        let found = session.read(key).await?.ok_or_else(Problem::not_found)?;
        self.show(session, found, prefer).await
    }

    pub(crate) async fn read_version(
        &self,
        session: &Session,
        resource_type: ResourceType,
        id: &str,
        version: &str,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let number: u32 = version.parse().map_err(|_| Problem::not_found())?;
        let key = session.resolve(resource_type, id).await?.ok_or_else(Problem::not_found)?;
        let found = session.read_version(key, number).await?.ok_or_else(Problem::not_found)?;
        self.show(session, found, prefer).await
    }

    async fn show(&self, session: &Session, found: Found, prefer: Prefer) -> Result<Answer, Problem> {
        if found.deleted {
            return Err(Problem::new(
                Kind::Gone,
                "Cette ressource a été supprimée.",
                "This resource was deleted.",
            ));
        }
        let mut answer = Answer {
            status: 200,
            version: Some(found.version),
            last_updated: Some(found.last_updated),
            ..Answer::default()
        };
        if found.key.resource_type == resource_type::BINARY
            && let Some(content) = session.content(&found).await?
        {
            let resource = socle_fhir::json::parse(&found.body)?;
            if prefer.binary_as_resource {
                answer.body = Some(with_data(resource, &content));
            } else {
                let media_type = resource["contentType"].as_str().unwrap_or("application/octet-stream");
                answer.content = Some((media_type.to_owned(), content));
            }
            return Ok(answer);
        }
        answer.body = Some(found.body);
        Ok(answer)
    }

    pub(crate) async fn search(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let prepared = self.prepare(session, resource_type, params, prefer.is_lenient, 0).await?;
        let query = &prepared.query;
        let is_count = query.summary == Summary::Count || query.count == Some(0);
        let limit =
            if is_count { 0 } else { query.count.unwrap_or(limits::PAGE_DEFAULT).min(limits::PAGE_MAX) };
        let search = Search {
            resource_type,
            params,
            lenient: prefer.is_lenient,
            chains: &prepared.chains,
            place: prepared.place.clone(),
            limit,
        };
        let page = session.search(&search).await?;
        let base = self.fhir_base();
        let mut entries: Vec<Entry> =
            page.items.iter().map(|found| Entry::found(&base, found, "match")).collect();
        if !query.include.is_empty() || !query.revinclude.is_empty() {
            for found in self.included(session, query, &page.items).await? {
                entries.push(Entry::found(&base, &found, "include"));
            }
        }
        if query.summary != Summary::Whole || !query.elements.is_empty() {
            for entry in &mut entries {
                entry.resource = entry.resource.take().map(|body| subset(&body, query)).transpose()?;
            }
        }
        if !query.ignored.is_empty() {
            entries.push(ignored(&query.ignored));
        }
        let address = format!("{base}/{resource_type}");
        let kept: Vec<(String, String)> =
            params.iter().filter(|(name, _)| !query.ignored.contains(name)).cloned().collect();
        let mut links = vec![("self", with_query(&address, &kept))];
        if let Some(next) = &page.next {
            let mut params: Vec<(String, String)> =
                kept.into_iter().filter(|(name, _)| name != "_page").collect();
            params.push(("_page".into(), next.clone()));
            links.push(("next", with_query(&address, &params)));
        }
        let body = bundle::write("searchset", Some(page.total), session.now(), &links, &entries);
        Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
    }

    /// Resources that the matches refer to, or that refer to them, as the caller may see them.
    async fn included(
        &self,
        session: &Session,
        query: &socle_fhir::Query,
        matches: &[Found],
    ) -> Result<Vec<Found>, Problem> {
        let mut seen: HashSet<Key> = matches.iter().map(|found| found.key).collect();
        let mut included: Vec<Found> = Vec::new();
        let mut fresh: Vec<Found> = matches.to_vec();
        for round in 0..INCLUDE_ROUNDS {
            let mut next = Vec::new();
            for include in query.include.iter().filter(|include| round == 0 || include.iterate) {
                for found in fresh.iter().filter(|found| {
                    include.source_type.is_none_or(|wanted| found.key.resource_type == wanted)
                }) {
                    for reference in references(found, &include.code)? {
                        let Some((target, id)) = crate::owner::local(&reference) else { continue };
                        if include.target.is_some_and(|wanted| wanted != target) {
                            continue;
                        }
                        if let Some(key) = session.resolve(target, id).await?
                            && seen.insert(key)
                            && let Some(found) = session.read(key).await?.filter(|found| !found.deleted)
                        {
                            next.push(found);
                        }
                    }
                }
            }
            for include in query.revinclude.iter().filter(|include| round == 0 || include.iterate) {
                for found in &fresh {
                    next.extend(self.referring(session, include, found, &mut seen).await?);
                }
            }
            if next.is_empty() {
                break;
            }
            included.extend(next.iter().cloned());
            if included.len() > INCLUDED {
                return Err(Problem::new(
                    Kind::TooCostly,
                    "Cette recherche inclurait trop de ressources.",
                    "This search would include too many resources.",
                )
                .at("_include")
                .expecting(format!("at most {INCLUDED}")));
            }
            fresh = next;
        }
        Ok(included)
    }

    async fn referring(
        &self,
        session: &Session,
        include: &socle_fhir::Include,
        found: &Found,
        seen: &mut HashSet<Key>,
    ) -> Result<Vec<Found>, Problem> {
        let Some(source_type) = include.source_type else { return Ok(Vec::new()) };
        let reference = format!("{}/{}", found.key.resource_type, found.id);
        let params = [(include.code.clone(), reference)];
        let search = Search {
            resource_type: source_type,
            params: &params,
            lenient: false,
            chains: &[],
            place: socle_gate::Where::Homes(homes_around(found)),
            limit: limits::PAGE_MAX,
        };
        let page = session.search(&search).await?;
        Ok(page.items.into_iter().filter(|found| seen.insert(found.key)).collect())
    }
}

/// What refers to a resource lives in its home.
fn homes_around(found: &Found) -> Vec<HomeId> {
    vec![found.key.home]
}

fn references(found: &Found, param: &str) -> Result<Vec<String>, Problem> {
    let resource = socle_fhir::json::parse(&found.body)?;
    let indexed = socle_fhir::index(&resource, &[]);
    if param == "*" {
        return Ok(indexed.references);
    }
    let Some(parameter) = socle_fhir::parameter(found.key.resource_type, param) else {
        return Ok(Vec::new());
    };
    Ok(Sketch(&indexed.sketch).references(parameter.number).map(|reference| reference.to_string()).collect())
}

pub(crate) fn with_query(address: &str, params: &[(String, String)]) -> String {
    if params.is_empty() { address.to_owned() } else { format!("{address}?{}", bundle::query_text(params)) }
}

fn with_data(mut resource: Value, content: &[u8]) -> Bytes {
    resource["data"] = data_encoding::BASE64.encode(content).into();
    Bytes::from(socle_fhir::json::to_text(&resource))
}

/// A resource reduced to what `_summary` or `_elements` asked, marked as such.
fn subset(body: &Bytes, query: &socle_fhir::Query) -> Result<Bytes, Problem> {
    let mut resource = socle_fhir::json::parse(body)?;
    crate::subset::reduce(&mut resource, query);
    Ok(Bytes::from(socle_fhir::json::to_text(&resource)))
}

fn ignored(names: &[String]) -> Entry {
    let words = Words::new(
        format!("Paramètres inconnus, ignorés : {}.", names.join(", ")),
        format!("Unknown parameters, ignored: {}.", names.join(", ")),
    );
    let issue = Issue::warning("not-supported", "", words);
    let outcome = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "warning", "code": issue.code,
        "details": { "text": issue.text.en }, "diagnostics": issue.text.fr }] });
    Entry {
        full_url: String::new(),
        resource: Some(Bytes::from(socle_fhir::json::to_text(&outcome))),
        mode: Some("outcome"),
        more: None,
    }
}
