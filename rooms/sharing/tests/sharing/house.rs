//! A small house for the tests: one patient with a document, one physician of their team, one who is not, and a store of its own.

use serde_json::{Value, json};
use socle_gate::{Gate, Matrix, Options, PlatformKeys, StoreConfig};
use socle_kernel::principal::{Citizen, Principal, Profession, Professional, Subject, WorkSituation};
use socle_kernel::{Capacity, Instant, Key, Lang, ManualClock, Problem, Purpose, ResourceType, SeededChance};
use socle_pipeline::{
    Answer, Form, Identified, Interaction, Method, PageAnswer, PageCall, Pipeline, Prefer, Settings,
};
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;

/// The moment at which every test starts.
pub const NOW: &str = "2026-11-21T10:00:00Z";

/// The house.
pub struct House {
    /// The pipeline with the room on it.
    pub pipeline: Pipeline,
    /// `Patient/p`, for citizens.
    patient: Key,
    doctors: HashMap<&'static str, Key>,
    _folder: TempDir,
}

impl House {
    /// Opens a house with its people.
    pub async fn open() -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(Instant::parse(NOW).unwrap());
        let options = Options {
            store: StoreConfig::new(folder.path()),
            keys: PlatformKeys::from_bytes([7; 32]),
            clock: Arc::new(clock),
            chance: Arc::new(SeededChance::new(1)),
            matrix: Matrix::shipped(),
        };
        let gate = Gate::open(options).await.unwrap();
        let settings = Settings {
            base_url: "https://sante.example".into(),
            is_demo: true,
            version: "test",
            ..Settings::default()
        };
        let pipeline = Pipeline::new(gate, settings, vec![socle_sharing::room()]);
        let people = pipeline
            .run(
                pipeline.session(&identified(operator()), "people"),
                Interaction::Bundle(people()),
                Prefer::default(),
            )
            .await
            .into_inner();
        people.unwrap();
        let session = pipeline.session(&identified(operator()), "keys");
        let mut keys = HashMap::new();
        for (name, id) in [("Patient", "p"), ("Practitioner", "anne"), ("Practitioner", "paul")] {
            let resource_type: ResourceType = name.parse().unwrap();
            keys.insert(id, session.resolve(resource_type, id).await.unwrap().unwrap());
        }
        let _ = session.close(Ok(())).await;
        House { pipeline, patient: keys["p"], doctors: keys, _folder: folder }
    }

    /// A physician: `anne` is in the care team, `paul` is not.
    pub fn doctor(&self, id: &'static str) -> Principal {
        let rpps = if id == "anne" { "10100000001" } else { "10100000002" };
        Principal {
            subject: Subject::Professional(Professional {
                account: id.into(),
                practitioner: self.doctors[id],
                rpps: rpps.into(),
                profession: Profession("10".into()),
                specialty: None,
                situation: WorkSituation {
                    role: None,
                    organization: None,
                    name: "Cabinet des Halles".into(),
                    sector: "SA07".into(),
                },
                name: format!("Dr {id}"),
                may_regulate: false,
            }),
            scopes: Vec::new(),
            client: "socle".into(),
        }
    }

    /// The person themself, or their carer.
    pub fn citizen(&self, capacity: Capacity) -> Principal {
        Principal {
            subject: Subject::Citizen(Citizen {
                account: "claire".into(),
                own: Some(self.patient),
                person: self.patient,
                capacity,
                name: "Claire ROUX".into(),
            }),
            scopes: Vec::new(),
            client: "socle".into(),
        }
    }

    /// One interaction of one caller.
    pub async fn ask(&self, who: &Principal, interaction: Interaction) -> Result<Answer, Problem> {
        let session = self.pipeline.session(&identified(who.clone()), "r");
        self.pipeline.run(session, interaction, Prefer::default()).await.into_inner()
    }

    /// Publishes one resource.
    pub async fn create(&self, who: &Principal, resource: Value) -> Result<Answer, Problem> {
        let resource_type: ResourceType = resource["resourceType"].as_str().unwrap().parse().unwrap();
        self.ask(who, Interaction::Create { resource_type, resource, if_none_exist: None }).await
    }

    /// Reads a resource.
    pub async fn read(&self, who: &Principal, name: &str, id: &str) -> Result<Answer, Problem> {
        self.ask(who, Interaction::Read { resource_type: name.parse().unwrap(), id: id.into() }).await
    }

    /// Opens a page by its address (with its query).
    pub async fn get(&self, who: &Principal, address: &str) -> Result<PageAnswer, Problem> {
        self.page(who, Method::Get, address, Form::default()).await
    }

    /// Sends a form.
    pub async fn post(&self, who: &Principal, address: &str, mut form: Form) -> Result<PageAnswer, Problem> {
        form.fields.push(("csrf".into(), "jeton".into()));
        self.page(who, Method::Post, address, form).await
    }

    async fn page(
        &self,
        who: &Principal,
        method: Method,
        address: &str,
        form: Form,
    ) -> Result<PageAnswer, Problem> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let found = self
            .pipeline
            .pages()
            .iter()
            .filter(|(_, page)| page.method == method)
            .find_map(|(_, page)| matched(page.path, path).map(|params| (*page, params)));
        let (page, params) = found.unwrap_or_else(|| panic!("no page answers {path}"));
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let call = PageCall {
            pipeline: self.pipeline.clone(),
            method,
            path: path.into(),
            params,
            query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            form,
            headers: Vec::new(),
            lang: Lang::Fr,
            identified: identified(who.clone()),
            peer: "test".into(),
            request: "r".into(),
            now: self.pipeline.gate().clock().now(),
        };
        self.pipeline.run_page(&page, &call).await.into_inner()
    }
}

fn matched(pattern: &str, path: &str) -> Option<HashMap<String, String>> {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut params = HashMap::new();
    for (expected, found) in pattern.into_iter().zip(path) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                params.insert(name.to_owned(), found.to_owned());
            }
            None if expected == found => {}
            None => return None,
        }
    }
    Some(params)
}

/// The operator's own commands.
pub fn operator() -> Principal {
    Principal::operator("test")
}

fn identified(principal: Principal) -> Identified {
    let purpose = if principal.citizen().is_some() { Purpose::Own } else { Purpose::Care };
    Identified { principal: Arc::new(principal), purpose, csrf: "jeton".into(), ..Identified::anonymous() }
}

fn people() -> Value {
    let put = |resource: Value| {
        let url =
            format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        json!({ "resource": resource, "request": { "method": "PUT", "url": url } })
    };
    let doctor = |id: &str, family: &str, rpps: &str| {
        put(
            json!({ "resourceType": "Practitioner", "id": id, "name": [{ "family": family, "given": ["Dr"] }],
            "identifier": [{ "system": "https://rpps.esante.gouv.fr", "value": rpps }] }),
        )
    };
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
        put(json!({ "resourceType": "Patient", "id": "p", "birthDate": "1979-03-12", "gender": "female",
            "identifier": [{ "system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989" }],
            "name": [{ "use": "official", "family": "ROUX", "given": ["Claire"] }] })),
        doctor("anne", "MARTIN", "10100000001"),
        doctor("paul", "LEROY", "10100000002"),
        put(json!({ "resourceType": "CareTeam", "id": "team", "status": "active", "subject": { "reference": "Patient/p" },
            "participant": [{ "member": { "reference": "Practitioner/anne" } }] })),
        put(json!({ "resourceType": "DocumentReference", "id": "d", "status": "current", "subject": { "reference": "Patient/p" },
            "type": { "coding": [{ "system": "http://loinc.org", "code": "11502-2" }] },
            "content": [{ "attachment": { "contentType": "text/plain", "url": "https://ailleurs.example/d", "title": "CR de biologie" } }] })),
    ] })
}
