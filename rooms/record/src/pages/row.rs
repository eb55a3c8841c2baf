//! The line of a document in a list, made once from its resource and drawn everywhere alike.

use crate::document::Document;
use crate::reading::Record;
use socle_kernel::Lang;
use socle_ui::{Date, Icon, Markup, Tone, parts};

/// One line.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Pictogram.
    pub icon: Icon,
    /// Title.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Kind in words.
    pub kind: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub date: Option<Date>,
    /// Format and size.
    pub detail: String,
    /// States.
    pub tags: Vec<(String, Tone)>,
}

impl DocumentRow {
    /// The line of a document whose page is under `base`.
    pub fn of(lang: Lang, record: &Record, base: &str, is_new: bool) -> Self {
        let document = Document(&record.json);
        let title = document.title(lang);
        let kind = document.kind(lang);
        DocumentRow {
            icon: document.icon(),
            href: format!("{base}/{}", record.id),
            // A title that only repeats the type says nothing twice.
            kind: if kind == title { String::new() } else { kind },
            title,
            author: document.author(),
            date: document.day(),
            detail: document.detail(lang),
            tags: tags(lang, document, is_new),
        }
    }
}

fn tags(lang: Lang, document: Document<'_>, is_new: bool) -> Vec<(String, Tone)> {
    let mut tags = Vec::new();
    let mut add = |is_so: bool, fr: &'static str, en: &'static str, tone: Tone| {
        if is_so {
            tags.push((lang.pick(fr, en).to_owned(), tone));
        }
    };
    add(is_new, "Nouveau", "New", Tone::Info);
    add(document.is_masked(), "Masqué aux professionnels", "Hidden from professionals", Tone::Warning);
    add(document.status() == "superseded", "Remplacé", "Replaced", Tone::Neutral);
    add(document.status() == "entered-in-error", "Retiré", "Withdrawn", Tone::Danger);
    tags
}

/// Lines under each other.
pub fn rows(lang: Lang, rows: &[DocumentRow]) -> Markup {
    let tags: Vec<Vec<(&str, Tone)>> =
        rows.iter().map(|row| row.tags.iter().map(|(text, tone)| (text.as_str(), *tone)).collect()).collect();
    let documents: Vec<parts::Document<'_>> = rows
        .iter()
        .zip(&tags)
        .map(|(row, tags)| parts::Document {
            icon: row.icon,
            title: &row.title,
            href: &row.href,
            kind: &row.kind,
            author: &row.author,
            date: row.date,
            detail: &row.detail,
            tags,
        })
        .collect();
    parts::documents(lang, &documents)
}
