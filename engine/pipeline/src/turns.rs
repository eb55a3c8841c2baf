//! Turns at conditional writes. "Make it unless it is there" looks first and writes afterwards: two who ask the same at the
//! same moment would both find nothing. Here they take turns; whoever asks anything else goes on beside them.
//!
//! One process takes turns with itself only. Several on one database need the question answered in the transaction.

use crate::interaction::{Interaction, Target};
use serde_json::Value;
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

/// What an interaction asks before it writes; empty when it names what it means.
pub(crate) fn questions(interaction: &Interaction) -> Vec<String> {
    match interaction {
        Interaction::Create { resource_type, if_none_exist: Some(condition), .. } => {
            vec![format!("{resource_type}?{condition}")]
        }
        Interaction::Update { target: Target::Where(resource_type, params), .. } => {
            let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            vec![format!("{resource_type}?{}", pairs.join("&"))]
        }
        Interaction::Bundle(bundle) if bundle["type"] == "transaction" => {
            bundle["entry"].as_array().into_iter().flatten().filter_map(of_entry).collect()
        }
        _ => Vec::new(),
    }
}

fn of_entry(entry: &Value) -> Option<String> {
    let request = &entry["request"];
    let url = request["url"].as_str()?;
    match (request["ifNoneExist"].as_str(), request["method"].as_str()) {
        (Some(condition), _) => Some(format!("{url}?{condition}")),
        (None, Some("PUT")) if url.contains('?') => Some(url.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use socle_kernel::resource_type;

    #[test]
    fn a_create_and_a_transaction_that_ask_the_same_wait_for_each_other() {
        let condition = "identifier=urn:x|1";
        let create = Interaction::Create {
            resource_type: resource_type::PATIENT,
            resource: json!({}),
            if_none_exist: Some(condition.into()),
        };
        let bundle = Interaction::Bundle(json!({ "type": "transaction", "entry": [
            { "request": { "method": "POST", "url": "Patient", "ifNoneExist": condition } },
            { "request": { "method": "POST", "url": "Observation" } }] }));
        assert_eq!(questions(&create), ["Patient?identifier=urn:x|1"]);
        assert_eq!(questions(&bundle), questions(&create));
    }

    #[tokio::test]
    async fn the_same_question_twice_in_one_bundle_does_not_wait_for_itself() {
        let turns = Turns::new();
        let question = "Patient?identifier=a".to_owned();
        let taken = turns.take(&[question.clone(), question]).await;
        assert_eq!(taken.len(), 1);
    }
}
