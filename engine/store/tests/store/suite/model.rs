//! Random commits against a model in memory: whatever was done, every read must agree.

use crate::builders::{Opened, all_of, at, body, entry, home, key, line, scanned, value, write};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use socle_kernel::Key;
use socle_kernel::resource_type::OBSERVATION;
use socle_store::{Commit, Scan, StoreError, Visit, Write};
use std::collections::{BTreeMap, BTreeSet};

/// One write as drawn: where, how far its expected version is from the true one, and what it says.
#[derive(Clone, Debug)]
struct Draw {
    home: u64,
    seq: u64,
    /// 0 sees the current version; 1 or 2 sees a later one, which must be refused.
    ahead: u32,
    deleted: bool,
    labels: u32,
    value: Option<u8>,
}

/// One commit as drawn.
#[derive(Clone, Debug)]
struct Step {
    draws: Vec<Draw>,
    drawer: Option<(u64, u8, Option<u8>)>,
    traced: bool,
}

fn draw() -> impl Strategy<Value = Draw> {
    let ahead = prop_oneof![9 => Just(0u32), 1 => 1..3u32];
    let deleted = prop::bool::weighted(0.2);
    let value = prop::option::of(0..3u8);
    (0..3u64, 0..4u64, ahead, deleted, any::<u32>(), value).prop_map(
        |(home, seq, ahead, deleted, labels, value)| Draw { home, seq, ahead, deleted, labels, value },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let drawer = prop::option::of((0..3u64, 0..3u8, prop::option::of(any::<u8>())));
    (prop::collection::vec(draw(), 0..4), drawer, any::<bool>()).prop_map(|(draws, drawer, traced)| Step {
        draws,
        drawer,
        traced,
    })
}

#[derive(Clone, Debug, PartialEq)]
struct Kept {
    deleted: bool,
    labels: u32,
    body: Bytes,
}

/// What the store should hold.
#[derive(Clone, Debug, Default)]
struct Model {
    versions: BTreeMap<Key, Vec<Kept>>,
    values: BTreeMap<Key, u8>,
    drawers: BTreeMap<(u64, u8), u8>,
    feed: Vec<(Key, u32)>,
    lines: BTreeMap<u64, Vec<u64>>,
    next_line: u64,
}

fn looked_up(case: u64, value: u8) -> socle_store::KeyValue {
    crate::builders::value(&format!("{case} {value}"))
}

impl Model {
    /// The commit of a step; `None` when it must be refused, else the model after it.
    fn plan(&self, case: u64, step: &Step) -> (Commit, Option<Model>) {
        let (mut after, mut commit, mut is_good) = (self.clone(), Commit::default(), true);
        for draw in &step.draws {
            let key = key(home(case * 3 + draw.home), draw.seq);
            let versions = after.versions.entry(key).or_default();
            let expected = versions.len() as u32 + draw.ahead;
            is_good &= draw.ahead == 0;
            let value = draw.value.filter(|_| !draw.deleted);
            let kept = Kept {
                deleted: draw.deleted,
                labels: draw.labels,
                body: if draw.deleted { Bytes::new() } else { body(key, expected + 1) },
            };
            commit.writes.push(Write {
                deleted: draw.deleted,
                labels: draw.labels,
                body: kept.body.clone(),
                keys_add: value.iter().map(|value| looked_up(case, *value)).collect(),
                keys_remove: after.values.get(&key).iter().map(|value| looked_up(case, **value)).collect(),
                ..write(key, expected)
            });
            versions.push(kept);
            after.feed.push((key, expected + 1));
            match value {
                Some(value) => after.values.insert(key, value),
                None => after.values.remove(&key),
            };
        }
        if let Some((number, name, value)) = step.drawer {
            let bytes = value.map(|value| [value]);
            commit.drawers = entry(home(case * 3 + number), &[name], bytes.as_ref().map(|b| &b[..])).drawers;
            match value {
                Some(value) => after.drawers.insert((number, name), value),
                None => after.drawers.remove(&(number, name)),
            };
        }
        if step.traced {
            commit.audits = vec![line(home(case * 3), after.next_line)];
            after.lines.entry(0).or_default().push(after.next_line);
        }
        // Also after a refusal: a line's place is not used twice.
        after.next_line += 1;
        (commit, is_good.then_some(after))
    }
}

async fn compare(store: &Opened, case: u64, model: &Model, feed_before: u64) -> Result<(), TestCaseError> {
    let mut view = store.snapshot().await.expect("view");
    for (key, versions) in model.versions.iter().filter(|(_, versions)| !versions.is_empty()) {
        let row = view.row(*key).await.expect("read").expect("there");
        let last = versions.last().expect("not empty");
        prop_assert_eq!(
            (row.version as usize, row.deleted, row.labels),
            (versions.len(), last.deleted, last.labels)
        );
        prop_assert_eq!(row.last_updated, at(versions.len() as i64 - 1));
        let found = view.versions(*key, None, 99).await.expect("read");
        let bodies: Vec<_> = found.into_iter().rev().map(|version| (version.deleted, version.body)).collect();
        prop_assert_eq!(
            bodies,
            versions.iter().map(|kept| (kept.deleted, kept.body.clone())).collect::<Vec<_>>()
        );
    }
    for number in 0..3 {
        let of = home(case * 3 + number);
        let rows = scanned(&mut *view, all_of(of)).await.expect("scan");
        let alive: Vec<Key> = model
            .versions
            .iter()
            .filter(|(key, versions)| key.home == of && versions.last().is_some_and(|kept| !kept.deleted))
            .map(|(key, _)| *key)
            .collect();
        prop_assert_eq!(rows.iter().map(|row| row.key).collect::<Vec<_>>(), alive);
        let entries = view.drawer_list("tests.note", of, &[], 99).await.expect("list");
        let kept = model.drawers.iter().filter(|((found, _), _)| *found == number);
        let expected: Vec<_> = kept.map(|((_, name), value)| (vec![*name], vec![*value])).collect();
        prop_assert_eq!(entries, expected);
    }
    for value in 0..3 {
        let found = view.find(&looked_up(case, value), OBSERVATION, None, 99).await.expect("found");
        let expected: Vec<Key> =
            model.values.iter().filter(|(_, kept)| **kept == value).map(|(key, _)| *key).collect();
        prop_assert_eq!(found, expected);
    }
    let steps = view.feed(feed_before, 9999).await.expect("feed");
    prop_assert_eq!(
        steps.iter().map(|step| (step.key, step.version)).collect::<Vec<_>>(),
        model.feed.clone()
    );
    let log = view.audit(home(case * 3), None, 9999).await.expect("log");
    let seqs: BTreeSet<u64> = log.iter().map(|line| line.seq.number()).collect();
    prop_assert_eq!(seqs, model.lines.values().flatten().copied().collect::<BTreeSet<_>>());
    Ok(())
}

async fn play(store: &Opened, case: u64, steps: &[Step]) -> Result<(), TestCaseError> {
    let feed_before = last_of_feed(store).await;
    let mut model = Model::default();
    for step in steps {
        let (commit, after) = model.plan(case, step);
        let result = store.commit(commit).await;
        match after {
            Some(after) => {
                prop_assert!(result.is_ok(), "{result:?}");
                model = after;
            }
            None => {
                prop_assert!(matches!(result, Err(StoreError::VersionConflict { .. })), "{result:?}");
                model.next_line += 1;
            }
        }
    }
    compare(store, case, &model, feed_before).await
}

async fn last_of_feed(store: &Opened) -> u64 {
    let mut view = store.snapshot().await.expect("view");
    let mut last = 0;
    while let Some(step) = view.feed(last, 9999).await.expect("feed").pop() {
        last = step.number;
    }
    last
}

pub async fn agrees_with_a_model_in_memory(store: &Opened) {
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(48) });
    let steps = prop::collection::vec(step(), 1..40);
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&steps, |steps| {
            // Each case in homes of its own: no case sees what another left.
            case.set(case.get() + 1);
            tokio::runtime::Handle::current().block_on(play(store, case.get(), &steps))
        })
    });
    outcome.expect("the store agrees with the model");
    assert_eq!(store.verify_audit().await.expect("verified").faults, Vec::<String>::new());
    // The tallies agree with a full scan, after all that.
    let mut view = store.snapshot().await.expect("view");
    let mut alive = 0u64;
    let everywhere = Scan { home: None, ..all_of(home(0)) };
    view.scan(everywhere, &mut |_| {
        alive += 1;
        Visit::Next
    })
    .await
    .expect("scan");
    assert_eq!(view.counts().await.expect("counts"), [(OBSERVATION, alive)]);
    let nothing = view.find(&value("never written"), OBSERVATION, None, 1).await.expect("found");
    assert!(nothing.is_empty());
}
