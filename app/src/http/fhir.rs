//! The FHIR front door: HTTP requests under `/fhir` into interactions, answers into FHIR JSON.

use super::router::Shared;
use super::{forms, outcome, request};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use socle_kernel::{Kind, Lang, Problem, ResourceType, Subject, limits, resource_type};
use socle_pipeline::interaction::{parse_if_match, parse_query_text};
use socle_pipeline::{Address, Answer, Interaction, Patch, Prefer, Returned, Target};

const FHIR_JSON: &str = "application/fhir+json";

/// Answers every request under `/fhir`.
pub async fn handle(State(shared): State<Shared>, request: Request<Body>) -> Response<Body> {
    let id = request::new_id(&**shared.pipeline.gate().chance());
    let lang = request::lang(&[], &request::credentials(request.headers()), request.headers());
    let is_head = request.method() == Method::HEAD;
    let base = shared.pipeline.fhir_base();
    let mut response = match serve(&shared, request, &id, lang).await {
        Ok(answer) => write(answer, &base),
        Err(problem) => outcome::fhir(&problem, lang, &id),
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}

/// What a request turned into.
struct Served {
    answer: Answer,
    prefer: Prefer,
    is_unchanged: bool,
}

async fn serve(shared: &Shared, request: Request<Body>, id: &str, lang: Lang) -> Result<Served, Problem> {
    let uri = request.uri().clone();
    if uri.path().len() + uri.query().map_or(0, str::len) > limits::URI_BYTES {
        return Err(Problem::new(Kind::AddressTooLong, "Adresse trop longue.", "Address too long.")
            .expecting(format!("at most {} bytes (URI_BYTES)", limits::URI_BYTES)));
    }
    let path = uri.path().strip_prefix("/fhir").unwrap_or(uri.path());
    let address = Address::parse(path)?;
    let mut params = parse_query_text(uri.query().unwrap_or(""))?;
    let headers = request.headers().clone();
    let identified = shared.pipeline.identify(&bearer_only(&headers)).await?;
    if matches!(identified.principal.subject, Subject::Anonymous) && address != Address::Metadata {
        return Err(Problem::new(
            Kind::Unauthenticated,
            "Cette adresse demande un jeton d'accès (Authorization: Bearer …).",
            "This address needs an access token (Authorization: Bearer …).",
        ));
    }
    let mut prefer = prefer(&headers, lang)?;
    prefer.binary_as_resource = accept(&headers, &mut params, &address)?;
    let interaction = interaction(request, &headers, address, params).await?;
    let session = shared.pipeline.session(&identified, id);
    let is_read = matches!(interaction, Interaction::Read { .. });
    let answer = shared.pipeline.run(session, interaction, prefer).await.into_inner()?;
    let is_unchanged = is_read && unchanged(&headers, &answer);
    Ok(Served { answer, prefer, is_unchanged })
}

/// The API takes bearer tokens only: a cookie would let another site's page act for the reader.
fn bearer_only(headers: &HeaderMap) -> socle_pipeline::Credentials {
    socle_pipeline::Credentials { cookies: Vec::new(), ..request::credentials(headers) }
}

/// Reads `Prefer`: `return=minimal|representation|OperationOutcome`, `handling=strict|lenient`.
fn prefer(headers: &HeaderMap, lang: Lang) -> Result<Prefer, Problem> {
    let mut prefer = Prefer { lang, ..Prefer::default() };
    for value in headers.get_all("prefer") {
        for part in value.to_str().unwrap_or("").split([',', ';']) {
            match part.trim() {
                "return=minimal" => prefer.returned = Some(Returned::Minimal),
                "return=representation" => prefer.returned = Some(Returned::Representation),
                "return=OperationOutcome" => prefer.returned = Some(Returned::Outcome),
                "handling=lenient" => prefer.is_lenient = true,
                _ => {}
            }
        }
    }
    Ok(prefer)
}

/// Checks what the caller accepts; true when a `Binary` is wanted as a FHIR resource.
fn accept(
    headers: &HeaderMap,
    params: &mut Vec<(String, String)>,
    address: &Address,
) -> Result<bool, Problem> {
    let named = params.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.clone());
    params.retain(|(name, _)| name != "_format" && name != "_pretty");
    let is_named = named.is_some();
    let accepted = named.unwrap_or_else(|| request::header(headers, header::ACCEPT.as_str()).to_owned());
    let wanted: Vec<String> = accepted
        .split(',')
        .map(|part| part.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
        .filter(|part| !part.is_empty())
        .collect();
    let is_json =
        |part: &String| matches!(part.as_str(), "json" | "application/json" | FHIR_JSON | "text/json");
    let is_any = |part: &String| matches!(part.as_str(), "*/*" | "application/*" | "text/html" | "text/*");
    let is_binary =
        matches!(address, Address::Instance(t, _) | Address::Version(t, ..) if *t == resource_type::BINARY);
    if is_binary {
        return Ok(wanted.iter().any(is_json));
    }
    if wanted.is_empty() || wanted.iter().any(|part| is_json(part) || is_any(part)) {
        return Ok(false);
    }
    Err(Problem::new(Kind::NotAcceptable, "Cette API répond en JSON.", "This API answers in JSON.")
        .at(if is_named { "_format" } else { "Accept" })
        .expecting(FHIR_JSON)
        .receiving(accepted))
}

async fn interaction(
    request: Request<Body>,
    headers: &HeaderMap,
    address: Address,
    params: Vec<(String, String)>,
) -> Result<Interaction, Problem> {
    let method = request.method().clone();
    let if_match = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
        .map(parse_if_match)
        .transpose()?;
    Ok(match (method.as_str(), address) {
        ("GET" | "HEAD", Address::Metadata) => Interaction::Capabilities,
        ("GET" | "HEAD", Address::Instance(resource_type, id)) => Interaction::Read { resource_type, id },
        ("GET" | "HEAD", Address::Version(resource_type, id, version)) => {
            Interaction::VersionRead { resource_type, id, version }
        }
        ("GET" | "HEAD", Address::History(resource_type, id)) => {
            Interaction::History { resource_type, id, params }
        }
        ("GET" | "HEAD", Address::Type(resource_type)) => Interaction::Search { resource_type, params },
        ("POST", Address::TypeSearch(resource_type)) => {
            let form = forms::read(request).await?;
            let mut all = params;
            all.extend(form.fields.into_iter().filter(|(name, _)| name != "_format"));
            Interaction::Search { resource_type, params: all }
        }
        ("POST", Address::Type(resource_type)) => {
            let resource = body(request, headers, Some(resource_type)).await?;
            let if_none_exist =
                headers.get("if-none-exist").and_then(|value| value.to_str().ok()).map(str::to_owned);
            Interaction::Create { resource_type, resource, if_none_exist }
        }
        ("POST", Address::Base) => Interaction::Bundle(bundle(body(request, headers, None).await?)?),
        ("PUT", address) => {
            let target = target(address, params)?;
            let resource = body(request, headers, Some(target.resource_type())).await?;
            let resource = with_id(resource, &target);
            Interaction::Update { target, resource, if_match }
        }
        ("PATCH", address) => {
            let target = target(address, params)?;
            let patch = patch(request, headers).await?;
            Interaction::Patch { target, patch, if_match }
        }
        ("DELETE", address) => Interaction::Delete { target: target(address, params)?, if_match },
        (method, address) => {
            return Err(Problem::new(
                Kind::NotOffered,
                "Cette méthode n'est pas offerte à cette adresse.",
                "This method is not offered at this address.",
            )
            .expecting(offered(&address))
            .receiving(method));
        }
    })
}

fn offered(address: &Address) -> &'static str {
    match address {
        Address::Base | Address::TypeSearch(_) => "POST",
        Address::Metadata | Address::History(..) | Address::Version(..) => "GET",
        Address::Type(_) => "GET, POST, PUT (?…), PATCH (?…), DELETE (?…)",
        Address::Instance(..) => "GET, PUT, PATCH, DELETE",
    }
}

/// A raw `Binary` has no id of its own in its bytes: the address names it.
fn with_id(mut resource: Value, target: &Target) -> Value {
    if let Target::Id(of_type, id) = target
        && *of_type == resource_type::BINARY
        && resource["id"].is_null()
    {
        resource["id"] = id.clone().into();
    }
    resource
}

fn target(address: Address, params: Vec<(String, String)>) -> Result<Target, Problem> {
    match address {
        Address::Instance(resource_type, id) => Ok(Target::Id(resource_type, id)),
        Address::Type(resource_type) if !params.is_empty() => Ok(Target::Where(resource_type, params)),
        address => Err(Problem::new(
            Kind::NotOffered,
            "L'adresse doit désigner une ressource.",
            "The address must mean one resource.",
        )
        .expecting(offered(&address))),
    }
}

fn bundle(value: Value) -> Result<Value, Problem> {
    if value["resourceType"] == "Bundle" {
        return Ok(value);
    }
    Err(Problem::new(
        Kind::Invalid,
        "À cette adresse, un Bundle est attendu.",
        "At this address a Bundle is expected.",
    )
    .coded("structure")
    .at("resourceType")
    .expecting("Bundle")
    .receiving(value["resourceType"].as_str().unwrap_or("(absent)")))
}

/// The resource in a body. A body of another media type posted as `Binary` is its content.
async fn body(
    request: Request<Body>,
    headers: &HeaderMap,
    of: Option<ResourceType>,
) -> Result<Value, Problem> {
    let media_type = media_type(headers);
    let is_json = matches!(media_type.as_str(), FHIR_JSON | "application/json" | "text/json" | "");
    if of == Some(resource_type::BINARY) && !is_json {
        let content = forms::body(request.into_body(), limits::DOCUMENT_BYTES).await?;
        let mut binary = json!({ "resourceType": "Binary", "contentType": media_type, "data": data_encoding::BASE64.encode(&content) });
        if let Some(context) = headers.get("x-security-context").and_then(|value| value.to_str().ok()) {
            binary["securityContext"] = json!({ "reference": context });
        }
        return Ok(binary);
    }
    if !is_json {
        return Err(Problem::new(Kind::UnsupportedMedia, "Cette API lit du JSON.", "This API reads JSON.")
            .at("Content-Type")
            .expecting(FHIR_JSON)
            .receiving(media_type));
    }
    let bytes = forms::body(request.into_body(), limits::BODY_BYTES).await?;
    let value = socle_fhir::json::parse(&bytes)?;
    if value.is_object() {
        return Ok(value);
    }
    Err(Problem::new(Kind::Invalid, "Une ressource FHIR est attendue.", "A FHIR resource is expected.")
        .coded("structure")
        .expecting("a JSON object with resourceType"))
}

async fn patch(request: Request<Body>, headers: &HeaderMap) -> Result<Patch, Problem> {
    let media_type = media_type(headers);
    let bytes = match media_type.as_str() {
        "application/json-patch+json" | FHIR_JSON | "application/json" => {
            forms::body(request.into_body(), limits::BODY_BYTES).await?
        }
        other => {
            return Err(Problem::new(
                Kind::UnsupportedMedia,
                "Ce format de patch n'est pas lu ici.",
                "This patch format is not read here.",
            )
            .at("Content-Type")
            .expecting("application/json-patch+json | application/fhir+json (Parameters)")
            .receiving(other));
        }
    };
    let value = socle_fhir::json::parse(&bytes)?;
    Ok(if value.is_array() { Patch::Json(value) } else { Patch::FhirPath(value) })
}

fn media_type(headers: &HeaderMap) -> String {
    let value = request::header(headers, header::CONTENT_TYPE.as_str());
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// True when the caller holds the current version already (`If-None-Match`).
fn unchanged(headers: &HeaderMap, answer: &Answer) -> bool {
    let held = request::header(headers, header::IF_NONE_MATCH.as_str());
    let current = answer.version.map(|version| version.to_string());
    !held.is_empty()
        && held
            .split(',')
            .any(|tag| Some(tag.trim().trim_start_matches("W/").trim_matches('"')) == current.as_deref())
}

fn write(served: Served, base: &str) -> Response<Body> {
    let Served { answer, prefer, is_unchanged } = served;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut text = |name: header::HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    if let Some(version) = answer.version {
        text(header::ETAG, format!("W/\"{version}\""));
    }
    if let Some(at) = answer.last_updated {
        text(header::LAST_MODIFIED, at.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }
    if let Some(location) = &answer.location {
        text(header::LOCATION, format!("{base}/{location}"));
    }
    if is_unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    if let Some((media_type, content)) = answer.content {
        text(header::CONTENT_TYPE, media_type);
        // A document is data, whatever it claims to be: it runs nothing in a browser.
        text(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".into());
        text(header::CONTENT_DISPOSITION, "attachment".into());
        *response.body_mut() = Body::from(content);
        return response;
    }
    let wants_outcome = prefer.returned == Some(Returned::Outcome);
    let body = if wants_outcome && answer.status < 300 && answer.body.is_none() && answer.status != 204 {
        Some(bytes::Bytes::from(accepted(&answer, prefer.lang).to_string()))
    } else {
        answer.body
    };
    if !answer.warnings.is_empty()
        && let Ok(value) = HeaderValue::from_str(&warning_header(&answer.warnings))
    {
        headers.insert(header::WARNING, value);
    }
    if let Some(body) = body {
        headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8"));
        *response.body_mut() = Body::from(body);
    }
    response
}

/// `Prefer: return=OperationOutcome`: what was accepted, with warnings when there are.
fn accepted(answer: &Answer, lang: Lang) -> Value {
    if !answer.warnings.is_empty() {
        return socle_pipeline::outcome(&answer.warnings, lang);
    }
    json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "information", "code": "informational",
        "details": { "text": lang.pick("Enregistré.", "Stored.") } }] })
}

/// The warnings as one ASCII header (RFC 7234 code 199), so that a client that gets the resource back sees them too.
fn warning_header(warnings: &[socle_kernel::Issue]) -> String {
    let texts: Vec<String> = warnings
        .iter()
        .take(5)
        .map(|issue| format!("{} {}", issue.path, issue.text.en))
        .map(|text| {
            text.chars()
                .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
                .filter(|c| *c != '"')
                .collect()
        })
        .collect();
    format!("199 socle \"{}\"", texts.join("; "))
}
