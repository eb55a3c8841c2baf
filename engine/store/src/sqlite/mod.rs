//! The store on SQLite: one file, one writer, many readers, one process.

mod apply;
mod decode;
mod erase;
mod log;
mod read;
mod schema;
mod sql;
#[cfg(test)]
mod tests;
mod verify;
mod write;

pub(crate) use verify::verify_file;

use crate::blobs::{self, Blobs};
use crate::head::{Inclusion, SignedHead};
use crate::keys::Keyed;
use crate::prepare::{Preparer, Sealed};
use crate::ring::KeyRing;
use crate::seal::{HomeKey, Wrapper};
use crate::{
    AuditReport, BlobRef, Commit, PlatformKeys, Result, Snapshot, Store, StoreConfig, StoreError,
    StoreFigures, disk,
};
use apply::Refusal;
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use read::{Pool, SqliteSnapshot};
use rusqlite::{Connection, ErrorCode};
use socle_kernel::{Chance, Clock, HomeId, limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};
use write::{Job, Message, Writer};

/// Commits of more writes than this are sealed beside the runtime's own threads.
const SEALED_INLINE: usize = 64;

/// True for an error that says the disk, or the quota, is full.
fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// An error of the database as the store tells it.
fn database_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(format!("the database file: {error}"))
        }
        _ => StoreError::Io(format!("database: {error}")),
    }
}

/// A store on SQLite.
pub(crate) struct SqliteStore {
    inner: Arc<Inner>,
    /// Taken when the store closes.
    queue: Mutex<Option<SyncSender<Message>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Inner {
    config: StoreConfig,
    keys: PlatformKeys,
    index: Keyed,
    ring: Arc<KeyRing>,
    chance: Arc<dyn Chance>,
    pool: Arc<Pool>,
    blobs: Blobs,
    /// Looks up keys of homes; apart from the pool, because a commit may come from a task that holds a snapshot.
    lookup: Mutex<Option<Connection>>,
    feed: watch::Receiver<u64>,
    queued_bytes: Arc<AtomicUsize>,
}

/// Opens the store of a folder.
pub(crate) fn open(
    config: StoreConfig,
    keys: PlatformKeys,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Result<SqliteStore> {
    let lock = disk::take_folder(&config.folder)?;
    let mut conn = schema::open_writer(&config, &keys)?;
    for home in erase::pending(&conn)? {
        let found = erase::find(&conn, home)?;
        let sweep = conn.transaction().map_err(database_error)?;
        erase::sweep(&sweep, home, &found)?;
        sweep.commit().map_err(database_error)?;
    }
    let ends = log::load_ends(&conn, &keys)?;
    let head = log::last_head(&conn)?.map(|head| (head.size, head.at));
    let ring = Arc::new(KeyRing::new(Wrapper::new(&keys.wrap())));
    let (feed_sender, feed) = watch::channel(ends.feed);
    let queued_bytes = Arc::new(AtomicUsize::new(0));
    let pool = Arc::new(Pool::new(&config));
    let inner = Inner {
        index: keys.index(),
        ring: ring.clone(),
        blobs: Blobs::open(&config)?,
        lookup: Mutex::new(Some(pool.open()?)),
        queued_bytes: queued_bytes.clone(),
        config,
        keys,
        chance,
        pool,
        feed,
    };
    let writer = Writer {
        conn,
        ring,
        ends,
        sign: inner.keys.audit_sign(),
        mac: inner.keys.audit_mac(),
        clock,
        head,
        feed: feed_sender,
        queued_bytes,
        folder: inner.config.folder.clone(),
        reserve_bytes: inner.config.reserve_bytes,
        log_is_dirty: true,
        log_most_bytes: write::LOG_MOST_BYTES,
        broken: None,
        lock,
    };
    let (sender, receiver) = sync_channel(limits::WRITE_QUEUE);
    let thread = std::thread::Builder::new()
        .name("socle-writer".to_owned())
        .spawn(move || writer.run(&receiver))
        .map_err(|error| StoreError::Io(format!("the writer's thread cannot start: {error}")))?;
    Ok(SqliteStore {
        inner: Arc::new(inner),
        queue: Mutex::new(Some(sender)),
        thread: Mutex::new(Some(thread)),
    })
}

impl Inner {
    fn preparer<T>(&self, work: impl FnOnce(&Preparer<'_>) -> Result<T>) -> Result<T> {
        let load = |home| {
            let lookup = self.lookup.lock();
            decode::newest_key(lookup.as_ref().ok_or(StoreError::Busy)?, home)
        };
        let (ring, index, chance) = (&*self.ring, &self.index, &*self.chance);
        work(&Preparer { ring, index, chance, load: &load })
    }

    /// The stored key that opens a content of a home.
    fn stored_key(&self, home: HomeId, id: u16) -> Result<Arc<HomeKey>> {
        self.ring.for_read(home, id, || {
            let lookup = self.lookup.lock();
            decode::stored_key(lookup.as_ref().ok_or(StoreError::Busy)?, home, id)
        })
    }

    async fn seal(self: &Arc<Self>, commit: Commit) -> Result<(Commit, Sealed)> {
        if commit.writes.len() <= SEALED_INLINE {
            let sealed = self.preparer(|preparer| preparer.seal(&commit))?;
            return Ok((commit, sealed));
        }
        let inner = self.clone();
        beside(move || inner.preparer(|preparer| preparer.seal(&commit)).map(|sealed| (commit, sealed))).await
    }
}

/// Runs work that takes more than a moment beside the runtime's own threads.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Io(format!("interrupted: {error}"))))
}

impl SqliteStore {
    fn send(&self, message: Message) -> Result<()> {
        let sender = self.queue.lock().clone().ok_or(StoreError::Busy)?;
        sender.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => StoreError::Busy,
        })
    }

    /// Gives a sealed commit to the writer and waits for its answer.
    async fn write(&self, sealed: Sealed) -> std::result::Result<(), Refusal> {
        let bytes = sealed.bytes;
        let before = self.inner.queued_bytes.fetch_add(bytes, Ordering::AcqRel);
        let give_back = || self.inner.queued_bytes.fetch_sub(bytes, Ordering::AcqRel);
        // One that is larger than the bound by itself goes when nothing else waits.
        if before > 0 && before.saturating_add(bytes) > limits::WRITE_QUEUE_BYTES {
            give_back();
            return Err(StoreError::Busy.into());
        }
        let (answer, answered) = oneshot::channel();
        if let Err(error) = self.send(Message::Commit(Job { commit: sealed, answer })) {
            give_back();
            return Err(error.into());
        }
        answered.await.unwrap_or_else(|_| Err(StoreError::Busy.into()))
    }

    /// Seals and keeps a content.
    async fn put_sealed(&self, home: HomeId, name: Option<[u8; 16]>, content: Bytes) -> Result<BlobRef> {
        let key = self.kept_key(home).await?;
        let inner = self.inner.clone();
        let (blob, sealed) = beside(move || inner.blobs.seal(&key, name, &content, &*inner.chance)).await?;
        self.inner.blobs.put(home, &blob, sealed).await?;
        Ok(blob)
    }

    /// The key of a home, stored for good.
    async fn kept_key(&self, home: HomeId) -> Result<Arc<HomeKey>> {
        for _ in 0..limits::WRITE_RETRIES {
            let key = self.inner.preparer(|preparer| preparer.key(home))?;
            if key.is_stored() {
                return Ok(key);
            }
            let only_key = Sealed { keys: vec![key.clone()], bytes: 100, ..Sealed::default() };
            match self.write(only_key).await {
                Ok(()) => return Ok(key),
                Err(Refusal::StaleKey(home)) => self.inner.ring.forget(home),
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Err(StoreError::Busy)
    }
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::StaleKey(_) => StoreError::Busy,
            Refusal::Store(error) => error,
            Refusal::Broken(error) => database_error(error),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let lent = self.inner.pool.lend().await?;
        Ok(Box::new(SqliteSnapshot::new(lent, self.inner.ring.clone(), self.inner.index.clone())))
    }

    async fn commit(&self, mut commit: Commit) -> Result<()> {
        for _ in 0..limits::WRITE_RETRIES {
            let sealed;
            (commit, sealed) = self.inner.seal(commit).await?;
            match self.write(sealed).await {
                Ok(()) => return Ok(()),
                // Two keys were drawn for one new home: the stored one counts.
                Err(Refusal::StaleKey(home)) => self.inner.ring.forget(home),
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Err(StoreError::Busy)
    }

    async fn put_blob(&self, home: HomeId, content: Bytes) -> Result<BlobRef> {
        self.put_sealed(home, None, content).await
    }

    async fn put_blob_named(&self, home: HomeId, name: [u8; 16], content: Bytes) -> Result<BlobRef> {
        self.put_sealed(home, Some(name), content).await
    }

    async fn remove_blob(&self, home: HomeId, name: [u8; 16]) -> Result<()> {
        self.inner.blobs.remove(home, &name).await
    }

    async fn get_blob(&self, home: HomeId, blob: &BlobRef) -> Result<Bytes> {
        let sealed = self.inner.blobs.get(home, blob).await;
        let id = match &sealed {
            Ok(sealed) => blobs::key_id(sealed),
            Err(_) => None,
        };
        // An erased home is told as such, whether or not its contents are still there.
        let key = self.inner.stored_key(home, id.unwrap_or(crate::seal::FIRST_KEY));
        if let Err(StoreError::Erased(home)) = key {
            return Err(StoreError::Erased(home));
        }
        let sealed = sealed?;
        let (key, blob) = (key?, blob.clone());
        beside(move || blobs::open(&key, &blob, &sealed)).await
    }

    async fn feed_after(&self, number: u64) {
        // An error means that the writer is gone: nothing more will come.
        let _ = self.inner.feed.clone().wait_for(|last| *last > number).await;
    }

    async fn feed_end(&self) -> u64 {
        *self.inner.feed.borrow()
    }

    fn is_exclusive(&self) -> bool {
        // The folder is locked by the process that opened it.
        true
    }

    async fn erase_home(&self, home: HomeId) -> Result<()> {
        if home.is_shared() {
            return Err(StoreError::Io(format!("{home:?} belongs to nobody and cannot be erased")));
        }
        let (answer, answered) = oneshot::channel();
        self.send(Message::Erase(home, answer))?;
        answered.await.unwrap_or(Err(StoreError::Busy))?;
        let inner = self.inner.clone();
        let found = beside(move || erase::find(&inner.pool.open()?, home)).await?;
        let (answer, answered) = oneshot::channel();
        self.send(Message::Sweep(home, found, answer))?;
        answered.await.unwrap_or(Err(StoreError::Busy))?;
        self.inner.blobs.remove_home(home).await
    }

    async fn verify_audit(&self) -> Result<AuditReport> {
        let inner = self.inner.clone();
        beside(move || verify::verify(&inner.pool.open()?, &inner.keys)).await
    }

    async fn audit_head(&self) -> Result<Option<SignedHead>> {
        log::last_head(self.inner.pool.lend().await?.conn()?)
    }

    async fn inclusion(&self, number: u64) -> Result<Option<Inclusion>> {
        let inner = self.inner.clone();
        beside(move || verify::inclusion(&inner.pool.open()?, number)).await
    }

    async fn figures(&self) -> Result<StoreFigures> {
        let folder = &self.inner.config.folder;
        let length = |path| std::fs::metadata(path).map_or(0, |meta: std::fs::Metadata| meta.len());
        let lent = self.inner.pool.lend().await?;
        let tallies = decode::tallies(lent.conn()?)?;
        let blob_bytes =
            tallies.iter().find(|(kind, _)| *kind == decode::BLOB_BYTES).map_or(0, |(_, amount)| *amount);
        Ok(StoreFigures {
            schema: schema::schema_version(lent.conn()?)?,
            database_bytes: length(schema::file_of(folder)) + length(schema::log_of(folder)),
            blob_bytes: u64::try_from(blob_bytes).unwrap_or(0),
            free_bytes: disk::free_bytes(folder)?,
            engine: format!("SQLite {}", rusqlite::version()),
        })
    }

    async fn close(&self) -> Result<()> {
        let Some(sender) = self.queue.lock().take() else { return Ok(()) };
        self.inner.pool.close();
        *self.inner.lookup.lock() = None;
        let (answer, answered) = oneshot::channel();
        // The queue may be full: the writer sees that its senders are gone after the last message, and closes as well.
        let asked = sender.try_send(Message::Close(answer)).is_ok();
        drop(sender);
        let result = if asked { answered.await.unwrap_or(Err(StoreError::Busy)) } else { Ok(()) };
        let thread = self.thread.lock().take();
        beside(move || {
            // The writer's own errors were answered; a panic in it was printed when it happened.
            let _ = thread.map(JoinHandle::join);
            Ok(())
        })
        .await?;
        result
    }
}

impl Drop for SqliteStore {
    /// A store that was not closed finishes its waiting writes all the same, and frees its folder.
    fn drop(&mut self) {
        drop(self.queue.get_mut().take());
        if let Some(thread) = self.thread.get_mut().take() {
            // As in `close`.
            let _ = thread.join();
        }
    }
}
