//! What the caller prefers and accepts: `Prefer`, `Accept` and `_format`.

use super::super::request;
use super::FHIR_JSON;
use axum::http::{HeaderMap, header};
use socle_kernel::{Kind, Lang, Problem, resource_type};
use socle_pipeline::{Address, Prefer, Returned};

/// Reads `Prefer`: `return=minimal|representation|OperationOutcome`, `handling=strict|lenient`.
pub(super) fn prefer(headers: &HeaderMap, lang: Lang) -> Result<Prefer, Problem> {
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
pub(super) fn accept(
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
