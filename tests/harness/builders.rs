//! People and documents for tests, in the words of care. Everyone is invented; every matricule is a test one.

use super::client::{Client, encode};
use super::region::{as_login, region};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::sync::atomic::{AtomicU32, Ordering};

/// Test matricules INS.
pub const INS: &str = "urn:oid:1.2.250.1.213.1.4.10";
/// RPPS numbers.
pub const RPPS: &str = "https://rpps.esante.gouv.fr";
/// Access labels.
pub const LABELS: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument";
/// Base of the PDSm profiles.
pub const PDSM: &str = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A number that no other test has.
pub fn fresh() -> u32 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A unique id for a document.
pub fn fresh_uri() -> String {
    format!("urn:oid:1.2.250.1.999.1.1.{}.{}", std::process::id(), fresh())
}

/// A person with a record of their own.
#[derive(Clone, Debug)]
pub struct Person {
    /// Id of the `Patient`.
    pub id: String,
    /// Matricule with its key.
    pub ins: String,
    /// Family name.
    pub family: String,
    /// The `Patient` as stored.
    pub resource: Value,
}

impl Person {
    /// `Patient/<id>`.
    pub fn reference(&self) -> String {
        format!("Patient/{}", self.id)
    }

    /// One of the people who can sign in.
    pub fn of_login(login: &str) -> Person {
        let id = region().account(login, "patient_id");
        let resource = as_login("systeme-1").get(&format!("/fhir/Patient/{id}")).expect(200).json();
        let ins = region().account(login, "ins");
        let family = resource["name"][0]["family"].as_str().unwrap_or("").to_owned();
        Person { id, ins, family, resource }
    }
}

/// A person to be.
pub struct PersonBuilder {
    birth_date: String,
    family: String,
    team: Vec<String>,
    system: Client,
    practitioner_of: fn(&str) -> String,
}

/// Someone new, with nobody in their care team.
pub fn a_person() -> PersonBuilder {
    PersonBuilder {
        birth_date: "1980-02-03".into(),
        family: format!("ESSAI{}", letters(fresh())),
        team: Vec::new(),
        system: as_login("systeme-1"),
        practitioner_of: |login| region().account(login, "practitioner_id"),
    }
}

impl PersonBuilder {
    /// With these professionals in their care team.
    pub fn cared_for_by(mut self, logins: &[&str]) -> Self {
        self.team = logins.iter().map(|login| (*login).to_owned()).collect();
        self
    }

    /// Born on a day.
    pub fn born(mut self, birth_date: &str) -> Self {
        self.birth_date = birth_date.to_owned();
        self
    }

    /// Makes the person and their care team.
    pub fn create(self) -> Person {
        let ins = matricule(fresh());
        let resource = self.system.create(&patient(&ins, &self.family, &self.birth_date));
        let person = Person {
            id: resource["id"].as_str().expect("an id").to_owned(),
            ins,
            family: self.family,
            resource,
        };
        if !self.team.is_empty() {
            let members: Vec<Value> = self
                .team
                .iter()
                .map(|login| json!({ "member": { "reference": format!("Practitioner/{}", (self.practitioner_of)(login)) } }))
                .collect();
            self.system.create(&json!({ "resourceType": "CareTeam", "status": "active",
                "subject": { "reference": person.reference() }, "participant": members }));
        }
        person
    }
}

/// A `Patient` as a national client writes it.
pub fn patient(ins: &str, family: &str, birth_date: &str) -> Value {
    json!({ "resourceType": "Patient", "active": true,
        "identifier": [{ "use": "official", "system": INS, "value": ins }],
        "name": [{ "use": "official", "family": family, "given": ["Camille", "Lou"] }],
        "gender": "female", "birthDate": birth_date })
}

/// A test matricule with its key, of a commune that does not exist.
pub fn matricule(number: u32) -> String {
    let n13: u64 = 2_800_275_900_000 + u64::from(number);
    format!("{n13}{:02}", 97 - n13 % 97)
}

/// A number written with letters: names have no digits.
pub fn letters(number: u32) -> String {
    number.to_string().bytes().map(|digit| char::from(b'A' + digit - b'0')).collect()
}

/// A document to be.
#[derive(Clone, Debug)]
pub struct Document {
    /// Title.
    pub title: String,
    /// LOINC type.
    pub type_code: String,
    /// Access labels.
    pub labels: Vec<String>,
    /// Media type of the content.
    pub media_type: String,
    /// Content.
    pub content: Vec<u8>,
    /// Unique id.
    pub unique_id: String,
    /// Elements that replace ours.
    pub more: Vec<(String, Value)>,
}

/// A consultation report in PDF.
pub fn a_document() -> Document {
    let number = fresh();
    Document {
        title: format!("Compte rendu d'essai {number}"),
        type_code: "11488-4".into(),
        labels: Vec::new(),
        media_type: "application/pdf".into(),
        content: format!("%PDF-1.7\n% essai {number}\n%%EOF\n").into_bytes(),
        unique_id: fresh_uri(),
        more: Vec::new(),
    }
}

impl Document {
    /// With a title.
    pub fn titled(mut self, title: &str) -> Self {
        self.title = title.into();
        self
    }

    /// Of a type (LOINC).
    pub fn of_type(mut self, code: &str) -> Self {
        self.type_code = code.into();
        self
    }

    /// Hidden from professionals.
    pub fn masked(self) -> Self {
        self.labelled("MASQUE_PS")
    }

    /// With an access label.
    pub fn labelled(mut self, code: &str) -> Self {
        self.labels.push(code.into());
        self
    }

    /// With a content.
    pub fn holding(mut self, media_type: &str, content: &[u8]) -> Self {
        self.media_type = media_type.into();
        self.content = content.to_vec();
        self
    }

    /// With an element of its own.
    pub fn with(mut self, element: &str, value: Value) -> Self {
        self.more.push((element.into(), value));
        self
    }

    /// With a unique id.
    pub fn identified(mut self, unique_id: &str) -> Self {
        self.unique_id = unique_id.into();
        self
    }

    /// The `DocumentReference`, its content still to come.
    pub fn reference_for(&self, person: &Person) -> Value {
        let nos = "https://mos.esante.gouv.fr/NOS/";
        let label = |code: &String| json!({ "coding": [{ "system": LABELS, "code": code }] });
        let labels: Vec<Value> = if self.labels.is_empty() {
            vec![
                json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N" }] }),
            ]
        } else {
            self.labels.iter().map(label).collect()
        };
        let mut document = json!({ "resourceType": "DocumentReference",
            "masterIdentifier": { "system": "urn:ietf:rfc:3986", "value": self.unique_id },
            "identifier": [{ "system": "urn:ietf:rfc:3986", "value": format!("{}.9", self.unique_id) }],
            "status": "current",
            "type": { "coding": [{ "system": "http://loinc.org", "code": self.type_code }] },
            "category": [{ "coding": [{ "system": format!("{nos}TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument"), "code": "10" }] }],
            "contained": [
                { "resourceType": "PractitionerRole", "id": "author", "code": [{ "text": "Essai" }] },
                { "resourceType": "Patient", "id": "person", "identifier": [{ "system": INS, "value": person.ins }] }],
            "subject": { "reference": person.reference() },
            "date": "2026-03-02T10:00:00+01:00",
            "author": [{ "reference": "#author" }],
            "custodian": { "display": "Cabinet des Essais" },
            "description": self.title,
            "securityLabel": labels,
            "content": [{ "attachment": { "contentType": self.media_type, "language": "fr-FR", "title": self.title,
                "size": self.content.len(), "hash": BASE64.encode(&Sha1::digest(&self.content)), "creation": "2026-03-02T09:30:00+01:00" },
                "format": { "system": format!("{nos}TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode"), "code": "urn:ihe:iti:xds-sd:pdf:2008" } }],
            "context": {
                "sourcePatientInfo": { "reference": "#person" },
                "event": [{ "coding": [{ "system": "urn:oid:1.2.250.1.213.2.5", "code": "YYYY010" }] }],
                "period": { "start": "2026-03-01T08:00:00+01:00", "end": "2026-03-02T08:00:00+01:00" },
                "facilityType": { "coding": [{ "system": format!("{nos}TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"), "code": "SA07" }] },
                "practiceSetting": { "coding": [{ "system": format!("{nos}TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice"), "code": "AMBULATOIRE" }] } } });
        for (element, value) in &self.more {
            document[element.as_str()] = value.clone();
        }
        document
    }

    /// The body of a simplified publication (ITI-105): the content comes along.
    pub fn simplified_for(&self, person: &Person) -> Value {
        let mut document = self.reference_for(person);
        document["content"][0]["attachment"]["data"] = BASE64.encode(&self.content).into();
        document
    }

    /// The body of a provided bundle (ITI-65): submission set, document, content.
    pub fn bundle_for(&self, person: &Person) -> Value {
        let number = fresh();
        let [set, document, binary] =
            ["a", "b", "c"].map(|part| format!("urn:uuid:00000000-0000-4000-8000-{part}{number:011}"));
        let mut reference = self.reference_for(person);
        reference["content"][0]["attachment"]["url"] = binary.clone().into();
        let ihe = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";
        let list = json!({ "resourceType": "List", "status": "current", "mode": "working",
            "meta": { "profile": [format!("{PDSM}pdsm-submissionset-comprehensive")] },
            "contained": [{ "resourceType": "PractitionerRole", "id": "source", "code": [{ "text": "Essai" }] }],
            "source": { "reference": "#source" },
            "extension": [
                { "url": format!("{ihe}ihe-sourceId"), "valueIdentifier": { "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.999.2" } },
                { "url": format!("{ihe}ihe-designationType"), "valueCodeableConcept": { "coding": [{ "system": "http://loinc.org", "code": self.type_code }] } }],
            "identifier": [
                { "use": "official", "system": "urn:ietf:rfc:3986", "value": format!("{}.7", self.unique_id) },
                { "use": "usual", "system": "urn:ietf:rfc:3986", "value": format!("{}.8", self.unique_id) }],
            "code": { "coding": [{ "system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "code": "submissionset" }] },
            "title": format!("Lot : {}", self.title),
            "subject": { "reference": person.reference() }, "date": "2026-03-02T10:00:00+01:00",
            "entry": [{ "item": { "reference": document } }] });
        let content = json!({ "resourceType": "Binary", "contentType": self.media_type, "data": BASE64.encode(&self.content) });
        let entry = |url: &str, resource: Value, name: &str| json!({ "fullUrl": url, "resource": resource, "request": { "method": "POST", "url": name } });
        json!({ "resourceType": "Bundle", "type": "transaction",
            "meta": { "profile": [format!("{PDSM}pdsm-comprehensive-provide-document-bundle")] },
            "entry": [entry(&set, list, "List"), entry(&document, reference, "DocumentReference"), entry(&binary, content, "Binary")] })
    }

    /// Publishes it by ITI-65 as a sign-in.
    #[track_caller]
    pub fn publish_as(&self, login: &str, person: &Person) -> Published {
        self.publish_with(&as_login(login), person)
    }

    /// Publishes it by ITI-65 with a client.
    #[track_caller]
    pub fn publish_with(&self, client: &Client, person: &Person) -> Published {
        let reply = client.post("/fhir", &self.bundle_for(person)).expect(200);
        let answer = reply.json();
        let id = |index: usize| -> String {
            let location =
                answer["entry"][index]["response"]["location"].as_str().unwrap_or_else(|| panic!("{answer}"));
            location.split('/').rev().nth(2).expect("Type/id/_history/version").to_owned()
        };
        Published { list: id(0), id: id(1), binary: id(2), document: self.clone(), person: person.clone() }
    }
}

/// A document that is in a record.
#[derive(Clone, Debug)]
pub struct Published {
    /// Id of the `DocumentReference`.
    pub id: String,
    /// Id of its `Binary`.
    pub binary: String,
    /// Id of the submission set.
    pub list: String,
    /// What was published.
    pub document: Document,
    /// Whose record.
    pub person: Person,
}

impl Published {
    /// Address of the document.
    pub fn path(&self) -> String {
        format!("/fhir/DocumentReference/{}", self.id)
    }

    /// The search that finds it by its unique id in its record.
    pub fn search(&self) -> String {
        format!(
            "/fhir/DocumentReference?patient={}&identifier={}",
            encode(&self.person.reference()),
            encode(&self.document.unique_id)
        )
    }
}
