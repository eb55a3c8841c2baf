//! Allergies, problems, treatments, measures and vaccinations as one line each, read from their resources.

use crate::document::{items, words};
use serde_json::Value;
use socle_kernel::{Lang, ResourceType};
use socle_ui::dates::{self, FhirDate};

/// One line of a list of clinical data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub what: String,
    /// Value, dose, severity: short.
    pub detail: String,
    /// When, in words.
    pub when: String,
    /// For putting the newest first.
    pub sort: Option<socle_ui::Date>,
    /// True for what must not be overlooked (a severe allergy).
    pub is_serious: bool,
    /// True for what holds now.
    pub is_active: bool,
}

/// The kinds of data that the record shows as lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Allergies and intolerances.
    Allergies,
    /// Conditions.
    Conditions,
    /// Treatments.
    Treatments,
    /// Measures and results.
    Measures,
    /// Vaccinations.
    Vaccinations,
}

impl Nature {
    /// All of them, in the order of the page.
    pub const ALL: [Nature; 5] =
        [Nature::Allergies, Nature::Conditions, Nature::Treatments, Nature::Measures, Nature::Vaccinations];

    /// The word in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Nature::Allergies => "allergies",
            Nature::Conditions => "problemes",
            Nature::Treatments => "traitements",
            Nature::Measures => "mesures",
            Nature::Vaccinations => "vaccinations",
        }
    }

    /// The one with this word.
    pub fn of_code(code: &str) -> Option<Nature> {
        Nature::ALL.into_iter().find(|nature| nature.code() == code)
    }

    /// Its heading.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Nature::Allergies => lang.pick_static("Allergies", "Allergies"),
            Nature::Conditions => lang.pick_static("Problèmes de santé", "Health problems"),
            Nature::Treatments => lang.pick_static("Traitements", "Treatments"),
            Nature::Measures => lang.pick_static("Mesures et résultats", "Measures and results"),
            Nature::Vaccinations => lang.pick_static("Vaccinations", "Vaccinations"),
        }
    }

    /// The types it is read from.
    pub fn types(self) -> Vec<ResourceType> {
        let names: &[&str] = match self {
            Nature::Allergies => &["AllergyIntolerance"],
            Nature::Conditions => &["Condition"],
            Nature::Treatments => &["MedicationStatement", "MedicationRequest"],
            Nature::Measures => &["Observation"],
            Nature::Vaccinations => &["Immunization"],
        };
        names.iter().map(|name| name.parse().expect("these are FHIR R4 types")).collect()
    }
}

/// The line of a resource; `None` for one that was entered in error.
pub fn line(lang: Lang, resource: &Value) -> Option<Line> {
    let is_error = resource["status"] == "entered-in-error"
        || code_of(&resource["verificationStatus"]) == "entered-in-error";
    if is_error {
        return None;
    }
    let line = match resource["resourceType"].as_str()? {
        "AllergyIntolerance" => allergy(lang, resource),
        "Condition" => condition(lang, resource),
        "MedicationStatement" | "MedicationRequest" => treatment(lang, resource),
        "Observation" => measure(lang, resource),
        "Immunization" => vaccination(lang, resource),
        _ => return None,
    };
    Some(line)
}

fn code_of(concept: &Value) -> &str {
    concept["coding"][0]["code"].as_str().unwrap_or("")
}

fn dated(lang: Lang, texts: &[&Value]) -> (String, Option<socle_ui::Date>) {
    let text = texts.iter().find_map(|value| value.as_str());
    let date = text.and_then(FhirDate::parse);
    // The hour of a measure matters at the bedside, not in a list.
    let words =
        date.map(|date| if date.instant.is_some() { dates::day(lang, date.date) } else { date.words(lang) });
    (words.unwrap_or_default(), date.map(|date| date.date))
}

fn allergy(lang: Lang, resource: &Value) -> Line {
    let reactions = items(&resource["reaction"]).flat_map(|reaction| items(&reaction["manifestation"]));
    let detail: Vec<String> = reactions.map(words).filter(|text| !text.is_empty()).collect();
    let is_severe = items(&resource["reaction"]).any(|reaction| reaction["severity"] == "severe");
    let (when, sort) = dated(lang, &[&resource["onsetDateTime"], &resource["recordedDate"]]);
    let status = code_of(&resource["clinicalStatus"]);
    Line {
        what: words(&resource["code"]),
        detail: detail.join(", "),
        when,
        sort,
        is_serious: is_severe || resource["criticality"] == "high",
        is_active: !matches!(status, "inactive" | "resolved"),
    }
}

fn condition(lang: Lang, resource: &Value) -> Line {
    let (when, sort) = dated(lang, &[&resource["onsetDateTime"], &resource["recordedDate"]]);
    let status = code_of(&resource["clinicalStatus"]);
    let is_active = !matches!(status, "inactive" | "resolved" | "remission");
    let since =
        if when.is_empty() { String::new() } else { format!("{} {when}", lang.pick("depuis", "since")) };
    Line {
        what: words(&resource["code"]),
        detail: if is_active { String::new() } else { lang.pick("terminé", "ended").to_owned() },
        when: since,
        sort,
        is_serious: false,
        is_active,
    }
}

fn treatment(lang: Lang, resource: &Value) -> Line {
    let named = words(&resource["medicationCodeableConcept"]);
    let what = if named.is_empty() {
        resource["medicationReference"]["display"].as_str().unwrap_or("").to_owned()
    } else {
        named
    };
    let dosage =
        ["dosage", "dosageInstruction"].into_iter().find_map(|name| resource[name][0]["text"].as_str());
    let (when, sort) = dated(
        lang,
        &[
            &resource["effectivePeriod"]["start"],
            &resource["effectiveDateTime"],
            &resource["authoredOn"],
            &resource["dateAsserted"],
        ],
    );
    Line {
        what,
        detail: dosage.unwrap_or("").to_owned(),
        when,
        sort,
        is_serious: false,
        is_active: matches!(resource["status"].as_str(), Some("active" | "intended" | "on-hold")),
    }
}

fn measure(lang: Lang, resource: &Value) -> Line {
    let (when, sort) = dated(
        lang,
        &[&resource["effectiveDateTime"], &resource["effectivePeriod"]["start"], &resource["issued"]],
    );
    let own = value_words(lang, resource);
    let parts: Vec<String> = items(&resource["component"])
        .map(|part| value_words(lang, part))
        .filter(|text| !text.is_empty())
        .collect();
    let interpretation = items(&resource["interpretation"])
        .map(code_of)
        .find(|code| matches!(*code, "H" | "HH" | "L" | "LL" | "A" | "AA"));
    let mark = interpretation.map(|code| match code {
        "H" | "HH" => lang.pick(" (élevé)", " (high)"),
        "L" | "LL" => lang.pick(" (bas)", " (low)"),
        _ => lang.pick(" (anormal)", " (abnormal)"),
    });
    let value = if own.is_empty() { parts.join(" / ") } else { own };
    Line {
        what: words(&resource["code"]),
        detail: format!("{value}{}", mark.unwrap_or("")),
        when,
        sort,
        is_serious: matches!(interpretation, Some("HH" | "LL" | "AA")),
        is_active: true,
    }
}

fn value_words(lang: Lang, holder: &Value) -> String {
    let quantity = &holder["valueQuantity"];
    if !quantity.is_null() {
        let number = quantity["value"].to_string();
        let number = if lang == Lang::Fr { number.replace('.', ",") } else { number };
        let unit = quantity["unit"].as_str().or_else(|| quantity["code"].as_str()).unwrap_or("");
        return format!("{number}\u{a0}{unit}").trim_end().to_owned();
    }
    let concept = words(&holder["valueCodeableConcept"]);
    if !concept.is_empty() {
        return concept;
    }
    match &holder["valueString"] {
        Value::String(text) => text.clone(),
        _ => ["valueInteger", "valueDateTime"]
            .into_iter()
            .map(|name| &holder[name])
            .find(|value| !value.is_null())
            .map(|value| value.as_str().map_or_else(|| value.to_string(), |text| dates::fhir(lang, text)))
            .unwrap_or_default(),
    }
}

fn vaccination(lang: Lang, resource: &Value) -> Line {
    let (when, sort) = dated(lang, &[&resource["occurrenceDateTime"]]);
    let dose = &resource["protocolApplied"][0];
    let rank =
        dose["doseNumberPositiveInt"].as_u64().map(|rank| format!("{} {rank}", lang.pick("dose", "dose")));
    let target = items(&dose["targetDisease"]).map(words).collect::<Vec<_>>().join(", ");
    let is_done = resource["status"] == "completed";
    let not_done = (!is_done).then(|| lang.pick("non faite", "not done").to_owned());
    let detail = [rank, Some(target), not_done].into_iter().flatten().filter(|text| !text.is_empty());
    Line {
        what: words(&resource["vaccineCode"]),
        detail: detail.collect::<Vec<_>>().join(", "),
        when,
        sort,
        is_serious: false,
        is_active: is_done,
    }
}

/// Lines in the order of reading: what holds now first, then the serious, then the newest.
pub fn sort(lines: &mut [Line]) {
    lines.sort_by(|one, two| {
        two.is_active
            .cmp(&one.is_active)
            .then(two.is_serious.cmp(&one.is_serious))
            .then(two.sort.cmp(&one.sort))
            .then_with(|| one.what.cmp(&two.what))
    });
}

/// The newest line of each thing measured.
pub fn newest_of_each(lines: Vec<Line>) -> Vec<Line> {
    let mut seen = std::collections::HashSet::new();
    lines.into_iter().filter(|line| seen.insert(line.what.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tells_a_severe_allergy_with_its_reaction() {
        let resource = json!({ "resourceType": "AllergyIntolerance", "code": { "text": "Pénicilline" },
            "clinicalStatus": { "coding": [{ "code": "active" }] }, "criticality": "high",
            "reaction": [{ "manifestation": [{ "text": "Urticaire" }] }], "recordedDate": "2021-04" });
        let line = line(Lang::Fr, &resource).unwrap();
        assert_eq!(
            (line.what.as_str(), line.detail.as_str(), line.when.as_str()),
            ("Pénicilline", "Urticaire", "avril 2021")
        );
        assert!(line.is_serious && line.is_active);
    }

    #[test]
    fn tells_values_with_their_unit_and_both_parts_of_a_pressure() {
        let weight: Value = serde_json::from_str(
            r#"{ "resourceType": "Observation", "status": "final", "code": { "text": "Poids" },
                "effectiveDateTime": "2026-03-03T08:00:00+01:00", "valueQuantity": { "value": 72.50, "unit": "kg" } }"#,
        )
        .unwrap();
        let line_of = line(Lang::Fr, &weight).unwrap();
        let day = dates::day(Lang::Fr, "2026-03-03".parse().unwrap());
        assert_eq!((line_of.detail.as_str(), line_of.when), ("72,50\u{a0}kg", day));
        let pressure = json!({ "resourceType": "Observation", "code": { "text": "Pression artérielle" }, "component": [
            { "valueQuantity": { "value": 128, "unit": "mmHg" } }, { "valueQuantity": { "value": 76, "unit": "mmHg" } }],
            "interpretation": [{ "coding": [{ "code": "H" }] }] });
        assert_eq!(line(Lang::En, &pressure).unwrap().detail, "128\u{a0}mmHg / 76\u{a0}mmHg (high)");
    }

    #[test]
    fn leaves_out_what_was_entered_in_error() {
        let resource = json!({ "resourceType": "Immunization", "status": "entered-in-error" });
        assert_eq!(line(Lang::Fr, &resource), None);
    }

    #[test]
    fn puts_active_and_serious_first_and_keeps_the_newest_of_each_measure() {
        let line = |what: &str, is_active, is_serious, day: Option<&str>| Line {
            what: what.into(),
            detail: String::new(),
            when: String::new(),
            sort: day.map(|day| day.parse().unwrap()),
            is_serious,
            is_active,
        };
        let mut lines = vec![
            line("ended", false, true, None),
            line("old", true, false, Some("2020-01-01")),
            line("new", true, false, Some("2026-01-01")),
            line("serious", true, true, None),
            line("new", true, false, Some("2019-01-01")),
        ];
        sort(&mut lines);
        let names: Vec<String> = newest_of_each(lines).into_iter().map(|line| line.what).collect();
        assert_eq!(names, ["serious", "new", "old", "ended"]);
    }
}
