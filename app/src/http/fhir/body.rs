//! The bodies of requests: resources, raw content, patches.

use super::super::forms;
use super::FHIR_JSON;
use super::negotiate::{is_json, media_type};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use socle_kernel::{Kind, Problem, ResourceType, limits, resource_type};
use socle_pipeline::{Patch, Target};

/// The media types of patches, for `Accept-Patch`.
pub(super) const PATCHES: &str = "application/json-patch+json, application/fhir+json";

/// A raw `Binary` has no id of its own in its bytes: the address names it.
pub(super) fn with_id(mut resource: Value, target: &Target) -> Value {
    if let Target::Id(of_type, id) = target
        && *of_type == resource_type::BINARY
        && resource["id"].is_null()
    {
        resource["id"] = id.clone().into();
    }
    resource
}

pub(super) fn bundle(value: Value) -> Result<Value, Problem> {
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
pub(super) async fn resource(
    request: Request<Body>,
    headers: &HeaderMap,
    of: Option<ResourceType>,
) -> Result<Value, Problem> {
    let media_type = media_type(headers)?;
    let is_json = media_type.is_empty() || is_json(&media_type);
    if of == Some(resource_type::BINARY) && !is_json {
        let content = forms::body(request.into_body(), limits::DOCUMENT_BYTES).await?;
        let mut binary = json!({ "resourceType": "Binary", "contentType": media_type, "data": data_encoding::BASE64.encode(&content) });
        if let Some(context) = headers.get("x-security-context").and_then(|value| value.to_str().ok()) {
            binary["securityContext"] = json!({ "reference": context });
        }
        return Ok(binary);
    }
    if !is_json {
        return Err(no_json(media_type));
    }
    object(&forms::body(request.into_body(), limits::BODY_BYTES).await?)
}

/// The resource in the body of an operation; one that takes nothing may come without any.
pub(super) async fn optional(request: Request<Body>, headers: &HeaderMap) -> Result<Option<Value>, Problem> {
    let media_type = media_type(headers)?;
    let bytes = forms::body(request.into_body(), limits::BODY_BYTES).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !media_type.is_empty() && !is_json(&media_type) {
        return Err(no_json(media_type));
    }
    object(&bytes).map(Some)
}

fn no_json(media_type: String) -> Problem {
    Problem::new(
        Kind::UnsupportedMedia,
        "Cette API lit du JSON (FHIR 4.0.1). Envoyez application/fhir+json.",
        "This API reads JSON (FHIR 4.0.1). Send application/fhir+json.",
    )
    .at("Content-Type")
    .expecting(FHIR_JSON)
    .receiving(media_type)
}

fn object(bytes: &[u8]) -> Result<Value, Problem> {
    let value = socle_fhir::json::parse(bytes)?;
    if value.is_object() {
        return Ok(value);
    }
    Err(Problem::new(Kind::Invalid, "Une ressource FHIR est attendue.", "A FHIR resource is expected.")
        .coded("structure")
        .expecting("a JSON object with resourceType"))
}

pub(super) async fn patch(request: Request<Body>, headers: &HeaderMap) -> Result<Patch, Problem> {
    let media_type = media_type(headers)?;
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
            .expecting(format!("{PATCHES} (Parameters)"))
            .receiving(other));
        }
    };
    let value = socle_fhir::json::parse(&bytes)?;
    Ok(match media_type.as_str() {
        // A patch that is no list is refused by its reader, with the form it should have.
        "application/json-patch+json" => Patch::Json(value),
        _ if value.is_array() => Patch::Json(value),
        _ => Patch::FhirPath(value),
    })
}
