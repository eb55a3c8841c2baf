//! A document that replaces another, and documents that came twice.

use super::{keys_by_identifier, local_reference};
use crate::document::{Document, items};
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{HomeId, Key, Kind, Problem, resource_type};
use socle_pipeline::{Draft, Plan, Verb};

/// Checks every `relatesTo` with `replaces` and makes the old documents superseded, unless the plan does so itself.
/// Gives the keys of the replaced documents.
pub async fn supersede(
    plan: &mut Plan,
    index: usize,
    home: HomeId,
    session: &Session,
    base: &str,
) -> Result<Vec<Key>, Problem> {
    let mut replaced = Vec::new();
    // Only a document that appears now replaces; a later update tells again what happened then.
    if plan.drafts[index].verb != Verb::Create {
        return Ok(replaced);
    }
    let relations: Vec<Value> = items(&plan.drafts[index].resource()["relatesTo"])
        .filter(|relation| relation["code"] == "replaces")
        .map(|relation| relation["target"].clone())
        .collect();
    for (position, target) in relations.iter().enumerate() {
        let path = format!("DocumentReference.relatesTo[{position}].target");
        if target["reference"].as_str().is_some_and(|reference| {
            plan.find(reference).is_some_and(|at| plan.drafts[at].verb == Verb::Create)
        }) {
            // Both versions come in one plan (a restored record): their states are the sender's.
            continue;
        }
        let key = find_target(target, session, base).await?.filter(|key| key.home == home);
        let Some(key) = key else { return Err(unknown(&path)) };
        let Some(found) = session.peek(key).await?.filter(|found| !found.deleted) else {
            return Err(unknown(&path));
        };
        let before = socle_fhir::json::parse(&found.body)?;
        check_latest(&before, &path)?;
        if !is_changed_by(plan, key, &found.id) {
            let mut after = before.clone();
            after["status"] = "superseded".into();
            plan.add(Draft::update(key, found.version, before, after));
        }
        replaced.push(key);
    }
    Ok(replaced)
}

async fn find_target(target: &Value, session: &Session, base: &str) -> Result<Option<Key>, Problem> {
    if let Some(reference) = target["reference"].as_str() {
        let local = local_reference(reference, base);
        let Some(id) = local.strip_prefix("DocumentReference/") else { return Ok(None) };
        let id = id.split('/').next().unwrap_or(id);
        return session.resolve(resource_type::DOCUMENT_REFERENCE, id).await;
    }
    let identifier = &target["identifier"];
    let (Some(system), Some(value)) = (identifier["system"].as_str(), identifier["value"].as_str()) else {
        return Ok(None);
    };
    let found = keys_by_identifier(session, resource_type::DOCUMENT_REFERENCE, system, value).await?;
    Ok(if let [key] = found.as_slice() { Some(*key) } else { None })
}

/// Not there, in another record, or not for this caller to know: one answer for all three.
fn unknown(path: &str) -> Problem {
    Problem::new(
        Kind::Unprocessable,
        "Le document à remplacer est introuvable dans ce dossier, ou ne vous est pas accessible.",
        "The document to replace is not in this record, or is not accessible to you.",
    )
    .coded("not-found")
    .at(path)
    .expecting("DocumentReference/<id>")
}

/// Only the latest version is replaced: what is superseded already has a successor.
fn check_latest(before: &Value, path: &str) -> Result<(), Problem> {
    let status = Document(before).status();
    if status == "current" {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Conflict,
        "Ce document n'est pas la dernière version : remplacez la version en vigueur.",
        "This document is not the latest version: replace the one in force.",
    )
    .at(path)
    .expecting("status current")
    .receiving(status))
}

/// Does the plan itself change this document (ITI-65 with a PATCH beside the new version)?
fn is_changed_by(plan: &Plan, key: Key, id: &str) -> bool {
    plan.drafts.iter().any(|draft| {
        let is_this = draft.key == Some(key)
            || draft.resource_type == resource_type::DOCUMENT_REFERENCE
                && draft.before.as_ref().is_some_and(|before| before["id"] == id);
        draft.verb == Verb::Update && is_this
    })
}

/// Refuses a document whose unique id the record holds already: documents also travel by mail and arrive twice.
pub async fn refuse_duplicates(
    plan: &Plan,
    index: usize,
    home: HomeId,
    replaced: &[Key],
    session: &Session,
) -> Result<(), Problem> {
    let draft = &plan.drafts[index];
    let Some((system, value)) = Document(draft.resource()).unique_id() else { return Ok(()) };
    let is_twice = plan.drafts[..index].iter().any(|other| {
        other.resource_type == resource_type::DOCUMENT_REFERENCE
            && other.verb != Verb::Keep
            && Document(other.resource()).unique_id() == Some((system, value))
            && other.resource()["subject"] == draft.resource()["subject"]
            && Document(other.resource()).status() == "current"
    });
    if is_twice {
        return Err(duplicate(system, value));
    }
    for key in keys_by_identifier(session, resource_type::DOCUMENT_REFERENCE, system, value).await? {
        if key.home != home || Some(key) == draft.key || replaced.contains(&key) {
            continue;
        }
        // A document that is hidden from the caller is still there: the second copy would unhide it.
        let is_over = match session.peek(key).await? {
            Some(found) if found.deleted => true,
            Some(found) => {
                let known = socle_fhir::json::parse(&found.body)?;
                Document(&known).status() != "current"
                    || Document(&known).unique_id() != Some((system, value))
            }
            None => !session.exists(key).await?,
        };
        if !is_over {
            return Err(duplicate(system, value));
        }
    }
    Ok(())
}

fn duplicate(system: &str, value: &str) -> Problem {
    Problem::new(
        Kind::Conflict,
        "Ce dossier contient déjà un document avec cet identifiant unique. Pour une nouvelle version, donnez un nouvel identifiant et relatesTo replaces.",
        "This record already holds a document with this unique id. For a new version, give a new id and relatesTo replaces.",
    )
    .coded("duplicate")
    .at("DocumentReference.masterIdentifier")
    .expecting("a unique id of its own")
    .receiving(format!("{system}|{value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use socle_kernel::Seq;

    fn key() -> Key {
        Key {
            home: HomeId::new(1 << 20).unwrap(),
            resource_type: resource_type::DOCUMENT_REFERENCE,
            seq: Seq::new(9).unwrap(),
        }
    }

    #[test]
    fn refuses_to_replace_what_was_replaced() {
        let document = |status: &str| json!({ "resourceType": "DocumentReference", "status": status });
        assert!(check_latest(&document("current"), "p").is_ok());
        for status in ["superseded", "entered-in-error"] {
            let problem = check_latest(&document(status), "p").unwrap_err();
            assert_eq!((problem.kind, problem.issues[0].received.as_deref()), (Kind::Conflict, Some(status)));
        }
    }

    #[test]
    fn sees_that_the_plan_supersedes_by_itself() {
        let document = json!({ "resourceType": "DocumentReference", "id": "old", "status": "current" });
        let plan = Plan::of(Draft::update(key(), 1, document.clone(), document.clone()));
        assert!(is_changed_by(&plan, key(), "old"));
        let other = Plan::of(Draft::create(resource_type::DOCUMENT_REFERENCE, document));
        assert!(!is_changed_by(&other, key(), "old"));
    }
}
