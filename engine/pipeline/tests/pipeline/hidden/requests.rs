//! What is asked: every kind of reading, with values that exist, that are hidden, and that nobody has.

use super::dice::Dice;
use super::world::{DOCTORS, DOCUMENT_TYPES, OBSERVATION_CODES, PEOPLE, Resource, World, ins};
use socle_pipeline::interaction::parse_query_text;
use socle_pipeline::{Address, Interaction};
use std::fmt;

/// A request, or several as a batch.
#[derive(Clone, Debug)]
pub struct Asked {
    addresses: Vec<String>,
    pub is_lenient: bool,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GET {}", self.addresses.join("\nGET "))
    }
}

impl Asked {
    /// A `GET` of an address relative to the base.
    pub fn get(address: &str) -> Asked {
        Asked { addresses: vec![address.to_owned()], is_lenient: false }
    }

    /// As the pipeline takes it.
    pub fn interaction(&self) -> Interaction {
        if let [address] = self.addresses.as_slice() {
            return interaction(address);
        }
        let entries: Vec<serde_json::Value> = self
            .addresses
            .iter()
            .map(|url| serde_json::json!({ "request": { "method": "GET", "url": url } }))
            .collect();
        Interaction::Bundle(
            serde_json::json!({ "resourceType": "Bundle", "type": "batch", "entry": entries }),
        )
    }
}

fn interaction(address: &str) -> Interaction {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let params = parse_query_text(query).unwrap();
    let address = Address::parse(path).unwrap();
    let (interaction, _) = Interaction::of_reading(address, params).unwrap();
    interaction
}

/// A random request.
pub fn draw(dice: &mut Dice, world: &World) -> Asked {
    if dice.once_in(12) {
        let addresses = (0..2 + dice.below(3)).map(|_| address(dice, world)).collect();
        return Asked { addresses, is_lenient: false };
    }
    Asked { addresses: vec![address(dice, world)], is_lenient: dice.once_in(8) }
}

fn address(dice: &mut Dice, world: &World) -> String {
    let resource = dice.pick(&world.resources);
    match dice.below(12) {
        0 => resource.name(),
        1 => format!("{}/_history/{}", resource.name(), 1 + dice.below(3)),
        2 => match dice.below(4) {
            0 => format!("{}/_history?_count={}", resource.resource_type, 1 + dice.below(5)),
            1 => format!("_history?_count={}", 3 + dice.below(9)),
            _ => format!("{}/_history?_count={}", resource.name(), 1 + dice.below(3)),
        },
        3 => compartment(dice, world),
        4 => together(dice, world),
        _ => search(dice, world),
    }
}

const SEARCHED: [&str; 16] = [
    "Observation",
    "Observation",
    "Observation",
    "DocumentReference",
    "DocumentReference",
    "DocumentReference",
    "List",
    "Provenance",
    "Encounter",
    "Condition",
    "DiagnosticReport",
    "Patient",
    "Appointment",
    "Consent",
    "AuditEvent",
    "Practitioner",
];

fn search(dice: &mut Dice, world: &World) -> String {
    let resource_type = *dice.pick(&SEARCHED);
    let mut parts = Vec::new();
    if !dice.once_in(8) {
        parts.push(place(dice, resource_type, world));
    }
    for _ in 0..dice.below(3) {
        parts.push(filter(dice, resource_type, world));
    }
    for _ in 0..dice.below(3) {
        parts.push(control(dice, resource_type));
    }
    format!("{resource_type}?{}", parts.join("&"))
}

/// A search in a compartment.
fn compartment(dice: &mut Dice, world: &World) -> String {
    let owner = match dice.below(4) {
        0 => one_of(dice, world, &["Encounter"]),
        1 => format!("Practitioner/d{}", dice.below(DOCTORS)),
        2 => one_of(dice, world, &["RelatedPerson"]),
        _ => format!("Patient/p{}", dice.below(PEOPLE + 1)),
    };
    if dice.once_in(3) {
        return format!("{owner}/*?_count={}", 1 + dice.below(9));
    }
    let resource_type =
        *dice.pick(&["Observation", "DocumentReference", "Encounter", "Condition", "Appointment", "List"]);
    let (filter, control) = (filter(dice, resource_type, world), control(dice, resource_type));
    format!("{owner}/{resource_type}?{filter}&{control}")
}

/// A search of several types together.
fn together(dice: &mut Dice, world: &World) -> String {
    let types = *dice.pick(&[
        "_type=Observation,DocumentReference",
        "_type=List,Condition,Provenance",
        "_id=1,2,3,4,5",
    ]);
    let place = match dice.below(3) {
        0 => format!("&_id={}", id_of(dice, &world.resources.iter().collect::<Vec<_>>())),
        _ => String::new(),
    };
    let sort = *dice.pick(&["", "&_sort=_lastUpdated", "&_sort=-_id"]);
    format!("?{types}{place}&_count={}{sort}", 1 + dice.below(5))
}

/// What says where to look.
fn place(dice: &mut Dice, resource_type: &str, world: &World) -> String {
    let person = dice.below(PEOPLE + 1);
    match resource_type {
        "Patient" => match dice.below(4) {
            0 => format!("_id=p{person}"),
            1 => format!("identifier=urn:oid:1.2.250.1.213.1.4.10|{}", ins(person)),
            2 => "birthdate=1979-03-12&family=roux".into(),
            _ => format!("_id=p{person},p{}", dice.below(PEOPLE)),
        },
        "Practitioner" => format!("family=martin{}", dice.below(DOCTORS)),
        "Provenance" => format!("target={}", name_of(dice, world)),
        _ => match dice.below(8) {
            0 => format!("_id={}", id_of(dice, world.of_type(resource_type).as_slice())),
            1 => format!("patient.identifier=urn:oid:1.2.250.1.213.1.4.10|{}", ins(person)),
            2 => format!("patient=p{person},p{}", dice.below(PEOPLE)),
            3 if resource_type == "DocumentReference" => {
                format!("identifier=urn:ietf:rfc:3986|urn:oid:1.2.3.{}", dice.below(30))
            }
            _ => format!("patient=Patient/p{person}"),
        },
    }
}

fn name_of(dice: &mut Dice, world: &World) -> String {
    dice.pick(&world.resources).name()
}

fn id_of(dice: &mut Dice, of: &[&Resource]) -> String {
    if of.is_empty() { "inconnu".into() } else { dice.pick(of).id.clone() }
}

/// A name of a resource of one of these types.
fn one_of(dice: &mut Dice, world: &World, types: &[&str]) -> String {
    let of: Vec<&Resource> =
        world.resources.iter().filter(|resource| types.contains(&resource.resource_type)).collect();
    if of.is_empty() { "Observation/inconnu".into() } else { dice.pick(&of).name() }
}

fn filter(dice: &mut Dice, resource_type: &str, world: &World) -> String {
    let day = format!("2026-0{}", 1 + dice.below(6));
    let prefix = *dice.pick(&["", "ge", "lt", "sa", "ne"]);
    let missing = ["true", "false"][dice.below(2)];
    let common = match dice.below(7) {
        0 => Some(format!("_lastUpdated={prefix}2026-11-20T10:0{}:00Z", dice.below(9))),
        1 => Some(format!("_security={}", dice.pick(&["MASQUE_PS", "INVISIBLE_PATIENT", "R"]))),
        2 => Some(format!("_security:missing={missing}")),
        _ => None,
    };
    if let Some(common) = common {
        return common;
    }
    let options: Vec<String> = match resource_type {
        "Observation" => vec![
            format!("code={},{}", dice.pick(&OBSERVATION_CODES), dice.pick(&OBSERVATION_CODES)),
            format!("code:not={}", dice.pick(&OBSERVATION_CODES)),
            format!("date={prefix}{day}"),
            format!("value-quantity={prefix}{}", 50 + dice.below(50)),
            format!("has-member={}", one_of(dice, world, &["Observation"])),
            format!("has-member:missing={missing}"),
            format!("has-member.code={}", dice.pick(&OBSERVATION_CODES)),
            format!("derived-from:missing={missing}"),
            format!("derived-from:DocumentReference.type={}", dice.pick(&DOCUMENT_TYPES)),
            format!("encounter={}", one_of(dice, world, &["Encounter"])),
            format!("encounter.status={}", ["finished", "planned"][dice.below(2)]),
            format!("encounter.diagnosis:Condition.code={}", 100 + dice.below(3)),
            format!("performer=Practitioner/d{}", dice.below(DOCTORS)),
            format!("_has:List:item:status=current"),
            format!("_has:Observation:has-member:code={}", dice.pick(&OBSERVATION_CODES)),
            format!("_has:Provenance:target:_has:Provenance:target:recorded={prefix}{day}"),
            format!("_list={}", id_of(dice, &world.of_type("List"))),
            format!(
                "_filter=code eq {} or has-member re {}",
                dice.pick(&OBSERVATION_CODES),
                one_of(dice, world, &["Observation"])
            ),
            format!("status={}", dice.pick(&["final", "amended", "1"])),
        ],
        "DocumentReference" => vec![
            format!("type={}", dice.pick(&DOCUMENT_TYPES)),
            format!("status={}", dice.pick(&["current", "entered-in-error"])),
            format!("date={prefix}{day}"),
            format!("relatesto={}", one_of(dice, world, &["DocumentReference"])),
            format!("relatesto:missing={missing}"),
            format!("relation={}", ["replaces", "appends"][dice.below(2)]),
            format!("relation:missing={missing}"),
            format!("relationship={}$replaces", one_of(dice, world, &["DocumentReference"])),
            format!("encounter:missing={missing}"),
            format!("encounter.date={prefix}{day}"),
            format!("author=Practitioner/d{}", dice.below(DOCTORS)),
            format!("relatesto.type={}", dice.pick(&DOCUMENT_TYPES)),
            format!("_has:List:item:_id={}", id_of(dice, &world.of_type("List"))),
            format!("_list={}", id_of(dice, &world.of_type("List"))),
            format!("_filter=not(type eq {})", dice.pick(&DOCUMENT_TYPES)),
            format!("_id={}", id_of(dice, &world.of_type("DocumentReference"))),
        ],
        "List" => vec![
            format!("item={}", one_of(dice, world, &["DocumentReference", "Observation", "List"])),
            format!("item:missing={missing}"),
            format!("item:DocumentReference.type={}", dice.pick(&DOCUMENT_TYPES)),
            format!("status=current"),
        ],
        "Provenance" => vec![
            format!("target={}", name_of(dice, world)),
            format!("target:Observation.code={}", dice.pick(&OBSERVATION_CODES)),
            format!("recorded={prefix}{day}"),
            format!("agent=Practitioner/d{}", dice.below(DOCTORS)),
        ],
        "Encounter" => vec![
            format!("status={}", ["finished", "planned"][dice.below(2)]),
            format!("diagnosis:missing={missing}"),
            format!("diagnosis={}", one_of(dice, world, &["Condition"])),
            format!("_has:Observation:encounter:code={}", dice.pick(&OBSERVATION_CODES)),
            format!("date={prefix}{day}"),
        ],
        "Condition" => vec![
            format!("evidence-detail:missing={missing}"),
            format!("evidence-detail={}", one_of(dice, world, &["Observation"])),
            format!("code={}", 100 + dice.below(3)),
            format!("_has:Encounter:diagnosis:status=finished"),
        ],
        "DiagnosticReport" => vec![
            format!("result:missing={missing}"),
            format!("result.code={}", dice.pick(&OBSERVATION_CODES)),
            format!("result={}", one_of(dice, world, &["Observation"])),
        ],
        "Patient" => vec![
            format!("_has:Observation:patient:code={}", dice.pick(&OBSERVATION_CODES)),
            format!("_has:DocumentReference:patient:type={}", dice.pick(&DOCUMENT_TYPES)),
            format!(
                "_has:Encounter:subject:_has:Observation:encounter:code={}",
                dice.pick(&OBSERVATION_CODES)
            ),
            format!("general-practitioner:missing={missing}"),
            format!("gender=female"),
            format!("family=petit"),
        ],
        "Appointment" => vec![
            format!("practitioner=Practitioner/d{}", dice.below(DOCTORS)),
            format!("patient=Patient/p{}", dice.below(PEOPLE)),
            format!("date={prefix}{day}"),
        ],
        "AuditEvent" => vec![
            format!("action={}", dice.pick(&["C", "R", "E", "U"])),
            format!("entity={}", name_of(dice, world)),
            format!("outcome=0"),
        ],
        _ => vec![format!("_lastUpdated=ge2026"), format!("nonsense=1")],
    };
    dice.pick(&options).clone()
}

fn control(dice: &mut Dice, resource_type: &str) -> String {
    let sorts: &[&str] = match resource_type {
        "Observation" => {
            &["date", "-date", "code", "has-member", "-derived-from", "value-quantity,-date", "encounter"]
        }
        "DocumentReference" => &["date", "-date", "relatesto", "-relation", "type", "encounter"],
        "List" => &["item", "-item", "date"],
        "Provenance" => &["target", "-recorded"],
        "Encounter" => &["diagnosis", "date"],
        "Condition" => &["evidence-detail", "code"],
        "Patient" => &["family", "birthdate"],
        // Ids of log lines are no client's choice, and no two stores agree on them.
        "AuditEvent" => return format!("_count={}", dice.below(5)),
        _ => &["_id", "-_id", "_lastUpdated"],
    };
    let includes: &[&str] = match resource_type {
        "Observation" => &[
            "_include=Observation:has-member",
            "_include:iterate=Observation:has-member",
            "_include=Observation:*",
            "_include=*",
            "_include=Observation:encounter&_include:iterate=Encounter:diagnosis",
            "_revinclude=Observation:has-member",
            "_revinclude=Provenance:target",
            "_revinclude=List:item&_include:iterate=List:item",
        ],
        "DocumentReference" => &[
            "_include=DocumentReference:relatesto",
            "_include=DocumentReference:*",
            "_revinclude=List:item",
            "_revinclude=DocumentReference:relatesto",
            "_include=DocumentReference:author",
        ],
        "List" => &["_include=List:item", "_include=List:item:DocumentReference", "_include=List:subject"],
        "Patient" => &[
            "_revinclude=Observation:patient",
            "_revinclude=DocumentReference:subject",
            "_revinclude=Appointment:patient",
            "_revinclude=CareTeam:patient",
            "_include=Patient:general-practitioner",
            "_revinclude=Observation:patient&_revinclude:iterate=Provenance:target",
        ],
        "Provenance" => &["_include=Provenance:target", "_include=Provenance:agent"],
        "Condition" => &["_include=Condition:evidence-detail", "_revinclude=Encounter:diagnosis"],
        _ => &["_include=*", "_revinclude=Provenance:target"],
    };
    match dice.below(10) {
        0 | 1 => format!("_sort={}", dice.pick(sorts)),
        2 => format!("_sort={}", dice.pick(&["_id", "-_id", "_lastUpdated", "-_lastUpdated"])),
        3 | 4 => format!("_count={}", dice.below(5)),
        5 => format!("_summary={}", dice.pick(&["count", "true", "text", "data", "false"])),
        6 => format!("_total={}", dice.pick(&["none", "estimate", "accurate"])),
        7 => format!("_elements={}", dice.pick(&["status", "hasMember,relatesTo", "entry", "subject,date"])),
        _ => (*dice.pick(includes)).to_owned(),
    }
}
