//! What the caller prefers and accepts: `Prefer`, `Accept`, `_format` and `_pretty`.

use super::super::request;
use super::FHIR_JSON;
use axum::http::{HeaderMap, header};
use socle_kernel::{Kind, Lang, Problem, resource_type};
use socle_pipeline::{Address, Prefer, Returned};

/// How the caller wants to be answered.
pub(super) struct Wishes {
    /// What the pipeline needs to know.
    pub prefer: Prefer,
    /// The preferences that were understood, for `Preference-Applied`: name and value.
    pub applied: Vec<(&'static str, &'static str)>,
    /// True for `_pretty=true`.
    pub is_pretty: bool,
}

impl Wishes {
    /// What `return` asks for counts for writes only.
    pub(super) fn forget_unapplied(&mut self, is_write: bool) {
        if !is_write {
            self.applied.retain(|(name, _)| *name != "return");
        }
    }
}

/// Reads them all; what shapes the answer leaves the parameters.
pub(super) fn wishes(
    headers: &HeaderMap,
    params: &mut Vec<(String, String)>,
    address: &Address,
    lang: Lang,
) -> Result<Wishes, Problem> {
    let (mut prefer, applied) = prefer(headers, lang);
    prefer.binary_as_resource = accept(headers, params, address)?;
    let is_pretty = params.iter().any(|(name, value)| name == "_pretty" && value == "true");
    params.retain(|(name, _)| name != "_format" && name != "_pretty");
    Ok(Wishes { prefer, applied, is_pretty })
}

/// Reads `Prefer` (RFC 7240): names in any case, values quoted or not, the first of a name counts, what is unknown is
/// left out of `Preference-Applied`.
fn prefer(headers: &HeaderMap, lang: Lang) -> (Prefer, Vec<(&'static str, &'static str)>) {
    let mut prefer = Prefer { lang, ..Prefer::default() };
    let mut applied: Vec<(&'static str, &'static str)> = Vec::new();
    for value in headers.get_all("prefer") {
        // Some clients part preferences with semicolons, which RFC 7240 keeps for parameters; none of ours has any.
        for part in value.to_str().unwrap_or("").split([',', ';']) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let known = match (name.trim().to_ascii_lowercase().as_str(), value.trim().trim_matches('"')) {
                ("return", "minimal") => ("return", "minimal"),
                ("return", "representation") => ("return", "representation"),
                ("return", "OperationOutcome") => ("return", "OperationOutcome"),
                ("handling", "lenient") => ("handling", "lenient"),
                ("handling", "strict") => ("handling", "strict"),
                _ => continue,
            };
            if applied.iter().any(|(name, _)| *name == known.0) {
                continue;
            }
            match known.1 {
                "minimal" => prefer.returned = Some(Returned::Minimal),
                "representation" => prefer.returned = Some(Returned::Representation),
                "OperationOutcome" => prefer.returned = Some(Returned::Outcome),
                "lenient" => prefer.is_lenient = true,
                _ => {}
            }
            applied.push(known);
        }
    }
    (prefer, applied)
}

/// One media type of `Accept`.
struct Accepted {
    name: String,
    fhir_version: Option<String>,
    is_refused: bool,
}

impl Accepted {
    fn parse(part: &str) -> Self {
        let mut pieces = part.split(';').map(str::trim);
        // An unescaped plus sign of a query reads as a blank.
        let name = pieces.next().unwrap_or("").to_ascii_lowercase().replace(' ', "+");
        let (mut fhir_version, mut is_refused) = (None, false);
        for piece in pieces {
            match piece.split_once('=') {
                Some(("fhirVersion", version)) => fhir_version = Some(version.trim_matches('"').to_owned()),
                Some(("q", weight)) => is_refused = weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0),
                _ => {}
            }
        }
        Accepted { name, fhir_version, is_refused }
    }

    fn is_json(&self) -> bool {
        is_json(&self.name) && self.fhir_version.as_deref().is_none_or(is_r4)
    }

    fn is_any(&self) -> bool {
        matches!(self.name.as_str(), "*/*" | "application/*" | "text/html" | "text/*")
    }
}

/// True for a name of FHIR JSON.
pub(super) fn is_json(name: &str) -> bool {
    matches!(name, "json" | "application/json" | FHIR_JSON | "text/json" | "application/json+fhir")
}

/// True for a version of FHIR that is spoken here.
pub(super) fn is_r4(version: &str) -> bool {
    matches!(version, "4.0" | "4.0.1" | "4.0.0")
}

/// Checks what the caller accepts; true when a `Binary` is wanted as a FHIR resource.
fn accept(headers: &HeaderMap, params: &[(String, String)], address: &Address) -> Result<bool, Problem> {
    let named = params.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.clone());
    let is_named = named.is_some();
    let told = || {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values.collect::<Vec<_>>().join(",")
    };
    let accepted = named.unwrap_or_else(told);
    let wanted: Vec<Accepted> = accepted
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(Accepted::parse)
        .filter(|accepted| !accepted.is_refused)
        .collect();
    let is_binary =
        matches!(address, Address::Instance(t, _) | Address::Version(t, ..) if *t == resource_type::BINARY);
    let is_xml = |accepted: &Accepted| accepted.name == "application/fhir+xml" || accepted.name == "xml";
    if is_binary && (wanted.is_empty() || !wanted.iter().all(is_xml)) {
        return Ok(wanted.iter().any(Accepted::is_json));
    }
    let is_silent = wanted.is_empty() && accepted.trim().is_empty();
    if is_silent || wanted.iter().any(|accepted| accepted.is_json() || accepted.is_any()) {
        return Ok(false);
    }
    Err(Problem::new(
        Kind::NotAcceptable,
        "Cette API répond en JSON (FHIR 4.0.1). Demandez application/fhir+json.",
        "This API answers in JSON (FHIR 4.0.1). Ask for application/fhir+json.",
    )
    .at(if is_named { "_format" } else { "Accept" })
    .expecting(FHIR_JSON)
    .receiving(accepted))
}

/// Media type of a body: its name, without its parameters. A charset other than UTF-8, another version of FHIR and an
/// unknown encoding are refused.
pub(super) fn media_type(headers: &HeaderMap) -> Result<String, Problem> {
    let refused = |at: &'static str, expected: &'static str, received: &str| {
        Problem::new(
            Kind::UnsupportedMedia,
            "Cette forme de contenu n'est pas lue ici.",
            "This form of content is not read here.",
        )
        .at(at)
        .expecting(expected)
        .receiving(received)
    };
    let encoding = request::header(headers, header::CONTENT_ENCODING.as_str());
    if !matches!(encoding, "" | "identity") {
        return Err(refused("Content-Encoding", "gzip | zstd | identity", encoding));
    }
    let value = request::header(headers, header::CONTENT_TYPE.as_str());
    let mut parts = value.split(';').map(str::trim);
    let name = parts.next().unwrap_or("").to_ascii_lowercase();
    let is_text = is_json(&name) || name == "application/json-patch+json";
    for part in parts {
        let (key, wanted) = part.split_once('=').unwrap_or((part, ""));
        let wanted = wanted.trim_matches('"');
        let is_utf8 = matches!(wanted.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii");
        if is_text && key.eq_ignore_ascii_case("charset") && !is_utf8 {
            return Err(refused("Content-Type", "charset=utf-8", value));
        }
        if is_text && key.eq_ignore_ascii_case("fhirVersion") && !is_r4(wanted) {
            return Err(refused("Content-Type", "fhirVersion=4.0", value));
        }
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(accept: &'static str, query: &[(&str, &str)]) -> Result<bool, Problem> {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        }
        let params: Vec<_> = query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        super::accept(&headers, &params, &Address::Base)
    }

    #[test]
    fn json_is_found_among_what_is_accepted() {
        for accept in [
            "",
            "*/*",
            "application/fhir+json",
            "application/fhir+json; fhirVersion=4.0",
            "application/fhir+xml, application/fhir+json;q=0.5",
            "application/xml;q=0.9,*/*;q=0.8",
        ] {
            assert!(asked(accept, &[]).is_ok(), "{accept}");
        }
        assert!(asked("application/fhir+xml", &[("_format", "application/fhir json")]).is_ok());
        for accept in [
            "application/fhir+xml",
            "application/json;q=0",
            "application/fhir+json;fhirVersion=3.0",
            "image/png",
        ] {
            assert_eq!(asked(accept, &[]).expect_err("refused").kind, Kind::NotAcceptable, "{accept}");
        }
        assert!(asked("application/fhir+json", &[("_format", "xml")]).is_err());
    }

    #[test]
    fn preferences_are_read_as_their_rfc_says_and_unknown_ones_are_not_applied() {
        let mut headers = HeaderMap::new();
        headers.append("prefer", HeaderValue::from_static("RETURN=\"minimal\", wait=10"));
        headers.append(
            "prefer",
            HeaderValue::from_static("return=representation; handling=lenient, handling=odd"),
        );
        let (prefer, applied) = super::prefer(&headers, Lang::En);
        assert_eq!((prefer.returned, prefer.is_lenient), (Some(Returned::Minimal), true));
        assert_eq!(applied, [("return", "minimal"), ("handling", "lenient")]);
    }
}
