//! Observations: vital signs at a visit, results of laboratory, growth.

use super::chart::{Chart, Finding};
use crate::calendar::Day;
use crate::care::profession;
use crate::clinic::Test;
use crate::growth::Measure;
use crate::resource::{concept_text, hl7, list, quantity, reference, text};
use crate::systems::LOINC;
use serde_json::{Value, json};

/// Who measured, where.
pub(super) struct At<'e> {
    pub(super) day: Day,
    pub(super) professional: usize,
    pub(super) encounter: Option<&'e str>,
}

fn observation(chart: &Chart<'_>, at: &At<'_>, category: &str, loinc: &str, label: &str) -> Value {
    let mut resource = chart.resource("Observation");
    resource["status"] = json!("final");
    resource["category"] = list(hl7("observation-category", category));
    resource["code"] = concept_text(LOINC, loinc, label);
    resource["subject"] = chart.subject();
    if let Some(encounter) = at.encounter {
        resource["encounter"] = reference(encounter);
    }
    resource["effectiveDateTime"] = text(at.day.to_string());
    resource["performer"] = list(chart.professional(at.professional));
    resource
}

/// A vital sign that is one number.
fn vital(chart: &mut Chart<'_>, at: &At<'_>, loinc: &str, label: &str, value: Value) {
    let mut resource = observation(chart, at, "vital-signs", loinc, label);
    resource["valueQuantity"] = value;
    chart.add(resource);
}

/// Weight in kilograms.
pub(super) fn weight(chart: &mut Chart<'_>, at: &At<'_>, kilograms: f64) {
    vital(chart, at, "29463-7", "Poids", quantity(kilograms, 1, "kg", "kg"));
}

/// Height in centimetres.
pub(super) fn height(chart: &mut Chart<'_>, at: &At<'_>, centimetres: f64) {
    vital(chart, at, "8302-2", "Taille", quantity(centimetres, 1, "cm", "cm"));
}

/// Heart rate.
pub(super) fn heart_rate(chart: &mut Chart<'_>, at: &At<'_>, beats: f64) {
    vital(chart, at, "8867-4", "Fréquence cardiaque", quantity(beats, 0, "/min", "/min"));
}

/// Blood pressure.
pub(super) fn blood_pressure(chart: &mut Chart<'_>, at: &At<'_>, systolic: f64, diastolic: f64) {
    let mut resource = observation(chart, at, "vital-signs", "85354-9", "Pression artérielle");
    let part = |loinc, label, value| json!({ "code": concept_text(LOINC, loinc, label), "valueQuantity": quantity(value, 0, "mmHg", "mm[Hg]") });
    resource["component"] = json!([
        part("8480-6", "Pression artérielle systolique", systolic),
        part("8462-4", "Pression artérielle diastolique", diastolic),
    ]);
    chart.add(resource);
}

/// Weight, height and, before three years, head of a child on their own curve; gives the words for a report.
pub(super) fn growth(chart: &mut Chart<'_>, at: &At<'_>, z: f64) -> Vec<String> {
    let months = chart.who.birth().months_until(at.day).max(0);
    let sex = chart.who.sex();
    let wobble = chart.draw.bell(0.0, 0.12);
    let (kilograms, centimetres) = chart.region.growth.body(sex, months, z + wobble);
    weight(chart, at, kilograms);
    height(chart, at, centimetres);
    let mut words = vec![
        format!("Poids : {} kg", french(kilograms, 1)),
        format!("Taille : {} cm", french(centimetres, 1)),
    ];
    if months <= 36 {
        let head = chart.region.growth.at(Measure::Head, sex, months, z * 0.6);
        vital(chart, at, "9843-4", "Périmètre crânien", quantity(head, 1, "cm", "cm"));
        words.push(format!("Périmètre crânien : {} cm", french(head, 1)));
    }
    words
}

/// A result of laboratory, remembered for the documents.
pub(super) fn result(chart: &mut Chart<'_>, test_id: &str, value: f64, day: Day) {
    let region = chart.region;
    let test: &Test = region.clinic.test(test_id);
    // The value is what is printed: the observation and the report must say the same.
    let scale = 10f64.powi(test.decimals as i32);
    let value = (value * scale).round() / scale;
    let professional = chart.near(profession::BIOLOGIST);
    let at = At { day, professional, encounter: None };
    let mut resource = observation(chart, &at, "laboratory", test.loinc, test.label);
    resource["valueQuantity"] = quantity(value, test.decimals, test.unit, test.ucum);
    let flag = match value {
        v if v < test.low => "L",
        v if v > test.high => "H",
        _ => "N",
    };
    resource["interpretation"] = list(hl7("v3-ObservationInterpretation", flag));
    resource["referenceRange"] = json!([{
        "low": quantity(test.low, test.decimals, test.unit, test.ucum),
        "high": quantity(test.high, test.decimals, test.unit, test.ucum),
    }]);
    chart.add(resource);
    chart.facts.results.push(Finding { test, value, day });
}

/// A number as French writes it.
pub(super) fn french(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('.', ",")
}
