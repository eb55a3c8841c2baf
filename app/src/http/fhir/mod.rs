//! The FHIR front door: HTTP requests under `/fhir` into interactions, answers into FHIR JSON.

mod answer;
mod body;
mod negotiate;
mod pretty;
mod route;

use super::router::Shared;
use super::{outcome, request};
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use negotiate::Wishes;
use socle_kernel::{Kind, Lang, Problem, Subject, limits};
use socle_pipeline::interaction::parse_query_text;
use socle_pipeline::{Address, Answer, Identified, Pipeline};

const FHIR_JSON: &str = "application/fhir+json";
/// What an unknown address offers.
const READING: &str = "GET, HEAD, OPTIONS";
/// Longest request id of a client that is given back.
const CORRELATION_BYTES: usize = 128;

/// Answers every request under `/fhir`.
pub async fn handle(State(shared): State<Shared>, request: Request<Body>) -> Response<Body> {
    let id = request::new_id(&**shared.pipeline.gate().chance());
    let lang = request::lang(&[], &request::credentials(request.headers()), request.headers());
    if request.method() == Method::OPTIONS {
        return named(options(&request), request.headers(), &id);
    }
    match shared.pipeline.identify(&bearer_only(request.headers())).await {
        Ok(identified) => handle_as(&shared.pipeline, request, &identified, &id, lang).await,
        Err(problem) => named(outcome::fhir(&problem, lang, &id), request.headers(), &id),
    }
}

/// The answer with the id of its request, which the log has too; and with the client's own, when it sent one.
fn named(mut response: Response<Body>, asked: &HeaderMap, id: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", value);
    }
    if let Some(theirs) = asked.get("x-request-id").filter(|id| id.len() <= CORRELATION_BYTES) {
        response.headers_mut().insert("x-correlation-id", theirs.clone());
    }
    response
}

/// Answers a request for a caller who is known already: through its token, or through a page that asks in their name.
pub async fn handle_as(
    pipeline: &Pipeline,
    request: Request<Body>,
    identified: &Identified,
    id: &str,
    lang: Lang,
) -> Response<Body> {
    let is_head = request.method() == Method::HEAD;
    let address = address(&request);
    let asked = request.headers().clone();
    let mut response = match serve(pipeline, request, identified, id, lang).await {
        Ok(served) => answer::write(served, &pipeline.fhir_base()),
        Err(problem) => outcome::fhir(&problem, lang, id),
    };
    let status = response.status();
    let headers = response.headers_mut();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let offered = address.as_ref().map_or(READING, route::offered);
        headers.insert(header::ALLOW, HeaderValue::from_static(offered));
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd"));
        headers.insert(HeaderName::from_static("accept-patch"), HeaderValue::from_static(body::PATCHES));
    }
    if is_head {
        // The length is told, the body is not sent.
        if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        *response.body_mut() = Body::empty();
    }
    named(response, &asked, id)
}

/// What a request turned into.
struct Served {
    answer: Answer,
    wishes: Wishes,
}

fn address(request: &Request<Body>) -> Result<Address, Problem> {
    let path = request.uri().path();
    Address::parse(path.strip_prefix("/fhir").unwrap_or(path))
}

/// The methods of an address, for anyone who asks.
fn options(request: &Request<Body>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let offered = address(request).as_ref().map_or(READING, route::offered);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(offered));
    response
}

async fn serve(
    pipeline: &Pipeline,
    request: Request<Body>,
    identified: &Identified,
    id: &str,
    lang: Lang,
) -> Result<Served, Problem> {
    let uri = request.uri().clone();
    if uri.path().len() + uri.query().map_or(0, str::len) > limits::URI_BYTES {
        return Err(Problem::new(Kind::AddressTooLong, "Adresse trop longue.", "Address too long.")
            .expecting(format!("at most {} bytes (URI_BYTES)", limits::URI_BYTES)));
    }
    let address = address(&request)?;
    let mut params = parse_query_text(uri.query().unwrap_or(""))?;
    let headers = request.headers().clone();
    if matches!(identified.principal.subject, Subject::Anonymous) && address != Address::Metadata {
        return Err(Problem::new(
            Kind::Unauthenticated,
            "Cette adresse demande un jeton d'accès (Authorization: Bearer …).",
            "This address needs an access token (Authorization: Bearer …).",
        ));
    }
    if !route::is_offered(&address, request.method()) {
        return Err(route::not_offered(&address, request.method()));
    }
    let mut wishes = negotiate::wishes(&headers, &mut params, &address, lang)?;
    let requires_version = pipeline.settings().requires_version;
    let asked = route::asked(request, &headers, address, params, requires_version).await?;
    let session = pipeline.session(identified, id);
    let is_write = asked.interaction.is_write();
    let answer = pipeline.run(session, asked.interaction, wishes.prefer).await.into_inner()?;
    wishes.forget_unapplied(is_write);
    if asked.held.is_current(&answer) {
        let answer = Answer { status: 304, body: None, content: None, ..answer };
        return Ok(Served { answer, wishes });
    }
    let answer = socle_pipeline::shape(answer, &asked.shape, wishes.prefer.is_lenient)?;
    Ok(Served { answer, wishes })
}

/// The API takes bearer tokens only: a cookie would let another site's page act for the reader.
fn bearer_only(headers: &HeaderMap) -> socle_pipeline::Credentials {
    socle_pipeline::Credentials { cookies: Vec::new(), ..request::credentials(headers) }
}
