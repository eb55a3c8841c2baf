//! What of a search tells where to look: ids, homes, keys, people, chains.

use super::sort::SortField;
use super::{Asks, Filter, Query, Test};
use crate::date::{self, FhirDate};
use crate::owner::{self, OwnerParameter};
use crate::search::number::Prefix;
use crate::search::reference::ReferenceTest;
use crate::search::string::StringTest;
use socle_kernel::ResourceType;
use socle_kernel::resource_type::PATIENT;

/// A search parameter of the resource a reference points to (`patient.identifier=…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The reference parameter.
    pub param: String,
    /// The type it is followed to, when the search names one or only one is possible.
    pub target: Option<ResourceType>,
    /// The parameter to search there with its modifier, and its value.
    pub rest: (String, String),
}

/// A search for a person by names and birth date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFilter {
    /// First and last day of birth, in days since 1970, both included.
    pub birth_days: (i32, i32),
    /// What the normalised family name starts with, or is when `exact`.
    pub family: Option<String>,
    /// What a normalised given name starts with, or is when `exact`.
    pub given: Option<String>,
    /// True when the names are whole.
    pub exact: bool,
}

impl Query {
    /// Literal references of the home that every answer lives in, when the search names it: `Patient/123` for
    /// `patient=123`, `subject:Patient=123`, `subject=Patient/123`. Empty when it names none, or when the resource may
    /// be about several people and so live with another one (then [`Query::key_values`] finds it).
    pub fn home_references(&self) -> Vec<String> {
        let parameters = owner::deciding_parameters(self.resource_type);
        for filter in &self.filters {
            let deciding = parameters.iter().find(|parameter| parameter.code == filter.code);
            if let Some(deciding) = deciding
                && let Some(references) = home_of(filter, deciding)
            {
                return references;
            }
        }
        Vec::new()
    }

    /// The values of `_id`: those that every `_id` names.
    pub fn ids(&self) -> Option<Vec<String>> {
        let (first, rest) = self.ids.split_first()?;
        Some(first.iter().filter(|id| rest.iter().all(|ids| ids.contains(id))).cloned().collect())
    }

    /// True when the search asks for ids or sorts by them: rows must then bring theirs.
    pub fn needs_id(&self) -> bool {
        !self.ids.is_empty() || self.sort.iter().any(|criterion| matches!(criterion.field, SortField::Id))
    }

    /// For each filter that the key table answers, its alternatives in the form of `Indexed::keys`.
    pub fn key_values(&self) -> Vec<Vec<(u32, Vec<u8>)>> {
        let keys_of = |filter: &Filter| -> Option<Vec<(u32, Vec<u8>)>> {
            let Asks::AnyOf(tests) = &filter.asks else { return None };
            let keys: Option<Vec<_>> =
                tests.iter().map(|test| Some((filter.number, test_key(test)?))).collect();
            keys.filter(|keys| filter.is_global && !keys.is_empty())
        };
        self.filters.iter().filter_map(keys_of).collect()
    }

    /// For patients: the birth date that is searched, with the names.
    pub fn person(&self) -> Option<PersonFilter> {
        if self.resource_type != PATIENT {
            return None;
        }
        let mut days: Option<(i32, i32)> = None;
        for filter in self.filters.iter().filter(|filter| filter.code == "birthdate") {
            let Some((low, high)) = birth_days(filter) else { continue };
            let (first, last) = days.unwrap_or((i32::MIN, i32::MAX));
            days = Some((first.max(low), last.min(high)));
        }
        let family = self.name("family");
        let given = self.name("given");
        let exact = family.or(given).is_some() && family.iter().chain(&given).all(|test| test.is_exact());
        let text = |test: Option<&StringTest>| test.map(StringTest::normalised);
        Some(PersonFilter { birth_days: days?, family: text(family), given: text(given), exact })
    }

    /// The only text searched for with this parameter.
    fn name(&self, code: &str) -> Option<&StringTest> {
        self.filters.iter().filter(|filter| filter.code == code).find_map(|filter| match &filter.asks {
            Asks::AnyOf(tests) => match tests.as_slice() {
                [Test::String(test)] => Some(test),
                _ => None,
            },
            _ => None,
        })
    }

    /// The chains that wait to be resolved, in the order of [`Query::resolve_chain`].
    pub fn chains(&self) -> Vec<Chain> {
        self.filters
            .iter()
            .filter_map(|filter| match &filter.asks {
                Asks::Chain(chain) => Some(chain.clone()),
                _ => None,
            })
            .collect()
    }

    /// Puts the literal references that a chain led to in its place; none of them: the search has no answer.
    /// Indexes count the chains that still wait, as [`Query::chains`] lists them.
    pub fn resolve_chain(&mut self, index: usize, references: Vec<String>) {
        let waiting = self.filters.iter_mut().filter(|filter| matches!(filter.asks, Asks::Chain(_)));
        if let Some(filter) = waiting.into_iter().nth(index) {
            let tests = references.iter().filter_map(|literal| ReferenceTest::new(literal, &[]));
            filter.asks = Asks::AnyOf(tests.map(Test::Reference).collect());
        }
    }
}

/// The homes a filter names; `None` unless each of its alternatives names one.
fn home_of(filter: &Filter, deciding: &OwnerParameter) -> Option<Vec<String>> {
    let Asks::AnyOf(tests) = &filter.asks else { return None };
    let references: Option<Vec<String>> = tests
        .iter()
        .map(|test| match test {
            Test::Reference(reference) => reference.literal_of(deciding.target),
            _ => None,
        })
        .collect();
    references.filter(|references| !references.is_empty())
}

fn test_key(test: &Test) -> Option<Vec<u8>> {
    match test {
        Test::Token(token) => token.key(),
        Test::String(text) => text.key(),
        Test::Uri(uri) => uri.key(),
        Test::Reference(reference) => reference.literal().map(|literal| literal.as_bytes().to_vec()),
        _ => None,
    }
}

fn birth_days(filter: &Filter) -> Option<(i32, i32)> {
    let Asks::AnyOf(tests) = &filter.asks else { return None };
    let [Test::Date(test)] = tests.as_slice() else { return None };
    let (start, end) = test.range;
    let (first, last) =
        date::day_range(&FhirDate { start, end, precision: date::Precision::Day, has_zone: false });
    match test.prefix {
        Prefix::Eq => Some((first, last)),
        Prefix::Ge => Some((first, i32::MAX)),
        Prefix::Le => Some((i32::MIN, last)),
        Prefix::Gt | Prefix::Sa => Some((last.saturating_add(1), i32::MAX)),
        Prefix::Lt | Prefix::Eb => Some((i32::MIN, first.saturating_sub(1))),
        Prefix::Ne | Prefix::Ap => None,
    }
}
