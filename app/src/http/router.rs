//! The one page of routes.
//!
//! | address | answered by |
//! |---|---|
//! | `/`, `/aide`, `/accessibilite`, `/donnees-personnelles`, `/code-source` | `public.rs` |
//! | the rooms' pages (`socle routes` prints them; `tests/access/routes.txt` is the reviewed table) | `page.rs` → rooms |
//! | `/bac-a-sable/api`, `/openapi.json` | `console/` |
//! | `/fhir`, `/fhir/…` | `fhir/` → pipeline |
//! | `/subscriptions/ws`, `/subscriptions/{id}/stream` | `live.rs` → pipeline |
//! | `/assets/…` | the stylesheet, script and marks of `socle-ui` |
//! | `/health/live`, `/health/ready` | here |

use super::{console, fhir, live, page, public};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, RawPathParams, Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{any, get, on};
use socle_kernel::limits;
use socle_pipeline::subscriptions::{STREAM, WEBSOCKET};
use socle_pipeline::{Method, Page, Pipeline};
use std::net::SocketAddr;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;

/// What every handler shares.
#[derive(Clone)]
pub struct Shared {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Connections that are held open.
    pub connections: live::Connections,
}

/// Every page: the program's own public ones and the rooms'.
pub fn pages(pipeline: &Pipeline) -> Vec<(&'static str, Page)> {
    public_pages().into_iter().map(|page| ("public", page)).chain(pipeline.pages().iter().copied()).collect()
}

/// The program's own pages, open to everyone.
pub fn public_pages() -> Vec<Page> {
    public::pages().into_iter().chain(console::pages()).collect()
}

/// All routes.
pub fn router(pipeline: Pipeline, stopping: watch::Receiver<bool>) -> Router {
    let shared = Shared { pipeline, connections: live::Connections::new(stopping) };
    let mut router = Router::new()
        .route("/fhir", any(fhir::handle))
        .route("/fhir/", any(fhir::handle))
        .route("/fhir/{*rest}", any(fhir::handle))
        .route(WEBSOCKET, get(live::socket))
        .route(STREAM, get(live::follow))
        .route("/assets/{name}", get(asset))
        .route("/favicon.ico", get(favicon))
        .route("/health/live", get(|| async { "ok" }))
        .route("/health/ready", get(ready));
    for (_, page) in pages(&shared.pipeline) {
        router = router.route(page.path, on(method(page.method), page_handler(page)));
    }
    router
        .fallback(page::missing)
        .method_not_allowed_fallback(page::missing)
        .with_state(shared)
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(guard))
}

fn method(method: Method) -> axum::routing::MethodFilter {
    match method {
        Method::Get => axum::routing::MethodFilter::GET,
        Method::Post => axum::routing::MethodFilter::POST,
    }
}

type PageFuture = futures_util::future::BoxFuture<'static, Response<Body>>;

fn page_handler(
    page: Page,
) -> impl Fn(State<Shared>, ConnectInfo<SocketAddr>, RawPathParams, Request) -> PageFuture
+ Clone
+ Send
+ Sync
+ 'static {
    move |shared, peer, params, request| Box::pin(page::handle(shared, page, peer, params, request))
}

/// What holds for every answer: a time limit, and headers that tell browsers to trust nothing but ourselves.
async fn guard(request: Request, next: Next) -> Response<Body> {
    let mut response = match tokio::time::timeout(limits::REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the request took too long").into_response(),
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(), camera=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'self'; img-src 'self' data:; object-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    ));
    response
}

async fn asset(Path(name): Path<String>, request: Request) -> Response<Body> {
    let Some(asset) = socle_ui::assets::find(&format!("/assets/{name}")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepts = super::request::header(request.headers(), header::ACCEPT_ENCODING.as_str());
    let mut response = if accepts.contains("gzip") && !asset.gzip.is_empty() {
        let mut response = Response::new(Body::from(asset.gzip.to_vec()));
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        Response::new(Body::from(asset.bytes.to_vec()))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

async fn favicon() -> Response<Body> {
    let mut response = Response::new(Body::from(socle_ui::assets::favicon().bytes.to_vec()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    response
}

async fn ready(State(shared): State<Shared>) -> Response<Body> {
    match shared.pipeline.gate().figures().await {
        Ok(figures) => format!("ok\n{}\n", figures.engine).into_response(),
        Err(error) => {
            tracing::warn!(error.cause = %error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
        }
    }
}
