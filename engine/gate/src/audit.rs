//! The entries of the audit log: who did what to which resource, for what, with what result. Their FHIR face is in `audit_event.rs`.

use crate::decide::Act;
use serde::{Deserialize, Serialize};
use socle_kernel::{Capacity, Instant, Key, Principal, Purpose, Subject, ids};

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done.
    Done,
    /// Refused by the gate.
    Refused,
    /// Failed for another reason.
    Failed,
}

/// What was done, in the words of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A resource was read.
    Read,
    /// A list was made or a search answered.
    Search,
    /// A resource was made.
    Create,
    /// A resource was changed.
    Update,
    /// A resource was deleted.
    Delete,
    /// Labels changed: hidden or shown.
    Label,
    /// A person was looked for by identity.
    Identify,
    /// Signed in.
    SignIn,
    /// Signed out.
    SignOut,
    /// Sign-in refused.
    SignInRefused,
    /// The log itself was read.
    ReadLog,
}

impl From<Act> for Deed {
    fn from(act: Act) -> Self {
        match act {
            Act::Read => Deed::Read,
            Act::Create => Deed::Create,
            Act::Update => Deed::Update,
            Act::Delete => Deed::Delete,
        }
    }
}

/// Who did it, as known at that moment: the log does not change when a name does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `professional`, `citizen`, `system` or `anonymous`.
    pub kind: String,
    /// Name as shown.
    pub name: String,
    /// Identifier: RPPS, login or client id.
    pub identifier: String,
    /// Profession code, for professionals.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub profession: String,
    /// Name of the place of work, for professionals.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Key of the `Practitioner` or `Patient` who acted, as hexadecimal digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// In what capacity, for citizens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
}

/// One resource an act was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Its key, as hexadecimal digits of [`Key::to_block`].
    pub key: String,
    /// Version read or written.
    pub version: u32,
}

impl Entity {
    /// Names a resource and its version.
    pub fn new(key: Key, version: u32) -> Self {
        Entity { key: data_encoding::HEXLOWER.encode(&key.to_block()), version }
    }

    /// Which resource.
    pub fn key(&self) -> Option<Key> {
        decode_key(&self.key)
    }
}

/// Reads a key written as hexadecimal digits.
pub fn decode_key(text: &str) -> Option<Key> {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
    Key::from_block(bytes.try_into().ok()?)
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// What.
    pub deed: Deed,
    /// With what result.
    pub outcome: Outcome,
    /// Who.
    pub who: Actor,
    /// Through which application.
    pub client: String,
    /// What for.
    pub purpose: String,
    /// The reason given, for emergency and regulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it was allowed or refused (codes of [`crate::Relation`] and [`crate::Reason`]).
    pub basis: String,
    /// Which resources; the type alone for a search that found nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<Entity>,
    /// Type searched or refused, when no resource is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The search as it was asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// How many resources a search found in all, shown on the page or only counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<u64>,
    /// Code of the operation (`$name`) in whose course it was done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operation: String,
    /// Request id, to find the trace.
    pub request: String,
}

/// The actor behind a principal.
pub fn actor(principal: &Principal) -> Actor {
    let hex = |key: Key| data_encoding::HEXLOWER.encode(&key.to_block());
    let blank = Actor {
        kind: "anonymous".into(),
        name: principal.display_name().into(),
        identifier: String::new(),
        profession: String::new(),
        place: String::new(),
        key: String::new(),
        capacity: None,
    };
    match &principal.subject {
        Subject::Anonymous => blank,
        Subject::Citizen(citizen) => Actor {
            kind: "citizen".into(),
            identifier: citizen.account.clone(),
            key: citizen.own.map(hex).unwrap_or_default(),
            capacity: Some(citizen.capacity),
            ..blank
        },
        Subject::Professional(professional) => Actor {
            kind: "professional".into(),
            identifier: professional.rpps.clone(),
            profession: professional.profession.0.clone(),
            place: professional.situation.name.clone(),
            key: hex(professional.practitioner),
            ..blank
        },
        Subject::System(system) => {
            Actor { kind: "system".into(), identifier: system.client_id.clone(), ..blank }
        }
    }
}

/// Describes a purpose for an entry: code and reason.
pub fn purpose(purpose: &Purpose) -> (String, Option<String>) {
    (purpose.code().to_owned(), purpose.reason().map(str::to_owned))
}

impl Entry {
    /// The entry as stored.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an entry holds nothing that JSON cannot")
    }

    /// An entry from the store.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// The key under which a line of a home's log is an `AuditEvent`.
pub fn event_key(home: socle_kernel::HomeId, seq: ids::Seq) -> Key {
    Key { home, resource_type: socle_kernel::resource_type::AUDIT_EVENT, seq }
}
