//! The job that attends to subscriptions, and what carries notifications away.
//!
//! Each subscription is attended to by itself, and what becomes of it is committed by itself: one that is slow or broken
//! holds up no other.

use super::bundle::Told;
use super::one::{Attended, One, earlier};
use super::{
    Channel, Content, EVENTS, Event, NOTED, Noted, STATES, State, WISHES, Wish, entry_key, read_entry_key,
};
use crate::jobs::{Effects, Next, Step, Work};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use socle_gate::{Drawers, Found, Kept, Relation, Session};
use socle_kernel::{HomeId, Instant, Key, Problem, Words, limits, problem, resource_type};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Takes notifications to where they go. The program brings it: this crate knows no network.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Is this channel offered here, and may its address be asked for at all?
    fn check(&self, channel: &Channel, pipeline: &Pipeline) -> Result<(), Problem>;

    /// Takes a notification there. The error is told to the owner of the subscription: it must repeat nothing secret.
    async fn carry(&self, parcel: Parcel) -> Result<(), Words>;
}

/// A notification on its way.
pub struct Parcel {
    /// Where to.
    pub channel: Channel,
    /// What: the notification as FHIR JSON. A mail says none of it.
    pub body: Bytes,
    /// How long it may take.
    pub timeout: Duration,
    /// Public id of the subscription, for the log.
    pub subscription: String,
    /// What kind of notification.
    pub kind: ParcelKind,
}

/// What kind of notification a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParcelKind {
    /// The first one.
    Handshake,
    /// A sign of life.
    Heartbeat,
    /// Something happened.
    Events,
}

/// Offers nothing but connections that subscribers hold themselves.
pub struct NoCarrier;

#[async_trait]
impl Carrier for NoCarrier {
    fn check(&self, channel: &Channel, _: &Pipeline) -> Result<(), Problem> {
        match channel {
            Channel::Websocket => Ok(()),
            _ => Err(Problem::new(
                problem::Kind::Unprocessable,
                "Ce canal n'est pas offert par ce programme.",
                "This channel is not offered by this program.",
            )
            .at("Subscription.channel.type")
            .expecting("websocket")),
        }
    }

    async fn carry(&self, _: Parcel) -> Result<(), Words> {
        Err(Words::new("Ce canal n'est pas offert.", "This channel is not offered."))
    }
}

/// Attends to subscriptions.
pub(super) struct Attend {
    carrier: Arc<dyn Carrier>,
    busy: Arc<Mutex<HashSet<Key>>>,
    places: Arc<Semaphore>,
}

/// A subscription that is being attended to.
struct Busy {
    key: Key,
    all: Arc<Mutex<HashSet<Key>>>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}

impl Attend {
    pub(super) fn new(carrier: Arc<dyn Carrier>) -> Self {
        let places = Arc::new(Semaphore::new(limits::SUBSCRIPTIONS_AT_ONCE));
        Attend { carrier, busy: Arc::default(), places }
    }

    /// Begins to attend to a subscription, unless that is under way already.
    fn begin(&self, one: One) -> Option<JoinHandle<Attended>> {
        if !self.busy.lock().insert(one.key) {
            return None;
        }
        let busy = Busy { key: one.key, all: self.busy.clone() };
        let places = self.places.clone();
        let pipeline = one.pipeline.clone();
        let begun_at = one.pipeline.gate().clock().now();
        Some(tokio::spawn(async move {
            let place = places.acquire_owned().await;
            let attended = one.attend().await;
            drop((place, busy));
            if begun_at.plus(limits::DELIVERY_PATIENCE) <= pipeline.gate().clock().now() {
                // Nobody waited for this one: look again.
                pipeline.wake_jobs();
            }
            attended
        }))
    }
}

#[async_trait]
impl Work for Attend {
    async fn step(&self, step: &Step<'_>) -> Result<Effects, Problem> {
        // Looked at first: what is read below of the others is how they are.
        let busy = self.busy.lock().clone();
        let drawers = step.pipeline.gate().drawers("subscriptions");
        let wishes: Vec<(Vec<u8>, Kept<Wish>)> = everything(&drawers, WISHES).await?;
        if wishes.is_empty() {
            return Ok(Effects::default());
        }
        let states: Vec<(Vec<u8>, Kept<State>)> = everything(&drawers, STATES).await?;
        let mut states: HashMap<Vec<u8>, Kept<State>> = states.into_iter().collect();
        let noted = with_noted(&drawers).await?;
        let mut under_way = FuturesUnordered::new();
        for (key, wish) in wishes {
            let Some(found) = key.as_slice().try_into().ok().and_then(Key::from_block) else { continue };
            if busy.contains(&found) {
                continue;
            }
            let kept = states.remove(&key);
            let state = kept.as_ref().map(|kept| kept.value.clone()).unwrap_or_default();
            let one = One {
                pipeline: step.pipeline.clone(),
                carrier: self.carrier.clone(),
                now: step.now,
                key: found,
                wish,
                kept,
                state,
                has_noted: noted.contains(&found),
            };
            under_way.extend(self.begin(one));
        }
        let mut is_done = false;
        let mut rest: Option<Instant> = None;
        // A slow one goes on by itself and calls when it is done; nobody waits for it.
        let patience = tokio::time::sleep(limits::DELIVERY_PATIENCE);
        let mut patience = std::pin::pin!(patience);
        while let Some(attended) = tokio::select! {
            attended = under_way.next() => attended,
            () = &mut patience => None,
        } {
            match attended {
                Ok(Attended::Done) => is_done = true,
                Ok(Attended::Rest(until)) => rest = earlier(rest, until),
                // It panicked, which was logged.
                Err(_) => rest = earlier(rest, Some(step.now.plus(limits::JOB_RETRY_FIRST))),
            }
        }
        let longest = step.now.plus(limits::SUBSCRIPTION_LOOK_EVERY);
        let next =
            if is_done { Next::Again } else { Next::At(rest.map_or(longest, |rest| rest.min(longest))) };
        Ok(Effects { next, ..Effects::default() })
    }
}

async fn everything<T: serde::de::DeserializeOwned>(
    drawers: &Drawers,
    drawer: &'static str,
) -> Result<Vec<(Vec<u8>, Kept<T>)>, Problem> {
    let mut all = Vec::new();
    let mut after = Vec::new();
    loop {
        let page = drawers.list_kept(drawer, HomeId::PLATFORM, &after, limits::PAGE_MAX).await?;
        let is_last = page.len() < limits::PAGE_MAX;
        if let Some((key, _)) = page.last() {
            after.clone_from(key);
        }
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The subscriptions for which changes were noted; one look for each.
async fn with_noted(drawers: &Drawers) -> Result<BTreeSet<Key>, Problem> {
    let mut found = BTreeSet::new();
    let mut after = Vec::new();
    loop {
        let page: Vec<(Vec<u8>, Noted)> = drawers.list(NOTED, HomeId::PLATFORM, &after, 1).await?;
        let Some((key, _)) = page.into_iter().next() else { return Ok(found) };
        let Some((subscription, _)) = read_entry_key(&key) else { return Ok(found) };
        found.insert(subscription);
        after = entry_key(subscription, u64::MAX);
    }
}

/// The resource of a change as the holder of the session may see it now; `None` when it is not for them.
pub(super) async fn seen(
    session: &Session,
    noted: &Noted,
    is_traced: bool,
) -> Result<Option<Found>, Problem> {
    if noted.key.resource_type == resource_type::PATIENT && session.principal().professional().is_some() {
        // Whoever looks for a person at a desk finds their identity. That is no ground to be told of everybody's.
        let (standing, _) = session.standing(noted.key.home).await?;
        if standing.relation == Relation::None {
            return Ok(None);
        }
    }
    let found = if is_traced { session.read(noted.key).await } else { session.peek(noted.key).await };
    match found {
        Ok(found) => Ok(found),
        // Outside the scopes of the token, for one: then it is not for them.
        Err(problem) if problem.kind == problem::Kind::Refused => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Events of a subscription, from a number to a number, at most so many.
pub(super) async fn events(
    pipeline: &Pipeline,
    key: Key,
    first: u64,
    last: u64,
    limit: usize,
) -> Result<Vec<Event>, Problem> {
    let drawers = pipeline.gate().drawers("subscriptions");
    let after = entry_key(key, first.saturating_sub(1));
    let page: Vec<(Vec<u8>, Event)> = drawers.list(EVENTS, HomeId::PLATFORM, &after, limit).await?;
    let own = page.into_iter().take_while(|(entry, event)| {
        event.number <= last && read_entry_key(entry).is_some_and(|(of, _)| of == key)
    });
    Ok(own.map(|(_, event)| event).collect())
}

/// What is told of events: decided by the gate now, in the owner's name, and traced before it leaves.
pub(super) async fn tell(
    pipeline: &Pipeline,
    wish: &Wish,
    events: Vec<Event>,
    request: &str,
) -> Result<Vec<Told>, Problem> {
    let session = pipeline.session_of(&wish.owner, request);
    // Nothing of the resource is told by an empty notification: it is no reading of it.
    let is_traced = wish.terms.content != Content::Empty;
    let told = async {
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            let found = seen(&session, &event.change, is_traced).await?;
            told.push(Told { event, found });
        }
        Ok(told)
    };
    let told = told.await;
    session.close(told).await.into_inner()
}
