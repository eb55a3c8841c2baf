//! Extensions: one content, a known definition when there is one, and a place where that definition allows it.

use super::finding::Family;
use super::profile::{self, Active, Profile};
use super::walk::{Holder, Walk};
use crate::fhirpath::Element;
use serde_json::Value;
use socle_kernel::Severity;

impl<'a> Walk<'a, '_> {
    /// Checks an extension and adds the profile of its definition.
    pub fn extension(&mut self, element: &Element<'a>, actives: &mut Vec<Active>) {
        let Some(members) = element.value.and_then(Value::as_object) else { return };
        if self.is_loud() {
            let has_value = members.keys().any(|name| name.trim_start_matches('_').starts_with("value"));
            if has_value == members.contains_key("extension") {
                self.one_content(has_value);
            }
        }
        let Some(url) = members.get("url").and_then(Value::as_str) else { return };
        // A name without scheme is a part of the extension it stands in, whose definition describes it.
        if !url.contains(':') {
            return;
        }
        let is_modifier = self.place.steps.last().is_some_and(|step| step.name == "modifierExtension");
        match profile::find(url) {
            Some(Ok(profile)) if *profile.type_name == *"Extension" => {
                if !actives.iter().any(|active| std::ptr::eq(active.node, &profile.root)) {
                    actives.push(profile.active());
                }
                if self.is_loud() {
                    self.right_member(profile, is_modifier);
                    self.context(profile);
                }
            }
            Some(_) => {}
            None if self.is_loud() => self.unknown_extension(url, is_modifier),
            None => {}
        }
    }

    fn one_content(&mut self, has_value: bool) {
        let said = || {
            (
                "Une extension a soit une valeur (value[x]), soit des extensions, jamais les deux ni aucune."
                    .to_owned(),
                "An extension has either a value (value[x]) or extensions, never both nor none.".to_owned(),
            )
        };
        let received = if has_value { "value[x] and extension" } else { "nothing" };
        self.base("structure", said, "value[x] or extension", received);
    }

    fn unknown_extension(&mut self, url: &str, is_modifier: bool) {
        if is_modifier {
            let said = || {
                (
                    format!(
                        "L'extension {url} change le sens de l'élément et n'est pas connue : elle ne peut pas être ignorée. Ajoutez le paquet qui la définit avec « socle package add », ou retirez-la."
                    ),
                    format!(
                        "The extension {url} changes the meaning of the element and is not known: it cannot be ignored. Add the package that defines it with `socle package add`, or leave it out."
                    ),
                )
            };
            self.tell(Family::Rule, Severity::Error, "extension", said, "a known modifier extension", url);
        } else {
            let said = || {
                (
                    format!(
                        "L'extension {url} n'est pas connue : elle est gardée telle quelle, sans vérification."
                    ),
                    format!("The extension {url} is not known: it is kept as it is, unchecked."),
                )
            };
            self.tell(Family::Rule, Severity::Information, "extension", said, "", url);
        }
    }

    fn right_member(&mut self, profile: &'static Profile, is_modifier: bool) {
        if profile.is_modifier == is_modifier {
            return;
        }
        let (wanted, is) =
            if is_modifier { ("extension", "modifierExtension") } else { ("modifierExtension", "extension") };
        let said = || {
            (
                format!("L'extension {} s'écrit dans « {wanted} ». Déplacez-la.", profile.url),
                format!("The extension {} is written in `{wanted}`. Move it.", profile.url),
            )
        };
        self.tell(Family::Rule, Severity::Error, "extension", said, wanted, is);
    }

    fn context(&mut self, profile: &'static Profile) {
        // The last holder is the extension itself; the one before is what it extends.
        let Some(holder) = self.holders.len().checked_sub(2).and_then(|at| self.holders.get(at)).copied()
        else {
            return;
        };
        let allowed = |(kind, expression): &(Box<str>, Box<str>)| match &**kind {
            "element" => self.is_context(&holder, expression),
            "extension" => {
                holder.value.and_then(|value| value.get("url")).and_then(Value::as_str)
                    == Some(expression.split('#').next().unwrap_or(expression))
                    || expression.contains('#')
            }
            _ => true,
        };
        if profile.contexts.is_empty() || profile.contexts.iter().any(allowed) {
            return;
        }
        let contexts: Vec<&str> = profile.contexts.iter().map(|(_, expression)| &**expression).collect();
        let (contexts, is) = (contexts.join(", "), holder.definition.name);
        let said = || {
            (
                format!(
                    "L'extension {} n'est pas prévue à cet endroit. Placez-la sur un des éléments attendus.",
                    profile.url
                ),
                format!(
                    "The extension {} is not meant for this place. Put it on one of the expected elements.",
                    profile.url
                ),
            )
        };
        self.tell(Family::Rule, Severity::Error, "extension", said, &contexts, is);
    }

    fn is_context(&self, holder: &Holder<'a>, expression: &str) -> bool {
        let expression = expression.split_once('#').map_or(expression, |(_, path)| path);
        let expression = expression.strip_suffix("[x]").unwrap_or(expression);
        let expression =
            expression.strip_prefix("http://hl7.org/fhir/StructureDefinition/").unwrap_or(expression);
        // A profile: what stands there follows it or not; its type is looked at elsewhere.
        if expression.contains("://") || matches!(expression, "CanonicalResource" | "MetadataResource") {
            return true;
        }
        // Guides write `Element` for "anywhere", resources included.
        if expression == "Element" || holder.definition.is_a(expression) {
            return true;
        }
        let by_origin = holder.origin.is_some_and(|(owner, name)| {
            expression
                .strip_suffix(name)
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| owner.is_a(rest))
        });
        by_origin || self.is_place(expression)
    }

    /// Whether the element that holds the extension is at this path of its resource, whatever types lie between.
    fn is_place(&self, expression: &str) -> bool {
        let Some(frame) = self.frames.last() else { return false };
        let Some(kind) = frame.resource.get("resourceType").and_then(Value::as_str) else { return false };
        let steps = &self.place.steps[frame.depth..];
        let above = &steps[..steps.len().saturating_sub(1)];
        let mut path = kind.to_owned();
        for step in above {
            path.push('.');
            path.push_str(step.name);
        }
        path == expression
    }
}
