//! `/pro/patients/{id}/acces`: a professional without a care relation asks to come in: with the person's agreement, in an
//! emergency, or to regulate a call.

use super::open::remember;
use super::session_id;
use crate::{rpps, sessions};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::principal::Professional;
use socle_kernel::{HomeId, Instant, Key, Kind, Lang, Problem, Purpose, resource_type};
use socle_pipeline::{Interaction, PageAnswer, PageCall, PersonShown, Pipeline, Prefer, View};
use socle_ui::form::{self, Choice, Errors, Form, Style};
use socle_ui::{Markup, Render, Space, dates, html, parts};
use std::collections::HashMap;

/// Identifiers of people who work in care without an RPPS number.
const STAFF: &str = "https://socle.example/identifier/staff";
/// Fewest characters of a reason.
const REASON: usize = 3;
/// Most characters of a reason.
const REASON_MAX: usize = 500;

/// What the page shows.
struct Context<'a> {
    csrf: &'a str,
    action: &'a str,
    may_break_glass: bool,
    may_regulate: bool,
    chosen: &'a str,
    motive: &'a str,
    details: &'a str,
    errors: Errors,
}

/// The key of a patient of this platform.
pub(super) async fn patient_key(session: &Session, id: &str) -> Result<Key, Problem> {
    session.resolve(resource_type::PATIENT, id).await?.ok_or_else(Problem::not_found)
}

/// The traits of a patient, as this caller may see them.
pub(super) async fn read_patient(session: &Session, key: Key) -> Result<Value, Problem> {
    let found = session.read(key).await?.filter(|found| !found.deleted).ok_or_else(Problem::not_found)?;
    serde_json::from_slice(&found.body).map_err(Problem::internal)
}

/// `GET /pro/patients/{id}/acces`.
pub(super) fn show<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let key = patient_key(session, call.param("id")).await?;
        let (standing, _) = session.standing(key.home).await?;
        if standing.refused.is_none() {
            return Ok(PageAnswer::redirect(format!("/pro/patients/{}", call.param("id"))));
        }
        page(call, session, key, "", Errors::new()).await
    })
}

/// `POST /pro/patients/{id}/acces`.
pub(super) fn submit<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let id = call.param("id");
        let key = patient_key(session, id).await?;
        let chosen = call.form.text("choix");
        let done = match chosen {
            "accord" => agree(call, session).await?,
            "urgence" | "regulation" => declare(call, key.home, chosen).await?,
            _ => Err(Errors::new()
                .with("", call.lang.pick("Choisissez comment accéder au dossier", "Choose how to come in"))),
        };
        if let Err(errors) = done {
            return page(call, session, key, chosen, errors).await;
        }
        let person = PersonShown::of(&read_patient(session, key).await?);
        remember(call, id, &person).await?;
        Ok(PageAnswer::redirect(format!("/pro/patients/{id}")))
    })
}

/// Records the agreement of the person, for today.
async fn agree(call: &PageCall, session: &Session) -> Result<Result<(), Errors>, Problem> {
    let lang = call.lang;
    if call.form.text("accord").is_empty() {
        let message =
            lang.pick("Confirmez que la personne vous a donné son accord", "Confirm that the person agreed");
        return Ok(Err(Errors::new().with("accord", message)));
    }
    let professional = professional(call)?;
    let practitioner = call.pipeline.gate().cipher().seal(professional.practitioner);
    let resource = consent(call.param("id"), professional, &practitioner, call.now);
    let interaction =
        Interaction::Create { resource_type: resource_type::CONSENT, resource, if_none_exist: None };
    let prefer = Prefer { lang, ..Prefer::default() };
    match call.pipeline.interact(session, interaction, prefer).await {
        Ok(_) => {}
        Err(problem) if matches!(problem.kind, Kind::Refused | Kind::NotFound) => {
            return Ok(Err(Errors::new().with("accord", problem.headline(lang))));
        }
        Err(problem) => return Err(problem),
    }
    Ok(Ok(()))
}

fn professional(call: &PageCall) -> Result<&Professional, Problem> {
    call.identified.principal.professional().ok_or_else(Problem::not_found)
}

/// An agreement that ends with the day, in Paris.
fn consent(patient: &str, professional: &Professional, practitioner: &str, now: Instant) -> Value {
    let patient = json!({ "reference": format!("Patient/{patient}") });
    let system = if rpps::is_rpps(&professional.rpps) { rpps::SYSTEM } else { STAFF };
    let offset = dates::paris_offset_hours(now);
    let end = format!("{}T23:59:59+{offset:02}:00", dates::date_of(now));
    json!({
        "resourceType": "Consent",
        "status": "active",
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0", "display": "Consent Document" }] }],
        "patient": patient,
        "dateTime": now.to_string(),
        "performer": [patient],
        "policyRule": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN" }] },
        "provision": {
            "type": "permit",
            "period": { "start": now.to_string(), "end": end },
            "actor": [{
                "role": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP" }] },
                "reference": {
                    "reference": format!("Practitioner/{practitioner}"),
                    "identifier": { "system": system, "value": professional.rpps },
                    "display": professional.name,
                },
            }],
        },
    })
}

/// Motives of an emergency: value, words.
const MOTIVES: [(&str, &str, &str); 2] = [
    ("vital", "Urgence vitale", "Life-threatening emergency"),
    ("volonte", "Personne hors d’état d’exprimer sa volonté", "Person unable to express their will"),
];

/// Declares an emergency or a regulation for this record, in this page session.
async fn declare(call: &PageCall, home: HomeId, chosen: &str) -> Result<Result<(), Errors>, Problem> {
    let lang = call.lang;
    let purpose = match read_reason(lang, chosen, call.form.text("motif"), call.form.text("precision")) {
        Ok(purpose) => purpose,
        Err(errors) => return Ok(Err(errors)),
    };
    if !admits(&call.pipeline, call, home, &purpose).await? {
        let message = lang.pick(
            "Votre situation d’exercice ne permet pas cet accès : demandez son accord à la personne",
            "Your work situation does not allow this access: ask the person for their agreement",
        );
        return Ok(Err(Errors::new().with("precision", message)));
    }
    sessions::update(&call.pipeline, session_id(call)?, |session| session.declare(home, purpose.clone()))
        .await?;
    Ok(Ok(()))
}

fn read_reason(lang: Lang, chosen: &str, motive: &str, details: &str) -> Result<Purpose, Errors> {
    let mut errors = Errors::new();
    let motive = MOTIVES.iter().find(|(value, ..)| *value == motive);
    if chosen == "urgence" && motive.is_none() {
        errors.add("motif", lang.pick("Choisissez un motif", "Choose a motive"));
    }
    let length = details.chars().count();
    if length < REASON {
        errors.add(
            "precision",
            lang.pick("Précisez la situation en quelques mots", "Describe the situation in a few words"),
        );
    } else if length > REASON_MAX {
        errors.add(
            "precision",
            lang.pick("Précisez en moins de 500 caractères", "Describe it in fewer than 500 characters"),
        );
    }
    match (chosen, motive) {
        _ if !errors.is_empty() => Err(errors),
        ("regulation", _) => Ok(Purpose::Regulation(details.to_owned())),
        (_, Some((_, fr, _))) => Ok(Purpose::BreakGlass(format!("{fr} : {details}"))),
        _ => Err(errors),
    }
}

/// Would the gate let this caller in for this purpose?
async fn admits(
    pipeline: &Pipeline,
    call: &PageCall,
    home: HomeId,
    purpose: &Purpose,
) -> Result<bool, Problem> {
    let principal = call.identified.principal.clone();
    let session = pipeline.gate().session(principal, call.identified.purpose.clone(), call.request.clone());
    let session = session.with_purposes(HashMap::from([(home, purpose.clone())]));
    let (standing, _) = session.standing(home).await?;
    Ok(standing.refused.is_none())
}

async fn page(
    call: &PageCall,
    session: &Session,
    key: Key,
    chosen: &str,
    errors: Errors,
) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let person = PersonShown::of(&read_patient(session, key).await?);
    let admitted = |purpose: Purpose| async move { admits(&call.pipeline, call, key.home, &purpose).await };
    // Asked of the gate itself, with reasons of enough letters: a page knows no rules of access.
    let context = Context {
        csrf: &call.identified.csrf,
        action: &call.path,
        may_break_glass: admitted(Purpose::BreakGlass("motif".into())).await?,
        may_regulate: admitted(Purpose::Regulation("motif".into())).await?,
        chosen,
        motive: call.form.text("motif"),
        details: call.form.text("precision"),
        errors,
    };
    let view = View {
        space: Space::Professional,
        title: lang.pick("Accéder au dossier", "Come into the record"),
        lead: Some(lang.pick(
            "Vous n’êtes pas dans l’équipe de soins connue de cette personne.",
            "You are not in the known care team of this person.",
        )),
        crumbs: &[
            (lang.pick("Trouver un patient", "Find a patient"), "/pro"),
            (lang.pick("Patients trouvés", "Patients found"), "/pro/patients"),
        ],
        person: Some(&person),
        has_errors: !context.errors.is_empty(),
        ..View::default()
    };
    Ok(call.page(&view, body(lang, &context)))
}

fn body(lang: Lang, context: &Context<'_>) -> Markup {
    let agreement = lang.pick("Avec l’accord de la personne", "With the person’s agreement");
    html! {
        @if context.chosen.is_empty() {
            @for (_, message) in context.errors.iter() { (parts::alert(lang, html! { p { (message) } })) }
        }
        (parts::card(agreement, agreement_form(lang, context)))
        @if context.may_break_glass {
            (parts::card(lang.pick("En urgence (bris de glace)", "In an emergency (break-glass)"), reason_form(lang, context, "urgence")))
        }
        @if context.may_regulate {
            (parts::card(lang.pick("Régulation médicale (centre 15)", "Medical regulation (centre 15)"), reason_form(lang, context, "regulation")))
        }
    }
}

/// The errors of the form that was sent; the others have none.
fn errors_of<'a>(context: &'a Context<'_>, form: &str, none: &'a Errors) -> &'a Errors {
    if context.chosen == form { &context.errors } else { none }
}

fn agreement_form(lang: Lang, context: &Context<'_>) -> Markup {
    let none = Errors::new();
    let label = lang.pick(
        "La personne, informée, m’autorise à consulter son dossier aujourd’hui",
        "The person, informed, allows me to consult their record today",
    );
    let submit =
        lang.pick("Enregistrer l’accord et ouvrir le dossier", "Record the agreement and open the record");
    Form::post(lang, context.action, context.csrf, errors_of(context, "accord", &none), submit)
        .id_prefix("accord")
        .hidden("choix", "accord")
        .markup(html! { p { (lang.pick(
            "L’accord est inscrit dans le dossier et vaut jusqu’à ce soir. La personne le voit et peut le retirer.",
            "The agreement is written in the record and holds until tonight. The person sees it and can withdraw it.",
        )) } })
        .field(form::checkbox("accord", label))
        .render()
}

fn reason_form(lang: Lang, context: &Context<'_>, name: &str) -> Markup {
    let none = Errors::new();
    let is_emergency = name == "urgence";
    let submit = if is_emergency {
        lang.pick("Ouvrir en urgence", "Open in an emergency")
    } else {
        lang.pick("Ouvrir pour la régulation", "Open for regulation")
    };
    let form = Form::post(lang, context.action, context.csrf, errors_of(context, name, &none), submit)
        .style(if is_emergency { Style::Danger } else { Style::Secondary })
        .id_prefix(name)
        .hidden("choix", name)
        .markup(html! { p { (lang.pick(
            "La personne sera informée de cet accès et de son motif, qui peuvent être vérifiés.",
            "The person will be told of this access and its reason, which may be reviewed.",
        )) } });
    let form = if is_emergency {
        let motives = MOTIVES.map(|(value, fr, en)| Choice::new(value, lang.pick(fr, en)));
        form.field(form::radios("motif", lang.pick("Motif", "Motive"), motives).value(context.motive))
    } else {
        form
    };
    let details = if context.chosen == name { context.details } else { "" };
    form.field(
        form::textarea("precision", lang.pick("Situation en quelques mots", "Situation in a few words"))
            .rows(3)
            .maxlength(REASON_MAX)
            .value(details),
    )
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;
    use crate::pages::check;
    use crate::principals;
    use socle_gate::HomePolicy;

    fn agreement(now: Instant) -> Value {
        let principal = principals::professional(&samples::professional(), 0).expect("a situation");
        consent("abc", principal.professional().expect("a professional"), "def", now)
    }

    #[test]
    fn an_agreement_lets_in_until_the_end_of_the_day_in_paris() {
        let now = Instant::parse("2026-11-21T14:00:00Z").expect("a moment");
        let mut policy = HomePolicy::default();
        policy.add(&agreement(now));
        let who = ["Practitioner/def".to_owned()];
        let at = |text: &str| Instant::parse(text).expect("a moment");
        assert!(policy.is_admitted(&who, &[], now));
        assert!(policy.is_admitted(&[], &["10999000014"], at("2026-11-21T22:59:59Z")));
        assert!(!policy.is_admitted(&who, &[], at("2026-11-21T23:00:00Z")));
        assert!(!policy.is_blocked(&who, &[], now));
    }

    #[test]
    fn an_emergency_needs_a_motive_and_a_few_words() {
        for (chosen, motive, details, is_good) in [
            ("urgence", "vital", "Malaise dans la rue", true),
            ("urgence", "vital", "ab", false),
            ("urgence", "", "Malaise dans la rue", false),
            ("urgence", "autre", "Malaise dans la rue", false),
            ("regulation", "", "Appel au 15", true),
            ("regulation", "", "", false),
            ("autre", "", "Malaise dans la rue", false),
        ] {
            assert_eq!(
                read_reason(Lang::Fr, chosen, motive, details).is_ok(),
                is_good,
                "{chosen} {motive} {details}"
            );
        }
        assert!(read_reason(Lang::Fr, "regulation", "", &"a".repeat(REASON_MAX + 1)).is_err());
        let purpose = read_reason(Lang::En, "urgence", "vital", "Malaise").expect("good");
        assert_eq!(purpose.reason(), Some("Urgence vitale : Malaise"));
    }

    #[test]
    fn samples_are_clean() {
        let errors = |field: &str| Errors::new().with(field, "Précisez");
        for (chosen, may, errors) in [
            ("", true, Errors::new()),
            ("", false, Errors::new()),
            ("accord", true, errors("accord")),
            ("urgence", true, errors("precision").with("motif", "Choisissez")),
            ("regulation", true, errors("precision")),
            ("", true, errors("")),
        ] {
            let context = Context {
                csrf: "jeton",
                action: "/pro/patients/abc/acces",
                may_break_glass: may,
                may_regulate: may,
                chosen,
                motive: "vital",
                details: "Malaise <b>",
                errors: errors.clone(),
            };
            check::samples("Accéder au dossier", !errors.is_empty(), |lang| body(lang, &context));
        }
    }
}
