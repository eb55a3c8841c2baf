//! `$expand`: the codes of a value set.

use super::definitions;
use crate::interaction::Answer;
use crate::operations::{Call, Definition, Operation, Parameter, Place};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use socle_fhir::terminology::{Expand, Versions};
use socle_gate::Session;
use socle_kernel::{Kind, Problem, resource_type};

pub(super) struct Expansion;

static EXPAND: Definition = Definition {
    id: "ValueSet-expand",
    code: "expand",
    name: "ValueSetExpand",
    canonical: "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
    fr: "Les codes d'un jeu de valeurs, filtrés par leurs libellés, par pages, à plat ou en arbre.",
    en: "The codes of a value set, filtered by their names, in pages, flat or as a tree.",
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
        Parameter::optional(
            "filter",
            "string",
            "Débuts de mots des libellés, sans égard à la casse ni aux accents.",
            "Beginnings of words of the names, without regard to case and accents.",
        ),
        Parameter::optional(
            "offset",
            "integer",
            "Codes à passer au début.",
            "Codes to leave out at the beginning.",
        ),
        Parameter::optional(
            "count",
            "integer",
            "Codes à donner au plus ; 0 pour leur nombre.",
            "Codes to give at most; 0 for their number.",
        ),
        Parameter::optional(
            "includeDesignations",
            "boolean",
            "Donner aussi les autres libellés.",
            "Give the other names too.",
        ),
        Parameter::repeated(
            "designation",
            "string",
            "Langue des autres libellés à donner.",
            "Language of the other names to give.",
        ),
        Parameter::optional(
            "includeDefinition",
            "boolean",
            "Donner aussi la définition.",
            "Give the definition too.",
        ),
        Parameter::optional("activeOnly", "boolean", "Sans les codes inactifs.", "Without inactive codes."),
        Parameter::optional(
            "excludeNested",
            "boolean",
            "false pour un arbre ; à plat sinon.",
            "false for a tree; flat otherwise.",
        ),
        Parameter::optional(
            "excludePostCoordinated",
            "boolean",
            "Sans effet : aucune expression post-coordonnée n'est jamais donnée.",
            "Without effect: no post-coordinated expression is ever given.",
        ),
        Parameter::optional("displayLanguage", "code", "Langue des libellés.", "Language of the names."),
        Parameter::repeated(
            "exclude-system",
            "canonical",
            "Système de codes à omettre.",
            "Code system to leave out.",
        ),
        Parameter::repeated(
            "system-version",
            "canonical",
            "Version d'un système, là où le jeu de valeurs n'en dit pas (système|version).",
            "Version of a system where the value set names none (system|version).",
        ),
        Parameter::repeated(
            "check-system-version",
            "canonical",
            "Version qu'un système doit avoir (système|version).",
            "Version that a system must have (system|version).",
        ),
        Parameter::repeated(
            "force-system-version",
            "canonical",
            "Version d'un système, quoi que dise le jeu de valeurs (système|version).",
            "Version of a system, whatever the value set says (system|version).",
        ),
    ],
    outputs: &[Parameter::required(
        "return",
        "ValueSet",
        "Le jeu de valeurs et ses codes.",
        "The value set with its codes.",
    )],
};

#[async_trait]
impl Operation for Expansion {
    fn definition(&self) -> &'static Definition {
        &EXPAND
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        super::known_caller(session)?;
        let wanted = wanted(call)?;
        let (terminology, set) = definitions::value_set(pipeline, session, call).await?;
        let expanded = terminology.expand(&set, &wanted, session.now())?;
        Ok(Answer::of(&expanded))
    }
}

fn wanted(call: &Call) -> Result<Expand, Problem> {
    let number = |name: &'static str| {
        let Some(number) = call.number(name) else { return Ok(None) };
        usize::try_from(number).map(Some).map_err(|_| {
            Problem::new(
                Kind::Invalid,
                "Un nombre positif ou nul est attendu.",
                "A number of zero or more is expected.",
            )
            .at(name)
            .receiving(number.to_string())
        })
    };
    let owned = |name: &str| {
        call.all(name).filter_map(|one| one.value.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    Ok(Expand {
        filter: call.text("filter").map(str::to_owned),
        offset: number("offset")?,
        count: number("count")?,
        designations: call.flag("includeDesignations").unwrap_or(false),
        designation_languages: owned("designation").iter().map(|one| language(one)).collect(),
        active_only: call.flag("activeOnly").unwrap_or(false),
        nested: call.flag("excludeNested") == Some(false),
        definition: call.flag("includeDefinition").unwrap_or(false),
        language: call.text("displayLanguage").map(str::to_owned),
        exclude_systems: owned("exclude-system"),
        versions: Versions {
            usual: owned("system-version"),
            checked: owned("check-system-version"),
            forced: owned("force-system-version"),
        },
    })
}

/// A language, written alone or as `urn:ietf:bcp:47|fr`.
fn language(text: &str) -> String {
    text.strip_prefix("urn:ietf:bcp:47|").unwrap_or(text).to_owned()
}
