//! A small region on a real store: two citizens, a child, a doctor in two places, a program; and a clock moved by hand.

use crate::accounts::{self, Account, NewAccount, Role};
use crate::totp;
use serde_json::{Value, json};
use socle_gate::policy::REPRESENTATION_SYSTEM;
use socle_gate::{Gate, Matrix, Options, PlatformKeys, StoreConfig};
use socle_kernel::{Clock, Instant, ManualClock, Principal, Purpose, SystemChance, Words};
use socle_pipeline::{Interaction, Pipeline, Prefer, Settings};
use std::sync::Arc;

pub(super) const PASSWORD: &str = "quatre mots sans lien";
const TEST: &str = "urn:oid:1.2.250.1.213.1.4.10";
const RPPS: &str = "https://rpps.esante.gouv.fr";
pub(super) const CITIZEN_INS: &str = "277010115400329";
const CHILD_INS: &str = "185012A00100110";
const OTHER_INS: &str = "185012B00100137";

pub(super) struct Region {
    pub pipeline: Pipeline,
    pub clock: ManualClock,
    pub patient: String,
    pub child: String,
    secret: String,
    _folder: tempfile::TempDir,
}

impl Region {
    pub(super) async fn open(is_demo: bool) -> Region {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = ManualClock::at(Instant::parse("2026-11-21T14:00:00Z").expect("a moment"));
        let options = Options {
            store: StoreConfig::new(folder.path()),
            keys: PlatformKeys::from_bytes([7; 32]),
            clock: Arc::new(clock.clone()),
            chance: Arc::new(SystemChance),
            matrix: Matrix::shipped(),
        };
        let gate = Gate::open(options).await.expect("a store");
        let settings = |is_demo| Settings {
            base_url: "https://sante.example".into(),
            is_demo,
            version: "0",
            ..Settings::default()
        };
        // Invented people are made as a demonstration makes them, whatever the platform then is.
        let seeding = Pipeline::new(gate.clone(), settings(true), vec![crate::room()]);
        let patient = make(&seeding, person(CITIZEN_INS, "GARCIA", "SARAH-LOU", "1977-01-21")).await;
        let child = make(&seeding, person(CHILD_INS, "GARCIA", "LINA", "2025-05-02")).await;
        make(&seeding, person(OTHER_INS, "PETIT", "MARC", "1960-02-03")).await;
        make(&seeding, related(&child)).await;
        let secret = accounts::draw_totp_secret(&SystemChance);
        let pipeline = Pipeline::new(gate, settings(is_demo), vec![crate::room()]);
        make_directory(&seeding).await;
        let region = Region { pipeline, clock, patient, child, secret, _folder: folder };
        region.make_accounts().await;
        region
    }

    /// The code that the person's application shows now.
    pub(super) fn code(&self) -> String {
        totp::code_at(&self.secret, self.clock.now())
    }

    async fn make_accounts(&self) {
        let ins = |value: &str| (TEST.to_owned(), value.to_owned());
        let citizen = self.account("citoyen-1", Role::Citizen, Some(ins(OTHER_INS)), None);
        let parent = NewAccount {
            represents: vec![ins(CHILD_INS), ins(OTHER_INS)],
            ..self.account("parent-1", Role::Citizen, Some(ins(CITIZEN_INS)), None)
        };
        let number = (RPPS.to_owned(), "10999000014".to_owned());
        let doctor = self.account("medecin-1", Role::Professional, None, Some(number));
        let program = NewAccount { totp_secret: None, ..self.account("systeme-1", Role::System, None, None) };
        let administrator = self.account("administrateur-1", Role::Administrator, None, None);
        for account in [citizen, parent, doctor, program, administrator] {
            accounts::create(&self.pipeline, account).await.expect("an account");
        }
    }

    pub(super) fn account(
        &self,
        login: &str,
        role: Role,
        ins: Option<(String, String)>,
        practitioner: Option<(String, String)>,
    ) -> NewAccount {
        NewAccount {
            login: login.into(),
            role,
            name: format!("Nom de {login}"),
            note: Words::new("Une phrase.", "One sentence."),
            password: PASSWORD.into(),
            totp_secret: Some(self.secret.clone()),
            ins,
            practitioner,
            may_regulate: false,
            represents: Vec::new(),
        }
    }

    pub(super) async fn load(&self, login: &str) -> Account {
        accounts::find(&self.pipeline, login).await.expect("a store").expect("an account")
    }
}

async fn make(pipeline: &Pipeline, resource: Value) -> String {
    let operator = Arc::new(Principal::operator("test"));
    let session = pipeline.gate().session(operator, Purpose::Administration, "test");
    let resource_type = resource["resourceType"].as_str().and_then(|name| name.parse().ok()).expect("a type");
    let create = Interaction::Create { resource_type, resource, if_none_exist: None };
    let answer = pipeline.run(session, create, Prefer::default()).await.into_inner().expect("written");
    let location = answer.location.expect("a location");
    location.split('/').nth(1).expect("Type/id").to_owned()
}

fn person(ins: &str, family: &str, given: &str, birth_date: &str) -> Value {
    json!({ "resourceType": "Patient", "birthDate": birth_date, "gender": "female",
        "identifier": [{ "use": "official", "system": TEST, "value": ins }],
        "name": [{ "use": "official", "family": family, "given": [given] }] })
}

fn related(child: &str) -> Value {
    json!({ "resourceType": "RelatedPerson", "patient": { "reference": format!("Patient/{child}") },
        "identifier": [{ "system": TEST, "value": CITIZEN_INS }],
        "relationship": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH" },
            { "system": REPRESENTATION_SYSTEM, "code": "LEGAL" }] }],
        "name": [{ "family": "GARCIA", "given": ["SARAH-LOU"] }] })
}

async fn make_directory(pipeline: &Pipeline) {
    let practitioner = json!({ "resourceType": "Practitioner",
        "identifier": [{ "system": RPPS, "value": "10999000014" }],
        "name": [{ "use": "official", "family": "MARTIN", "given": ["Anne"], "prefix": ["MME"], "suffix": ["DR"] }],
        "qualification": [{ "code": { "coding": [{ "code": "10", "system":
            "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante" }] } }] });
    let practitioner = make(pipeline, practitioner).await;
    for (name, sector) in [("Cabinet médical des Halles", "SA07"), ("Centre hospitalier du Bocage", "SA01")]
    {
        let organization = json!({ "resourceType": "Organization", "name": name,
            "type": [{ "coding": [{ "code": sector, "system":
                "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite" }] }] });
        let organization = make(pipeline, organization).await;
        let role = json!({ "resourceType": "PractitionerRole", "active": true,
            "practitioner": { "reference": format!("Practitioner/{practitioner}") },
            "organization": { "reference": format!("Organization/{organization}") } });
        make(pipeline, role).await;
    }
}
