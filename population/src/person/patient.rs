//! The Patient, shaped by FR Core's INS profile.

use super::chart::Chart;
use crate::resource::{meta, post_once};
use crate::systems::{COMMUNE, FR_CORE, HL7, IDENTIFIER_TYPE, INS_TEST};
use serde_json::{Value, json};

/// How the identity was checked: code and frequency. The INS profile allows these.
const CHECKED_BY: [&str; 3] = ["CN", "CN", "PA"];

/// Adds the Patient, found again by its matricule when the region is loaded twice.
pub(super) fn add(chart: &mut Chart<'_>) {
    let resource = patient(chart);
    chart.entries.push(post_once(&chart.patient, resource, INS_TEST, &chart.who.ins));
}

fn patient(chart: &mut Chart<'_>) -> Value {
    let who = chart.who;
    let mut names = vec![who.official_name()];
    if who.used_family.is_some() {
        names.push(who.usual_name());
    }
    let mut resource = json!({
        "resourceType": "Patient",
        "meta": meta(Some(&format!("{FR_CORE}fr-core-patient-ins"))),
        "language": "fr-FR",
        "extension": [birth_place(chart), reliability(chart)],
        "identifier": [{
            "use": "official",
            "type": { "coding": [{ "system": IDENTIFIER_TYPE, "code": "INS-NIR-TEST" }] },
            "system": INS_TEST,
            "value": who.ins,
        }],
        "active": true,
        "name": names,
        "telecom": who.telecom(),
        "gender": who.sex().code(),
        "birthDate": who.birth().to_string(),
    });
    match who.deceased {
        Some(day) => resource["deceasedDateTime"] = json!(day.to_string()),
        None => resource["deceasedBoolean"] = json!(false),
    }
    resource["address"] = who.addresses(chart.region);
    if who.used_family.is_some() {
        resource["maritalStatus"] =
            json!({ "coding": [{ "system": format!("{HL7}v3-MaritalStatus"), "code": "M" }] });
    }
    resource["communication"] = json!([{
        "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": "fr-FR" }] },
        "preferred": true,
    }]);
    resource["generalPractitioner"] = json!([chart.professional(who.team.doctor)]);
    // An empty list is not FHIR: citoyen-5 and young children have no telephone.
    if who.phones.is_empty()
        && let Some(fields) = resource.as_object_mut()
    {
        fields.shift_remove("telecom");
    }
    resource
}

fn birth_place(chart: &Chart<'_>) -> Value {
    let place = &chart.region.geography.birth_places[usize::from(chart.who.member.place)];
    let code = json!({
        "url": format!("{FR_CORE}fr-core-address-insee-code"),
        "valueCoding": { "system": COMMUNE, "code": place.code, "display": place.name },
    });
    let mut address = json!({ "extension": [code] });
    if place.is_abroad {
        address["country"] = json!(place.name);
    } else {
        address["city"] = json!(place.name);
        address["country"] = json!("FRA");
    }
    json!({ "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": address })
}

fn reliability(chart: &mut Chart<'_>) -> Value {
    let is_minor = chart.age() < 18;
    let mode = if is_minor { "LE" } else { *chart.draw.pick(&CHECKED_BY) };
    let days = chart.draw.between(30, 1400);
    let on = chart.day_before_end(days);
    let code = |system: &str, code: &str| json!({ "system": format!("https://hl7.fr/ig/fhir/core/CodeSystem/{system}"), "code": code });
    let parts = [
        json!({ "url": "identityStatus", "valueCoding": code("fr-core-cs-v2-0445", "VALI") }),
        json!({ "url": "validationDate", "valueDate": on.to_string() }),
        json!({ "url": "validationMode", "valueCoding": code("fr-core-cs-mode-validation-identity", mode) }),
        json!({ "url": "methodCollection", "valueCoding": code("fr-core-cs-method-collection", "INSI") }),
        json!({ "url": "dateCollection", "valueDate": on.to_string() }),
    ];
    json!({ "extension": parts, "url": format!("{FR_CORE}fr-core-identity-reliability") })
}
