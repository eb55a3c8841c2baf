//! Profiles as they are walked through: what they demand beyond the base definitions, as a tree of elements.

use super::rule::{Binding, Invariant};
use crate::packages::{self, Entry, Kind};
use parking_lot::RwLock;
use serde_json::Value;
use std::collections::HashMap;

/// A profile, compiled once. There are as many as installed definitions that somebody uses.
#[derive(Debug)]
pub(super) struct Profile {
    /// Canonical address, without version.
    pub url: Box<str>,
    /// The type it is about.
    pub type_name: Box<str>,
    pub root: Node,
    /// Of an extension: that it changes the meaning of what it is in.
    pub is_modifier: bool,
    /// Of an extension: where it may stand (kind, expression).
    pub contexts: Vec<(Box<str>, Box<str>)>,
}

/// What a profile demands of one element.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// 0 where the base demands as much.
    pub min: u32,
    /// `None` where the base allows no more.
    pub max: Option<u32>,
    /// `None` where the base allows the same types.
    pub types: Option<Vec<TypeRule>>,
    pub fixed: Option<Value>,
    pub pattern: Option<Value>,
    pub max_length: Option<usize>,
    pub min_value: Option<Value>,
    pub max_value: Option<Value>,
    pub binding: Option<Binding>,
    pub invariants: Vec<Invariant>,
    /// By FHIRPath name.
    pub children: Vec<(Box<str>, Node)>,
    pub slicing: Option<Slicing>,
    /// The path of the element whose children these are.
    pub content: Option<Box<str>>,
}

/// One type a profile allows.
#[derive(Debug)]
pub(super) struct TypeRule {
    pub code: Box<str>,
    pub profiles: Vec<Box<str>>,
    /// Profiles or types a reference may point to.
    pub targets: Vec<Box<str>>,
}

/// What may follow the slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SliceRules {
    Open,
    Closed,
    OpenAtEnd,
}

#[derive(Debug)]
pub(super) struct Slicing {
    pub rules: SliceRules,
    pub is_ordered: bool,
    pub slices: Vec<Slice>,
}

#[derive(Debug)]
pub(super) struct Slice {
    pub name: Box<str>,
    pub min: u32,
    pub max: Option<u32>,
    /// All must fit.
    pub tests: Vec<Test>,
    pub node: Node,
}

/// How an item is recognised as one of a slice.
#[derive(Debug)]
pub(super) struct Test {
    pub path: Vec<Way>,
    pub expected: Expected,
}

/// One step of the path of a discriminator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Member(Box<str>),
    OfType(Box<str>),
    Extension(Box<str>),
    Resolve,
}

#[derive(Debug)]
pub(super) enum Expected {
    /// The value is exactly this.
    Fixed(Value),
    /// The value holds this.
    Pattern(Value),
    /// The code is in this value set.
    Codes(Box<str>),
    /// The value conforms to this part of the profile.
    Node(Box<Node>),
    /// It is there, or not.
    Exists(bool),
    /// It has one of these types.
    Types(Vec<Box<str>>),
    /// It conforms to one of these profiles.
    Profiles(Vec<Box<str>>),
    /// It points to one of these types or profiles.
    Targets(Vec<Box<str>>),
}

/// An element of a profile that a walk looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    pub profile: &'static Profile,
    pub node: &'static Node,
}

impl Node {
    /// True when nothing is demanded.
    pub fn is_trivial(&self) -> bool {
        self.min == 0
            && self.max.is_none()
            && self.types.is_none()
            && self.fixed.is_none()
            && self.pattern.is_none()
            && self.max_length.is_none()
            && self.min_value.is_none()
            && self.max_value.is_none()
            && self.binding.is_none()
            && self.invariants.is_empty()
            && self.children.is_empty()
            && self.slicing.is_none()
            && self.content.is_none()
    }

    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|(known, _)| &**known == name).map(|(_, node)| node)
    }
}

impl Profile {
    pub fn active(&'static self) -> Active {
        Active { profile: self, node: &self.root }
    }
}

impl Active {
    /// What the profile demands of a child.
    pub fn child(self, name: &str) -> Option<Active> {
        let found = self.node.child(name).or_else(|| self.content()?.child(name))?;
        Some(Active { profile: self.profile, node: found })
    }

    /// All that is demanded of children.
    pub fn children(self) -> &'static [(Box<str>, Node)] {
        if self.node.children.is_empty() {
            self.content().map_or(&[], |node| &node.children)
        } else {
            &self.node.children
        }
    }

    fn content(self) -> Option<&'static Node> {
        let path = self.node.content.as_deref()?;
        let mut node = &self.profile.root;
        for name in path.split('.').skip(1) {
            node = node.child(name.strip_suffix("[x]").unwrap_or(name))?;
        }
        Some(node)
    }
}

/// Compiled profiles by the place of their entry; `Err` says why one cannot be compiled.
type Compiled = HashMap<usize, Result<&'static Profile, &'static str>>;

static PROFILES: RwLock<Option<Compiled>> = RwLock::new(None);

/// The profile of a canonical address: `None` when no package brings it, `Err` when it cannot be used.
///
/// A version that is not installed falls back on the one that is: a profile of another version says more than none.
pub(super) fn find(canonical: &str) -> Option<Result<&'static Profile, &'static str>> {
    let entry = packages::find_entry(Kind::StructureDefinition, canonical).or_else(|| {
        let url = canonical.split('|').next().unwrap_or(canonical);
        packages::find_entry(Kind::StructureDefinition, url)
    })?;
    Some(compiled(entry))
}

fn compiled(entry: &'static Entry) -> Result<&'static Profile, &'static str> {
    let key = std::ptr::from_ref(entry).addr();
    if let Some(found) = PROFILES.read().as_ref().and_then(|all| all.get(&key)) {
        return *found;
    }
    let structure = entry.load();
    // As many as installed definitions: they stay.
    let made = super::compile::compile(&structure).map(|profile| &*Box::leak(Box::new(profile)));
    *PROFILES.write().get_or_insert_with(HashMap::new).entry(key).or_insert(made)
}
