//! Which rows answer a search: in homes, among keys, or everywhere.

use super::{Part, Where, too_costly};
use crate::audit::Deed;
use crate::decide::{self, Act, Decision, Reason, Relation, Standing};
use crate::facts::{decide_facts, owner_of, refusal};
use crate::gate::problem;
use crate::hidden::Hidden;
use crate::redact::{self, Stripped};
use crate::session::{Session, extra};
use socle_fhir::{Literal, Query, RowFacts, Sketch};
use socle_kernel::{HomeId, Instant, Key, Kind, Problem, ResourceType, Subject, limits, resource_type};
use socle_store::{Row, Scan, Scanned, Visit};

/// A match before its body is read.
pub(crate) struct Hit {
    pub sort: Vec<u8>,
    pub key: Key,
    pub version: u32,
    pub labels: u32,
    pub reason: Reason,
    /// What it refers to by the parameter that is followed.
    pub followed: Vec<String>,
    /// The id its client chose.
    alias: Option<Box<str>>,
}

/// What a row looks like to a query.
struct Seen<'a> {
    sketch: Sketch<'a>,
    sort_date: Instant,
}

impl Session {
    /// The rows that answer one part of a search, in no order.
    pub(crate) async fn hits(&self, part: &Part) -> Result<Vec<Hit>, Problem> {
        match &part.place {
            Where::Homes(homes) => {
                let mut hits = Vec::new();
                for home in homes {
                    hits.extend(self.search_home(part, *home).await?);
                }
                Ok(hits)
            }
            Where::Keys(keys) => self.search_keys(part, keys).await,
            Where::All => self.search_all(part).await,
        }
    }

    async fn search_home(&self, part: &Part, home: HomeId) -> Result<Vec<Hit>, Problem> {
        let resource_type = part.query.resource_type;
        let (standing, _) = self.standing(home).await?;
        // Outside the team a professional still finds what they wrote themself; when that is nothing, they are told why.
        let owed = standing.refused.filter(|reason| !may_go_on(resource_type, *reason));
        if let Some(reason) = owed.filter(|reason| *reason != Reason::NoRelation || !self.is_professional()) {
            self.trace_refusal(home, Deed::Search, reason, resource_type.name());
            return Err(refusal(reason));
        }
        if resource_type == resource_type::BINARY && owed.is_none() {
            let keys = self.contents_of(home).await?;
            return self.search_keys(part, &keys).await;
        }
        let (hidden, rows) = self.hidden_and_rows(home, Some(resource_type)).await?;
        let names = self.names().await?;
        let asker = self.asker(&names);
        let (mut hits, mut altered) = (Vec::new(), Vec::new());
        let mut wrote_some = false;
        let mut look = |row: &Row| {
            let seen = Seen::of(row);
            // A row with values that come with something hidden is looked at again, as the caller sees it.
            let is_altered = hidden.is_named_in(&seen.sketch);
            let is_match = is_altered || self.matches(part, row, &seen);
            if !is_match && owed.is_none() || hidden.keys.contains(&row.key) {
                return Visit::Next;
            }
            let Decision::Allow(reason) = decide_facts(&asker, standing, Act::Read, row, self) else {
                return Visit::Next;
            };
            wrote_some = true;
            if is_altered {
                altered.push((row.clone(), reason));
            } else if is_match {
                hits.push(self.hit(part, row, &seen, reason));
            }
            Visit::Next
        };
        if let Some(rows) = rows {
            rows.iter().for_each(|row| {
                look(row);
            });
        } else {
            let scan = Scan {
                home: Some(home),
                resource_type: Some(resource_type),
                newest_first: true,
                with_deleted: false,
                after: None,
                budget: usize::MAX,
            };
            let mut snapshot = self.snapshot().await?;
            snapshot.scan(scan, &mut look).await.map_err(problem)?;
        }
        if let Some(reason) = owed.filter(|_| !wrote_some) {
            self.trace_refusal(home, Deed::Search, reason, resource_type.name());
            return Err(refusal(reason));
        }
        for (row, reason) in altered {
            hits.extend(self.altered_hit(part, &row, &hidden, reason).await?);
        }
        Ok(hits)
    }

    /// A hit of a row that names something hidden: its values are those of the body that the caller would be shown.
    async fn altered_hit(
        &self,
        part: &Part,
        row: &Row,
        hidden: &Hidden,
        reason: Reason,
    ) -> Result<Option<Hit>, Problem> {
        let version = {
            let mut snapshot = self.snapshot().await?;
            snapshot.version(row.key, row.version).await.map_err(problem)?
        };
        let Some(version) = version else { return Ok(None) };
        let indexed = match redact::strip(&version.body, hidden) {
            None => return Ok(None),
            Some(Stripped::Clean) => None,
            Some(Stripped::Changed(resource)) => Some(socle_fhir::index(&resource, &[])),
        };
        let seen = match &indexed {
            None => Seen::of(row),
            Some(indexed) => Seen {
                sketch: Sketch(&indexed.sketch),
                sort_date: indexed.sort_date.unwrap_or(row.last_updated),
            },
        };
        let is_match = self.matches(part, row, &seen);
        Ok(is_match.then(|| self.hit(part, row, &seen, reason)))
    }

    fn matches(&self, part: &Part, row: &Row, seen: &Seen<'_>) -> bool {
        let id = self.id_for(&part.query, row);
        part.query.matches(&seen.sketch, &facts(row, id.as_deref()))
            && part.within.as_ref().is_none_or(|within| within.holds(row.key, &seen.sketch))
    }

    fn hit(&self, part: &Part, row: &Row, seen: &Seen<'_>, reason: Reason) -> Hit {
        let query = &part.query;
        let alias = Sketch(&row.sketch).extras(extra::ALIAS).next();
        let sort = if query.is_sorted() {
            let id = self.id_for(query, row);
            query.sort_key(&seen.sketch, &facts(row, id.as_deref()))
        } else {
            newest_first(seen.sort_date)
        };
        Hit {
            sort,
            key: row.key,
            version: row.version,
            labels: row.labels,
            reason,
            followed: part.follow.map_or_else(Vec::new, |number| {
                seen.sketch.references(number).map(|literal| literal.to_string()).collect()
            }),
            alias: alias.map(|alias| String::from_utf8_lossy(alias).into()),
        }
    }

    /// The public id of a hit.
    pub(crate) fn id_of(&self, hit: &Hit) -> String {
        hit.alias.as_deref().map_or_else(|| self.gate.cipher().seal(hit.key), str::to_owned)
    }

    /// The id of a row, for searches that look at it.
    fn id_for(&self, query: &Query, row: &Row) -> Option<String> {
        query.needs_id().then(|| self.public_id(row))
    }

    fn is_professional(&self) -> bool {
        matches!(self.principal.subject, Subject::Professional(_))
    }

    async fn contents_of(&self, home: HomeId) -> Result<Vec<Key>, Problem> {
        let mut keys = Vec::new();
        let scan = Scan {
            home: Some(home),
            resource_type: Some(resource_type::BINARY),
            newest_first: true,
            with_deleted: false,
            after: None,
            budget: limits::SCAN_ROWS,
        };
        let mut snapshot = self.snapshot().await?;
        snapshot
            .scan(scan, &mut |row| {
                keys.push(row.key);
                Visit::Next
            })
            .await
            .map_err(problem)?;
        Ok(keys)
    }

    async fn search_keys(&self, part: &Part, keys: &[Key]) -> Result<Vec<Hit>, Problem> {
        let rows = {
            let mut snapshot = self.snapshot().await?;
            snapshot.rows(keys).await.map_err(problem)?
        };
        let mut hits = Vec::new();
        for row in rows {
            if row.deleted || row.key.resource_type != part.query.resource_type {
                continue;
            }
            let Decision::Allow(reason) = self.decide_row(&row, Act::Read).await? else { continue };
            let seen = Seen::of(&row);
            let is_match = self.matches(part, &row, &seen);
            if !names_records(&seen.sketch) {
                // It leads to nothing that could be hidden: it is as it is.
                if is_match {
                    hits.push(self.hit(part, &row, &seen, reason));
                }
                continue;
            }
            let hidden = self.hidden_in(row.key.home).await?;
            if hidden.keys.contains(&row.key) {
                continue;
            }
            if hidden.is_named_in(&seen.sketch) {
                hits.extend(self.altered_hit(part, &row, &hidden, reason).await?);
            } else if is_match {
                hits.push(self.hit(part, &row, &seen, reason));
            }
        }
        Ok(hits)
    }

    async fn search_all(&self, part: &Part) -> Result<Vec<Hit>, Problem> {
        let resource_type = part.query.resource_type;
        let is_system = matches!(self.principal.subject, Subject::System(_));
        let is_directory = decide::is_directory(resource_type);
        if !is_system && !is_directory {
            if !self.gate.matrix().is_open(resource_type) {
                return Err(must_name_a_person(resource_type));
            }
            // What belongs to nobody is in one home.
            return self.search_home(part, HomeId::programme(resource_type)).await;
        }
        let names = self.names().await?;
        let asker = self.asker(&names);
        let relation = if is_system { Relation::System } else { Relation::Directory };
        let standing = Standing { relation, refused: None };
        let mut hits = Vec::new();
        let scan = Scan {
            home: None,
            resource_type: Some(resource_type),
            newest_first: true,
            with_deleted: false,
            after: None,
            budget: limits::SCAN_ROWS,
        };
        let mut snapshot = self.snapshot().await?;
        let scanned = snapshot
            .scan(scan, &mut |row| {
                let seen = Seen::of(row);
                let may_see = is_system || owner_of(row).is_none();
                if may_see
                    && self.matches(part, row, &seen)
                    && let Decision::Allow(reason) = decide_facts(&asker, standing, Act::Read, row, self)
                {
                    hits.push(self.hit(part, row, &seen, reason));
                }
                Visit::Next
            })
            .await
            .map_err(problem)?;
        if scanned == Scanned::OutOfBudget {
            return Err(too_costly());
        }
        Ok(hits)
    }
}

impl<'a> Seen<'a> {
    fn of(row: &'a Row) -> Self {
        Seen { sketch: Sketch(&row.sketch), sort_date: row.sort_date }
    }
}

/// True when a resource refers to anything but the directory.
fn names_records(sketch: &Sketch<'_>) -> bool {
    sketch.links().any(|literal| match literal {
        Literal::Uuid { resource_type, .. } => !decide::is_directory(resource_type),
        Literal::Text(text) => redact::target(text).is_none_or(|(found, _)| !decide::is_directory(found)),
    })
}

/// Without a relation a professional still finds identities, what they wrote, and the directory.
fn may_go_on(resource_type: ResourceType, reason: Reason) -> bool {
    reason == Reason::NoRelation && resource_type == resource_type::PATIENT
        || decide::is_directory(resource_type)
}

fn facts<'a>(row: &Row, id: Option<&'a str>) -> RowFacts<'a> {
    RowFacts { id, last_updated: row.last_updated }
}

/// Bytes that sort the newest moment first.
pub(crate) fn newest_first(instant: Instant) -> Vec<u8> {
    let ascending = u64::from_ne_bytes(instant.micros().to_ne_bytes()) ^ (1 << 63);
    (!ascending).to_be_bytes().to_vec()
}

fn must_name_a_person(resource_type: ResourceType) -> Problem {
    Problem::new(
        Kind::TooCostly,
        format!("Une recherche de {resource_type} doit nommer une personne (patient=…) ou un identifiant."),
        format!("A search of {resource_type} must name a person (patient=…) or an identifier."),
    )
    .expecting("patient=Patient/<id>, patient.identifier=<system>|<value>, identifier=<system>|<value>, _id")
}
