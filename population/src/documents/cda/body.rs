//! The body of level 3: sections with a narrative table and the entries that say the same to programs.

use super::super::sheet::Section;
use super::{Header, Xml};

const LOINC: &str = "2.16.840.1.113883.6.1";
const CIM10: &str = "2.16.840.1.113883.6.3";
const ATC: &str = "2.16.840.1.113883.6.73";

/// A fact for programs. Each stands for the row of the narrative table at the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A result of laboratory or a measure.
    Result {
        /// LOINC code.
        loinc: String,
        /// What is measured.
        label: String,
        /// The number, with a point.
        value: String,
        /// Unit.
        ucum: String,
        /// Usual limits.
        range: Option<(String, String)>,
        /// Date as `20260301`.
        at: String,
    },
    /// An illness.
    Problem {
        /// CIM-10 code.
        code: String,
        /// Its label.
        label: String,
        /// Since when, as `20260301`.
        since: String,
        /// True while it lasts.
        is_active: bool,
    },
    /// A medicine that is taken.
    Medicine {
        /// ATC code.
        atc: String,
        /// What was prescribed.
        label: String,
        /// Since when, as `20260301`.
        since: String,
    },
    /// A vaccine that was given.
    Vaccine {
        /// ATC code.
        atc: String,
        /// Its label.
        label: String,
        /// When, as `20260301`.
        at: String,
        /// Lot number.
        lot: String,
    },
}

/// A section of level 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StructuredSection {
    /// LOINC code and label.
    pub code: (String, String),
    /// OIDs of the models it follows.
    pub templates: Vec<String>,
    /// What people read.
    pub narrative: Section,
    /// What programs read.
    pub entries: Vec<Entry>,
}

/// A UUID of a part, made from the document's own: the last group is the number of the section and of the entry.
fn part_id(header: &Header, section: usize, entry: usize) -> String {
    let stem = header.id.rsplit_once('-').map_or(header.id.as_str(), |(stem, _)| stem);
    format!("{stem}-{section:06x}{entry:06x}")
}

/// Writes one section.
pub(super) fn section(xml: &mut Xml, header: &Header, number: usize, section: &StructuredSection) {
    xml.raw("<component><section>");
    for root in &section.templates {
        xml.empty("templateId", &[("root", root)]);
    }
    xml.empty("id", &[("root", &part_id(header, number, 0))]);
    let (code, label) = &section.code;
    xml.empty(
        "code",
        &[("code", code), ("displayName", label), ("codeSystem", LOINC), ("codeSystemName", "LOINC")],
    );
    xml.element("title", &section.narrative.title);
    xml.raw("<text>");
    for paragraph in &section.narrative.paragraphs {
        xml.element("paragraph", paragraph);
    }
    narrative_table(xml, number, &section.narrative);
    xml.raw("</text>");
    for (index, fact) in section.entries.iter().enumerate() {
        let id = part_id(header, number, index + 1);
        let words = format!("#s{number}r{index}");
        entry(xml, &id, &words, fact);
    }
    xml.raw("</section></component>");
}

fn narrative_table(xml: &mut Xml, number: usize, section: &Section) {
    let Some(table) = &section.table else { return };
    xml.raw("<table border=\"0\"><thead><tr>");
    for cell in &table.head {
        xml.element("th", cell);
    }
    xml.raw("</tr></thead><tbody>");
    for (index, row) in table.rows.iter().enumerate() {
        xml.raw("<tr>");
        for (column, cell) in row.iter().enumerate() {
            xml.raw("<td>");
            if column == 0 {
                xml.element(&format!("content ID=\"s{number}r{index}\""), cell);
            } else {
                xml.words(cell);
            }
            xml.raw("</td>");
        }
        xml.raw("</tr>");
    }
    xml.raw("</tbody></table>");
}

fn entry(xml: &mut Xml, id: &str, words: &str, fact: &Entry) {
    xml.raw("<entry>");
    match fact {
        Entry::Result { loinc, label, value, ucum, range, at } => {
            start(xml, "observation", "OBS", "EVN", &["1.3.6.1.4.1.19376.1.5.3.1.4.13"], id);
            code(xml, loinc, label, LOINC);
            text_and_status(xml, words);
            xml.empty("effectiveTime", &[("value", at)]);
            xml.empty("value", &[("xsi:type", "PQ"), ("value", value), ("unit", ucum)]);
            if let Some((low, high)) = range {
                xml.raw("<referenceRange><observationRange><value xsi:type=\"IVL_PQ\">");
                xml.empty("low", &[("value", low), ("unit", ucum)]);
                xml.empty("high", &[("value", high), ("unit", ucum)]);
                xml.raw("</value></observationRange></referenceRange>");
            }
            xml.raw("</observation>");
        }
        Entry::Problem { code: illness, label, since, is_active } => {
            start(xml, "observation", "OBS", "EVN", &["1.3.6.1.4.1.19376.1.5.3.1.4.5"], id);
            code(xml, "55607006", "Problème", "2.16.840.1.113883.6.96");
            text_and_status(xml, words);
            xml.raw("<effectiveTime>");
            xml.empty("low", &[("value", since)]);
            if !is_active {
                xml.empty("high", &[("nullFlavor", "UNK")]);
            }
            xml.raw("</effectiveTime>");
            xml.empty(
                "value",
                &[("xsi:type", "CD"), ("code", illness), ("displayName", label), ("codeSystem", CIM10)],
            );
            xml.raw("</observation>");
        }
        Entry::Medicine { atc, label, since } => {
            start(xml, "substanceAdministration", "SBADM", "INT", &["1.3.6.1.4.1.19376.1.5.3.1.4.7"], id);
            text_and_status(xml, words);
            xml.raw("<effectiveTime xsi:type=\"IVL_TS\">");
            xml.empty("low", &[("value", since)]);
            xml.raw("</effectiveTime>");
            product(xml, atc, label, None);
            xml.raw("</substanceAdministration>");
        }
        Entry::Vaccine { atc, label, at, lot } => {
            let templates = ["1.3.6.1.4.1.19376.1.5.3.1.4.12", "1.2.250.1.213.1.1.3.45"];
            start(xml, "substanceAdministration", "SBADM", "EVN", &templates, id);
            code(xml, "IMMUNIZ", "Vaccination", "2.16.840.1.113883.5.4");
            text_and_status(xml, words);
            xml.empty("effectiveTime", &[("value", at)]);
            product(xml, atc, label, Some(lot));
            xml.raw("</substanceAdministration>");
        }
    }
    xml.raw("</entry>");
}

fn start(xml: &mut Xml, name: &str, class: &str, mood: &str, templates: &[&str], id: &str) {
    xml.open(name, &[("classCode", class), ("moodCode", mood)]);
    for root in templates {
        xml.empty("templateId", &[("root", root)]);
    }
    xml.empty("id", &[("root", id)]);
}

fn code(xml: &mut Xml, code: &str, label: &str, system: &str) {
    xml.empty("code", &[("code", code), ("displayName", label), ("codeSystem", system)]);
}

fn text_and_status(xml: &mut Xml, words: &str) {
    xml.raw("<text>");
    xml.empty("reference", &[("value", words)]);
    xml.raw("</text>");
    xml.empty("statusCode", &[("code", "completed")]);
}

fn product(xml: &mut Xml, atc: &str, label: &str, lot: Option<&String>) {
    xml.raw("<consumable><manufacturedProduct>");
    xml.empty("templateId", &[("root", "1.2.250.1.213.1.1.3.43")]);
    xml.raw("<manufacturedMaterial>");
    code(xml, atc, label, ATC);
    xml.element("name", label);
    if let Some(lot) = lot {
        xml.element("lotNumberText", lot);
    }
    xml.raw("</manufacturedMaterial></manufacturedProduct></consumable>");
}
