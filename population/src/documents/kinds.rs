//! The kinds of documents that the region holds, with their national codes (JDV_J07, TRE_A03).

use crate::systems::{DOCUMENT_FORMAT, DOCUMENT_TYPE, LOINC};

/// A kind of document.
pub(crate) struct Kind {
    pub(crate) code: &'static str,
    pub(crate) system: &'static str,
    pub(crate) label: &'static str,
    /// Class code and label (TRE_A03).
    pub(crate) class: (&'static str, &'static str),
}

impl Kind {
    const fn loinc(code: &'static str, label: &'static str, class: (&'static str, &'static str)) -> Kind {
        Kind { code, system: LOINC, label, class }
    }

    /// OID of the system of the code, for CDA.
    pub(crate) fn oid(&self) -> &'static str {
        if self.system == LOINC { "2.16.840.1.113883.6.1" } else { "1.2.250.1.213.1.1.4.12" }
    }
}

const REPORT: (&str, &str) = ("10", "Compte rendu");
const SUMMARY: (&str, &str) = ("11", "Synthèse");
const IMAGING_CLASS: (&str, &str) = ("31", "Imagerie médicale");
const PRESCRIPTION_CLASS: (&str, &str) = ("42", "Prescription");
const CERTIFICATE_CLASS: (&str, &str) = ("52", "Certificat, déclaration");

/// Report of a consultation.
pub(crate) const CONSULTATION: Kind =
    Kind::loinc("11488-4", "CR ou fiche de consultation ou de visite", REPORT);
/// Laboratory report.
pub(crate) const LABORATORY: Kind = Kind::loinc("11502-2", "CR d'examens biologiques", REPORT);
/// Imaging report.
pub(crate) const IMAGING: Kind = Kind::loinc("18748-4", "CR d'imagerie médicale", REPORT);
/// A picture that illustrates, not DICOM.
pub(crate) const PICTURE: Kind =
    Kind::loinc("52040-3", "Document encapsulant une image d'illustration non DICOM", IMAGING_CLASS);
/// Report of a hospital stay.
pub(crate) const STAY: Kind = Kind::loinc("34112-3", "CR hospitalier (séjour)", REPORT);
/// Letter at discharge.
pub(crate) const DISCHARGE: Kind =
    Kind::loinc("11490-0", "Lettre de liaison à la sortie d'un établissement de soins", REPORT);
/// Report of an operation.
pub(crate) const OPERATION: Kind = Kind::loinc("34874-8", "CR opératoire", REPORT);
/// Prescription of medicines.
pub(crate) const PRESCRIPTION: Kind =
    Kind::loinc("57833-6", "Prescription de produits de santé", PRESCRIPTION_CLASS);
/// Prescription of laboratory tests.
pub(crate) const LABORATORY_ORDER: Kind = Kind {
    code: "PRESC-BIO",
    system: DOCUMENT_TYPE,
    label: "Prescription d'actes de biologie médicale",
    class: PRESCRIPTION_CLASS,
};
/// History of vaccinations.
pub(crate) const VACCINATIONS: Kind = Kind::loinc("11369-6", "Historique des vaccinations", SUMMARY);
/// Medical summary (VSM).
pub(crate) const MEDICAL_SUMMARY: Kind = Kind::loinc("60591-5", "Synthèse médicale", SUMMARY);
/// Notes of a nurse.
pub(crate) const NURSING: Kind =
    Kind::loinc("11506-3", "CR ou fiche de suivi de soins par auxiliaire médical", REPORT);
/// Medical certificate.
pub(crate) const CERTIFICATE: Kind = Kind::loinc("89601-9", "Certificat médical", CERTIFICATE_CLASS);
/// Examination of a child.
pub(crate) const CHILD_EXAMINATION: Kind = Kind::loinc("59283-2", "CR d'examen de l'enfant", REPORT);
/// Visit to the emergency department.
pub(crate) const EMERGENCY: Kind = Kind::loinc("15507-7", "CR de passage aux urgences", REPORT);
/// Follow-up of a pregnancy.
pub(crate) const PREGNANCY: Kind = Kind::loinc("57055-6", "Synthèse antepartum", SUMMARY);

/// System, code and display of a format.
pub(crate) type Format = (&'static str, &'static str, &'static str);

/// PDF that was never a CDA.
pub(crate) const PDF_FORMAT: Format =
    (DOCUMENT_FORMAT, "urn:ihe:iti:xds-sd:pdf:2008", "Document à corps non structuré en PDF");
/// Plain text.
pub(crate) const TEXT_FORMAT: Format =
    (DOCUMENT_FORMAT, "urn:ihe:iti:xds-sd:text:2008", "Document à corps non structuré en texte brut");
/// The media type says everything.
pub(crate) const MEDIA_FORMAT: Format = (
    "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "urn:ihe:iti:xds:2017:mimeTypeSufficient",
    "mimeType Sufficient",
);
/// Structured laboratory report.
pub(crate) const LABORATORY_FORMAT: Format =
    (DOCUMENT_FORMAT, "urn:ihe:lab:xd-lab:2008", "Compte rendu structuré d'examens de biologie médicale");
/// Structured vaccinations.
pub(crate) const VACCINATION_FORMAT: Format =
    (DOCUMENT_FORMAT, "urn:ihe:pcc:ic:2009", "Contenu de vaccination (IHE PCC)");
/// Structured medical summary.
pub(crate) const SUMMARY_FORMAT: Format =
    (DOCUMENT_FORMAT, "urn:ihe:pcc:xds-ms:2007", "Synthèse médicale (IHE PCC)");
