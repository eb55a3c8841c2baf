//! One subscription as it is attended to: handshake, events counted and delivered, signs of life, retries, the end.

use super::attend::{Carrier, Parcel, ParcelKind, events, seen, tell};
use super::bundle::{Kind, Teller, Told};
use super::{
    Attempt, Channel, Content, EVENTS, Event, NOTED, Noted, STATES, State, Status, WISHES, Wish, entry_key,
    read_entry_key,
};
use crate::jobs::{Owner, Trouble};
use crate::pipeline::Pipeline;
use serde_json::Value;
use socle_gate::{Change, DrawerWrite, Drawers, Kept};
use socle_kernel::{HomeId, Instant, Key, Problem, Words, limits};
use std::sync::Arc;
use std::time::Duration;

/// Entries removed in one go when a subscription is gone.
const REMOVED: usize = 500;

/// What attending to a subscription came to.
pub(super) enum Attended {
    /// Something was done; there may be more.
    Done,
    /// Nothing to do before this moment.
    Rest(Option<Instant>),
}

/// One subscription as it is attended to.
pub(super) struct One {
    pub pipeline: Pipeline,
    pub carrier: Arc<dyn Carrier>,
    pub now: Instant,
    pub key: Key,
    pub wish: Kept<Wish>,
    pub kept: Option<Kept<State>>,
    pub state: State,
    pub has_noted: bool,
}

/// The earlier of two moments.
pub(super) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl One {
    /// One act for a subscription, when one is due. What fails here is tried again later, by itself.
    pub(super) async fn attend(mut self) -> Attended {
        match self.act().await {
            Ok(attended) => attended,
            Err(problem) => {
                tracing::warn!(subscription.id = %self.wish.value.id, error.cause = %problem, "a subscription could not be attended to");
                Attended::Rest(Some(self.now.plus(limits::JOB_RETRY_FIRST)))
            }
        }
    }

    async fn act(&mut self) -> Result<Attended, Problem> {
        let wish = &self.wish.value;
        if wish.is_gone {
            return self.clear().await;
        }
        if wish.version != self.state.wish {
            return self.take_up().await;
        }
        match self.state.status {
            Status::Off => {
                return if self.has_noted { self.forget().await } else { Ok(Attended::Rest(None)) };
            }
            Status::Error => return self.keep_backlog_short().await,
            Status::Requested | Status::Active => {}
        }
        if wish.terms.end.is_some_and(|end| end <= self.now) {
            return self.stop("Son temps est écoulé.", "Its time is over.").await;
        }
        if let Some(until) = self.state.next_at.filter(|until| *until > self.now) {
            return Ok(Attended::Rest(earlier(Some(until), wish.terms.end)));
        }
        let heartbeat_at = wish.terms.heartbeat.zip(self.state.sent_at).map(|(period, at)| at.plus(period));
        let is_live = matches!(wish.terms.channel, Channel::Websocket);
        let has_undelivered = self.state.delivered < self.state.events;
        let is_heartbeat_due = !is_live && heartbeat_at.is_some_and(|at| at <= self.now);
        let is_shaken = self.state.status == Status::Active;
        if is_shaken && !has_undelivered && !self.has_noted && !is_heartbeat_due {
            let heartbeat = heartbeat_at.filter(|_| !is_live);
            return Ok(Attended::Rest(earlier(heartbeat, wish.terms.end)));
        }
        if !self.pipeline.still_holds(&wish.owner).await? {
            return self
                .stop(
                    "L'autorisation de l'application a pris fin.",
                    "What the application was granted has ended.",
                )
                .await;
        }
        if !is_shaken {
            return self.shake_hands().await;
        }
        if has_undelivered {
            return self.deliver().await;
        }
        if self.has_noted {
            return self.count().await;
        }
        self.send(Kind::Heartbeat, &[]).await
    }

    fn drawers(&self) -> Drawers {
        self.pipeline.gate().drawers("subscriptions")
    }

    /// The state as a change, refused when somebody else changed it.
    fn state_write(&self) -> DrawerWrite {
        let key = self.key.to_block();
        self.drawers().replace(STATES, HomeId::PLATFORM, &key, self.kept.as_ref(), Some(&self.state))
    }

    async fn keep(&self, mut more: Vec<DrawerWrite>) -> Result<Attended, Problem> {
        more.push(self.state_write());
        self.drawers().write(more).await?;
        Ok(Attended::Done)
    }

    /// Takes up what the owner wrote: the subscription begins (again), or is off.
    async fn take_up(&mut self) -> Result<Attended, Problem> {
        let wish = &self.wish.value;
        self.state.wish = wish.version;
        self.state.status = if wish.is_off { Status::Off } else { Status::Requested };
        self.state.failures = 0;
        self.state.next_at = None;
        self.state.trouble = None;
        self.keep(Vec::new()).await
    }

    /// Sends the first notification. What fails ends in `error`, as the guide asks.
    async fn shake_hands(&mut self) -> Result<Attended, Problem> {
        if !matches!(self.wish.value.terms.channel, Channel::Websocket) {
            let sent = self.carry(Kind::Handshake, Content::Empty, &[]).await;
            self.note_attempt(Kind::Handshake, None, sent.as_ref().err());
            if let Err(words) = sent {
                self.trouble(&words);
                return self.change_status(Status::Error).await;
            }
        }
        self.state.sent_at = Some(self.now);
        self.change_status(Status::Active).await
    }

    /// Gives numbers to the noted changes that the owner may see now; forgets the others.
    async fn count(&mut self) -> Result<Attended, Problem> {
        let drawers = self.drawers();
        let after = entry_key(self.key, 0);
        let page: Vec<(Vec<u8>, Noted)> =
            drawers.list(NOTED, HomeId::PLATFORM, &after, self.wish.value.terms.max_count).await?;
        let session = self.pipeline.session_of(&self.wish.value.owner, &self.request());
        let mut changes = Vec::new();
        for (key, noted) in page {
            if read_entry_key(&key).is_none_or(|(subscription, _)| subscription != self.key) {
                break;
            }
            changes.push(drawers.change::<Noted>(NOTED, HomeId::PLATFORM, &key, None));
            if seen(&session, &noted, false).await?.is_none() {
                continue;
            }
            self.state.events += 1;
            let event = Event { number: self.state.events, change: noted, counted_at: self.now };
            let key = entry_key(self.key, event.number);
            changes.push(drawers.change(EVENTS, HomeId::PLATFORM, &key, Some(&event)));
        }
        if matches!(self.wish.value.terms.channel, Channel::Websocket) {
            // Connections read the events themselves.
            self.state.delivered = self.state.events;
        }
        changes.extend(self.outdated().await?);
        // Refusals of what is hidden are no access: nothing was shown.
        let attended = self.keep(changes).await?;
        self.pipeline.call_live();
        Ok(attended)
    }

    /// Events that were kept long enough.
    async fn outdated(&self) -> Result<Vec<DrawerWrite>, Problem> {
        let drawers = self.drawers();
        let page: Vec<(Vec<u8>, Event)> = drawers
            .list(EVENTS, HomeId::PLATFORM, &entry_key(self.key, 0), limits::NOTIFICATION_EVENTS)
            .await?;
        let is_old = |key: &[u8], event: &Event| {
            read_entry_key(key).is_some_and(|(subscription, _)| subscription == self.key)
                && event.number <= self.state.delivered
                && event.counted_at.plus(limits::EVENT_KEPT) <= self.now
        };
        let old = page.iter().filter(|(key, event)| is_old(key, event));
        Ok(old.map(|(key, _)| drawers.change::<Event>(EVENTS, HomeId::PLATFORM, key, None)).collect())
    }

    /// Sends the next events that have a number.
    async fn deliver(&mut self) -> Result<Attended, Problem> {
        let terms = &self.wish.value.terms;
        let events =
            events(&self.pipeline, self.key, self.state.delivered + 1, self.state.events, terms.max_count)
                .await?;
        let told = tell(&self.pipeline, &self.wish.value, events, &self.request()).await?;
        if told.is_empty() {
            return Err(Problem::internal("events that were counted are not there"));
        }
        self.send(Kind::Events, &told).await
    }

    /// Sends a notification, and keeps what became of it.
    async fn send(&mut self, kind: Kind, told: &[Told]) -> Result<Attended, Problem> {
        let content = self.wish.value.terms.content;
        let sent = self.carry(kind, content, told).await;
        let span = told.first().zip(told.last()).map(|(a, b)| (a.event.number, b.event.number));
        self.note_attempt(kind, span, sent.as_ref().err());
        match sent {
            Ok(()) => {
                self.state.delivered = span.map_or(self.state.delivered, |(_, last)| last);
                self.state.sent_at = Some(self.now);
                self.state.failures = 0;
                self.state.trouble = None;
                self.state.next_at = Some(self.now.plus(limits::DELIVERY_SPACING));
                self.keep(Vec::new()).await
            }
            Err(words) => {
                self.state.failures += 1;
                self.trouble(&words);
                tracing::info!(subscription.id = %self.wish.value.id, job.failures = self.state.failures, "a notification could not be delivered");
                if self.state.failures >= limits::DELIVERY_ATTEMPTS {
                    return self.change_status(Status::Error).await;
                }
                self.state.next_at = Some(self.now.plus(retry_wait(self.state.failures)));
                self.keep(Vec::new()).await
            }
        }
    }

    async fn carry(&self, kind: Kind, content: Content, told: &[Told]) -> Result<(), Words> {
        let base = self.pipeline.fhir_base();
        let teller = Teller { base: &base, wish: &self.wish.value, state: &self.state, now: self.now };
        let mut id = [0u8; 16];
        self.pipeline.gate().chance().fill(&mut id);
        let terms = &self.wish.value.terms;
        self.carrier
            .carry(Parcel {
                channel: terms.channel.clone(),
                body: teller.notification(kind, self.state.status, content, told, id),
                timeout: terms.timeout,
                subscription: self.wish.value.id.clone(),
                kind: match kind {
                    Kind::Handshake => ParcelKind::Handshake,
                    Kind::Heartbeat => ParcelKind::Heartbeat,
                    _ => ParcelKind::Events,
                },
            })
            .await
    }

    fn trouble(&mut self, words: &Words) {
        self.state.trouble =
            Some(Trouble { at: self.now, fr: words.fr.to_string(), en: words.en.to_string() });
    }

    fn note_attempt(&mut self, kind: Kind, events: Option<(u64, u64)>, failed: Option<&Words>) {
        let failed = failed.map(|words| words.en.to_string());
        self.state.history.push(Attempt { at: self.now, kind: kind.code().to_owned(), events, failed });
        let surplus = self.state.history.len().saturating_sub(limits::DELIVERY_HISTORY);
        self.state.history.drain(..surplus);
    }

    /// Ends the subscription: what waits is forgotten.
    async fn stop(&mut self, fr: &'static str, en: &'static str) -> Result<Attended, Problem> {
        self.trouble(&Words::new(fr, en));
        let attended = self.change_status(Status::Off).await?;
        self.pipeline.call_live();
        Ok(attended)
    }

    /// Writes the status into the `Subscription` as its owner reads it, with our own state.
    async fn change_status(&mut self, status: Status) -> Result<Attended, Problem> {
        self.state.status = status;
        self.state.next_at = None;
        if status == Status::Active {
            (self.state.failures, self.state.trouble) = (0, None);
        }
        let operator = self.pipeline.session_of(&Owner::operator("subscriptions"), &self.request());
        let found = operator.peek(self.key).await?.filter(|found| !found.deleted);
        let Some(found) = found else { return self.keep(Vec::new()).await };
        let mut resource: Value = socle_fhir::json::parse(&found.body)?;
        resource["status"] = status.code().into();
        let trouble = self.state.trouble.as_ref().filter(|_| status != Status::Active);
        match (trouble, resource.as_object_mut()) {
            (Some(trouble), _) => resource["error"] = trouble.en.clone().into(),
            (None, Some(members)) => {
                members.shift_remove("error");
            }
            (None, None) => {}
        }
        let change = Change {
            key: self.key,
            expected: found.version,
            resource: Some(resource),
            content: None,
            owner: None,
            alias: None,
        };
        operator.commit_with(vec![change], Vec::new(), vec![self.state_write()]).await?;
        Ok(Attended::Done)
    }

    fn request(&self) -> String {
        format!("subscription:{}", self.wish.value.id)
    }

    /// Forgets noted changes of a subscription that is off.
    async fn forget(&self) -> Result<Attended, Problem> {
        let removals = self.removals::<Noted>(NOTED).await?;
        self.drawers().write(removals).await?;
        Ok(Attended::Done)
    }

    /// One that was given up keeps what it was not told of, within a limit: its owner may ask again.
    async fn keep_backlog_short(&mut self) -> Result<Attended, Problem> {
        if !self.has_noted {
            return Ok(Attended::Rest(None));
        }
        let drawers = self.drawers();
        let limit = usize::try_from(limits::SUBSCRIPTION_BACKLOG).unwrap_or(usize::MAX);
        let after = entry_key(self.key, 0);
        let page: Vec<(Vec<u8>, Noted)> = drawers.list(NOTED, HomeId::PLATFORM, &after, limit).await?;
        let own =
            page.iter().take_while(|(key, _)| read_entry_key(key).is_some_and(|(of, _)| of == self.key));
        if own.count() < limit {
            return Ok(Attended::Rest(None));
        }
        self.stop(
            "Trop d'événements attendent : l'abonnement est arrêté.",
            "Too many events are waiting: the subscription is stopped.",
        )
        .await
    }

    async fn removals<T: serde::Serialize + serde::de::DeserializeOwned>(
        &self,
        drawer: &'static str,
    ) -> Result<Vec<DrawerWrite>, Problem> {
        let drawers = self.drawers();
        let page: Vec<(Vec<u8>, T)> =
            drawers.list(drawer, HomeId::PLATFORM, &entry_key(self.key, 0), REMOVED).await?;
        let own =
            page.iter().take_while(|(key, _)| read_entry_key(key).is_some_and(|(of, _)| of == self.key));
        Ok(own.map(|(key, _)| drawers.change::<T>(drawer, HomeId::PLATFORM, key, None)).collect())
    }

    /// Removes everything of a subscription that was deleted.
    async fn clear(&self) -> Result<Attended, Problem> {
        let mut changes = self.removals::<Noted>(NOTED).await?;
        changes.extend(self.removals::<Event>(EVENTS).await?);
        if changes.is_empty() {
            let (drawers, key) = (self.drawers(), self.key.to_block());
            changes.push(drawers.change::<State>(STATES, HomeId::PLATFORM, &key, None));
            changes.push(drawers.replace(WISHES, HomeId::PLATFORM, &key, Some(&self.wish), None));
        }
        self.drawers().write(changes).await?;
        self.pipeline.call_live();
        Ok(Attended::Done)
    }
}

/// How long to wait after this many failed deliveries in a row.
fn retry_wait(failures: u32) -> Duration {
    let doubled = limits::DELIVERY_RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(limits::DELIVERY_RETRY_LONGEST)
}
