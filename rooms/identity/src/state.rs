//! What one process remembers between requests, and may forget at any time: attempts by address, how far
//! drawers were cleared, and a turnstile before the expensive password hash.
//!
//! Pages are plain functions, so this is found by the store's secret and its clock: one state per opened gate.

use crate::attempts::Rate;
use crate::password::PasswordHash;
use crate::secrets::Secret;
use lru::LruCache;
use parking_lot::Mutex;
use socle_kernel::{Clock, Kind, Problem};
use socle_pipeline::Pipeline;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Password hashes computed at a time: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;
/// Password hashes that may wait; past it sign-in answers "try again".
const HASHES_WAITING: usize = 64;
/// What tells gates apart: a secret of the platform, and the address of the clock.
type Name = ([u8; 32], usize);
/// Gates of one process: one in the server, a few in tests.
const GATES: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

pub(crate) struct State {
    /// Attempts by network address.
    pub rate: Mutex<Rate>,
    /// How far each drawer was cleared.
    pub cursors: Mutex<HashMap<&'static str, Vec<u8>>>,
    hashes: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    // Held so that no other gate's clock can get the same address.
    _clock: Arc<dyn Clock>,
}

impl State {
    fn new(clock: Arc<dyn Clock>) -> Self {
        State {
            rate: Mutex::new(Rate::new()),
            cursors: Mutex::default(),
            hashes: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            waiting: Arc::new(Semaphore::new(HASHES_WAITING)),
            _clock: clock,
        }
    }

    /// The state of this pipeline's gate.
    pub(crate) fn of(pipeline: &Pipeline) -> Arc<State> {
        static STATES: LazyLock<Mutex<LruCache<Name, Arc<State>>>> =
            LazyLock::new(|| Mutex::new(LruCache::new(GATES)));
        let gate = pipeline.gate();
        let name = (gate.secret("identity-state"), Arc::as_ptr(gate.clock()).cast::<()>() as usize);
        let mut states = STATES.lock();
        states.get_or_insert(name, || Arc::new(State::new(gate.clock().clone()))).clone()
    }

    /// Checks a password, a few at a time and away from the threads that answer requests.
    pub(crate) async fn verify(&self, hash: PasswordHash, password: &str) -> Result<bool, Problem> {
        let password = Secret::new(password);
        self.in_turn(move || hash.verify(password.expose())).await
    }

    /// Does expensive work in turn.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || {
            Problem::new(
                Kind::Unavailable,
                "Trop de connexions en même temps. Réessayez dans un instant.",
                "Too many sign-ins at once. Try again in a moment.",
            )
        };
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.hashes.clone().acquire_owned().await.map_err(Problem::internal)?;
        let result = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        result.await.map_err(Problem::internal)
    }
}
