//! Composite parameters: values that one element has together.

use super::Component;
use super::sketch::{EntryKind, put_entry, take_entry};
use crate::fhirpath::{Context, Item, evaluate};
use crate::index::value_entries;
use crate::query::Test;

/// Most combinations that one element gives.
const COMBINATIONS: usize = 1_024;

/// Gives the entries of one item: each value of one part with each of the others.
pub(crate) fn entries<'a>(
    item: &Item<'a>,
    components: &[Component],
    context: &Context<'a>,
    out: &mut dyn FnMut(EntryKind, &[u8]),
) {
    let mut combinations: Vec<Vec<u8>> = vec![Vec::new()];
    for component in components {
        let found = part_entries(item, component, context);
        combinations = combinations
            .iter()
            .flat_map(|before| found.iter().map(move |part| [before.as_slice(), part.as_slice()].concat()))
            .take(COMBINATIONS)
            .collect();
    }
    for combination in combinations {
        out(EntryKind::Composite, &combination);
    }
}

fn part_entries<'a>(item: &Item<'a>, part: &Component, context: &Context<'a>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    // A part that cannot be evaluated on this element has no value there.
    let items = evaluate(part.compiled(), context, std::slice::from_ref(item)).unwrap_or_default();
    for item in &items {
        value_entries(part.kind, item, &mut |kind, payload| {
            if !kind.is_value() {
                return;
            }
            let mut entry = Vec::with_capacity(payload.len() + 2);
            put_entry(&mut entry, kind, payload);
            found.push(entry);
        });
    }
    found
}

/// One alternative of a composite search.
#[derive(Clone, Debug)]
pub(crate) struct CompositeTest {
    /// One test for each part, in order.
    pub(crate) parts: Vec<Test>,
}

impl CompositeTest {
    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if kind != EntryKind::Composite {
            return false;
        }
        let mut rest = payload;
        self.parts.iter().all(|test| {
            let Some((kind, part, after)) = take_entry(rest) else { return false };
            rest = after;
            test.matches(kind, part)
        })
    }
}
