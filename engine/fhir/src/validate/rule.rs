//! Rules as they are compiled from definitions: invariants, bindings, and those of every base type.

use crate::definitions::{self, Type, TypeKind};
use crate::fhirpath::{self, Expr};
use crate::packages::{self, Kind};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::OnceLock;

/// Invariants of the base definitions that files of this folder check without FHIRPath, because every resource meets
/// them or because the expression would look at a large Bundle again and again.
pub(super) const NATIVE: [&str; 28] = [
    "ele-1", "ext-1", "dom-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "dom-r4b", "ref-1", "txt-1",
    "txt-2", "qty-3", "per-1", "cpt-2", "bdl-1", "bdl-2", "bdl-3", "bdl-4", "bdl-5", "bdl-6", "bdl-7",
    "bdl-8", "bdl-9", "bdl-10", "bdl-11", "bdl-12", "bdl-0",
];

/// One invariant.
#[derive(Debug)]
pub(super) struct Invariant {
    pub key: Box<str>,
    pub is_error: bool,
    /// What it means, in the words of the definition.
    pub human: Box<str>,
    /// `None` when it cannot be read: said once, never a reason to refuse.
    pub expression: Option<Expr>,
}

/// How strongly codes are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    Preferred,
    Extensible,
    Required,
}

/// A binding to a value set.
#[derive(Debug)]
pub(super) struct Binding {
    pub strength: Strength,
    pub value_set: Box<str>,
    /// The value set that codes may not leave although the binding is weaker.
    pub most: Option<Box<str>>,
}

impl Binding {
    /// The binding of an element definition; `None` for examples.
    pub fn read(element: &Value) -> Option<Binding> {
        let binding = element.get("binding")?;
        let strength = match binding.get("strength")?.as_str()? {
            "required" => Strength::Required,
            "extensible" => Strength::Extensible,
            "preferred" => Strength::Preferred,
            _ => return None,
        };
        let value_set = binding.get("valueSet")?.as_str()?.into();
        let extensions = binding.get("extension").and_then(Value::as_array);
        let most = extensions.into_iter().flatten().find_map(|extension| {
            let url = extension.get("url")?.as_str()?;
            let value = extension.get("valueCanonical").or_else(|| extension.get("valueUri"))?.as_str()?;
            url.ends_with("elementdefinition-maxValueSet").then(|| value.into())
        });
        Some(Binding { strength, value_set, most })
    }
}

/// The invariants of an element definition, but those of these keys.
pub(super) fn invariants(element: &Value, known: &dyn Fn(&str) -> bool) -> Vec<Invariant> {
    let all = element.get("constraint").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let read = |constraint: &Value| {
        let key = constraint.get("key")?.as_str()?;
        if known(key) {
            return None;
        }
        let text = |name: &str| constraint.get(name).and_then(Value::as_str).unwrap_or("");
        Some(Invariant {
            key: key.into(),
            is_error: text("severity") != "warning",
            human: text("human").into(),
            expression: fhirpath::parse(text("expression")).ok(),
        })
    };
    all.iter().filter_map(read).collect()
}

/// What a base type demands besides its table: of itself, and of each element.
#[derive(Debug, Default)]
pub(super) struct TypeRules {
    pub invariants: Vec<Invariant>,
    /// In the order of the type's elements.
    pub elements: Vec<ElementRules>,
    /// A bit for each element that must be there.
    pub required: u128,
}

/// What a base type demands of one element.
#[derive(Debug, Default)]
pub(super) struct ElementRules {
    pub invariants: Vec<Invariant>,
    pub binding: Option<Binding>,
    /// Data type profiles, as `SimpleQuantity`: the value conforms to one of them.
    pub profiles: Vec<Box<str>>,
}

static RULES: OnceLock<Vec<OnceLock<TypeRules>>> = OnceLock::new();

/// The rules of a type, compiled when it is met for the first time.
pub(super) fn rules(definition: &'static Type) -> &'static TypeRules {
    let all = RULES.get_or_init(|| (0..definitions::count()).map(|_| OnceLock::new()).collect());
    all[definition.number()].get_or_init(|| compile(definition))
}

/// The official definition of a base type.
pub(super) fn base_definition(name: &str) -> Option<std::sync::Arc<Value>> {
    packages::find(
        Kind::StructureDefinition,
        &format!("http://hl7.org/fhir/StructureDefinition/{name}|4.0.1"),
    )
}

fn compile(definition: &'static Type) -> TypeRules {
    let mut rules = TypeRules::default();
    for (position, element) in definition.elements.iter().enumerate() {
        rules.required |= if element.min > 0 { 1 << position.min(127) } else { 0 };
        rules.elements.push(ElementRules::default());
    }
    let head = definition.name.split('.').next().unwrap_or("");
    let Some(structure) = base_definition(head) else { return rules };
    let elements = structure.pointer("/snapshot/element").and_then(Value::as_array);
    for element in elements.into_iter().flatten() {
        let Some(path) = element.get("path").and_then(Value::as_str) else { continue };
        let native = |key: &str| NATIVE.contains(&key);
        if path == definition.name {
            rules.invariants = invariants(element, &native);
            continue;
        }
        let Some(name) = path.strip_prefix(definition.name).and_then(|rest| rest.strip_prefix('.')) else {
            continue;
        };
        let name = name.strip_suffix("[x]").unwrap_or(name);
        let Some(position) = definition.elements.iter().position(|known| known.name == name) else {
            continue;
        };
        rules.elements[position] = element_rules(&definition.elements[position], element, &native);
    }
    rules
}

fn element_rules(
    known: &'static definitions::Element,
    element: &Value,
    native: &dyn Fn(&str) -> bool,
) -> ElementRules {
    // What is said of a nested element is a rule of its own type.
    let is_nested = known.types.iter().any(|one| one.definition().kind == TypeKind::Backbone);
    let binding = Binding::read(element).filter(|binding| {
        known.codes.is_none() || binding.strength != Strength::Required || binding.most.is_some()
    });
    let types = element.get("type").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let profiles = types.iter().filter_map(|one| one.get("profile")?.as_array()).flatten();
    ElementRules {
        invariants: if is_nested { Vec::new() } else { invariants(element, native) },
        binding,
        profiles: profiles.filter_map(|profile| Some(profile.as_str()?.into())).collect(),
    }
}

/// Keys that hold for an element whatever a profile says: of its base definition, and of its types.
pub(super) fn known_keys(base_path: &str, types: &[&'static Type]) -> HashSet<&'static str> {
    let mut keys: HashSet<&'static str> = NATIVE.into_iter().collect();
    if let Some((owner, name)) = base_path.rsplit_once('.')
        && let Some(owner) = definitions::find_type(owner)
    {
        let name = name.strip_suffix("[x]").unwrap_or(name);
        if let Some(position) = owner.elements.iter().position(|element| element.name == name) {
            keys.extend(rules(owner).elements[position].invariants.iter().map(|one| &*one.key));
        }
    }
    for one in types {
        keys.extend(rules(one).invariants.iter().map(|one| &*one.key));
    }
    keys
}
