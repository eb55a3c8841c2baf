//! `/mon-espace/partage/bloquer` and `/debloquer`: keeps a professional out of the record, and lets them back.

use super::common;
use crate::consent::{self, Blocked};
use crate::words;
use maud::{Markup, html};
use serde_json::{Value, json};
use socle_gate::Session;
use socle_gate::audit::decode_key;
use socle_kernel::{Capacity, Lang, Problem, resource_type};
use socle_pipeline::{Interaction, PageAnswer, PageCall, Patch, Prefer, Target, View};
use socle_ui::form::{Style, action_form_about};
use socle_ui::{Icon, Space, Tone, parts};

/// Professionals offered on one page.
const OFFERED: usize = 20;
/// Lines of the log looked through for professionals.
const LINES: usize = 500;

/// A professional who may be blocked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// `Practitioner/<id>`.
    pub reference: String,
    /// Name.
    pub name: String,
    /// Profession, place, number.
    pub detail: String,
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What was searched for.
    pub words: String,
    /// Professionals found; of the team and the log when nothing was searched for.
    pub candidates: Vec<Candidate>,
    /// Token of the buttons.
    pub csrf: String,
}

/// The search.
pub async fn ask(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (person, _) = common::person(call, session).await?;
    let words: String = call.query("q").chars().take(100).collect();
    let candidates =
        if words.is_empty() { known(call, session).await? } else { search(call, session, &words).await? };
    let context = Context { words, candidates, csrf: call.identified.csrf.clone() };
    let view = View {
        space: Space::Citizen,
        title: lang.pick("Bloquer un professionnel", "Block a professional"),
        person: Some(&person),
        crumbs: &[
            (lang.pick("Accueil", "Home"), "/mon-espace"),
            (lang.pick("Partage", "Sharing"), "/mon-espace/partage"),
        ],
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The block.
pub async fn answer(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let citizen = common::citizen(call)?;
    let (_, patient) = common::person(call, session).await?;
    let id = call.form.text("praticien").strip_prefix("Practitioner/").unwrap_or("");
    let key = session.resolve(resource_type::PRACTITIONER, id).await?.ok_or_else(Problem::not_found)?;
    let found = session.read(key).await?.filter(|found| !found.deleted).ok_or_else(Problem::not_found)?;
    let practitioner = socle_fhir::json::parse(&found.body)?;
    let blocked = Blocked {
        reference: format!("Practitioner/{}", found.id),
        identifier: number_of(&practitioner),
        name: common::name_of(&practitioner),
    };
    if is_blocked(call, session, &blocked).await? {
        return Ok(PageAnswer::redirect("/mon-espace/partage?fait=bloque"));
    }
    let performer = (citizen.capacity == Capacity::Own).then_some(patient.as_str());
    let resource = consent::block(&patient, performer, &blocked, call.now);
    let interaction =
        Interaction::Create { resource_type: resource_type::CONSENT, resource, if_none_exist: None };
    call.pipeline.interact(session, interaction, Prefer { lang: call.lang, ..Prefer::default() }).await?;
    Ok(PageAnswer::redirect("/mon-espace/partage?fait=bloque"))
}

/// The end of a block.
pub async fn unblock(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let citizen = common::citizen(call)?;
    let key = session.resolve(resource_type::CONSENT, call.form.text("consentement")).await?;
    let key = key.filter(|key| key.home == citizen.person.home).ok_or_else(Problem::not_found)?;
    let found = session.read(key).await?.filter(|found| !found.deleted).ok_or_else(Problem::not_found)?;
    let written = socle_fhir::json::parse(&found.body)?;
    if written["status"] == "active" {
        let interaction = Interaction::Patch {
            target: Target::Id(resource_type::CONSENT, found.id.clone()),
            patch: Patch::Json(json!([{ "op": "replace", "path": "/status", "value": "inactive" }])),
            if_match: Some(found.version),
        };
        call.pipeline.interact(session, interaction, Prefer { lang: call.lang, ..Prefer::default() }).await?;
    }
    Ok(PageAnswer::redirect("/mon-espace/partage?fait=debloque"))
}

async fn is_blocked(call: &PageCall, session: &Session, blocked: &Blocked) -> Result<bool, Problem> {
    let consents = common::list(call, session, resource_type::CONSENT).await?;
    Ok(consents.iter().any(|(_, consent)| {
        consent["status"] == "active"
            && consent["provision"]["type"] == "deny"
            && consent["provision"]["period"]["end"].is_null()
            && consent::actors(consent).any(|actor| actor["reference"] == blocked.reference.as_str())
    }))
}

/// RPPS number of a professional, else their first identifier.
fn number_of(practitioner: &Value) -> Option<(String, String)> {
    let identifiers = practitioner["identifier"].as_array().map_or(&[][..], Vec::as_slice);
    let pair = |identifier: &Value| {
        Some((identifier["system"].as_str()?.to_owned(), identifier["value"].as_str()?.to_owned()))
    };
    let rpps = identifiers.iter().find(|identifier| identifier["system"] == RPPS).and_then(pair);
    rpps.or_else(|| identifiers.iter().find_map(pair))
}

const RPPS: &str = "https://rpps.esante.gouv.fr";

/// Professionals of the log and of the care team, the latest first.
async fn known(call: &PageCall, session: &Session) -> Result<Vec<Candidate>, Problem> {
    let lang = call.lang;
    let home = common::citizen(call)?.person.home;
    let mut candidates: Vec<Candidate> = Vec::new();
    for (_, entry) in session.log(home, None, LINES).await? {
        let key = decode_key(&entry.who.key).filter(|key| key.resource_type == resource_type::PRACTITIONER);
        let (Some(key), "professional") = (key, entry.who.kind.as_str()) else { continue };
        let profession = words::profession(lang, &entry.who.profession).unwrap_or_default();
        let parts = [profession, entry.who.place.as_str()];
        let detail = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let reference = format!("Practitioner/{}", session.gate().cipher().seal(key));
        add(&mut candidates, Candidate { reference, name: entry.who.name, detail });
    }
    for (_, team) in common::list(call, session, resource_type::CARE_TEAM).await? {
        for participant in team["participant"].as_array().into_iter().flatten() {
            let member = &participant["member"];
            let reference = member["reference"].as_str().unwrap_or("");
            if reference.starts_with("Practitioner/") && candidates.len() < OFFERED {
                let name = common::name_behind(session, member).await?;
                let detail = lang.pick("équipe de soins", "care team").to_owned();
                add(&mut candidates, Candidate { reference: reference.to_owned(), name, detail });
            }
        }
    }
    Ok(candidates)
}

fn add(candidates: &mut Vec<Candidate>, candidate: Candidate) {
    let is_known = candidates.iter().any(|known| {
        known.reference == candidate.reference || known.name == candidate.name && !known.name.is_empty()
    });
    if !is_known && candidates.len() < OFFERED {
        candidates.push(candidate);
    }
}

/// Professionals of the directory, by RPPS number or by name.
async fn search(call: &PageCall, session: &Session, words: &str) -> Result<Vec<Candidate>, Problem> {
    let interaction =
        Interaction::Search { resource_type: resource_type::PRACTITIONER, params: params(words) };
    let answer =
        call.pipeline.interact(session, interaction, Prefer { lang: call.lang, ..Prefer::default() }).await?;
    let bundle = socle_fhir::json::parse(&answer.body.unwrap_or_default())?;
    let entries = bundle["entry"].as_array().into_iter().flatten();
    let found =
        entries.map(|entry| &entry["resource"]).filter(|resource| resource["resourceType"] == "Practitioner");
    Ok(found.map(|practitioner| candidate(call.lang, practitioner)).collect())
}

/// A number is looked up exactly; of a name, every word must start a part of it.
fn params(words: &str) -> Vec<(String, String)> {
    let bare: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    let count = ("_count".to_owned(), OFFERED.to_string());
    if !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![("identifier".to_owned(), format!("{RPPS}|{bare}")), count];
    }
    let escape =
        |word: &str| word.replace('\\', "\\\\").replace(',', "\\,").replace('$', "\\$").replace('|', "\\|");
    let is_title =
        |word: &&str| matches!(word.to_lowercase().trim_matches('.'), "dr" | "docteur" | "pr" | "mme" | "m");
    let names = words.split_whitespace().filter(|word| !is_title(word)).take(4);
    let mut params: Vec<(String, String)> = names.map(|word| ("name".to_owned(), escape(word))).collect();
    params.push(count);
    params
}

fn candidate(lang: Lang, practitioner: &Value) -> Candidate {
    let codes = practitioner["qualification"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|one| one["code"]["coding"].as_array().into_iter().flatten());
    let profession = codes
        .filter(|coding| coding["system"].as_str().is_some_and(|system| system.contains("G15")))
        .find_map(|coding| words::profession(lang, coding["code"].as_str()?))
        .unwrap_or("");
    let number = number_of(practitioner).filter(|(system, _)| system == RPPS);
    let number = number.map(|(_, number)| format!("RPPS {number}")).unwrap_or_default();
    let detail = [profession, number.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    Candidate {
        reference: format!("Practitioner/{}", practitioner["id"].as_str().unwrap_or("")),
        name: common::name_of(practitioner),
        detail,
    }
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let title = if context.words.is_empty() {
        lang.pick(
            "Professionnels de votre équipe et de votre journal",
            "Professionals of your team and of your log",
        )
    } else {
        lang.pick("Résultats", "Results")
    };
    html! {
        (parts::notice(lang, Tone::Info, html! { p { (lang.pick(
            "Un professionnel bloqué n’ouvre plus votre dossier, même en urgence. Vous pouvez le débloquer à tout moment.",
            "A blocked professional no longer opens your record, not even in an emergency. You can unblock them at any time.",
        )) } }))
        (parts::search_bar(
            lang,
            "/mon-espace/partage/bloquer",
            "q",
            lang.pick("Chercher par nom ou par numéro RPPS", "Search by name or RPPS number"),
            &context.words,
        ))
        @if context.candidates.is_empty() {
            (parts::empty(
                Icon::Person,
                lang.pick("Aucun professionnel trouvé", "No professional found"),
                lang.pick("Vérifiez l’orthographe du nom, ou utilisez le numéro RPPS.", "Check the spelling of the name, or use the RPPS number."),
                None,
            ))
        } @else {
            (parts::section(title, html! { ul class="parties" { @for one in &context.candidates { li { (draw(lang, context, one)) } } } }))
        }
    }
}

fn draw(lang: Lang, context: &Context, one: &Candidate) -> Markup {
    let hidden = [("praticien", one.reference.as_str())];
    html! {
        strong { (one.name) } @if !one.detail.is_empty() { ", " (one.detail) }
        (action_form_about("/mon-espace/partage/bloquer", &context.csrf, lang.pick("Bloquer", "Block"), &one.name, Style::Danger, &hidden))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_a_number_up_exactly_and_a_name_by_its_words() {
        let of = |words: &str| {
            params(words).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(of("101 0000 0001"), ["identifier=https://rpps.esante.gouv.fr|10100000001", "_count=20"]);
        assert_eq!(of("Dr. Anne martin"), ["name=Anne", "name=martin", "_count=20"]);
        assert_eq!(of("a,b|c"), ["name=a\\,b\\|c", "_count=20"]);
    }

    #[test]
    fn offers_each_professional_once() {
        let one = |reference: &str, name: &str| Candidate {
            reference: reference.into(),
            name: name.into(),
            detail: String::new(),
        };
        let mut candidates = Vec::new();
        add(&mut candidates, one("Practitioner/a", "Dr Anne MARTIN"));
        add(&mut candidates, one("Practitioner/a", "Dr Anne MARTIN"));
        add(&mut candidates, one("Practitioner/alias", "Dr Anne MARTIN"));
        add(&mut candidates, one("Practitioner/b", "Dr Paul LEROY"));
        assert_eq!(candidates.len(), 2);
    }
}
