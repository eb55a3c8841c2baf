//! Who asks, and what for. The gate decides on these values and nothing else.

use crate::ids::{HomeId, Key};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Someone or something that acts, with what it was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Who it is.
    pub subject: Subject,
    /// SMART scopes that bound it (`patient/*.rs`, `user/DocumentReference.cruds`, `system/*.cruds`); empty for our own
    /// pages, which act with everything the subject may do.
    pub scopes: Vec<String>,
    /// The application in between, as registered; `socle` for our own pages.
    pub client: String,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Subject {
    /// Nobody known.
    Anonymous,
    /// A citizen, for themself or for a person they represent.
    Citizen(Citizen),
    /// A professional in a work situation.
    Professional(Professional),
    /// A program without a person behind it.
    System(System),
}

/// A citizen who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citizen {
    /// Their login.
    pub account: String,
    /// Their own `Patient`, when they have a record of their own.
    pub own: Option<Key>,
    /// The `Patient` whose record they are in now.
    pub person: Key,
    /// In what capacity.
    pub capacity: Capacity,
    /// Their name, as shown in the log.
    pub name: String,
}

/// In what capacity a citizen opens a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// Their own record.
    Own,
    /// As a parent or guardian (*représentant légal*).
    LegalRepresentative,
    /// As a carer (*aidant*) the person chose.
    Carer,
}

/// A professional who signed in and chose a work situation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Professional {
    /// Their login.
    pub account: String,
    /// Their `Practitioner`.
    pub practitioner: Key,
    /// RPPS number, 11 digits; or the identifier of a professional outside RPPS.
    pub rpps: String,
    /// Profession, TRE_G15 or the DMP's role codes.
    pub profession: Profession,
    /// Know-how code (*savoir-faire*), when they have one.
    pub specialty: Option<String>,
    /// Where and in what role they work now.
    pub situation: WorkSituation,
    /// Name as shown, as in `Dr Anne MARTIN`.
    pub name: String,
    /// True when their situation allows medical regulation (centre 15).
    pub may_regulate: bool,
}

/// A profession code: TRE_G15 (`10` physician, `21` pharmacist …) or a DMP role (`SECRETARIAT_MEDICAL`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profession(pub String);

impl fmt::Display for Profession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A work situation (*situation d'exercice*), as Pro Santé Connect lets a professional choose one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkSituation {
    /// `PractitionerRole` of the situation.
    pub role: Option<Key>,
    /// `Organization` of the situation.
    pub organization: Option<Key>,
    /// Name of the place, as in `Cabinet médical des Halles`.
    pub name: String,
    /// Sector of activity (TRE_R02), as `SA07`.
    pub sector: String,
}

/// A program that signed in by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// Its client id.
    pub client_id: String,
    /// Its name as shown in the log.
    pub name: String,
    /// True for the operator's own commands (import, seeding), false for registered backend services.
    pub is_operator: bool,
}

/// What a request is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "use", content = "reason", rename_all = "kebab-case")]
pub enum Purpose {
    /// Care by a member of the person's team, or with the person's consent.
    #[default]
    Care,
    /// Emergency without consent (*bris de glace*), with its reason.
    BreakGlass(String),
    /// Medical regulation (centre 15), with its reason.
    Regulation(String),
    /// Running the platform.
    Administration,
    /// Research under a permit.
    Research,
    /// The person, or who represents them.
    Own,
}

impl Purpose {
    /// The word used on the command line, in tokens and in the log.
    pub fn code(&self) -> &'static str {
        match self {
            Purpose::Care => "care",
            Purpose::BreakGlass(_) => "break-glass",
            Purpose::Regulation(_) => "regulation",
            Purpose::Administration => "administration",
            Purpose::Research => "research",
            Purpose::Own => "self",
        }
    }

    /// The reason that was given, for the purposes that need one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Purpose::BreakGlass(reason) | Purpose::Regulation(reason) => Some(reason),
            _ => None,
        }
    }
}

impl Principal {
    /// Nobody known.
    pub fn anonymous() -> Self {
        Principal { subject: Subject::Anonymous, scopes: Vec::new(), client: "socle".into() }
    }

    /// The operator's own commands: import, seeding.
    pub fn operator(name: &str) -> Self {
        Principal {
            subject: Subject::System(System {
                client_id: "socle".into(),
                name: name.into(),
                is_operator: true,
            }),
            scopes: Vec::new(),
            client: "socle".into(),
        }
    }

    /// The home of the record this principal is bound to, for citizens.
    pub fn person_home(&self) -> Option<HomeId> {
        match &self.subject {
            Subject::Citizen(citizen) => Some(citizen.person.home),
            _ => None,
        }
    }

    /// The professional, when it is one.
    pub fn professional(&self) -> Option<&Professional> {
        match &self.subject {
            Subject::Professional(professional) => Some(professional),
            _ => None,
        }
    }

    /// The citizen, when it is one.
    pub fn citizen(&self) -> Option<&Citizen> {
        match &self.subject {
            Subject::Citizen(citizen) => Some(citizen),
            _ => None,
        }
    }

    /// The name shown in the log.
    pub fn display_name(&self) -> &str {
        match &self.subject {
            Subject::Anonymous => "anonyme",
            Subject::Citizen(citizen) => &citizen.name,
            Subject::Professional(professional) => &professional.name,
            Subject::System(system) => &system.name,
        }
    }
}
