//! Into which homes a search may look at all.

use crate::audit::Deed;
use crate::decide::{Act, Reason};
use crate::facts::{refusal, see_row};
use crate::gate::problem;
use crate::session::Session;
use socle_kernel::{HomeId, Key, Problem, Subject};

impl Session {
    /// Those of these resources that the caller may know of.
    pub async fn seen(&self, keys: &[Key]) -> Result<Vec<Key>, Problem> {
        let rows = {
            let mut snapshot = self.snapshot().await?;
            snapshot.rows(keys).await.map_err(problem)?
        };
        let mut seen = Vec::with_capacity(rows.len());
        for row in rows.iter().filter(|row| !row.deleted) {
            if self.decide_row(row, Act::Read).await?.is_allowed()
                && !self.hidden_in(row.key.home).await?.keys.contains(&row.key)
            {
                seen.push(row.key);
            }
        }
        Ok(seen)
    }

    /// The home that a search names by the resource it belongs to. Whoever is not there, or is not for the caller to know,
    /// reads like a person without a relation to them: refused aloud, the same for both. A program is told that nothing was
    /// found instead (`None`).
    pub async fn enter(&self, key: Option<Key>) -> Result<Option<HomeId>, Problem> {
        if matches!(self.principal.subject, Subject::System(_)) {
            return Ok(key.map(|key| key.home));
        }
        let row = match key {
            Some(key) => {
                let mut snapshot = self.snapshot().await?;
                snapshot.row(key).await.map_err(problem)?
            }
            None => None,
        };
        if let Some(row) = row {
            let names = self.names().await?;
            let (standing, _) = self.standing(row.key.home).await?;
            if see_row(&self.asker(&names), standing, &row, self).is_allowed() {
                return Ok(Some(row.key.home));
            }
            self.trace_refusal(row.key.home, Deed::Search, Reason::NoRelation, row.key.resource_type.name());
        }
        Err(refusal(Reason::NoRelation))
    }
}
