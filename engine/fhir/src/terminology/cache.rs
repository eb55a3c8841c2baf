//! What was compiled, kept while it is used and as long as there is room. It may be lost at any time.

use lru::LruCache;
use parking_lot::Mutex;
use std::sync::Arc;

/// Values by name, bounded by the weight of all of them.
pub(super) struct Cache<T> {
    most: usize,
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    weight: usize,
    values: LruCache<Box<str>, (Arc<T>, usize)>,
}

impl<T> Cache<T> {
    /// An empty one for values of this weight together.
    pub(super) fn new(most: usize) -> Self {
        Cache { most, kept: Mutex::new(Kept { weight: 0, values: LruCache::unbounded() }) }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<T>> {
        self.kept.lock().values.get(name).map(|(value, _)| value.clone())
    }

    /// Keeps a value; the ones used longest ago make room. One that is heavier than everything allowed is not kept.
    pub(super) fn put(&self, name: &str, value: Arc<T>, weight: usize) {
        if weight > self.most {
            return;
        }
        let mut kept = self.kept.lock();
        kept.weight += weight;
        if let Some((_, before)) = kept.values.put(name.into(), (value, weight)) {
            kept.weight -= before;
        }
        while kept.weight > self.most {
            let Some((_, (_, gone))) = kept.values.pop_lru() else { break };
            kept.weight -= gone;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_used_longest_ago_makes_room() {
        let cache = Cache::new(10);
        cache.put("a", Arc::new(1), 4);
        cache.put("b", Arc::new(2), 4);
        assert!(cache.get("a").is_some());
        cache.put("c", Arc::new(3), 4);
        assert!(cache.get("b").is_none());
        assert!(cache.get("a").is_some() && cache.get("c").is_some());
        cache.put("heavy", Arc::new(4), 11);
        assert!(cache.get("heavy").is_none());
        cache.put("a", Arc::new(5), 1);
        cache.put("d", Arc::new(6), 5);
        assert_eq!(cache.get("c").as_deref(), Some(&3), "a weighs less than before, so c may stay");
    }
}
