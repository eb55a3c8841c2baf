//! Searching the audit log as `AuditEvent`: the lines of our own log, and the events that other systems sent.

use crate::audit::Deed;
use crate::facts::refusal;
use crate::gate::problem;
use crate::search::{Found, Page, Part, Search, Where, newest_first, order, query_text, too_costly};
use crate::session::Session;
use socle_fhir::{Query, RowFacts, Sketch};
use socle_kernel::{HomeId, Problem, Subject, limits};

impl Session {
    /// Searches the log as `AuditEvent`.
    pub(crate) async fn search_log(&self, search: &Search<'_>, part: &Part) -> Result<Page, Problem> {
        let query = &part.query;
        let mut hits: Vec<(Vec<u8>, Found)> = Vec::new();
        let mut looked_at = 0;
        let homes: Vec<Option<HomeId>> = match &part.place {
            Where::Homes(homes) => homes.iter().copied().map(Some).collect(),
            Where::Keys(keys) => {
                for key in keys {
                    if let Some(found) = self.read(*key).await? {
                        hits.extend(event_hit(query, found)?);
                    }
                }
                Vec::new()
            }
            Where::All if matches!(self.principal.subject, Subject::System(_)) => vec![None],
            Where::All => return Err(too_costly()),
        };
        for home in homes {
            if let Some(home) = home {
                let (standing, _) = self.standing(home).await?;
                if let Some(reason) = standing.refused {
                    self.trace_refusal(home, Deed::ReadLog, reason, "AuditEvent");
                    return Err(refusal(reason));
                }
                self.trace(
                    home,
                    Deed::ReadLog,
                    standing.relation.code(),
                    None,
                    "AuditEvent",
                    &query_text(search.params),
                );
            }
            let (mut before, mut from) = (None, 0u64);
            loop {
                let lines = {
                    let mut snapshot = self.snapshot().await?;
                    match home {
                        Some(home) => snapshot.audit(home, before, limits::PAGE_MAX).await,
                        None => snapshot.audit_from(from, limits::PAGE_MAX).await,
                    }
                    .map_err(problem)?
                };
                looked_at += lines.len();
                if looked_at > limits::SCAN_ROWS {
                    return Err(too_costly());
                }
                let Some(last) = lines.last() else { break };
                (before, from) = (Some(last.seq), last.number + 1);
                for line in &lines {
                    let key = crate::audit::event_key(line.home, line.seq);
                    let Some(found) = self.log_line(key, line.entry.as_deref()).await? else { continue };
                    hits.extend(event_hit(query, found)?);
                }
            }
        }
        if !matches!(part.place, Where::Keys(_)) {
            hits.extend(self.sent_events(part).await?);
        }
        hits.sort_by(|one, two| order((&one.0, one.1.key), (&two.0, two.1.key)));
        let total = hits.len() as u64;
        let start = match search.page {
            Some(token) => {
                let (sort, key) = self.read_token(token)?;
                hits.partition_point(|hit| order((&hit.0, hit.1.key), (&sort, key)).is_le())
            }
            None => 0,
        };
        let end = hits.len().min(start + search.limit);
        let last = (end < hits.len() && end > start).then(|| &hits[end - 1]);
        let next = last.map(|(sort, found)| self.token(sort, found.key));
        let items = hits.drain(start..end).map(|hit| hit.1).collect();
        Ok(Page { items, total, next })
    }

    /// `AuditEvent`s that other systems sent, which are resources like any other.
    async fn sent_events(&self, part: &Part) -> Result<Vec<(Vec<u8>, Found)>, Problem> {
        let mut found = Vec::new();
        for hit in self.hits(part).await? {
            let version = {
                let mut snapshot = self.snapshot().await?;
                snapshot.version(hit.key, hit.version).await.map_err(problem)?
            };
            if let Some(version) = version
                && let Some(event) = self.found_hit(&hit, version).await?
            {
                found.push((hit.sort, event));
            }
        }
        Ok(found)
    }
}

/// An event with its place in the order, when it answers the query.
fn event_hit(query: &Query, found: Found) -> Result<Option<(Vec<u8>, Found)>, Problem> {
    let event = socle_fhir::json::parse(&found.body)?;
    let indexed = socle_fhir::index(&event, &[]);
    let sketch = Sketch(&indexed.sketch);
    let facts = RowFacts { id: Some(&found.id), last_updated: found.last_updated };
    if !query.matches(&sketch, &facts) {
        return Ok(None);
    }
    let sort =
        if query.is_sorted() { query.sort_key(&sketch, &facts) } else { newest_first(found.last_updated) };
    Ok(Some((sort, found)))
}
