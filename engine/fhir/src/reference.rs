//! References between resources: reading them, and rewriting them when a transaction gives ids.

use serde_json::{Map, Value};
use socle_kernel::ResourceType;

/// A reference as its text tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// `Type/id`, with a version when `/_history/n` follows.
    Local {
        /// What it points to.
        resource_type: ResourceType,
        /// The logical id.
        id: &'a str,
        /// The version, when one is named.
        version: Option<&'a str>,
    },
    /// `https://base/Type/id`: the address of a resource on some server.
    Absolute {
        /// The server's base, without the slash at its end.
        base: &'a str,
        /// What it points to.
        resource_type: ResourceType,
        /// The logical id.
        id: &'a str,
        /// The version, when one is named.
        version: Option<&'a str>,
    },
    /// `urn:uuid:…` or `urn:oid:…`.
    Urn(&'a str),
    /// `#id`: a contained resource; empty for the resource itself.
    Contained(&'a str),
    /// `Type?name=value`: to be searched for in a transaction.
    Conditional {
        /// What is searched.
        resource_type: ResourceType,
        /// The search, after the question mark.
        query: &'a str,
    },
    /// Any other address.
    Other(&'a str),
}

impl<'a> Reference<'a> {
    /// Reads a reference; never fails, because any address is allowed.
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix('#') {
            return Reference::Contained(id);
        }
        if text.starts_with("urn:uuid:") || text.starts_with("urn:oid:") {
            return Reference::Urn(text);
        }
        if let Some((name, query)) = text.split_once('?') {
            return match name.parse() {
                Ok(resource_type) => Reference::Conditional { resource_type, query },
                Err(_) => Reference::Other(text),
            };
        }
        let (path, version) = match text.split_once("/_history/") {
            Some((path, version)) if is_id(version) => (path, Some(version)),
            Some(_) => return Reference::Other(text),
            None => (text, None),
        };
        let Some((before, id)) = path.rsplit_once('/').filter(|(_, id)| is_id(id)) else {
            return Reference::Other(text);
        };
        if let Ok(resource_type) = before.parse() {
            return Reference::Local { resource_type, id, version };
        }
        let is_web = before.starts_with("http://") || before.starts_with("https://");
        match before.rsplit_once('/').map(|(base, name)| (base, name.parse())) {
            Some((base, Ok(resource_type))) if is_web && base.len() > "https:/".len() => {
                Reference::Absolute { base, resource_type, id, version }
            }
            _ => Reference::Other(text),
        }
    }

    /// The type it points to, when its text tells.
    pub fn resource_type(&self) -> Option<ResourceType> {
        match self {
            Reference::Local { resource_type, .. }
            | Reference::Absolute { resource_type, .. }
            | Reference::Conditional { resource_type, .. } => Some(*resource_type),
            _ => None,
        }
    }

    /// `(type, id)` when it points to a resource of this server: a relative reference, or an absolute one under `base`.
    pub fn local(&self, own_base: &str) -> Option<(ResourceType, &'a str)> {
        match self {
            Reference::Local { resource_type, id, .. } => Some((*resource_type, id)),
            Reference::Absolute { base, resource_type, id, .. }
                if *base == own_base.trim_end_matches('/') =>
            {
                Some((*resource_type, id))
            }
            _ => None,
        }
    }
}

/// True for a FHIR `id`: 1 to 64 letters, digits, hyphens and dots.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

/// Offers every reference of a resource to `f` and writes what it answers: `Reference.reference` everywhere
/// (contained resources too), and each other address-like text that is exactly a `urn:uuid:` or `urn:oid:`
/// (`Attachment.url`, canonicals). Identifier values and the narrative are left alone.
pub fn rewrite_references(value: &mut Value, f: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_references(item, f)),
        Value::Object(members) => rewrite_members(members, f),
        _ => {}
    }
}

fn rewrite_members(members: &mut Map<String, Value>, f: &mut dyn FnMut(&str) -> Option<String>) {
    for (name, value) in members.iter_mut() {
        let Value::String(text) = value else {
            rewrite_references(value, f);
            continue;
        };
        let is_reference = name == "reference" || (is_address_name(name) && is_urn(text));
        if is_reference && let Some(new) = f(text) {
            *text = new;
        }
    }
}

fn is_urn(text: &str) -> bool {
    text.starts_with("urn:uuid:") || text.starts_with("urn:oid:")
}

/// Names of members whose type is uri, url or canonical and that may carry the address of a resource.
/// `system`, `value`, `fullUrl` and `div` are never such members.
fn is_address_name(name: &str) -> bool {
    matches!(
        name,
        "url" | "uri" | "valueUri" | "valueUrl" | "valueCanonical" | "resource" | "source" | "target"
    ) || name.starts_with("instantiates")
        || name.ends_with("Canonical")
        || name.ends_with("Uri") && name != "systemUri"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use socle_kernel::resource_type::PATIENT;

    #[test]
    fn each_form_is_told_apart() {
        let local = Reference::Local { resource_type: PATIENT, id: "1", version: None };
        assert_eq!(Reference::parse("Patient/1"), local);
        assert_eq!(
            Reference::parse("Patient/1/_history/3"),
            Reference::Local { resource_type: PATIENT, id: "1", version: Some("3") }
        );
        assert_eq!(
            Reference::parse("https://a.example/fhir/Patient/1"),
            Reference::Absolute {
                base: "https://a.example/fhir",
                resource_type: PATIENT,
                id: "1",
                version: None
            }
        );
        assert_eq!(Reference::parse("urn:oid:1.2"), Reference::Urn("urn:oid:1.2"));
        assert_eq!(Reference::parse("#p"), Reference::Contained("p"));
        assert_eq!(
            Reference::parse("Patient?identifier=a|b"),
            Reference::Conditional { resource_type: PATIENT, query: "identifier=a|b" }
        );
        for other in [
            "",
            "Patient",
            "Patients/1",
            "Patient/a b",
            "Patient/",
            "/Patient/1",
            "http://x",
            "ftp://a/Patient/1",
        ] {
            assert_eq!(Reference::parse(other), Reference::Other(other), "{other}");
        }
    }

    #[test]
    fn only_the_own_base_is_local() {
        let reference = Reference::parse("https://a.example/fhir/Patient/1");
        assert_eq!(reference.local("https://a.example/fhir/"), Some((PATIENT, "1")));
        assert_eq!(reference.local("https://b.example/fhir"), None);
    }

    #[test]
    fn rewrites_references_and_addresses_but_neither_identifiers_nor_narrative() {
        let mut resource = json!({
            "text": {"div": "<div>urn:uuid:1</div>"},
            "identifier": [{"system": "urn:oid:1", "value": "urn:uuid:1"}],
            "contained": [{"subject": {"reference": "urn:uuid:1"}}],
            "content": [{"attachment": {"url": "urn:uuid:1"}}],
            "subject": {"reference": "Patient?identifier=1"},
        });
        let mut seen = Vec::new();
        rewrite_references(&mut resource, &mut |text| {
            seen.push(text.to_owned());
            text.starts_with("urn:uuid").then(|| "Binary/9".to_owned())
        });
        assert_eq!(seen, ["urn:uuid:1", "urn:uuid:1", "Patient?identifier=1"]);
        assert_eq!(resource["contained"][0]["subject"]["reference"], "Binary/9");
        assert_eq!(resource["content"][0]["attachment"]["url"], "Binary/9");
        assert_eq!(resource["identifier"][0]["value"], "urn:uuid:1");
        assert_eq!(resource["text"]["div"], "<div>urn:uuid:1</div>");
    }
}
