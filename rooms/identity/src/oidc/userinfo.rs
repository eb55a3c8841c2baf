//! `/oidc/userinfo`: who the bearer of a token is, as the two national services say it.

use super::{Fault, answer, person};
use crate::accounts::{self, Account};
use crate::tokens;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::principal::Citizen;
use socle_kernel::{Key, Kind, Principal, Problem, Purpose, Subject};
use socle_pipeline::{PageAnswer, PageCall};
use std::sync::Arc;

/// `GET` and `POST /oidc/userinfo`.
pub(super) fn userinfo<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move { answer(claims(call).await) })
}

async fn claims(call: &PageCall) -> Result<Value, Fault> {
    let principal = &call.identified.principal;
    let login = match &principal.subject {
        _ if call.identified.session.is_some() => None,
        Subject::Citizen(citizen) => Some(&citizen.account),
        Subject::Professional(professional) => Some(&professional.account),
        Subject::Anonymous | Subject::System(_) => None,
    };
    let Some(login) = login else {
        return Err(Fault::Failed(Problem::new(
            Kind::Unauthenticated,
            "Présentez le jeton d’accès d’une personne (Authorization: Bearer).",
            "Show the access token of a person (Authorization: Bearer).",
        )));
    };
    let has = |scope: &str| principal.scopes.iter().any(|known| known == scope);
    if !has("openid") {
        return Err(Fault::new(403, "insufficient_scope", "This token has no openid scope."));
    }
    let account = accounts::find(&call.pipeline, login).await?.ok_or_else(Problem::not_found)?;
    let mut claims = of_person(call, &account, principal).await?;
    claims["sub"] = person::subject(&call.pipeline, login, &principal.client).into();
    if has("fhirUser")
        && let Some(address) = person::fhir_user(&call.pipeline, principal)
    {
        claims["fhirUser"] = address.into();
    }
    Ok(claims)
}

async fn of_person(call: &PageCall, account: &Account, principal: &Principal) -> Result<Value, Problem> {
    let has = |scope: &str| principal.scopes.iter().any(|known| known == scope);
    // A token of the command line shows what an application of its role could ask.
    let is_demo = principal.client == tokens::DEMO_GRANT;
    match &principal.subject {
        Subject::Professional(professional) => {
            let Some(practice) = &account.practice else { return Ok(json!({})) };
            if !(has("profile") || has("scope_all") || is_demo) {
                return Ok(json!({}));
            }
            let role = professional.situation.role;
            let here = practice.situations.iter().find(|situation| Some(situation.role) == role);
            Ok(person::professional(account, practice, here))
        }
        Subject::Citizen(citizen) => {
            let (has_profile, has_birth) = (has("profile") || is_demo, has("birth") || is_demo);
            let Some(own) = citizen.own.filter(|_| has_profile || has_birth) else { return Ok(json!({})) };
            let patient = own_patient(call, principal, citizen, own).await?;
            Ok(person::citizen(&patient, has_profile, has_birth))
        }
        Subject::Anonymous | Subject::System(_) => Ok(json!({})),
    }
}

/// The person's own traits: what they approved to show of themself is read as they would read it, and traced so.
async fn own_patient(
    call: &PageCall,
    principal: &Principal,
    citizen: &Citizen,
    own: Key,
) -> Result<Value, Problem> {
    let themself = Citizen { person: own, capacity: socle_kernel::Capacity::Own, ..citizen.clone() };
    let themself = Principal {
        subject: Subject::Citizen(themself),
        scopes: vec!["patient/Patient.r".into()],
        client: principal.client.clone(),
    };
    let session = call.pipeline.gate().session(Arc::new(themself), Purpose::Own, call.request.clone());
    let patient = match session.read(own).await {
        Ok(Some(found)) => serde_json::from_slice(&found.body).map_err(Problem::internal),
        Ok(None) => Err(Problem::not_found()),
        Err(problem) => Err(problem),
    };
    session.close(patient).await.into_inner()
}
