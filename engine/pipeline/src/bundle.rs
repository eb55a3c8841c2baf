//! Bundles written by splicing stored text: bodies are not parsed to be served.

use crate::frame::encode;
use serde_json::Value;
use socle_fhir::json;
use socle_gate::Found;
use socle_kernel::Instant;

/// One entry of a Bundle to write.
pub(crate) struct Entry {
    /// Absolute address of the resource.
    pub full_url: String,
    /// The resource as stored, when it is shown.
    pub resource: Option<bytes::Bytes>,
    /// `match`, `include` or `outcome`, for searches.
    pub mode: Option<&'static str>,
    /// `request` and `response`, for histories and answers, as JSON.
    pub more: Option<Value>,
}

impl Entry {
    /// A resource that a search found.
    pub(crate) fn found(base: &str, found: &Found, mode: &'static str) -> Self {
        Entry {
            full_url: format!("{base}/{}/{}", found.key.resource_type, found.id),
            resource: Some(found.body.clone()),
            mode: Some(mode),
            more: None,
        }
    }
}

/// Writes a Bundle.
pub(crate) fn write(
    kind: &str,
    total: Option<u64>,
    now: Instant,
    links: &[(&str, String)],
    entries: &[Entry],
) -> Vec<u8> {
    let size: usize =
        entries.iter().map(|entry| entry.resource.as_ref().map_or(0, bytes::Bytes::len) + 160).sum();
    let mut text = Vec::with_capacity(size + 256);
    text.extend_from_slice(b"{\"resourceType\":\"Bundle\",\"meta\":{\"lastUpdated\":\"");
    text.extend_from_slice(now.to_string().as_bytes());
    text.extend_from_slice(b"\"},\"type\":\"");
    text.extend_from_slice(kind.as_bytes());
    text.push(b'"');
    if let Some(total) = total {
        text.extend_from_slice(format!(",\"total\":{total}").as_bytes());
    }
    if !links.is_empty() {
        text.extend_from_slice(b",\"link\":[");
        for (index, (relation, url)) in links.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(b"{\"relation\":\"");
            text.extend_from_slice(relation.as_bytes());
            text.extend_from_slice(b"\",\"url\":");
            text.extend_from_slice(&json::to_text(&Value::from(url.as_str())));
            text.push(b'}');
        }
        text.push(b']');
    }
    if !entries.is_empty() {
        text.extend_from_slice(b",\"entry\":[");
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            write_entry(&mut text, entry);
        }
        text.push(b']');
    }
    text.push(b'}');
    text
}

fn write_entry(text: &mut Vec<u8>, entry: &Entry) {
    text.push(b'{');
    let mut is_first = true;
    let mut member = |text: &mut Vec<u8>, name: &str| {
        if !std::mem::take(&mut is_first) {
            text.push(b',');
        }
        text.push(b'"');
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
    };
    if !entry.full_url.is_empty() {
        member(text, "fullUrl");
        text.extend_from_slice(&json::to_text(&Value::from(entry.full_url.as_str())));
    }
    if let Some(resource) = &entry.resource {
        member(text, "resource");
        text.extend_from_slice(resource);
    }
    if let Some(mode) = entry.mode {
        member(text, "search");
        text.extend_from_slice(format!("{{\"mode\":\"{mode}\"}}").as_bytes());
    }
    if let Some(Value::Object(members)) = &entry.more {
        for (name, value) in members {
            member(text, name);
            text.extend_from_slice(&json::to_text(value));
        }
    }
    text.push(b'}');
}

/// Writes parameters as a query.
pub(crate) fn query_text(params: &[(String, String)]) -> String {
    params
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// An address with its query.
pub(crate) fn with_query(address: &str, params: &[(String, String)]) -> String {
    if params.is_empty() { address.to_owned() } else { format!("{address}?{}", query_text(params)) }
}
