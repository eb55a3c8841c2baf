//! `/oidc/token`: codes, refresh tokens and programs' secrets become tokens.

use super::caller::{Caller, authenticate};
use super::keys::Es256;
use super::{Fault, answer, person};
use crate::accounts::{Account, Role};
use crate::grants::{self, Authentication, Grant, Issued};
use crate::{principals, scopes, sign_in};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use socle_gate::{Deed, Session};
use socle_kernel::{Problem, limits};
use socle_pipeline::{PageAnswer, PageCall};

/// `POST /oidc/token`.
pub(super) fn token<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move { answer(tokens(call, session).await) })
}

async fn tokens(call: &PageCall, session: &Session) -> Result<Value, Fault> {
    let caller = authenticate(call, session).await?;
    match (call.form.text("grant_type"), caller) {
        ("authorization_code", caller @ Caller::Client { .. }) => by_code(call, &caller).await,
        ("refresh_token", caller @ Caller::Client { .. }) => {
            let issued =
                grants::refresh(&call.pipeline, call.form.text("refresh_token"), caller.id()).await?;
            Ok(response(call, &issued, None))
        }
        ("client_credentials", Caller::Program(account)) => by_secret(call, &account).await,
        ("authorization_code" | "refresh_token" | "client_credentials", _) => {
            Err(Fault::new(400, "unauthorized_client", "This client may not use this grant type."))
        }
        ("", _) => Err(Fault::request("grant_type is missing.")),
        _ => Err(Fault::new(
            400,
            "unsupported_grant_type",
            "Offered: authorization_code, refresh_token, client_credentials.",
        )),
    }
}

async fn by_code(call: &PageCall, caller: &Caller) -> Result<Value, Fault> {
    let form = &call.form;
    let code = grants::redeem(
        &call.pipeline,
        form.text("code"),
        caller.id(),
        form.text("redirect_uri"),
        form.text("code_verifier"),
    )
    .await?;
    // Our own pages exchange their codes inside; they are given no tokens.
    let principal = code.principal.ok_or_else(|| Fault::grant("This code gives no token."))?;
    let Caller::Client { client, .. } = caller else { return Err(Fault::grant("This code gives no token.")) };
    let grant = Grant {
        until: code.authentication.at.plus(limits::SESSION_TIME),
        authentication: code.authentication,
        client: client.id.clone(),
        client_name: client.name.clone(),
        principal,
        purpose: code.purpose,
        made_at: call.now,
    };
    let issued = grants::give(&call.pipeline, &code.grant, grant, true).await?;
    Ok(response(call, &issued, code.nonce.as_deref()))
}

async fn by_secret(call: &PageCall, account: &Account) -> Result<Value, Fault> {
    let asked = call.form.text("scope");
    let asked = if asked.is_empty() { "system/*.cruds" } else { asked };
    let granted = scopes::grantable(asked, Role::System);
    if granted.is_empty() {
        return Err(Fault::new(400, "invalid_scope", "A program may have system/ scopes."));
    }
    let grant = Grant {
        authentication: Authentication {
            login: account.login.clone(),
            at: call.now,
            amr: vec!["pwd".into()],
        },
        client: account.login.clone(),
        client_name: account.name.clone(),
        principal: principals::system(account, granted),
        purpose: account.purpose(),
        made_at: call.now,
        until: call.now.plus(limits::ACCESS_TOKEN_TIME),
    };
    sign_in::note_as(call, account, Deed::SignIn, "client-credentials").await?;
    let id = grants::draw_id(&call.pipeline);
    let issued = grants::give(&call.pipeline, &id, grant, false).await?;
    Ok(response(call, &issued, None))
}

fn response(call: &PageCall, issued: &Issued, nonce: Option<&str>) -> Value {
    let grant = &issued.grant;
    let lasts =
        grant.until.seconds().min(call.now.plus(limits::ACCESS_TOKEN_TIME).seconds()) - call.now.seconds();
    let scopes = &grant.principal.scopes;
    let mut response = json!({
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": lasts,
        "scope": scopes.join(" "),
    });
    if let Some(refresh) = &issued.refresh {
        response["refresh_token"] = refresh.clone().into();
    }
    if has(grant, "openid") {
        response["id_token"] = Es256::of(&call.pipeline).sign(&identity(call, grant, nonce)).into();
    }
    let is_in_record =
        has(grant, "launch/patient") || scopes.iter().any(|scope| scope.starts_with("patient/"));
    if let Some(patient) = person::patient(&call.pipeline, &grant.principal).filter(|_| is_in_record) {
        response["patient"] = patient.into();
    }
    response
}

fn has(grant: &Grant, scope: &str) -> bool {
    grant.principal.scopes.iter().any(|known| known == scope)
}

/// The claims of the identity token.
fn identity(call: &PageCall, grant: &Grant, nonce: Option<&str>) -> Value {
    let pipeline = &call.pipeline;
    let mut claims = json!({
        "iss": pipeline.settings().base_url,
        "sub": person::subject(pipeline, &grant.authentication.login, &grant.client),
        "aud": grant.client,
        "iat": call.now.seconds(),
        "exp": call.now.plus(limits::ACCESS_TOKEN_TIME).seconds(),
        "auth_time": grant.authentication.at.seconds(),
        "acr": "eidas1",
        "amr": grant.authentication.amr,
    });
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    if has(grant, "fhirUser")
        && let Some(address) = person::fhir_user(pipeline, &grant.principal)
    {
        claims["fhirUser"] = address.into();
    }
    claims
}
