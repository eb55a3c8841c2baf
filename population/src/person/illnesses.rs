//! Illnesses, allergies, medicines and procedures: what a record says before any document.

use super::chart::Chart;
use super::measures;
use crate::calendar::Day;
use crate::care::profession;
use crate::clinic::{Act, Allergy, Illness, Medicine};
use crate::names::Sex;
use crate::resource::{concept, concept_text, hl7, list, text};
use crate::systems::{ATC, CCAM, CIM10};
use serde_json::{Value, json};

/// Rounds of laboratory tests that a chronic illness brings, at most.
const ROUNDS: i32 = 3;
/// Days between two rounds.
const ROUND_DAYS: i32 = 170;

fn band(age: i32) -> usize {
    match age {
        ..18 => 0,
        18..40 => 1,
        40..60 => 2,
        60..75 => 3,
        _ => 4,
    }
}

fn concerns(sex_of_table: &str, sex: Sex) -> bool {
    sex_of_table == "*" || sex_of_table == sex.pick("M", "F")
}

/// Illnesses of someone drawn, with their medicines and tests.
pub(super) fn draw_illnesses(chart: &mut Chart<'_>) {
    let region = chart.region;
    let age = chart.age();
    for illness in &region.clinic.illnesses {
        if concerns(illness.sex, chart.who.sex()) && chart.draw.percent(illness.percent[band(age)]) {
            let longest = (age * 365 / 2).clamp(30, 5_500);
            let days = chart.draw.between(30, longest);
            let since = chart.day_before_end(days);
            add_illness(chart, illness, since, ROUNDS);
        }
    }
    draw_allergies(chart);
    draw_acts(chart);
}

/// One illness, what is taken for it and how it is watched.
pub(super) fn add_illness<'a>(chart: &mut Chart<'a>, illness: &'a Illness, since: Day, rounds: i32) {
    condition(chart, illness.code, illness.label, since, illness.is_chronic);
    chart.facts.illnesses.push((illness, since));
    let is_taken = illness.is_chronic || since > chart.end.plus_days(-200);
    for (rank, id) in illness.medicines.iter().enumerate() {
        // The first medicine always, the second one for those who need more.
        if rank == 0 || chart.draw.percent(45.0) {
            let region = chart.region;
            medicine(chart, region.clinic.medicine(id), illness.label, since, is_taken);
        }
    }
    if illness.is_chronic {
        watch(chart, illness, since, rounds);
    }
}

/// Rounds of tests with a trend: above the limits at first, nearer to them later.
fn watch(chart: &mut Chart<'_>, illness: &Illness, since: Day, rounds: i32) {
    let region = chart.region;
    for id in &illness.tests {
        let test = region.clinic.test(id);
        // Values of an illness stand two to four spreads away from the usual one, on the side that is watched.
        let side = if matches!(*id, "egfr" | "hdl" | "vitamine_d" | "ferritine" | "hemoglobine") {
            -1.0
        } else {
            1.0
        };
        let worst = test.mean + side * test.spread * chart.draw.bell(3.6, 0.8);
        for round in (0..rounds).rev() {
            let late = chart.draw.below(40) as i32;
            let day = chart.day_before_end(round * ROUND_DAYS + 12 + late);
            if day < since {
                continue;
            }
            let progress = f64::from(rounds - 1 - round) / f64::from(rounds.max(2) - 1);
            let aim = worst + (test.mean + side * test.spread * 1.4 - worst) * progress;
            let value = aim + chart.draw.bell(0.0, test.spread * 0.25);
            measures::result(chart, id, value.max(test.low * 0.4).max(0.01), day);
        }
    }
}

/// A round of usual tests for someone in good health.
pub(super) fn usual_tests(chart: &mut Chart<'_>, tests: &[&str], day: Day) {
    let region = chart.region;
    for id in tests {
        let test = region.clinic.test(id);
        let value = chart.draw.bell(test.mean, test.spread);
        measures::result(chart, id, value.max(test.low * 0.6).max(0.01), day);
    }
}

/// A Condition.
pub(super) fn condition(chart: &mut Chart<'_>, code: &str, label: &str, since: Day, is_active: bool) {
    let mut resource = chart.resource("Condition");
    resource["clinicalStatus"] = hl7("condition-clinical", if is_active { "active" } else { "resolved" });
    resource["verificationStatus"] = hl7("condition-ver-status", "confirmed");
    resource["category"] = list(hl7("condition-category", "problem-list-item"));
    resource["code"] = concept_text(CIM10, code, label);
    resource["subject"] = chart.subject();
    resource["onsetDateTime"] = text(since.to_string());
    if !is_active {
        let days = chart.draw.between(5, 120);
        let over = since.plus_days(days).min(chart.end);
        resource["abatementDateTime"] = text(over.to_string());
    }
    resource["recordedDate"] = text(since.to_string());
    resource["recorder"] = chart.professional(chart.who.team.doctor);
    chart.add(resource);
}

/// What is taken (MedicationStatement) and, while it is taken, its last prescription (MedicationRequest).
pub(super) fn medicine<'a>(
    chart: &mut Chart<'a>,
    medicine: &'a Medicine,
    why: &str,
    since: Day,
    is_taken: bool,
) {
    if chart.facts.medicines.iter().any(|(known, _)| known.atc == medicine.atc) {
        return;
    }
    let doctor = chart.professional(chart.who.team.doctor);
    let mut statement = chart.resource("MedicationStatement");
    statement["status"] = json!(if is_taken { "active" } else { "completed" });
    statement["medicationCodeableConcept"] = concept_text(ATC, medicine.atc, medicine.name);
    statement["subject"] = chart.subject();
    let mut period = json!({ "start": since.to_string() });
    if !is_taken {
        period["end"] = json!(since.plus_days(chart.draw.between(6, 60)).min(chart.end).to_string());
    }
    statement["effectivePeriod"] = period;
    statement["dateAsserted"] = text(chart.end.to_string());
    statement["informationSource"] = doctor.clone();
    statement["reasonCode"] = json!([{ "text": why }]);
    statement["dosage"] = list(dosage(medicine));
    chart.add(statement);
    chart.facts.medicines.push((medicine, since));
    if is_taken {
        let days = chart.draw.between(3, 80);
        let on = chart.day_before_end(days).max(since);
        let mut request = chart.resource("MedicationRequest");
        request["status"] = json!("active");
        request["intent"] = json!("order");
        request["medicationCodeableConcept"] = concept_text(ATC, medicine.atc, medicine.name);
        request["subject"] = chart.subject();
        request["authoredOn"] = text(on.to_string());
        request["requester"] = doctor;
        request["reasonCode"] = json!([{ "text": why }]);
        request["dosageInstruction"] = list(dosage(medicine));
        request["dispenseRequest"] = json!({
            "validityPeriod": { "start": on.to_string(), "end": on.plus_months(3).to_string() },
            "numberOfRepeatsAllowed": 2,
        });
        chart.add(request);
    }
}

fn dosage(medicine: &Medicine) -> Value {
    json!({
        "text": format!("{} ({})", medicine.posology, medicine.form),
        "timing": { "repeat": { "frequency": medicine.per_day, "period": 1, "periodUnit": "d" } },
        "doseAndRate": [{ "doseQuantity": { "value": medicine.dose, "unit": medicine.unit } }],
    })
}

fn draw_allergies(chart: &mut Chart<'_>) {
    let region = chart.region;
    for allergy in &region.clinic.allergies {
        // Children outgrow milk, adults are tested for the rest.
        let fits = allergy.id != "lait" || chart.age() <= 6;
        if fits && chart.draw.percent(allergy.percent) {
            let days = chart.draw.between(100, 3000);
            add_allergy(chart, allergy, days);
        }
    }
}

/// An allergy that was found that many days ago.
pub(super) fn add_allergy(chart: &mut Chart<'_>, allergy: &Allergy, days: i32) {
    let since = chart.day_before_end(days);
    let mut resource = chart.resource("AllergyIntolerance");
    resource["clinicalStatus"] = hl7("allergyintolerance-clinical", "active");
    resource["verificationStatus"] = hl7("allergyintolerance-verification", "confirmed");
    resource["type"] = json!("allergy");
    resource["category"] = json!([allergy.category]);
    resource["criticality"] = json!(allergy.criticality);
    resource["code"] = match allergy.atc {
        Some(atc) => concept_text(ATC, atc, allergy.label),
        None => json!({ "text": allergy.label }),
    };
    resource["patient"] = chart.subject();
    resource["recordedDate"] = text(since.to_string());
    resource["recorder"] = chart.professional(chart.who.team.doctor);
    resource["reaction"] = json!([{ "manifestation": [{ "text": allergy.manifestation }] }]);
    chart.add(resource);
}

fn draw_acts(chart: &mut Chart<'_>) {
    let region = chart.region;
    for act in &region.clinic.acts {
        let age = chart.age();
        let may_have_had = concerns(act.sex, chart.who.sex()) && age >= act.ages.0;
        if may_have_had && chart.draw.percent(act.percent) {
            let latest = (age - act.ages.1).max(0);
            let earliest = (age - act.ages.0).clamp(latest, latest + 12);
            let years = chart.draw.between(latest, earliest);
            let days = chart.draw.between(5, 330);
            let day = chart.day_before_end(years * 365 + days);
            add_act(chart, act, day);
        }
    }
}

/// A Procedure by the professional of its place.
pub(super) fn add_act(chart: &mut Chart<'_>, act: &Act, day: Day) {
    let performer = match (act.place, act.id) {
        (_, "accouchement") => chart.near(profession::GYNAECOLOGIST),
        (_, "ecg" | "echocardiographie") => chart.near(profession::CARDIOLOGIST),
        ("imaging", _) => chart.near(profession::RADIOLOGIST),
        ("dental", _) => chart.near(profession::DENTIST),
        _ => chart.near(profession::SURGEON),
    };
    let mut resource = chart.resource("Procedure");
    resource["status"] = json!("completed");
    resource["code"] = concept(CCAM, act.ccam, act.label);
    resource["subject"] = chart.subject();
    resource["performedDateTime"] = text(day.to_string());
    resource["performer"] =
        json!([{ "actor": chart.professional(performer), "onBehalfOf": chart.place_of(performer) }]);
    chart.add(resource);
    let region = chart.region;
    // The chart keeps the words of the table, which lives as long as the program.
    if let Some(known) = region.clinic.acts.iter().find(|known| known.id == act.id) {
        chart.facts.acts.push((known.place, known.label, day, performer));
    }
}
