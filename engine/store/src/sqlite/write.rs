//! The one writer: a thread that drains the queue and writes many commits in one transaction.
//!
//! Every commit has its savepoint, so that one that is refused harms none of the others; an answer leaves only after
//! COMMIT, with its fsync, returned. When the disk is full or fails, the whole batch is refused: nothing is
//! acknowledged that could be lost.

use super::apply::{Ends, Refusal, apply};
use super::decode::{PLATFORM, number_column};
use super::erase::{self, Found};
use super::{database_error, is_full, schema};
use crate::disk::{self, FolderLock};
use crate::head::SignedHead;
use crate::keys::Keyed;
use crate::prepare::Sealed;
use crate::ring::KeyRing;
use crate::{Result, StoreError};
use ed25519_dalek::SigningKey;
use rusqlite::{Connection, ErrorCode, params};
use socle_kernel::{Clock, HomeId, Instant, limits};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

const TREE_SET: &str = "INSERT INTO tree (home, size, frontier, mac) VALUES ($1, $2, $3, $4) ON CONFLICT (home) \
     DO UPDATE SET size = excluded.size, frontier = excluded.frontier, mac = excluded.mac";
const HEAD_ADD: &str = "INSERT INTO head (home, size, root, at, signature) VALUES ($1, $2, $3, $4, $5)";
const TALLY_ADD: &str = "INSERT INTO tally (home, kind, amount) VALUES ($1, $2, $3) ON CONFLICT (home, kind) \
     DO UPDATE SET amount = tally.amount + excluded.amount";

/// How long the queue is empty before the writer tidies up.
const IDLE: Duration = Duration::from_secs(1);
/// The log may grow to this while readers keep it from starting again; past it the writer waits for them a moment.
pub(super) const LOG_MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Longest wait for readers before the log starts again.
const LOG_WAIT: Duration = Duration::from_millis(250);

/// A commit on its way and who waits for it.
pub(super) struct Job {
    pub(super) commit: Sealed,
    pub(super) answer: oneshot::Sender<std::result::Result<(), Refusal>>,
}

/// What the writer is asked.
pub(super) enum Message {
    Commit(Job),
    /// Destroys the keys of a home and what lies in it beside its log.
    Erase(HomeId, oneshot::Sender<Result<()>>),
    /// Removes what finds an erased home.
    Sweep(HomeId, Found, oneshot::Sender<Result<()>>),
    Close(oneshot::Sender<Result<()>>),
}

/// State of the writer's thread.
pub(super) struct Writer {
    pub(super) conn: Connection,
    pub(super) ring: Arc<KeyRing>,
    pub(super) ends: Ends,
    pub(super) sign: SigningKey,
    pub(super) mac: Keyed,
    pub(super) clock: Arc<dyn Clock>,
    /// Size and moment of the newest head.
    pub(super) head: Option<(u64, Instant)>,
    pub(super) feed: watch::Sender<u64>,
    /// Bytes of commits that wait or are being written.
    pub(super) queued_bytes: Arc<AtomicUsize>,
    pub(super) folder: PathBuf,
    pub(super) reserve_bytes: u64,
    /// True when the log holds something the database file does not.
    pub(super) log_is_dirty: bool,
    /// Length of the log from which it is made to start again.
    pub(super) log_most_bytes: u64,
    /// Why the disk cannot be trusted any more; set by a failed fsync.
    pub(super) broken: Option<String>,
    /// Held as long as the writer lives.
    pub(super) lock: FolderLock,
}

impl Writer {
    /// Works until asked to close, or until every sender is gone.
    pub(super) fn run(mut self, queue: &Receiver<Message>) {
        let mut next = None;
        let closing = loop {
            let message = match next.take() {
                Some(message) => message,
                None => match self.wait(queue) {
                    Some(message) => message,
                    None => break None,
                },
            };
            match message {
                Message::Commit(job) => {
                    let mut batch = vec![job];
                    while batch.len() < limits::GROUP_COMMIT && next.is_none() {
                        match queue.try_recv() {
                            Ok(Message::Commit(job)) => batch.push(job),
                            Ok(other) => next = Some(other),
                            Err(_) => break,
                        }
                    }
                    self.write(batch);
                }
                Message::Erase(home, answer) => {
                    let _ = answer.send(self.erase(home));
                }
                Message::Sweep(home, found, answer) => {
                    let _ = answer.send(self.transaction(|writer| erase::sweep(&writer.conn, home, &found)));
                }
                Message::Close(answer) => break Some(answer),
            }
        };
        let result = self.close();
        if let Some(answer) = closing {
            // Nobody may be waiting any more: the store is closed either way.
            let _ = answer.send(result);
        }
    }

    /// The next message; `None` when nobody can send one. Tidies up while nothing comes.
    fn wait(&mut self, queue: &Receiver<Message>) -> Option<Message> {
        loop {
            let has_work = self.log_is_dirty || self.has_unsigned_lines();
            if !has_work {
                return queue.recv().ok();
            }
            match queue.recv_timeout(IDLE) {
                Ok(message) => return Some(message),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.tidy(),
            }
        }
    }

    fn tidy(&mut self) {
        if self.is_head_due() && self.broken.is_none() {
            let signed = self.transaction(Self::sign_head);
            if let Err(error) = signed {
                tracing::warn!(%error, "the head of the audit log could not be signed");
            }
        }
        if self.log_is_dirty {
            self.log_is_dirty = !self.checkpoint("TRUNCATE", Duration::ZERO);
        }
    }

    fn write(&mut self, mut batch: Vec<Job>) {
        let bytes: usize = batch.iter().map(|job| job.commit.bytes).sum();
        let result = self.write_batch(&batch);
        if matches!(result, Err(StoreError::Full)) && batch.len() > 1 {
            // One that frees room, or needs none, must not fail for the sake of the others.
            for job in batch.drain(..) {
                let one = [job];
                let result = self.write_batch(&one);
                let [job] = one;
                answer(vec![job], result);
            }
        } else {
            answer(batch, result);
        }
        self.queued_bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.keep_log_short();
    }

    /// Writes a batch in one transaction. Gives each member's result, or the error that all of them share.
    fn write_batch(&mut self, batch: &[Job]) -> Result<Vec<std::result::Result<(), Refusal>>> {
        let results = self.transaction(|writer| {
            let mut results = Vec::with_capacity(batch.len());
            for job in batch {
                results.push(writer.write_one(&job.commit)?);
            }
            if writer.is_head_due() {
                writer.sign_head()?;
            }
            Ok(results)
        })?;
        for (job, result) in batch.iter().zip(&results) {
            if result.is_ok() {
                job.commit.keys.iter().for_each(|key| key.set_stored());
            }
        }
        let feed = self.ends.feed;
        self.feed.send_if_modified(|number| std::mem::replace(number, feed) != feed);
        Ok(results)
    }

    /// Writes one commit in its savepoint. The outer error ends the transaction.
    fn write_one(&mut self, commit: &Sealed) -> Result<std::result::Result<(), Refusal>> {
        let before = self.ends.clone();
        self.execute("SAVEPOINT member")?;
        let result = match apply(&self.conn, &self.ring, &mut self.ends, commit) {
            Ok(()) => Ok(()),
            Err(Refusal::Broken(error)) => return Err(self.disk_error(error)),
            Err(refusal) => {
                self.execute("ROLLBACK TO member")?;
                self.ends = before;
                Err(refusal)
            }
        };
        self.execute("RELEASE member")?;
        Ok(result)
    }

    /// Runs work in one transaction, with the tallies and the tree as they then are. On an error everything is as before.
    pub(super) fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if let Some(why) = &self.broken {
            return Err(StoreError::Io(why.clone()));
        }
        let before = (self.ends.clone(), self.head);
        let result = self.check_room().and_then(|()| self.execute("BEGIN IMMEDIATE")).and_then(|()| {
            let value = work(self)?;
            self.write_ends(before.0.frontier.size())?;
            self.commit()?;
            Ok(value)
        });
        match result {
            Ok(value) => {
                self.log_is_dirty = true;
                Ok(value)
            }
            Err(error) => {
                if !self.conn.is_autocommit() {
                    // A failed rollback leaves the transaction open; the next BEGIN then fails and says so.
                    let _ = self.execute("ROLLBACK");
                }
                (self.ends, self.head) = before;
                Err(error)
            }
        }
    }

    fn commit(&mut self) -> Result<()> {
        let committed = self.conn.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        committed.map(|_| ()).map_err(|error| {
            let code = error.sqlite_error().map_or(0, |error| error.extended_code);
            let error = self.disk_error(error);
            if code == rusqlite::ffi::SQLITE_IOERR_FSYNC && !matches!(error, StoreError::Full) {
                // After a failed fsync the system may have dropped what it could not write: stop acknowledging.
                let why = format!("the disk failed to keep a write ({error}); check it and start again");
                tracing::error!(cause = %error, "the disk failed to keep a write: no more writes until a restart");
                self.broken = Some(why);
            }
            error
        })
    }

    fn write_ends(&mut self, size_before: u64) -> Result<()> {
        for (kind, change) in std::mem::take(&mut self.ends.tallies) {
            if change != 0 {
                self.run_cached(TALLY_ADD, params![PLATFORM, kind, change])?;
            }
        }
        let size = self.ends.frontier.size();
        if size != size_before {
            let frontier = self.ends.frontier.to_bytes();
            let mac = self.mac.tag(&[&size.to_be_bytes(), &frontier]);
            self.run_cached(TREE_SET, params![PLATFORM, number_column(size), frontier, mac.as_slice()])?;
        }
        Ok(())
    }

    fn has_unsigned_lines(&self) -> bool {
        self.ends.frontier.size() > self.head.map_or(0, |(size, _)| size)
    }

    fn is_head_due(&self) -> bool {
        let now = self.clock.now();
        let is_time = self.head.is_none_or(|(_, at)| now < at || now >= at.plus(limits::AUDIT_HEAD_EVERY));
        is_time && self.has_unsigned_lines()
    }

    fn sign_head(&mut self) -> Result<()> {
        let size = self.ends.frontier.size();
        let head = SignedHead::sign(size, self.ends.frontier.root(), self.clock.now(), &self.sign);
        let SignedHead { root, at, signature, .. } = &head;
        let row = params![PLATFORM, number_column(size), root.as_slice(), at.micros(), signature.as_slice()];
        self.run_cached(HEAD_ADD, row)?;
        self.head = Some((size, head.at));
        Ok(())
    }

    fn erase(&mut self, home: HomeId) -> Result<()> {
        // Deleted bytes are overwritten in their pages, then the log that still holds them is cut off.
        self.execute_batch("PRAGMA secure_delete = ON")?;
        let result = self.transaction(|writer| erase::destroy(&writer.conn, &mut writer.ends, home));
        if result.is_ok() {
            self.ring.erase(home);
            self.log_is_dirty = !self.checkpoint("TRUNCATE", LOG_WAIT);
        }
        self.execute_batch("PRAGMA secure_delete = FAST")?;
        result
    }

    fn check_room(&self) -> Result<()> {
        if disk::free_bytes(&self.folder)? < self.reserve_bytes { Err(StoreError::Full) } else { Ok(()) }
    }

    fn keep_log_short(&mut self) {
        let length = std::fs::metadata(schema::log_of(&self.folder)).map_or(0, |meta| meta.len());
        if length > self.log_most_bytes {
            let restarted = self.checkpoint("RESTART", LOG_WAIT);
            // A view that stays open long must not make every batch wait for it.
            self.log_most_bytes = if restarted { LOG_MOST_BYTES } else { length + LOG_MOST_BYTES / 4 };
        }
    }

    /// Copies the log into the database, waiting for readers at most so long; true when nothing was left in it.
    fn checkpoint(&self, mode: &str, wait: Duration) -> bool {
        if let Err(error) = self.conn.busy_timeout(wait) {
            tracing::warn!(cause = %error, "the wait for readers could not be set");
        }
        let done =
            self.conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(0));
        match done {
            Ok(busy) => busy == 0,
            Err(error) => {
                tracing::warn!(cause = %error, "the write-ahead log could not be copied into the database");
                false
            }
        }
    }

    fn close(mut self) -> Result<()> {
        let signed = if self.has_unsigned_lines() { self.transaction(Self::sign_head) } else { Ok(()) };
        self.checkpoint("TRUNCATE", LOG_WAIT);
        let Writer { conn, lock, .. } = self;
        let closed = conn.close().map_err(|(_, error)| database_error(error));
        drop(lock);
        signed.and(closed)
    }

    fn execute(&self, text: &str) -> Result<()> {
        self.run_cached(text, [])
    }

    fn run_cached(&self, text: &str, row: impl rusqlite::Params) -> Result<()> {
        let done = self.conn.prepare_cached(text).and_then(|mut statement| statement.execute(row));
        done.map(|_| ()).map_err(|error| self.disk_error(error))
    }

    fn execute_batch(&self, text: &str) -> Result<()> {
        self.conn.execute_batch(text).map_err(|error| self.disk_error(error))
    }

    /// Tells a full disk from any other error: some of SQLite's IO errors are that, too.
    fn disk_error(&self, error: rusqlite::Error) -> StoreError {
        let is_io = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
        let has_no_room =
            || disk::free_bytes(&self.folder).is_ok_and(|free| free < self.reserve_bytes.max(1 << 20));
        if is_full(&error) || (is_io && has_no_room()) { StoreError::Full } else { database_error(error) }
    }
}

fn answer(batch: Vec<Job>, result: Result<Vec<std::result::Result<(), Refusal>>>) {
    match result {
        Ok(results) => {
            for (job, result) in batch.into_iter().zip(results) {
                // Who gave up waiting needs no answer.
                let _ = job.answer.send(result);
            }
        }
        Err(error) => {
            for job in batch {
                let _ = job.answer.send(Err(Refusal::Store(error.clone())));
            }
        }
    }
}
