//! `/connexion/retour`: the provider answered our own pages. The code is exchanged and the page session opened, under a new
//! id.

use super::sign_in::{Pending, RETURN};
use super::start_of;
use crate::accounts::{self, Account};
use crate::grants;
use crate::oidc::Fault;
use crate::sessions::{self, PageSession};
use crate::{clients, cookies, principals, sealed, secrets};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Kind, Problem, Subject};
use socle_pipeline::{PageAnswer, PageCall, encode};

/// `GET /connexion/retour`.
pub(super) fn show<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let pipeline = &call.pipeline;
        let base = &pipeline.settings().base_url;
        let secret = pipeline.gate().secret("cookie");
        let pending: Option<Pending> = cookies::of_call(call, cookies::RETURN)
            .and_then(|value| sealed::open(&secret, RETURN, value, call.now));
        let pending = pending.filter(|pending| secrets::same(&pending.state, call.query("state")));
        let Some(pending) = pending else {
            // Signed in meanwhile in another tab: there is nothing left to do here.
            return match call.identified.principal.subject {
                Subject::Anonymous => Err(over()),
                _ => Ok(PageAnswer::redirect("/connexion")),
            };
        };
        if !call.query("error").is_empty() {
            return Err(over());
        }
        let redirect_uri = format!("{base}{}", clients::OUR_RETURN);
        let code =
            grants::redeem(pipeline, call.query("code"), clients::OURS, &redirect_uri, &pending.verifier)
                .await;
        let code = code.map_err(|fault| match fault {
            Fault::Failed(problem) => problem,
            Fault::Told { .. } => over(),
        })?;
        if code.nonce.as_deref() != Some(&pending.nonce) {
            return Err(over());
        }
        let account = accounts::find(pipeline, &code.authentication.login).await?.ok_or_else(over)?;
        open(call, &account, &pending.suite).await
    })
}

fn over() -> Problem {
    Problem::new(
        Kind::Invalid,
        "Cette connexion n’a pas abouti ou a expiré. Recommencez depuis la page de connexion.",
        "This sign-in did not complete or has expired. Start again from the sign-in page.",
    )
    .coded("expired")
}

async fn open(call: &PageCall, account: &Account, suite: &str) -> Result<PageAnswer, Problem> {
    let pipeline = &call.pipeline;
    let mut session = match &call.identified.session {
        Some(id) => match sessions::load(pipeline, id).await? {
            Some(old) if old.login == account.login => {
                sessions::end(pipeline, &old.login, id).await?;
                old
            }
            _ => return Err(over()),
        },
        // The code and the session it was made in belong together.
        None => return Err(over()),
    };
    session = PageSession { is_open: true, seen_at: call.now, ..session };
    let mut choices = principals::choices(pipeline, account).await?;
    let has_choice = choices.len() > 1 && session.principal.is_none();
    if choices.is_empty() {
        return Err(Problem::new(
            Kind::Refused,
            "Ce compte n’ouvre aucun dossier ni aucun espace aujourd’hui.",
            "This account opens no record and no space today.",
        ));
    }
    if session.principal.is_none() && !has_choice {
        session.act_as(choices.swap_remove(0).principal);
    }
    let token = sessions::open(pipeline, &session).await?;
    let base = &pipeline.settings().base_url;
    let after = if suite.is_empty() { start_of(account) } else { suite };
    let location = if has_choice {
        format!("{}?suite={}", super::choice_page(account), encode(after))
    } else {
        after.to_owned()
    };
    Ok(PageAnswer::redirect(location)
        .with_header("set-cookie", cookies::set(base, cookies::SESSION, &token, None))
        .with_header("set-cookie", cookies::clear(base, cookies::RETURN)))
}
