//! Makes a conformance resource small: what no code and no answer uses is left out before it is packed.

use super::kind::Kind;
use serde_json::{Map, Value};

/// Members that no definition needs: narrative, addresses of people, publishing details.
const PUBLISHING: [&str; 11] = [
    "text",
    "contact",
    "useContext",
    "jurisdiction",
    "purpose",
    "copyright",
    "extension",
    "contained",
    "implicitRules",
    "modifierExtension",
    "meta",
];
/// Members of an element that are prose, or that point into other standards.
const ELEMENT_PROSE: [&str; 12] = [
    "definition",
    "comment",
    "requirements",
    "alias",
    "mapping",
    "example",
    "label",
    "orderMeaning",
    "meaningWhenMissing",
    "condition",
    "isModifierReason",
    "extension",
];
/// Invariants that validation knows without expression, on every element of every type.
const EVERYWHERE: [&str; 2] = ["ele-1", "ext-1"];

/// The resource as it is packed; `None` when packages keep no resource of this type.
pub fn slim(mut resource: Value) -> Option<Value> {
    let kind = Kind::named(resource.get("resourceType")?.as_str()?)?;
    let members = resource.as_object_mut()?;
    for name in PUBLISHING {
        if !(name == "contained" && has_local_reference(kind)) {
            members.remove(name);
        }
    }
    members.retain(|name, _| !name.starts_with('_'));
    match kind {
        Kind::StructureDefinition => structure(members),
        Kind::CodeSystem | Kind::ValueSet => {
            if let Some(Value::Array(concepts)) = members.get_mut("concept") {
                concepts.iter_mut().for_each(concept);
            }
        }
        Kind::SearchParameter => {
            members.remove("xpath");
            members.remove("xpathUsage");
        }
        Kind::CapabilityStatement => {
            members.remove("description");
        }
        _ => {}
    }
    Some(resource)
}

/// Kinds in which `#id` may point to a value set or the like that is contained.
fn has_local_reference(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::StructureDefinition | Kind::Questionnaire | Kind::OperationDefinition | Kind::ConceptMap
    )
}

fn structure(members: &mut Map<String, Value>) {
    members.remove("mapping");
    members.remove("keyword");
    if members.contains_key("snapshot") {
        members.remove("differential");
    }
    for view in ["snapshot", "differential"] {
        let elements = members.get_mut(view).and_then(|view| view.get_mut("element"));
        let Some(Value::Array(elements)) = elements else { continue };
        elements.iter_mut().filter_map(Value::as_object_mut).for_each(element);
    }
}

fn element(members: &mut Map<String, Value>) {
    for name in ELEMENT_PROSE {
        members.remove(name);
    }
    members.retain(|name, _| !name.starts_with('_'));
    if let Some(Value::Array(constraints)) = members.get_mut("constraint") {
        constraints.retain(|constraint| {
            !constraint.get("key").and_then(Value::as_str).is_some_and(|key| EVERYWHERE.contains(&key))
        });
        for constraint in constraints.iter_mut().filter_map(Value::as_object_mut) {
            for name in ["xpath", "source", "extension", "requirements"] {
                constraint.remove(name);
            }
        }
        if constraints.is_empty() {
            members.remove("constraint");
        }
    }
    if let Some(binding) = members.get_mut("binding").and_then(Value::as_object_mut) {
        binding.remove("description");
        if let Some(Value::Array(extensions)) = binding.get_mut("extension") {
            extensions.retain(|e| {
                e.get("url")
                    .and_then(Value::as_str)
                    .is_some_and(|url| url.ends_with("elementdefinition-maxValueSet"))
            });
            if extensions.is_empty() {
                binding.remove("extension");
            }
        }
    }
    // The default: said nowhere, meant everywhere.
    for (name, default) in [("isModifier", false), ("isSummary", false), ("mustSupport", false)] {
        if members.get(name) == Some(&Value::Bool(default)) {
            members.remove(name);
        }
    }
}

/// Keeps what `$lookup` tells: names, definition, designations, properties, concepts below.
fn concept(value: &mut Value) {
    let Some(members) = value.as_object_mut() else { return };
    members.retain(|name, _| !name.starts_with('_') && name != "extension");
    if let Some(Value::Array(below)) = members.get_mut("concept") {
        below.iter_mut().for_each(concept);
    }
}
