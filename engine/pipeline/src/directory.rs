//! The definitions of the packages as resources that clients read and search: read-only, beside what is stored.
//!
//! They are in no home and nobody's record, so there is nothing for the gate to decide but that the caller is known, and
//! nothing for it to hide. What is stored comes first, and is shown instead of a definition with the same id. Both ways in
//! ask the store as always and add to its answer.

use crate::bundle::query_text;
use crate::interaction::{Answer, Prefer};
use crate::pipeline::Pipeline;
use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::json;
use socle_fhir::packages::{self, Kind};
use socle_fhir::query::{Query, RowFacts};
use socle_fhir::{Sketch, Summary, Value, parse_query};
use socle_gate::Session;
use socle_kernel::{Instant, Problem, ResourceType, Subject, limits};
use std::collections::HashMap;
use std::sync::Arc;

/// How the page token of a search begins once it has reached the packages.
const TOKEN: &str = "packages.";

type Params = Vec<(String, String)>;

impl Pipeline {
    /// `GET Type/id`: what is stored, else the definition of this id.
    pub(crate) async fn read_definition_or(
        &self,
        session: &Session,
        resource_type: ResourceType,
        id: &str,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let stored = self.read(session, resource_type, id, prefer).await;
        match (Kind::named(resource_type.name()), &stored) {
            (Some(kind), Err(problem))
                if problem.kind == socle_kernel::Kind::NotFound && is_known(session) =>
            {
                packages::by_id(kind, id).map_or(stored, |found| Ok(Answer::of(&found)))
            }
            _ => stored,
        }
    }

    /// `GET Type?…`: what is stored, then the definitions that match.
    pub(crate) async fn search_with_definitions(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let Some(kind) = Kind::named(resource_type.name()).filter(|_| is_known(session)) else {
            return self.search(session, resource_type, params, prefer).await;
        };
        let place = params.iter().find(|(name, _)| name == "_page").and_then(|(_, token)| place(token));
        let unpaged: Params = params.iter().filter(|(name, _)| name != "_page").cloned().collect();
        let query = parse_query(resource_type, &unpaged, prefer.is_lenient)?;
        let mut stored = match place {
            None => self.search(session, resource_type, params, prefer).await?,
            Some(_) => {
                let counted = unpaged.iter().filter(|(name, _)| name != "_count").cloned();
                let counted: Params = counted.chain([("_count".to_owned(), "0".to_owned())]).collect();
                self.search(session, resource_type, &counted, prefer).await?
            }
        };
        let Some(body) = stored.body.as_ref().filter(|_| query.is_answered()) else { return Ok(stored) };
        let mut bundle = socle_fhir::json::parse(body)?;
        let is_count = query.summary == Summary::Count || query.count == Some(0);
        let limit = query.count.unwrap_or(limits::PAGE_DEFAULT).min(limits::PAGE_MAX);
        let links = bundle["link"].as_array().into_iter().flatten();
        let goes_on = place.is_none() && links.into_iter().any(|link| link["relation"] == "next");
        let room = if is_count || goes_on { 0 } else { limit.saturating_sub(matches(&bundle)) };
        let found = matching(kind, &query, &unpaged).await?;
        let from = place.unwrap_or(0).min(found.len());
        let end = from.saturating_add(room).min(found.len());
        let address = format!("{}/{resource_type}", self.fhir_base());
        if let Some(total) = bundle["total"].as_u64() {
            bundle["total"] = (total + found.len() as u64).into();
        }
        push(&mut bundle, "entry", found[from..end].iter().map(|entry| shown_as(entry, &address, &query)));
        if place.is_some() {
            bundle["link"] = json!([
                { "relation": "self", "url": with_query(&address, params) },
                { "relation": "first", "url": with_query(&address, &unpaged) }]);
        }
        if !goes_on && !is_count && end < found.len() {
            let next = ("_page".to_owned(), format!("{TOKEN}{end}"));
            let next: Params = unpaged.into_iter().chain([next]).collect();
            push(&mut bundle, "link", [json!({ "relation": "next", "url": with_query(&address, &next) })]);
        }
        stored.body = Some(Bytes::from(socle_fhir::json::to_text(&bundle)));
        Ok(stored)
    }
}

fn is_known(session: &Session) -> bool {
    session.principal().subject != Subject::Anonymous
}

/// The place in the packages at which a page begins, when its token says so.
fn place(token: &str) -> Option<usize> {
    token.strip_prefix(TOKEN)?.parse().ok()
}

fn with_query(address: &str, params: &[(String, String)]) -> String {
    if params.is_empty() { address.to_owned() } else { format!("{address}?{}", query_text(params)) }
}

fn matches(bundle: &Value) -> usize {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.filter(|entry| entry["search"]["mode"] == "match").count()
}

/// Adds to a list of a Bundle; an empty list is none.
fn push(bundle: &mut Value, list: &str, more: impl IntoIterator<Item = Value>) {
    let mut more = more.into_iter().peekable();
    if more.peek().is_some() {
        match bundle.get_mut(list).and_then(Value::as_array_mut) {
            Some(known) => known.extend(more),
            None => bundle[list] = Value::Array(more.collect()),
        }
    }
}

fn shown_as(entry: &packages::Entry, address: &str, query: &Query) -> Value {
    let mut resource = (*packages::by_id(entry.kind, entry.id).unwrap_or_default()).clone();
    if query.summary != Summary::Whole || !query.elements.is_empty() {
        crate::subset::reduce(&mut resource, query);
    }
    json!({ "fullUrl": format!("{address}/{}", entry.id), "resource": resource, "search": { "mode": "match" } })
}

/// One definition as searches see it.
struct Card {
    entry: &'static packages::Entry,
    sketch: Box<[u8]>,
}

impl Card {
    fn of(entry: &'static packages::Entry) -> Card {
        Card { entry, sketch: socle_fhir::index(&entry.load(), &[]).sketch.into() }
    }

    fn row(&self) -> RowFacts<'_> {
        RowFacts { id: Some(self.entry.id), last_updated: Instant(0) }
    }

    fn matches(&self, query: &Query) -> bool {
        query.matches(&Sketch(&self.sketch), &self.row())
    }
}

/// The cards of a kind, made when somebody first searches it by more than address or id; anew when packages were added.
type Cards = Arc<Vec<Card>>;
static CARDS: Mutex<Option<(u64, HashMap<Kind, Cards>)>> = Mutex::new(None);

async fn cards(kind: Kind) -> Result<Cards, Problem> {
    let generation = packages::generation();
    if let Some((made, all)) = &*CARDS.lock()
        && *made == generation
        && let Some(found) = all.get(&kind)
    {
        return Ok(found.clone());
    }
    // A thousand resources are unpacked and read: not on a thread that answers requests.
    let made = tokio::task::spawn_blocking(move || shown(kind).map(Card::of).collect::<Vec<_>>());
    let made: Cards = Arc::new(made.await.map_err(Problem::internal)?);
    let mut kept = CARDS.lock();
    if kept.as_ref().is_none_or(|(of, _)| *of != generation) {
        *kept = Some((generation, HashMap::new()));
    }
    if let Some((_, all)) = &mut *kept {
        all.insert(kind, made.clone());
    }
    Ok(made)
}

/// The definitions of a kind, each id once: the one that its address gives.
fn shown(kind: Kind) -> impl Iterator<Item = &'static packages::Entry> {
    let mut last: HashMap<&str, &'static packages::Entry> = HashMap::new();
    for entry in packages::list(kind) {
        last.insert(entry.id, entry);
    }
    packages::list(kind)
        .filter(move |entry| last.get(entry.id).is_some_and(|found| std::ptr::eq(*found, *entry)))
}

/// The definitions that a plain parameter (`url`, `_id`) leaves, without looking at all of them.
fn named(kind: Kind, params: &[(String, String)]) -> Option<Vec<Card>> {
    let values = |wanted: &str| -> Option<Vec<&str>> {
        let (_, value) = params.iter().find(|(name, _)| name == wanted)?;
        (!value.contains('\\')).then(|| value.split(',').collect())
    };
    let keep = |rule: &dyn Fn(&packages::Entry) -> bool| {
        shown(kind).filter(|entry| rule(entry)).map(Card::of).collect()
    };
    if let Some(urls) = values("url") {
        return Some(keep(&|entry| urls.contains(&entry.url)));
    }
    values("_id").map(|ids| keep(&|entry| ids.contains(&entry.id)))
}

/// The definitions of a kind that a search finds.
async fn matching(
    kind: Kind,
    query: &Query,
    params: &[(String, String)],
) -> Result<Vec<&'static packages::Entry>, Problem> {
    Ok(match named(kind, params) {
        Some(few) => sorted(query, few.iter()),
        None => sorted(query, cards(kind).await?.iter()),
    })
}

fn sorted<'a>(query: &Query, cards: impl Iterator<Item = &'a Card>) -> Vec<&'static packages::Entry> {
    let mut found: Vec<&Card> = cards.filter(|card| card.matches(query)).collect();
    if query.is_sorted() {
        found.sort_by_cached_key(|card| query.sort_key(&Sketch(&card.sketch), &card.row()));
    }
    found.into_iter().map(|card| card.entry).collect()
}
