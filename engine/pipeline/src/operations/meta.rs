//! `$meta`: the profiles, tags and labels of a resource.

use super::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::interaction::{Answer, Level};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_gate::{Found, Session};
use socle_kernel::{Kind, Problem, ResourceType};
use std::sync::Arc;

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(Meta)]
}

struct Meta;

static META: Definition = Definition {
    id: "Resource-meta",
    code: "meta",
    name: "ResourceMeta",
    canonical: "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    fr: "Profils, étiquettes et labels de sécurité d'une ressource.",
    en: "Profiles, tags and security labels of a resource.",
    places: &[Place::Instance],
    types: &[],
    affects_state: false,
    takes_search: false,
    inputs: &[],
    outputs: &[Parameter::required("return", "Meta", "Les métadonnées.", "The metadata.")],
};

#[async_trait]
impl Operation for Meta {
    fn definition(&self) -> &'static Definition {
        &META
    }

    async fn run(&self, call: &Call, session: &Session, _: &Pipeline) -> Result<Answer, Problem> {
        let Level::Instance(resource_type, id) = &call.level else {
            return Err(Problem::internal("asked elsewhere than offered"));
        };
        let found = current(session, *resource_type, id).await?;
        let resource = socle_fhir::json::parse(&found.body)?;
        Ok(answer(&resource))
    }
}

/// A resource that is there now, read and traced.
async fn current(session: &Session, resource_type: ResourceType, id: &str) -> Result<Found, Problem> {
    let key = session.resolve(resource_type, id).await?.ok_or_else(Problem::not_found)?;
    let found = session.read(key).await?.ok_or_else(Problem::not_found)?;
    if found.deleted {
        return Err(Problem::new(
            Kind::Gone,
            "Cette ressource a été supprimée.",
            "This resource was deleted.",
        ));
    }
    Ok(found)
}

fn answer(resource: &Value) -> Answer {
    let meta = match &resource["meta"] {
        Value::Object(meta) => Value::Object(meta.clone()),
        _ => json!({}),
    };
    Reply::new().value("return", "Meta", meta).into_answer()
}
