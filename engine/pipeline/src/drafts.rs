//! What a write means in the state of the data: its drafts. Conditions, versions and chosen ids are settled here.

use crate::conditions::{Meant, Overlay};
use crate::interaction::{Existing, Patch, Target};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Verb, Via};
use crate::write::Asked;
use serde_json::Value;
use socle_gate::{Found, Session};
use socle_kernel::{Kind, Problem, ResourceType, limits};

impl Pipeline {
    /// The drafts of one write; several only for a deletion by condition.
    pub(crate) async fn drafts(
        &self,
        session: &Session,
        asked: &Asked,
        resource: Option<Value>,
        overlay: &Overlay,
    ) -> Result<Vec<Draft>, Problem> {
        let resource = resource.unwrap_or(Value::Null);
        Ok(vec![match asked {
            Asked::Create { resource_type, if_none_exist } => {
                same_type(*resource_type, &resource)?;
                let found = match if_none_exist {
                    Some(params) => self.meant(session, *resource_type, params, overlay).await?,
                    None => Vec::new(),
                };
                match found.as_slice() {
                    [] => Draft::create(*resource_type, resource),
                    [Meant::Stored(key, id)] => {
                        let before = Some(serde_json::json!({ "id": id }));
                        Draft { key: Some(*key), before, ..kept(*resource_type) }
                    }
                    [Meant::Planned(other)] => Draft { same_as: Some(*other), ..kept(*resource_type) },
                    _ => return Err(several("If-None-Exist")),
                }
            }
            Asked::Update { target, if_match, existing } => {
                same_type(target.resource_type(), &resource)?;
                self.draft_update(session, target, resource, *if_match, *existing, overlay).await?
            }
            Asked::Patch { target, patch, if_match } => {
                self.draft_patch(session, target, patch, *if_match, overlay).await?
            }
            Asked::Delete { target, if_match } => {
                return self.drafts_delete(session, target, *if_match, overlay).await;
            }
        }])
    }

    /// The resource a target means as the caller may see it: `None` when no resource has this id yet.
    async fn current(
        &self,
        session: &Session,
        target: &Target,
        overlay: &Overlay,
    ) -> Result<Option<Found>, Problem> {
        let key = match target {
            Target::Id(resource_type, id) => session.resolve(*resource_type, id).await?,
            Target::Where(resource_type, params) => {
                match self.meant(session, *resource_type, params, overlay).await?.as_slice() {
                    [] => None,
                    [Meant::Stored(key, _)] => Some(*key),
                    [Meant::Planned(_)] => return Err(overlapping()),
                    _ => return Err(several("?")),
                }
            }
        };
        let Some(key) = key else { return Ok(None) };
        match session.peek(key).await? {
            Some(found) => Ok(Some(found)),
            // Reserved: referenced before it exists.
            None if !session.is_written(key).await? => Ok(None),
            None => Err(Problem::not_found()),
        }
    }

    async fn draft_update(
        &self,
        session: &Session,
        target: &Target,
        resource: Value,
        if_match: Option<u32>,
        existing: Existing,
        overlay: &Overlay,
    ) -> Result<Draft, Problem> {
        let resource_type = target.resource_type();
        let named = resource["id"].as_str().map(str::to_owned);
        if let Target::Id(_, id) = target
            && named.as_deref() != Some(id)
        {
            return Err(other_id(resource_type, id, named.as_deref()));
        }
        match self.current(session, target, overlay).await? {
            Some(found) => {
                if let Some(named) = named.as_deref().filter(|named| *named != found.id) {
                    return Err(other_id(resource_type, &found.id, Some(named)));
                }
                if existing == Existing::Refused && !found.deleted {
                    return Err(already_there(found.version));
                }
                check_version(if_match, found.version)?;
                let before = if found.deleted { None } else { Some(socle_fhir::json::parse(&found.body)?) };
                Ok(Draft {
                    verb: Verb::Update,
                    key: Some(found.key),
                    expected: found.version,
                    before,
                    is_version_named: if_match.is_some(),
                    ..Draft::create(resource_type, resource)
                })
            }
            None => {
                if existing == Existing::Required {
                    return Err(not_there_yet(if_match));
                }
                if let (Target::Where(..), Some(named)) = (target, &named) {
                    let taken = session.resolve(resource_type, named).await?;
                    if let Some(key) = taken
                        && session.is_written(key).await?
                    {
                        return Err(id_taken(resource_type, named));
                    }
                }
                Ok(Draft { alias: named, ..Draft::create(resource_type, resource) })
            }
        }
    }

    async fn draft_patch(
        &self,
        session: &Session,
        target: &Target,
        patch: &Patch,
        if_match: Option<u32>,
        overlay: &Overlay,
    ) -> Result<Draft, Problem> {
        let found = self.current(session, target, overlay).await?.ok_or_else(Problem::not_found)?;
        if found.deleted {
            return Err(Problem::new(
                Kind::Gone,
                "Cette ressource a été supprimée.",
                "This resource was deleted.",
            ));
        }
        check_version(if_match, found.version)?;
        let before = socle_fhir::json::parse(&found.body)?;
        let after = match patch {
            Patch::Json(patch) => socle_fhir::apply_json_patch(&before, patch)?,
            Patch::FhirPath(parameters) => socle_fhir::apply_fhirpath_patch(&before, parameters)?,
        };
        if after["id"] != before["id"] || after["resourceType"] != before["resourceType"] {
            return Err(Problem::new(
                Kind::Unprocessable,
                "Un patch ne change ni l'identifiant ni le type.",
                "A patch changes neither the id nor the type.",
            ));
        }
        let draft = Draft::update(found.key, found.version, before, after);
        Ok(Draft { via: Via::Patch, is_version_named: if_match.is_some(), ..draft })
    }

    async fn drafts_delete(
        &self,
        session: &Session,
        target: &Target,
        if_match: Option<u32>,
        overlay: &Overlay,
    ) -> Result<Vec<Draft>, Problem> {
        let resource_type = target.resource_type();
        if let Target::Where(_, params) = target
            && self.settings().deletes_many
            && if_match.is_none()
        {
            return self.drafts_delete_many(session, resource_type, params).await;
        }
        let found = match self.current(session, target, overlay).await? {
            Some(found) => found,
            None if matches!(target, Target::Where(..)) => return Ok(vec![kept(resource_type)]),
            None => return Err(Problem::not_found()),
        };
        check_version(if_match, found.version)?;
        if found.deleted {
            return Ok(vec![kept(resource_type)]);
        }
        let draft = deletion(found)?;
        Ok(vec![Draft { is_version_named: if_match.is_some(), ..draft }])
    }

    /// Everything a condition means, when the operator allows it.
    async fn drafts_delete_many(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
    ) -> Result<Vec<Draft>, Problem> {
        // Refuses a condition without criterion.
        self.meant(session, resource_type, params, &Overlay::default()).await?;
        let found = self.find_keys(session, resource_type, params, limits::DELETED_TOGETHER + 1).await?;
        if found.len() > limits::DELETED_TOGETHER {
            return Err(Problem::new(
                Kind::TooCostly,
                "Cette condition désigne trop de ressources ; précisez-la.",
                "This condition means too many resources; make it more precise.",
            )
            .expecting(format!("at most {} (DELETED_TOGETHER)", limits::DELETED_TOGETHER)));
        }
        let mut drafts = Vec::with_capacity(found.len());
        for (key, _) in found {
            if let Some(found) = session.peek(key).await?.filter(|found| !found.deleted) {
                drafts.push(deletion(found)?);
            }
        }
        if drafts.is_empty() {
            drafts.push(kept(resource_type));
        }
        Ok(drafts)
    }
}

/// A draft that changes nothing.
fn kept(resource_type: ResourceType) -> Draft {
    Draft { verb: Verb::Keep, resource: None, ..Draft::create(resource_type, Value::Null) }
}

fn deletion(found: Found) -> Result<Draft, Problem> {
    let before = socle_fhir::json::parse(&found.body)?;
    let draft = Draft::update(found.key, found.version, before, Value::Null);
    Ok(Draft { verb: Verb::Delete, resource: None, ..draft })
}

fn other_id(resource_type: ResourceType, expected: &str, received: Option<&str>) -> Problem {
    Problem::new(
        Kind::Invalid,
        "L'identifiant de la ressource doit être celui de l'adresse.",
        "The id of the resource must be the one of the address.",
    )
    .at(format!("{resource_type}.id"))
    .expecting(expected)
    .receiving(received.unwrap_or("(absent)"))
}

fn id_taken(resource_type: ResourceType, id: &str) -> Problem {
    Problem::new(
        Kind::Conflict,
        "Cet identifiant est celui d'une autre ressource, que la condition ne désigne pas.",
        "This id is the one of another resource, which the condition does not mean.",
    )
    .coded("duplicate")
    .at(format!("{resource_type}.id"))
    .receiving(id)
}

fn already_there(version: u32) -> Problem {
    Problem::new(
        Kind::VersionConflict,
        "La ressource existe déjà, et la demande n'est faite que pour en créer une.",
        "The resource is there already, and the request is made to create one only.",
    )
    .coded("duplicate")
    .at("If-None-Match")
    .receiving(format!("W/\"{version}\""))
}

fn not_there_yet(if_match: Option<u32>) -> Problem {
    Problem::new(
        Kind::VersionConflict,
        "La ressource n'existe pas, et la demande n'est faite que pour en changer une.",
        "The resource is not there, and the request is made to change one only.",
    )
    .coded("not-found")
    .at("If-Match")
    .receiving(if_match.map_or("*".to_owned(), |version| format!("W/\"{version}\"")))
}

/// Two entries of a transaction that mean the same resource.
pub(crate) fn overlapping() -> Problem {
    Problem::new(
        Kind::Invalid,
        "Deux entrées écrivent la même ressource.",
        "Two entries write the same resource.",
    )
    .coded("duplicate")
}

pub(crate) fn same_type(resource_type: ResourceType, resource: &Value) -> Result<(), Problem> {
    let named = resource["resourceType"].as_str().unwrap_or("(absent)");
    if named == resource_type.name() {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Invalid,
        "Le type de la ressource doit être celui de l'adresse.",
        "The type of the resource must be the one of the address.",
    )
    .coded("structure")
    .at("resourceType")
    .expecting(resource_type.name())
    .receiving(named))
}

fn check_version(wanted: Option<u32>, current: u32) -> Result<(), Problem> {
    match wanted {
        Some(wanted) if wanted != current => Err(Problem::new(
            Kind::VersionConflict,
            "La ressource a changé entre-temps. Relisez-la, puis recommencez avec sa version actuelle.",
            "The resource changed meanwhile. Read it again, then retry with its current version.",
        )
        .at("If-Match")
        .expecting(format!("W/\"{current}\""))
        .receiving(format!("W/\"{wanted}\""))),
        _ => Ok(()),
    }
}

pub(crate) fn several(place: &str) -> Problem {
    Problem::new(
        Kind::VersionConflict,
        "Cette condition désigne plusieurs ressources ; précisez-la.",
        "This condition means several resources; make it more precise.",
    )
    .coded("multiple-matches")
    .at(place)
    .expecting("at most 1")
}
