//! The FHIR front door: HTTP requests under `/fhir` into interactions, answers into FHIR JSON.

mod answer;
mod body;
mod negotiate;
mod route;

use super::router::Shared;
use super::{outcome, request};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response};
use socle_kernel::{Kind, Lang, Problem, Subject, limits};
use socle_pipeline::interaction::parse_query_text;
use socle_pipeline::{Address, Answer, Identified, Interaction, Pipeline, Prefer};

const FHIR_JSON: &str = "application/fhir+json";

/// Answers every request under `/fhir`.
pub async fn handle(State(shared): State<Shared>, request: Request<Body>) -> Response<Body> {
    let id = request::new_id(&**shared.pipeline.gate().chance());
    let lang = request::lang(&[], &request::credentials(request.headers()), request.headers());
    match shared.pipeline.identify(&bearer_only(request.headers())).await {
        Ok(identified) => handle_as(&shared.pipeline, request, &identified, &id, lang).await,
        Err(problem) => named(outcome::fhir(&problem, lang, &id), &id),
    }
}

/// The answer with the id of its request, which the log has too.
fn named(mut response: Response<Body>, id: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", value);
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
    let mut response = match serve(pipeline, request, identified, id, lang).await {
        Ok(answer) => answer::write(answer, &pipeline.fhir_base()),
        Err(problem) => outcome::fhir(&problem, lang, id),
    };
    if is_head {
        *response.body_mut() = Body::empty();
    }
    named(response, id)
}

/// What a request turned into.
struct Served {
    answer: Answer,
    prefer: Prefer,
    is_unchanged: bool,
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
    let path = uri.path().strip_prefix("/fhir").unwrap_or(uri.path());
    let address = Address::parse(path)?;
    let mut params = parse_query_text(uri.query().unwrap_or(""))?;
    let headers = request.headers().clone();
    if matches!(identified.principal.subject, Subject::Anonymous) && address != Address::Metadata {
        return Err(Problem::new(
            Kind::Unauthenticated,
            "Cette adresse demande un jeton d'accès (Authorization: Bearer …).",
            "This address needs an access token (Authorization: Bearer …).",
        ));
    }
    let mut prefer = negotiate::prefer(&headers, lang)?;
    prefer.binary_as_resource = negotiate::accept(&headers, &mut params, &address)?;
    let interaction = route::interaction(request, &headers, address, params).await?;
    let session = pipeline.session(identified, id);
    let is_read = matches!(interaction, Interaction::Read { .. });
    let answer = pipeline.run(session, interaction, prefer).await.into_inner()?;
    let is_unchanged = is_read && answer::unchanged(&headers, &answer);
    Ok(Served { answer, prefer, is_unchanged })
}

/// The API takes bearer tokens only: a cookie would let another site's page act for the reader.
fn bearer_only(headers: &HeaderMap) -> socle_pipeline::Credentials {
    socle_pipeline::Credentials { cookies: Vec::new(), ..request::credentials(headers) }
}
