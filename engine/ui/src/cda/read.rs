//! Reads the XML of a document within limits, and finds its way in it.

use roxmltree::{Document, Node, ParsingOptions};
use socle_kernel::{Kind, Problem, limits};
use std::borrow::Cow;

/// The namespace of CDA.
const HL7: &str = "urn:hl7-org:v3";
/// Nodes of one document: a document at the size limit made of one-letter elements stays below.
const NODES: u32 = 4_000_000;

/// The text of a document: UTF-8, or Latin-1 when its declaration says so.
pub(super) fn decode(xml: &[u8]) -> Result<Cow<'_, str>, Problem> {
    if xml.len() > limits::DOCUMENT_BYTES {
        return Err(Problem::new(
            Kind::TooLarge,
            "Le document CDA dépasse la taille permise.",
            "The CDA document is larger than allowed.",
        )
        .expecting(format!("DOCUMENT_BYTES = {}", limits::DOCUMENT_BYTES)));
    }
    let start =
        String::from_utf8_lossy(xml.get(..100.min(xml.len())).unwrap_or_default()).to_ascii_lowercase();
    if start.contains("encoding=\"iso-8859-1\"") || start.contains("encoding='iso-8859-1'") {
        return Ok(Cow::Owned(xml.iter().map(|byte| char::from(*byte)).collect()));
    }
    let xml = xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml);
    std::str::from_utf8(xml).map(Cow::Borrowed).map_err(|error| {
        unreadable(
            "Le document CDA n’est ni en UTF-8 ni en ISO-8859-1.",
            "The CDA document is neither UTF-8 nor ISO-8859-1.",
        )
        .receiving(error.to_string())
    })
}

/// The tree of a document. A DTD is refused: it is the way to entities that grow or reach outside.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Problem> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => unreadable(
            "Le document CDA contient une DTD. Retirez la déclaration DOCTYPE.",
            "The CDA document has a DTD. Remove the DOCTYPE declaration.",
        ),
        error => {
            unreadable("Le document CDA n’est pas du XML lisible.", "The CDA document is not readable XML.")
                .receiving(error.to_string())
        }
    })?;
    check_depth(&document)?;
    let root = document.root_element();
    if !(root.tag_name().name() == "ClinicalDocument" && root.tag_name().namespace() == Some(HL7)) {
        return Err(unreadable(
            "Ce fichier XML n’est pas un document CDA.",
            "This XML file is not a CDA document.",
        )
        .expecting("ClinicalDocument, urn:hl7-org:v3")
        .receiving(root.tag_name().name()));
    }
    Ok(document)
}

/// Walks without recursion: the depth of what comes from outside is not known yet.
fn check_depth(document: &Document<'_>) -> Result<(), Problem> {
    let mut node = document.root();
    let mut depth = 0_usize;
    loop {
        if let Some(child) = node.first_child() {
            (node, depth) = (child, depth + 1);
            if depth > limits::NESTING {
                return Err(unreadable(
                    "Le document CDA est imbriqué trop profondément.",
                    "The CDA document is nested too deeply.",
                )
                .expecting(format!("NESTING = {}", limits::NESTING)));
            }
            continue;
        }
        while node.next_sibling().is_none() {
            let Some(parent) = node.parent() else { return Ok(()) };
            (node, depth) = (parent, depth - 1);
        }
        let Some(sibling) = node.next_sibling() else { return Ok(()) };
        node = sibling;
    }
}

pub(super) fn unreadable(fr: &'static str, en: &'static str) -> Problem {
    Problem::new(Kind::Unprocessable, fr, en).at("ClinicalDocument")
}

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xml<'a>(pub Node<'a, 'a>);

impl<'a> Xml<'a> {
    /// Local name of a CDA element; empty for elements of extensions and for texts.
    pub fn name(self) -> &'a str {
        let tag = self.0.tag_name();
        if tag.namespace() == Some(HL7) { tag.name() } else { "" }
    }

    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.attribute(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The child elements with this name.
    pub fn all(self, name: &'static str) -> impl Iterator<Item = Xml<'a>> {
        self.0.children().map(Xml).filter(move |child| child.name() == name)
    }

    /// The first child element with this name.
    pub fn child(self, name: &'static str) -> Option<Xml<'a>> {
        self.all(name).next()
    }

    /// The element at this path of first children: `assignedAuthor/assignedPerson/name`.
    pub fn at(self, path: &'static str) -> Option<Xml<'a>> {
        path.split('/').try_fold(self, Xml::child)
    }

    /// All words inside, spaces made single.
    pub fn words(self) -> String {
        let text: String =
            self.0.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The words of a coded element: its display, else its original text, else its code.
    pub fn display(self) -> Option<String> {
        let original = || self.child("originalText").map(Xml::words).filter(|words| !words.is_empty());
        self.attribute("displayName")
            .map(str::to_owned)
            .or_else(original)
            .or_else(|| self.attribute("code").map(str::to_owned))
    }

    /// Everything below with this name.
    pub fn below(self, name: &'static str) -> impl Iterator<Item = Xml<'a>> {
        self.0.descendants().map(Xml).filter(move |node| node.name() == name)
    }
}
