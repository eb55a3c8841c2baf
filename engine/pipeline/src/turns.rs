//! Turns at conditional writes. "Make it unless it is there" looks first and writes afterwards: two who ask the same at the
//! same moment would both find nothing. Here they take turns; whoever asks anything else goes on beside them.
//!
//! One process takes turns with itself only. Several on one database need the question answered in the transaction.

use crate::conditions::question;
use crate::interaction::{Interaction, Target, parse_query_text};
use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::{Mutex, MutexGuard};

/// Questions that do not hinder each other, at most; two different ones may share a place, which only costs time.
const PLACES: usize = 64;

/// The places where conditional writes wait.
pub(crate) struct Turns([Mutex<()>; PLACES]);

impl Turns {
    pub(crate) fn new() -> Self {
        Turns(std::array::from_fn(|_| Mutex::default()))
    }

    /// Waits until nobody else asks one of these questions, and keeps their places until dropped.
    pub(crate) async fn take(&self, questions: &[String]) -> Vec<MutexGuard<'_, ()>> {
        let mut places: Vec<usize> = questions.iter().map(|question| place_of(question)).collect();
        // In one order for everyone, so that nobody waits in a circle.
        places.sort_unstable();
        places.dedup();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            turns.push(self.0[place].lock().await);
        }
        turns
    }
}

fn place_of(question: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    usize::try_from(hasher.finish() % PLACES as u64).unwrap_or(0)
}

/// What an interaction asks before it writes; empty when it names what it means. A transaction takes its turns itself.
pub(crate) fn questions(interaction: &Interaction) -> Vec<String> {
    let of_target = |target: &Target| match target {
        Target::Where(resource_type, params) => vec![question(*resource_type, params)],
        Target::Id(..) => Vec::new(),
    };
    match interaction {
        Interaction::Create { resource_type, if_none_exist: Some(condition), .. } => {
            let params = parse_query_text(condition).unwrap_or_default();
            vec![question(*resource_type, &params)]
        }
        Interaction::Update { target, .. } => of_target(target),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use socle_kernel::resource_type;

    #[test]
    fn the_same_question_in_another_order_is_the_same() {
        let create = |condition: &str| Interaction::Create {
            resource_type: resource_type::PATIENT,
            resource: json!({}),
            if_none_exist: Some(condition.into()),
        };
        let asked = questions(&create("identifier=urn:x|1&birthdate=1980-02-03"));
        assert_eq!(asked, ["Patient?birthdate=1980-02-03&identifier=urn:x|1"]);
        assert_eq!(asked, questions(&create("birthdate=1980-02-03&identifier=urn%3Ax%7C1")));
    }

    #[tokio::test]
    async fn the_same_question_twice_in_one_bundle_does_not_wait_for_itself() {
        let turns = Turns::new();
        let question = "Patient?identifier=a".to_owned();
        let taken = turns.take(&[question.clone(), question]).await;
        assert_eq!(taken.len(), 1);
    }
}
