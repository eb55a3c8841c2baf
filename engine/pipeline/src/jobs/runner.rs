//! Runs the jobs: one loop for each, one step at a time, under a lease, until asked to stop.

use super::tasks::{Task, TaskState};
use super::{Effects, Job, JobState, Lease, Next, STATES, Step, Trouble, Wake, retry_wait};
use crate::pipeline::Pipeline;
use futures_util::FutureExt;
use parking_lot::Mutex;
use serde_json::Value;
use socle_gate::{DrawerWrite, Drawers, FeedStep, Kept, Session};
use socle_kernel::{HomeId, Instant, Kind, Principal, Problem, Purpose, limits};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Runs jobs on a store. The clock is the gate's.
#[derive(Clone)]
pub struct Runner {
    pipeline: Pipeline,
    holder: String,
    is_alone: bool,
    /// How far jobs looked beyond what their drawer says: changes that concern nobody are not worth a commit each.
    ahead: Arc<Mutex<HashMap<&'static str, u64>>>,
}

/// How a turn of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something was done; there may be more.
    Worked,
    /// Nothing to do before this moment (or before a change, a request).
    Resting(Option<Instant>),
}

/// What a turn works on.
struct Turning<'a> {
    job: &'a Job,
    now: Instant,
}

impl Runner {
    /// A runner of the pipeline's jobs. In a store that no other process can hold, what an earlier one left under lease is
    /// taken over at once.
    pub fn new(pipeline: Pipeline) -> Runner {
        let is_alone = pipeline.gate().is_exclusive();
        Runner::named(pipeline, is_alone)
    }

    /// A runner beside others: it waits for their leases to end.
    pub fn beside_others(pipeline: Pipeline) -> Runner {
        Runner::named(pipeline, false)
    }

    fn named(pipeline: Pipeline, is_alone: bool) -> Runner {
        let mut bytes = [0u8; 8];
        pipeline.gate().chance().fill(&mut bytes);
        Runner { holder: data_encoding::HEXLOWER.encode(&bytes), pipeline, is_alone, ahead: Arc::default() }
    }

    /// Starts every job on the runtime of the caller.
    pub fn start(self) -> Running {
        let (stop, stopping) = watch::channel(false);
        let jobs: Vec<Job> = self.pipeline.jobs().to_vec();
        let loops = jobs.into_iter().map(|job| {
            let (runner, stopping) = (self.clone(), stopping.clone());
            tokio::spawn(async move { runner.run(&job, stopping).await })
        });
        Running { loops: loops.collect(), stop }
    }

    async fn run(&self, job: &Job, mut stopping: watch::Receiver<bool>) {
        let mut asked = self.pipeline.calls();
        while !*stopping.borrow() {
            asked.borrow_and_update();
            let until = match self.turn(job).await {
                Turn::Worked => continue,
                Turn::Resting(until) => until,
            };
            let now = self.pipeline.gate().clock().now();
            let wait = until.map_or(limits::JOB_REST_LONGEST, |until| {
                let micros = u64::try_from(until.micros().saturating_sub(now.micros())).unwrap_or(0);
                std::time::Duration::from_micros(micros)
                    .clamp(limits::JOB_REST_SHORTEST, limits::JOB_REST_LONGEST)
            });
            // Only a job that waits for changes is woken by one; a failed one waits its time out.
            let change = self.waits_for(job, until).await;
            tokio::select! {
                _ = stopping.changed() => {}
                () = tokio::time::sleep(wait) => {}
                () = self.change(change) => {}
                _ = asked.changed(), if matches!(job.wake, Wake::Tasks | Wake::Called(_)) => {}
            }
        }
        self.let_go(job).await;
    }

    /// The change after which a resting job is woken.
    async fn waits_for(&self, job: &Job, until: Option<Instant>) -> Option<u64> {
        if !matches!(job.wake, Wake::Changes { .. }) || until.is_some() {
            return None;
        }
        let found = self.state(job).await.ok().flatten();
        found.map(|kept| self.looked_at(job, &kept.value))
    }

    /// Number of the last change that a job looked at.
    fn looked_at(&self, job: &Job, state: &JobState) -> u64 {
        self.ahead.lock().get(job.name).copied().unwrap_or(0).max(state.change)
    }

    async fn change(&self, after: Option<u64>) {
        match after {
            Some(number) => {
                self.pipeline.gate().feed_after(number).await;
                // What is written in the same moment is looked at together: a busy store must not wake it for each.
                tokio::time::sleep(limits::JOB_REST_SHORTEST).await;
            }
            None => std::future::pending().await,
        }
    }

    /// One turn of a job, by its name: at most one step. For tests and commands; [`Runner::start`] does it by itself.
    ///
    /// # Panics
    /// When no job has this name.
    pub async fn turn_of(&self, name: &str) -> Turn {
        let job = self.pipeline.jobs().iter().find(|job| job.name == name).expect("a job of this program");
        self.turn(&job.clone()).await
    }

    /// Turns of a job until it rests; when it wants to be woken.
    pub async fn until_rest(&self, name: &str) -> Option<Instant> {
        loop {
            if let Turn::Resting(until) = self.turn_of(name).await {
                return until;
            }
        }
    }

    async fn turn(&self, job: &Job) -> Turn {
        let turning = Turning { job, now: self.pipeline.gate().clock().now() };
        let result = match job.wake {
            Wake::Tasks => self.turn_task(&turning).await,
            _ => self.turn_job(&turning).await,
        };
        result.unwrap_or_else(|problem| {
            // What cannot even be noted in the store (disk full, closing) is tried again a moment later.
            tracing::warn!(job.name = job.name, error.cause = %problem, "a job could not go on");
            Turn::Resting(Some(turning.now.plus(limits::JOB_RETRY_FIRST)))
        })
    }

    fn drawers(&self) -> Drawers {
        self.pipeline.gate().drawers("jobs")
    }

    async fn state(&self, job: &Job) -> Result<Option<Kept<JobState>>, Problem> {
        self.drawers().keep(STATES, HomeId::PLATFORM, job.name.as_bytes()).await
    }

    fn write(&self, job: &Job, before: Option<&Kept<JobState>>, after: &JobState) -> DrawerWrite {
        self.drawers().replace(STATES, HomeId::PLATFORM, job.name.as_bytes(), before, Some(after))
    }

    /// Until when somebody else holds a lease.
    fn held(&self, lease: Option<&Lease>, now: Instant) -> Option<Instant> {
        let other = lease.filter(|lease| lease.holder != self.holder && !self.is_alone);
        other.map(|lease| lease.until).filter(|until| *until > now)
    }

    /// True when the lease is ours for at least half its time.
    fn is_ours(&self, lease: Option<&Lease>, now: Instant) -> bool {
        lease.is_some_and(|lease| {
            lease.holder == self.holder && lease.until > now.plus(limits::JOB_LEASE_TIME / 2)
        })
    }

    fn lease(&self, now: Instant) -> Option<Lease> {
        Some(Lease { holder: self.holder.clone(), until: now.plus(limits::JOB_LEASE_TIME) })
    }

    fn session(&self, job: &Job) -> Session {
        let request = format!("job:{}", job.name);
        self.pipeline.gate().session(
            Arc::new(Principal::operator(job.name)),
            Purpose::Administration,
            request,
        )
    }

    async fn turn_job(&self, turning: &Turning<'_>) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let Some(kept) = self.state(job).await? else {
            // New to this store: where it begins is noted before anything is looked at.
            let change = match job.wake {
                Wake::Changes { from_the_first: false } => self.pipeline.gate().feed_end().await,
                _ => 0,
            };
            let first = JobState { change, lease: self.lease(now), ..JobState::default() };
            return self.try_write(self.write(job, None, &first), now).await;
        };
        let state = &kept.value;
        let not_before = self.held(state.lease.as_ref(), now).or(state.next_at);
        if let Some(until) = not_before.filter(|until| *until > now) {
            return Ok(Turn::Resting(Some(until)));
        }
        let mut changes = Vec::new();
        if let Wake::Changes { .. } = job.wake {
            changes = self.pipeline.gate().feed(self.looked_at(job, state), limits::JOB_FEED_BATCH).await?;
            if changes.is_empty() {
                return Ok(Turn::Resting(None));
            }
        }
        if !self.is_ours(state.lease.as_ref(), now) {
            let leased = JobState { lease: self.lease(now), ..state.clone() };
            return self.try_write(self.write(job, Some(&kept), &leased), now).await;
        }
        let session = self.session(job);
        let result = self.step(turning, &session, &state.cursor, &changes, None).await;
        let result = match result {
            Ok(effects) => self.settle(turning, &session, &kept, &changes, effects).await,
            Err(problem) => Err(problem),
        };
        // The trace of what the step looked at.
        match session.close(result).await.into_inner() {
            Ok(turn) => Ok(turn),
            Err(problem) => self.fail(turning, &kept, &problem).await,
        }
    }

    async fn step(
        &self,
        turning: &Turning<'_>,
        session: &Session,
        cursor: &Value,
        changes: &[FeedStep],
        task: Option<&Task>,
    ) -> Result<Effects, Problem> {
        let step = Step { pipeline: &self.pipeline, session, now: turning.now, cursor, changes, task };
        AssertUnwindSafe(turning.job.work.step(&step))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Problem::internal(format!("the job {} panicked", turning.job.name))))
    }

    /// Commits what a step did, with how far the job is.
    async fn settle(
        &self,
        turning: &Turning<'_>,
        session: &Session,
        kept: &Kept<JobState>,
        changes: &[FeedStep],
        mut effects: Effects,
    ) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let after = match job.wake {
            Wake::Every(time) | Wake::Called(time) => Some(now.plus(time)),
            _ => None,
        };
        let next_at = match effects.next {
            Next::At(moment) => Some(moment),
            Next::Later => after,
            Next::Again | Next::Done(_) => None,
        };
        let looked_at = self.looked_at(job, &kept.value);
        let change = effects.change.or(changes.last().map(|step| step.number)).unwrap_or(looked_at);
        let is_quiet = effects.is_empty() && kept.value.failures == 0;
        let is_near = change - kept.value.change < limits::JOB_FEED_BATCH as u64;
        if is_quiet && is_near {
            // Nothing to keep: nothing is written. After a power cut the same changes are looked at again.
            if !changes.is_empty() {
                self.ahead.lock().insert(job.name, change);
                return Ok(Turn::Worked);
            }
            return Ok(next_at.map_or(Turn::Worked, |moment| Turn::Resting(Some(moment))));
        }
        let is_called = matches!(job.wake, Wake::Called(_));
        let state = JobState {
            change,
            cursor: effects.cursor.take().unwrap_or_else(|| kept.value.cursor.clone()),
            failures: 0,
            trouble: None,
            next_at: next_at.filter(|_| !is_called),
            last_at: Some(now),
            lease: self.lease(now),
        };
        let mut drawers = std::mem::take(&mut effects.drawers);
        drawers.push(self.write(job, Some(kept), &state));
        session.commit_with(std::mem::take(&mut effects.writes), Vec::new(), drawers).await?;
        if let Wake::Changes { .. } = job.wake {
            // What changes made others do.
            self.pipeline.wake_jobs();
        }
        Ok(Turn::Worked)
    }

    /// Notes that a step failed, and when it is tried again.
    async fn fail(
        &self,
        turning: &Turning<'_>,
        kept: &Kept<JobState>,
        problem: &Problem,
    ) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let failures = kept.value.failures.saturating_add(1);
        let next_at = now.plus(retry_wait(failures));
        tracing::warn!(job.name = job.name, job.failures = failures, error.cause = %problem, "a step of a job failed");
        let state = JobState {
            failures,
            next_at: Some(next_at),
            trouble: Some(Trouble::of(problem, now)),
            ..kept.value.clone()
        };
        match self.drawers().write(vec![self.write(job, Some(kept), &state)]).await {
            // Somebody else is further than we knew: look again.
            Err(other) if other.kind == Kind::Conflict => {
                Ok(Turn::Resting(Some(now.plus(limits::JOB_RETRY_FIRST))))
            }
            Err(other) => Err(other),
            Ok(()) => Ok(Turn::Resting(Some(next_at))),
        }
    }

    /// Writes an entry, unless somebody else was faster.
    async fn try_write(&self, write: DrawerWrite, now: Instant) -> Result<Turn, Problem> {
        match self.drawers().write(vec![write]).await {
            Ok(()) => Ok(Turn::Worked),
            Err(problem) if problem.kind == Kind::Conflict => {
                Ok(Turn::Resting(Some(now.plus(limits::JOB_RETRY_FIRST))))
            }
            Err(problem) => Err(problem),
        }
    }

    /// Gives back the lease of a job, so that whoever comes next need not wait for its end.
    async fn let_go(&self, job: &Job) {
        let Ok(Some(kept)) = self.state(job).await else { return };
        if kept.value.lease.as_ref().is_some_and(|lease| lease.holder == self.holder) {
            let change = self.looked_at(job, &kept.value);
            let state = JobState { lease: None, change, ..kept.value.clone() };
            // The lease ends by itself all the same.
            let _ = self.drawers().write(vec![self.write(job, Some(&kept), &state)]).await;
        }
    }

    async fn turn_task(&self, turning: &Turning<'_>) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let tasks = self.pipeline.tasks(job.name);
        let mut waits: Option<Instant> = None;
        let mut chosen: Option<Kept<Task>> = None;
        for (_, kept) in tasks.list_kept().await? {
            let task = &kept.value;
            let from = if task.is_live() {
                self.held(task.lease.as_ref(), now).or(task.next_at).unwrap_or(now)
            } else {
                task.kept_until.unwrap_or(now)
            };
            if from > now {
                waits = Some(waits.map_or(from, |known| known.min(from)));
            } else if chosen.as_ref().is_none_or(|other| task.changed_at < other.value.changed_at) {
                // The one that waited longest, so that all of them come further.
                chosen = Some(kept);
            }
        }
        let Some(kept) = chosen else { return Ok(Turn::Resting(waits)) };
        let request = format!("task:{}", kept.value.id);
        let session = self.pipeline.session_of(&kept.value.owner, &request);
        let result = if kept.value.is_live() {
            self.work_on(turning, &session, &kept).await
        } else {
            self.remove(turning, &session, &kept).await
        };
        match session.close(result).await.into_inner() {
            Ok(turn) => Ok(turn),
            Err(problem) => self.fail_task(turning, &kept, &problem).await,
        }
    }

    async fn work_on(
        &self,
        turning: &Turning<'_>,
        session: &Session,
        kept: &Kept<Task>,
    ) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let tasks = self.pipeline.tasks(job.name);
        let mut task = kept.value.clone();
        if !self.pipeline.still_holds(&task.owner).await? {
            task.end(TaskState::Cancelled, now, now);
            return self.try_write(tasks.replace(kept, Some(&task)), now).await;
        }
        if !self.is_ours(task.lease.as_ref(), now) {
            task.lease = self.lease(now);
            return self.try_write(tasks.replace(kept, Some(&task)), now).await;
        }
        let mut effects = self.step(turning, session, &task.cursor, &[], Some(&kept.value)).await?;
        task.state = TaskState::Running;
        task.changed_at = now;
        (task.failures, task.trouble) = (0, None);
        task.lease = self.lease(now);
        task.cursor = effects.cursor.take().unwrap_or(task.cursor);
        if let Some((done, total)) = effects.progress {
            (task.done, task.total) = (done, total);
        }
        task.next_at = None;
        match effects.next {
            Next::Later | Next::Again => {}
            Next::At(moment) => task.next_at = Some(moment),
            Next::Done(result) => {
                task.result = result;
                task.end(TaskState::Done, now, now.plus(limits::TASK_KEPT));
            }
        }
        let mut drawers = effects.drawers;
        drawers.push(tasks.replace(kept, Some(&task)));
        session.commit_with(effects.writes, Vec::new(), drawers).await?;
        Ok(Turn::Worked)
    }

    async fn remove(
        &self,
        turning: &Turning<'_>,
        session: &Session,
        kept: &Kept<Task>,
    ) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let task = &kept.value;
        let step = Step {
            pipeline: &self.pipeline,
            session,
            now,
            cursor: &task.cursor,
            changes: &[],
            task: Some(task),
        };
        job.work.clear(&step).await?;
        self.try_write(self.pipeline.tasks(job.name).replace(kept, None), now).await
    }

    async fn fail_task(
        &self,
        turning: &Turning<'_>,
        kept: &Kept<Task>,
        problem: &Problem,
    ) -> Result<Turn, Problem> {
        let Turning { job, now } = *turning;
        let mut task = kept.value.clone();
        task.failures = task.failures.saturating_add(1);
        task.trouble = Some(Trouble::of(problem, now));
        task.changed_at = now;
        let next_at = now.plus(retry_wait(task.failures));
        tracing::warn!(job.name = job.name, job.failures = task.failures, error.cause = %problem, "a step of a task failed");
        if !task.is_live() {
            task.kept_until = Some(next_at);
        } else if is_final(problem) || task.failures >= limits::TASK_ATTEMPTS {
            task.end(TaskState::Failed, now, now.plus(limits::TASK_KEPT));
        } else {
            task.next_at = Some(next_at);
        }
        self.try_write(self.pipeline.tasks(job.name).replace(kept, Some(&task)), now).await
    }
}

/// True for a problem that no second attempt mends: what was asked is wrong or not allowed.
fn is_final(problem: &Problem) -> bool {
    !matches!(
        problem.kind,
        Kind::Internal
            | Kind::Unavailable
            | Kind::StorageFull
            | Kind::Conflict
            | Kind::VersionConflict
            | Kind::TooMany
    )
}

/// Jobs at work.
pub struct Running {
    loops: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Running {
    /// Asks every job to stop after its step, and waits. A step that takes too long is cut: nothing of it was done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let handles: Vec<_> = self.loops.iter().map(JoinHandle::abort_handle).collect();
        let all = futures_util::future::join_all(self.loops);
        if tokio::time::timeout(limits::JOB_STOP_TIME, all).await.is_err() {
            tracing::warn!("a job did not stop in time and was cut; it goes on at the next start");
            handles.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}
