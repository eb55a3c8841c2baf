//! Walks once through a resource, beside its base definition and beside every profile that applies at each place.

use super::finding::{Family, Finding, ISSUES};
use super::options::Options;
use super::place::{Place, Step};
use super::profile::{Active, Profile};
use super::rule;
use crate::definitions::{self, Member, Type, TypeKind};
use crate::fhirpath::Element;
use serde_json::Value;
use socle_kernel::{Issue, Severity, Words};
use std::collections::HashMap;

/// One resource that the walk is in.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub resource: &'a Value,
    /// The resource that contains it, or itself.
    pub root: &'a Value,
    /// The Bundle it is an entry of.
    pub bundle: Option<&'a Value>,
    /// How many steps lead to it.
    pub depth: usize,
}

/// An element that the walk is in, for the context of extensions.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    pub value: Option<&'a Value>,
    pub definition: &'static Type,
    /// Its name in the type it is an element of.
    pub origin: Option<(&'static Type, &'static str)>,
}

/// The walk: where it stands, and what it found.
pub(super) struct Walk<'a, 'o> {
    pub options: &'o Options<'o>,
    pub findings: Vec<Finding>,
    pub place: Place,
    pub frames: Vec<Frame<'a>>,
    pub holders: Vec<Holder<'a>>,
    /// Resources of the Bundle by their full address.
    pub entries: HashMap<&'a str, &'a Value>,
    /// Above zero while only the question is asked whether something conforms.
    pub quiet: usize,
    pub failed: bool,
    /// What was asked already: value and part of a profile.
    pub answers: HashMap<(usize, usize), bool>,
    contained_depth: usize,
}

/// What JSON calls the kind of a value.
pub(super) fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A text that is said to a caller: both languages.
pub(super) type Said = (String, String);

impl<'a, 'o> Walk<'a, 'o> {
    pub fn new(options: &'o Options<'o>) -> Self {
        Walk {
            options,
            findings: Vec::new(),
            place: Place::default(),
            frames: Vec::new(),
            holders: Vec::new(),
            entries: HashMap::new(),
            quiet: 0,
            failed: false,
            answers: HashMap::new(),
            contained_depth: 0,
        }
    }

    /// Notes one finding at this place. The texts are made only when somebody will read them.
    pub fn tell(
        &mut self,
        family: Family,
        severity: Severity,
        code: &'static str,
        said: impl FnOnce() -> Said,
        expected: &str,
        received: &str,
    ) {
        if self.quiet > 0 {
            self.failed |= severity == Severity::Error;
            return;
        }
        if self.findings.len() >= ISSUES * 2 {
            return;
        }
        let (fr, en) = said();
        let mut issue = Issue::error(code, self.place.text(), Words::new(fr, en)).received(received);
        issue.severity = severity;
        issue.expected = (!expected.is_empty()).then(|| expected.to_owned());
        self.findings.push(Finding { family, issue });
    }

    /// An error of the base structure.
    pub fn base(&mut self, code: &'static str, said: impl FnOnce() -> Said, expected: &str, received: &str) {
        self.tell(Family::Base, Severity::Error, code, said, expected, received);
    }

    /// As [`Walk::base`], at an element below this place.
    pub fn base_below(
        &mut self,
        name: &'static str,
        code: &'static str,
        said: impl FnOnce() -> Said,
        expected: &str,
        received: &str,
    ) {
        self.place.steps.push(Step { name, index: None });
        self.base(code, said, expected, received);
        self.place.steps.pop();
    }

    /// True while base rules are looked at: the question whether something conforms is about profiles alone.
    pub fn is_loud(&self) -> bool {
        self.quiet == 0
    }

    /// Whether an element conforms to a part of a profile, without telling what is wrong.
    pub fn conforms(&mut self, element: &Element<'a>, active: Active) -> bool {
        let value = element.value.map_or(0, |value| std::ptr::from_ref(value).addr());
        let key = (value, std::ptr::from_ref(active.node).addr());
        if let Some(known) = self.answers.get(&key) {
            return *known;
        }
        // A circle of references is no reason to say no.
        self.answers.insert(key, true);
        let before = std::mem::replace(&mut self.failed, false);
        self.quiet += 1;
        if element.definition.kind == TypeKind::Resource {
            self.resource_of(element, &[active], false);
        } else {
            self.content(element, &[active]);
        }
        self.quiet -= 1;
        let is_fine = !std::mem::replace(&mut self.failed, before);
        self.answers.insert(key, is_fine);
        is_fine
    }

    /// As [`Walk::conforms`], for a whole profile.
    pub fn conforms_to(&mut self, element: &Element<'a>, profile: &'static Profile) -> bool {
        let fits = element.definition.is_a(&profile.type_name);
        fits && self.conforms(element, profile.active())
    }

    pub fn shape(&mut self, expected: &str, value: &Value) {
        let said = || {
            let (fr, en) = match expected {
                "array" => (
                    "Cet élément se répète : écrivez un tableau JSON, même pour une seule valeur.",
                    "This element repeats: write a JSON array, even for a single value.",
                ),
                "object" => ("Cet élément est un objet JSON.", "This element is a JSON object."),
                _ => (
                    "Cet élément n'a pas le type JSON attendu : un nombre ou un booléen s'écrit sans guillemets, un texte avec.",
                    "This element has not the expected JSON type: numbers and booleans go without quotation marks, texts with.",
                ),
            };
            (fr.to_owned(), en.to_owned())
        };
        self.base("structure", said, expected, json_kind(value));
    }

    pub fn empty(&mut self) {
        let said = || {
            (
                "FHIR n'admet rien de vide : retirez l'élément ou donnez-lui un contenu.".to_owned(),
                "FHIR allows nothing empty: leave the element out or give it a content.".to_owned(),
            )
        };
        self.base("structure", said, "a content", "nothing");
    }

    /// What storage needs: an object of a known type with a usable id.
    pub fn only_storable(&mut self, value: &'a Value) {
        if Element::resource(value).is_none() || value["resourceType"] == "DomainResource" {
            return self.resource(value, &[], false);
        }
        if let Some(id) = value.get("id").filter(|id| !id.as_str().is_some_and(crate::reference::is_id)) {
            self.place.root = "id";
            let said = || {
                (
                    "L'id n'a pas le format du type id.".to_owned(),
                    "The id has not the format of the type id.".to_owned(),
                )
            };
            self.base("value", said, super::primitive::expected("id"), &id.to_string());
        }
    }

    /// A whole resource, at the top or inside another.
    pub fn resource(&mut self, value: &'a Value, nodes: &[Active], is_contained: bool) {
        if !value.is_object() {
            return self.shape("object", value);
        }
        let Some(element) = Element::resource(value)
            .filter(|element| !matches!(element.definition.name, "Resource" | "DomainResource"))
        else {
            let named = value.get("resourceType").and_then(Value::as_str).unwrap_or("nothing");
            let said = || {
                (
                    "Le type de la ressource est absent ou inconnu de FHIR R4.".to_owned(),
                    "The type of the resource is missing or unknown to FHIR R4.".to_owned(),
                )
            };
            return self.base_below(
                "resourceType",
                "structure",
                said,
                "Patient, DocumentReference, …",
                named,
            );
        };
        if self.place.steps.is_empty() && self.place.root.is_empty() {
            self.place.root = element.definition.name;
        }
        self.resource_of(&element, nodes, is_contained);
    }

    /// A resource whose type is known.
    pub fn resource_of(&mut self, element: &Element<'a>, nodes: &[Active], is_contained: bool) {
        let Some(value) = element.value else { return };
        let outer = self.frames.last().copied();
        let bundle = match outer {
            Some(outer) if outer.resource["resourceType"] == "Bundle" && !is_contained => {
                Some(outer.resource)
            }
            Some(outer) if is_contained => outer.bundle,
            _ => None,
        };
        let root = if is_contained { outer.map_or(value, |outer| outer.root) } else { value };
        let depth = self.place.steps.len();
        self.frames.push(Frame { resource: value, root, bundle, depth });
        let is_top = self.holders.is_empty();
        if is_top {
            self.holders.push(Holder { value: Some(value), definition: element.definition, origin: None });
        }
        let mut actives = nodes.to_vec();
        if self.is_loud() {
            self.declared_profiles(element, &mut actives);
            self.before_resource(element);
        }
        self.content(element, &actives);
        if self.is_loud() {
            self.after_resource(element, is_contained);
        }
        if is_top {
            self.holders.pop();
        }
        self.frames.pop();
    }

    /// A complex element, or a resource: its own rules, then its members.
    pub fn content(&mut self, element: &Element<'a>, nodes: &[Active]) {
        if self.quiet > 0 && self.failed {
            return;
        }
        if element.definition.kind == TypeKind::Primitive {
            for node in nodes {
                self.demands(element, *node);
            }
            return self.sibling_members(element, nodes);
        }
        let Some(value) = element.value else { return };
        let Some(members) = value.as_object() else { return self.shape("object", value) };
        let mut expanded = Vec::new();
        let nodes = self.expanded(element, nodes, &mut expanded);
        if self.is_loud() {
            for invariant in &rule::rules(element.definition).invariants {
                self.invariant(element, invariant);
            }
        }
        for node in nodes {
            self.demands(element, *node);
        }
        self.members(element, members, nodes);
    }

    pub fn inner_resource(
        &mut self,
        owner: &'static Type,
        member: &Member,
        element: &Element<'a>,
        nodes: &[Active],
    ) {
        let Some(value) = element.value else { return };
        let is_contained = member.element.name == "contained";
        if self.is_loud() && is_contained {
            if self.contained_depth > 0 {
                let said = || {
                    (
                        "Une ressource contenue n'en contient pas d'autre : placez-la à côté.".to_owned(),
                        "A contained resource contains no other: put it beside.".to_owned(),
                    )
                };
                return self.base("structure", said, "", "contained");
            }
            self.contained_identity(value);
        }
        self.contained_depth += usize::from(is_contained);
        let found = Element::resource(value);
        let mut all = nodes.to_vec();
        if let Some(found) = found {
            self.holders.push(Holder {
                value: Some(value),
                definition: found.definition,
                origin: Some((owner, member.element.name)),
            });
            for node in nodes {
                self.type_allowed(&found, *node);
                self.type_profiles(&found, *node, &mut all);
            }
            self.resource(value, &all, is_contained);
            self.holders.pop();
        } else {
            self.resource(value, &[], is_contained);
        }
        self.contained_depth -= usize::from(is_contained);
    }

    pub fn missing(&mut self, definition: &'static Type, seen: u128) {
        let missing = rule::rules(definition).required & !seen;
        if missing == 0 {
            return;
        }
        for (position, element) in definition.elements.iter().enumerate() {
            if missing & (1 << position.min(127)) != 0 {
                let name = element.name;
                let said = || {
                    (
                        format!("L'élément « {name} » est obligatoire. Ajoutez-le."),
                        format!("The element `{name}` is mandatory. Add it."),
                    )
                };
                self.base_below(name, "required", said, &format!("at least {}", element.min), "0");
            }
        }
    }
}

/// The profile's name for a person: the end of its address.
pub(super) fn short(profile: &Profile) -> &str {
    profile.url.rsplit('/').next().unwrap_or(&profile.url)
}

/// The element a name stands for, when the type has it.
pub(super) fn position(definition: &'static Type, name: &str) -> Option<usize> {
    definition.elements.iter().position(|element| element.name == name)
}

/// A name of a profile's tree as the tables know it, so that places can name it.
pub(super) fn known_name(definition: &'static Type, name: &str) -> &'static str {
    definition.element(name).map_or("", |element: &definitions::Element| element.name)
}
