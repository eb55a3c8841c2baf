//! What a page of a record, or a document, refers to outside of it: professionals, organisations, places, products.

use socle_fhir::rewrite_references;
use socle_gate::{Found, Session};
use socle_kernel::{Key, Kind, Problem, ResourceType};
use std::collections::{BTreeSet, HashSet};

/// Resources beside the matches of one page, at most.
const BESIDE: usize = 1_000;
/// From a document to the role of its author, from there to the professional and the organisation.
const STEPS: usize = 2;

/// The shared resources that a page refers to, as the caller may see them; of the types wanted, when any are named.
pub(super) async fn shared(
    session: &Session,
    page: &[Found],
    types: &[ResourceType],
) -> Result<Vec<Found>, Problem> {
    let mut known: HashSet<Key> = page.iter().map(|found| found.key).collect();
    let mut beside: Vec<Found> = Vec::new();
    let mut references = references_of(page)?;
    for _ in 0..STEPS {
        let mut fresh = Vec::new();
        for reference in &references {
            let Some((resource_type, id)) = crate::owner::local(reference) else { continue };
            let Some(key) = session.resolve(resource_type, id).await? else { continue };
            let is_shared = key.home.is_shared() || socle_gate::decide::is_directory(resource_type);
            if !is_shared || known.len() >= page.len() + BESIDE || !known.insert(key) {
                continue;
            }
            match session.read(key).await {
                Ok(Some(found)) if !found.deleted => fresh.push(found),
                // Outside the scopes of the caller: left out, as in the record itself.
                Ok(_) => {}
                Err(problem) if problem.kind == Kind::Refused => {}
                Err(problem) => return Err(problem),
            }
        }
        references = references_of(&fresh)?;
        beside.extend(fresh);
    }
    beside.retain(|found| types.is_empty() || types.contains(&found.key.resource_type));
    Ok(beside)
}

/// Every reference of these resources, each once, in a fixed order.
fn references_of(resources: &[Found]) -> Result<BTreeSet<String>, Problem> {
    let mut references = BTreeSet::new();
    for found in resources {
        let mut resource = socle_fhir::json::parse(&found.body)?;
        rewrite_references(&mut resource, &mut |reference| {
            references.insert(reference.to_owned());
            None
        });
    }
    Ok(references)
}
