//! The history of a person: illnesses, vaccinations, visits, tests and documents.

use super::chart::{Chart, Visit};
use super::measures::{self, At};
use super::{illnesses, papers, story, vaccines};
use crate::calendar::Day;
use crate::clinic::Reason;
use crate::resource::{concept, list};
use crate::systems::{CIM10, HL7};
use serde_json::json;

/// Years over which visits are spread.
const VISIT_YEARS: i32 = 4;
/// Tests of a person in good health.
const CHECK_UP: [&str; 5] = ["hemoglobine", "leucocytes", "glucose", "creatinine", "ldl"];

/// Adds the history, of the story or drawn.
pub(super) fn add(chart: &mut Chart<'_>) {
    if let Some(figure) = chart.who.figure() {
        story::add(chart, figure);
        return;
    }
    illnesses::draw_illnesses(chart);
    vaccines::add(chart);
    let count = visit_count(chart);
    draw_visits(chart, count);
    check_up(chart);
    papers::draw(chart);
    if chart.is_confiding_minor {
        let day = chart.day_before_end(12);
        papers::without_parents(chart, day);
    }
}

fn visit_count(chart: &mut Chart<'_>) -> i32 {
    let most = match chart.age() {
        ..3 => 5,
        3..18 => 3,
        18..40 => 3,
        40..60 => 4,
        60..75 => 5,
        _ => 6,
    };
    chart.draw.between(most / 3, most)
}

fn check_up(chart: &mut Chart<'_>) {
    let percent = if chart.age() >= 40 { 62.0 } else { 22.0 };
    if chart.age() >= 16 && chart.draw.percent(percent) {
        let days = chart.draw.between(10, 900);
        let day = chart.day_before_end(days);
        illnesses::usual_tests(chart, &CHECK_UP, day);
    }
}

/// Visits to the treating doctor over the last years.
pub(super) fn draw_visits(chart: &mut Chart<'_>, count: i32) {
    let z = chart.draw.bell(0.0, 0.9);
    let body = Body::draw(chart);
    for visit in 0..count {
        let lived = chart.who.birth().months_until(chart.end) * 30;
        let span = (VISIT_YEARS * 365).min(lived.max(12));
        let step = span / count.max(1);
        let late = chart.draw.between(2, step.max(3));
        let day = chart.day_before_end(visit * step + late);
        let age = chart.who.birth().years_until(day);
        let Some(reason) = draw_reason(chart, age) else { continue };
        let professional = chart.who.team.doctor;
        let url = add_encounter(chart, professional, day, reason);
        let at = At { day, professional, encounter: Some(&url) };
        let measured = if age < 16 { measures::growth(chart, &at, z) } else { body.measure(chart, &at) };
        if let Some(id) = reason.medicine
            && chart.draw.percent(55.0)
        {
            let region = chart.region;
            let is_recent = day > chart.end.plus_days(-6);
            illnesses::medicine(chart, region.clinic.medicine(id), reason.text, day, is_recent);
        }
        chart.facts.visits.push(Visit { day, professional, url, reason: reason.text, measured });
    }
}

fn draw_reason<'a>(chart: &mut Chart<'a>, age: i32) -> Option<&'a Reason> {
    let region = chart.region;
    let fitting: Vec<&Reason> =
        region.clinic.reasons.iter().filter(|r| (r.ages.0..=r.ages.1).contains(&age)).collect();
    let mut sum = 0;
    let totals: Vec<u64> = fitting
        .iter()
        .map(|reason| {
            sum += reason.weight;
            sum
        })
        .collect();
    if totals.is_empty() {
        return None;
    }
    Some(fitting[chart.draw.index_by_totals(&totals)])
}

/// A visit, as an Encounter.
pub(super) fn add_encounter(chart: &mut Chart<'_>, professional: usize, day: Day, reason: &Reason) -> String {
    encounter(chart, professional, (day, day), "AMB", (reason.code, reason.label, reason.text))
}

/// An Encounter of a class (`AMB`, `EMER`, `IMP`) for a reason: CIM-10 code, label and words.
pub(super) fn encounter(
    chart: &mut Chart<'_>,
    professional: usize,
    (from, to): (Day, Day),
    class: &str,
    (code, label, words): (&str, &str, &str),
) -> String {
    let (hour, minute) = (chart.draw.between(8, 18) as u32, chart.draw.below(4) * 15);
    let mut resource = chart.resource("Encounter");
    resource["status"] = json!("finished");
    resource["class"] = json!({ "system": format!("{HL7}v3-ActCode"), "code": class });
    resource["subject"] = chart.subject();
    resource["participant"] = json!([{ "individual": chart.professional(professional) }]);
    let end = if from == to { to.at(hour, minute + 14) } else { to.at(18, 0) };
    resource["period"] = json!({ "start": from.at(hour, minute), "end": end });
    let mut why = concept(CIM10, code, label);
    why["text"] = json!(words);
    resource["reasonCode"] = list(why);
    resource["serviceProvider"] = chart.place_of(professional);
    chart.add(resource)
}

/// An adult's usual measures, around which each visit varies.
pub(super) struct Body {
    weight: f64,
    height: f64,
    systolic: f64,
    diastolic: f64,
    pulse: f64,
}

impl Body {
    /// Draws them from age, sex and illnesses.
    pub(super) fn draw(chart: &mut Chart<'_>) -> Body {
        let (height, spread) = match chart.who.sex() {
            crate::names::Sex::Male => (176.0, 6.5),
            crate::names::Sex::Female => (163.0, 6.0),
        };
        let has = |chart: &Chart<'_>, id: &str| chart.facts.illnesses.iter().any(|(known, _)| known.id == id);
        let height = chart.draw.bell(height, spread);
        let index = chart.draw.bell(if has(chart, "obesite") { 33.0 } else { 24.8 }, 2.6).max(17.0);
        let pressure = if has(chart, "hta") { 143.0 } else { 122.0 };
        let systolic = chart.draw.bell(pressure, 8.0) + f64::from((chart.age() - 45).max(0)) * 0.2;
        Body {
            weight: index * (height / 100.0) * (height / 100.0),
            height,
            systolic,
            diastolic: systolic * 0.6 + chart.draw.bell(4.0, 3.0),
            pulse: chart.draw.bell(72.0, 7.0),
        }
    }

    /// What a doctor measures at most visits, in Observations and in words.
    pub(super) fn measure(&self, chart: &mut Chart<'_>, at: &At<'_>) -> Vec<String> {
        let systolic = self.systolic + chart.draw.bell(0.0, 6.0);
        let diastolic = (self.diastolic + chart.draw.bell(0.0, 4.0)).min(systolic - 18.0);
        let weight = self.weight + chart.draw.bell(0.0, 1.2);
        measures::blood_pressure(chart, at, systolic, diastolic);
        let mut words = vec![format!("Pression artérielle : {systolic:.0}/{diastolic:.0} mmHg")];
        if chart.draw.percent(60.0) {
            measures::weight(chart, at, weight);
            words.push(format!("Poids : {} kg", measures::french(weight, 1)));
        }
        if chart.draw.percent(40.0) {
            let pulse = self.pulse + chart.draw.bell(0.0, 5.0);
            measures::heart_rate(chart, at, pulse);
            words.push(format!("Fréquence cardiaque : {pulse:.0}/min"));
        }
        if chart.draw.percent(20.0) {
            measures::height(chart, at, self.height);
            words.push(format!("Taille : {} cm", measures::french(self.height, 0)));
        }
        words
    }
}
