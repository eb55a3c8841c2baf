//! Tells callers apart: a bearer token, a page session, or a visitor.

use crate::sessions::{self, PageSession};
use crate::tokens::{self, Refusal};
use crate::{accounts, cookies, grants, principals, secrets};
use async_trait::async_trait;
use lru::LruCache;
use parking_lot::Mutex;
use socle_kernel::{Kind, Principal, Problem, Purpose, Subject};
use socle_pipeline::{Authenticator, Credentials, Identified, Owner, Pipeline};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Tokens remembered as verified; the one used longest ago is forgotten first.
const TOKENS: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");

/// The one who tells. Remembers, by their hash, what verified tokens say: reading a principal again at each request would
/// cost three times as much as all the rest. Their time and their grant are checked at each use all the same.
pub(crate) struct Door {
    verified: Mutex<LruCache<[u8; 32], Arc<Verified>>>,
}

/// What a verified token says.
struct Verified {
    principal: Arc<Principal>,
    purpose: Purpose,
    grant: String,
    expires: i64,
}

impl Door {
    pub(crate) fn new() -> Self {
        Door { verified: Mutex::new(LruCache::new(TOKENS)) }
    }

    /// What a token says, when it is ours and its time is not over.
    fn verify(&self, pipeline: &Pipeline, token: &str) -> Result<Arc<Verified>, Refusal> {
        let gate = pipeline.gate();
        let now = gate.clock().now();
        let hash = secrets::hash(token);
        let known = self.verified.lock().get(&hash).cloned();
        if let Some(known) = known {
            return if known.expires <= now.seconds() { Err(Refusal::Expired) } else { Ok(known) };
        }
        let claims = tokens::verify(&gate.secret(tokens::SECRET), token, now)?;
        let verified = Arc::new(Verified {
            principal: Arc::new(claims.principal),
            purpose: claims.purpose,
            grant: claims.grant,
            expires: claims.expires,
        });
        self.verified.lock().put(hash, verified.clone());
        Ok(verified)
    }

    async fn by_token(&self, pipeline: &Pipeline, bearer: &str) -> Result<Identified, Problem> {
        let verified = self.verify(pipeline, bearer).map_err(refused)?;
        let is_good = match verified.grant.as_str() {
            tokens::DEMO_GRANT => pipeline.settings().is_demo,
            grant => grants::load(pipeline, grant).await?.is_some(),
        };
        if !is_good {
            return Err(Problem::new(
                Kind::Unauthenticated,
                "Ce jeton a été révoqué, ou n’est pas de cette plateforme.",
                "This token was revoked, or is not of this platform.",
            ));
        }
        Ok(Identified {
            principal: verified.principal.clone(),
            purpose: verified.purpose.clone(),
            grant: Some(verified.grant.clone()),
            ..Identified::anonymous()
        })
    }
}

#[async_trait]
impl Authenticator for Door {
    async fn identify(&self, pipeline: &Pipeline, credentials: &Credentials) -> Result<Identified, Problem> {
        if let Some(bearer) = &credentials.bearer {
            return self.by_token(pipeline, bearer).await;
        }
        if let Some(token) = credentials.cookie(cookies::SESSION)
            && let Some(id) = sessions::id_of(token)
            && let Some(session) = sessions::load(pipeline, &id).await?
        {
            sessions::touch(pipeline, &id, &session).await;
            let csrf = secrets::keyed_text(&pipeline.gate().secret("csrf"), &["session", token]);
            return Ok(by_session(&session, id, csrf));
        }
        Ok(visitor(pipeline, credentials))
    }

    async fn still_holds(&self, pipeline: &Pipeline, owner: &Owner) -> Result<bool, Problem> {
        let login = match &owner.principal.subject {
            Subject::Anonymous => return Ok(false),
            Subject::System(system) if system.is_operator => return Ok(true),
            Subject::System(system) => &system.client_id,
            Subject::Citizen(citizen) => &citizen.account,
            Subject::Professional(professional) => &professional.account,
        };
        let is_program = matches!(owner.principal.subject, Subject::System(_));
        let holds = match owner.grant.as_deref() {
            Some(tokens::DEMO_GRANT) => pipeline.settings().is_demo,
            // A program signs in anew every ten minutes: what it asked for goes on unless that very grant was revoked.
            Some(grant) if is_program => !grants::is_revoked(pipeline, grant).await?,
            Some(grant) => grants::load(pipeline, grant).await?.is_some(),
            None => true,
        };
        Ok(holds && accounts::find(pipeline, login).await?.is_some())
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Expired => Problem::new(
            Kind::Unauthenticated,
            "Ce jeton a expiré. Demandez-en un nouveau.",
            "This token has expired. Ask for a new one.",
        )
        .coded("expired"),
        Refusal::Malformed | Refusal::Forged => Problem::new(
            Kind::Unauthenticated,
            "Ce jeton n’est pas un jeton de cette plateforme, ou il a été modifié.",
            "This token is not one of this platform, or was altered.",
        ),
    }
}

/// Until our own pages were let in and the person chose, a session acts for nobody.
fn by_session(session: &PageSession, id: String, csrf: String) -> Identified {
    let principal =
        session.principal.clone().filter(|_| session.is_open).unwrap_or_else(Principal::anonymous);
    let purpose = principals::purpose_of(&principal);
    let purposes: HashMap<_, Purpose> = session.purposes.iter().cloned().collect();
    Identified {
        principal: Arc::new(principal),
        purpose,
        purposes,
        csrf,
        cookies: Vec::new(),
        session: Some(id),
        grant: None,
    }
}

fn visitor(pipeline: &Pipeline, credentials: &Credentials) -> Identified {
    let base = &pipeline.settings().base_url;
    // A session cookie that is no longer good is left alone: taking it back here could undo the one that the page itself
    // sets with the same answer.
    let mut set = Vec::new();
    let visit = match credentials.cookie(cookies::VISIT).filter(|visit| secrets::is_token(visit)) {
        Some(visit) => visit.to_owned(),
        None => {
            let drawn = secrets::draw_token(&**pipeline.gate().chance());
            set.push(cookies::set(base, cookies::VISIT, &drawn, None));
            drawn
        }
    };
    let csrf = secrets::keyed_text(&pipeline.gate().secret("csrf"), &["visit", &visit]);
    Identified { csrf, cookies: set, ..Identified::anonymous() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;
    use socle_kernel::Instant;

    #[test]
    fn a_session_acts_for_nobody_until_the_pages_were_let_in() {
        let account = samples::professional();
        let mut session = PageSession::new(&account, &["pwd", "otp"], Instant(0));
        session.act_as(principals::professional(&account, 0).expect("a situation"));
        let before = by_session(&session, "id".into(), "csrf".into());
        assert!(matches!(before.principal.subject, Subject::Anonymous));
        assert_eq!(before.session.as_deref(), Some("id"));
        session.is_open = true;
        let after = by_session(&session, "id".into(), "csrf".into());
        assert!(after.principal.professional().is_some());
    }

    #[test]
    fn an_emergency_counts_in_its_home_only() {
        let account = samples::professional();
        let mut session = PageSession::new(&account, &["pwd", "otp"], Instant(0));
        session.is_open = true;
        session.act_as(principals::professional(&account, 0).expect("a situation"));
        let home = samples::key(3, socle_kernel::resource_type::PATIENT).home;
        session.declare(home, Purpose::BreakGlass("Inconscient".into()));
        let identified = by_session(&session, "id".into(), "csrf".into());
        assert_eq!(identified.purpose, Purpose::Care);
        assert_eq!(identified.purposes.len(), 1);
        assert_eq!(identified.purposes[&home].reason(), Some("Inconscient"));
    }
}
