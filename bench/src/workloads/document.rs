//! Invented people and documents, as a national client writes them.

use super::find_patient::INS;
use crate::draw::Draw;
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

const NOS: &str = "https://mos.esante.gouv.fr/NOS";
const PDSM: &str = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition";
const MHD: &str = "https://profiles.ihe.net/ITI/MHD";

/// A person nobody is.
pub fn patient(ins: &str, name: &str) -> Value {
    json!({ "resourceType": "Patient", "active": true,
        "identifier": [{ "use": "official", "system": INS, "value": ins }],
        "name": [{ "use": "official", "family": name, "given": ["CAMILLE"] }],
        "gender": "female", "birthDate": "1980-02-03" })
}

/// An ITI-65 transaction with a content of so many random bytes.
pub fn bundle(person: &str, content_bytes: usize, draw: &Draw) -> Value {
    let content = draw.bytes(content_bytes);
    let [set, document, binary] = [draw.uuid(), draw.uuid(), draw.uuid()].map(|id| format!("urn:uuid:{id}"));
    let entry = |full: &str, url: &str, resource: Value| json!({ "fullUrl": full, "resource": resource, "request": { "method": "POST", "url": url } });
    json!({ "resourceType": "Bundle", "type": "transaction",
        "meta": { "profile": [format!("{PDSM}/pdsm-comprehensive-provide-document-bundle")] },
        "entry": [
            entry(&set, "List", submission_set(person, &document, draw)),
            entry(&document, "DocumentReference", reference(person, &content, &binary, draw)),
            entry(&binary, "Binary", json!({ "resourceType": "Binary", "contentType": "application/pdf", "data": BASE64.encode(&content) })),
        ] })
}

fn submission_set(person: &str, document: &str, draw: &Draw) -> Value {
    let unique = || format!("urn:uuid:{}", draw.uuid());
    json!({ "resourceType": "List", "status": "current", "mode": "working",
        "meta": { "profile": [format!("{PDSM}/pdsm-submissionset-comprehensive")] },
        "extension": [
            { "url": format!("{MHD}/StructureDefinition/ihe-sourceId"),
              "valueIdentifier": { "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.999.2" } },
            { "url": format!("{MHD}/StructureDefinition/ihe-designationType"),
              "valueCodeableConcept": { "coding": [{ "system": "http://loinc.org", "code": "11488-4" }] } }],
        "identifier": [
            { "use": "official", "system": "urn:ietf:rfc:3986", "value": unique() },
            { "use": "usual", "system": "urn:ietf:rfc:3986", "value": unique() }],
        "contained": [author()],
        "source": { "reference": "#auteur" },
        "code": { "coding": [{ "system": format!("{MHD}/CodeSystem/MHDlistTypes"), "code": "submissionset" }] },
        "title": "Compte rendu de consultation",
        "subject": { "reference": format!("Patient/{person}") },
        "date": "2026-03-02T10:00:00+01:00",
        "entry": [{ "item": { "reference": document } }] })
}

fn reference(person: &str, content: &[u8], binary: &str, draw: &Draw) -> Value {
    let coded = |table: &str, system: &str, code: &str| json!({ "coding": [{ "system": format!("{NOS}/{table}/FHIR/{system}"), "code": code }] });
    let unique = || format!("urn:uuid:{}", draw.uuid());
    json!({ "resourceType": "DocumentReference", "status": "current",
        "contained": [author(), traits()],
        "author": [{ "reference": "#auteur" }],
        "authenticator": { "reference": "#auteur" },
        "custodian": { "display": "Cabinet médical du banc d'essai" },
        "masterIdentifier": { "system": "urn:ietf:rfc:3986", "value": unique() },
        "identifier": [{ "system": "urn:ietf:rfc:3986", "value": unique() }],
        "type": { "coding": [{ "system": "http://loinc.org", "code": "11488-4", "display": "Consultation note" }] },
        "category": [coded("TRE_A03-ClasseDocument", "TRE-A03-ClasseDocument", "10")],
        "subject": { "reference": format!("Patient/{person}") },
        "date": "2026-03-02T10:00:00+01:00",
        "description": format!("Compte rendu de consultation {}", draw.name()),
        "securityLabel": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N" }] }],
        "content": [{
            "attachment": { "contentType": "application/pdf", "language": "fr-FR", "url": binary,
                "size": content.len(), "hash": BASE64.encode(&Sha1::digest(content)),
                "title": "Compte rendu de consultation", "creation": "2026-03-02T09:30:00+01:00" },
            "format": { "system": format!("{NOS}/TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode"), "code": "urn:ihe:iti:xds-sd:pdf:2008" } }],
        "context": {
            "sourcePatientInfo": { "reference": "#patient" },
            "period": { "start": "2026-03-01T08:00:00+01:00", "end": "2026-03-02T08:00:00+01:00" },
            "facilityType": coded("TRE_R02-SecteurActivite", "TRE-R02-SecteurActivite", "SA07"),
            "practiceSetting": coded("TRE_A01-CadreExercice", "TRE-A01-CadreExercice", "AMBULATOIRE") } })
}

/// Who wrote it, as a contained work situation.
fn author() -> Value {
    json!({ "resourceType": "PractitionerRole", "id": "auteur",
        "practitioner": { "display": "Dr Camille BANC" },
        "organization": { "display": "Cabinet médical du banc d'essai" } })
}

/// The identity traits at the time of writing.
fn traits() -> Value {
    json!({ "resourceType": "Patient", "id": "patient",
        "name": [{ "family": "ESSAI", "given": ["CAMILLE"] }], "gender": "female", "birthDate": "1980-02-03" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_is_whole_and_its_hash_is_its_own() {
        let bundle = bundle("p", 1000, &Draw::new(1));
        let data = bundle["entry"][2]["resource"]["data"].as_str().unwrap();
        let content = BASE64.decode(data.as_bytes()).unwrap();
        assert_eq!(content.len(), 1000);
        let attachment = &bundle["entry"][1]["resource"]["content"][0]["attachment"];
        assert_eq!(attachment["hash"], BASE64.encode(&Sha1::digest(&content)));
        assert_eq!(attachment["url"], bundle["entry"][2]["fullUrl"]);
    }

    #[test]
    fn two_documents_never_share_a_unique_id() {
        let draw = Draw::new(1);
        let [one, other] = [bundle("p", 1, &draw), bundle("p", 1, &draw)];
        let unique = |bundle: &Value| bundle["entry"][1]["resource"]["masterIdentifier"].clone();
        assert_ne!(unique(&one), unique(&other));
    }
}
