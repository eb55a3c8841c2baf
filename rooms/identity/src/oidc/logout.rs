//! `/oidc/logout`: an application asks to end the session of its user (OpenID Connect RP-Initiated Logout).

use super::authorize::known_as;
use super::keys::Es256;
use crate::clients::{self, Client};
use crate::pages;
use crate::sessions;
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall, encode};

/// `GET` and `POST /oidc/logout`.
pub(super) fn logout<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let given = |name: &str| match call.query(name) {
            "" => call.form.text(name).to_owned(),
            value => value.to_owned(),
        };
        let hint = Es256::of(&call.pipeline).read(&given("id_token_hint"));
        let client_id = match &hint {
            Some(claims) => claims["aud"].as_str().unwrap_or("").to_owned(),
            None => given("client_id"),
        };
        let client = clients::find(&call.pipeline, &client_id).await?;
        let after = after(client.as_ref(), &given("post_logout_redirect_uri"), &given("state"));
        let Some(id) = &call.identified.session else { return Ok(leave(after)) };
        let Some(session) = sessions::load(&call.pipeline, id).await? else { return Ok(leave(after)) };
        // Only an identity token of this very person proves that the application speaks for them; else they are asked.
        let is_theirs =
            hint.is_some_and(|claims| claims["sub"] == known_as(call, &session.login, &client_id));
        if is_theirs {
            return pages::sign_out(call, &session.login, id, after.as_deref().unwrap_or("/")).await;
        }
        Ok(pages::ask_to_sign_out(call))
    })
}

/// Where the application wants the person to go: registered addresses only.
fn after(client: Option<&Client>, uri: &str, state: &str) -> Option<String> {
    client.filter(|client| client.may_leave_to(uri))?;
    if state.is_empty() {
        return Some(uri.to_owned());
    }
    let joint = if uri.contains('?') { '&' } else { '?' };
    Some(format!("{uri}{joint}state={}", encode(state)))
}

fn leave(after: Option<String>) -> PageAnswer {
    PageAnswer::redirect(after.unwrap_or_else(|| "/".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sent_to_registered_addresses_only() {
        let client = Client {
            id: "a".into(),
            name: "A".into(),
            redirect_uris: vec!["https://a.example/retour".into()],
            after_sign_out: vec!["https://a.example/".into()],
            secret: None,
        };
        let known = |uri: &str, state: &str| after(Some(&client), uri, state);
        assert_eq!(known("https://a.example/", "").as_deref(), Some("https://a.example/"));
        assert_eq!(known("https://a.example/", "x y").as_deref(), Some("https://a.example/?state=x%20y"));
        assert_eq!(known("https://a.example/retour", ""), None);
        assert_eq!(known("https://evil.example/", ""), None);
        assert_eq!(after(None, "https://a.example/", ""), None);
    }
}
