//! Searches: of a type, of several types, of a compartment; and the Bundle that answers them.

use crate::bundle::{self, Entry};
use crate::interaction::{Answer, Prefer};
use crate::pipeline::Pipeline;
use bytes::Bytes;
use serde_json::json;
use socle_fhir::{Query, Summary, Total};
use socle_gate::{Part, Search, Session};
use socle_kernel::{Issue, Kind, Problem, ResourceType, Subject, Words, limits, resource_type};

impl Pipeline {
    /// `GET Type?…`.
    pub(crate) async fn search(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        session.check_scope(resource_type)?;
        let part = self.prepare(session, resource_type, params, prefer.is_lenient).await?;
        self.answer_search(session, resource_type.name(), &[part], params).await
    }

    /// `GET [base]?_type=…`.
    pub(crate) async fn search_system(
        &self,
        session: &Session,
        params: &[(String, String)],
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let (types, rest) = types_of(params)?;
        let types = match (types, &session.principal().subject) {
            (Some(types), _) => types,
            // One record is small enough to be looked through for every type.
            (None, Subject::Citizen(_)) => every_type(session),
            (None, _) => return Err(must_name_types()),
        };
        let mut parts = Vec::with_capacity(types.len());
        for resource_type in types {
            session.check_scope(resource_type)?;
            parts.push(self.prepare(session, resource_type, &rest, prefer.is_lenient).await?);
        }
        self.answer_search(session, "", &parts, params).await
    }

    /// Runs a search that is ready and writes its Bundle. `path` is its address relative to the base.
    pub(crate) async fn answer_search(
        &self,
        session: &Session,
        path: &str,
        parts: &[Part],
        params: &[(String, String)],
    ) -> Result<Answer, Problem> {
        let Some(first) = parts.first() else {
            return Ok(Answer::default());
        };
        let query = &first.query;
        let is_count = query.summary == Summary::Count || query.count == Some(0);
        let limit =
            if is_count { 0 } else { query.count.unwrap_or(limits::PAGE_DEFAULT).min(limits::PAGE_MAX) };
        let search = Search { parts, params, limit, page: query.page.as_deref() };
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
        let address = if path.is_empty() { base } else { format!("{base}/{path}") };
        let links = links(&address, query, params, page.next);
        // A total that nobody wants is not told; counting is what `_summary=count` is for.
        let is_total_wanted = is_count || !(query.total == Total::None && names_total(params));
        let total = is_total_wanted.then_some(page.total);
        let body = bundle::write("searchset", total, session.now(), &links, &entries);
        Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
    }
}

/// `self`, `first` and `next`. The address of a page holds its token; the others never do.
fn links(
    address: &str,
    query: &Query,
    params: &[(String, String)],
    next: Option<String>,
) -> Vec<(&'static str, String)> {
    let kept: Vec<(String, String)> =
        params.iter().filter(|(name, _)| !query.ignored.contains(name)).cloned().collect();
    let unpaged: Vec<(String, String)> = kept.iter().filter(|(name, _)| name != "_page").cloned().collect();
    let mut links = vec![("self", bundle::with_query(address, &kept))];
    let is_paged = next.is_some() || unpaged.len() < kept.len();
    if is_paged {
        links.push(("first", bundle::with_query(address, &unpaged)));
    }
    if let Some(next) = next {
        let mut params = unpaged;
        params.push(("_page".into(), next));
        links.push(("next", bundle::with_query(address, &params)));
    }
    links
}

fn names_total(params: &[(String, String)]) -> bool {
    params.iter().any(|(name, _)| name == "_total")
}

/// The types that `_type` names, and the other parameters.
type Types = (Option<Vec<ResourceType>>, Vec<(String, String)>);

pub(crate) fn types_of(params: &[(String, String)]) -> Result<Types, Problem> {
    let mut types: Option<Vec<ResourceType>> = None;
    let mut rest = Vec::with_capacity(params.len());
    for (name, value) in params {
        if name != "_type" {
            rest.push((name.clone(), value.clone()));
            continue;
        }
        let mut named = Vec::new();
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let found: ResourceType = name.parse().map_err(|_| unknown_type(name))?;
            if !named.contains(&found) {
                named.push(found);
            }
        }
        match &mut types {
            None => types = Some(named),
            Some(known) => known.retain(|known| named.contains(known)),
        }
    }
    Ok((types, rest))
}

/// Every type the token covers, but the log, which is searched alone.
fn every_type(session: &Session) -> Vec<ResourceType> {
    ResourceType::all()
        .filter(|found| *found != resource_type::AUDIT_EVENT && session.check_scope(*found).is_ok())
        .collect()
}

fn unknown_type(name: &str) -> Problem {
    Problem::new(Kind::Invalid, "Type de ressource inconnu en FHIR R4.", "Unknown resource type in FHIR R4.")
        .coded("not-supported")
        .at("_type")
        .receiving(name)
}

fn must_name_types() -> Problem {
    Problem::new(
        Kind::TooCostly,
        "Une recherche sans type doit les nommer : _type=Patient,Observation.",
        "A search without a type must name some: _type=Patient,Observation.",
    )
    .at("_type")
    .expecting("_type=<Type>[,<Type>…]")
}

/// A resource reduced to what `_summary` or `_elements` asked, marked as such.
fn subset(body: &Bytes, query: &Query) -> Result<Bytes, Problem> {
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
