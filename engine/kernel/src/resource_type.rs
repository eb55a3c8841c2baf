//! The 146 concrete resource types of FHIR R4 (4.0.1), each with a number that never changes: it is part of every
//! key and every public id.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A FHIR R4 resource type, as its stable number (1-based, 12 bits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(u16);

impl ResourceType {
    /// The type of this number, when there is one.
    pub fn from_code(code: u16) -> Option<Self> {
        (code >= 1 && usize::from(code) <= NAMES.len()).then_some(ResourceType(code))
    }

    /// The stable number.
    pub fn code(self) -> u16 {
        self.0
    }

    /// The FHIR name, as in `DocumentReference`.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0) - 1]
    }

    /// Every type, in the order of numbers.
    pub fn all() -> impl Iterator<Item = ResourceType> {
        (1..=NAMES.len()).map(|code| ResourceType(u16::try_from(code).expect("fewer than 4096 types")))
    }
}

/// A name that is no FHIR R4 resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownType;

impl FromStr for ResourceType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        NAMES
            .binary_search(&name)
            .map(|index| ResourceType(u16::try_from(index + 1).expect("fewer than 4096 types")))
            .map_err(|_| UnknownType)
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ResourceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ResourceType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| serde::de::Error::custom(format!("no FHIR R4 resource type: {name}")))
    }
}

/// `Patient`.
pub const PATIENT: ResourceType = ResourceType(103);
/// `Practitioner`.
pub const PRACTITIONER: ResourceType = ResourceType(108);
/// `PractitionerRole`.
pub const PRACTITIONER_ROLE: ResourceType = ResourceType(109);
/// `Organization`.
pub const ORGANIZATION: ResourceType = ResourceType(100);
/// `DocumentReference`.
pub const DOCUMENT_REFERENCE: ResourceType = ResourceType(42);
/// `Binary`.
pub const BINARY: ResourceType = ResourceType(9);
/// `List`.
pub const LIST: ResourceType = ResourceType(70);
/// `Bundle`.
pub const BUNDLE: ResourceType = ResourceType(12);
/// `AuditEvent`.
pub const AUDIT_EVENT: ResourceType = ResourceType(7);
/// `Consent`.
pub const CONSENT: ResourceType = ResourceType(29);
/// `Subscription`.
pub const SUBSCRIPTION: ResourceType = ResourceType(130);
/// `CareTeam`.
pub const CARE_TEAM: ResourceType = ResourceType(15);
/// `RelatedPerson`.
pub const RELATED_PERSON: ResourceType = ResourceType(114);
/// `Parameters`.
pub const PARAMETERS: ResourceType = ResourceType(102);
/// `OperationOutcome`.
pub const OPERATION_OUTCOME: ResourceType = ResourceType(99);
/// `Observation`.
pub const OBSERVATION: ResourceType = ResourceType(96);
/// `Location`.
pub const LOCATION: ResourceType = ResourceType(71);
/// `CodeSystem`.
pub const CODE_SYSTEM: ResourceType = ResourceType(22);
/// `Composition`.
pub const COMPOSITION: ResourceType = ResourceType(26);
/// `ConceptMap`.
pub const CONCEPT_MAP: ResourceType = ResourceType(27);
/// `Encounter`.
pub const ENCOUNTER: ResourceType = ResourceType(44);
/// `Group`.
pub const GROUP: ResourceType = ResourceType(58);
/// `OperationDefinition`.
pub const OPERATION_DEFINITION: ResourceType = ResourceType(98);
/// `ValueSet`.
pub const VALUE_SET: ResourceType = ResourceType(144);

/// Sorted; a new type of a later FHIR release goes to the end of the numbers, never in between.
const NAMES: [&str; 146] = [
    "Account",
    "ActivityDefinition",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Basic",
    "Binary",
    "BiologicallyDerivedProduct",
    "BodyStructure",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CatalogEntry",
    "ChargeItem",
    "ChargeItemDefinition",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "CodeSystem",
    "Communication",
    "CommunicationRequest",
    "CompartmentDefinition",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Contract",
    "Coverage",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "DetectedIssue",
    "Device",
    "DeviceDefinition",
    "DeviceMetric",
    "DeviceRequest",
    "DeviceUseStatement",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "EffectEvidenceSynthesis",
    "Encounter",
    "Endpoint",
    "EnrollmentRequest",
    "EnrollmentResponse",
    "EpisodeOfCare",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "GraphDefinition",
    "Group",
    "GuidanceResponse",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "ImplementationGuide",
    "InsurancePlan",
    "Invoice",
    "Library",
    "Linkage",
    "List",
    "Location",
    "Measure",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationKnowledge",
    "MedicationRequest",
    "MedicationStatement",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "MessageHeader",
    "MolecularSequence",
    "NamingSystem",
    "NutritionOrder",
    "Observation",
    "ObservationDefinition",
    "OperationDefinition",
    "OperationOutcome",
    "Organization",
    "OrganizationAffiliation",
    "Parameters",
    "Patient",
    "PaymentNotice",
    "PaymentReconciliation",
    "Person",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "ResearchStudy",
    "ResearchSubject",
    "RiskAssessment",
    "RiskEvidenceSynthesis",
    "Schedule",
    "SearchParameter",
    "ServiceRequest",
    "Slot",
    "Specimen",
    "SpecimenDefinition",
    "StructureDefinition",
    "StructureMap",
    "Subscription",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "ValueSet",
    "VerificationResult",
    "VisionPrescription",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (index, name) in NAMES.iter().enumerate() {
            let found: ResourceType = name.parse().expect("known");
            assert_eq!(usize::from(found.code()), index + 1);
            assert_eq!(found.name(), *name);
        }
        assert_eq!("Patients".parse::<ResourceType>(), Err(UnknownType));
        assert_eq!(ResourceType::from_code(0), None);
        assert_eq!(PATIENT.name(), "Patient");
        assert_eq!(CARE_TEAM.name(), "CareTeam");
        assert_eq!((CODE_SYSTEM.name(), CONCEPT_MAP.name()), ("CodeSystem", "ConceptMap"));
        assert_eq!((COMPOSITION.name(), ENCOUNTER.name()), ("Composition", "Encounter"));
        assert_eq!((GROUP.name(), VALUE_SET.name()), ("Group", "ValueSet"));
        assert_eq!(OPERATION_DEFINITION.name(), "OperationDefinition");
    }
}
