//! Search: the query and the decision are one predicate over the rows, so that nothing hidden is counted, sorted or paged.

mod enter;
mod hits;
mod page;
mod token;

use crate::decide::{Act, Reason};
use crate::facts::refusal;
use crate::session::Session;
use bytes::Bytes;
use socle_fhir::{Contained, Query, Sketch};
use socle_kernel::{HomeId, Instant, Key, Kind, Problem, ResourceType, Subject, limits, resource_type};
use socle_store::BlobRef;

pub(crate) use hits::{Hit, newest_first};
pub(crate) use page::order;

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

/// The compartment of a resource: what refers to it by one of some parameters.
#[derive(Clone, Debug)]
pub struct Compartment {
    /// `Type/id` of the resource whose compartment it is; of several, for what refers to one of them.
    pub references: Vec<String>,
    /// Numbers of the parameters, of the searched type.
    pub numbers: Vec<u32>,
    /// The resource itself, when it is of the searched type: it is in its own compartment.
    pub own: Option<Key>,
}

impl Compartment {
    fn holds(&self, key: Key, sketch: &Sketch<'_>) -> bool {
        self.own == Some(key)
            || self.numbers.iter().any(|number| {
                sketch.references(*number).any(|literal| self.references.contains(&literal.to_string()))
            })
    }
}

/// One type of a search: read, with its sub-questions answered.
#[derive(Clone, Debug)]
pub struct Part {
    /// What is asked of it.
    pub query: Query,
    /// Where it is looked for.
    pub place: Where,
    /// Only what is in this compartment.
    pub within: Option<Compartment>,
    /// The number of a reference parameter whose values are wanted ([`Session::follow`]).
    pub follow: Option<u32>,
}

/// A search over one type, or several together.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// One for each type.
    pub parts: &'a [Part],
    /// The parameters as they were asked, for the log.
    pub params: &'a [(String, String)],
    /// Results on the page, at most.
    pub limit: usize,
    /// Token of the page; `None` for the first.
    pub page: Option<&'a str>,
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

impl Session {
    /// Answers a search. Refused aloud only when the caller has no business in the home that was named.
    pub async fn search(&self, search: &Search<'_>) -> Result<Page, Problem> {
        self.check_known()?;
        for part in search.parts {
            self.check_scope(part.query.resource_type)?;
            if part.query.contained != Contained::No {
                return Err(contained_refused());
            }
        }
        if let [part] = search.parts
            && part.query.resource_type == resource_type::AUDIT_EVENT
        {
            return self.search_log(search, part).await;
        }
        let mut hits = Vec::new();
        for part in search.parts {
            if part.query.resource_type == resource_type::AUDIT_EVENT {
                return Err(log_alone());
            }
            hits.extend(self.hits(part).await?);
        }
        self.page(search, hits).await
    }

    /// The resources of a type in a place, newest first, by plain parameters (without chains): for pages.
    pub async fn list(
        &self,
        resource_type: ResourceType,
        params: &[(String, String)],
        place: Where,
        limit: usize,
    ) -> Result<Page, Problem> {
        let query = socle_fhir::parse_query(resource_type, params, false)?;
        let page = query.page.clone();
        let parts = [Part { query, place, within: None, follow: None }];
        self.search(&Search { parts: &parts, params, limit, page: page.as_deref() }).await
    }

    /// As [`Session::search`], but only keys and ids, and untraced: for references and conditions of an act that is traced
    /// itself, and for sub-questions. What is hidden from the caller is not found.
    pub async fn find(&self, part: &Part, limit: usize) -> Result<Vec<(Key, String)>, Problem> {
        self.check_known()?;
        let mut hits = self.hits(part).await?;
        // In an order that does not depend on how they were found, or which one is first would tell of the hidden.
        hits.sort_unstable_by(|one, other| order((&one.sort, one.key), (&other.sort, other.key)));
        hits.truncate(limit);
        Ok(hits.into_iter().map(|hit| (hit.key, self.id_of(&hit))).collect())
    }

    /// What the resources that a search finds refer to by `part.follow`, untraced as [`Session::find`].
    pub async fn follow(&self, part: &Part, limit: usize) -> Result<Vec<String>, Problem> {
        self.check_known()?;
        let hits = self.hits(part).await?;
        Ok(hits.into_iter().flat_map(|hit| hit.followed).take(limit).collect())
    }

    /// Nobody asks anything without having signed in.
    pub fn check_known(&self) -> Result<(), Problem> {
        match self.principal.subject {
            Subject::Anonymous => Err(refusal(Reason::Anonymous)),
            _ => Ok(()),
        }
    }

    /// A type that the token does not cover is refused before anything is looked up: the answer tells nothing.
    pub fn check_scope(&self, resource_type: ResourceType) -> Result<(), Problem> {
        self.check_known()?;
        if crate::scopes::allow(&self.principal, Act::Read, resource_type) {
            Ok(())
        } else {
            Err(refusal(Reason::Scope))
        }
    }
}

/// The search as the log keeps it: the place of a page is no part of what was asked.
pub(crate) fn query_text(params: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in params.iter().filter(|(name, _)| name != "_page") {
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

fn log_alone() -> Problem {
    Problem::new(
        Kind::Invalid,
        "Le journal (AuditEvent) se cherche seul, sans autre type.",
        "The log (AuditEvent) is searched alone, without another type.",
    )
    .coded("not-supported")
    .at("_type")
    .expecting("AuditEvent alone")
}

/// A search of resources inside others would have to look at rows of every type.
fn contained_refused() -> Problem {
    Problem::new(
        Kind::Invalid,
        "Les ressources contenues ne sont pas cherchées : cherchez celles qui les contiennent.",
        "Contained resources are not searched: search those that contain them.",
    )
    .coded("not-supported")
    .at("_contained")
    .expecting("_contained=false")
}
