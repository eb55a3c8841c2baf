//! Token searches that need to know more of a code than how it is written: its name (`:text`), the value sets it is in
//! (`:in`, `:not-in`), and where it stands in its system (`:below`, `:above`).

use super::sketch::EntryKind;
use super::token;
use crate::names::normalise_name;
use crate::terminology::{CompiledSet, System};
use std::sync::Arc;

/// Which way in a hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The code itself, or one it subsumes.
    Below,
    /// The code itself, or one that subsumes it.
    Above,
}

/// One alternative of such a search.
#[derive(Clone, Debug)]
pub(crate) enum ConceptTest {
    /// A word of the code's names, or several, starting with this (normalised).
    Text(String),
    /// In the value set.
    In(Arc<CompiledSet>),
    /// In the hierarchy of a code system.
    InSystem {
        /// Which way.
        direction: Direction,
        /// The system, when it is loaded.
        system: Option<Arc<System>>,
        /// Its address.
        address: String,
        /// The code.
        code: String,
    },
    /// In the hierarchy that the code itself writes, without a system: `image` is above `image/png`, `fr` above `fr-FR`.
    Written {
        /// Which way.
        direction: Direction,
        /// The code.
        code: String,
    },
}

impl ConceptTest {
    /// `None` when nothing is left to look for.
    pub(crate) fn text(text: &str) -> Option<Self> {
        let text = normalise_name(text);
        (!text.is_empty()).then_some(ConceptTest::Text(text))
    }

    pub(crate) fn matches(&self, kind: EntryKind, payload: &[u8]) -> bool {
        if let ConceptTest::Text(wanted) = self {
            return kind == EntryKind::TokenText && starts_a_word(payload, wanted.as_bytes());
        }
        if kind != EntryKind::Token {
            return false;
        }
        let Some((system, code)) = token::decode(payload) else { return false };
        match self {
            ConceptTest::Text(_) => false,
            ConceptTest::In(set) => {
                set.contains(Some(system).filter(|system| !system.is_empty()), code).is_yes()
            }
            ConceptTest::InSystem { direction, system: loaded, address, code: wanted } => {
                if system != address {
                    return false;
                }
                if code.eq_ignore_ascii_case(wanted) {
                    return true;
                }
                let Some(loaded) = loaded else { return false };
                let answer = match direction {
                    Direction::Below => loaded.is_below(code, wanted),
                    Direction::Above => loaded.is_below(wanted, code),
                };
                answer == Some(true)
            }
            ConceptTest::Written { direction: Direction::Below, code: wanted } => is_part_of(wanted, code),
            ConceptTest::Written { direction: Direction::Above, code: wanted } => is_part_of(code, wanted),
        }
    }
}

/// The text starts with these letters, or a word in it does.
fn starts_a_word(text: &[u8], wanted: &[u8]) -> bool {
    text.starts_with(wanted)
        || text.windows(wanted.len() + 1).any(|part| part[0] == b' ' && &part[1..] == wanted)
}

fn is_part_of(general: &str, special: &str) -> bool {
    let (general, special) = (general.as_bytes(), special.as_bytes());
    let Some((start, rest)) = special.split_at_checked(general.len()) else { return false };
    start.eq_ignore_ascii_case(general)
        && (rest.is_empty() || matches!(rest[0], b'/' | b'-' | b'.') || general.ends_with(b"/"))
}
