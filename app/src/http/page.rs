//! The pages' front door: browser requests into page calls, answers and problems into HTML.

use super::router::Shared;
use super::{forms, outcome, request};
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use socle_kernel::{Kind, Lang, Problem};
use socle_pipeline::interaction::parse_query_text;
use socle_pipeline::{Form, Identified, Method, Page, PageAnswer, PageCall, View, encode};
use socle_ui::{Markup, Space, html};
use std::net::SocketAddr;

/// Answers one page.
pub async fn handle(
    State(shared): State<Shared>,
    page: Page,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    params: RawPathParams,
    request: Request,
) -> Response<Body> {
    let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (mut call, problem) = call(&shared, peer, request, page.method).await;
    call.params = params;
    let result = match problem {
        Some(problem) => Err(problem),
        None => shared.pipeline.run_page(&page, &call).await.into_inner(),
    };
    let answer = match result {
        Ok(answer) => answer,
        Err(problem) => failed(&call, &problem, page.is_guarded),
    };
    write(&call, answer)
}

/// The answer where no page lives.
pub async fn missing(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (call, _) = call(&shared, peer, request, Method::Get).await;
    let answer = failed(&call, &Problem::not_found(), true);
    write(&call, answer)
}

/// Reads a request into a page call. A problem met on the way comes beside it, so that it is told in the page's frame.
async fn call(
    shared: &Shared,
    peer: SocketAddr,
    request: Request,
    method: Method,
) -> (PageCall, Option<Problem>) {
    let headers = request.headers().clone();
    let uri = request.uri().clone();
    let credentials = request::credentials(&headers);
    let mut problem = None;
    let mut keep = |found: Problem| {
        problem.get_or_insert(found);
    };
    let query = parse_query_text(uri.query().unwrap_or("")).unwrap_or_else(|found| {
        keep(found);
        Vec::new()
    });
    let lang = request::lang(&query, &credentials, &headers);
    let identified = shared.pipeline.identify(&credentials).await.unwrap_or_else(|found| {
        keep(found);
        Identified::anonymous()
    });
    let form = if method == Method::Post {
        forms::read(request).await.unwrap_or_else(|found| {
            keep(found);
            Form::default()
        })
    } else {
        Form::default()
    };
    let gate = shared.pipeline.gate();
    let call = PageCall {
        pipeline: shared.pipeline.clone(),
        method,
        path: uri.path().to_owned(),
        params: Default::default(),
        query,
        form,
        headers: headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect(),
        lang,
        identified,
        peer: peer.ip().to_string(),
        request: request::new_id(&**gate.chance()),
        now: gate.clock().now(),
    };
    (call, problem)
}

/// A problem as a page, as a redirect to the sign-in, or as JSON for machines.
fn failed(call: &PageCall, problem: &Problem, is_for_people: bool) -> PageAnswer {
    outcome::log(problem, &call.request);
    let status = problem.kind.status();
    if !is_for_people {
        let value = serde_json::json!({ "error": "invalid_request", "error_description": problem.headline(Lang::En) });
        return PageAnswer::json(status, &value);
    }
    if problem.kind == Kind::Unauthenticated {
        let to = if call.method == Method::Get { call.address() } else { "/".to_owned() };
        return PageAnswer::redirect(format!("/connexion?suite={}", encode(&to)));
    }
    let lang = call.lang;
    let title = match problem.kind {
        Kind::NotFound | Kind::Gone => lang.pick("Page introuvable", "Page not found"),
        Kind::Refused => lang.pick("Accès non autorisé", "Access not allowed"),
        Kind::TooMany | Kind::Unavailable => lang.pick("Service très sollicité", "Service very busy"),
        Kind::Internal => lang.pick("Un problème de notre côté", "A problem on our side"),
        _ => lang.pick("Cette demande n'a pas pu aboutir", "This request could not be completed"),
    };
    let view = View { space: space(&call.path), title, ..View::default() };
    call.page(&view, body(call, problem)).with_status(status)
}

fn body(call: &PageCall, problem: &Problem) -> Markup {
    let lang = call.lang;
    html! {
        @for issue in &problem.issues {
            p { (issue.text.in_lang(lang)) }
            @if let Some(expected) = &issue.expected { p { (lang.pick("Attendu : ", "Expected: ")) (expected) } }
        }
        p {
            a href=(home(&call.path)) { (lang.pick("Revenir à l'accueil de cet espace", "Back to the home of this space")) }
        }
        p class="hint" { (lang.pick("Référence de la demande : ", "Request reference: ")) code { (call.request) } }
    }
}

/// The part of the platform an address belongs to.
pub fn space(path: &str) -> Space {
    if path.starts_with("/mon-espace") {
        Space::Citizen
    } else if path.starts_with("/pro") {
        Space::Professional
    } else {
        Space::Public
    }
}

fn home(path: &str) -> &'static str {
    match space(path) {
        Space::Citizen => "/mon-espace",
        Space::Professional => "/pro",
        Space::Public => "/",
    }
}

fn write(call: &PageCall, answer: PageAnswer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(call.lang.tag()));
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
            if name == header::SET_COOKIE {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
    }
    let mut cookies = call.identified.cookies.clone();
    if call.query.iter().any(|(name, _)| name == "lang") {
        cookies.push(format!(
            "{}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
            request::LANG_COOKIE,
            call.lang.tag()
        ));
    }
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&call.request) {
        headers.insert("x-request-id", value);
    }
    response
}
