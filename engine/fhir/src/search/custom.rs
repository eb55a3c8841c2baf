//! Search parameters that an administrator adds while the program runs (`SearchParameter` resources).

use super::fit;
use super::table::Table;
use super::{Component, ParamKind, Parameter, Role};
use crate::definitions;
use crate::fhirpath;
use socle_kernel::{Kind, Problem, ResourceType};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The first number of added parameters; those below belong to `data/search/numbers.tsv`.
pub const CUSTOM_NUMBERS: u32 = 100_000;

/// Most parameters that may be added.
pub const CUSTOM_PARAMETERS: usize = 1_000;

/// A search parameter to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomParameter {
    /// Its number in sketches: from [`CUSTOM_NUMBERS`], its own for ever. The caller keeps which it gave.
    pub number: u32,
    /// Its name in a search.
    pub code: String,
    /// The types it is for.
    pub base: Vec<ResourceType>,
    /// What sort of values it has.
    pub kind: ParamKind,
    /// The FHIRPath text of what it looks at.
    pub expression: String,
    /// For references: what they may point to; empty for anything.
    pub targets: Vec<ResourceType>,
    /// For composites: the kind of each part and where it is found below the parameter's element.
    pub components: Vec<(ParamKind, String)>,
}

/// Refuses what could not be searched by.
pub(super) fn check(custom: &[CustomParameter], known: &Table) -> Result<(), Problem> {
    if custom.len() > CUSTOM_PARAMETERS {
        return Err(refusal(
            "",
            "Trop de paramètres de recherche ajoutés.",
            "Too many added search parameters.",
            format!("CUSTOM_PARAMETERS <= {CUSTOM_PARAMETERS}"),
            custom.len().to_string(),
        ));
    }
    let mut numbers: BTreeMap<u32, &str> = BTreeMap::new();
    for parameter in custom {
        let code = parameter.code.as_str();
        if parameter.number < CUSTOM_NUMBERS || numbers.insert(parameter.number, code).is_some() {
            return Err(refusal(
                code,
                "Le numéro de ce paramètre n'est pas à lui seul.",
                "The number of this parameter is not its own.",
                format!("number >= {CUSTOM_NUMBERS}, each once"),
                parameter.number.to_string(),
            ));
        }
        check_code(parameter, custom, known)?;
        check_kind(parameter)?;
        for base in &parameter.base {
            check_expressions(parameter, *base)?;
        }
    }
    Ok(())
}

fn check_code(parameter: &CustomParameter, custom: &[CustomParameter], known: &Table) -> Result<(), Problem> {
    let code = parameter.code.as_str();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if !code.starts_with(|first: char| first.is_ascii_alphabetic()) || !code.chars().all(is_part) {
        return Err(refusal(
            code,
            "Ce nom ne peut pas être celui d'un paramètre de recherche.",
            "This cannot be the name of a search parameter.",
            "[A-Za-z][A-Za-z0-9._-]*".to_owned(),
            code.to_owned(),
        ));
    }
    if parameter.base.is_empty() {
        return Err(refusal(
            code,
            "Ce paramètre n'est pour aucun type de ressource.",
            "This parameter is for no resource type.",
            "base: Patient, …".to_owned(),
            String::new(),
        ));
    }
    for base in &parameter.base {
        let is_known = known.by_type[usize::from(base.code())].iter().any(|known| known.code == code);
        let same = custom.iter().filter(|other| other.code == code && other.base.contains(base)).count();
        let repeated = parameter.base.iter().filter(|other| *other == base).count();
        if is_known || same > 1 || repeated > 1 {
            return Err(refusal(
                code,
                "Ce type a déjà un paramètre de ce nom. Choisissez-en un autre.",
                "This type already has a parameter of this name. Pick another one.",
                String::new(),
                format!("{base}.{code}"),
            ));
        }
    }
    Ok(())
}

fn check_kind(parameter: &CustomParameter) -> Result<(), Problem> {
    let code = parameter.code.as_str();
    let parts = parameter.components.len();
    let is_right = match parameter.kind {
        ParamKind::Special => false,
        ParamKind::Composite => {
            let simple = |kind: ParamKind| !matches!(kind, ParamKind::Composite | ParamKind::Special);
            (2..=8).contains(&parts) && parameter.components.iter().all(|(kind, _)| simple(*kind))
        }
        _ => parts == 0,
    };
    if is_right {
        return Ok(());
    }
    Err(refusal(
        code,
        "Ce type de paramètre, ou ses composants, ne peuvent pas être ajoutés.",
        "This type of parameter, or its components, cannot be added.",
        "number, date, string, token, reference, quantity, uri; composite + 2..8 component".to_owned(),
        format!("{} + {parts} component", parameter.kind.code()),
    ))
}

/// The expressions compile, name elements that exist, and give values of the parameter's type.
fn check_expressions(parameter: &CustomParameter, base: ResourceType) -> Result<(), Problem> {
    let code = parameter.code.as_str();
    let read = |text: &str| {
        fhirpath::parse(text).map_err(|error| {
            refusal(
                code,
                "L'expression de ce paramètre ne se lit pas.",
                "The expression of this parameter cannot be read.",
                "FHIRPath".to_owned(),
                format!("{text}: {error}"),
            )
        })
    };
    let fits = |expression: &str, kind: Option<ParamKind>, focus: fit::Gives| {
        let gives = fit::gives(&read(expression)?, &focus).map_err(|step| {
            refusal(
                code,
                "L'expression de ce paramètre nomme un élément qui n'existe pas.",
                "The expression of this parameter names an element that does not exist.",
                format!("{base}"),
                step,
            )
        })?;
        if let Some(kind) = kind
            && !fit::fits(kind, &gives)
        {
            return Err(refusal(
                code,
                "L'expression de ce paramètre ne donne pas de valeurs de son type.",
                "The expression of this parameter gives no values of its type.",
                format!("{}: {}", kind.code(), fit::type_names(kind).join(", ")),
                format!("{expression}: {}", gives.names().join(", ")),
            ));
        }
        Ok(gives)
    };
    let root = fit::Gives::one(definitions::resource(base));
    let own_kind = Some(parameter.kind).filter(|kind| *kind != ParamKind::Composite);
    let gives = fits(&parameter.expression, own_kind, root)?;
    for (kind, expression) in &parameter.components {
        fits(expression, Some(*kind), gives.clone())?;
    }
    Ok(())
}

fn refusal(code: &str, french: &str, english: &str, expected: String, received: String) -> Problem {
    Problem::new(Kind::Invalid, french.to_owned(), english.to_owned())
        .coded("value")
        .at(format!("SearchParameter {code}"))
        .expecting(expected)
        .receiving(received)
}

/// The process has made as many tables as it may.
pub(super) fn too_often(limit: usize) -> Problem {
    Problem::new(
        Kind::Conflict,
        "Les paramètres de recherche ont changé trop souvent depuis le démarrage. Redémarrez le programme.",
        "Search parameters changed too often since the start. Restart the program.",
    )
    .expecting(format!("INSTALLS <= {limit}"))
}

/// The table with added parameters. Types that have none keep their list.
pub(super) fn table(custom: &[CustomParameter], known: &Table) -> Table {
    let mut by_type = known.by_type.clone();
    for resource_type in ResourceType::all() {
        let added: Vec<&CustomParameter> =
            custom.iter().filter(|parameter| parameter.base.contains(&resource_type)).collect();
        if added.is_empty() {
            continue;
        }
        let slot = &mut by_type[usize::from(resource_type.code())];
        let mut all: Vec<Parameter> = slot.to_vec();
        all.extend(added.into_iter().map(|custom| parameter(resource_type, custom)));
        all.sort_by_key(|parameter| parameter.code);
        *slot = all.leak();
    }
    Table::of(by_type)
}

fn parameter(resource_type: ResourceType, custom: &CustomParameter) -> Parameter {
    let leak = |text: &String| -> &'static str { text.clone().leak() };
    Parameter {
        resource_type,
        number: custom.number,
        code: leak(&custom.code),
        kind: custom.kind,
        targets: custom.targets.clone(),
        components: custom
            .components
            .iter()
            .map(|(kind, expression)| Component::new(*kind, leak(expression)))
            .collect(),
        is_global: false,
        expression: leak(&custom.expression),
        role: Role::Values,
        compiled: OnceLock::new(),
    }
}
