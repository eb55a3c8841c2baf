//! Professions, purposes and kinds of data in words.

use serde::Deserialize;
use socle_kernel::Lang;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct File {
    profession: Vec<Profession>,
}

#[derive(Deserialize)]
struct Profession {
    code: String,
    fr: String,
    en: String,
}

static PROFESSIONS: LazyLock<Vec<Profession>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../data/record/professions.toml"))
        .expect("the shipped table of professions is valid; a test reads it");
    file.profession
});

/// A profession in lower case, as it stands in a sentence; `None` for a code that is not in the table.
pub fn profession(lang: Lang, code: &str) -> Option<&'static str> {
    PROFESSIONS.iter().find(|known| known.code == code).map(|known| lang.pick_static(&known.fr, &known.en))
}

/// What an access was for.
pub fn purpose(lang: Lang, code: &str) -> &'static str {
    match code {
        "care" => lang.pick_static("dans le cadre de vos soins", "for your care"),
        "break-glass" => lang.pick_static("en urgence (bris de glace)", "in an emergency (break-glass)"),
        "regulation" => {
            lang.pick_static("pour la régulation médicale (centre 15)", "for medical regulation (centre 15)")
        }
        "administration" => lang.pick_static("pour la gestion de la plateforme", "for running the platform"),
        "research" => lang.pick_static("pour une recherche autorisée", "for authorised research"),
        "self" => lang.pick_static("de votre côté", "on your side"),
        _ => lang.pick_static("pour un motif non précisé", "for a purpose that is not given"),
    }
}

/// Why an access was allowed or refused.
pub fn basis(lang: Lang, code: &str) -> &'static str {
    let (fr, en) = match code {
        "own" => ("c’est votre dossier", "it is your own record"),
        "representative" => ("représentant légal", "legal representative"),
        "carer" => ("aidant", "carer"),
        "team" => ("membre de l’équipe de soins", "member of the care team"),
        "consent" => ("autorisé par vous", "let in by you"),
        "break-glass" => ("urgence déclarée avec un motif", "emergency declared with a reason"),
        "regulation" => ("régulation médicale avec un motif", "medical regulation with a reason"),
        "system" => ("programme de la plateforme", "program of the platform"),
        "author" => ("auteur du document", "author of the document"),
        "identity" => ("recherche d’identité", "identity search"),
        "directory" => ("annuaire", "directory"),
        "blocked" => ("professionnel que vous avez bloqué", "professional whom you blocked"),
        "no-relation" => ("aucune relation de soin connue", "no known care relation"),
        "purpose" => {
            ("motif ou situation d’exercice insuffisants", "reason or work situation not sufficient")
        }
        "scope" => ("application sans le droit nécessaire", "application without the necessary right"),
        "not-author" => ("seul l’auteur peut modifier", "only the author may change it"),
        "may-not-write" => ("rôle sans droit d’écriture", "role without the right to write"),
        _ => ("autre règle", "another rule"),
    };
    lang.pick_static(fr, en)
}

/// A kind of data as the object of a sentence: "vos allergies".
pub fn data(lang: Lang, type_name: &str) -> &'static str {
    let (fr, en) = match type_name {
        "Patient" => ("votre identité", "your identity"),
        "AllergyIntolerance" => ("vos allergies", "your allergies"),
        "Condition" => ("vos problèmes de santé", "your health problems"),
        "MedicationStatement" | "MedicationRequest" | "MedicationDispense" | "MedicationAdministration" => {
            ("vos traitements", "your treatments")
        }
        "Observation" | "DiagnosticReport" => ("vos mesures et résultats", "your measures and results"),
        "Immunization" => ("vos vaccinations", "your vaccinations"),
        "Procedure" => ("vos actes de soins", "your procedures"),
        "Encounter" => ("vos passages et séjours", "your visits and stays"),
        "DocumentReference" | "Binary" | "List" | "Composition" => ("vos documents", "your documents"),
        "CareTeam" => ("votre équipe de soins", "your care team"),
        "Consent" => ("vos choix de partage", "your sharing choices"),
        "RelatedPerson" => ("vos représentants", "your representatives"),
        "AuditEvent" => ("le journal des accès", "the access log"),
        _ => ("d’autres données de votre dossier", "other data of your record"),
    };
    lang.pick_static(fr, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_professions_in_lower_case_and_knows_what_it_does_not_know() {
        assert_eq!(profession(Lang::Fr, "10"), Some("médecin"));
        assert_eq!(profession(Lang::En, "SECRETARIAT_MEDICAL"), Some("medical secretary"));
        assert_eq!(profession(Lang::Fr, "999"), None);
        assert!(PROFESSIONS.iter().all(|known| known.fr.chars().next().is_some_and(char::is_lowercase)));
    }
}
