//! Who can sign in to a demonstration: the people of the story.

use crate::plan::{Figure, matricule};
use crate::region::Region;
use crate::systems;
use socle_kernel::Words;

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Someone with a record, or who represents someone.
    Citizen,
    /// Someone who works in care.
    Professional,
    /// Who runs the platform, without access to records.
    Administrator,
    /// A program.
    System,
}

/// In what capacity an account opens someone else's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Represents {
    /// As a parent.
    Legal,
    /// As a carer the person chose.
    Carer,
}

/// Someone whose record an account opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Represented {
    /// Matricule INS of that person.
    pub ins: String,
    /// System of the matricule.
    pub ins_system: String,
    /// Why they may.
    pub capacity: Represents,
}

/// An account to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSeed {
    /// What is typed to sign in.
    pub login: String,
    /// What the account is.
    pub role: Role,
    /// The name shown.
    pub name: String,
    /// Matricule INS of the person's own record.
    pub ins: Option<String>,
    /// System of the matricule.
    pub ins_system: Option<String>,
    /// RPPS number.
    pub rpps: Option<String>,
    /// System and value that find the `Practitioner`: the RPPS number, or the number of staff outside RPPS.
    pub practitioner: Option<(String, String)>,
    /// True when a work situation allows regulating calls of the centre 15.
    pub may_regulate: bool,
    /// Whose records they open besides their own.
    pub represents: Vec<Represented>,
    /// Who this is, in one sentence, for the sign-in list.
    pub note: Words,
}

const CITIZENS: [(&str, Figure, &str, &str); 7] = [
    (
        "citoyen-1",
        Figure::Citizen1,
        "Femme de 34 ans, suivie par medecin-1 ; un dossier riche en documents.",
        "Woman of 34, cared for by medecin-1; a record rich in documents.",
    ),
    (
        "citoyen-2",
        Figure::Citizen2,
        "Homme de 67 ans, diabète de type 2 suivi depuis dix ans.",
        "Man of 67, type 2 diabetes followed for ten years.",
    ),
    ("citoyen-3", Figure::Citizen3, "Femme de 29 ans, enceinte.", "Woman of 29, pregnant."),
    (
        "citoyen-4",
        Figure::Citizen4,
        "Étudiant de 20 ans, dossier presque vide.",
        "Student of 20, nearly empty record.",
    ),
    (
        "citoyen-5",
        Figure::Citizen5,
        "Homme de 52 ans, maladie du cœur ; un homonyme est né le même jour, et il n'a pas de téléphone.",
        "Man of 52, heart disease; someone of the same name was born the same day, and he has no phone.",
    ),
    (
        "parent-1",
        Figure::Parent1,
        "Mère de Lina, 18 mois : son propre dossier et celui de sa fille.",
        "Mother of Lina, 18 months: her own record and her daughter's.",
    ),
    (
        "aidant-1",
        Figure::Carer1,
        "Aidante de sa mère de 84 ans, qui lui a ouvert son dossier.",
        "Carer of her mother of 84, who opened her record to her.",
    ),
];

const PROFESSIONALS: [(&str, &str, &str); 11] = [
    (
        "medecin-1",
        "Médecin généraliste, médecin traitant de citoyen-1, de citoyen-2 et de la famille de parent-1 ; deux lieux d'exercice.",
        "General practitioner, treating doctor of citoyen-1, citoyen-2 and parent-1's family; two places of work.",
    ),
    (
        "medecin-2",
        "Cardiologue, hors de l'équipe de soins de citoyen-1.",
        "Cardiologist, outside the care team of citoyen-1.",
    ),
    ("medecin-3", "Pédiatre à l'hôpital, suit Lina.", "Hospital paediatrician, cares for Lina."),
    ("pharmacien-1", "Pharmacien d'officine.", "Community pharmacist."),
    ("infirmier-1", "Infirmier libéral.", "Self-employed nurse."),
    ("sage-femme-1", "Sage-femme, suit citoyen-3.", "Midwife, cares for citoyen-3."),
    ("dentiste-1", "Chirurgienne-dentiste.", "Dentist."),
    ("kine-1", "Masseur-kinésithérapeute.", "Physiotherapist."),
    (
        "secretaire-1",
        "Secrétaire médicale du cabinet de medecin-1, sans numéro RPPS.",
        "Medical secretary of medecin-1's practice, without an RPPS number.",
    ),
    ("travailleur-social-1", "Assistante de service social.", "Social worker."),
    ("regulateur-1", "Médecin régulateur du SAMU.", "Physician who regulates emergency calls (SAMU)."),
];

/// Every account of the story whose person or professional is there.
pub(crate) fn accounts(region: &Region) -> Vec<AccountSeed> {
    let citizens = CITIZENS.into_iter().filter_map(|entry| citizen(region, entry));
    let professionals = PROFESSIONALS.into_iter().map(|entry| professional(region, entry));
    citizens.chain(professionals).chain([administrator(), system()]).collect()
}

fn bare(login: &str, role: Role, name: String, fr: &'static str, en: &'static str) -> AccountSeed {
    AccountSeed {
        login: login.to_owned(),
        role,
        name,
        ins: None,
        ins_system: None,
        rpps: None,
        practitioner: None,
        may_regulate: false,
        represents: Vec::new(),
        note: Words::new(fr, en),
    }
}

fn citizen(
    region: &Region,
    (login, figure, fr, en): (&str, Figure, &'static str, &'static str),
) -> Option<AccountSeed> {
    let (_, member) = region.plan.figure(figure)?;
    let (family, used, given) = figure.name();
    let name = format!("{} {}", given[0], used.unwrap_or(family).to_uppercase());
    let mut account = bare(login, Role::Citizen, name, fr, en);
    account.ins = Some(matricule(member, &region.geography));
    account.ins_system = Some(systems::INS_TEST.to_owned());
    let opens = match figure {
        Figure::Parent1 => Some((Figure::Lina, Represents::Legal)),
        Figure::Carer1 => Some((Figure::Mother, Represents::Carer)),
        _ => None,
    };
    if let Some((figure, capacity)) = opens
        && let Some((_, person)) = region.plan.figure(figure)
    {
        account.represents.push(Represented {
            ins: matricule(person, &region.geography),
            ins_system: systems::INS_TEST.to_owned(),
            capacity,
        });
    }
    Some(account)
}

fn professional(region: &Region, (login, fr, en): (&str, &'static str, &'static str)) -> AccountSeed {
    let index = region.network.by_login(login);
    let profession = region.network.profession(index);
    let number = region.network.professionals[index].number.clone();
    let mut account = bare(login, Role::Professional, region.network.spoken_name(index), fr, en);
    account.rpps = profession.is_registered().then(|| number.clone());
    account.practitioner = Some((region.network.number_system(index).to_owned(), number));
    account.may_regulate = profession.id == crate::care::profession::REGULATOR;
    account
}

fn administrator() -> AccountSeed {
    bare(
        "administrateur-1",
        Role::Administrator,
        "Administration de la plateforme".to_owned(),
        "Administre la plateforme, sans accès aux dossiers.",
        "Runs the platform, without access to records.",
    )
}

fn system() -> AccountSeed {
    bare(
        "systeme-1",
        Role::System,
        "Système d'information de démonstration".to_owned(),
        "Un programme, sans personne derrière lui.",
        "A program, with nobody behind it.",
    )
}
