//! Notifications as the guide shapes them for R4: a `history` Bundle whose first entry is the status, as `Parameters`.

use super::{Content, Deed, Event, GUIDE, State, Status, Wish};
use crate::bundle::{self, Entry};
use bytes::Bytes;
use serde_json::{Value, json};
use socle_gate::Found;
use socle_kernel::{Instant, ids};

/// What kind of notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The first one.
    Handshake,
    /// A sign of life.
    Heartbeat,
    /// Something happened.
    Events,
    /// An answer to `$status`.
    QueryStatus,
    /// An answer to `$events`.
    QueryEvent,
}

impl Kind {
    /// FHIR code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Kind::Handshake => "handshake",
            Kind::Heartbeat => "heartbeat",
            Kind::Events => "event-notification",
            Kind::QueryStatus => "query-status",
            Kind::QueryEvent => "query-event",
        }
    }
}

/// An event and what the owner may see of it now.
pub(crate) struct Told {
    /// The event.
    pub event: Event,
    /// The resource; `None` when it is hidden by now: then only the number is told, which was given before.
    pub found: Option<Found>,
}

/// Who tells.
pub(crate) struct Teller<'a> {
    /// Address of the FHIR API.
    pub base: &'a str,
    /// The wish.
    pub wish: &'a Wish,
    /// How far it is.
    pub state: &'a State,
    /// The moment.
    pub now: Instant,
}

impl Teller<'_> {
    /// The status, as `Parameters`.
    pub(crate) fn status(&self, kind: Kind, status: Status, content: Content, told: &[Told]) -> Value {
        let text = |name: &str, value: String| json!({ "name": name, "valueString": value });
        let mut parameters =
            vec![json!({ "name": "subscription", "valueReference": { "reference": self.address() } })];
        // The guide: an empty notification should not even name the topic.
        if content != Content::Empty || kind == Kind::QueryStatus {
            parameters.push(json!({ "name": "topic", "valueCanonical": self.wish.terms.topic }));
        }
        parameters.push(json!({ "name": "status", "valueCode": status.code() }));
        parameters.push(json!({ "name": "type", "valueCode": kind.code() }));
        // A notification counts up to the last event it tells of; more may be on their way.
        let count =
            told.last().filter(|_| kind == Kind::Events).map_or(self.state.events, |told| told.event.number);
        parameters.push(text("events-since-subscription-start", count.to_string()));
        for told in told {
            let mut parts = vec![
                text("event-number", told.event.number.to_string()),
                json!({ "name": "timestamp", "valueInstant": told.event.change.at.to_string() }),
            ];
            if let Some(found) = told.found.as_ref().filter(|_| content != Content::Empty) {
                parts.push(json!({ "name": "focus", "valueReference": { "reference": self.url(found) } }));
            }
            parameters.push(json!({ "name": "notification-event", "part": parts }));
        }
        if let Some(trouble) = &self.state.trouble {
            parameters.push(json!({ "name": "error", "valueCodeableConcept": { "text": trouble.en } }));
        }
        if kind == Kind::QueryStatus {
            parameters.extend(self.state.history.iter().map(|attempt| {
                let mut parts = vec![
                    json!({ "name": "at", "valueInstant": attempt.at.to_string() }),
                    json!({ "name": "type", "valueCode": attempt.kind }),
                ];
                if let Some((first, last)) = attempt.events {
                    parts.push(text("first-event", first.to_string()));
                    parts.push(text("last-event", last.to_string()));
                }
                parts.push(text("outcome", attempt.failed.clone().unwrap_or_else(|| "delivered".into())));
                json!({ "name": "delivery", "part": parts })
            }));
        }
        json!({
            "resourceType": "Parameters",
            "meta": { "profile": [format!("{GUIDE}/backport-subscription-status-r4")] },
            "parameter": parameters,
        })
    }

    /// A notification.
    pub(crate) fn notification(
        &self,
        kind: Kind,
        status: Status,
        content: Content,
        told: &[Told],
        id: [u8; 16],
    ) -> Bytes {
        let parameters = self.status(kind, status, content, told);
        let mut entries = vec![Entry {
            full_url: format!("urn:uuid:{}", ids::uuid_text(id)),
            resource: Some(Bytes::from(socle_fhir::json::to_text(&parameters))),
            mode: None,
            more: Some(json!({
                "request": { "method": "GET", "url": format!("{}/$status", self.address()) },
                "response": { "status": "200" } })),
        }];
        if content == Content::FullResource {
            entries.extend(told.iter().filter_map(|told| {
                let found = told.found.as_ref()?;
                Some(self.entry(&told.event, found))
            }));
        }
        Bytes::from(bundle::write("history", None, self.now, &[], &entries))
    }

    fn entry(&self, event: &Event, found: &Found) -> Entry {
        let name = format!("{}/{}", found.key.resource_type, found.id);
        let of_type = found.key.resource_type.name().to_owned();
        let (method, url, status) = match event.change.deed {
            _ if found.deleted => ("DELETE", name, "204"),
            Deed::Create => ("POST", of_type, "201"),
            _ => ("PUT", name, "200"),
        };
        Entry {
            full_url: self.url(found),
            resource: (!found.deleted).then(|| found.body.clone()),
            mode: None,
            more: Some(json!({
                "request": { "method": method, "url": url },
                "response": { "status": status, "etag": format!("W/\"{}\"", found.version),
                    "lastModified": found.last_updated.to_string() } })),
        }
    }

    fn address(&self) -> String {
        format!("{}/Subscription/{}", self.base, self.wish.id)
    }

    fn url(&self, found: &Found) -> String {
        format!("{}/{}/{}", self.base, found.key.resource_type, found.id)
    }
}
