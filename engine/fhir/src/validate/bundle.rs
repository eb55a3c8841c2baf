//! Rules of a Bundle, `bdl-1` to `bdl-12` among them: what its type demands of each entry, addresses that name one
//! entry and agree with its id, and documents and messages whose references stay inside.

use super::finding::Family;
use super::place::Step;
use super::walk::Walk;
use crate::reference::Reference;
use serde_json::Value;
use socle_kernel::Severity;
use std::collections::HashSet;

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn entries(bundle: &Value) -> &[Value] {
    bundle.get("entry").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl<'a> Walk<'a, '_> {
    /// Knows the entries by their addresses, before their references are looked at.
    pub fn enter_bundle(&mut self, bundle: &'a Value) {
        for entry in entries(bundle) {
            if let (Some(address), Some(resource)) =
                (entry.get("fullUrl").and_then(Value::as_str), entry.get("resource"))
            {
                self.entries.entry(address).or_insert(resource);
            }
        }
    }

    /// The rules of a Bundle.
    pub fn bundle(&mut self, bundle: &'a Value) {
        let kind = text(bundle, "type");
        let is_search = kind == "searchset";
        if bundle.get("total").is_some() && !is_search && kind != "history" {
            self.broken("bdl-1", Severity::Error, "total only when a search or history");
        }
        let needs_request = matches!(kind, "batch" | "transaction" | "history");
        let needs_response = matches!(kind, "batch-response" | "transaction-response" | "history");
        let mut addresses = HashSet::new();
        for (index, entry) in entries(bundle).iter().enumerate() {
            self.place.steps.push(Step { name: "entry", index: Some(index) });
            if entry.get("search").is_some() && !is_search {
                self.broken("bdl-2", Severity::Error, "entry.search only when a search");
            }
            if entry.get("request").is_some() != needs_request {
                let human = "entry.request mandatory for batch/transaction/history, otherwise prohibited";
                self.broken("bdl-3", Severity::Error, human);
            }
            if entry.get("response").is_some() != needs_response {
                let human = "entry.response mandatory for batch-response/transaction-response/history, otherwise prohibited";
                self.broken("bdl-4", Severity::Error, human);
            }
            if ["resource", "request", "response"].iter().all(|name| entry.get(*name).is_none()) {
                let human = "must be a resource unless there's a request or response";
                self.broken("bdl-5", Severity::Error, human);
            }
            self.address(entry, kind, &mut addresses);
            self.place.steps.pop();
        }
        match kind {
            "document" => self.document(bundle),
            "message" => self.first_is(
                bundle,
                "MessageHeader",
                "bdl-12",
                "A message must have a MessageHeader as the first resource",
            ),
            _ => {}
        }
    }

    fn address(&mut self, entry: &'a Value, kind: &str, addresses: &mut HashSet<(&'a str, &'a str)>) {
        let Some(address) = entry.get("fullUrl").and_then(Value::as_str) else { return };
        let version = entry.pointer("/resource/meta/versionId").and_then(Value::as_str).unwrap_or("");
        if !addresses.insert((address, version)) && kind != "history" {
            let human = "FullUrl must be unique in a bundle, or else entries with the same fullUrl must have different meta.versionId (except in history bundles)";
            self.broken("bdl-7", Severity::Error, human);
        }
        if address.contains("/_history/") {
            self.broken("bdl-8", Severity::Error, "fullUrl cannot be a version specific reference");
        }
        let Reference::Absolute { resource_type, id, .. } = Reference::parse(address) else { return };
        let Some(resource) = entry.get("resource") else { return };
        let (own_type, own_id) = (text(resource, "resourceType"), text(resource, "id"));
        // In a transaction the id of a resource that is still to be made means nothing.
        let is_other = (own_type != resource_type.name()) || (!own_id.is_empty() && own_id != id);
        if is_other && kind != "transaction" && kind != "batch" {
            let said = || {
                (
                    format!(
                        "L'adresse de l'entrée ne désigne pas sa ressource ({own_type}/{own_id}). Mettez les deux d'accord."
                    ),
                    format!(
                        "The address of the entry does not name its resource ({own_type}/{own_id}). Make both agree."
                    ),
                )
            };
            self.tell(
                Family::Rule,
                Severity::Warning,
                "invalid",
                said,
                &format!("…/{own_type}/{own_id}"),
                address,
            );
        }
    }

    fn document(&mut self, bundle: &'a Value) {
        let identifier = bundle.get("identifier").unwrap_or(&Value::Null);
        if identifier.get("system").is_none() || identifier.get("value").is_none() {
            self.broken(
                "bdl-9",
                Severity::Error,
                "A document must have an identifier with a system and a value",
            );
        }
        if bundle.get("timestamp").is_none() {
            self.broken("bdl-10", Severity::Error, "A document must have a date");
        }
        self.first_is(
            bundle,
            "Composition",
            "bdl-11",
            "A document must have a Composition as the first resource",
        );
        let Some(composition) = entries(bundle).first().and_then(|entry| entry.get("resource")) else {
            return;
        };
        let mut missing = Vec::new();
        self.outside(composition, &mut missing);
        for reference in missing {
            let said = || {
                (
                    format!(
                        "Le document cite {reference} sans le contenir. Ajoutez la ressource au document."
                    ),
                    format!(
                        "The document names {reference} without containing it. Add the resource to the document."
                    ),
                )
            };
            let steps = [Step { name: "entry", index: Some(0) }, Step { name: "resource", index: None }];
            self.place.steps.extend(steps);
            self.tell(
                Family::Rule,
                Severity::Warning,
                "not-found",
                said,
                "an entry of the document",
                reference,
            );
            self.place.steps.truncate(self.place.steps.len() - steps.len());
        }
    }

    /// The references of a composition that lead out of the document.
    fn outside(&self, value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.outside(item, out)),
            Value::Object(members) => {
                if let Some(Value::String(text)) = members.get("reference")
                    && !text.starts_with('#')
                    && self.resolve(text).is_none()
                {
                    out.push(text);
                }
                members.values().for_each(|member| self.outside(member, out));
            }
            _ => {}
        }
    }

    fn first_is(&mut self, bundle: &Value, wanted: &str, key: &str, human: &str) {
        let first = entries(bundle).first().and_then(|entry| entry.get("resource"));
        if first.is_none_or(|first| text(first, "resourceType") != wanted) {
            self.broken(key, Severity::Error, human);
        }
    }
}
