//! Consents: what a professional may record, what a person may change, and the block that a person writes. Pure.

use serde_json::{Value, json};
use socle_kernel::{Instant, Issue, Kind, Problem, Words};
use socle_ui::dates::FhirDate;
use std::time::Duration;

/// A permission outside the care team counts for one consultation.
const CONSULTATION: Duration = Duration::from_secs(24 * 3600);
/// Clocks of other programs that go a little ahead are forgiven.
const AHEAD: Duration = Duration::from_secs(5 * 60);

/// The references of a consent's actors.
pub fn actors(consent: &Value) -> impl Iterator<Item = &Value> {
    let actors = consent["provision"]["actor"].as_array().into_iter().flatten();
    actors.map(|actor| &actor["reference"])
}

/// What holds of every new consent: it says whether it permits or denies, and whom.
pub fn check_new(consent: &Value) -> Result<(), Problem> {
    let mut issues = Vec::new();
    let kind = consent["provision"]["type"].as_str();
    if !matches!(kind, Some("permit" | "deny")) {
        let words = Words::new(
            "Un consentement dit s'il autorise ou s'il refuse.",
            "A consent says whether it permits or denies.",
        );
        let issue = Issue::error("required", "Consent.provision.type", words);
        issues.push(issue.expected("permit | deny").received(kind.unwrap_or("(absent)")));
    }
    let is_named = |actor: &Value| actor["reference"].is_string() || actor["identifier"]["value"].is_string();
    if actors(consent).next().is_none() || !actors(consent).all(is_named) {
        let words = Words::new(
            "Un consentement nomme le professionnel qu'il concerne, par référence ou par identifiant.",
            "A consent names the professional it is about, by reference or by identifier.",
        );
        let issue = Issue::error("required", "Consent.provision.actor.reference", words);
        issues.push(issue.expected("reference | identifier"));
    }
    if issues.is_empty() { Ok(()) } else { Err(Problem::with_issues(Kind::Unprocessable, issues)) }
}

/// What a professional may record: the person's agreement for themself, now, for a day at most.
pub fn check_agreement(consent: &Value, is_for_self: bool, now: Instant) -> Result<(), Problem> {
    if consent["provision"]["type"] != "permit" {
        return Err(Problem::new(
            Kind::Refused,
            "Un professionnel enregistre l'accord de la personne ; seule la personne bloque un accès.",
            "A professional records the person's agreement; only the person blocks an access.",
        )
        .at("Consent.provision.type")
        .expecting("permit")
        .receiving(consent["provision"]["type"].as_str().unwrap_or("(absent)")));
    }
    if !is_for_self {
        return Err(Problem::new(
            Kind::Refused,
            "Un professionnel n'enregistre un accord que pour lui-même.",
            "A professional records an agreement for themself only.",
        )
        .at("Consent.provision.actor")
        .expecting("your own Practitioner or RPPS number"));
    }
    let given = moment(&consent["dateTime"]);
    let Some(given) = given else {
        return Err(Problem::new(
            Kind::Unprocessable,
            "L'accord dit quand il a été donné, à la minute.",
            "The agreement says when it was given, to the minute.",
        )
        .coded("required")
        .at("Consent.dateTime")
        .expecting("a date with time and offset")
        .receiving(consent["dateTime"].as_str().unwrap_or("(absent)")));
    };
    if given > now.plus(AHEAD) || given < now.minus(CONSULTATION) {
        return Err(Problem::new(
            Kind::Unprocessable,
            "L'accord date de la consultation en cours : ni de l'avenir, ni de plus de 24 heures.",
            "The agreement is of the present consultation: not in the future, nor more than 24 hours old.",
        )
        .at("Consent.dateTime")
        .expecting(format!("{} … {now}", now.minus(CONSULTATION)))
        .receiving(given.to_string()));
    }
    let period = &consent["provision"]["period"];
    let start = moment(&period["start"]).unwrap_or(given);
    let has_unclear_end = !period["end"].is_null() && moment(&period["end"]).is_none();
    let end = moment(&period["end"]).unwrap_or(given.plus(CONSULTATION));
    if has_unclear_end || end > start.plus(CONSULTATION) || end > given.plus(CONSULTATION) {
        return Err(Problem::new(
            Kind::Unprocessable,
            "Hors de l'équipe de soins, un accord vaut pour une consultation : 24 heures au plus.",
            "Outside the care team an agreement counts for one consultation: 24 hours at most.",
        )
        .at("Consent.provision.period")
        .expecting(format!("end at most {}", given.plus(CONSULTATION)))
        .receiving(period["end"].as_str().unwrap_or("(absent)")));
    }
    Ok(())
}

/// A change of a consent ends it; whom it is about and what it allows stay as they were written.
pub fn check_change(before: &Value, after: &Value) -> Result<(), Problem> {
    let changed = socle_fhir::changed_elements(before, after);
    if let Some(element) = changed.iter().find(|name| *name != "status" && *name != "meta") {
        return Err(Problem::new(
            Kind::Unprocessable,
            "Seul l'état d'un consentement se modifie. Mettez fin à celui-ci et faites-en un nouveau.",
            "Only the status of a consent changes. End this one and make a new one.",
        )
        .at(format!("Consent.{element}"))
        .expecting("status")
        .receiving(element));
    }
    let (old, new) = (before["status"].as_str().unwrap_or(""), after["status"].as_str().unwrap_or(""));
    let is_allowed = old == new
        || matches!(old, "draft" | "proposed") && matches!(new, "active" | "rejected" | "entered-in-error")
        || old == "active" && matches!(new, "inactive" | "entered-in-error");
    if is_allowed {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Unprocessable,
        "Un consentement terminé ne reprend pas. Faites-en un nouveau.",
        "A consent that ended does not start again. Make a new one.",
    )
    .at("Consent.status")
    .expecting("inactive | entered-in-error")
    .receiving(new))
}

fn moment(value: &Value) -> Option<Instant> {
    value.as_str().and_then(FhirDate::parse).and_then(|date| date.instant)
}

/// A professional as a person blocks them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    /// `Practitioner/<id>`.
    pub reference: String,
    /// System and value of their identifier.
    pub identifier: Option<(String, String)>,
    /// Name as shown.
    pub name: String,
}

/// The consent by which a person blocks a professional: by reference and by identifier, so that it holds whatever work
/// situation they come from.
pub fn block(patient: &str, performer: Option<&str>, professional: &Blocked, now: Instant) -> Value {
    let mut reference = json!({ "reference": professional.reference, "display": professional.name });
    if let Some((system, value)) = &professional.identifier {
        reference["identifier"] = json!({ "system": system, "value": value });
    }
    let coding = |system: &str, code: &str| json!({ "coding": [{ "system": format!("http://terminology.hl7.org/CodeSystem/{system}"), "code": code }] });
    let mut consent = json!({
        "resourceType": "Consent",
        "status": "active",
        "scope": coding("consentscope", "patient-privacy"),
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "patient": { "reference": patient },
        "dateTime": now.to_string(),
        "policyRule": coding("v3-ActCode", "OPTOUT"),
        "provision": {
            "type": "deny",
            "actor": [{ "role": coding("v3-ParticipationType", "PRCP"), "reference": reference }],
        },
    });
    if let Some(performer) = performer {
        consent["performer"] = json!([{ "reference": performer }]);
    }
    consent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn agreement(given: &str, end: Option<&str>) -> Value {
        let mut consent = json!({ "resourceType": "Consent", "status": "active", "dateTime": given,
            "provision": { "type": "permit", "actor": [{ "reference": { "reference": "Practitioner/me" } }] } });
        if let Some(end) = end {
            consent["provision"]["period"] = json!({ "end": end });
        }
        consent
    }

    const NOW: &str = "2026-11-21T10:00:00Z";

    #[test]
    fn accepts_an_agreement_for_oneself_for_one_day() {
        for end in [None, Some("2026-11-21T12:00:00Z"), Some("2026-11-22T10:00:00Z")] {
            let consent = agreement(NOW, end);
            assert!(check_new(&consent).is_ok());
            check_agreement(&consent, true, at(NOW)).unwrap();
        }
    }

    #[test]
    fn refuses_an_agreement_for_longer_than_a_day_or_of_another_time() {
        let kind = |given: &str, end| check_agreement(&agreement(given, end), true, at(NOW)).unwrap_err();
        assert_eq!(kind(NOW, Some("2026-11-22T10:00:01Z")).issues[0].path, "Consent.provision.period");
        assert_eq!(kind(NOW, Some("2026-12-31")).issues[0].path, "Consent.provision.period");
        assert_eq!(kind("2026-11-21T10:06:00Z", None).issues[0].path, "Consent.dateTime");
        assert_eq!(kind("2026-11-20T09:59:00Z", None).issues[0].path, "Consent.dateTime");
        assert_eq!(kind("2026-11-21", None).issues[0].code, "required");
    }

    #[test]
    fn refuses_an_agreement_for_a_colleague_and_a_block_by_a_professional() {
        let problem = check_agreement(&agreement(NOW, None), false, at(NOW)).unwrap_err();
        assert_eq!(
            (problem.kind, problem.issues[0].path.as_str()),
            (Kind::Refused, "Consent.provision.actor")
        );
        let mut deny = agreement(NOW, None);
        deny["provision"]["type"] = "deny".into();
        assert_eq!(check_agreement(&deny, true, at(NOW)).unwrap_err().kind, Kind::Refused);
    }

    #[test]
    fn refuses_a_consent_about_nobody_or_of_no_kind() {
        let problem = check_new(&json!({ "resourceType": "Consent" })).unwrap_err();
        let paths: Vec<&str> = problem.issues.iter().map(|issue| issue.path.as_str()).collect();
        assert_eq!(paths, ["Consent.provision.type", "Consent.provision.actor.reference"]);
    }

    #[test]
    fn only_ends_a_consent_and_never_widens_it() {
        let before = agreement(NOW, None);
        let mut ended = before.clone();
        ended["status"] = "inactive".into();
        assert!(check_change(&before, &ended).is_ok());
        assert!(check_change(&ended, &before).is_err());
        let mut wider = before.clone();
        wider["provision"]["period"] = json!({ "end": "2030-01-01" });
        assert_eq!(check_change(&before, &wider).unwrap_err().issues[0].path, "Consent.provision");
    }

    #[test]
    fn a_block_is_what_the_gate_reads_as_one() {
        let blocked = Blocked {
            reference: "Practitioner/a".into(),
            identifier: Some(("https://rpps.esante.gouv.fr".into(), "10100000001".into())),
            name: "Dr Anne MARTIN".into(),
        };
        let consent = block("Patient/p", Some("Patient/p"), &blocked, at(NOW));
        assert!(check_new(&consent).is_ok());
        assert_eq!(
            socle_fhir::check(&consent)
                .iter()
                .filter(|issue| issue.severity == socle_kernel::Severity::Error)
                .count(),
            0
        );
        let mut policy = socle_gate::HomePolicy::default();
        policy.add(&consent);
        assert!(policy.is_blocked(&[], &["10100000001"], at("2027-01-01T00:00:00Z")));
        assert!(policy.is_blocked(&["Practitioner/a".to_owned()], &[], at(NOW)));
    }
}
