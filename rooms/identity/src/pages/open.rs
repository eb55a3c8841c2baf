//! `/pro/patients/{id}/ouvrir`: from the list to the record, remembering the patient; by way of the question of access when
//! there is no care relation.

use super::access::{patient_key, read_patient};
use crate::sessions::{self, Recent};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::Problem;
use socle_pipeline::{PageAnswer, PageCall, PersonShown};

/// `GET /pro/patients/{id}/ouvrir`.
pub(super) fn show<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let id = call.param("id");
        let key = patient_key(session, id).await?;
        let (standing, _) = session.standing(key.home).await?;
        if standing.refused.is_some() {
            return Ok(PageAnswer::redirect(format!("/pro/patients/{id}/acces")));
        }
        let patient = read_patient(session, key).await?;
        remember(call, id, &PersonShown::of(&patient)).await?;
        Ok(PageAnswer::redirect(format!("/pro/patients/{id}")))
    })
}

/// Remembers a patient in the page session, when there is one.
pub(super) async fn remember(call: &PageCall, id: &str, person: &PersonShown) -> Result<(), Problem> {
    let Some(session) = &call.identified.session else { return Ok(()) };
    let recent = Recent {
        id: id.to_owned(),
        name: person.name.clone(),
        birth_date: person.birth_date.map_or_else(String::new, |date| date.to_string()),
    };
    sessions::update(&call.pipeline, session, |session| session.remember(recent.clone())).await.map(|_| ())
}
