//! `$meta-add` and `$meta-delete`: a new version of the resource with other profiles, tags and labels.

use super::{RETURN, answer};
use crate::execute::Trust;
use crate::interaction::{Answer, Level};
use crate::operations::{Call, Definition, Operation, Parameter, Place};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan};
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_gate::{Session, labels};
use socle_kernel::{Kind, Problem, ResourceType, limits, resource_type};

/// The lists of `Meta` that are merged, each with what tells its members apart.
const LISTS: [&str; 3] = ["profile", "security", "tag"];

pub(super) struct Add;
pub(super) struct Delete;

static ADD: Definition = Definition {
    id: "Resource-meta-add",
    code: "meta-add",
    name: "ResourceMetaAdd",
    canonical: "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
    fr: "Ajoute des profils, étiquettes ou labels à une ressource : une nouvelle version. Les labels qui décident de la visibilité ne passent pas par ici.",
    en: "Adds profiles, tags or labels to a resource: a new version. Labels that decide visibility are not changed here.",
    places: &[Place::Instance],
    types: &[],
    affects_state: true,
    takes_search: false,
    inputs: &[Parameter::required("meta", "Meta", "Ce qui s'ajoute.", "What is added.")],
    outputs: RETURN,
};

static DELETE: Definition = Definition {
    id: "Resource-meta-delete",
    code: "meta-delete",
    name: "ResourceMetaDelete",
    canonical: "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
    fr: "Retire des profils, étiquettes ou labels d'une ressource : une nouvelle version. Les labels qui décident de la visibilité ne passent pas par ici.",
    en: "Removes profiles, tags or labels from a resource: a new version. Labels that decide visibility are not changed here.",
    places: &[Place::Instance],
    types: &[],
    affects_state: true,
    takes_search: false,
    inputs: &[Parameter::required(
        "meta",
        "Meta",
        "Ce qui se retire ; ce que la ressource ne porte pas est sans effet.",
        "What is removed; what the resource does not carry has no effect.",
    )],
    outputs: RETURN,
};

#[async_trait]
impl Operation for Add {
    fn definition(&self) -> &'static Definition {
        &ADD
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        change(call, session, pipeline, &add).await
    }
}

#[async_trait]
impl Operation for Delete {
    fn definition(&self) -> &'static Definition {
        &DELETE
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        change(call, session, pipeline, &remove).await
    }
}

type Merge = dyn Fn(&mut Vec<Value>, &[Value]) + Sync;

async fn change(
    call: &Call,
    session: &Session,
    pipeline: &Pipeline,
    merge: &Merge,
) -> Result<Answer, Problem> {
    let Level::Instance(resource_type, id) = &call.level else {
        return Err(Problem::internal("asked elsewhere than offered"));
    };
    let wanted = call.value("meta").cloned().unwrap_or_else(|| json!({}));
    refuse_visibility(*resource_type, &wanted)?;
    if *resource_type == resource_type::BINARY {
        return Err(Problem::new(
            Kind::Unprocessable,
            "Un contenu ne change pas : étiquetez le document qui le nomme.",
            "A content does not change: tag the document that names it.",
        )
        .expecting("DocumentReference"));
    }
    for attempt in 1.. {
        let before = current(session, *resource_type, id).await?;
        let after = merged(&before.1, &wanted, merge);
        if after["meta"] == before.1["meta"] {
            return Ok(answer(after["meta"].clone()));
        }
        let mut plan = Plan::of(Draft::update(before.0.key, before.0.version, before.1, after));
        match pipeline.execute(session, &mut plan, Trust::Nobody, Vec::new()).await {
            Err(problem) if problem.kind == Kind::VersionConflict && attempt < limits::WRITE_RETRIES => {
                session.refresh().await;
            }
            Err(problem) => return Err(problem),
            Ok(written) => {
                let body =
                    written.into_iter().flatten().next().map(|written| written.body).unwrap_or_default();
                return Ok(answer(socle_fhir::json::parse(&body)?["meta"].take()));
            }
        }
    }
    unreachable!("the loop ends by returning")
}

/// The resource now; untraced, since its change is.
async fn current(
    session: &Session,
    resource_type: ResourceType,
    id: &str,
) -> Result<(socle_gate::Found, Value), Problem> {
    let key = session.resolve(resource_type, id).await?.ok_or_else(Problem::not_found)?;
    let found = session.peek(key).await?.ok_or_else(Problem::not_found)?;
    if found.deleted {
        return Err(super::super::gone());
    }
    let resource = socle_fhir::json::parse(&found.body)?;
    Ok((found, resource))
}

/// Labels that hide a resource from someone are a choice of the person or the author, made and told elsewhere.
fn refuse_visibility(resource_type: ResourceType, wanted: &Value) -> Result<(), Problem> {
    let text = |coding: &Value, name: &str| coding[name].as_str().unwrap_or_default().to_owned();
    for coding in wanted["security"].as_array().into_iter().flatten() {
        let code = text(coding, "code");
        let bits = labels::of(&Value::Null, &[(text(coding, "system"), code.clone())]);
        if bits & labels::HIDING != 0 {
            return Err(Problem::new(
                Kind::Unprocessable,
                "Ce label décide de qui voit la ressource : il ne s'ajoute ni ne se retire par ses métadonnées.",
                "This label decides who sees the resource: it is neither added nor removed through its metadata.",
            )
            .at("meta.security")
            .expecting(if resource_type == resource_type::DOCUMENT_REFERENCE {
                "PATCH DocumentReference.securityLabel"
            } else {
                "labels that hide nothing"
            })
            .receiving(code));
        }
    }
    Ok(())
}

fn merged(before: &Value, wanted: &Value, merge: &Merge) -> Value {
    let mut after = before.clone();
    for name in LISTS {
        let given = wanted[name].as_array().map(Vec::as_slice).unwrap_or_default();
        if given.is_empty() {
            continue;
        }
        let mut values = after["meta"][name].as_array().cloned().unwrap_or_default();
        merge(&mut values, given);
        match after["meta"].as_object_mut() {
            Some(meta) if values.is_empty() => {
                meta.shift_remove(name);
            }
            _ => after["meta"][name] = values.into(),
        }
    }
    after
}

/// Two codings of one system and code are the same, whatever their display; profiles are addresses.
fn is_same(one: &Value, other: &Value) -> bool {
    if one.is_object() {
        one["system"] == other["system"] && one["code"] == other["code"]
    } else {
        one == other
    }
}

fn add(values: &mut Vec<Value>, given: &[Value]) {
    for value in given {
        if !values.iter().any(|known| is_same(known, value)) {
            values.push(value.clone());
        }
    }
}

fn remove(values: &mut Vec<Value>, given: &[Value]) {
    values.retain(|known| !given.iter().any(|value| is_same(known, value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_already_is_not_added_twice_and_the_rest_stays() {
        let before = json!({ "meta": { "versionId": "1", "tag": [{ "system": "urn:x", "code": "a", "display": "A" }] } });
        let wanted =
            json!({ "profile": ["http://p"], "tag": [{ "system": "urn:x", "code": "a" }, { "code": "b" }] });
        let after = merged(&before, &wanted, &add);
        assert_eq!(
            after["meta"],
            json!({ "versionId": "1", "tag": [{ "system": "urn:x", "code": "a", "display": "A" },
            { "code": "b" }], "profile": ["http://p"] })
        );
        let after = merged(
            &after,
            &json!({ "tag": [{ "system": "urn:x", "code": "a" }, { "code": "b" }, { "code": "c" }] }),
            &remove,
        );
        assert_eq!(after["meta"], json!({ "versionId": "1", "profile": ["http://p"] }));
    }

    #[test]
    fn a_label_that_hides_is_refused_under_any_system() {
        for code in ["MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"] {
            let wanted = json!({ "security": [{ "code": "N" }, { "system": "urn:local", "code": code }] });
            let problem = refuse_visibility(resource_type::OBSERVATION, &wanted).expect_err("it hides");
            assert_eq!(problem.issues[0].received.as_deref(), Some(code));
        }
        assert!(
            refuse_visibility(resource_type::OBSERVATION, &json!({ "security": [{ "code": "R" }] })).is_ok()
        );
    }
}
