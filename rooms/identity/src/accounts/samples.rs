//! Invented accounts for tests and page samples.

use super::{Account, Person, Practice, Role, Situation};
use crate::password::PasswordHash;
use crate::secrets::Secret;
use socle_kernel::{HomeId, Key, ResourceType, SeededChance, Seq, resource_type};

pub(crate) fn key(home: u64, resource_type: ResourceType) -> Key {
    Key {
        home: HomeId::new((1 << 20) + home).expect("small"),
        resource_type,
        seq: Seq::new(home).expect("small"),
    }
}

fn blank(login: &str, role: Role, name: &str) -> Account {
    Account {
        login: login.into(),
        role,
        name: name.into(),
        note_fr: format!("{name}, une phrase."),
        note_en: format!("{name}, one sentence."),
        password: PasswordHash::of("quatre mots sans lien", &SeededChance::new(1)),
        totp_secret: Some(Secret::new("JBSWY3DPEHPK3PXP")),
        own: None,
        practice: None,
    }
}

pub(crate) fn citizen() -> Account {
    let person = Person {
        key: key(1, resource_type::PATIENT),
        id: "7d1f6ab4-0000-4000-8000-000000000001".into(),
        ins: "277010115400329".into(),
    };
    Account { own: Some(person), ..blank("citoyen-1", Role::Citizen, "Sarah-Lou GARCIA") }
}

pub(crate) fn professional() -> Account {
    let situation = |name: &str, home: u64, sector: &str| Situation {
        role: key(home, resource_type::PRACTITIONER_ROLE),
        organization: Some(key(home + 1, resource_type::ORGANIZATION)),
        name: name.into(),
        sector: sector.into(),
        structure: "1359900123".into(),
        finess: "359900123".into(),
        mode: "L".into(),
        activity: "GENR01".into(),
        place: "35000 Rennes".into(),
        may_regulate: false,
    };
    let practice = Practice {
        key: key(10, resource_type::PRACTITIONER),
        id: "7d1f6ab4-0000-4000-8000-000000000002".into(),
        number: "10999000014".into(),
        is_rpps: true,
        family: "Martin".into(),
        given: "Anne".into(),
        civility: "MME".into(),
        title: "DR".into(),
        profession: "10".into(),
        specialty: Some("SM54".into()),
        situations: vec![
            situation("Cabinet médical des Halles", 20, "SA07"),
            situation("Centre hospitalier du Bocage", 30, "SA01"),
        ],
    };
    Account { practice: Some(practice), ..blank("medecin-1", Role::Professional, "Dr Anne MARTIN") }
}

pub(crate) fn administrator() -> Account {
    blank("administrateur-1", Role::Administrator, "Administration de la plateforme")
}

pub(crate) fn system() -> Account {
    Account { totp_secret: None, ..blank("systeme-1", Role::System, "Système d'information") }
}
