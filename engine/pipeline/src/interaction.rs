//! What a caller wants of the FHIR API, and what they get, free of any protocol.

use bytes::Bytes;
use serde_json::Value;
use socle_kernel::{Instant, Issue, Lang, ResourceType};

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
    /// What a write gives back.
    pub returned: Returned,
    /// True to ignore unknown search parameters (`handling=lenient`).
    pub is_lenient: bool,
    /// Language of messages.
    pub lang: Lang,
    /// True when a `Binary` is wanted as FHIR JSON rather than as its bytes.
    pub binary_as_resource: bool,
}

/// What a write gives back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Returned {
    /// The resource as stored.
    #[default]
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
