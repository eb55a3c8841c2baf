//! One resource type in the CapabilityStatement: interactions, search parameters, includes, profiles, operations.

use super::offered;
use crate::operations::Registry;
use crate::pipeline::Settings;
use serde_json::{Value, json};
use socle_fhir::packages::{self, Kind};
use socle_fhir::{ParamKind, Parameter, parameters};
use socle_kernel::{ResourceType, resource_type};
use std::collections::HashMap;

/// Where the addresses of the official definitions begin.
pub(super) const CORE: &str = "http://hl7.org/fhir/";
/// Resource types that are normative in R4.
const NORMATIVE: [&str; 11] = [
    "Binary",
    "Bundle",
    "CapabilityStatement",
    "CodeSystem",
    "Observation",
    "OperationDefinition",
    "OperationOutcome",
    "Parameters",
    "Patient",
    "StructureDefinition",
    "ValueSet",
];

/// True for a type that is normative in R4.
pub(super) fn is_normative(resource_type: ResourceType) -> bool {
    NORMATIVE.contains(&resource_type.name())
}

/// The addresses of the definitions of search parameters, by type and code.
pub(super) struct SearchDefinitions(HashMap<(&'static str, &'static str), &'static str>);

impl SearchDefinitions {
    /// Those of the packages that are installed; nothing is unpacked for it.
    pub(super) fn of_packages() -> Self {
        let mut found = HashMap::new();
        for entry in packages::list(Kind::SearchParameter) {
            let Some((bases, code)) = entry.about.split_once('.') else { continue };
            // A few official definitions leave their type out; their address tells it (`…-CodeSystem-author`).
            let told = || entry.url.strip_suffix(code)?.strip_suffix('-')?.rsplit('-').next();
            let bases = if bases.is_empty() { told().unwrap_or_default() } else { bases };
            for base in bases.split(',') {
                // Packages may profile an official parameter; the official one is what is meant by its code.
                let known = found.entry((base, code)).or_insert(entry.url);
                if entry.url.starts_with(CORE) {
                    *known = entry.url;
                }
            }
        }
        SearchDefinitions(found)
    }

    fn of(&self, resource_type: &'static str, code: &'static str) -> Option<&'static str> {
        [resource_type, "DomainResource", "Resource"]
            .iter()
            .find_map(|base| self.0.get(&(*base, code)).copied())
    }
}

fn search_param(type_name: &'static str, parameter: &Parameter, definitions: &SearchDefinitions) -> Value {
    let mut value = json!({ "name": parameter.code });
    if let Some(url) = definitions.of(type_name, parameter.code) {
        value["definition"] = url.into();
    }
    value["type"] = parameter.kind.code().into();
    if parameter.kind == ParamKind::Reference && !parameter.targets.is_empty() {
        let targets: Vec<&str> = parameter.targets.iter().map(|target| target.name()).collect();
        value["documentation"] = format!("{} ({})", parameter.expression(), targets.join(", ")).into();
    } else if !parameter.expression().is_empty() {
        value["documentation"] = parameter.expression().into();
    }
    value
}

/// The search parameters that every type has, told once.
pub(super) fn for_every_type(definitions: &SearchDefinitions) -> Vec<Value> {
    parameters(resource_type::PATIENT)
        .iter()
        .filter(|parameter| parameter.code.starts_with('_'))
        .map(|parameter| search_param("Resource", parameter, definitions))
        .collect()
}

/// A resource type.
pub(super) fn resource(
    resource_type: ResourceType,
    definitions: &SearchDefinitions,
    operations: &Registry,
    settings: &Settings,
) -> Value {
    let base = format!("{}/fhir", settings.base_url);
    let is_log = resource_type == resource_type::AUDIT_EVENT;
    let name = resource_type.name();
    let codes: &[&str] = if is_log {
        &["read", "create", "search-type"]
    } else {
        &[
            "read",
            "vread",
            "update",
            "patch",
            "delete",
            "history-instance",
            "history-type",
            "create",
            "search-type",
        ]
    };
    let interactions: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
    let mut value = json!({
        "type": name,
        "profile": format!("{CORE}StructureDefinition/{name}"),
    });
    let profiles = profiles_of(name);
    if !profiles.is_empty() {
        value["supportedProfile"] = profiles.into();
    }
    value["interaction"] = interactions.into();
    let requires_version = settings.requires_version && !is_log;
    value["versioning"] = if requires_version { "versioned-update" } else { "versioned" }.into();
    value["readHistory"] = (!is_log).into();
    value["updateCreate"] = (!is_log).into();
    value["conditionalCreate"] = (!is_log).into();
    value["conditionalRead"] = "full-support".into();
    value["conditionalUpdate"] = (!is_log).into();
    value["conditionalDelete"] = match (is_log, settings.deletes_many) {
        (true, _) => "not-supported",
        (false, true) => "multiple",
        (false, false) => "single",
    }
    .into();
    value["referencePolicy"] = json!(["literal", "logical", "resolves", "local"]);
    let includes: Vec<String> = std::iter::once("*".to_owned())
        .chain(references_of(resource_type).map(|parameter| format!("{name}:{}", parameter.code)))
        .collect();
    value["searchInclude"] = includes.into();
    let revincludes = revincludes_of(resource_type);
    if !revincludes.is_empty() {
        value["searchRevInclude"] = revincludes.into();
    }
    let own: Vec<Value> = parameters(resource_type)
        .iter()
        .filter(|parameter| !parameter.code.starts_with('_'))
        .map(|parameter| search_param(name, parameter, definitions))
        .collect();
    if !own.is_empty() {
        value["searchParam"] = own.into();
    }
    let offered: Vec<Value> = operations
        .definitions()
        .filter(|definition| definition.is_for(resource_type))
        .map(|definition| offered(definition, &base))
        .collect();
    if !offered.is_empty() {
        value["operation"] = offered.into();
    }
    value
}

fn references_of(resource_type: ResourceType) -> impl Iterator<Item = &'static Parameter> {
    parameters(resource_type).iter().filter(|parameter| parameter.kind == ParamKind::Reference)
}

/// The parameters of other types that may refer to this one.
fn revincludes_of(resource_type: ResourceType) -> Vec<String> {
    ResourceType::all()
        .flat_map(|source| references_of(source).map(move |parameter| (source, parameter)))
        .filter(|(_, parameter)| parameter.targets.is_empty() || parameter.targets.contains(&resource_type))
        .map(|(source, parameter)| format!("{source}:{}", parameter.code))
        .collect()
}

/// The profiles of a type in the packages that are installed.
fn profiles_of(name: &str) -> Vec<&'static str> {
    let own = format!("{CORE}StructureDefinition/{name}");
    let mut profiles: Vec<&'static str> = packages::list(Kind::StructureDefinition)
        .filter(|entry| entry.about == name && entry.url != own)
        .map(|entry| entry.url)
        .collect();
    profiles.sort_unstable();
    profiles.dedup();
    profiles
}
