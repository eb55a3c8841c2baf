//! `_include` and `_revinclude`: what the matches refer to and what refers to them, as the caller may see it, each once.

use crate::pipeline::Pipeline;
use socle_fhir::{Include, ParamKind, Parameter, Query, Sketch, Value, parse_query};
use socle_gate::{Compartment, Found, Part, Session, Where};
use socle_kernel::{HomeId, Key, Kind, Problem, ResourceType};
use std::collections::{BTreeMap, HashSet};

/// Resources one answer may include beside its matches.
const INCLUDED: usize = 1_000;
/// Rounds of `:iterate` includes.
const INCLUDE_ROUNDS: usize = 8;
/// Resources of one canonical address that may be included: its versions.
const CANONICALS: usize = 20;

impl Pipeline {
    /// Resources that the matches refer to, or that refer to them.
    pub(crate) async fn included(
        &self,
        session: &Session,
        query: &Query,
        matches: &[Found],
    ) -> Result<Vec<Found>, Problem> {
        let mut seen: HashSet<(Key, u32)> = matches.iter().map(|found| (found.key, found.version)).collect();
        let mut included: Vec<Found> = Vec::new();
        let mut fresh: Vec<Found> = matches.to_vec();
        for round in 0..INCLUDE_ROUNDS {
            let mut wanted = Vec::new();
            for include in query.include.iter().filter(|include| round == 0 || include.iterate) {
                for found in fresh.iter().filter(|found| {
                    include.source_type.is_none_or(|wanted| found.key.resource_type == wanted)
                }) {
                    wanted.extend(self.referred(session, include, found).await?);
                }
            }
            for include in query.revinclude.iter().filter(|include| round == 0 || include.iterate) {
                wanted.extend(self.referring(session, include, &fresh).await?);
            }
            let mut next = Vec::new();
            for (key, version) in wanted {
                // A type outside the token's scopes is left out, like what is hidden.
                if session.check_scope(key.resource_type).is_err() {
                    continue;
                }
                let found = match version {
                    Some(version) => session.read_version(key, version).await?,
                    None => session.read(key).await?,
                };
                let Some(found) = found.filter(|found| !found.deleted) else { continue };
                if seen.insert((key, found.version)) {
                    next.push(found);
                }
                if included.len() + next.len() > INCLUDED {
                    return Err(too_many());
                }
            }
            if next.is_empty() {
                break;
            }
            included.extend(next.iter().cloned());
            fresh = next;
        }
        Ok(included)
    }

    /// What a resource refers to by a parameter: keys, with a version when the reference names one.
    async fn referred(
        &self,
        session: &Session,
        include: &Include,
        found: &Found,
    ) -> Result<Vec<(Key, Option<u32>)>, Problem> {
        let resource = socle_fhir::json::parse(&found.body)?;
        let indexed = socle_fhir::index(&resource, &[]);
        let parameter = socle_fhir::parameter(found.key.resource_type, &include.code);
        let references: Vec<String> = match parameter {
            Some(parameter) => Sketch(&indexed.sketch)
                .references(parameter.number)
                .map(|literal| literal.to_string())
                .collect(),
            None if include.code == "*" => indexed.references.clone(),
            None => Vec::new(),
        };
        let mut keys = Vec::new();
        for reference in references {
            let (reference, mut version) = split_version(&reference);
            // The index keeps no version; the reference as written does.
            if let (None, Some(parameter)) = (version, parameter) {
                version = version_written(&resource, found.key.resource_type, parameter, reference);
            }
            match self.local_key(session, reference).await? {
                Some(key) if include.target.is_none_or(|wanted| wanted == key.resource_type) => {
                    keys.push((key, version));
                }
                Some(_) => {}
                None => {
                    let canonical = self.canonical(session, include, parameter, reference).await?;
                    keys.extend(canonical.into_iter().map(|key| (key, None)));
                }
            }
        }
        Ok(keys)
    }

    /// Stored resources with this canonical address (`url|version`).
    async fn canonical(
        &self,
        session: &Session,
        include: &Include,
        parameter: Option<&Parameter>,
        reference: &str,
    ) -> Result<Vec<Key>, Problem> {
        let Some(parameter) = parameter.filter(|_| reference.contains("://")) else { return Ok(Vec::new()) };
        let (url, version) = reference.split_once('|').map_or((reference, None), |(url, v)| (url, Some(v)));
        let mut keys = Vec::new();
        for target in &parameter.targets {
            let is_wanted = include.target.is_none_or(|wanted| wanted == *target)
                && session.gate().matrix().is_open(*target)
                && socle_fhir::parameter(*target, "url").is_some();
            if !is_wanted {
                continue;
            }
            let mut params = vec![("url".to_owned(), url.to_owned())];
            params.extend(version.map(|version| ("version".to_owned(), version.to_owned())));
            let query = parse_query(*target, &params, false)?;
            let place = Where::Homes(vec![HomeId::programme(*target)]);
            let part = Part { query, place, within: None, follow: None };
            keys.extend(session.find(&part, CANONICALS).await?.into_iter().map(|(key, _)| key));
        }
        Ok(keys)
    }

    /// What refers to some of these resources by a parameter: in their homes, and elsewhere by the key table.
    async fn referring(
        &self,
        session: &Session,
        include: &Include,
        fresh: &[Found],
    ) -> Result<Vec<(Key, Option<u32>)>, Problem> {
        let sources: Vec<ResourceType> = match include.source_type {
            Some(source) => vec![source],
            None => ResourceType::all().collect(),
        };
        let mut homes: BTreeMap<HomeId, Vec<&Found>> = BTreeMap::new();
        for found in
            fresh.iter().filter(|found| include.target.is_none_or(|wanted| wanted == found.key.resource_type))
        {
            homes.entry(found.key.home).or_default().push(found);
        }
        let mut keys = Vec::new();
        for source in sources.into_iter().filter(|source| session.check_scope(*source).is_ok()) {
            for (home, found) in &homes {
                keys.extend(self.referring_from(session, include, source, *home, found).await?);
            }
            if keys.len() > INCLUDED {
                return Err(too_many());
            }
        }
        Ok(keys.into_iter().map(|key| (key, None)).collect())
    }

    async fn referring_from(
        &self,
        session: &Session,
        include: &Include,
        source: ResourceType,
        home: HomeId,
        found: &[&Found],
    ) -> Result<Vec<Key>, Problem> {
        let parameters = pointing(source, &include.code, found);
        if parameters.is_empty() {
            return Ok(Vec::new());
        }
        let references: Vec<String> =
            found.iter().map(|found| format!("{}/{}", found.key.resource_type, found.id)).collect();
        let mut elsewhere = Vec::new();
        for parameter in parameters.iter().filter(|parameter| parameter.is_global) {
            for reference in &references {
                let keys =
                    session.find_keys(source, parameter.number, reference.as_bytes(), INCLUDED + 1).await?;
                elsewhere.extend(keys.into_iter().filter(|key| key.home != home));
            }
        }
        let numbers = parameters.iter().map(|parameter| parameter.number).collect();
        let part = Part {
            query: Query::everything(source),
            place: Where::Homes(vec![home]),
            within: Some(Compartment { references, numbers, own: None }),
            follow: None,
        };
        let is_directory =
            found.iter().all(|found| socle_gate::decide::is_directory(found.key.resource_type));
        let mut keys = Vec::new();
        for place in [Where::Homes(vec![home]), Where::Keys(elsewhere)] {
            match session.find(&Part { place, ..part.clone() }, INCLUDED + 1).await {
                Ok(found) => keys.extend(found.into_iter().map(|(key, _)| key)),
                // A professional or a place brings nobody's record along; a person's own is refused aloud, as in a search.
                Err(problem) if problem.kind == Kind::Refused && is_directory => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(keys)
    }
}

/// The reference parameters of a type with this code (or any, `*`) that may point to one of these.
fn pointing(source: ResourceType, code: &str, found: &[&Found]) -> Vec<&'static Parameter> {
    socle_fhir::parameters(source)
        .iter()
        .filter(|parameter| parameter.kind == ParamKind::Reference)
        .filter(|parameter| code == "*" || parameter.code == code)
        .filter(|parameter| {
            parameter.targets.is_empty()
                || found.iter().any(|found| parameter.targets.contains(&found.key.resource_type))
        })
        .collect()
}

/// The version of a reference as an element of a parameter writes it.
fn version_written(
    resource: &Value,
    resource_type: ResourceType,
    parameter: &Parameter,
    reference: &str,
) -> Option<u32> {
    let start = format!("{resource_type}.");
    let branches = parameter.expression().split('|').map(|branch| branch.trim().trim_start_matches('('));
    let elements = branches.filter_map(|branch| branch.strip_prefix(&start));
    elements.filter_map(|path| path.split(['.', ' ', ')']).next()).find_map(|element| {
        let members = resource.as_object()?.iter();
        members
            .filter(|(name, _)| name.starts_with(element))
            .find_map(|(_, value)| versioned(value, reference))
    })
}

/// The version with which a value refers to this, here or in what it holds.
fn versioned(value: &Value, reference: &str) -> Option<u32> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| versioned(item, reference)),
        Value::Object(members) => members.values().find_map(|member| versioned(member, reference)),
        Value::String(text) => {
            let (name, version) = split_version(text);
            let is_same = name == reference || name.ends_with(&format!("/{reference}"));
            version.filter(|_| is_same)
        }
        _ => None,
    }
}

/// A reference without its version, and the version.
fn split_version(reference: &str) -> (&str, Option<u32>) {
    match reference.split_once("/_history/") {
        Some((name, version)) => (name, version.parse().ok()),
        None => (reference, None),
    }
}

fn too_many() -> Problem {
    Problem::new(
        Kind::TooCostly,
        "Cette recherche inclurait trop de ressources.",
        "This search would include too many resources.",
    )
    .at("_include")
    .expecting(format!("at most {INCLUDED}"))
}
