//! Turns at conditional writes. "Make it unless it is there" looks first and writes afterwards: two who ask the same at the
//! same moment would both find nothing. Here they take turns; whoever asks anything else goes on beside them.
//!
//! One process takes turns with itself only. Several on one database need the question answered in the transaction.

use crate::conditions::question;
use crate::interaction::{Interaction, Target, parse_query_text};
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
        Interaction::Bundle(bundle) if bundle["type"] == "transaction" => {
            bundle["entry"].as_array().into_iter().flatten().filter_map(of_entry).collect()
        }
        _ => Vec::new(),
    }
}

/// A question that cannot be read is refused later, by whoever reads the entry for good.
fn of_entry(entry: &Value) -> Option<String> {
    let request = &entry["request"];
    let url = request["url"].as_str()?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let query = match (request["ifNoneExist"].as_str(), request["method"].as_str()) {
        (Some(condition), _) => condition,
        (None, Some("PUT")) if !query.is_empty() => query,
        _ => return None,
    };
    Some(question(path.rsplit('/').next()?.parse().ok()?, &parse_query_text(query).ok()?))
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
