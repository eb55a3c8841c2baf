//! The code and identifier systems that the region writes, in one place.

/// Test matricules INS (NIR test).
pub const INS_TEST: &str = "urn:oid:1.2.250.1.213.1.4.10";
/// OID of the test matricules, for CDA.
pub const INS_TEST_OID: &str = "1.2.250.1.213.1.4.10";
/// RPPS numbers, and identifiers of work situations on `PractitionerRole`.
pub const RPPS: &str = "https://rpps.esante.gouv.fr";
/// National identifier of a professional: a digit for its kind, then the number (`8` + RPPS).
pub const ID_NAT_PS: &str = "urn:oid:1.2.250.1.71.4.2.1";
/// FINESS numbers.
pub const FINESS: &str = "https://finess.esante.gouv.fr";
/// National identifier of a structure.
pub const ID_NAT_STRUCT: &str = "urn:oid:1.2.250.1.71.4.2.2";
/// Identifiers of people who work in care without an RPPS number (medical secretaries).
pub const LOCAL_STAFF: &str = "https://socle.example/identifier/staff";
/// Professions of health (TRE_G15).
pub const PROFESSION: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante";
/// Social professions, by their OID in the DMP's role list (JDV_J65).
pub const PROFESSION_SOCIAL: &str = "urn:oid:1.2.250.1.213.1.6.1.4";
/// Users of a professional title (psychologists), by their OID in JDV_J65.
pub const PROFESSION_TITLE: &str = "urn:oid:1.2.250.1.213.1.6.1.109";
/// Actors who are not professionals of health (medical secretaries), by their OID in JDV_J65.
pub const ACTOR: &str = "urn:oid:1.2.250.1.213.1.1.4.6";
/// Know-how (*savoir-faire*, TRE_R38).
pub const SPECIALTY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale";
/// Sector of activity (TRE_R02).
pub const SECTOR: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite";
/// Practice setting (TRE_A01).
pub const SETTING: &str = "https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice";
/// Document class (TRE_A03).
pub const DOCUMENT_CLASS: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument";
/// Document types outside LOINC, by their OID in JDV_J07.
pub const DOCUMENT_TYPE: &str = "urn:oid:1.2.250.1.213.1.1.4.12";
/// Document formats (TRE_A11).
pub const DOCUMENT_FORMAT: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode";
/// From whom a document is hidden (TRE_A07).
pub const VISIBILITY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument";
/// Kind of activity (TRE_R22) and way of working (TRE_R23) of a work situation.
pub const ACTIVITY: &str = "https://mos.esante.gouv.fr/NOS/TRE_R22-GenreActivite/FHIR/TRE-R22-GenreActivite";
/// Way of working: L liberal, S salaried (TRE_R23).
pub const WORK_MODE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice";
/// Communes (COG), in the system FR Core names.
pub const COMMUNE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM";
/// Identifier types of FR Core.
pub const IDENTIFIER_TYPE: &str = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// UCUM.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// CIM-10.
pub const CIM10: &str = "http://hl7.org/fhir/sid/icd-10";
/// ATC.
pub const ATC: &str = "http://www.whocc.no/atc";
/// CCAM.
pub const CCAM: &str = "urn:oid:1.2.250.1.213.2.5";
/// The mark of everything invented: code `DEMO`.
pub const DEMO: &str = "https://socle.example/CodeSystem/demo";
/// In what capacity someone represents a person: `LEGAL` or `CARER`.
pub const REPRESENTATION: &str = "https://socle.example/CodeSystem/representation";
/// Roles at work that no national list names: `REGULATOR` (may regulate calls of the centre 15).
pub const ROLE: &str = "https://socle.example/CodeSystem/role";
/// Base of the FR Core extensions and profiles.
pub const FR_CORE: &str = "https://hl7.fr/ig/fhir/core/StructureDefinition/";
/// Prefix of HL7's own code systems.
pub const HL7: &str = "http://terminology.hl7.org/CodeSystem/";
