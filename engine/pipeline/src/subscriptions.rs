//! Subscriptions by topic (FHIR R5 subscriptions in R4: guide *Subscriptions R5 Backport* 1.1.0). Who may see something can
//! ask to be told of it.
//!
//! Two jobs. One follows the change feed and notes, for each subscription, the changes of the kind it asks for. The other
//! attends to each subscription: it asks the gate, in the owner's name and at that moment, which of them the owner may see;
//! those get a number, committed before anything is sent, so that after a power cut the same event goes out again under the
//! same number and none is left out. What the owner may not see gets no number and is forgotten.

mod attend;
mod bundle;
mod live;
mod matching;
mod one;
mod operations;
mod rules;
mod terms;
#[cfg(test)]
mod tests;
pub mod topics;

pub use attend::{Carrier, NoCarrier, Parcel, ParcelKind};
pub use live::{Bound, Live, STREAM, Sent, WEBSOCKET};
pub use terms::{Channel, Content, Terms};

use crate::jobs::{Job, Owner, Trouble, Wake};
use crate::pipeline::Pipeline;
use crate::room::Room;
use serde::{Deserialize, Serialize};
use socle_kernel::{HomeId, Instant, Key, Problem, Words, limits, resource_type};
use std::sync::Arc;

/// Drawer of what each owner wants, by key of the `Subscription`. Written with the resource, by its owner's request.
pub(crate) const WISHES: &str = "subscriptions.wish";
/// Drawer of how far each subscription is, by the same key. Written by the job that attends to it.
pub(crate) const STATES: &str = "subscriptions.state";
/// Drawer of changes that were noted and not yet decided upon: key of the subscription, number in the feed.
pub(crate) const NOTED: &str = "subscriptions.noted";
/// Drawer of events: key of the subscription, number of the event.
pub(crate) const EVENTS: &str = "subscriptions.event";
/// Base of the guide's definitions.
pub(crate) const GUIDE: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";

/// What an owner wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wish {
    /// In whose name it is decided what is told.
    pub owner: Owner,
    /// Public id of the `Subscription`.
    pub id: String,
    /// Version of the `Subscription` that said so.
    pub version: u32,
    /// What, how, where.
    pub terms: Terms,
    /// Changes after this number of the feed count.
    pub since: u64,
    /// True when the owner wants no more for now.
    pub is_off: bool,
    /// True once the `Subscription` was deleted.
    pub is_gone: bool,
}

/// How far a subscription is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The version of the wish that was taken up.
    pub wish: u32,
    /// Its status.
    pub status: Status,
    /// Number of the last event.
    pub events: u64,
    /// Number of the last event that was delivered.
    pub delivered: u64,
    /// When something was last sent.
    pub sent_at: Option<Instant>,
    /// Failures in a row.
    pub failures: u32,
    /// Not before.
    pub next_at: Option<Instant>,
    /// Why it last failed.
    pub trouble: Option<Trouble>,
    /// The last deliveries, oldest first.
    pub history: Vec<Attempt>,
}

/// Status of a subscription, in FHIR's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// Not shaken hands yet.
    #[default]
    Requested,
    /// Told of events.
    Active,
    /// Given up after failures; the owner may ask again.
    Error,
    /// Over.
    Off,
}

impl Status {
    /// FHIR code.
    pub fn code(self) -> &'static str {
        match self {
            Status::Requested => "requested",
            Status::Active => "active",
            Status::Error => "error",
            Status::Off => "off",
        }
    }
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// When.
    pub at: Instant,
    /// What kind of notification.
    pub kind: String,
    /// First and last event, when it told of events.
    pub events: Option<(u64, u64)>,
    /// Why it failed; `None` when it arrived.
    pub failed: Option<String>,
}

/// A change of the kind that a subscription asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// Which resource.
    pub key: Key,
    /// The version that was written.
    pub version: u32,
    /// What was done to it.
    pub deed: Deed,
    /// When.
    pub at: Instant,
}

/// What was done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deed {
    /// Made.
    Create,
    /// Changed.
    Update,
    /// Deleted.
    Delete,
}

impl Deed {
    /// The FHIR code of the interaction.
    pub fn code(self) -> &'static str {
        match self {
            Deed::Create => "create",
            Deed::Update => "update",
            Deed::Delete => "delete",
        }
    }
}

/// An event: a change that the owner might see when it was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// The change.
    pub change: Noted,
    /// When it was counted: it is kept for a while after.
    pub counted_at: Instant,
}

/// Key of an entry of a subscription: its own key, then a number.
pub(crate) fn entry_key(subscription: Key, number: u64) -> Vec<u8> {
    [subscription.to_block().as_slice(), &number.to_be_bytes()].concat()
}

/// The subscription and the number of an entry.
pub(crate) fn read_entry_key(key: &[u8]) -> Option<(Key, u64)> {
    let (block, number) = key.split_at_checked(16)?;
    Some((Key::from_block(block.try_into().ok()?)?, u64::from_be_bytes(number.try_into().ok()?)))
}

/// Everything that subscriptions bring to the pipeline; notifications leave by this carrier.
pub fn room(carrier: Arc<dyn Carrier>) -> Room {
    Room {
        name: "subscriptions",
        types: vec![resource_type::SUBSCRIPTION],
        rules: Some(Arc::new(rules::SubscriptionRules(carrier.clone()))),
        jobs: jobs(carrier),
        operations: operations::operations(),
        ..Room::default()
    }
}

/// The two jobs.
fn jobs(carrier: Arc<dyn Carrier>) -> Vec<Job> {
    vec![
        Job {
            name: "subscriptions.match",
            words: Words::new(
                "Note les changements que des abonnements demandent.",
                "Notes the changes that subscriptions ask for.",
            ),
            wake: Wake::Changes { from_the_first: false },
            work: Arc::new(matching::Match),
        },
        Job {
            name: "subscriptions.attend",
            words: Words::new(
                "Décide et livre les notifications des abonnements.",
                "Decides and delivers the notifications of subscriptions.",
            ),
            wake: Wake::Called(limits::SUBSCRIPTION_LOOK_EVERY),
            work: Arc::new(attend::Attend::new(carrier)),
        },
    ]
}

/// Every wish, with the key of its `Subscription`.
pub(crate) async fn wishes(pipeline: &Pipeline) -> Result<Vec<(Key, Wish)>, Problem> {
    let drawers = pipeline.gate().drawers("subscriptions");
    let mut all = Vec::new();
    let mut after = Vec::new();
    loop {
        let page: Vec<(Vec<u8>, Wish)> =
            drawers.list(WISHES, HomeId::PLATFORM, &after, limits::PAGE_MAX).await?;
        let is_last = page.len() < limits::PAGE_MAX;
        for (key, wish) in page {
            if let Some(found) = key.as_slice().try_into().ok().and_then(Key::from_block) {
                all.push((found, wish));
            }
            after = key;
        }
        if is_last {
            return Ok(all);
        }
    }
}
