//! Reading: by id, by version.

use crate::interaction::{Answer, Prefer};
use crate::pipeline::Pipeline;
use bytes::Bytes;
use serde_json::Value;
use socle_gate::{Found, Session};
use socle_kernel::{Kind, Problem, ResourceType, resource_type};

impl Pipeline {
    pub(crate) async fn read(
        &self,
        session: &Session,
        resource_type: ResourceType,
        id: &str,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        session.check_scope(resource_type)?;
        let Some(key) = session.resolve(resource_type, id).await? else {
            // The definitions of our own operations are made by the program, not stored.
            let served = (resource_type == resource_type::OPERATION_DEFINITION)
                .then(|| self.operations().served(id, &self.fhir_base()))
                .flatten();
            // So are the topics one can subscribe to.
            let is_basic = resource_type.name() == "Basic";
            let topic =
                || crate::subscriptions::topics::all().iter().find(|topic| is_basic && topic.id() == id);
            let served = served.or_else(|| topic().map(|topic| topic.to_basic()));
            return served.map(|definition| Answer::of(&definition)).ok_or_else(Problem::not_found);
        };
        let found = session.read(key).await?.ok_or_else(Problem::not_found)?;
        self.show(session, found, prefer).await
    }

    pub(crate) async fn read_version(
        &self,
        session: &Session,
        resource_type: ResourceType,
        id: &str,
        version: &str,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let number: u32 = version.parse().map_err(|_| Problem::not_found())?;
        session.check_scope(resource_type)?;
        let key = session.resolve(resource_type, id).await?.ok_or_else(Problem::not_found)?;
        let found = session.read_version(key, number).await?.ok_or_else(Problem::not_found)?;
        self.show(session, found, prefer).await
    }

    async fn show(&self, session: &Session, found: Found, prefer: Prefer) -> Result<Answer, Problem> {
        if found.deleted {
            return Err(Problem::new(
                Kind::Gone,
                "Cette ressource a été supprimée.",
                "This resource was deleted.",
            ));
        }
        let mut answer = Answer {
            status: 200,
            version: Some(found.version),
            last_updated: Some(found.last_updated),
            ..Answer::default()
        };
        if found.key.resource_type == resource_type::BINARY
            && let Some(content) = session.content(&found).await?
        {
            let resource = socle_fhir::json::parse(&found.body)?;
            if prefer.binary_as_resource {
                answer.body = Some(with_data(resource, &content));
            } else {
                let media_type = resource["contentType"].as_str().unwrap_or("application/octet-stream");
                answer.content = Some((media_type.to_owned(), content));
            }
            return Ok(answer);
        }
        answer.body = Some(found.body);
        Ok(answer)
    }
}

fn with_data(mut resource: Value, content: &[u8]) -> Bytes {
    resource["data"] = data_encoding::BASE64.encode(content).into();
    Bytes::from(socle_fhir::json::to_text(&resource))
}
