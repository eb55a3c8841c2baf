//! Conditions: what a search means for a write, in the store and among the other drafts of the same act.

use crate::links::{Links, base_of};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb};
use socle_fhir::{Query, Reference, RowFacts, Sketch, rewrite_references};
use socle_gate::Session;
use socle_kernel::{Instant, Key, Kind, Problem, ResourceType};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Comparisons of conditions with drafts of the same Bundle; past it the Bundle is too costly.
const COMPARISONS: usize = 5_000_000;
/// Parameters that shape an answer and say nothing about what is meant.
const SHAPING: [&str; 10] = [
    "_count",
    "_sort",
    "_include",
    "_revinclude",
    "_summary",
    "_elements",
    "_total",
    "_contained",
    "_format",
    "_pretty",
];

/// A resource that a condition means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// One that is stored, with its public id.
    Stored(Key, String),
    /// One that a draft of the same plan makes or changes, by position.
    Planned(usize),
}

/// What the other drafts of a plan change about the answers of the store.
#[derive(Default)]
pub(crate) struct Overlay {
    /// Types that conditions of this plan ask for: only these are indexed.
    types: HashSet<ResourceType>,
    by_key: HashMap<(ResourceType, u32, Vec<u8>), Vec<usize>>,
    by_type: HashMap<ResourceType, Vec<usize>>,
    sketches: HashMap<usize, (Vec<u8>, Option<String>)>,
    /// Stored resources that the plan deletes or writes anew: the store's answer about them no longer counts.
    gone: HashSet<Key>,
    compared: AtomicUsize,
}

impl Overlay {
    /// An overlay for conditions on these types.
    pub(crate) fn on(types: HashSet<ResourceType>) -> Self {
        Overlay { types, ..Overlay::default() }
    }

    /// Takes a draft into account.
    pub(crate) fn add(&mut self, position: usize, draft: &Draft) {
        if draft.verb == Verb::Keep {
            return;
        }
        self.gone.extend(draft.key.filter(|_| draft.expected > 0));
        let (Some(resource), true) = (&draft.resource, self.types.contains(&draft.resource_type)) else {
            return;
        };
        let indexed = socle_fhir::index(resource, &[]);
        for (param, value) in &indexed.keys {
            self.by_key.entry((draft.resource_type, *param, value.clone())).or_default().push(position);
        }
        self.by_type.entry(draft.resource_type).or_default().push(position);
        self.sketches.insert(position, (indexed.sketch, draft.alias.clone()));
    }

    fn find(&self, query: &Query, of_type: ResourceType, now: Instant) -> Result<Vec<usize>, Problem> {
        let of_key = |(param, value): (u32, Vec<u8>)| {
            self.by_key.get(&(of_type, param, value)).map_or(&[][..], Vec::as_slice)
        };
        let mut looked_at: Vec<usize> = match query.key_values().into_iter().next() {
            Some(alternatives) => alternatives.into_iter().flat_map(of_key).copied().collect(),
            None => self.by_type.get(&of_type).cloned().unwrap_or_default(),
        };
        looked_at.sort_unstable();
        looked_at.dedup();
        let compared = self.compared.fetch_add(looked_at.len(), Ordering::Relaxed) + looked_at.len();
        if compared > COMPARISONS {
            return Err(Problem::new(
                Kind::TooCostly,
                "Les conditions de ce Bundle demandent trop de comparaisons. Désignez les ressources par identifiant.",
                "The conditions of this Bundle need too many comparisons. Name resources by identifier.",
            )
            .expecting(format!("at most {COMPARISONS}")));
        }
        looked_at.retain(|position| {
            self.sketches.get(position).is_some_and(|(sketch, alias)| {
                query.matches(&Sketch(sketch), &RowFacts { id: alias.as_deref(), last_updated: now })
            })
        });
        Ok(looked_at)
    }
}

impl Pipeline {
    /// The resources a condition means, two at most: in the store as the caller sees it, and among the drafts.
    pub(crate) async fn meant(
        &self,
        session: &Session,
        of_type: ResourceType,
        params: &[(String, String)],
        overlay: &Overlay,
    ) -> Result<Vec<Meant>, Problem> {
        if !params.iter().any(|(name, _)| !SHAPING.contains(&name.as_str())) {
            return Err(Problem::new(
                Kind::Invalid,
                "Une condition nomme au moins un critère de recherche.",
                "A condition names at least one search criterion.",
            )
            .coded("required")
            .expecting("identifier=<system>|<value>"));
        }
        let gone = overlay.gone.iter().filter(|key| key.resource_type == of_type).count();
        let found = self.find_keys(session, of_type, params, 2 + gone).await?;
        let mut meant: Vec<Meant> = found
            .into_iter()
            .filter(|(key, _)| !overlay.gone.contains(key))
            .map(|(key, id)| Meant::Stored(key, id))
            .collect();
        if overlay.by_type.contains_key(&of_type) {
            let prepared = self.prepare(session, of_type, params, false).await?;
            let planned = overlay.find(&prepared.query, of_type, session.now())?;
            meant.extend(planned.into_iter().map(Meant::Planned));
        }
        meant.truncate(2);
        Ok(meant)
    }

    /// Makes every reference one that is understood here: absolute ones to this platform become relative, relative ones
    /// inside a Bundle become the `fullUrl` they mean, conditional ones (`Practitioner?identifier=…`) become literal, in
    /// the state that the whole plan leaves behind.
    pub(crate) async fn settle_references(&self, session: &Session, plan: &mut Plan) -> Result<(), Problem> {
        let own = format!("{}/", self.fhir_base());
        let links = Links::of(plan);
        let mut conditions: Vec<String> = Vec::new();
        let mut asked: HashMap<String, Option<usize>> = HashMap::new();
        for (position, draft) in plan.drafts.iter_mut().enumerate() {
            let base = draft.full_url.as_deref().and_then(base_of).map(str::to_owned);
            let Some(resource) = draft.resource.as_mut() else { continue };
            rewrite_references(resource, &mut |reference| {
                if links.find(reference).is_some() {
                    return None;
                }
                if let Some(absolute) = links.absolute(base.as_deref(), reference) {
                    return Some(absolute);
                }
                if let Reference::Conditional { .. } = Reference::parse(reference)
                    && asked.insert(reference.to_owned(), Some(position)).is_none()
                {
                    conditions.push(reference.to_owned());
                }
                reference.strip_prefix(&own).map(str::to_owned)
            });
        }
        if conditions.is_empty() {
            return Ok(());
        }
        let types = conditions.iter().filter_map(|reference| Reference::parse(reference).resource_type());
        let mut overlay = Overlay::on(types.collect());
        if plan.drafts.len() > 1 {
            for (position, draft) in plan.drafts.iter().enumerate() {
                overlay.add(position, draft);
            }
        }
        let mut settled: HashMap<String, String> = HashMap::with_capacity(conditions.len());
        for reference in conditions {
            let found = self.settle(session, &reference, &overlay).await.map_err(|problem| {
                let entry = asked.get(&reference).copied().flatten().and_then(|at| plan.drafts[at].entry);
                match entry {
                    Some(entry) => problem.at(format!("Bundle.entry[{entry}].resource")),
                    None => problem,
                }
            })?;
            let literal = match found {
                Meant::Stored(key, id) => format!("{}/{id}", key.resource_type),
                Meant::Planned(position) => plan.full_url(position),
            };
            settled.insert(reference, literal);
        }
        for resource in plan.drafts.iter_mut().filter_map(|draft| draft.resource.as_mut()) {
            rewrite_references(resource, &mut |reference| settled.get(reference).cloned());
        }
        Ok(())
    }

    async fn settle(&self, session: &Session, reference: &str, overlay: &Overlay) -> Result<Meant, Problem> {
        let (name, query) = reference.split_once('?').unwrap_or((reference, ""));
        let resource_type: ResourceType = name.parse().map_err(|_| Problem::not_found())?;
        let params = crate::interaction::parse_query_text(query)?;
        let mut found = self.meant(session, resource_type, &params, overlay).await?;
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Ok(one),
            (last, _) => Err(Problem::new(
                Kind::VersionConflict,
                "Une référence conditionnelle doit désigner exactement une ressource.",
                "A conditional reference must mean exactly one resource.",
            )
            .coded(if last.is_none() { "not-found" } else { "multiple-matches" })
            .expecting("1")
            .receiving(format!("{} ({reference})", if last.is_none() { "0" } else { "2+" }))),
        }
    }
}

/// `If-None-Exist` and the query of a conditional address, in one spelling whatever their order.
pub(crate) fn question(resource_type: ResourceType, params: &[(String, String)]) -> String {
    let mut pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.sort_unstable();
    format!("{resource_type}?{}", pairs.join("&"))
}
