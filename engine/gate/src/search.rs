//! Search: the query and the decision are one predicate over the rows, so that nothing hidden is counted, sorted or paged.

use crate::audit::Deed;
use crate::decide::{self, Act, Decision, Reason, Relation, Standing};
use crate::facts::{basis, decide_facts, owner_of, refusal};
use crate::gate::problem;
use crate::session::Session;
use bytes::Bytes;
use socle_fhir::{Query, RowFacts, Sketch, parse_query};
use socle_kernel::{HomeId, Instant, Key, Kind, Problem, ResourceType, Subject, limits, resource_type};
use socle_store::{BlobRef, Row, Scan, Scanned, Version, Visit};

/// A resource as one caller may see it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its key.
    pub key: Key,
    /// Its public id.
    pub id: String,
    /// The version this is.
    pub version: u32,
    /// True when this version is a deletion.
    pub deleted: bool,
    /// When this version was written.
    pub last_updated: Instant,
    /// Labels of the current version.
    pub labels: u32,
    /// True when this is the current version.
    pub is_current: bool,
    /// Where its document content lies, for [`Session::content`].
    pub content: Option<BlobRef>,
    /// The JSON to serve.
    pub body: Bytes,
}

/// Where to look.
#[derive(Clone, Debug)]
pub enum Where {
    /// In these homes (one person's, or merged ones).
    Homes(Vec<HomeId>),
    /// Among these resources, found by a global key.
    Keys(Vec<Key>),
    /// Everywhere, under the scan budget: programs, and directory types.
    All,
}

/// A search.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Of which type.
    pub resource_type: ResourceType,
    /// The parameters as they were asked.
    pub params: &'a [(String, String)],
    /// True to ignore unknown parameters.
    pub lenient: bool,
    /// The references that answer the sub-questions (`Query::asks`), in their order.
    pub chains: &'a [Vec<String>],
    /// Where.
    pub place: Where,
    /// Results on the page, at most.
    pub limit: usize,
}

/// One page of results.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The results.
    pub items: Vec<Found>,
    /// How many there are in all.
    pub total: u64,
    /// Token of the next page, when there is one.
    pub next: Option<String>,
}

/// A match before its body is read.
pub(crate) struct Hit {
    pub sort: Vec<u8>,
    pub key: Key,
    reason: Reason,
}

impl Session {
    /// Answers a search. Refused aloud only when the caller has no business in the home that was named.
    pub async fn search(&self, search: &Search<'_>) -> Result<Page, Problem> {
        if matches!(self.principal.subject, Subject::Anonymous) {
            return Err(refusal(Reason::Anonymous));
        }
        if !crate::scopes::allow(&self.principal, Act::Read, search.resource_type) {
            return Err(refusal(Reason::Scope));
        }
        if search.resource_type == resource_type::AUDIT_EVENT {
            return self.search_log(search).await;
        }
        let query = self.query(search).await?;
        let hits = self.hits(search, &query).await?;
        self.page(search, &query, hits).await
    }

    /// As [`Session::search`], but only keys and ids, and untraced: for references and conditions of an act that is traced
    /// itself. What is hidden from the caller is not found.
    pub async fn find(&self, search: &Search<'_>) -> Result<Vec<(Key, String)>, Problem> {
        if matches!(self.principal.subject, Subject::Anonymous) {
            return Err(refusal(Reason::Anonymous));
        }
        let query = self.query(search).await?;
        let hits = self.hits(search, &query).await?;
        let keys: Vec<Key> = hits.into_iter().take(search.limit).map(|hit| hit.key).collect();
        let mut snapshot = self.snapshot().await?;
        let rows = snapshot.rows(&keys).await.map_err(problem)?;
        Ok(rows.iter().map(|row| (row.key, self.public_id(row))).collect())
    }

    pub(crate) async fn hits(&self, search: &Search<'_>, query: &Query) -> Result<Vec<Hit>, Problem> {
        match &search.place {
            Where::Homes(homes) => {
                let mut hits = Vec::new();
                for home in homes {
                    hits.extend(self.search_home(search.resource_type, *home, query).await?);
                }
                Ok(hits)
            }
            Where::Keys(keys) => self.search_keys(search.resource_type, keys, query).await,
            Where::All => self.search_all(search.resource_type, query).await,
        }
    }

    /// The parsed query, in which a reference to something hidden matches nothing.
    async fn query(&self, search: &Search<'_>) -> Result<Query, Problem> {
        let mut params = search.params.to_vec();
        if let Where::Homes(homes) = &search.place {
            for home in homes {
                let hidden = self.hidden_in(*home).await?;
                for (_, value) in &mut params {
                    for reference in &hidden.references {
                        let id = reference.rsplit('/').next().unwrap_or(reference);
                        if value.contains(id) {
                            *value = value.replace(id, "00000000-0000-0000-0000-000000000000");
                        }
                    }
                }
            }
        }
        let mut query = parse_query(search.resource_type, &params, search.lenient)?;
        for (index, references) in search.chains.iter().enumerate() {
            query.answer(index, references);
        }
        Ok(query)
    }

    async fn search_home(
        &self,
        resource_type: ResourceType,
        home: HomeId,
        query: &Query,
    ) -> Result<Vec<Hit>, Problem> {
        let (standing, _) = self.standing(home).await?;
        // Outside the team a professional still finds what they wrote themself; when that is nothing, they are told why.
        let owed = standing.refused.filter(|reason| !may_go_on(resource_type, *reason));
        if let Some(reason) = owed.filter(|reason| *reason != Reason::NoRelation || !self.is_professional()) {
            self.trace_refusal(home, Deed::Search, reason, resource_type.name());
            return Err(refusal(reason));
        }
        if resource_type == resource_type::BINARY && owed.is_none() {
            let keys = self.contents_of(home).await?;
            return self.search_keys(resource_type, &keys, query).await;
        }
        let hidden = self.hidden_in(home).await?;
        let names = self.names().await?;
        let asker = self.asker(&names);
        let items =
            socle_fhir::parameter(resource_type::LIST, "item").map_or(0, |parameter| parameter.number);
        let mut hits = Vec::new();
        let mut wrote_some = false;
        let scan = Scan {
            home: Some(home),
            resource_type: Some(resource_type),
            newest_first: true,
            with_deleted: false,
            budget: usize::MAX,
        };
        let mut snapshot = self.snapshot().await?;
        snapshot
            .scan(scan, &mut |row| {
                let sketch = Sketch(&row.sketch);
                let is_match = query.matches(&sketch, &facts(row, self.id_for(query, row).as_deref()));
                if !is_match && owed.is_none() {
                    return Visit::Next;
                }
                let Decision::Allow(reason) = decide_facts(&asker, standing, Act::Read, row, self) else {
                    return Visit::Next;
                };
                wrote_some = true;
                if !is_match {
                    return Visit::Next;
                }
                // A submission set of which every document is hidden is hidden too.
                if resource_type == resource_type::LIST && !hidden.references.is_empty() {
                    let mut references = sketch.references(items).peekable();
                    let is_hidden = references.peek().is_some()
                        && references.all(|reference| hidden.references.contains(&reference.to_string()));
                    if is_hidden {
                        return Visit::Next;
                    }
                }
                hits.push(Hit { sort: self.sort_key(query, &sketch, row), key: row.key, reason });
                Visit::Next
            })
            .await
            .map_err(problem)?;
        drop(snapshot);
        if let Some(reason) = owed.filter(|_| !wrote_some) {
            self.trace_refusal(home, Deed::Search, reason, resource_type.name());
            return Err(refusal(reason));
        }
        Ok(hits)
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

    async fn search_keys(
        &self,
        resource_type: ResourceType,
        keys: &[Key],
        query: &Query,
    ) -> Result<Vec<Hit>, Problem> {
        let rows = {
            let mut snapshot = self.snapshot().await?;
            snapshot.rows(keys).await.map_err(problem)?
        };
        let mut hits = Vec::new();
        for row in rows {
            if row.deleted || row.key.resource_type != resource_type {
                continue;
            }
            let sketch = Sketch(&row.sketch);
            if !query.matches(&sketch, &facts(&row, self.id_for(query, &row).as_deref())) {
                continue;
            }
            if let Decision::Allow(reason) = self.decide_row(&row, Act::Read).await? {
                hits.push(Hit { sort: self.sort_key(query, &sketch, &row), key: row.key, reason });
            }
        }
        Ok(hits)
    }

    async fn search_all(&self, resource_type: ResourceType, query: &Query) -> Result<Vec<Hit>, Problem> {
        let is_system = matches!(self.principal.subject, Subject::System(_));
        if !is_system && !decide::is_directory(resource_type) && !self.gate.matrix().is_open(resource_type) {
            return Err(Problem::new(
                Kind::TooCostly,
                format!(
                    "Une recherche de {resource_type} doit nommer une personne (patient=…) ou un identifiant."
                ),
                format!("A search of {resource_type} must name a person (patient=…) or an identifier."),
            )
            .expecting(
                "patient=Patient/<id>, patient.identifier=<system>|<value>, identifier=<system>|<value>, _id",
            ));
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
            budget: limits::SCAN_ROWS,
        };
        let mut snapshot = self.snapshot().await?;
        let scanned = snapshot
            .scan(scan, &mut |row| {
                let sketch = Sketch(&row.sketch);
                let may_see = is_system || owner_of(row).is_none();
                if may_see
                    && query.matches(&sketch, &facts(row, self.id_for(query, row).as_deref()))
                    && let Decision::Allow(reason) = decide_facts(&asker, standing, Act::Read, row, self)
                {
                    hits.push(Hit { sort: self.sort_key(query, &sketch, row), key: row.key, reason });
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

    /// The id of a row, for searches that look at it.
    fn id_for(&self, query: &Query, row: &Row) -> Option<String> {
        query.needs_id().then(|| self.public_id(row))
    }

    fn sort_key(&self, query: &Query, sketch: &Sketch<'_>, row: &Row) -> Vec<u8> {
        let id = self.id_for(query, row);
        let sort = query.sort_key(sketch, &facts(row, id.as_deref()));
        if sort.is_empty() { newest_first(row.sort_date) } else { sort }
    }

    /// Sorts, cuts the page out, reads its bodies and traces it.
    async fn page(&self, search: &Search<'_>, query: &Query, mut hits: Vec<Hit>) -> Result<Page, Problem> {
        let total = hits.len() as u64;
        hits.sort_unstable_by(|one, two| one.sort.cmp(&two.sort).then(two.key.cmp(&one.key)));
        let start = match &query.page {
            Some(token) => {
                let (sort, key) = self.read_token(token)?;
                hits.partition_point(|hit| hit.sort.cmp(&sort).then(key.cmp(&hit.key)).is_le())
            }
            None => 0,
        };
        let end = hits.len().min(start + search.limit);
        let next = (end < hits.len() && end > start).then(|| self.token(&hits[end - 1]));
        let mut items = Vec::with_capacity(end - start);
        let deed = |hit: &Hit| if hit.reason == Reason::Identity { Deed::Identify } else { Deed::Search };
        for (hit, row, version) in self.bodies(&hits[start..end]).await? {
            if let Some(found) = self.found(&row, version).await? {
                self.trace(
                    hit.key.home,
                    deed(hit),
                    basis(hit.reason),
                    Some((hit.key, row.version)),
                    search.resource_type.name(),
                    &query_text(search.params),
                );
                items.push(found);
            }
        }
        if items.is_empty()
            && let Where::Homes(homes) = &search.place
        {
            for home in homes {
                let (standing, _) = self.standing(*home).await?;
                let basis = standing.relation.code();
                self.trace_count(
                    *home,
                    basis,
                    search.resource_type.name(),
                    &query_text(search.params),
                    total,
                );
            }
        }
        Ok(Page { items, total, next })
    }

    /// The bodies of a page, all from one view of the data; what went away meanwhile is left out.
    async fn bodies<'a>(&self, hits: &'a [Hit]) -> Result<Vec<(&'a Hit, Row, Version)>, Problem> {
        let mut snapshot = self.snapshot().await?;
        let mut bodies = Vec::with_capacity(hits.len());
        for hit in hits {
            let Some(row) = snapshot.row(hit.key).await.map_err(problem)? else { continue };
            if let Some(version) = snapshot.version(hit.key, row.version).await.map_err(problem)? {
                bodies.push((hit, row, version));
            }
        }
        Ok(bodies)
    }

    fn token(&self, hit: &Hit) -> String {
        let sort = data_encoding::BASE64URL_NOPAD.encode(&hit.sort);
        format!("{sort}.{}", self.gate.cipher().seal(hit.key))
    }

    pub(crate) fn read_token(&self, token: &str) -> Result<(Vec<u8>, Key), Problem> {
        let parsed = token.split_once('.').and_then(|(sort, id)| {
            let sort = data_encoding::BASE64URL_NOPAD.decode(sort.as_bytes()).ok()?;
            Some((sort, self.gate.cipher().open(id)?))
        });
        parsed.ok_or_else(|| {
            Problem::new(
                Kind::Invalid,
                "Ce lien de page n'est pas valable ; reprenez la recherche depuis le début.",
                "This page link is not valid; start the search again.",
            )
            .at("_page")
        })
    }
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

/// The search as the log keeps it.
pub(crate) fn query_text(params: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in params {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.extend(value.chars().take(200));
    }
    text
}

pub(crate) fn too_costly() -> Problem {
    Problem::new(
        Kind::TooCostly,
        "Cette recherche examinerait trop de ressources. Nommez une personne, un identifiant ou une période.",
        "This search would look at too many resources. Name a person, an identifier or a period.",
    )
    .expecting(format!("at most {} rows examined (SCAN_ROWS)", limits::SCAN_ROWS))
}
