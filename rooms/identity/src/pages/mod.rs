//! The pages of this room: signing in and out, choosing as whom to act, finding a patient, asking for access, one's profile.

mod access;
mod choose;
pub(crate) mod consent;
mod demonstration;
mod grants;
mod one_time_code;
mod open;
mod password;
mod patients;
mod pro;
mod profile;
mod provider_answer;
mod sign_in;
mod sign_out;

pub(crate) use choose::page_for as choice_page;
pub(crate) use sign_out::{ask as ask_to_sign_out, sign_out};

use crate::accounts::{Account, Role};
use crate::local_path::local_path;
use socle_kernel::{Kind, Problem};
use socle_pipeline::{Page, PageCall, Who};

/// Every page with its address.
pub(crate) fn pages() -> Vec<Page> {
    vec![
        Page::get("/connexion", Who::Anyone, sign_in::show),
        Page::post("/connexion/identifiant", Who::Anyone, sign_in::submit),
        Page::post("/connexion/demonstration", Who::Anyone, demonstration::submit),
        Page::get("/connexion/code", Who::Anyone, one_time_code::show),
        Page::post("/connexion/code", Who::Anyone, one_time_code::submit),
        Page::get("/connexion/retour", Who::Anyone, provider_answer::show),
        Page::get(choose::SITUATION, Who::Anyone, choose::show_situations),
        Page::post(choose::SITUATION, Who::Anyone, choose::submit),
        Page::get(choose::PERSON, Who::Anyone, choose::show_persons),
        Page::post(choose::PERSON, Who::Anyone, choose::submit),
        Page::post("/deconnexion", Who::Anyone, sign_out::submit),
        Page::get("/pro", Who::Professional, pro::show),
        Page::get("/pro/patients", Who::Professional, patients::show),
        Page::post("/pro/patients", Who::Professional, pro::submit),
        Page::get("/pro/patients/{id}/ouvrir", Who::Professional, open::show),
        Page::get("/pro/patients/{id}/acces", Who::Professional, access::show),
        Page::post("/pro/patients/{id}/acces", Who::Professional, access::submit),
        Page::get("/mon-espace/profil", Who::Citizen, profile::show),
        Page::get("/mon-espace/profil/mot-de-passe", Who::Citizen, password::show),
        Page::post("/mon-espace/profil/mot-de-passe", Who::Citizen, password::submit),
        Page::post("/mon-espace/profil/sessions", Who::Citizen, grants::end_session),
        Page::post("/mon-espace/profil/applications", Who::Citizen, grants::revoke),
    ]
}

/// Where an account starts.
fn start_of(account: &Account) -> &'static str {
    match account.role {
        Role::Citizen => "/mon-espace",
        Role::Professional => "/pro",
        Role::Administrator | Role::System => "/",
    }
}

/// Where to go on, from a query or a form: a local address, or nothing.
fn suite_of(call: &PageCall) -> Option<&str> {
    let asked = match call.query("suite") {
        "" => call.form.text("suite"),
        text => text,
    };
    local_path(asked)
}

/// The page session of a call that needs one.
fn session_id(call: &PageCall) -> Result<&str, Problem> {
    call.identified.session.as_deref().ok_or_else(|| {
        Problem::new(
            Kind::Unauthenticated,
            "Connectez-vous pour voir cette page.",
            "Sign in to see this page.",
        )
    })
}

/// Renders the samples of a page in both languages and checks the whole HTML.
#[cfg(test)]
mod check {
    use socle_ui::{Lang, Markup, Shell, lint};

    pub(super) fn samples(title: &str, has_errors: bool, body: impl Fn(Lang) -> Markup) {
        for lang in [Lang::Fr, Lang::En] {
            let shell = Shell {
                lang,
                title,
                has_errors,
                is_demo: true,
                csrf: "jeton",
                path: "/x",
                ..Shell::default()
            };
            let html = socle_ui::page(&shell, body(lang));
            assert_eq!(lint::check(&html), Vec::<String>::new(), "{title} in {lang:?}\n{html}");
        }
    }
}
