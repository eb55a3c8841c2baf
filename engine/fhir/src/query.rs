//! A search as it was asked: read once, then compared with many sketches.

mod ask;
mod control;
mod filter;
mod parse;
mod plan;
mod refusals;
mod sort;
mod test;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use ask::{Ask, AskKind, Lead, SubSearch};
pub use parse::{parse_query, parse_system_query};
pub use plan::PersonFilter;

use crate::search::Parameter;
use crate::search::composite::CompositeTest;
use crate::search::concept::ConceptTest;
use crate::search::date::DateTest;
use crate::search::near::NearTest;
use crate::search::number::NumberTest;
use crate::search::part::PartTest;
use crate::search::quantity::QuantityTest;
use crate::search::reference::{ReferenceSet, ReferenceTest};
use crate::search::sketch::{EntryKind, Sketch};
use crate::search::string::StringTest;
use crate::search::token::TokenTest;
use crate::search::uri::UriTest;
use crate::search::words::WordsTest;
use socle_kernel::{Instant, Problem, ResourceType, limits};
use sort::SortBy;
use tree::Node;

/// What of a row is not in its sketch.
#[derive(Clone, Copy, Debug)]
pub struct RowFacts<'a> {
    /// The public id; `None` when it was not made yet (then `_id` does not match).
    pub id: Option<&'a str>,
    /// When the current version was written.
    pub last_updated: Instant,
}

/// How `Bundle.total` is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Total {
    /// Not at all.
    #[default]
    None,
    /// Roughly.
    Estimate,
    /// Exactly.
    Accurate,
}

/// How much of each resource is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Summary {
    /// Everything.
    #[default]
    Whole,
    /// The elements marked as summary.
    Summary,
    /// The narrative and what is mandatory.
    Text,
    /// Everything but the narrative.
    Data,
    /// Only how many there are.
    Count,
}

/// One `_include` or `_revinclude`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// Also for resources that were themselves included.
    pub iterate: bool,
    /// The type whose parameter is followed; `None` for any (`_include=*`).
    pub source_type: Option<ResourceType>,
    /// The parameter's code, or `*`.
    pub code: String,
    /// Only targets of this type.
    pub target: Option<ResourceType>,
}

/// One alternative of a filter.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Token(TokenTest),
    String(StringTest),
    Reference(ReferenceTest),
    References(ReferenceSet),
    Date(DateTest),
    Number(NumberTest),
    Quantity(QuantityTest),
    Uri(UriTest),
    Composite(CompositeTest),
    Concept(ConceptTest),
    Near(NearTest),
    Words(WordsTest),
    /// A part of a code or an address, in `_filter`.
    Part(PartTest),
    /// A value that does not pass, in `_filter`.
    Other(Box<Test>),
}

impl Test {
    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        match self {
            Test::Token(test) => test.matches(kind, payload),
            Test::String(test) => test.matches(kind, payload),
            Test::Reference(test) => test.matches(kind, payload),
            Test::References(set) => set.matches(kind, payload),
            Test::Date(test) => test.matches(kind, payload),
            Test::Number(test) => test.matches(kind, payload),
            Test::Quantity(test) => test.matches(kind, payload),
            Test::Uri(test) => test.matches(kind, payload),
            Test::Composite(test) => test.matches(kind, payload),
            Test::Concept(test) => test.matches(kind, payload),
            Test::Near(test) => kind == EntryKind::Opaque && test.matches(payload),
            Test::Words(test) => kind == EntryKind::Opaque && test.matches(payload),
            Test::Part(test) => test.matches(kind, payload),
            Test::Other(test) => kind.is_value() && !test.matches(kind, payload),
        }
    }
}

/// What a leaf asks.
#[derive(Clone, Debug)]
enum Asks {
    /// One entry of the parameter passes one of the tests.
    AnyOf(Vec<Test>),
    /// The parameter has an entry.
    Present,
    /// The row's id is one of these (sorted).
    Ids(Vec<String>),
    /// The row was written then.
    LastUpdated(Vec<DateTest>),
    /// Nothing: it always holds.
    Always,
    /// A sub-question that was not answered yet.
    Waiting,
}

/// One criterion, before it is joined with others.
#[derive(Clone, Debug)]
struct Leaf {
    /// The parameter's number; [`NO_NUMBER`] for what is not in the sketch.
    number: u32,
    code: &'static str,
    is_global: bool,
    /// True when the opposite is asked (`:not`, `:missing=true`).
    is_negated: bool,
    asks: Asks,
}

/// No entry of a sketch has this number.
const NO_NUMBER: u32 = u32::MAX;

impl Leaf {
    fn of(known: &Parameter, asks: Asks) -> Self {
        let Parameter { number, code, is_global, .. } = *known;
        Leaf { number, code, is_global, is_negated: false, asks }
    }

    fn of_row(asks: Asks) -> Self {
        Leaf { number: NO_NUMBER, code: "", is_global: false, is_negated: false, asks }
    }

    /// Whether what is known without the sketch fulfils it.
    fn holds_for_row(&self, row: &RowFacts<'_>) -> bool {
        match &self.asks {
            Asks::Ids(ids) => {
                row.id.is_some_and(|id| ids.binary_search_by(|known| known.as_str().cmp(id)).is_ok())
            }
            Asks::LastUpdated(tests) => {
                let moment = row.last_updated.micros();
                tests.iter().any(|test| test.matches_range((moment, moment.saturating_add(1))))
            }
            Asks::Always => true,
            Asks::AnyOf(_) | Asks::Present | Asks::Waiting => false,
        }
    }

    fn holds_for_entry(&self, kind: EntryKind, payload: &[u8]) -> bool {
        match &self.asks {
            Asks::AnyOf(tests) => tests.iter().any(|test| test.matches(kind, payload)),
            Asks::Present => true,
            _ => false,
        }
    }
}

/// Whether resources inside other resources are searched (`_contained`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contained {
    /// Only resources of their own.
    #[default]
    No,
    /// Only contained ones.
    Only,
    /// Both.
    Both,
}

/// What is answered when a contained resource matches (`_containedType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainedType {
    /// The resource that contains it.
    #[default]
    Container,
    /// The contained resource alone.
    Contained,
}

/// A search on one resource type.
#[derive(Clone, Debug)]
pub struct Query {
    /// What is searched.
    pub resource_type: ResourceType,
    /// Results on one page, when the caller names a number.
    pub count: Option<usize>,
    /// How the total is wanted.
    pub total: Total,
    /// How much of each resource is wanted.
    pub summary: Summary,
    /// The top-level elements that are wanted; empty for all.
    pub elements: Vec<String>,
    /// Resources that matches point to.
    pub include: Vec<Include>,
    /// Resources that point to matches.
    pub revinclude: Vec<Include>,
    /// The page token.
    pub page: Option<String>,
    /// Parameters that were not understood and left out (lenient handling).
    pub ignored: Vec<String>,
    /// Whether contained resources are searched.
    pub contained: Contained,
    /// What is answered for a contained resource.
    pub contained_type: ContainedType,
    leaves: Vec<Leaf>,
    /// All must hold.
    tree: Vec<Node>,
    asks: Vec<Ask>,
    sort: Vec<SortBy>,
}

impl Query {
    /// A search without any criterion.
    pub fn everything(resource_type: ResourceType) -> Self {
        Query {
            resource_type,
            count: None,
            total: Total::None,
            summary: Summary::Whole,
            elements: Vec::new(),
            include: Vec::new(),
            revinclude: Vec::new(),
            page: None,
            ignored: Vec::new(),
            contained: Contained::No,
            contained_type: ContainedType::Container,
            leaves: Vec::new(),
            tree: Vec::new(),
            asks: Vec::new(),
            sort: Vec::new(),
        }
    }

    /// True when the resource behind this sketch is an answer. Reads the sketch once and allocates nothing.
    pub fn matches(&self, sketch: &Sketch<'_>, row: &RowFacts<'_>) -> bool {
        if self.leaves.is_empty() {
            return true;
        }
        // Without its answer a sub-question must match nothing, whatever stands around it.
        if !self.is_answered() {
            return false;
        }
        let (mut held, mut negated, mut last) = (0_u64, 0_u64, 0);
        let mut open = 0_u64;
        for (index, leaf) in self.leaves.iter().enumerate() {
            negated |= u64::from(leaf.is_negated) << index;
            if leaf.number == NO_NUMBER {
                held |= u64::from(leaf.holds_for_row(row)) << index;
            } else {
                open |= 1 << index;
                last = last.max(leaf.number);
            }
        }
        held |= self.found(sketch, open, last);
        held ^= negated;
        self.tree.iter().all(|node| node.holds(held))
    }

    /// The contained resources of this sketch that are answers, by their ids. Only their own values count: not `_id` of the
    /// row, nor when it was written.
    pub fn contained_matches<'a>(&self, sketch: &Sketch<'a>, row: &RowFacts<'_>) -> Vec<&'a str> {
        let is_match = |(kind, id, inner): &(ResourceType, &'a str, Sketch<'a>)| {
            *kind == self.resource_type && self.matches(inner, &RowFacts { id: Some(*id), ..*row })
        };
        sketch.contained().filter(is_match).map(|(_, id, _)| id).collect()
    }

    /// The bit of each leaf (at most 64, see `limits::SEARCH_PARAMETERS`) that an entry fulfils. `open` are those that
    /// entries may fulfil, `last` is their highest number.
    fn found(&self, sketch: &Sketch<'_>, open: u64, last: u32) -> u64 {
        let mut found = 0;
        if open == 0 {
            return found;
        }
        let is_ordered = sketch.is_ordered();
        for (number, kind, payload) in sketch.entries() {
            if number > last {
                if is_ordered {
                    break;
                }
                continue;
            }
            for (index, leaf) in self.leaves.iter().enumerate() {
                if leaf.number == number && found & (1 << index) == 0 {
                    found |= u64::from(leaf.holds_for_entry(kind, payload)) << index;
                }
            }
            if found == open {
                break;
            }
        }
        found
    }

    /// Adds a leaf and gives its place.
    fn leaf(&mut self, leaf: Leaf, name: &str) -> Result<usize, Problem> {
        let place = self.leaves.len();
        if place >= limits::SEARCH_PARAMETERS {
            let limit = ("SEARCH_PARAMETERS", limits::SEARCH_PARAMETERS);
            return Err(refusals::too_many(name, ["critères", "criteria"], limit, place + 1));
        }
        self.leaves.push(leaf);
        Ok(place)
    }

    /// The leaves that every answer fulfils as they are written: not those of an alternative or of an opposite.
    fn needed_leaves(&self) -> impl Iterator<Item = &Leaf> {
        let mut places = Vec::new();
        self.tree.iter().for_each(|node| node.needed(&mut places));
        places.into_iter().map(|place| &self.leaves[place]).filter(|leaf| !leaf.is_negated)
    }

    /// True when the order was asked for.
    pub fn is_sorted(&self) -> bool {
        !self.sort.is_empty()
    }

    /// Bytes whose ascending order is the order that was asked for; empty without `_sort`.
    pub fn sort_key(&self, sketch: &Sketch<'_>, row: &RowFacts<'_>) -> Vec<u8> {
        sort::key(&self.sort, sketch, row)
    }
}
