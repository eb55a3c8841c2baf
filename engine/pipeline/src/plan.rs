//! A plan: the drafts of one act (a create, an update, a whole transaction), from what the caller sent to what is committed.

use serde_json::Value;
use socle_gate::DrawerWrite;
use socle_kernel::{HomeId, Issue, Key, ResourceType};
use std::collections::HashMap;

/// What a draft does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Makes a resource.
    Create,
    /// Changes one.
    Update,
    /// Deletes one.
    Delete,
    /// Changes nothing: a conditional create that found its resource.
    Keep,
}

/// How a change was written by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A whole resource.
    Whole,
    /// A patch.
    Patch,
    /// The platform itself, as a consequence of another draft.
    Consequence,
}

/// One resource of a plan.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Position in the caller's Bundle; `None` for a consequence.
    pub entry: Option<usize>,
    /// What it does.
    pub verb: Verb,
    /// How it was written.
    pub via: Via,
    /// Type.
    pub resource_type: ResourceType,
    /// The `fullUrl` by which others of the plan refer to it.
    pub full_url: Option<String>,
    /// The resource from now on (none for a deletion).
    pub resource: Option<Value>,
    /// The resource until now (for a change or deletion).
    pub before: Option<Value>,
    /// Its key, once known.
    pub key: Option<Key>,
    /// Version it changes: 0 to make one.
    pub expected: u32,
    /// True when the caller named that version: a race is then told, not retried.
    pub is_version_named: bool,
    /// The id its client chose.
    pub alias: Option<String>,
    /// Home it must live in, when a rule says so before its references do.
    pub home: Option<HomeId>,
    /// The content of a `Binary`, decoded.
    pub content: Option<Vec<u8>>,
    /// Draft of the document that names this content.
    pub owner: Option<usize>,
    /// For a conditional create that found its resource among the drafts: the draft that makes it.
    pub same_as: Option<usize>,
    /// Accepted, but worth mending.
    pub warnings: Vec<Issue>,
}

impl Draft {
    /// A draft that makes a resource.
    pub fn create(resource_type: ResourceType, resource: Value) -> Self {
        Draft {
            entry: None,
            verb: Verb::Create,
            via: Via::Whole,
            resource_type,
            full_url: None,
            resource: Some(resource),
            before: None,
            key: None,
            expected: 0,
            is_version_named: false,
            alias: None,
            home: None,
            content: None,
            owner: None,
            same_as: None,
            warnings: Vec::new(),
        }
    }

    /// A draft that changes a resource that was read.
    pub fn update(key: Key, version: u32, before: Value, after: Value) -> Self {
        Draft {
            verb: Verb::Update,
            key: Some(key),
            expected: version,
            before: Some(before),
            ..Draft::create(key.resource_type, after)
        }
    }

    /// The resource being written; JSON `null` for a deletion.
    pub fn resource(&self) -> &Value {
        self.resource.as_ref().unwrap_or(&Value::Null)
    }
}

/// The drafts of one act.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// In the caller's order, consequences last.
    pub drafts: Vec<Draft>,
    /// Profiles that the caller's Bundle declares (`Bundle.meta.profile`).
    pub profiles: Vec<String>,
    /// Drawer entries that are written with them.
    pub drawers: Vec<DrawerWrite>,
    /// Positions by `fullUrl`, for Bundles.
    by_full_url: HashMap<String, usize>,
}

impl Plan {
    /// A plan of one draft.
    pub fn of(draft: Draft) -> Self {
        Plan { drafts: vec![draft], ..Plan::default() }
    }

    /// A plan of the drafts of a Bundle.
    pub fn of_bundle(drafts: Vec<Draft>, profiles: Vec<String>) -> Self {
        let full_urls = drafts.iter().enumerate();
        let by_full_url =
            full_urls.filter_map(|(index, draft)| Some((draft.full_url.clone()?, index))).collect();
        Plan { drafts, profiles, by_full_url, drawers: Vec::new() }
    }

    /// The `fullUrl` of a draft; one without gets one that nobody else can have written.
    pub(crate) fn full_url(&mut self, position: usize) -> String {
        let full_url =
            self.drafts[position].full_url.get_or_insert_with(|| format!("urn:x-socle:draft:{position}"));
        self.by_full_url.insert(full_url.clone(), position);
        full_url.clone()
    }

    /// Adds a consequence of another draft; returns its position.
    pub fn add(&mut self, draft: Draft) -> usize {
        let index = self.drafts.len();
        if let Some(full_url) = &draft.full_url {
            self.by_full_url.insert(full_url.clone(), index);
        }
        self.drafts.push(Draft { via: Via::Consequence, ..draft });
        index
    }

    /// The draft that a reference inside this plan means, by `fullUrl` or by `Type/id` of a chosen id.
    pub fn find(&self, reference: &str) -> Option<usize> {
        if let Some(index) = self.by_full_url.get(reference) {
            return Some(self.drafts[*index].same_as.unwrap_or(*index));
        }
        let (name, id) = reference.split_once('/')?;
        self.drafts
            .iter()
            .position(|draft| draft.alias.as_deref() == Some(id) && draft.resource_type.name() == name)
    }
}
