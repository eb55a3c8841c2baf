//! A line of the log as a FHIR `AuditEvent`, in the form of IHE BALP (Basic Audit Log Patterns): who, through which
//! application, at which server; the patient, the resources, the search and the request.

use crate::audit::{Deed, Entity, Entry, Outcome, decode_key};
use serde_json::{Value, json};
use socle_kernel::{IdCipher, Key};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
/// Networks are told by what names the ends of a request here: the application and the platform, not their machines.
const URI: &str = "5";

impl Entry {
    /// The entry as a FHIR `AuditEvent`.
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
        let (event_type, event_system, sub_system) = if self.is_session() {
            ("110114", DCM, DCM)
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
            "agent": self.agents(cipher),
            "source": { "observer": { "display": "Socle" },
                "type": [{ "system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4", "display": "Application Server" }] },
        });
        if let Some(profile) = self.profile(patient) {
            event["meta"]["profile"] = json!([profile]);
        }
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

    fn is_session(&self) -> bool {
        matches!(self.deed, Deed::SignIn | Deed::SignOut | Deed::SignInRefused)
    }

    /// The BALP pattern this line is an instance of. A line that names several resources of one act, a refusal and a
    /// sign-in are of none.
    fn profile(&self, patient: Option<Key>) -> Option<String> {
        if self.outcome != Outcome::Done {
            return None;
        }
        let pattern = match self.deed {
            Deed::Read => "Read",
            Deed::Create => "Create",
            Deed::Update | Deed::Label => "Update",
            Deed::Delete => "Delete",
            Deed::Search | Deed::Identify | Deed::ReadLog if !self.query.is_empty() => "Query",
            _ => return None,
        };
        let is_one = pattern == "Query" || self.what.len() == 1;
        is_one.then(|| format!("{PROFILES}{}{pattern}", if patient.is_some() { "Patient" } else { "" }))
    }

    /// Who asked, then the two ends of the request.
    fn agents(&self, cipher: &IdCipher) -> Vec<Value> {
        let mut agents = vec![self.person(cipher)];
        if self.is_session() {
            return agents;
        }
        let dcm = |code: &str, display: &str| json!({ "coding": [{ "system": DCM, "code": code, "display": display }] });
        let (source, destination) = (dcm("110153", "Source Role ID"), dcm("110152", "Destination Role ID"));
        let (client, server) = match self.deed {
            Deed::Read => (destination, source),
            Deed::Delete => (
                dcm("110150", "Application"),
                json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "custodian", "display": "Custodian" }] }),
            ),
            _ => (source, destination),
        };
        let end = |role: Value, name: &str, address: String| json!({ "type": role, "who": { "display": name }, "requestor": false, "network": { "address": address, "type": URI } });
        let name = if self.client.is_empty() { "socle" } else { self.client.as_str() };
        agents.push(end(client, name, format!("urn:socle:client:{name}")));
        agents.push(end(server, "Socle", "urn:socle:platform".to_owned()));
        agents
    }

    fn person(&self, cipher: &IdCipher) -> Value {
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
        let object_role =
            |code: &str, display: &str| json!({ "system": OBJECT_ROLE, "code": code, "display": display });
        let entity_type =
            |code: &str, display: &str| json!({ "system": ENTITY_TYPE, "code": code, "display": display });
        let reference =
            |key: Key| json!({ "reference": format!("{}/{}", key.resource_type, cipher.seal(key)) });
        let mut entities = Vec::new();
        if let Some(patient) = patient {
            entities.push(json!({ "what": reference(patient), "type": entity_type("1", "Person"), "role": object_role("1", "Patient") }));
        }
        // The patient's own resource is data as well, when the act was about it.
        for key in self.what.iter().filter_map(Entity::key) {
            entities.push(json!({ "what": reference(key), "type": entity_type("2", "System Object"), "role": object_role("4", "Domain Resource") }));
        }
        if !self.query.is_empty() {
            entities
                .push(json!({ "type": entity_type("2", "System Object"), "role": object_role("24", "Query"),
                "query": data_encoding::BASE64.encode(self.query.as_bytes()) }));
        }
        if !self.request.is_empty() && !self.is_session() {
            entities.push(json!({ "what": { "identifier": { "value": self.request } },
                "type": { "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "code": "XrequestId" } }));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use socle_kernel::{HomeId, Instant, Principal, Seq, resource_type};

    fn entry(deed: Deed, what: usize, query: &str) -> Entry {
        let key = |number: usize| Key {
            home: HomeId::new(1 << 20).unwrap(),
            resource_type: resource_type::OBSERVATION,
            seq: Seq::new(number as u64 + 1).unwrap(),
        };
        Entry {
            at: Instant(0),
            deed,
            outcome: Outcome::Done,
            who: audit::actor(&Principal::operator("essai")),
            client: "demo-app".into(),
            purpose: "care".into(),
            reason: None,
            basis: "system".into(),
            what: (0..what).map(|number| Entity::new(key(number), 1)).collect(),
            about: "Observation".into(),
            query: query.into(),
            found: None,
            request: "r1".into(),
            operation: String::new(),
        }
    }

    fn event(entry: &Entry) -> Value {
        let home = HomeId::new(1 << 20).unwrap();
        let patient = Key { home, resource_type: resource_type::PATIENT, seq: Seq::new(7).unwrap() };
        let event = entry.to_audit_event(patient, &IdCipher::new(&[3; 16]), Some(patient));
        assert!(socle_fhir::check(&event).is_empty(), "{:?}", socle_fhir::check(&event));
        event
    }

    /// How many agents or entities have a code as their type.
    fn count(list: &Value, code: &str) -> usize {
        let of = |item: &&Value| item["type"]["code"] == code || item["type"]["coding"][0]["code"] == code;
        list.as_array().unwrap().iter().filter(of).count()
    }

    #[test]
    fn each_deed_is_an_instance_of_its_pattern() {
        for (deed, what, query, pattern, action, client, server) in [
            (Deed::Read, 1, "", "PatientRead", "R", "110152", "110153"),
            (Deed::Create, 1, "", "PatientCreate", "C", "110153", "110152"),
            (Deed::Update, 1, "", "PatientUpdate", "U", "110153", "110152"),
            (Deed::Label, 1, "", "PatientUpdate", "U", "110153", "110152"),
            (Deed::Delete, 1, "", "PatientDelete", "D", "110150", "custodian"),
            (Deed::Search, 3, "code=x", "PatientQuery", "E", "110153", "110152"),
        ] {
            let event = event(&entry(deed, what, query));
            assert_eq!(event["meta"]["profile"][0], format!("{PROFILES}{pattern}"));
            assert_eq!((event["action"].as_str(), event["outcome"].as_str()), (Some(action), Some("0")));
            let (agents, entities) = (&event["agent"], &event["entity"]);
            assert_eq!([count(agents, client), count(agents, server), count(agents, "IRCP")], [1, 1, 1]);
            for agent in agents.as_array().unwrap().iter().skip(1) {
                assert!(agent["network"]["address"].is_string() && agent["who"].is_object());
            }
            assert_eq!(count(entities, "1"), 1, "the patient");
            assert_eq!(count(entities, "XrequestId"), 1);
            let searches =
                entities.as_array().unwrap().iter().filter(|entity| entity["role"]["code"] == "24").count();
            assert_eq!(searches, usize::from(!query.is_empty()));
            assert_eq!(count(entities, "2"), what + searches);
        }
    }

    #[test]
    fn what_is_no_instance_of_a_pattern_claims_none() {
        let refused = Entry { outcome: Outcome::Refused, ..entry(Deed::Read, 1, "") };
        for entry in
            [refused, entry(Deed::Read, 2, ""), entry(Deed::SignIn, 0, ""), entry(Deed::Search, 1, "")]
        {
            assert!(event(&entry)["meta"]["profile"].is_null(), "{:?}", entry.deed);
        }
    }
}
