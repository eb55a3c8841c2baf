//! A whole record in one contiguous scan of its home, as one caller may see it: for `$everything` and its like.

use crate::audit::Deed;
use crate::decide::{Act, Decision, Reason, Relation, Standing};
use crate::facts::{basis, decide_facts, refusal};
use crate::gate::problem;
use crate::search::{Found, too_costly};
use crate::session::Session;
use socle_fhir::Sketch;
use socle_kernel::{HomeId, Instant, Key, Problem, ResourceType, Subject, limits, resource_type};
use socle_store::{Row, Scan, Scanned, Visit};

/// What is known of a resource of a home before it is read.
pub struct Glance<'a> {
    /// Its key.
    pub key: Key,
    /// Its search values.
    pub sketch: Sketch<'a>,
    /// When its current version was written.
    pub last_updated: Instant,
}

impl<'a> Glance<'a> {
    fn of(row: &'a Row) -> Self {
        Glance { key: row.key, sketch: Sketch(&row.sketch), last_updated: row.last_updated }
    }
}

/// A resource that a scan chose and the caller may see.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Its key.
    pub key: Key,
    reason: Reason,
}

impl Session {
    /// Every current resource of a home that `keep` wants and the caller may see, in the order of keys, which never
    /// changes. Contents (`Binary`) are no part of it: they are read at their own addresses.
    ///
    /// Refused aloud when the caller has no business in this home: that says nothing of what it holds.
    pub async fn whole(
        &self,
        home: HomeId,
        keep: &(dyn Fn(&Glance<'_>) -> bool + Sync),
    ) -> Result<Vec<Seen>, Problem> {
        let mut seen = Vec::new();
        self.glance(home, None, &mut |glance, reason| {
            if keep(glance) {
                seen.push(Seen { key: glance.key, reason });
            }
        })
        .await?;
        Ok(seen)
    }

    /// Shows `each` the search values of every current resource of a home that the caller may see, of one type or of all.
    /// Nothing is read: the trace says how many were looked at.
    pub async fn glance_at(
        &self,
        home: HomeId,
        resource_type: Option<ResourceType>,
        each: &mut (dyn FnMut(&Glance<'_>) + Send),
    ) -> Result<(), Problem> {
        let mut count = 0;
        self.glance(home, resource_type, &mut |glance, _| {
            count += 1;
            each(glance);
        })
        .await?;
        let (standing, _) = self.standing(home).await?;
        let about = resource_type.unwrap_or(resource_type::PATIENT);
        self.trace_count(home, standing.relation.code(), about.name(), "", count);
        Ok(())
    }

    /// As [`Session::glance_at`] over all homes, for programs. Bounded by `SCAN_ROWS`.
    pub async fn glance_at_all(
        &self,
        resource_type: ResourceType,
        each: &mut (dyn FnMut(&Glance<'_>) + Send),
    ) -> Result<(), Problem> {
        if !matches!(self.principal.subject, Subject::System(_)) {
            return Err(refusal(Reason::NoRelation));
        }
        let names = self.names().await?;
        let asker = self.asker(&names);
        let standing = Standing { relation: Relation::System, refused: None };
        let scan = Scan {
            home: None,
            resource_type: Some(resource_type),
            newest_first: false,
            with_deleted: false,
            after: None,
            budget: limits::SCAN_ROWS,
        };
        let mut count = 0;
        let scanned = {
            let mut snapshot = self.snapshot().await?;
            snapshot
                .scan(scan, &mut |row| {
                    if decide_facts(&asker, standing, Act::Read, row, self).is_allowed() {
                        count += 1;
                        each(&Glance::of(row));
                    }
                    Visit::Next
                })
                .await
                .map_err(problem)?
        };
        if scanned == Scanned::OutOfBudget {
            return Err(too_costly());
        }
        self.trace_count(HomeId::PLATFORM, Relation::System.code(), resource_type.name(), "", count);
        Ok(())
    }

    async fn glance(
        &self,
        home: HomeId,
        resource_type: Option<ResourceType>,
        each: &mut (dyn FnMut(&Glance<'_>, Reason) + Send),
    ) -> Result<(), Problem> {
        let (standing, _) = self.standing(home).await?;
        if let Some(reason) = standing.refused {
            self.trace_refusal(home, Deed::Search, reason, resource_type::PATIENT.name());
            return Err(refusal(reason));
        }
        let hidden = self.hidden_in(home).await?;
        let names = self.names().await?;
        let asker = self.asker(&names);
        let items =
            socle_fhir::parameter(resource_type::LIST, "item").map_or(0, |parameter| parameter.number);
        // A submission set of which every document is hidden is hidden too.
        let is_empty_list = |row: &Row| {
            let sketch = Sketch(&row.sketch);
            let mut references = sketch.references(items).peekable();
            row.key.resource_type == resource_type::LIST
                && references.peek().is_some()
                && references.all(|reference| hidden.references.contains(&reference.to_string()))
        };
        let scan = Scan {
            home: Some(home),
            resource_type,
            newest_first: false,
            with_deleted: false,
            after: None,
            budget: usize::MAX,
        };
        let mut snapshot = self.snapshot().await?;
        snapshot
            .scan(scan, &mut |row| {
                if row.key.resource_type != resource_type::BINARY
                    && let Decision::Allow(reason) = decide_facts(&asker, standing, Act::Read, row, self)
                    && !is_empty_list(row)
                {
                    each(&Glance::of(row), reason);
                }
                Visit::Next
            })
            .await
            .map_err(problem)?;
        Ok(())
    }

    /// Reads what a scan chose, and traces it.
    pub async fn read_seen(&self, seen: &[Seen], about: ResourceType) -> Result<Vec<Found>, Problem> {
        let mut rows = Vec::with_capacity(seen.len());
        {
            let mut snapshot = self.snapshot().await?;
            for one in seen {
                let Some(row) = snapshot.row(one.key).await.map_err(problem)? else { continue };
                if let Some(version) = snapshot.version(one.key, row.version).await.map_err(problem)? {
                    rows.push((one.reason, row, version));
                }
            }
        }
        let mut found = Vec::with_capacity(rows.len());
        for (reason, row, version) in rows {
            if let Some(resource) = self.found(&row, version).await? {
                let entity = Some((row.key, row.version));
                self.trace(row.key.home, Deed::Search, basis(reason), entity, about.name(), "");
                found.push(resource);
            }
        }
        Ok(found)
    }
}
