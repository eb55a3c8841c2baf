//! Drawers: small typed state that FHIR has no place for (credentials, grants, cursors). A room opens only its own.

use crate::gate::{Gate, problem};
use serde::Serialize;
use serde::de::DeserializeOwned;
use socle_kernel::{HomeId, Problem};
use socle_store::{Commit, DrawerWrite};

/// An entry as it lies in its drawer. A change made from it is refused when the entry changed meanwhile, whatever a newer
/// program would write for the same value.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    /// What it says.
    pub value: T,
    bytes: Vec<u8>,
}

/// The drawers of one room.
#[derive(Clone)]
pub struct Drawers {
    gate: Gate,
    room: &'static str,
}

impl Drawers {
    pub(crate) fn new(gate: Gate, room: &'static str) -> Self {
        Drawers { gate, room }
    }

    fn check(&self, drawer: &str) {
        let is_own = drawer.strip_prefix(self.room).is_some_and(|rest| rest.starts_with('.'));
        assert!(is_own, "drawer {drawer} does not belong to room {}", self.room);
    }

    /// An entry, decoded.
    pub async fn get<T: DeserializeOwned>(
        &self,
        drawer: &'static str,
        home: HomeId,
        key: &[u8],
    ) -> Result<Option<T>, Problem> {
        self.check(drawer);
        let mut snapshot = self.gate.0.store.snapshot().await.map_err(problem)?;
        let bytes = snapshot.drawer(drawer, home, key).await.map_err(problem)?;
        bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(Problem::internal)).transpose()
    }

    /// An entry, decoded, to be changed with [`Drawers::replace`].
    pub async fn keep<T: DeserializeOwned>(
        &self,
        drawer: &'static str,
        home: HomeId,
        key: &[u8],
    ) -> Result<Option<Kept<T>>, Problem> {
        self.check(drawer);
        let mut snapshot = self.gate.0.store.snapshot().await.map_err(problem)?;
        let bytes = snapshot.drawer(drawer, home, key).await.map_err(problem)?;
        bytes.map(kept).transpose()
    }

    /// As [`Drawers::list`], each entry to be changed with [`Drawers::replace`].
    pub async fn list_kept<T: DeserializeOwned>(
        &self,
        drawer: &'static str,
        home: HomeId,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Kept<T>)>, Problem> {
        self.check(drawer);
        let mut snapshot = self.gate.0.store.snapshot().await.map_err(problem)?;
        let entries = snapshot.drawer_list(drawer, home, after, limit).await.map_err(problem)?;
        entries.into_iter().map(|(key, bytes)| Ok((key, kept(bytes)?))).collect()
    }

    /// Entries in key order, keys strictly after `after`.
    pub async fn list<T: DeserializeOwned>(
        &self,
        drawer: &'static str,
        home: HomeId,
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, T)>, Problem> {
        self.check(drawer);
        let mut snapshot = self.gate.0.store.snapshot().await.map_err(problem)?;
        let entries = snapshot.drawer_list(drawer, home, after, limit).await.map_err(problem)?;
        entries
            .into_iter()
            .map(|(key, bytes)| Ok((key, serde_json::from_slice(&bytes).map_err(Problem::internal)?)))
            .collect()
    }

    /// A change of an entry, to be written with others in [`Drawers::write`] or with resources in a session's commit.
    pub fn change<T: Serialize>(
        &self,
        drawer: &'static str,
        home: HomeId,
        key: &[u8],
        value: Option<&T>,
    ) -> DrawerWrite {
        self.check(drawer);
        let value = value.map(|value| serde_json::to_vec(value).expect("drawer values are plain data"));
        DrawerWrite { drawer, home, key: key.to_vec(), value, expected: None }
    }

    /// As [`Drawers::change`], but refused with a conflict when the entry is not as it was read.
    pub fn change_if<T: Serialize>(
        &self,
        drawer: &'static str,
        home: HomeId,
        key: &[u8],
        before: Option<&T>,
        value: Option<&T>,
    ) -> DrawerWrite {
        let expected = before.map(|before| serde_json::to_vec(before).expect("drawer values are plain data"));
        DrawerWrite { expected: Some(expected), ..self.change(drawer, home, key, value) }
    }

    /// As [`Drawers::change`], but refused with a conflict when the entry no longer lies as it was kept (`None`: absent).
    pub fn replace<T: Serialize>(
        &self,
        drawer: &'static str,
        home: HomeId,
        key: &[u8],
        before: Option<&Kept<T>>,
        value: Option<&T>,
    ) -> DrawerWrite {
        let expected = before.map(|before| before.bytes.clone());
        DrawerWrite { expected: Some(expected), ..self.change(drawer, home, key, value) }
    }

    /// Writes changes, all or nothing; durable when it returns.
    pub async fn write(&self, drawers: Vec<DrawerWrite>) -> Result<(), Problem> {
        for change in &drawers {
            self.check(change.drawer);
        }
        let commit = Commit { drawers, ..Commit::default() };
        self.gate.0.store.commit(commit).await.map_err(problem)
    }
}

fn kept<T: DeserializeOwned>(bytes: Vec<u8>) -> Result<Kept<T>, Problem> {
    let value = serde_json::from_slice(&bytes).map_err(Problem::internal)?;
    Ok(Kept { value, bytes })
}
