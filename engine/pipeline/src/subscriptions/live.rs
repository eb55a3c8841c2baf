//! Notifications over a connection that the subscriber holds: bound with a token, fed from the events as they are counted.

use super::attend::{events, tell};
use super::bundle::{Kind, Teller};
use super::{Channel, Content, STATES, State, Status, WISHES, Wish};
use crate::jobs::Owner;
use crate::pipeline::Pipeline;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use socle_gate::Session;
use socle_kernel::{HomeId, Instant, Key, Problem, limits, problem, resource_type};

/// Path of the WebSocket.
pub const WEBSOCKET: &str = "/subscriptions/ws";
/// Path under which the events of a subscription are streamed.
pub const STREAM: &str = "/subscriptions/{id}/stream";

/// Drawer of binding tokens, by their hash.
const TOKENS: &str = "subscriptions.token";

/// A token that binds a connection to subscriptions.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The token; kept nowhere.
    pub token: String,
    /// Until when.
    pub until: Instant,
    /// Public ids of the subscriptions.
    pub subscriptions: Vec<String>,
}

/// What a token binds to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Binding {
    keys: Vec<Key>,
    owner: Owner,
    until: Instant,
}

/// One subscription followed over a connection.
pub struct Live {
    pipeline: Pipeline,
    key: Key,
    id: String,
    told: u64,
    heard_at: Instant,
}

impl Pipeline {
    /// Where a WebSocket client connects.
    pub fn websocket_url(&self) -> String {
        let base = &self.settings().base_url;
        // `http…` becomes `ws…`, and so does the form that is enciphered.
        format!("ws{}{WEBSOCKET}", base.strip_prefix("http").unwrap_or(base))
    }

    /// Makes a token for the caller's own subscriptions of the channel `websocket`: those of these ids, or all.
    pub async fn bind(&self, session: &Session, ids: &[String]) -> Result<Bound, Problem> {
        let owner = Owner::of(session);
        let wishes = super::wishes(self).await?;
        let own = wishes.into_iter().filter(|(_, wish)| {
            !wish.is_gone
                && wish.owner.is_same(&owner)
                && wish.terms.channel == Channel::Websocket
                && (ids.is_empty() || ids.contains(&wish.id))
        });
        let own: Vec<(Key, Wish)> = own.collect();
        if own.is_empty() || ids.iter().any(|id| !own.iter().any(|(_, wish)| wish.id == *id)) {
            return Err(Problem::not_found().expecting("your own subscriptions of the channel websocket"));
        }
        let mut bytes = [0u8; 32];
        self.gate().chance().fill(&mut bytes);
        let token = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        let until = session.now().plus(limits::BINDING_TOKEN_TIME);
        let binding = Binding { keys: own.iter().map(|(key, _)| *key).collect(), owner, until };
        let drawers = self.gate().drawers("subscriptions");
        let mut changes = vec![drawers.change(TOKENS, HomeId::PLATFORM, &hash(&token), Some(&binding))];
        // Those that are over are cleared away as new ones are made.
        let known: Vec<(Vec<u8>, Binding)> =
            drawers.list(TOKENS, HomeId::PLATFORM, &[], limits::PAGE_DEFAULT).await?;
        let over = known.iter().filter(|(_, binding)| binding.until <= session.now());
        changes.extend(over.map(|(key, _)| drawers.change::<Binding>(TOKENS, HomeId::PLATFORM, key, None)));
        drawers.write(changes).await?;
        let subscriptions = own.into_iter().map(|(_, wish)| wish.id).collect();
        Ok(Bound { token, until, subscriptions })
    }

    /// The subscriptions that a token binds to, each followed from the next event on.
    pub async fn bound_by(&self, token: &str) -> Result<Vec<Live>, Problem> {
        let drawers = self.gate().drawers("subscriptions");
        let now = self.gate().clock().now();
        let binding: Option<Binding> = drawers.get(TOKENS, HomeId::PLATFORM, &hash(token)).await?;
        let binding = binding.filter(|binding| now < binding.until).ok_or_else(|| {
            Problem::new(
                problem::Kind::Unauthenticated,
                "Ce jeton de connexion n'est plus valable. Demandez-en un avec $get-ws-binding-token.",
                "This binding token is no longer good. Ask for one with $get-ws-binding-token.",
            )
        })?;
        let mut found = Vec::new();
        for key in binding.keys {
            found.extend(self.live(key, &binding.owner, None).await?);
        }
        Ok(found)
    }

    /// A subscription of the caller, followed from the event after `told` on, or from the next one.
    pub async fn follow(&self, session: &Session, id: &str, told: Option<u64>) -> Result<Live, Problem> {
        let key = session.resolve(resource_type::SUBSCRIPTION, id).await?.ok_or_else(Problem::not_found)?;
        self.live(key, &Owner::of(session), told).await?.ok_or_else(Problem::not_found)
    }

    async fn live(&self, key: Key, owner: &Owner, told: Option<u64>) -> Result<Option<Live>, Problem> {
        let drawers = self.gate().drawers("subscriptions");
        let wish: Option<Wish> = drawers.get(WISHES, HomeId::PLATFORM, &key.to_block()).await?;
        let is_own = |wish: &Wish| {
            !wish.is_gone && wish.owner.is_same(owner) && wish.terms.channel == Channel::Websocket
        };
        let Some(wish) = wish.filter(is_own) else { return Ok(None) };
        let state: Option<State> = drawers.get(STATES, HomeId::PLATFORM, &key.to_block()).await?;
        let events = state.map_or(0, |state| state.events);
        let told = told.map_or(events, |told| told.min(events));
        Ok(Some(Live { pipeline: self.clone(), key, id: wish.id, told, heard_at: self.gate().clock().now() }))
    }
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// What a connection sends.
pub struct Sent {
    /// The notification.
    pub body: Bytes,
    /// Number of the last event told, for a connection that comes back.
    pub last: u64,
}

impl Live {
    /// Public id of the subscription.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// An error once the subscription is over, or its owner no longer holds what they showed.
    pub async fn check(&self) -> Result<(), Problem> {
        self.load().await.map(|_| ())
    }

    /// The first notification.
    pub async fn handshake(&self) -> Result<Option<Sent>, Problem> {
        self.send(Kind::Handshake, u64::MAX).await
    }

    /// The next notification that is due: events, or a sign of life. `None` when there is nothing to say; an error when the
    /// connection must be closed (the subscription is over, the owner's grant too).
    pub async fn next(&mut self) -> Result<Option<Sent>, Problem> {
        let (wish, state) = self.load().await?;
        let now = self.pipeline.gate().clock().now();
        let sent = if self.told < state.events && state.status == Status::Active {
            self.send(Kind::Events, self.told + 1).await?
        } else if wish.terms.heartbeat.is_some_and(|period| self.heard_at.plus(period) <= now) {
            self.send(Kind::Heartbeat, u64::MAX).await?
        } else {
            None
        };
        if let Some(sent) = &sent {
            self.told = sent.last;
            self.heard_at = now;
        }
        Ok(sent)
    }

    /// The wish and its state; an error once it is over.
    async fn load(&self) -> Result<(Wish, State), Problem> {
        let drawers = self.pipeline.gate().drawers("subscriptions");
        let wish: Option<Wish> = drawers.get(WISHES, HomeId::PLATFORM, &self.key.to_block()).await?;
        let wish = wish.filter(|wish| !wish.is_gone && !wish.is_off).ok_or_else(over)?;
        let state: Option<State> = drawers.get(STATES, HomeId::PLATFORM, &self.key.to_block()).await?;
        let state = state.unwrap_or_default();
        let is_over = matches!(state.status, Status::Off | Status::Error) && state.wish == wish.version;
        if is_over || !self.pipeline.still_holds(&wish.owner).await? {
            return Err(over());
        }
        Ok((wish, state))
    }

    async fn send(&self, kind: Kind, first: u64) -> Result<Option<Sent>, Problem> {
        let (wish, state) = self.load().await?;
        let request = format!("subscription:{}", wish.id);
        let (mut told, mut last) = (Vec::new(), self.told);
        if kind == Kind::Events {
            let found = events(&self.pipeline, self.key, first, state.events, wish.terms.max_count).await?;
            told = tell(&self.pipeline, &wish, found, &request).await?;
            // Events that are no longer kept are left out: `$status` says how many there were.
            last = told.last().map_or(state.events, |told| told.event.number);
        }
        let base = self.pipeline.fhir_base();
        let now = self.pipeline.gate().clock().now();
        let teller = Teller { base: &base, wish: &wish, state: &state, now };
        let mut id = [0u8; 16];
        self.pipeline.gate().chance().fill(&mut id);
        let content = if kind == Kind::Events { wish.terms.content } else { Content::Empty };
        let body = teller.notification(kind, state.status, content, &told, id);
        Ok(Some(Sent { body, last }))
    }
}

fn over() -> Problem {
    Problem::new(problem::Kind::Gone, "Cet abonnement a pris fin.", "This subscription has ended.")
}
