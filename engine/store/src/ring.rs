//! The ring of the homes' keys: a bounded cache over the table of wrapped keys.
//!
//! A key drawn for a new home is shared by every commit that needs it until the database holds it; should two keys
//! ever be drawn for one home, the writer keeps the first and the other commit is sealed again.

use crate::seal::{HomeKey, Wrapper};
use crate::{Result, StoreError};
use lru::LruCache;
use parking_lot::Mutex;
use socle_kernel::{Chance, HomeId};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Homes whose keys stay in memory; about one kilobyte each. A miss costs one point read and 3 µs.
const HOMES: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");

/// A home's key as a database keeps it.
pub(crate) struct Wrapped {
    /// Its number within the home.
    pub(crate) id: u16,
    /// Empty once destroyed.
    pub(crate) bytes: Vec<u8>,
}

struct Known {
    cache: LruCache<HomeId, Arc<HomeKey>>,
    /// Homes erased by this process: eight bytes each. An old snapshot must not bring their keys back.
    erased: HashSet<HomeId>,
}

/// The keys of homes.
pub(crate) struct KeyRing {
    wrapper: Wrapper,
    known: Mutex<Known>,
}

impl KeyRing {
    /// An empty ring with the platform's wrap key.
    pub(crate) fn new(wrapper: Wrapper) -> Self {
        let known = Known { cache: LruCache::new(HOMES), erased: HashSet::new() };
        KeyRing { wrapper, known: Mutex::new(known) }
    }

    fn cached(&self, home: HomeId) -> Result<Option<Arc<HomeKey>>> {
        let mut known = self.known.lock();
        if known.erased.contains(&home) {
            return Err(StoreError::Erased(home));
        }
        Ok(known.cache.get(&home).cloned())
    }

    fn keep(&self, key: Arc<HomeKey>) -> Result<Arc<HomeKey>> {
        let mut known = self.known.lock();
        if known.erased.contains(&key.home()) {
            return Err(StoreError::Erased(key.home()));
        }
        known.cache.put(key.home(), key.clone());
        Ok(key)
    }

    /// The key that seals for a home: cached, loaded, or drawn when the home is new.
    pub(crate) fn for_write(
        &self,
        home: HomeId,
        chance: &dyn Chance,
        load_newest: impl FnOnce() -> Result<Option<Wrapped>>,
    ) -> Result<Arc<HomeKey>> {
        if let Some(key) = self.cached(home)? {
            return Ok(key);
        }
        if let Some(wrapped) = load_newest()? {
            return self.keep(Arc::new(self.wrapper.unwrap(home, wrapped.id, wrapped.bytes)?));
        }
        let drawn = Arc::new(self.wrapper.draw(home, chance));
        let mut known = self.known.lock();
        if known.erased.contains(&home) {
            return Err(StoreError::Erased(home));
        }
        // Another task may have drawn one meanwhile: the first is everybody's.
        Ok(known.cache.get_or_insert(home, || drawn).clone())
    }

    /// The key that opens a stored value of a home. A key that is not stored yet opens nothing.
    pub(crate) fn for_read(
        &self,
        home: HomeId,
        id: u16,
        load: impl FnOnce() -> Result<Option<Vec<u8>>>,
    ) -> Result<Arc<HomeKey>> {
        let cached = self.cached(home)?;
        if let Some(key) = cached.filter(|key| key.is_stored() && key.id() == id) {
            return Ok(key);
        }
        let wrapped =
            load()?.ok_or_else(|| StoreError::Corrupt(format!("key {id} of {home:?} is missing")))?;
        self.keep(Arc::new(self.wrapper.unwrap(home, id, wrapped)?))
    }

    /// Forgets a key that lost against the stored one.
    pub(crate) fn forget(&self, home: HomeId) {
        self.known.lock().cache.pop(&home);
    }

    /// True for a home that this process erased.
    pub(crate) fn is_erased(&self, home: HomeId) -> bool {
        self.known.lock().erased.contains(&home)
    }

    /// Forgets the keys of a home for good.
    pub(crate) fn erase(&self, home: HomeId) {
        let mut known = self.known.lock();
        known.cache.pop(&home);
        known.erased.insert(home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::SeededChance;

    fn ring() -> KeyRing {
        KeyRing::new(Wrapper::new(&[1; 32]))
    }

    fn home() -> HomeId {
        HomeId::new(1 << 20).expect("fits")
    }

    #[test]
    fn a_new_home_has_one_key_for_everybody() {
        let (ring, chance) = (ring(), SeededChance::new(1));
        let one = ring.for_write(home(), &chance, || Ok(None)).expect("drawn");
        let two = ring.for_write(home(), &chance, || Ok(None)).expect("cached");
        assert!(Arc::ptr_eq(&one, &two));
        assert!(!one.is_stored());
    }

    #[test]
    fn reading_never_uses_a_key_that_is_not_stored() {
        let (ring, chance) = (ring(), SeededChance::new(1));
        let drawn = ring.for_write(home(), &chance, || Ok(None)).expect("drawn");
        assert!(matches!(ring.for_read(home(), 1, || Ok(None)), Err(StoreError::Corrupt(_))));
        let stored = drawn.wrapped().to_vec();
        assert!(ring.for_read(home(), 1, || Ok(Some(stored))).expect("loaded").is_stored());
    }

    #[test]
    fn an_erased_home_stays_erased_whatever_an_old_snapshot_still_shows() {
        let (ring, chance) = (ring(), SeededChance::new(1));
        let wrapped = ring.for_write(home(), &chance, || Ok(None)).expect("drawn").wrapped().to_vec();
        ring.erase(home());
        assert!(matches!(ring.for_read(home(), 1, || Ok(Some(wrapped))), Err(StoreError::Erased(_))));
        assert!(matches!(ring.for_write(home(), &chance, || Ok(None)), Err(StoreError::Erased(_))));
    }
}
