//! Changes of a document: which elements may differ, which states follow which, what a citizen may do.

use super::shown;
use crate::document::{Document, IS_ARCHIVED};
use crate::terms::MASKED;
use serde_json::Value;
use socle_kernel::{Kind, Problem, Subject};
use socle_pipeline::Via;

/// Checks a change of a document.
pub fn check(before: &Value, after: &Value, via: Via, subject: &Subject) -> Result<(), Problem> {
    let changed = socle_fhir::changed_elements(before, after);
    if let Subject::Citizen(_) = subject {
        return check_citizen(before, after, via, &changed);
    }
    if via == Via::Patch {
        check_elements(&changed)?;
    }
    check_status(before, after)?;
    let is_program = matches!(subject, Subject::System(_));
    if via == Via::Whole && !is_program { check_kept(before, after) } else { Ok(()) }
}

/// A patch changes metadata of visibility and state, nothing else (PDSm, flow 03).
fn check_elements(changed: &[String]) -> Result<(), Problem> {
    let archived = format!("extension({IS_ARCHIVED})");
    let forbidden = changed
        .iter()
        .find(|name| !matches!(name.as_str(), "status" | "securityLabel") && **name != archived);
    let Some(element) = forbidden else { return Ok(()) };
    Err(Problem::new(
        Kind::NotOffered,
        format!("L'élément {element} ne se modifie pas par PATCH. Publiez une nouvelle version qui remplace ce document."),
        format!("The element {element} is not changed by PATCH. Publish a new version that replaces this document."),
    )
    .at(format!("DocumentReference.{element}"))
    .expecting(format!("status, securityLabel, extension {IS_ARCHIVED}"))
    .receiving(element))
}

/// `current` → `superseded` or `entered-in-error`; `superseded` → `entered-in-error`; nothing comes back.
fn check_status(before: &Value, after: &Value) -> Result<(), Problem> {
    let (old, new) = (Document(before).status(), Document(after).status());
    let is_allowed = old == new
        || matches!(
            (old, new),
            ("current", "superseded" | "entered-in-error") | ("superseded", "entered-in-error")
        );
    if is_allowed {
        return Ok(());
    }
    let next = match old {
        "current" => "superseded | entered-in-error",
        "superseded" => "entered-in-error",
        _ => "(none)",
    };
    Err(Problem::new(
        Kind::Unprocessable,
        format!("Un document {old} ne passe pas à l'état {new}."),
        format!("A document that is {old} does not become {new}."),
    )
    .at("DocumentReference.status")
    .expecting(next)
    .receiving(shown(&after["status"])))
}

/// A whole update keeps what makes the document this document: its unique id and its content.
fn check_kept(before: &Value, after: &Value) -> Result<(), Problem> {
    let old = Document(before);
    let new = Document(after);
    let kept = [
        ("masterIdentifier", old.unique_id() == new.unique_id() || old.unique_id().is_none()),
        ("content.attachment.url", old.attachment()["url"] == new.attachment()["url"]),
        ("content.attachment.data", new.attachment()["data"].is_null()),
    ];
    let Some((element, _)) = kept.into_iter().find(|(_, is_kept)| !is_kept) else { return Ok(()) };
    Err(Problem::new(
        Kind::Unprocessable,
        "Le contenu et l'identifiant unique d'un document ne changent pas. Publiez une nouvelle version qui le remplace.",
        "The content and the unique id of a document do not change. Publish a new version that replaces it.",
    )
    .at(format!("DocumentReference.{element}"))
    .expecting("unchanged")
    .receiving("changed"))
}

/// A citizen hides a document from professionals or shows it again, and changes nothing else of it.
fn check_citizen(before: &Value, after: &Value, via: Via, changed: &[String]) -> Result<(), Problem> {
    let refused = |element: &str| {
        Err(Problem::new(
            Kind::Refused,
            "Vous pouvez masquer ce document aux professionnels ou le montrer de nouveau ; le reste appartient à son auteur.",
            "You may hide this document from professionals or show it again; the rest belongs to its author.",
        )
        .at(format!("DocumentReference.{element}"))
        .expecting(format!("securityLabel {MASKED}"))
        .receiving(element))
    };
    if let Some(element) = changed.iter().find(|name| *name != "securityLabel") {
        return refused(element);
    }
    if via != Via::Patch || other_labels(before) != other_labels(after) {
        return refused("securityLabel");
    }
    Ok(())
}

/// The labels that are not a citizen's to change. "Normal" says nothing and may come and go with the mask.
fn other_labels(resource: &Value) -> Vec<&str> {
    let mut labels: Vec<&str> =
        Document(resource).labels().into_iter().filter(|code| *code != MASKED && *code != "N").collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use socle_kernel::{Capacity, HomeId, Key, Principal, Seq, principal::Citizen, resource_type};

    fn citizen() -> Subject {
        let person = Key {
            home: HomeId::new(1 << 20).unwrap(),
            resource_type: resource_type::PATIENT,
            seq: Seq::new(1).unwrap(),
        };
        let name = "Claire Roux".to_owned();
        Subject::Citizen(Citizen {
            account: "claire".into(),
            own: Some(person),
            person,
            capacity: Capacity::Own,
            name,
        })
    }

    fn program() -> Subject {
        Principal::operator("test").subject
    }

    fn document() -> Value {
        json!({ "resourceType": "DocumentReference", "status": "current", "description": "CR",
            "masterIdentifier": { "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3" },
            "securityLabel": [{ "coding": [{ "code": "INVISIBLE_REPRESENTANTS_LEGAUX" }] }],
            "content": [{ "attachment": { "url": "Binary/1" } }] })
    }

    fn with_label(code: &str) -> Value {
        let mut after = document();
        after["securityLabel"].as_array_mut().unwrap().push(json!({ "coding": [{ "code": code }] }));
        after
    }

    #[test]
    fn refuses_a_patch_of_anything_but_state_and_visibility() {
        let mut after = document();
        after["description"] = "autre".into();
        let problem = check(&document(), &after, Via::Patch, &program()).unwrap_err();
        assert_eq!(problem.kind, Kind::NotOffered);
        assert_eq!(problem.issues[0].path, "DocumentReference.description");
        let mut archived = document();
        archived["extension"] = json!([{ "url": IS_ARCHIVED, "valueBoolean": true }]);
        assert!(check(&document(), &archived, Via::Patch, &program()).is_ok());
        archived["extension"][0]["url"] = "https://example.org/other".into();
        assert!(check(&document(), &archived, Via::Patch, &program()).is_err());
    }

    #[test]
    fn refuses_a_return_to_an_earlier_state() {
        let with = |status: &str| {
            let mut resource = document();
            resource["status"] = status.into();
            resource
        };
        for (old, new, is_allowed) in [
            ("current", "superseded", true),
            ("current", "entered-in-error", true),
            ("superseded", "entered-in-error", true),
            ("superseded", "current", false),
            ("entered-in-error", "current", false),
            ("entered-in-error", "superseded", false),
        ] {
            let found = check(&with(old), &with(new), Via::Patch, &program());
            assert_eq!(found.is_ok(), is_allowed, "{old} → {new}");
        }
    }

    #[test]
    fn lets_a_citizen_hide_and_show_but_nothing_else() {
        assert!(check(&document(), &with_label(MASKED), Via::Patch, &citizen()).is_ok());
        assert!(check(&with_label(MASKED), &document(), Via::Patch, &citizen()).is_ok());
        for code in ["INVISIBLE_PATIENT", "R"] {
            let problem = check(&document(), &with_label(code), Via::Patch, &citizen()).unwrap_err();
            assert_eq!(problem.kind, Kind::Refused, "{code}");
        }
        let whole = check(&document(), &with_label(MASKED), Via::Whole, &citizen()).unwrap_err();
        assert_eq!(whole.kind, Kind::Refused);
        let mut withdrawn = document();
        withdrawn["status"] = "entered-in-error".into();
        assert_eq!(check(&document(), &withdrawn, Via::Patch, &citizen()).unwrap_err().kind, Kind::Refused);
    }

    #[test]
    fn refuses_a_change_of_content_by_a_whole_update() {
        let mut after = document();
        after["content"][0]["attachment"]["url"] = "Binary/2".into();
        let professional = Subject::Anonymous;
        let problem = check(&document(), &after, Via::Whole, &professional).unwrap_err();
        assert_eq!(problem.issues[0].path, "DocumentReference.content.attachment.url");
        assert!(check(&document(), &after, Via::Whole, &program()).is_ok());
    }
}
