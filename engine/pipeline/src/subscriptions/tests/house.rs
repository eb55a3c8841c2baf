//! One patient, a physician of their team and one who is not, a program, and a carrier that remembers what it was given.

use crate::interaction::{Answer, Interaction, Level, OperationInput, Patch, Prefer, Target};
use crate::jobs::{Owner, Runner};
use crate::room::{Authenticator, Credentials, Identified, Room};
use crate::subscriptions::{Carrier, Channel, Parcel, ParcelKind, room};
use crate::{Pipeline, Settings};
use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use socle_gate::{Gate, Matrix, Options, PlatformKeys, StoreConfig};
use socle_kernel::principal::{Citizen, Professional, System};
use socle_kernel::{
    Capacity, Clock, Instant, Key, ManualClock, Principal, Problem, Profession, Purpose, ResourceType,
    SeededChance, Subject, Words, WorkSituation,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// Stores opened so far: another chance for each, or a store opened again would draw the same homes.
static OPENED: AtomicU64 = AtomicU64::new(1);

/// Remembers what it carried, and refuses while it is told to.
#[derive(Default)]
pub struct Memory {
    pub carried: Mutex<Vec<(ParcelKind, Value)>>,
    pub is_refusing: Mutex<bool>,
    /// Address that never answers.
    pub silent: Mutex<Option<String>>,
}

#[async_trait]
impl Carrier for Memory {
    fn check(&self, _: &Channel, _: &Pipeline) -> Result<(), Problem> {
        Ok(())
    }

    async fn carry(&self, parcel: Parcel) -> Result<(), Words> {
        let silent = self.silent.lock().clone();
        if let (Channel::RestHook { endpoint, .. }, Some(silent)) = (&parcel.channel, silent)
            && *endpoint == silent
        {
            std::future::pending::<()>().await;
        }
        if *self.is_refusing.lock() {
            return Err(Words::new("L'adresse a répondu 503.", "The address answered 503."));
        }
        let body = serde_json::from_slice(&parcel.body).expect("a notification is JSON");
        self.carried.lock().push((parcel.kind, body));
        Ok(())
    }
}

/// Knows which grants were revoked.
#[derive(Default)]
pub struct Door(pub Mutex<Vec<String>>);

#[async_trait]
impl Authenticator for Door {
    async fn identify(&self, _: &Pipeline, _: &Credentials) -> Result<Identified, Problem> {
        Ok(Identified::anonymous())
    }

    async fn still_holds(&self, _: &Pipeline, owner: &Owner) -> Result<bool, Problem> {
        Ok(owner.grant.as_ref().is_none_or(|grant| !self.0.lock().contains(grant)))
    }
}

pub struct House {
    pub pipeline: Pipeline,
    pub clock: ManualClock,
    pub memory: Arc<Memory>,
    pub door: Arc<Door>,
    pub runner: Runner,
    folder: TempDir,
    patient: Option<Key>,
}

async fn open(folder: TempDir, clock: ManualClock) -> House {
    let options = Options {
        store: StoreConfig::new(folder.path()),
        keys: PlatformKeys::from_bytes([7; 32]),
        clock: Arc::new(clock.clone()),
        chance: Arc::new(SeededChance::new(OPENED.fetch_add(1, Ordering::SeqCst))),
        matrix: Matrix::shipped(),
    };
    let gate = Gate::open(options).await.unwrap();
    let (memory, door) = (Arc::new(Memory::default()), Arc::new(Door::default()));
    let settings = Settings {
        base_url: "https://sante.example".into(),
        is_demo: true,
        version: "test",
        ..Settings::default()
    };
    let identity = Room { name: "identity", authenticator: Some(door.clone()), ..Room::default() };
    let pipeline = Pipeline::new(gate, settings, vec![identity, room(memory.clone())]);
    let runner = Runner::new(pipeline.clone());
    House { pipeline, clock, memory, door, runner, folder, patient: None }
}

impl House {
    pub async fn new() -> House {
        let now = Instant::parse("2026-11-21T10:00:00Z").unwrap();
        let mut house = open(tempfile::tempdir().unwrap(), ManualClock::at(now)).await;
        let put = |url: &str, resource: Value| json!({ "resource": resource, "request": { "method": "PUT", "url": url } });
        let doctor = |id: &str, rpps: &str| {
            put(
                &format!("Practitioner/{id}"),
                json!({ "resourceType": "Practitioner", "id": id, "identifier": [{ "system": "https://rpps.esante.gouv.fr", "value": rpps }] }),
            )
        };
        let people = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
            doctor("anne", "10100000001"), doctor("paul", "10100000002"),
            put("Patient/p", json!({ "resourceType": "Patient", "id": "p", "name": [{ "family": "ROUX" }] })),
            put("CareTeam/t", json!({ "resourceType": "CareTeam", "id": "t", "status": "active", "subject": { "reference": "Patient/p" },
                "participant": [{ "member": { "reference": "Practitioner/anne" } }] })),
        ]});
        house.ask(&Principal::operator("test"), Interaction::Bundle(people)).await.unwrap();
        house.patient = Some(house.key("Patient", "p").await);
        // From here on changes count.
        house.work().await;
        house
    }

    /// The program is ended and started again: nothing of its memory is left.
    pub async fn again(self) -> House {
        self.pipeline.gate().close().await.unwrap();
        let House { folder, clock, patient, pipeline, runner, .. } = self;
        drop((pipeline, runner));
        House { patient, ..open(folder, clock).await }
    }

    async fn key(&self, name: &str, id: &str) -> Key {
        let session = self.pipeline.session_of(&Owner::operator("test"), "key");
        session.resolve(name.parse().unwrap(), id).await.unwrap().unwrap()
    }

    /// Both jobs, until they rest.
    pub async fn work(&self) -> Option<Instant> {
        self.runner.until_rest("subscriptions.match").await;
        self.runner.until_rest("subscriptions.attend").await
    }

    /// Time goes by, in steps, with the jobs at work.
    pub async fn wait(&self, time: Duration) {
        let end = self.clock.now().plus(time);
        while self.clock.now() < end {
            let until = self.work().await.unwrap_or(end).min(end);
            self.clock.set(until.max(self.clock.now().plus(Duration::from_millis(1))));
        }
        self.work().await;
    }

    pub async fn doctor(&self, id: &str) -> Principal {
        let rpps = if id == "anne" { "10100000001" } else { "10100000002" };
        Principal {
            subject: Subject::Professional(Professional {
                account: id.into(),
                practitioner: self.key("Practitioner", id).await,
                rpps: rpps.into(),
                profession: Profession("10".into()),
                specialty: None,
                situation: WorkSituation {
                    role: None,
                    organization: None,
                    name: "Cabinet".into(),
                    sector: "SA07".into(),
                },
                name: format!("Dr {id}"),
                may_regulate: false,
            }),
            scopes: vec!["user/*.cruds".into()],
            client: "logiciel".into(),
        }
    }

    pub fn program(&self, name: &str) -> Principal {
        Principal {
            subject: Subject::System(System {
                client_id: name.into(),
                name: name.into(),
                is_operator: false,
            }),
            scopes: vec!["system/*.cruds".into()],
            client: name.into(),
        }
    }

    pub fn citizen(&self) -> Principal {
        let patient = self.patient.expect("made");
        Principal {
            subject: Subject::Citizen(Citizen {
                account: "claire".into(),
                own: Some(patient),
                person: patient,
                capacity: Capacity::Own,
                name: "Claire ROUX".into(),
            }),
            scopes: vec!["patient/*.cruds".into()],
            client: "appli".into(),
        }
    }

    pub async fn ask(&self, who: &Principal, interaction: Interaction) -> Result<Answer, Problem> {
        let purpose = if who.citizen().is_some() { Purpose::Own } else { Purpose::Care };
        let identified = Identified {
            principal: Arc::new(who.clone()),
            purpose,
            grant: Some(format!("grant-{}", who.client)),
            ..Identified::anonymous()
        };
        let session = self.pipeline.session(&identified, "r");
        self.pipeline.run(session, interaction, Prefer::default()).await.into_inner()
    }

    pub async fn create(&self, who: &Principal, resource: Value) -> Result<Value, Problem> {
        let resource_type: ResourceType = resource["resourceType"].as_str().unwrap().parse().unwrap();
        let answer =
            self.ask(who, Interaction::Create { resource_type, resource, if_none_exist: None }).await?;
        Ok(serde_json::from_slice(&answer.body.unwrap()).unwrap())
    }

    pub async fn update(&self, who: &Principal, resource: Value) -> Result<Value, Problem> {
        let resource_type: ResourceType = resource["resourceType"].as_str().unwrap().parse().unwrap();
        let target = Target::Id(resource_type, resource["id"].as_str().unwrap().to_owned());
        let answer = self
            .ask(who, Interaction::Update { target, resource, if_match: None, existing: Default::default() })
            .await?;
        Ok(serde_json::from_slice(&answer.body.unwrap()).unwrap())
    }

    pub async fn read(&self, who: &Principal, name: &str, id: &str) -> Result<Value, Problem> {
        let interaction = Interaction::Read { resource_type: name.parse().unwrap(), id: id.into() };
        Ok(serde_json::from_slice(&self.ask(who, interaction).await?.body.unwrap()).unwrap())
    }

    pub async fn patch(
        &self,
        who: &Principal,
        name: &str,
        id: &str,
        patch: Value,
    ) -> Result<Answer, Problem> {
        let target = Target::Id(name.parse().unwrap(), id.to_owned());
        self.ask(who, Interaction::Patch { target, patch: Patch::Json(patch), if_match: None }).await
    }

    pub async fn delete(&self, who: &Principal, name: &str, id: &str) -> Result<Answer, Problem> {
        let target = Target::Id(name.parse().unwrap(), id.to_owned());
        self.ask(who, Interaction::Delete { target, if_match: None }).await
    }

    pub async fn operate(
        &self,
        who: &Principal,
        id: Option<&str>,
        name: &str,
        query: &[(&str, &str)],
    ) -> Result<Value, Problem> {
        let of_type = socle_kernel::resource_type::SUBSCRIPTION;
        let level = id.map_or(Level::Type(of_type), |id| Level::Instance(of_type, id.to_owned()));
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let input = OperationInput { query, body: None };
        let interaction = Interaction::Operation { name: name.into(), level, input, is_get: true };
        Ok(serde_json::from_slice(&self.ask(who, interaction).await?.body.unwrap()).unwrap())
    }

    /// A document about the patient.
    pub async fn document(&self, title: &str, labels: &[&str]) -> String {
        let labels: Vec<Value> = labels
            .iter()
            .map(|code| json!({ "coding": [{ "system": "https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument", "code": code }] }))
            .collect();
        let mut document = json!({ "resourceType": "DocumentReference", "status": "current",
            "type": { "coding": [{ "system": "http://loinc.org", "code": "11488-4" }] },
            "subject": { "reference": "Patient/p" }, "description": title,
            "content": [{ "attachment": { "contentType": "text/plain" } }] });
        if !labels.is_empty() {
            document["securityLabel"] = labels.into();
        }
        self.create(&self.program("labo"), document).await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// What was carried since the last look.
    pub fn taken(&self) -> Vec<(ParcelKind, Value)> {
        std::mem::take(&mut *self.memory.carried.lock())
    }

    pub async fn status(&self, who: &Principal, id: &str) -> String {
        self.read(who, "Subscription", id).await.unwrap()["status"].as_str().unwrap().to_owned()
    }
}

/// A subscription to a topic.
pub fn subscription(topic: &str, filters: &[&str], content: &str) -> Value {
    let guide = crate::subscriptions::GUIDE;
    let filters: Vec<Value> = filters
        .iter()
        .map(|filter| json!({ "url": format!("{guide}/backport-filter-criteria"), "valueString": filter }))
        .collect();
    let mut resource = json!({ "resourceType": "Subscription", "status": "requested", "reason": "Essai",
        "criteria": format!("https://socle.example/SubscriptionTopic/{topic}"),
        "channel": { "type": "rest-hook", "endpoint": "https://exemple.test/hook", "payload": "application/fhir+json",
            "header": ["Authorization: Bearer secret"],
            "_payload": { "extension": [{ "url": format!("{guide}/backport-payload-content"), "valueCode": content }] } } });
    if !filters.is_empty() {
        resource["_criteria"] = json!({ "extension": filters });
    }
    resource
}

/// Adds an extension to the channel.
pub fn with_channel(mut resource: Value, name: &str, member: &str, value: u64) -> Value {
    let guide = crate::subscriptions::GUIDE;
    let mut all = resource["channel"]["extension"].as_array().cloned().unwrap_or_default();
    all.push(json!({ "url": format!("{guide}/{name}"), member: value }));
    resource["channel"]["extension"] = all.into();
    resource
}

/// A parameter of the status of a notification.
pub fn parameter<'a>(notification: &'a Value, name: &str) -> Option<&'a Value> {
    let all = notification["entry"][0]["resource"]["parameter"].as_array()?;
    all.iter().find(|parameter| parameter["name"] == name)
}

/// Numbers of the events of a notification.
pub fn numbers(notification: &Value) -> Vec<u64> {
    let all = notification["entry"][0]["resource"]["parameter"].as_array().unwrap();
    let events = all.iter().filter(|parameter| parameter["name"] == "notification-event");
    events.map(|event| event["part"][0]["valueString"].as_str().unwrap().parse().unwrap()).collect()
}

/// The focus of the first event of a notification.
pub fn focus(notification: &Value) -> Option<&str> {
    let parts = parameter(notification, "notification-event")?["part"].as_array()?;
    parts.iter().find(|part| part["name"] == "focus")?["valueReference"]["reference"].as_str()
}
