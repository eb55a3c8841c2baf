//! A search as it was asked: read once, then compared with many sketches.

mod parse;
mod plan;
mod sort;
#[cfg(test)]
mod tests;
mod value;

pub use parse::parse_query;
pub use plan::{Chain, PersonFilter};

use crate::search::composite::CompositeTest;
use crate::search::date::DateTest;
use crate::search::number::NumberTest;
use crate::search::quantity::QuantityTest;
use crate::search::reference::ReferenceTest;
use crate::search::sketch::{EntryKind, Sketch};
use crate::search::string::StringTest;
use crate::search::token::TokenTest;
use crate::search::uri::UriTest;
use socle_kernel::{Instant, ResourceType};
use sort::SortBy;

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
    Date(DateTest),
    Number(NumberTest),
    Quantity(QuantityTest),
    Uri(UriTest),
    Composite(CompositeTest),
}

impl Test {
    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        match self {
            Test::Token(test) => test.matches(kind, payload),
            Test::String(test) => test.matches(kind, payload),
            Test::Reference(test) => test.matches(kind, payload),
            Test::Date(test) => test.matches(kind, payload),
            Test::Number(test) => test.matches(kind, payload),
            Test::Quantity(test) => test.matches(kind, payload),
            Test::Uri(test) => test.matches(kind, payload),
            Test::Composite(test) => test.matches(kind, payload),
        }
    }
}

/// What a filter asks of the entries of its parameter.
#[derive(Clone, Debug)]
enum Asks {
    /// One entry passes one of the tests.
    AnyOf(Vec<Test>),
    /// No entry passes any of the tests (`:not`).
    NoneOf(Vec<Test>),
    /// There is no entry (`:missing=true`), or there is one (`:missing=false`).
    Missing(bool),
    /// A chain that was not resolved yet.
    Chain(Chain),
}

/// One parameter of the search. All must hold.
#[derive(Clone, Debug)]
struct Filter {
    number: u32,
    code: &'static str,
    is_global: bool,
    asks: Asks,
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
    filters: Vec<Filter>,
    ids: Vec<Vec<String>>,
    last_updated: Vec<Vec<DateTest>>,
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
            filters: Vec::new(),
            ids: Vec::new(),
            last_updated: Vec::new(),
            sort: Vec::new(),
        }
    }

    /// True when the resource behind this sketch is an answer. Reads the sketch once and allocates nothing.
    pub fn matches(&self, sketch: &Sketch<'_>, row: &RowFacts<'_>) -> bool {
        let has_id = |ids: &Vec<String>| row.id.is_some_and(|id| ids.iter().any(|wanted| wanted == id));
        let moment = (row.last_updated.micros(), row.last_updated.micros().saturating_add(1));
        let in_time = |tests: &Vec<DateTest>| tests.iter().any(|test| test.matches_range(moment));
        if !self.ids.iter().all(has_id) || !self.last_updated.iter().all(in_time) {
            return false;
        }
        if self.filters.is_empty() {
            return true;
        }
        let found = self.found(sketch);
        self.filters.iter().enumerate().all(|(index, filter)| {
            let is_found = found & (1 << index) != 0;
            match filter.asks {
                Asks::AnyOf(_) => is_found,
                Asks::NoneOf(_) => !is_found,
                Asks::Missing(missing) => is_found != missing,
                Asks::Chain(_) => false,
            }
        })
    }

    /// For each filter (at most 64, see `limits::SEARCH_PARAMETERS`) one bit: an entry passed.
    fn found(&self, sketch: &Sketch<'_>) -> u64 {
        let mut found = 0_u64;
        for (number, kind, payload) in sketch.entries() {
            for (index, filter) in self.filters.iter().enumerate() {
                if filter.number != number || found & (1 << index) != 0 {
                    continue;
                }
                let passes = match &filter.asks {
                    Asks::AnyOf(tests) | Asks::NoneOf(tests) => {
                        tests.iter().any(|test| test.matches(kind, payload))
                    }
                    Asks::Missing(_) => true,
                    Asks::Chain(_) => false,
                };
                found |= u64::from(passes) << index;
            }
        }
        found
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
