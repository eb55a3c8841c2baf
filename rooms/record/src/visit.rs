//! When someone last looked into a record: what is new is counted from there.

use serde::{Deserialize, Serialize};
use socle_gate::Session;
use socle_kernel::{HomeId, Instant, Problem};
use std::time::Duration;

const DRAWER: &str = "record.visit";
/// A pause after which the next page is a new visit.
const PAUSE: Duration = Duration::from_secs(30 * 60);
/// How often a visit that goes on is noted.
const NOTE_EVERY: Duration = Duration::from_secs(5 * 60);

/// The visits of one person or professional to one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Visit {
    /// Last moment of the visit before this one.
    previous: Option<Instant>,
    /// Last noted moment of this visit.
    seen: Instant,
}

/// The visit that a page at this moment belongs to, and whether it must be noted.
fn follow(known: Option<Visit>, now: Instant) -> (Visit, bool) {
    match known {
        None => (Visit { previous: None, seen: now }, true),
        Some(visit) if now > visit.seen.plus(PAUSE) => {
            (Visit { previous: Some(visit.seen), seen: now }, true)
        }
        Some(visit) if now > visit.seen.plus(NOTE_EVERY) => (Visit { seen: now, ..visit }, true),
        Some(visit) => (visit, false),
    }
}

/// Notes that someone looks into a record now; gives the end of their visit before this one.
pub async fn previous(session: &Session, home: HomeId, account: &str) -> Result<Option<Instant>, Problem> {
    let drawers = session.gate().drawers("record");
    let known = drawers.get::<Visit>(DRAWER, home, account.as_bytes()).await?;
    let (visit, is_new) = follow(known, session.now());
    if is_new {
        drawers.write(vec![drawers.change(DRAWER, home, account.as_bytes(), Some(&visit))]).await?;
    }
    Ok(visit.previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_the_visit_before_this_one() {
        let at = |minutes: u64| Instant(0).plus(Duration::from_secs(minutes * 60));
        let (first, _) = follow(None, at(0));
        assert_eq!(first.previous, None);
        let (same, is_noted) = follow(Some(first), at(4));
        assert_eq!((same, is_noted), (first, false));
        let (longer, is_noted) = follow(Some(same), at(20));
        assert_eq!((longer.previous, longer.seen, is_noted), (None, at(20), true));
        let (next, _) = follow(Some(longer), at(51));
        assert_eq!(next.previous, Some(at(20)));
    }
}
