//! `$validate`: would this resource be accepted, and does it follow a profile? Nothing is written.
//!
//! For `create`, `update` and `delete` the answer comes from what a write goes through: the structure, the rules of the room
//! and the decision of the gate. The answer is an `OperationOutcome`, with status 200 whatever it says.

use super::{Call, Definition, Operation, Parameter, Place};
use crate::interaction::{Answer, Level};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan};
use async_trait::async_trait;
use serde_json::Value;
use socle_fhir::packages;
use socle_fhir::validate::{Options, check_with};
use socle_gate::{Act, Found, Session};
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, ResourceType, Severity, Words};
use std::sync::Arc;

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(Validate)]
}

struct Validate;

static VALIDATE: Definition = Definition {
    id: "Resource-validate",
    code: "validate",
    name: "ResourceValidate",
    canonical: "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    fr: "Dit si une ressource serait acceptée, et pourquoi elle ne le serait pas. Rien n'est écrit.",
    en: "Says whether a resource would be accepted, and why it would not. Nothing is written.",
    places: &[Place::Type, Place::Instance],
    types: &[],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional(
            "resource",
            "Resource",
            "La ressource ; sans elle, celle que nomme l'adresse.",
            "The resource; without it, the one of the address.",
        ),
        Parameter::optional(
            "mode",
            "code",
            "create, update, delete : comme pour cette écriture ; profile : ce profil seulement.",
            "create, update, delete: as for this write; profile: this profile only.",
        ),
        Parameter::optional("profile", "uri", "Le profil à suivre.", "The profile to follow."),
    ],
    outputs: &[Parameter::required(
        "return",
        "OperationOutcome",
        "Ce qui ne va pas ; une information quand tout va bien.",
        "What is wrong; an information when all is well.",
    )],
};

/// What the resource is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    General,
    Create,
    Update,
    Delete,
    Profile,
}

impl Mode {
    fn read(call: &Call) -> Result<Self, Problem> {
        Ok(match call.text("mode") {
            None => Mode::General,
            Some("create") => Mode::Create,
            Some("update") => Mode::Update,
            Some("delete") => Mode::Delete,
            Some("profile") => Mode::Profile,
            Some(other) => {
                return Err(Problem::new(Kind::Invalid, "Mode inconnu.", "Unknown mode.")
                    .at("mode")
                    .expecting("create | update | delete | profile")
                    .receiving(other));
            }
        })
    }
}

#[async_trait]
impl Operation for Validate {
    fn definition(&self) -> &'static Definition {
        &VALIDATE
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let mode = Mode::read(call)?;
        let resource_type = call.resource_type()?;
        let stored = match &call.level {
            Level::Instance(_, id) => Some(super::current(session, resource_type, id).await?),
            Level::Type(_) | Level::System => None,
        };
        let given = call.value("resource").cloned();
        check_call(call, mode, given.is_some(), stored.is_some())?;
        let mut issues = Vec::new();
        if mode == Mode::Delete {
            if let Some(found) = &stored {
                issues.extend(refused(session.may(found.key, Act::Delete).await)?);
            }
            return Ok(outcome(issues, call.prefer.lang));
        }
        let resource = match (given, &stored) {
            (Some(resource), _) => resource,
            (None, Some(found)) => socle_fhir::json::parse(&found.body)?,
            (None, None) => return Err(missing("resource")),
        };
        if resource["resourceType"] != resource_type.name() {
            issues.push(wrong_type(resource_type, &resource));
        }
        issues.extend(structure(&resource, call.text("profile"), session.now())?);
        let has_errors = issues.iter().any(|issue| issue.severity == Severity::Error);
        if !has_errors && matches!(mode, Mode::Create | Mode::Update) {
            issues.extend(as_a_write(session, pipeline, resource, stored.as_ref()).await?);
        }
        Ok(outcome(issues, call.prefer.lang))
    }
}

fn check_call(call: &Call, mode: Mode, has_resource: bool, is_instance: bool) -> Result<(), Problem> {
    let needs_instance = matches!(mode, Mode::Update | Mode::Delete) && !is_instance;
    if needs_instance || mode == Mode::Create && is_instance {
        return Err(Problem::new(
            Kind::Invalid,
            "Ce mode ne se demande pas à cette adresse.",
            "This mode is not asked at this address.",
        )
        .at("mode")
        .expecting(if needs_instance { "<Type>/<id>/$validate" } else { "<Type>/$validate" }));
    }
    if matches!(mode, Mode::Create | Mode::Update) && !has_resource {
        return Err(missing("resource"));
    }
    if mode == Mode::Profile && call.text("profile").is_none() {
        return Err(missing("profile"));
    }
    Ok(())
}

fn missing(name: &str) -> Problem {
    Problem::new(Kind::Invalid, "Il manque un paramètre.", "A parameter is missing.")
        .coded("required")
        .at(name)
        .expecting("1..1")
        .receiving("0")
}

fn wrong_type(resource_type: ResourceType, resource: &Value) -> Issue {
    let words = Words::new(
        "Le type de la ressource doit être celui de l'adresse.",
        "The type of the resource must be the one of the address.",
    );
    Issue::error("structure", "resourceType", words)
        .expected(resource_type.name())
        .received(resource["resourceType"].as_str().unwrap_or("(absent)"))
}

/// The base definitions, the profiles that the resource declares, and the one that is named.
fn structure(resource: &Value, profile: Option<&str>, now: Instant) -> Result<Vec<Issue>, Problem> {
    let profiles: Vec<&str> = profile.into_iter().collect();
    for profile in &profiles {
        if packages::find_entry(packages::Kind::StructureDefinition, profile).is_none() {
            return Err(Problem::new(
                Kind::Unprocessable,
                "Ce profil n'est pas connu ici. Ajoutez son paquet (socle package add), ou vérifiez son adresse.",
                "This profile is not known here. Add its package (socle package add), or check its address.",
            )
            .coded("not-found")
            .at("profile")
            .receiving(*profile));
        }
    }
    let options = Options { tells_information: true, now: Some(now), ..Options::default() };
    Ok(check_with(resource, &profiles, &options))
}

/// What a write of this resource would meet.
async fn as_a_write(
    session: &Session,
    pipeline: &Pipeline,
    resource: Value,
    stored: Option<&Found>,
) -> Result<Vec<Issue>, Problem> {
    let draft = match stored {
        None => Draft::create(type_of(&resource)?, resource),
        Some(found) => {
            if resource["id"].as_str() != Some(&found.id) {
                let words = Words::new(
                    "L'identifiant de la ressource doit être celui de l'adresse.",
                    "The id of the resource must be the one of the address.",
                );
                return Ok(vec![
                    Issue::error("invalid", format!("{}.id", found.key.resource_type), words)
                        .expected(found.id.clone())
                        .received(resource["id"].as_str().unwrap_or("(absent)")),
                ]);
            }
            let may = refused(session.may(found.key, Act::Update).await)?;
            if !may.is_empty() {
                return Ok(may);
            }
            let before = socle_fhir::json::parse(&found.body)?;
            Draft::update(found.key, found.version, before, resource)
        }
    };
    let rules = pipeline.rules(draft.resource_type).cloned();
    let mut plan = Plan::of(draft);
    let mut issues = refused(pipeline.settle_references(session, &mut plan).await)?;
    if let (Some(rules), true) = (rules, issues.is_empty()) {
        issues.extend(refused(rules.check(&mut plan, 0, session, pipeline).await)?);
    }
    issues.extend(std::mem::take(&mut plan.drafts[0].warnings));
    Ok(issues)
}

fn type_of(resource: &Value) -> Result<ResourceType, Problem> {
    let name = resource["resourceType"].as_str().unwrap_or_default();
    name.parse().map_err(|_| Problem::internal("a type that was checked"))
}

/// The issues of a refusal; what is our own fault stays a problem.
fn refused(result: Result<(), Problem>) -> Result<Vec<Issue>, Problem> {
    match result {
        Ok(()) => Ok(Vec::new()),
        Err(problem) if problem.kind.status() >= 500 => Err(problem),
        Err(problem) => Ok(problem.issues),
    }
}

fn outcome(mut issues: Vec<Issue>, lang: Lang) -> Answer {
    if issues.is_empty() {
        let words = Words::new("Tout est en ordre.", "All is well.");
        issues.push(Issue { severity: Severity::Information, ..Issue::error("informational", "", words) });
    }
    Answer::of(&crate::transaction::outcome(&issues, lang))
}
