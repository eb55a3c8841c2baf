//! What is demanded of one value: by a profile, and by the base definition of its element.

use super::finding::Family;
use super::profile::{Active, Node};
use super::rule::{self, Invariant};
use super::walk::{Walk, short};
use super::{compare, primitive};
use crate::definitions::{Member, Type};
use crate::fhirpath::{self, Context, Element, Expr, Item};
use serde_json::Value;
use socle_kernel::Severity;

/// Steps of one invariant: the official ones need a few thousand on the largest resources.
const STEPS: u64 = 2_000_000;

/// True for expressions that answer yes, no or "cannot be said", as opposed to those that lead to elements.
fn says_yes_or_no(expression: &Expr) -> bool {
    match expression {
        Expr::Binary(operator, ..) => !matches!(operator, fhirpath::Operator::Union),
        Expr::Is(..) => true,
        Expr::Call(_, name, _) => matches!(
            name.name(),
            "not"
                | "matches"
                | "startsWith"
                | "endsWith"
                | "contains"
                | "all"
                | "allTrue"
                | "anyTrue"
                | "memberOf"
                | "subsumes"
                | "conformsTo"
                | "iif"
                | "is"
        ),
        _ => false,
    }
}

impl<'a> Walk<'a, '_> {
    /// Format and small code list of a primitive; false when it has not even the right JSON type.
    pub fn primitive(&mut self, element: &Element<'a>, value: &'a Value) -> bool {
        let kind = element.definition.name;
        if value.is_null() && element.sibling.is_some() {
            return true;
        }
        if !primitive::has_right_json_type(kind, value) {
            let expected = match kind {
                "boolean" => "boolean",
                "integer" | "unsignedInt" | "positiveInt" | "decimal" => "number",
                _ => "string",
            };
            self.shape(expected, value);
            return false;
        }
        if value.as_str() == Some("") {
            self.empty();
            return false;
        }
        if !primitive::is_valid(kind, value) {
            let said = || {
                (
                    format!(
                        "La valeur n'a pas le format du type {kind}. Corrigez-la selon la forme attendue."
                    ),
                    format!(
                        "The value has not the format of the type {kind}. Write it in the expected form."
                    ),
                )
            };
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.base("value", said, primitive::expected(kind), &text);
            return false;
        }
        if let (Some(codes), Some(code)) = (element.codes, value.as_str())
            && codes.system_of(code).is_none()
        {
            let known: Vec<&str> = codes.codes.iter().map(|(code, _)| *code).take(40).collect();
            let said = || {
                (
                    format!(
                        "Le code n'est pas dans le jeu de valeurs obligatoire {}. Choisissez un code de la liste.",
                        codes.address
                    ),
                    format!(
                        "The code is not in the required value set {}. Pick a code of the list.",
                        codes.address
                    ),
                )
            };
            self.base("code-invalid", said, &known.join(", "), code);
        }
        true
    }

    /// What the base definition demands of an element besides its type's own rules.
    pub fn element_rules(&mut self, owner: &'static Type, member: &Member, element: &Element<'a>) {
        let Some(rules) = rule::rules(owner).elements.get(member.position) else { return };
        if let Some(binding) = &rules.binding {
            self.binding(element, binding, None);
        }
        for invariant in &rules.invariants {
            self.invariant(element, invariant);
        }
        self.base_profiles(element, &rules.profiles);
        self.native(element);
    }

    /// What a profile demands of a value.
    pub fn demands(&mut self, element: &Element<'a>, active: Active) {
        let node = active.node;
        self.constant(element, active);
        self.bounds(element, node);
        if let Some(binding) = &node.binding {
            self.binding(element, binding, Some(active.profile));
        }
        for invariant in &node.invariants {
            self.invariant(element, invariant);
        }
    }

    fn constant(&mut self, element: &Element<'a>, active: Active) {
        let received = || element.value.map_or_else(|| "nothing".to_owned(), compare::short_text);
        if let Some(fixed) = &active.node.fixed
            && !element.value.is_some_and(|value| compare::same(fixed, value))
        {
            let name = short(active.profile);
            let said = || {
                (
                    format!("Le profil {name} fixe cette valeur. Écrivez exactement celle qui est attendue."),
                    format!("The profile {name} fixes this value. Write exactly the expected one."),
                )
            };
            let expected = compare::short_text(fixed);
            self.tell(Family::Rule, Severity::Error, "value", said, &expected, &received());
        }
        if let Some(pattern) = &active.node.pattern
            && !element.value.is_some_and(|value| compare::holds(pattern, value))
        {
            let name = short(active.profile);
            let said = || {
                (
                    format!(
                        "Le profil {name} veut trouver ce motif ici. Complétez la valeur avec ce qui est attendu."
                    ),
                    format!(
                        "The profile {name} wants this pattern here. Complete the value with what is expected."
                    ),
                )
            };
            let expected = compare::short_text(pattern);
            self.tell(Family::Rule, Severity::Error, "value", said, &expected, &received());
        }
    }

    fn bounds(&mut self, element: &Element<'a>, node: &Node) {
        let Some(value) = element.value else { return };
        if let (Some(most), Some(text)) = (node.max_length, value.as_str()) {
            let length = text.chars().count();
            if length > most {
                let said = || {
                    (
                        "Le texte est trop long pour le profil. Raccourcissez-le.".to_owned(),
                        "The text is too long for the profile. Shorten it.".to_owned(),
                    )
                };
                let expected = format!("at most {most} characters");
                self.tell(Family::Rule, Severity::Error, "too-long", said, &expected, &length.to_string());
            }
        }
        for (bound, is_least) in [(&node.min_value, true), (&node.max_value, false)] {
            let Some(bound) = bound else { continue };
            if compare::is_outside(value, bound, is_least) {
                let said = || {
                    (
                        "La valeur sort des bornes du profil.".to_owned(),
                        "The value is outside the bounds of the profile.".to_owned(),
                    )
                };
                let sign = if is_least { "≥" } else { "≤" };
                let expected = format!("{sign} {}", compare::short_text(bound));
                self.tell(
                    Family::Rule,
                    Severity::Error,
                    "value",
                    said,
                    &expected,
                    &compare::short_text(value),
                );
            }
        }
    }

    /// One invariant on one element.
    pub fn invariant(&mut self, element: &Element<'a>, invariant: &'static Invariant) {
        let (Some(expression), Some(frame)) = (&invariant.expression, self.frames.last()) else {
            return self.unreadable(invariant, "");
        };
        let mut context = Context::of(frame.resource);
        context.root = frame.root;
        context.bundle = frame.bundle.or(context.bundle);
        context.now = self.options.now;
        context.steps = STEPS;
        let terminology = super::binding::Codes(self.options);
        context.terminology = Some(&terminology);
        let holds = match fhirpath::evaluate(expression, &context, &[Item::Element(*element)]) {
            Ok(items) => match items.as_slice() {
                // A comparison that cannot be made is not a broken rule; a path that leads nowhere is.
                [] => says_yes_or_no(expression),
                [one] => one.boolean().unwrap_or(true),
                _ => true,
            },
            Err(error) => return self.unreadable(invariant, &error.message),
        };
        if !holds {
            let (severity, human) = match invariant.is_error {
                true => (Severity::Error, &invariant.human),
                false => (Severity::Warning, &invariant.human),
            };
            self.broken(&invariant.key, severity, human);
        }
    }

    /// Tells that an invariant is broken.
    pub fn broken(&mut self, key: &str, severity: Severity, human: &str) {
        let said = || {
            (
                format!("La règle {key} n'est pas respectée : {human}"),
                format!("The rule {key} is broken: {human}"),
            )
        };
        self.tell(Family::Rule, severity, "invariant", said, &format!("{key}: {human}"), "false");
    }

    fn unreadable(&mut self, invariant: &Invariant, why: &str) {
        let key = &invariant.key;
        let said = || {
            (
                format!("La règle {key} n'a pas pu être évaluée : elle n'a pas été vérifiée."),
                format!("The rule {key} could not be evaluated: it was not checked."),
            )
        };
        self.tell(Family::Rule, Severity::Information, "not-supported", said, &invariant.human, why);
    }
}
