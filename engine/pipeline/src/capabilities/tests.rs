//! What the CapabilityStatement and its like must hold, and that they are valid FHIR.

use super::*;
use socle_fhir::validate::{Options, check_with};
use socle_kernel::Severity;

fn settings() -> Settings {
    Settings {
        base_url: "https://sante.example".into(),
        is_demo: false,
        version: "1.2.3",
        deletes_many: false,
        requires_version: true,
    }
}

fn of(mode: StatementMode) -> Value {
    statement(&settings(), &Registry::of_the_engine(), mode, Instant(1_772_000_000_000_000))
}

#[test]
fn every_statement_is_valid() {
    let operations = Registry::of_the_engine();
    let terminology = terminology::statement(&settings(), &operations, Instant(1_772_000_000_000_000));
    for statement in [of(StatementMode::Full), of(StatementMode::Normative), terminology] {
        let mut issues = check_with(&statement, &[], &Options::default());
        issues.retain(|issue| issue.severity == Severity::Error);
        assert!(issues.is_empty(), "{}: {issues:?}", statement["resourceType"]);
    }
}

#[test]
fn every_type_is_listed_with_its_search_parameters_and_their_definitions() {
    let statement = of(StatementMode::Full);
    let resources = statement["rest"][0]["resource"].as_array().expect("types");
    assert_eq!(resources.len(), ResourceType::all().count());
    let undefined: Vec<String> = resources
        .iter()
        .flat_map(|resource| {
            resource["searchParam"].as_array().into_iter().flatten().map(move |p| (resource, p))
        })
        .filter(|(_, parameter)| parameter.get("definition").is_none())
        .map(|(resource, parameter)| format!("{}.{}", resource["type"], parameter["name"]))
        .collect();
    // IHE MHD names these two parameters without defining them.
    assert_eq!(
        undefined,
        ["\"DocumentReference\".\"author.family\"", "\"DocumentReference\".\"author.given\""]
    );
    let patient = resources.iter().find(|resource| resource["type"] == "Patient").expect("listed");
    assert_eq!(
        (&patient["versioning"], &patient["conditionalDelete"]),
        (&json!("versioned-update"), &json!("single"))
    );
    let name = patient["searchParam"].as_array().and_then(|all| all.iter().find(|p| p["name"] == "name"));
    assert_eq!(name.expect("listed")["definition"], "http://hl7.org/fhir/SearchParameter/Patient-name");
    let has = |member: &str, value: &str| {
        patient[member].as_array().is_some_and(|all| all.iter().any(|v| v == value))
    };
    assert!(has("searchInclude", "Patient:general-practitioner"));
    assert!(has("searchRevInclude", "Observation:patient"));
    assert!(has("supportedProfile", "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient"));
    let operations: Vec<&str> =
        patient["operation"].as_array().into_iter().flatten().filter_map(|o| o["name"].as_str()).collect();
    for code in ["everything", "validate", "meta", "meta-add", "meta-delete"] {
        assert!(operations.contains(&code), "{code}");
    }
}

#[test]
fn the_normative_part_is_a_part_of_the_whole() {
    let names = |statement: &Value| -> Vec<String> {
        let resources = statement["rest"][0]["resource"].as_array().expect("types");
        resources.iter().map(|resource| resource["type"].as_str().expect("a name").to_owned()).collect()
    };
    let (full, normative) = (names(&of(StatementMode::Full)), names(&of(StatementMode::Normative)));
    assert!(normative.contains(&"Patient".to_owned()) && !normative.contains(&"Encounter".to_owned()));
    assert!(normative.iter().all(|name| full.contains(name)));
}
