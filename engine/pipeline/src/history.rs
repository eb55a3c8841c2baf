//! Histories: of a resource, of a type, of everything a caller may see.

use crate::bundle::{self, Entry, with_query};
use crate::interaction::Answer;
use crate::pipeline::Pipeline;
use bytes::Bytes;
use serde_json::json;
use socle_fhir::date::FhirDate;
use socle_gate::{Found, History, Session};
use socle_kernel::{Instant, Kind, Problem, ResourceType, limits, resource_type};

impl Pipeline {
    pub(crate) async fn history(
        &self,
        session: &Session,
        resource_type: ResourceType,
        id: &str,
        params: &[(String, String)],
    ) -> Result<Answer, Problem> {
        let asked = asked(params)?;
        let before = asked.page.as_deref().map(number).transpose()?;
        session.check_scope(resource_type)?;
        let key = session.resolve(resource_type, id).await?.ok_or_else(Problem::not_found)?;
        let is_whole = asked.since.is_none() && asked.at.is_none();
        // Without a bound on time one page is read; with one, every version is looked at.
        let limit = if is_whole { asked.limit + 1 } else { limits::HISTORY_STEPS };
        let mut versions =
            session.history(key, before.filter(|_| is_whole), limit).await?.ok_or_else(Problem::not_found)?;
        if !is_whole {
            let mut until = None;
            versions.retain(|found| asked.asks(found.last_updated, until.replace(found.last_updated)));
            versions.retain(|found| before.is_none_or(|before| found.version < before));
        }
        let has_more = versions.len() > asked.limit;
        versions.truncate(asked.limit);
        let next = versions.last().filter(|_| has_more).map(|last| last.version.to_string());
        let total = (before.is_none() && !has_more).then_some(versions.len() as u64);
        Ok(self.page_of_history(session, &format!("{resource_type}/{id}/"), params, &versions, next, total))
    }

    pub(crate) async fn history_of(
        &self,
        session: &Session,
        resource_type: Option<ResourceType>,
        params: &[(String, String)],
    ) -> Result<Answer, Problem> {
        if resource_type == Some(resource_type::AUDIT_EVENT) {
            return Err(Problem::new(
                Kind::NotOffered,
                "Les lignes du journal ne changent pas : cherchez-les (GET AuditEvent?…).",
                "The lines of the log never change: search them (GET AuditEvent?…).",
            )
            .expecting("GET, POST"));
        }
        let history = History { resource_type, ..asked(params)? };
        let page = session.history_of(&history).await?;
        let total = (history.page.is_none() && page.next.is_none()).then_some(page.items.len() as u64);
        let path = resource_type.map(|of_type| format!("{of_type}/")).unwrap_or_default();
        Ok(self.page_of_history(session, &path, params, &page.items, page.next, total))
    }

    fn page_of_history(
        &self,
        session: &Session,
        path: &str,
        params: &[(String, String)],
        versions: &[Found],
        next: Option<String>,
        total: Option<u64>,
    ) -> Answer {
        let base = self.fhir_base();
        let address = format!("{base}/{path}_history");
        let kept: Vec<(String, String)> = params
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "_format" | "_pretty"))
            .cloned()
            .collect();
        let mut links = vec![("self", with_query(&address, &kept))];
        if let Some(next) = next {
            let mut params: Vec<_> = kept.into_iter().filter(|(name, _)| name != "_page").collect();
            params.push(("_page".to_owned(), next));
            links.push(("next", with_query(&address, &params)));
        }
        let entries: Vec<Entry> = versions.iter().map(|found| self.history_entry(&base, found)).collect();
        let body = bundle::write("history", total, session.now(), &links, &entries);
        Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() }
    }

    fn history_entry(&self, base: &str, found: &Found) -> Entry {
        let name = format!("{}/{}", found.key.resource_type, found.id);
        // An id that is no enciphered key was chosen by the client, who wrote the resource there with PUT.
        let is_chosen = self.gate().cipher().open(&found.id) != Some(found.key);
        let (method, status) = match (found.deleted, found.version) {
            (true, _) => ("DELETE", "204 No Content"),
            (false, 1) if is_chosen => ("PUT", "201 Created"),
            (false, 1) => ("POST", "201 Created"),
            _ => ("PUT", "200 OK"),
        };
        let url = if method == "POST" { found.key.resource_type.name().to_owned() } else { name.clone() };
        Entry {
            full_url: format!("{base}/{name}"),
            resource: (!found.deleted).then(|| found.body.clone()),
            mode: None,
            more: Some(json!({
                "request": { "method": method, "url": url },
                "response": { "status": status, "location": format!("{name}/_history/{}", found.version),
                    "etag": format!("W/\"{}\"", found.version), "lastModified": found.last_updated.to_string() },
            })),
        }
    }
}

/// What the parameters of a history ask for.
fn asked(params: &[(String, String)]) -> Result<History, Problem> {
    let mut history = History { limit: limits::PAGE_DEFAULT, ..History::default() };
    for (name, value) in params {
        match name.as_str() {
            "_count" => {
                let count = usize::try_from(number(value).map_err(|problem| problem.at("_count"))?);
                history.limit = count.unwrap_or(limits::PAGE_MAX).clamp(1, limits::PAGE_MAX);
            }
            "_since" => history.since = Some(Instant(date(name, value)?.start)),
            "_at" => {
                let date = date(name, value)?;
                history.at = Some((Instant(date.start), Instant(date.end - 1)));
            }
            "_page" => history.page = Some(value.clone()),
            "_format" | "_pretty" => {}
            other => {
                return Err(Problem::new(
                    Kind::Invalid,
                    "Paramètre inconnu pour un historique.",
                    "Unknown parameter for a history.",
                )
                .coded("not-supported")
                .at(other.to_owned())
                .expecting("_count, _since, _at, _page, _format, _pretty"));
            }
        }
    }
    Ok(history)
}

fn number(value: &str) -> Result<u32, Problem> {
    value.parse().map_err(|_| {
        Problem::new(Kind::Invalid, "Un nombre est attendu.", "A number is expected.")
            .at("_page")
            .receiving(value)
    })
}

fn date(name: &str, value: &str) -> Result<FhirDate, Problem> {
    FhirDate::parse(value).ok_or_else(|| {
        Problem::new(Kind::Invalid, "Une date est attendue.", "A date is expected.")
            .coded("value")
            .at(name.to_owned())
            .expecting("2026-11-21T20:15:00.123Z, 2026-11-21, 2026-11, 2026")
            .receiving(value)
    })
}
