//! Ends one session, or withdraws one approval, of the person's own account.

use crate::{grants, sessions};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall};

/// `POST /mon-espace/profil/sessions`.
pub(super) fn end_session<'a>(
    call: &'a PageCall,
    _: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let login = login(call)?;
        let id = call.form.text("id");
        let session = sessions::load(&call.pipeline, id).await?.filter(|session| session.login == login);
        // Another person's session reads as one that is over.
        session.ok_or_else(Problem::not_found)?;
        sessions::end(&call.pipeline, login, id).await?;
        Ok(PageAnswer::redirect("/mon-espace/profil?fait=session"))
    })
}

/// `POST /mon-espace/profil/applications`.
pub(super) fn revoke<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let login = login(call)?;
        let id = call.form.text("id");
        let grant =
            grants::load(&call.pipeline, id).await?.filter(|grant| grant.authentication.login == login);
        grant.ok_or_else(Problem::not_found)?;
        grants::revoke(&call.pipeline, id).await?;
        Ok(PageAnswer::redirect("/mon-espace/profil?fait=application"))
    })
}

fn login(call: &PageCall) -> Result<&str, Problem> {
    let citizen = call.identified.principal.citizen().ok_or_else(Problem::not_found)?;
    Ok(&citizen.account)
}
