//! `/mon-espace/profil`: traits, INS, contact, representatives; how one signs in, from where, and which applications were
//! let in.

use crate::accounts;
use crate::fhir::{self, items};
use crate::grants;
use crate::ins::InsSystem;
use crate::rules;
use crate::sessions;
use futures_util::future::BoxFuture;
use serde_json::Value;
use socle_gate::Session;
use socle_gate::policy::REPRESENTATION_SYSTEM;
use socle_kernel::{Capacity, Instant, Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, PersonShown, View};
use socle_ui::form::{self, Style};
use socle_ui::parts::{Row, Tone};
use socle_ui::{Markup, Notice, Space, dates, html, parts};

/// What is known of the person.
#[derive(Default)]
struct Identity {
    person: PersonShown,
    birth_name: String,
    birth_place: String,
    status: Status,
    contact: Vec<String>,
    representatives: Vec<Representative>,
}

/// How sure an identity is (RNIV).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Provisional,
    Recovered,
    Validated,
    Qualified,
}

struct Representative {
    name: String,
    is_legal: bool,
}

/// A session or an application, with the id that ends it.
struct Open {
    id: String,
    name: String,
    detail: String,
    since: Instant,
    is_this: bool,
}

/// What the page shows.
#[derive(Default)]
struct Context<'a> {
    csrf: &'a str,
    identity: Identity,
    login: &'a str,
    has_code: bool,
    sessions: Vec<Open>,
    applications: Vec<Open>,
    can_change_person: bool,
}

/// `GET /mon-espace/profil`.
pub(super) fn show<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let citizen = call.identified.principal.citizen().ok_or_else(Problem::not_found)?;
        let pipeline = &call.pipeline;
        let found = session.read(citizen.person).await?.ok_or_else(Problem::not_found)?;
        let patient: Value = serde_json::from_slice(&found.body).map_err(Problem::internal)?;
        let reference = format!("Patient/{}", found.id);
        let params = [("patient", reference.as_str())];
        let related = fhir::search(pipeline, session, resource_type::RELATED_PERSON, &params).await?.items;
        let account = accounts::find(pipeline, &citizen.account).await?;
        let context = Context {
            csrf: &call.identified.csrf,
            identity: identity(&patient, &related),
            login: &citizen.account,
            has_code: account.is_some_and(|account| account.totp_secret().is_some()),
            sessions: open_sessions(call, &citizen.account).await?,
            applications: open_applications(call, &citizen.account).await?,
            can_change_person: !accounts::represented(pipeline, &citizen.account).await?.is_empty(),
        };
        let mut person = context.identity.person.clone();
        person.is_represented = citizen.capacity != Capacity::Own;
        let lang = call.lang;
        let change = [(lang.pick("Changer de personne", "Change person"), super::choose::PERSON)];
        let view = View {
            space: Space::Citizen,
            title: lang.pick("Profil", "Profile"),
            person: Some(&person),
            person_links: if context.can_change_person { &change } else { &[] },
            notice: notice(lang, call.query("fait")),
            ..View::default()
        };
        Ok(call.page(&view, body(lang, call.now, &context)))
    })
}

/// What just happened, from the address: one of our own words, never text of others.
fn notice(lang: Lang, done: &str) -> Option<Notice<'static>> {
    let text = match done {
        "mot-de-passe" => lang.pick_static(
            "Le mot de passe est changé. Vos autres sessions sont fermées et les autorisations retirées.",
            "The password is changed. Your other sessions are closed and approvals withdrawn.",
        ),
        "session" => lang.pick_static("La session est fermée.", "The session is closed."),
        "application" => lang.pick_static("L’autorisation est retirée.", "The approval is withdrawn."),
        _ => return None,
    };
    Some(Notice { tone: Tone::Success, text })
}

fn identity(patient: &Value, related: &[Value]) -> Identity {
    let (place, code) = fhir::birth_place(patient);
    let contact = items(&patient["telecom"])
        .filter_map(|telecom| telecom["value"].as_str().map(str::to_owned))
        .chain(items(&patient["address"]).map(address))
        .filter(|text| !text.is_empty())
        .collect();
    Identity {
        person: PersonShown::of(patient),
        birth_name: fhir::official_name(patient).0.to_owned(),
        birth_place: place.or(code).unwrap_or("").to_owned(),
        status: status(patient),
        contact,
        representatives: related.iter().filter_map(representative).collect(),
    }
}

fn address(address: &Value) -> String {
    if let Some(text) = address["text"].as_str() {
        return text.to_owned();
    }
    let lines = items(&address["line"]).filter_map(Value::as_str).map(str::to_owned);
    let (post_code, city) = (address["postalCode"].as_str(), address["city"].as_str());
    let town = [post_code, city].into_iter().flatten().collect::<Vec<_>>().join(" ");
    lines.chain([town]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn representative(related: &Value) -> Option<Representative> {
    if related["active"] == false {
        return None;
    }
    let code =
        items(&related["relationship"]).find_map(|concept| fhir::code_of(concept, REPRESENTATION_SYSTEM))?;
    let name = PersonShown::of(related).name;
    Some(Representative { name, is_legal: code == "LEGAL" })
}

/// FHIR has no code for *récupérée* and *qualifiée*: they follow from the status, the matricule and how it was collected.
fn status(patient: &Value) -> Status {
    let has_ins = items(&patient["identifier"])
        .any(|one| InsSystem::of(one["system"].as_str().unwrap_or("")).is_some() && one["use"] != "old");
    match (rules::identity_status(patient), has_ins) {
        (Some("VALI"), true) => Status::Qualified,
        (Some("VALI"), false) => Status::Validated,
        (_, true) => Status::Recovered,
        (_, false) => Status::Provisional,
    }
}

async fn open_sessions(call: &PageCall, login: &str) -> Result<Vec<Open>, Problem> {
    let found = sessions::list(&call.pipeline, login).await?;
    let this = call.identified.session.as_deref();
    Ok(found
        .into_iter()
        .map(|(id, session)| Open {
            is_this: Some(id.as_str()) == this,
            name: session.amr.join(" + "),
            detail: dates::relative(call.lang, session.seen_at, call.now),
            since: session.started_at,
            id,
        })
        .collect())
}

async fn open_applications(call: &PageCall, login: &str) -> Result<Vec<Open>, Problem> {
    let found = grants::list(&call.pipeline, login).await?;
    Ok(found
        .into_iter()
        .map(|(id, grant)| Open {
            id,
            name: grant.client_name,
            detail: grant.principal.scopes.join(" "),
            since: grant.made_at,
            is_this: false,
        })
        .collect())
}

fn body(lang: Lang, now: Instant, context: &Context<'_>) -> Markup {
    html! {
        (parts::section(lang.pick("Identité", "Identity"), traits(lang, &context.identity)))
        (parts::section(lang.pick("Coordonnées", "Contact"), contact(lang, &context.identity)))
        (parts::section(lang.pick("Représentants et aidants", "Representatives and carers"), representatives(lang, &context.identity)))
        (parts::section(lang.pick("Connexion", "Sign-in"), security(lang, context)))
        (parts::section(lang.pick("Sessions ouvertes", "Open sessions"), open_list(lang, now, context, true)))
        (parts::section(lang.pick("Applications autorisées", "Approved applications"), open_list(lang, now, context, false)))
    }
}

fn traits(lang: Lang, identity: &Identity) -> Markup {
    let person = &identity.person;
    let unknown = lang.pick("Non renseigné", "Not given");
    let or_unknown = |text: &str| if text.is_empty() { unknown.to_owned() } else { text.to_owned() };
    let birth = person.birth_date.map_or_else(|| html! { (unknown) }, |date| dates::time(lang, date));
    let (word, tone, meaning) = status_words(lang, identity.status);
    let ins = person.ins.as_deref().map_or_else(|| unknown.to_owned(), dates::ins);
    html! {
        (parts::summary_list(&[
            Row::text(lang.pick("Nom", "Name"), &person.name),
            Row::text(lang.pick("Nom de naissance", "Birth name"), &or_unknown(&identity.birth_name)),
            Row::new(lang.pick("Date de naissance", "Date of birth"), birth),
            Row::text(lang.pick("Sexe", "Sex"), person.sex(lang).unwrap_or(unknown)),
            Row::text(lang.pick("Lieu de naissance", "Place of birth"), &or_unknown(&identity.birth_place)),
            Row::text(lang.pick("Matricule INS", "Matricule INS"), &ins),
            Row::new(lang.pick("Fiabilité de l’identité", "Reliability of the identity"), html! {
                (parts::tag(word, tone)) " " (meaning)
            }),
        ]))
    }
}

fn status_words(lang: Lang, status: Status) -> (&'static str, Tone, &'static str) {
    let pick = |fr, en| lang.pick_static(fr, en);
    match status {
        Status::Qualified => (
            pick("Qualifiée", "Qualified"),
            Tone::Success,
            pick(
                "Votre identité a été vérifiée avec une pièce et retrouvée dans la base nationale.",
                "Your identity was checked with a document and found in the national base.",
            ),
        ),
        Status::Validated => (
            pick("Validée", "Validated"),
            Tone::Info,
            pick(
                "Votre identité a été vérifiée avec une pièce ; le matricule INS n’est pas encore retrouvé.",
                "Your identity was checked with a document; the matricule INS is not found yet.",
            ),
        ),
        Status::Recovered => (
            pick("Récupérée", "Recovered"),
            Tone::Info,
            pick(
                "Le matricule INS est retrouvé ; présentez une pièce d’identité lors d’un soin pour le confirmer.",
                "The matricule INS is found; show an identity document at a visit to confirm it.",
            ),
        ),
        Status::Provisional => (
            pick("Provisoire", "Provisional"),
            Tone::Warning,
            pick(
                "Présentez une pièce d’identité lors d’un soin pour la faire vérifier.",
                "Show an identity document at a visit to have it checked.",
            ),
        ),
    }
}

fn contact(lang: Lang, identity: &Identity) -> Markup {
    html! {
        @if identity.contact.is_empty() {
            p { (lang.pick("Aucune coordonnée n’est connue.", "No contact is known.")) }
        } @else {
            ul { @for line in &identity.contact { li { (line) } } }
        }
    }
}

fn representatives(lang: Lang, identity: &Identity) -> Markup {
    html! {
        @if identity.representatives.is_empty() {
            p { (lang.pick("Personne d’autre n’ouvre ce dossier comme représentant ou aidant.", "Nobody else opens this record as representative or carer.")) }
        } @else {
            ul {
                @for one in &identity.representatives {
                    li { (one.name) " – " (if one.is_legal {
                        lang.pick("représentant légal", "legal representative")
                    } else {
                        lang.pick("aidant", "carer")
                    }) }
                }
            }
        }
    }
}

fn security(lang: Lang, context: &Context<'_>) -> Markup {
    let (state, tone) = if context.has_code {
        (lang.pick("Actif", "Active"), Tone::Success)
    } else {
        (lang.pick("Inactif", "Inactive"), Tone::Warning)
    };
    parts::summary_list(&[
        Row::text(lang.pick("Identifiant", "User name"), context.login),
        Row::text(lang.pick("Mot de passe", "Password"), "••••••••")
            .action(lang.pick("Changer", "Change"), "/mon-espace/profil/mot-de-passe"),
        Row::new(lang.pick("Code à usage unique", "One-time code"), parts::tag(state, tone)),
    ])
}

fn open_list(lang: Lang, now: Instant, context: &Context<'_>, is_sessions: bool) -> Markup {
    let (list, action, label) = if is_sessions {
        (&context.sessions, "/mon-espace/profil/sessions", lang.pick("Fermer", "Close"))
    } else {
        (&context.applications, "/mon-espace/profil/applications", lang.pick("Retirer", "Withdraw"))
    };
    html! {
        @if list.is_empty() {
            p { (if is_sessions {
                lang.pick("Aucune autre session n’est ouverte.", "No other session is open.")
            } else {
                lang.pick("Aucune application n’agit en votre nom.", "No application acts in your name.")
            }) }
        } @else {
            ul class="documents" {
                @for open in list {
                    @let since = dates::day_time(lang, open.since);
                    li class="document" {
                        div class="document-body" {
                            p class="document-title" {
                                @if is_sessions { (lang.pick("Ouverte le ", "Opened on ")) (since) } @else { (open.name) }
                                @if open.is_this { " " (parts::tag(lang.pick("Cette session", "This session"), Tone::Info)) }
                            }
                            p class="document-meta" {
                                @if is_sessions { (lang.pick("Dernière activité : ", "Last active: ")) (open.detail) }
                                @else { (open.detail) " – " (dates::relative(lang, open.since, now)) }
                            }
                            @if !open.is_this {
                                @let about = if is_sessions { since.clone() } else { open.name.clone() };
                                (form::action_form_about(action, context.csrf, label, &about, Style::Secondary, &[("id", &open.id)]))
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;
    use serde_json::json;

    const NOW: Instant = Instant(1_795_000_000_000_000);

    fn patient(status: &str, identifiers: Value) -> Value {
        json!({ "resourceType": "Patient", "identifier": identifiers, "gender": "female", "birthDate": "1977-01-21",
            "name": [{ "use": "official", "family": "GARCIA", "given": ["SARAH-LOU"] }],
            "telecom": [{ "system": "phone", "value": "06 99 00 00 01" }],
            "address": [{ "line": ["3 rue des Invités"], "postalCode": "35000", "city": "Rennes" }],
            "extension": [{ "url": rules::RELIABILITY, "extension": [
                { "url": "identityStatus", "valueCoding": { "code": status } }] }] })
    }

    fn official() -> Value {
        json!([{ "use": "official", "system": "urn:oid:1.2.250.1.213.1.4.10", "value": "277010115400329" }])
    }

    #[test]
    fn the_status_follows_from_code_and_matricule() {
        for (code, identifiers, expected) in [
            ("VALI", official(), Status::Qualified),
            ("VALI", json!([]), Status::Validated),
            ("PROV", official(), Status::Recovered),
            ("PROV", json!([]), Status::Provisional),
        ] {
            assert_eq!(status(&patient(code, identifiers)), expected, "{code}");
        }
    }

    #[test]
    fn only_those_who_may_open_the_record_are_representatives() {
        let related = |system: &str| {
            json!({ "resourceType": "RelatedPerson", "name": [{ "family": "GARCIA", "given": ["Odette"] }],
                "relationship": [{ "coding": [{ "system": system, "code": "LEGAL" }] }] })
        };
        assert!(representative(&related(REPRESENTATION_SYSTEM)).is_some_and(|one| one.is_legal));
        assert!(representative(&related("http://terminology.hl7.org/CodeSystem/v3-RoleCode")).is_none());
    }

    #[test]
    fn samples_are_clean() {
        let open = |id: &str, is_this| Open {
            id: id.into(),
            name: "Application de démonstration".into(),
            detail: "openid patient/*.rs".into(),
            since: NOW,
            is_this,
        };
        let related = vec![json!({ "name": [{ "family": "GARCIA", "given": ["Odette"] }],
            "relationship": [{ "coding": [{ "system": REPRESENTATION_SYSTEM, "code": "CARER" }] }] })];
        for is_empty in [true, false] {
            let context = if is_empty {
                Context { csrf: "jeton", ..Context::default() }
            } else {
                Context {
                    csrf: "jeton",
                    identity: identity(&patient("VALI", official()), &related),
                    login: "citoyen-1",
                    has_code: true,
                    sessions: vec![open("a", true), open("b", false)],
                    applications: vec![open("c", false)],
                    can_change_person: true,
                }
            };
            check::samples("Profil", false, |lang| body(lang, NOW, &context));
        }
    }

    #[test]
    fn the_notice_is_one_of_ours() {
        assert!(notice(Lang::Fr, "session").is_some());
        assert!(notice(Lang::Fr, "<script>").is_none());
    }
}
