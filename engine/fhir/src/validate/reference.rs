//! References: how they are written, what they may point to, and that what is contained is there and used.

use super::finding::Family;
use super::profile;
use super::slicing::type_of_profile;
use super::types::{fitting, is_base_type};
use super::walk::Walk;
use crate::definitions::{self, Member, Type};
use crate::fhirpath::Element;
use crate::reference::Reference;
use serde_json::Value;
use socle_kernel::Severity;

impl<'a> Walk<'a, '_> {
    /// What a literal reference leads to, within the resource or its Bundle.
    pub fn resolve(&self, reference: &str) -> Option<&'a Value> {
        let frame = self.frames.last()?;
        if let Some(id) = reference.strip_prefix('#') {
            if id.is_empty() {
                return Some(frame.root);
            }
            let contained = frame.root.get("contained").and_then(Value::as_array)?;
            return contained.iter().find(|one| one.get("id").and_then(Value::as_str) == Some(id));
        }
        let plain = reference.split("/_history/").next().unwrap_or(reference);
        if let Some(found) = self.entries.get(plain) {
            return Some(found);
        }
        // `Type/id` within a Bundle is completed with the base of the entry it stands in.
        let Reference::Local { resource_type, id, .. } = Reference::parse(plain) else { return None };
        let ends = format!("/{}/{id}", resource_type.name());
        self.entries.iter().find(|(address, _)| address.ends_with(&ends)).map(|(_, resource)| *resource)
    }

    /// Everything about one reference.
    pub fn reference(&mut self, element: &Element<'a>, member: &Member, nodes: &[profile::Active]) {
        let Some(value) = element.value else { return };
        let literal = value.get("reference").and_then(Value::as_str);
        if self.is_loud() {
            if let Some(literal) = literal {
                self.written(literal);
            }
            let targets = &member.type_ref.targets;
            if let Some(kind) = self.target_type(value).filter(|_| !targets.is_empty())
                && !targets.iter().any(|target| kind.is_a(target))
            {
                self.wrong_target(&targets.join(", "), kind.name, None);
            }
        }
        for node in nodes {
            let rule = node.node.types.as_ref().and_then(|rules| fitting(rules, element));
            let Some(rule) = rule.filter(|rule| !rule.targets.is_empty()) else { continue };
            if self.points_to(element, &rule.targets) == Some(false) {
                let names: Vec<&str> =
                    rule.targets.iter().map(|target| target.rsplit('/').next().unwrap_or(target)).collect();
                let is = self.target_type(value).map_or("?", |kind| kind.name);
                self.wrong_target(&names.join(", "), is, Some(super::walk::short(node.profile)));
            }
        }
    }

    /// The type of what is pointed to, when it is here or the reference tells.
    fn target_type(&self, value: &Value) -> Option<&'static Type> {
        let literal = value.get("reference").and_then(Value::as_str);
        let found = literal.and_then(|literal| self.resolve(literal));
        if let Some(name) = found.and_then(|found| found.get("resourceType")).and_then(Value::as_str) {
            return definitions::find_type(name);
        }
        let told =
            literal.and_then(|literal| Reference::parse(literal).resource_type()).map(|kind| kind.name());
        let told = told.or_else(|| value.get("type").and_then(Value::as_str));
        told.and_then(definitions::find_type)
    }

    /// Whether a reference points to one of these types or profiles; `None` when that cannot be known.
    pub fn points_to(&mut self, element: &Element<'a>, targets: &[Box<str>]) -> Option<bool> {
        let value = element.value?;
        let kind = self.target_type(value)?;
        let literal = value.get("reference").and_then(Value::as_str);
        let found = literal.and_then(|literal| self.resolve(literal)).and_then(Element::resource);
        let mut is_unknown = false;
        for target in targets {
            let Some(wanted) = type_of_profile(target) else {
                is_unknown = true;
                continue;
            };
            if !kind.is_a(wanted.name) {
                continue;
            }
            let Some(found) = found.filter(|_| !is_base_type(target)) else {
                // Of what is elsewhere the type is all that can be known.
                if found.is_some() || is_base_type(target) {
                    return Some(true);
                }
                is_unknown = true;
                continue;
            };
            match profile::find(target) {
                Some(Ok(profile)) if self.conforms_elsewhere(&found, profile) => return Some(true),
                Some(Ok(_)) => {}
                _ => is_unknown = true,
            }
        }
        (!is_unknown).then_some(false)
    }

    /// As `conforms_to`, of a resource that stands elsewhere in this one or in the Bundle.
    fn conforms_elsewhere(&mut self, found: &Element<'a>, profile: &'static profile::Profile) -> bool {
        // What is contained keeps its container; an entry is its own.
        let is_contained = self.frames.last().is_some_and(|frame| {
            let contained = frame.root.get("contained").and_then(Value::as_array);
            let is_it = |one: &Value| found.value.is_some_and(|value| std::ptr::eq(one, value));
            contained.is_some_and(|all| all.iter().any(is_it))
        });
        let frames = self.frames.clone();
        let keep = usize::from(!frames.is_empty());
        if !is_contained {
            self.frames.truncate(keep);
        }
        let answer = self.conforms_to(found, profile);
        self.frames = frames;
        answer
    }

    fn wrong_target(&mut self, expected: &str, is: &str, profile: Option<&str>) {
        let (fr, en) = match profile {
            Some(name) => (format!(" (profil {name})"), format!(" (profile {name})")),
            None => (String::new(), String::new()),
        };
        let said = || {
            (
                format!(
                    "La référence ne peut pas désigner cette ressource{fr}. Désignez une ressource du type ou du profil attendu."
                ),
                format!(
                    "The reference may not point to this resource{en}. Point to a resource of the expected type or profile."
                ),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, expected, is);
    }

    /// How a literal reference is written, and that what is contained is there.
    fn written(&mut self, text: &str) {
        if text.starts_with('#') {
            if self.resolve(text).is_none() {
                let said = || {
                    (
                        format!(
                            "La règle ref-1 n'est pas respectée : aucune ressource contenue n'a l'id de « {text} ». Ajoutez-la dans contained, ou corrigez la référence."
                        ),
                        format!(
                            "The rule ref-1 is broken: no contained resource has the id of `{text}`. Add it to contained, or mend the reference."
                        ),
                    )
                };
                let expected = "ref-1: SHALL have a contained resource if a local reference is provided";
                self.tell(Family::Rule, Severity::Error, "invariant", said, expected, text);
            }
            return;
        }
        if matches!(Reference::parse(text), Reference::Other(_)) && !is_address(text) {
            let said = || {
                (
                    "La référence ne se lit pas. Écrivez Type/id, une adresse, urn:uuid:… ou #id.".to_owned(),
                    "The reference cannot be read. Write Type/id, an address, urn:uuid:… or #id.".to_owned(),
                )
            };
            self.base_below("reference", "value", said, "Type/id, https://…/Type/id, urn:uuid:…, #id", text);
        }
    }

    /// A contained resource has an id of its own.
    pub fn contained_identity(&mut self, value: &Value) {
        if value.get("id").and_then(Value::as_str).is_some() {
            return;
        }
        let said = || {
            (
                "Une ressource contenue a un id, par lequel la référence « #id » la désigne.".to_owned(),
                "A contained resource has an id, by which the reference `#id` names it.".to_owned(),
            )
        };
        self.base_below("id", "required", said, "id", "nothing");
    }
}

fn is_address(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or("");
    text.len() > scheme.len() + 1
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}
