//! What the header of a CDA document says of itself: enough to publish it without asking again.

use roxmltree::{Document, Node};

/// The header of a CDA document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Unique id: root, and extension when there is one.
    pub id: (String, String),
    /// Code of the document type.
    pub type_code: String,
    /// Title.
    pub title: String,
    /// When it was written, as FHIR `dateTime`.
    pub written: Option<String>,
    /// When the care started, as FHIR `dateTime`.
    pub care_started: Option<String>,
    /// Identifiers of the patient: root and extension.
    pub patient: Vec<(String, String)>,
    /// Names of the patient: family names and given names.
    pub patient_names: (Vec<String>, Vec<String>),
    /// Date of birth as `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Administrative gender code (`M`, `F`).
    pub gender: String,
    /// Identifiers of the first author: root and extension.
    pub author: Option<(String, String)>,
    /// Name of the first author.
    pub author_name: String,
    /// Name of the organisation that keeps it.
    pub custodian: String,
    /// Identifier of the organisation that keeps it: root and extension.
    pub custodian_id: Option<(String, String)>,
    /// Kind of place of care.
    pub facility: Option<String>,
    /// Confidentiality code.
    pub confidentiality: String,
}

/// Roots of the INS: NIR, NIA, and their test and demonstration authorities.
pub const INS_ROOTS: [&str; 4] =
    ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"];

impl Header {
    /// The patient's INS: root and number.
    pub fn ins(&self) -> Option<(&str, &str)> {
        let found = self.patient.iter().find(|(root, _)| INS_ROOTS.contains(&root.as_str()));
        found.map(|(root, number)| (root.as_str(), number.as_str()))
    }

    /// The unique id as FHIR writes it: a URN, or `root^extension` under the system of OIDs.
    pub fn unique_id(&self) -> Option<(String, String)> {
        let (root, extension) = &self.id;
        if root.is_empty() {
            return None;
        }
        if extension.is_empty() {
            let is_uuid = root.contains('-');
            let value =
                if is_uuid { format!("urn:uuid:{}", root.to_lowercase()) } else { format!("urn:oid:{root}") };
            return Some(("urn:ietf:rfc:3986".into(), value));
        }
        Some((format!("urn:oid:{root}"), extension.clone()))
    }
}

/// Reads the header; `None` when the bytes are no CDA document. DTDs are refused.
pub fn read(content: &[u8]) -> Option<Header> {
    let text = std::str::from_utf8(content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)).ok()?;
    let document = Document::parse(text).ok()?;
    let root = document.root_element();
    if root.tag_name().name() != "ClinicalDocument" {
        return None;
    }
    let author = at(root, &["author", "assignedAuthor"]);
    let custodian = at(root, &["custodian", "assignedCustodian", "representedCustodianOrganization"]);
    let patient = at(root, &["recordTarget", "patientRole"]);
    let person = patient.and_then(|role| child(role, "patient"));
    let name = person.and_then(|person| child(person, "name"));
    let texts = |name: Option<Node<'_, '_>>, part: &str| -> Vec<String> {
        name.map(|name| all(name, part).map(words).filter(|text| !text.is_empty()).collect())
            .unwrap_or_default()
    };
    Some(Header {
        id: child(root, "id").map(identifier).unwrap_or_default(),
        type_code: child(root, "code").and_then(|code| code.attribute("code")).unwrap_or("").to_owned(),
        title: child(root, "title").map(words).unwrap_or_default(),
        written: child(root, "effectiveTime").and_then(|time| fhir_time(time.attribute("value")?)),
        care_started: care_started(root),
        patient: patient.map(|role| all(role, "id").map(identifier).collect()).unwrap_or_default(),
        patient_names: (texts(name, "family"), texts(name, "given")),
        birth_date: person
            .and_then(|person| child(person, "birthTime"))
            .and_then(|time| fhir_time(time.attribute("value")?))
            .map(|text| text.chars().take(10).collect()),
        gender: person
            .and_then(|person| child(person, "administrativeGenderCode"))
            .and_then(|code| code.attribute("code"))
            .unwrap_or("")
            .to_owned(),
        author: author.and_then(|author| child(author, "id")).map(identifier),
        author_name: author.map(author_name).unwrap_or_default(),
        custodian: custodian.and_then(|place| child(place, "name")).map(words).unwrap_or_default(),
        custodian_id: custodian.and_then(|place| child(place, "id")).map(identifier),
        facility: at(
            root,
            &["componentOf", "encompassingEncounter", "location", "healthCareFacility", "code"],
        )
        .and_then(|code| code.attribute("code"))
        .map(str::to_owned),
        confidentiality: child(root, "confidentialityCode")
            .and_then(|code| code.attribute("code"))
            .unwrap_or("N")
            .to_owned(),
    })
}

fn care_started(root: Node<'_, '_>) -> Option<String> {
    let encounter = at(root, &["componentOf", "encompassingEncounter", "effectiveTime"]);
    let event = at(root, &["documentationOf", "serviceEvent", "effectiveTime"]);
    [event, encounter].into_iter().flatten().find_map(|time| {
        let low = child(time, "low").and_then(|low| low.attribute("value"));
        fhir_time(low.or_else(|| time.attribute("value"))?)
    })
}

fn author_name(author: Node<'_, '_>) -> String {
    let Some(name) = at(author, &["assignedPerson", "name"]) else {
        return at(author, &["assignedAuthoringDevice", "softwareName"]).map(words).unwrap_or_default();
    };
    let parts = ["prefix", "given", "family"].into_iter().filter_map(|part| child(name, part));
    let parts: Vec<String> = parts.map(words).filter(|text| !text.is_empty()).collect();
    if parts.is_empty() { words(name) } else { parts.join(" ") }
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

fn all<'a, 'i>(node: Node<'a, 'i>, name: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

fn words(node: Node<'_, '_>) -> String {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn identifier(node: Node<'_, '_>) -> (String, String) {
    let part = |name| node.attribute(name).unwrap_or("").to_owned();
    (part("root"), part("extension"))
}

/// `20260303140200+0100` as `2026-03-03T14:02:00+01:00`; a day stays a day. A time without its offset is cut to the day.
fn fhir_time(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let part = |from: usize, to: usize| number.get(from..to);
    let year = part(0, 4)?;
    let Some(month) = part(4, 6) else { return Some(year.to_owned()) };
    let Some(day) = part(6, 8) else { return Some(format!("{year}-{month}")) };
    let date = format!("{year}-{month}-{day}");
    let offset = rest.find(['+', '-']).and_then(|at| rest.get(at..at + 5));
    match (part(8, 12), offset) {
        (Some(time), Some(offset)) => {
            let seconds = part(12, 14).unwrap_or("00");
            Some(format!("{date}T{}:{}:{seconds}{}:{}", &time[..2], &time[2..], &offset[..3], &offset[3..]))
        }
        _ => Some(date),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CDA: &str = r#"<?xml version="1.0"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
 <id root="1.2.250.1.999.1" extension="42"/><code code="11502-2" codeSystem="2.16.840.1.113883.6.1"/>
 <title>CR de biologie</title><effectiveTime value="20260303140200+0100"/><confidentialityCode code="N"/>
 <recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="279035121518989"/>
  <patient><name><given>Claire</given><family>ROUX</family></name><administrativeGenderCode code="F"/><birthTime value="19790312"/></patient></patientRole></recordTarget>
 <author><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="810100000001"/><assignedPerson><name><prefix>DR</prefix><given>Anne</given><family>MARTIN</family></name></assignedPerson></assignedAuthor></author>
 <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1750000001"/><name>Laboratoire des Halles</name></representedCustodianOrganization></assignedCustodian></custodian>
 <documentationOf><serviceEvent><effectiveTime><low value="20260302"/></effectiveTime></serviceEvent></documentationOf>
</ClinicalDocument>"#;

    #[test]
    fn reads_what_a_publication_needs() {
        let header = read(CDA.as_bytes()).unwrap();
        assert_eq!(header.unique_id(), Some(("urn:oid:1.2.250.1.999.1".into(), "42".into())));
        assert_eq!((header.type_code.as_str(), header.title.as_str()), ("11502-2", "CR de biologie"));
        assert_eq!(header.written.as_deref(), Some("2026-03-03T14:02:00+01:00"));
        assert_eq!(header.care_started.as_deref(), Some("2026-03-02"));
        assert_eq!(header.ins(), Some(("1.2.250.1.213.1.4.10", "279035121518989")));
        assert_eq!((header.birth_date.as_deref(), header.gender.as_str()), (Some("1979-03-12"), "F"));
        assert_eq!(header.author_name, "DR Anne MARTIN");
        assert_eq!(header.custodian, "Laboratoire des Halles");
    }

    #[test]
    fn knows_what_is_no_cda() {
        assert_eq!(read(b"<html/>"), None);
        assert_eq!(read(b"%PDF-1.4"), None);
        assert_eq!(read(b"<!DOCTYPE a [<!ENTITY b 'c'>]><ClinicalDocument>&b;</ClinicalDocument>"), None);
    }

    #[test]
    fn reads_times_no_more_precisely_than_they_are_sure() {
        assert_eq!(fhir_time("2026").as_deref(), Some("2026"));
        assert_eq!(fhir_time("202603").as_deref(), Some("2026-03"));
        assert_eq!(fhir_time("20260303140200").as_deref(), Some("2026-03-03"));
        assert_eq!(fhir_time("20260303140200.123+0100").as_deref(), Some("2026-03-03T14:02:00+01:00"));
        assert_eq!(fhir_time("hier"), None);
    }
}
