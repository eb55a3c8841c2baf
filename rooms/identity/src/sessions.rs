//! Page sessions: one entry in a drawer, found by the hash of its cookie. Ends after half an hour without a request, and
//! after four hours in any case.

use crate::accounts::Account;
use crate::{drawers, secrets, sweep};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use socle_kernel::{HomeId, Instant, Kind, Principal, Problem, Purpose, limits};
use socle_pipeline::Pipeline;
use std::time::Duration;

/// Sessions, by the hash of their cookie.
pub(crate) const DRAWER: &str = "identity.session";
/// Sessions of an account: login, a zero byte, hash.
const OF_ACCOUNT: &str = "identity.session_of";
/// How exactly the last request is remembered: a write for each would cost more than it tells.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// Patients remembered as recently opened.
const RECENT: usize = 8;
/// Sessions of one account that its profile lists.
const LISTED: usize = 50;

/// A page session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageSession {
    /// Whose.
    pub login: String,
    /// True once our own pages were let in by the provider; before, it only says who signed in.
    pub is_open: bool,
    /// Who acts, once chosen.
    pub principal: Option<Principal>,
    /// When the person signed in.
    pub started_at: Instant,
    /// The last request, to the minute.
    pub seen_at: Instant,
    /// How the person proved who they are (RFC 8176).
    pub amr: Vec<String>,
    /// Purposes declared for one home each.
    pub purposes: Vec<(HomeId, Purpose)>,
    /// Patients opened lately.
    pub recent: Vec<Recent>,
    /// The last search for a patient; kept here so that traits stay out of addresses and logs.
    pub search: Option<PatientSearch>,
}

/// A patient opened lately, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recent {
    /// Public id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Date of birth, as FHIR writes it.
    pub birth_date: String,
}

/// A search for a patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PatientSearch {
    /// By traits, the date of birth first.
    Traits {
        /// As `1985-03-27`.
        birth_date: String,
        /// First letters of the birth name.
        family: String,
        /// First letters of the given name.
        given: String,
    },
    /// By matricule INS.
    Matricule(String),
}

impl PageSession {
    /// The session of someone who just signed in.
    pub(crate) fn new(account: &Account, amr: &[&str], now: Instant) -> Self {
        PageSession {
            login: account.login.clone(),
            is_open: false,
            principal: None,
            started_at: now,
            seen_at: now,
            amr: amr.iter().map(|&method| method.to_owned()).collect(),
            purposes: Vec::new(),
            recent: Vec::new(),
            search: None,
        }
    }

    /// Is its time not over?
    pub(crate) fn is_live(&self, now: Instant) -> bool {
        now < self.started_at.plus(limits::SESSION_TIME) && now < self.seen_at.plus(limits::SESSION_IDLE)
    }

    /// Acts as someone else from now on; what was declared or looked up before does not follow.
    pub(crate) fn act_as(&mut self, principal: Principal) {
        if self.principal.as_ref() != Some(&principal) {
            self.purposes.clear();
            self.recent.clear();
            self.search = None;
        }
        self.principal = Some(principal);
    }

    /// Declares a purpose for a home.
    pub(crate) fn declare(&mut self, home: HomeId, purpose: Purpose) {
        self.purposes.retain(|(known, _)| *known != home);
        self.purposes.push((home, purpose));
    }

    /// Remembers a patient as the last one opened.
    pub(crate) fn remember(&mut self, patient: Recent) {
        self.recent.retain(|known| known.id != patient.id);
        self.recent.insert(0, patient);
        self.recent.truncate(RECENT);
    }
}

/// The id of the session behind a cookie.
pub(crate) fn id_of(token: &str) -> Option<String> {
    secrets::is_token(token).then(|| HEXLOWER.encode(&secrets::hash(token)))
}

fn key(id: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(id.as_bytes()).ok().filter(|key| key.len() == 32)
}

fn of_account(login: &str, key: &[u8]) -> Vec<u8> {
    [login.as_bytes(), &[0], key].concat()
}

/// Writes a new session and gives the value of its cookie.
pub(crate) async fn open(pipeline: &Pipeline, session: &PageSession) -> Result<String, Problem> {
    let token = secrets::draw_token(&**pipeline.gate().chance());
    let key = secrets::hash(&token);
    let drawers = drawers(pipeline);
    let index = of_account(&session.login, &key);
    drawers
        .write(vec![
            drawers.change(DRAWER, HomeId::PLATFORM, &key, Some(session)),
            drawers.change(OF_ACCOUNT, HomeId::PLATFORM, &index, Some(&())),
        ])
        .await?;
    sweep::sessions(pipeline).await?;
    Ok(token)
}

/// The live session of an id.
pub(crate) async fn load(pipeline: &Pipeline, id: &str) -> Result<Option<PageSession>, Problem> {
    let Some(key) = key(id) else { return Ok(None) };
    let found: Option<PageSession> = drawers(pipeline).get(DRAWER, HomeId::PLATFORM, &key).await?;
    let now = pipeline.gate().clock().now();
    Ok(found.filter(|session| session.is_live(now)))
}

/// Remembers that a session was used. When that cannot be written (a full disk), the request goes on: the session then
/// only ends earlier.
pub(crate) async fn touch(pipeline: &Pipeline, id: &str, session: &PageSession) {
    let now = pipeline.gate().clock().now();
    if now < session.seen_at.plus(SEEN_EVERY) {
        return;
    }
    if let Err(problem) = update(pipeline, id, |session| session.seen_at = now).await {
        tracing::warn!(kind = ?problem.kind, "the last request of a page session was not noted");
    }
}

/// Changes a live session; tried again when another request changed it meanwhile. `None` when it is over.
pub(crate) async fn update(
    pipeline: &Pipeline,
    id: &str,
    change: impl Fn(&mut PageSession),
) -> Result<Option<PageSession>, Problem> {
    let Some(key) = key(id) else { return Ok(None) };
    let drawers = drawers(pipeline);
    for attempt in 1..=limits::WRITE_RETRIES {
        let Some(before) = load(pipeline, id).await? else { return Ok(None) };
        let mut after = before.clone();
        change(&mut after);
        let write = drawers.change_if(DRAWER, HomeId::PLATFORM, &key, Some(&before), Some(&after));
        match drawers.write(vec![write]).await {
            Ok(()) => return Ok(Some(after)),
            Err(problem) if problem.kind == Kind::Conflict && attempt < limits::WRITE_RETRIES => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(None)
}

/// Ends a session.
pub(crate) async fn end(pipeline: &Pipeline, login: &str, id: &str) -> Result<(), Problem> {
    let Some(key) = key(id) else { return Ok(()) };
    drawers(pipeline).write(removal(pipeline, login, &key)).await
}

/// The changes that end a session.
pub(crate) fn removal(pipeline: &Pipeline, login: &str, key: &[u8]) -> Vec<socle_gate::DrawerWrite> {
    let drawers = drawers(pipeline);
    vec![
        drawers.change::<()>(DRAWER, HomeId::PLATFORM, key, None),
        drawers.change::<()>(OF_ACCOUNT, HomeId::PLATFORM, &of_account(login, key), None),
    ]
}

/// Live sessions of an account with their ids.
pub(crate) async fn list(pipeline: &Pipeline, login: &str) -> Result<Vec<(String, PageSession)>, Problem> {
    let start = of_account(login, &[]);
    let entries: Vec<(Vec<u8>, ())> =
        drawers(pipeline).list(OF_ACCOUNT, HomeId::PLATFORM, &start, LISTED).await?;
    let mut sessions = Vec::new();
    for (entry, ()) in entries {
        let Some(key) = entry.strip_prefix(start.as_slice()) else { break };
        let id = HEXLOWER.encode(key);
        if let Some(session) = load(pipeline, &id).await? {
            sessions.push((id, session));
        }
    }
    Ok(sessions)
}

/// Ends every session of an account but one.
pub(crate) async fn end_others(pipeline: &Pipeline, login: &str, kept: &str) -> Result<(), Problem> {
    for (id, _) in list(pipeline, login).await? {
        if id != kept {
            end(pipeline, login, &id).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;
    use crate::principals;
    use socle_kernel::{Clock, ManualClock};

    fn session(now: Instant) -> PageSession {
        PageSession::new(&samples::professional(), &["pwd", "otp"], now)
    }

    #[test]
    fn a_session_ends_when_idle_and_after_four_hours() {
        let clock = ManualClock::at(Instant(1_800_000_000_000_000));
        let mut session = session(clock.now());
        clock.advance(limits::SESSION_IDLE - Duration::from_secs(1));
        assert!(session.is_live(clock.now()));
        session.seen_at = clock.now();
        clock.advance(limits::SESSION_IDLE);
        assert!(!session.is_live(clock.now()));
        session.seen_at = session.started_at.plus(limits::SESSION_TIME);
        assert!(!session.is_live(session.seen_at), "however busy");
    }

    #[test]
    fn another_situation_does_not_inherit_an_emergency() {
        let account = samples::professional();
        let mut session = session(Instant(0));
        let home = samples::key(5, socle_kernel::resource_type::PATIENT).home;
        session.act_as(principals::professional(&account, 0).expect("a situation"));
        session.declare(home, Purpose::BreakGlass("Inconscient".into()));
        session.declare(home, Purpose::BreakGlass("Inconscient, seul".into()));
        session.act_as(principals::professional(&account, 0).expect("a situation"));
        assert_eq!(session.purposes, [(home, Purpose::BreakGlass("Inconscient, seul".into()))]);
        session.act_as(principals::professional(&account, 1).expect("a situation"));
        assert!(session.purposes.is_empty());
    }

    #[test]
    fn recent_patients_are_few_and_each_once() {
        let mut session = session(Instant(0));
        for number in (0..20).chain([15]) {
            session.remember(Recent {
                id: number.to_string(),
                name: String::new(),
                birth_date: String::new(),
            });
        }
        assert_eq!(session.recent.len(), RECENT);
        assert_eq!(session.recent[0].id, "15");
        assert_eq!(session.recent.iter().filter(|recent| recent.id == "15").count(), 1);
    }

    #[test]
    fn only_a_token_of_ours_names_a_session() {
        assert_eq!(id_of("abc"), None);
        assert_eq!(key("zz"), None);
        let id = id_of(&"A".repeat(43)).expect("a token");
        assert_eq!(key(&id).map(|key| key.len()), Some(32));
    }
}
