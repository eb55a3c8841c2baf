//! Who someone is.

use crate::calendar::Day;
use crate::names::{Sex, lexical};
use crate::plan::{Figure, HomeRole, Member};
use crate::region::Region;
use crate::resource::address;
use crate::systems::FR_CORE;
use serde_json::{Value, json};

/// A person with names, numbers and an address.
pub(crate) struct Identity {
    pub(crate) member: Member,
    /// Matricule INS, 15 characters.
    pub(crate) ins: String,
    /// Birth family name.
    pub(crate) family: String,
    /// Family name used in life, when it differs.
    pub(crate) used_family: Option<String>,
    pub(crate) given: Vec<&'static str>,
    /// Homes: street and commune; children of parents who live apart have two.
    pub(crate) homes: Vec<(String, usize)>,
    pub(crate) phones: Vec<String>,
    pub(crate) deceased: Option<Day>,
    pub(crate) team: Team,
}

/// Who cares for someone: indexes of professionals.
pub(crate) struct Team {
    pub(crate) doctor: usize,
    pub(crate) pharmacist: usize,
    pub(crate) others: Vec<usize>,
}

impl Identity {
    pub(crate) fn sex(&self) -> Sex {
        self.member.sex
    }

    pub(crate) fn birth(&self) -> Day {
        self.member.birth
    }

    pub(crate) fn figure(&self) -> Option<Figure> {
        self.member.figure
    }

    pub(crate) fn is_child(&self) -> bool {
        self.member.role == HomeRole::Child
    }

    /// Family name as others say it.
    pub(crate) fn spoken_family(&self) -> &str {
        self.used_family.as_deref().unwrap_or(&self.family)
    }

    /// The official name, as the national identity base writes it.
    pub(crate) fn official_name(&self) -> Value {
        let first = lexical(self.given[0]);
        let list: Vec<String> = self.given.iter().map(|given| lexical(given)).collect();
        json!({
            "extension": [{
                "url": format!("{FR_CORE}fr-core-patient-birth-list-given-name"),
                "valueString": list.join(" "),
            }],
            "use": "official",
            "family": lexical(&self.family),
            "given": [first],
        })
    }

    /// The name used in life, as it is said.
    pub(crate) fn usual_name(&self) -> Value {
        json!({ "use": "usual", "family": self.spoken_family(), "given": [self.given[0]] })
    }

    /// Addresses, the first one main.
    pub(crate) fn addresses(&self, region: &Region) -> Value {
        self.homes
            .iter()
            .map(|(street, commune)| address(street, &region.geography.communes[*commune]))
            .collect()
    }

    /// Telephones: mobile first.
    pub(crate) fn telecom(&self) -> Vec<Value> {
        (1u32..)
            .zip(&self.phones)
            .map(|(rank, phone)| {
                let kind = if phone.starts_with("06") { "mobile" } else { "home" };
                json!({ "system": "phone", "value": phone, "use": kind, "rank": rank })
            })
            .collect()
    }
}
