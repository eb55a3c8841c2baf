//! `GET /pro/patients/{id}`: the record at a glance, on one screen.

use super::common::{borrowed, done, patient_links, shut_out};
use super::row::DocumentRow;
use crate::clinical::{self, Line, Nature};
use crate::reading::{self, Patient};
use crate::visit;
use maud::html;
use socle_gate::Session;
use socle_kernel::{Instant, Lang, Principal, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::parts::Row;
use socle_ui::{Markup, Notice, Space, Tone, dates, parts};

/// Lines of one block: what fits on one screen beside the others.
const LINES: usize = 3;
/// Resources of one type that are read to choose those lines.
const READ: usize = 40;
/// Documents shown.
const DOCUMENTS: usize = 3;

/// One block of clinical data.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is about.
    pub nature: Nature,
    /// Lines shown.
    pub lines: Vec<Line>,
    /// How many there are in all.
    pub total: usize,
    /// False when the caller's profession has no right to any of it.
    pub is_open: bool,
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Context {
    /// Address of the record.
    pub href: String,
    /// End of the caller's visit before this one.
    pub since: Option<Instant>,
    /// Documents that came or changed since then.
    pub new_documents: usize,
    /// The blocks.
    pub blocks: Vec<Block>,
    /// The last documents.
    pub documents: Vec<DocumentRow>,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let patient = reading::patient(call, session).await?;
    if let Some(answer) = shut_out(session, patient.home, &patient.id).await? {
        return Ok(answer);
    }
    let principal = &call.identified.principal;
    let account = principal.professional().map_or("", |professional| professional.account.as_str());
    let since = visit::previous(session, patient.home, account).await?;
    let href = format!("/pro/patients/{}", patient.id);
    let mut context =
        Context { href: href.clone(), since, new_documents: 0, blocks: Vec::new(), documents: Vec::new() };
    for nature in Nature::ALL {
        context.blocks.push(block(session, &patient, nature, principal, lang).await?);
    }
    let base = format!("{href}/documents");
    let current = [("status", "current")];
    let latest =
        reading::list(session, patient.home, resource_type::DOCUMENT_REFERENCE, &current, DOCUMENTS).await?;
    context.documents = latest
        .items
        .iter()
        .map(|record| {
            DocumentRow::of(lang, record, &base, since.is_some_and(|since| record.last_updated > since))
        })
        .collect();
    if let Some(since) = since {
        let after = format!("gt{since}");
        let params = [("status", "current"), ("_lastUpdated", after.as_str())];
        let new = reading::list(session, patient.home, resource_type::DOCUMENT_REFERENCE, &params, 0).await?;
        context.new_documents = new.total;
    }
    let links = patient_links(lang, &patient);
    let text = done(lang, call.query("fait"));
    let news = news(lang, &context);
    let view = View {
        space: Space::Professional,
        title: lang.pick("Dossier en un coup d’œil", "The record at a glance"),
        lead: news.as_deref(),
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        notice: text.map(|text| Notice { tone: Tone::Success, text }),
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// Lines of one nature, as far as the caller's profession may read it.
pub async fn lines(
    session: &Session,
    patient: &Patient,
    nature: Nature,
    principal: &Principal,
    lang: Lang,
    limit: usize,
) -> Result<(Vec<Line>, usize, bool), Problem> {
    let matrix = session.gate().matrix();
    let profession = principal.professional().map(|professional| &professional.profession);
    let (mut lines, mut total, mut is_open) = (Vec::new(), 0, false);
    for resource_type in nature.types() {
        if !profession.is_some_and(|profession| matrix.may_read_data(profession, resource_type)) {
            continue;
        }
        is_open = true;
        let listed = reading::list(session, patient.home, resource_type, &[], limit).await?;
        total += listed.total;
        lines.extend(listed.items.iter().filter_map(|record| clinical::line(lang, &record.json)));
    }
    clinical::sort(&mut lines);
    Ok((lines, total, is_open))
}

async fn block(
    session: &Session,
    patient: &Patient,
    nature: Nature,
    principal: &Principal,
    lang: Lang,
) -> Result<Block, Problem> {
    let (found, total, is_open) = lines(session, patient, nature, principal, lang, READ).await?;
    let mut shown: Vec<Line> = match nature {
        Nature::Measures => clinical::newest_of_each(found),
        Nature::Vaccinations => found,
        _ => found.into_iter().filter(|line| line.is_active).collect(),
    };
    // Every allergy that holds is shown: one that is left out does harm.
    shown.truncate(if nature == Nature::Allergies { READ } else { LINES });
    Ok(Block { nature, lines: shown, total, is_open })
}

/// What is new, in one sentence under the heading.
pub fn news(lang: Lang, context: &Context) -> Option<String> {
    let since = context.since?;
    let count = u64::try_from(context.new_documents).unwrap_or(u64::MAX);
    let words = match lang {
        Lang::Fr => dates::plural(lang, count, "document nouveau", "documents nouveaux"),
        Lang::En => dates::plural(lang, count, "new document", "new documents"),
    };
    let day = dates::day(lang, dates::date_of(since));
    Some(format!(
        "{} {day}{} {words}.",
        lang.pick("Depuis votre visite du", "Since your visit on"),
        lang.pick("\u{a0}:", ":")
    ))
}

/// The body: one line or two for each block, so that all of them stand on one screen.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let mut rows: Vec<Row> = context.blocks.iter().map(|block| draw(lang, context, block)).collect();
    rows.push(documents(lang, context));
    parts::summary_list(&rows)
}

fn draw(lang: Lang, context: &Context, block: &Block) -> Row {
    let title = block.nature.title(lang);
    let says = |fr, en| Row::text(title, lang.pick(fr, en));
    if !block.is_open {
        return says("Non accessible à votre profession.", "Not accessible to your profession.");
    }
    if block.total == 0 {
        return says("Rien d’enregistré dans ce dossier.", "Nothing recorded in this record.");
    }
    let href = format!("{}/donnees/{}", context.href, block.nature.code());
    let all = format!("{} ({})", lang.pick("Tout voir", "See all"), block.total);
    let row = if block.lines.is_empty() {
        says("Rien d’actif à ce jour.", "Nothing active today.")
    } else {
        Row::new(
            title,
            html! {
                @for (index, line) in block.lines.iter().enumerate() { @if index > 0 { " · " } (short(lang, block.nature, line)) }
            },
        )
    };
    row.action(all, href)
}

/// A problem or a treatment that goes on needs no date here; a measure or a vaccination says nothing without one.
fn short(lang: Lang, nature: Nature, line: &Line) -> Markup {
    let is_dated = matches!(nature, Nature::Measures | Nature::Vaccinations) && !line.when.is_empty();
    html! {
        @if line.is_serious { (parts::tag(lang.pick("Grave", "Serious"), Tone::Danger)) " " }
        strong { (line.what) }
        @if !line.detail.is_empty() { ", " (line.detail) }
        @if is_dated { " (" (line.when) ")" }
    }
}

fn documents(lang: Lang, context: &Context) -> Row {
    let title = lang.pick("Derniers documents", "Latest documents");
    let href = format!("{}/documents", context.href);
    if context.documents.is_empty() {
        let none = lang.pick("Aucun document en vigueur.", "No document in force.");
        return Row::text(title, none).action(lang.pick("Toutes les dates", "All dates"), href);
    }
    let row = Row::new(
        title,
        html! {
            @for (index, row) in context.documents.iter().enumerate() {
                @if index > 0 { " · " }
                @for (text, tone) in &row.tags { (parts::tag(text, *tone)) " " }
                a href=(row.href) { (row.title) }
                @if let Some(date) = row.date { " (" (dates::time(lang, date)) ")" }
            }
        },
    );
    row.action(lang.pick("Tous les documents", "All documents"), href)
}
