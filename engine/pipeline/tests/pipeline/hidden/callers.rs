//! Who asks: citizens, representatives, professionals of several professions and standings, programs, nobody.

use super::dice::Dice;
use super::house::House;
use super::world::{DOCTORS, PEOPLE, Resource, World, ins, rpps};
use socle_kernel::principal::{Citizen, Principal, Profession, Professional, Subject, System, WorkSituation};
use socle_kernel::{Capacity, Key, Purpose};

/// A caller, before the keys of a store are known.
#[derive(Debug)]
pub struct Caller {
    who: Who,
    scopes: Vec<String>,
    pub purpose: Purpose,
}

#[derive(Debug)]
enum Who {
    Citizen { own: usize, person: usize, capacity: Capacity },
    Doctor { doctor: usize, profession: &'static str, may_regulate: bool, has_place: bool },
    Program,
    Nobody,
}

/// Physician, pharmacist, nurse, dentist, physiotherapist, psychologist, care assistant, social worker, secretary, unknown.
const PROFESSIONS: [&str; 11] =
    ["10", "10", "21", "60", "40", "70", "93", "35", "41", "SECRETARIAT_MEDICAL", "999"];

impl Caller {
    pub fn draw(dice: &mut Dice, _world: &World) -> Caller {
        let purposes = [
            Purpose::Care,
            Purpose::Care,
            Purpose::BreakGlass("Douleur thoracique".into()),
            Purpose::Regulation("Appel au 15".into()),
        ];
        let (who, purpose) = match dice.below(16) {
            0..4 => {
                let own = dice.below(PEOPLE);
                (Who::Citizen { own, person: own, capacity: Capacity::Own }, Purpose::Own)
            }
            4..7 => {
                let person = dice.below(PEOPLE);
                let capacity = [Capacity::LegalRepresentative, Capacity::Carer][dice.below(2)];
                (Who::Citizen { own: (person + 1) % PEOPLE, person, capacity }, Purpose::Own)
            }
            7..14 => {
                let who = Who::Doctor {
                    doctor: dice.below(DOCTORS),
                    profession: PROFESSIONS[dice.below(PROFESSIONS.len())],
                    may_regulate: dice.once_in(2),
                    has_place: dice.once_in(2),
                };
                (who, dice.pick(&purposes).clone())
            }
            14 => (Who::Program, Purpose::Administration),
            _ => (Who::Nobody, Purpose::Care),
        };
        let level = match who {
            Who::Citizen { .. } => "patient",
            Who::Doctor { .. } => "user",
            _ => "system",
        };
        let scopes = match dice.below(5) {
            0 => vec![format!("{level}/*.rs")],
            1 => ["Patient", "Observation", "Encounter", "DocumentReference"]
                .map(|name| format!("{level}/{name}.rs"))
                .to_vec(),
            _ if level == "system" => vec!["system/*.cruds".into()],
            _ => Vec::new(),
        };
        Caller { who, scopes, purpose }
    }

    /// True for a professional. People are identities to them; those whom no rule lets see any are few, and see nobody's
    /// in either store.
    pub fn is_professional(&self) -> bool {
        matches!(self.who, Who::Doctor { .. })
    }

    /// True when the labels alone say that a resource is hidden from this caller, as the person or author wrote them: what the
    /// gate must find at least.
    pub fn must_not_see(&self, resource: &Resource) -> bool {
        let is_clinical = resource.person.is_some() && resource.resource_type != "Patient";
        let last = resource.versions.last().unwrap().to_string();
        let has = |code: &str| last.contains(&format!("\"{code}\""));
        match &self.who {
            _ if !is_clinical => false,
            Who::Citizen { person, capacity, .. } => {
                let is_secret = *capacity != Capacity::Own && has("INVISIBLE_REPRESENTANTS_LEGAUX");
                resource.person != Some(*person) || has("INVISIBLE_PATIENT") || is_secret
            }
            Who::Doctor { doctor, .. } => {
                has("MASQUE_PS") && !last.contains(&format!("Practitioner/d{doctor}\""))
            }
            Who::Program => false,
            Who::Nobody => true,
        }
    }

    /// True when a resource of the rules that decide on this caller names them.
    pub fn is_named_by(&self, body: &str) -> bool {
        match &self.who {
            Who::Citizen { own, .. } => body.contains(&ins(*own)),
            Who::Doctor { doctor, has_place, .. } => {
                body.contains(&format!("Practitioner/d{doctor}\""))
                    || *has_place && body.contains("Organization/o\"")
            }
            _ => false,
        }
    }

    /// The principal on a store.
    pub fn on(&self, house: &House) -> Principal {
        let key = |name: String| -> Key { house.key(&name) };
        let subject = match &self.who {
            Who::Citizen { own, person, capacity } => Subject::Citizen(Citizen {
                account: format!("compte-{own}"),
                own: Some(key(format!("Patient/p{own}"))),
                person: key(format!("Patient/p{person}")),
                capacity: *capacity,
                name: "Claire ROUX".into(),
            }),
            Who::Doctor { doctor, profession, may_regulate, has_place } => {
                Subject::Professional(Professional {
                    account: format!("d{doctor}"),
                    practitioner: key(format!("Practitioner/d{doctor}")),
                    rpps: rpps(*doctor),
                    profession: Profession((*profession).into()),
                    specialty: None,
                    situation: WorkSituation {
                        role: None,
                        organization: has_place.then(|| key("Organization/o".into())),
                        name: "Cabinet des Halles".into(),
                        sector: "SA07".into(),
                    },
                    name: format!("Dr {doctor}"),
                    may_regulate: *may_regulate,
                })
            }
            Who::Program => Subject::System(System {
                client_id: "programme".into(),
                name: "Programme".into(),
                is_operator: false,
            }),
            Who::Nobody => Subject::Anonymous,
        };
        Principal { subject, scopes: self.scopes.clone(), client: "socle".into() }
    }
}
