//! `$translate`: a code beside codes of another system.

use super::definitions;
use crate::interaction::Answer;
use crate::operations::{Argument, Call, Definition, Operation, Parameter, Place, Reply};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_fhir::terminology::{self, Coded, Match, Translate};
use socle_gate::Session;
use socle_kernel::{Problem, ResourceType, resource_type};

pub(super) struct Translation;

static TRANSLATE: Definition = Definition {
    id: "ConceptMap-translate",
    code: "translate",
    name: "ConceptMapTranslate",
    canonical: "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate",
    fr: "Traduit un code dans un autre système, par les tables de correspondance.",
    en: "Translates a code into another system, by concept maps.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::CONCEPT_MAP],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional("url", "uri", "Adresse canonique de la table.", "Canonical address of the map."),
        Parameter::optional("conceptMap", "ConceptMap", "La table elle-même.", "The map itself."),
        Parameter::optional("conceptMapVersion", "string", "Version de la table.", "Version of the map."),
        Parameter::optional("code", "code", "Le code.", "The code."),
        Parameter::optional("system", "uri", "Son système.", "Its system."),
        Parameter::optional("version", "string", "Version du système.", "Version of the system."),
        Parameter::optional(
            "source",
            "uri",
            "Jeu de valeurs d'où vient le code.",
            "Value set the code is chosen from.",
        ),
        Parameter::optional("coding", "Coding", "Le code avec son système.", "The code with its system."),
        Parameter::optional(
            "codeableConcept",
            "CodeableConcept",
            "Plusieurs codes d'un concept.",
            "Several codes of a concept.",
        ),
        Parameter::optional("target", "uri", "Jeu de valeurs où traduire.", "Value set to translate into."),
        Parameter::optional("targetsystem", "uri", "Système où traduire.", "System to translate into."),
        Parameter::group(
            "dependency",
            &[
                Parameter::optional(
                    "element",
                    "uri",
                    "L'élément dont dépend la traduction.",
                    "The element it depends on.",
                ),
                Parameter::optional("concept", "CodeableConcept", "Sa valeur.", "Its value."),
            ],
            "Ce dont la traduction peut dépendre.",
            "What the translation may depend on.",
        ),
        Parameter::optional("reverse", "boolean", "De la cible vers la source.", "From target to source."),
    ],
    outputs: &[
        Parameter::required(
            "result",
            "boolean",
            "Vrai si une traduction est trouvée.",
            "True when a translation is found.",
        ),
        Parameter::optional("message", "string", "Pourquoi il n'y en a pas.", "Why there is none."),
        Parameter::group(
            "match",
            &[
                Parameter::optional("equivalence", "code", "Équivalence.", "Equivalence."),
                Parameter::optional("concept", "Coding", "Le code traduit.", "The translated code."),
                Parameter::group(
                    "product",
                    &[
                        Parameter::optional("element", "uri", "L'élément.", "The element."),
                        Parameter::optional("concept", "Coding", "Sa valeur.", "Its value."),
                    ],
                    "D'autres valeurs de la même traduction.",
                    "Other values of the same translation.",
                ),
                Parameter::optional("source", "uri", "La table qui le dit.", "The map that says so."),
            ],
            "Les traductions.",
            "The translations.",
        ),
    ],
};

#[async_trait]
impl Operation for Translation {
    fn definition(&self) -> &'static Definition {
        &TRANSLATE
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        super::known_caller(session)?;
        let codings = super::codings(call, "system", "version");
        if codings.is_empty() {
            return Err(super::needed("code, system | coding | codeableConcept"));
        }
        let own = definitions::subject(session, call, "conceptMap").await?;
        let text = |name: &str| call.text(name).map(str::to_owned);
        let asked = Translate {
            url: text("url"),
            version: text("conceptMapVersion"),
            source: text("source"),
            target: text("target"),
            target_system: text("targetsystem"),
            reverse: call.flag("reverse").unwrap_or(false),
            dependencies: call.all("dependency").filter_map(dependency).collect(),
        };
        let needed: Vec<(ResourceType, String)> = asked
            .url
            .iter()
            .map(|url| (resource_type::CONCEPT_MAP, canonical(url, asked.version.as_deref())))
            .collect();
        let terminology = definitions::gather(pipeline, session, Vec::new(), &needed).await?;
        let found = terminology.translate(&asked, &codings, own)?;
        Ok(reply(found, call).into_answer())
    }
}

fn canonical(url: &str, version: Option<&str>) -> String {
    version.map_or(url.to_owned(), |version| format!("{url}|{version}"))
}

fn dependency(argument: &Argument) -> Option<(String, Option<String>, String)> {
    let part = |name: &str| argument.parts.iter().find(|part| part.name == name);
    let element = part("element")?.value.as_str()?.to_owned();
    let concept = &part("concept")?.value;
    let coded = Coded::all_of(concept).into_iter().next();
    Some(match coded {
        Some(Coded { system, code, .. }) => (element, system, code),
        None => (element, None, concept["text"].as_str()?.to_owned()),
    })
}

fn reply(found: terminology::Translation, call: &Call) -> Reply {
    let message = found.message.map(|words| words.in_lang(call.prefer.lang).to_owned());
    let mut reply =
        Reply::new().value("result", "boolean", found.is_found).maybe("message", "string", message);
    for Match { equivalence, concept, products, source } in found.matches {
        let mut parts =
            Reply::new().value("equivalence", "code", equivalence).maybe("concept", "Coding", concept);
        for product in &products {
            let mut value: Value = json!({ "code": product["value"] });
            if let Some(system) = product["system"].as_str() {
                value["system"] = system.into();
            }
            if let Some(display) = product["display"].as_str() {
                value["display"] = display.into();
            }
            let element = product["property"].as_str().unwrap_or("");
            let of_product = Reply::new().value("element", "uri", element).value("concept", "Coding", value);
            parts = parts.parts("product", of_product);
        }
        let source = Some(source).filter(|source| !source.is_empty());
        reply = reply.parts("match", parts.maybe("source", "uri", source));
    }
    reply
}
