//! Addresses of the FHIR API, relative to its base.

use crate::interaction::Level;
use socle_kernel::{Kind, Problem, ResourceType};

/// A request to the FHIR API before its body is looked at: method and address relative to the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The base itself.
    Base,
    /// `metadata`.
    Metadata,
    /// `Type`.
    Type(ResourceType),
    /// `Type/_search`.
    TypeSearch(ResourceType),
    /// `_search`.
    SystemSearch,
    /// `Type/id/Type`, or `Type/id/*` for every type.
    Compartment(ResourceType, String, Option<ResourceType>),
    /// `Type/id/Type/_search`, or `Type/id/*/_search`.
    CompartmentSearch(ResourceType, String, Option<ResourceType>),
    /// `Type/id`.
    Instance(ResourceType, String),
    /// `Type/id/_history`.
    History(ResourceType, String),
    /// `Type/_history`; `_history` without a type.
    HistoryOf(Option<ResourceType>),
    /// `Type/id/_history/version`.
    Version(ResourceType, String, String),
    /// `$name`, `Type/$name` or `Type/id/$name`; the name without its `$`.
    Operation(Level, String),
}

impl Address {
    /// Reads a path relative to the base, without the query.
    pub fn parse(path: &str) -> Result<Address, Problem> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let unknown = || {
            Problem::new(
                Kind::NotFound,
                "Adresse inconnue de l'API FHIR.",
                "Unknown address of the FHIR API.",
            )
            .expecting("metadata | _history | <Type> | <Type>/_search | <Type>/_history | <Type>/<id> | <Type>/<id>/_history[/<version>] | […/]$<operation>")
            .receiving(path)
        };
        let resource_type = |name: &str| {
            name.parse::<ResourceType>().map_err(|_| {
                Problem::new(
                    Kind::NotFound,
                    "Type de ressource inconnu en FHIR R4.",
                    "Unknown resource type in FHIR R4.",
                )
                .coded("not-supported")
                .receiving(name)
            })
        };
        if let Some((name, before)) = parts.split_last()
            && let Some(name) = name.strip_prefix('$')
        {
            let level = match before {
                [] => Level::System,
                [type_name] => Level::Type(resource_type(type_name)?),
                [type_name, id] if is_id(id) => Level::Instance(resource_type(type_name)?, (*id).to_owned()),
                _ => return Err(unknown()),
            };
            return Ok(Address::Operation(level, name.to_owned()));
        }
        let compartment_type = |name: &str| match name {
            "*" => Ok(None),
            name => resource_type(name).map(Some),
        };
        Ok(match parts.as_slice() {
            [] => Address::Base,
            ["metadata"] => Address::Metadata,
            ["_history"] => Address::HistoryOf(None),
            ["_search"] => Address::SystemSearch,
            [name] => Address::Type(resource_type(name)?),
            [name, "_history"] => Address::HistoryOf(Some(resource_type(name)?)),
            [name, "_search"] => Address::TypeSearch(resource_type(name)?),
            [name, id] if is_id(id) => Address::Instance(resource_type(name)?, (*id).to_owned()),
            [name, id, "_history"] if is_id(id) => Address::History(resource_type(name)?, (*id).to_owned()),
            [name, id, of]
                if is_id(id) && (*of == "*" || of.starts_with(|c: char| c.is_ascii_uppercase())) =>
            {
                Address::Compartment(resource_type(name)?, (*id).to_owned(), compartment_type(of)?)
            }
            [name, id, of, "_search"] if is_id(id) => {
                Address::CompartmentSearch(resource_type(name)?, (*id).to_owned(), compartment_type(of)?)
            }
            [name, id, "_history", version] if is_id(id) => {
                Address::Version(resource_type(name)?, (*id).to_owned(), (*version).to_owned())
            }
            [name, id] | [name, id, "_history"] | [name, id, "_history", _]
                if !id.starts_with(['_', '$']) =>
            {
                resource_type(name)?;
                return Err(Problem::new(
                    Kind::Invalid,
                    "Ce n'est pas un identifiant de ressource.",
                    "This is no id of a resource.",
                )
                .coded("value")
                .expecting("1 to 64 of A-Z a-z 0-9 - .")
                .receiving(id));
            }
            _ => return Err(unknown()),
        })
    }
}

/// True for a FHIR `id`: letters, digits, `-` and `.`, 1 to 64 of them.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}
