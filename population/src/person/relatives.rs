//! Who may act for the person: a child's parents, an elderly person's carer and the consent that says so.

use super::chart::Chart;
use super::identity::Identity;
use crate::names::Sex;
use crate::plan::{Figure, matricule};
use crate::resource::{coding, concept, hl7, reference};
use crate::systems::{HL7, INS_TEST, REPRESENTATION};
use serde_json::{Value, json};

/// Of a hundred people of 80 and over, how many have a carer outside the household.
const HAS_CARER: f64 = 30.0;

/// Adds the people who represent or help this one.
pub(super) fn add(chart: &mut Chart<'_>, household: &[Identity]) {
    if chart.who.is_child() && chart.who.birth().years_until(chart.region.today) < 18 {
        for parent in household.iter().filter(|other| !other.is_child()) {
            add_parent(chart, parent);
        }
    }
    match chart.who.figure() {
        Some(Figure::Mother) => add_daughter(chart),
        None if chart.age() >= 80 && household.len() == 1 && chart.draw.percent(HAS_CARER) => {
            add_carer(chart)
        }
        _ => {}
    }
}

fn relationship(code: &str, display: &str, capacity: &str, capacity_display: &str) -> Value {
    json!([
        concept(&format!("{HL7}v3-RoleCode"), code, display),
        { "coding": [coding(REPRESENTATION, capacity, capacity_display)] },
    ])
}

fn add_parent(chart: &mut Chart<'_>, parent: &Identity) {
    let (code, display) = if parent.sex() == Sex::Female { ("MTH", "mother") } else { ("FTH", "father") };
    let mut relative = chart.resource("RelatedPerson");
    relative["identifier"] = json!([{ "use": "official", "system": INS_TEST, "value": parent.ins }]);
    relative["active"] = json!(true);
    relative["patient"] = chart.subject();
    relative["relationship"] = relationship(code, display, "LEGAL", "Représentant légal");
    let mut names = vec![json!({ "use": "official", "family": parent.family, "given": [parent.given[0]] })];
    if parent.used_family.is_some() {
        names.push(parent.usual_name());
    }
    relative["name"] = Value::Array(names);
    if !parent.phones.is_empty() {
        relative["telecom"] = Value::Array(parent.telecom());
    }
    relative["gender"] = json!(parent.sex().code());
    relative["birthDate"] = json!(parent.birth().to_string());
    relative["address"] = parent.addresses(chart.region);
    chart.add(relative);
}

/// The daughter of the story, who has an account: known by her matricule when she is in the region.
fn add_daughter(chart: &mut Chart<'_>) {
    let (family, _, given) = Figure::Carer1.name();
    let carer = chart
        .region
        .plan
        .figure(Figure::Carer1)
        .map(|(_, member)| (matricule(member, &chart.region.geography), member.birth.to_string()));
    let Some((ins, birth)) = carer else { return };
    let identifier = json!([{ "use": "official", "system": INS_TEST, "value": ins }]);
    let name = json!([{ "use": "official", "family": family, "given": [given[0]] }]);
    add_carer_as(chart, identifier, name, Sex::Female, Some(birth));
}

/// A carer without a record here: known by a number of the person's own list.
fn add_carer(chart: &mut Chart<'_>) {
    let sex = if chart.draw.percent(66.0) { Sex::Female } else { Sex::Male };
    let year = chart.who.birth().year() + 28;
    let given = chart.region.names.draw_given(&mut chart.draw, sex, year)[0];
    let family = if sex == Sex::Male || chart.draw.percent(40.0) {
        chart.who.spoken_family().to_owned()
    } else {
        chart.region.names.draw_family(&mut chart.draw).to_owned()
    };
    let number = chart.draw.uuid();
    let identifier = json!([{ "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{number}") }]);
    let name = json!([{ "use": "official", "family": family, "given": [given] }]);
    add_carer_as(chart, identifier, name, sex, None);
}

fn add_carer_as(chart: &mut Chart<'_>, identifier: Value, name: Value, sex: Sex, birth: Option<String>) {
    let (code, display) =
        if sex == Sex::Female { ("DAU", "natural daughter") } else { ("SON", "natural son") };
    let mut relative = chart.resource("RelatedPerson");
    relative["identifier"] = identifier;
    relative["active"] = json!(true);
    relative["patient"] = chart.subject();
    relative["relationship"] = relationship(code, display, "CARER", "Aidant");
    relative["name"] = name;
    relative["gender"] = json!(sex.code());
    if let Some(birth) = birth {
        relative["birthDate"] = json!(birth);
    }
    let carer = chart.add(relative);
    let days = chart.draw.between(60, 700);
    let given_on = chart.day_before_end(days);
    let mut consent = chart.resource("Consent");
    consent["status"] = json!(if chart.who.deceased.is_some() { "inactive" } else { "active" });
    consent["scope"] = hl7("consentscope", "patient-privacy");
    consent["category"] = json!([concept("http://loinc.org", "59284-0", "Consent Document")]);
    consent["patient"] = chart.subject();
    consent["dateTime"] = json!(given_on.to_string());
    consent["performer"] = json!([chart.subject()]);
    consent["policyRule"] = hl7("v3-ActCode", "OPTIN");
    consent["provision"] = json!({
        "type": "permit",
        "period": { "start": given_on.to_string() },
        "actor": [{
            "role": concept(&format!("{HL7}v3-RoleClass"), "CAREGIVER", "caregiver"),
            "reference": reference(&carer),
        }],
        "action": [hl7("consentaction", "access")],
    });
    chart.add(consent);
}
