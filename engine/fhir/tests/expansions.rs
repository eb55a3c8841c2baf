//! The official expansions of R4 as oracle: whatever value set can be listed here is listed the same, but for the
//! differences that `testdata/terminology/explained.txt` explains.

use flate2::read::GzDecoder;
use socle_fhir::terminology::{self, Membership};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

type Codes = BTreeSet<(String, String)>;

fn official() -> BTreeMap<String, Codes> {
    let packed = include_bytes!("../../../testdata/terminology/expansions.txt.gz");
    let mut text = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut text).expect("the file is intact");
    let mut sets: BTreeMap<String, Codes> = BTreeMap::new();
    let mut url = "";
    for line in text.lines() {
        if let Some(next) = line.strip_prefix('#') {
            url = next;
            sets.entry(url.to_owned()).or_default();
        } else if let Some((system, code)) = line.split_once('\t') {
            sets.entry(url.to_owned()).or_default().insert((system.to_owned(), code.to_owned()));
        }
    }
    sets
}

#[test]
fn every_set_that_can_be_listed_is_listed_as_officially() {
    let explained = include_str!("../../../testdata/terminology/explained.txt");
    let explained: BTreeMap<&str, &str> = explained
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let shared = terminology::shared();
    let (mut same, mut codes, mut unlisted) = (0, 0, Vec::new());
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (url, expected) in official() {
        let Some(set) = shared.set(&url) else {
            wrong.push(format!("{url}\tis not loaded"));
            continue;
        };
        let told = match set.entries() {
            Err(gap) => {
                unlisted.push(url.clone());
                // What cannot be listed must not be denied either.
                let denied = expected.iter().find(|(s, c)| set.contains(Some(s), c) == Membership::No);
                denied.map(|code| format!("{url}\tdenies {code:?}; {gap:?}"))
            }
            Ok(entries) => {
                let ours: Codes = entries
                    .iter()
                    .filter(|e| e.is_listed() || !e.is_abstract())
                    .map(|e| (e.system.to_owned(), e.code.to_owned()))
                    .collect();
                codes += ours.len();
                let more: Vec<_> = ours.difference(&expected).take(5).collect();
                let less: Vec<_> = expected.difference(&ours).take(5).collect();
                (ours != expected).then(|| {
                    format!("{url}\t{} for {}; more {more:?}, less {less:?}", ours.len(), expected.len())
                })
            }
        };
        match told {
            None => same += 1,
            Some(_) if explained.contains_key(url.as_str()) => {
                used.insert(url);
            }
            Some(told) => wrong.push(told),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    for url in explained.keys() {
        assert!(used.contains(*url), "{url} is explained but does not differ");
    }
    println!("{same} sets the same, {codes} codes; not listed: {unlisted:#?}");
    assert!(same >= 468 && unlisted.len() <= 6, "{same} {unlisted:?}");
}
