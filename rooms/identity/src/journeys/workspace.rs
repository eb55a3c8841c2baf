//! The professional's desk: finding a patient, asking to come in.

use super::browser::{Browser, location, text};
use super::region::{CITIZEN_INS, Region};
use socle_gate::Relation;
use socle_kernel::resource_type;
use std::time::Duration;

/// A doctor at the desk of their first place of work.
async fn at_the_desk(region: &Region) -> Browser<'_> {
    let mut browser = Browser::new(region);
    let answer = browser.get("/connexion?suite=/pro").await.expect("answered");
    let (at, _) = browser.follow(answer).await.expect("the sign-in page");
    let suite = super::browser::value(&at, "suite");
    let fields = [("identifiant", "medecin-1"), ("suite", suite.as_str())];
    let answer = browser.post("/connexion/demonstration", &fields).await.expect("in");
    let (at, _) = browser.follow(answer).await.expect("the choice");
    assert!(at.starts_with("/connexion/situation"), "{at}");
    browser.post("/connexion/situation", &[("choix", "0")]).await.expect("chosen");
    browser
}

const TRAITS: [(&str, &str); 5] = [
    ("par", "traits"),
    ("naissance-day", "21"),
    ("naissance-month", "1"),
    ("naissance-year", "1977"),
    ("nom", "gar"),
];

#[tokio::test]
async fn a_patient_is_found_by_birth_date_or_matricule_and_no_address_tells() {
    let region = Region::open(true).await;
    let mut browser = at_the_desk(&region).await;
    for fields in [TRAITS.to_vec(), vec![("par", "matricule"), ("matricule", "2 77 01 01 154 003 29")]] {
        let answer = browser.post("/pro/patients", &fields).await.expect("searched");
        assert_eq!(location(&answer).as_deref(), Some("/pro/patients"));
        let page = text(&browser.get("/pro/patients").await.expect("results"));
        assert!(page.contains(&format!("/pro/patients/{}/ouvrir", region.patient)), "{page}");
        assert!(page.contains("21 janvier 1977") || page.contains("21\u{a0}janvier 1977"));
        assert_eq!(socle_ui::lint::check(&page), Vec::<String>::new());
    }
    let nobody = [("par", "matricule"), ("matricule", "185012A00100110")];
    browser.post("/pro/patients", &nobody).await.expect("searched");
    assert!(text(&browser.get("/pro/patients").await.expect("results")).contains("LINA"));
    let wrong = browser
        .post("/pro/patients", &[("par", "matricule"), ("matricule", CITIZEN_INS.get(1..).expect("text"))])
        .await;
    assert_eq!(wrong.expect("told").status, 422);
}

async fn relation(region: &Region, browser: &mut Browser<'_>) -> Option<Relation> {
    let credentials = socle_pipeline::Credentials {
        bearer: None,
        cookies: vec![(
            "socle_session".into(),
            browser.cookie("socle_session").expect("a session").to_owned(),
        )],
    };
    let identified = region.pipeline.identify(&credentials).await.expect("known");
    let session = region.pipeline.session(&identified, "test");
    let key =
        session.resolve(resource_type::PATIENT, &region.patient).await.expect("a store").expect("a patient");
    let (standing, _) = session.standing(key.home).await.expect("a standing");
    session.close(Ok(())).await.into_inner().expect("closed");
    standing.refused.is_none().then_some(standing.relation)
}

#[tokio::test]
async fn an_agreement_opens_the_record_for_the_day() {
    let region = Region::open(true).await;
    let mut browser = at_the_desk(&region).await;
    let open = format!("/pro/patients/{}/ouvrir", region.patient);
    let access = format!("/pro/patients/{}/acces", region.patient);
    let answer = browser.get(&open).await.expect("answered");
    assert_eq!(location(&answer).as_deref(), Some(access.as_str()));
    let page = text(&browser.get(&access).await.expect("the question"));
    assert!(page.contains("SARAH-LOU") && page.contains("bris de glace") && !page.contains("Régulation"));
    assert_eq!(socle_ui::lint::check(&page), Vec::<String>::new());
    assert_eq!(browser.post(&access, &[("choix", "accord")]).await.expect("told").status, 422);
    assert_eq!(relation(&region, &mut browser).await, None);
    let agreed = browser.post(&access, &[("choix", "accord"), ("accord", "on")]).await.expect("recorded");
    let record = format!("/pro/patients/{}", region.patient);
    assert_eq!(location(&agreed).as_deref(), Some(record.as_str()));
    assert_eq!(relation(&region, &mut browser).await, Some(Relation::Admitted));
    assert_eq!(location(&browser.get(&open).await.expect("answered")).as_deref(), Some(record.as_str()));
    assert!(text(&browser.get("/pro").await.expect("the desk")).contains("SARAH-LOU"));
}

#[tokio::test]
async fn an_emergency_needs_a_reason_and_ends_with_the_situation() {
    let region = Region::open(true).await;
    let mut browser = at_the_desk(&region).await;
    let access = format!("/pro/patients/{}/acces", region.patient);
    let without = [("choix", "urgence"), ("motif", "vital"), ("precision", "")];
    assert_eq!(browser.post(&access, &without).await.expect("told").status, 422);
    let not_theirs = [("choix", "regulation"), ("precision", "Appel au 15")];
    assert_eq!(browser.post(&access, &not_theirs).await.expect("told").status, 422);
    assert_eq!(relation(&region, &mut browser).await, None);
    let reason = [("choix", "urgence"), ("motif", "vital"), ("precision", "Malaise dans la rue")];
    assert_eq!(browser.post(&access, &reason).await.expect("opened").status, 303);
    assert_eq!(relation(&region, &mut browser).await, Some(Relation::BreakGlass));
    region.clock.advance(Duration::from_secs(120));
    browser.post("/connexion/situation", &[("choix", "1")]).await.expect("changed");
    assert_eq!(relation(&region, &mut browser).await, None);
}

#[tokio::test]
async fn a_citizen_has_no_desk() {
    let region = Region::open(true).await;
    let mut browser = Browser::new(&region);
    let answer = browser.get("/connexion?suite=/mon-espace/profil").await.expect("answered");
    let (at, _) = browser.follow(answer).await.expect("the sign-in page");
    let suite = super::browser::value(&at, "suite");
    let fields = [("identifiant", "citoyen-1"), ("suite", suite.as_str())];
    let answer = browser.post("/connexion/demonstration", &fields).await.expect("in");
    let (at, _) = browser.follow(answer).await.expect("the profile");
    assert_eq!(at, "/mon-espace/profil");
    assert_eq!(browser.get("/pro").await.expect_err("refused").kind, socle_kernel::Kind::Refused);
}
