//! The CapabilityStatement, generated from what the code does.

use crate::interaction::Answer;
use crate::operations::Place;
use crate::pipeline::Pipeline;
use bytes::Bytes;
use serde_json::{Value, json};
use socle_kernel::{Instant, ResourceType, resource_type};

impl Pipeline {
    pub(crate) fn capabilities(&self, now: Instant) -> Answer {
        let statement = self.statement(now);
        Answer {
            status: 200,
            body: Some(Bytes::from(socle_fhir::json::to_text(&statement))),
            ..Answer::default()
        }
    }

    fn statement(&self, now: Instant) -> Value {
        let settings = self.settings();
        let base = self.fhir_base();
        let resources: Vec<Value> = ResourceType::all()
            .map(|resource_type| {
                let mut value = resource(resource_type);
                if resource_type == resource_type::SUBSCRIPTION && self.is_ruled(resource_type) {
                    subscriptions(&mut value);
                }
                let operations = self.operations_at(Some(resource_type));
                if !operations.is_empty() {
                    value["operation"] = operations.into();
                }
                value
            })
            .collect();
        let mut statement = json!({
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": now.to_string(),
            "publisher": "Socle",
            "kind": "instance",
            "software": { "name": "Socle", "version": settings.version },
            "implementation": { "description": if settings.is_demo { "Socle (DÉMO)" } else { "Socle" }, "url": base },
            "fhirVersion": "4.0.1",
            "format": ["json", "application/fhir+json"],
            "patchFormat": ["application/json-patch+json", "application/fhir+json"],
            "implementationGuide": ["https://interop.esante.gouv.fr/ig/fhir/pdsm"],
            "rest": [{
                "mode": "server",
                "security": {
                    "cors": false,
                    "service": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR" }] }],
                    "description": "OAuth 2.0 (SMART App Launch 2): bearer token on every request but this one.",
                    "extension": [{ "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris", "extension": [
                        { "url": "authorize", "valueUri": format!("{}/oidc/authorize", settings.base_url) },
                        { "url": "token", "valueUri": format!("{}/oidc/token", settings.base_url) }] }],
                },
                "resource": resources,
                "interaction": [{ "code": "transaction" }, { "code": "batch" }],
            }],
        });
        if self.is_ruled(resource_type::SUBSCRIPTION) {
            statement["rest"][0]["extension"] = json!([{
                "url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket",
                "valueUri": self.websocket_url() }]);
        }
        let operations = self.operations_at(None);
        if !operations.is_empty() {
            statement["rest"][0]["operation"] = operations.into();
        }
        statement
    }

    /// The operations of a type, or those of the whole platform.
    fn operations_at(&self, resource_type: Option<ResourceType>) -> Vec<Value> {
        let base = self.fhir_base();
        self.operations()
            .definitions()
            .filter(|definition| match resource_type {
                Some(resource_type) => definition.is_for(resource_type),
                None => definition.places.contains(&Place::System),
            })
            .map(|definition| {
                json!({
                    "name": definition.code,
                    "definition": definition.canonical_or_served(&base),
                    "documentation": definition.en,
                })
            })
            .collect()
    }
}

fn resource(resource_type: ResourceType) -> Value {
    let is_log = resource_type == resource_type::AUDIT_EVENT;
    let codes: &[&str] = if is_log {
        &["read", "create", "search-type"]
    } else {
        &["read", "vread", "history-instance", "create", "update", "patch", "delete", "search-type"]
    };
    let interactions: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
    let params: Vec<Value> = socle_fhir::parameters(resource_type)
        .iter()
        .map(|parameter| json!({ "name": parameter.code, "type": parameter.kind.code() }))
        .collect();
    let mut value = json!({
        "type": resource_type.name(),
        "interaction": interactions,
        "versioning": "versioned-update",
        "readHistory": !is_log,
        "updateCreate": !is_log,
        "conditionalCreate": !is_log,
        "conditionalUpdate": !is_log,
        "conditionalDelete": if is_log { "not-supported" } else { "single" },
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": ["*"],
        "searchParam": params,
    });
    if resource_type == resource_type::DOCUMENT_REFERENCE {
        value["supportedProfile"] = json!([
            "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-document-reference",
            "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-simplified-publish",
        ]);
    }
    value
}

/// What the guide on subscriptions asks to be told: its profile, and the topics.
fn subscriptions(value: &mut Value) {
    let guide = crate::subscriptions::GUIDE;
    let topics = crate::subscriptions::topics::all().iter();
    value["extension"] = topics
        .map(|topic| {
            json!({ "url": format!("{guide}/capabilitystatement-subscriptiontopic-canonical"), "valueCanonical": topic.url() })
        })
        .collect();
    value["supportedProfile"] = json!([format!("{guide}/backport-subscription")]);
}
