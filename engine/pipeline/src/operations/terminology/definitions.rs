//! The definitions that a call is answered from: those given with it, those of the packages, those of the store.

use crate::interaction::Level;
use crate::operations::Call;
use crate::pipeline::Pipeline;
use serde_json::Value;
use socle_fhir::packages::{self, Kind as PackageKind};
use socle_fhir::terminology::{self, Given, Terminology};
use socle_gate::Session;
use socle_kernel::{Kind, Problem, ResourceType, resource_type};
use std::collections::HashSet;
use std::sync::Arc;

/// Definitions of the store that one call may draw on, beside the packages'.
const STORED_DEFINITIONS: usize = 64;
/// Versions of one definition that are looked at.
const VERSIONS: usize = 16;

/// The packages' terminology under the definitions of this call, completed from the store until nothing more is found.
pub(super) async fn gather(
    pipeline: &Pipeline,
    session: &Session,
    given: Vec<Arc<Value>>,
    needed: &[(ResourceType, String)],
) -> Result<Arc<Terminology>, Problem> {
    let shared = terminology::shared();
    let mut given = given;
    let mut asked: HashSet<(ResourceType, String)> = HashSet::new();
    loop {
        let layered = if given.is_empty() { shared.clone() } else { shared.with(Given(given.clone())) };
        let mut missing = missing(&layered, &given, needed);
        missing.retain(|name| asked.insert(name.clone()));
        let before = given.len();
        for (kind, canonical) in missing {
            if asked.len() > STORED_DEFINITIONS {
                break;
            }
            given.extend(stored(pipeline, session, kind, &canonical).await?);
        }
        if given.len() == before {
            return Ok(layered);
        }
    }
}

/// What is needed, also by what is needed, and in no package.
fn missing(
    terminology: &Terminology,
    given: &[Arc<Value>],
    needed: &[(ResourceType, String)],
) -> Vec<(ResourceType, String)> {
    let mut missing = Vec::new();
    let is_there = |kind: ResourceType, canonical: &str| terminology.find(kind.name(), canonical).is_some();
    let mut sets = Vec::new();
    for (kind, canonical) in needed {
        if !is_there(*kind, canonical) {
            missing.push((*kind, canonical.clone()));
        }
        if *kind == resource_type::VALUE_SET {
            sets.extend(terminology.set(canonical));
        }
    }
    let of_call = given.iter().filter(|resource| resource["resourceType"] == "ValueSet");
    sets.extend(of_call.map(|resource| terminology.compile(resource)));
    for needed in sets.iter().flat_map(|set| set.needs()) {
        if !is_there(resource_type::VALUE_SET, needed) && !is_there(resource_type::CODE_SYSTEM, needed) {
            missing.push((resource_type::VALUE_SET, needed.to_string()));
            missing.push((resource_type::CODE_SYSTEM, needed.to_string()));
        }
    }
    missing
}

/// A definition of the store by its canonical address, as the caller may read it.
async fn stored(
    pipeline: &Pipeline,
    session: &Session,
    kind: ResourceType,
    canonical: &str,
) -> Result<Option<Arc<Value>>, Problem> {
    let (url, version) = canonical.split_once('|').map_or((canonical, None), |(url, v)| (url, Some(v)));
    let escaped = url.replace('\\', "\\\\").replace(',', "\\,").replace('$', "\\$");
    let mut params = vec![("url".to_owned(), escaped)];
    params.extend(version.map(|version| ("version".to_owned(), version.to_owned())));
    for (key, _) in pipeline.find_keys(session, kind, &params, VERSIONS).await? {
        if let Some(found) = session.read(key).await?.filter(|found| !found.deleted) {
            return Ok(Some(Arc::new(socle_fhir::json::parse(&found.body)?)));
        }
    }
    Ok(None)
}

/// The resource a call is about: given in a parameter, or the instance it is asked of (stored, else of a package).
pub(super) async fn subject(
    session: &Session,
    call: &Call,
    parameter: &str,
) -> Result<Option<Arc<Value>>, Problem> {
    if let Level::Instance(resource_type, id) = &call.level {
        if let Some(key) = session.resolve(*resource_type, id).await?
            && let Some(found) = session.read(key).await?.filter(|found| !found.deleted)
        {
            return Ok(Some(Arc::new(socle_fhir::json::parse(&found.body)?)));
        }
        let kind = PackageKind::named(resource_type.name()).ok_or_else(Problem::not_found)?;
        return Ok(Some(packages::by_id(kind, id).ok_or_else(Problem::not_found)?));
    }
    Ok(call.value(parameter).cloned().map(Arc::new))
}

/// The value set a call is about, by `url` or as a resource, with the definitions it needs.
pub(super) async fn value_set(
    pipeline: &Pipeline,
    session: &Session,
    call: &Call,
) -> Result<(Arc<Terminology>, Arc<terminology::CompiledSet>), Problem> {
    if let Some(resource) = subject(session, call, "valueSet").await? {
        let terminology = gather(pipeline, session, vec![resource.clone()], &[]).await?;
        let set = terminology.compile(&resource);
        return Ok((terminology, set));
    }
    let url = call.text("url").ok_or_else(|| super::needed("url | valueSet | ValueSet/<id>/$…"))?;
    let canonical = call.text("valueSetVersion").map_or(url.to_owned(), |version| format!("{url}|{version}"));
    let needed = [(resource_type::VALUE_SET, canonical.clone())];
    let terminology = gather(pipeline, session, Vec::new(), &needed).await?;
    let set = terminology.set(&canonical).ok_or_else(|| {
        Problem::new(
            Kind::NotFound,
            "Ce jeu de valeurs n'est ni dans les paquets chargés ni parmi les ressources qui vous sont accessibles.",
            "This value set is neither in the loaded packages nor among the resources that you may read.",
        )
        .at("url")
        .receiving(&canonical)
    })?;
    Ok((terminology, set))
}
