//! `Observation/$lastn`: the most recent observations of each code.

use super::{Call, Definition, Operation, Parameter, Place};
use crate::bundle::{self, Entry};
use crate::interaction::Answer;
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use socle_fhir::date::{FOREVER, FhirDate};
use socle_gate::{Found, Session};
use socle_kernel::{Kind, Problem, Subject, resource_type};
use std::collections::HashMap;
use std::sync::Arc;

/// Observations that one call looks at.
const LOOKED_AT: usize = 10_000;
/// Parameters of a search that say how results are shown; here the operation decides that.
const ABOUT_RESULTS: [&str; 9] =
    ["_sort", "_count", "_page", "_summary", "_elements", "_include", "_revinclude", "_total", "_contained"];

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(LastN)]
}

struct LastN;

static LASTN: Definition = Definition {
    id: "Observation-lastn",
    code: "lastn",
    name: "ObservationLastN",
    canonical: "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    fr: "Les observations les plus récentes de chaque code, parmi celles que trouve une recherche (patient=…, category=…, code=…). À égalité de date, toutes sont données.",
    en: "The most recent observations of each code, among those a search finds (patient=…, category=…, code=…). Of the same date, all are given.",
    places: &[Place::Type],
    types: &[resource_type::OBSERVATION],
    affects_state: false,
    takes_search: true,
    inputs: &[Parameter::optional(
        "max",
        "positiveInt",
        "Observations de chaque code, au plus ; 1 sans autre indication.",
        "Observations of each code, at most; 1 unless said otherwise.",
    )],
    outputs: &[Parameter::required(
        "return",
        "Bundle",
        "Les observations (searchset), les plus récentes d'abord pour chaque code.",
        "The observations (searchset), the most recent of each code first.",
    )],
};

#[async_trait]
impl Operation for LastN {
    fn definition(&self) -> &'static Definition {
        &LASTN
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        check_search(call, session)?;
        let max = call.number("max").and_then(|max| usize::try_from(max).ok()).unwrap_or(1);
        let keys =
            pipeline.find_keys(session, resource_type::OBSERVATION, &call.search, LOOKED_AT + 1).await?;
        if keys.len() > LOOKED_AT {
            return Err(Problem::new(
                Kind::TooCostly,
                "Trop d'observations ; précisez le code, la catégorie ou la période.",
                "Too many observations; name the code, the category or the period.",
            )
            .expecting(format!("at most {LOOKED_AT}")));
        }
        let mut observations = Vec::with_capacity(keys.len());
        for (key, _) in keys {
            if let Some(found) = session.peek(key).await?.filter(|found| !found.deleted) {
                observations.push(Observation::of(&found)?);
            }
        }
        let mut chosen = Vec::new();
        for observation in last_of_each(observations, max) {
            // Read once more, so that the trace names what is shown and nothing else.
            chosen.extend(session.read(observation.key).await?);
        }
        Ok(answer(call, session, pipeline, &chosen))
    }
}

fn answer(call: &Call, session: &Session, pipeline: &Pipeline, chosen: &[Found]) -> Answer {
    let base = pipeline.fhir_base();
    let entries: Vec<Entry> = chosen.iter().map(|found| Entry::found(&base, found, "match")).collect();
    let address = format!("{base}/{}/${}", call.level.path(), call.code);
    let links = [("self", crate::bundle::with_query(&address, &call.query()))];
    let body = bundle::write("searchset", Some(entries.len() as u64), session.now(), &links, &entries);
    Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() }
}

fn check_search(call: &Call, session: &Session) -> Result<(), Problem> {
    let name_of = |name: &str| name.split([':', '.']).next().unwrap_or_default().to_owned();
    if let Some((name, _)) =
        call.search.iter().find(|(name, _)| ABOUT_RESULTS.contains(&name_of(name).as_str()))
    {
        return Err(Problem::new(
            Kind::Invalid,
            "Cette opération décide elle-même de l'ordre et du nombre de ses résultats.",
            "This operation itself decides the order and the number of its results.",
        )
        .coded("not-supported")
        .at(name.clone())
        .expecting("max, patient, subject, category, code, date, …"));
    }
    let is_own = matches!(session.principal().subject, Subject::Citizen(_));
    let names_somebody =
        call.search.iter().any(|(name, _)| matches!(name_of(name).as_str(), "patient" | "subject"));
    if is_own || names_somebody {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Invalid,
        "Nommez la personne dont vous demandez les observations.",
        "Name the person whose observations you ask for.",
    )
    .coded("required")
    .at("patient")
    .expecting("patient=Patient/<id>"))
}

/// What of an observation decides its group and its order.
struct Observation {
    key: socle_kernel::Key,
    codes: Vec<String>,
    moment: Option<i64>,
}

impl Observation {
    fn of(found: &Found) -> Result<Self, Problem> {
        let resource = socle_fhir::json::parse(&found.body)?;
        Ok(Observation { key: found.key, codes: codes(&resource["code"]), moment: moment(&resource) })
    }
}

/// Every code of a concept; its text when it has none.
fn codes(concept: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let codings = concept["coding"].as_array().into_iter().flatten();
    let mut codes: Vec<String> = codings
        .filter(|coding| coding["code"].is_string())
        .map(|coding| format!("{}|{}", text(&coding["system"]), text(&coding["code"])))
        .collect();
    if codes.is_empty() {
        codes.push(format!("text|{}", text(&concept["text"]).to_lowercase()));
    }
    codes
}

/// When it was observed: a period counts by its end, or by its start while it goes on.
fn moment(resource: &Value) -> Option<i64> {
    let date = |value: &Value| value.as_str().and_then(FhirDate::parse);
    let period = &resource["effectivePeriod"];
    let at = date(&resource["effectiveDateTime"]).or_else(|| date(&resource["effectiveInstant"]));
    at.map(|date| date.start)
        .or_else(|| date(&period["end"]).map(|date| date.end).filter(|end| *end != FOREVER))
        .or_else(|| date(&period["start"]).map(|date| date.start))
        .or_else(|| {
            let events = resource["effectiveTiming"]["event"].as_array().into_iter().flatten();
            events.filter_map(date).map(|date| date.start).max()
        })
}

/// The last `max` of each group and whatever is as recent as the last of these; groups in the order of their codes.
fn last_of_each(observations: Vec<Observation>, max: usize) -> Vec<Observation> {
    let mut groups: Vec<(String, Vec<Observation>)> = Vec::new();
    let group_of = groups_by_code(&observations);
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (observation, group) in observations.into_iter().zip(group_of) {
        let place = *places.entry(group).or_insert_with(|| {
            groups.push((String::new(), Vec::new()));
            groups.len() - 1
        });
        let (name, members) = &mut groups[place];
        let first = observation.codes.iter().min().cloned().unwrap_or_default();
        if name.is_empty() || first < *name {
            *name = first;
        }
        members.push(observation);
    }
    groups.sort_by(|one, other| one.0.cmp(&other.0));
    let mut chosen = Vec::new();
    for (_, mut members) in groups {
        members.sort_by(|one, other| other.moment.cmp(&one.moment).then(other.key.cmp(&one.key)));
        let last = members.get(max.saturating_sub(1)).map(|observation| observation.moment);
        chosen.extend(
            members
                .into_iter()
                .enumerate()
                .take_while(|(index, observation)| *index < max || Some(observation.moment) == last)
                .map(|(_, observation)| observation),
        );
    }
    chosen
}

/// The group of each observation: those that share a code, directly or through a third one, are one group.
fn groups_by_code(observations: &[Observation]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..observations.len()).collect();
    let mut first_with: HashMap<&str, usize> = HashMap::new();
    for (index, observation) in observations.iter().enumerate() {
        for code in &observation.codes {
            let other = *first_with.entry(code).or_insert(index);
            let (one, two) = (root(&mut parents, index), root(&mut parents, other));
            parents[one.max(two)] = one.min(two);
        }
    }
    (0..observations.len()).map(|index| root(&mut parents, index)).collect()
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while parents[index] != index {
        parents[index] = parents[parents[index]];
        index = parents[index];
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use socle_kernel::{HomeId, Key, Seq};

    /// The key of the nth observation: keys follow time.
    fn key(number: u8) -> Key {
        let home = HomeId::programme(resource_type::OBSERVATION);
        let seq = Seq::new(u64::from(number)).expect("a small number");
        Key { home, resource_type: resource_type::OBSERVATION, seq }
    }

    fn observation(number: u8, codes: &[&str], date: Option<&str>) -> Observation {
        let coding: Vec<Value> =
            codes.iter().map(|code| json!({ "system": "urn:x", "code": code })).collect();
        let mut resource = json!({ "code": { "coding": coding, "text": "Pouls" } });
        if let Some(date) = date {
            resource["effectiveDateTime"] = date.into();
        }
        Observation { key: key(number), codes: super::codes(&resource["code"]), moment: moment(&resource) }
    }

    fn chosen(observations: Vec<Observation>, max: usize) -> Vec<u8> {
        let number =
            |found: &Observation| (1..9).find(|number| key(*number) == found.key).expect("made here");
        last_of_each(observations, max).iter().map(number).collect()
    }

    #[test]
    fn the_last_of_each_code_and_all_of_the_same_moment() {
        let all = || {
            vec![
                observation(1, &["b"], Some("2026-01-01")),
                observation(2, &["a"], Some("2026-01-02")),
                observation(3, &["a"], Some("2026-01-03")),
                observation(4, &["a"], Some("2026-01-03")),
                observation(5, &["a"], None),
            ]
        };
        assert_eq!(chosen(all(), 1), [4, 3, 1]);
        assert_eq!(chosen(all(), 2), [4, 3, 1]);
        assert_eq!(chosen(all(), 3), [4, 3, 2, 1]);
        assert_eq!(chosen(all(), 9), [4, 3, 2, 5, 1]);
    }

    #[test]
    fn codes_that_a_third_observation_brings_together_are_one_group() {
        let all = vec![
            observation(1, &["a"], Some("2026-01-01")),
            observation(2, &["b"], Some("2026-01-02")),
            observation(3, &["a", "b"], Some("2025-01-01")),
        ];
        assert_eq!(chosen(all, 1), [2]);
    }

    #[test]
    fn a_concept_without_code_counts_by_its_text() {
        assert_eq!(codes(&json!({ "text": "Pouls" })), codes(&json!({ "text": "POULS" })));
    }

    #[test]
    fn a_period_counts_by_its_end() {
        let period = json!({ "effectivePeriod": { "start": "2026-01-01", "end": "2026-01-05" } });
        let open = json!({ "effectivePeriod": { "start": "2026-01-01" } });
        assert!(moment(&period) > moment(&open));
        assert_eq!(moment(&json!({})), None);
    }
}
