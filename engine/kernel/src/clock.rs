//! Time is an argument: this file alone reads the clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A moment, in microseconds since 1970 UTC. The store keeps this number; FHIR sees RFC 3339 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Instant(pub i64);

impl Instant {
    /// Microseconds since 1970 UTC.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970 UTC, as tokens count them.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The calendar's view of this moment.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// This moment from the calendar's view.
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        Instant(timestamp.as_microsecond())
    }

    /// Reads an RFC 3339 text (a FHIR `instant`).
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(Self::from_timestamp)
    }

    /// A later moment.
    pub fn plus(self, duration: Duration) -> Self {
        Instant(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// An earlier moment.
    pub fn minus(self, duration: Duration) -> Self {
        Instant(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// A FHIR `instant` in UTC with milliseconds, as `2026-11-21T20:15:00.123Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

/// A source of the current moment.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Instant {
        Instant::from_timestamp(Timestamp::now())
    }
}

/// A clock that tests and the sandbox move by hand.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at this moment.
    pub fn at(instant: Instant) -> Self {
        ManualClock(Arc::new(AtomicI64::new(instant.0)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).unwrap_or(0), Ordering::SeqCst);
    }

    /// Puts the clock at a moment.
    pub fn set(&self, instant: Instant) {
        self.0.store(instant.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_and_prints_rfc_3339() {
        let instant = Instant::parse("2026-11-21T21:15:00.123+01:00").expect("valid");
        assert_eq!(instant.to_string(), "2026-11-21T20:15:00.123Z");
        assert_eq!(Instant::parse(&instant.to_string()), Some(instant));
        assert_eq!(Instant::parse("hier"), None);
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::at(Instant(0));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now().seconds(), 2);
    }
}
