//! `/mon-espace/profil/mot-de-passe`: a new password, with the old one. Other sessions end and approvals are withdrawn:
//! whoever changes it may have been watched.

use crate::accounts;
use crate::password::{self, PasswordHash};
use crate::sign_in::{self, Attempt};
use crate::state::State;
use crate::{grants, sessions};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::form::{self, Errors, Form};
use socle_ui::{Markup, Render, Space};

const ADDRESS: &str = "/mon-espace/profil/mot-de-passe";

/// `GET /mon-espace/profil/mot-de-passe`.
pub(super) fn show<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move { Ok(page(call, Errors::new())) })
}

/// `POST /mon-espace/profil/mot-de-passe`.
pub(super) fn submit<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let lang = call.lang;
        let login = call.identified.principal.citizen().ok_or_else(Problem::not_found)?.account.clone();
        // Passwords are taken as typed, spaces included.
        let typed = |name: &str| {
            call.form.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
        };
        let errors = check(lang, typed("nouveau"), typed("encore"), &login);
        if !errors.is_empty() {
            return Ok(page(call, errors));
        }
        // The same limits as at sign-in: a stolen session must not allow guessing.
        let message = match sign_in::password(call, session, &login, typed("actuel")).await? {
            Attempt::Accepted(account) => {
                change(call, &account, typed("nouveau")).await?;
                return Ok(PageAnswer::redirect("/mon-espace/profil?fait=mot-de-passe"));
            }
            Attempt::Wrong => lang.pick("Indiquez votre mot de passe actuel", "Enter your current password"),
            Attempt::Locked => super::sign_in::locked(lang),
            Attempt::TooMany => super::sign_in::too_many(lang),
        };
        Ok(page(call, Errors::new().with("actuel", message)))
    })
}

fn check(lang: Lang, new: &str, again: &str, login: &str) -> Errors {
    let mut errors = Errors::new();
    if let Some(words) = password::fault(new, login) {
        errors.add("nouveau", words.in_lang(lang));
    } else if new != again {
        errors.add(
            "encore",
            lang.pick("Retapez le même nouveau mot de passe", "Type the same new password again"),
        );
    }
    errors
}

async fn change(call: &PageCall, account: &accounts::Account, new: &str) -> Result<(), Problem> {
    let pipeline = &call.pipeline;
    let (chance, new) = (pipeline.gate().chance().clone(), new.to_owned());
    let hash = State::of(pipeline).in_turn(move || PasswordHash::of(&new, &*chance)).await?;
    accounts::replace(pipeline, account, &account.with_password(hash)).await?;
    grants::revoke_all(pipeline, &account.login).await?;
    sessions::end_others(pipeline, &account.login, call.identified.session.as_deref().unwrap_or("")).await
}

fn page(call: &PageCall, errors: Errors) -> PageAnswer {
    let lang = call.lang;
    let view = View {
        space: Space::Citizen,
        title: lang.pick("Changer le mot de passe", "Change the password"),
        crumbs: &[(lang.pick("Profil", "Profile"), "/mon-espace/profil")],
        has_errors: !errors.is_empty(),
        ..View::default()
    };
    call.page(&view, body(lang, &call.identified.csrf, &errors))
}

fn body(lang: Lang, csrf: &str, errors: &Errors) -> Markup {
    let hint = lang.pick(
        "Au moins 12 caractères ; quatre mots sans lien conviennent.",
        "At least 12 characters; four unrelated words will do.",
    );
    Form::post(lang, ADDRESS, csrf, errors, lang.pick("Changer le mot de passe", "Change the password"))
        .field(form::password("actuel", lang.pick("Mot de passe actuel", "Current password")))
        .field(
            form::password("nouveau", lang.pick("Nouveau mot de passe", "New password"))
                .autocomplete("new-password")
                .hint(hint),
        )
        .field(
            form::password(
                "encore",
                lang.pick("Nouveau mot de passe, encore une fois", "New password, once more"),
            )
            .autocomplete("new-password"),
        )
        .cancel(lang.pick("Revenir au profil", "Back to the profile"), "/mon-espace/profil")
        .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check as check_page;

    #[test]
    fn a_new_password_is_typed_twice_and_strong() {
        for (new, again, is_good) in [
            ("quatre mots sans lien", "quatre mots sans lien", true),
            ("quatre mots sans lien", "quatre mots sans liens", false),
            ("court", "court", false),
        ] {
            assert_eq!(check(Lang::Fr, new, again, "citoyen-1").is_empty(), is_good, "{new}");
        }
    }

    #[test]
    fn samples_are_clean_and_never_hold_a_password() {
        for errors in [Errors::new(), check(Lang::Fr, "court", "", "citoyen-1")] {
            check_page::samples("Mot de passe", !errors.is_empty(), |lang| body(lang, "jeton", &errors));
            assert!(!body(Lang::Fr, "jeton", &errors).into_string().contains("court\""));
        }
    }
}
