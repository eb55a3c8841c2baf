//! `/connexion/demonstration`: in a demonstration store, one click signs in as an invented person. Elsewhere the address
//! answers as if it did not exist.

use super::sign_in::next;
use super::suite_of;
use crate::accounts::{self, Role};
use crate::sign_in;
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall};

/// `POST /connexion/demonstration`.
pub(super) fn submit<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        if !call.pipeline.settings().is_demo {
            return Err(Problem::not_found());
        }
        let account = accounts::find(&call.pipeline, call.form.text("identifiant")).await?;
        let account =
            account.filter(|account| account.role != Role::System).ok_or_else(Problem::not_found)?;
        let suite = suite_of(call).unwrap_or("");
        sign_in::finish(call, &account, &["demo"], next(suite)).await
    })
}
