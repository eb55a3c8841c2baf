//! What a professional is in care: number, profession, know-how and work situations, read from the directory's own
//! resources when the account is made.

use crate::accounts::Identifier;
use crate::fhir::{self, code_of, identifier_of, items};
use crate::rpps;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{Key, Kind, Problem, resource_type};
use socle_pipeline::Pipeline;

/// Systems of profession codes: TRE_G15, and the other lists of the DMP's roles (JDV_J65).
const PROFESSIONS: [&str; 4] = [
    "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante",
    "urn:oid:1.2.250.1.213.1.6.1.4",
    "urn:oid:1.2.250.1.213.1.6.1.109",
    "urn:oid:1.2.250.1.213.1.1.4.6",
];
const SPECIALTY: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale";
const SECTOR: &str = "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite";
const WORK_MODE: &str = "https://mos.esante.gouv.fr/NOS/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice";
const ACTIVITY: &str = "https://mos.esante.gouv.fr/NOS/TRE_R22-GenreActivite/FHIR/TRE-R22-GenreActivite";
const ROLE: &str = "https://socle.example/CodeSystem/role";
const FINESS: &str = "https://finess.esante.gouv.fr";
const NATIONAL_STRUCTURE: &str = "urn:oid:1.2.250.1.71.4.2.2";
/// Work situations of one professional.
const SITUATIONS: &str = "50";

/// What a professional is in care.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Practice {
    /// Key of the `Practitioner`.
    pub key: Key,
    /// Its public id.
    pub id: String,
    /// RPPS number, or the number of staff outside RPPS.
    pub number: String,
    /// True when that is an RPPS number.
    pub is_rpps: bool,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// `M`, `MME`.
    pub civility: String,
    /// `DR`, when they bear the title.
    pub title: String,
    /// Profession code.
    pub profession: String,
    /// Know-how code.
    pub specialty: Option<String>,
    /// Where they work.
    pub situations: Vec<Situation>,
}

/// A work situation (*situation d'exercice*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Situation {
    /// Its `PractitionerRole`.
    pub role: Key,
    /// Its `Organization`.
    pub organization: Option<Key>,
    /// Name of the place.
    pub name: String,
    /// Sector of activity (TRE_R02).
    pub sector: String,
    /// National identifier of the structure.
    pub structure: String,
    /// FINESS number of the place.
    pub finess: String,
    /// Way of working (TRE_R23).
    pub mode: String,
    /// Kind of activity (TRE_R22).
    pub activity: String,
    /// Commune and post code of the place.
    pub place: String,
    /// May regulate calls of the centre 15 here.
    pub may_regulate: bool,
}

/// Reads a professional and their work situations.
pub(super) async fn load(
    pipeline: &Pipeline,
    session: &Session,
    (system, value): &Identifier,
    may_regulate: bool,
) -> Result<Practice, Problem> {
    let practitioner = fhir::find_one(pipeline, session, resource_type::PRACTITIONER, system, value).await?;
    let id = text(&practitioner["id"]);
    let key = session.resolve(resource_type::PRACTITIONER, &id).await?.ok_or_else(Problem::not_found)?;
    let reference = format!("Practitioner/{id}");
    let params = [("practitioner", reference.as_str()), ("_count", SITUATIONS)];
    let roles = fhir::search(pipeline, session, resource_type::PRACTITIONER_ROLE, &params).await?.items;
    let mut situations = Vec::new();
    for role in roles.iter().filter(|role| role["active"] != false) {
        situations.push(situation(session, role, may_regulate).await?);
    }
    // In the order in which the directory got them: the first is the main one.
    situations.sort_by_key(|situation| situation.role.seq);
    if situations.is_empty() {
        return Err(Problem::new(
            Kind::Conflict,
            "Ce professionnel n’a aucune situation d’exercice.",
            "This professional has no work situation.",
        )
        .at("PractitionerRole.practitioner"));
    }
    // Regulation belongs to the situations that are for it; where none says so, to all of them.
    if may_regulate && situations.iter().all(|situation| !situation.may_regulate) {
        situations.iter_mut().for_each(|situation| situation.may_regulate = true);
    }
    let codes =
        |concepts: &Value| PROFESSIONS.iter().find_map(|list| code_of(concepts, list).map(str::to_owned));
    let qualifications: Value =
        items(&practitioner["qualification"]).map(|one| one["code"].clone()).collect();
    let of_roles = roles.iter().find_map(|role| codes(&role["code"]));
    let profession = codes(&qualifications).or(of_roles).unwrap_or_default();
    let specialty = code_of(&qualifications, SPECIALTY)
        .or_else(|| roles.iter().find_map(|role| code_of(&role["specialty"], SPECIALTY)))
        .map(str::to_owned);
    let (family, given) = fhir::official_name(&practitioner);
    let rpps = identifier_of(&practitioner, rpps::SYSTEM);
    Ok(Practice {
        key,
        number: rpps.unwrap_or(value).to_owned(),
        is_rpps: rpps.is_some(),
        family: family.to_owned(),
        given: given.to_owned(),
        civility: text(&practitioner["name"][0]["prefix"][0]),
        title: text(&practitioner["name"][0]["suffix"][0]),
        profession,
        specialty,
        situations,
        id,
    })
}

async fn situation(session: &Session, role: &Value, may_regulate: bool) -> Result<Situation, Problem> {
    let id = text(&role["id"]);
    let key = session.resolve(resource_type::PRACTITIONER_ROLE, &id).await?.ok_or_else(Problem::not_found)?;
    let reference = role["organization"]["reference"].as_str().unwrap_or("");
    let mut organization = Value::Null;
    let mut organization_key = None;
    if let Some(id) = reference.strip_prefix("Organization/")
        && let Some(found) = session.resolve(resource_type::ORGANIZATION, id).await?
        && let Some(read) = session.read(found).await?
    {
        organization = serde_json::from_slice(&read.body).map_err(Problem::internal)?;
        organization_key = Some(found);
    }
    let address = &organization["address"][0];
    let named = organization["name"].as_str().or_else(|| role["organization"]["display"].as_str());
    Ok(Situation {
        role: key,
        organization: organization_key,
        name: named.unwrap_or("").to_owned(),
        sector: code_of(&organization["type"], SECTOR).unwrap_or("").to_owned(),
        structure: identifier_of(&organization, NATIONAL_STRUCTURE).unwrap_or("").to_owned(),
        finess: identifier_of(&organization, FINESS).unwrap_or("").to_owned(),
        mode: code_of(&role["code"], WORK_MODE).unwrap_or("").to_owned(),
        activity: code_of(&role["code"], ACTIVITY).unwrap_or("").to_owned(),
        place: format!("{} {}", text(&address["postalCode"]), text(&address["city"])).trim().to_owned(),
        may_regulate: may_regulate && code_of(&role["code"], ROLE) == Some("REGULATOR"),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}
