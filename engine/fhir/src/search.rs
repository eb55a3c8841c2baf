//! Search parameters: which there are, what each looks at, and one file per kind of value.

mod care;
pub(crate) mod composite;
pub(crate) mod concept;
mod custom;
pub(crate) mod date;
#[cfg(test)]
mod every;
mod fit;
pub(crate) mod global;
pub(crate) mod near;
pub(crate) mod number;
pub(crate) mod part;
pub(crate) mod quantity;
pub(crate) mod reference;
pub mod sketch;
pub(crate) mod string;
pub(crate) mod systems;
mod table;
pub(crate) mod token;
pub(crate) mod touch;
pub(crate) mod uri;
pub(crate) mod words;

pub use care::care_period;
pub use custom::{CUSTOM_NUMBERS, CUSTOM_PARAMETERS, CustomParameter};
pub use fit::types_of_base;

use crate::definitions;
use crate::fhirpath::{self, Expr};
use socle_kernel::{Problem, ResourceType};
use std::sync::OnceLock;

/// FHIR search parameter types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// Numbers with implicit precision.
    Number,
    /// Dates and periods.
    Date,
    /// Texts, without case and accents.
    String,
    /// Codes and identifiers.
    Token,
    /// References to resources.
    Reference,
    /// Two values of one element together.
    Composite,
    /// Numbers with units.
    Quantity,
    /// Addresses, exactly.
    Uri,
    /// With rules of its own.
    Special,
}

impl ParamKind {
    /// The FHIR code.
    pub fn code(self) -> &'static str {
        match self {
            ParamKind::Number => "number",
            ParamKind::Date => "date",
            ParamKind::String => "string",
            ParamKind::Token => "token",
            ParamKind::Reference => "reference",
            ParamKind::Composite => "composite",
            ParamKind::Quantity => "quantity",
            ParamKind::Uri => "uri",
            ParamKind::Special => "special",
        }
    }

    /// The kind with this FHIR code; tokens for any other.
    pub fn from_code(code: &str) -> Self {
        match code {
            "number" => ParamKind::Number,
            "date" => ParamKind::Date,
            "string" => ParamKind::String,
            "reference" => ParamKind::Reference,
            "composite" => ParamKind::Composite,
            "quantity" => ParamKind::Quantity,
            "uri" => ParamKind::Uri,
            "special" => ParamKind::Special,
            _ => ParamKind::Token,
        }
    }
}

/// One search parameter of one resource type.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The type it is of.
    pub resource_type: ResourceType,
    /// The number of its code in sketches and keys: stable, the same for every type (`data/search/numbers.tsv`).
    pub number: u32,
    /// Its name in a search.
    pub code: &'static str,
    /// What sort of values it has.
    pub kind: ParamKind,
    /// For references: what they may point to.
    pub targets: Vec<ResourceType>,
    /// For composites: the kind of each part and where it is found below the parameter's element.
    pub components: Vec<Component>,
    /// True when its values go to the key table (`data/search/global.toml`).
    pub is_global: bool,
    expression: &'static str,
    role: Role,
    compiled: OnceLock<Compiled>,
}

/// What indexing does with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Its values go to the sketch.
    Values,
    /// So they do, and its first moment may be the one by which resources are put in order, after those of lower rank.
    Moment(u8),
    /// Nothing: the row says it, or another parameter's entry.
    Nothing,
    /// The words of the resource.
    Words,
}

impl Role {
    fn of(code: &str) -> Self {
        match code {
            "_id" | "_lastUpdated" | "_text" => Role::Nothing,
            "_content" => Role::Words,
            _ => crate::index::sort_rank(code).map_or(Role::Values, Role::Moment),
        }
    }
}

/// An expression ready to be evaluated.
#[derive(Clone, Debug)]
struct Compiled {
    expr: Expr,
    touched: touch::Elements,
    /// The names of a plain path from the resource down.
    path: Option<Vec<String>>,
}

/// One part of a composite parameter.
#[derive(Clone, Debug)]
pub struct Component {
    /// What sort of values it has.
    pub kind: ParamKind,
    expression: &'static str,
    compiled: OnceLock<Expr>,
}

impl Parameter {
    /// The FHIRPath text of what it looks at.
    pub fn expression(&self) -> &'static str {
        self.expression
    }

    /// The expression, compiled on first use.
    pub(crate) fn compiled(&self) -> &Expr {
        &self.made().expr
    }

    /// The names of its path, when it is nothing but a path from the resource down.
    pub(crate) fn path(&self) -> Option<&[String]> {
        self.made().path.as_deref()
    }

    /// What indexing does with it.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// The elements of which a resource must have one to have a value. All parameters belong to one type.
    pub(crate) fn touched(&self) -> touch::Elements {
        self.made().touched
    }

    fn made(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let expr = compile(self.expression);
            let touched = touch::touched(&expr, definitions::resource(self.resource_type));
            let path = touch::plain_path(&expr, definitions::resource(self.resource_type));
            Compiled { expr, touched, path }
        })
    }
}

impl Component {
    fn new(kind: ParamKind, expression: &'static str) -> Self {
        Component { kind, expression, compiled: OnceLock::new() }
    }

    /// The expression, compiled on first use.
    pub(crate) fn compiled(&self) -> &Expr {
        self.compiled.get_or_init(|| compile(self.expression))
    }
}

/// A test compiles every expression of the tables, and added ones are compiled before they are accepted, so this cannot
/// fail in production.
fn compile(expression: &str) -> Expr {
    fhirpath::parse(expression).expect("the expressions of the tables are valid")
}

/// The search parameters of a type, sorted by code.
pub fn parameters(resource_type: ResourceType) -> &'static [Parameter] {
    table::of(resource_type)
}

/// The search parameters of a type in the order of their numbers, as sketches have them.
pub(crate) fn by_number(resource_type: ResourceType) -> &'static [&'static Parameter] {
    table::by_number(resource_type)
}

/// The search parameter of a type with this code.
pub fn parameter(resource_type: ResourceType, code: &str) -> Option<&'static Parameter> {
    let all = parameters(resource_type);
    all.binary_search_by(|parameter| parameter.code.cmp(code)).ok().map(|index| &all[index])
}

/// Puts these parameters beside the ones compiled in, at once for all readers, in place of those installed before.
///
/// Refused as a whole when one of them cannot be searched by: its name is taken, its expression does not compile, names
/// no element, or gives no values of its type. Resources written before have no values for a new parameter until they are
/// indexed again.
pub fn install(custom: &[CustomParameter]) -> Result<(), Problem> {
    table::install(custom)
}

/// The number of a code, for values that are looked up without a type.
pub fn number_of(code: &str) -> Option<u32> {
    table::number_of(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::resource_type::{DOCUMENT_REFERENCE, LIST, PATIENT};

    #[test]
    fn every_expression_compiles() {
        for resource_type in ResourceType::all() {
            for parameter in parameters(resource_type) {
                parameter.compiled();
                let is_composite = parameter.kind == ParamKind::Composite;
                assert_eq!(is_composite, parameter.components.len() >= 2, "{parameter:?}");
                for component in &parameter.components {
                    component.compiled();
                }
            }
        }
    }

    #[test]
    fn every_parameter_has_its_own_number_from_100() {
        for resource_type in ResourceType::all() {
            let mut numbers: Vec<u32> = parameters(resource_type).iter().map(|p| p.number).collect();
            numbers.sort_unstable();
            assert!(numbers[0] >= 100, "{resource_type}");
            assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "{resource_type}");
        }
    }

    #[test]
    fn numbers_of_stored_data_stay_what_they_are() {
        assert_eq!(number_of("identifier"), Some(100));
        assert_eq!(number_of("patient"), Some(101));
        assert_eq!(number_of("family"), Some(113));
        assert_eq!(number_of("isArchived"), Some(128));
        assert_eq!(number_of("window-start"), Some(563));
    }

    #[test]
    fn resource_level_and_document_sharing_parameters_are_there() {
        for code in ["_id", "_lastUpdated", "_tag", "_profile", "_security", "identifier", "birthdate"] {
            assert!(parameter(PATIENT, code).is_some(), "{code}");
        }
        for code in ["isArchived", "period-start", "period-end", "creation", "author.given", "author.family"]
        {
            assert!(parameter(DOCUMENT_REFERENCE, code).is_some(), "{code}");
        }
        for code in ["designationType", "sourceId", "source", "authorOrg", "isArchived", "title", "patient"] {
            assert!(parameter(LIST, code).is_some(), "{code}");
        }
        assert!(parameter(PATIENT, "unknown").is_none());
    }
}
