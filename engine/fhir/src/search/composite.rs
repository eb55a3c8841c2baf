//! Composite parameters: two values that one element has together.

use super::sketch::{EntryKind, put_entry, take_entry};
use super::Component;
use crate::fhirpath::{Context, Item, evaluate};
use crate::index::value_entries;
use crate::query::Test;

/// Gives the entries of one item: each value of the first part with each of the second.
pub(crate) fn entries<'a>(
    item: &Item<'a>,
    components: &[Component],
    context: &Context<'a>,
    out: &mut dyn FnMut(EntryKind, &[u8]),
) {
    let parts: Vec<Vec<Vec<u8>>> = components.iter().map(|part| part_entries(item, part, context)).collect();
    let [first, second] = parts.as_slice() else { return };
    for one in first {
        for other in second {
            out(EntryKind::Composite, &[one.as_slice(), other.as_slice()].concat());
        }
    }
}

fn part_entries<'a>(item: &Item<'a>, part: &Component, context: &Context<'a>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    // A part that cannot be evaluated on this element has no value there.
    let items = evaluate(part.compiled(), context, std::slice::from_ref(item)).unwrap_or_default();
    for item in &items {
        value_entries(part.kind, item, &mut |kind, payload| {
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
    pub(crate) first: Box<Test>,
    pub(crate) second: Box<Test>,
}

impl CompositeTest {
    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if kind != EntryKind::Composite {
            return false;
        }
        let Some((one, first, rest)) = take_entry(payload) else { return false };
        let Some((other, second, _)) = take_entry(rest) else { return false };
        self.first.matches(one, first) && self.second.matches(other, second)
    }
}
