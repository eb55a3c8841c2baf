//! Notifications over connections that subscribers hold: a web socket as the guide on subscriptions describes it, and a plain
//! stream of events beside it.

use super::router::Shared;
use super::websocket::{self, Reader, Reason, Said, Writer};
use super::{outcome, request};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use bytes::Bytes;
use futures_util::stream;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use socle_kernel::{Kind, Problem, Subject, limits};
use socle_pipeline::Credentials;
use socle_pipeline::interaction::parse_query_text;
use socle_pipeline::subscriptions::{Live, Sent};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

/// How long a connection may stay without being bound to a subscription.
const UNBOUND_TIME: Duration = Duration::from_secs(30);
/// Subscriptions that one connection may be bound to.
const BOUND: usize = 100;
/// Messages of a client that wait to be answered.
const WAITING: usize = 16;

/// What connections share.
#[derive(Clone)]
pub struct Connections {
    places: std::sync::Arc<tokio::sync::Semaphore>,
    stopping: watch::Receiver<bool>,
}

impl Connections {
    /// Room for connections until the program stops.
    pub fn new(stopping: watch::Receiver<bool>) -> Self {
        Connections {
            places: std::sync::Arc::new(tokio::sync::Semaphore::new(limits::LIVE_CONNECTIONS)),
            stopping,
        }
    }

    fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.places.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                Kind::Unavailable,
                "Trop de connexions de notification sont ouvertes. Réessayez plus tard.",
                "Too many notification connections are open. Try again later.",
            )
            .expecting(format!("at most {} (LIVE_CONNECTIONS)", limits::LIVE_CONNECTIONS))
        })
    }
}

fn answer(shared: &Shared, headers: &HeaderMap, problem: &Problem) -> Response<Body> {
    let lang = request::lang(&[], &request::credentials(headers), headers);
    outcome::fhir(problem, lang, &request::new_id(&**shared.pipeline.gate().chance()))
}

/// `GET /subscriptions/{id}/stream`: server-sent events. With the caller's token, or a binding token in the address, for
/// pages, which cannot send headers here. `Last-Event-ID` asks for what came since.
pub async fn follow(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let headers = request.headers().clone();
    match open(&shared, &id, request).await {
        Ok((live, place)) => stream_of(shared, live, place),
        Err(problem) => answer(&shared, &headers, &problem),
    }
}

async fn open(
    shared: &Shared,
    id: &str,
    request: Request<Body>,
) -> Result<(Live, OwnedSemaphorePermit), Problem> {
    let pipeline = &shared.pipeline;
    let place = shared.connections.take()?;
    let params = parse_query_text(request.uri().query().unwrap_or(""))?;
    if let Some((_, token)) = params.iter().find(|(name, _)| name == "token") {
        let bound = pipeline.bound_by(token).await?;
        let live = bound.into_iter().find(|live| live.id() == id).ok_or_else(Problem::not_found)?;
        return Ok((live, place));
    }
    let credentials = Credentials { cookies: Vec::new(), ..request::credentials(request.headers()) };
    let identified = pipeline.identify(&credentials).await?;
    if matches!(identified.principal.subject, Subject::Anonymous) {
        return Err(Problem::new(
            Kind::Unauthenticated,
            "Cette adresse demande un jeton d'accès (Authorization: Bearer …).",
            "This address needs an access token (Authorization: Bearer …).",
        ));
    }
    let told = request::header(request.headers(), "last-event-id").parse().ok();
    let name = request::new_id(&**pipeline.gate().chance());
    let session = pipeline.session(&identified, &name);
    let live = pipeline.follow(&session, id, told).await;
    let live = session.close(live).await.into_inner()?;
    Ok((live, place))
}

/// One stream of events.
struct Stream {
    live: Live,
    calls: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    is_begun: bool,
    _place: OwnedSemaphorePermit,
}

fn stream_of(shared: Shared, live: Live, place: OwnedSemaphorePermit) -> Response<Body> {
    let state = Stream {
        live,
        calls: shared.pipeline.live_calls(),
        stopping: shared.connections.stopping.clone(),
        is_begun: false,
        _place: place,
    };
    let events = stream::unfold(state, |mut state| async move {
        let text = state.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(text), state))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Stream {
    /// The next piece of the stream; `None` ends it.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.is_begun {
            self.is_begun = true;
            return self.live.handshake().await.ok().flatten().map(|sent| event(&sent));
        }
        loop {
            if *self.stopping.borrow() {
                return None;
            }
            self.calls.borrow_and_update();
            if let Some(sent) = self.live.next().await.ok()? {
                return Some(event(&sent));
            }
            tokio::select! {
                changed = self.calls.changed() => changed.ok()?,
                _ = self.stopping.changed() => return None,
                () = tokio::time::sleep(limits::LIVE_CHECK_EVERY) => {
                    // A remark keeps intermediaries from closing; the check above is made again.
                    self.live.check().await.ok()?;
                    return Some(Bytes::from_static(b": \n\n"));
                }
            }
        }
    }
}

fn event(sent: &Sent) -> Bytes {
    let mut text = format!("id: {}\nevent: notification\n", sent.last).into_bytes();
    for line in sent.body.split(|byte| *byte == b'\n') {
        text.extend_from_slice(b"data: ");
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.push(b'\n');
    Bytes::from(text)
}

/// `GET /subscriptions/ws`: a web socket; the client then says `bind-with-token <token>`.
pub async fn socket(State(shared): State<Shared>, mut request: Request<Body>) -> Response<Body> {
    let headers = request.headers().clone();
    let Some(key) = websocket::accept(&headers) else {
        let problem = Problem::new(
            Kind::Invalid,
            "Cette adresse attend une connexion WebSocket.",
            "This address expects a WebSocket connection.",
        )
        .at("Upgrade")
        .expecting("websocket (RFC 6455, version 13)");
        return answer(&shared, &headers, &problem);
    };
    let place = match shared.connections.take() {
        Ok(place) => place,
        Err(problem) => return answer(&shared, &headers, &problem),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(talk(shared, upgrade, place));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    response
}

async fn talk(shared: Shared, upgrade: OnUpgrade, place: OwnedSemaphorePermit) {
    let Ok(upgraded) = upgrade.await else { return };
    let (reading, writing) = tokio::io::split(TokioIo::new(upgraded));
    let (said, mut hearing) = mpsc::channel(WAITING);
    // Reading goes on by itself: a message half read must not be lost because something is to be sent.
    let reader = tokio::spawn(async move {
        let mut reader = Reader::new(reading);
        loop {
            let next = reader.next().await;
            let is_over = !matches!(next, Ok(Said::Text(_) | Said::Ping(_) | Said::Pong));
            if said.send(next).await.is_err() || is_over {
                return;
            }
        }
    });
    let mut talk = Talk { shared, bound: Vec::new(), writer: Writer::new(writing) };
    let reason = talk.go_on(&mut hearing).await;
    // Whoever is gone hears no goodbye.
    let _ = talk.writer.close(reason).await;
    reader.abort();
    drop(place);
}

struct Talk<W> {
    shared: Shared,
    bound: Vec<Live>,
    writer: Writer<W>,
}

impl<W: tokio::io::AsyncWrite + Unpin> Talk<W> {
    /// Talks until there is a reason to close.
    async fn go_on(&mut self, hearing: &mut mpsc::Receiver<Result<Said, Reason>>) -> Reason {
        let mut calls = self.shared.pipeline.live_calls();
        let mut stopping = self.shared.connections.stopping.clone();
        let mut unbound = Box::pin(tokio::time::sleep(UNBOUND_TIME));
        let mut check = tokio::time::interval(limits::LIVE_CHECK_EVERY);
        loop {
            if *stopping.borrow() {
                return Reason::GoingAway;
            }
            let result = tokio::select! {
                said = hearing.recv() => match said {
                    Some(Ok(Said::Text(text))) => self.heard(&text).await,
                    Some(Ok(Said::Ping(payload))) => self.writer.pong(&payload).await.map_err(|_| Reason::Done),
                    Some(Ok(Said::Pong)) => Ok(()),
                    Some(Ok(Said::Close)) | None => Err(Reason::Done),
                    Some(Err(reason)) => Err(reason),
                },
                _ = calls.changed() => self.tell().await,
                _ = check.tick() => self.check().await,
                _ = stopping.changed() => Err(Reason::GoingAway),
                () = &mut unbound, if self.bound.is_empty() => Err(Reason::Policy),
            };
            if let Err(reason) = result {
                return reason;
            }
        }
    }

    async fn heard(&mut self, text: &str) -> Result<(), Reason> {
        let Some(rest) = text.trim().strip_prefix("bind-with-token") else { return Err(Reason::Policy) };
        let token = rest.trim_start_matches(':').trim();
        let found = self.shared.pipeline.bound_by(token).await.map_err(|_| Reason::Policy)?;
        for live in found {
            if self.bound.len() >= BOUND {
                return Err(Reason::Policy);
            }
            if let Some(sent) = live.handshake().await.map_err(|_| Reason::Policy)? {
                self.writer.text(&sent.body).await.map_err(|_| Reason::Done)?;
            }
            // Bound anew, it goes on where it was.
            if !self.bound.iter().any(|known| known.id() == live.id()) {
                self.bound.push(live);
            }
        }
        self.tell().await
    }

    /// Sends what is due. A subscription that is over is let go; with the last one the connection ends.
    async fn tell(&mut self) -> Result<(), Reason> {
        let mut over = Vec::new();
        for (index, live) in self.bound.iter_mut().enumerate() {
            loop {
                match live.next().await {
                    Ok(Some(sent)) => self.writer.text(&sent.body).await.map_err(|_| Reason::Done)?,
                    Ok(None) => break,
                    Err(_) => {
                        over.push(index);
                        break;
                    }
                }
            }
        }
        let is_last = !over.is_empty() && over.len() == self.bound.len();
        for index in over.into_iter().rev() {
            self.bound.swap_remove(index);
        }
        if is_last { Err(Reason::Policy) } else { Ok(()) }
    }

    async fn check(&mut self) -> Result<(), Reason> {
        self.tell().await?;
        self.writer.ping().await.map_err(|_| Reason::Done)
    }
}
