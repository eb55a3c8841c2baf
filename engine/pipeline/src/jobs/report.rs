//! How the jobs of a store are, for `socle doctor` and for administrators: numbers and headlines, nothing about anybody.

use super::tasks::TaskState;
use super::{JobState, STATES, Trouble, Wake};
use crate::pipeline::Pipeline;
use socle_kernel::{HomeId, Instant, Problem, Words};

/// How one job is.
#[derive(Clone, Debug)]
pub struct JobReport {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub words: Words,
    /// Changes it has still to look at, for a job that changes wake.
    pub behind: Option<u64>,
    /// When it last did something.
    pub last_at: Option<Instant>,
    /// Failures in a row.
    pub failures: u32,
    /// Why it last failed, while it does.
    pub trouble: Option<Trouble>,
    /// When it tries again, or has more to do.
    pub next_at: Option<Instant>,
    /// Its tasks.
    pub tasks: TaskCounts,
}

/// Tasks of a kind by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Not begun.
    pub waiting: usize,
    /// Under way.
    pub running: usize,
    /// Done, their result still kept.
    pub done: usize,
    /// Given up.
    pub failed: usize,
}

impl Pipeline {
    /// How every job of this program is in this store.
    pub async fn job_reports(&self) -> Result<Vec<JobReport>, Problem> {
        let drawers = self.gate().drawers("jobs");
        let end = self.gate().feed_end().await;
        let mut reports = Vec::new();
        for job in self.jobs() {
            let found: Option<JobState> = drawers.get(STATES, HomeId::PLATFORM, job.name.as_bytes()).await?;
            let is_known = found.is_some();
            let state = found.unwrap_or_default();
            let behind = match job.wake {
                Wake::Changes { from_the_first } if is_known || from_the_first => {
                    Some(end.saturating_sub(state.change))
                }
                Wake::Changes { .. } => Some(0),
                _ => None,
            };
            let mut tasks = TaskCounts::default();
            let mut trouble = state.trouble;
            if job.wake == Wake::Tasks {
                for task in self.tasks(job.name).list().await? {
                    match task.state {
                        TaskState::Waiting => tasks.waiting += 1,
                        TaskState::Running => tasks.running += 1,
                        TaskState::Done => tasks.done += 1,
                        TaskState::Failed => tasks.failed += 1,
                        TaskState::Cancelled => {}
                    }
                    trouble = trouble.or(task.trouble);
                }
            }
            reports.push(JobReport {
                name: job.name,
                words: job.words.clone(),
                behind,
                last_at: state.last_at,
                failures: state.failures,
                trouble,
                next_at: state.next_at,
                tasks,
            });
        }
        Ok(reports)
    }
}
