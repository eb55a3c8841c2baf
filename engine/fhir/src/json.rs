//! JSON as FHIR needs it: strict on the way in, canonical on the way out.

mod reader;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};
use socle_kernel::{Instant, Kind, Problem, ResourceType};

/// Reads one JSON value, strictly: UTF-8, nothing after the value, no name twice in an object, nesting within
/// [`socle_kernel::limits::NESTING`]. Numbers keep their digits and their exponent as written.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        Problem::new(
            Kind::Invalid,
            format!(
                "Le corps n'est pas de l'UTF-8 valide : octet {offset}. Envoyez du JSON encodé en UTF-8."
            ),
            format!("The body is not valid UTF-8: byte {offset}. Send JSON encoded as UTF-8."),
        )
        .coded("structure")
    })?;
    reader::Reader::new(text).read_document()
}

/// Writes a value without blanks.
pub fn to_text(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("a JSON value is always writable to memory")
}

/// The body as it is stored and served: type, id, `meta` with version and date first, then the client's members in
/// the client's order.
pub fn compose(
    resource_type: ResourceType,
    id: &str,
    version: u32,
    last_updated: Instant,
    resource: &Value,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(b"{\"resourceType\":\"");
    out.extend_from_slice(resource_type.name().as_bytes());
    out.extend_from_slice(b"\",\"id\":");
    out.extend_from_slice(&to_text(&Value::String(id.to_owned())));
    out.extend_from_slice(
        format!(",\"meta\":{{\"versionId\":\"{version}\",\"lastUpdated\":\"{last_updated}\"").as_bytes(),
    );
    let empty = Map::new();
    let members = resource.as_object().unwrap_or(&empty);
    if let Some(meta) = members.get("meta").and_then(Value::as_object) {
        let own = ["versionId", "lastUpdated"];
        write_members(&mut out, meta.iter().filter(|(name, _)| !own.contains(&name.as_str())));
    }
    out.push(b'}');
    let own = ["resourceType", "id", "meta"];
    write_members(&mut out, members.iter().filter(|(name, _)| !own.contains(&name.as_str())));
    out.push(b'}');
    out
}

fn write_members<'a>(out: &mut Vec<u8>, members: impl Iterator<Item = (&'a String, &'a Value)>) {
    for (name, value) in members {
        out.push(b',');
        serde_json::to_writer(&mut *out, name).expect("memory takes every text");
        out.push(b':');
        serde_json::to_writer(&mut *out, value).expect("memory takes every value");
    }
}

/// What the first bytes of a canonical body say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// What it is.
    pub resource_type: ResourceType,
    /// Its public id.
    pub id: &'a str,
    /// Its version.
    pub version: u32,
    /// When this version was written, as RFC 3339 text.
    pub last_updated: &'a str,
}

/// Reads the prefix that [`compose`] writes, without parsing the rest. `None` for any other text.
pub fn head(body: &[u8]) -> Option<Head<'_>> {
    let rest = body.strip_prefix(b"{\"resourceType\":\"")?;
    let (name, rest) = until_quote(rest)?;
    let rest = rest.strip_prefix(b",\"id\":\"")?;
    let (id, rest) = until_quote(rest)?;
    let rest = rest.strip_prefix(b",\"meta\":{\"versionId\":\"")?;
    let (version, rest) = until_quote(rest)?;
    let rest = rest.strip_prefix(b",\"lastUpdated\":\"")?;
    let (last_updated, _) = until_quote(rest)?;
    Some(Head { resource_type: name.parse().ok()?, id, version: version.parse().ok()?, last_updated })
}

/// The text before the next quotation mark, and what follows it. Escapes never occur in what `compose` puts first.
fn until_quote(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'"' || *byte == b'\\')?;
    if bytes[end] == b'\\' {
        return None;
    }
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}
