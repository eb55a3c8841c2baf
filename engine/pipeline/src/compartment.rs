//! Compartment searches: `Patient/<id>/Observation?…`, `Encounter/<id>/*`, by the official compartment definitions.

use crate::interaction::{Answer, Prefer};
use crate::pipeline::Pipeline;
use crate::search::types_of;
use socle_fhir::packages::{self, Kind as PackageKind};
use socle_fhir::{ParamKind, Parameter};
use socle_gate::{Compartment, Part, Session, Where};
use socle_kernel::{Key, Kind, Problem, ResourceType, Subject, resource_type};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// For each type of a compartment, the codes of the parameters that put a resource into it.
type Members = HashMap<ResourceType, Vec<String>>;

impl Pipeline {
    /// Searches what is in the compartment of a resource: of one type, or of all (`*`).
    pub(crate) async fn search_compartment(
        &self,
        session: &Session,
        (owner_type, id): (ResourceType, &str),
        resource_type: Option<ResourceType>,
        params: &[(String, String)],
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        session.check_known()?;
        let members = members(owner_type).ok_or_else(|| no_compartment(owner_type))?;
        let (named, rest) = types_of(params)?;
        let types: Vec<ResourceType> = match resource_type {
            Some(found) if members.contains_key(&found) => vec![found],
            Some(found) => return Err(not_in_compartment(owner_type, found)),
            None => {
                let mut types: Vec<ResourceType> = members
                    .keys()
                    .copied()
                    // The log is searched alone; a type outside the token's scopes is no part of "all".
                    .filter(|found| *found != resource_type::AUDIT_EVENT)
                    .filter(|found| session.check_scope(*found).is_ok())
                    .filter(|found| named.as_ref().is_none_or(|named| named.contains(found)))
                    .collect();
                types.sort();
                types
            }
        };
        for found in &types {
            session.check_scope(*found)?;
        }
        let owner = self.owner_of_compartment(session, owner_type, id).await?;
        let mut parts = Vec::new();
        for found in types {
            let codes = members.get(&found).map_or(&[] as &[String], Vec::as_slice);
            parts.extend(self.parts(session, owner, (owner_type, id), found, codes, &rest, prefer).await?);
        }
        let path = format!("{owner_type}/{id}/{}", resource_type.map_or("*", ResourceType::name));
        self.answer_search(session, &path, &parts, params).await
    }

    /// The resource whose compartment it is, when the caller may know of it. Of people the answer is that of a search that
    /// names them.
    async fn owner_of_compartment(
        &self,
        session: &Session,
        owner_type: ResourceType,
        id: &str,
    ) -> Result<Key, Problem> {
        let key = session.resolve(owner_type, id).await?;
        let entered = session.enter(key).await;
        match (key, entered) {
            (Some(key), Ok(Some(_))) => Ok(key),
            (_, Err(problem)) if owner_type == resource_type::PATIENT => Err(problem),
            _ => Err(Problem::not_found()),
        }
    }

    /// Where one type of a compartment is looked for: where its own parameters say; else in the home of the resource, and
    /// by the key table elsewhere.
    #[expect(clippy::too_many_arguments, reason = "one call, from the function above")]
    async fn parts(
        &self,
        session: &Session,
        owner: Key,
        (owner_type, id): (ResourceType, &str),
        found: ResourceType,
        codes: &[String],
        params: &[(String, String)],
        prefer: Prefer,
    ) -> Result<Vec<Part>, Problem> {
        let is_personal = !owner.home.is_shared() && !socle_gate::decide::is_directory(owner_type);
        let near = [owner.home];
        let near = is_personal.then_some(near.as_slice());
        let mut part = self.prepare_near(session, found, params, prefer.is_lenient, near).await?;
        let reference = format!("{owner_type}/{id}");
        let numbers = codes
            .iter()
            .filter_map(|code| socle_fhir::parameter(found, code))
            .map(|parameter| parameter.number)
            .collect();
        part.within = Some(Compartment {
            references: vec![reference.clone()],
            numbers,
            own: (found == owner_type).then_some(owner),
        });
        let is_placed = match &part.place {
            Where::All => false,
            Where::Homes(homes) => !is_personal || !homes.contains(&owner.home),
            Where::Keys(_) => true,
        };
        if is_placed || found == resource_type::AUDIT_EVENT {
            return Ok(vec![part]);
        }
        let mut elsewhere = Vec::new();
        let global = globals(found, owner_type);
        for parameter in &global {
            let limit = socle_kernel::limits::SCAN_ROWS;
            elsewhere.extend(session.find_keys(found, parameter.number, reference.as_bytes(), limit).await?);
        }
        elsewhere.sort();
        elsewhere.dedup();
        elsewhere.retain(|key| !is_personal || key.home != owner.home);
        let keys = Part { place: Where::Keys(elsewhere), ..part.clone() };
        let is_program = matches!(session.principal().subject, Subject::System(_));
        if is_personal {
            return Ok(vec![part, keys]);
        }
        // A program may look everywhere; for others the key table is the only way across people.
        if is_program || global.is_empty() { Ok(vec![part]) } else { Ok(vec![keys]) }
    }
}

/// Reference parameters of the key table that may point to a type.
fn globals(source: ResourceType, target: ResourceType) -> Vec<&'static Parameter> {
    socle_fhir::parameters(source)
        .iter()
        .filter(|parameter| parameter.is_global && parameter.kind == ParamKind::Reference)
        .filter(|parameter| parameter.targets.is_empty() || parameter.targets.contains(&target))
        .collect()
}

/// What is in the compartment of a type; `None` when the type has none.
fn members(owner_type: ResourceType) -> Option<Arc<Members>> {
    static KNOWN: OnceLock<HashMap<&'static str, Arc<Members>>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        ["Patient", "Encounter", "RelatedPerson", "Practitioner", "Device"]
            .into_iter()
            .map(|name| (name, Arc::new(load(name))))
            .collect()
    });
    known.get(owner_type.name()).cloned()
}

fn load(name: &str) -> Members {
    let (first, rest) = name.split_at(1);
    let canonical = format!("http://hl7.org/fhir/CompartmentDefinition/{}{rest}", first.to_lowercase());
    let Some(definition) = packages::find(PackageKind::CompartmentDefinition, &canonical) else {
        return Members::new();
    };
    let mut members = Members::new();
    for entry in definition["resource"].as_array().into_iter().flatten() {
        let Some(found) = entry["code"].as_str().and_then(|code| code.parse::<ResourceType>().ok()) else {
            continue;
        };
        let codes: Vec<String> = entry["param"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|code| code.as_str())
            // `{def}` means the resource itself.
            .filter(|code| socle_fhir::parameter(found, code).is_some())
            .map(str::to_owned)
            .collect();
        if !codes.is_empty() || found.name() == name {
            members.insert(found, codes);
        }
    }
    members
}

fn no_compartment(owner_type: ResourceType) -> Problem {
    Problem::new(
        Kind::NotFound,
        format!("{owner_type} n'a pas de compartiment en FHIR R4."),
        format!("{owner_type} has no compartment in FHIR R4."),
    )
    .coded("not-supported")
    .expecting("Patient | Encounter | RelatedPerson | Practitioner | Device")
    .receiving(owner_type.name())
}

fn not_in_compartment(owner_type: ResourceType, found: ResourceType) -> Problem {
    Problem::new(
        Kind::NotFound,
        format!("{found} n'est pas dans le compartiment de {owner_type}."),
        format!("{found} is not in the compartment of {owner_type}."),
    )
    .coded("not-supported")
    .expecting("https://hl7.org/fhir/R4/compartmentdefinition.html")
    .receiving(found.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(owner: &str, found: &str) -> Vec<String> {
        let members = members(owner.parse().expect("known")).expect("a compartment");
        members.get(&found.parse().expect("known")).cloned().unwrap_or_default()
    }

    #[test]
    fn the_official_compartments_are_known() {
        assert_eq!(codes("Patient", "Observation"), ["subject", "performer"]);
        assert_eq!(codes("Encounter", "Observation"), ["encounter"]);
        assert_eq!(codes("Practitioner", "Appointment"), ["actor"]);
        assert!(codes("RelatedPerson", "Patient").contains(&"link".to_owned()));
        assert!(!codes("Device", "Communication").is_empty());
        assert!(members(resource_type::OBSERVATION).is_none());
    }
}
