//! The narrative block of a section: the part a document promises to be readable.

use super::Attachment;
use super::read::Xml;
use super::writer::{Writer, file_kind};
use crate::{Icon, dates};
use data_encoding::BASE64;
use maud::{Markup, PreEscaped, html};

/// Elements that make a block of their own.
const BLOCKS: [&str; 4] = ["paragraph", "list", "table", "renderMultiMedia"];

impl<'a> Writer<'a> {
    /// The content of a section's `text`; `title` names its tables when they have no caption.
    pub fn narrative(&mut self, text: Xml<'a>, title: &str) -> Markup {
        self.flow(text, title)
    }

    /// Children that may be blocks: runs of words between blocks become paragraphs.
    pub fn flow(&mut self, parent: Xml<'a>, title: &str) -> Markup {
        let mut out = String::new();
        let mut run = String::new();
        for node in parent.0.children() {
            if has_block(Xml(node)) {
                end_run(&mut out, &mut run);
                out.push_str(&self.block(Xml(node), title).into_string());
            } else {
                run.push_str(&self.inline_node(Xml(node)).into_string());
            }
        }
        end_run(&mut out, &mut run);
        PreEscaped(out)
    }

    fn block(&mut self, element: Xml<'a>, title: &str) -> Markup {
        match element.name() {
            "paragraph" => {
                let caption = self.caption(element);
                if element.0.children().map(Xml).any(has_block) {
                    let inner = self.flow(element, title);
                    html! { div class=[align(element)] { (caption) (inner) } }
                } else {
                    let inner = self.inline(element);
                    html! { (caption) p class=[align(element)] { (inner) } }
                }
            }
            "list" => self.list(element, title),
            "table" => self.table(element, title),
            "renderMultiMedia" => self.media(element),
            _ => {
                let id = self.place(element);
                let inner = self.flow(element, title);
                let order = id.as_ref().map(|_| "-1");
                html! { div class=[align(element)] id=[id] tabindex=[order] { (inner) } }
            }
        }
    }

    /// The id of a `content` that a link leads to, the first time it is met.
    fn place(&mut self, element: Xml<'a>) -> Option<String> {
        let id = element.attribute("ID").filter(|_| element.name() == "content")?;
        self.targets.remove(id).then(|| target_id(id))
    }

    pub fn caption(&mut self, element: Xml<'a>) -> Markup {
        let caption = element.child("caption").map(|caption| self.inline(caption));
        html! { @if let Some(caption) = caption { p class="cda-caption" { (caption) } } }
    }

    fn list(&mut self, element: Xml<'a>, title: &str) -> Markup {
        let caption = self.caption(element);
        let items: Vec<Xml<'a>> = element.all("item").collect();
        let items = html! {
            @for item in items {
                li { (self.caption(item))
                    @if item.0.children().map(Xml).any(has_block) { (self.flow(item, title)) }
                    @else { (self.inline(item)) }
                }
            }
        };
        html! {
            (caption)
            @if element.attribute("listType") == Some("ordered") { ol { (items) } } @else { ul { (items) } }
        }
    }

    /// Words and what marks them, without blocks. The `caption` of the element is written by its caller.
    pub fn inline(&mut self, parent: Xml<'a>) -> Markup {
        let children: Vec<Xml<'a>> =
            parent.0.children().map(Xml).filter(|child| child.name() != "caption").collect();
        html! { @for child in children { (self.inline_node(child)) } }
    }

    fn inline_node(&mut self, node: Xml<'a>) -> Markup {
        if node.0.is_text() {
            return html! { (node.0.text().unwrap_or("")) };
        }
        if !node.0.is_element() {
            return html! {};
        }
        match node.name() {
            "br" => html! { br; },
            "sub" => {
                let inner = self.inline(node);
                html! { sub { (inner) } }
            }
            "sup" => {
                let inner = self.inline(node);
                html! { sup { (inner) } }
            }
            "content" => self.content(node),
            "linkHtml" => self.link(node),
            "footnote" => self.footnote(node),
            "footnoteRef" => self.footnote_reference(node),
            "caption" => html! {},
            _ => self.inline(node),
        }
    }

    /// A run of words with its styles and, when a link leads to it, its id.
    fn content(&mut self, node: Xml<'a>) -> Markup {
        let mut inner = self.inline(node);
        let styles = node.attribute("styleCode").unwrap_or("").to_ascii_lowercase();
        if styles.contains("underline") {
            inner = html! { span class="underline" { (inner) } };
        }
        if styles.contains("italic") || styles.contains("emphasis") {
            inner = html! { em { (inner) } };
        }
        if styles.contains("bold") {
            inner = html! { strong { (inner) } };
        }
        match node.attribute("revised") {
            Some("insert") => inner = html! { ins { (inner) } },
            Some("delete") => inner = html! { del { (inner) } },
            _ => {}
        }
        match self.place(node) {
            Some(id) => html! { span id=(id) tabindex="-1" { (inner) } },
            None => inner,
        }
    }

    /// A link with a safe scheme, or to a place of this document; only its words otherwise.
    fn link(&mut self, node: Xml<'a>) -> Markup {
        let inner = self.inline(node);
        let href = node.attribute("href").unwrap_or("");
        let is_nested = is_in_link(node);
        let words = node.words();
        let label = if words.is_empty() {
            html! { (href) }
        } else {
            inner.clone()
        };
        if is_nested || href.is_empty() {
            return inner;
        }
        if let Some(id) = href.strip_prefix('#') {
            let is_place = self.linked.contains(id) && !words.is_empty();
            return if is_place {
                html! { a href={ "#" (target_id(id)) } { (inner) } }
            } else {
                inner
            };
        }
        let scheme = href.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("https" | "http") => html! { a href=(href) rel="noopener noreferrer external" { (label) } },
            Some("mailto" | "tel") => html! { a href=(href) { (label) } },
            _ => inner,
        }
    }

    fn footnote(&mut self, node: Xml<'a>) -> Markup {
        let number = self.notes.get(&node.0.id()).copied().unwrap_or(0);
        let content = self.inline(node);
        self.open_notes.push((number, content));
        self.note_mark(node, number)
    }

    fn footnote_reference(&mut self, node: Xml<'a>) -> Markup {
        let number = node.attribute("IDREF").and_then(|id| self.note_ids.get(id)).copied();
        number.map_or_else(|| html! {}, |number| self.note_mark(node, number))
    }

    /// The number of a footnote, as a link to it where a link may stand.
    fn note_mark(&self, node: Xml<'a>, number: usize) -> Markup {
        let words = html! { span class="unseen" { (self.lang.pick("Note ", "Note ")) } (number) };
        html! {
            sup {
                @if is_in_link(node) { (words) }
                @else { a class="note-mark" href={ "#cda-note-" (number) } { (words) } }
            }
        }
    }

    /// Images and files that the text refers to.
    fn media(&mut self, element: Xml<'a>) -> Markup {
        let caption = element.child("caption").map(Xml::words).unwrap_or_default();
        let references = element.attribute("referencedObject").unwrap_or("");
        let found: Vec<usize> =
            references.split_whitespace().filter_map(|id| self.media.get(id).copied()).collect();
        if found.is_empty() {
            let missing = self.lang.pick("Image absente du document.", "Image missing from the document.");
            return html! { p class="hint" { @if !caption.is_empty() { (caption) " – " } (missing) } };
        }
        html! { @for index in found { (self.attachment(index, &caption)) } }
    }

    /// One attachment: PNG and JPEG are shown, anything else is linked where the page offers it.
    pub fn attachment(&mut self, index: usize, caption: &str) -> Markup {
        let is_again = !self.shown.insert(index);
        let Some(file) = self.attachments.get(index) else { return html! {} };
        let fallback = self.lang.pick("Image du document", "Image of the document");
        let caption = if caption.is_empty() { fallback } else { caption };
        if is_again {
            let again = self.lang.pick("déjà montré plus haut", "already shown above");
            return html! { p class="hint" { (caption) " (" (again) ")" } };
        }
        if is_image(file) {
            let data = BASE64.encode(&file.content);
            return html! {
                figure class="cda-figure" {
                    img alt=(caption) src={ "data:" (file.media_type) ";base64," (data) };
                }
            };
        }
        let size = dates::size(self.lang, file.content.len() as u64);
        let kind = file_kind(self.lang, &file.media_type);
        let name = self.lang.pick("Pièce jointe", "Attachment");
        let is_file = |file: &&Attachment| !is_image(file);
        let number = match self.attachments.iter().filter(is_file).count() {
            0 | 1 => String::new(),
            _ => format!(" {}", self.attachments.iter().take(index + 1).filter(is_file).count()),
        };
        let label = format!("{name}{number} ({kind}, {size})");
        html! {
            p class="cda-file" {
                (Icon::Document.markup()) " "
                @match self.attachments_at { Some(at) => a href={ (at) (index) } { (label) }, None => (label)
                    }
            }
        }
    }
}

/// True inside a link of the narrative: links do not nest.
fn is_in_link(node: Xml<'_>) -> bool {
    node.0.ancestors().skip(1).map(Xml).any(|around| around.name() == "linkHtml")
}

/// An image that a page may show as data.
fn is_image(file: &Attachment) -> bool {
    matches!(file.media_type.as_str(), "image/png" | "image/jpeg")
}

/// The id of a place of the text that a link leads to; two IDs never give the same.
fn target_id(id: &str) -> String {
    let mut safe = String::from("cda-ref-");
    for c in id.chars() {
        if c.is_ascii_alphanumeric() { safe.push(c) } else { safe.push_str(&format!("-{:x}-", u32::from(c))) }
    }
    safe
}

/// True for a block, or anything that holds one.
pub(super) fn has_block(element: Xml<'_>) -> bool {
    element.0.descendants().map(Xml).any(|inner| BLOCKS.contains(&inner.name()))
}

fn end_run(out: &mut String, run: &mut String) {
    if run.replace("<br>", "").trim().is_empty() {
        run.clear();
        return;
    }
    out.push_str("<p>");
    out.push_str(run.trim());
    out.push_str("</p>");
    run.clear();
}

/// The class for an `align` attribute.
pub(super) fn align(element: Xml<'_>) -> Option<&'static str> {
    match element.attribute("align")?.to_ascii_lowercase().as_str() {
        "right" => Some("align-right"),
        "center" => Some("align-center"),
        _ => None,
    }
}
