//! Hiding a document from professionals and showing it again, as JSON patches. Pure.

use serde_json::{Value, json};

/// Code system of the access labels (TRE_A07).
pub const SYSTEM: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument";
/// Code of "hidden from professionals".
pub const MASKED: &str = "MASQUE_PS";

/// Is this document hidden from professionals?
pub fn is_masked(document: &Value) -> bool {
    concepts(document).iter().any(has_mask)
}

fn concepts(document: &Value) -> &[Value] {
    document["securityLabel"].as_array().map_or(&[], Vec::as_slice)
}

fn has_mask(concept: &Value) -> bool {
    concept["coding"].as_array().is_some_and(|codings| codings.iter().any(|coding| coding["code"] == MASKED))
}

/// Adds the mask; `None` when it is there already.
pub fn hide(document: &Value) -> Option<Value> {
    if is_masked(document) {
        return None;
    }
    let label = json!({ "coding": [{ "system": SYSTEM, "code": MASKED, "display": "Masqué aux professionnels de santé" }] });
    Some(if document["securityLabel"].is_array() {
        json!([{ "op": "add", "path": "/securityLabel/-", "value": label }])
    } else {
        json!([{ "op": "add", "path": "/securityLabel", "value": [label] }])
    })
}

/// Takes the mask away and leaves every other label; `None` when there is none. A document left without any label is
/// "normal": the national profile asks for at least one.
pub fn show(document: &Value) -> Option<Value> {
    if !is_masked(document) {
        return None;
    }
    let mut kept: Vec<Value> = Vec::new();
    for concept in concepts(document) {
        if !has_mask(concept) {
            kept.push(concept.clone());
            continue;
        }
        let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
        let others: Vec<&Value> = codings.iter().filter(|coding| coding["code"] != MASKED).collect();
        if !others.is_empty() {
            let mut concept = concept.clone();
            concept["coding"] = json!(others);
            kept.push(concept);
        }
    }
    if kept.is_empty() {
        kept.push(json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "N" }] }));
    }
    Some(json!([{ "op": "replace", "path": "/securityLabel", "value": kept }]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(document: &Value, patch: &Value) -> Value {
        socle_fhir::apply_json_patch(document, patch).unwrap()
    }

    #[test]
    fn hides_and_shows_again_without_touching_other_labels() {
        let document = json!({ "resourceType": "DocumentReference",
            "securityLabel": [{ "coding": [{ "code": "INVISIBLE_REPRESENTANTS_LEGAUX" }] }] });
        let hidden = patched(&document, &hide(&document).unwrap());
        assert!(is_masked(&hidden));
        assert_eq!(hide(&hidden), None);
        assert_eq!(patched(&hidden, &show(&hidden).unwrap()), document);
        assert_eq!(show(&document), None);
    }

    #[test]
    fn leaves_a_document_normal_when_the_mask_was_its_only_label() {
        let document = json!({ "resourceType": "DocumentReference" });
        let hidden = patched(&document, &hide(&document).unwrap());
        let shown = patched(&hidden, &show(&hidden).unwrap());
        assert_eq!(shown["securityLabel"][0]["coding"][0]["code"], "N");
    }

    #[test]
    fn takes_the_mask_out_of_a_concept_with_several_codes() {
        let document = json!({ "resourceType": "DocumentReference",
            "securityLabel": [{ "coding": [{ "code": "R" }, { "code": MASKED }] }] });
        let shown = patched(&document, &show(&document).unwrap());
        assert_eq!(shown["securityLabel"], json!([{ "coding": [{ "code": "R" }] }]));
    }
}
