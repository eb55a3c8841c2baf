//! `$subsumes`: how two codes of a system stand to each other.

use super::definitions;
use crate::interaction::Answer;
use crate::operations::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use socle_fhir::terminology::Coded;
use socle_gate::Session;
use socle_kernel::{Kind, Problem, resource_type};

pub(super) struct Subsumes;

static SUBSUMES: Definition = Definition {
    id: "CodeSystem-subsumes",
    code: "subsumes",
    name: "CodeSystemSubsumes",
    canonical: "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes",
    fr: "Dit si un code en généralise un autre du même système.",
    en: "Says whether a code is more general than another of the same system.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::CODE_SYSTEM],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional("codeA", "code", "Le premier code.", "The first code."),
        Parameter::optional("codeB", "code", "Le second code.", "The second code."),
        Parameter::optional("system", "uri", "Leur système.", "Their system."),
        Parameter::optional("version", "string", "Sa version.", "Its version."),
        Parameter::optional(
            "codingA",
            "Coding",
            "Le premier code avec son système.",
            "The first code with its system.",
        ),
        Parameter::optional(
            "codingB",
            "Coding",
            "Le second code avec son système.",
            "The second code with its system.",
        ),
    ],
    outputs: &[Parameter::required(
        "outcome",
        "code",
        "equivalent, subsumes, subsumed-by ou not-subsumed : A par rapport à B.",
        "equivalent, subsumes, subsumed-by or not-subsumed: A in relation to B.",
    )],
};

#[async_trait]
impl Operation for Subsumes {
    fn definition(&self) -> &'static Definition {
        &SUBSUMES
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        super::known_caller(session)?;
        let (a, b) = (coded(call, "codeA", "codingA")?, coded(call, "codeB", "codingB")?);
        let own = definitions::subject(session, call, "").await?;
        let named = own.as_ref().and_then(|resource| resource["url"].as_str().map(str::to_owned));
        let system = named
            .or_else(|| call.text("system").map(str::to_owned))
            .or_else(|| a.system.clone())
            .ok_or_else(|| super::needed("system | codingA.system | CodeSystem/<id>/$subsumes"))?;
        for coding in [&a, &b] {
            if let Some(other) = coding.system.as_ref().filter(|other| **other != system) {
                return Err(Problem::new(
                    Kind::Invalid,
                    "Les deux codes doivent être du même système.",
                    "Both codes must be of the same system.",
                )
                .expecting(system)
                .receiving(other));
            }
        }
        let needed = [(resource_type::CODE_SYSTEM, system.clone())];
        let terminology = definitions::gather(pipeline, session, own.into_iter().collect(), &needed).await?;
        let version = call.text("version").map(str::to_owned).or(a.version);
        let standing = terminology.subsumes(&system, version.as_deref(), &a.code, &b.code)?;
        Ok(Reply::new().value("outcome", "code", standing.code()).into_answer())
    }
}

fn coded(call: &Call, code: &str, coding: &str) -> Result<Coded, Problem> {
    let bare = call.text(code).map(|code| Coded { code: code.to_owned(), ..Coded::default() });
    bare.or_else(|| Coded::of(call.value(coding)?))
        .ok_or_else(|| super::needed(&format!("{code} | {coding}")))
}
