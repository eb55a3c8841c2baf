//! A publication as the ITI-65 transaction that carries it: submission set, document entry, content. Pure.

use crate::document::bare_media_type;
use crate::rules::{COMPREHENSIVE, LIST_SYSTEM, SUBMISSION_SET};
use crate::terms::{self, FORMAT_SYSTEM};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

/// Who publishes.
#[derive(Clone, Debug, Default)]
pub struct Author {
    /// System and value of their identifier.
    pub identifier: (String, String),
    /// Name as shown.
    pub name: String,
    /// Reference to their organisation, when it is in the directory.
    pub organization: Option<String>,
    /// Name of the place.
    pub place: String,
}

/// What is published.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// Title.
    pub title: String,
    /// Code of the type.
    pub type_code: String,
    /// Start of the care, as FHIR `dateTime`.
    pub care_started: String,
    /// When the document was written, as FHIR `dateTime`.
    pub written: String,
    /// When it is published, as FHIR `instant`.
    pub published: String,
    /// Code of the kind of place.
    pub facility: String,
    /// Code of the practice setting.
    pub setting: String,
    /// Codes of access labels beside "normal".
    pub labels: Vec<String>,
    /// Id of the document it replaces.
    pub replaces: Option<String>,
    /// Media type.
    pub media_type: String,
    /// The content itself.
    pub content: Vec<u8>,
    /// System and value of its own unique id, when it brings one.
    pub unique_id: Option<(String, String)>,
}

/// The four ids a transaction needs: submission set, its unique id, document, content.
pub type Ids = [String; 4];

/// The transaction. `patient` is the reference to the person, `traits` a `Patient` with the identity traits to contain.
pub fn bundle(
    publication: &Publication,
    author: &Author,
    patient: &str,
    traits: &Value,
    source: &str,
    ids: &Ids,
) -> Value {
    let [set, set_id, document, binary] = ids;
    let post = |url: &str, full: &str, resource: Value| json!({ "fullUrl": format!("urn:uuid:{full}"), "resource": resource, "request": { "method": "POST", "url": url } });
    json!({
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            post("List", set, submission_set(publication, author, patient, source, set_id, document)),
            post("DocumentReference", document, entry(publication, author, patient, traits, binary, document)),
            post("Binary", binary, json!({
                "resourceType": "Binary",
                "contentType": publication.media_type,
                "data": BASE64.encode(&publication.content),
            })),
        ],
    })
}

fn submission_set(
    publication: &Publication,
    author: &Author,
    patient: &str,
    source: &str,
    unique: &str,
    document: &str,
) -> Value {
    let class = terms::find_type(&publication.type_code).map_or("90", |known| known.class);
    json!({
        "resourceType": "List",
        "meta": { "profile": [SUBMISSION_SET] },
        "contained": [situation(author)],
        "extension": [
            { "url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType",
              "valueCodeableConcept": concept_of_class(class) },
            { "url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId",
              "valueIdentifier": { "system": "urn:ietf:rfc:3986", "value": source } },
        ],
        "identifier": [{ "use": "usual", "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{unique}") }],
        "status": "current",
        "mode": "working",
        "title": publication.title,
        "code": { "coding": [{ "system": LIST_SYSTEM, "code": "submissionset" }] },
        "subject": { "reference": patient },
        "date": publication.published,
        "source": { "reference": "#auteur" },
        "entry": [{ "item": { "reference": format!("urn:uuid:{document}") } }],
    })
}

fn entry(
    publication: &Publication,
    author: &Author,
    patient: &str,
    traits: &Value,
    binary: &str,
    document: &str,
) -> Value {
    let (system, value) = publication
        .unique_id
        .clone()
        .unwrap_or_else(|| ("urn:ietf:rfc:3986".into(), format!("urn:uuid:{document}")));
    let class = terms::find_type(&publication.type_code).map_or("90", |known| known.class);
    let custodian = match &author.organization {
        Some(reference) => json!({ "reference": reference, "display": author.place }),
        None => json!({ "display": author.place }),
    };
    let mut person = traits.clone();
    person["id"] = "patient".into();
    let mut resource = json!({
        "resourceType": "DocumentReference",
        "meta": { "profile": [COMPREHENSIVE] },
        "contained": [situation(author), person],
        "masterIdentifier": { "system": system, "value": value },
        "status": "current",
        "type": { "coding": [coding_of_type(&publication.type_code)] },
        "category": [concept_of_class(class)],
        "subject": { "reference": patient },
        "date": publication.published,
        "author": [{ "reference": "#auteur", "display": author_words(author) }],
        "authenticator": { "reference": "#auteur" },
        "custodian": custodian,
        "securityLabel": labels(&publication.labels),
        "content": [{
            "attachment": {
                "contentType": publication.media_type,
                "language": "fr-FR",
                "url": format!("urn:uuid:{binary}"),
                "size": publication.content.len(),
                "hash": BASE64.encode(&Sha1::digest(&publication.content)),
                "title": publication.title,
                "creation": publication.written,
            },
            "format": format(&publication.media_type),
        }],
        "context": {
            "period": { "start": publication.care_started },
            "facilityType": { "coding": [coding_in(terms::facilities(), &publication.facility)] },
            "practiceSetting": { "coding": [coding_in(terms::settings(), &publication.setting)] },
            "sourcePatientInfo": { "reference": "#patient" },
        },
    });
    if let Some(replaced) = &publication.replaces {
        resource["relatesTo"] = json!([{ "code": "replaces", "target": { "reference": format!("DocumentReference/{replaced}") } }]);
    }
    resource
}

/// The author as a contained work situation, as the guide's own example writes it.
fn situation(author: &Author) -> Value {
    let (system, value) = &author.identifier;
    let mut role = json!({ "resourceType": "PractitionerRole", "id": "auteur" });
    if !value.is_empty() {
        role["identifier"] = json!([{ "use": "official", "system": system, "value": value }]);
        role["practitioner"] =
            json!({ "identifier": { "system": system, "value": value }, "display": author.name });
    } else {
        role["practitioner"] = json!({ "display": author.name });
    }
    if !author.place.is_empty() {
        role["organization"] = match &author.organization {
            Some(reference) => json!({ "reference": reference, "display": author.place }),
            None => json!({ "display": author.place }),
        };
    }
    role
}

fn author_words(author: &Author) -> String {
    if author.place.is_empty() { author.name.clone() } else { format!("{}, {}", author.name, author.place) }
}

fn coding_of_type(code: &str) -> Value {
    match terms::find_type(code) {
        Some(known) => coding(&known.term),
        None => json!({ "system": "http://loinc.org", "code": code }),
    }
}

fn concept_of_class(code: &str) -> Value {
    let known = terms::find_class(code).map(|class| coding(&class.term));
    json!({ "coding": [known.unwrap_or_else(|| json!({ "system": terms::CLASS_SYSTEM, "code": code }))] })
}

fn coding_in(table: &'static [terms::Term], code: &str) -> Value {
    terms::find_term(table, code).map_or_else(|| json!({ "code": code }), coding)
}

fn coding(term: &terms::Term) -> Value {
    json!({ "system": term.system, "code": term.code, "display": term.label(socle_kernel::Lang::Fr) })
}

/// "Normal" is always there: the profile asks for at least one label, and the others add to it.
fn labels(codes: &[String]) -> Value {
    let all = std::iter::once("N").chain(codes.iter().map(String::as_str));
    let concepts = all
        .filter_map(|code| terms::find_term(terms::labels(), code))
        .map(|term| json!({ "coding": [coding(term)] }));
    Value::Array(concepts.collect())
}

fn format(media_type: &str) -> Value {
    match bare_media_type(media_type).as_str() {
        "application/pdf" => json!({ "system": FORMAT_SYSTEM, "code": "urn:ihe:iti:xds-sd:pdf:2008" }),
        "text/plain" => json!({ "system": FORMAT_SYSTEM, "code": "urn:ihe:iti:xds-sd:text:2008" }),
        _ => json!({
            "system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
            "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn published(labels: &[&str], replaces: Option<&str>) -> Value {
        let publication = Publication {
            title: "CR de consultation".into(),
            type_code: "11488-4".into(),
            care_started: "2026-03-02".into(),
            written: "2026-03-03T10:00:00.000Z".into(),
            published: "2026-03-03T10:00:00.000Z".into(),
            facility: "SA07".into(),
            setting: "AMBULATOIRE".into(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            replaces: replaces.map(str::to_owned),
            media_type: "application/pdf".into(),
            content: b"%PDF-1.4".to_vec(),
            unique_id: None,
        };
        let author = Author {
            identifier: ("https://rpps.esante.gouv.fr".into(), "10100000001".into()),
            name: "Dr Anne MARTIN".into(),
            organization: Some("Organization/o".into()),
            place: "Cabinet des Halles".into(),
        };
        let traits = json!({ "resourceType": "Patient", "name": [{ "family": "ROUX" }] });
        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        bundle(&publication, &author, "Patient/p", &traits, "https://sante.example", &ids)
    }

    #[test]
    fn keeps_every_demand_of_the_profiles_without_a_warning() {
        let bundle = published(&["MASQUE_PS"], Some("old"));
        for entry in [0, 1] {
            let issues = crate::rules::profile_issues(&bundle["entry"][entry]["resource"]);
            assert!(issues.is_empty(), "{issues:?}");
        }
        let resource = &bundle["entry"][1]["resource"];
        let document = Document(resource);
        assert_eq!(document.labels(), ["N", "MASQUE_PS"]);
        assert_eq!(document.replaces(), ["DocumentReference/old"]);
        assert_eq!(document.author(), "Dr Anne MARTIN, Cabinet des Halles");
        assert_eq!(document.class_code(), "10");
        assert_eq!(document.attachment()["url"], bundle["entry"][2]["fullUrl"]);
        assert!(crate::author::names(resource, &[], "10100000001"));
    }

    #[test]
    fn gives_a_document_a_unique_id_of_its_own() {
        let bundle = published(&[], None);
        let document = &bundle["entry"][1]["resource"];
        assert_eq!(document["masterIdentifier"]["value"], "urn:uuid:c");
        assert!(document["relatesTo"].is_null());
        assert_eq!(Document(document).labels(), ["N"]);
    }
}
