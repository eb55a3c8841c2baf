//! Tasks: long work that somebody asked for, with progress, an end, and a time after which its result is gone.

use super::{Lease, Owner, Trouble};
use crate::pipeline::Pipeline;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_gate::{DrawerWrite, Drawers, Kept, Session};
use socle_kernel::{HomeId, Instant, Kind, Problem, ids, limits};

/// Tasks, by kind, a zero byte, id.
const TASKS: &str = "jobs.task";

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id: a UUID that nobody can guess.
    pub id: String,
    /// Its kind: the name of the job that does it.
    pub kind: String,
    /// Who asked; it goes on in their name, and what they may not see it does not see.
    pub owner: Owner,
    /// What was asked, in the words of the job.
    pub asked: Value,
    /// How it is.
    pub state: TaskState,
    /// How far it is, in the words of the job.
    pub cursor: Value,
    /// How much is done.
    pub done: u64,
    /// How much there is, when that is known.
    pub total: Option<u64>,
    /// Its result, once done.
    pub result: Value,
    /// When it was asked for.
    pub made_at: Instant,
    /// When it last came further.
    pub changed_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// From when on it is removed, once it has ended.
    pub kept_until: Option<Instant>,
    /// Failures in a row.
    pub failures: u32,
    /// Why it last failed.
    pub trouble: Option<Trouble>,
    /// Not before.
    pub next_at: Option<Instant>,
    /// Who works on it.
    pub(crate) lease: Option<Lease>,
}

/// How a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Given up.
    Failed,
    /// Cancelled; it is removed with what it made.
    Cancelled,
}

impl Task {
    /// True while there is something to do.
    pub fn is_live(&self) -> bool {
        matches!(self.state, TaskState::Waiting | TaskState::Running)
    }

    /// Ends it, to be removed at a moment.
    pub(crate) fn end(&mut self, state: TaskState, now: Instant, kept_until: Instant) {
        self.state = state;
        self.changed_at = now;
        self.ended_at = Some(now);
        self.kept_until = Some(kept_until);
        self.next_at = None;
        self.lease = None;
    }
}

/// The tasks of one kind.
#[derive(Clone)]
pub struct Tasks {
    pipeline: Pipeline,
    kind: &'static str,
}

impl Pipeline {
    /// The tasks of a kind.
    pub fn tasks(&self, kind: &'static str) -> Tasks {
        Tasks { pipeline: self.clone(), kind }
    }
}

impl Tasks {
    fn drawers(&self) -> Drawers {
        self.pipeline.gate().drawers("jobs")
    }

    fn key(&self, id: &str) -> Vec<u8> {
        [self.kind.as_bytes(), &[0], id.as_bytes()].concat()
    }

    /// Asks for a task in the name of whoever holds the session. Durable when it returns; it begins at once.
    pub async fn start(&self, session: &Session, asked: Value) -> Result<Task, Problem> {
        let (task, write) = self.make(session, asked).await?;
        self.drawers().write(vec![write]).await?;
        self.pipeline.wake_jobs();
        Ok(task)
    }

    /// As [`Tasks::start`], to be committed with what belongs to it; call [`Pipeline::wake_jobs`] afterwards.
    pub async fn make(&self, session: &Session, asked: Value) -> Result<(Task, DrawerWrite), Problem> {
        let owner = Owner::of(session);
        let live = self.list().await?.into_iter().filter(Task::is_live);
        if live.filter(|task| task.owner.is_same(&owner)).count() >= limits::TASKS_OF_ONE {
            return Err(Problem::new(
                Kind::TooMany,
                "Trop de travaux demandés sont encore en cours. Attendez la fin de l'un d'eux, ou annulez-en un.",
                "Too many of the tasks you asked for are still under way. Wait for one to end, or cancel one.",
            )
            .expecting(format!("at most {} (TASKS_OF_ONE)", limits::TASKS_OF_ONE)));
        }
        let now = session.now();
        let mut bytes = [0u8; 16];
        self.pipeline.gate().chance().fill(&mut bytes);
        let task = Task {
            id: ids::uuid_text(bytes),
            kind: self.kind.to_owned(),
            owner,
            asked,
            state: TaskState::Waiting,
            cursor: Value::Null,
            done: 0,
            total: None,
            result: Value::Null,
            made_at: now,
            changed_at: now,
            ended_at: None,
            kept_until: None,
            failures: 0,
            trouble: None,
            next_at: None,
            lease: None,
        };
        let key = self.key(&task.id);
        let write = self.drawers().replace(TASKS, HomeId::PLATFORM, &key, None, Some(&task));
        Ok((task, write))
    }

    /// A task by its id.
    pub async fn find(&self, id: &str) -> Result<Option<Task>, Problem> {
        self.drawers().get(TASKS, HomeId::PLATFORM, &self.key(id)).await
    }

    /// A task by its id, for whoever asked for it; anyone else's reads as unknown.
    pub async fn find_own(&self, session: &Session, id: &str) -> Result<Task, Problem> {
        let owner = Owner::of(session);
        let found = self.find(id).await?.filter(|task| task.owner.is_same(&owner));
        found.filter(|task| task.state != TaskState::Cancelled).ok_or_else(Problem::not_found)
    }

    /// Every task of the kind that is still kept.
    pub async fn list(&self) -> Result<Vec<Task>, Problem> {
        Ok(self.list_kept().await?.into_iter().map(|(_, kept)| kept.value).collect())
    }

    /// Cancels a task: what it did so far stays undone or is cleared, and it is forgotten. One that has ended already is
    /// removed with its result.
    pub async fn cancel(&self, id: &str) -> Result<(), Problem> {
        for _ in 0..limits::WRITE_RETRIES {
            let key = self.key(id);
            let Some(kept) = self.drawers().keep::<Task>(TASKS, HomeId::PLATFORM, &key).await? else {
                return Err(Problem::not_found());
            };
            let now = self.pipeline.gate().clock().now();
            let mut task = kept.value.clone();
            task.end(TaskState::Cancelled, now, now);
            match self.drawers().write(vec![self.replace(&kept, Some(&task))]).await {
                Err(problem) if problem.kind == Kind::Conflict => {}
                result => {
                    self.pipeline.wake_jobs();
                    return result;
                }
            }
        }
        Err(Problem::new(
            Kind::Unavailable,
            "Ce travail avance trop vite pour être annulé. Réessayez dans un instant.",
            "This task moves too fast to be cancelled. Try again in a moment.",
        ))
    }

    pub(crate) async fn list_kept(&self) -> Result<Vec<(Vec<u8>, Kept<Task>)>, Problem> {
        let start = self.key("");
        let mut all = Vec::new();
        let mut after = start.clone();
        loop {
            let page: Vec<(Vec<u8>, Kept<Task>)> =
                self.drawers().list_kept(TASKS, HomeId::PLATFORM, &after, limits::PAGE_MAX).await?;
            let is_last = page.len() < limits::PAGE_MAX;
            for (key, kept) in page {
                if !key.starts_with(&start) {
                    return Ok(all);
                }
                after.clone_from(&key);
                all.push((key, kept));
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    pub(crate) fn replace(&self, before: &Kept<Task>, after: Option<&Task>) -> DrawerWrite {
        let key = self.key(&before.value.id);
        self.drawers().replace(TASKS, HomeId::PLATFORM, &key, Some(before), after)
    }
}
