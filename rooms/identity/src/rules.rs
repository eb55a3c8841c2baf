//! What must hold before a person, a professional or a place is written, by whatever way it comes. Foreign data is welcome:
//! only what claims to be French identity is held to its rules.

use crate::fhir::{self, codings, extension, items};
use crate::ins::{self, Fault, InsSystem};
use crate::rpps;
use async_trait::async_trait;
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{Issue, Kind, Problem, Words};
use socle_pipeline::{Pipeline, Plan, Rules};

/// The types this room rules.
pub(crate) const TYPES: [&str; 7] =
    ["Patient", "RelatedPerson", "Person", "Practitioner", "PractitionerRole", "Organization", "Location"];

/// Identifier types of FR Core.
const IDENTIFIER_TYPE: &str = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
/// Reliability of an identity in FR Core.
pub(crate) const RELIABILITY: &str =
    "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability";
/// COG code of an unknown place of birth.
const UNKNOWN_PLACE: &str = "99999";

/// The rules.
pub(crate) struct IdentityRules;

#[async_trait]
impl Rules for IdentityRules {
    async fn check(
        &self,
        plan: &mut Plan,
        index: usize,
        _: &Session,
        pipeline: &Pipeline,
    ) -> Result<(), Problem> {
        let draft = &mut plan.drafts[index];
        let found = check(draft.resource(), pipeline.settings().is_demo);
        draft.warnings.extend(found.warnings);
        match found.errors.is_empty() {
            true => Ok(()),
            false => Err(Problem::with_issues(Kind::Unprocessable, found.errors)),
        }
    }
}

#[derive(Debug, Default)]
struct Findings {
    errors: Vec<Issue>,
    warnings: Vec<Issue>,
}

/// What is wrong with a resource of this room. A deletion has nothing to check.
fn check(resource: &Value, is_demo: bool) -> Findings {
    let mut findings = Findings::default();
    let name = resource["resourceType"].as_str().unwrap_or("");
    match name {
        "Patient" => {
            check_matricules(name, resource, is_demo, &mut findings);
            check_status(resource, &mut findings);
        }
        "RelatedPerson" | "Person" => check_matricules(name, resource, is_demo, &mut findings),
        "Practitioner" => check_rpps(resource, &mut findings),
        _ => {}
    }
    findings
}

fn check_matricules(name: &str, resource: &Value, is_demo: bool, findings: &mut Findings) {
    let mut official = 0;
    for (index, identifier) in items(&resource["identifier"]).enumerate() {
        let path = format!("{name}.identifier[{index}]");
        let system = identifier["system"].as_str().unwrap_or("");
        match InsSystem::of(system) {
            Some(kind) => {
                official += usize::from(identifier["use"] == "official");
                check_matricule(&path, identifier, kind, is_demo, findings);
            }
            None if says_ins(identifier) => findings.errors.push(
                Issue::error(
                    "required",
                    format!("{path}.system"),
                    Words::new(
                        "Un matricule INS ne circule jamais sans l’autorité qui l’a donné (OID).",
                        "A matricule INS never travels without the authority that gave it (OID).",
                    ),
                )
                .expected(InsSystem::ALL.join(" | "))
                .received(if system.is_empty() { "(absent)" } else { system }),
            ),
            None => {}
        }
    }
    if official > 1 {
        findings.errors.push(
            Issue::error(
                "business-rule",
                format!("{name}.identifier"),
                Words::new(
                    "Une identité a un seul matricule INS officiel ; gardez les anciens avec use = old (fr-core-2).",
                    "An identity has one official matricule INS; keep former ones with use = old (fr-core-2).",
                ),
            )
            .expected("1 identifier with use = official")
            .received(official.to_string()),
        );
    }
}

/// Does the type of this identifier say that it is a matricule INS?
fn says_ins(identifier: &Value) -> bool {
    codings(&identifier["type"]).any(|coding| {
        coding["system"] == IDENTIFIER_TYPE && coding["code"].as_str().is_some_and(|c| c.starts_with("INS-"))
    })
}

fn check_matricule(path: &str, identifier: &Value, kind: InsSystem, is_demo: bool, findings: &mut Findings) {
    if kind.is_fictional() && !is_demo {
        findings.errors.push(
            Issue::error(
                "business-rule",
                format!("{path}.system"),
                Words::new(
                    "Les matricules de test et de démonstration sont refusés en production.",
                    "Test and demonstration matricules are refused in production.",
                ),
            )
            .expected(InsSystem::ALL[..2].join(" | "))
            .received(identifier["system"].as_str().unwrap_or("")),
        );
    }
    let value = identifier["value"].as_str().unwrap_or("");
    let Err(fault) = ins::check(value) else { return };
    let (words, expected) = match &fault {
        Fault::Length(_) => (
            Words::new(
                "Un matricule INS a 15 caractères : 13 et une clé de 2.",
                "A matricule INS has 15 characters: 13 and a key of 2.",
            ),
            "15 characters".to_owned(),
        ),
        Fault::Character(_) => (
            Words::new(
                "Un matricule INS est fait de chiffres ; seul le département de Corse s’écrit 2A ou 2B.",
                "A matricule INS is made of digits; only the department of Corsica is written 2A or 2B.",
            ),
            "digits, or 2A or 2B in places 6 and 7".to_owned(),
        ),
        Fault::Key { expected, .. } => (
            Words::new(
                "La clé du matricule INS ne correspond pas à ses 13 premiers caractères.",
                "The key of the matricule INS does not fit its first 13 characters.",
            ),
            format!("key {expected}"),
        ),
    };
    let issue = Issue::error("value", format!("{path}.value"), words);
    findings.errors.push(issue.expected(expected).received(fault.to_string()));
}

/// A validated identity rests on one official matricule and a known place of birth.
fn check_status(patient: &Value, findings: &mut Findings) {
    let status = identity_status(patient);
    if status != Some("VALI") {
        return;
    }
    let has_official = items(&patient["identifier"])
        .any(|one| InsSystem::of(one["system"].as_str().unwrap_or("")).is_some() && one["use"] == "official");
    if !has_official {
        findings.errors.push(
            Issue::error(
                "business-rule",
                "Patient.extension(fr-core-identity-reliability)",
                Words::new(
                    "Une identité validée (VALI) porte un matricule INS officiel (fr-core-1).",
                    "A validated identity (VALI) bears an official matricule INS (fr-core-1).",
                ),
            )
            .expected("identifier INS with use = official, or another status")
            .received("VALI"),
        );
    }
    if fhir::birth_place(patient).1 == Some(UNKNOWN_PLACE) {
        findings.errors.push(
            Issue::error(
                "business-rule",
                "Patient.extension(patient-birthPlace)",
                Words::new(
                    "Une identité validée (VALI) ne peut pas avoir un lieu de naissance inconnu (fr-core-3).",
                    "A validated identity (VALI) cannot have an unknown place of birth (fr-core-3).",
                ),
            )
            .expected("a COG code other than 99999")
            .received(UNKNOWN_PLACE),
        );
    }
}

/// Status of an identity, as FR Core codes it.
pub(crate) fn identity_status(patient: &Value) -> Option<&str> {
    extension(extension(patient, RELIABILITY)?, "identityStatus")?["valueCoding"]["code"].as_str()
}

fn check_rpps(practitioner: &Value, findings: &mut Findings) {
    for (index, identifier) in items(&practitioner["identifier"]).enumerate() {
        let value = identifier["value"].as_str().unwrap_or("");
        if identifier["system"] == rpps::SYSTEM && !rpps::is_rpps(value) {
            findings.warnings.push(
                Issue::warning(
                    "value",
                    format!("Practitioner.identifier[{index}].value"),
                    Words::new(
                        "Un numéro RPPS a 11 chiffres dont le dernier est une clé ; celui-ci n’y correspond pas.",
                        "An RPPS number has 11 digits, the last being a key; this one does not fit.",
                    ),
                )
                .expected("11 digits with Luhn's key")
                .received(value),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const REAL: &str = "urn:oid:1.2.250.1.213.1.4.8";
    const TEST: &str = "urn:oid:1.2.250.1.213.1.4.10";
    const GOOD: &str = "277010115400329";

    fn patient(identifiers: Value, status: &str, place: &str) -> Value {
        json!({ "resourceType": "Patient", "identifier": identifiers, "extension": [
            { "url": RELIABILITY, "extension": [{ "url": "identityStatus", "valueCoding": { "code": status } }] },
            { "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": { "extension": [
                { "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code",
                  "valueCoding": { "code": place } }] } },
        ] })
    }

    fn codes(resource: &Value, is_demo: bool) -> Vec<(String, String)> {
        let findings = check(resource, is_demo);
        findings.errors.into_iter().map(|issue| (issue.code.to_owned(), issue.path)).collect()
    }

    fn refused(resource: &Value, is_demo: bool, code: &str, path: &str) {
        assert_eq!(codes(resource, is_demo), [(code.to_owned(), path.to_owned())]);
    }

    #[test]
    fn refuses_a_matricule_that_is_none() {
        for value in ["277010115400303", "27701011540032", "2770101154003X9"] {
            let patient = patient(json!([{ "system": REAL, "value": value }]), "PROV", "35238");
            refused(&patient, false, "value", "Patient.identifier[0].value");
        }
        let related =
            json!({ "resourceType": "RelatedPerson", "identifier": [{ "system": REAL, "value": "1" }] });
        refused(&related, false, "value", "RelatedPerson.identifier[0].value");
    }

    #[test]
    fn says_which_key_was_expected_and_no_whole_matricule() {
        let patient = patient(json!([{ "system": REAL, "value": "277010115400303" }]), "PROV", "35238");
        let issue = check(&patient, false).errors.remove(0);
        assert_eq!((issue.expected.as_deref(), issue.received.as_deref()), (Some("key 29"), Some("key 03")));
    }

    #[test]
    fn refuses_invented_people_in_production_only() {
        let patient = patient(json!([{ "system": TEST, "value": GOOD, "use": "official" }]), "VALI", "35238");
        refused(&patient, false, "business-rule", "Patient.identifier[0].system");
        assert!(codes(&patient, true).is_empty());
    }

    #[test]
    fn refuses_a_second_official_matricule_but_keeps_former_ones() {
        let two = |second: &str| {
            let identifiers = json!([{ "system": REAL, "value": GOOD, "use": "official" },
                { "system": "urn:oid:1.2.250.1.213.1.4.9", "value": "185012A00100110", "use": second }]);
            patient(identifiers, "VALI", "35238")
        };
        refused(&two("official"), false, "business-rule", "Patient.identifier");
        assert!(codes(&two("old"), false).is_empty());
    }

    #[test]
    fn refuses_a_validated_identity_without_its_grounds() {
        let none = patient(json!([]), "VALI", "35238");
        refused(&none, false, "business-rule", "Patient.extension(fr-core-identity-reliability)");
        let official = json!([{ "system": REAL, "value": GOOD, "use": "official" }]);
        let unknown = patient(official, "VALI", "99999");
        refused(&unknown, false, "business-rule", "Patient.extension(patient-birthPlace)");
        assert!(codes(&patient(json!([]), "PROV", "99999"), false).is_empty());
    }

    #[test]
    fn a_matricule_without_system_is_refused_when_its_type_says_so() {
        let typed = |coding: Value| {
            patient(json!([{ "type": { "coding": [coding] }, "value": GOOD }]), "PROV", "35238")
        };
        let ins = typed(json!({ "system": IDENTIFIER_TYPE, "code": "INS-NIR" }));
        refused(&ins, false, "required", "Patient.identifier[0].system");
        let other = typed(json!({ "system": IDENTIFIER_TYPE, "code": "NDP" }));
        assert!(codes(&other, false).is_empty());
    }

    #[test]
    fn foreign_people_pass() {
        let synthea = json!({ "resourceType": "Patient", "identifier": [
            { "system": "https://github.com/synthetichealth/synthea", "value": "abc" },
            { "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "SS" }] },
              "system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-12-3456" } ] });
        assert!(codes(&synthea, false).is_empty());
        assert!(codes(&Value::Null, false).is_empty());
    }

    #[test]
    fn a_doubtful_rpps_number_is_a_warning() {
        let practitioner = |value: &str| json!({ "resourceType": "Practitioner", "identifier": [{ "system": rpps::SYSTEM, "value": value }] });
        let findings = check(&practitioner("12345678901"), false);
        assert!(findings.errors.is_empty());
        assert_eq!(findings.warnings.len(), 1);
        assert!(check(&practitioner("79927398713"), false).warnings.is_empty());
    }
}
