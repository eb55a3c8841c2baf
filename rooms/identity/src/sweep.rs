//! Clears away what is over: a few entries at each sign-in or grant, so that drawers do not grow and nobody waits.

use crate::drawers;
use crate::grants::{self, Code, Grant, Refresh};
use crate::sessions::{self, PageSession};
use crate::state::State;
use serde::de::DeserializeOwned;
use socle_gate::DrawerWrite;
use socle_kernel::{HomeId, Instant, Problem};
use socle_pipeline::Pipeline;

/// Entries looked at in one go.
const LOOKED_AT: usize = 32;

/// Clears sessions that are over.
pub(crate) async fn sessions(pipeline: &Pipeline) -> Result<(), Problem> {
    let remove = |key: &[u8], session: &PageSession, now| {
        (!session.is_live(now)).then(|| sessions::removal(pipeline, &session.login, key))
    };
    sweep(pipeline, sessions::DRAWER, remove).await
}

/// Clears codes, grants and refresh tokens that are over.
pub(crate) async fn grants(pipeline: &Pipeline) -> Result<(), Problem> {
    let one = |drawer, key: &[u8]| vec![drawers(pipeline).change::<()>(drawer, HomeId::PLATFORM, key, None)];
    // A used code or refresh token is kept as long as its grant may live, so that its reuse is noticed.
    let code =
        |key: &[u8], code: &Code, now: Instant| (code.kept_until() <= now).then(|| one(grants::CODES, key));
    sweep(pipeline, grants::CODES, code).await?;
    let refresh = |key: &[u8], refresh: &Refresh, now: Instant| {
        (refresh.kept_until <= now).then(|| one(grants::REFRESH, key))
    };
    sweep(pipeline, grants::REFRESH, refresh).await?;
    let grant = |key: &[u8], grant: &Grant, now: Instant| {
        (grant.until <= now).then(|| grants::removal(pipeline, grant, key))
    };
    sweep(pipeline, grants::GRANTS, grant).await
}

async fn sweep<T: DeserializeOwned>(
    pipeline: &Pipeline,
    drawer: &'static str,
    remove: impl Fn(&[u8], &T, Instant) -> Option<Vec<DrawerWrite>>,
) -> Result<(), Problem> {
    let state = State::of(pipeline);
    let now = pipeline.gate().clock().now();
    let after = state.cursors.lock().get(drawer).cloned().unwrap_or_default();
    let drawers = drawers(pipeline);
    let entries: Vec<(Vec<u8>, T)> = drawers.list(drawer, HomeId::PLATFORM, &after, LOOKED_AT).await?;
    let next = if entries.len() < LOOKED_AT { Vec::new() } else { entries[LOOKED_AT - 1].0.clone() };
    state.cursors.lock().insert(drawer, next);
    let removed: Vec<DrawerWrite> =
        entries.iter().filter_map(|(key, value)| remove(key, value, now)).flatten().collect();
    if removed.is_empty() { Ok(()) } else { drawers.write(removed).await }
}
