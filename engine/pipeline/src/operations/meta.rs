//! `$meta`, `$meta-add`, `$meta-delete`: the profiles, tags and labels of a resource, or of all that the caller may see.
//!
//! A change of them is a change of the resource: a new version, under the rules of its room and the decision of the gate.
//! Labels that decide who may see a resource are not changed this way, by nobody: whoever may hide or show it does so where
//! the choice is made and told.

mod change;
mod used;

use super::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::interaction::{Answer, Level};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::Problem;
use std::sync::Arc;

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(Meta), Arc::new(change::Add), Arc::new(change::Delete)]
}

struct Meta;

const RETURN: &[Parameter] = &[Parameter::required("return", "Meta", "Les métadonnées.", "The metadata.")];

static META: Definition = Definition {
    id: "Resource-meta",
    code: "meta",
    name: "ResourceMeta",
    canonical: "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    fr: "Profils, étiquettes et labels d'une ressource ; d'un type ou de la plateforme : ceux que portent les ressources que vous pouvez voir.",
    en: "Profiles, tags and labels of a resource; of a type or of the platform: those on the resources that you may see.",
    places: &[Place::System, Place::Type, Place::Instance],
    types: &[],
    affects_state: false,
    takes_search: false,
    inputs: &[],
    outputs: RETURN,
};

#[async_trait]
impl Operation for Meta {
    fn definition(&self) -> &'static Definition {
        &META
    }

    async fn run(&self, call: &Call, session: &Session, _: &Pipeline) -> Result<Answer, Problem> {
        let Level::Instance(resource_type, id) = &call.level else {
            return Ok(answer(used::in_use(session, call.level.resource_type()).await?));
        };
        let found = super::current(session, *resource_type, id).await?;
        let mut resource = socle_fhir::json::parse(&found.body)?;
        Ok(answer(resource["meta"].take()))
    }
}

fn answer(meta: Value) -> Answer {
    let meta = if meta.is_object() { meta } else { json!({}) };
    Reply::new().value("return", "Meta", meta).into_answer()
}
