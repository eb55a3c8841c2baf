//! Removes references to hidden resources from a body: hidden means absent everywhere, also as a link from elsewhere. What
//! would be invalid without its reference goes with it, up to the resource itself.

use crate::decide;
use crate::hidden::Hidden;
use serde_json::Value;
use socle_fhir::Reference;
use socle_fhir::definitions::{self, Type};
use socle_kernel::ResourceType;

/// What stripping did.
pub(crate) enum Stripped {
    /// The body names nothing hidden.
    Clean,
    /// The resource without the hidden references.
    Changed(Value),
}

/// True when a body refers to anything but the directory: only then can it name something hidden of its home.
pub(crate) fn may_name_records(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return true };
    let is_directory = |name: &str| name.parse::<ResourceType>().is_ok_and(decide::is_directory);
    let mut rest = text;
    while let Some(at) = rest.find("\"reference\":\"") {
        rest = &rest[at + 13..];
        let target = rest.split(['"', '/']).next().unwrap_or_default();
        // A contained resource (`#…`) is in the same body.
        if !target.starts_with('#') && !is_directory(target) {
            return true;
        }
    }
    // Addresses of contents.
    text.contains("Binary/")
}

/// Strips what names something hidden. `None` when nothing meaningful is left: the resource is hidden itself.
pub(crate) fn strip(body: &[u8], hidden: &Hidden) -> Option<Stripped> {
    if hidden.references.is_empty() {
        return Some(Stripped::Clean);
    }
    // A body is JSON, hence text; the search of a text in a text is many times faster than one byte by byte. What is not
    // text names nothing that could be told apart, and is not shown.
    let Ok(text) = std::str::from_utf8(body) else { return None };
    if !hidden.references.iter().any(|reference| text.contains(reference.as_str())) {
        return Some(Stripped::Clean);
    }
    let Ok(mut resource) = socle_fhir::json::parse(body) else { return None };
    let definition = resource["resourceType"].as_str().and_then(definitions::find_type);
    let had_entries = has_entries(&resource);
    if remove(&mut resource, definition, hidden) {
        return None;
    }
    // A submission set of which every document is hidden says nothing.
    if resource["resourceType"] == "List" && had_entries && !has_entries(&resource) {
        return None;
    }
    // What the narrative tells of the whole may tell of what was taken out.
    if let Some(members) = resource.as_object_mut() {
        members.shift_remove("text");
    }
    Some(Stripped::Changed(resource))
}

fn has_entries(resource: &Value) -> bool {
    resource["entry"].as_array().is_some_and(|entries| !entries.is_empty())
}

/// True when the value itself must go.
fn remove(value: &mut Value, definition: Option<&'static Type>, hidden: &Hidden) -> bool {
    match value {
        Value::Array(items) => {
            let before = items.len();
            items.retain_mut(|item| !remove(item, definition, hidden));
            items.is_empty() && before > 0
        }
        Value::Object(members) => {
            if members.get("reference").and_then(Value::as_str).is_some_and(|text| hidden.names(text)) {
                return true;
            }
            // A section of a document tells in words what its entries say: it goes whole.
            let entries = members.get("entry").and_then(Value::as_array).into_iter().flatten();
            let mut references = entries.filter_map(|entry| entry.get("reference").and_then(Value::as_str));
            if references.any(|text| hidden.names(text)) {
                return true;
            }
            // A contained resource says its own type.
            let own = members.get("resourceType").and_then(Value::as_str).and_then(definitions::find_type);
            let definition = own.or(definition);
            let before = members.len();
            let mut lost = false;
            members.retain(|name, member| {
                let known = definition.and_then(|definition| definition.member(name));
                let goes = remove(member, known.map(|known| known.type_ref.definition()), hidden);
                lost |= goes
                    && match known {
                        Some(known) => {
                            known.element.min > 0 || is_value_of_extension(definition, known.element.name)
                        }
                        None => true,
                    };
                !goes
            });
            lost || members.is_empty() && before > 0
        }
        // An address of a content, or a canonical written as a link.
        Value::String(text) => {
            let is_address =
                definition.is_some_and(|known| matches!(known.name, "url" | "uri" | "canonical"));
            is_address && text.contains('/') && hidden.names(text)
        }
        _ => false,
    }
}

fn is_value_of_extension(definition: Option<&Type>, element: &str) -> bool {
    element == "value" && definition.is_some_and(|definition| definition.name == "Extension")
}

/// The type and id a reference names, here or on any server.
pub(crate) fn target(text: &str) -> Option<(ResourceType, &str)> {
    match Reference::parse(text) {
        Reference::Local { resource_type, id, .. } | Reference::Absolute { resource_type, id, .. } => {
            Some((resource_type, id))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stripped(resource: Value) -> Option<Value> {
        let hidden = Hidden::of(["DocumentReference/secret", "Condition/secret", "Observation/secret"]);
        match strip(resource.to_string().as_bytes(), &hidden)? {
            Stripped::Changed(body) => Some(body),
            Stripped::Clean => panic!("it names a hidden resource"),
        }
    }

    #[test]
    fn a_hidden_entry_leaves_no_hole() {
        let list = json!({ "resourceType": "List", "entry": [
            { "item": { "reference": "DocumentReference/secret" }, "date": "2026-01-01" },
            { "item": { "reference": "DocumentReference/open" } } ] });
        let body = stripped(list).expect("shown");
        assert_eq!(body["entry"], json!([{ "item": { "reference": "DocumentReference/open" } }]));
    }

    #[test]
    fn a_list_of_hidden_things_only_is_hidden() {
        let list = json!({ "resourceType": "List", "entry": [{ "item": { "reference": "DocumentReference/secret" } }] });
        assert_eq!(stripped(list), None);
    }

    #[test]
    fn a_section_that_tells_of_something_hidden_goes_with_its_words() {
        let section = |title: &str, reference: &str| json!({ "title": title, "text": { "status": "generated", "div": "<div>…</div>" }, "entry": [{ "reference": reference }] });
        let composition = json!({ "resourceType": "Composition", "status": "final",
            "text": { "status": "generated", "div": "<div>…</div>" },
            "section": [section("A", "Observation/open"),
                { "title": "B", "section": [section("C", "Observation/secret"), section("D", "Observation/open")] }] });
        assert_eq!(
            stripped(composition),
            Some(json!({ "resourceType": "Composition", "status": "final",
                "section": [section("A", "Observation/open"), { "title": "B", "section": [section("D", "Observation/open")] }] }))
        );
    }

    #[test]
    fn a_relation_to_a_hidden_document_goes_whole() {
        let document = json!({ "resourceType": "DocumentReference", "status": "current",
            "relatesTo": [{ "code": "replaces", "target": { "reference": "https://x/fhir/DocumentReference/secret/_history/2" } }] });
        assert_eq!(
            stripped(document),
            Some(json!({ "resourceType": "DocumentReference", "status": "current" }))
        );
    }

    #[test]
    fn what_is_invalid_without_its_reference_goes_with_it() {
        let encounter = json!({ "resourceType": "Encounter", "status": "finished",
            "diagnosis": [{ "condition": { "reference": "Condition/secret" }, "rank": 1 }] });
        assert_eq!(stripped(encounter), Some(json!({ "resourceType": "Encounter", "status": "finished" })));
        let provenance = json!({ "resourceType": "Provenance", "recorded": "2026-01-01T00:00:00Z",
            "target": [{ "reference": "Condition/secret" }] });
        assert_eq!(stripped(provenance), None);
        let extended = json!({ "resourceType": "Observation", "status": "final",
            "extension": [{ "url": "http://x", "valueReference": { "reference": "Condition/secret" } }] });
        assert_eq!(stripped(extended), Some(json!({ "resourceType": "Observation", "status": "final" })));
    }

    #[test]
    fn a_body_that_names_the_directory_only_names_nothing_hidden() {
        assert!(!may_name_records(br#"{"generalPractitioner":[{"reference":"Practitioner/1"}]}"#));
        assert!(may_name_records(br#"{"subject":{"reference":"Patient/1"}}"#));
        assert!(may_name_records(br#"{"subject":{"reference":"https://x/fhir/Patient/1"}}"#));
    }
}
