//! `/oidc/authorize`: reads what an application asks, lets the person sign in and approve, answers with a code.

use super::person;
use crate::accounts::{self, Account};
use crate::clients::{self, Client};
use crate::grants::{self, Authentication, Code};
use crate::local_path::local_path;
use crate::pages::consent;
use crate::sessions::{self, PageSession};
use crate::{pkce, principals, scopes};
use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Kind, Principal, Problem};
use socle_pipeline::{PageAnswer, PageCall, encode};

/// Its address.
pub(crate) const PATH: &str = "/oidc/authorize";
/// Parameters that are read; others are ignored (OpenID Connect Core, section 3.1.2.1).
const PARAMETERS: [&str; 13] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "aud",
    "response_mode",
];

/// What an application asks, once it is known where to answer.
pub(crate) struct Request {
    /// Who asks.
    pub client: Client,
    /// Where to answer.
    pub redirect_uri: String,
    /// Given back as it came.
    pub state: String,
    /// Scopes asked.
    pub scope: String,
    nonce: Option<String>,
    challenge: String,
    prompt: String,
    max_age: Option<i64>,
    /// Everything as it came, to ask again.
    pub parameters: Vec<(String, String)>,
}

/// Why a request is answered with an error, at the application's address.
struct Refused {
    error: &'static str,
    description: &'static str,
}

/// `GET /oidc/authorize`.
pub(super) fn ask<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let (client, redirect_uri) = whom(call, &call.query).await?;
        match read(call, client.clone(), &redirect_uri, &call.query) {
            Ok(request) => proceed(call, request).await,
            Err(refused) => Ok(refuse(call, &redirect_uri, value(&call.query, "state"), &refused)),
        }
    })
}

/// `POST /oidc/authorize`: the same request, sent on as a link so that the browser shows its session.
pub(super) fn ask_by_form<'a>(
    call: &'a PageCall,
    _: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move { Ok(PageAnswer::redirect(address(&call.form.fields))) })
}

fn value<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

/// The request again, as an address of this platform.
fn address(parameters: &[(String, String)]) -> String {
    let known = parameters.iter().filter(|(name, _)| PARAMETERS.contains(&name.as_str()));
    let pairs: Vec<String> = known.map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("{PATH}?{}", pairs.join("&"))
}

/// Who asks and where to answer. While this is not certain, nothing is sent anywhere.
async fn whom(call: &PageCall, parameters: &[(String, String)]) -> Result<(Client, String), Problem> {
    let client = clients::find(&call.pipeline, value(parameters, "client_id")).await?;
    let Some(client) = client else {
        return Err(Problem::new(
            Kind::Invalid,
            "L’application qui vous envoie ici n’est pas inscrite sur cette plateforme.",
            "The application that sent you here is not registered with this platform.",
        )
        .at("client_id"));
    };
    let redirect_uri = value(parameters, "redirect_uri").to_owned();
    if !client.may_redirect(&redirect_uri) {
        return Err(Problem::new(
            Kind::Invalid,
            "L’adresse de retour de l’application n’est pas celle qu’elle a inscrite.",
            "The return address of the application is not one it registered.",
        )
        .at("redirect_uri"));
    }
    Ok((client, redirect_uri))
}

fn read(
    call: &PageCall,
    client: Client,
    redirect_uri: &str,
    parameters: &[(String, String)],
) -> Result<Request, Refused> {
    let given = |name| value(parameters, name);
    let wrong = |description| Refused { error: "invalid_request", description };
    let repeated =
        PARAMETERS.iter().any(|name| parameters.iter().filter(|(known, _)| known == name).count() > 1);
    if repeated {
        return Err(wrong("A parameter is given twice."));
    }
    if given("response_type") != "code" {
        return Err(Refused {
            error: "unsupported_response_type",
            description: "Only response_type=code is offered.",
        });
    }
    if !matches!(given("response_mode"), "" | "query") {
        return Err(wrong("Only response_mode=query is offered."));
    }
    if given("code_challenge_method") != "S256" || !pkce::is_challenge(given("code_challenge")) {
        return Err(wrong("PKCE with code_challenge_method=S256 is mandatory."));
    }
    let audience = given("aud").trim_end_matches('/');
    if !(audience.is_empty() || audience == call.pipeline.fhir_base()) {
        return Err(wrong("aud must be the address of the FHIR API of this platform."));
    }
    if !given("scope").split_ascii_whitespace().any(|scope| scope == "openid" || scopes::is_record(scope)) {
        return Err(Refused { error: "invalid_scope", description: "Ask for openid, or for a SMART scope." });
    }
    let max_age = match given("max_age") {
        "" => None,
        text => Some(
            text.parse()
                .ok()
                .filter(|age| *age >= 0)
                .ok_or_else(|| wrong("max_age is a number of seconds."))?,
        ),
    };
    let prompt = given("prompt");
    let prompts: Vec<&str> = prompt.split_ascii_whitespace().collect();
    if prompts.contains(&"none") && prompts.len() > 1 {
        return Err(wrong("prompt=none goes with no other prompt."));
    }
    Ok(Request {
        client,
        redirect_uri: redirect_uri.to_owned(),
        state: given("state").to_owned(),
        scope: given("scope").to_owned(),
        nonce: Some(given("nonce").to_owned()).filter(|nonce| !nonce.is_empty()),
        challenge: given("code_challenge").to_owned(),
        prompt: prompt.to_owned(),
        max_age,
        parameters: parameters
            .iter()
            .filter(|(name, _)| PARAMETERS.contains(&name.as_str()))
            .cloned()
            .collect(),
    })
}

fn refuse(call: &PageCall, redirect_uri: &str, state: &str, refused: &Refused) -> PageAnswer {
    let fields = [("error", refused.error), ("error_description", refused.description)];
    PageAnswer::redirect(return_address(call, redirect_uri, state, &fields))
}

/// The application's address with an answer (and who answers: RFC 9207).
fn return_address(call: &PageCall, redirect_uri: &str, state: &str, fields: &[(&str, &str)]) -> String {
    let mut pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if !state.is_empty() {
        pairs.push(format!("state={}", encode(state)));
    }
    pairs.push(format!("iss={}", encode(&call.pipeline.settings().base_url)));
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{}", pairs.join("&"))
}

/// What stands between the request and its code.
enum Next {
    /// Nothing but the approval.
    Ready(Box<(Account, PageSession)>),
    /// A page of ours first.
    Page(PageAnswer),
}

async fn proceed(call: &PageCall, request: Request) -> Result<PageAnswer, Problem> {
    let is_silent = request.prompt == "none";
    let (account, signed_in) = match ready(call, &request).await? {
        Next::Ready(found) => *found,
        Next::Page(_) if is_silent => {
            let refused =
                Refused { error: "login_required", description: "The person must sign in or choose." };
            return Ok(refuse(call, &request.redirect_uri, &request.state, &refused));
        }
        Next::Page(answer) => return Ok(answer),
    };
    if request.client.is_ours() {
        let location = accept(call, &request, &account, &signed_in, None).await?;
        return Ok(PageAnswer::redirect(location));
    }
    let granted = scopes::grantable(&request.scope, account.role);
    if granted.is_empty() {
        let refused =
            Refused { error: "invalid_scope", description: "This person may give none of these scopes." };
        return Ok(refuse(call, &request.redirect_uri, &request.state, &refused));
    }
    if is_silent {
        let refused = Refused { error: "consent_required", description: "The person must approve." };
        return Ok(refuse(call, &request.redirect_uri, &request.state, &refused));
    }
    consent::page(call, &request, &account, &granted).await
}

/// Is someone signed in, recently enough, and (for applications) acting as someone?
async fn ready(call: &PageCall, request: &Request) -> Result<Next, Problem> {
    let found = match &call.identified.session {
        Some(id) => sessions::load(&call.pipeline, id).await?,
        None => None,
    };
    let must_sign_in = request.prompt.split_ascii_whitespace().any(|prompt| prompt == "login");
    let is_fresh = |session: &PageSession| {
        let age = call.now.seconds() - session.started_at.seconds();
        request.max_age.is_none_or(|max_age| age <= max_age.max(1))
    };
    let Some(session) = found.filter(|session| !must_sign_in && is_fresh(session)) else {
        // Asked once: after signing in the same request comes back without `prompt=login`.
        let again: Vec<_> = request.parameters.iter().filter(|(name, _)| name != "prompt").cloned().collect();
        return Ok(Next::Page(PageAnswer::redirect(format!(
            "/connexion?suite={}",
            encode(&address(&again))
        ))));
    };
    let Some(account) = accounts::find(&call.pipeline, &session.login).await? else {
        return Ok(Next::Page(PageAnswer::redirect("/connexion")));
    };
    if !request.client.is_ours() && session.principal.is_none() {
        let page = crate::pages::choice_page(&account);
        let suite = encode(&address(&request.parameters));
        return Ok(Next::Page(PageAnswer::redirect(format!("{page}?suite={suite}"))));
    }
    Ok(Next::Ready(Box::new((account, session))))
}

/// Makes the code and gives the address to go to with it.
async fn accept(
    call: &PageCall,
    request: &Request,
    account: &Account,
    signed_in: &PageSession,
    principal: Option<Principal>,
) -> Result<String, Problem> {
    let pipeline = &call.pipeline;
    let purpose = principal.as_ref().map_or_else(|| account.purpose(), principals::purpose_of);
    let code = Code {
        client: request.client.id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        authentication: Authentication {
            login: account.login.clone(),
            at: signed_in.started_at,
            amr: signed_in.amr.clone(),
        },
        principal,
        purpose,
        made_at: call.now,
        grant: grants::draw_id(pipeline),
        is_used: false,
    };
    let text = grants::give_code(pipeline, &code).await?;
    Ok(return_address(call, &request.redirect_uri, &request.state, &[("code", &text)]))
}

/// `POST /oidc/consentement`: the person approves an application, or not.
pub(super) fn decide<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        // The form carries the request; it is read and checked anew, as if it came from the application.
        let (client, redirect_uri) = whom(call, &call.form.fields).await?;
        let request = match read(call, client, &redirect_uri, &call.form.fields) {
            Ok(request) => request,
            Err(refused) => return Ok(refuse(call, &redirect_uri, call.form.text("state"), &refused)),
        };
        if call.form.text("decision") != "accepter" {
            let fields = [("error", "access_denied"), ("error_description", "The person did not approve.")];
            let location = return_address(call, &redirect_uri, &request.state, &fields);
            return Ok(PageAnswer::redirect(location));
        }
        let (account, signed_in) = match ready(call, &request).await? {
            Next::Ready(found) => *found,
            Next::Page(answer) => return Ok(answer),
        };
        let granted = scopes::grantable(&request.scope, account.role);
        let principal = signed_in.principal.clone().map(|principal| Principal {
            scopes: granted,
            client: request.client.id.clone(),
            ..principal
        });
        let location = accept(call, &request, &account, &signed_in, principal).await?;
        Ok(PageAnswer::redirect(location))
    })
}

/// The address at which our own pages ask to be let in.
pub(crate) fn our_request(base_url: &str, state: &str, nonce: &str, challenge: &str) -> String {
    let redirect_uri = format!("{base_url}{}", clients::OUR_RETURN);
    let fields = [
        ("response_type", "code"),
        ("client_id", clients::OURS),
        ("redirect_uri", &redirect_uri),
        ("scope", "openid"),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
        ("acr_values", "eidas1"),
    ];
    address(&fields.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// Is this a request to the provider, to go on with after signing in?
pub(crate) fn is_request(suite: &str) -> bool {
    local_path(suite).is_some_and(|path| path.strip_prefix(PATH).is_some_and(|rest| rest.starts_with('?')))
}

/// What an application is shown as, for the subject of the person it knows.
pub(crate) fn known_as(call: &PageCall, login: &str, client: &str) -> String {
    person::subject(&call.pipeline, login, client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_request_is_a_local_address_that_keeps_everything() {
        let address = our_request("https://sante.example", "état", "n", "c");
        assert!(is_request(&address), "{address}");
        assert!(address.contains("client_id=socle&") && address.contains("code_challenge_method=S256"));
        let redirect_uri = encode("https://sante.example/connexion/retour");
        assert!(address.contains(&format!("&redirect_uri={redirect_uri}&")) && !redirect_uri.contains('&'));
    }

    #[test]
    fn only_the_provider_itself_is_gone_on_to_as_a_request() {
        for (suite, expected) in [
            ("/oidc/authorize?client_id=socle", true),
            ("/oidc/authorize", false),
            ("/oidc/authorizer?x", false),
            ("//evil.example/oidc/authorize?x", false),
            ("https://evil.example/oidc/authorize?x", false),
            ("/pro", false),
        ] {
            assert_eq!(is_request(suite), expected, "{suite}");
        }
    }

    #[test]
    fn unknown_parameters_are_left_out_when_asking_again() {
        let fields = [("client_id".to_owned(), "a b".to_owned()), ("evil".to_owned(), "x".to_owned())];
        assert_eq!(address(&fields), "/oidc/authorize?client_id=a%20b");
    }
}
