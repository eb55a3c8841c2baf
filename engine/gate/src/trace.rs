//! No trace, no access: what a session saw becomes lines of the log before its result may leave.

use crate::audit::{self, Deed, Entity, Entry, Outcome};
use crate::decide::Reason;
use crate::facts::basis;
use crate::session::Session;
use socle_kernel::{HomeId, Key, Problem, Subject, limits};
use socle_store::AuditWrite;
use std::collections::BTreeMap;

/// A result whose trace is durable. Only the gate makes one; only a `Traced` result is written to a caller.
#[derive(Debug)]
#[must_use]
pub struct Traced<T>(T);

impl<T> Traced<T> {
    /// The result.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// One thing a session did or saw.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub home: HomeId,
    pub deed: Deed,
    pub outcome: Outcome,
    pub basis: &'static str,
    pub entity: Option<(Key, u32)>,
    pub about: &'static str,
    pub query: String,
    pub found: Option<u64>,
    /// Code of the operation in whose course it happened; empty outside of one.
    pub operation: &'static str,
}

impl Session {
    /// The operation that is running.
    pub(crate) fn operation(&self) -> &'static str {
        *self.operation.lock()
    }

    /// Notes an act that is no access to a resource (sign-in, sign-out).
    pub fn note(&self, home: HomeId, deed: Deed, outcome: Outcome, basis: &'static str) {
        self.accesses.lock().push(Access {
            home,
            deed,
            outcome,
            basis,
            entity: None,
            about: "",
            query: String::new(),
            found: None,
            operation: self.operation(),
        });
    }

    pub(crate) fn trace(
        &self,
        home: HomeId,
        deed: Deed,
        basis: &'static str,
        entity: Option<(Key, u32)>,
        about: &'static str,
        query: &str,
    ) {
        let access = Access {
            home,
            deed,
            outcome: Outcome::Done,
            basis,
            entity,
            about,
            query: query.to_owned(),
            found: None,
            operation: self.operation(),
        };
        self.accesses.lock().push(access);
    }

    /// Traces a search that shows no resource: it found none, or the caller only asked how many there are.
    pub(crate) fn trace_count(
        &self,
        home: HomeId,
        basis: &'static str,
        about: &'static str,
        query: &str,
        found: u64,
    ) {
        self.accesses.lock().push(Access {
            home,
            deed: Deed::Search,
            outcome: Outcome::Done,
            basis,
            entity: None,
            about,
            query: query.to_owned(),
            found: Some(found),
            operation: self.operation(),
        });
    }

    pub(crate) fn trace_refusal(&self, home: HomeId, deed: Deed, reason: Reason, about: &'static str) {
        self.accesses.lock().push(Access {
            home,
            deed,
            outcome: Outcome::Refused,
            basis: basis(reason),
            entity: None,
            about,
            query: String::new(),
            found: None,
            operation: self.operation(),
        });
    }

    /// Ends the session: writes its trace, durable, then lets the result out. When the trace cannot be written the
    /// result is an error, whatever it was.
    pub async fn close<T>(self, result: Result<T, Problem>) -> Traced<Result<T, Problem>> {
        let accesses = std::mem::take(&mut *self.accesses.lock());
        if accesses.is_empty() {
            return Traced(result);
        }
        let audits = self.lines(accesses);
        self.refresh().await;
        let commit = socle_store::Commit { audits, ..socle_store::Commit::default() };
        match self.gate.0.store.commit(commit).await {
            Ok(()) => Traced(result),
            Err(error) => Traced(Err(crate::gate::problem(error))),
        }
    }

    /// The log lines of accesses: one for each home, deed and basis, naming the resources.
    pub(crate) fn lines(&self, accesses: Vec<Access>) -> Vec<AuditWrite> {
        type Group = (HomeId, &'static str, &'static str, u8, &'static str, String);
        let mut groups: BTreeMap<Group, Vec<Access>> = BTreeMap::new();
        for access in accesses {
            let home = self.log_home(access.home);
            let deed = deed_order(access.deed);
            let group = (home, access.basis, access.about, deed, access.operation, access.query.clone());
            groups.entry(group).or_default().push(access);
        }
        let mut lines = Vec::new();
        for ((home, ..), accesses) in groups {
            let first = &accesses[0];
            let what: Vec<Entity> = accesses
                .iter()
                .filter_map(|access| access.entity)
                .map(|(key, version)| Entity::new(key, version))
                .collect();
            let template = self.entry(first);
            if what.is_empty() {
                lines.push(self.line(home, &template));
            }
            for part in what.chunks(limits::AUDIT_ENTITIES) {
                lines.push(self.line(home, &Entry { what: part.to_vec(), ..template.clone() }));
            }
        }
        lines
    }

    /// Acts on what belongs to nobody's record are logged where the actor lives.
    fn log_home(&self, home: HomeId) -> HomeId {
        if !home.is_shared() {
            return home;
        }
        match &self.principal.subject {
            Subject::Professional(professional) => professional.practitioner.home,
            Subject::Citizen(citizen) => citizen.person.home,
            Subject::System(_) | Subject::Anonymous => HomeId::PLATFORM,
        }
    }

    fn entry(&self, access: &Access) -> Entry {
        let (purpose, reason) = audit::purpose(self.purpose_in(access.home));
        Entry {
            at: self.now(),
            deed: access.deed,
            outcome: access.outcome,
            who: audit::actor(&self.principal),
            client: self.principal.client.clone(),
            purpose,
            reason,
            basis: access.basis.to_owned(),
            what: Vec::new(),
            about: access.about.to_owned(),
            query: access.query.clone(),
            found: access.found,
            operation: access.operation.to_owned(),
            request: self.request.clone(),
        }
    }

    fn line(&self, home: HomeId, entry: &Entry) -> AuditWrite {
        let seq = self.gate.sequencer().next(entry.at);
        AuditWrite { home, seq, at: entry.at, entry: entry.encode() }
    }
}

fn deed_order(deed: Deed) -> u8 {
    match deed {
        Deed::Read => 0,
        Deed::Search => 1,
        Deed::Create => 2,
        Deed::Update => 3,
        Deed::Delete => 4,
        Deed::Label => 5,
        Deed::Identify => 6,
        Deed::SignIn => 7,
        Deed::SignOut => 8,
        Deed::SignInRefused => 9,
        Deed::ReadLog => 10,
    }
}
