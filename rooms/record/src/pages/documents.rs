//! `GET /mon-espace/documents`: every document by date, by kind, by words; one search whatever their number.

use super::common::done;
use super::row::{DocumentRow, rows};
use crate::document::Document;
use crate::reading;
use crate::terms;
use maud::{Render, html};
use socle_gate::Session;
use socle_kernel::{Lang, Problem, limits, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View, encode};
use socle_ui::form::{self, Form};
use socle_ui::{Icon, Markup, NavItem, Space, parts};

/// Documents on one page.
const PER_PAGE: usize = 50;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Words.
    pub words: String,
    /// Code of a class; empty for all.
    pub class: String,
    /// True to see versions that were replaced as well.
    pub with_old: bool,
    /// Page, from 1.
    pub page: usize,
}

impl Asked {
    fn of(call: &PageCall) -> Self {
        Asked {
            words: call.query("q").chars().take(200).collect(),
            class: call.query("nature").to_owned(),
            with_old: call.query("anciens") == "oui",
            page: call.query("page").parse().unwrap_or(1).max(1),
        }
    }

    fn href(&self) -> String {
        let mut parts = Vec::new();
        for (name, value) in [
            ("q", self.words.as_str()),
            ("nature", &self.class),
            ("anciens", if self.with_old { "oui" } else { "" }),
        ] {
            if !value.is_empty() {
                parts.push(format!("{name}={}", encode(value)));
            }
        }
        if self.page > 1 {
            parts.push(format!("page={}", self.page));
        }
        let query = if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) };
        format!("/mon-espace/documents{query}")
    }
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What was asked for.
    pub asked: Asked,
    /// Classes that are there, with their number.
    pub classes: Vec<(String, usize)>,
    /// The lines that match, all of them.
    pub rows: Vec<DocumentRow>,
    /// True when the record holds more documents than were looked through.
    pub is_cut: bool,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (home, person) = reading::citizen_person(call, session).await?;
    let asked = Asked::of(call);
    let params: &[(&str, &str)] = if asked.with_old { &[] } else { &[("status", "current")] };
    let listed =
        reading::list(session, home, resource_type::DOCUMENT_REFERENCE, params, limits::PAGE_MAX).await?;
    let mut classes: Vec<(String, usize)> = Vec::new();
    let mut found = Vec::new();
    for record in &listed.items {
        let document = Document(&record.json);
        if !document.is_about(lang, &asked.words) {
            continue;
        }
        let class = document.class_code();
        match classes.iter_mut().find(|(known, _)| known == class) {
            Some((_, count)) => *count += 1,
            None => classes.push((class.to_owned(), 1)),
        }
        if asked.class.is_empty() || asked.class == class {
            found.push(DocumentRow::of(lang, record, "/mon-espace/documents", false));
        }
    }
    classes.sort();
    let context = Context { asked, classes, rows: found, is_cut: listed.next.is_some() };
    let text = done(lang, call.query("fait"));
    let view = View {
        space: Space::Citizen,
        title: lang.pick("Documents", "Documents"),
        person: Some(&person),
        crumbs: &[(lang.pick("Accueil", "Home"), "/mon-espace")],
        notice: text.map(|text| socle_ui::Notice { tone: socle_ui::Tone::Success, text }),
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let start = (context.asked.page - 1).saturating_mul(PER_PAGE).min(context.rows.len());
    let end = (start + PER_PAGE).min(context.rows.len());
    let shown = &context.rows[start..end];
    html! {
        (search(lang, context))
        (kinds(lang, context))
        @if context.is_cut {
            (parts::notice(lang, socle_ui::Tone::Info, html! { p { (lang.pick(
                "Seuls les 1 000 documents les plus récents sont parcourus ici.",
                "Only the 1,000 most recent documents are looked through here.",
            )) } }))
        }
        @if shown.is_empty() { (nothing(lang, context)) }
        @for (heading, group) in by_year(lang, shown) { (parts::section(&heading, rows(lang, group))) }
        (pager(lang, context, start, end))
        @if !context.asked.with_old {
            @let href = Asked { with_old: true, page: 1, ..context.asked.clone() }.href();
            p { a href=(href) { (lang.pick("Afficher aussi les versions remplacées", "Also show replaced versions")) } }
        }
    }
}

fn search(lang: Lang, context: &Context) -> Markup {
    let label = lang.pick("Rechercher dans vos documents", "Search your documents");
    let mut form = Form::get(lang, "/mon-espace/documents", lang.pick("Rechercher", "Search"))
        .inline()
        .landmark(label)
        .field(form::search("q", label).value(context.asked.words.clone()));
    if !context.asked.class.is_empty() {
        form = form.hidden("nature", context.asked.class.clone());
    }
    if context.asked.with_old {
        form = form.hidden("anciens", "oui");
    }
    form.render()
}

fn kinds(lang: Lang, context: &Context) -> Markup {
    let total: usize = context.classes.iter().map(|(_, count)| count).sum();
    let mut tabs = vec![(String::new(), format!("{} ({total})", lang.pick("Tous", "All")))];
    for (class, count) in &context.classes {
        let label =
            terms::find_class(class).map_or(lang.pick("Autres", "Other"), |known| known.term.label(lang));
        tabs.push((class.clone(), format!("{label} ({count})")));
    }
    let tabs: Vec<(bool, String, String)> = tabs
        .into_iter()
        .map(|(class, label)| {
            let is_current = class == context.asked.class;
            (is_current, label, Asked { class, page: 1, ..context.asked.clone() }.href())
        })
        .collect();
    let items: Vec<NavItem<'_>> = tabs
        .iter()
        .map(|(is_current, label, href)| NavItem { label, href, is_current: *is_current })
        .collect();
    html! { @if context.classes.len() > 1 || !context.asked.class.is_empty() {
        (parts::tabs(lang.pick("Nature des documents", "Kind of documents"), &items))
    } }
}

/// Consecutive lines of one year under its heading.
fn by_year(lang: Lang, shown: &[DocumentRow]) -> Vec<(String, &[DocumentRow])> {
    let year = |row: &DocumentRow| row.date.map(|date| date.year());
    shown
        .chunk_by(|one, two| year(one) == year(two))
        .map(|group| {
            let heading = group.first().and_then(year);
            let heading = heading
                .map_or_else(|| lang.pick("Sans date", "Without a date").to_owned(), |year| year.to_string());
            (heading, group)
        })
        .collect()
}

fn nothing(lang: Lang, context: &Context) -> Markup {
    if context.asked.words.is_empty() && context.asked.class.is_empty() {
        return parts::empty(
            Icon::Document,
            lang.pick("Aucun document pour l’instant", "No document yet"),
            lang.pick(
                "Les professionnels qui vous soignent y déposeront leurs comptes rendus et leurs prescriptions.",
                "The professionals who care for you will add their reports and prescriptions here.",
            ),
            None,
        );
    }
    parts::empty(
        Icon::Search,
        lang.pick("Aucun document ne correspond", "No document matches"),
        lang.pick(
            "Essayez un mot plus court, ou une autre nature de document.",
            "Try a shorter word, or another kind of document.",
        ),
        Some((lang.pick("Voir tous les documents", "See all documents"), "/mon-espace/documents")),
    )
}

fn pager(lang: Lang, context: &Context, start: usize, end: usize) -> Markup {
    if context.rows.is_empty() {
        return html! {};
    }
    let at = |page: usize| Asked { page, ..context.asked.clone() }.href();
    let previous = (context.asked.page > 1).then(|| at(context.asked.page - 1));
    let next = (end < context.rows.len()).then(|| at(context.asked.page + 1));
    parts::Pager {
        lang,
        first: if end > start { start + 1 } else { 0 },
        last: end,
        total: Some(context.rows.len()),
        previous: previous.as_deref(),
        next: next.as_deref(),
    }
    .render()
}
