//! `/deconnexion`: ends the page session.

use crate::accounts;
use crate::{cookies, sessions, sign_in};
use futures_util::future::BoxFuture;
use socle_gate::{Deed, Session};
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::form::{self, Style};
use socle_ui::{Markup, html};

/// `POST /deconnexion`.
pub(super) fn submit<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        if let Some(id) = &call.identified.session
            && let Some(session) = sessions::load(&call.pipeline, id).await?
        {
            return sign_out(call, &session.login, id, "/").await;
        }
        Ok(forget(call, "/"))
    })
}

/// Ends a session and goes on to an address that was checked.
pub(crate) async fn sign_out(
    call: &PageCall,
    login: &str,
    id: &str,
    after: &str,
) -> Result<PageAnswer, Problem> {
    sessions::end(&call.pipeline, login, id).await?;
    if let Some(account) = accounts::find(&call.pipeline, login).await? {
        sign_in::note_as(call, &account, Deed::SignOut, "signed-out").await?;
    }
    Ok(forget(call, after))
}

fn forget(call: &PageCall, after: &str) -> PageAnswer {
    let base = &call.pipeline.settings().base_url;
    PageAnswer::redirect(after).with_header("set-cookie", cookies::clear(base, cookies::SESSION))
}

/// Asks before signing out, when the one who wants it did not prove to speak for the person.
pub(crate) fn ask(call: &PageCall) -> PageAnswer {
    let view = View { title: call.lang.pick("Se déconnecter ?", "Sign out?"), ..View::default() };
    call.page(&view, body(call.lang, &call.identified.csrf))
}

fn body(lang: Lang, csrf: &str) -> Markup {
    html! {
        p { (lang.pick(
            "Une application demande de fermer votre session sur cette plateforme.",
            "An application asks to close your session on this platform.",
        )) }
        (form::action_form("/deconnexion", csrf, lang.pick("Fermer ma session", "Close my session"), Style::Primary, &[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;

    #[test]
    fn samples_are_clean() {
        check::samples("Se déconnecter", false, |lang| body(lang, "jeton"));
    }
}
