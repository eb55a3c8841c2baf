//! What must hold before a consent is written, by whom.

use crate::consent;
use async_trait::async_trait;
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::principal::Professional;
use socle_kernel::{Kind, Problem, ResourceType, Subject, resource_type};
use socle_pipeline::{Pipeline, Plan, Rules, Verb, Via};

/// The rules of this room.
pub struct SharingRules;

#[async_trait]
impl Rules for SharingRules {
    async fn check(
        &self,
        plan: &mut Plan,
        index: usize,
        session: &Session,
        _: &Pipeline,
    ) -> Result<(), Problem> {
        let draft = &plan.drafts[index];
        if draft.via == Via::Consequence || matches!(draft.verb, Verb::Keep | Verb::Delete) {
            return Ok(());
        }
        let resource = draft.resource();
        let subject = &session.principal().subject;
        // Programs bring consents that were given elsewhere, long ago.
        if matches!(subject, Subject::System(_)) {
            return Ok(());
        }
        if let Some(before) = &draft.before {
            return consent::check_change(before, resource);
        }
        consent::check_new(resource)?;
        match subject {
            Subject::Citizen(citizen) => {
                let patient = local_id(&resource["patient"], resource_type::PATIENT);
                let key = match patient {
                    Some(id) => session.resolve(resource_type::PATIENT, id).await?,
                    None => None,
                };
                if key == Some(citizen.person) { Ok(()) } else { Err(elsewhere(&resource["patient"])) }
            }
            Subject::Professional(professional) => {
                let is_for_self = is_for_self(resource, professional, session).await?;
                consent::check_agreement(resource, is_for_self, session.now())
            }
            Subject::Anonymous | Subject::System(_) => Ok(()),
        }
    }
}

/// A person decides about the record they are in, no other.
fn elsewhere(patient: &Value) -> Problem {
    Problem::new(
        Kind::Refused,
        "Vous ne décidez du partage que dans le dossier ouvert.",
        "You decide about sharing in the open record only.",
    )
    .at("Consent.patient")
    .expecting("Patient/<id> of the open record")
    .receiving(patient["reference"].as_str().unwrap_or("(absent)"))
}

/// Is every actor this very professional, by reference or by number?
async fn is_for_self(
    resource: &Value,
    professional: &Professional,
    session: &Session,
) -> Result<bool, Problem> {
    let mut count = 0;
    for actor in consent::actors(resource) {
        count += 1;
        let identifier = actor["identifier"]["value"].as_str();
        let own_types = [
            (resource_type::PRACTITIONER, Some(professional.practitioner)),
            (resource_type::PRACTITIONER_ROLE, professional.situation.role),
        ];
        let mut is_named = false;
        for (of_type, own) in own_types {
            if let (Some(id), Some(own)) = (local_id(actor, of_type), own) {
                is_named |= session.resolve(of_type, id).await? == Some(own);
            }
        }
        // Every name that is given must be theirs: the gate lets in whoever one of them names.
        let is_self = match (actor["reference"].is_string(), identifier) {
            (true, Some(identifier)) => is_named && identifier == professional.rpps,
            (true, None) => is_named,
            (false, Some(identifier)) => identifier == professional.rpps,
            (false, None) => false,
        };
        if !is_self {
            return Ok(false);
        }
    }
    Ok(count > 0)
}

/// The id of a literal reference of a type.
fn local_id(reference: &Value, of_type: ResourceType) -> Option<&str> {
    let (name, id) = reference["reference"].as_str()?.split_once('/')?;
    (name == of_type.name()).then(|| id.split('/').next().unwrap_or(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_the_id_of_a_reference_of_the_right_type_only() {
        let reference = json!({ "reference": "Patient/p/_history/2" });
        assert_eq!(local_id(&reference, resource_type::PATIENT), Some("p"));
        assert_eq!(local_id(&reference, resource_type::PRACTITIONER), None);
        assert_eq!(local_id(&json!({ "display": "x" }), resource_type::PATIENT), None);
    }
}
