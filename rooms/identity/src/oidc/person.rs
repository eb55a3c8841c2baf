//! What the provider says of a person: their pairwise subject, their FHIR resource, the claims of the two national
//! services (Pro Santé Connect, FranceConnect).

use crate::accounts::{Account, Practice, Situation};
use crate::fhir;
use crate::secrets;
use serde_json::{Value, json};
use socle_kernel::{Principal, Subject};
use socle_pipeline::Pipeline;

/// The subject of an account for one application: two applications cannot tell that they know the same person.
pub(super) fn subject(pipeline: &Pipeline, login: &str, client: &str) -> String {
    secrets::keyed_text(&pipeline.gate().secret("pairwise"), &[login, client])
}

/// Address of the FHIR resource of whoever acts.
pub(super) fn fhir_user(pipeline: &Pipeline, principal: &Principal) -> Option<String> {
    let key = match &principal.subject {
        Subject::Citizen(citizen) => citizen.own?,
        Subject::Professional(professional) => professional.practitioner,
        _ => return None,
    };
    Some(format!("{}/{}/{}", pipeline.fhir_base(), key.resource_type, pipeline.gate().cipher().seal(key)))
}

/// Public id of the patient a token is about, for citizens.
pub(super) fn patient(pipeline: &Pipeline, principal: &Principal) -> Option<String> {
    principal.citizen().map(|citizen| pipeline.gate().cipher().seal(citizen.person))
}

/// The claims of a citizen, shaped as FranceConnect's: no INS.
pub(super) fn citizen(patient: &Value, has_profile: bool, has_birth: bool) -> Value {
    let mut claims = json!({});
    if has_profile {
        let (family, given) = fhir::official_name(patient);
        claims["family_name"] = family.into();
        let givens: Vec<&str> = fhir::items(&patient["name"])
            .find(|name| name["use"] == "official")
            .map(|name| fhir::items(&name["given"]).filter_map(Value::as_str).collect())
            .unwrap_or_default();
        claims["given_name"] = if givens.is_empty() { given.into() } else { givens.join(" ").into() };
        claims["birthdate"] = patient["birthDate"].clone();
        claims["gender"] = patient["gender"].clone();
    }
    if has_birth {
        let (_, code) = fhir::birth_place(patient);
        claims["birthplace"] = code.unwrap_or("").into();
        // FranceConnect gives the COG country code: empty for people whose place of birth is a commune outside it.
        claims["birthcountry"] =
            if code.is_some_and(|code| !code.starts_with("99")) { "99100" } else { "" }.into();
    }
    claims
}

/// OID of the profession list in `SubjectRole`, and of the sectors of activity.
const ROLE_OID: &str = "1.2.250.1.213.1.1.5.5";
const SECTOR_OID: &str = "1.2.250.1.71.4.2.4";

/// The claims of a professional in a work situation, shaped as Pro Santé Connect's.
pub(super) fn professional(account: &Account, practice: &Practice, here: Option<&Situation>) -> Value {
    // National identifier: a digit for the kind of number (8: RPPS), then the number.
    let number = if practice.is_rpps { format!("8{}", practice.number) } else { practice.number.clone() };
    let mut claims = json!({
        "given_name": practice.given.to_uppercase(),
        "family_name": practice.family.to_uppercase(),
        "preferred_username": number,
        "email_verified": false,
        "name": account.name,
        "SubjectNameID": number,
        "SubjectRole": [format!("{}^{ROLE_OID}", practice.profession)],
        "UITVersion": "1.0",
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": if here.is_some_and(|here| here.may_regulate) { "VRAI" } else { "FAUX" },
        "otherIds": [{ "identifiant": number, "origine": if practice.is_rpps { "RPPS" } else { "LOCAL" }, "qualite": 1 }],
        "SubjectRefPro": {
            "codeCivilite": practice.civility,
            "exercices": [exercise(practice)],
        },
    });
    if let Some(here) = here {
        claims["SubjectOrganization"] = here.name.clone().into();
        claims["SubjectOrganizationID"] = here.structure.clone().into();
        claims["Secteur_Activite"] = format!("{}^{SECTOR_OID}", here.sector).into();
    }
    claims
}

fn exercise(practice: &Practice) -> Value {
    let activities: Vec<Value> = practice.situations.iter().map(activity).collect();
    json!({
        "codeProfession": practice.profession,
        "codeCategorieProfessionnelle": "C",
        "codeCiviliteDexercice": practice.title,
        "nomDexercice": practice.family.to_uppercase(),
        "prenomDexercice": practice.given.to_uppercase(),
        "codeTypeSavoirFaire": if practice.specialty.is_some() { "S" } else { "" },
        "codeSavoirFaire": practice.specialty.as_deref().unwrap_or(""),
        "activities": activities,
    })
}

fn activity(situation: &Situation) -> Value {
    let (post_code, _) = situation.place.split_once(' ').unwrap_or((&situation.place, ""));
    json!({
        "codeModeExercice": situation.mode,
        "codeSecteurDactivite": situation.sector,
        "codeSectionPharmacien": "",
        "codeRole": "",
        "codeGenreActivite": situation.activity,
        "numeroFinessSite": situation.finess,
        "identifiantTechniqueDeLaStructure": situation.structure,
        "raisonSocialeSite": situation.name,
        "enseigneCommercialeSite": situation.name,
        "codePostal": post_code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;

    #[test]
    fn a_professional_looks_as_pro_sante_connect_shows_them() {
        let account = samples::professional();
        let practice = account.practice.clone().expect("a practice");
        let claims = professional(&account, &practice, practice.situations.first());
        assert_eq!(claims["SubjectNameID"], "810999000014");
        assert_eq!(claims["SubjectRole"], json!(["10^1.2.250.1.213.1.1.5.5"]));
        assert_eq!(claims["Secteur_Activite"], "SA07^1.2.250.1.71.4.2.4");
        assert_eq!(claims["SubjectOrganization"], "Cabinet médical des Halles");
        let exercises = claims["SubjectRefPro"]["exercices"].as_array().expect("exercises");
        assert_eq!(exercises[0]["codeSavoirFaire"], "SM54");
        assert_eq!(exercises[0]["activities"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn a_citizen_shows_traits_by_scope_and_never_the_ins() {
        let patient = json!({ "identifier": [{ "system": "urn:oid:1.2.250.1.213.1.4.10", "value": "277010115400329" }],
            "name": [{ "use": "usual", "family": "MARTIN" },
                     { "use": "official", "family": "GARCIA", "given": ["SARAH-LOU"] }],
            "birthDate": "1977-01-21", "gender": "female" });
        let claims = citizen(&patient, true, true);
        assert_eq!(claims["family_name"], "GARCIA");
        assert_eq!(claims["birthdate"], "1977-01-21");
        assert!(!claims.to_string().contains("277010115400329"));
        assert_eq!(citizen(&patient, false, false), json!({}));
    }
}
