//! The API as an OpenAPI 3.1 description, generated from what the code does: types, search parameters, operations.
//!
//! `CapabilityStatement` says the same to FHIR clients (`capabilities.rs`). This one is for tools that know HTTP and no FHIR:
//! generators of clients and of requests, the page to try requests.

mod paths;
mod schema;

use crate::pipeline::Pipeline;
use serde_json::{Value, json};
use socle_kernel::Lang;

impl Pipeline {
    /// The description, in the reader's language.
    pub fn openapi(&self, lang: Lang) -> Value {
        let settings = self.settings();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": if settings.is_demo { "Socle, API FHIR R4 (DÉMO)" } else { "Socle, API FHIR R4" },
                "version": settings.version,
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
                "description": lang.pick(
                    "Le dossier en FHIR R4. Chaque appel passe par la même porte : ce que l'appelant ne peut pas voir n'existe pas pour lui. Les erreurs sont des OperationOutcome qui disent l'endroit, ce qui était attendu et ce qui a été reçu.",
                    "The record in FHIR R4. Every call passes the same gate: what its caller may not see does not exist for them. Errors are OperationOutcomes that say the place, what was expected and what was received.",
                ),
            },
            "externalDocs": { "url": "https://hl7.org/fhir/R4/http.html", "description": "FHIR R4, RESTful API" },
            "servers": [{ "url": self.fhir_base() }],
            "security": [{ "token": [] }],
            "tags": paths::tags(lang),
            "paths": paths::paths(self.operations(), lang),
            "components": {
                "securitySchemes": { "token": {
                    "type": "oauth2",
                    "description": lang.pick(
                        "SMART App Launch 2 ; dans une démonstration, `socle token --as medecin-1` donne un jeton.",
                        "SMART App Launch 2; in a demonstration `socle token --as medecin-1` gives a token.",
                    ),
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": format!("{}/oidc/authorize", settings.base_url),
                            "tokenUrl": format!("{}/oidc/token", settings.base_url),
                            "scopes": scopes(lang),
                        },
                        "clientCredentials": {
                            "tokenUrl": format!("{}/oidc/token", settings.base_url),
                            "scopes": scopes(lang),
                        },
                    },
                } },
                "parameters": paths::shared_parameters(lang),
                "responses": paths::shared_responses(lang),
                "schemas": schema::schemas(),
            },
        })
    }
}

fn scopes(lang: Lang) -> Value {
    json!({
        "patient/*.rs": lang.pick("lire et chercher dans un dossier", "read and search one record"),
        "user/*.cruds": lang.pick("ce que la personne peut faire elle-même", "what the person may do themself"),
        "system/*.cruds": lang.pick("un programme, sans personne devant lui", "a program, with nobody before it"),
    })
}
