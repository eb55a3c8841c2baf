//! Answers of the pipeline into HTTP: status, validators, location, body.

use super::{Served, pretty};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;
use socle_kernel::Lang;
use socle_pipeline::{Answer, Returned};

pub(super) fn write(served: Served, base: &str) -> Response<Body> {
    let Served { answer, wishes } = served;
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
        if answer.body.is_some() {
            text(header::CONTENT_LOCATION, format!("{base}/{location}"));
        }
    }
    let applied: Vec<String> = wishes.applied.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if !applied.is_empty() {
        text(header::HeaderName::from_static("preference-applied"), applied.join(", "));
    }
    if answer.status == 304 {
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
    let wants_outcome = wishes.prefer.returned == Some(Returned::Outcome);
    let body = if wants_outcome && answer.status < 300 && answer.body.is_none() && answer.status != 204 {
        Some(bytes::Bytes::from(accepted(&answer, wishes.prefer.lang).to_string()))
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
        *response.body_mut() =
            if wishes.is_pretty { pretty::laid_out(&body).into() } else { Body::from(body) };
    }
    response
}

/// `Prefer: return=OperationOutcome`: what was accepted, with warnings when there are.
fn accepted(answer: &Answer, lang: Lang) -> Value {
    if !answer.warnings.is_empty() {
        return socle_pipeline::outcome(&answer.warnings, lang);
    }
    socle_pipeline::stored(lang)
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
