//! What applications were given: authorization codes, grants, refresh tokens. A token is only as good as its grant, and a
//! code or refresh token that comes back a second time ends the grant: one of the two bearers stole it.

use crate::oidc::Fault;
use crate::tokens::{self, Claims};
use crate::{drawers, pkce, secrets, sweep};
use serde::{Deserialize, Serialize};
use socle_gate::DrawerWrite;
use socle_kernel::{HomeId, Instant, Kind, Principal, Problem, Purpose, Subject, limits};
use socle_pipeline::Pipeline;

/// Codes, by hash.
pub(crate) const CODES: &str = "identity.code";
/// Grants, by id.
pub(crate) const GRANTS: &str = "identity.grant";
/// Refresh tokens, by hash.
pub(crate) const REFRESH: &str = "identity.refresh";
/// Grants of an account: login, a zero byte, id.
const OF_ACCOUNT: &str = "identity.grant_of";
/// Grants of programs that were revoked, by id: what a program asked for outlives its token, but not this.
const REVOKED: &str = "identity.revoked";
/// Grants that a profile lists.
const LISTED: usize = 100;

/// Who signed in, how and when, as identity tokens say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Authentication {
    /// Whose account.
    pub login: String,
    /// When the person signed in.
    pub at: Instant,
    /// How.
    pub amr: Vec<String>,
}

/// An authorization code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// Given to.
    pub client: String,
    /// Sent to.
    pub redirect_uri: String,
    /// PKCE challenge.
    pub challenge: String,
    /// To be repeated in the identity token.
    pub nonce: Option<String>,
    /// Who signed in.
    pub authentication: Authentication,
    /// Who will act, with the granted scopes; `None` for our own pages, which let the person choose.
    pub principal: Option<Principal>,
    /// What for.
    pub purpose: Purpose,
    /// When it was made.
    pub made_at: Instant,
    /// The grant it leads to.
    pub grant: String,
    /// True once it was exchanged.
    pub is_used: bool,
}

impl Code {
    /// Until when its reuse is noticed.
    pub(crate) fn kept_until(&self) -> Instant {
        self.made_at.plus(limits::SESSION_TIME)
    }
}

/// What an application may do for an account, until it is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Whose account.
    pub authentication: Authentication,
    /// Client id.
    pub client: String,
    /// Name of the application when it was approved.
    pub client_name: String,
    /// Who acts, with the granted scopes.
    pub principal: Principal,
    /// What for.
    pub purpose: Purpose,
    /// When it was given.
    pub made_at: Instant,
    /// When it ends in any case.
    pub until: Instant,
}

/// A refresh token: used once, replaced by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refresh {
    /// Its grant.
    pub grant: String,
    /// The application it was given to.
    pub client: String,
    /// When it ends.
    pub until: Instant,
    /// Until when its reuse is noticed: the end of the grant.
    pub kept_until: Instant,
    /// True once it was replaced.
    pub is_used: bool,
}

/// What the token endpoint gives.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    /// Access token.
    pub access: String,
    /// Refresh token, for grants that may be prolonged.
    pub refresh: Option<String>,
    /// Their grant.
    pub grant: Grant,
}

/// Makes a code.
pub(crate) async fn give_code(pipeline: &Pipeline, code: &Code) -> Result<String, Problem> {
    let token = secrets::draw_token(&**pipeline.gate().chance());
    let drawers = drawers(pipeline);
    let change = drawers.change(CODES, HomeId::PLATFORM, &secrets::hash(&token), Some(code));
    drawers.write(vec![change]).await?;
    Ok(token)
}

/// A new id for a grant.
pub(crate) fn draw_id(pipeline: &Pipeline) -> String {
    secrets::draw_token(&**pipeline.gate().chance())
}

/// Takes a code back, once, from the application that asked for it.
pub(crate) async fn redeem(
    pipeline: &Pipeline,
    text: &str,
    client: &str,
    redirect_uri: &str,
    verifier: &str,
) -> Result<Code, Fault> {
    let drawers = drawers(pipeline);
    let key = secrets::hash(text);
    let found: Option<Code> = drawers.get(CODES, HomeId::PLATFORM, &key).await?;
    let code = found.ok_or_else(|| Fault::grant("The code is unknown."))?;
    let now = pipeline.gate().clock().now();
    if code.is_used {
        revoke(pipeline, &code.grant).await?;
        return Err(Fault::grant("The code was used before; what it gave is revoked."));
    }
    if code.client != client || code.redirect_uri != redirect_uri {
        return Err(Fault::grant("The code was given to another client or address."));
    }
    if now >= code.made_at.plus(limits::CODE_TIME) {
        return Err(Fault::grant("The code has expired."));
    }
    if !pkce::proves(verifier, &code.challenge) {
        return Err(Fault::grant("The code_verifier does not fit the code_challenge."));
    }
    let used = Code { is_used: true, ..code.clone() };
    let change = drawers.change_if(CODES, HomeId::PLATFORM, &key, Some(&code), Some(&used));
    match drawers.write(vec![change]).await {
        Ok(()) => Ok(code),
        Err(problem) if problem.kind == Kind::Conflict => {
            revoke(pipeline, &code.grant).await?;
            Err(Fault::grant("The code was used twice at once; what it gave is revoked."))
        }
        Err(problem) => Err(problem.into()),
    }
}

fn of_account(login: &str, id: &str) -> Vec<u8> {
    [login.as_bytes(), &[0], id.as_bytes()].concat()
}

/// Gives tokens under a new grant.
pub(crate) async fn give(
    pipeline: &Pipeline,
    id: &str,
    grant: Grant,
    is_refreshable: bool,
) -> Result<Issued, Problem> {
    let drawers = drawers(pipeline);
    let mut changes = vec![
        drawers.change(GRANTS, HomeId::PLATFORM, id.as_bytes(), Some(&grant)),
        drawers.change(OF_ACCOUNT, HomeId::PLATFORM, &of_account(&grant.authentication.login, id), Some(&())),
    ];
    let refresh = is_refreshable.then(|| new_refresh(pipeline, id, &grant));
    let refresh = refresh.map(|(token, change)| {
        changes.push(change);
        token
    });
    drawers.write(changes).await?;
    sweep::grants(pipeline).await?;
    Ok(Issued { access: access_token(pipeline, id, &grant), refresh, grant })
}

fn new_refresh(pipeline: &Pipeline, id: &str, grant: &Grant) -> (String, DrawerWrite) {
    let token = secrets::draw_token(&**pipeline.gate().chance());
    let now = pipeline.gate().clock().now();
    let refresh = Refresh {
        grant: id.to_owned(),
        client: grant.client.clone(),
        until: now.plus(limits::REFRESH_TOKEN_TIME).min(grant.until),
        kept_until: grant.until,
        is_used: false,
    };
    let key = secrets::hash(&token);
    (token, drawers(pipeline).change(REFRESH, HomeId::PLATFORM, &key, Some(&refresh)))
}

fn access_token(pipeline: &Pipeline, id: &str, grant: &Grant) -> String {
    let now = pipeline.gate().clock().now();
    let claims = Claims {
        principal: grant.principal.clone(),
        purpose: grant.purpose.clone(),
        grant: id.to_owned(),
        client: grant.client.clone(),
        issued: now.seconds(),
        expires: now.plus(limits::ACCESS_TOKEN_TIME).min(grant.until).seconds(),
    };
    tokens::sign(&pipeline.gate().secret(tokens::SECRET), &claims)
}

/// Replaces a refresh token by new tokens of the same grant.
pub(crate) async fn refresh(pipeline: &Pipeline, text: &str, client: &str) -> Result<Issued, Fault> {
    let drawers = drawers(pipeline);
    let key = secrets::hash(text);
    let found: Option<Refresh> = drawers.get(REFRESH, HomeId::PLATFORM, &key).await?;
    let before = found.filter(|refresh| refresh.client == client);
    let before = before.ok_or_else(|| Fault::grant("The refresh token is unknown."))?;
    if before.is_used {
        revoke(pipeline, &before.grant).await?;
        return Err(Fault::grant("The refresh token was used before; what it gave is revoked."));
    }
    let now = pipeline.gate().clock().now();
    let grant = load(pipeline, &before.grant).await?.filter(|_| now < before.until);
    let grant = grant.ok_or_else(|| Fault::grant("The refresh token has expired or was revoked."))?;
    let used = Refresh { is_used: true, ..before.clone() };
    let (token, change) = new_refresh(pipeline, &before.grant, &grant);
    let marked = drawers.change_if(REFRESH, HomeId::PLATFORM, &key, Some(&before), Some(&used));
    match drawers.write(vec![marked, change]).await {
        Ok(()) => {
            let access = access_token(pipeline, &before.grant, &grant);
            Ok(Issued { access, refresh: Some(token), grant })
        }
        Err(problem) if problem.kind == Kind::Conflict => {
            revoke(pipeline, &before.grant).await?;
            Err(Fault::grant("The refresh token was used twice at once; what it gave is revoked."))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The refresh token behind a text, when it is good.
pub(crate) async fn find_refresh(pipeline: &Pipeline, text: &str) -> Result<Option<Refresh>, Problem> {
    let found: Option<Refresh> =
        drawers(pipeline).get(REFRESH, HomeId::PLATFORM, &secrets::hash(text)).await?;
    let now = pipeline.gate().clock().now();
    Ok(found.filter(|refresh| !refresh.is_used && now < refresh.until))
}

/// A grant that was neither revoked nor is over.
pub(crate) async fn load(pipeline: &Pipeline, id: &str) -> Result<Option<Grant>, Problem> {
    let found: Option<Grant> = drawers(pipeline).get(GRANTS, HomeId::PLATFORM, id.as_bytes()).await?;
    let now = pipeline.gate().clock().now();
    Ok(found.filter(|grant| now < grant.until))
}

/// Ends a grant: its tokens are refused from the next request on.
pub(crate) async fn revoke(pipeline: &Pipeline, id: &str) -> Result<(), Problem> {
    match load(pipeline, id).await? {
        Some(grant) => {
            let mut changes = removal(pipeline, &grant, id.as_bytes());
            if matches!(grant.principal.subject, Subject::System(_)) {
                let mark = drawers(pipeline).change(REVOKED, HomeId::PLATFORM, id.as_bytes(), Some(&()));
                changes.push(mark);
            }
            drawers(pipeline).write(changes).await
        }
        None => Ok(()),
    }
}

/// Was this grant of a program revoked?
pub(crate) async fn is_revoked(pipeline: &Pipeline, id: &str) -> Result<bool, Problem> {
    let mark: Option<()> = drawers(pipeline).get(REVOKED, HomeId::PLATFORM, id.as_bytes()).await?;
    Ok(mark.is_some())
}

/// The changes that end a grant.
pub(crate) fn removal(pipeline: &Pipeline, grant: &Grant, id: &[u8]) -> Vec<DrawerWrite> {
    let drawers = drawers(pipeline);
    let index = of_account(&grant.authentication.login, &String::from_utf8_lossy(id));
    vec![
        drawers.change::<()>(GRANTS, HomeId::PLATFORM, id, None),
        drawers.change::<()>(OF_ACCOUNT, HomeId::PLATFORM, &index, None),
    ]
}

/// Grants of an account that hold, with their ids.
pub(crate) async fn list(pipeline: &Pipeline, login: &str) -> Result<Vec<(String, Grant)>, Problem> {
    let start = of_account(login, "");
    let entries: Vec<(Vec<u8>, ())> =
        drawers(pipeline).list(OF_ACCOUNT, HomeId::PLATFORM, &start, LISTED).await?;
    let mut grants = Vec::new();
    for (entry, ()) in entries {
        let Some(id) = entry.strip_prefix(start.as_slice()) else { break };
        let id = String::from_utf8_lossy(id).into_owned();
        if let Some(grant) = load(pipeline, &id).await? {
            grants.push((id, grant));
        }
    }
    Ok(grants)
}

/// Ends every grant of an account.
pub(crate) async fn revoke_all(pipeline: &Pipeline, login: &str) -> Result<(), Problem> {
    for (id, _) in list(pipeline, login).await? {
        revoke(pipeline, &id).await?;
    }
    Ok(())
}
