//! Searching the audit log as `AuditEvent`: the lines of our own log, and the events that other systems sent.

use crate::audit::Deed;
use crate::facts::refusal;
use crate::gate::problem;
use crate::search::{Found, Page, Search, Where, newest_first, query_text, too_costly};
use crate::session::Session;
use socle_fhir::{Query, RowFacts, Sketch, parse_query};
use socle_kernel::{HomeId, Problem, Subject, limits};

impl Session {
    /// Searches the log as `AuditEvent`.
    pub(crate) async fn search_log(&self, search: &Search<'_>) -> Result<Page, Problem> {
        let query = parse_query(search.resource_type, search.params, search.lenient)?;
        let mut hits: Vec<(Vec<u8>, Found)> = Vec::new();
        let mut looked_at = 0;
        let homes: Vec<Option<HomeId>> = match &search.place {
            Where::Homes(homes) => homes.iter().copied().map(Some).collect(),
            Where::Keys(keys) => {
                let mut hits = Vec::new();
                for key in keys {
                    hits.extend(self.read(*key).await?);
                }
                let total = hits.len() as u64;
                return Ok(Page { items: hits, total, next: None });
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
                    let event = socle_fhir::json::parse(&found.body)?;
                    let indexed = socle_fhir::index(&event, &[]);
                    let sketch = Sketch(&indexed.sketch);
                    let facts = RowFacts { id: Some(&found.id), last_updated: found.last_updated };
                    if query.matches(&sketch, &facts) {
                        let mut sort = query.sort_key(&sketch, &facts);
                        if sort.is_empty() {
                            sort = newest_first(found.last_updated);
                        }
                        hits.push((sort, found));
                    }
                }
            }
        }
        hits.extend(self.sent_events(search, &query).await?);
        hits.sort_by(|one, two| one.0.cmp(&two.0).then(two.1.key.cmp(&one.1.key)));
        let total = hits.len() as u64;
        let start = match &query.page {
            Some(token) => {
                let (sort, key) = self.read_token(token)?;
                hits.partition_point(|hit| hit.0.cmp(&sort).then(key.cmp(&hit.1.key)).is_le())
            }
            None => 0,
        };
        let end = hits.len().min(start + search.limit);
        let next = (end < hits.len() && end > start).then(|| {
            let sort = data_encoding::BASE64URL_NOPAD.encode(&hits[end - 1].0);
            format!("{sort}.{}", hits[end - 1].1.id)
        });
        let items = hits.drain(start..end).map(|hit| hit.1).collect();
        Ok(Page { items, total, next })
    }

    /// `AuditEvent`s that other systems sent, which are resources like any other.
    async fn sent_events(
        &self,
        search: &Search<'_>,
        query: &Query,
    ) -> Result<Vec<(Vec<u8>, Found)>, Problem> {
        let mut found = Vec::new();
        for hit in self.hits(search, query).await? {
            let stored = {
                let mut snapshot = self.snapshot().await?;
                match snapshot.row(hit.key).await.map_err(problem)? {
                    Some(row) => snapshot
                        .version(hit.key, row.version)
                        .await
                        .map_err(problem)?
                        .map(|version| (row, version)),
                    None => None,
                }
            };
            if let Some((row, version)) = stored
                && let Some(event) = self.found(&row, version).await?
            {
                found.push((hit.sort, event));
            }
        }
        Ok(found)
    }
}
