//! The OpenID provider: authorization code with PKCE for people, client credentials for programs, and what applications
//! need around them. Our own pages come in through it like everyone else.

mod authorize;
mod caller;
mod discovery;
mod introspect;
mod keys;
mod logout;
mod person;
mod revoke;
mod token;
mod userinfo;

pub(crate) use authorize::{PATH as AUTHORIZE_PATH, Request, is_request, our_request};

use serde_json::json;
use socle_kernel::{Kind, Problem};
use socle_pipeline::{Page, PageAnswer, Who};

/// What the provider answers instead of a token (RFC 6749, section 5.2).
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The caller did something wrong.
    Told {
        /// HTTP status.
        status: u16,
        /// Code of the RFC.
        error: &'static str,
        /// What is wrong, for whoever writes the application.
        description: String,
    },
    /// Something else: told as everywhere.
    Failed(Problem),
}

impl Fault {
    pub(crate) fn new(status: u16, error: &'static str, description: impl Into<String>) -> Self {
        Fault::Told { status, error, description: description.into() }
    }

    /// `invalid_request`.
    pub(crate) fn request(description: impl Into<String>) -> Self {
        Fault::new(400, "invalid_request", description)
    }

    /// `invalid_grant`.
    pub(crate) fn grant(description: impl Into<String>) -> Self {
        Fault::new(400, "invalid_grant", description)
    }

    /// `invalid_client`.
    pub(crate) fn client(description: impl Into<String>) -> Self {
        Fault::new(401, "invalid_client", description)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Fault::Failed(problem)
    }
}

/// The answer to a machine: what it asked for, or why not.
pub(crate) fn answer(result: Result<serde_json::Value, Fault>) -> Result<PageAnswer, Problem> {
    match result {
        Ok(value) => Ok(PageAnswer::json(200, &value).with_header("pragma", "no-cache")),
        Err(Fault::Told { status, error, description }) => {
            let body = json!({ "error": error, "error_description": description });
            let answer = PageAnswer::json(status, &body).with_header("pragma", "no-cache");
            Ok(if status == 401 {
                answer.with_header("www-authenticate", "Basic realm=\"socle\"")
            } else {
                answer
            })
        }
        Err(Fault::Failed(problem)) if problem.kind == Kind::Unavailable => {
            let body =
                json!({ "error": "temporarily_unavailable", "error_description": "Try again in a moment." });
            Ok(PageAnswer::json(503, &body).with_header("retry-after", "1"))
        }
        Err(Fault::Failed(problem)) => Err(problem),
    }
}

/// The addresses of the provider.
pub(crate) fn pages() -> Vec<Page> {
    vec![
        Page::get("/.well-known/openid-configuration", Who::Anyone, discovery::openid),
        Page::get("/.well-known/smart-configuration", Who::Anyone, discovery::smart),
        Page::get("/fhir/.well-known/smart-configuration", Who::Anyone, discovery::smart),
        Page::get("/oidc/jwks", Who::Anyone, discovery::jwks),
        Page::get(AUTHORIZE_PATH, Who::Anyone, authorize::ask),
        Page::machine(AUTHORIZE_PATH, authorize::ask_by_form),
        Page::post("/oidc/consentement", Who::Anyone, authorize::decide),
        Page::machine("/oidc/token", token::token),
        // Called by machines: a missing token is told as 401, not by a way to the sign-in.
        Page { is_guarded: false, ..Page::get("/oidc/userinfo", Who::Anyone, userinfo::userinfo) },
        Page::machine("/oidc/userinfo", userinfo::userinfo),
        Page::machine("/oidc/introspect", introspect::introspect),
        Page::machine("/oidc/revoke", revoke::revoke),
        Page::get("/oidc/logout", Who::Anyone, logout::logout),
        Page::machine("/oidc/logout", logout::logout),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_as_rfc_6749_says() {
        for (fault, status, error) in [
            (Fault::request("x"), 400, "invalid_request"),
            (Fault::grant("x"), 400, "invalid_grant"),
            (Fault::client("x"), 401, "invalid_client"),
        ] {
            let answer = answer(Err(fault)).expect("an answer");
            let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert_eq!((answer.status, body["error"].as_str()), (status, Some(error)));
            assert!(
                answer.headers.iter().any(|(name, value)| name == "cache-control" && value == "no-store")
            );
            let asks = answer.headers.iter().any(|(name, _)| name == "www-authenticate");
            assert_eq!(asks, status == 401);
        }
    }
}
