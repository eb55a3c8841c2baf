//! Signing in and out, and what does not let one in.

use super::browser::{Browser, location, text};
use super::region::{PASSWORD, Region};
use crate::cookies;
use socle_gate::Deed;
use socle_kernel::{Kind, limits};
use std::time::Duration;

async fn open_form(browser: &mut Browser<'_>, address: &str) -> String {
    let answer = browser.get(address).await.expect("an answer");
    let (at, page) = browser.follow(answer).await.expect("a page");
    assert_eq!(page.status, 200, "{at}");
    super::browser::value(&at, "suite")
}

async fn sign_in(region: &Region, browser: &mut Browser<'_>, login: &str, address: &str) -> String {
    let suite = open_form(browser, address).await;
    let fields = [("identifiant", login), ("mot-de-passe", PASSWORD), ("suite", suite.as_str())];
    let answer = browser.post("/connexion/identifiant", &fields).await.expect("an answer");
    let code_page = location(&answer).expect("on to the code");
    assert!(code_page.starts_with("/connexion/code"), "{code_page}");
    let code = region.code();
    let answer =
        browser.post("/connexion/code", &[("code", &code), ("suite", &suite)]).await.expect("an answer");
    // The last hop belongs to other rooms: only its address counts.
    let mut next = location(&answer).expect("back to the provider");
    for _ in 0..3 {
        if !(next.starts_with("/oidc/") || next.starts_with("https://sante.example/connexion/retour")) {
            break;
        }
        let address = next.strip_prefix("https://sante.example").unwrap_or(&next).to_owned();
        let answer = browser.get(&address).await.expect("an answer");
        next = location(&answer).expect("a redirect");
    }
    next
}

#[tokio::test]
async fn a_citizen_signs_in_with_password_and_code_and_goes_where_they_wanted() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    let next = sign_in(&region, &mut browser, "citoyen-1", "/connexion?suite=/mon-espace/profil").await;
    assert_eq!(next, "/mon-espace/profil");
    let profile = text(&browser.get("/mon-espace/profil").await.expect("the profile"));
    assert!(profile.contains("PETIT") && profile.contains("Récupérée"));
    assert_eq!(socle_ui::lint::check(&profile), Vec::<String>::new());
    let before = browser.cookie(cookies::SESSION).map(str::to_owned);
    assert!(before.is_some());
    let answer = browser.post("/deconnexion", &[]).await.expect("signed out");
    assert_eq!(location(&answer).as_deref(), Some("/"));
    assert_eq!(browser.cookie(cookies::SESSION), None);
    let refused = browser.get("/mon-espace/profil").await.expect_err("refused");
    assert_eq!(refused.kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn a_parent_chooses_whose_record_and_only_among_those_that_name_them() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    let next = sign_in(&region, &mut browser, "parent-1", "/connexion").await;
    assert!(next.starts_with("/connexion/personne"), "{next}");
    let page = text(&browser.get(&next).await.expect("the choice"));
    // The third person is in the account's list, but their record names no representative.
    assert!(page.contains("LINA") && page.contains("Nom de parent-1") && !page.contains("MARC"), "{page}");
    let answer = browser.post("/connexion/personne", &[("choix", &region.child)]).await.expect("chosen");
    assert_eq!(location(&answer).as_deref(), Some("/mon-espace"));
    let profile = text(&browser.get("/mon-espace/profil").await.expect("the child's profile"));
    assert!(profile.contains("Vous agissez pour") && profile.contains("représentant légal"));
    let refused = browser.post("/connexion/personne", &[("choix", "autre")]).await.expect("told");
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_doctor_with_two_places_chooses_one() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    let next = sign_in(&region, &mut browser, "medecin-1", "/connexion").await;
    assert!(next.starts_with("/connexion/situation"), "{next}");
    let refused = browser.get("/pro").await.expect_err("no situation yet");
    assert_eq!(refused.kind, Kind::Unauthenticated);
    let answer = browser.post("/connexion/situation", &[("choix", "1")]).await.expect("chosen");
    assert_eq!(location(&answer).as_deref(), Some("/pro"));
    let home = text(&browser.get("/pro").await.expect("the desk"));
    assert!(home.contains("Trouver un patient") && home.contains("Centre hospitalier du Bocage"));
}

#[tokio::test]
async fn wrong_passwords_and_unknown_logins_look_the_same_and_lock() {
    let region = Region::open(false).await;
    let mut pages = Vec::new();
    for login in ["citoyen-1", "inconnu-1"] {
        let mut browser = Browser::new(&region);
        let suite = open_form(&mut browser, "/connexion").await;
        let mut statuses = Vec::new();
        let mut last = String::new();
        for _ in 0..=limits::SIGN_IN_FAILURES {
            let fields = [("identifiant", login), ("mot-de-passe", "faux"), ("suite", suite.as_str())];
            let answer = browser.post("/connexion/identifiant", &fields).await.expect("told");
            statuses.push(answer.status);
            last = text(&answer);
        }
        assert_eq!(statuses, [422, 422, 422, 422, 429, 429], "{login}");
        assert!(last.contains("attendez 15 minutes"));
        pages.push(last.matches("<p").count());
    }
    assert_eq!(pages[0], pages[1]);
    // Even the right password waits; then it is good again.
    let mut browser = Browser::new(&region);
    let suite = open_form(&mut browser, "/connexion").await;
    let fields = [("identifiant", "citoyen-1"), ("mot-de-passe", PASSWORD), ("suite", suite.as_str())];
    assert_eq!(browser.post("/connexion/identifiant", &fields).await.expect("told").status, 429);
    region.clock.advance(limits::LOCK_TIME);
    assert_eq!(browser.post("/connexion/identifiant", &fields).await.expect("told").status, 303);
}

#[tokio::test]
async fn one_network_address_may_not_try_without_end() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    open_form(&mut browser, "/connexion").await;
    let mut status = 0;
    for number in 0..=limits::SIGN_IN_PER_MINUTE {
        let login = format!("inconnu-{number}");
        let fields = [("identifiant", login.as_str()), ("mot-de-passe", "faux")];
        status = browser.post("/connexion/identifiant", &fields).await.expect("told").status;
    }
    assert_eq!(status, 429);
    browser.peer = "192.0.2.9".into();
    let fields = [("identifiant", "inconnu-x"), ("mot-de-passe", "faux")];
    assert_eq!(browser.post("/connexion/identifiant", &fields).await.expect("told").status, 422);
}

#[tokio::test]
async fn a_code_works_once_and_wrong_codes_lock_too() {
    let region = Region::open(false).await;
    sign_in(&region, &mut Browser::new(&region), "citoyen-1", "/connexion").await;
    let mut browser = Browser::new(&region);
    let suite = open_form(&mut browser, "/connexion").await;
    let fields = [("identifiant", "citoyen-1"), ("mot-de-passe", PASSWORD), ("suite", suite.as_str())];
    browser.post("/connexion/identifiant", &fields).await.expect("on to the code");
    let used = region.code();
    let mut statuses = Vec::new();
    for _ in 0..limits::SIGN_IN_FAILURES {
        statuses.push(browser.post("/connexion/code", &[("code", &used)]).await.expect("told").status);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 429]);
}

#[tokio::test]
async fn the_code_step_needs_the_password_step() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    open_form(&mut browser, "/connexion").await;
    let code = region.code();
    let answer = browser.post("/connexion/code", &[("code", &code)]).await.expect("sent back");
    assert!(location(&answer).is_some_and(|to| to.starts_with("/connexion?")));
    assert_eq!(browser.cookie(cookies::SESSION), None);
}

#[tokio::test]
async fn one_click_lets_in_to_a_demonstration_only() {
    let demo = Region::open(true).await;
    let mut browser = Browser::new(&demo);
    let suite = open_form(&mut browser, "/connexion").await;
    let list = text(&browser.get("/connexion?suite=/oidc/authorize?x").await.expect("the list"));
    assert!(list.contains("Se connecter comme Nom de medecin-1") && !list.contains("systeme-1"));
    let fields = [("identifiant", "citoyen-1"), ("suite", suite.as_str())];
    let answer = browser.post("/connexion/demonstration", &fields).await.expect("in");
    assert!(location(&answer).is_some_and(|to| to.starts_with("/oidc/authorize?")));
    let real = Region::open(false).await;
    let mut browser = Browser::new(&real);
    open_form(&mut browser, "/connexion").await;
    let refused = browser.post("/connexion/demonstration", &fields).await.expect_err("refused");
    assert_eq!(refused.kind, Kind::NotFound);
}

#[tokio::test]
async fn a_session_ends_when_nobody_is_there() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    sign_in(&region, &mut browser, "citoyen-1", "/connexion").await;
    region.clock.advance(limits::SESSION_IDLE - Duration::from_secs(1));
    assert!(browser.get("/mon-espace/profil").await.is_ok());
    region.clock.advance(limits::SESSION_IDLE - Duration::from_secs(1));
    assert!(browser.get("/mon-espace/profil").await.is_ok(), "each request prolongs it");
    region.clock.advance(limits::SESSION_IDLE);
    assert!(browser.get("/mon-espace/profil").await.is_err());
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_other_sessions() {
    let region = Region::open(false).await;
    let (mut here, mut elsewhere) = (Browser::new(&region), Browser::new(&region));
    sign_in(&region, &mut elsewhere, "citoyen-1", "/connexion").await;
    region.clock.advance(Duration::from_secs(90));
    sign_in(&region, &mut here, "citoyen-1", "/connexion").await;
    let change = |old: &'static str| {
        [("actuel", old), ("nouveau", "cinq autres mots sans lien"), ("encore", "cinq autres mots sans lien")]
    };
    let address = "/mon-espace/profil/mot-de-passe";
    assert_eq!(here.post(address, &change("faux")).await.expect("told").status, 422);
    let answer = here.post(address, &change(PASSWORD)).await.expect("changed");
    assert_eq!(location(&answer).as_deref(), Some("/mon-espace/profil?fait=mot-de-passe"));
    assert!(here.get("/mon-espace/profil").await.is_ok());
    assert!(elsewhere.get("/mon-espace/profil").await.is_err());
    assert!(region.load("citoyen-1").await.password().verify("cinq autres mots sans lien"));
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    sign_in(&region, &mut browser, "citoyen-1", "/connexion").await;
    let forged = browser.call(socle_pipeline::Method::Post, "/deconnexion", &[("csrf", "autre")], &[]).await;
    assert_eq!(forged.expect_err("refused").kind, Kind::Refused);
    assert!(browser.get("/mon-espace/profil").await.is_ok());
}

#[tokio::test]
async fn the_person_finds_sign_ins_refusals_and_sign_outs_in_their_log() {
    let region = Region::open(false).await;
    let mut browser = Browser::new(&region);
    let suite = open_form(&mut browser, "/connexion").await;
    let fields = [("identifiant", "citoyen-1"), ("mot-de-passe", "faux"), ("suite", suite.as_str())];
    browser.post("/connexion/identifiant", &fields).await.expect("told");
    sign_in(&region, &mut browser, "citoyen-1", "/connexion").await;
    browser.post("/deconnexion", &[]).await.expect("signed out");
    let account = region.load("citoyen-1").await;
    let principal = crate::principals::usual(&account).expect("their own record");
    let gate = region.pipeline.gate();
    let session = gate.session(std::sync::Arc::new(principal), socle_kernel::Purpose::Own, "test");
    let lines = session.log(account.home(), None, 20).await.expect("their log");
    let deeds: Vec<Deed> = lines.iter().map(|(_, entry)| entry.deed).collect();
    assert_eq!(deeds[..3], [Deed::SignOut, Deed::SignIn, Deed::SignInRefused]);
    assert_eq!((lines[2].1.who.kind.as_str(), lines[1].1.who.kind.as_str()), ("anonymous", "citizen"));
    session.close(Ok(())).await.into_inner().expect("closed");
}
