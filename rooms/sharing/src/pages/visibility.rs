//! `POST /mon-espace/documents/{id}/visibilite`: hides a document from professionals; shows it again once confirmed.

use super::common;
use crate::visibility;
use maud::{Render, html};
use socle_gate::Session;
use socle_kernel::{Kind, Lang, Problem, resource_type};
use socle_pipeline::{Interaction, PageAnswer, PageCall, Patch, Prefer, Target, View};
use socle_ui::form::{Errors, Form};
use socle_ui::{Markup, Space, Tone, parts};

/// What the confirmation shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Title of the document.
    pub title: String,
    /// Its address.
    pub href: String,
    /// Token of the form.
    pub csrf: String,
}

/// The act, or the question before it.
pub async fn answer(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let citizen = common::citizen(call)?;
    let id = call.param("id");
    let key = session.resolve(resource_type::DOCUMENT_REFERENCE, id).await?;
    let key = key.filter(|key| key.home == citizen.person.home).ok_or_else(Problem::not_found)?;
    let found = session.read(key).await?.filter(|found| !found.deleted).ok_or_else(Problem::not_found)?;
    let document = socle_fhir::json::parse(&found.body)?;
    let href = format!("/mon-espace/documents/{}", found.id);
    let (patch, done) = match call.form.text("choix") {
        "masquer" => (visibility::hide(&document), "masque"),
        "montrer" if call.form.text("confirme") != "oui" => {
            let context =
                Context { title: common::title(lang, &document), href, csrf: call.identified.csrf.clone() };
            return confirmation(call, session, &context).await;
        }
        "montrer" => (visibility::show(&document), "montre"),
        other => {
            let problem = Problem::new(Kind::Invalid, "Choix inconnu.", "Unknown choice.");
            return Err(problem.at("choix").expecting("masquer | montrer").receiving(other));
        }
    };
    // Nothing to do when it was done already, in another window.
    if let Some(patch) = patch {
        let interaction = Interaction::Patch {
            target: Target::Id(resource_type::DOCUMENT_REFERENCE, found.id.clone()),
            patch: Patch::Json(patch),
            if_match: Some(found.version),
        };
        call.pipeline.interact(session, interaction, Prefer { lang, ..Prefer::default() }).await?;
    }
    Ok(PageAnswer::redirect(common::with(&href, "fait", done)))
}

async fn confirmation(call: &PageCall, session: &Session, context: &Context) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (person, _) = common::person(call, session).await?;
    let view = View {
        space: Space::Citizen,
        title: lang.pick("Montrer de nouveau ce document ?", "Show this document again?"),
        person: Some(&person),
        crumbs: &[
            (lang.pick("Documents", "Documents"), "/mon-espace/documents"),
            (&context.title, &context.href),
        ],
        ..View::default()
    };
    Ok(call.page(&view, render(lang, context)))
}

/// The body of the confirmation.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let errors = Errors::new();
    let action = format!("{}/visibilite", context.href);
    html! {
        (parts::notice(lang, Tone::Info, html! {
            p { strong { (context.title) } }
            p { (lang.pick(
                "Les professionnels qui vous soignent pourront de nouveau le lire, dans la limite des droits de leur profession.",
                "The professionals who care for you will be able to read it again, within the rights of their profession.",
            )) }
        }))
        (Form::post(lang, &action, &context.csrf, &errors, lang.pick("Montrer aux professionnels", "Show to professionals"))
            .hidden("choix", "montrer")
            .hidden("confirme", "oui")
            .cancel(lang.pick("Le laisser masqué", "Leave it hidden"), context.href.clone())
            .render())
    }
}
