//! Removes references to hidden resources from a body: hidden means absent everywhere, also as a link from elsewhere.

use serde_json::Value;

/// What stripping did.
pub(crate) enum Stripped {
    /// The body names nothing hidden.
    Clean,
    /// The body without the hidden references.
    Changed(Vec<u8>),
}

/// Strips references (`Type/id`) from a body. `None` when nothing meaningful is left: a list of which every entry is
/// hidden is itself hidden.
pub(crate) fn strip(body: &[u8], hidden: &[String]) -> Option<Stripped> {
    if hidden.is_empty() {
        return Some(Stripped::Clean);
    }
    // A body is JSON, hence text; the search of a text in a text is many times faster than one byte by byte. What is not
    // text names nothing that could be told apart, and is not shown.
    let Ok(text) = std::str::from_utf8(body) else { return None };
    if !hidden.iter().any(|reference| text.contains(reference.as_str())) {
        return Some(Stripped::Clean);
    }
    let Ok(mut resource) = socle_fhir::json::parse(body) else { return None };
    let had_entries = resource["entry"].as_array().is_some_and(|entries| !entries.is_empty());
    remove(&mut resource, hidden);
    // What the narrative tells of the whole may tell of what was taken out.
    if let Some(members) = resource.as_object_mut() {
        members.shift_remove("text");
    }
    let has_entries = resource["entry"].as_array().is_some_and(|entries| !entries.is_empty());
    if resource["resourceType"] == "List" && had_entries && !has_entries {
        return None;
    }
    Some(Stripped::Changed(socle_fhir::json::to_text(&resource)))
}

/// True when the value itself must go.
fn remove(value: &mut Value, hidden: &[String]) -> bool {
    match value {
        Value::Array(items) => {
            let before = items.len();
            items.retain_mut(|item| !remove(item, hidden));
            items.is_empty() && before > 0
        }
        Value::Object(members) => {
            if members.get("reference").and_then(Value::as_str).is_some_and(|text| names(text, hidden)) {
                return true;
            }
            // A section of a document tells in words what its entries say: it goes whole.
            let entries = members.get("entry").and_then(Value::as_array).into_iter().flatten();
            let mut references = entries.filter_map(|entry| entry.get("reference").and_then(Value::as_str));
            if references.any(|text| names(text, hidden)) {
                return true;
            }
            let before = members.len();
            let mut lost_item = false;
            members.retain(|name, member| {
                let goes = remove(member, hidden);
                // A list entry, a related document, a link: without its target the element says nothing.
                lost_item |= goes && matches!(name.as_str(), "item" | "target" | "other" | "valueReference");
                !goes
            });
            lost_item || members.is_empty() && before > 0
        }
        _ => false,
    }
}

fn names(text: &str, hidden: &[String]) -> bool {
    let text = text.split("/_history/").next().unwrap_or(text);
    hidden.iter().any(|reference| text == reference || text.ends_with(&format!("/{reference}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hidden_entry_leaves_no_hole() {
        let hidden = vec!["DocumentReference/secret".to_owned()];
        let list = json!({ "resourceType": "List", "entry": [
            { "item": { "reference": "DocumentReference/secret" }, "date": "2026-01-01" },
            { "item": { "reference": "DocumentReference/open" } } ] });
        let Some(Stripped::Changed(body)) = strip(list.to_string().as_bytes(), &hidden) else {
            panic!("the list names a hidden document")
        };
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["entry"], json!([{ "item": { "reference": "DocumentReference/open" } }]));
    }

    #[test]
    fn a_list_of_hidden_things_only_is_hidden() {
        let hidden = vec!["DocumentReference/secret".to_owned()];
        let list = json!({ "resourceType": "List", "entry": [{ "item": { "reference": "DocumentReference/secret" } }] });
        assert!(strip(list.to_string().as_bytes(), &hidden).is_none());
    }

    #[test]
    fn a_section_that_tells_of_something_hidden_goes_with_its_words() {
        let hidden = vec!["Observation/secret".to_owned()];
        let section = |title: &str, reference: &str| json!({ "title": title, "text": { "status": "generated", "div": "<div>…</div>" }, "entry": [{ "reference": reference }] });
        let composition = json!({ "resourceType": "Composition", "status": "final",
            "text": { "status": "generated", "div": "<div>…</div>" },
            "section": [section("A", "Observation/open"),
                { "title": "B", "section": [section("C", "Observation/secret"), section("D", "Observation/open")] }] });
        let Some(Stripped::Changed(body)) = strip(composition.to_string().as_bytes(), &hidden) else {
            panic!("a section names a hidden observation")
        };
        assert_eq!(
            serde_json::from_slice::<Value>(&body).expect("JSON"),
            json!({ "resourceType": "Composition", "status": "final",
                "section": [section("A", "Observation/open"), { "title": "B", "section": [section("D", "Observation/open")] }] })
        );
    }

    #[test]
    fn a_relation_to_a_hidden_document_goes_whole() {
        let hidden = vec!["DocumentReference/secret".to_owned()];
        let document = json!({ "resourceType": "DocumentReference", "status": "current",
            "relatesTo": [{ "code": "replaces", "target": { "reference": "https://x/fhir/DocumentReference/secret/_history/2" } }] });
        let Some(Stripped::Changed(body)) = strip(document.to_string().as_bytes(), &hidden) else {
            panic!("the document names a hidden one")
        };
        assert_eq!(
            serde_json::from_slice::<Value>(&body).expect("JSON"),
            json!({ "resourceType": "DocumentReference", "status": "current" })
        );
    }
}
