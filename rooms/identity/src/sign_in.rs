//! Signing in: password, then one-time code. An unknown login and a wrong password look the same and take as long.

use crate::accounts::{self, Account, Role};
use crate::attempts::Attempts;
use crate::password::PasswordHash;
use crate::sessions::{self, PageSession};
use crate::state::State;
use crate::{cookies, drawers, principals, secrets, totp};
use serde::{Deserialize, Serialize};
use socle_gate::{Deed, Outcome, Session};
use socle_kernel::{HomeId, Instant, Kind, Principal, Problem, limits};
use socle_pipeline::{PageAnswer, PageCall, Pipeline};
use std::sync::Arc;
use std::time::Duration;

/// Attempts at an account, by login.
const ATTEMPTS: &str = "identity.attempt";
/// How long a person has between the password and the code.
pub(crate) const STEP_TIME: Duration = Duration::from_secs(5 * 60);
/// Label of the signed value between the two steps.
const STEP: &str = "step";

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum Attempt {
    /// This account.
    Accepted(Box<Account>),
    /// Wrong password, wrong code, or no such account.
    Wrong,
    /// Too many wrong ones: locked for a while.
    Locked,
    /// Too many from this network address in a minute.
    TooMany,
}

/// Who gave a good password and still owes the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Whose.
    pub login: String,
}

/// Checks a login and its password in a page.
pub(crate) async fn password(
    call: &PageCall,
    session: &Session,
    login: &str,
    typed: &str,
) -> Result<Attempt, Problem> {
    let pipeline = &call.pipeline;
    let state = State::of(pipeline);
    if !state.rate.lock().admits(&call.peer, call.now) {
        session.note(HomeId::PLATFORM, Deed::SignInRefused, Outcome::Refused, "rate");
        return Ok(Attempt::TooMany);
    }
    let account = accounts::find(pipeline, login).await?.filter(|account| account.role != Role::System);
    let attempt = check(pipeline, &state, login, account, typed).await?;
    note_refusal(pipeline, session, login, &attempt).await?;
    Ok(attempt)
}

/// Checks the secret of a program.
pub(crate) async fn program(
    pipeline: &Pipeline,
    session: &Session,
    login: &str,
    secret: &str,
) -> Result<Attempt, Problem> {
    let account = accounts::find(pipeline, login).await?.filter(|account| account.role == Role::System);
    let attempt = check(pipeline, &State::of(pipeline), login, account, secret).await?;
    if let Attempt::Accepted(account) = &attempt {
        change_attempts(pipeline, account.login.as_bytes(), |attempts| attempts.succeeded(None)).await?;
    }
    note_refusal(pipeline, session, login, &attempt).await?;
    Ok(attempt)
}

async fn check(
    pipeline: &Pipeline,
    state: &State,
    login: &str,
    account: Option<Account>,
    typed: &str,
) -> Result<Attempt, Problem> {
    let now = pipeline.gate().clock().now();
    let hash = account.as_ref().map_or_else(PasswordHash::decoy, |account| account.password().clone());
    let is_right = state.verify(hash, typed).await?;
    let key = attempts_key(pipeline, login, account.is_some());
    let attempts = load_attempts(pipeline, &key).await?;
    if attempts.is_locked(now) {
        return Ok(Attempt::Locked);
    }
    match account {
        Some(account) if is_right => Ok(Attempt::Accepted(Box::new(account))),
        _ => failed(pipeline, &key, now).await,
    }
}

async fn failed(pipeline: &Pipeline, key: &[u8], now: Instant) -> Result<Attempt, Problem> {
    let after = change_attempts(pipeline, key, |attempts| attempts.failed(now)).await?;
    Ok(if after.is_locked(now) { Attempt::Locked } else { Attempt::Wrong })
}

/// Where attempts at a login are counted. One that does not exist is counted, locked and written like one that does, in
/// one of 65,536 places, so that it looks the same, takes as long, and cannot fill the store.
fn attempts_key(pipeline: &Pipeline, login: &str, is_known: bool) -> Vec<u8> {
    if is_known {
        return login.as_bytes().to_vec();
    }
    let hash = secrets::keyed(&pipeline.gate().secret("identity-attempts"), &[login]);
    vec![b'?', hash[0], hash[1]]
}

/// Checks the one-time code of someone who gave a good password.
pub(crate) async fn code(
    call: &PageCall,
    session: &Session,
    account: Account,
    typed: &str,
) -> Result<Attempt, Problem> {
    let pipeline = &call.pipeline;
    if !State::of(pipeline).rate.lock().admits(&call.peer, call.now) {
        return Ok(Attempt::TooMany);
    }
    let attempts = load_attempts(pipeline, account.login.as_bytes()).await?;
    let step = totp::matching_step(account.totp_secret().unwrap_or(""), typed, call.now, attempts.last_step);
    let login = account.login.clone();
    let attempt = match step {
        _ if attempts.is_locked(call.now) => Attempt::Locked,
        None => failed(pipeline, login.as_bytes(), call.now).await?,
        // Written before it counts: of two requests with one code, one is refused.
        Some(step) => {
            let mut after = attempts.clone();
            after.succeeded(Some(step));
            match write_attempts(pipeline, login.as_bytes(), &attempts, &after).await {
                Ok(()) => Attempt::Accepted(Box::new(account)),
                Err(problem) if problem.kind == Kind::Conflict => Attempt::Wrong,
                Err(problem) => return Err(problem),
            }
        }
    };
    note_refusal(pipeline, session, &login, &attempt).await?;
    Ok(attempt)
}

async fn note_refusal(
    pipeline: &Pipeline,
    session: &Session,
    login: &str,
    attempt: &Attempt,
) -> Result<(), Problem> {
    let basis = match attempt {
        Attempt::Accepted(_) => return Ok(()),
        Attempt::Wrong => "wrong-secret",
        Attempt::Locked => "locked",
        Attempt::TooMany => "rate",
    };
    let home = accounts::find(pipeline, login).await?.map_or(HomeId::PLATFORM, |account| account.home());
    session.note(home, Deed::SignInRefused, Outcome::Refused, basis);
    Ok(())
}

async fn load_attempts(pipeline: &Pipeline, key: &[u8]) -> Result<Attempts, Problem> {
    let found = drawers(pipeline).get(ATTEMPTS, HomeId::PLATFORM, key).await?;
    Ok(found.unwrap_or_default())
}

async fn write_attempts(
    pipeline: &Pipeline,
    key: &[u8],
    before: &Attempts,
    after: &Attempts,
) -> Result<(), Problem> {
    let drawers = drawers(pipeline);
    // An entry is absent until the first change.
    let known = (*before != Attempts::default()).then_some(before);
    let change = drawers.change_if(ATTEMPTS, HomeId::PLATFORM, key, known, Some(after));
    drawers.write(vec![change]).await
}

async fn change_attempts(
    pipeline: &Pipeline,
    key: &[u8],
    change: impl Fn(&mut Attempts),
) -> Result<Attempts, Problem> {
    let mut last = Problem::internal("no attempt at writing attempts");
    for _ in 0..limits::WRITE_RETRIES {
        let before = load_attempts(pipeline, key).await?;
        let mut after = before.clone();
        change(&mut after);
        if after == before {
            return Ok(after);
        }
        match write_attempts(pipeline, key, &before, &after).await {
            Ok(()) => return Ok(after),
            Err(problem) if problem.kind == Kind::Conflict => last = problem,
            Err(problem) => return Err(problem),
        }
    }
    Err(last)
}

/// The signed value of the cookie between password and code.
pub(crate) fn seal_step(call: &PageCall, login: &str) -> String {
    let secret = call.pipeline.gate().secret("cookie");
    crate::sealed::seal(&secret, STEP, Step { login: login.to_owned() }, call.now, STEP_TIME)
}

/// Who gave a good password in this browser a moment ago.
pub(crate) fn open_step(call: &PageCall) -> Option<Step> {
    let secret = call.pipeline.gate().secret("cookie");
    crate::sealed::open(&secret, STEP, cookies::of_call(call, cookies::STEP)?, call.now)
}

/// Everything was proven: a new session, under a new id, that the provider knows; then on to `next`.
pub(crate) async fn finish(
    call: &PageCall,
    account: &Account,
    amr: &[&str],
    next: &str,
) -> Result<PageAnswer, Problem> {
    let pipeline = &call.pipeline;
    if let Some(id) = &call.identified.session
        && let Some(old) = sessions::load(pipeline, id).await?
    {
        sessions::end(pipeline, &old.login, id).await?;
    }
    note_as(call, account, Deed::SignIn, "signed-in").await?;
    let token = sessions::open(pipeline, &PageSession::new(account, amr, call.now)).await?;
    let base = &pipeline.settings().base_url;
    Ok(PageAnswer::redirect(next)
        .with_header("set-cookie", cookies::set(base, cookies::SESSION, &token, None))
        .with_header("set-cookie", cookies::clear(base, cookies::STEP)))
}

/// Writes a line of the log in the account's own name.
pub(crate) async fn note_as(
    call: &PageCall,
    account: &Account,
    deed: Deed,
    basis: &'static str,
) -> Result<(), Problem> {
    let principal = match account.role {
        Role::System => principals::system(account, Vec::new()),
        _ => principals::usual(account).unwrap_or_else(Principal::anonymous),
    };
    let session = call.pipeline.gate().session(Arc::new(principal), account.purpose(), call.request.clone());
    session.note(account.home(), deed, Outcome::Done, basis);
    session.close(Ok(())).await.into_inner()
}
