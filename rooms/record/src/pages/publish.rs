//! `…/documents/publier`: a professional publishes a document, or a new version of one of theirs.

use super::common::{borrowed, patient_links, shut_out};
use super::publish_form::{self as form_of, Context, Sent};
use crate::author;
use crate::cda_header;
use crate::document::Document;
use crate::publication::{self, Author, Publication};
use crate::reading::{self, Patient};
use crate::rules::uuid_of;
use serde_json::{Value, json};
use socle_gate::{Reason, Session};
use socle_kernel::principal::Professional;
use socle_kernel::{Kind, Problem, limits, resource_type};
use socle_pipeline::{Interaction, PageAnswer, PageCall, Prefer, Returned, View};
use socle_ui::form::Errors;
use socle_ui::{Space, dates};

/// The form.
pub async fn ask(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let patient = reading::patient(call, session).await?;
    if let Some(answer) = kept_out(session, &patient).await? {
        return Ok(answer);
    }
    let professional = call.identified.principal.professional().ok_or_else(Problem::not_found)?;
    let today = dates::date_of(call.now);
    let mut sent = Sent {
        day: [today.day().to_string(), today.month().to_string(), today.year().to_string()],
        facility: known_facility(professional),
        setting: setting_of(&professional.situation.sector).to_owned(),
        replaces: call.query("remplace").to_owned(),
        ..Sent::default()
    };
    let own = own_documents(call, session, &patient).await?;
    if let Some(old) = own.iter().find(|old| old.id == sent.replaces) {
        (sent.title, sent.type_code) = (old.title.clone(), old.type_code.clone());
    }
    let context = Context {
        action: call.path.clone(),
        csrf: call.identified.csrf.clone(),
        sent,
        own,
        errors: Errors::new(),
    };
    Ok(answer_with(call, &patient, &context))
}

/// The act.
pub async fn answer(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let patient = reading::patient(call, session).await?;
    if let Some(answer) = kept_out(session, &patient).await? {
        return Ok(answer);
    }
    let professional = call.identified.principal.professional().ok_or_else(Problem::not_found)?;
    let mut sent = Sent::of(&call.form);
    let mut errors = Errors::new();
    let publication = read(call, &patient, &mut sent, &mut errors);
    if let (Some(publication), true) = (&publication, errors.is_empty()) {
        let bundle = transaction(call, session, &patient, professional, publication);
        let prefer = Prefer { returned: Some(Returned::Minimal), lang: call.lang, ..Prefer::default() };
        match call.pipeline.interact(session, Interaction::Bundle(bundle), prefer).await {
            Ok(answer) => {
                let id = published_id(&answer.body.unwrap_or_default())
                    .ok_or_else(|| Problem::internal("the answer to a publication names no document"))?;
                let what = if publication.replaces.is_some() { "remplace" } else { "publie" };
                return Ok(PageAnswer::redirect(format!(
                    "/pro/patients/{}/documents/{id}?fait={what}",
                    patient.id
                )));
            }
            Err(problem) if matches!(problem.kind, Kind::Unprocessable | Kind::Conflict | Kind::TooLarge) => {
                errors = Errors::from_problem(&problem, call.lang, form_of::field_of);
            }
            Err(problem) => return Err(problem),
        }
    }
    let own = own_documents(call, session, &patient).await?;
    let context =
        Context { action: call.path.clone(), csrf: call.identified.csrf.clone(), sent, own, errors };
    Ok(answer_with(call, &patient, &context))
}

/// Feeding a record needs no care relation; a professional whom the person blocked does not even feed it, and is sent
/// where everybody without a relation is sent: a block is not told.
async fn kept_out(session: &Session, patient: &Patient) -> Result<Option<PageAnswer>, Problem> {
    let (standing, _) = session.standing(patient.home).await?;
    if standing.refused == Some(Reason::Blocked) {
        shut_out(session, patient.home, &patient.id).await
    } else {
        Ok(None)
    }
}

fn answer_with(call: &PageCall, patient: &Patient, context: &Context) -> PageAnswer {
    let lang = call.lang;
    let links = patient_links(lang, patient);
    let base = format!("/pro/patients/{}/documents", patient.id);
    let title = if context.sent.replaces.is_empty() {
        lang.pick("Publier un document", "Publish a document")
    } else {
        lang.pick("Publier une nouvelle version", "Publish a new version")
    };
    let view = View {
        space: Space::Professional,
        title,
        person: Some(&patient.person),
        person_links: &borrowed(&links),
        crumbs: &[
            (lang.pick("Patients", "Patients"), "/pro/patients"),
            (lang.pick("Documents", "Documents"), &base),
        ],
        has_errors: !context.errors.is_empty(),
        ..View::default()
    };
    call.page(&view, form_of::render(lang, context))
}

/// The caller's own documents, to replace one; none when they may not look into this record.
async fn own_documents(
    call: &PageCall,
    session: &Session,
    patient: &Patient,
) -> Result<Vec<form_of::Own>, Problem> {
    if session.standing(patient.home).await?.0.refused.is_some() {
        return Ok(Vec::new());
    }
    let current = [("status", "current")];
    let listed =
        reading::list(session, patient.home, resource_type::DOCUMENT_REFERENCE, &current, limits::PAGE_MAX)
            .await?;
    let own = listed
        .items
        .iter()
        .filter(|record| author::is_own(&record.json, &call.identified.principal, session))
        .map(|record| {
            let document = Document(&record.json);
            let day = document.when().map(|when| format!(" ({})", when.words(call.lang))).unwrap_or_default();
            form_of::Own {
                id: record.id.clone(),
                title: document.title(call.lang),
                label: format!("{}{day}", document.title(call.lang)),
                type_code: document.type_code().to_owned(),
            }
        });
    Ok(own.collect())
}

/// Checks what was sent and completes it from the document itself when that is a CDA.
fn read(call: &PageCall, patient: &Patient, sent: &mut Sent, errors: &mut Errors) -> Option<Publication> {
    let lang = call.lang;
    let Some(file) = call.form.file("fichier").filter(|file| !file.content.is_empty()) else {
        errors.add("fichier", lang.pick("Choisissez le fichier à publier", "Choose the file to publish"));
        form_of::check(lang, sent, dates::date_of(call.now), errors);
        return None;
    };
    let media_type = form_of::media_type_of(&file.content, &file.media_type, &file.file_name);
    let header = if media_type == "text/xml" { cda_header::read(&file.content) } else { None };
    if let Some(header) = &header {
        sent.complete_from(header);
        if !is_about(header, &patient.json) {
            errors.add(
                "fichier",
                lang.pick(
                    "Ce document porte l’identité d’une autre personne. Vérifiez le fichier et le dossier ouvert.",
                    "This document carries another person's identity. Check the file and the open record.",
                ),
            );
        }
    }
    let day = form_of::check(lang, sent, dates::date_of(call.now), errors)?;
    let now = call.now.to_string();
    Some(Publication {
        title: sent.title.clone(),
        type_code: sent.chosen_type().to_owned(),
        care_started: day.to_string(),
        written: header.as_ref().and_then(|header| header.written.clone()).unwrap_or_else(|| now.clone()),
        published: now,
        facility: sent.facility.clone(),
        setting: sent.setting.clone(),
        labels: sent.labels.clone(),
        replaces: (!sent.replaces.is_empty()).then(|| sent.replaces.clone()),
        media_type,
        content: file.content.to_vec(),
        unique_id: header.as_ref().and_then(cda_header::Header::unique_id),
    })
}

/// Does the header name this very person? By INS when both have one, else by date of birth.
fn is_about(header: &cda_header::Header, patient: &Value) -> bool {
    let known: Vec<&str> = crate::document::items(&patient["identifier"])
        .filter(|identifier| {
            let system = identifier["system"].as_str().unwrap_or("");
            cda_header::INS_ROOTS.iter().any(|root| system == format!("urn:oid:{root}"))
        })
        .filter_map(|identifier| identifier["value"].as_str())
        .collect();
    match header.ins() {
        Some((_, number)) if !known.is_empty() => known.contains(&number),
        _ => match (&header.birth_date, patient["birthDate"].as_str()) {
            (Some(birth), Some(known)) => birth == known,
            _ => true,
        },
    }
}

fn transaction(
    call: &PageCall,
    session: &Session,
    patient: &Patient,
    professional: &Professional,
    publication: &Publication,
) -> Value {
    let cipher = session.gate().cipher();
    let is_rpps =
        professional.rpps.len() == 11 && professional.rpps.bytes().all(|byte| byte.is_ascii_digit());
    let system = if is_rpps { "https://rpps.esante.gouv.fr" } else { "urn:oid:1.2.250.1.71.4.2.1" };
    let author = Author {
        identifier: (system.to_owned(), professional.rpps.clone()),
        name: professional.name.clone(),
        organization: professional
            .situation
            .organization
            .map(|key| format!("{}/{}", key.resource_type, cipher.seal(key))),
        place: professional.situation.name.clone(),
    };
    let ids = std::array::from_fn(|_| {
        let mut random = [0u8; 16];
        session.gate().chance().fill(&mut random);
        uuid_of(random)
    });
    let source = call.pipeline.settings().base_url.clone();
    let reference = format!("Patient/{}", patient.id);
    publication::bundle(publication, &author, &reference, &traits(&patient.json), &source, &ids)
}

/// The identity traits that a document carries with it.
fn traits(patient: &Value) -> Value {
    let mut traits = json!({ "resourceType": "Patient" });
    for name in ["identifier", "name", "gender", "birthDate"] {
        if !patient[name].is_null() {
            traits[name] = patient[name].clone();
        }
    }
    traits
}

fn published_id(body: &[u8]) -> Option<String> {
    let response = socle_fhir::json::parse(body).ok()?;
    let mut locations =
        crate::document::items(&response["entry"]).filter_map(|entry| entry["response"]["location"].as_str());
    let location = locations.find_map(|location| location.strip_prefix("DocumentReference/"))?;
    location.split('/').next().map(str::to_owned)
}

fn known_facility(professional: &Professional) -> String {
    let sector = professional.situation.sector.as_str();
    crate::terms::find_term(crate::terms::facilities(), sector)
        .map_or(String::new(), |term| term.code.to_owned())
}

/// The practice setting that goes with a sector of activity: proposed, never imposed.
fn setting_of(sector: &str) -> &'static str {
    match sector {
        "SA01" | "SA02" | "SA03" | "SA04" | "SA34" | "SA36" => "ETABLISSEMENT",
        "SA16" | "SA17" | "SA18" | "SA20" | "SA21" | "SA41" => "ESSMS",
        "SA24" => "AMO",
        "SA54" => "DEPISTAGE",
        _ => "AMBULATOIRE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_document_of_another_person_apart() {
        let patient = json!({ "birthDate": "1979-03-12",
            "identifier": [{ "system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989" }] });
        let header = |root: &str, number: &str, birth: &str| cda_header::Header {
            patient: vec![(root.into(), number.into())],
            birth_date: Some(birth.into()),
            ..cda_header::Header::default()
        };
        assert!(is_about(&header("1.2.250.1.213.1.4.10", "279035121518989", "1979-03-12"), &patient));
        assert!(!is_about(&header("1.2.250.1.213.1.4.10", "180035121518989", "1979-03-12"), &patient));
        assert!(is_about(&header("1.2.3", "local", "1979-03-12"), &patient));
        assert!(!is_about(&header("1.2.3", "local", "1980-01-01"), &patient));
    }

    #[test]
    fn finds_the_published_document_in_the_answer() {
        let body = br#"{"entry":[{"response":{"location":"List/a/_history/1"}},{"response":{"location":"DocumentReference/b-1/_history/1"}}]}"#;
        assert_eq!(published_id(body).as_deref(), Some("b-1"));
    }
}
