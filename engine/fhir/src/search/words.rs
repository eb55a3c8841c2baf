//! `_text` and `_content`: the words of a resource, as hashes of 31 bits with a mark for those of the narrative.
//!
//! A word is a run of letters and digits in its normalised form. A search finds a resource that has all of its words, in
//! any order. Two words share a hash once in two thousand million; with a thousand words in a resource, one search in two
//! million finds one resource too many. Addresses, references and dates are not words.

use crate::names::normalise_name;
use serde_json::{Map, Value};

/// Most different words of a resource that are kept.
const WORDS: usize = 20_000;

/// Set for words that the narrative does not have.
const ELSEWHERE: u32 = 1;

/// Members whose texts nobody looks for. By length first: this is asked of every member of every resource.
fn is_skipped(name: &str) -> bool {
    match name.len() {
        2 => name == "id",
        3 => matches!(name, "url" | "uri"),
        4 => matches!(name, "data" | "hash"),
        5 => name == "xpath",
        6 => matches!(name, "system" | "source"),
        7 => matches!(name, "fullUrl" | "profile"),
        8 => name == "language",
        9 => matches!(name, "reference" | "versionId"),
        10 => name == "expression",
        11 => matches!(name, "contentType" | "lastUpdated"),
        12 => name == "resourceType",
        _ => false,
    }
}

/// The payload of a resource: its words, sorted, each once.
pub(crate) fn entry(resource: &Value) -> Option<Vec<u8>> {
    let mut words = Vec::new();
    collect(resource, false, &mut words);
    words.sort_unstable();
    words.dedup_by_key(|word| *word & !ELSEWHERE);
    if words.is_empty() {
        return None;
    }
    words.truncate(WORDS);
    Some(words.iter().flat_map(|word| word.to_be_bytes()).collect())
}

fn collect(value: &Value, is_narrative: bool, out: &mut Vec<u32>) {
    match value {
        Value::Object(members) => members_of(members, is_narrative, out),
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_narrative, out)),
        Value::String(text) => words_of(text, is_narrative, out),
        _ => {}
    }
}

fn members_of(members: &Map<String, Value>, is_narrative: bool, out: &mut Vec<u32>) {
    // What a reference calls its target tells of another resource, which the reader may not be allowed to see.
    if members.contains_key("reference") {
        return;
    }
    for (name, value) in members {
        match (name.as_str(), value) {
            ("div", Value::String(text)) => {
                words_of(&without_tags(text), true, out);
            }
            ("status", Value::String(_)) if members.contains_key("div") => {}
            (name, _) if is_skipped(name) => {}
            _ => collect(value, is_narrative, out),
        }
    }
}

/// The text of a narrative: what is between the tags, with the common entities read.
fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(['<', '&']) {
        out.push_str(&rest[..start]);
        let is_tag = rest.as_bytes()[start] == b'<';
        let Some(end) = rest[start..].find(if is_tag { '>' } else { ';' }) else {
            rest = &rest[start + 1..];
            continue;
        };
        if is_tag {
            out.push(' ');
        } else {
            out.push_str(&entity(&rest[start + 1..start + end]));
        }
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    out
}

/// How names of accented letters end (`eacute`).
const ACCENTS: [&str; 7] = ["acute", "grave", "circ", "uml", "cedil", "tilde", "ring"];

fn entity(name: &str) -> String {
    let number = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => digits.parse().ok(),
        },
        None => None,
    };
    match number.and_then(char::from_u32) {
        Some(letter) => letter.to_string(),
        // Words are compared without accents: the letter below one is enough.
        None if ACCENTS.iter().any(|accent| name.ends_with(accent)) => name.chars().take(1).collect(),
        None if matches!(name, "oelig" | "aelig" | "OElig" | "AElig") => name.chars().take(2).collect(),
        None => " ".to_owned(),
    }
}

fn words_of(text: &str, is_narrative: bool, out: &mut Vec<u32>) {
    let is_address = text.starts_with("http://") || text.starts_with("https://") || text.starts_with("urn:");
    if is_address || is_moment(text) {
        return;
    }
    if text.is_ascii() {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric();
        for word in text.as_bytes().split(|byte| !is_part(byte)).filter(|word| !word.is_empty()) {
            out.push(hash(word.iter().map(u8::to_ascii_uppercase), is_narrative));
        }
    } else {
        let normal = normalise_name(text);
        out.extend(normal.split(' ').filter(|word| !word.is_empty()).map(|w| hash(w.bytes(), is_narrative)));
    }
}

/// `2026-11…`: a date.
fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 7
        && bytes[4] == b'-'
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[5].is_ascii_digit()
        && bytes[6].is_ascii_digit()
}

/// FNV-1a, folded. Stored data contains these hashes.
fn hash(word: impl Iterator<Item = u8>, is_narrative: bool) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in word {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let folded = (hash ^ (hash >> 32)) as u32;
    // In the lowest bit, so that of two equal words the one of the narrative comes first and is kept.
    if is_narrative { folded & !ELSEWHERE } else { folded | ELSEWHERE }
}

/// One alternative of a search for words: all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WordsTest {
    words: Vec<u32>,
    is_narrative: bool,
}

impl WordsTest {
    /// `None` when no word is left to look for.
    pub(crate) fn new(text: &str, is_narrative: bool) -> Option<Self> {
        let normal = normalise_name(text);
        let words: Vec<u32> =
            normal.split(' ').filter(|word| !word.is_empty()).map(|word| hash(word.bytes(), true)).collect();
        (!words.is_empty()).then_some(WordsTest { words, is_narrative })
    }

    /// Any word of the narrative, for `_text:missing`.
    pub(crate) fn any_narrative() -> Self {
        WordsTest { words: Vec::new(), is_narrative: true }
    }

    pub(crate) fn matches(&self, payload: &[u8]) -> bool {
        if self.words.is_empty() {
            return has_narrative(payload);
        }
        let (kept, _) = payload.as_chunks::<4>();
        self.words.iter().all(|wanted| {
            let at = kept
                .binary_search_by_key(&(wanted & !ELSEWHERE), |word| u32::from_be_bytes(*word) & !ELSEWHERE);
            at.is_ok_and(|at| !self.is_narrative || u32::from_be_bytes(kept[at]) & ELSEWHERE == 0)
        })
    }
}

fn has_narrative(payload: &[u8]) -> bool {
    payload.as_chunks::<4>().0.iter().any(|word| u32::from_be_bytes(*word) & ELSEWHERE == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_words_of_the_narrative_and_of_everything() {
        let resource = json!({
            "resourceType": "Condition",
            "id": "asthme",
            "text": {"status": "generated", "div": "<div title=\"rien\">Asthme s&eacute;v&#232;re &lt; 3 ans</div>"},
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001", "display": "Asthma"}]},
            "note": [{"text": "Crise à l’effort, vu en 2026 à l'Hôtel-Dieu"}],
            "recordedDate": "2026-11-25",
            "recorder": {"reference": "Practitioner/1", "display": "Docteur Kermarrec"},
            "contained": [{"resourceType": "Practitioner", "name": [{"family": "Lefèvre"}]}],
        });
        let payload = entry(&resource).expect("words");
        let finds = |text: &str, is_narrative| {
            WordsTest::new(text, is_narrative).is_some_and(|test| test.matches(&payload))
        };
        for word in ["asthme", "ASTHME ans", "s\u{e9}v\u{e8}re"] {
            assert!(finds(word, true) && finds(word, false), "{word}");
        }
        for word in ["asthma", "effort crise", "hotel dieu", "195967001", "lefevre"] {
            assert!(!finds(word, true) && finds(word, false), "{word}");
        }
        for word in
            ["rien", "generated", "snomed", "condition", "11", "asthm", "asthme toux", "lt", "kermarrec"]
        {
            assert!(!finds(word, true) && !finds(word, false), "{word}");
        }
        assert!(WordsTest::new(" ,- ", false).is_none());
        assert_eq!(entry(&json!({"resourceType": "Basic", "id": "x"})), None);
        assert!(WordsTest::any_narrative().matches(&payload));
    }

    #[test]
    fn hashes_of_stored_data_stay_what_they_are() {
        assert_eq!(hash("ASTHME".bytes(), true), 329_847_662);
        assert_eq!(words("Asthme"), words("ASTHME"));
        assert_eq!(words("Été"), words("ete"));
    }

    fn words(text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        words_of(text, true, &mut out);
        out
    }
}
