//! `GET /pro/patients/{id}/documents`: the documents of a patient, two years by default.

use super::common::{borrowed, done, patient_links, shut_out};
use super::row::{DocumentRow, rows};
use crate::reading;
use crate::terms;
use jiff::ToSpan;
use maud::{Render, html};
use socle_gate::Session;
use socle_kernel::{Lang, Problem, limits, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View, encode};
use socle_ui::form::{self, Choice, Form};
use socle_ui::{Icon, Markup, Notice, Space, Tone, dates, parts};

/// How far the list looks back by itself (DMP rule for the first search).
const YEARS: i32 = 2;
/// Vaccination histories shown whatever their age.
const HISTORIES: usize = 3;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Address of the list.
    pub href: String,
    /// Code of a class; empty for all.
    pub class: String,
    /// True without a limit of age.
    pub is_all: bool,
    /// Lines of this page.
    pub rows: Vec<DocumentRow>,
    /// Older vaccination histories, shown on the first page whatever their age.
    pub vaccinations: Vec<DocumentRow>,
    /// How many documents match.
    pub total: usize,
    /// Token of the next page.
    pub next: Option<String>,
    /// True when this is not the first page.
    pub is_later: bool,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let patient = reading::patient(call, session).await?;
    if let Some(answer) = shut_out(session, patient.home, &patient.id).await? {
        return Ok(answer);
    }
    let base = format!("/pro/patients/{}/documents", patient.id);
    let mut context = Context {
        href: base.clone(),
        class: terms::find_class(call.query("nature"))
            .map_or(String::new(), |class| class.term.code.to_owned()),
        is_all: call.query("periode") == "tout",
        is_later: !call.query("suite").is_empty(),
        ..Context::default()
    };
    let limit = dates::date_of(call.now).saturating_sub(YEARS.years());
    let (from, before) = (format!("ge{limit}"), format!("lt{limit}"));
    let mut params: Vec<(&str, &str)> = vec![("status", "current")];
    if !context.is_all {
        params.push(("date", &from));
    }
    if !context.class.is_empty() {
        params.push(("category", &context.class));
    }
    if context.is_later {
        params.push(("_page", call.query("suite")));
    }
    let document = resource_type::DOCUMENT_REFERENCE;
    let listed = reading::list(session, patient.home, document, &params, limits::PAGE_DEFAULT).await?;
    (context.total, context.next) = (listed.total, listed.next);
    context.rows = listed.items.iter().map(|record| DocumentRow::of(lang, record, &base, false)).collect();
    if !context.is_all && !context.is_later && context.class.is_empty() {
        let params = [("status", "current"), ("type", terms::VACCINATION_HISTORY), ("date", before.as_str())];
        let older = reading::list(session, patient.home, document, &params, HISTORIES).await?;
        context.vaccinations =
            older.items.iter().map(|record| DocumentRow::of(lang, record, &base, false)).collect();
    }
    let links = patient_links(lang, &patient);
    let text = done(lang, call.query("fait"));
    let record_href = format!("/pro/patients/{}", patient.id);
    let view = View {
        space: Space::Professional,
        title: lang.pick("Documents", "Documents"),
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        crumbs: &[
            (lang.pick("Patients", "Patients"), "/pro/patients"),
            (lang.pick("Dossier", "Record"), &record_href),
        ],
        notice: text.map(|text| Notice { tone: Tone::Success, text }),
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    html! {
        p { (socle_ui::form::button_link(
            lang.pick("Publier un document", "Publish a document"),
            &format!("{}/publier", context.href),
            form::Style::Primary,
        )) }
        (filters(lang, context))
        @if context.rows.is_empty() && context.vaccinations.is_empty() { (nothing(lang, context)) }
        @if !context.rows.is_empty() { (rows(lang, &context.rows)) }
        @if !context.vaccinations.is_empty() {
            (parts::section(
                lang.pick("Historique des vaccinations, sans limite d’ancienneté", "Vaccination history, whatever its age"),
                rows(lang, &context.vaccinations),
            ))
        }
        (pager(lang, context))
        @if !context.is_all {
            p {
                (lang.pick("Cette liste remonte à deux ans. ", "This list goes back two years. "))
                a href=(address(context, true, None)) { (lang.pick("Afficher les documents plus anciens", "Show older documents")) }
            }
        }
    }
}

fn filters(lang: Lang, context: &Context) -> Markup {
    let mut classes = vec![Choice::new("", lang.pick("Toutes", "All"))];
    classes.extend(terms::classes().iter().map(|class| Choice::new(class.term.code, class.term.label(lang))));
    let periods = vec![
        Choice::new("2ans", lang.pick("Deux ans", "Two years")),
        Choice::new("tout", lang.pick("Toutes les dates", "All dates")),
    ];
    Form::get(lang, &context.href, lang.pick("Filtrer", "Filter"))
        .inline()
        .landmark(lang.pick("Filtrer les documents", "Filter the documents"))
        .field(form::select("nature", lang.pick("Nature", "Kind"), classes).value(context.class.clone()))
        .field(form::select("periode", lang.pick("Période", "Period"), periods).value(if context.is_all {
            "tout"
        } else {
            "2ans"
        }))
        .render()
}

fn address(context: &Context, is_all: bool, next: Option<&str>) -> String {
    let mut parts = Vec::new();
    if !context.class.is_empty() {
        parts.push(format!("nature={}", context.class));
    }
    if is_all {
        parts.push("periode=tout".to_owned());
    }
    if let Some(next) = next {
        parts.push(format!("suite={}", encode(next)));
    }
    if parts.is_empty() { context.href.clone() } else { format!("{}?{}", context.href, parts.join("&")) }
}

fn nothing(lang: Lang, context: &Context) -> Markup {
    let action = address(context, true, None);
    let action = (!context.is_all)
        .then_some((lang.pick("Chercher à toutes les dates", "Search all dates"), action.as_str()));
    parts::empty(
        Icon::Document,
        lang.pick("Aucun document", "No document"),
        lang.pick(
            "Aucun document en vigueur ne correspond, parmi ceux que votre profession peut lire.",
            "No document in force matches, among those your profession may read.",
        ),
        action,
    )
}

fn pager(lang: Lang, context: &Context) -> Markup {
    let next = context.next.as_deref().map(|next| address(context, context.is_all, Some(next)));
    let first = context.is_later.then(|| address(context, context.is_all, None));
    html! {
        @if context.total > 0 {
            (parts::Pager { lang, total: Some(context.total), next: next.as_deref(), ..parts::Pager::default() }.render())
        }
        @if let Some(first) = first { p { a href=(first) { (lang.pick("Revenir au début de la liste", "Back to the start of the list")) } } }
    }
}
