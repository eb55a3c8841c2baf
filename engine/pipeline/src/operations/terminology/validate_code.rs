//! `$validate-code`: is a code one of a value set, or of a code system, and is it called so?

use super::definitions;
use crate::interaction::{Answer, Prefer};
use crate::operations::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use socle_fhir::terminology::{Checking, Verdict};
use socle_gate::Session;
use socle_kernel::{Problem, resource_type};

pub(super) struct OfValueSet;
pub(super) struct OfCodeSystem;

const OUTPUTS: &[Parameter] = &[
    Parameter::required(
        "result",
        "boolean",
        "Vrai quand le code est valable.",
        "True when the code is valid.",
    ),
    Parameter::optional("message", "string", "Pourquoi il ne l'est pas.", "Why it is not."),
    Parameter::optional("display", "string", "Le libellé du code.", "What the code is called."),
    Parameter::optional("code", "code", "Le code trouvé.", "The code that was found."),
    Parameter::optional("system", "uri", "Son système.", "Its system."),
    Parameter::optional(
        "version",
        "string",
        "La version consultée du système.",
        "The version of the system looked at.",
    ),
];

static OF_VALUE_SET: Definition = Definition {
    id: "ValueSet-validate-code",
    code: "validate-code",
    name: "ValueSetValidateCode",
    canonical: "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code",
    fr: "Dit si un code est d'un jeu de valeurs, et si son libellé est juste.",
    en: "Says whether a code is in a value set, and whether its name is right.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::VALUE_SET],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional(
            "url",
            "uri",
            "Adresse canonique du jeu de valeurs.",
            "Canonical address of the value set.",
        ),
        Parameter::optional("valueSet", "ValueSet", "Le jeu de valeurs lui-même.", "The value set itself."),
        Parameter::optional(
            "valueSetVersion",
            "string",
            "Version du jeu de valeurs.",
            "Version of the value set.",
        ),
        Parameter::optional("code", "code", "Le code.", "The code."),
        Parameter::optional("system", "uri", "Son système.", "Its system."),
        Parameter::optional("systemVersion", "string", "Version du système.", "Version of the system."),
        Parameter::optional(
            "display",
            "string",
            "Son libellé, à vérifier.",
            "What it is called, to be checked.",
        ),
        Parameter::optional("coding", "Coding", "Le code avec son système.", "The code with its system."),
        Parameter::optional(
            "codeableConcept",
            "CodeableConcept",
            "Plusieurs codes d'un même concept : un seul suffit.",
            "Several codes of one concept: one is enough.",
        ),
        Parameter::optional(
            "abstract",
            "boolean",
            "Admettre les codes de regroupement.",
            "Admit codes that only group others.",
        ),
        Parameter::optional("displayLanguage", "code", "Langue du libellé.", "Language of the name."),
    ],
    outputs: OUTPUTS,
};

static OF_CODE_SYSTEM: Definition = Definition {
    id: "CodeSystem-validate-code",
    code: "validate-code",
    name: "CodeSystemValidateCode",
    canonical: "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code",
    fr: "Dit si un code est d'un système de codes, et si son libellé est juste.",
    en: "Says whether a code is of a code system, and whether its name is right.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::CODE_SYSTEM],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional(
            "url",
            "uri",
            "Adresse canonique du système.",
            "Canonical address of the system.",
        ),
        Parameter::optional("codeSystem", "CodeSystem", "Le système lui-même.", "The system itself."),
        Parameter::optional("version", "string", "Version du système.", "Version of the system."),
        Parameter::optional("code", "code", "Le code.", "The code."),
        Parameter::optional(
            "display",
            "string",
            "Son libellé, à vérifier.",
            "What it is called, to be checked.",
        ),
        Parameter::optional("coding", "Coding", "Le code avec son système.", "The code with its system."),
        Parameter::optional(
            "codeableConcept",
            "CodeableConcept",
            "Plusieurs codes d'un même concept : un seul suffit.",
            "Several codes of one concept: one is enough.",
        ),
        Parameter::optional(
            "abstract",
            "boolean",
            "Admettre les codes de regroupement.",
            "Admit codes that only group others.",
        ),
        Parameter::optional("displayLanguage", "code", "Langue du libellé.", "Language of the name."),
    ],
    outputs: OUTPUTS,
};

#[async_trait]
impl Operation for OfValueSet {
    fn definition(&self) -> &'static Definition {
        &OF_VALUE_SET
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        super::known_caller(session)?;
        let (terminology, set) = definitions::value_set(pipeline, session, call).await?;
        let codings = super::codings(call, "system", "systemVersion");
        let verdict = terminology.check_in_set(&set, &codings, &how(call))?;
        Ok(answer(verdict, call.prefer))
    }
}

#[async_trait]
impl Operation for OfCodeSystem {
    fn definition(&self) -> &'static Definition {
        &OF_CODE_SYSTEM
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        super::known_caller(session)?;
        // `url` is the system of a bare code too; a system of its own is only in codings.
        let mut codings = super::codings(call, "", "version");
        let (given, url) = match definitions::subject(session, call, "codeSystem").await? {
            Some(resource) => {
                let url = resource["url"].as_str().unwrap_or("").to_owned();
                (vec![resource], url)
            }
            None => {
                let coded = codings.iter().find_map(|coding| coding.system.clone());
                let url = call.text("url").map(str::to_owned).or(coded);
                (
                    Vec::new(),
                    url.ok_or_else(|| {
                        super::needed("url | codeSystem | coding | CodeSystem/<id>/$validate-code")
                    })?,
                )
            }
        };
        if let Some(version) = call.text("version") {
            codings.iter_mut().for_each(|coding| coding.version = Some(version.to_owned()));
        }
        let needed = [(resource_type::CODE_SYSTEM, url.clone())];
        let terminology = definitions::gather(pipeline, session, given, &needed).await?;
        let verdict = terminology.check_in_system(&url, &codings, &how(call))?;
        Ok(answer(verdict, call.prefer))
    }
}

fn how(call: &Call) -> Checking {
    Checking {
        allows_abstract: call.flag("abstract").unwrap_or(false),
        language: call.text("displayLanguage").map(str::to_owned),
    }
}

fn answer(verdict: Verdict, prefer: Prefer) -> Answer {
    let message = verdict.message.map(|words| words.in_lang(prefer.lang).to_owned());
    Reply::new()
        .value("result", "boolean", verdict.is_valid)
        .maybe("message", "string", message)
        .maybe("display", "string", verdict.display)
        .maybe("code", "code", verdict.code)
        .maybe("system", "uri", verdict.system)
        .maybe("version", "string", verdict.version)
        .into_answer()
}
