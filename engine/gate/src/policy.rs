//! What a home says about who may come in: the care team, blocks, consents, representatives.
//!
//! Read from the person's own FHIR resources (`CareTeam`, `Consent`, `RelatedPerson`), so that a decision rests on nothing
//! that the record does not show.

use crate::matrix::Matrix;
use serde_json::Value;
use socle_kernel::{Capacity, Instant, Principal, ResourceType, Subject, resource_type};
use std::collections::BTreeSet;
use std::time::Duration;

/// Code system of the second coding of `RelatedPerson.relationship`: `LEGAL` (représentant légal) or `CARER` (aidant).
pub const REPRESENTATION_SYSTEM: &str = "https://socle.example/CodeSystem/representation";

/// One person or professional a rule is about: a literal reference or an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// `Practitioner/…`, `PractitionerRole/…`, `Organization/…`, when given.
    pub reference: Option<String>,
    /// Identifier value (RPPS, INS), when given.
    pub identifier: Option<String>,
}

impl Party {
    fn of(reference: &Value) -> Option<Self> {
        let party = Party {
            reference: reference["reference"].as_str().map(str::to_owned),
            identifier: reference["identifier"]["value"].as_str().map(str::to_owned),
        };
        (party.reference.is_some() || party.identifier.is_some()).then_some(party)
    }

    /// True when it is one of these references or identifiers.
    pub fn is_one_of(&self, references: &[String], identifiers: &[&str]) -> bool {
        self.reference.as_ref().is_some_and(|reference| references.contains(reference))
            || self.identifier.as_deref().is_some_and(|identifier| identifiers.contains(&identifier))
    }
}

/// A party and the time a rule holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Whom it is about.
    pub party: Party,
    /// From when.
    pub start: Option<Instant>,
    /// Until when.
    pub end: Option<Instant>,
}

impl Dated {
    fn holds_at(&self, now: Instant) -> bool {
        self.start.is_none_or(|start| start <= now) && self.end.is_none_or(|end| now <= end)
    }
}

/// Who represents or helps the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representative {
    /// Identifier value (INS) of the representative.
    pub identifier: String,
    /// In what capacity.
    pub capacity: Capacity,
    /// From when and until when.
    pub start: Option<Instant>,
    /// Until when.
    pub end: Option<Instant>,
}

/// The rules of one home.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HomePolicy {
    /// Members of an active care team.
    pub team: Vec<Dated>,
    /// Places on whose behalf members of the team act: their secretariat files and reads what its role allows.
    pub team_places: Vec<Dated>,
    /// Professionals the person blocked.
    pub blocked: Vec<Dated>,
    /// Professionals the person let in outside the team.
    pub admitted: Vec<Dated>,
    /// Who represents or helps the person.
    pub representatives: Vec<Representative>,
    /// True when some resource of the home carries a label that can hide it.
    pub has_labels: bool,
    /// Names of the resource types present.
    pub types: BTreeSet<String>,
    /// Type codes of the documents present, one set per document shape.
    pub document_types: BTreeSet<Vec<String>>,
}

/// Types a policy is made of: a change of one of them makes it stale.
pub fn is_policy_type(resource_type: ResourceType) -> bool {
    [resource_type::CARE_TEAM, resource_type::CONSENT, resource_type::RELATED_PERSON].contains(&resource_type)
}

/// The longest a permission without an end holds: a consent outside the team counts for one consultation.
const CONSULTATION: Duration = Duration::from_secs(24 * 3600);

impl HomePolicy {
    /// Remembers what a resource brings along: its type, its labels, its document type.
    pub fn note(&mut self, resource_type: &str, labels: u32, document_types: &[&str]) {
        self.has_labels |= labels & crate::labels::HIDING != 0;
        if !self.types.contains(resource_type) {
            self.types.insert(resource_type.to_owned());
        }
        if resource_type == "DocumentReference" {
            self.document_types.insert(document_types.iter().map(|&code| code.to_owned()).collect());
        }
    }

    /// True when [`HomePolicy::note`] would change nothing.
    pub fn knows(&self, resource_type: &str, labels: u32, document_types: &[&str]) -> bool {
        (self.has_labels || labels & crate::labels::HIDING == 0)
            && self.types.contains(resource_type)
            && (resource_type != "DocumentReference"
                || self
                    .document_types
                    .iter()
                    .any(|known| known.iter().map(String::as_str).eq(document_types.iter().copied())))
    }

    /// True when something in this home may be hidden from this principal, so that references to it must be looked for.
    pub fn may_hide_from(&self, principal: &Principal, matrix: &Matrix) -> bool {
        match &principal.subject {
            Subject::System(_) => false,
            Subject::Citizen(_) | Subject::Anonymous => self.has_labels,
            Subject::Professional(professional) => {
                let profession = &professional.profession;
                self.has_labels
                    || self.types.iter().any(|name| {
                        name != "DocumentReference"
                            && name.parse().is_ok_and(|known| !matrix.may_read_data(profession, known))
                    })
                    || self.document_types.iter().any(|codes| {
                        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
                        !matrix.may_read_document(profession, &codes)
                    })
            }
        }
    }

    /// Adds what one current resource of the home says.
    pub fn add(&mut self, resource: &Value) {
        match resource["resourceType"].as_str() {
            Some("CareTeam") => self.add_team(resource),
            Some("Consent") => self.add_consent(resource),
            Some("RelatedPerson") => self.add_representative(resource),
            _ => {}
        }
    }

    fn add_team(&mut self, team: &Value) {
        if !matches!(team["status"].as_str(), None | Some("active")) {
            return;
        }
        let (start, end) = period(&team["period"]);
        for participant in items(&team["participant"]) {
            let own = period(&participant["period"]);
            let dated = |party| Dated { party, start: own.0.or(start), end: own.1.or(end) };
            self.team.extend(Party::of(&participant["member"]).map(dated));
            self.team_places.extend(Party::of(&participant["onBehalfOf"]).map(dated));
        }
    }

    fn add_consent(&mut self, consent: &Value) {
        if consent["status"] != "active" {
            return;
        }
        let given_at = consent["dateTime"].as_str().and_then(moment);
        let provision = &consent["provision"];
        let (start, end) = period(&provision["period"]);
        for actor in items(&provision["actor"]) {
            let Some(party) = Party::of(&actor["reference"]) else { continue };
            match provision["type"].as_str() {
                Some("deny") => self.blocked.push(Dated { party, start, end }),
                Some("permit") => {
                    let end = end.or(given_at.map(|at| at.plus(CONSULTATION)));
                    self.admitted.push(Dated { party, start: start.or(given_at), end });
                }
                _ => {}
            }
        }
    }

    fn add_representative(&mut self, related: &Value) {
        if related["active"] == false {
            return;
        }
        let codings = items(&related["relationship"]).flat_map(|concept| items(&concept["coding"]));
        let Some(capacity) = codings.filter(|coding| coding["system"] == REPRESENTATION_SYSTEM).find_map(
            |coding| match coding["code"].as_str() {
                Some("LEGAL") => Some(Capacity::LegalRepresentative),
                Some("CARER") => Some(Capacity::Carer),
                _ => None,
            },
        ) else {
            return;
        };
        let (start, end) = period(&related["period"]);
        for identifier in items(&related["identifier"]) {
            if let Some(value) = identifier["value"].as_str() {
                self.representatives.push(Representative { identifier: value.into(), capacity, start, end });
            }
        }
    }

    /// Is this professional (by references and identifiers) blocked?
    pub fn is_blocked(&self, references: &[String], identifiers: &[&str], now: Instant) -> bool {
        holds(&self.blocked, references, identifiers, now)
    }

    /// Is this professional in the care team?
    pub fn is_in_team(&self, references: &[String], identifiers: &[&str], now: Instant) -> bool {
        holds(&self.team, references, identifiers, now)
    }

    /// Does a member of the team act on behalf of this place?
    pub fn is_team_place(&self, references: &[String], now: Instant) -> bool {
        holds(&self.team_places, references, &[], now)
    }

    /// Did the person let this professional in?
    pub fn is_admitted(&self, references: &[String], identifiers: &[&str], now: Instant) -> bool {
        holds(&self.admitted, references, identifiers, now)
    }

    /// In what capacity may someone with one of these identifiers act for the person?
    pub fn capacity_of(&self, identifiers: &[&str], now: Instant) -> Option<Capacity> {
        self.representatives
            .iter()
            .filter(|representative| identifiers.contains(&representative.identifier.as_str()))
            .filter(|representative| {
                representative.start.is_none_or(|start| start <= now)
                    && representative.end.is_none_or(|end| now <= end)
            })
            .map(|representative| representative.capacity)
            .next()
    }
}

fn holds(rules: &[Dated], references: &[String], identifiers: &[&str], now: Instant) -> bool {
    rules.iter().any(|rule| rule.holds_at(now) && rule.party.is_one_of(references, identifiers))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn period(period: &Value) -> (Option<Instant>, Option<Instant>) {
    let start = period["start"].as_str().and_then(moment);
    let end = period["end"].as_str().and_then(|text| {
        // A day without a time ends with the day.
        moment(text).map(|at| if text.len() <= 10 { at.plus(Duration::from_secs(24 * 3600 - 1)) } else { at })
    });
    (start, end)
}

/// A FHIR dateTime as the first moment it covers, UTC when it names no offset.
fn moment(text: &str) -> Option<Instant> {
    match text.len() {
        4 => Instant::parse(&format!("{text}-01-01T00:00:00Z")),
        7 => Instant::parse(&format!("{text}-01T00:00:00Z")),
        10 => Instant::parse(&format!("{text}T00:00:00Z")),
        _ => Instant::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("a moment")
    }

    #[test]
    fn a_block_holds_until_it_is_withdrawn() {
        let block = json!({ "resourceType": "Consent", "status": "active", "provision": { "type": "deny",
            "actor": [{ "reference": { "identifier": { "value": "10100000001" } } }] } });
        let mut policy = HomePolicy::default();
        policy.add(&block);
        assert!(policy.is_blocked(&[], &["10100000001"], at("2026-11-21T00:00:00Z")));
        assert!(!policy.is_blocked(&[], &["10100000002"], at("2026-11-21T00:00:00Z")));
        let mut withdrawn = block;
        withdrawn["status"] = "inactive".into();
        let mut policy = HomePolicy::default();
        policy.add(&withdrawn);
        assert_eq!(policy, HomePolicy::default());
    }

    #[test]
    fn a_consent_without_an_end_counts_for_one_day() {
        let mut policy = HomePolicy::default();
        policy.add(&json!({ "resourceType": "Consent", "status": "active", "dateTime": "2026-11-21T10:00:00Z",
            "provision": { "type": "permit", "actor": [{ "reference": { "reference": "Practitioner/a" } }] } }));
        let who = ["Practitioner/a".to_owned()];
        assert!(policy.is_admitted(&who, &[], at("2026-11-21T18:00:00Z")));
        assert!(!policy.is_admitted(&who, &[], at("2026-11-22T18:00:00Z")));
        assert!(!policy.is_admitted(&who, &[], at("2026-11-20T18:00:00Z")));
    }

    #[test]
    fn a_member_who_left_is_no_longer_in_the_team() {
        let mut policy = HomePolicy::default();
        policy.add(&json!({ "resourceType": "CareTeam", "status": "active", "participant": [
            { "member": { "reference": "Practitioner/a" }, "period": { "end": "2026-01-31" } },
            { "member": { "reference": "Practitioner/b" } } ] }));
        let now = at("2026-11-21T18:00:00Z");
        assert!(!policy.is_in_team(&["Practitioner/a".into()], &[], now));
        assert!(policy.is_in_team(&["Practitioner/b".into()], &[], now));
        assert!(policy.is_in_team(&["Practitioner/a".into()], &[], at("2026-01-31T18:00:00Z")));
    }

    #[test]
    fn the_place_of_a_member_is_not_a_member() {
        let mut policy = HomePolicy::default();
        policy.add(&json!({ "resourceType": "CareTeam", "status": "active", "participant": [
            { "member": { "reference": "Practitioner/a" }, "onBehalfOf": { "reference": "Organization/h" } } ] }));
        let colleague = ["Practitioner/b".to_owned(), "Organization/h".to_owned()];
        assert!(!policy.is_in_team(&colleague, &[], Instant(0)));
        assert!(policy.is_team_place(&colleague, Instant(0)));
    }

    #[test]
    fn representation_needs_its_own_code() {
        let mut policy = HomePolicy::default();
        let relation = |system: &str, code: &str| {
            json!({ "resourceType": "RelatedPerson", "identifier": [{ "value": "2770101154003" }],
                "relationship": [{ "coding": [{ "system": system, "code": code }] }] })
        };
        policy.add(&relation("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "MTH"));
        assert_eq!(policy.capacity_of(&["2770101154003"], Instant(0)), None);
        policy.add(&relation(REPRESENTATION_SYSTEM, "LEGAL"));
        assert_eq!(policy.capacity_of(&["2770101154003"], Instant(0)), Some(Capacity::LegalRepresentative));
    }
}
