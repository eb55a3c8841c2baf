//! A collection of items: most have none or one, which needs no memory of its own.

use super::item::Item;
use std::ops::Deref;

/// Items in order.
#[derive(Clone, Debug, Default)]
pub(super) enum Items<'a> {
    #[default]
    None,
    One([Item<'a>; 1]),
    Many(Vec<Item<'a>>),
}

impl<'a> Items<'a> {
    pub(super) fn one(item: Item<'a>) -> Self {
        Items::One([item])
    }

    pub(super) fn text(text: impl Into<std::borrow::Cow<'a, str>>) -> Self {
        Items::one(Item::String(text.into()))
    }

    pub(super) fn whole(number: usize) -> Self {
        Items::one(Item::Integer(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    pub(super) fn truth(truth: Option<bool>) -> Self {
        truth.map(Item::Boolean).into_iter().collect()
    }

    pub(super) fn push(&mut self, item: Item<'a>) {
        *self = match std::mem::take(self) {
            Items::None => Items::One([item]),
            Items::One([first]) => Items::Many(vec![first, item]),
            Items::Many(mut items) => {
                items.push(item);
                Items::Many(items)
            }
        };
    }

    pub(super) fn into_vec(self) -> Vec<Item<'a>> {
        match self {
            Items::None => Vec::new(),
            Items::One([item]) => vec![item],
            Items::Many(items) => items,
        }
    }
}

impl<'a> Deref for Items<'a> {
    type Target = [Item<'a>];

    fn deref(&self) -> &[Item<'a>] {
        match self {
            Items::None => &[],
            Items::One(one) => one,
            Items::Many(items) => items,
        }
    }
}

impl<'a> From<&[Item<'a>]> for Items<'a> {
    fn from(items: &[Item<'a>]) -> Self {
        items.iter().cloned().collect()
    }
}

impl<'a> Extend<Item<'a>> for Items<'a> {
    fn extend<I: IntoIterator<Item = Item<'a>>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<'a> FromIterator<Item<'a>> for Items<'a> {
    fn from_iter<I: IntoIterator<Item = Item<'a>>>(items: I) -> Self {
        let mut out = Items::None;
        out.extend(items);
        out
    }
}

impl<'a> IntoIterator for Items<'a> {
    type Item = Item<'a>;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Item<'a>>, std::vec::IntoIter<Item<'a>>>;

    fn into_iter(self) -> Self::IntoIter {
        match self {
            Items::None => None.into_iter().chain(Vec::new()),
            Items::One([item]) => Some(item).into_iter().chain(Vec::new()),
            Items::Many(items) => None.into_iter().chain(items),
        }
    }
}
