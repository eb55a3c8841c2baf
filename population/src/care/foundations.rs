//! The care offer as FHIR: organisations with their location, professionals with their work situations.

use super::network::{Network, Professional, Site};
use crate::draw::{Draw, Stream};
use crate::geo::Geography;
use crate::names::Sex;
use crate::resource::{
    address, coding, concept, concept_text, conditional, decimal, meta, named_reference, post_once,
    reference, transaction,
};
use crate::systems::{self, FR_CORE, IDENTIFIER_TYPE};
use serde_json::{Value, json};

/// Entries of one Bundle, at most.
const ENTRIES: usize = 500;
/// Most entries that one place or one professional brings.
const ENTRIES_TOGETHER: usize = 4;
/// Number of the sequence that gives the foundations their addresses.
const ADDRESSES: u64 = u64::MAX;

/// The transactions to load before any person, in this order.
pub(crate) fn bundles(network: &Network, geography: &Geography, seed: u64) -> Vec<Value> {
    let mut draw = Draw::new(seed, Stream::Network, ADDRESSES);
    let mut groups: Vec<Vec<Value>> = Vec::new();
    groups.extend(network.sites.iter().map(|site| place(network, site, geography, &mut draw)));
    let places = in_bundles(std::mem::take(&mut groups));
    groups.extend((0..network.professionals.len()).map(|index| professional(network, index, &mut draw)));
    places.into_iter().chain(in_bundles(groups)).collect()
}

fn in_bundles(groups: Vec<Vec<Value>>) -> Vec<Value> {
    let mut bundles = Vec::new();
    let mut entries = Vec::new();
    for group in groups {
        entries.extend(group);
        if entries.len() + ENTRIES_TOGETHER > ENTRIES {
            bundles.push(transaction(std::mem::take(&mut entries)));
        }
    }
    if !entries.is_empty() {
        bundles.push(transaction(entries));
    }
    bundles
}

fn place(network: &Network, site: &Site, geography: &Geography, draw: &mut Draw) -> Vec<Value> {
    let kind = &network.places[site.kind];
    let commune = &geography.communes[site.commune];
    let (organization_url, location_url) = (draw.urn(), draw.urn());
    let mut work_address = address(&site.street, commune);
    work_address["use"] = json!("work");
    let telecom = json!([{ "system": "phone", "value": site.phone, "use": "work" }]);
    let organization = json!({
        "resourceType": "Organization",
        "meta": meta(None),
        "language": "fr-FR",
        "identifier": [
            finess_identifier(site),
            {
                "use": "official",
                "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "IDNST" }] },
                "system": systems::ID_NAT_STRUCT,
                "value": format!("1{}", site.finess),
            },
        ],
        "active": true,
        "type": [
            { "coding": [{ "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-3307", "code": "GEOGRAPHICAL-ENTITY" }] },
            concept(systems::SECTOR, kind.sector.0, kind.sector.1),
        ],
        "name": site.name,
        "telecom": telecom,
        "address": [work_address],
    });
    let location = json!({
        "resourceType": "Location",
        "meta": meta(None),
        "language": "fr-FR",
        "identifier": [finess_identifier(site)],
        "status": "active",
        "name": site.name,
        "mode": "instance",
        "telecom": telecom,
        "address": work_address,
        "position": {
            "longitude": decimal(commune.longitude, 4),
            "latitude": decimal(commune.latitude, 4),
        },
        "managingOrganization": reference(&organization_url),
    });
    vec![
        post_once(&organization_url, organization, systems::FINESS, &site.finess),
        post_once(&location_url, location, systems::FINESS, &site.finess),
    ]
}

fn finess_identifier(site: &Site) -> Value {
    json!({
        "use": "official",
        "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "FINEG", "display": "FINESS d'entité géographique" }] },
        "system": systems::FINESS,
        "value": site.finess,
    })
}

fn professional(network: &Network, index: usize, draw: &mut Draw) -> Vec<Value> {
    let professional = &network.professionals[index];
    let url = draw.urn();
    let system = network.number_system(index);
    let mut entries = vec![post_once(&url, practitioner(network, index), system, &professional.number)];
    for (rank, (site, situation)) in professional.situations.iter().enumerate() {
        let role = situation_role(network, index, &network.sites[*site], situation, rank, &url);
        entries.push(post_once(&draw.urn(), role, system, situation));
    }
    entries
}

impl Network {
    /// The system of a professional's number.
    pub(crate) fn number_system(&self, professional: usize) -> &'static str {
        if self.profession(professional).is_registered() { systems::RPPS } else { systems::LOCAL_STAFF }
    }

    /// How other Bundles reach a professional.
    pub(crate) fn practitioner_reference(&self, professional: usize) -> String {
        let number = &self.professionals[professional].number;
        conditional("Practitioner", self.number_system(professional), number)
    }

    /// How other Bundles reach a place.
    pub(crate) fn organization_reference(&self, site: &Site) -> String {
        conditional("Organization", systems::FINESS, &site.finess)
    }

    /// The name on a letter, as `Dr Anne MARTIN`.
    pub(crate) fn spoken_name(&self, professional: usize) -> String {
        let Professional { sex, family, given, .. } = &self.professionals[professional];
        let prefix = match (self.profession(professional).title, sex) {
            ("DR", _) => "Dr",
            (_, Sex::Male) => "M.",
            (_, Sex::Female) => "Mme",
        };
        format!("{prefix} {given} {}", family.to_uppercase())
    }

    /// Identifiers of a professional, FR Core's slices for those who are registered.
    pub(crate) fn practitioner_identifiers(&self, professional: usize) -> Value {
        let number = &self.professionals[professional].number;
        if !self.profession(professional).is_registered() {
            return json!([{ "use": "official", "system": systems::LOCAL_STAFF, "value": number }]);
        }
        json!([
            {
                "use": "official",
                "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "IDNPS" }] },
                "system": systems::ID_NAT_PS,
                "value": format!("8{number}"),
            },
            {
                "use": "official",
                "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "RPPS" }] },
                "system": systems::RPPS,
                "value": number,
            },
        ])
    }

    /// Name of a professional.
    pub(crate) fn practitioner_name(&self, professional: usize) -> Value {
        let person = &self.professionals[professional];
        let mut name = json!({
            "use": "official",
            "text": self.spoken_name(professional),
            "family": person.family,
            "given": [person.given],
            "prefix": [person.sex.pick("M", "MME")],
        });
        if self.profession(professional).title == "DR" {
            name["suffix"] = json!(["DR"]);
        }
        json!([name])
    }

    /// The profession and the know-how, as qualifications.
    pub(crate) fn qualifications(&self, professional: usize) -> Value {
        let profession = self.profession(professional);
        let mut list =
            vec![json!({ "code": concept_text(profession.system, profession.code, profession.label) })];
        if let Some((code, label)) = profession.specialty {
            list.push(json!({ "code": concept_text(systems::SPECIALTY, code, label) }));
        }
        Value::Array(list)
    }
}

fn practitioner(network: &Network, index: usize) -> Value {
    let person = &network.professionals[index];
    let mut resource = json!({
        "resourceType": "Practitioner",
        "meta": meta(None),
        "language": "fr-FR",
        "identifier": network.practitioner_identifiers(index),
        "active": true,
        "name": network.practitioner_name(index),
        "telecom": [{ "system": "phone", "value": network.main_site(index).phone, "use": "work" }],
        "gender": person.sex.code(),
        "qualification": network.qualifications(index),
    });
    if network.profession(index).is_registered() {
        let address = format!("{}@pro.mssante.example", person.number);
        let mail = json!({
            "extension": [{
                "url": format!("{FR_CORE}fr-core-contact-point-email-type"),
                "valueCoding": {
                    "system": "https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie",
                    "code": "MSSANTE",
                },
            }],
            "system": "email",
            "value": address,
            "use": "work",
        });
        resource["telecom"].as_array_mut().expect("made as an array above").push(mail);
    }
    resource
}

fn situation_role(
    network: &Network,
    index: usize,
    site: &Site,
    situation: &str,
    rank: usize,
    practitioner: &str,
) -> Value {
    let profession = network.profession(index);
    // A second work situation of a liberal professional is a salaried one, in hospital.
    let mode = if rank > 0 { "S" } else { profession.mode };
    let mut codes = vec![
        concept_text(profession.system, profession.code, profession.label),
        json!({ "coding": [{ "system": systems::ACTIVITY, "code": "GENR01" }] }),
        json!({ "coding": [{ "system": systems::WORK_MODE, "code": mode }] }),
    ];
    if profession.id == super::profession::REGULATOR {
        codes.push(json!({
            "coding": [coding(systems::ROLE, "REGULATOR", "Médecin régulateur")],
            "text": "Médecin régulateur du SAMU",
        }));
    }
    let mut role = json!({
        "resourceType": "PractitionerRole",
        "meta": meta(None),
        "language": "fr-FR",
        "identifier": [{ "use": "official", "system": network.number_system(index), "value": situation }],
        "active": true,
        "practitioner": named_reference(practitioner, &network.spoken_name(index)),
        "organization": named_reference(&network.organization_reference(site), &site.name),
        "code": codes,
        "location": [reference(&conditional("Location", systems::FINESS, &site.finess))],
        "telecom": [{ "system": "phone", "value": site.phone, "use": "work" }],
    });
    if let Some((code, label)) = profession.specialty {
        role["specialty"] = json!([concept_text(systems::SPECIALTY, code, label)]);
    }
    role
}
