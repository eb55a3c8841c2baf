//! How often one may try to sign in: per account (in its drawer, for everybody who tries it) and per network address (in
//! memory). Pure: the moment is an argument.

use lru::LruCache;
use serde::{Deserialize, Serialize};
use socle_kernel::{Instant, limits};
use std::num::NonZeroUsize;
use std::time::Duration;

/// What the platform remembers of the attempts at one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempts {
    /// Wrong passwords or codes since the last good sign-in or lock.
    pub failures: u32,
    /// Set while the account is locked.
    pub locked_until: Option<Instant>,
    /// Step of time of the last one-time code that was used.
    pub last_step: Option<u64>,
}

impl Attempts {
    /// Is the account locked?
    pub(crate) fn is_locked(&self, now: Instant) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// After a wrong password or code.
    pub(crate) fn failed(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures >= limits::SIGN_IN_FAILURES {
            self.failures = 0;
            self.locked_until = Some(now.plus(limits::LOCK_TIME));
        }
    }

    /// After a good sign-in.
    pub(crate) fn succeeded(&mut self, step: Option<u64>) {
        self.failures = 0;
        self.locked_until = None;
        self.last_step = step.or(self.last_step);
    }
}

/// Addresses remembered, at most; the oldest is forgotten first.
const ADDRESSES: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");
const WINDOW: Duration = Duration::from_secs(60);

/// Attempts by network address within a minute.
pub(crate) struct Rate(LruCache<String, (Instant, u32)>);

impl Rate {
    pub(crate) fn new() -> Self {
        Rate(LruCache::new(ADDRESSES))
    }

    /// Counts an attempt; false when it is one too many.
    pub(crate) fn admits(&mut self, peer: &str, now: Instant) -> bool {
        let fresh = (now, 0);
        let entry = self.0.get_or_insert_mut(peer.to_owned(), || fresh);
        if now >= entry.0.plus(WINDOW) || now < entry.0 {
            *entry = fresh;
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1 <= limits::SIGN_IN_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::{Clock, ManualClock};

    fn clock() -> ManualClock {
        ManualClock::at(Instant(1_800_000_000_000_000))
    }

    #[test]
    fn an_account_is_locked_after_too_many_failures_and_opens_again() {
        let clock = clock();
        let mut attempts = Attempts::default();
        for _ in 1..limits::SIGN_IN_FAILURES {
            attempts.failed(clock.now());
            assert!(!attempts.is_locked(clock.now()));
        }
        attempts.failed(clock.now());
        assert!(attempts.is_locked(clock.now()));
        clock.advance(limits::LOCK_TIME - Duration::from_secs(1));
        assert!(attempts.is_locked(clock.now()));
        clock.advance(Duration::from_secs(1));
        assert!(!attempts.is_locked(clock.now()));
        attempts.failed(clock.now());
        assert!(!attempts.is_locked(clock.now()), "counting starts again after a lock");
    }

    #[test]
    fn a_good_sign_in_forgets_failures_but_not_the_used_code() {
        let now = clock().now();
        let mut attempts = Attempts::default();
        attempts.failed(now);
        attempts.succeeded(Some(7));
        attempts.succeeded(None);
        assert_eq!(attempts, Attempts { failures: 0, locked_until: None, last_step: Some(7) });
    }

    #[test]
    fn one_address_waits_a_minute_and_others_do_not() {
        let clock = clock();
        let mut rate = Rate::new();
        for _ in 0..limits::SIGN_IN_PER_MINUTE {
            assert!(rate.admits("192.0.2.1", clock.now()));
        }
        assert!(!rate.admits("192.0.2.1", clock.now()));
        assert!(rate.admits("192.0.2.2", clock.now()));
        clock.advance(Duration::from_secs(60));
        assert!(rate.admits("192.0.2.1", clock.now()));
    }
}
