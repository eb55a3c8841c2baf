//! A document as a page: what it is, who wrote it, who sees it, and its content. The same for citizens and professionals.

use crate::document::Document;
use crate::terms;
use maud::html;
use socle_kernel::Lang;
use socle_ui::form::{Style, action_form, button_link};
use socle_ui::parts::Row;
use socle_ui::{Markup, Tone, parts};

/// The content of a document as it is shown.
#[derive(Clone, Debug, Default)]
pub enum Content {
    /// Shown in a frame of the page.
    Pdf,
    /// Shown as a picture.
    Image,
    /// Shown as paragraphs.
    Text(String),
    /// A structured document, written out; with the file it carries, when it carries one that is shown apart.
    Structured {
        /// The document in our components.
        markup: Markup,
        /// True when it carries a PDF or a picture: shown at the address of the body.
        has_body: bool,
        /// True when that body is a picture.
        is_image: bool,
    },
    /// Offered as a file only.
    File,
    /// A structured document that cannot be read: why, in words.
    Unreadable(String),
    /// Kept outside this platform.
    Elsewhere(String),
    /// Not there.
    #[default]
    Missing,
}

/// Who is looking, and what they may do with the document.
#[derive(Clone, Debug)]
pub enum Reader {
    /// The person, or who represents them.
    Citizen {
        /// True when they may hide and show it.
        may_hide: bool,
    },
    /// A professional.
    Professional {
        /// True when they wrote it.
        is_author: bool,
        /// Address of the form for a new version.
        replace_href: String,
        /// Address of the confirmation of withdrawal.
        withdraw_href: String,
    },
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Context {
    /// Title.
    pub title: String,
    /// What such a document is.
    pub plain: String,
    /// States.
    pub tags: Vec<(String, Tone)>,
    /// Facts: label and value.
    pub facts: Vec<(String, String)>,
    /// Who sees it, one sentence each.
    pub audience: Vec<String>,
    /// Documents it replaces: title and address.
    pub replaces: Vec<(String, String)>,
    /// Documents that replace it: title and address.
    pub replaced_by: Vec<(String, String)>,
    /// Its content.
    pub content: Content,
    /// Address of its page.
    pub href: String,
    /// True when the person hid it from professionals.
    pub is_masked: bool,
    /// Token of forms.
    pub csrf: String,
    /// Who is looking.
    pub reader: Reader,
}

/// The facts of a document in words.
pub fn facts(lang: Lang, document: Document<'_>, author: &str, custodian: &str) -> Vec<(String, String)> {
    let context = &document.0["context"];
    let coded = |concept: &serde_json::Value, table: &'static [terms::Term]| {
        let code = concept["coding"][0]["code"].as_str().unwrap_or("");
        terms::find_term(table, code)
            .map_or_else(|| crate::document::words(concept), |term| term.label(lang).to_owned())
    };
    let date = |text: Option<&str>| text.map(|text| socle_ui::dates::fhir(lang, text)).unwrap_or_default();
    let end = date(context["period"]["end"].as_str());
    let start = date(context["period"]["start"].as_str());
    let care = if end.is_empty() || end == start { start } else { format!("{start} – {end}") };
    let all = [
        (lang.pick("Type", "Type"), document.kind(lang)),
        (lang.pick("Auteur", "Author"), author.to_owned()),
        (lang.pick("Établissement ou cabinet", "Place"), custodian.to_owned()),
        (lang.pick("Lieu de soins", "Kind of place"), coded(&context["facilityType"], terms::facilities())),
        (lang.pick("Cadre", "Setting"), coded(&context["practiceSetting"], terms::settings())),
        (lang.pick("Date des soins", "Date of care"), care),
        (
            lang.pick("Date du document", "Date of the document"),
            date(document.attachment()["creation"].as_str()),
        ),
        (lang.pick("Publié le", "Published on"), date(document.0["date"].as_str())),
        (lang.pick("Format", "Format"), document.detail(lang)),
    ];
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| (label.to_owned(), value))
        .collect()
}

/// Who sees a document, in sentences for the person or for a professional.
pub fn audience(lang: Lang, document: Document<'_>, is_citizen: bool) -> Vec<String> {
    let labels = document.labels();
    let has = |code: &str| labels.contains(&code);
    let mut sentences = Vec::new();
    let mut say = |fr: &'static str, en: &'static str| sentences.push(lang.pick(fr, en).to_owned());
    if document.status() == "entered-in-error" {
        say(
            "Son auteur l’a retiré : personne d’autre ne le voit.",
            "Its author withdrew it: nobody else sees it.",
        );
        return sentences;
    }
    match (has(terms::INVISIBLE_TO_PATIENT), is_citizen) {
        (true, _) => say(
            "La personne ne le voit pas encore : il attend la consultation d’annonce.",
            "The person does not see it yet: it waits for the announcement visit.",
        ),
        (false, true) => say("Vous.", "You."),
        (false, false) => say("La personne.", "The person."),
    }
    if has(terms::INVISIBLE_TO_REPRESENTATIVES) {
        say("Pas les représentants légaux.", "Not the legal representatives.");
    }
    if has(terms::MASKED) {
        say(
            "Aucun professionnel, sauf son auteur : il est masqué.",
            "No professional but its author: it is hidden.",
        );
    } else {
        say(
            "Les professionnels de l’équipe de soins, et ceux que la personne a autorisés, dans la limite des droits de leur profession.",
            "The professionals of the care team, and those the person let in, within the rights of their profession.",
        );
    }
    sentences
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    html! {
        (banner(lang, context))
        (actions(lang, context))
        (parts::section(lang.pick("Le document", "The document"), content(lang, context)))
        (parts::section(lang.pick("À propos de ce document", "About this document"), about(lang, context)))
        (parts::section(lang.pick("Qui peut le voir", "Who can see it"), seen_by(lang, context)))
    }
}

fn banner(lang: Lang, context: &Context) -> Markup {
    let tags: Vec<(&str, Tone)> = context.tags.iter().map(|(text, tone)| (text.as_str(), *tone)).collect();
    html! {
        (parts::tags(&tags))
        @if !context.plain.is_empty() { p { (context.plain) } }
        @if !context.replaced_by.is_empty() {
            (parts::notice(lang, Tone::Warning, html! {
                p { (lang.pick("Ce document a été remplacé par une version plus récente : ", "This document was replaced by a newer version: "))
                    (links(&context.replaced_by)) }
            }))
        }
    }
}

fn links(list: &[(String, String)]) -> Markup {
    html! { @for (index, (title, href)) in list.iter().enumerate() { @if index > 0 { ", " } a href=(href) { (title) } } }
}

fn actions(lang: Lang, context: &Context) -> Markup {
    let download = format!("{}/contenu?telecharger=1", context.href);
    let has_content = !matches!(context.content, Content::Missing | Content::Elsewhere(_));
    html! {
        ul class="buttons" {
            @if has_content {
                li { (button_link(lang.pick("Télécharger", "Download"), &download, Style::Secondary)) }
            }
            @match &context.reader {
                Reader::Citizen { may_hide } => {
                    @if *may_hide { li { (visibility(lang, context)) } }
                }
                Reader::Professional { is_author, replace_href, withdraw_href } => {
                    @if *is_author {
                        li { (button_link(lang.pick("Publier une nouvelle version", "Publish a new version"), replace_href, Style::Secondary)) }
                        li { (button_link(lang.pick("Retirer ce document", "Withdraw this document"), withdraw_href, Style::Quiet)) }
                    }
                }
            }
        }
    }
}

/// Hiding is one gesture; showing again asks for a confirmation on the next page.
fn visibility(lang: Lang, context: &Context) -> Markup {
    let action = format!("{}/visibilite", context.href);
    let (label, choice) = if context.is_masked {
        (lang.pick("Montrer de nouveau aux professionnels", "Show to professionals again"), "montrer")
    } else {
        (lang.pick("Masquer aux professionnels", "Hide from professionals"), "masquer")
    };
    action_form(&action, &context.csrf, label, Style::Secondary, &[("choix", choice)])
}

fn content(lang: Lang, context: &Context) -> Markup {
    let address = format!("{}/contenu", context.href);
    match &context.content {
        Content::Pdf => frame(lang, context, &address),
        Content::Image => html! { img src=(address) alt=(context.title) class="document-image"; },
        Content::Text(text) => parts::prose(html! {
            @for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
                p { @for (index, line) in paragraph.lines().enumerate() { @if index > 0 { br; } (line) } }
            }
        }),
        Content::Structured { markup, has_body, is_image } => {
            let body = format!("{address}?corps=1");
            html! {
                @if *has_body && *is_image { img src=(body) alt=(context.title) class="document-image"; }
                @if *has_body && !is_image { (frame(lang, context, &body)) }
                div class="cda" { (markup) }
            }
        }
        Content::File => parts::notice(
            lang,
            Tone::Info,
            html! { p { (lang.pick(
                "Ce format ne s’affiche pas ici. Téléchargez le document pour l’ouvrir avec le logiciel qui convient.",
                "This format is not shown here. Download the document to open it with the right program.",
            )) } },
        ),
        Content::Unreadable(why) => parts::notice(
            lang,
            Tone::Warning,
            html! {
                p { (lang.pick("Ce document structuré ne peut pas être affiché. Vous pouvez le télécharger.", "This structured document cannot be shown. You can download it.")) }
                p { (why) }
            },
        ),
        Content::Elsewhere(address) => parts::notice(
            lang,
            Tone::Info,
            html! {
                p { (lang.pick("Le contenu de ce document est conservé ailleurs : ", "The content of this document is kept elsewhere: ")) code { (address) } }
            },
        ),
        Content::Missing => parts::notice(
            lang,
            Tone::Warning,
            html! { p { (lang.pick(
                "Le contenu de ce document n’est pas disponible.",
                "The content of this document is not available.",
            )) } },
        ),
    }
}

fn frame(lang: Lang, context: &Context, address: &str) -> Markup {
    html! {
        iframe class="document-frame" src=(address) title=(context.title) width="100%" height="800" loading="lazy" {}
        p { a href=(address) { (lang.pick("Ouvrir le document en pleine page", "Open the document on a full page")) } }
    }
}

fn about(lang: Lang, context: &Context) -> Markup {
    let mut rows: Vec<Row> =
        context.facts.iter().map(|(label, value)| Row::text(label.clone(), value)).collect();
    if !context.replaces.is_empty() {
        rows.push(Row::new(lang.pick("Remplace", "Replaces"), links(&context.replaces)));
    }
    parts::summary_list(&rows)
}

fn seen_by(lang: Lang, context: &Context) -> Markup {
    html! {
        ul { @for sentence in &context.audience { li { (sentence) } } }
        @if let Reader::Citizen { .. } = context.reader {
            p { a href="/mon-espace/acces" { (lang.pick("Voir qui l’a consulté", "See who read it")) } }
        }
    }
}
