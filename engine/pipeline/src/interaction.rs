//! What a caller wants of the FHIR API, and what they get, free of any protocol.

use bytes::Bytes;
use serde_json::Value;
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, ResourceType, limits};

/// A FHIR interaction.
#[derive(Clone, Debug)]
pub enum Interaction {
    /// `GET metadata`.
    Capabilities,
    /// `GET Type/id`.
    Read {
        /// Type.
        resource_type: ResourceType,
        /// Public id.
        id: String,
    },
    /// `GET Type/id/_history/version`.
    VersionRead {
        /// Type.
        resource_type: ResourceType,
        /// Public id.
        id: String,
        /// Version as written in the address.
        version: String,
    },
    /// `GET Type/id/_history`.
    History {
        /// Type.
        resource_type: ResourceType,
        /// Public id.
        id: String,
        /// `_count`, `_since`, `_page`.
        params: Vec<(String, String)>,
    },
    /// `GET Type?…` or `POST Type/_search`.
    Search {
        /// Type.
        resource_type: ResourceType,
        /// Parameters in order.
        params: Vec<(String, String)>,
    },
    /// `POST Type`.
    Create {
        /// Type in the address.
        resource_type: ResourceType,
        /// The resource.
        resource: Value,
        /// `If-None-Exist`: parameters of a search that must find nothing.
        if_none_exist: Option<String>,
    },
    /// `PUT Type/id` or `PUT Type?…`.
    Update {
        /// Which.
        target: Target,
        /// The resource.
        resource: Value,
        /// Version named by `If-Match`.
        if_match: Option<u32>,
    },
    /// `PATCH Type/id` or `PATCH Type?…`.
    Patch {
        /// Which.
        target: Target,
        /// How.
        patch: Patch,
        /// Version named by `If-Match`.
        if_match: Option<u32>,
    },
    /// `DELETE Type/id`.
    Delete {
        /// Which.
        target: Target,
        /// Version named by `If-Match`.
        if_match: Option<u32>,
    },
    /// `POST [base]` with a Bundle of type `transaction` or `batch`.
    Bundle(Value),
    /// `…/$name`: an operation of [`crate::operations`].
    Operation {
        /// Its code, without the `$`.
        name: String,
        /// What it is asked of.
        level: Level,
        /// What it is given.
        input: OperationInput,
        /// True for a `GET`, which never changes anything.
        is_get: bool,
    },
}

/// What an operation is asked of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The whole platform: `[base]/$name`.
    System,
    /// A type: `[base]/Type/$name`.
    Type(ResourceType),
    /// A resource: `[base]/Type/id/$name`.
    Instance(ResourceType, String),
}

impl Level {
    /// The address before `$name`, relative to the base; empty for the platform.
    pub fn path(&self) -> String {
        match self {
            Level::System => String::new(),
            Level::Type(resource_type) => resource_type.name().to_owned(),
            Level::Instance(resource_type, id) => format!("{resource_type}/{id}"),
        }
    }

    /// The type in the address.
    pub fn resource_type(&self) -> Option<ResourceType> {
        match self {
            Level::System => None,
            Level::Type(resource_type) | Level::Instance(resource_type, _) => Some(*resource_type),
        }
    }
}

/// What an operation is given, before it is checked.
#[derive(Clone, Debug, Default)]
pub struct OperationInput {
    /// Parameters in the address.
    pub query: Vec<(String, String)>,
    /// The body: `Parameters`, or the one resource that the operation takes.
    pub body: Option<Value>,
}

/// The resource an update, patch or deletion is about.
#[derive(Clone, Debug)]
pub enum Target {
    /// By its public id.
    Id(ResourceType, String),
    /// The one that a search finds.
    Where(ResourceType, Vec<(String, String)>),
}

impl Target {
    /// Its type.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Target::Id(resource_type, _) | Target::Where(resource_type, _) => *resource_type,
        }
    }
}

/// A patch document.
#[derive(Clone, Debug)]
pub enum Patch {
    /// RFC 6902.
    Json(Value),
    /// FHIRPath Patch: a `Parameters` resource.
    FhirPath(Value),
}

/// What the caller prefers (`Prefer` header), and their language.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prefer {
    /// What a write gives back; unsaid, a single write gives the resource and a Bundle gives headers only.
    pub returned: Option<Returned>,
    /// True to ignore unknown search parameters (`handling=lenient`).
    pub is_lenient: bool,
    /// Language of messages.
    pub lang: Lang,
    /// True when a `Binary` is wanted as FHIR JSON rather than as its bytes.
    pub binary_as_resource: bool,
}

/// What a write gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// The resource as stored.
    Representation,
    /// Headers only.
    Minimal,
    /// An `OperationOutcome`.
    Outcome,
}

/// The answer to an interaction.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// FHIR JSON, when there is a body.
    pub body: Option<Bytes>,
    /// The bytes of a document content with their media type, instead of FHIR JSON.
    pub content: Option<(String, Bytes)>,
    /// Version, for `ETag`.
    pub version: Option<u32>,
    /// For `Last-Modified`.
    pub last_updated: Option<Instant>,
    /// Address of what was written, relative to the FHIR base: `Type/id/_history/version`.
    pub location: Option<String>,
    /// Accepted, but worth mending.
    pub warnings: Vec<Issue>,
}

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
    /// `Type/id`.
    Instance(ResourceType, String),
    /// `Type/id/_history`.
    History(ResourceType, String),
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
            .expecting("metadata | <Type> | <Type>/<id> | <Type>/<id>/_history[/<version>] | <Type>/_search | […/]$<operation>")
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
        Ok(match parts.as_slice() {
            [] => Address::Base,
            ["metadata"] => Address::Metadata,
            [name] => Address::Type(resource_type(name)?),
            [name, "_search"] => Address::TypeSearch(resource_type(name)?),
            [name, id] if is_id(id) => Address::Instance(resource_type(name)?, (*id).to_owned()),
            [name, id, "_history"] if is_id(id) => Address::History(resource_type(name)?, (*id).to_owned()),
            [name, id, "_history", version] if is_id(id) => {
                Address::Version(resource_type(name)?, (*id).to_owned(), (*version).to_owned())
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

/// Reads `a=b&c=d` with percent-encoding; a name without `=` has an empty value.
pub fn parse_query_text(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned()).map_err(
            |_| {
                Problem::new(
                    Kind::Invalid,
                    "Un paramètre n'est pas de l'UTF-8 une fois décodé.",
                    "A parameter is not UTF-8 once decoded.",
                )
                .receiving(text)
            },
        )
    };
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    if pairs.len() > limits::SEARCH_PARAMETERS {
        return Err(Problem::new(Kind::Invalid, "Trop de paramètres.", "Too many parameters.")
            .coded("too-costly")
            .expecting(format!("at most {} (SEARCH_PARAMETERS)", limits::SEARCH_PARAMETERS)));
    }
    pairs
        .into_iter()
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// The version of an `If-Match` header: `W/"3"` or `"3"`.
pub fn parse_if_match(text: &str) -> Result<u32, Problem> {
    let inner = text.trim().trim_start_matches("W/").trim_matches('"');
    inner.parse().map_err(|_| {
        Problem::new(Kind::Invalid, "If-Match doit nommer une version.", "If-Match must name a version.")
            .at("If-Match")
            .expecting("W/\"<version>\"")
            .receiving(text)
    })
}
