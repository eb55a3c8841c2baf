//! `/oidc/revoke` (RFC 7009): an application gives back a token, and with it everything of the same grant.

use super::caller::authenticate;
use super::{Fault, answer};
use crate::{grants, tokens};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall};

/// `POST /oidc/revoke`.
pub(super) fn revoke<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move { answer(give_back(call, session).await) })
}

async fn give_back(call: &PageCall, session: &Session) -> Result<Value, Fault> {
    let caller = authenticate(call, session).await?;
    let text = call.form.text("token");
    let pipeline = &call.pipeline;
    let secret = pipeline.gate().secret(tokens::SECRET);
    let (client, grant) = match tokens::verify(&secret, text, call.now) {
        Ok(claims) => (claims.client, claims.grant),
        Err(_) => match grants::find_refresh(pipeline, text).await? {
            Some(refresh) => (refresh.client, refresh.grant),
            // A token that is no longer good needs no revocation: the answer is the same.
            None => return Ok(json!({})),
        },
    };
    // Another application's token reads as unknown.
    if client == caller.id() {
        grants::revoke(pipeline, &grant).await?;
    }
    Ok(json!({}))
}
