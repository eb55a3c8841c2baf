//! When care took place, as a sketch tells it: for requests about a period of care.

use super::sketch::{EntryKind, Sketch};
use super::{Parameter, date};
use crate::index::SORT_DATES;
use socle_kernel::ResourceType;

/// The first moment (included) and the last (excluded) of what a resource is about, in microseconds; `None` when it has no
/// date of care.
pub fn care_period(resource_type: ResourceType, sketch: &Sketch<'_>) -> Option<(i64, i64)> {
    let parameters = super::parameters(resource_type);
    let dates = SORT_DATES.iter().filter_map(|code| parameters.iter().find(|known| known.code == *code));
    dates.into_iter().find_map(|parameter| period_of(parameter, sketch))
}

fn period_of(parameter: &Parameter, sketch: &Sketch<'_>) -> Option<(i64, i64)> {
    let ranges = sketch
        .entries()
        .filter(|(number, kind, _)| *number == parameter.number && *kind == EntryKind::Date)
        .filter_map(|(_, _, payload)| date::decode(payload));
    ranges.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::FhirDate;
    use serde_json::json;

    fn period(resource: &serde_json::Value) -> Option<(i64, i64)> {
        let name = resource["resourceType"].as_str().expect("a type");
        let indexed = crate::index(resource, &[]);
        care_period(name.parse().expect("known"), &Sketch(&indexed.sketch))
    }

    #[test]
    fn a_period_of_care_goes_from_its_first_to_its_last_moment() {
        let day = |text: &str| FhirDate::parse(text).expect("a date");
        let encounter = json!({ "resourceType": "Encounter", "status": "finished", "class": { "code": "AMB" },
            "period": { "start": "2026-03-01", "end": "2026-03-04" } });
        assert_eq!(period(&encounter), Some((day("2026-03-01").start, day("2026-03-04").end)));
    }

    #[test]
    fn who_a_person_is_has_no_date_of_care() {
        assert_eq!(period(&json!({ "resourceType": "Patient", "birthDate": "1980-01-01" })), None);
        assert_eq!(
            period(&json!({ "resourceType": "Flag", "status": "active", "code": { "text": "x" } })),
            None
        );
    }
}
