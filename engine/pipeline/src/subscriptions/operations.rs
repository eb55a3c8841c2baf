//! The operations of `Subscription`: `$status`, `$events`, `$get-ws-binding-token`.

use super::attend::{events, tell};
use super::bundle::{Kind, Teller};
use super::{Content, STATES, State, WISHES, Wish};
use crate::bundle::{self, Entry};
use crate::interaction::{Answer, Level};
use crate::jobs::Owner;
use crate::operations::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use socle_gate::Session;
use socle_kernel::{HomeId, Key, Problem, limits, problem, resource_type};
use std::sync::Arc;

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(StatusOf), Arc::new(EventsOf), Arc::new(BindingToken)]
}

struct StatusOf;
struct EventsOf;
struct BindingToken;

static STATUS: Definition = Definition {
    id: "Subscription-status",
    code: "status",
    name: "R5SubscriptionStatus",
    canonical: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-status",
    fr: "État de vos abonnements : statut, nombre d'événements, dernières livraisons.",
    en: "State of your subscriptions: status, number of events, last deliveries.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::SUBSCRIPTION],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::repeated("id", "id", "Abonnements voulus.", "Subscriptions wanted."),
        Parameter::repeated("status", "code", "Statuts voulus.", "Statuses wanted."),
    ],
    outputs: &[Parameter::required(
        "return",
        "Bundle",
        "Un searchset, un Parameters par abonnement.",
        "A searchset, one Parameters for each subscription.",
    )],
};

static EVENTS_OF: Definition = Definition {
    id: "Subscription-events",
    code: "events",
    name: "R5SubscriptionEvents",
    canonical: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events",
    fr: "Événements passés d'un abonnement, tels que vous pouvez les voir maintenant.",
    en: "Past events of a subscription, as you may see them now.",
    places: &[Place::Instance],
    types: &[resource_type::SUBSCRIPTION],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional("eventsSinceNumber", "string", "Premier événement.", "First event."),
        Parameter::optional("eventsUntilNumber", "string", "Dernier événement.", "Last event."),
        Parameter::optional(
            "content",
            "code",
            "empty, id-only ou full-resource.",
            "empty, id-only or full-resource.",
        ),
    ],
    outputs: &[Parameter::required("return", "Bundle", "Une notification.", "A notification.")],
};

static BINDING_TOKEN: Definition = Definition {
    id: "Subscription-get-ws-binding-token",
    code: "get-ws-binding-token",
    name: "R5SubscriptionGetWsBindingToken",
    canonical: "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token",
    fr: "Jeton qui lie une connexion WebSocket à vos abonnements du canal websocket.",
    en: "A token that binds a WebSocket connection to your subscriptions of the channel websocket.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::SUBSCRIPTION],
    affects_state: false,
    takes_search: false,
    inputs: &[Parameter::repeated("id", "id", "Abonnements voulus.", "Subscriptions wanted.")],
    outputs: &[
        Parameter::required("token", "string", "Le jeton.", "The token."),
        Parameter::required("expiration", "dateTime", "Sa fin.", "Its end."),
        Parameter::repeated("subscription", "string", "Les abonnements liés.", "The subscriptions bound."),
        Parameter::required("websocket-url", "url", "Où se connecter.", "Where to connect."),
    ],
};

/// The caller's own subscriptions that a call means.
async fn own(pipeline: &Pipeline, session: &Session, call: &Call) -> Result<Vec<(Key, Wish)>, Problem> {
    let owner = Owner::of(session);
    let is_own = |wish: &Wish| !wish.is_gone && wish.owner.is_same(&owner);
    if let Level::Instance(of_type, id) = &call.level {
        let key = session.resolve(*of_type, id).await?.ok_or_else(Problem::not_found)?;
        let drawers = pipeline.gate().drawers("subscriptions");
        let wish: Option<Wish> = drawers.get(WISHES, HomeId::PLATFORM, &key.to_block()).await?;
        return Ok(vec![(key, wish.filter(is_own).ok_or_else(Problem::not_found)?)]);
    }
    let ids = call.texts("id");
    let mut wishes = super::wishes(pipeline).await?;
    wishes.retain(|(_, wish)| is_own(wish) && (ids.is_empty() || ids.contains(&wish.id.as_str())));
    Ok(wishes)
}

async fn state(pipeline: &Pipeline, key: Key) -> Result<State, Problem> {
    let drawers = pipeline.gate().drawers("subscriptions");
    Ok(drawers.get(STATES, HomeId::PLATFORM, &key.to_block()).await?.unwrap_or_default())
}

#[async_trait]
impl Operation for StatusOf {
    fn definition(&self) -> &'static Definition {
        &STATUS
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let statuses = call.texts("status");
        let is_at_type = matches!(call.level, Level::Type(_));
        let base = pipeline.fhir_base();
        let now = session.now();
        let mut entries = Vec::new();
        for (key, wish) in own(pipeline, session, call).await? {
            let state = state(pipeline, key).await?;
            if is_at_type && !statuses.is_empty() && !statuses.contains(&state.status.code()) {
                continue;
            }
            let teller = Teller { base: &base, wish: &wish, state: &state, now };
            let parameters = teller.status(Kind::QueryStatus, state.status, wish.terms.content, &[]);
            entries.push(Entry {
                full_url: format!("{base}/Subscription/{}/$status", wish.id),
                resource: Some(Bytes::from(socle_fhir::json::to_text(&parameters))),
                mode: Some("match"),
                more: None,
            });
        }
        let links = [("self", format!("{base}/{}/$status", call.level.path()))];
        let body = bundle::write("searchset", Some(entries.len() as u64), now, &links, &entries);
        Ok(Answer { status: 200, body: Some(Bytes::from(body)), ..Answer::default() })
    }
}

#[async_trait]
impl Operation for EventsOf {
    fn definition(&self) -> &'static Definition {
        &EVENTS_OF
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let (key, mut wish) =
            own(pipeline, session, call).await?.into_iter().next().ok_or_else(Problem::not_found)?;
        let state = state(pipeline, key).await?;
        let first = number(call, "eventsSinceNumber")?.unwrap_or(1).max(1);
        let last = number(call, "eventsUntilNumber")?.unwrap_or(state.events).min(state.events);
        if let Some(code) = call.text("content") {
            let wanted = Content::parse(code).ok_or_else(|| {
                Problem::new(problem::Kind::Invalid, "Contenu inconnu.", "Unknown content.")
                    .at("content")
                    .expecting("empty | id-only | full-resource")
                    .receiving(code)
            })?;
            // What the subscription did not ask for is not told by another way.
            wish.terms.content = narrower(wish.terms.content, wanted);
        }
        let found = events(pipeline, key, first, last, limits::NOTIFICATION_EVENTS).await?;
        // In the caller's name, who is the owner, with what they hold now.
        wish.owner = Owner::of(session);
        let told = tell(pipeline, &wish, found, session.request()).await?;
        let base = pipeline.fhir_base();
        let teller = Teller { base: &base, wish: &wish, state: &state, now: session.now() };
        let mut id = [0u8; 16];
        pipeline.gate().chance().fill(&mut id);
        let body = teller.notification(Kind::QueryEvent, state.status, wish.terms.content, &told, id);
        Ok(Answer { status: 200, body: Some(body), ..Answer::default() })
    }
}

fn narrower(a: Content, b: Content) -> Content {
    let width = |content| match content {
        Content::Empty => 0,
        Content::IdOnly => 1,
        Content::FullResource => 2,
    };
    if width(a) <= width(b) { a } else { b }
}

fn number(call: &Call, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = call.text(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Problem::new(
            problem::Kind::Invalid,
            "Un numéro d'événement est attendu.",
            "An event number is expected.",
        )
        .at(name)
        .receiving(text)
    })
}

#[async_trait]
impl Operation for BindingToken {
    fn definition(&self) -> &'static Definition {
        &BINDING_TOKEN
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let ids: Vec<String> = match &call.level {
            Level::Instance(_, id) => vec![id.clone()],
            _ => call.texts("id").into_iter().map(str::to_owned).collect(),
        };
        let bound = pipeline.bind(session, &ids).await?;
        let url = pipeline.websocket_url();
        let mut reply = Reply::new().value("token", "string", json!(bound.token)).value(
            "expiration",
            "dateTime",
            json!(bound.until.to_string()),
        );
        for id in bound.subscriptions {
            reply = reply.value("subscription", "string", json!(id));
        }
        Ok(reply.value("websocket-url", "url", json!(url)).into_answer())
    }
}
