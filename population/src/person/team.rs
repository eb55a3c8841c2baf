//! The care team: the treating doctor, the pharmacist, and who else cares for the person now.

use super::chart::Chart;
use crate::resource::{coding, concept_text, list, text};
use crate::systems::HL7;
use serde_json::{Value, json};

/// Adds the CareTeam.
pub(super) fn add(chart: &mut Chart<'_>) {
    let team = &chart.who.team;
    let mut participants =
        vec![participant(chart, team.doctor, true), participant(chart, team.pharmacist, false)];
    participants.extend(team.others.iter().map(|professional| participant(chart, *professional, false)));
    let mut care_team = chart.resource("CareTeam");
    care_team["status"] = json!(if chart.who.deceased.is_some() { "inactive" } else { "active" });
    care_team["name"] = json!("Équipe de soins");
    care_team["subject"] = chart.subject();
    let since = chart.draw.between(200, 2500);
    let mut period = json!({ "start": chart.day_before_end(since).to_string() });
    if let Some(day) = chart.who.deceased {
        period["end"] = text(day.to_string());
    }
    care_team["period"] = period;
    care_team["participant"] = Value::Array(participants);
    care_team["managingOrganization"] = list(chart.place_of(chart.who.team.doctor));
    chart.add(care_team);
}

fn participant(chart: &Chart<'_>, professional: usize, is_treating: bool) -> Value {
    let profession = chart.region.network.profession(professional);
    let mut role = concept_text(profession.system, profession.code, profession.label);
    if is_treating {
        let primary = coding(&format!("{HL7}v3-ParticipationFunction"), "PCP", "primary care physician");
        role["coding"].as_array_mut().expect("made as an array above").push(primary);
        role["text"] = json!("Médecin traitant");
    }
    json!({
        "role": [role],
        "member": chart.professional(professional),
        "onBehalfOf": chart.place_of(professional),
    })
}
