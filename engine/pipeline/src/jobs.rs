//! Work beside requests: on changes, on time, or asked for (a task). It goes on where it was after a restart, however the
//! program ended.
//!
//! A job works in steps. A step gives its [`Effects`]: resources and drawer entries, and how far the job is now. They are
//! committed together, so a step either happened whole or not at all, and none is lost or done twice. What a step does
//! outside the store (a delivery) may happen again after a power cut: whoever receives it must be able to tell.

pub(crate) mod operation;
mod report;
mod runner;
mod tasks;
#[cfg(test)]
mod tests;

pub use report::{JobReport, TaskCounts};
pub use runner::{Runner, Running, Turn};
pub use tasks::{Task, TaskState, Tasks};

use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_gate::{Change, DrawerWrite, FeedStep, Session};
use socle_kernel::{Instant, Principal, Problem, Purpose, Words, limits};
use std::sync::Arc;
use std::time::Duration;

/// Drawer of how far each job is, by name.
pub(crate) const STATES: &str = "jobs.state";

/// Work that a room or the engine brings.
#[derive(Clone)]
pub struct Job {
    /// Its name, unique in the program; the name of its tasks' kind.
    pub name: &'static str,
    /// What it is for, as an administrator reads it.
    pub words: Words,
    /// What wakes it.
    pub wake: Wake,
    /// What it does.
    pub work: Arc<dyn Work>,
}

/// What wakes a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A change in the feed. A job that is new to a store begins with the first change ever, or with the next one.
    Changes {
        /// True to begin with the first change ever.
        from_the_first: bool,
    },
    /// Time: again and again, this long after a step that found nothing more to do.
    Every(Duration),
    /// Other work of this process ([`Pipeline::wake_jobs`]), or time: at least this often. When it has more to do is said by
    /// its steps ([`Next::At`]) and kept in memory only: after a restart it looks at once.
    Called(Duration),
    /// Somebody asked: see [`Tasks`].
    Tasks,
}

/// What a job does.
#[async_trait]
pub trait Work: Send + Sync {
    /// One step. Short: a step that is not done when the program must stop is cut and begins again later.
    async fn step(&self, step: &Step<'_>) -> Result<Effects, Problem>;

    /// Clears away what a task that is over left behind (its files). Called before the task itself is removed; may be
    /// called twice.
    async fn clear(&self, step: &Step<'_>) -> Result<(), Problem> {
        let _ = step;
        Ok(())
    }
}

/// What a step is given.
pub struct Step<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// A session of this step: the operator's for a job, the one of who asked for a task.
    pub session: &'a Session,
    /// The moment.
    pub now: Instant,
    /// How far the job or task is, in its own words; `null` at the beginning.
    pub cursor: &'a Value,
    /// Changes since the last step, for a job that changes wake; at most [`limits::JOB_FEED_BATCH`].
    pub changes: &'a [FeedStep],
    /// The task, for a job of tasks.
    pub task: Option<&'a Task>,
}

/// What a step did; committed whole, with the cursor, or not at all.
#[derive(Debug, Default)]
pub struct Effects {
    /// Resources to write in the name of the step's session.
    pub writes: Vec<Change>,
    /// Drawer entries.
    pub drawers: Vec<DrawerWrite>,
    /// How far the job or task is now; `None` leaves it.
    pub cursor: Option<Value>,
    /// Number of the last change that was worked through; `None` for all that were given.
    pub change: Option<u64>,
    /// Progress of a task: how much is done, and how much there is when that is known.
    pub progress: Option<(u64, Option<u64>)>,
    /// What comes next.
    pub next: Next,
}

/// What comes after a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// Another step when there is something new: a change, the time. A task goes on at once.
    #[default]
    Later,
    /// Another step at once.
    Again,
    /// Another step at this moment.
    At(Instant),
    /// The task is done, with its result.
    Done(Value),
}

impl Effects {
    /// True when there is nothing to commit.
    fn is_empty(&self) -> bool {
        self.writes.is_empty()
            && self.drawers.is_empty()
            && self.cursor.is_none()
            && self.progress.is_none()
            && !matches!(self.next, Next::Done(_))
    }
}

/// In whose name work goes on after the request that asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Who.
    pub principal: Principal,
    /// What for.
    pub purpose: Purpose,
    /// The grant behind the token; the work ends with it.
    pub grant: Option<String>,
}

impl Owner {
    /// Whoever asks in a session.
    pub fn of(session: &Session) -> Owner {
        Owner {
            principal: session.principal().clone(),
            purpose: session.purpose().clone(),
            grant: session.grant().map(str::to_owned),
        }
    }

    /// The operator's own work.
    pub fn operator(name: &str) -> Owner {
        Owner { principal: Principal::operator(name), purpose: Purpose::Administration, grant: None }
    }

    /// True when two are the same caller through the same application, whatever token they showed.
    pub fn is_same(&self, other: &Owner) -> bool {
        self.principal.subject == other.principal.subject && self.principal.client == other.principal.client
    }
}

/// Who works on a job or task, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    /// The runner, named by chance at its start.
    pub holder: String,
    /// Until when.
    pub until: Instant,
}

/// Why the last step failed, as an administrator reads it; the log says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When.
    pub at: Instant,
    /// In French.
    pub fr: String,
    /// In English.
    pub en: String,
}

impl Trouble {
    /// The headline of a problem, without what came: that may be somebody's data.
    pub fn of(problem: &Problem, at: Instant) -> Trouble {
        let text = problem.issues.first().map(|issue| &issue.text);
        let pick = |lang| text.map_or_else(String::new, |text| text.in_lang(lang).to_owned());
        Trouble { at, fr: pick(socle_kernel::Lang::Fr), en: pick(socle_kernel::Lang::En) }
    }
}

/// How long to wait after this many failures in a row: twice as long each time, up to a limit.
pub fn retry_wait(failures: u32) -> Duration {
    let doubled = limits::JOB_RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(limits::JOB_RETRY_LONGEST)
}

/// How far a job is, in its drawer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobState {
    /// Number of the last change that was worked through.
    pub change: u64,
    /// See [`Step::cursor`].
    #[serde(default)]
    pub cursor: Value,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// Why it last failed, while it does.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// Not before.
    #[serde(default)]
    pub next_at: Option<Instant>,
    /// When it last did something.
    #[serde(default)]
    pub last_at: Option<Instant>,
    /// Who works on it.
    #[serde(default)]
    pub lease: Option<Lease>,
}
