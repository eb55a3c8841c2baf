//! The job that follows the change feed: notes, for each subscription, the changes of the kind it asks for. It looks at
//! everything and tells nobody: what is told is decided later, in the owner's name.

use super::{Deed, NOTED, Noted, Wish, entry_key, wishes};
use crate::jobs::{Effects, Step, Work};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::Value;
use socle_fhir::{Query, RowFacts, Sketch, parse_query};
use socle_gate::FeedStep;
use socle_kernel::{HomeId, Key, Problem, ResourceType, resource_type};

/// Notes what subscriptions ask for.
pub(super) struct Match;

#[async_trait]
impl Work for Match {
    async fn step(&self, step: &Step<'_>) -> Result<Effects, Problem> {
        let wanted: Vec<Wanted> = wishes(step.pipeline)
            .await?
            .into_iter()
            .filter(|(_, wish)| !wish.is_gone && !wish.is_off)
            .filter_map(|(key, wish)| Wanted::of(key, wish))
            .collect();
        let mut effects = Effects::default();
        if wanted.is_empty() {
            return Ok(effects);
        }
        let drawers = step.pipeline.gate().drawers("subscriptions");
        for change in step.changes.iter().filter(|change| is_told(change.key.resource_type)) {
            let mut looked = Looked::new(step.pipeline, change);
            for wanted in &wanted {
                if let Some(deed) = looked.is_event_of(wanted).await? {
                    let noted = Noted { key: change.key, version: change.version, deed, at: change.at };
                    let key = entry_key(wanted.key, change.number);
                    effects.drawers.push(drawers.change(NOTED, HomeId::PLATFORM, &key, Some(&noted)));
                }
            }
        }
        Ok(effects)
    }
}

/// Nobody is told of subscriptions and of the log: each such notification would make another.
fn is_told(of_type: ResourceType) -> bool {
    ![resource_type::SUBSCRIPTION, resource_type::AUDIT_EVENT].contains(&of_type)
}

/// A subscription with its filters ready.
struct Wanted {
    key: Key,
    wish: Wish,
    filters: Vec<(ResourceType, Query)>,
}

impl Wanted {
    fn of(key: Key, wish: Wish) -> Option<Wanted> {
        let mut filters = Vec::new();
        for (of_type, params) in &wish.terms.filters {
            // It was read when the subscription was accepted. What a newer program no longer understands matches nothing.
            filters.push((*of_type, parse_query(*of_type, params, false).ok()?));
        }
        Some(Wanted { key, wish, filters })
    }
}

/// A change, with what is known of its resource as far as somebody needed it.
struct Looked<'a> {
    pipeline: &'a Pipeline,
    change: &'a FeedStep,
    now: Option<Option<Value>>,
    before: Option<Option<Value>>,
}

impl<'a> Looked<'a> {
    fn new(pipeline: &'a Pipeline, change: &'a FeedStep) -> Self {
        Looked { pipeline, change, now: None, before: None }
    }

    /// What was done, when it is an event of a subscription.
    async fn is_event_of(&mut self, wanted: &Wanted) -> Result<Option<Deed>, Problem> {
        let of_type = self.change.key.resource_type;
        let Some(topic) = wanted.wish.terms.topic() else { return Ok(None) };
        if self.change.number <= wanted.wish.since || !topic.is_about(of_type) {
            return Ok(None);
        }
        let filters: Vec<&Query> =
            wanted.filters.iter().filter(|(other, _)| *other == of_type).map(|(_, query)| query).collect();
        if filters.is_empty() && !wanted.filters.is_empty() {
            // The filters name other types of the topic.
            return Ok(None);
        }
        let deed = self.deed().await?;
        let Some(trigger) = topic.trigger(of_type, deed) else { return Ok(None) };
        if let Some(becomes) = trigger {
            let params = crate::interaction::parse_query_text(becomes)?;
            let query = parse_query(of_type, &params, false)?;
            if !matches(self.resource().await?, &query) || matches(self.before().await?, &query) {
                return Ok(None);
            }
        }
        let resource = if deed == Deed::Delete { self.before().await? } else { self.resource().await? };
        Ok(filters.iter().all(|query| matches(resource, query)).then_some(deed))
    }

    /// Made, changed or deleted. What was deleted and is written again is made again.
    async fn deed(&mut self) -> Result<Deed, Problem> {
        Ok(match (self.change.deleted, self.change.version) {
            (true, _) => Deed::Delete,
            (false, 1) => Deed::Create,
            (false, _) if self.before().await?.is_none() => Deed::Create,
            (false, _) => Deed::Update,
        })
    }

    async fn resource(&mut self) -> Result<Option<&Value>, Problem> {
        if self.now.is_none() {
            self.now = Some(stored(self.pipeline, self.change.key, self.change.version).await?);
        }
        Ok(self.now.as_ref().and_then(Option::as_ref))
    }

    async fn before(&mut self) -> Result<Option<&Value>, Problem> {
        if self.before.is_none() {
            let version = self.change.version.saturating_sub(1);
            self.before = Some(stored(self.pipeline, self.change.key, version).await?);
        }
        Ok(self.before.as_ref().and_then(Option::as_ref))
    }
}

async fn stored(pipeline: &Pipeline, key: Key, version: u32) -> Result<Option<Value>, Problem> {
    let body = pipeline.gate().stored_version(key, version).await?;
    Ok(body.filter(|body| !body.is_empty()).and_then(|body| socle_fhir::json::parse(&body).ok()))
}

fn matches(resource: Option<&Value>, query: &Query) -> bool {
    let Some(resource) = resource else { return false };
    let indexed = socle_fhir::index(resource, &[]);
    let last_updated =
        resource["meta"]["lastUpdated"].as_str().and_then(socle_kernel::Instant::parse).unwrap_or_default();
    query.matches(&Sketch(&indexed.sketch), &RowFacts { id: resource["id"].as_str(), last_updated })
}
