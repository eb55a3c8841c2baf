//! Writes a whole document: what is known of it as a whole, its sections, its attachments.

use super::read::{Xml, unreadable};
use super::{Attachment, Cda, Kind, Section, entries, header};
use crate::dates;
use crate::parts::{Tone, heading_with_id, notice};
use data_encoding::BASE64;
use maud::{Markup, html};
use roxmltree::NodeId;
use socle_kernel::{Lang, Problem};
use std::collections::{HashMap, HashSet};

/// What the writing of any part needs to know of the whole.
pub(super) struct Writer<'a> {
    pub lang: Lang,
    /// Where attachments are offered.
    pub attachments_at: Option<&'a str>,
    pub attachments: Vec<Attachment>,
    /// Attachment of the `observationMedia` with this ID, and of this node.
    pub media: HashMap<&'a str, usize>,
    /// Attachments that the text shows where they belong.
    pub shown: HashSet<usize>,
    /// Number of each footnote, by node, and the number of the footnote with this ID.
    pub notes: HashMap<NodeId, usize>,
    pub note_ids: HashMap<&'a str, usize>,
    /// Footnotes met in the section being written: number and content.
    pub open_notes: Vec<(usize, Markup)>,
    /// IDs of the text that a link leads to, and those of them not yet written.
    pub linked: HashSet<&'a str>,
    pub targets: HashSet<&'a str>,
    /// Ids given so far.
    ids: HashSet<String>,
    sections: Vec<Section>,
}

pub(super) fn write(root: Xml<'_>, lang: Lang, attachments_at: Option<&str>) -> Result<Cda, Problem> {
    let component = root.child("component");
    let body = component.and_then(|component| component.child("structuredBody"));
    let file = component.and_then(|component| component.child("nonXMLBody"));
    let language = root.child("languageCode").and_then(|code| code.attribute("code")).unwrap_or("fr");
    let language = language.split('-').next().unwrap_or("fr").to_ascii_lowercase();
    let title = root.child("title").map(Xml::words).filter(|words| !words.is_empty());
    let mut writer = Writer::new(root, lang, attachments_at);
    let (kind, markup) = match (body, file) {
        (Some(body), _) => {
            let markup = writer.body(body);
            (Kind::Structured { sections: std::mem::take(&mut writer.sections) }, markup)
        }
        (None, Some(file)) => level1(lang, file)?,
        (None, None) => {
            return Err(unreadable("Le document CDA n’a pas de corps.", "The CDA document has no body.")
                .at("ClinicalDocument.component")
                .expecting("structuredBody, nonXMLBody"));
        }
    };
    let foreign = (language != lang.tag()).then_some(language.as_str());
    Ok(Cda {
        title: title
            .or_else(|| root.child("code").and_then(Xml::display))
            .unwrap_or_else(|| "CDA".to_owned()),
        language: language.clone(),
        patient: header::patient(lang, root),
        authors: header::authors(lang, root),
        custodian: header::custodian(root),
        date: header::date(lang, root),
        kind,
        markup: html! { div class="cda" { (header::write(lang, root)) div lang=[foreign] { (markup) } } },
        attachments: writer.attachments,
    })
}

/// A document that carries one file: a text is written out, anything else is offered by the page.
fn level1(lang: Lang, file: Xml<'_>) -> Result<(Kind, Markup), Problem> {
    let missing = || {
        unreadable(
            "Le corps du document CDA est vide ou illisible.",
            "The body of the CDA document is empty or unreadable.",
        )
        .at("ClinicalDocument.component.nonXMLBody.text")
    };
    let text = file.child("text").ok_or_else(missing)?;
    let (media_type, content) = content_of(text).ok_or_else(missing)?;
    let markup = match (media_type.as_str(), std::str::from_utf8(&content)) {
        ("text/plain", Ok(text)) => html! {
            div class="cda-text prose" { @for paragraph in paragraphs(text) { p { (paragraph) } } }
        },
        _ => {
            let size = dates::size(lang, content.len() as u64);
            notice(
                lang,
                Tone::Info,
                html! {
                    p { (lang.pick("Ce document contient un fichier\u{a0}: ", "This document holds a file: "))
                        (file_kind(lang, &media_type)) ", " (size) "." }
                },
            )
        }
    };
    Ok((Kind::Level1 { media_type, content }, markup))
}

/// Blocks of lines between empty lines.
fn paragraphs(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match blocks.last_mut() {
            Some(block) if !line.trim().is_empty() => {
                block.push_str(line);
                block.push('\n');
            }
            _ => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// Media type and bytes of an encapsulated value (`ED`). PNG, JPEG and PDF are known by their first bytes, because
/// documents name them wrongly.
fn content_of(value: Xml<'_>) -> Option<(String, Vec<u8>)> {
    let named = value.attribute("mediaType").unwrap_or("text/plain").to_ascii_lowercase();
    let text: String =
        value.0.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect();
    let content = if value.attribute("representation") == Some("B64") {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        BASE64.decode(compact.as_bytes()).ok()?
    } else {
        text.into_bytes()
    };
    let sniffed = match content.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'%', b'P', b'D', b'F', ..] => Some("application/pdf"),
        [] => return None,
        _ => None,
    };
    Some((sniffed.map_or(named, str::to_owned), content))
}

/// What a file is, in words.
pub(super) fn file_kind(lang: Lang, media_type: &str) -> String {
    match media_type {
        "application/pdf" => "PDF".to_owned(),
        "image/png" | "image/jpeg" | "image/gif" | "image/tiff" => lang.pick("image", "image").to_owned(),
        "text/plain" => lang.pick("texte", "text").to_owned(),
        "text/rtf" | "application/rtf" => "RTF".to_owned(),
        other => other.to_owned(),
    }
}

impl<'a> Writer<'a> {
    fn new(root: Xml<'a>, lang: Lang, attachments_at: Option<&'a str>) -> Self {
        let mut writer = Writer {
            lang,
            attachments_at,
            attachments: Vec::new(),
            media: HashMap::new(),
            shown: HashSet::new(),
            notes: HashMap::new(),
            note_ids: HashMap::new(),
            open_notes: Vec::new(),
            linked: HashSet::new(),
            targets: HashSet::new(),
            ids: HashSet::new(),
            sections: Vec::new(),
        };
        for media in root.below("observationMedia") {
            let Some((media_type, content)) = media.child("value").and_then(content_of) else { continue };
            if let Some(id) = media.attribute("ID") {
                writer.media.insert(id, writer.attachments.len());
            }
            writer.attachments.push(Attachment { media_type, content });
        }
        for (index, note) in root.below("footnote").enumerate() {
            writer.notes.insert(note.0.id(), index + 1);
            if let Some(id) = note.attribute("ID") {
                writer.note_ids.insert(id, index + 1);
            }
        }
        for region in root.below("regionOfInterest") {
            let inner = region
                .below("observationMedia")
                .find_map(|media| writer.media.get(media.attribute("ID")?))
                .copied();
            if let (Some(id), Some(index)) = (region.attribute("ID"), inner) {
                writer.media.insert(id, index);
            }
        }
        let places: HashSet<&str> =
            root.below("content").filter_map(|content| content.attribute("ID")).collect();
        let links = root.below("linkHtml").filter_map(|link| link.attribute("href")?.strip_prefix('#'));
        writer.linked = links.filter(|id| places.contains(id)).collect();
        writer.targets = writer.linked.clone();
        writer
    }

    fn body(&mut self, body: Xml<'a>) -> Markup {
        let sections: Vec<Xml<'a>> = subsections(body).collect();
        let written = html! { @for section in sections { (self.section(section, 2)) } };
        let rest: Vec<usize> =
            (0..self.attachments.len()).filter(|index| !self.shown.contains(index)).collect();
        let contents: Vec<Section> =
            self.sections.iter().filter(|section| section.level == 2).cloned().collect();
        html! {
            @if contents.len() > 3 {
                nav class="contents" aria-label=(self.lang.pick("Sommaire du document",
                    "Contents of the document")) {
                    ul { @for section in &contents { li { a href={ "#" (section.id) } { (section.title) } } }
                        }
                }
            }
            div class="cda-body" {
                (written)
                @if !rest.is_empty() {
                    section class="cda-section" {
                        h2 { (self.lang.pick("Pièces jointes", "Attachments")) }
                        @for index in rest { (self.attachment(index, "")) }
                    }
                }
            }
        }
    }

    fn section(&mut self, section: Xml<'a>, level: u8) -> Markup {
        let title = section.child("title").map(Xml::words).filter(|words| !words.is_empty());
        let title = title.or_else(|| section.child("code").and_then(Xml::display));
        let title =
            title.unwrap_or_else(|| self.lang.pick("Rubrique sans titre", "Untitled section").to_owned());
        let id = self.new_id(&format!("section-{}", self.sections.len() + 1));
        self.sections.push(Section { title: title.clone(), id: id.clone(), level });
        let text = section.child("text").filter(|text| has_narrative(*text));
        let narrative = text.map(|text| self.narrative(text, &title));
        let notes = self.take_notes();
        let inner: Vec<Xml<'a>> = subsections(section).collect();
        let has_inner = !inner.is_empty();
        let inner = html! { @for section in inner { (self.section(section, (level + 1).min(6))) } };
        let entries = if narrative.is_none() { entries::write(self.lang, section) } else { None };
        html! {
            section class={ "cda-section cda-level-" (level) } aria-labelledby=(id) {
                (heading_with_id(level, Some(&id), html! { (title) }))
                @if let Some(narrative) = &narrative { div class="cda-text" { (narrative) (notes) } }
                @if let Some(entries) = &entries { (entries) }
                @if narrative.is_none() && entries.is_none() && !has_inner {
                    p class="hint" { (self.lang.pick("Cette rubrique est vide dans le document.",
                        "This section is empty in the document.")) }
                }
                (inner)
            }
        }
    }

    /// The footnotes met since the last call, as a list.
    fn take_notes(&mut self) -> Markup {
        let mut notes = std::mem::take(&mut self.open_notes);
        notes.sort_by_key(|(number, _)| *number);
        html! {
            @if !notes.is_empty() {
                ol class="footnotes" {
                    @for (number, content) in notes {
                        li id={ "cda-note-" (number) } value=(number) { (content) }
                    }
                }
            }
        }
    }

    /// An id of its own in the page, made from a word.
    pub fn new_id(&mut self, word: &str) -> String {
        let safe: String = word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let mut id = format!("cda-{safe}");
        let mut number = 2;
        while !self.ids.insert(id.clone()) {
            id = format!("cda-{safe}-{number}");
            number += 1;
        }
        id
    }
}

fn subsections(parent: Xml<'_>) -> impl Iterator<Item = Xml<'_>> {
    parent.all("component").filter_map(|component| component.child("section"))
}

fn has_narrative(text: Xml<'_>) -> bool {
    !text.words().is_empty() || text.below("renderMultiMedia").next().is_some()
}
