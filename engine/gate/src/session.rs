//! One request of one principal for one purpose: everything it reads is one moment of the data, filtered and traced.

use crate::audit::Deed;
use crate::decide::{self, Act, Asker, Decision, Names, Reason, Standing};
use crate::facts::{basis, decide_facts, own_key, owner_of, refusal};
use crate::gate::{Gate, problem};
use crate::hidden::Hidden;
use crate::policy::HomePolicy;
use crate::redact;
use crate::search::Found;
use crate::trace::Access;
use bytes::Bytes;
use parking_lot::Mutex;
use socle_fhir::Sketch;
use socle_kernel::{HomeId, Instant, Key, Principal, Problem, Purpose, ResourceType, Subject, resource_type};
use socle_store::{BlobRef, PersonQuery, Row, Snapshot, Version, Visit};
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Sketch values of the platform itself (numbers below 100 are not search parameters).
pub(crate) mod extra {
    /// Who wrote it: key block, or `client:` and the id.
    pub const PUBLISHER: u32 = 1;
    /// Who is named as author: `r:` and a reference, or `i:` and an identifier.
    pub const AUTHOR: u32 = 2;
    /// Key block of the document that names this content.
    pub const OWNER: u32 = 3;
    /// The id its client chose.
    pub const ALIAS: u32 = 4;
}

/// A session. Ends with [`Session::close`].
pub struct Session {
    pub(crate) gate: Gate,
    pub(crate) principal: Arc<Principal>,
    pub(crate) purpose: Purpose,
    purposes: HashMap<HomeId, Purpose>,
    pub(crate) request: String,
    grant: Option<String>,
    /// Code of the operation whose acts are traced now; empty outside of one.
    pub(crate) operation: Mutex<&'static str>,
    pub(crate) accesses: Mutex<Vec<Access>>,
    standings: Mutex<HashMap<HomeId, (Standing, Arc<HomePolicy>)>>,
    pub(crate) hidden: Mutex<HashMap<HomeId, Arc<Hidden>>>,
    snapshot: tokio::sync::Mutex<Option<Box<dyn Snapshot>>>,
}

/// The open snapshot of a session, locked for one call.
pub(crate) struct Guard<'a>(tokio::sync::MutexGuard<'a, Option<Box<dyn Snapshot>>>);

impl Deref for Guard<'_> {
    type Target = dyn Snapshot;

    fn deref(&self) -> &Self::Target {
        &**self.0.as_ref().expect("opened when the guard was made")
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut **self.0.as_mut().expect("opened when the guard was made")
    }
}

impl Session {
    pub(crate) fn new(gate: Gate, principal: Arc<Principal>, purpose: Purpose, request: String) -> Self {
        Session {
            gate,
            principal,
            purpose,
            purposes: HashMap::new(),
            request,
            grant: None,
            operation: Mutex::new(""),
            accesses: Mutex::default(),
            standings: Mutex::default(),
            hidden: Mutex::default(),
            snapshot: tokio::sync::Mutex::new(None),
        }
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Purposes declared for one home each: an emergency counts for the person it was declared for, nobody else.
    pub fn with_purposes(mut self, purposes: HashMap<HomeId, Purpose>) -> Self {
        self.purposes = purposes;
        self
    }

    /// The grant behind the caller's token: what outlives the request (a task, a subscription) ends with it.
    pub fn with_grant(mut self, grant: Option<String>) -> Self {
        self.grant = grant;
        self
    }

    /// The grant behind the caller's token; `None` for our own pages and the operator.
    pub fn grant(&self) -> Option<&str> {
        self.grant.as_deref()
    }

    /// Id of the request, as the log names it.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// What for, where nothing else was declared.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// What for, in a home.
    pub fn purpose_in(&self, home: HomeId) -> &Purpose {
        self.purposes.get(&home).unwrap_or(&self.purpose)
    }

    /// The gate this session came through.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Names the operation in whose course everything from now on happens; gives back the name that was there. The trace
    /// keeps it.
    pub fn within_operation(&self, code: &'static str) -> &'static str {
        std::mem::replace(&mut *self.operation.lock(), code)
    }

    /// The moment of this session.
    pub fn now(&self) -> Instant {
        self.gate.clock().now()
    }

    pub(crate) async fn snapshot(&self) -> Result<Guard<'_>, Problem> {
        let mut slot = self.snapshot.lock().await;
        if slot.is_none() {
            *slot = Some(self.gate.0.store.snapshot().await.map_err(problem)?);
        }
        Ok(Guard(slot))
    }

    /// Looks at the data as they are now: after a lost race, before trying again.
    pub async fn refresh(&self) {
        self.renew().await;
    }

    /// After a write the session sees the new state.
    pub(crate) async fn renew(&self) {
        *self.snapshot.lock().await = None;
        self.standings.lock().clear();
        self.hidden.lock().clear();
    }

    /// The caller's names, as the rules of a home may write them.
    pub(crate) async fn names(&self) -> Result<Arc<Names>, Problem> {
        let Some(key) = own_key(&self.principal) else { return Ok(Arc::default()) };
        // A professional's names depend on the work situation as well; only the part found in the store is remembered.
        let known = self.gate.0.names.lock().get(&key).cloned();
        let stored = match known {
            Some(names) => names,
            None => {
                let names = Arc::new(self.stored_names(key).await?);
                self.gate.0.names.lock().put(key, names.clone());
                names
            }
        };
        let mut names = (*stored).clone();
        if let Subject::Professional(professional) = &self.principal.subject {
            names.identifiers.push(professional.rpps.clone());
            for key in
                [professional.situation.role, professional.situation.organization].into_iter().flatten()
            {
                names.references.push(format!("{}/{}", key.resource_type, self.gate.cipher().seal(key)));
            }
        }
        Ok(Arc::new(names))
    }

    async fn stored_names(&self, key: Key) -> Result<Names, Problem> {
        let mut names = Names::default();
        names.references.push(format!("{}/{}", key.resource_type, self.gate.cipher().seal(key)));
        let mut snapshot = self.snapshot().await?;
        let Some(row) = snapshot.row(key).await.map_err(problem)? else { return Ok(names) };
        if let Some(alias) = Sketch(&row.sketch).extras(extra::ALIAS).next() {
            names.references.push(format!("{}/{}", key.resource_type, String::from_utf8_lossy(alias)));
        }
        if let Some(version) = snapshot.version(key, row.version).await.map_err(problem)?
            && let Ok(resource) = socle_fhir::json::parse(&version.body)
        {
            for identifier in resource["identifier"].as_array().into_iter().flatten() {
                names.identifiers.extend(identifier["value"].as_str().map(str::to_owned));
            }
        }
        Ok(names)
    }

    /// Where the caller stands in a home, and its rules.
    pub async fn standing(&self, home: HomeId) -> Result<(Standing, Arc<HomePolicy>), Problem> {
        if let Some(known) = self.standings.lock().get(&home) {
            return Ok(known.clone());
        }
        let names = self.names().await?;
        let policy = {
            let mut snapshot = self.snapshot().await?;
            self.gate.policy(&mut *snapshot, home).await?
        };
        let standing =
            decide::stand(&Asker { purpose: self.purpose_in(home), ..self.asker(&names) }, home, &policy);
        self.standings.lock().insert(home, (standing, policy.clone()));
        Ok((standing, policy))
    }

    pub(crate) fn asker<'a>(&'a self, names: &'a Names) -> Asker<'a> {
        Asker {
            principal: &self.principal,
            purpose: &self.purpose,
            names,
            now: self.now(),
            matrix: self.gate.matrix(),
        }
    }

    /// Decides on a row. A content is decided by the document that names it.
    pub(crate) async fn decide_row(&self, row: &Row, act: Act) -> Result<Decision, Problem> {
        let names = self.names().await?;
        let (standing, _) = self.standing(row.key.home).await?;
        let owner = owner_of(row);
        if let (Some(owner), Act::Read) = (owner, act) {
            let mut snapshot = self.snapshot().await?;
            let Some(document) = snapshot.row(owner).await.map_err(problem)? else {
                return Ok(Decision::Hide(Reason::Withdrawn));
            };
            drop(snapshot);
            return Ok(match decide_facts(&self.asker(&names), standing, act, &document, self) {
                Decision::Allow(_) if document.deleted => Decision::Hide(Reason::Withdrawn),
                decision => decision,
            });
        }
        Ok(decide_facts(&self.asker(&names), standing, act, row, self))
    }

    /// Reads a resource: `None` when it is not there or not for this caller to know.
    pub async fn read(&self, key: Key) -> Result<Option<Found>, Problem> {
        self.read_at(key, None, true).await
    }

    /// As [`Session::read`], untraced: for a change of this resource, which is traced itself.
    pub async fn peek(&self, key: Key) -> Result<Option<Found>, Problem> {
        self.read_at(key, None, false).await
    }

    /// Reads one version of a resource.
    pub async fn read_version(&self, key: Key, version: u32) -> Result<Option<Found>, Problem> {
        self.read_at(key, Some(version), true).await
    }

    async fn read_at(
        &self,
        key: Key,
        wanted: Option<u32>,
        is_traced: bool,
    ) -> Result<Option<Found>, Problem> {
        let row = {
            let mut snapshot = self.snapshot().await?;
            snapshot.row(key).await.map_err(problem)?
        };
        let row = match row {
            Some(row) => row,
            // Lines of our own log are no rows; events that other systems sent are.
            None if key.resource_type == resource_type::AUDIT_EVENT => return self.read_event(key).await,
            None => return Ok(None),
        };
        let Some(basis) = self.admit(&row).await? else { return Ok(None) };
        let number = wanted.unwrap_or(row.version);
        let version = {
            let mut snapshot = self.snapshot().await?;
            snapshot.version(key, number).await.map_err(problem)?
        };
        let Some(version) = version else { return Ok(None) };
        let Some(found) = self.found(&row, version).await? else { return Ok(None) };
        if is_traced {
            self.trace(key.home, Deed::Read, basis, Some((key, number)), "", "");
        }
        Ok(Some(found))
    }

    /// Versions of a resource, newest first, below `before` when given.
    pub async fn history(
        &self,
        key: Key,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Option<Vec<Found>>, Problem> {
        let row = {
            let mut snapshot = self.snapshot().await?;
            snapshot.row(key).await.map_err(problem)?
        };
        let Some(row) = row else { return Ok(None) };
        let Some(basis) = self.admit(&row).await? else { return Ok(None) };
        let (mut found, mut before) = (Vec::new(), before);
        // A version of which nothing meaningful is left is no place in the history.
        while found.len() < limit {
            let wanted = limit - found.len();
            let versions = {
                let mut snapshot = self.snapshot().await?;
                snapshot.versions(key, before, wanted).await.map_err(problem)?
            };
            let is_last = versions.len() < wanted;
            before = versions.last().map(|version| version.version);
            for version in versions {
                found.extend(self.found(&row, version).await?);
            }
            if is_last {
                break;
            }
        }
        self.trace(key.home, Deed::Read, basis, Some((key, row.version)), "", "");
        Ok(Some(found))
    }

    /// The basis of reading a row; `None` when hidden (or refused for want of a relation, which reads the same); an error
    /// when refused aloud.
    async fn admit(&self, row: &Row) -> Result<Option<&'static str>, Problem> {
        match self.decide_row(row, Act::Read).await? {
            Decision::Allow(reason) => {
                let is_lost = crate::hidden::may_lean(row.key.resource_type)
                    && self.hidden_in(row.key.home).await?.keys.contains(&row.key);
                Ok((!is_lost).then(|| basis(reason)))
            }
            Decision::Hide(_) => Ok(None),
            Decision::Refuse(reason) => {
                let (home, about) = (row.key.home, row.key.resource_type.name());
                self.trace_refusal(home, Deed::Read, reason, about);
                match reason {
                    Reason::NoRelation | Reason::Blocked | Reason::Purpose => Ok(None),
                    other => Err(refusal(other)),
                }
            }
        }
    }

    /// The resource as this caller may see it: without references to what is hidden from them.
    pub(crate) async fn found(&self, row: &Row, version: Version) -> Result<Option<Found>, Problem> {
        let Some(body) = self.seen_body(row.key, version.body).await? else { return Ok(None) };
        Ok(Some(Found {
            key: row.key,
            id: self.public_id(row),
            version: version.version,
            deleted: version.deleted,
            last_updated: version.last_updated,
            labels: row.labels,
            is_current: version.version == row.version,
            content: version.blob,
            body,
        }))
    }

    /// A body without what names something hidden; `None` when nothing meaningful is left.
    pub(crate) async fn seen_body(&self, key: Key, body: Bytes) -> Result<Option<Bytes>, Problem> {
        if !redact::may_name_records(&body) {
            return Ok(Some(body));
        }
        let hidden = self.hidden_in(key.home).await?;
        Ok(match redact::strip(&body, &hidden) {
            Some(redact::Stripped::Clean) => Some(body),
            Some(redact::Stripped::Changed(resource)) => {
                Some(Bytes::from(socle_fhir::json::to_text(&resource)))
            }
            None => None,
        })
    }

    /// The public id of a row: the one its client chose, or the enciphered key.
    pub(crate) fn public_id(&self, row: &Row) -> String {
        match Sketch(&row.sketch).extras(extra::ALIAS).next() {
            Some(alias) => String::from_utf8_lossy(alias).into_owned(),
            None => self.gate.cipher().seal(row.key),
        }
    }

    /// The content of a document resource that was found.
    pub async fn content(&self, found: &Found) -> Result<Option<Bytes>, Problem> {
        match &found.content {
            Some(blob) => self.gate.0.store.get_blob(found.key.home, blob).await.map(Some).map_err(problem),
            None => Ok(None),
        }
    }

    /// Stores a document content, to be named by a change of the same home.
    pub async fn put_content(&self, home: HomeId, content: Bytes) -> Result<BlobRef, Problem> {
        self.gate.0.store.put_blob(home, content).await.map_err(problem)
    }

    /// The key of a public id of a type: enciphered or chosen by a client. `None` when nothing has it; reserved ids count.
    pub async fn resolve(&self, resource_type: ResourceType, id: &str) -> Result<Option<Key>, Problem> {
        let mut snapshot = self.snapshot().await?;
        if let Some(key) = self.gate.cipher().open(id).filter(|key| key.resource_type == resource_type) {
            let is_event = resource_type == resource_type::AUDIT_EVENT;
            if is_event || snapshot.row(key).await.map_err(problem)?.is_some() {
                return Ok(Some(key));
            }
        }
        snapshot.resolve(resource_type, id).await.map_err(problem)
    }

    /// True when a resource of this key was ever written (a reserved id was not).
    pub async fn is_written(&self, key: Key) -> Result<bool, Problem> {
        let mut snapshot = self.snapshot().await?;
        Ok(snapshot.row(key).await.map_err(problem)?.is_some())
    }

    /// True when a resource of this key is there now, whoever may see it.
    pub async fn exists(&self, key: Key) -> Result<bool, Problem> {
        let mut snapshot = self.snapshot().await?;
        Ok(snapshot.row(key).await.map_err(problem)?.is_some_and(|row| !row.deleted))
    }

    /// Keys of the resources that carry a value of a global parameter; not yet decided upon.
    pub async fn find_keys(
        &self,
        resource_type: ResourceType,
        param: u32,
        value: &[u8],
        limit: usize,
    ) -> Result<Vec<Key>, Problem> {
        let value = socle_store::KeyValue { param, value: value.to_vec() };
        let mut snapshot = self.snapshot().await?;
        snapshot.find(&value, resource_type, None, limit).await.map_err(problem)
    }

    /// Keys of the people that match; not yet decided upon.
    pub async fn find_people(&self, query: &PersonQuery, limit: usize) -> Result<Vec<Key>, Problem> {
        let mut snapshot = self.snapshot().await?;
        snapshot.find_people(query, limit).await.map_err(problem)
    }

    /// The `Patient` of a home, when there is one; for showing whose record it is.
    pub async fn patient_of(&self, home: HomeId) -> Result<Option<Key>, Problem> {
        if home.is_shared() {
            return Ok(None);
        }
        let mut patient = None;
        let scan = socle_store::Scan {
            home: Some(home),
            resource_type: Some(resource_type::PATIENT),
            newest_first: false,
            with_deleted: false,
            after: None,
            budget: usize::MAX,
        };
        let mut snapshot = self.snapshot().await?;
        snapshot
            .scan(scan, &mut |row| {
                patient = Some(row.key);
                Visit::Stop
            })
            .await
            .map_err(problem)?;
        Ok(patient)
    }

    /// The home the caller lives in: the professional's own, or the citizen's own.
    pub fn own_home(&self) -> Option<HomeId> {
        own_key(&self.principal).map(|key| key.home)
    }
}
