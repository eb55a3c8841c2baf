//! `GET /mon-espace/partage`: who may open the record: team, admitted, blocked, representatives.

use super::common;
use maud::{Markup, html};
use serde_json::Value;
use socle_gate::Session;
use socle_gate::policy::REPRESENTATION_SYSTEM;
use socle_kernel::{Instant, Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::dates::FhirDate;
use socle_ui::form::{Style, action_form_about, button_link};
use socle_ui::{Notice, Space, Tone, dates, parts};
use std::time::Duration;

/// Somebody who may, or may not, open the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// What they are here: profession, capacity.
    pub detail: String,
    /// Since or until when, in words.
    pub when: String,
    /// Id of the consent, for those that end by a button.
    pub consent: String,
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Members of the care team.
    pub team: Vec<Party>,
    /// Professionals let in for a consultation.
    pub admitted: Vec<Party>,
    /// Professionals who are kept out.
    pub blocked: Vec<Party>,
    /// Representatives and carers.
    pub representatives: Vec<Party>,
    /// False for a carer, who reads only.
    pub may_decide: bool,
    /// Token of the buttons.
    pub csrf: String,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (person, _) = common::person(call, session).await?;
    let mut context = Context {
        may_decide: common::may_decide(common::citizen(call)?),
        csrf: call.identified.csrf.clone(),
        ..Context::default()
    };
    for (_, team) in common::list(call, session, resource_type::CARE_TEAM).await? {
        if !matches!(team["status"].as_str(), None | Some("active")) {
            continue;
        }
        for participant in items(&team["participant"]).filter(|one| holds(&one["period"], call.now)) {
            let name = common::name_behind(session, &participant["member"]).await?;
            let role = &participant["role"][0];
            let detail =
                role["text"].as_str().or_else(|| role["coding"][0]["display"].as_str()).unwrap_or("");
            let when = since(lang, &participant["period"]["start"]);
            context.team.push(Party { name, detail: detail.to_owned(), when, consent: String::new() });
        }
    }
    for (id, consent) in common::list(call, session, resource_type::CONSENT).await? {
        if consent["status"] != "active" {
            continue;
        }
        // Carers and representatives are told below, by their own resource.
        let is_professional = |actor: &&Value| {
            !actor["reference"].as_str().is_some_and(|text| text.starts_with("RelatedPerson/"))
        };
        for actor in crate::consent::actors(&consent).filter(is_professional) {
            let name = common::name_behind(session, actor).await?;
            let party = |when: String| Party { name, detail: String::new(), when, consent: id.clone() };
            match consent["provision"]["type"].as_str() {
                Some("deny") if holds(&consent["provision"]["period"], call.now) => {
                    context.blocked.push(party(since(lang, &consent["dateTime"])));
                }
                Some("permit") => {
                    if let Some(end) = end_of(&consent).filter(|end| *end >= call.now) {
                        let until =
                            format!("{} {}", lang.pick("jusqu’au", "until"), dates::day_time(lang, end));
                        context.admitted.push(party(until));
                    }
                }
                _ => {}
            }
        }
    }
    for (_, related) in common::list(call, session, resource_type::RELATED_PERSON).await? {
        context.representatives.extend(representative(lang, &related, call.now));
    }
    let text = done(lang, call.query("fait"));
    let view = View {
        space: Space::Citizen,
        title: lang.pick("Partage de mon dossier", "Sharing my record"),
        person: Some(&person),
        crumbs: &[(lang.pick("Accueil", "Home"), "/mon-espace")],
        notice: text.map(|text| Notice { tone: Tone::Success, text }),
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

fn done(lang: Lang, code: &str) -> Option<&'static str> {
    match code {
        "bloque" => Some(lang.pick_static(
            "Ce professionnel ne peut plus ouvrir votre dossier, même en urgence.",
            "This professional can no longer open your record, not even in an emergency.",
        )),
        "debloque" => Some(lang.pick_static(
            "Ce professionnel n’est plus bloqué. Il n’ouvrira votre dossier que s’il vous soigne.",
            "This professional is no longer blocked. They will open your record only if they care for you.",
        )),
        _ => None,
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn moment(value: &Value) -> Option<Instant> {
    let date = value.as_str().and_then(FhirDate::parse)?;
    date.instant.or_else(|| Instant::parse(&format!("{}T00:00:00Z", date.date)))
}

/// Does a period hold now? A day without a time ends with the day.
fn holds(period: &Value, now: Instant) -> bool {
    let end = moment(&period["end"]).map(|end| {
        let is_day = period["end"].as_str().is_some_and(|text| text.len() <= 10);
        if is_day { end.plus(Duration::from_secs(24 * 3600)) } else { end }
    });
    moment(&period["start"]).is_none_or(|start| start <= now) && end.is_none_or(|end| now <= end)
}

/// When a permission ends: as written, else a day after it was given.
fn end_of(consent: &Value) -> Option<Instant> {
    let given = || moment(&consent["dateTime"]).map(|given| given.plus(Duration::from_secs(24 * 3600)));
    moment(&consent["provision"]["period"]["end"]).or_else(given)
}

fn since(lang: Lang, start: &Value) -> String {
    match start.as_str().and_then(FhirDate::parse) {
        Some(date) => format!("{} {}", lang.pick("depuis le", "since"), dates::day(lang, date.date)),
        None => String::new(),
    }
}

fn representative(lang: Lang, related: &Value, now: Instant) -> Option<Party> {
    if related["active"] == false || !holds(&related["period"], now) {
        return None;
    }
    let codings = || items(&related["relationship"]).flat_map(|concept| items(&concept["coding"]));
    let capacity = codings().find(|coding| coding["system"] == REPRESENTATION_SYSTEM)?;
    let capacity = match capacity["code"].as_str()? {
        "LEGAL" => lang.pick(
            "représentant légal : lit et décide pour vous",
            "legal representative: reads and decides for you",
        ),
        "CARER" => lang.pick("aidant : lit, sans rien changer", "carer: reads, changes nothing"),
        _ => return None,
    };
    let family = codings()
        .find(|coding| coding["system"] != REPRESENTATION_SYSTEM)
        .and_then(|coding| coding["display"].as_str())
        .map(|text| format!("{text}, "))
        .unwrap_or_default();
    let end = related["period"]["end"].as_str().map(|end| dates::fhir(lang, end));
    let when = end.map(|end| format!("{} {end}", lang.pick("jusqu’au", "until"))).unwrap_or_default();
    Some(Party {
        name: common::name_of(related),
        detail: format!("{family}{capacity}"),
        when,
        consent: String::new(),
    })
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    html! {
        p { (lang.pick(
            "Voici qui peut ouvrir votre dossier. Chaque ouverture est inscrite dans « Qui a vu mon dossier ».",
            "This is who may open your record. Every opening is written in “Who saw my record”.",
        )) }
        (parts::section(lang.pick("Votre équipe de soins", "Your care team"), html! {
            p { (lang.pick(
                "Ces professionnels vous soignent et lisent ce que leur profession permet, sauf ce que vous masquez.",
                "These professionals care for you and read what their profession allows, except what you hide.",
            )) }
            (list(&context.team, lang.pick("Aucun professionnel dans votre équipe de soins.", "No professional in your care team."), &|_| html! {}))
        }))
        (parts::section(lang.pick("Autorisés pour une consultation", "Let in for one consultation"), html! {
            (list(&context.admitted, lang.pick("Personne en ce moment.", "Nobody at the moment."), &|_| html! {}))
        }))
        (blocked(lang, context))
        (parts::section(lang.pick("Vos représentants et aidants", "Your representatives and carers"), html! {
            (list(&context.representatives, lang.pick("Personne n’agit pour vous.", "Nobody acts for you."), &|_| html! {}))
        }))
    }
}

fn blocked(lang: Lang, context: &Context) -> Markup {
    let button = |party: &Party| {
        if !context.may_decide {
            return html! {};
        }
        let label = lang.pick("Débloquer", "Unblock");
        let hidden = [("consentement", party.consent.as_str())];
        action_form_about(
            "/mon-espace/partage/debloquer",
            &context.csrf,
            label,
            &party.name,
            Style::Quiet,
            &hidden,
        )
    };
    parts::section(
        lang.pick("Professionnels bloqués", "Blocked professionals"),
        html! {
            p { (lang.pick(
                "Un professionnel bloqué n’ouvre jamais votre dossier, même en urgence. Il ne sait pas que vous l’avez bloqué.",
                "A blocked professional never opens your record, not even in an emergency. They are not told that you blocked them.",
            )) }
            (list(&context.blocked, lang.pick("Vous ne bloquez personne.", "You block nobody."), &button))
            @if context.may_decide {
                p { (button_link(lang.pick("Bloquer un professionnel", "Block a professional"), "/mon-espace/partage/bloquer", Style::Secondary)) }
            }
        },
    )
}

fn list(parties: &[Party], nobody: &str, button: &dyn Fn(&Party) -> Markup) -> Markup {
    html! {
        @if parties.is_empty() { p { (nobody) } }
        @else {
            ul class="parties" {
                @for party in parties {
                    li {
                        strong { (party.name) }
                        @for part in [&party.detail, &party.when] { @if !part.is_empty() { ", " (part) } }
                        (button(party))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Instant {
        Instant::parse("2026-11-21T10:00:00Z").unwrap()
    }

    #[test]
    fn a_permission_ends_a_day_after_it_was_given_at_the_latest() {
        let consent = json!({ "dateTime": "2026-11-21T09:00:00Z", "provision": { "type": "permit" } });
        assert_eq!(end_of(&consent), Instant::parse("2026-11-22T09:00:00Z"));
        let short = json!({ "dateTime": "2026-11-21T09:00:00Z", "provision": { "period": { "end": "2026-11-21T11:00:00Z" } } });
        assert_eq!(end_of(&short), Instant::parse("2026-11-21T11:00:00Z"));
    }

    #[test]
    fn names_representatives_in_force_and_nobody_else() {
        let related = |code: &str, end: &str| {
            json!({ "resourceType": "RelatedPerson", "name": [{ "given": ["Paul"], "family": "ROUX" }],
                "period": { "end": end }, "relationship": [
                    { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "FTH", "display": "père" }] },
                    { "coding": [{ "system": REPRESENTATION_SYSTEM, "code": code }] }] })
        };
        let party = representative(Lang::Fr, &related("LEGAL", "2026-11-21"), now()).unwrap();
        assert_eq!(party.name, "Paul ROUX");
        assert!(party.detail.starts_with("père, représentant légal"));
        assert_eq!(representative(Lang::Fr, &related("LEGAL", "2026-11-20"), now()), None);
        assert_eq!(representative(Lang::Fr, &related("FRIEND", "2027-01-01"), now()), None);
    }
}
