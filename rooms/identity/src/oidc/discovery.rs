//! The documents by which applications find the provider.

use super::keys::Es256;
use crate::scopes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall};

/// `/.well-known/openid-configuration`.
pub(super) fn openid<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async { Ok(public(&openid_document(&call.pipeline.settings().base_url))) })
}

/// `/.well-known/smart-configuration`, at the root and beside the FHIR API.
pub(super) fn smart<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async { Ok(public(&smart_document(&call.pipeline.settings().base_url))) })
}

/// `/oidc/jwks`.
pub(super) fn jwks<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async { Ok(public(&json!({ "keys": [Es256::of(&call.pipeline).jwk()] }))) })
}

/// JSON that everyone may read, from any page.
fn public(value: &Value) -> PageAnswer {
    let mut answer = PageAnswer::json(200, value).with_header("access-control-allow-origin", "*");
    answer.headers.retain(|(name, _)| name != "cache-control");
    answer.with_header("cache-control", "public, max-age=300")
}

fn openid_document(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oidc/authorize"),
        "token_endpoint": format!("{base}/oidc/token"),
        "userinfo_endpoint": format!("{base}/oidc/userinfo"),
        "jwks_uri": format!("{base}/oidc/jwks"),
        "introspection_endpoint": format!("{base}/oidc/introspect"),
        "revocation_endpoint": format!("{base}/oidc/revoke"),
        "end_session_endpoint": format!("{base}/oidc/logout"),
        "scopes_supported": scopes::SUPPORTED,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["eidas1"],
        "prompt_values_supported": ["none", "login", "consent"],
        "claims_supported": ["sub", "acr", "amr", "auth_time", "given_name", "family_name", "birthdate", "gender",
            "birthplace", "preferred_username", "SubjectNameID", "SubjectRole", "SubjectOrganization",
            "SubjectOrganizationID", "SubjectRefPro", "Secteur_Activite", "Acces_Regulation_Medicale", "otherIds"],
        "ui_locales_supported": ["fr", "en"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
}

const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];
const AUTH_METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

fn smart_document(base: &str) -> Value {
    json!({
        "issuer": base,
        "jwks_uri": format!("{base}/oidc/jwks"),
        "authorization_endpoint": format!("{base}/oidc/authorize"),
        "token_endpoint": format!("{base}/oidc/token"),
        "introspection_endpoint": format!("{base}/oidc/introspect"),
        "revocation_endpoint": format!("{base}/oidc/revoke"),
        "grant_types_supported": GRANT_TYPES,
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "scopes_supported": scopes::SUPPORTED,
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["launch-standalone", "client-public", "client-confidential-symmetric", "context-standalone-patient",
            "permission-patient", "permission-user", "permission-v1", "permission-v2", "sso-openid-connect"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_address_named_is_answered() {
        let routes = super::super::pages();
        let paths: HashSet<&str> = routes.iter().map(|page| page.path).collect();
        for document in [openid_document("https://x.example"), smart_document("https://x.example")] {
            let named = document.as_object().expect("an object").iter();
            for (name, value) in named.filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
            {
                let path =
                    value.as_str().and_then(|url| url.strip_prefix("https://x.example")).expect("ours");
                assert!(paths.contains(path), "{name}: {path}");
            }
            assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        }
    }
}
