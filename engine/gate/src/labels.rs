//! Access labels as bits: what the person, the author or the status says about who may see a resource.
//!
//! Sources: JDV_J08 / TRE_A07 (MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX), HL7 v3 Confidentiality (R, V).

use serde_json::Value;

/// Hidden from professionals but its author.
pub const MASKED_FROM_PROFESSIONALS: u32 = 1;
/// Hidden from the person until an announcement visit.
pub const INVISIBLE_TO_PATIENT: u32 = 1 << 1;
/// Hidden from the person's legal representatives.
pub const INVISIBLE_TO_REPRESENTATIVES: u32 = 1 << 2;
/// Restricted (HL7 `R`); informative.
pub const RESTRICTED: u32 = 1 << 3;
/// Very restricted (HL7 `V`); informative.
pub const VERY_RESTRICTED: u32 = 1 << 4;
/// Withdrawn by its author (`entered-in-error`): kept, shown to nobody but its author.
pub const WITHDRAWN: u32 = 1 << 5;

/// Labels that can hide a resource from someone.
pub const HIDING: u32 =
    MASKED_FROM_PROFESSIONALS | INVISIBLE_TO_PATIENT | INVISIBLE_TO_REPRESENTATIVES | WITHDRAWN;

/// The labels of a resource, from its label codings and its status. Codes count whatever system they come with: a
/// mask written with a local system still masks.
pub fn of(resource: &Value, codings: &[(String, String)]) -> u32 {
    let from_codes = codings.iter().fold(0, |bits, (_, code)| bits | from_code(code));
    let is_document = matches!(resource["resourceType"].as_str(), Some("DocumentReference" | "List"));
    let is_withdrawn = is_document && resource["status"] == "entered-in-error";
    from_codes | if is_withdrawn { WITHDRAWN } else { 0 }
}

fn from_code(code: &str) -> u32 {
    match code {
        "MASQUE_PS" => MASKED_FROM_PROFESSIONALS,
        "INVISIBLE_PATIENT" => INVISIBLE_TO_PATIENT,
        // HL7 v2 cuts the code at 20 characters.
        "INVISIBLE_REPRESENTANTS_LEGAUX" | "INVISIBLE_REP_LEGAUX" => INVISIBLE_TO_REPRESENTATIVES,
        "R" => RESTRICTED,
        "V" => VERY_RESTRICTED,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_add_up_and_unknown_codes_are_harmless() {
        let codings =
            [("urn:x", "MASQUE_PS"), ("", "INVISIBLE_REP_LEGAUX"), ("urn:x", "N"), ("urn:x", "FUTURE")]
                .map(|(system, code)| (system.to_owned(), code.to_owned()));
        let bits = of(&json!({ "resourceType": "DocumentReference", "status": "current" }), &codings);
        assert_eq!(bits, MASKED_FROM_PROFESSIONALS | INVISIBLE_TO_REPRESENTATIVES);
        let withdrawn = json!({ "resourceType": "DocumentReference", "status": "entered-in-error" });
        assert_eq!(of(&withdrawn, &[]), WITHDRAWN);
    }
}
