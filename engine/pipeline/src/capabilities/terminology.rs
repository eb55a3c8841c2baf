//! TerminologyCapabilities: the code systems that are installed and what can be asked of them.

use crate::operations::Registry;
use crate::pipeline::Settings;
use serde_json::{Value, json};
use socle_fhir::packages::{self, Kind};
use socle_kernel::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// The TerminologyCapabilities.
pub(super) fn statement(settings: &Settings, operations: &Registry, now: Instant) -> Value {
    let base = format!("{}/fhir", settings.base_url);
    let mut systems: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in packages::list(Kind::CodeSystem) {
        systems
            .entry(entry.url)
            .or_default()
            .extend(Some(entry.version).filter(|version| !version.is_empty()));
    }
    let code_systems: Vec<Value> = systems
        .into_iter()
        .map(|(url, versions)| {
            let mut value = json!({ "uri": url });
            if !versions.is_empty() {
                value["version"] = versions.iter().map(|version| json!({ "code": version })).collect();
            }
            value
        })
        .collect();
    let mut statement = json!({
        "resourceType": "TerminologyCapabilities",
        "url": format!("{base}/metadata?mode=terminology"),
        "version": settings.version,
        "name": "Socle",
        "status": "active",
        "date": now.to_string(),
        "publisher": "Socle",
        "kind": "instance",
        "software": { "name": "Socle", "version": settings.version },
        "implementation": { "description": if settings.is_demo { "Socle (DÉMO)" } else { "Socle" }, "url": base },
    });
    if !code_systems.is_empty() {
        statement["codeSystem"] = code_systems.into();
    }
    if let Some(expand) = operations.definitions().find(|definition| definition.code == "expand") {
        let parameters: Vec<Value> =
            expand.inputs.iter().map(|parameter| json!({ "name": parameter.name })).collect();
        statement["expansion"] = json!({ "parameter": parameters });
    }
    if operations.definitions().any(|definition| definition.code == "validate-code") {
        statement["validateCode"] = json!({ "translations": false });
    }
    if operations.definitions().any(|definition| definition.code == "translate") {
        statement["translation"] = json!({ "needsMap": true });
    }
    statement
}
