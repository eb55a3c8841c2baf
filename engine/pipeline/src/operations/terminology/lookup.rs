//! `$lookup`: what a code means.

use super::definitions;
use crate::interaction::Answer;
use crate::operations::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use socle_fhir::terminology::{Coded, Fact, Meaning};
use socle_gate::Session;
use socle_kernel::{Problem, resource_type};

pub(super) struct Lookup;

static LOOKUP: Definition = Definition {
    id: "CodeSystem-lookup",
    code: "lookup",
    name: "CodeSystemLookup",
    canonical: "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",
    fr: "Ce que signifie un code : libellés, définition, parents, enfants, propriétés.",
    en: "What a code means: names, definition, parents, children, properties.",
    places: &[Place::Type],
    types: &[resource_type::CODE_SYSTEM],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional("code", "code", "Le code, avec `system`.", "The code, with `system`."),
        Parameter::optional("system", "uri", "Son système.", "Its system."),
        Parameter::optional("version", "string", "Version du système.", "Version of the system."),
        Parameter::optional("coding", "Coding", "Le code avec son système.", "The code with its system."),
        Parameter::optional("displayLanguage", "code", "Langue du libellé.", "Language of the name."),
        Parameter::repeated(
            "property",
            "code",
            "Propriété à donner ; toutes si aucune n'est dite.",
            "Property to give; all when none is named.",
        ),
    ],
    outputs: &[
        Parameter::required("name", "string", "Nom du système.", "Name of the system."),
        Parameter::optional("version", "string", "Sa version.", "Its version."),
        Parameter::required("display", "string", "Le libellé.", "What the code is called."),
        Parameter::group(
            "designation",
            &[
                Parameter::optional("language", "code", "Langue.", "Language."),
                Parameter::optional("use", "Coding", "Usage.", "Use."),
                Parameter::required("value", "string", "Libellé.", "Name."),
            ],
            "Les autres libellés.",
            "Other names.",
        ),
        Parameter::group(
            "property",
            &[
                Parameter::required("code", "code", "La propriété.", "The property."),
                Parameter::optional("value", "*", "Sa valeur.", "Its value."),
                Parameter::optional(
                    "description",
                    "string",
                    "Le libellé de la valeur.",
                    "What the value is called.",
                ),
            ],
            "Ce qui est connu du code.",
            "What is known of the code.",
        ),
    ],
};

#[async_trait]
impl Operation for Lookup {
    fn definition(&self) -> &'static Definition {
        &LOOKUP
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        super::known_caller(session)?;
        let expected = "code, system | coding";
        let coding: Coded = super::codings(call, "system", "version")
            .into_iter()
            .next()
            .ok_or_else(|| super::needed(expected))?;
        let system = coding.system.ok_or_else(|| super::needed(expected))?;
        let needed = [(resource_type::CODE_SYSTEM, system.clone())];
        let terminology = definitions::gather(pipeline, session, Vec::new(), &needed).await?;
        let wanted: Vec<&str> = call.texts("property");
        let language = call.text("displayLanguage");
        let meaning =
            terminology.lookup(&system, coding.version.as_deref(), &coding.code, language, &wanted)?;
        Ok(reply(meaning).into_answer())
    }
}

fn reply(meaning: Meaning) -> Reply {
    let mut reply = Reply::new()
        .value("name", "string", meaning.name)
        .maybe("version", "string", meaning.version)
        .value("display", "string", meaning.display);
    for designation in &meaning.designations {
        let mut parts = Reply::new().maybe("language", "code", designation.language.as_deref());
        parts = parts.maybe("use", "Coding", designation.usage.clone());
        reply = reply.parts("designation", parts.value("value", "string", &*designation.value));
    }
    if let Some(definition) = meaning.definition {
        let parts = Reply::new().value("code", "code", "definition").value("value", "string", definition);
        reply = reply.parts("property", parts);
    }
    for Fact { code, member, value, description } in meaning.facts {
        let kind = member.strip_prefix("value").unwrap_or("String").to_owned();
        let parts = Reply::new().value("code", "code", code).value("value", &kind, value);
        reply = reply.parts("property", parts.maybe("description", "string", description));
    }
    reply
}
