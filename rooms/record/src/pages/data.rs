//! `GET /pro/patients/{id}/donnees/{nature}`: everything of one kind, as a table.

use super::common::{borrowed, patient_links, shut_out};
use super::glance;
use crate::clinical::{Line, Nature};
use crate::reading;
use maud::{Render, html};
use socle_gate::Session;
use socle_kernel::{Lang, Problem, limits};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::parts::Table;
use socle_ui::{Icon, Markup, Space, Tone, parts};

/// Lines on one page.
const PER_PAGE: usize = 50;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Context {
    /// Of which kind.
    pub nature: Nature,
    /// All lines.
    pub lines: Vec<Line>,
    /// False when the caller's profession has no right to any of it.
    pub is_open: bool,
    /// Page, from 1.
    pub page: usize,
    /// Address of the record.
    pub href: String,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let nature = Nature::of_code(call.param("nature")).ok_or_else(Problem::not_found)?;
    let patient = reading::patient(call, session).await?;
    if let Some(answer) = shut_out(session, patient.home, &patient.id).await? {
        return Ok(answer);
    }
    let principal = &call.identified.principal;
    let (lines, _, is_open) =
        glance::lines(session, &patient, nature, principal, lang, limits::PAGE_MAX).await?;
    let href = format!("/pro/patients/{}", patient.id);
    let page = call.query("page").parse().unwrap_or(1).max(1);
    let context = Context { nature, lines, is_open, page, href: href.clone() };
    let links = patient_links(lang, &patient);
    let view = View {
        space: Space::Professional,
        title: nature.title(lang),
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        crumbs: &[
            (lang.pick("Patients", "Patients"), "/pro/patients"),
            (lang.pick("Dossier", "Record"), &href),
        ],
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    if !context.is_open {
        let text = lang.pick(
            "La matrice d’habilitation n’ouvre pas ces données à votre profession.",
            "The access matrix does not open these data to your profession.",
        );
        return parts::notice(lang, Tone::Info, html! { p { (text) } });
    }
    if context.lines.is_empty() {
        return parts::empty(
            Icon::Heart,
            lang.pick("Rien d’enregistré", "Nothing recorded"),
            lang.pick(
                "Ce dossier ne contient aucune donnée de cette nature. Des documents peuvent en parler.",
                "This record holds no data of this kind. Documents may tell about it.",
            ),
            Some((
                lang.pick("Voir les documents", "See the documents"),
                &format!("{}/documents", context.href),
            )),
        );
    }
    let start = (context.page - 1).saturating_mul(PER_PAGE).min(context.lines.len());
    let end = (start + PER_PAGE).min(context.lines.len());
    let mut table = Table::new(context.nature.title(lang))
        .caption_unseen()
        .column(lang.pick("Quoi", "What"))
        .column(lang.pick("Précision", "Detail"))
        .column(lang.pick("Date", "Date"))
        .column(lang.pick("État", "State"));
    for line in &context.lines[start..end] {
        table = table.row(vec![
            html! { (line.what) },
            html! { (line.detail) },
            html! { (line.when) },
            html! {
                @if line.is_serious { (parts::tag(lang.pick("Grave", "Serious"), Tone::Danger)) " " }
                (if line.is_active { lang.pick("En cours", "Current") } else { lang.pick("Passé", "Past") })
            },
        ]);
    }
    let at = |page: usize| format!("{}/donnees/{}?page={page}", context.href, context.nature.code());
    let previous = (context.page > 1).then(|| at(context.page - 1));
    let next = (end < context.lines.len()).then(|| at(context.page + 1));
    html! {
        (table)
        (parts::Pager {
            lang,
            first: if end > start { start + 1 } else { 0 },
            last: end,
            total: Some(context.lines.len()),
            previous: previous.as_deref(),
            next: next.as_deref(),
        }.render())
    }
}
