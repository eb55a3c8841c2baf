//! `/oidc/introspect` (RFC 7662): is this token good now, and what for?

use super::caller::{Caller, authenticate};
use super::{Fault, answer, person};
use crate::{grants, tokens};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall};

/// `POST /oidc/introspect`.
pub(super) fn introspect<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move { answer(state(call, session).await) })
}

/// Programs learn of any token (they guard resources); applications of their own only; nobody without a secret.
async fn state(call: &PageCall, session: &Session) -> Result<Value, Fault> {
    let caller = authenticate(call, session).await?;
    let only_own = match &caller {
        Caller::Program(_) => false,
        Caller::Client { is_proven: true, .. } => true,
        Caller::Client { is_proven: false, .. } => {
            return Err(Fault::client("This needs a client with a secret."));
        }
    };
    let text = call.form.text("token");
    if text.is_empty() {
        return Err(Fault::request("token is missing."));
    }
    let inactive = json!({ "active": false });
    match describe(call, text).await? {
        Some(state) if !only_own || state["client_id"] == caller.id() => Ok(state),
        _ => Ok(inactive),
    }
}

async fn describe(call: &PageCall, text: &str) -> Result<Option<Value>, Problem> {
    let pipeline = &call.pipeline;
    let secret = pipeline.gate().secret(tokens::SECRET);
    if let Ok(claims) = tokens::verify(&secret, text, call.now) {
        let is_demo = claims.grant == tokens::DEMO_GRANT;
        let grant = grants::load(pipeline, &claims.grant).await?;
        if grant.is_none() && !(is_demo && pipeline.settings().is_demo) {
            return Ok(None);
        }
        let mut state = json!({
            "active": true,
            "iss": pipeline.settings().base_url,
            "client_id": claims.client,
            "token_type": "Bearer",
            "scope": claims.principal.scopes.join(" "),
            "iat": claims.issued,
            "exp": claims.expires,
        });
        if let Some(grant) = grant {
            state["sub"] = person::subject(pipeline, &grant.authentication.login, &claims.client).into();
        }
        if let Some(patient) = person::patient(pipeline, &claims.principal) {
            state["patient"] = patient.into();
        }
        if let Some(address) = person::fhir_user(pipeline, &claims.principal) {
            state["fhirUser"] = address.into();
        }
        return Ok(Some(state));
    }
    let Some(refresh) = grants::find_refresh(pipeline, text).await? else { return Ok(None) };
    let Some(grant) = grants::load(pipeline, &refresh.grant).await? else { return Ok(None) };
    Ok(Some(json!({
        "active": true,
        "client_id": refresh.client,
        "scope": grant.principal.scopes.join(" "),
        "exp": refresh.until.seconds(),
        "sub": person::subject(pipeline, &grant.authentication.login, &grant.client),
    })))
}
