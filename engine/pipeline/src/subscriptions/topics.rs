//! The topics one can subscribe to: data of the program (`data/topics`), each under a canonical address, shown as FHIR R4
//! shows an R5 `SubscriptionTopic`: a `Basic` with extensions.

use super::Deed;
use serde::Deserialize;
use serde_json::{Value, json};
use socle_kernel::ResourceType;
use std::sync::OnceLock;

const TEXT: &str = include_str!("../../../../data/topics/topics.json");
/// Base of the canonical addresses of our topics.
const BASE: &str = "https://socle.example/SubscriptionTopic";
/// Base of the R5 elements that R4 carries as extensions.
const R5: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic";
/// Date of the topics, as they are now.
const DATE: &str = "2026-11-25";

/// A topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// End of its canonical address.
    pub code: String,
    /// Title in French and English.
    pub title: (String, String),
    /// Description in French and English.
    pub description: (String, String),
    triggers: Vec<Trigger>,
    filters: Vec<String>,
    /// True when a subscription must name a type with a filter.
    #[serde(default)]
    pub needs_filter: bool,
}

/// What makes an event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    resource: String,
    on: Vec<Deed>,
    /// A search that the new version matches and the one before does not.
    #[serde(default)]
    becomes: Option<String>,
}

/// Every topic.
pub fn all() -> &'static [Topic] {
    static TOPICS: OnceLock<Vec<Topic>> = OnceLock::new();
    TOPICS.get_or_init(|| serde_json::from_str(TEXT).expect("data/topics is right: a test reads it"))
}

/// The topic of a canonical address; a version after `|` is not looked at, there is one only.
pub fn find(canonical: &str) -> Option<&'static Topic> {
    let url = canonical.split('|').next().unwrap_or(canonical);
    let code = url.strip_prefix(BASE)?.strip_prefix('/')?;
    all().iter().find(|topic| topic.code == code)
}

impl Topic {
    /// Its canonical address.
    pub fn url(&self) -> String {
        format!("{BASE}/{}", self.code)
    }

    /// Id of the `Basic` that shows it.
    pub fn id(&self) -> String {
        format!("topic-{}", self.code)
    }

    /// Is the topic about this type?
    pub fn is_about(&self, resource_type: ResourceType) -> bool {
        self.triggers.iter().any(|trigger| trigger.is_about(resource_type))
    }

    /// Names of the types it is about; `*` for any.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.triggers.iter().map(|trigger| trigger.resource.as_str())
    }

    /// Parameters by which it may be filtered.
    pub fn filters(&self) -> &[String] {
        &self.filters
    }

    /// May a subscription filter by this parameter?
    pub fn may_filter_by(&self, name: &str) -> bool {
        let code = name.split(':').next().unwrap_or(name);
        let is_plain = !name.contains('.') && !code.starts_with("_has") && !is_of_the_answer(code);
        is_plain && self.filters.iter().any(|known| known == "*" || known == code)
    }

    /// The search that tells whether a change of this type and deed is an event: `None` when it is none, `Some(None)` when it
    /// always is.
    pub(crate) fn trigger(&self, resource_type: ResourceType, deed: Deed) -> Option<Option<&str>> {
        let trigger = self
            .triggers
            .iter()
            .find(|trigger| trigger.is_about(resource_type) && trigger.on.contains(&deed))?;
        Some(trigger.becomes.as_deref())
    }

    /// The topic as R4 shows it.
    pub fn to_basic(&self) -> Value {
        let mut extensions = vec![
            json!({ "url": format!("{R5}.url"), "valueUri": self.url() }),
            json!({ "url": format!("{R5}.title"), "valueString": self.title.1 }),
            json!({ "url": format!("{R5}.date"), "valueDateTime": DATE }),
            json!({ "url": format!("{R5}.description"), "valueMarkdown": self.description.1 }),
        ];
        for trigger in &self.triggers {
            let mut parts = vec![json!({ "url": "resource", "valueUri": trigger.resource })];
            parts.extend(
                trigger
                    .on
                    .iter()
                    .map(|deed| json!({ "url": "supportedInteraction", "valueCode": deed.code() })),
            );
            if let Some(becomes) = &trigger.becomes {
                let before = becomes.replacen('=', ":not=", 1);
                parts.push(json!({ "url": "queryCriteria", "extension": [
                    { "url": "previous", "valueString": before },
                    { "url": "current", "valueString": becomes },
                    { "url": "requireBoth", "valueBoolean": true }] }));
            }
            extensions.push(json!({ "url": format!("{R5}.resourceTrigger"), "extension": parts }));
        }
        for filter in self.filters.iter().filter(|filter| *filter != "*") {
            extensions.push(json!({ "url": format!("{R5}.canFilterBy"), "extension": [
                { "url": "filterParameter", "valueString": filter }] }));
        }
        json!({
            "resourceType": "Basic",
            "id": self.id(),
            "language": "en",
            "extension": extensions,
            "modifierExtension": [{ "url": format!("{R5}.status"), "valueCode": "active" }],
            "code": { "coding": [{ "system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic" }] },
        })
    }
}

/// Parameters that shape an answer and filter nothing.
fn is_of_the_answer(code: &str) -> bool {
    matches!(
        code,
        "_count"
            | "_sort"
            | "_include"
            | "_revinclude"
            | "_summary"
            | "_elements"
            | "_total"
            | "_page"
            | "_contained"
            | "_containedType"
            | "_format"
            | "_list"
            | "_filter"
            | "_query"
            | "_text"
            | "_content"
    )
}

impl Trigger {
    fn is_about(&self, resource_type: ResourceType) -> bool {
        self.resource == "*" || self.resource == resource_type.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_about_known_types_and_filters_by_their_parameters() {
        assert!(all().len() >= 6);
        for topic in all() {
            assert_eq!(find(&topic.url()).expect("found").code, topic.code);
            assert!(
                socle_fhir::check(&topic.to_basic())
                    .iter()
                    .all(|issue| issue.severity < socle_kernel::Severity::Error),
                "{:?}",
                socle_fhir::check(&topic.to_basic())
            );
            for trigger in topic.triggers.iter().filter(|trigger| trigger.resource != "*") {
                let of: ResourceType = trigger.resource.parse().expect("a type");
                if let Some(becomes) = &trigger.becomes {
                    let params = crate::interaction::parse_query_text(becomes).expect("read");
                    assert!(socle_fhir::parse_query(of, &params, false).is_ok(), "{becomes}");
                }
            }
            for filter in &topic.filters {
                let is_known = topic.types().any(|name| {
                    name == "*" || socle_fhir::parameter(name.parse().expect("a type"), filter).is_some()
                });
                assert!(is_known, "{}: {filter}", topic.code);
            }
        }
    }

    #[test]
    fn what_shapes_an_answer_is_no_filter() {
        let any = find("https://socle.example/SubscriptionTopic/resource-changed|1").expect("a topic");
        for name in ["_count", "_include", "subject.name", "_has:Observation:patient:code", "_filter"] {
            assert!(!any.may_filter_by(name), "{name}");
        }
        assert!(any.may_filter_by("status:not") && any.may_filter_by("_tag"));
        assert!(find("https://elsewhere.example/SubscriptionTopic/document-new").is_none());
    }
}
