//! What this platform can do, told by the tables from which it does it: CapabilityStatement and TerminologyCapabilities.

mod terminology;
#[cfg(test)]
mod tests;
mod types;

use crate::interaction::{Answer, StatementMode};
use crate::operations::{Definition, Place, Registry};
use crate::pipeline::{Pipeline, Settings};
use serde_json::{Value, json};
use socle_kernel::{Instant, ResourceType, resource_type};

impl Pipeline {
    pub(crate) fn capabilities(&self, mode: StatementMode, now: Instant) -> Answer {
        if mode == StatementMode::Terminology {
            return Answer::of(&terminology::statement(self.settings(), self.operations(), now));
        }
        let mut statement = statement(self.settings(), self.operations(), mode, now);
        if self.is_ruled(resource_type::SUBSCRIPTION) {
            let rest = &mut statement["rest"][0];
            rest["extension"] = json!([{
                "url": "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket",
                "valueUri": self.websocket_url() }]);
            let resources = rest["resource"].as_array_mut().into_iter().flatten();
            resources.filter(|resource| resource["type"] == "Subscription").for_each(subscriptions);
        }
        Answer::of(&statement)
    }
}

/// The CapabilityStatement.
fn statement(settings: &Settings, operations: &Registry, mode: StatementMode, now: Instant) -> Value {
    let base = format!("{}/fhir", settings.base_url);
    let searches = types::SearchDefinitions::of_packages();
    let resources: Vec<Value> = ResourceType::all()
        .filter(|resource_type| mode == StatementMode::Full || types::is_normative(*resource_type))
        .map(|resource_type| types::resource(resource_type, &searches, operations, settings))
        .collect();
    let mut rest = json!({
        "mode": "server",
        "documentation": "Every request but this one needs a bearer token. What the caller may not see is absent everywhere: in searches, counts, pages, includes, histories and operations.",
        "security": security(settings),
        "resource": resources,
        "interaction": [
            { "code": "transaction", "documentation": "All or nothing; every form of reference within the Bundle." },
            { "code": "batch", "documentation": "Each entry for itself." },
            { "code": "history-system", "documentation": "Programs only." },
        ],
        "searchParam": types::for_every_type(&searches),
        "compartment": [format!("{}CompartmentDefinition/patient", types::CORE)],
    });
    let offered: Vec<Value> = operations
        .definitions()
        .filter(|definition| definition.places.contains(&Place::System))
        .map(|definition| offered(definition, &base))
        .collect();
    if !offered.is_empty() {
        rest["operation"] = offered.into();
    }
    json!({
        "resourceType": "CapabilityStatement",
        "url": format!("{base}/metadata"),
        "version": settings.version,
        "name": "Socle",
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
        "rest": [rest],
    })
}

fn security(settings: &Settings) -> Value {
    json!({
        "cors": false,
        "service": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR" }] }],
        "description": "OAuth 2.0 (SMART App Launch 2): bearer token on every request but this one.",
        "extension": [{ "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris", "extension": [
            { "url": "authorize", "valueUri": format!("{}/oidc/authorize", settings.base_url) },
            { "url": "token", "valueUri": format!("{}/oidc/token", settings.base_url) }] }],
    })
}

/// What the guide on subscriptions asks to be told: its profile, and the topics.
fn subscriptions(resource: &mut Value) {
    let guide = crate::subscriptions::GUIDE;
    let topics = crate::subscriptions::topics::all().iter();
    resource["extension"] = topics
        .map(|topic| {
            json!({ "url": format!("{guide}/capabilitystatement-subscriptiontopic-canonical"), "valueCanonical": topic.url() })
        })
        .collect();
    let profile = Value::from(format!("{guide}/backport-subscription"));
    match resource.get_mut("supportedProfile").and_then(Value::as_array_mut) {
        Some(profiles) if profiles.contains(&profile) => {}
        Some(profiles) => profiles.push(profile),
        None => resource["supportedProfile"] = json!([profile]),
    }
}

/// An operation as the statement lists it.
fn offered(definition: &Definition, base: &str) -> Value {
    json!({
        "name": definition.code,
        "definition": definition.canonical_or_served(base),
        "documentation": format!("{} ({base}/OperationDefinition/{})", definition.en, definition.id),
    })
}
