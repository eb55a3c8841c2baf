//! Reads a search from its parameters.

use super::ask::{self, Depth};
use super::control::control;
use super::filter::filter;
use super::refusals::{Refusal, bad_modifier, bad_value, nearest, too_many, unknown};
use super::test::{DATE_HELP, alternatives, asked, missing};
use super::tree::Node;
use super::value::{split, unescape};
use super::{Asks, Leaf, Query};
use crate::search::date::DateTest;
use crate::search::parameter;
use socle_kernel::{Problem, ResourceType, limits};

/// Reads a search. A parameter that is not known is refused with the list of those that are, unless `lenient`: then it
/// is left out and named in `Query::ignored`.
pub fn parse_query(
    resource_type: ResourceType,
    params: &[(String, String)],
    lenient: bool,
) -> Result<Query, Problem> {
    read(resource_type, params, lenient, Depth(0)).map_err(Refusal::problem)
}

/// Reads a search of several types at once: those of `_type`, all of them without it. Each type must know every parameter.
pub fn parse_system_query(params: &[(String, String)], lenient: bool) -> Result<Vec<Query>, Problem> {
    let mut types: Vec<ResourceType> = Vec::new();
    for (_, value) in params.iter().filter(|(name, _)| name == "_type") {
        for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let known = || nearest(name, ResourceType::all().map(ResourceType::name)).unwrap_or("Patient");
            let one = name.parse().map_err(|_| bad_value("_type", name, known()))?;
            if !types.contains(&one) {
                types.push(one);
            }
        }
    }
    if types.is_empty() {
        types.extend(ResourceType::all());
    }
    let rest: Vec<(String, String)> = params.iter().filter(|(name, _)| name != "_type").cloned().collect();
    types.into_iter().map(|one| parse_query(one, &rest, lenient)).collect()
}

/// Reads the search of a sub-question. Nothing is left out of it: it would find too much.
pub(super) fn parse_at(
    resource_type: ResourceType,
    params: &[(String, String)],
    depth: Depth,
) -> Result<Query, Refusal> {
    read(resource_type, params, false, depth)
}

fn read(
    resource_type: ResourceType,
    params: &[(String, String)],
    lenient: bool,
    depth: Depth,
) -> Result<Query, Refusal> {
    if params.len() > limits::SEARCH_PARAMETERS {
        let limit = ("SEARCH_PARAMETERS", limits::SEARCH_PARAMETERS);
        return Err(too_many("", ["paramètres", "parameters"], limit, params.len()).into());
    }
    let mut query = Query::everything(resource_type);
    for (name, value) in params {
        // An empty value is as if the parameter was not there (FHIR R4 search).
        if value.is_empty() || control(&mut query, name, value)? {
            continue;
        }
        match criterion(&mut query, name, value, depth) {
            Ok(node) => query.tree.push(node),
            Err(Refusal::Unknown(_)) if lenient => query.ignored.push(name.clone()),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(query)
}

/// Reads one parameter that resources must fulfil.
fn criterion(query: &mut Query, name: &str, value: &str, depth: Depth) -> Result<Node, Refusal> {
    let (code, modifier) = match name.split_once(':') {
        Some((code, modifier)) => (code, Some(modifier)),
        None => (name, None),
    };
    match code {
        "_has" => return ask::has(query, name, value, depth).map(Node::Leaf),
        "_filter" if modifier.is_none() => return filter(query, value, depth),
        "_list" if modifier.is_none() => return ask::list(query, name, value, depth).map(Node::Leaf),
        "_id" | "_lastUpdated" => {
            let leaf = row_leaf(code, name, modifier, value)?;
            return Ok(Node::Leaf(query.leaf(leaf, name)?));
        }
        _ => {}
    }
    if let Some(known) = parameter(query.resource_type, code)
        && !modifier.is_some_and(|modifier| modifier.contains('.'))
    {
        let leaf = asked(known, name, modifier, value)?;
        return Ok(Node::Leaf(query.leaf(leaf, name)?));
    }
    match ask::chain(query, name, value, depth)? {
        Some(leaf) => Ok(Node::Leaf(leaf)),
        None => Err(Refusal::Unknown(unknown(query.resource_type, name))),
    }
}

/// What the row says without its sketch.
fn row_leaf(code: &str, name: &str, modifier: Option<&str>, value: &str) -> Result<Leaf, Problem> {
    if modifier == Some("missing") {
        // Every stored resource has an id and a moment of writing.
        let is_negated = missing(name, value)?;
        return Ok(Leaf { is_negated, ..Leaf::of_row(Asks::Always) });
    }
    if code == "_id" {
        let mut ids: Vec<String> = split(value, ',').into_iter().map(unescape).collect();
        ids.sort_unstable();
        ids.dedup();
        return match modifier {
            None => Ok(Leaf::of_row(Asks::Ids(ids))),
            Some("not") => Ok(Leaf { is_negated: true, ..Leaf::of_row(Asks::Ids(ids)) }),
            Some(other) => Err(bad_modifier(name, other, "not, missing")),
        };
    }
    if let Some(modifier) = modifier {
        return Err(bad_modifier(name, modifier, "missing"));
    }
    let test = |text: &str| DateTest::new(text).ok_or_else(|| bad_value(name, value, DATE_HELP));
    let tests = alternatives(name, value)?.into_iter().map(test).collect::<Result<_, _>>()?;
    Ok(Leaf::of_row(Asks::LastUpdated(tests)))
}
