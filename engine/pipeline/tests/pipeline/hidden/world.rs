//! A region of invented people with records that refer to each other.

use super::dice::Dice;
use serde_json::{Value, json};

/// The people.
pub const PEOPLE: usize = 3;
/// The professionals.
pub const DOCTORS: usize = 4;

/// A reference to another resource of the same record, and the element that it makes.
#[derive(Clone, Debug)]
pub struct Link {
    /// The member of the resource.
    pub member: &'static str,
    /// True when the member is a list.
    pub is_list: bool,
    /// The element with the reference.
    pub element: Value,
    /// The resource it points to, by its place in [`World::resources`].
    pub target: usize,
}

/// One resource, in all its versions.
#[derive(Clone, Debug)]
pub struct Resource {
    pub resource_type: &'static str,
    pub id: String,
    /// Whose record it is in.
    pub person: Option<usize>,
    /// Versions without their links.
    pub versions: Vec<Value>,
    pub is_deleted: bool,
    /// What it refers to.
    pub links: Vec<Link>,
    /// True when it says nothing without at least one of its links.
    pub needs_link: bool,
}

impl Resource {
    pub fn name(&self) -> String {
        format!("{}/{}", self.resource_type, self.id)
    }

    /// A version with the links that are kept.
    pub fn body(&self, version: usize, keep: &dyn Fn(usize) -> bool) -> Value {
        let mut body = self.versions[version].clone();
        for link in self.links.iter().filter(|link| keep(link.target)) {
            if link.is_list {
                let list = body.as_object_mut().unwrap().entry(link.member).or_insert_with(|| json!([]));
                list.as_array_mut().unwrap().push(link.element.clone());
            } else if link.member == "context" {
                body["context"] = json!({ "encounter": [link.element] });
            } else {
                body[link.member] = link.element.clone();
            }
        }
        body
    }
}

/// Everything of a region. The directory and the people come first.
#[derive(Debug)]
pub struct World {
    pub resources: Vec<Resource>,
}

/// Social security number of a person.
pub fn ins(person: usize) -> String {
    format!("27503510000{person:02}")
}

/// RPPS number of a professional.
pub fn rpps(doctor: usize) -> String {
    format!("1010000000{doctor}")
}

/// Type codes of documents; professions differ in which they may read.
pub const DOCUMENT_TYPES: [&str; 5] = ["11488-4", "34133-9", "68599-0", "51969-4", "ATTEST-RESID"];
/// Codes of observations.
pub const OBSERVATION_CODES: [&str; 3] = ["29463-7", "8302-2", "8480-6"];
/// Resource types of records, as drawn.
pub const CLINICAL: [&str; 12] = [
    "Encounter",
    "Condition",
    "Observation",
    "Observation",
    "Observation",
    "DiagnosticReport",
    "MedicationRequest",
    "DocumentReference",
    "DocumentReference",
    "List",
    "Provenance",
    "Appointment",
];

impl World {
    pub fn draw(dice: &mut Dice) -> World {
        let mut world = World { resources: Vec::new() };
        world.directory();
        world.people(dice);
        world.rules(dice);
        for number in 0..(14 + dice.below(26)) {
            let person = dice.below(PEOPLE);
            world.clinical(dice, person, number);
        }
        world
    }

    pub fn name(&self, index: usize) -> String {
        self.resources[index].name()
    }

    /// Resources of a type.
    pub fn of_type(&self, resource_type: &str) -> Vec<&Resource> {
        self.resources.iter().filter(|resource| resource.resource_type == resource_type).collect()
    }

    fn push(&mut self, resource_type: &'static str, id: String, person: Option<usize>, mut body: Value) {
        body["resourceType"] = resource_type.into();
        body["id"] = id.clone().into();
        self.resources.push(Resource {
            resource_type,
            id,
            person,
            versions: vec![body],
            is_deleted: false,
            links: Vec::new(),
            needs_link: false,
        });
    }

    fn directory(&mut self) {
        self.push("Organization", "o".into(), None, json!({ "name": "Cabinet des Halles", "active": true }));
        for doctor in 0..DOCTORS {
            self.push(
                "Practitioner",
                format!("d{doctor}"),
                None,
                json!({ "identifier": [{ "system": "https://rpps.esante.gouv.fr", "value": rpps(doctor) }],
                    "name": [{ "family": format!("MARTIN{doctor}"), "given": ["Anne"] }] }),
            );
        }
        self.push(
            "PractitionerRole",
            "r0".into(),
            None,
            json!({ "practitioner": { "reference": "Practitioner/d0" }, "organization": { "reference": "Organization/o" } }),
        );
        self.push(
            "Location",
            "l".into(),
            None,
            json!({ "name": "Salle 1", "managingOrganization": { "reference": "Organization/o" } }),
        );
    }

    fn people(&mut self, dice: &mut Dice) {
        for person in 0..PEOPLE {
            let mut body = json!({
                "identifier": [{ "system": "urn:oid:1.2.250.1.213.1.4.10", "value": ins(person) }],
                "name": [{ "family": *dice.pick(&["ROUX", "PETIT"]), "given": ["Claire"] }],
                "birthDate": *dice.pick(&["1979-03-12", "2015-06-01"]), "gender": "female" });
            if dice.once_in(2) {
                body["generalPractitioner"] = json!([{ "reference": "Practitioner/d0" }]);
            }
            self.push("Patient", format!("p{person}"), Some(person), body);
        }
    }

    /// Teams, consents, blocks and representatives.
    fn rules(&mut self, dice: &mut Dice) {
        for person in 0..PEOPLE {
            let subject = json!({ "reference": format!("Patient/p{person}") });
            let members: Vec<Value> = (0..DOCTORS)
                .filter(|_| dice.once_in(2))
                .map(|doctor| {
                    let mut member = json!({ "member": { "reference": format!("Practitioner/d{doctor}") } });
                    if doctor == 0 {
                        member["onBehalfOf"] = json!({ "reference": "Organization/o" });
                    }
                    member
                })
                .collect();
            if !members.is_empty() {
                let team = json!({ "status": "active", "subject": subject, "participant": members });
                self.push("CareTeam", format!("team{person}"), Some(person), team);
            }
            for doctor in 0..DOCTORS {
                let kind = match dice.below(6) {
                    0 => "deny",
                    1 => "permit",
                    _ => continue,
                };
                let mut consent = json!({ "status": "active", "patient": subject, "dateTime": "2026-11-20T09:30:00Z",
                    "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
                    "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "INFA" }] }],
                    "policyRule": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN" }] },
                    "provision": { "type": kind, "actor": [{
                        "role": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP" }] },
                        "reference": { "reference": format!("Practitioner/d{doctor}") } }] } });
                label(dice, &mut consent, 8);
                self.push("Consent", format!("consent{person}{doctor}"), Some(person), consent);
            }
            if dice.once_in(2) {
                let other = (person + 1) % PEOPLE;
                let code = ["LEGAL", "CARER"][dice.below(2)];
                let related = json!({ "patient": subject, "identifier": [{ "value": ins(other) }],
                    "relationship": [{ "coding": [{ "system": "https://socle.example/CodeSystem/representation", "code": code }] }] });
                self.push("RelatedPerson", format!("related{person}"), Some(person), related);
            }
        }
    }

    fn clinical(&mut self, dice: &mut Dice, person: usize, number: usize) {
        let resource_type = *dice.pick(&CLINICAL);
        let links = self.links(dice, resource_type, person);
        let needs_link = matches!(resource_type, "List" | "Provenance");
        if resource_type == "Provenance" && links.is_empty() {
            return;
        }
        let mut body = content(dice, resource_type, person, number);
        // Codes of two letters and ids of one: an id may be a part of any other value of a search.
        let id =
            if dice.once_in(3) { format!("{number}") } else { format!("{}{number}", &resource_type[..2]) };
        label(dice, &mut body, 3);
        self.push(resource_type, id, Some(person), body);
        let resource = self.resources.last_mut().unwrap();
        resource.needs_link = needs_link && !links.is_empty();
        resource.links = links;
        if dice.once_in(4) {
            let mut changed = resource.versions[0].clone();
            changed["language"] = "fr".into();
            changed.as_object_mut().unwrap().remove("meta");
            label(dice, &mut changed, 3);
            resource.versions.push(changed);
        }
        resource.is_deleted = dice.once_in(12);
    }

    fn links(&self, dice: &mut Dice, resource_type: &str, person: usize) -> Vec<Link> {
        let possible: &[(&'static str, &[&str])] = match resource_type {
            "Observation" => &[
                ("hasMember", &["Observation"]),
                ("derivedFrom", &["Observation", "DocumentReference"]),
                ("encounter", &["Encounter"]),
            ],
            "DiagnosticReport" => &[("result", &["Observation"]), ("encounter", &["Encounter"])],
            "MedicationRequest" => {
                &[("reasonReference", &["Condition", "Observation"]), ("encounter", &["Encounter"])]
            }
            "DocumentReference" => &[("relatesTo", &["DocumentReference"]), ("context", &["Encounter"])],
            "List" => &[("entry", &["DocumentReference", "Observation", "Condition", "List"])],
            "Provenance" => &[("target", &["Observation", "DocumentReference", "Condition"])],
            "Encounter" => &[("diagnosis", &["Condition"])],
            "Condition" => &[("evidence", &["Observation"]), ("encounter", &["Encounter"])],
            _ => &[],
        };
        let mut links = Vec::new();
        for (member, types) in possible {
            for (index, target) in self.resources.iter().enumerate() {
                let is_possible = target.person == Some(person)
                    && types.contains(&target.resource_type)
                    && (dice.once_in(3) || matches!(*member, "target" | "entry") && dice.once_in(2));
                if is_possible {
                    let (is_list, element) = element(dice, member, &target.name());
                    let is_taken = !is_list && links.iter().any(|link: &Link| link.member == *member);
                    if !is_taken {
                        links.push(Link { member, is_list, element, target: index });
                    }
                }
            }
        }
        links
    }
}

fn element(dice: &mut Dice, member: &str, name: &str) -> (bool, Value) {
    let reference = json!({ "reference": name });
    match member {
        "encounter" | "context" => (false, reference),
        "relatesTo" => {
            let code = ["replaces", "appends"][dice.below(2)];
            (true, json!({ "code": code, "target": reference }))
        }
        "entry" => (true, json!({ "item": reference })),
        "diagnosis" => (true, json!({ "condition": reference })),
        "evidence" => (true, json!({ "detail": [reference] })),
        _ => (true, reference),
    }
}

/// Labels that hide from someone, once in so many times.
fn label(dice: &mut Dice, body: &mut Value, times: usize) {
    if !dice.once_in(times) {
        return;
    }
    let code = *dice.pick(&["MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX", "R"]);
    let system = "https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument";
    body["meta"] = json!({ "security": [{ "system": system, "code": code }] });
}

fn content(dice: &mut Dice, resource_type: &str, person: usize, number: usize) -> Value {
    let subject = json!({ "reference": format!("Patient/p{person}") });
    let day = format!("2026-{:02}-{:02}", 1 + dice.below(6), 1 + dice.below(9));
    let doctor = json!({ "reference": format!("Practitioner/d{}", dice.below(DOCTORS)) });
    match resource_type {
        "Encounter" => json!({ "status": *dice.pick(&["finished", "planned"]), "subject": subject,
            "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" }, "period": { "start": day } }),
        "Condition" => json!({ "subject": subject, "recordedDate": day,
            "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" }] },
            "code": { "coding": [{ "system": "http://snomed.info/sct", "code": format!("{}", 100 + dice.below(3)) }] } }),
        "Observation" => {
            json!({ "status": *dice.pick(&["final", "amended"]), "subject": subject, "effectiveDateTime": day,
            "performer": [doctor], "code": { "coding": [{ "system": "http://loinc.org", "code": *dice.pick(&OBSERVATION_CODES) }] },
            "valueQuantity": { "value": 50 + dice.below(50), "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" } })
        }
        "DiagnosticReport" => json!({ "status": "final", "subject": subject, "effectiveDateTime": day,
            "code": { "coding": [{ "system": "http://loinc.org", "code": "58410-2" }] } }),
        "MedicationRequest" => {
            json!({ "status": "active", "intent": "order", "subject": subject, "authoredOn": day,
            "medicationCodeableConcept": { "text": "Amoxicilline" } })
        }
        "DocumentReference" => {
            json!({ "status": (*dice.pick(&["current", "current", "current", "entered-in-error"])),
            "identifier": [{ "system": "urn:ietf:rfc:3986", "value": format!("urn:oid:1.2.3.{number}") }],
            "subject": subject, "date": format!("{day}T08:00:00Z"), "author": [doctor],
            "type": { "coding": [{ "system": "http://loinc.org", "code": *dice.pick(&DOCUMENT_TYPES) }] },
            "content": [{ "attachment": { "contentType": "text/plain", "title": format!("Document {number}") } }] })
        }
        "List" => json!({ "status": "current", "mode": "working", "subject": subject, "date": day,
            "code": { "text": "Envoi" }, "source": doctor }),
        "Provenance" => json!({ "recorded": format!("{day}T09:00:00Z"), "agent": [{ "who": doctor }] }),
        "Appointment" => {
            json!({ "status": "booked", "start": format!("{day}T10:00:00Z"), "end": format!("{day}T10:20:00Z"),
            "participant": [{ "actor": subject, "status": "accepted" }, { "actor": doctor, "status": "accepted" },
                { "actor": { "reference": format!("Patient/p{}", dice.below(PEOPLE)) }, "status": "tentative" }] })
        }
        other => panic!("no {other} is drawn"),
    }
}
