//! The professionals of the story: always there, with the same numbers whatever the size of the region.

use super::profession;
use crate::names::Sex;

/// A professional who has a login.
pub(super) struct Staff {
    pub(super) login: &'static str,
    pub(super) profession: &'static str,
    pub(super) sex: Sex,
    pub(super) family: &'static str,
    pub(super) given: &'static str,
    /// Kind of a second place of work.
    pub(super) second: Option<&'static str>,
}

const fn staff(
    login: &'static str,
    profession: &'static str,
    sex: Sex,
    family: &'static str,
    given: &'static str,
) -> Staff {
    Staff { login, profession, sex, family, given, second: None }
}

/// In the order of their numbers.
pub(super) const STORY: [Staff; 11] = [
    Staff { second: Some("hospital"), ..staff("medecin-1", profession::GP, Sex::Female, "Martin", "Anne") },
    staff("medecin-2", profession::CARDIOLOGIST, Sex::Male, "Robert", "Vincent"),
    staff("medecin-3", profession::PAEDIATRICIAN, Sex::Female, "Kervella", "Nolwenn"),
    staff("pharmacien-1", profession::PHARMACIST, Sex::Male, "Dubois", "Julien"),
    staff("infirmier-1", profession::NURSE, Sex::Male, "Leroy", "Karim"),
    staff("sage-femme-1", profession::MIDWIFE, Sex::Female, "Petit", "Maëlle"),
    staff("dentiste-1", profession::DENTIST, Sex::Female, "Blanchard", "Sarah"),
    staff("kine-1", profession::PHYSIOTHERAPIST, Sex::Male, "Jaouen", "Erwan"),
    staff("secretaire-1", profession::SECRETARY, Sex::Female, "Colin", "Sandrine"),
    staff("travailleur-social-1", profession::SOCIAL_WORKER, Sex::Female, "Hamon", "Nadia"),
    staff("regulateur-1", profession::REGULATOR, Sex::Male, "Guéguen", "Olivier"),
];
