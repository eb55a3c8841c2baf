//! `GET /pro/patients/{id}`: the record at a glance, on one screen.

use super::common::{borrowed, done, patient_links, shut_out};
use super::row::{DocumentRow, rows};
use crate::clinical::{self, Line, Nature};
use crate::reading::{self, Patient};
use crate::visit;
use maud::html;
use socle_gate::Session;
use socle_kernel::{Instant, Lang, Principal, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::{Markup, Notice, Space, Tone, dates, parts};

/// Lines of one block: what fits on one screen beside the others.
const LINES: usize = 4;
/// Resources of one type that are read to choose those lines.
const READ: usize = 40;
/// Documents shown.
const DOCUMENTS: usize = 4;

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
    let view = View {
        space: Space::Professional,
        title: lang.pick("Dossier en un coup d’œil", "The record at a glance"),
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        crumbs: &[(lang.pick("Patients", "Patients"), "/pro/patients")],
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
    shown.truncate(LINES);
    Ok(Block { nature, lines: shown, total, is_open })
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let mut blocks: Vec<Markup> = context.blocks.iter().map(|block| draw(lang, context, block)).collect();
    blocks.push(documents(lang, context));
    html! {
        @if let Some(since) = context.since { (news(lang, context, since)) }
        (parts::columns(blocks))
    }
}

fn news(lang: Lang, context: &Context, since: Instant) -> Markup {
    let count = u64::try_from(context.new_documents).unwrap_or(u64::MAX);
    let words = dates::plural(
        lang,
        count,
        lang.pick("document nouveau ou modifié", "new or changed document"),
        lang.pick("documents nouveaux ou modifiés", "new or changed documents"),
    );
    parts::callout(html! {
        p {
            strong { (lang.pick("Depuis votre dernière visite", "Since your last visit")) }
            " (" (dates::day_time(lang, since)) ")" (lang.pick("\u{a0}: ", ": "))
            @if context.new_documents > 0 { a href={ (context.href) "/documents" } { (words) } }
            @else { (lang.pick("aucun document nouveau.", "no new document.")) }
        }
    })
}

fn draw(lang: Lang, context: &Context, block: &Block) -> Markup {
    let title = block.nature.title(lang);
    parts::card(
        title,
        html! {
            @if !block.is_open {
                p { (lang.pick("Non accessible à votre profession.", "Not accessible to your profession.")) }
            } @else if block.total == 0 {
                p { (lang.pick("Rien d’enregistré dans ce dossier.", "Nothing recorded in this record.")) }
            } @else {
                @if block.lines.is_empty() {
                    p { (lang.pick("Rien d’actif à ce jour.", "Nothing active today.")) }
                } @else {
                    ul class="glance" { @for line in &block.lines { li { (short(lang, line)) } } }
                }
                p { a href={ (context.href) "/donnees/" (block.nature.code()) } {
                    (lang.pick("Tout voir", "See all")) (lang.pick("\u{a0}: ", ": ")) (title.to_lowercase()) " (" (block.total) ")"
                } }
            }
        },
    )
}

fn short(lang: Lang, line: &Line) -> Markup {
    html! {
        @if line.is_serious { (parts::tag(lang.pick("Grave", "Serious"), Tone::Danger)) " " }
        strong { (line.what) }
        @if !line.detail.is_empty() { ", " (line.detail) }
        @if !line.when.is_empty() { " " span class="hint" { "(" (line.when) ")" } }
    }
}

fn documents(lang: Lang, context: &Context) -> Markup {
    parts::card(
        lang.pick("Derniers documents", "Latest documents"),
        html! {
            @if context.documents.is_empty() {
                p { (lang.pick("Aucun document dans ce dossier.", "No document in this record.")) }
            } @else {
                (rows(lang, &context.documents))
            }
            p { a href={ (context.href) "/documents" } { (lang.pick("Tous les documents", "All documents")) } }
        },
    )
}
