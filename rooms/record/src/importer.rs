//! CDA documents from files: each becomes the transaction that publishes it, with its person when nobody knows them yet.

use crate::cda_header::{self, Header};
use crate::publication::{self, Author, Publication};
use crate::rules::uuid_of;
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{Importer, Pipeline};

/// Reads CDA documents.
pub struct CdaImporter;

#[async_trait]
impl Importer for CdaImporter {
    async fn bundle(
        &self,
        pipeline: &Pipeline,
        session: &Session,
        content: &[u8],
    ) -> Result<Option<Value>, Problem> {
        let Some(header) = cda_header::read(content) else { return Ok(None) };
        let ids: [String; 4] = std::array::from_fn(|_| {
            let mut random = [0u8; 16];
            session.gate().chance().fill(&mut random);
            uuid_of(random)
        });
        let source = pipeline.settings().base_url.clone();
        Ok(Some(transaction(&header, content, &session.now().to_string(), &source, &ids)?))
    }
}

/// The transaction of a document, from its header alone.
fn transaction(
    header: &Header,
    content: &[u8],
    now: &str,
    source: &str,
    ids: &[String; 4],
) -> Result<Value, Problem> {
    let Some((system, value)) = person_identifier(header) else {
        return Err(Problem::new(
            socle_kernel::Kind::Unprocessable,
            "Ce document CDA ne dit pas de qui il parle : recordTarget/patientRole/id est absent.",
            "This CDA document does not say whom it is about: recordTarget/patientRole/id is missing.",
        )
        .coded("required")
        .at("ClinicalDocument.recordTarget.patientRole.id")
        .expecting("root and extension"));
    };
    let written = header.written.clone().unwrap_or_else(|| now.to_owned());
    let publication = Publication {
        title: if header.title.is_empty() { "Document".to_owned() } else { header.title.clone() },
        type_code: header.type_code.clone(),
        care_started: header.care_started.clone().unwrap_or_else(|| written.clone()),
        written,
        published: now.to_owned(),
        facility: header.facility.clone().unwrap_or_else(|| "SA43".into()),
        setting: "AMBULATOIRE".into(),
        labels: if header.confidentiality == "N" { Vec::new() } else { vec![header.confidentiality.clone()] },
        replaces: None,
        media_type: "text/xml".into(),
        content: content.to_vec(),
        unique_id: header.unique_id(),
    };
    let identifier =
        header.author.clone().map(|(root, value)| author_identifier(&root, &value)).unwrap_or_default();
    let author = Author {
        identifier,
        name: header.author_name.clone(),
        organization: None,
        place: header.custodian.clone(),
    };
    let person = person(header, &system, &value);
    // Created once: the next document of the same person finds them by identifier.
    let patient = format!("urn:uuid:{}", uuid_from_text(&format!("{system}|{value}")));
    let condition = format!("identifier={}", socle_pipeline::encode(&format!("{system}|{value}")));
    let mut bundle = publication::bundle(&publication, &author, &patient, &person, source, ids);
    if let Some(entries) = bundle["entry"].as_array_mut() {
        entries.insert(
            0,
            json!({ "fullUrl": patient, "resource": person,
            "request": { "method": "POST", "url": "Patient", "ifNoneExist": condition } }),
        );
    }
    Ok(bundle)
}

/// The INS when there is one, else the first identifier.
fn person_identifier(header: &Header) -> Option<(String, String)> {
    let first = || header.patient.iter().find(|(root, number)| !root.is_empty() && !number.is_empty());
    let (root, number) =
        header.ins().or_else(|| first().map(|(root, number)| (root.as_str(), number.as_str())))?;
    Some((format!("urn:oid:{root}"), number.to_owned()))
}

fn person(header: &Header, system: &str, value: &str) -> Value {
    let (families, givens) = &header.patient_names;
    let mut person = json!({
        "resourceType": "Patient",
        "identifier": [{ "use": "official", "system": system, "value": value }],
        "name": [{ "use": "official" }],
        "gender": match header.gender.as_str() { "F" => "female", "M" => "male", _ => "unknown" },
    });
    if let Some(family) = families.first() {
        person["name"][0]["family"] = family.clone().into();
    }
    if !givens.is_empty() {
        person["name"][0]["given"] = json!(givens);
    }
    if let Some(birth) = &header.birth_date {
        person["birthDate"] = birth.clone().into();
    }
    person
}

/// A national identifier of a professional carries a digit before the RPPS number.
fn author_identifier(root: &str, value: &str) -> (String, String) {
    match value.strip_prefix('8') {
        Some(rpps) if root == "1.2.250.1.71.4.2.1" && rpps.len() == 11 => {
            ("https://rpps.esante.gouv.fr".into(), rpps.to_owned())
        }
        _ => (format!("urn:oid:{root}"), value.to_owned()),
    }
}

/// A UUID that depends on a text only: the same person gets the same address within one transaction.
fn uuid_from_text(text: &str) -> String {
    use sha1::{Digest, Sha1};
    let digest = Sha1::digest(text.as_bytes());
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid_of(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            id: ("1.2.250.1.999.1".into(), "42".into()),
            type_code: "11502-2".into(),
            title: "CR de biologie".into(),
            written: Some("2026-03-03".into()),
            patient: vec![
                ("1.2.3".into(), "local".into()),
                ("1.2.250.1.213.1.4.10".into(), "279035121518989".into()),
            ],
            patient_names: (vec!["ROUX".into()], vec!["Claire".into()]),
            gender: "F".into(),
            birth_date: Some("1979-03-12".into()),
            author: Some(("1.2.250.1.71.4.2.1".into(), "810100000001".into())),
            author_name: "Dr Anne MARTIN".into(),
            custodian: "Laboratoire des Halles".into(),
            confidentiality: "R".into(),
            ..Header::default()
        }
    }

    #[test]
    fn publishes_a_document_with_its_person_under_all_demands_of_the_profiles() {
        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        let bundle =
            transaction(&header(), b"<ClinicalDocument/>", "2026-11-21T10:00:00.000Z", "https://x", &ids)
                .unwrap();
        let patient = &bundle["entry"][0];
        assert_eq!(
            patient["request"]["ifNoneExist"],
            format!("identifier={}", socle_pipeline::encode("urn:oid:1.2.250.1.213.1.4.10|279035121518989"))
        );
        let document = &bundle["entry"][2]["resource"];
        assert_eq!(document["subject"]["reference"], patient["fullUrl"]);
        assert_eq!(document["contained"][0]["identifier"][0]["value"], "10100000001");
        assert_eq!(crate::document::Document(document).labels(), ["N", "R"]);
        for entry in [1, 2] {
            let issues = crate::rules::profile_issues(&bundle["entry"][entry]["resource"]);
            assert!(issues.is_empty(), "{issues:?}");
        }
    }

    #[test]
    fn refuses_a_document_about_nobody() {
        let nobody = Header { patient: Vec::new(), ..header() };
        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        let problem = transaction(&nobody, b"", "2026-11-21T10:00:00.000Z", "https://x", &ids).unwrap_err();
        assert_eq!(problem.kind, socle_kernel::Kind::Unprocessable);
    }
}
