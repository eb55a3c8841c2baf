//! `GET /mon-espace/documents/{id}` and `GET /pro/patients/{id}/documents/{document}`: reads a document for its page.

use super::common::{borrowed, done, patient_links};
use super::view::{self, Content, Context, Reader};
use crate::author;
use crate::document::Document;
use crate::reading::{self, Record};
use crate::terms;
use socle_gate::Session;
use socle_kernel::{Capacity, HomeId, Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::{Notice, Space, Tone};

/// Documents a page names as replaced or replacing.
const RELATED: usize = 10;

/// The citizen's page.
pub async fn citizen(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (home, person) = reading::citizen_person(call, session).await?;
    let record = document(session, home, call.param("id")).await?;
    let capacity = call.identified.principal.citizen().map(|citizen| citizen.capacity);
    // A carer reads only.
    let reader = Reader::Citizen { may_hide: capacity != Some(Capacity::Carer) };
    let context = context(call, session, home, &record, "/mon-espace/documents", reader).await?;
    let text = done(lang, call.query("fait"));
    let view = View {
        space: Space::Citizen,
        title: &context.title,
        person: Some(&person),
        crumbs: &[
            (lang.pick("Accueil", "Home"), "/mon-espace"),
            (lang.pick("Documents", "Documents"), "/mon-espace/documents"),
        ],
        notice: text.map(|text| Notice { tone: Tone::Success, text }),
        ..View::default()
    };
    Ok(call.page(&view, view::render(lang, &context)))
}

/// The professional's page. The author reads their own document even without a care relation.
pub async fn professional(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let patient = reading::patient(call, session).await?;
    let record = document(session, patient.home, call.param("document")).await?;
    let base = format!("/pro/patients/{}/documents", patient.id);
    let is_author = author::is_own(&record.json, &call.identified.principal, session)
        && Document(&record.json).status() == "current";
    let reader = Reader::Professional {
        is_author,
        replace_href: format!("{base}/publier?remplace={}", record.id),
        withdraw_href: format!("{base}/{}/retirer", record.id),
    };
    let context = context(call, session, patient.home, &record, &base, reader).await?;
    let links = patient_links(lang, &patient);
    let text = done(lang, call.query("fait"));
    let record_href = format!("/pro/patients/{}", patient.id);
    let view = View {
        space: Space::Professional,
        title: &context.title,
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        crumbs: &[
            (lang.pick("Patients", "Patients"), "/pro/patients"),
            (lang.pick("Dossier", "Record"), &record_href),
            (lang.pick("Documents", "Documents"), &base),
        ],
        notice: text.map(|text| Notice { tone: Tone::Success, text }),
        ..View::default()
    };
    Ok(call.page(&view, view::render(lang, &context)))
}

/// A document of this very record.
pub async fn document(session: &Session, home: HomeId, id: &str) -> Result<Record, Problem> {
    let record = reading::find(session, resource_type::DOCUMENT_REFERENCE, id).await?;
    record.filter(|record| record.key.home == home).ok_or_else(Problem::not_found)
}

async fn context(
    call: &PageCall,
    session: &Session,
    home: HomeId,
    record: &Record,
    base: &str,
    reader: Reader,
) -> Result<Context, Problem> {
    let lang = call.lang;
    let document = Document(&record.json);
    let is_citizen = matches!(reader, Reader::Citizen { .. });
    let href = format!("{base}/{}", record.id);
    let mut author = document.author();
    for reference in document.nameless_authors().into_iter().take(RELATED) {
        let name = reading::name_behind(session, reference).await?;
        if !name.is_empty() {
            author = if author.is_empty() { name } else { format!("{author}, {name}") };
        }
    }
    let mut custodian = document.custodian();
    if custodian.is_empty()
        && let Some(reference) = document.0["custodian"]["reference"].as_str()
    {
        custodian = reading::name_behind(session, reference).await?;
    }
    let (replaces, replaced_by) = related(session, home, record, base, lang).await?;
    let plain = terms::find_class(document.class_code()).map_or("", |class| class.plain(lang));
    Ok(Context {
        title: document.title(lang),
        plain: if is_citizen { plain.to_owned() } else { String::new() },
        tags: super::row::DocumentRow::of(lang, record, base, false).tags,
        facts: view::facts(lang, document, &author, &custodian),
        audience: view::audience(lang, document, is_citizen),
        replaces,
        replaced_by,
        content: content(session, document, lang, &href).await?,
        href,
        is_masked: document.is_masked(),
        csrf: call.identified.csrf.clone(),
        reader,
    })
}

type Links = Vec<(String, String)>;

async fn related(
    session: &Session,
    home: HomeId,
    record: &Record,
    base: &str,
    lang: Lang,
) -> Result<(Links, Links), Problem> {
    let link = |record: &Record| (Document(&record.json).title(lang), format!("{base}/{}", record.id));
    let mut replaces = Vec::new();
    for reference in Document(&record.json).replaces().into_iter().take(RELATED) {
        let id = reference.rsplit('/').next().unwrap_or(reference);
        if let Some(old) = reading::find(session, resource_type::DOCUMENT_REFERENCE, id).await?
            && old.key.home == home
        {
            replaces.push(link(&old));
        }
    }
    let mut replaced_by = Vec::new();
    let is_shut_out = session.standing(home).await?.0.refused.is_some();
    if Document(&record.json).status() == "superseded" && !is_shut_out {
        let reference = format!("DocumentReference/{}", record.id);
        let params = [("relatesto", reference.as_str())];
        let newer = reading::list(session, home, resource_type::DOCUMENT_REFERENCE, &params, RELATED).await?;
        replaced_by = newer
            .items
            .iter()
            .filter(|other| Document(&other.json).replaces().iter().any(|old| old.ends_with(&record.id)))
            .map(link)
            .collect();
    }
    Ok((replaces, replaced_by))
}

async fn content(
    session: &Session,
    document: Document<'_>,
    lang: Lang,
    href: &str,
) -> Result<Content, Problem> {
    let Some(id) = document.content_id() else {
        let url = document.attachment()["url"].as_str();
        return Ok(url.map_or(Content::Missing, |url| Content::Elsewhere(url.to_owned())));
    };
    let Some((media_type, bytes)) = reading::content(session, id).await? else { return Ok(Content::Missing) };
    Ok(shown(&media_type, &bytes, lang, href))
}

/// How a content is shown, by what it is.
pub fn shown(media_type: &str, bytes: &[u8], lang: Lang, href: &str) -> Content {
    match crate::document::bare_media_type(media_type).as_str() {
        "application/pdf" => Content::Pdf,
        "image/png" | "image/jpeg" | "image/gif" => Content::Image,
        "text/plain" => Content::Text(String::from_utf8_lossy(bytes).replace('\r', "")),
        "text/xml" | "application/xml" | "application/hl7-cda+xml" | "application/hl7-sda+xml" => {
            structured(bytes, lang, href)
        }
        _ => Content::File,
    }
}

fn structured(bytes: &[u8], lang: Lang, href: &str) -> Content {
    let pieces = format!("{href}/contenu?piece=");
    match socle_ui::cda::render_at(bytes, lang, Some(&pieces)) {
        Ok(cda) => {
            let body = match &cda.kind {
                socle_ui::cda::Kind::Level1 { media_type, .. } => media_type.as_str(),
                socle_ui::cda::Kind::Structured { .. } => "",
            };
            let is_image = matches!(body, "image/png" | "image/jpeg" | "image/gif");
            Content::Structured {
                markup: cda.markup,
                has_body: is_image || body == "application/pdf",
                is_image,
            }
        }
        Err(problem) => Content::Unreadable(problem.headline(lang).to_owned()),
    }
}
