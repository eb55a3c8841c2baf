//! Rules of a resource as a whole, checked without FHIRPath because every resource meets them: the `dom-` invariants,
//! and the frequent ones of data types.

use super::compare;
use super::finding::Family;
use super::narrative;
use super::walk::Walk;
use crate::date::FhirDate;
use crate::fhirpath::Element;
use serde_json::Value;
use socle_kernel::Severity;

impl<'a> Walk<'a, '_> {
    /// What must be known before the members of a resource are looked at.
    pub fn before_resource(&mut self, element: &Element<'a>) {
        let Some(value) = element.value else { return };
        if element.definition.name == "Bundle" {
            self.enter_bundle(value);
        }
    }

    /// What can be said once the members were looked at.
    pub fn after_resource(&mut self, element: &Element<'a>, is_contained: bool) {
        let Some(value) = element.value else { return };
        match element.definition.name {
            "Bundle" => self.bundle(value),
            "Questionnaire" => self.questionnaire(value),
            "QuestionnaireResponse" => self.questionnaire_response(value),
            _ => {}
        }
        if is_contained {
            self.contained_meta(value);
        } else {
            self.contained_use(value);
        }
        let has_no_narrative =
            value.pointer("/text/div").is_none() && element.definition.is_a("DomainResource");
        if has_no_narrative && !is_contained && self.options.tells_information {
            let human = "A resource should have narrative for robust management";
            self.broken("dom-6", Severity::Information, human);
        }
    }

    fn contained_meta(&mut self, value: &Value) {
        let Some(meta) = value.get("meta") else { return };
        if meta.get("versionId").is_some() || meta.get("lastUpdated").is_some() {
            let human = "If a resource is contained in another resource, it SHALL NOT have a meta.versionId or a meta.lastUpdated";
            self.broken("dom-4", Severity::Error, human);
        }
        if meta.get("security").is_some() {
            let human = "If a resource is contained in another resource, it SHALL NOT have a security label";
            self.broken("dom-5", Severity::Error, human);
        }
    }

    /// `dom-3`: what is contained is used, or uses its container.
    fn contained_use(&mut self, value: &Value) {
        let Some(contained) = value.get("contained").and_then(Value::as_array) else { return };
        let mut used = Vec::new();
        references(value, &mut used);
        for (index, one) in contained.iter().enumerate() {
            let Some(id) = one.get("id").and_then(Value::as_str) else { continue };
            let mut own = Vec::new();
            references(one, &mut own);
            if used.iter().any(|text| text.strip_prefix('#') == Some(id)) || own.contains(&"#") {
                continue;
            }
            self.place.steps.push(super::place::Step { name: "contained", index: Some(index) });
            let human = "If the resource is contained in another resource, it SHALL be referred to from elsewhere in the resource or SHALL refer to the containing resource";
            self.broken("dom-3", Severity::Error, human);
            self.place.steps.pop();
        }
    }

    /// Invariants of frequent data types.
    pub fn native(&mut self, element: &Element<'a>) {
        let Some(value) = element.value else { return };
        let has = |name: &str| value.get(name).is_some();
        match element.definition.name {
            "Quantity" | "Age" | "Count" | "Distance" | "Duration" | "SimpleQuantity" | "MoneyQuantity"
                if has("code") && !has("system") =>
            {
                self.broken(
                    "qty-3",
                    Severity::Error,
                    "If a code for the unit is present, the system SHALL also be present",
                );
            }
            "ContactPoint" if has("value") && !has("system") => {
                self.broken("cpt-2", Severity::Error, "A system is required if a value is provided.");
            }
            "Period" if is_reversed(value) => {
                self.broken("per-1", Severity::Error, "If present, start SHALL have a lower value than end");
            }
            "Narrative" => {
                if let Some(div) = value.get("div").and_then(Value::as_str)
                    && let Err(fault) = narrative::check(div)
                {
                    self.place.steps.push(super::place::Step { name: "div", index: None });
                    self.narrative(&fault);
                    self.place.steps.pop();
                }
            }
            _ => {}
        }
    }

    fn narrative(&mut self, fault: &narrative::Fault) {
        let said = || {
            (
                format!(
                    "La règle {} n'est pas respectée : {} Corrigez le texte lisible, ou retirez-le.",
                    fault.key, fault.words.0
                ),
                format!(
                    "The rule {} is broken: {} Mend the narrative, or leave it out.",
                    fault.key, fault.words.1
                ),
            )
        };
        let expected = format!("{}: {}", fault.key, narrative::ALLOWED);
        self.tell(Family::Rule, Severity::Error, "invariant", said, &expected, &fault.received);
    }
}

/// True when the start is certainly after the end.
fn is_reversed(period: &Value) -> bool {
    let date = |name: &str| period.get(name).and_then(Value::as_str);
    let (Some(start), Some(end)) = (date("start"), date("end")) else { return false };
    let both = FhirDate::parse(start).zip(FhirDate::parse(end));
    both.is_some() && compare::is_outside(&period["start"], &period["end"], false)
}

/// Every text of a resource that may name a contained one.
fn references<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if text.starts_with('#') => out.push(text),
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        Value::Object(members) => members.values().for_each(|member| references(member, out)),
        _ => {}
    }
}
