//! CDA R2 documents with the header that the CI-SIS asks for: level 1 around a PDF, level 3 with narrative and entries.

mod body;
mod header;

pub use body::{Entry, StructuredSection};

use super::sheet::Sheet;
use data_encoding::BASE64;

/// What the header says besides the sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// UUID of this version of the document.
    pub id: String,
    /// UUID shared by all its versions.
    pub set_id: String,
    /// Type of the document: code, OID of its system, label (JDV_J07).
    pub code: (String, String, String),
    /// When it was made, as `20260301093000+0100`.
    pub made_at: String,
    /// When the act it tells of began.
    pub act_at: String,
    /// OIDs of the models it follows, besides those of every document.
    pub templates: Vec<String>,
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const OPEN: &str =
    "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">";
const CLOSE: &str = "</ClinicalDocument>\n";

/// Level 1: the header, and the PDF inside.
pub fn level1(header: &Header, sheet: &Sheet, pdf: &[u8]) -> String {
    let mut xml = Xml::with_capacity(pdf.len() * 4 / 3 + 8_192);
    header::write(&mut xml, header, sheet);
    xml.raw("<component><nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">");
    xml.raw(&BASE64.encode(pdf));
    xml.raw("</text></nonXMLBody></component>");
    xml.finish()
}

/// Level 3: the header, and sections that people read and programs read.
pub fn level3(header: &Header, sheet: &Sheet, sections: &[StructuredSection]) -> String {
    let mut xml = Xml::with_capacity(16_384);
    header::write(&mut xml, header, sheet);
    xml.raw("<component><structuredBody>");
    for (number, section) in sections.iter().enumerate() {
        body::section(&mut xml, header, number, section);
    }
    xml.raw("</structuredBody></component>");
    xml.finish()
}

/// XML as it is written: markup is ours and goes in as it is, words are escaped.
struct Xml(String);

impl Xml {
    fn with_capacity(bytes: usize) -> Xml {
        let mut text = String::with_capacity(bytes);
        text.push_str(DECLARATION);
        text.push_str(OPEN);
        Xml(text)
    }

    /// Markup.
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Words, escaped for text and for attribute values.
    fn words(&mut self, words: &str) {
        for letter in words.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // XML 1.0 has no place for control characters.
                c if (c as u32) < 0x20 => self.0.push(' '),
                c => self.0.push(c),
            }
        }
    }

    /// An element that holds words only.
    fn element(&mut self, name: &str, words: &str) {
        self.raw("<");
        self.raw(name);
        self.raw(">");
        self.words(words);
        self.raw("</");
        // The closing tag has the name without the attributes.
        self.raw(name.split(' ').next().unwrap_or(name));
        self.raw(">");
    }

    /// An empty element with attributes.
    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.open(name, attributes);
        let end = self.0.len() - 1;
        self.0.replace_range(end.., "/>");
    }

    /// The start of an element with attributes.
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.raw("<");
        self.raw(name);
        for (attribute, value) in attributes {
            self.raw(" ");
            self.raw(attribute);
            self.raw("=\"");
            self.words(value);
            self.raw("\"");
        }
        self.raw(">");
    }

    fn finish(mut self) -> String {
        self.0.push_str(CLOSE);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Header, StructuredSection, level1, level3};
    use crate::documents::sheet::sample;

    fn header() -> Header {
        Header {
            id: "0f6f3c61-5a3f-4a8e-9f38-0a4f5f0c7a10".into(),
            set_id: "0f6f3c61-5a3f-4a8e-9f38-0a4f5f0c7a11".into(),
            code: ("11502-2".into(), "2.16.840.1.113883.6.1".into(), "CR d'examens biologiques".into()),
            made_at: "20260302093000+0100".into(),
            act_at: "20260301093000+0100".into(),
            templates: vec!["1.2.250.1.213.1.1.1.26".into()],
        }
    }

    fn text_of(document: &roxmltree::Document<'_>, name: &str) -> String {
        let node = document.descendants().find(|node| node.has_tag_name(("urn:hl7-org:v3", name)));
        node.and_then(|node| node.text()).unwrap_or_default().to_owned()
    }

    #[test]
    fn level_1_carries_the_pdf_and_escapes_names() {
        let xml = level1(&header(), &sample(), b"%PDF-1.7 sample");
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert_eq!(text_of(&document, "title"), sample().title);
        let body = document.descendants().find(|n| n.has_tag_name(("urn:hl7-org:v3", "nonXMLBody"))).unwrap();
        let text = body.first_element_child().unwrap();
        assert_eq!(text.attribute("representation"), Some("B64"));
        let pdf = data_encoding::BASE64.decode(text.text().unwrap().as_bytes()).unwrap();
        assert_eq!(pdf, b"%PDF-1.7 sample");
        assert!(xml.contains("PERRIN &amp; FILS &lt;B&gt;"));
    }

    #[test]
    fn every_narrative_reference_of_level_3_has_its_words() {
        let sheet = sample();
        let section = StructuredSection {
            code: ("18719-5".into(), "Biochimie".into()),
            templates: vec!["1.3.6.1.4.1.19376.1.3.3.2.1".into()],
            narrative: sheet.sections[0].clone(),
            entries: vec![Entry::Result {
                loinc: "4548-4".into(),
                label: "Hémoglobine A1c".into(),
                value: "7.1".into(),
                ucum: "%".into(),
                range: Some(("4.0".into(), "6.0".into())),
                at: "20260301".into(),
            }],
        };
        let xml = level3(&header(), &sheet, &[section]);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let named: Vec<&str> = document.descendants().filter_map(|node| node.attribute("ID")).collect();
        let pointed: Vec<&str> = document
            .descendants()
            .filter(|node| node.tag_name().name() == "reference")
            .filter_map(|node| node.attribute("value"))
            .collect();
        assert!(!pointed.is_empty());
        assert!(pointed.iter().all(|target| named.contains(&target.trim_start_matches('#'))));
    }
}
