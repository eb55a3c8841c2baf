//! The entries of the audit log: who did what to which resource, for what, with what result; and their FHIR face.

use crate::decide::Act;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socle_kernel::{Capacity, IdCipher, Instant, Key, Principal, Purpose, Subject, ids};

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

    /// The entry as a FHIR `AuditEvent` (shaped after IHE BALP: agent, source, patient and data entities).
    pub fn to_audit_event(&self, key: Key, cipher: &IdCipher, patient: Option<Key>) -> Value {
        let (action, sub_type, sub_display) = match self.deed {
            Deed::Read => ("R", "read", "read"),
            Deed::Search | Deed::Identify | Deed::ReadLog => ("E", "search", "search"),
            Deed::Create => ("C", "create", "create"),
            Deed::Update | Deed::Label => ("U", "update", "update"),
            Deed::Delete => ("D", "delete", "delete"),
            Deed::SignIn | Deed::SignInRefused => ("E", "110122", "Login"),
            Deed::SignOut => ("E", "110123", "Logout"),
        };
        let is_session = matches!(self.deed, Deed::SignIn | Deed::SignOut | Deed::SignInRefused);
        let (event_type, event_system, sub_system) = if is_session {
            (
                "110114",
                "http://dicom.nema.org/resources/ontology/DCM",
                "http://dicom.nema.org/resources/ontology/DCM",
            )
        } else {
            (
                "rest",
                "http://terminology.hl7.org/CodeSystem/audit-event-type",
                "http://hl7.org/fhir/restful-interaction",
            )
        };
        let (outcome, outcome_text) = match self.outcome {
            Outcome::Done => ("0", None),
            Outcome::Refused => ("4", Some(format!("refused: {}", self.basis))),
            Outcome::Failed => ("8", Some("failed".to_owned())),
        };
        let mut event = json!({
            "resourceType": "AuditEvent",
            "id": cipher.seal(key),
            "meta": { "versionId": "1", "lastUpdated": self.at.to_string() },
            "type": { "system": event_system, "code": event_type },
            "subtype": [{ "system": sub_system, "code": sub_type, "display": sub_display }],
            "action": action,
            "recorded": self.at.to_string(),
            "outcome": outcome,
            "purposeOfEvent": [{ "coding": [purpose_coding(&self.purpose)], "text": self.reason.clone().unwrap_or_else(|| self.purpose.clone()) }],
            "agent": [self.agent(cipher)],
            "source": { "observer": { "display": "Socle" },
                "type": [{ "system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4", "display": "Application Server" }] },
        });
        if let Some(text) = outcome_text {
            event["outcomeDesc"] = text.into();
        }
        if !self.operation.is_empty()
            && let Some(sub_types) = event["subtype"].as_array_mut()
        {
            sub_types.push(json!({ "system": sub_system, "code": "operation", "display": "operation" }));
            sub_types.push(json!({ "system": "urn:socle:operation", "code": self.operation }));
        }
        let entities = self.entities(cipher, patient);
        if !entities.is_empty() {
            event["entity"] = entities.into();
        }
        event
    }

    fn agent(&self, cipher: &IdCipher) -> Value {
        let mut who = json!({ "display": self.who.name });
        if let Some(key) = decode_key(&self.who.key) {
            who["reference"] = format!("{}/{}", key.resource_type, cipher.seal(key)).into();
        }
        if !self.who.identifier.is_empty() {
            who["identifier"] = json!({ "value": self.who.identifier });
        }
        let mut agent = json!({
            "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP", "display": "information recipient" }] },
            "who": who,
            "name": self.who.name,
            "requestor": true,
            "policy": [format!("urn:socle:basis:{}", self.basis)],
        });
        if !self.who.profession.is_empty() {
            agent["role"] = json!([{ "coding": [{ "system": "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante", "code": self.who.profession }], "text": self.who.place }]);
        }
        agent
    }

    fn entities(&self, cipher: &IdCipher, patient: Option<Key>) -> Vec<Value> {
        let object_role = |code: &str, display: &str| json!({ "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": code, "display": display });
        let reference =
            |key: Key| json!({ "reference": format!("{}/{}", key.resource_type, cipher.seal(key)) });
        let mut entities = Vec::new();
        if let Some(patient) = patient {
            entities.push(json!({ "what": reference(patient),
                "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1", "display": "Person" },
                "role": object_role("1", "Patient") }));
        }
        for key in self.what.iter().filter_map(Entity::key).filter(|key| Some(*key) != patient) {
            entities.push(json!({ "what": reference(key),
                "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2", "display": "System Object" },
                "role": object_role("4", "Domain Resource") }));
        }
        if !self.query.is_empty() {
            entities.push(json!({
                "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "2", "display": "System Object" },
                "role": object_role("24", "Query"),
                "query": data_encoding::BASE64.encode(self.query.as_bytes()) }));
        }
        entities
    }
}

fn purpose_coding(code: &str) -> Value {
    let v3 =
        |code: &str| json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": code });
    match code {
        "care" => v3("TREAT"),
        "break-glass" => v3("BTG"),
        "regulation" => v3("ETREAT"),
        "research" => v3("HRESCH"),
        "self" => v3("PATRQT"),
        _ => v3("HOPERAT"),
    }
}

/// The key under which a line of a home's log is an `AuditEvent`.
pub fn event_key(home: socle_kernel::HomeId, seq: ids::Seq) -> Key {
    Key { home, resource_type: socle_kernel::resource_type::AUDIT_EVENT, seq }
}
