//! Is this professional the author of a document, as the document itself says?

use crate::document::items;
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{Principal, Subject};

/// True when the document names this caller among its authors: pages then offer what the gate will allow.
pub fn is_own(document: &Value, principal: &Principal, session: &Session) -> bool {
    let Subject::Professional(professional) = &principal.subject else { return false };
    let mut references = Vec::new();
    for key in [Some(professional.practitioner), professional.situation.role].into_iter().flatten() {
        references.push(format!("{}/{}", key.resource_type, session.gate().cipher().seal(key)));
    }
    names(document, &references, &professional.rpps)
}

/// Does a document name one of these references, or this identifier, among its authors?
pub fn names(document: &Value, references: &[String], identifier: &str) -> bool {
    items(&document["author"]).any(|author| {
        let reference = author["reference"].as_str().unwrap_or("");
        let is_contained = reference.strip_prefix('#').is_some_and(|id| {
            items(&document["contained"])
                .filter(|resource| resource["id"] == id)
                .any(|resource| items(&resource["identifier"]).any(|known| known["value"] == identifier))
        });
        is_contained
            || references.iter().any(|own| own == reference)
            || !identifier.is_empty() && author["identifier"]["value"] == identifier
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn knows_the_author_by_reference_by_identifier_and_contained() {
        let by = |author: Value| {
            let contained = json!([{ "resourceType": "PractitionerRole", "id": "a", "identifier": [{ "value": "10100000001" }] }]);
            json!({ "resourceType": "DocumentReference", "contained": contained, "author": [author] })
        };
        let own = ["Practitioner/me".to_owned()];
        for author in [
            json!({ "reference": "#a" }),
            json!({ "reference": "Practitioner/me" }),
            json!({ "identifier": { "value": "10100000001" } }),
        ] {
            assert!(names(&by(author), &own, "10100000001"));
        }
        assert!(!names(&by(json!({ "reference": "#a" })), &own, "10100000002"));
        assert!(!names(&by(json!({ "reference": "Practitioner/other" })), &own, ""));
    }
}
