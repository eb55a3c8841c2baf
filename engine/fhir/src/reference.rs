//! References between resources: reading them, and rewriting them when a transaction gives ids.

use crate::definitions::{self, Type, TypeKind};
use serde_json::Value;
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

/// Offers every reference of a resource to `f` and writes what it answers: `Reference.reference` everywhere, contained
/// resources too; not inside a Bundle, which has a world of references of its own.
pub fn rewrite_references(value: &mut Value, f: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_references(item, f)),
        Value::Object(members) if members.get("resourceType").is_some_and(|name| name == "Bundle") => {}
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) if name == "reference" => replace(text, f),
                    Value::String(_) => {}
                    other => rewrite_references(other, f),
                }
            }
        }
        _ => {}
    }
}

/// Offers every link of a resource to `f` and writes what it answers, as a transaction must (R4, 3.1.0.11.2):
/// `Reference.reference`, elements of the types uri, url, oid and uuid, and the `href` and `src` of the narrative.
/// What names a thing rather than leads to it is left alone: systems, the own `url` of a conformance resource, and the
/// inside of a Bundle, which has a world of references of its own.
pub fn rewrite_links(resource: &mut Value, f: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(definition) = definition_of(resource) {
        rewrite_typed(resource, definition, true, f);
    }
}

fn definition_of(resource: &Value) -> Option<&'static Type> {
    definitions::find_type(resource.get("resourceType")?.as_str()?)
}

fn rewrite_typed(
    value: &mut Value,
    definition: &'static Type,
    is_root: bool,
    f: &mut dyn FnMut(&str) -> Option<String>,
) {
    let Value::Object(members) = value else { return };
    if definition.name == "Bundle" {
        return;
    }
    for (name, value) in members.iter_mut() {
        // `_name` holds the id and the extensions of a primitive.
        if let Some(Value::Object(_) | Value::Array(_)) = name.strip_prefix('_').map(|_| &*value) {
            rewrite_list(value, &|_| definitions::find_type("Element"), f);
            continue;
        }
        let Some(member) = definition.member(name) else { continue };
        let kind = member.type_ref.name;
        match kind {
            "uri" | "url" | "oid" | "uuid" => {
                let is_name = name == "system"
                    || is_root && name == "url"
                    || definition.name == "Extension" && name == "url";
                if !is_name {
                    rewrite_texts(value, f);
                }
            }
            "xhtml" => rewrite_narrative(value, f),
            "string" if definition.name == "Reference" && name == "reference" => rewrite_texts(value, f),
            "Resource" => rewrite_list(value, &definition_of, f),
            _ => {
                let inner = member.type_ref.definition();
                if inner.kind != TypeKind::Primitive {
                    rewrite_list(value, &|_| Some(inner), f);
                }
            }
        }
    }
}

fn rewrite_list(
    value: &mut Value,
    definition: &dyn Fn(&Value) -> Option<&'static Type>,
    f: &mut dyn FnMut(&str) -> Option<String>,
) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_list(item, definition, f)),
        Value::Object(_) => {
            if let Some(definition) = definition(value) {
                rewrite_typed(value, definition, false, f);
            }
        }
        _ => {}
    }
}

fn rewrite_texts(value: &mut Value, f: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => replace(text, f),
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite_texts(item, f)),
        _ => {}
    }
}

fn replace(text: &mut String, f: &mut dyn FnMut(&str) -> Option<String>) {
    if let Some(new) = f(text) {
        *text = new;
    }
}

/// Rewrites the values of `href="…"` and `src="…"`; a fragment after `#` stays.
fn rewrite_narrative(value: &mut Value, f: &mut dyn FnMut(&str) -> Option<String>) {
    let Value::String(text) = value else { return };
    let mut out = String::new();
    let mut rest = text.as_str();
    let mut is_changed = false;
    while let Some((start, end)) = next_link(rest) {
        let link = &rest[start..end];
        let (address, fragment) = link.find('#').map_or((link, ""), |at| link.split_at(at));
        out.push_str(&rest[..start]);
        match f(address) {
            Some(new) => {
                is_changed = true;
                out.push_str(&new);
                out.push_str(fragment);
            }
            None => out.push_str(link),
        }
        rest = &rest[end..];
    }
    if is_changed {
        out.push_str(rest);
        *text = out;
    }
}

/// Where the next link of a narrative starts and ends.
fn next_link(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find('=').map(|at| from + at) {
        let is_link = [" href", " src"].iter().any(|name| text[..at].trim_end().ends_with(name));
        let after = text[at + 1..].trim_start();
        let start = text.len() - after.len() + 1;
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        if let (true, Some(quote)) = (is_link, quote) {
            let end = text[start..].find(quote)?;
            return Some((start, start + end));
        }
        from = at + 1;
    }
    None
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
    fn every_link_is_rewritten_and_nothing_that_only_looks_like_one() {
        let mut resource = json!({
            "resourceType": "DocumentReference",
            "text": {"status": "generated", "div": "<div><a class=\"x\" href=\"urn:uuid:1#part\">a</a><img src='urn:uuid:1'/>urn:uuid:1 href=x</div>"},
            "identifier": [{"system": "urn:uuid:1", "value": "urn:uuid:1"}],
            "contained": [{"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}],
            "extension": [{"url": "urn:uuid:1", "valueUri": "urn:uuid:1"}, {"url": "x", "valueString": "urn:uuid:1"},
                {"url": "x", "valueReference": {"reference": "urn:uuid:1"}}],
            "_date": {"extension": [{"url": "x", "valueUrl": "urn:uuid:1"}]},
            "description": "urn:uuid:1",
            "content": [{"attachment": {"url": "urn:uuid:1"}}],
            "subject": {"reference": "Patient?identifier=1"},
        });
        let mut count = 0;
        rewrite_links(&mut resource, &mut |text| {
            count += usize::from(text == "urn:uuid:1");
            (text == "urn:uuid:1").then(|| "Binary/9".to_owned())
        });
        assert_eq!(count, 7);
        assert_eq!(resource["contained"][0]["subject"]["reference"], "Binary/9");
        assert_eq!(resource["content"][0]["attachment"]["url"], "Binary/9");
        assert_eq!(resource["identifier"][0], json!({"system": "urn:uuid:1", "value": "urn:uuid:1"}));
        assert_eq!(resource["extension"][0], json!({"url": "urn:uuid:1", "valueUri": "Binary/9"}));
        assert_eq!(resource["extension"][1]["valueString"], "urn:uuid:1");
        assert_eq!(resource["extension"][2]["valueReference"]["reference"], "Binary/9");
        assert_eq!(resource["_date"]["extension"][0]["valueUrl"], "Binary/9");
        assert_eq!(resource["description"], "urn:uuid:1");
        assert_eq!(
            resource["text"]["div"],
            "<div><a class=\"x\" href=\"Binary/9#part\">a</a><img src='Binary/9'/>urn:uuid:1 href=x</div>"
        );
    }

    #[test]
    fn the_name_of_a_conformance_resource_and_the_inside_of_a_bundle_stay() {
        let mut set = json!({"resourceType": "ValueSet", "url": "urn:uuid:1", "status": "active"});
        let mut document = json!({"resourceType": "Bundle", "type": "document", "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}}]});
        for resource in [&mut set, &mut document] {
            let before = resource.clone();
            rewrite_links(resource, &mut |_| Some("Patient/9".to_owned()));
            assert_eq!(*resource, before);
        }
    }
}
