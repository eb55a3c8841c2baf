//! The door of a room: everything a service of the health system brings to the pipeline.

use crate::jobs::{Job, Owner};
use crate::operations::Operation;
use crate::page::Page;
use crate::pipeline::Pipeline;
use crate::plan::Plan;
use async_trait::async_trait;
use socle_gate::Session;
use socle_kernel::{HomeId, Principal, Problem, Purpose, ResourceType};
use std::collections::HashMap;
use std::sync::Arc;

/// A service of the health system.
#[derive(Default)]
pub struct Room {
    /// Its folder's name.
    pub name: &'static str,
    /// The FHIR types it rules.
    pub types: Vec<ResourceType>,
    /// What must hold before a write of its types.
    pub rules: Option<Arc<dyn Rules>>,
    /// Its pages.
    pub pages: Vec<Page>,
    /// Who tells callers apart; exactly one room brings it.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// Turns documents of another form (CDA) into Bundles; at most one room brings it.
    pub importer: Option<Arc<dyn Importer>>,
    /// Its work beside requests: on changes, on time, or asked for.
    pub jobs: Vec<Job>,
    /// Its operations (`$name`).
    pub operations: Vec<Arc<dyn Operation>>,
}

/// Turns a document of another form into a transaction that publishes it, for `socle import`.
#[async_trait]
pub trait Importer: Send + Sync {
    /// The `transaction` Bundle (ITI-65: submission set, document reference, content; and the `Patient` when nobody with
    /// the identifiers of the header is known yet). `None` when these bytes are of no form this room reads.
    async fn bundle(
        &self,
        pipeline: &Pipeline,
        session: &Session,
        content: &[u8],
    ) -> Result<Option<serde_json::Value>, Problem>;
}

/// What must hold before a write of a room's types; the same for FHIR, pages, imports.
#[async_trait]
pub trait Rules: Send + Sync {
    /// Checks a whole Bundle that declares profiles, before its drafts are checked one by one.
    async fn check_bundle(&self, _plan: &Plan) -> Result<(), Problem> {
        Ok(())
    }

    /// Checks and completes one draft of a plan. It may change the draft, and add drafts that belong to the same act.
    async fn check(
        &self,
        plan: &mut Plan,
        index: usize,
        session: &Session,
        pipeline: &Pipeline,
    ) -> Result<(), Problem>;
}

/// What a caller shows.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The token of an `Authorization: Bearer` header.
    pub bearer: Option<String>,
    /// Cookies by name.
    pub cookies: Vec<(String, String)>,
}

impl Credentials {
    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(cookie, _)| cookie == name).map(|(_, value)| value.as_str())
    }
}

/// A caller told apart.
#[derive(Clone, Debug)]
pub struct Identified {
    /// Who.
    pub principal: Arc<Principal>,
    /// What for, everywhere but in the homes below.
    pub purpose: Purpose,
    /// Purposes declared for one home each (emergency with its reason), kept for the page session.
    pub purposes: HashMap<HomeId, Purpose>,
    /// Token that guarded forms must carry.
    pub csrf: String,
    /// `Set-Cookie` values to send with the answer.
    pub cookies: Vec<String>,
    /// Id of the page session, opaque; `None` for API clients and visitors.
    pub session: Option<String>,
    /// The grant behind a bearer token: what outlives the request ends with it.
    pub grant: Option<String>,
}

impl Identified {
    /// Nobody known.
    pub fn anonymous() -> Self {
        Identified {
            principal: Arc::new(Principal::anonymous()),
            purpose: Purpose::Care,
            purposes: HashMap::new(),
            csrf: String::new(),
            cookies: Vec::new(),
            session: None,
            grant: None,
        }
    }
}

/// Tells callers apart.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who shows these credentials. A bad or expired bearer token is [`socle_kernel::Kind::Unauthenticated`]; no
    /// credentials at all, or a cookie that is no longer good, is an anonymous caller.
    async fn identify(&self, pipeline: &Pipeline, credentials: &Credentials) -> Result<Identified, Problem>;

    /// May work that somebody asked for go on in their name? False once what they showed then was revoked or is over.
    async fn still_holds(&self, pipeline: &Pipeline, owner: &Owner) -> Result<bool, Problem>;
}
