//! `/connexion/code`: the second step, a one-time code.

use super::sign_in::{locked, next, too_many};
use super::suite_of;
use crate::accounts;
use crate::sign_in::{self, Attempt};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall, View, encode};
use socle_ui::form::{self, Errors, Form};
use socle_ui::{Markup, Render};

/// What the page shows.
struct Context<'a> {
    csrf: &'a str,
    suite: &'a str,
    errors: Errors,
}

/// `GET /connexion/code`.
pub(super) fn show<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let suite = suite_of(call).unwrap_or("");
        if sign_in::open_step(call).is_none() {
            return Ok(start_again(suite));
        }
        Ok(page(call, suite, Errors::new(), 200))
    })
}

/// `POST /connexion/code`.
pub(super) fn submit<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let suite = suite_of(call).unwrap_or("");
        let Some(step) = sign_in::open_step(call) else { return Ok(start_again(suite)) };
        let Some(account) = accounts::find(&call.pipeline, &step.login).await? else {
            return Ok(start_again(suite));
        };
        let lang = call.lang;
        let typed = call.form.text("code");
        if typed.is_empty() {
            let message = lang.pick("Indiquez le code à six chiffres", "Enter the six-digit code");
            return Ok(page(call, suite, Errors::new().with("code", message), 422));
        }
        let (message, status) = match sign_in::code(call, session, account, typed).await? {
            Attempt::Accepted(account) => {
                return sign_in::finish(call, &account, &["pwd", "otp"], next(suite)).await;
            }
            Attempt::Wrong => (wrong(lang), 422),
            Attempt::Locked => (locked(lang), 429),
            Attempt::TooMany => (too_many(lang), 429),
        };
        Ok(page(call, suite, Errors::new().with("code", message), status))
    })
}

fn wrong(lang: Lang) -> &'static str {
    lang.pick_static(
        "Indiquez le code que votre application affiche maintenant ; un code ne sert qu’une fois",
        "Enter the code your application shows now; a code works once only",
    )
}

fn start_again(suite: &str) -> PageAnswer {
    PageAnswer::redirect(format!("/connexion?suite={}", encode(suite)))
}

fn page(call: &PageCall, suite: &str, errors: Errors, status: u16) -> PageAnswer {
    let lang = call.lang;
    let view = View {
        title: lang.pick("Code à usage unique", "One-time code"),
        has_errors: !errors.is_empty(),
        ..View::default()
    };
    let context = Context { csrf: &call.identified.csrf, suite, errors };
    call.page(&view, body(lang, &context)).with_status(status)
}

fn body(lang: Lang, context: &Context<'_>) -> Markup {
    Form::post(lang, "/connexion/code", context.csrf, &context.errors, lang.pick("Se connecter", "Sign in"))
        .hidden("suite", context.suite)
        .field(form::one_time_code("code", lang.pick("Code à six chiffres", "Six-digit code")).hint(
            lang.pick(
                "Ouvrez votre application de codes et recopiez celui qu’elle affiche pour Socle.",
                "Open your code application and copy the one it shows for Socle.",
            ),
        ))
        .cancel(lang.pick("Recommencer la connexion", "Start signing in again"), "/connexion")
        .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;

    #[test]
    fn samples_are_clean() {
        for errors in [Errors::new(), Errors::new().with("code", wrong(Lang::Fr))] {
            let context = Context { csrf: "jeton", suite: "/oidc/authorize?x=1", errors: errors.clone() };
            check::samples("Code à usage unique", !errors.is_empty(), |lang| body(lang, &context));
        }
    }

    #[test]
    fn the_field_offers_itself_to_code_applications() {
        let context = Context { csrf: "jeton", suite: "", errors: Errors::new() };
        assert!(body(Lang::Fr, &context).into_string().contains("autocomplete=\"one-time-code\""));
    }
}
