//! The one exit of errors: a problem becomes an OperationOutcome or a page here and nowhere else.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use socle_kernel::{Kind, Lang, Problem};

/// Seconds after which a caller may try again.
const RETRY_AFTER: &str = "2";

/// Logs a problem once: internal ones with their cause, refusals as such; never what the caller sent.
pub fn log(problem: &Problem, request: &str) {
    let cause = problem.cause.as_deref().unwrap_or("");
    match problem.kind {
        Kind::Internal => tracing::error!(request.id = request, error.cause = cause, "internal error"),
        Kind::StorageFull | Kind::Unavailable => {
            tracing::warn!(request.id = request, error.cause = cause, kind = ?problem.kind, "cannot serve now");
        }
        kind => tracing::debug!(request.id = request, ?kind, "request not served"),
    }
}

/// A problem as FHIR JSON.
pub fn fhir(problem: &Problem, lang: Lang, request: &str) -> Response<Body> {
    log(problem, request);
    let outcome = socle_pipeline::outcome(&problem.issues, lang);
    let mut response = Response::new(Body::from(outcome.to_string()));
    *response.status_mut() = status(problem.kind);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    more(problem.kind, headers);
    response
}

/// The headers that go with a kind.
pub fn more(kind: Kind, headers: &mut axum::http::HeaderMap) {
    if kind == Kind::Unauthenticated {
        let realm = HeaderValue::from_static("Bearer realm=\"socle\", error=\"invalid_token\"");
        headers.insert(header::WWW_AUTHENTICATE, realm);
    }
    if matches!(kind, Kind::Unavailable | Kind::TooMany) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
}

/// The HTTP status of a kind.
pub fn status(kind: Kind) -> StatusCode {
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
