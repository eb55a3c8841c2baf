//! `/connexion/situation` and `/connexion/personne`: as whom to act, for those who have a choice. Also reached later, to
//! change.

use super::{session_id, start_of, suite_of};
use crate::accounts::{self, Account, Role};
use crate::principals::{self, Choice};
use crate::sessions::{self, PageSession};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::form::{self, Errors, Form};
use socle_ui::{Markup, Render, Space};

/// Where a professional chooses a work situation.
pub(super) const SITUATION: &str = "/connexion/situation";
/// Where a citizen chooses a record.
pub(super) const PERSON: &str = "/connexion/personne";

/// Where this account chooses.
pub(crate) fn page_for(account: &Account) -> &'static str {
    match account.role {
        Role::Citizen => PERSON,
        _ => SITUATION,
    }
}

/// What the page shows.
struct Context<'a> {
    csrf: &'a str,
    action: &'a str,
    suite: &'a str,
    current: String,
    choices: Vec<Choice>,
    errors: Errors,
}

/// `GET /connexion/situation`.
pub(super) fn show_situations<'a>(
    call: &'a PageCall,
    _: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(show(call))
}

/// `GET /connexion/personne`.
pub(super) fn show_persons<'a>(
    call: &'a PageCall,
    _: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(show(call))
}

async fn show(call: &PageCall) -> Result<PageAnswer, Problem> {
    let (session, account) = signed_in(call).await?;
    if page_for(&account) != call.path {
        return Ok(PageAnswer::redirect(page_for(&account)));
    }
    let mut choices = principals::choices(&call.pipeline, &account).await?;
    if choices.len() == 1 {
        // Nothing to ask.
        let only = choices.swap_remove(0);
        return act_as(call, &account, &only).await;
    }
    Ok(page(call, &session, &account, choices, Errors::new()))
}

async fn signed_in(call: &PageCall) -> Result<(PageSession, Account), Problem> {
    let pipeline = &call.pipeline;
    let over = || {
        Problem::new(
            socle_kernel::Kind::Unauthenticated,
            "Connectez-vous pour voir cette page.",
            "Sign in to see this page.",
        )
    };
    let session = sessions::load(pipeline, session_id(call)?).await?.ok_or_else(over)?;
    let account = accounts::find(pipeline, &session.login).await?.ok_or_else(over)?;
    Ok((session, account))
}

/// `POST` of both pages.
pub(super) fn submit<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let (session, account) = signed_in(call).await?;
        let choices = principals::choices(&call.pipeline, &account).await?;
        let wanted = call.form.text("choix");
        let Some(choice) = choices.iter().find(|choice| choice.id == wanted).cloned() else {
            let message = match account.role {
                Role::Citizen => call.lang.pick("Choisissez un dossier", "Choose a record"),
                _ => call.lang.pick("Choisissez une situation d’exercice", "Choose a work situation"),
            };
            return Ok(page(call, &session, &account, choices, Errors::new().with("choix", message)));
        };
        act_as(call, &account, &choice).await
    })
}

async fn act_as(call: &PageCall, account: &Account, choice: &Choice) -> Result<PageAnswer, Problem> {
    sessions::update(&call.pipeline, session_id(call)?, |session| session.act_as(choice.principal.clone()))
        .await?;
    Ok(PageAnswer::redirect(suite_of(call).unwrap_or_else(|| start_of(account))))
}

fn page(
    call: &PageCall,
    session: &PageSession,
    account: &Account,
    choices: Vec<Choice>,
    errors: Errors,
) -> PageAnswer {
    let lang = call.lang;
    let is_citizen = account.role == Role::Citizen;
    let (title, space) = if is_citizen {
        (lang.pick("Quel dossier ouvrir ?", "Which record to open?"), Space::Citizen)
    } else {
        (lang.pick("Où exercez-vous maintenant ?", "Where are you working now?"), Space::Professional)
    };
    let current = choices.iter().find(|choice| Some(&choice.principal) == session.principal.as_ref());
    let context = Context {
        csrf: &call.identified.csrf,
        action: page_for(account),
        suite: suite_of(call).unwrap_or(""),
        current: current.map_or_else(String::new, |choice| choice.id.clone()),
        choices,
        errors,
    };
    // The navigation of a space is for those who act in it already.
    let space = if session.principal.is_some() && session.is_open { space } else { Space::Public };
    let view = View { space, title, has_errors: !context.errors.is_empty(), ..View::default() };
    call.page(&view, body(lang, is_citizen, &context))
}

fn body(lang: Lang, is_citizen: bool, context: &Context<'_>) -> Markup {
    let (label, hint) = if is_citizen {
        (
            lang.pick("Dossier", "Record"),
            lang.pick("Vous pourrez en changer à tout moment.", "You can change at any time."),
        )
    } else {
        (
            lang.pick("Situation d’exercice", "Work situation"),
            lang.pick(
                "Elle est inscrite dans la trace de chaque accès.",
                "It is written in the trace of every access.",
            ),
        )
    };
    let choices = context
        .choices
        .iter()
        .map(|choice| super::sign_in::radio(&choice.id, &choice.label, detail(lang, &choice.detail)));
    Form::post(lang, context.action, context.csrf, &context.errors, lang.pick("Continuer", "Continue"))
        .hidden("suite", context.suite)
        .field(form::radios("choix", label, choices).hint(hint).value(context.current.as_str()))
        .render()
}

/// In what capacity, in words; the address of a place stays as it is.
fn detail(lang: Lang, detail: &str) -> &str {
    match detail {
        "own" => lang.pick("Votre propre dossier", "Your own record"),
        "legal" => lang.pick("Vous êtes son représentant légal", "You are their legal representative"),
        "carer" => lang.pick("Vous êtes son aidant", "You are their carer"),
        place => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;
    use crate::pages::check;
    use socle_kernel::Principal;

    fn choice(id: &str, label: &str, detail: &str) -> Choice {
        Choice {
            id: id.into(),
            principal: Principal::anonymous(),
            label: label.into(),
            detail: detail.into(),
        }
    }

    #[test]
    fn samples_are_clean() {
        let situations = vec![
            choice("0", "Cabinet médical des Halles", "35000 Rennes"),
            choice("1", "Centre hospitalier du Bocage", ""),
        ];
        let people = vec![
            choice("a", "Sarah-Lou GARCIA", "own"),
            choice("b", "Lina GARCIA", "legal"),
            choice("c", "Odette GARCIA", "carer"),
        ];
        for (is_citizen, choices) in [(false, situations), (true, people)] {
            for errors in [Errors::new(), Errors::new().with("choix", "Choisissez")] {
                let context = Context {
                    csrf: "jeton",
                    action: if is_citizen { PERSON } else { SITUATION },
                    suite: "/pro",
                    current: "0".into(),
                    choices: choices.clone(),
                    errors: errors.clone(),
                };
                check::samples("Choisir", !errors.is_empty(), |lang| body(lang, is_citizen, &context));
            }
        }
    }

    #[test]
    fn each_role_chooses_in_its_own_page() {
        assert_eq!(page_for(&samples::citizen()), PERSON);
        assert_eq!(page_for(&samples::professional()), SITUATION);
    }
}
