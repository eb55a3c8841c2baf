//! The resources and data types of FHIR R4 as JSON Schema (draft 2020-12, as OpenAPI 3.1 has it), from the same tables as validation.

use serde_json::{Map, Value, json};
use socle_fhir::definitions::{self, Element, Type, TypeKind};
use socle_kernel::ResourceType;
use std::collections::BTreeSet;

/// The schema that stands for a resource of any type.
pub(super) const ANY: &str = "AnyResource";
/// What a member such as `_birthDate` holds: id and extensions of a primitive.
const SIBLING: &str = "PrimitiveElement";

/// A reference to the schema of a type.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Every resource type with everything it is made of, by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert(ANY.into(), any());
    schemas.insert(SIBLING.into(), sibling());
    let mut waiting: BTreeSet<&'static str> =
        ResourceType::all().map(|resource_type| definitions::resource(resource_type).name).collect();
    waiting.insert("Extension");
    while let Some(name) = waiting.pop_last() {
        let Some(definition) = definitions::find_type(name).filter(|_| !schemas.contains_key(name)) else {
            continue;
        };
        let schema = match definition.kind {
            TypeKind::Primitive => primitive(name),
            _ => object(definition, &mut waiting),
        };
        schemas.insert(name.to_owned(), schema);
    }
    schemas
}

fn object(definition: &'static Type, waiting: &mut BTreeSet<&'static str>) -> Value {
    let mut properties = Map::new();
    if definition.kind == TypeKind::Resource {
        properties.insert("resourceType".into(), json!({ "const": definition.name }));
    }
    for name in definition.member_names() {
        let Some(member) = definition.member(name) else { continue };
        let inner = member.type_ref.definition();
        properties.insert(name.to_owned(), property(member.element, inner, waiting));
    }
    let mut required: Vec<&str> = definition
        .elements
        .iter()
        .filter(|element| element.min > 0 && !element.is_choice)
        .map(|e| e.name)
        .collect();
    if definition.kind == TypeKind::Resource {
        required.insert(0, "resourceType");
    }
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": { "^_[a-z][A-Za-z0-9]*$": sibling_or_list() },
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(element: &Element, inner: &'static Type, waiting: &mut BTreeSet<&'static str>) -> Value {
    let one = match element.codes {
        Some(codes) if inner.kind == TypeKind::Primitive => {
            json!({ "type": "string", "enum": codes.codes.iter().map(|(code, _)| *code).collect::<Vec<_>>() })
        }
        _ if inner.kind == TypeKind::Resource
            && definitions::find_type(inner.name).is_some_and(is_abstract) =>
        {
            reference(ANY)
        }
        _ => {
            waiting.insert(inner.name);
            reference(inner.name)
        }
    };
    if !element.is_array() {
        return one;
    }
    let mut array = json!({ "type": "array", "items": one, "minItems": 1 });
    if let Some(most) = element.max {
        array["maxItems"] = most.into();
    }
    array
}

fn is_abstract(definition: &Type) -> bool {
    matches!(definition.name, "Resource" | "DomainResource")
}

fn any() -> Value {
    json!({
        "type": "object",
        "description": "A FHIR R4 resource of any type.",
        "required": ["resourceType"],
        "properties": { "resourceType": { "type": "string" }, "id": reference("id") },
    })
}

fn sibling() -> Value {
    json!({
        "type": "object",
        "properties": { "id": { "type": "string" }, "extension": { "type": "array", "items": reference("Extension"), "minItems": 1 } },
        "additionalProperties": false,
    })
}

/// `_name` is an object, or an array beside an array.
fn sibling_or_list() -> Value {
    json!({ "anyOf": [reference(SIBLING), { "type": "array", "items": { "anyOf": [reference(SIBLING), { "type": "null" }] } }] })
}

/// The JSON form of a primitive type (FHIR R4, Data Types; regular expressions as published there, anchored).
fn primitive(name: &str) -> Value {
    let text = |pattern: &str| json!({ "type": "string", "pattern": format!("^(?:{pattern})$") });
    match name {
        "boolean" => json!({ "type": "boolean" }),
        "integer" => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        "positiveInt" => json!({ "type": "integer", "minimum": 1, "maximum": i32::MAX }),
        "unsignedInt" => json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX }),
        "decimal" => json!({ "type": "number" }),
        "id" => text(r"[A-Za-z0-9\-.]{1,64}"),
        "code" => text(r"[^\s]+(\s[^\s]+)*"),
        "oid" => text(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+"),
        "uuid" => text("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        "uri" | "url" | "canonical" => text(r"\S+"),
        "base64Binary" => json!({ "type": "string", "contentEncoding": "base64" }),
        "date" => text("[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"),
        "time" => text(r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"),
        "instant" => text(concat!(
            "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)",
            r"(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
        )),
        "dateTime" => text(concat!(
            "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)",
            r"(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?"
        )),
        _ => json!({ "type": "string", "minLength": 1 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_between_schemas_leads_somewhere() {
        fn walk(value: &Value, known: &Map<String, Value>) {
            match value {
                Value::Object(members) => {
                    if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                        let name = target.trim_start_matches("#/components/schemas/");
                        assert!(known.contains_key(name), "{target}");
                    }
                    members.values().for_each(|inner| walk(inner, known));
                }
                Value::Array(items) => items.iter().for_each(|inner| walk(inner, known)),
                _ => {}
            }
        }
        let schemas = schemas();
        assert!(ResourceType::all().all(|resource_type| schemas.contains_key(resource_type.name())));
        walk(&Value::Object(schemas.clone()), &schemas);
    }

    #[test]
    fn a_patient_has_its_members_codes_and_cardinalities() {
        let schemas = schemas();
        let patient = &schemas["Patient"];
        assert_eq!(patient["properties"]["resourceType"]["const"], "Patient");
        assert_eq!(patient["properties"]["gender"]["enum"], json!(["female", "male", "other", "unknown"]));
        assert_eq!(patient["properties"]["name"]["items"]["$ref"], "#/components/schemas/HumanName");
        assert_eq!(patient["properties"]["deceasedBoolean"]["$ref"], "#/components/schemas/boolean");
        assert_eq!(schemas["Observation"]["required"], json!(["resourceType", "status", "code"]));
        assert_eq!(
            schemas["Bundle.entry"]["properties"]["resource"]["$ref"],
            "#/components/schemas/AnyResource"
        );
    }
}
