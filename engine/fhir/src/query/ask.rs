//! Sub-questions: what of a search needs another search first. Chains, reverse chains, lists.
//!
//! A sub-question names searches to make and how their results lead to references. The caller makes them as the one who
//! asked (so that what is hidden from them answers nothing) and gives the references back with [`Query::answer`].

use super::refusals::{Refusal, bad_modifier, bad_value, not_offered, reference_codes, too_many, unknown};
use super::test::target_names;
use super::value::unescape;
use super::{Asks, Leaf, Query, Test, parse};
use crate::reference::{Reference, is_id};
use crate::search::reference::ReferenceSet;
use crate::search::{ParamKind, Parameter, parameter};
use socle_kernel::resource_type::{LIST, PATIENT};
use socle_kernel::{Kind, Problem, ResourceType, limits};

/// What a sub-question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskKind {
    /// A parameter of the resource a reference points to (`subject:Patient.name=…`).
    Chain,
    /// A parameter of a resource that points here (`_has:Observation:patient:code=…`).
    Has,
    /// Membership of a list (`_list=…`).
    List,
}

/// How the resources that a sub-question finds lead to the references that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// They are themselves what is pointed to: each answers with its own `Type/id`.
    Found,
    /// They point to what is wanted: each answers with what this parameter of it refers to.
    PointedTo {
        /// The parameter's number, for `Sketch::references`.
        number: u32,
        /// The parameter's code.
        code: &'static str,
        /// Only references to this type.
        target: ResourceType,
    },
}

/// A search that a sub-question needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubSearch {
    /// What is searched.
    pub resource_type: ResourceType,
    /// Its parameters. They are understood by [`super::parse_query`] (checked when the sub-question was read), and may
    /// have sub-questions of their own.
    pub params: Vec<(String, String)>,
}

/// A sub-question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What it is about.
    pub kind: AskKind,
    /// The parameter as the caller wrote it.
    pub name: String,
    /// The searches to make. What any of them finds counts: a chain may lead to several types.
    pub searches: Vec<SubSearch>,
    /// How to get from the resources found to references.
    pub lead: Lead,
    /// Whose turn it is in `Query::leaves`.
    pub(super) leaf: usize,
    pub(super) is_answered: bool,
}

impl Query {
    /// The sub-questions, to be answered before the search can match anything.
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Gives the references (`Type/id`) that answer the sub-question at this place of [`Query::asks`]. None of them: what
    /// the parameter asks for is nowhere.
    pub fn answer(&mut self, index: usize, references: &[String]) {
        let Some(ask) = self.asks.get_mut(index) else { return };
        ask.is_answered = true;
        let Some(leaf) = self.leaves.get_mut(ask.leaf) else { return };
        leaf.asks = match ask.lead {
            Lead::Found => Asks::AnyOf(vec![Test::References(ReferenceSet::new(references))]),
            Lead::PointedTo { target, .. } => {
                let local = |text: &String| match Reference::parse(text) {
                    Reference::Local { resource_type, id, .. } if resource_type == target => {
                        Some(id.to_owned())
                    }
                    _ => None,
                };
                let mut ids: Vec<String> = references.iter().filter_map(local).collect();
                ids.sort_unstable();
                ids.dedup();
                Asks::Ids(ids)
            }
        };
    }

    /// True when no sub-question waits for its answer. Until then nothing matches.
    pub fn is_answered(&self) -> bool {
        self.asks.iter().all(|ask| ask.is_answered)
    }

    /// Adds a sub-question and the leaf it decides.
    pub(super) fn ask(&mut self, known: Option<&Parameter>, mut ask: Ask) -> Result<usize, Problem> {
        let leaf = match known {
            Some(known) => Leaf::of(known, Asks::Waiting),
            None => Leaf::of_row(Asks::Waiting),
        };
        let index = self.leaf(leaf, &ask.name)?;
        ask.leaf = index;
        self.asks.push(ask);
        Ok(index)
    }
}

/// How deep below the first search this one is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth(pub(super) usize);

impl Depth {
    fn next(self, name: &str) -> Result<Depth, Problem> {
        if self.0 >= limits::SEARCH_DEPTH {
            let limit = ("SEARCH_DEPTH", limits::SEARCH_DEPTH);
            return Err(too_many(name, ["niveaux", "levels"], limit, self.0 + 1));
        }
        Ok(Depth(self.0 + 1))
    }
}

/// `patient.name`, `subject:Patient.name`: the first reference, and what is asked of what it points to. `None` when the
/// name is no chain.
pub(super) fn chain(
    query: &mut Query,
    name: &str,
    value: &str,
    depth: Depth,
) -> Result<Option<usize>, Refusal> {
    let Some((first, rest)) = name.split_once('.') else { return Ok(None) };
    let (code, named) = first.split_once(':').map_or((first, None), |(code, named)| (code, Some(named)));
    let Some(known) = parameter(query.resource_type, code) else { return Ok(None) };
    chain_to(query, known, named, (name, rest), value, depth).map(Some)
}

/// A chain over a known reference parameter.
pub(super) fn chain_to(
    query: &mut Query,
    known: &'static Parameter,
    named: Option<&str>,
    (name, rest): (&str, &str),
    value: &str,
    depth: Depth,
) -> Result<usize, Refusal> {
    if known.kind != ParamKind::Reference {
        let references = reference_codes(query.resource_type);
        return Err(bad_value(name, known.code, &references).into());
    }
    let depth = depth.next(name)?;
    let candidates = candidates(known, name, named)?;
    let params = vec![(rest.to_owned(), value.to_owned())];
    let mut searches = Vec::new();
    let mut refusal: Option<Refusal> = None;
    // Read here too, so that a mistake is told with this search and not after another one.
    for resource_type in candidates {
        match parse::parse_at(resource_type, &params, depth) {
            Ok(_) => searches.push(SubSearch { resource_type, params: params.clone() }),
            // What is wrong with a value says more than that another type does not know the name.
            Err(wrong @ Refusal::Wrong(_)) => refusal = Some(wrong),
            Err(unknown) => refusal = Some(refusal.unwrap_or(unknown)),
        }
    }
    if searches.len() > limits::SEARCH_CHAIN_TYPES {
        return Err(too_wide(known, name, rest).into());
    }
    if searches.is_empty() {
        return Err(match refusal.unwrap_or_else(|| too_wide(known, name, rest).into()) {
            Refusal::Unknown(problem) => Refusal::Unknown(problem.at(name)),
            Refusal::Wrong(problem) => Refusal::Wrong(problem.at(name)),
        });
    }
    let ask = Ask {
        kind: AskKind::Chain,
        name: name.to_owned(),
        searches,
        lead: Lead::Found,
        leaf: 0,
        is_answered: false,
    };
    Ok(query.ask(Some(known), ask)?)
}

/// The types that a chain may lead to.
fn candidates(known: &Parameter, name: &str, named: Option<&str>) -> Result<Vec<ResourceType>, Problem> {
    let may_point = |target: &ResourceType| known.targets.is_empty() || known.targets.contains(target);
    match named {
        Some(named) => match named.parse::<ResourceType>() {
            Ok(target) if may_point(&target) => Ok(vec![target]),
            _ => Err(bad_modifier(name, named, &target_names(known))),
        },
        None if known.code == "patient" => Ok(vec![PATIENT]),
        None if known.targets.is_empty() => Ok(ResourceType::all().collect()),
        None => Ok(known.targets.clone()),
    }
}

fn too_wide(known: &Parameter, name: &str, rest: &str) -> Problem {
    let code = known.code;
    let named: Vec<String> =
        known.targets.iter().take(20).map(|target| format!("{code}:{target}.{rest}")).collect();
    let expected = if named.is_empty() { format!("{code}:Patient.{rest}") } else { named.join(", ") };
    Problem::new(
        Kind::Invalid,
        format!("« {name} » peut mener à trop de types de ressources. Nommez celui que vous cherchez."),
        format!("`{name}` may lead to too many resource types. Name the one you look for."),
    )
    .coded("too-costly")
    .at(name)
    .expecting(expected)
    .receiving(name)
}

const HAS_HELP: &str = "_has:Type:reference:parameter, _has:Observation:patient:code";

/// `_has:Observation:patient:code=…`.
pub(super) fn has(query: &mut Query, name: &str, value: &str, depth: Depth) -> Result<usize, Refusal> {
    let depth = depth.next(name)?;
    let mut parts = name.splitn(4, ':').skip(1);
    let (Some(source), Some(code), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad_value(name, name, HAS_HELP).into());
    };
    let source: ResourceType = source.parse().map_err(|_| bad_value(name, source, HAS_HELP))?;
    let target = query.resource_type;
    let known = parameter(source, code).ok_or_else(|| Refusal::Unknown(unknown(source, code).at(name)))?;
    let may_point = known.targets.is_empty() || known.targets.contains(&target);
    if known.kind != ParamKind::Reference || !may_point {
        return Err(bad_value(name, code, &pointing_here(source, target)).into());
    }
    let params = vec![(rest.to_owned(), value.to_owned())];
    if let Err(refusal) = parse::parse_at(source, &params, depth) {
        return Err(match refusal {
            Refusal::Unknown(problem) => Refusal::Unknown(problem.at(name)),
            Refusal::Wrong(problem) => Refusal::Wrong(problem.at(name)),
        });
    }
    let ask = Ask {
        kind: AskKind::Has,
        name: name.to_owned(),
        searches: vec![SubSearch { resource_type: source, params }],
        lead: Lead::PointedTo { number: known.number, code: known.code, target },
        leaf: 0,
        is_answered: false,
    };
    Ok(query.ask(None, ask)?)
}

/// The parameters of a type that may point to another.
fn pointing_here(source: ResourceType, target: ResourceType) -> String {
    let points = |known: &&Parameter| {
        known.kind == ParamKind::Reference && (known.targets.is_empty() || known.targets.contains(&target))
    };
    let known = crate::search::parameters(source).iter().filter(points).map(|known| known.code);
    format!("{source}: {}", known.collect::<Vec<_>>().join(", "))
}

/// `_list=42`.
pub(super) fn list(query: &mut Query, name: &str, value: &str, depth: Depth) -> Result<usize, Refusal> {
    depth.next(name)?;
    let id = unescape(value);
    let id = id.strip_prefix("List/").unwrap_or(&id);
    if id.starts_with('$') {
        return Err(not_offered(
            name,
            "Les listes courantes ($current-…) ne sont pas tenues ici : nommez une ressource List par son identifiant.",
            "Current lists ($current-…) are not kept here: name a List resource by its id.",
        )
        .into());
    }
    if !is_id(id) {
        return Err(bad_value(name, value, "42, List/42").into());
    }
    let known = parameter(LIST, "item").expect("List has the parameter item");
    let ask = Ask {
        kind: AskKind::List,
        name: name.to_owned(),
        searches: vec![SubSearch { resource_type: LIST, params: vec![("_id".to_owned(), id.to_owned())] }],
        lead: Lead::PointedTo { number: known.number, code: known.code, target: query.resource_type },
        leaf: 0,
        is_answered: false,
    };
    Ok(query.ask(None, ask)?)
}
