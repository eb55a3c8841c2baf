//! One page of the hits: put in order, cut out, read and traced.

use super::{Hit, Page, Search, Where, query_text};
use crate::audit::Deed;
use crate::decide::Reason;
use crate::facts::basis;
use crate::gate::problem;
use crate::search::Found;
use crate::session::Session;
use socle_kernel::{Key, Problem};
use socle_store::Version;
use std::cmp::Ordering;

/// Hits in the order of a page: by what was asked, then newest key first.
pub(crate) fn order(one: (&[u8], Key), other: (&[u8], Key)) -> Ordering {
    one.0.cmp(other.0).then(other.1.cmp(&one.1))
}

impl Session {
    /// Cuts the page out of the hits, reads its bodies and traces it.
    pub(super) async fn page(&self, search: &Search<'_>, mut hits: Vec<Hit>) -> Result<Page, Problem> {
        if search.parts.len() > 1 {
            // Found by two ways, shown once.
            hits.sort_unstable_by_key(|hit| hit.key);
            hits.dedup_by_key(|hit| hit.key);
        }
        let total = hits.len() as u64;
        let place = |hit: &Hit| -> (Vec<u8>, Key) { (hit.sort.clone(), hit.key) };
        if let Some(token) = search.page {
            let (sort, key) = self.read_token(token)?;
            hits.retain(|hit| order((&hit.sort, hit.key), (&sort, key)).is_gt());
        }
        let by_place = |one: &Hit, other: &Hit| order((&one.sort, one.key), (&other.sort, other.key));
        let has_more = hits.len() > search.limit;
        if has_more {
            // Only what is on the page is put in order.
            hits.select_nth_unstable_by(search.limit, by_place);
            hits.truncate(search.limit);
        }
        hits.sort_unstable_by(by_place);
        let next = hits.last().filter(|_| has_more).map(place).map(|(sort, key)| self.token(&sort, key));
        let about = about(search);
        let text = query_text(search.params);
        let mut items = Vec::with_capacity(hits.len());
        for (hit, version) in self.bodies(&hits).await? {
            let deed = if hit.reason == Reason::Identity { Deed::Identify } else { Deed::Search };
            let number = version.version;
            if let Some(found) = self.found_hit(hit, version).await? {
                self.trace(hit.key.home, deed, basis(hit.reason), Some((hit.key, number)), about, &text);
                items.push(found);
            }
        }
        if items.is_empty() {
            self.trace_empty(search, about, &text, total).await?;
        }
        Ok(Page { items, total, next })
    }

    /// A search that shows no resource is noted in each home it looked into.
    async fn trace_empty(
        &self,
        search: &Search<'_>,
        about: &'static str,
        text: &str,
        total: u64,
    ) -> Result<(), Problem> {
        let mut homes = Vec::new();
        for part in search.parts {
            if let Where::Homes(named) = &part.place {
                homes.extend(named.iter().copied().filter(|home| !home.is_shared()));
            }
        }
        homes.sort();
        homes.dedup();
        for home in homes {
            let (standing, _) = self.standing(home).await?;
            self.trace_count(home, standing.relation.code(), about, text, total);
        }
        Ok(())
    }

    /// The bodies of a page, all from one view of the data; what went away meanwhile is left out.
    async fn bodies<'a>(&self, hits: &'a [Hit]) -> Result<Vec<(&'a Hit, Version)>, Problem> {
        let mut snapshot = self.snapshot().await?;
        let mut bodies = Vec::with_capacity(hits.len());
        for hit in hits {
            if let Some(version) = snapshot.version(hit.key, hit.version).await.map_err(problem)? {
                bodies.push((hit, version));
            }
        }
        Ok(bodies)
    }

    pub(crate) async fn found_hit(&self, hit: &Hit, version: Version) -> Result<Option<Found>, Problem> {
        let Some(body) = self.seen_body(hit.key, version.body).await? else { return Ok(None) };
        Ok(Some(Found {
            key: hit.key,
            id: self.id_of(hit),
            version: version.version,
            deleted: version.deleted,
            last_updated: version.last_updated,
            labels: hit.labels,
            is_current: true,
            content: version.blob,
            body,
        }))
    }
}

/// The type that the log names; several together are none.
fn about(search: &Search<'_>) -> &'static str {
    match search.parts {
        [part] => part.query.resource_type.name(),
        _ => "",
    }
}
