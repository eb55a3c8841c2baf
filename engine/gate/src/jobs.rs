//! What jobs of the engine look at without being anyone: stored versions, to tell whether a change is of a kind that somebody
//! asked to be told of. Nothing of it leaves by itself: what is told goes through a [`Session`](crate::Session) of whoever is told.

use crate::gate::{Gate, problem};
use bytes::Bytes;
use socle_kernel::{Key, Problem};
use socle_store::StoreError;

impl Gate {
    /// The stored text of a version, whoever may see it; empty for a deletion. `None` when there is none, or none any more.
    pub async fn stored_version(&self, key: Key, version: u32) -> Result<Option<Bytes>, Problem> {
        let mut snapshot = self.0.store.snapshot().await.map_err(problem)?;
        match snapshot.version(key, version).await {
            Ok(found) => Ok(found.map(|found| found.body)),
            Err(StoreError::Erased(_)) => Ok(None),
            Err(error) => Err(problem(error)),
        }
    }
}
