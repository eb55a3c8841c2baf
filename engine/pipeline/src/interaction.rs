//! What a caller wants of the FHIR API, and what they get, free of any protocol.

pub use crate::address::{Address, is_id};
use bytes::Bytes;
use serde_json::Value;
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, ResourceType, limits};

/// A FHIR interaction.
#[derive(Clone, Debug)]
pub enum Interaction {
    /// `GET metadata`.
    Capabilities(StatementMode),
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
        /// `_count`, `_since`, `_at`, `_page`.
        params: Vec<(String, String)>,
    },
    /// `GET Type/_history` and `GET _history`.
    HistoryOf {
        /// Of this type; of every type when none.
        resource_type: Option<ResourceType>,
        /// `_count`, `_since`, `_at`, `_page`.
        params: Vec<(String, String)>,
    },
    /// `GET Type?…` or `POST Type/_search`.
    Search {
        /// Type.
        resource_type: ResourceType,
        /// Parameters in order.
        params: Vec<(String, String)>,
    },
    /// `GET Patient/id/Type?…` and `GET Patient/id/*?…`: what is in a compartment.
    SearchCompartment {
        /// Type and public id of the resource whose compartment it is.
        owner: (ResourceType, String),
        /// Type that is searched; every type when none.
        resource_type: Option<ResourceType>,
        /// Parameters in order.
        params: Vec<(String, String)>,
    },
    /// `GET [base]?_type=…` or `POST [base]/_search`.
    SearchSystem {
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
        /// Whether there may or must be one already (`If-None-Match: *`, `If-Match: *`).
        existing: Existing,
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

/// What a statement of capabilities is about (`mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatementMode {
    /// Everything.
    #[default]
    Full,
    /// The types that are normative in R4.
    Normative,
    /// The code systems: a `TerminologyCapabilities`.
    Terminology,
}

impl StatementMode {
    /// The mode of this name. R4 answers any other with everything: this address must answer whoever asks.
    pub fn named(name: &str) -> Self {
        match name {
            "normative" => StatementMode::Normative,
            "terminology" => StatementMode::Terminology,
            _ => StatementMode::Full,
        }
    }
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

impl Interaction {
    /// What `GET` asks at an address, and the parameters that shape a single resource; `None` where nothing is read.
    pub fn of_reading(
        address: Address,
        params: Vec<(String, String)>,
    ) -> Option<(Interaction, Vec<(String, String)>)> {
        let none = Vec::new();
        Some(match address {
            Address::Metadata => {
                let mode = params.iter().find(|(name, _)| name == "mode").map(|(_, value)| value.as_str());
                (Interaction::Capabilities(StatementMode::named(mode.unwrap_or_default())), none)
            }
            Address::Instance(resource_type, id) => (Interaction::Read { resource_type, id }, params),
            Address::Version(resource_type, id, version) => {
                (Interaction::VersionRead { resource_type, id, version }, params)
            }
            Address::History(resource_type, id) => (Interaction::History { resource_type, id, params }, none),
            Address::HistoryOf(resource_type) => (Interaction::HistoryOf { resource_type, params }, none),
            Address::Type(resource_type) => (Interaction::Search { resource_type, params }, none),
            Address::Operation(level, name) => {
                let input = OperationInput { query: params, body: None };
                (Interaction::Operation { name, level, input, is_get: true }, none)
            }
            Address::Base => (Interaction::SearchSystem { params }, none),
            Address::Compartment(owner, id, resource_type) => {
                (Interaction::SearchCompartment { owner: (owner, id), resource_type, params }, none)
            }
            Address::TypeSearch(_) | Address::SystemSearch | Address::CompartmentSearch(..) => return None,
        })
    }
}

impl Interaction {
    /// True when it may change something.
    pub fn is_write(&self) -> bool {
        matches!(
            self,
            Interaction::Create { .. }
                | Interaction::Update { .. }
                | Interaction::Patch { .. }
                | Interaction::Delete { .. }
                | Interaction::Bundle(_)
        )
    }
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

/// Whether an update may or must find a resource already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It changes the one that is there, else makes one.
    #[default]
    Either,
    /// `If-Match: *`: it changes, and makes nothing.
    Required,
    /// `If-None-Match: *`: it makes, and changes nothing.
    Refused,
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
            .expecting("W/\"<version>\" | *")
            .receiving(text)
    })
}

/// What `If-Match` and `If-None-Match` ask of a write: the version to be changed, and whether there must or must not be one.
pub fn parse_preconditions(
    if_match: Option<&str>,
    if_none_match: Option<&str>,
) -> Result<(Option<u32>, Existing), Problem> {
    let refused = match if_none_match.map(str::trim) {
        None => false,
        Some("*") => true,
        Some(other) => {
            return Err(Problem::new(
                Kind::Invalid,
                "Pour une écriture, If-None-Match n'a de sens qu'avec *.",
                "For a write, If-None-Match makes sense with * only.",
            )
            .at("If-None-Match")
            .expecting("*")
            .receiving(other));
        }
    };
    match (if_match.map(str::trim), refused) {
        (None, false) => Ok((None, Existing::Either)),
        (None, true) => Ok((None, Existing::Refused)),
        (Some("*"), false) => Ok((None, Existing::Required)),
        (Some(text), false) => Ok((Some(parse_if_match(text)?), Existing::Required)),
        (Some(_), true) => Err(Problem::new(
            Kind::Invalid,
            "If-Match et If-None-Match se contredisent.",
            "If-Match and If-None-Match contradict each other.",
        )),
    }
}

/// What a conditional read holds already (`If-None-Match`, `If-Modified-Since`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// `If-None-Match` as it was sent.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since` as it was sent: an HTTP date, or an instant within a Bundle.
    pub if_modified_since: Option<String>,
}

impl Held {
    /// True when the caller holds what an answer would show: 304. A tag decides alone when there is one (RFC 9110).
    pub fn is_current(&self, answer: &Answer) -> bool {
        if answer.status != 200 {
            return false;
        }
        if let Some(tags) = &self.if_none_match {
            let current = answer.version.map(|version| version.to_string());
            return tags.split(',').map(str::trim).any(|tag| {
                tag == "*" || Some(tag.trim_start_matches("W/").trim_matches('"')) == current.as_deref()
            });
        }
        match (self.if_modified_since.as_deref().and_then(moment), answer.last_updated) {
            // An HTTP date has whole seconds: what changed within the same second counts as held.
            (Some(since), Some(at)) => at.seconds() <= since.seconds(),
            _ => false,
        }
    }
}

/// An HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`) or an instant; `None` for anything else, which is then ignored.
fn moment(text: &str) -> Option<Instant> {
    let text = text.trim();
    let http_date =
        || jiff::fmt::rfc2822::parse(text).ok().map(|date| Instant::from_timestamp(date.timestamp()));
    Instant::parse(text).or_else(http_date)
}
