//! Histories of a type or of everything, through the gate: of each version that a caller may see, and of nothing else.
//!
//! A citizen's history is that of the record that is open: its rows are walked. Programs, and professionals in the
//! directory, walk the change feed from its end. Every version is decided by its resource as it is now, so that hiding a
//! resource hides its past and its deletion with it.

use crate::audit::Deed;
use crate::decide::{self, Act, Decision, Reason, Relation, Standing};
use crate::facts::{basis, decide_facts, owner_of, refusal};
use crate::gate::problem;
use crate::search::{Found, too_costly};
use crate::session::Session;
use socle_kernel::{HomeId, Instant, Key, Kind, Problem, ResourceType, Seq, Subject, limits, resource_type};
use socle_store::{FeedStep, Row, Scan, Visit};
use std::collections::HashMap;

/// Steps of the feed that are read at once.
const STEPS: usize = 1_000;

/// Which versions.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Of this type; of every type when none.
    pub resource_type: Option<ResourceType>,
    /// Written at or after this moment.
    pub since: Option<Instant>,
    /// Current at some moment between these two.
    pub at: Option<(Instant, Instant)>,
    /// Token of the page, as [`HistoryPage::next`] gave it.
    pub page: Option<String>,
    /// Versions on the page, at most.
    pub limit: usize,
}

/// One page of a history, newest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// The versions.
    pub items: Vec<Found>,
    /// Token of the next page, when there is one.
    pub next: Option<String>,
}

/// A version before its body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: Instant,
    key: Key,
    version: u32,
}

impl History {
    /// True when a version written at `at` and followed at `until` is asked for.
    pub fn asks(&self, at: Instant, until: Option<Instant>) -> bool {
        let is_since = self.since.is_none_or(|since| at >= since);
        let was_current = self.at.is_none_or(|(from, to)| at <= to && until.is_none_or(|until| until > from));
        is_since && was_current
    }
}

impl Session {
    /// One page of the history of a type or of everything.
    pub async fn history_of(&self, history: &History) -> Result<HistoryPage, Problem> {
        if let Some(of_type) = history.resource_type
            && !crate::scopes::allow(&self.principal, Act::Read, of_type)
        {
            return Err(refusal(Reason::Scope));
        }
        match &self.principal.subject {
            Subject::Anonymous => Err(refusal(Reason::Anonymous)),
            Subject::Citizen(citizen) => self.history_of_home(citizen.person.home, history).await,
            Subject::System(_) => self.history_of_feed(history, Relation::System).await,
            Subject::Professional(_) => {
                let is_open = history.resource_type.is_some_and(|of_type| {
                    decide::is_directory(of_type) || self.gate.matrix().is_open(of_type)
                });
                if is_open {
                    return self.history_of_feed(history, Relation::Directory).await;
                }
                Err(Problem::new(
                    Kind::TooCostly,
                    "Un professionnel lit l'historique d'une ressource, ou d'un type de l'annuaire.",
                    "A professional reads the history of a resource, or of a type of the directory.",
                )
                .expecting("<Type>/<id>/_history"))
            }
        }
    }

    async fn history_of_home(&self, home: HomeId, history: &History) -> Result<HistoryPage, Problem> {
        let (standing, _) = self.standing(home).await?;
        if let Some(reason) = standing.refused {
            self.trace_refusal(home, Deed::Read, reason, "");
            return Err(refusal(reason));
        }
        let rows = self.rows_of_home(home, history.resource_type, standing).await?;
        let mut places = Vec::new();
        for (row, reason) in rows.values() {
            for (at, version, until) in self.moments(row).await? {
                if history.asks(at, until) {
                    places.push((Place { at, key: row.key, version }, *reason));
                }
            }
            if places.len() > limits::HISTORY_STEPS {
                return Err(too_costly_history());
            }
        }
        places.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
        let start = match &history.page {
            Some(token) => {
                let after = self.read_place(token)?;
                places.partition_point(|(place, _)| *place >= after)
            }
            None => 0,
        };
        let mut page = HistoryPage::default();
        let mut last = None;
        for (place, reason) in places.drain(start..) {
            let Some((row, _)) = rows.get(&place.key) else { continue };
            let Some(found) = self.version_of(row, place.version).await? else { continue };
            if page.items.len() == history.limit {
                page.next = last.map(|place| self.write_place(place));
                break;
            }
            self.trace(home, Deed::Read, basis(reason), Some((place.key, place.version)), "", "");
            page.items.push(found);
            last = Some(place);
        }
        Ok(page)
    }

    /// The rows of a home this caller may see, deleted ones too, with the reason.
    async fn rows_of_home(
        &self,
        home: HomeId,
        of_type: Option<ResourceType>,
        standing: Standing,
    ) -> Result<HashMap<Key, (Row, Reason)>, Problem> {
        let hidden = self.hidden_in(home).await?;
        let names = self.names().await?;
        let asker = self.asker(&names);
        let mut rows = HashMap::new();
        let mut contents = Vec::new();
        let scan = Scan {
            home: Some(home),
            resource_type: of_type,
            newest_first: false,
            with_deleted: true,
            after: None,
            budget: usize::MAX,
        };
        let mut snapshot = self.snapshot().await?;
        snapshot
            .scan(scan, &mut |row| {
                if owner_of(row).is_some() {
                    contents.push(row.clone());
                } else if let Decision::Allow(reason) = decide_facts(&asker, standing, Act::Read, row, self)
                    && !hidden.keys.contains(&row.key)
                {
                    rows.insert(row.key, (row.clone(), reason));
                }
                Visit::Next
            })
            .await
            .map_err(problem)?;
        drop(snapshot);
        for row in contents {
            if let Decision::Allow(reason) = self.decide_row(&row, Act::Read).await? {
                rows.insert(row.key, (row, reason));
            }
        }
        Ok(rows)
    }

    /// When each version of a resource was written, and when the next one was.
    async fn moments(&self, row: &Row) -> Result<Vec<(Instant, u32, Option<Instant>)>, Problem> {
        let mut moments = vec![(row.last_updated, row.version, None)];
        if row.version > 1 {
            let mut snapshot = self.snapshot().await?;
            let older = snapshot
                .versions(row.key, Some(row.version), limits::HISTORY_STEPS)
                .await
                .map_err(problem)?;
            let mut until = row.last_updated;
            for version in older {
                moments.push((version.last_updated, version.version, Some(until)));
                until = version.last_updated;
            }
        }
        Ok(moments)
    }

    async fn history_of_feed(&self, history: &History, relation: Relation) -> Result<HistoryPage, Problem> {
        let after = history.page.as_ref().map(|token| self.read_number(token)).transpose()?;
        let mut page = HistoryPage::default();
        // What was current at a moment depends on what came later: the walk then starts at the end every time.
        let mut before = if history.at.is_some() { None } else { after };
        let mut until: HashMap<Key, Instant> = HashMap::new();
        let mut looked_at = 0;
        let mut last = None;
        loop {
            let steps = {
                let mut snapshot = self.snapshot().await?;
                snapshot.feed_back(before, STEPS).await.map_err(problem)?
            };
            let Some(end) = steps.last() else { return Ok(page) };
            before = Some(end.number);
            looked_at += steps.len();
            if looked_at > limits::HISTORY_STEPS {
                return Err(too_costly_history());
            }
            // Commits of one moment may come in another order than they were made, by as much as a request lasts.
            let is_past = history.since.is_some_and(|since| end.at < since.minus(limits::REQUEST_TIME));
            let asked: Vec<FeedStep> = steps
                .into_iter()
                .filter(|step| history.resource_type.is_none_or(|of_type| step.key.resource_type == of_type))
                .filter(|step| history.asks(step.at, until.insert(step.key, step.at)))
                .filter(|step| after.is_none_or(|after| step.number < after))
                .collect();
            let allowed = self.allowed(&asked, relation).await?;
            for step in asked {
                let Some((row, reason)) = allowed.get(&step.key) else { continue };
                let Some(found) = self.version_of(row, step.version).await? else { continue };
                if page.items.len() == history.limit {
                    page.next = last.map(|number| self.write_number(number));
                    return Ok(page);
                }
                self.trace(step.key.home, Deed::Read, basis(*reason), Some((step.key, step.version)), "", "");
                page.items.push(found);
                last = Some(step.number);
            }
            if is_past {
                return Ok(page);
            }
        }
    }

    /// Of the resources that steps are about, those this caller may see, with the reason.
    async fn allowed(
        &self,
        steps: &[FeedStep],
        relation: Relation,
    ) -> Result<HashMap<Key, (Row, Reason)>, Problem> {
        let mut keys: Vec<Key> = steps.iter().map(|step| step.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let rows = {
            let mut snapshot = self.snapshot().await?;
            snapshot.rows(&keys).await.map_err(problem)?
        };
        let names = self.names().await?;
        let standing = Standing { relation, refused: None };
        let mut allowed = HashMap::with_capacity(rows.len());
        for row in rows {
            let decision = if owner_of(&row).is_some() {
                self.decide_row(&row, Act::Read).await?
            } else {
                decide_facts(&self.asker(&names), standing, Act::Read, &row, self)
            };
            if let Decision::Allow(reason) = decision {
                allowed.insert(row.key, (row, reason));
            }
        }
        Ok(allowed)
    }

    async fn version_of(&self, row: &Row, number: u32) -> Result<Option<Found>, Problem> {
        let version = {
            let mut snapshot = self.snapshot().await?;
            snapshot.version(row.key, number).await.map_err(problem)?
        };
        match version {
            Some(version) => self.found(row, version).await,
            None => Ok(None),
        }
    }

    /// The token of a page after a version: what its reader saw of it already.
    fn write_place(&self, place: Place) -> String {
        format!("{}.{}.{}", place.at.micros(), place.version, self.gate.cipher().seal(place.key))
    }

    fn read_place(&self, token: &str) -> Result<Place, Problem> {
        let mut parts = token.splitn(3, '.');
        let place = (|| {
            let at = Instant(parts.next()?.parse().ok()?);
            let version = parts.next()?.parse().ok()?;
            Some(Place { at, version, key: self.gate.cipher().open(parts.next()?)? })
        })();
        place.ok_or_else(|| no_page(token))
    }

    /// The token of a page after a step of the feed. Enciphered: how many steps lie between two tells of hidden ones.
    fn write_number(&self, number: u64) -> String {
        let seq = Seq::new(number).unwrap_or(Seq::MAX);
        self.gate.cipher().seal(Key { home: HomeId::PLATFORM, resource_type: resource_type::BINARY, seq })
    }

    fn read_number(&self, token: &str) -> Result<u64, Problem> {
        let key = self
            .gate
            .cipher()
            .open(token)
            .filter(|key| key.home == HomeId::PLATFORM && key.resource_type == resource_type::BINARY);
        key.map(|key| key.seq.number()).ok_or_else(|| no_page(token))
    }
}

fn no_page(token: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        "Cette page n'existe pas. Suivez link[next] tel qu'il est donné.",
        "There is no such page. Follow link[next] as it is given.",
    )
    .at("_page")
    .receiving(token)
}

fn too_costly_history() -> Problem {
    too_costly()
        .at("_since")
        .expecting(format!("at most {} changes to look at (HISTORY_STEPS)", limits::HISTORY_STEPS))
}
