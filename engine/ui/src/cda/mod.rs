//! CDA R2 documents as readable, accessible pages: header, sections, narrative, or the file they carry.
//!
//! A clinical document is shown with our components, never with a stylesheet it names; nothing outside it is read.

mod entries;
mod header;
mod narrative;
mod people;
mod read;
mod table;
mod time;
mod writer;

use maud::Markup;
use read::Xml;
use socle_kernel::{Lang, Problem};

/// A clinical document, read and ready to show.
#[derive(Clone, Debug)]
pub struct Cda {
    /// Title of the document, for the `h1` of its page.
    pub title: String,
    /// Language of its text, as `fr`: what a page in another language must say of it (`lang`).
    pub language: String,
    /// What the document says of the patient: label and value, in the reader's language.
    pub patient: Vec<(String, String)>,
    /// Who wrote it: name, role, organisation in one line each.
    pub authors: Vec<String>,
    /// The organisation that keeps it.
    pub custodian: String,
    /// When it was written, in words.
    pub date: String,
    /// What it holds.
    pub kind: Kind,
    /// Images and files inside its entries, in the order of the document.
    pub attachments: Vec<Attachment>,
    /// The header (patient, authors, organisations, dates) followed by the body, headings from `h2` on.
    pub markup: Markup,
}

/// What a document holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One file (level 1). A text is also written out in the markup.
    Level1 {
        /// What the document says the file is: `application/pdf`, `text/plain`, `image/jpeg` …
        media_type: String,
        /// The file, decoded.
        content: Vec<u8>,
    },
    /// Sections of text (levels 2 and 3).
    Structured {
        /// Title and heading level of every section, in order.
        sections: Vec<Section>,
    },
}

/// A section of a structured document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Title.
    pub title: String,
    /// Its id in the page.
    pub id: String,
    /// Level of its heading, 2 to 6.
    pub level: u8,
}

/// A file inside the entries of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Media type: of its first bytes for PNG, JPEG and PDF, else as the document says.
    pub media_type: String,
    /// The file, decoded.
    pub content: Vec<u8>,
}

/// Reads a document and writes it for this reader. Attachments that are no images are named but not linked.
pub fn render(xml: &[u8], lang: Lang) -> Result<Cda, Problem> {
    render_at(xml, lang, None)
}

/// As [`render`]; attachments are linked at this address followed by their number, from 0.
pub fn render_at(xml: &[u8], lang: Lang, attachments: Option<&str>) -> Result<Cda, Problem> {
    let text = read::decode(xml)?;
    let document = read::parse(&text)?;
    let root = document.root_element();
    writer::write(Xml(root), lang, attachments)
}

#[cfg(test)]
mod robustness;
#[cfg(test)]
mod tests;
