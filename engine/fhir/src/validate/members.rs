//! The members of one element: known, well-formed, as many as they may be; each in turn beside the profiles that apply to it.

use super::place::Step;
use super::profile::Active;
use super::walk::{Holder, Walk, json_kind};
use crate::definitions::{Member, Type, TypeKind};
use crate::fhirpath::Element;
use serde_json::{Map, Value};

impl<'a> Walk<'a, '_> {
    /// The members of a resource, of a complex element, or of the `_name` of a primitive.
    pub fn members(&mut self, holder: &Element<'a>, members: &'a Map<String, Value>, nodes: &[Active]) {
        let definition = holder.definition;
        let is_resource = definition.kind == TypeKind::Resource;
        let own = members.len() - usize::from(is_resource && members.contains_key("resourceType"));
        if own == 0 && !is_resource {
            return self.empty();
        }
        let has_siblings = members.keys().any(|name| name.starts_with('_'));
        let mut seen = 0_u128;
        let mut below = Vec::new();
        for (name, value) in members {
            if is_resource && name == "resourceType" {
                continue;
            }
            let plain = name.strip_prefix('_').unwrap_or(name);
            let Some(member) = definition.member(plain) else {
                if self.is_loud() {
                    self.unknown(definition, name);
                }
                continue;
            };
            let is_sibling = plain.len() < name.len();
            self.place.steps.push(Step { name: member.element.name, index: None });
            if is_sibling && member.type_ref.definition().kind != TypeKind::Primitive {
                self.wrong_sibling(value);
            } else if !(is_sibling && members.contains_key(plain)) {
                let bit = 1 << member.position.min(127);
                if seen & bit != 0 && member.element.is_choice {
                    self.two_choices(&member);
                }
                seen |= bit;
                below.clear();
                below.extend(nodes.iter().filter_map(|node| node.child(member.element.name)));
                let main = (!is_sibling).then_some(value);
                let sibling = if is_sibling {
                    Some(value)
                } else if has_siblings {
                    members.get(&format!("_{name}"))
                } else {
                    None
                };
                self.member(definition, &member, main, sibling, &below);
            }
            self.place.steps.pop();
        }
        if self.is_loud() {
            self.missing(definition, seen);
        }
        for node in nodes {
            self.missing_by_profile(definition, seen, *node);
        }
    }

    pub fn unknown(&mut self, definition: &'static Type, name: &str) {
        let known: Vec<&str> = definition.member_names().collect();
        let path = format!("{}.{name}", self.place.text());
        let said = || {
            (
                format!(
                    "L'élément « {name} » n'existe pas dans {}. Vérifiez son nom ou retirez-le.",
                    definition.name
                ),
                format!("{} has no element `{name}`. Check its name or leave it out.", definition.name),
            )
        };
        let before = self.findings.len();
        self.base("structure", said, &known.join(", "), name);
        if let Some(finding) = self.findings.get_mut(before) {
            finding.issue.path = path;
        }
    }

    pub fn wrong_sibling(&mut self, value: &Value) {
        let said = || {
            (
                "Seul un type primitif a un membre qui commence par « _ ».".to_owned(),
                "Only a primitive type has a member that starts with `_`.".to_owned(),
            )
        };
        self.base("structure", said, "", json_kind(value));
    }

    pub fn two_choices(&mut self, member: &Member) {
        let name = member.element.name;
        let said = || {
            (
                format!("« {name}[x] » n'admet qu'un seul de ses types à la fois."),
                format!("`{name}[x]` allows only one of its types at a time."),
            )
        };
        self.base("structure", said, "one", "2");
    }

    /// One element with all its values.
    pub fn member(
        &mut self,
        owner: &'static Type,
        member: &Member,
        main: Option<&'a Value>,
        sibling: Option<&'a Value>,
        below: &[Active],
    ) {
        let definition = member.type_ref.definition();
        let codes = member.element.codes;
        if !member.element.is_array() {
            if main.is_some_and(Value::is_array) {
                return self.not_repeated();
            }
            let element = Element { value: main, sibling, definition, codes };
            return self.values(owner, member, &[element], below);
        }
        let empty = &[][..];
        let items = match main {
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => return self.shape("array", other),
            None => empty,
        };
        let siblings = match sibling {
            Some(Value::Array(items)) => items.as_slice(),
            Some(other) => return self.shape("array", other),
            None => empty,
        };
        if main.is_some() && items.is_empty() {
            return self.empty();
        }
        if main.is_some() && sibling.is_some() && items.len() != siblings.len() {
            self.unequal(siblings.len());
        }
        let count = items.len().max(if main.is_none() { siblings.len() } else { 0 });
        let elements = (0..count).map(|index| Element {
            value: items
                .get(index)
                .filter(|value| !(value.is_null() && siblings.get(index).is_some_and(Value::is_object))),
            sibling: siblings.get(index).filter(|value| !value.is_null()),
            definition,
            codes,
        });
        if below.is_empty() {
            // No profile asks: the items need not stand side by side.
            self.too_many(member, count);
            for (index, element) in elements.enumerate() {
                self.index(index);
                self.item(owner, member, element, below);
            }
            self.no_index();
            return;
        }
        let elements: Vec<Element<'a>> = elements.collect();
        self.values(owner, member, &elements, below);
    }

    /// Names the item of the element the walk stands at.
    pub fn index(&mut self, index: usize) {
        if let Some(last) = self.place.steps.last_mut() {
            last.index = Some(index);
        }
    }

    /// Stands at the element as a whole again.
    pub fn no_index(&mut self) {
        if let Some(last) = self.place.steps.last_mut() {
            last.index = None;
        }
    }

    pub fn not_repeated(&mut self) {
        let said = || {
            (
                "Cet élément ne se répète pas : écrivez la valeur sans tableau.".to_owned(),
                "This element does not repeat: write the value without array.".to_owned(),
            )
        };
        self.base("structure", said, "one value", "array");
    }

    pub fn unequal(&mut self, length: usize) {
        let said = || {
            (
                "Les deux tableaux d'un élément primitif ont la même longueur : complétez avec null."
                    .to_owned(),
                "Both arrays of a primitive element have the same length: fill up with null.".to_owned(),
            )
        };
        self.base("structure", said, "the same length", &length.to_string());
    }

    pub fn too_many(&mut self, member: &Member, count: usize) {
        let Some(most) = member.element.max.filter(|most| *most > 1) else { return };
        if count > usize::try_from(most).unwrap_or(usize::MAX) {
            let said = || {
                ("Cet élément a trop de valeurs.".to_owned(), "This element has too many values.".to_owned())
            };
            self.base("structure", said, &format!("at most {most}"), &count.to_string());
        }
    }

    /// The values of one element, where profiles ask how many and which there are.
    pub fn values(
        &mut self,
        owner: &'static Type,
        member: &Member,
        elements: &[Element<'a>],
        below: &[Active],
    ) {
        let is_array = member.element.is_array();
        self.too_many(member, elements.len());
        let slices = self.counted(elements, below, is_array);
        for (index, element) in elements.iter().enumerate() {
            if is_array {
                self.index(index);
            }
            match slices.as_ref().map(|all| &all[index]).filter(|own| !own.is_empty()) {
                Some(own) => {
                    let all: Vec<Active> = below.iter().chain(own).copied().collect();
                    self.item(owner, member, *element, &all);
                }
                None => self.item(owner, member, *element, below),
            }
        }
        if is_array {
            self.no_index();
        }
    }

    /// One value of an element.
    pub fn item(
        &mut self,
        owner: &'static Type,
        member: &Member,
        mut element: Element<'a>,
        nodes: &[Active],
    ) {
        let origin = Some((owner, member.element.name));
        let definition = element.definition;
        if definition.name == "Resource" {
            return self.inner_resource(owner, member, &element, nodes);
        }
        if self.is_loud() && !self.is_shaped(&element) {
            return;
        }
        if element.value.is_some_and(Value::is_null) {
            element.value = None;
        }
        self.holders.push(Holder { value: element.value, definition, origin });
        if self.is_loud() {
            self.element_rules(owner, member, &element);
        }
        for node in nodes {
            self.type_allowed(&element, *node);
        }
        self.content(&element, nodes);
        if definition.name == "Reference" {
            self.reference(&element, member, nodes);
        }
        self.holders.pop();
    }

    /// JSON type, format and codes of a value, before anything else is asked.
    pub fn is_shaped(&mut self, element: &Element<'a>) -> bool {
        let definition = element.definition;
        if let Some(sibling) = element.sibling.filter(|sibling| !sibling.is_object()) {
            self.shape("object", sibling);
            return false;
        }
        let Some(value) = element.value else { return true };
        if definition.kind != TypeKind::Primitive {
            if !value.is_object() {
                self.shape("object", value);
            }
            return value.is_object();
        }
        self.primitive(element, value)
    }

    /// Id and extensions of a primitive.
    pub fn sibling_members(&mut self, element: &Element<'a>, nodes: &[Active]) {
        let Some(members) = element.sibling.and_then(Value::as_object) else {
            for node in nodes {
                self.missing_by_profile(element.definition, 0, *node);
            }
            return;
        };
        self.members(element, members, nodes);
    }
}
