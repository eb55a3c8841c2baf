//! Every page as it is served: well-formed, accessible by what a program can check, light, and alone.

use crate::harness::browser::Page;
use crate::harness::{Browser, Person, a_document, as_login, region};
use flate2::read::GzDecoder;
use std::collections::BTreeSet;
use std::io::Read;

/// Heaviest page, compressed, in bytes.
const PAGE_BYTES: usize = 60 * 1024;
/// Pages one reader opens by following links.
const PAGES: usize = 60;

fn check(page: &Page, problems: &mut Vec<String>) {
    for finding in socle_ui::lint::check(&page.html) {
        problems.push(format!("{}: {finding}", page.path));
    }
    for attribute in ["src=\"", "href=\"", "action=\"", "srcset=\"", "data=\"", "poster=\""] {
        for piece in page.html.split(attribute).skip(1) {
            let address = piece.split('"').next().unwrap_or("");
            if address.starts_with("//")
                || address.contains("://") && !address.starts_with(&region().server.base)
            {
                problems.push(format!("{}: leads elsewhere: {address}", page.path));
            }
        }
    }
    if !page.words().contains("DÉMO") && !page.words().contains("DEMO") {
        problems.push(format!("{}: does not say that this is a demonstration", page.path));
    }
}

fn weigh(browser: &mut Browser, path: &str, problems: &mut Vec<String>) {
    let reply = browser.fetch(path, &[("accept-encoding", "gzip")]);
    if reply.header("content-encoding") != "gzip" {
        problems.push(format!("{path}: is not compressed"));
        return;
    }
    let mut text = String::new();
    GzDecoder::new(reply.body.as_slice()).read_to_string(&mut text).expect("gzip");
    if reply.body.len() > PAGE_BYTES {
        problems.push(format!("{path}: {} bytes compressed", reply.body.len()));
    }
}

/// Links to pages of ours, without what downloads or changes something.
fn further(page: &Page) -> impl Iterator<Item = String> {
    let is_page = |address: &String| {
        !address.starts_with("/assets/")
            && !address.starts_with("/fhir")
            && !address.contains("/contenu")
            && !address.contains("lang=")
    };
    page.links("/")
        .into_iter()
        .map(|address| address.split('#').next().unwrap_or("").to_owned())
        .filter(is_page)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The address without ids and queries, so that a hundred documents count as one page.
fn shape(path: &str) -> String {
    let bare = path.split('?').next().unwrap_or("");
    bare.split('/')
        .map(|part| if part.len() == 36 && part.contains('-') { "{id}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

/// Follows every kind of link from the first pages and checks what is found.
fn explore(mut browser: Browser, starts: &[&str]) -> BTreeSet<String> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<String> = starts.iter().rev().map(|start| (*start).to_owned()).collect();
    let mut count = 0;
    while let Some(path) = waiting.pop() {
        if !seen.insert(shape(&path)) || count >= PAGES {
            continue;
        }
        count += 1;
        let page = browser.open(&path);
        assert!(page.status < 500, "{path}: {}", page.status);
        if page.reply.header("content-type").starts_with("text/html") {
            check(&page, &mut problems);
            weigh(&mut browser, &page.path, &mut problems);
            waiting.extend(further(&page));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    seen
}

fn as_visitor(lang: &'static str) {
    let seen = explore(
        Browser::new().speaking(lang),
        &[
            "/",
            "/nulle-part",
            "/connexion",
            "/aide",
            "/accessibilite",
            "/donnees-personnelles",
            "/code-source",
            "/connexion?profil=citoyen",
            "/mon-espace",
            "/pro",
        ],
    );
    assert!(seen.len() >= 9, "{seen:?}");
}

fn as_citizen(lang: &'static str, login: &str) {
    let mut browser = Browser::new().speaking(lang);
    browser.demonstration(login);
    let seen = explore(
        browser,
        &[
            "/mon-espace",
            "/mon-espace/nulle-part",
            "/mon-espace/documents",
            "/mon-espace/documents?q=zzz",
            "/mon-espace/documents/nothing",
            "/mon-espace/acces",
            "/mon-espace/partage",
            "/mon-espace/profil",
            "/mon-espace/profil/mot-de-passe",
            "/pro",
        ],
    );
    assert!(seen.contains("/mon-espace/documents/{id}"), "{seen:?}");
}

fn as_professional(lang: &'static str, login: &str, patient: &str) {
    let mut browser = Browser::new().speaking(lang);
    browser.demonstration(login);
    let record = format!("/pro/patients/{patient}");
    let documents = format!("{record}/documents");
    let publish = format!("{documents}/publier");
    explore(
        browser,
        &[
            "/pro",
            "/pro/patients",
            "/pro/nulle-part",
            &record,
            &documents,
            &publish,
            &format!("{record}/acces"),
            "/pro/patients/nothing",
            "/mon-espace",
        ],
    );
}

#[test]
fn pages_for_everyone_keep_every_promise() {
    as_visitor("fr");
    as_visitor("en");
}

#[test]
fn pages_of_citizens_keep_every_promise() {
    for login in ["citoyen-1", "citoyen-4", "parent-1", "aidant-1"] {
        let person = Person::of_login(login);
        a_document().publish_as("medecin-3", &person);
    }
    as_citizen("fr", "citoyen-1");
    as_citizen("en", "citoyen-1");
    as_citizen("fr", "citoyen-4");
    as_citizen("en", "parent-1");
    as_citizen("fr", "aidant-1");
}

#[test]
fn pages_of_professionals_keep_every_promise() {
    let patient = region().account("citoyen-1", "patient_id");
    as_professional("fr", "medecin-1", &patient);
    as_professional("en", "medecin-1", &patient);
    for login in ["medecin-2", "pharmacien-1", "secretaire-1", "travailleur-social-1", "regulateur-1"] {
        as_professional("fr", login, &patient);
    }
}

#[test]
fn forms_sent_empty_come_back_with_their_errors() {
    let mut problems = Vec::new();
    let mut browser = Browser::new();
    let doors = browser.open("/connexion");
    let page = browser.open(&doors.links("/connexion?profil=citoyen").first().expect("a door").clone());
    check(&page, &mut problems);
    let refused = browser.submit(&page.form("/connexion/identifiant"));
    assert_eq!(refused.status, 422);
    check(&refused, &mut problems);
    let mut desk = Browser::new();
    desk.demonstration("medecin-1");
    let page = desk.open("/pro");
    let refused =
        desk.submit(&page.form_where(|form| form.fields.iter().any(|(name, _)| name == "naissance-day")));
    check(&refused, &mut problems);
    let address = format!("/pro/patients/{}/documents/publier", region().account("citoyen-1", "patient_id"));
    let page = desk.open(&address);
    let refused = desk.submit(&page.form(&address).choose("fichier", "", "application/octet-stream", b""));
    refused.shows("Donnez un titre au document");
    check(&refused, &mut problems);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_title_of_another_world_stays_a_title() {
    let person = Person::of_login("citoyen-4");
    let title = "<img src=x onerror=alert(1)> & \"guillemets\" 'fin' </title>";
    let published = a_document().titled(title).publish_as("medecin-3", &person);
    let mut browser = Browser::new();
    browser.demonstration("citoyen-4");
    let mut problems = Vec::new();
    for path in [
        "/mon-espace/documents".to_owned(),
        format!("/mon-espace/documents/{}", published.id),
        "/mon-espace/acces".to_owned(),
    ] {
        let page = browser.open(&path).expect(200);
        assert!(!page.html.contains("<img src=x"), "{path}");
        check(&page, &mut problems);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    as_login("medecin-3").delete(&published.path()).expect(204);
}

#[test]
fn answers_tell_browsers_to_trust_nothing_else() {
    let reply = region().anonymous().get("/");
    assert!(reply.header("content-security-policy").starts_with("default-src 'self'"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
}
