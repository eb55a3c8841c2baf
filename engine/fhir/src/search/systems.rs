//! Systems that sketches abbreviate to a number (`data/search/systems.tsv`), and how a system is written.

use super::sketch::{put_varint, take_varint};
use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../../../../data/search/systems.tsv");

struct Systems {
    by_text: HashMap<&'static str, u32>,
    by_number: Vec<&'static str>,
}

static SYSTEMS: OnceLock<Systems> = OnceLock::new();

fn systems() -> &'static Systems {
    SYSTEMS.get_or_init(|| {
        let mut by_number = vec![""];
        for (number, text) in rows(TABLE) {
            let index = usize::try_from(number).expect("a small number");
            by_number.resize(by_number.len().max(index + 1), "");
            by_number[index] = text;
        }
        Systems { by_text: rows(TABLE).map(|(number, text)| (text, number)).collect(), by_number }
    })
}

/// The rows of a `number<TAB>text` table, without comments.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = (u32, &'static str)> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(number, text)| (number.parse().expect("a row starts with a number"), text))
}

/// Writes a system: twice its number, or one more than twice its length and then its text.
pub(super) fn put_system(out: &mut Vec<u8>, system: &str) {
    let number = if system.is_empty() { Some(0) } else { systems().by_text.get(system).copied() };
    match number {
        Some(number) => put_varint(out, u64::from(number) * 2),
        None => {
            put_varint(out, system.len() as u64 * 2 + 1);
            out.extend_from_slice(system.as_bytes());
        }
    }
}

/// Reads a system and what follows it.
pub(super) fn take_system(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (head, rest) = take_varint(bytes)?;
    let number = usize::try_from(head / 2).ok()?;
    if head % 2 == 0 {
        return Some((systems().by_number.get(number).copied()?, rest));
    }
    let (text, rest) = rest.split_at_checked(number)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// The length in bytes of the system at the start, without looking it up.
pub(super) fn system_length(bytes: &[u8]) -> Option<usize> {
    let (head, rest) = take_varint(bytes)?;
    let own = bytes.len() - rest.len();
    if head % 2 == 0 { Some(own) } else { Some(own + usize::try_from(head / 2).ok()?) }
}
