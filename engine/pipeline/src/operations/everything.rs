//! `$everything`: a whole record, an encounter with what belongs to it, the records of a group.
//!
//! The matches are what lives in the person's home, in the order of its keys, the person first: an order that never changes,
//! so pages neither repeat nor lose anything. Beside them come the professionals, organisations, places and other shared
//! resources that a page refers to.

mod filter;

use super::{Call, Definition, Operation, Parameter, Place};
use crate::bundle::{self, Entry};
use crate::interaction::{Answer, Level};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use bytes::Bytes;
use filter::Filter;
use socle_gate::{Found, Seen, Session};
use socle_kernel::{HomeId, Key, Kind, Problem, Subject, limits, resource_type};
use std::sync::Arc;

/// Homes that one page of several records looks into, at most.
const HOMES_A_PAGE: usize = 200;
/// What ends a page link that goes on after a whole home.
const WHOLE_HOME: &str = ".end";

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![
        Arc::new(Everything(&OF_PATIENT)),
        Arc::new(Everything(&OF_ENCOUNTER)),
        Arc::new(Everything(&OF_GROUP)),
    ]
}

struct Everything(&'static Definition);

const START: Parameter = Parameter::optional(
    "start",
    "date",
    "Soins à partir de cette date ; ce qui n'a pas de date de soins est toujours donné.",
    "Care from this date on; what has no date of care is always given.",
);
const END: Parameter = Parameter::optional(
    "end",
    "date",
    "Soins jusqu'à cette date comprise.",
    "Care until this date, included.",
);
const SINCE: Parameter =
    Parameter::optional("_since", "instant", "Écrit ou modifié depuis.", "Written or changed since.");
const TYPE: Parameter = Parameter::repeated(
    "_type",
    "code",
    "Seulement ces types de ressources.",
    "These types of resources only.",
);
const COUNT: Parameter =
    Parameter::optional("_count", "integer", "Ressources par page.", "Resources on a page.");
const PAGE: Parameter = Parameter::optional(
    "_page",
    "string",
    "Suite, telle que la donne le lien next.",
    "Where to go on, as the next link says.",
);
const RETURN: &[Parameter] = &[Parameter::required(
    "return",
    "Bundle",
    "Les ressources (searchset), et celles auxquelles elles renvoient.",
    "The resources (searchset), and those they refer to.",
)];

static OF_PATIENT: Definition = Definition {
    id: "Patient-everything",
    code: "everything",
    name: "PatientEverything",
    canonical: "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    fr: "Tout le dossier d'une personne, tel que vous pouvez le voir.",
    en: "The whole record of a person, as you may see it.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::PATIENT],
    affects_state: false,
    takes_search: false,
    inputs: &[START, END, SINCE, TYPE, COUNT, PAGE],
    outputs: RETURN,
};

static OF_ENCOUNTER: Definition = Definition {
    id: "Encounter-everything",
    code: "everything",
    name: "EncounterEverything",
    canonical: "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    fr: "Une venue ou un séjour, avec tout ce qui s'y rattache.",
    en: "An encounter, with everything that belongs to it.",
    places: &[Place::Instance],
    types: &[resource_type::ENCOUNTER],
    affects_state: false,
    takes_search: false,
    inputs: &[SINCE, TYPE, COUNT, PAGE],
    outputs: RETURN,
};

static OF_GROUP: Definition = Definition {
    id: "Group-everything",
    code: "everything",
    name: "GroupEverything",
    canonical: "http://hl7.org/fhir/OperationDefinition/Group-everything",
    fr: "Les dossiers des membres d'un groupe qui vous sont ouverts.",
    en: "The records of the members of a group that are open to you.",
    places: &[Place::Instance],
    types: &[resource_type::GROUP],
    affects_state: false,
    takes_search: false,
    inputs: &[START, END, SINCE, TYPE, COUNT, PAGE],
    outputs: RETURN,
};

#[async_trait]
impl Operation for Everything {
    fn definition(&self) -> &'static Definition {
        self.0
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let mut filter = Filter::read(call)?;
        match &call.level {
            Level::Instance(resource_type, id) => {
                let found = super::current(session, *resource_type, id).await?;
                if *resource_type == resource_type::GROUP {
                    let records = members(session, &found).await?;
                    return several(call, session, pipeline, &filter, records).await;
                }
                if *resource_type == resource_type::ENCOUNTER {
                    filter.encounter = Some((found.key, format!("{resource_type}/{}", found.id)));
                }
                one(call, session, pipeline, &filter, found.key).await
            }
            Level::Type(_) | Level::System => {
                if let Subject::Citizen(citizen) = &session.principal().subject {
                    return one(call, session, pipeline, &filter, citizen.person).await;
                }
                let records = every_person(session, pipeline).await?;
                several(call, session, pipeline, &filter, records).await
            }
        }
    }
}

/// One page of one record.
async fn one(
    call: &Call,
    session: &Session,
    pipeline: &Pipeline,
    filter: &Filter,
    first: Key,
) -> Result<Answer, Problem> {
    let seen = record(session, filter, first).await?;
    let total = seen.len() as u64;
    let start = match filter.after(session)? {
        Some((after, _)) => seen.partition_point(|one| order(first, one.key) <= order(first, after)),
        None => 0,
    };
    let end = seen.len().min(start + filter.count);
    let page = session.read_seen(&seen[start..end], first.resource_type).await?;
    let next = (end < seen.len() && end > start).then(|| session.gate().cipher().seal(seen[end - 1].key));
    answer(call, session, pipeline, filter, &page, Some(total), next).await
}

/// One page of several records, one after the other. Records that are not open to the caller are left out.
async fn several(
    call: &Call,
    session: &Session,
    pipeline: &Pipeline,
    filter: &Filter,
    mut records: Vec<Key>,
) -> Result<Answer, Problem> {
    records.sort_unstable();
    records.dedup();
    let after = filter.after(session)?;
    let from = after.map_or(0, |(after, is_whole)| {
        records.partition_point(|record| record.home < after.home || is_whole && record.home == after.home)
    });
    let mut page: Vec<Found> = Vec::new();
    let mut next = None;
    for (visited, first) in records[from..].iter().enumerate() {
        if visited == HOMES_A_PAGE {
            let last = records[from + visited - 1];
            next = Some(format!("{}{WHOLE_HOME}", session.gate().cipher().seal(last)));
            break;
        }
        let seen = match record(session, filter, *first).await {
            Err(problem) if problem.kind == Kind::Refused => continue,
            seen => seen?,
        };
        let start = match after {
            Some((after, false)) if after.home == first.home => {
                seen.partition_point(|one| order(*first, one.key) <= order(*first, after))
            }
            _ => 0,
        };
        let end = seen.len().min(start + (filter.count - page.len()));
        page.extend(session.read_seen(&seen[start..end], first.resource_type).await?);
        let is_last = from + visited + 1 == records.len();
        if end < seen.len() {
            let last = if end > start { seen[end - 1].key } else { *first };
            next = Some(session.gate().cipher().seal(last));
            break;
        }
        if page.len() >= filter.count && !is_last {
            next = Some(format!("{}{WHOLE_HOME}", session.gate().cipher().seal(*first)));
            break;
        }
    }
    answer(call, session, pipeline, filter, &page, None, next).await
}

/// What of a record is wanted and may be seen, the person first.
async fn record(session: &Session, filter: &Filter, first: Key) -> Result<Vec<Seen>, Problem> {
    let mut seen = session.whole(first.home, &|glance| filter.wants(glance)).await?;
    seen.sort_by_key(|one| order(first, one.key));
    Ok(seen)
}

/// The order of a record: the person (or the encounter), then by key.
fn order(first: Key, key: Key) -> (bool, Key) {
    (key != first, key)
}

/// The members of a group who are people known here.
async fn members(session: &Session, group: &Found) -> Result<Vec<Key>, Problem> {
    let group = socle_fhir::json::parse(&group.body)?;
    let mut people = Vec::new();
    for member in group["member"].as_array().into_iter().flatten() {
        let reference = member["entity"]["reference"].as_str().unwrap_or_default();
        if member["inactive"] != true
            && let Some((resource_type::PATIENT, id)) = crate::owner::local(reference)
            && let Some(key) = session.resolve(resource_type::PATIENT, id).await?
            && is_a_persons(key.home)
        {
            people.push(key);
        }
    }
    Ok(people)
}

/// Everybody, for programs; others name the person.
async fn every_person(session: &Session, pipeline: &Pipeline) -> Result<Vec<Key>, Problem> {
    if !matches!(session.principal().subject, Subject::System(_)) {
        return Err(Problem::new(
            Kind::TooCostly,
            "Nommez la personne dont vous demandez le dossier.",
            "Name the person whose record you ask for.",
        )
        .expecting("Patient/<id>/$everything"));
    }
    let found = pipeline.find_keys(session, resource_type::PATIENT, &[], limits::SCAN_ROWS).await?;
    Ok(found.into_iter().map(|(key, _)| key).filter(|key| is_a_persons(key.home)).collect())
}

fn is_a_persons(home: HomeId) -> bool {
    !home.is_shared()
}

async fn answer(
    call: &Call,
    session: &Session,
    pipeline: &Pipeline,
    filter: &Filter,
    page: &[Found],
    total: Option<u64>,
    next: Option<String>,
) -> Result<Answer, Problem> {
    let base = pipeline.fhir_base();
    let mut entries: Vec<Entry> = page.iter().map(|found| Entry::found(&base, found, "match")).collect();
    for found in super::around::shared(session, page, &filter.types).await? {
        entries.push(Entry::found(&base, &found, "include"));
    }
    let address = format!("{base}/{}/${}", call.level.path(), call.code);
    let mut params = call.query();
    let mut links = vec![("self", crate::bundle::with_query(&address, &params))];
    if let Some(next) = next {
        params.retain(|(name, _)| name != "_page");
        params.push(("_page".into(), next));
        links.push(("next", crate::bundle::with_query(&address, &params)));
    }
    let body = bundle::write("searchset", total, session.now(), &links, &entries);
    Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
}
