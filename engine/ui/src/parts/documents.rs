//! The row of a document: what kind, what title, who wrote it, when, in what state.

use super::{Tone, tags};
use crate::{Icon, dates};
use jiff::civil::Date;
use maud::{Markup, html};
use socle_kernel::Lang;

/// One document of a list.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Pictogram of its kind.
    pub icon: Icon,
    /// Title.
    pub title: &'a str,
    /// Its page.
    pub href: &'a str,
    /// Kind in words: "Compte rendu de biologie".
    pub kind: &'a str,
    /// Who wrote it.
    pub author: &'a str,
    /// When the care happened or the document was written.
    pub date: Option<Date>,
    /// Format and size, or anything short: "PDF, 120 Ko".
    pub detail: &'a str,
    /// States: "Nouveau", "Masqué", "Remplacé".
    pub tags: &'a [(&'a str, Tone)],
}

/// Documents under each other, newest first by the caller's order.
pub fn documents(lang: Lang, rows: &[Document<'_>]) -> Markup {
    html! {
        ul class="documents" { @for row in rows { li class="document" { (document(lang, row)) } } }
    }
}

fn document(lang: Lang, row: &Document<'_>) -> Markup {
    html! {
        span class="document-icon" { (row.icon.markup()) }
        div {
            p class="document-title" { a href=(row.href) { (row.title) } }
            p class="document-meta" {
                @if !row.kind.is_empty() { span { (row.kind) } " " }
                @if !row.author.is_empty() { span { (row.author) } " " }
                @if !row.detail.is_empty() { span { (row.detail) } }
            }
            (tags(row.tags))
        }
        @if let Some(date) = row.date { p class="document-date" { (dates::time(lang, date)) } }
    }
}
