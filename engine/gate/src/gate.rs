//! The gate itself: opens the store, keeps the home rules at hand, hands out sessions.

use crate::decide::Names;
use crate::drawers::Drawers;
use crate::matrix::Matrix;
use crate::policy::{HomePolicy, is_policy_type};
use crate::session::Session;
use lru::LruCache;
use parking_lot::Mutex;
use socle_kernel::ids::Sequencer;
use socle_kernel::{Chance, Clock, HomeId, IdCipher, Key, Kind, Principal, Problem, Purpose};
use socle_store::{
    AuditReport, FeedStep, PlatformKeys, Scan, Snapshot, Store, StoreConfig, StoreError, StoreFigures, Visit,
};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Homes whose rules are kept at hand.
const POLICIES_KEPT: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");
/// Professionals whose names are kept at hand.
const NAMES_KEPT: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// How the gate is opened.
pub struct Options {
    /// Where and how the data lie.
    pub store: StoreConfig,
    /// The platform's keys.
    pub keys: PlatformKeys,
    /// The clock of everything above.
    pub clock: Arc<dyn Clock>,
    /// The chance of everything above.
    pub chance: Arc<dyn Chance>,
    /// Who may read what.
    pub matrix: Matrix,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) cipher: IdCipher,
    pub(crate) matrix: Matrix,
    pub(crate) sequencer: Sequencer,
    pub(crate) policies: Mutex<LruCache<HomeId, Arc<HomePolicy>>>,
    pub(crate) names: Mutex<LruCache<Key, Arc<Names>>>,
    secrets: PlatformKeys,
}

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct Gate(pub(crate) Arc<Inner>);

impl Gate {
    /// Opens the store behind the gate.
    pub async fn open(options: Options) -> Result<Gate, StoreError> {
        let Options { store, keys, clock, chance, matrix } = options;
        let cipher = IdCipher::new(&keys.id_key());
        let secrets = keys.clone();
        let store = socle_store::open(store, keys, clock.clone(), chance.clone()).await?;
        let sequencer = Sequencer::new(&*chance);
        Ok(Gate(Arc::new(Inner {
            store,
            clock,
            chance,
            cipher,
            matrix,
            sequencer,
            policies: Mutex::new(LruCache::new(POLICIES_KEPT)),
            names: Mutex::new(LruCache::new(NAMES_KEPT)),
            secrets,
        })))
    }

    /// A session of one request for one principal and purpose.
    pub fn session(
        &self,
        principal: Arc<Principal>,
        purpose: Purpose,
        request: impl Into<String>,
    ) -> Session {
        Session::new(self.clone(), principal, purpose, request.into())
    }

    /// Small typed state of a room.
    pub fn drawers(&self, room: &'static str) -> Drawers {
        Drawers::new(self.clone(), room)
    }

    /// A key for one use, derived from the platform key.
    pub fn secret(&self, label: &'static str) -> [u8; 32] {
        self.0.secrets.derive(label)
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Chance.
    pub fn chance(&self) -> &Arc<dyn Chance> {
        &self.0.chance
    }

    /// Turns keys into public ids and back.
    pub fn cipher(&self) -> &IdCipher {
        &self.0.cipher
    }

    /// The matrix in force.
    pub fn matrix(&self) -> &Matrix {
        &self.0.matrix
    }

    /// Gives out sequences.
    pub fn sequencer(&self) -> &Sequencer {
        &self.0.sequencer
    }

    /// Steps of the change feed, for jobs.
    pub async fn feed(&self, after: u64, limit: usize) -> Result<Vec<FeedStep>, Problem> {
        let mut snapshot = self.0.store.snapshot().await.map_err(problem)?;
        snapshot.feed(after, limit).await.map_err(problem)
    }

    /// Waits until the change feed has gone past a number.
    pub async fn feed_after(&self, number: u64) {
        self.0.store.feed_after(number).await;
    }

    /// Number of the newest step of the change feed; 0 while there is none.
    pub async fn feed_end(&self) -> u64 {
        self.0.store.feed_end().await
    }

    /// True when no other process can hold this store at the same time: what another one left behind is then nobody's.
    pub fn is_exclusive(&self) -> bool {
        self.0.store.is_exclusive()
    }

    /// Verifies the whole audit log.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        self.0.store.verify_audit().await
    }

    /// Figures for the operator.
    pub async fn figures(&self) -> Result<StoreFigures, StoreError> {
        self.0.store.figures().await
    }

    /// Counts of resources by type name, for the operator: numbers only.
    pub async fn counts(&self) -> Result<Vec<(&'static str, u64)>, Problem> {
        let mut snapshot = self.0.store.snapshot().await.map_err(problem)?;
        let counts = snapshot.counts().await.map_err(problem)?;
        Ok(counts.into_iter().map(|(resource_type, count)| (resource_type.name(), count)).collect())
    }

    /// Finishes waiting writes, signs the log and closes the store.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.0.store.close().await
    }

    /// The rules of a home, from memory or from its resources.
    pub(crate) async fn policy(
        &self,
        snapshot: &mut dyn Snapshot,
        home: HomeId,
    ) -> Result<Arc<HomePolicy>, Problem> {
        if home.is_shared() {
            return Ok(Arc::new(HomePolicy::default()));
        }
        if let Some(known) = self.0.policies.lock().get(&home) {
            return Ok(known.clone());
        }
        let policy = Arc::new(load_policy(snapshot, home).await?);
        self.0.policies.lock().put(home, policy.clone());
        Ok(policy)
    }

    /// Forgets the rules of a home after a change.
    pub(crate) fn forget_policy(&self, home: HomeId) {
        self.0.policies.lock().pop(&home);
    }

    /// Adds to the remembered rules of a home what a written resource brings along, when it is no rule itself.
    pub(crate) fn note_written(
        &self,
        home: HomeId,
        resource_type: &str,
        labels: u32,
        document_types: &[&str],
    ) {
        let mut policies = self.0.policies.lock();
        if let Some(policy) = policies.get_mut(&home) {
            let needs_change = !policy.knows(resource_type, labels, document_types);
            if needs_change {
                Arc::make_mut(policy).note(resource_type, labels, document_types);
            }
        }
    }
}

async fn load_policy(snapshot: &mut dyn Snapshot, home: HomeId) -> Result<HomePolicy, Problem> {
    let mut policy = HomePolicy::default();
    let mut rules = Vec::new();
    let scan = Scan {
        home: Some(home),
        resource_type: None,
        newest_first: false,
        with_deleted: true,
        after: None,
        budget: usize::MAX,
    };
    snapshot
        .scan(scan, &mut |row| {
            let sketch = socle_fhir::Sketch(&row.sketch);
            let codes: Vec<&str> = crate::facts::document_types(row.key.resource_type, &sketch);
            policy.note(row.key.resource_type.name(), row.labels, &codes);
            if is_policy_type(row.key.resource_type) && !row.deleted {
                rules.push((row.key, row.version));
            }
            Visit::Next
        })
        .await
        .map_err(problem)?;
    for (key, version) in rules {
        if let Some(found) = snapshot.version(key, version).await.map_err(problem)?
            && let Ok(resource) = socle_fhir::json::parse(&found.body)
        {
            policy.add(&resource);
        }
    }
    Ok(policy)
}

/// A store error as the caller may see it.
pub(crate) fn problem(error: StoreError) -> Problem {
    match error {
        StoreError::VersionConflict { current, .. } => Problem::new(
            Kind::VersionConflict,
            "La ressource a changé entre-temps. Relisez-la, puis recommencez avec sa version actuelle.",
            "The resource changed meanwhile. Read it again, then retry with its current version.",
        )
        .expecting(format!("W/\"{current}\"")),
        StoreError::DrawerConflict { .. } | StoreError::AliasTaken => Problem::new(
            Kind::Conflict,
            "Une autre demande a pris la même place au même moment. Recommencez.",
            "Another request took the same place at the same moment. Try again.",
        ),
        StoreError::Erased(_) => Problem::not_found(),
        StoreError::Full => Problem::new(
            Kind::StorageFull,
            "Plus de place sur le disque : rien n'a été écrit. La lecture reste possible.",
            "The disk is full: nothing was written. Reading still works.",
        ),
        StoreError::Busy => Problem::new(
            Kind::Unavailable,
            "Trop d'écritures en attente. Réessayez dans un instant.",
            "Too many writes are waiting. Try again in a moment.",
        ),
        other => Problem::internal(other),
    }
}
