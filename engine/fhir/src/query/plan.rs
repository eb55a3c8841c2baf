//! What of a search tells where to look: ids, homes, keys, people.

use super::sort::SortField;
use super::{Asks, Leaf, Query, Test};
use crate::date::{self, FhirDate};
use crate::owner::{self, OwnerParameter};
use crate::search::number::Prefix;
use crate::search::string::StringTest;
use socle_kernel::resource_type::PATIENT;

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
        for leaf in self.needed_leaves() {
            let deciding = parameters.iter().find(|parameter| parameter.code == leaf.code);
            if let Some(deciding) = deciding
                && let Some(references) = home_of(leaf, deciding)
            {
                return references;
            }
        }
        Vec::new()
    }

    /// The ids that every answer has: what `_id` names, and where answered reverse chains and lists lead.
    pub fn ids(&self) -> Option<Vec<String>> {
        let mut lists = self.needed_leaves().filter_map(|leaf| match &leaf.asks {
            Asks::Ids(ids) => Some(ids),
            _ => None,
        });
        let first = lists.next()?.clone();
        Some(lists.fold(first, |mut left, ids| {
            left.retain(|id| ids.binary_search(id).is_ok());
            left
        }))
    }

    /// True when no resource can be an answer, wherever one looks: a sub-question led nowhere, or no id is left.
    pub fn finds_nothing(&self) -> bool {
        let is_empty = |leaf: &Leaf| match &leaf.asks {
            Asks::AnyOf(tests) => {
                tests.iter().all(|test| matches!(test, Test::References(set) if set.is_empty()))
            }
            _ => false,
        };
        self.needed_leaves().any(is_empty) || self.ids().is_some_and(|ids| ids.is_empty())
    }

    /// True when the search asks for ids or sorts by them: rows must then bring theirs.
    pub fn needs_id(&self) -> bool {
        self.leaves.iter().any(|leaf| matches!(leaf.asks, Asks::Ids(_)))
            || self.sort.iter().any(|criterion| matches!(criterion.field, SortField::Id))
    }

    /// For each filter that the key table answers, its alternatives in the form of `Indexed::keys`.
    pub fn key_values(&self) -> Vec<Vec<(u32, Vec<u8>)>> {
        let keys_of = |leaf: &Leaf| -> Option<Vec<(u32, Vec<u8>)>> {
            let Asks::AnyOf(tests) = &leaf.asks else { return None };
            let mut keys = Vec::new();
            for test in tests {
                keys.extend(test_keys(test)?.into_iter().map(|key| (leaf.number, key)));
            }
            (leaf.is_global && !keys.is_empty()).then_some(keys)
        };
        self.needed_leaves().filter_map(keys_of).collect()
    }

    /// For patients: the birth date that is searched, with the names.
    pub fn person(&self) -> Option<PersonFilter> {
        if self.resource_type != PATIENT {
            return None;
        }
        let mut days: Option<(i32, i32)> = None;
        for leaf in self.needed_leaves().filter(|leaf| leaf.code == "birthdate") {
            let Some((low, high)) = birth_days(leaf) else { continue };
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
        self.needed_leaves().filter(|leaf| leaf.code == code).find_map(|leaf| match &leaf.asks {
            Asks::AnyOf(tests) => match tests.as_slice() {
                [Test::String(test)] => Some(test),
                _ => None,
            },
            _ => None,
        })
    }
}

/// The homes a leaf names; `None` unless each of its alternatives names one.
fn home_of(leaf: &Leaf, deciding: &OwnerParameter) -> Option<Vec<String>> {
    let Asks::AnyOf(tests) = &leaf.asks else { return None };
    let mut references = Vec::new();
    for test in tests {
        match test {
            Test::Reference(reference) => references.push(reference.literal_of(deciding.target)?),
            Test::References(set) => references.extend(set.all_of(deciding.target)?),
            _ => return None,
        }
    }
    (!references.is_empty()).then_some(references)
}

/// The keys of a test, when the key table can answer it.
fn test_keys(test: &Test) -> Option<Vec<Vec<u8>>> {
    let one = match test {
        Test::Token(token) => token.key(),
        Test::String(text) => text.key(),
        Test::Uri(uri) => uri.key(),
        Test::Reference(reference) => reference.literal().map(|literal| literal.as_bytes().to_vec()),
        Test::References(set) => return Some(set.iter().map(|text| text.as_bytes().to_vec()).collect()),
        _ => None,
    };
    one.map(|key| vec![key])
}

fn birth_days(leaf: &Leaf) -> Option<(i32, i32)> {
    let Asks::AnyOf(tests) = &leaf.asks else { return None };
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
        Prefix::Ne | Prefix::Ap | Prefix::Po => None,
    }
}
