//! The shared record: documents published, found, read, replaced, withdrawn.
//!
//! The door is [`room`]: rules of its FHIR types, pages of the citizen's space and of the professionals' workspace, and
//! the reader of CDA files.

mod author;
mod cda_header;
mod clinical;
mod document;
mod importer;
mod pages;
mod publication;
mod reading;
mod rules;
mod terms;
mod visit;

use socle_kernel::ResourceType;
use socle_pipeline::Room;
use std::sync::Arc;

/// The FHIR types this room rules.
const TYPES: [&str; 14] = [
    "DocumentReference",
    "Binary",
    "List",
    "Composition",
    "Observation",
    "Condition",
    "AllergyIntolerance",
    "Procedure",
    "Immunization",
    "MedicationStatement",
    "MedicationRequest",
    "MedicationAdministration",
    "Encounter",
    "DiagnosticReport",
];

/// The room.
pub fn room() -> Room {
    let types: Vec<ResourceType> =
        TYPES.iter().map(|name| name.parse().expect("these are FHIR R4 types")).collect();
    Room {
        name: "record",
        types,
        rules: Some(Arc::new(rules::RecordRules)),
        pages: pages::pages(),
        authenticator: None,
        importer: Some(Arc::new(importer::CdaImporter)),
        jobs: Vec::new(),
        operations: Vec::new(),
    }
}
