//! Codes against the value sets they are bound to.

use super::finding::Family;
use super::options::Options;
use super::profile::Profile;
use super::rule::{Binding, Strength};
use super::walk::{Walk, short};
use crate::fhirpath::{self, Element, Item};
use crate::packages::{self, Kind};
use crate::terminology::{self, Membership};
use serde_json::Value;
use socle_kernel::Severity;

/// Answers `memberOf()` with what the caller's options know.
pub(super) struct Codes<'o>(pub &'o Options<'o>);

impl fhirpath::Terminology for Codes<'_> {
    fn member_of(&self, code: &Item<'_>, value_set: &str) -> Option<bool> {
        let element = code.element()?;
        is_member(self.0, element.value?, value_set)
    }

    fn subsumes(&self, system: &str, general: &str, special: &str) -> Option<bool> {
        match terminology::is_below(system, special, general) {
            Membership::Yes => Some(true),
            Membership::No => Some(false),
            Membership::Unknown => None,
        }
    }
}

/// Whether one code is in a value set; `None` when nobody knows.
fn contains(options: &Options<'_>, value_set: &str, system: Option<&str>, code: &str) -> Option<bool> {
    if let Some(codes) = options.codes {
        return codes(value_set, system, code);
    }
    match terminology::contains(value_set, system, code) {
        Membership::Yes => Some(true),
        Membership::No => Some(false),
        Membership::Unknown => None,
    }
}

/// Whether a `code`, `Coding`, `CodeableConcept` or `Quantity` is in a value set: one of its codings is enough.
/// `None` when it has no code, or when nobody knows.
pub(super) fn is_member(options: &Options<'_>, value: &Value, value_set: &str) -> Option<bool> {
    let one = |coding: &Value| {
        let text = |name: &str| coding.get(name).and_then(Value::as_str);
        contains(options, value_set, text("system"), text("code")?)
    };
    match value {
        Value::String(code) => contains(options, value_set, None, code),
        Value::Object(members) => match members.get("coding") {
            Some(Value::Array(codings)) => {
                let answers: Vec<Option<bool>> = codings.iter().map(one).collect();
                if answers.contains(&Some(true)) {
                    return Some(true);
                }
                (!answers.is_empty() && answers.iter().all(|answer| *answer == Some(false))).then_some(false)
            }
            _ => one(value),
        },
        _ => None,
    }
}

fn has_code(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Object(members) => {
            let codings = members.get("coding").and_then(Value::as_array);
            members.contains_key("code")
                || codings.is_some_and(|codings| codings.iter().any(|coding| coding.get("code").is_some()))
        }
        _ => false,
    }
}

/// The codes of a value, for a message.
fn codes(value: &Value) -> String {
    let one = |coding: &Value| {
        let text = |name: &str| coding.get(name).and_then(Value::as_str).unwrap_or("");
        format!("{}|{}", text("system"), text("code"))
    };
    match value {
        Value::String(code) => code.clone(),
        Value::Object(members) => match members.get("coding").and_then(Value::as_array) {
            Some(codings) => codings.iter().map(one).collect::<Vec<_>>().join(", "),
            None => one(value),
        },
        _ => String::new(),
    }
}

impl<'a> Walk<'a, '_> {
    /// Checks the codes of an element against a binding of the base (no profile) or of a profile.
    pub fn binding(&mut self, element: &Element<'a>, binding: &Binding, profile: Option<&'static Profile>) {
        let Some(value) = element.value else { return };
        if !matches!(
            element.definition.name,
            "code" | "string" | "uri" | "Coding" | "CodeableConcept" | "Quantity" | "Duration" | "Age"
        ) {
            return;
        }
        // Told, not refused: national profiles bind to their own codes where R4 names a most.
        if let Some(most) = &binding.most
            && is_member(self.options, value, most) == Some(false)
        {
            return self.not_in_set(value, most, Severity::Warning, profile);
        }
        let severity = match binding.strength {
            Strength::Required => Severity::Error,
            Strength::Extensible => Severity::Warning,
            Strength::Preferred => Severity::Information,
        };
        if severity == Severity::Information && !self.options.tells_information {
            return;
        }
        if !has_code(value) {
            let is_concept = matches!(element.definition.name, "Coding" | "CodeableConcept");
            let is_excused = value.get("extension").is_some();
            let is_known = packages::find_entry(Kind::ValueSet, &binding.value_set).is_some();
            if binding.strength == Strength::Required && is_concept && !is_excused && is_known {
                self.no_code(&binding.value_set);
            }
            return;
        }
        if is_member(self.options, value, &binding.value_set) == Some(false) {
            self.not_in_set(value, &binding.value_set, severity, profile);
        }
    }

    fn not_in_set(
        &mut self,
        value: &Value,
        value_set: &str,
        severity: Severity,
        profile: Option<&'static Profile>,
    ) {
        let set = value_set.to_owned();
        let (by_fr, by_en) = match profile {
            Some(profile) => {
                (format!(" (profil {})", short(profile)), format!(" (profile {})", short(profile)))
            }
            None => (String::new(), String::new()),
        };
        let said = || match severity {
            Severity::Error => (
                format!(
                    "Le code n'est pas dans le jeu de valeurs obligatoire {set}{by_fr}. Choisissez un de ses codes."
                ),
                format!("The code is not in the required value set {set}{by_en}. Pick one of its codes."),
            ),
            Severity::Warning => (
                format!(
                    "Le code n'est pas dans le jeu de valeurs {set}{by_fr}. S'il y a là un code qui convient, prenez-le."
                ),
                format!("The code is not in the value set {set}{by_en}. If one of its codes fits, use that."),
            ),
            Severity::Information => (
                format!("Le code n'est pas dans le jeu de valeurs préféré {set}{by_fr}."),
                format!("The code is not in the preferred value set {set}{by_en}."),
            ),
        };
        self.tell(Family::Rule, severity, "code-invalid", said, value_set, &codes(value));
    }

    fn no_code(&mut self, value_set: &str) {
        let said = || {
            (
                format!(
                    "Un code du jeu de valeurs {value_set} est obligatoire : un texte seul ne suffit pas."
                ),
                format!("A code of the value set {value_set} is required: a text alone is not enough."),
            )
        };
        self.tell(Family::Rule, Severity::Error, "code-invalid", said, value_set, "no code");
    }
}
