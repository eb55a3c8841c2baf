//! Jobs in a store of their own, with a clock that tests move.

use super::*;
use crate::interaction::{Interaction, Prefer};
use crate::room::{Identified, Room};
use crate::{Pipeline, Settings};
use parking_lot::Mutex;
use serde_json::json;
use socle_gate::{Gate, Matrix, Options, PlatformKeys, StoreConfig};
use socle_kernel::principal::System;
use socle_kernel::{Clock, HomeId, Kind, ManualClock, SeededChance, Subject};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

const COUNTS: &str = "test.count";
/// Stores opened so far: another chance for each, or a store opened again would draw the same homes.
static OPENED: AtomicU64 = AtomicU64::new(1);

/// Counts every change it sees in a drawer, and fails while it is told to.
#[derive(Default)]
struct Count {
    is_failing: Mutex<bool>,
    given: Mutex<Vec<u64>>,
}

#[async_trait]
impl Work for Count {
    async fn step(&self, step: &Step<'_>) -> Result<Effects, Problem> {
        self.given.lock().extend(step.changes.iter().map(|change| change.number));
        let drawers = step.pipeline.gate().drawers("test");
        let before = drawers.keep::<u64>(COUNTS, HomeId::PLATFORM, b"n").await?;
        let now = before.as_ref().map_or(0, |kept| kept.value) + step.changes.len() as u64;
        let write = drawers.replace(COUNTS, HomeId::PLATFORM, b"n", before.as_ref(), Some(&now));
        if *self.is_failing.lock() {
            return Err(Problem::new(Kind::Unavailable, "Non.", "No.").receiving("somebody's name"));
        }
        Ok(Effects { drawers: vec![write], ..Effects::default() })
    }
}

/// Makes an organisation a step, up to what was asked; panics, is refused or fails when asked to.
struct Make;

#[async_trait]
impl Work for Make {
    async fn step(&self, step: &Step<'_>) -> Result<Effects, Problem> {
        let task = step.task.expect("a job of tasks");
        match task.asked["how"].as_str() {
            Some("panic") => panic!("as asked"),
            Some("refused") => return Err(Problem::new(Kind::Refused, "Refusé.", "Refused.")),
            _ => {}
        }
        let done = step.cursor.as_u64().unwrap_or(0);
        let total = task.asked["total"].as_u64().unwrap_or(0);
        if done == total {
            return Ok(Effects { next: Next::Done(json!({ "made": done })), ..Effects::default() });
        }
        let of_type = socle_kernel::resource_type::ORGANIZATION;
        let write = Change {
            key: step.session.new_key(step.session.new_home(), of_type),
            expected: 0,
            resource: Some(json!({ "resourceType": "Organization", "name": format!("Cabinet {done}") })),
            content: None,
            owner: None,
            alias: None,
        };
        Ok(Effects {
            writes: vec![write],
            cursor: Some((done + 1).into()),
            progress: Some((done + 1, Some(total))),
            ..Effects::default()
        })
    }
}

/// Ticks in a drawer.
struct Tick;

#[async_trait]
impl Work for Tick {
    async fn step(&self, step: &Step<'_>) -> Result<Effects, Problem> {
        let ticks = step.cursor.as_u64().unwrap_or(0) + 1;
        Ok(Effects { cursor: Some(ticks.into()), ..Effects::default() })
    }
}

struct House {
    pipeline: Pipeline,
    clock: ManualClock,
    count: Arc<Count>,
    folder: TempDir,
}

async fn open(folder: TempDir, clock: ManualClock) -> House {
    let options = Options {
        store: StoreConfig::new(folder.path()),
        keys: PlatformKeys::from_bytes([7; 32]),
        clock: Arc::new(clock.clone()),
        chance: Arc::new(SeededChance::new(OPENED.fetch_add(1, Ordering::SeqCst))),
        matrix: Matrix::shipped(),
    };
    let gate = Gate::open(options).await.unwrap();
    let count = Arc::new(Count::default());
    let words = Words::new("Essai.", "Test.");
    let job = |name, wake, work: Arc<dyn Work>| Job { name, words: words.clone(), wake, work };
    let jobs = vec![
        job("count", Wake::Changes { from_the_first: true }, count.clone()),
        job("late", Wake::Changes { from_the_first: false }, Arc::new(Count::default())),
        job("make", Wake::Tasks, Arc::new(Make)),
        job("tick", Wake::Every(Duration::from_secs(60)), Arc::new(Tick)),
    ];
    let room = Room { name: "test", jobs, ..Room::default() };
    let settings = Settings {
        base_url: "https://sante.example".into(),
        is_demo: true,
        version: "test",
        ..Settings::default()
    };
    House { pipeline: Pipeline::new(gate, settings, vec![room]), clock, count, folder }
}

impl House {
    async fn new() -> House {
        let now = Instant::parse("2026-11-21T10:00:00Z").unwrap();
        open(tempfile::tempdir().unwrap(), ManualClock::at(now)).await
    }

    /// The program is closed and opened again.
    async fn again(self) -> House {
        self.pipeline.gate().close().await.unwrap();
        let House { folder, clock, pipeline, .. } = self;
        drop(pipeline);
        open(folder, clock).await
    }

    fn runner(&self) -> Runner {
        Runner::new(self.pipeline.clone())
    }

    fn session(&self, client: &str) -> Session {
        let subject =
            Subject::System(System { client_id: client.into(), name: client.into(), is_operator: false });
        let principal = Principal { subject, scopes: vec!["system/*.cruds".into()], client: client.into() };
        let identified = Identified { principal: Arc::new(principal), ..Identified::anonymous() };
        self.pipeline.session(&identified, "test")
    }

    async fn write(&self, count: usize) {
        for _ in 0..count {
            let interaction = Interaction::Create {
                resource_type: socle_kernel::resource_type::ORGANIZATION,
                resource: json!({ "resourceType": "Organization", "name": "Essai" }),
                if_none_exist: None,
            };
            let answer = self.pipeline.run(self.session("essai"), interaction, Prefer::default()).await;
            answer.into_inner().unwrap();
        }
    }

    async fn counted(&self) -> u64 {
        let drawers = self.pipeline.gate().drawers("test");
        drawers.get(COUNTS, HomeId::PLATFORM, b"n").await.unwrap().unwrap_or(0)
    }

    async fn report(&self, name: &str) -> JobReport {
        let reports = self.pipeline.job_reports().await.unwrap();
        reports.into_iter().find(|report| report.name == name).unwrap()
    }

    async fn organizations(&self) -> u64 {
        let counts = self.pipeline.gate().counts().await.unwrap();
        counts.into_iter().find(|(name, _)| *name == "Organization").map_or(0, |(_, count)| count)
    }
}

#[tokio::test]
async fn every_change_is_worked_through_once_over_restarts() {
    let house = House::new().await;
    house.write(3).await;
    house.runner().until_rest("count").await;
    assert_eq!(house.counted().await, 3);
    let house = house.again().await;
    house.write(2).await;
    let runner = house.runner();
    runner.until_rest("count").await;
    runner.until_rest("count").await;
    assert_eq!(house.counted().await, 5, "nothing lost, nothing twice");
    assert_eq!(house.report("count").await.behind, Some(0));
}

#[tokio::test]
async fn a_job_that_is_not_for_the_past_begins_with_the_next_change() {
    let house = House::new().await;
    house.write(3).await;
    assert_eq!(house.report("late").await.behind, Some(0));
    let runner = house.runner();
    runner.until_rest("late").await;
    assert_eq!(house.counted().await, 0);
    house.write(1).await;
    runner.until_rest("late").await;
    assert_eq!(house.counted().await, 1);
}

#[tokio::test]
async fn a_failed_step_does_nothing_and_is_tried_again_after_growing_waits() {
    let house = House::new().await;
    house.write(1).await;
    *house.count.is_failing.lock() = true;
    let runner = house.runner();
    let mut waits = Vec::new();
    for _ in 0..4 {
        let until = runner.until_rest("count").await.expect("a moment");
        waits.push((until.micros() - house.clock.now().micros()) / 1_000_000);
        assert_eq!(runner.turn_of("count").await, Turn::Resting(Some(until)), "not before its time");
        house.clock.set(until);
    }
    assert_eq!(waits, [1, 2, 4, 8]);
    assert_eq!(house.counted().await, 0);
    let report = house.report("count").await;
    assert_eq!((report.failures, report.behind), (4, Some(1)));
    let trouble = report.trouble.expect("told");
    assert_eq!((trouble.fr.as_str(), trouble.en.as_str()), ("Non.", "No."), "without what came");
    *house.count.is_failing.lock() = false;
    runner.until_rest("count").await;
    assert_eq!(house.counted().await, 1);
    let report = house.report("count").await;
    assert_eq!((report.failures, report.trouble), (0, None));
}

#[test]
fn waits_grow_to_a_limit() {
    assert_eq!(retry_wait(1), limits::JOB_RETRY_FIRST);
    assert_eq!(retry_wait(u32::MAX), limits::JOB_RETRY_LONGEST);
}

#[tokio::test]
async fn one_runner_works_at_a_time_and_another_takes_over_when_its_lease_ends() {
    let house = House::new().await;
    house.write(1).await;
    let first = Runner::beside_others(house.pipeline.clone());
    let second = Runner::beside_others(house.pipeline.clone());
    first.until_rest("count").await;
    house.write(1).await;
    let until = second.until_rest("count").await.expect("it waits");
    assert_eq!(until, house.clock.now().plus(limits::JOB_LEASE_TIME));
    assert_eq!(house.counted().await, 1);
    house.clock.set(until);
    second.until_rest("count").await;
    assert_eq!(house.counted().await, 2);
    house.write(1).await;
    assert!(first.until_rest("count").await.is_some(), "now the first one waits");
    assert_eq!(house.counted().await, 2);
    // In a store that nobody else can hold, a lease of somebody else is a dead one's.
    house.runner().until_rest("count").await;
    assert_eq!(house.counted().await, 3);
}

#[tokio::test]
async fn a_job_on_time_works_when_its_time_has_come() {
    let house = House::new().await;
    let runner = house.runner();
    let start = house.clock.now();
    assert_eq!(runner.until_rest("tick").await, Some(start.plus(Duration::from_secs(60))));
    house.clock.advance(Duration::from_secs(59));
    runner.until_rest("tick").await;
    assert_eq!(house.report("tick").await.last_at, Some(start));
    house.clock.advance(Duration::from_secs(1));
    runner.until_rest("tick").await;
    assert_eq!(house.report("tick").await.last_at, Some(house.clock.now()));
}

#[tokio::test]
async fn a_task_goes_on_after_a_restart_and_ends_with_its_result() {
    let house = House::new().await;
    let session = house.session("a");
    let task = house.pipeline.tasks("make").start(&session, json!({ "total": 3 })).await.unwrap();
    drop(session);
    let runner = house.runner();
    assert_eq!(runner.turn_of("make").await, Turn::Worked);
    assert_eq!(runner.turn_of("make").await, Turn::Worked);
    let seen = house.pipeline.tasks("make").find(&task.id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.done, seen.total), (TaskState::Running, 1, Some(3)));
    assert_eq!(house.report("make").await.tasks.running, 1);
    let house = house.again().await;
    house.runner().until_rest("make").await;
    let seen = house.pipeline.tasks("make").find(&task.id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.result), (TaskState::Done, json!({ "made": 3 })));
    assert_eq!(house.organizations().await, 3, "each step once");
    house.clock.advance(limits::TASK_KEPT);
    house.runner().until_rest("make").await;
    assert!(house.pipeline.tasks("make").find(&task.id).await.unwrap().is_none(), "kept for its time only");
}

#[tokio::test]
async fn a_task_is_known_to_who_asked_and_can_be_cancelled() {
    let house = House::new().await;
    let (session, other) = (house.session("a"), house.session("b"));
    let tasks = house.pipeline.tasks("make");
    let task = tasks.start(&session, json!({ "total": 9 })).await.unwrap();
    let runner = house.runner();
    runner.turn_of("make").await;
    runner.turn_of("make").await;
    assert_eq!(tasks.find_own(&session, &task.id).await.unwrap().id, task.id);
    assert_eq!(tasks.find_own(&other, &task.id).await.unwrap_err().kind, Kind::NotFound);
    tasks.cancel(&task.id).await.unwrap();
    assert_eq!(tasks.find_own(&session, &task.id).await.unwrap_err().kind, Kind::NotFound);
    runner.until_rest("make").await;
    assert!(tasks.find(&task.id).await.unwrap().is_none());
    assert_eq!(house.organizations().await, 1, "it did not go on");
}

#[tokio::test]
async fn one_caller_does_not_ask_for_everything() {
    let house = House::new().await;
    let (session, other) = (house.session("a"), house.session("b"));
    let tasks = house.pipeline.tasks("make");
    let mut ids = HashSet::new();
    for _ in 0..limits::TASKS_OF_ONE {
        ids.insert(tasks.start(&session, json!({ "total": 1 })).await.unwrap().id);
    }
    assert_eq!(ids.len(), limits::TASKS_OF_ONE);
    assert_eq!(tasks.start(&session, json!({})).await.unwrap_err().kind, Kind::TooMany);
    tasks.start(&other, json!({ "total": 1 })).await.unwrap();
    house.runner().until_rest("make").await;
    tasks.start(&session, json!({ "total": 1 })).await.unwrap();
}

#[tokio::test]
async fn a_task_that_cannot_be_done_is_given_up_and_says_why() {
    let house = House::new().await;
    let session = house.session("a");
    let tasks = house.pipeline.tasks("make");
    let refused = tasks.start(&session, json!({ "how": "refused" })).await.unwrap();
    house.runner().until_rest("make").await;
    let seen = tasks.find(&refused.id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.failures), (TaskState::Failed, 1), "a refusal is final");
    assert_eq!(seen.trouble.expect("told").en, "Refused.");
    let panicking = tasks.start(&session, json!({ "how": "panic" })).await.unwrap();
    let runner = house.runner();
    for _ in 0..limits::TASK_ATTEMPTS {
        runner.until_rest("make").await;
        house.clock.advance(limits::JOB_RETRY_LONGEST);
    }
    let seen = tasks.find(&panicking.id).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.failures), (TaskState::Failed, limits::TASK_ATTEMPTS));
}

#[tokio::test]
async fn running_jobs_wake_by_themselves_and_stop_when_asked() {
    let house = House::new().await;
    let running = house.pipeline.start_jobs();
    house.write(2).await;
    let session = house.session("a");
    let task = house.pipeline.tasks("make").start(&session, json!({ "total": 2 })).await.unwrap();
    let is_over = async {
        loop {
            let task = house.pipeline.tasks("make").find(&task.id).await.unwrap().unwrap();
            if task.state == TaskState::Done && house.counted().await >= 4 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), is_over).await.expect("woken");
    running.stop().await;
    let lease =
        house.pipeline.gate().drawers("jobs").get::<JobState>(STATES, HomeId::PLATFORM, b"count").await;
    assert_eq!(lease.unwrap().unwrap().lease, None, "given back");
}
