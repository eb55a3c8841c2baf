//! The pipeline itself: rooms and gate together, and the two ways in (interactions and pages).

use crate::interaction::{Answer, Interaction, Prefer, parse_query_text};
use crate::jobs::{Job, Owner, Runner, Running};
use crate::operations::{Asked, Registry};
use crate::page::{Page, PageAnswer, PageCall};
use crate::room::{Authenticator, Credentials, Identified, Importer, Room, Rules};
use crate::turns::{self, Turns};
use crate::write;
use futures_util::future::BoxFuture;
use socle_gate::{Gate, Session, Traced};
use socle_kernel::{Kind, Problem, ResourceType};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// What the operator set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Public address of the platform without a final slash, as `https://sante.example`.
    pub base_url: String,
    /// True in a demonstration store: DÉMO is shown everywhere, demonstration sign-ins and tokens work.
    pub is_demo: bool,
    /// Version of the program.
    pub version: &'static str,
    /// True when a deletion by condition may mean several resources; otherwise it is refused (412).
    pub deletes_many: bool,
    /// True when a change of a resource must name its version (`If-Match`), else 428.
    pub requires_version: bool,
}

struct Inner {
    gate: Gate,
    settings: Settings,
    rules: HashMap<ResourceType, Arc<dyn Rules>>,
    pages: Vec<(&'static str, Page)>,
    authenticator: Option<Arc<dyn Authenticator>>,
    importer: Option<Arc<dyn Importer>>,
    jobs: Vec<Job>,
    calls: watch::Sender<u64>,
    live_calls: watch::Sender<u64>,
    operations: Registry,
    turns: Turns,
}

/// The pipeline. Cheap to clone.
#[derive(Clone)]
pub struct Pipeline(Arc<Inner>);

impl Pipeline {
    /// Puts the rooms on the gate. Two rooms must not rule the same type, nor two pages share an address.
    pub fn new(gate: Gate, settings: Settings, rooms: Vec<Room>) -> Self {
        let mut rules = HashMap::new();
        let mut pages: Vec<(&'static str, Page)> = Vec::new();
        let (mut authenticator, mut importer) = (None, None);
        let mut jobs: Vec<Job> = Vec::new();
        let mut operations = Registry::of_the_engine();
        for room in rooms {
            for resource_type in room.types {
                if let Some(room_rules) = &room.rules {
                    let taken = rules.insert(resource_type, room_rules.clone()).is_some();
                    assert!(!taken, "{resource_type} is ruled by two rooms; one is {}", room.name);
                }
            }
            for page in room.pages {
                let is_taken =
                    pages.iter().any(|(_, other)| other.method == page.method && other.path == page.path);
                assert!(!is_taken, "{} {} is answered twice", page.method.name(), page.path);
                pages.push((room.name, page));
            }
            for job in room.jobs {
                let is_taken = jobs.iter().any(|other| other.name == job.name);
                assert!(!is_taken, "two jobs are named {}", job.name);
                jobs.push(job);
            }
            for operation in room.operations {
                operations.add(operation);
            }
            if let Some(found) = room.authenticator {
                assert!(authenticator.is_none(), "two rooms tell callers apart; one is {}", room.name);
                authenticator = Some(found);
            }
            if let Some(found) = room.importer {
                assert!(importer.is_none(), "two rooms read documents of another form; one is {}", room.name);
                importer = Some(found);
            }
        }
        Pipeline(Arc::new(Inner {
            gate,
            settings,
            rules,
            pages,
            authenticator,
            importer,
            jobs,
            calls: watch::Sender::new(0),
            live_calls: watch::Sender::new(0),
            operations,
            turns: Turns::new(),
        }))
    }

    /// The gate.
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// What the operator set.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Address of the FHIR API.
    pub fn fhir_base(&self) -> String {
        format!("{}/fhir", self.0.settings.base_url)
    }

    /// Every page with the room it belongs to.
    pub fn pages(&self) -> &[(&'static str, Page)] {
        &self.0.pages
    }

    /// Every job, of the engine and of the rooms.
    pub fn jobs(&self) -> &[Job] {
        &self.0.jobs
    }

    /// Starts the jobs; stop them before the gate is closed.
    pub fn start_jobs(&self) -> Running {
        Runner::new(self.clone()).start()
    }

    /// Calls the jobs that wait to be called: a task was asked for or cancelled, there is something to deliver.
    pub fn wake_jobs(&self) {
        self.0.calls.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(crate) fn calls(&self) -> watch::Receiver<u64> {
        self.0.calls.subscribe()
    }

    /// Tells open connections that there may be something for them.
    pub(crate) fn call_live(&self) {
        self.0.live_calls.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes when there may be something for an open connection.
    pub fn live_calls(&self) -> watch::Receiver<u64> {
        self.0.live_calls.subscribe()
    }

    /// A session in the name of whoever asked for work earlier. Check [`Pipeline::still_holds`] first.
    pub fn session_of(&self, owner: &Owner, request: &str) -> Session {
        let principal = Arc::new(owner.principal.clone());
        self.0.gate.session(principal, owner.purpose.clone(), request).with_grant(owner.grant.clone())
    }

    /// May work that somebody asked for go on in their name?
    pub async fn still_holds(&self, owner: &Owner) -> Result<bool, Problem> {
        match &self.0.authenticator {
            Some(authenticator) => authenticator.still_holds(self, owner).await,
            // Nobody tells callers apart here: only the operator's own work goes on.
            None => Ok(owner.grant.is_none()),
        }
    }

    /// The operations that are offered, of the engine and of the rooms.
    pub fn operations(&self) -> &Registry {
        &self.0.operations
    }

    pub(crate) fn importer(&self) -> Option<&Arc<dyn Importer>> {
        self.0.importer.as_ref()
    }

    /// True when a room rules this type.
    pub(crate) fn is_ruled(&self, resource_type: ResourceType) -> bool {
        self.0.rules.contains_key(&resource_type)
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// The rules of every room, each once.
    pub(crate) fn all_rules(&self) -> Vec<Arc<dyn Rules>> {
        let mut all: Vec<Arc<dyn Rules>> = Vec::new();
        for rules in self.0.rules.values() {
            if !all.iter().any(|known| Arc::ptr_eq(known, rules)) {
                all.push(rules.clone());
            }
        }
        all
    }

    pub(crate) fn rules(&self, resource_type: ResourceType) -> Option<&Arc<dyn Rules>> {
        self.0.rules.get(&resource_type)
    }

    /// Who shows these credentials.
    pub async fn identify(&self, credentials: &Credentials) -> Result<Identified, Problem> {
        match &self.0.authenticator {
            Some(authenticator) => authenticator.identify(self, credentials).await,
            None => Ok(Identified::anonymous()),
        }
    }

    /// A session for a caller.
    pub fn session(&self, identified: &Identified, request: &str) -> Session {
        self.0
            .gate
            .session(identified.principal.clone(), identified.purpose.clone(), request)
            .with_purposes(identified.purposes.clone())
            .with_grant(identified.grant.clone())
    }

    /// Answers an interaction and closes the session: the trace is durable before the answer is out.
    pub async fn run(
        &self,
        session: Session,
        interaction: Interaction,
        prefer: Prefer,
    ) -> Traced<Result<Answer, Problem>> {
        let result = self.interact(&session, interaction, prefer).await;
        session.close(result).await
    }

    /// Answers a page and closes its session.
    pub async fn run_page(&self, page: &Page, call: &PageCall) -> Traced<Result<PageAnswer, Problem>> {
        let session = self.session(&call.identified, &call.request);
        let result = match crate::shape::admit(page, call) {
            Ok(()) => (page.handler)(call, &session).await,
            Err(problem) => Err(problem),
        };
        session.close(result).await
    }

    /// Answers an interaction within an open session; for pages and for entries of a Bundle.
    ///
    /// Boxed, because entries of a Bundle are interactions themselves.
    pub fn interact<'a>(
        &'a self,
        session: &'a Session,
        interaction: Interaction,
        prefer: Prefer,
    ) -> BoxFuture<'a, Result<Answer, Problem>> {
        Box::pin(self.answer(session, interaction, prefer))
    }

    async fn answer(
        &self,
        session: &Session,
        interaction: Interaction,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        if let Interaction::Capabilities(mode) = interaction {
            return Ok(self.capabilities(mode, session.now()));
        }
        let questions = turns::questions(&interaction);
        let _turns = self.0.turns.take(&questions).await;
        if !questions.is_empty() {
            // What somebody wrote while this one waited counts.
            session.refresh().await;
        }
        match interaction {
            Interaction::Capabilities(_) => unreachable!("answered above"),
            Interaction::Read { resource_type, id } => {
                self.read_definition_or(session, resource_type, &id, prefer).await
            }
            Interaction::VersionRead { resource_type, id, version } => {
                self.read_version(session, resource_type, &id, &version, prefer).await
            }
            Interaction::History { resource_type, id, params } => {
                self.history(session, resource_type, &id, &params).await
            }
            Interaction::Search { resource_type, params } => {
                self.search_with_definitions(session, resource_type, &params, prefer).await
            }
            Interaction::HistoryOf { resource_type, params } => {
                self.history_of(session, resource_type, &params).await
            }
            Interaction::SearchCompartment { owner, resource_type, params } => {
                let owner = (owner.0, owner.1.as_str());
                self.search_compartment(session, owner, resource_type, &params, prefer).await
            }
            Interaction::SearchSystem { params } => self.search_system(session, &params, prefer).await,
            Interaction::Create { resource_type, resource, if_none_exist } => {
                let if_none_exist = if_none_exist.as_deref().map(parse_query_text).transpose()?;
                self.write(
                    session,
                    write::Asked::Create { resource_type, if_none_exist },
                    Some(resource),
                    prefer,
                )
                .await
            }
            Interaction::Update { target, resource, if_match, existing } => {
                self.write(
                    session,
                    write::Asked::Update { target, if_match, existing },
                    Some(resource),
                    prefer,
                )
                .await
            }
            Interaction::Patch { target, patch, if_match } => {
                self.write(session, write::Asked::Patch { target, patch, if_match }, None, prefer).await
            }
            Interaction::Delete { target, if_match } => {
                self.write(session, write::Asked::Delete { target, if_match }, None, prefer).await
            }
            Interaction::Operation { name, level, input, is_get } => {
                self.operate(session, Asked { name, level, input, is_get }, prefer).await
            }
            Interaction::Bundle(bundle) => match bundle["type"].as_str() {
                Some("transaction") => self.transaction(session, bundle, prefer).await,
                Some("batch") => self.batch(session, bundle, prefer).await,
                other => Err(Problem::new(
                    Kind::Unprocessable,
                    "À cette adresse, un Bundle doit être de type transaction ou batch.",
                    "At this address a Bundle must be of type transaction or batch.",
                )
                .at("Bundle.type")
                .expecting("transaction | batch")
                .receiving(other.unwrap_or("(absent)"))),
            },
        }
    }
}
