//! Applications: a code with PKCE, approval, tokens, their renewal, their end; programs with a secret.

use super::browser::{Browser, location, text, value};
use super::region::{PASSWORD, Region};
use crate::accounts::{self, NewClient};
use crate::pkce;
use serde_json::{Value, json};
use socle_kernel::{Kind, Principal, Purpose, Subject, limits};
use socle_pipeline::{Credentials, Method, PageAnswer, encode};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const BACK: &str = "http://127.0.0.1:3000/retour";

fn request(client: &str, scope: &str, more: &str) -> String {
    format!(
        "/oidc/authorize?response_type=code&client_id={client}&redirect_uri={}&scope={}&state=s&nonce=n&code_challenge={}&code_challenge_method=S256&acr_values=eidas1{more}",
        encode(BACK),
        encode(scope),
        pkce::challenge(VERIFIER)
    )
}

fn body(answer: &PageAnswer) -> Value {
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// Signs a demonstration account in at the provider, by one click.
async fn click_in(browser: &mut Browser<'_>, login: &str, suite: &str) {
    browser.get("/connexion").await.expect("a visit");
    let fields = [("identifiant", login), ("suite", suite)];
    browser.post("/connexion/demonstration", &fields).await.expect("in");
}

/// Approves the request that is shown, and gives the code.
async fn approve(browser: &mut Browser<'_>, request: &str, decision: &str) -> String {
    let query = request.split_once('?').expect("a query").1;
    let pairs = super::browser::pairs(query);
    let mut fields: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("decision", decision));
    let answer = browser.post("/oidc/consentement", &fields).await.expect("answered");
    location(&answer).expect("back to the application")
}

async fn token(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> PageAnswer {
    browser.call(Method::Post, "/oidc/token", fields, &[]).await.expect("an answer")
}

async fn exchange(browser: &mut Browser<'_>, code: &str) -> PageAnswer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "demo-app"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    token(browser, &fields).await
}

/// The whole way of an application to its tokens.
async fn tokens(browser: &mut Browser<'_>, login: &str, scope: &str) -> Value {
    let request = request("demo-app", scope, "");
    click_in(browser, login, &request).await;
    let answer = browser.get(&request).await.expect("answered");
    let (_, page) = browser.follow(answer).await.expect("the question");
    let page = text(&page);
    assert!(page.contains("Application de démonstration"), "{page}");
    assert_eq!(socle_ui::lint::check(&page), Vec::<String>::new());
    let back = approve(browser, &request, "accepter").await;
    assert_eq!(
        (value(&back, "state").as_str(), value(&back, "iss").as_str()),
        ("s", "https://sante.example")
    );
    body(&exchange(browser, &value(&back, "code")).await)
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).expect("base64"))
        .expect("JSON")
}

async fn identify(
    region: &Region,
    bearer: &str,
) -> Result<socle_pipeline::Identified, socle_kernel::Problem> {
    let credentials = Credentials { bearer: Some(bearer.to_owned()), cookies: Vec::new() };
    region.pipeline.identify(&credentials).await
}

#[tokio::test]
async fn an_application_gets_tokens_for_what_the_person_may_give() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let given =
        tokens(&mut browser, "citoyen-1", "openid profile birth fhirUser patient/*.rs user/*.cruds").await;
    assert_eq!(given["scope"], "openid profile birth fhirUser patient/*.rs");
    assert_eq!(given["token_type"], "Bearer");
    assert!(given["patient"].is_string());
    let identity = payload(given["id_token"].as_str().expect("an identity token"));
    assert_eq!((identity["nonce"].as_str(), identity["acr"].as_str()), (Some("n"), Some("eidas1")));
    assert_eq!((identity["aud"].as_str(), identity["amr"].clone()), (Some("demo-app"), json!(["demo"])));
    let access = given["access_token"].as_str().expect("a token");
    let identified = identify(&region, access).await.expect("good");
    assert_eq!(identified.purpose, Purpose::Own);
    assert_eq!(identified.principal.client, "demo-app");
    let headers = [("authorization", format!("Bearer {access}"))];
    let headers = [(headers[0].0, headers[0].1.as_str())];
    let claims = body(&browser.call(Method::Get, "/oidc/userinfo", &[], &headers).await.expect("claims"));
    assert_eq!(
        (claims["family_name"].as_str(), claims["birthdate"].as_str()),
        (Some("PETIT"), Some("1960-02-03"))
    );
    assert_eq!(claims["sub"], identity["sub"]);
    region.clock.advance(limits::ACCESS_TOKEN_TIME);
    assert_eq!(identify(&region, access).await.expect_err("over").kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn a_professional_chooses_a_situation_before_an_application_acts() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let request = request("demo-app", "openid scope_all user/*.rs", "");
    click_in(&mut browser, "medecin-1", &request).await;
    let answer = browser.get(&request).await.expect("answered");
    let choice = location(&answer).expect("a choice");
    assert!(choice.starts_with("/connexion/situation?suite="), "{choice}");
    let fields = [("choix", "0"), ("suite", request.as_str())];
    let answer = browser.post("/connexion/situation", &fields).await.expect("chosen");
    assert_eq!(location(&answer).as_deref(), Some(request.as_str()));
    let back = approve(&mut browser, &request, "accepter").await;
    let given = body(&exchange(&mut browser, &value(&back, "code")).await);
    let access = given["access_token"].as_str().expect("a token").to_owned();
    let header = format!("Bearer {access}");
    let headers = [("authorization", header.as_str())];
    let claims = body(&browser.call(Method::Get, "/oidc/userinfo", &[], &headers).await.expect("claims"));
    assert_eq!(claims["SubjectNameID"], "810999000014");
    assert!(claims["SubjectOrganization"].is_string() && claims["Secteur_Activite"].is_string());
}

#[tokio::test]
async fn a_code_is_good_once_and_its_reuse_ends_what_it_gave() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let request = request("demo-app", "openid patient/*.rs", "");
    click_in(&mut browser, "citoyen-1", &request).await;
    let answer = browser.get(&request).await.expect("answered");
    browser.follow(answer).await.expect("the question");
    let code = value(&approve(&mut browser, &request, "accepter").await, "code");
    let given = body(&exchange(&mut browser, &code).await);
    let access = given["access_token"].as_str().expect("a token");
    assert!(identify(&region, access).await.is_ok());
    let again = exchange(&mut browser, &code).await;
    assert_eq!((again.status, body(&again)["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(identify(&region, access).await.expect_err("revoked").kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn a_code_serves_only_who_asked_and_in_time() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let request = request("demo-app", "openid", "");
    click_in(&mut browser, "citoyen-1", &request).await;
    let answer = browser.get(&request).await.expect("answered");
    browser.follow(answer).await.expect("the question");
    let other_verifier = "a".repeat(43);
    for (field, wrong) in [
        ("code_verifier", other_verifier.as_str()),
        ("redirect_uri", "http://127.0.0.1:3000/autre"),
        ("client_id", "socle"),
    ] {
        let code = value(&approve(&mut browser, &request, "accepter").await, "code");
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", "demo-app"),
            ("code", &code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, wrong));
        assert_eq!(body(&token(&mut browser, &fields).await)["error"], "invalid_grant", "{field}");
    }
    let code = value(&approve(&mut browser, &request, "accepter").await, "code");
    region.clock.advance(limits::CODE_TIME);
    assert_eq!(body(&exchange(&mut browser, &code).await)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_its_reuse_ends_the_grant() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let first = tokens(&mut browser, "citoyen-1", "openid patient/*.rs").await;
    let old = first["refresh_token"].as_str().expect("a refresh token").to_owned();
    region.clock.advance(limits::ACCESS_TOKEN_TIME);
    let fields = |refresh: &str| {
        let fields = [("grant_type", "refresh_token"), ("client_id", "demo-app"), ("refresh_token", refresh)];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let ask = async |browser: &mut Browser<'_>, refresh: &str| {
        let fields = fields(refresh);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        body(&token(browser, &fields).await)
    };
    let second = ask(&mut browser, &old).await;
    let access = second["access_token"].as_str().expect("a token").to_owned();
    assert!(identify(&region, &access).await.is_ok());
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(ask(&mut browser, &old).await["error"], "invalid_grant");
    assert!(identify(&region, &access).await.is_err(), "one of the two bearers stole it");
    let newest = second["refresh_token"].as_str().expect("a refresh token");
    assert_eq!(ask(&mut browser, newest).await["error"], "invalid_grant");
}

#[tokio::test]
async fn the_person_sees_applications_and_takes_back_what_they_gave() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let given = tokens(&mut browser, "citoyen-1", "openid patient/*.rs").await;
    let access = given["access_token"].as_str().expect("a token").to_owned();
    // Our own pages are let in through the same provider.
    let answer = browser.get("/connexion?suite=/mon-espace/profil").await.expect("answered");
    let (at, profile) = browser.follow(answer).await.expect("the profile");
    assert_eq!(at, "/mon-espace/profil");
    let profile = text(&profile);
    assert!(profile.contains("Application de démonstration"), "{profile}");
    let id = profile
        .split("/mon-espace/profil/applications")
        .nth(1)
        .and_then(|rest| rest.split("name=\"id\" value=\"").nth(1));
    let id = id.and_then(|rest| rest.split('"').next()).expect("a button");
    browser.post("/mon-espace/profil/applications", &[("id", id)]).await.expect("withdrawn");
    assert!(identify(&region, &access).await.is_err());
    let other = browser.post("/mon-espace/profil/applications", &[("id", id)]).await;
    assert_eq!(other.expect_err("gone").kind, Kind::NotFound);
}

#[tokio::test]
async fn an_application_may_ask_and_give_back() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let given = tokens(&mut browser, "citoyen-1", "openid patient/*.rs").await;
    let access = given["access_token"].as_str().expect("a token").to_owned();
    let ask = [("client_id", "systeme-1"), ("client_secret", PASSWORD), ("token", access.as_str())];
    let state = browser.call(Method::Post, "/oidc/introspect", &ask, &[]).await.expect("a state");
    assert_eq!(
        (body(&state)["active"].as_bool(), body(&state)["client_id"].as_str()),
        (Some(true), Some("demo-app"))
    );
    let public = [("client_id", "demo-app"), ("token", access.as_str())];
    let state = browser.call(Method::Post, "/oidc/introspect", &public, &[]).await.expect("an answer");
    assert_eq!(state.status, 401, "a public application proves nothing");
    let stranger = browser.call(Method::Post, "/oidc/revoke", &ask, &[]).await.expect("an answer");
    assert_eq!(stranger.status, 200);
    assert!(identify(&region, &access).await.is_ok(), "another client's token is not its to give back");
    browser.call(Method::Post, "/oidc/revoke", &public, &[]).await.expect("given back");
    assert!(identify(&region, &access).await.is_err());
    let state = browser.call(Method::Post, "/oidc/introspect", &ask, &[]).await.expect("a state");
    assert_eq!(body(&state), json!({ "active": false }));
}

#[tokio::test]
async fn a_program_signs_in_by_its_secret() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    let basic = |secret: &str| {
        format!("Basic {}", data_encoding::BASE64.encode(format!("systeme-1:{secret}").as_bytes()))
    };
    let fields = [("grant_type", "client_credentials"), ("scope", "system/*.rs patient/*.rs")];
    let (good, bad) = (basic(PASSWORD), basic("faux"));
    let answer =
        browser.call(Method::Post, "/oidc/token", &fields, &[("authorization", &good)]).await.expect("told");
    let given = body(&answer);
    assert_eq!((given["scope"].as_str(), given.get("refresh_token")), (Some("system/*.rs"), None));
    let identified = identify(&region, given["access_token"].as_str().expect("a token")).await.expect("good");
    assert!(matches!(&identified.principal.subject, Subject::System(system) if !system.is_operator));
    let refused =
        browser.call(Method::Post, "/oidc/token", &fields, &[("authorization", &bad)]).await.expect("told");
    assert_eq!((refused.status, body(&refused)["error"].as_str()), (401, Some("invalid_client")));
    let person =
        [("grant_type", "client_credentials"), ("client_id", "citoyen-1"), ("client_secret", PASSWORD)];
    assert_eq!(token(&mut browser, &person).await.status, 401, "people are no programs");
}

#[tokio::test]
async fn requests_that_are_wrong_are_told_where_they_may_be() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    for address in
        [request("inconnue", "openid", ""), request("demo-app", "openid", "").replace("127", "128")]
    {
        assert_eq!(browser.get(&address).await.expect_err("no redirect").kind, Kind::Invalid, "{address}");
    }
    let good = request("demo-app", "openid", "");
    for (address, error) in [
        (good.replace("S256", "plain"), "invalid_request"),
        (good.replace("response_type=code", "response_type=token"), "unsupported_response_type"),
        (good.replace("scope=openid", "scope=profile"), "invalid_scope"),
        (format!("{good}&prompt=none"), "login_required"),
        (format!("{good}&aud=https%3A%2F%2Fautre.example%2Ffhir"), "invalid_request"),
        (format!("{good}&state=t"), "invalid_request"),
    ] {
        let answer = browser.get(&address).await.expect("told");
        let back = location(&answer).expect("to the application");
        assert!(back.starts_with(BACK) && value(&back, "error") == error, "{back}");
    }
    let refused = {
        click_in(&mut browser, "citoyen-1", &good).await;
        let answer = browser.get(&good).await.expect("answered");
        browser.follow(answer).await.expect("the question");
        approve(&mut browser, &good, "refuser").await
    };
    assert_eq!(value(&refused, "error"), "access_denied");
    let again = browser.get(&format!("{good}&prompt=login")).await.expect("answered");
    assert!(location(&again).is_some_and(|to| to.starts_with("/connexion?suite=") && !to.contains("prompt")));
}

#[tokio::test]
async fn an_application_signs_its_user_out_only_with_their_identity_token() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let given = tokens(&mut browser, "citoyen-1", "openid").await;
    let identity = given["id_token"].as_str().expect("an identity token");
    let asked = browser.get("/oidc/logout?client_id=demo-app").await.expect("asked first");
    assert!(text(&asked).contains("Fermer ma session"));
    let address =
        format!("/oidc/logout?id_token_hint={identity}&post_logout_redirect_uri={}&state=z", encode(BACK));
    let answer = browser.get(&address).await.expect("signed out");
    assert_eq!(location(&answer), Some(format!("{BACK}?state=z")));
    assert_eq!(browser.cookie(crate::cookies::SESSION), None);
}

#[tokio::test]
async fn tokens_of_the_command_line_work_in_demonstrations_only() {
    let principal = Principal { client: "demo".into(), ..Principal::operator("x") };
    for is_demo in [true, false] {
        let region = Region::open(is_demo).await;
        let secret = region.pipeline.gate().secret(crate::tokens::SECRET);
        let now = region.pipeline.gate().clock().now();
        let token = crate::tokens::demo(&secret, &principal, &Purpose::Care, now);
        assert_eq!(identify(&region, &token).await.is_ok(), is_demo);
        // A token that was seen before ends like any other.
        region.clock.advance(limits::DEMO_TOKEN_TIME);
        assert_eq!(identify(&region, &token).await.expect_err("over").kind, Kind::Unauthenticated);
    }
}

#[tokio::test]
async fn a_registered_application_proves_itself_by_its_secret() {
    let region = Region::open(true).await;
    let client = |id: &str, uri: &str| NewClient {
        id: id.into(),
        name: "Logiciel".into(),
        redirect_uris: vec![uri.into()],
        after_sign_out: Vec::new(),
        secret: Some("secret du logiciel".into()),
    };
    accounts::register_client(&region.pipeline, client("logiciel", BACK)).await.expect("registered");
    for (id, uri) in
        [("socle", BACK), ("citoyen-1", BACK), ("autre", "javascript:alert(1)"), ("autre", "https://x/#f")]
    {
        assert!(accounts::register_client(&region.pipeline, client(id, uri)).await.is_err(), "{id} {uri}");
    }
    let mut browser = Browser::new(&region);
    let fields = |secret: &'static str| {
        [("grant_type", "refresh_token"), ("client_id", "logiciel"), ("client_secret", secret)]
    };
    assert_eq!(body(&token(&mut browser, &fields("secret du logiciel")).await)["error"], "invalid_grant");
    assert_eq!(body(&token(&mut browser, &fields("faux")).await)["error"], "invalid_client");
}
