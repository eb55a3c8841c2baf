//! `memberOf()`, `subsumes()` and `subsumedBy()` of FHIRPath, answered by the loaded terminologies.

use super::{Membership, Terminology};
use crate::fhirpath;
use serde_json::Value;

/// The terminology of the packages, for a context: `context.terminology = Some(&Loaded)`.
#[derive(Clone, Copy, Debug)]
pub struct Loaded;

impl fhirpath::Terminology for Loaded {
    fn member_of(&self, code: &fhirpath::Item<'_>, value_set: &str) -> Option<bool> {
        fhirpath::Terminology::member_of(&*super::shared(), code, value_set)
    }

    fn subsumes(&self, system: &str, general: &str, special: &str) -> Option<bool> {
        fhirpath::Terminology::subsumes(&*super::shared(), system, general, special)
    }
}

impl fhirpath::Terminology for Terminology {
    fn member_of(&self, code: &fhirpath::Item<'_>, value_set: &str) -> Option<bool> {
        match code.element().and_then(|element| element.value) {
            Some(element) => decided(self.holds(value_set, element)),
            None => decided(self.contains(value_set, None, &code.text()?)),
        }
    }

    fn subsumes(&self, system: &str, general: &str, special: &str) -> Option<bool> {
        decided(self.is_below(system, special, general))
    }
}

fn decided(answer: Membership) -> Option<bool> {
    match answer {
        Membership::Yes => Some(true),
        Membership::No => Some(false),
        Membership::Unknown => None,
    }
}

impl Terminology {
    /// Is a `code`, `Coding`, `CodeableConcept` or `Quantity` in the value set? Of a concept, one of its codings is enough.
    pub fn holds(&self, value_set: &str, element: &Value) -> Membership {
        let Some(set) = self.set(value_set) else { return Membership::Unknown };
        let one = |coding: &Value| match coding["code"].as_str() {
            Some(code) => set.contains(coding["system"].as_str(), code),
            None => Membership::No,
        };
        match element {
            Value::String(code) => set.contains(None, code),
            Value::Object(members) if members.contains_key("coding") => {
                let codings = element["coding"].as_array().map(Vec::as_slice).unwrap_or_default();
                codings.iter().map(one).fold(Membership::No, Membership::or)
            }
            Value::Object(_) => one(element),
            _ => Membership::No,
        }
    }
}
