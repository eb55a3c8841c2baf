//! What must hold before a document, a content or a submission set is written: the same for FHIR, pages and imports.

mod change;
mod content;
mod mhd;
mod pdsm;
mod replace;

pub use content::uuid_of;

use crate::document::Document;
use async_trait::async_trait;
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{HomeId, Issue, Kind, Problem, Severity, Subject, Words, resource_type};
use socle_pipeline::{Draft, Pipeline, Plan, Rules, Verb, Via};

/// Address of the profile of ITI-65 document entries.
pub const COMPREHENSIVE: &str =
    "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-comprehensive-document-reference";
/// Address of the profile of ITI-65 submission sets.
pub const SUBMISSION_SET: &str =
    "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-submissionset-comprehensive";
/// Address of the profile of ITI-105 publications.
pub const SIMPLIFIED: &str =
    "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-simplified-publish";
/// Code system that tells submission sets and folders.
pub const LIST_SYSTEM: &str = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes";

/// The rules of this room.
pub struct RecordRules;

#[async_trait]
impl Rules for RecordRules {
    async fn check_bundle(&self, plan: &Plan) -> Result<(), Problem> {
        mhd::check_bundle(plan)
    }

    async fn check(
        &self,
        plan: &mut Plan,
        index: usize,
        session: &Session,
        pipeline: &Pipeline,
    ) -> Result<(), Problem> {
        let draft = &plan.drafts[index];
        // A consequence was made by a rule, which knew what it did; a deletion is decided by the gate alone.
        if draft.via == Via::Consequence || matches!(draft.verb, Verb::Keep | Verb::Delete) {
            return Ok(());
        }
        let resource_type = draft.resource_type;
        if resource_type == resource_type::DOCUMENT_REFERENCE {
            check_document(plan, index, session, pipeline).await
        } else if resource_type == resource_type::BINARY {
            content::check_binary(&mut plan.drafts[index])
        } else if resource_type == resource_type::LIST {
            let implied = mhd::implied(plan).filter(|_| mhd::is_submission_set(&plan.drafts[index]));
            check_profiles(&mut plan.drafts[index], implied.as_ref().map(|implied| implied.set.as_str()))
        } else {
            Ok(())
        }
    }
}

async fn check_document(
    plan: &mut Plan,
    index: usize,
    session: &Session,
    pipeline: &Pipeline,
) -> Result<(), Problem> {
    let subject = &session.principal().subject;
    let draft = &plan.drafts[index];
    if let (Verb::Update, Some(before)) = (draft.verb, &draft.before) {
        change::check(before, draft.resource(), draft.via, subject)?;
        if draft.via == Via::Patch {
            return Ok(());
        }
    }
    let is_program = matches!(subject, Subject::System(_));
    check_published(&plan.drafts[index], is_program)?;
    // The profile that the Bundle declares decides; a submission set in one that declares none is PDSm's.
    let implied = match mhd::implied(plan) {
        Some(implied) => Some(implied.document),
        None => has_submission_set(plan).then(|| COMPREHENSIVE.to_owned()),
    };
    check_profiles(&mut plan.drafts[index], implied.as_deref())?;
    content::settle(plan, index, session)?;
    let home = home_of(plan, index, session).await?;
    let Some(home) = home else { return Ok(()) };
    let replaced = replace::supersede(plan, index, home, session, &pipeline.fhir_base()).await?;
    replace::refuse_duplicates(plan, index, home, &replaced, session).await
}

/// What ITI-105 asks of a document that comes with its content.
fn check_published(draft: &Draft, is_program: bool) -> Result<(), Problem> {
    let resource = draft.resource();
    let is_simplified = pdsm::claims(resource, SIMPLIFIED);
    let has_data =
        crate::document::items(&resource["content"]).any(|content| !content["attachment"]["data"].is_null());
    if is_simplified && !has_data && draft.verb == Verb::Create {
        let words = Words::new(
            "Une publication simplifiée porte son contenu en base64 dans attachment.data.",
            "A simplified publication carries its content in base64 in attachment.data.",
        );
        let issue = Issue::error("required", "DocumentReference.content.attachment.data", words)
            .expected("base64 (1..1)")
            .received("(absent)");
        return Err(Problem::with_issues(Kind::Unprocessable, vec![issue]));
    }
    // Programs restore records with documents that were replaced long ago.
    let status = Document(resource).status();
    if (is_simplified || has_data) && status != "current" && draft.verb == Verb::Create && !is_program {
        let problem = Problem::new(
            Kind::Unprocessable,
            "Un document se publie avec le statut current.",
            "A document is published with the status current.",
        );
        return Err(problem
            .coded("value")
            .at("DocumentReference.status")
            .expecting("current")
            .receiving(status));
    }
    Ok(())
}

/// Checks the profiles a resource claims, and the one its company implies. What the guide's own examples lack is told,
/// not refused.
fn check_profiles(draft: &mut Draft, implied: Option<&str>) -> Result<(), Problem> {
    let issues = pdsm::check(draft.resource(), implied);
    let (errors, warnings): (Vec<Issue>, Vec<Issue>) =
        issues.into_iter().partition(|issue| issue.severity == Severity::Error);
    draft.warnings.extend(warnings);
    if errors.is_empty() { Ok(()) } else { Err(Problem::with_issues(Kind::Unprocessable, errors)) }
}

/// Does this plan bring a submission set (ITI-65)?
fn has_submission_set(plan: &Plan) -> bool {
    plan.drafts.iter().any(|draft| draft.verb == Verb::Create && mhd::is_submission_set(draft))
}

/// The home a document will live in, when its person is known here already.
async fn home_of(plan: &Plan, index: usize, session: &Session) -> Result<Option<HomeId>, Problem> {
    let draft = &plan.drafts[index];
    if let Some(home) = draft.key.map(|key| key.home).or(draft.home) {
        return Ok(Some(home));
    }
    let subject = &draft.resource()["subject"];
    if let Some(reference) = subject["reference"].as_str() {
        if let Some(other) = plan.find(reference) {
            return Ok(plan.drafts[other].key.map(|key| key.home));
        }
        let Some(id) = reference.strip_prefix("Patient/") else { return Ok(None) };
        let id = id.split('/').next().unwrap_or(id);
        return Ok(session.resolve(resource_type::PATIENT, id).await?.map(|key| key.home));
    }
    let identifier = &subject["identifier"];
    match (identifier["system"].as_str(), identifier["value"].as_str()) {
        (Some(system), Some(value)) => {
            let found = keys_by_identifier(session, resource_type::PATIENT, system, value).await?;
            Ok(if let [key] = found.as_slice() { Some(key.home) } else { None })
        }
        _ => Ok(None),
    }
}

/// Keys of the resources that carry an identifier, wherever they live; not yet decided upon.
async fn keys_by_identifier(
    session: &Session,
    resource_type: socle_kernel::ResourceType,
    system: &str,
    value: &str,
) -> Result<Vec<socle_kernel::Key>, Problem> {
    let escaped = value.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|").replace('$', "\\$");
    let params = [("identifier".to_owned(), format!("{system}|{escaped}"))];
    let query = socle_fhir::parse_query(resource_type, &params, false)?;
    let mut keys = Vec::new();
    for (param, value) in query.key_values().into_iter().next().unwrap_or_default() {
        keys.extend(session.find_keys(resource_type, param, &value, KEYS_LOOKED_AT).await?);
    }
    Ok(keys)
}

/// Resources with one identifier that are looked at before a write; more means that the data are broken already.
const KEYS_LOOKED_AT: usize = 100;

/// The reference's text without the address of this platform.
fn local_reference<'a>(reference: &'a str, base: &str) -> &'a str {
    reference.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).unwrap_or(reference)
}

/// A value for an issue: text as it is, anything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a resource lacks of the profiles it claims.
#[cfg(test)]
pub fn profile_issues(resource: &Value) -> Vec<Issue> {
    pdsm::check(resource, None)
}
