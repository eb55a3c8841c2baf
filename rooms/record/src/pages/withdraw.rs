//! `…/documents/{document}/retirer`: the author withdraws a document, after a confirmation.

use super::common::{borrowed, patient_links};
use super::viewer;
use crate::author;
use crate::document::Document;
use crate::reading::{self, Patient, Record};
use maud::{Render, html};
use serde_json::json;
use socle_gate::Session;
use socle_kernel::{Kind, Lang, Problem, resource_type};
use socle_pipeline::{Interaction, PageAnswer, PageCall, Patch, Prefer, Target, View};
use socle_ui::form::{Errors, Form, Style};
use socle_ui::{Markup, Space, Tone, parts};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Title of the document.
    pub title: String,
    /// Address of the document.
    pub href: String,
    /// Token of the form.
    pub csrf: String,
}

/// The confirmation.
pub async fn ask(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (patient, record) = own_document(call, session).await?;
    let base = format!("/pro/patients/{}/documents", patient.id);
    let context = Context {
        title: Document(&record.json).title(lang),
        href: format!("{base}/{}", record.id),
        csrf: call.identified.csrf.clone(),
    };
    let links = patient_links(lang, &patient);
    let view = View {
        space: Space::Professional,
        title: lang.pick("Retirer ce document ?", "Withdraw this document?"),
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        crumbs: &[
            (lang.pick("Patients", "Patients"), "/pro/patients"),
            (lang.pick("Documents", "Documents"), &base),
            (&context.title, &context.href),
        ],
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The act.
pub async fn answer(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let (patient, record) = own_document(call, session).await?;
    let patch = json!([{ "op": "replace", "path": "/status", "value": "entered-in-error" }]);
    let interaction = Interaction::Patch {
        target: Target::Id(resource_type::DOCUMENT_REFERENCE, record.id.clone()),
        patch: Patch::Json(patch),
        if_match: Some(record.version),
    };
    call.pipeline.interact(session, interaction, Prefer { lang: call.lang, ..Prefer::default() }).await?;
    Ok(PageAnswer::redirect(format!("/pro/patients/{}/documents/{}?fait=retire", patient.id, record.id)))
}

async fn own_document(call: &PageCall, session: &Session) -> Result<(Patient, Record), Problem> {
    let patient = reading::patient(call, session).await?;
    let record = viewer::document(session, patient.home, call.param("document")).await?;
    if !author::is_own(&record.json, &call.identified.principal, session) {
        return Err(Problem::new(
            Kind::Refused,
            "Seul l’auteur d’un document peut le retirer.",
            "Only the author of a document may withdraw it.",
        ));
    }
    if Document(&record.json).status() == "entered-in-error" {
        return Err(Problem::new(
            Kind::Conflict,
            "Ce document est déjà retiré.",
            "This document is withdrawn already.",
        ));
    }
    Ok((patient, record))
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let errors = Errors::new();
    let action = format!("{}/retirer", context.href);
    html! {
        (parts::notice(lang, Tone::Warning, html! {
            p { strong { (context.title) } }
            p { (lang.pick(
                "Une fois retiré, ce document n’est plus visible par la personne ni par les autres professionnels. Vous seul le voyez encore. Ce retrait est définitif.",
                "Once withdrawn, this document is no longer visible to the person nor to other professionals. You alone still see it. This is final.",
            )) }
            p { (lang.pick(
                "Pour corriger une erreur, publiez plutôt une nouvelle version : elle remplace celle-ci.",
                "To mend a mistake, rather publish a new version: it replaces this one.",
            )) }
        }))
        (Form::post(lang, &action, &context.csrf, &errors, lang.pick("Retirer le document", "Withdraw the document"))
            .style(Style::Danger)
            .cancel(lang.pick("Ne pas le retirer", "Do not withdraw it"), context.href.clone())
            .render())
    }
}
