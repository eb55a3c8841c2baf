//! Immunizations, by the schedule of the person's birth year.

use super::chart::Chart;
use crate::calendar::Day;
use crate::plan::Figure;
use crate::resource::{concept_text, hl7, text};
use crate::systems::ATC;
use serde_json::json;

/// First year whose vaccinations are in the record: older ones stayed in paper notebooks.
const FIRST_YEAR: i32 = 2005;
/// Percent of people of 65 and over vaccinated against influenza each year.
const INFLUENZA: f64 = 54.0;
/// Influenza campaigns that are in the record.
const INFLUENZA_YEARS: i32 = 4;

/// Adds the vaccinations of the schedule, and those of each winter.
pub(super) fn add(chart: &mut Chart<'_>) {
    if chart.who.figure() == Some(Figure::Citizen4) {
        return;
    }
    let region = chart.region;
    let birth = chart.who.birth();
    for vaccine in &region.clinic.vaccines {
        if !(vaccine.born.0..=vaccine.born.1).contains(&birth.year()) {
            continue;
        }
        let is_careful = chart.who.figure() == Some(Figure::Lina);
        if !is_careful && !chart.draw.percent(vaccine.percent) {
            continue;
        }
        for (dose, months) in (1u32..).zip(&vaccine.months) {
            let late = chart.draw.below(if *months < 24 { 12 } else { 150 }) as i32;
            let day = birth.plus_months(*months).plus_days(late);
            let day = if day.working_day() <= chart.end { day.working_day() } else { day };
            if day <= chart.end && day.year() >= FIRST_YEAR {
                given(chart, vaccine.atc, vaccine.label, vaccine.targets, day, dose);
            }
        }
    }
    influenza(chart);
}

fn influenza(chart: &mut Chart<'_>) {
    if chart.age() < 65 {
        return;
    }
    for back in 0..INFLUENZA_YEARS {
        let late = chart.draw.below(40) as i32;
        let day = Day::ymd(chart.end.year() - back, 10, 15).plus_days(late).working_day();
        if day <= chart.end && chart.draw.percent(INFLUENZA) {
            given(chart, "J07BB02", "Vaccin grippe saisonnière", "grippe", day, 1);
        }
    }
}

fn given(chart: &mut Chart<'_>, atc: &'static str, label: &'static str, targets: &str, day: Day, dose: u32) {
    let lot = format!("{}{:04}", chart.draw.pick(&["A", "B", "K", "T", "W"]), chart.draw.below(10_000));
    let performer = match chart.age() {
        65.. if chart.draw.percent(50.0) => chart.who.team.pharmacist,
        _ => chart.who.team.doctor,
    };
    let mut resource = chart.resource("Immunization");
    resource["status"] = json!("completed");
    resource["vaccineCode"] = concept_text(ATC, atc, label);
    resource["patient"] = chart.subject();
    resource["occurrenceDateTime"] = text(day.to_string());
    resource["primarySource"] = json!(true);
    resource["lotNumber"] = json!(lot);
    resource["route"] = hl7("v3-RouteOfAdministration", "IM");
    resource["performer"] = json!([{
        "function": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0443", "code": "AP" }] },
        "actor": chart.professional(performer),
    }]);
    resource["protocolApplied"] = json!([{
        "targetDisease": [{ "text": targets }],
        "doseNumberPositiveInt": dose,
    }]);
    chart.add(resource);
    chart.facts.vaccines.push((atc, label, day, lot));
}
