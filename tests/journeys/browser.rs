//! The same story once through a real browser, scripts off; and pictures of the main pages for people to look at.

use super::{PIXEL, cda, testdata};
use crate::harness::webdriver::Window;
use crate::harness::{Browser, Person, builders::fresh, region, totp};

fn at(path: &str) -> String {
    format!("{}{path}", region().server.base)
}

fn sign_in(window: &Window, login: &str) {
    window.go(&at("/connexion"));
    let profile = if region().account(login, "role") == "citizen" { "citoyen" } else { "professionnel" };
    window.click(&format!("a[href*='profil={profile}&suite']"));
    window.type_into("form[action^='/connexion/identifiant'] input[name=identifiant]", login);
    window.type_into("input[name='mot-de-passe']", &region().account(login, "password"));
    window.click("form[action^='/connexion/identifiant'] button");
    window.type_into("input[name=code]", &totp::code(&region().account(login, "totp_secret")));
    window.click("form[action^='/connexion/code'] button");
    window.arrives(is_in);
}

/// Signed in: on a page of ours, or where a work situation is chosen.
fn is_in(url: &str) -> bool {
    let is_on_the_way = url.contains("/connexion") || url.contains("/oidc");
    !is_on_the_way || url.contains("/connexion/situation") || url.contains("/connexion/personne")
}

/// One click, as demonstrations allow.
fn enter(window: &Window, login: &str) {
    window.go(&at("/connexion"));
    window.click(&format!("form[action^='/connexion/demonstration']:has(input[value='{login}']) button"));
    window.arrives(is_in);
    choose_first(window);
}

/// Takes the first work situation or record, where there is a choice.
fn choose_first(window: &Window) {
    if window.url().contains("/connexion/") {
        window.click("input[name=choix]");
        window.click("main form button");
        window.arrives(|url| !url.contains("/connexion"));
    }
}

fn publish(window: &Window, person: &Person, title: &str, file: &std::path::Path) -> String {
    window.go(&at(&format!("/pro/patients/{}/documents/publier", person.id)));
    window.type_into("input[name=fichier]", file.to_str().unwrap());
    window.type_into("input[name=titre]", title);
    window.choose("select[name=type]", "11488-4");
    window.choose("select[name=lieu]", "SA07");
    window.choose("select[name=cadre]", "AMBULATOIRE");
    window.click("main form button");
    window.arrives(|url| url.contains("fait=publie"));
    let url = window.url();
    url.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn the_whole_journey_works_in_a_browser_without_scripts() {
    let person = Person::of_login("citoyen-3");
    let number = fresh();
    let titles = ["Échographie", "Cliché"].map(|title| format!("{title} {number}"));
    let folder = tempfile::tempdir().unwrap();
    let (pdf, png) = (folder.path().join("echographie.pdf"), folder.path().join("cliche.png"));
    std::fs::write(&pdf, "%PDF-1.7\n% échographie\n%%EOF\n").unwrap();
    std::fs::write(&png, PIXEL).unwrap();

    let midwife = Window::open();
    midwife.scripts(false);
    sign_in(&midwife, "sage-femme-1");
    choose_first(&midwife);
    midwife.shows("Trouver un patient");
    let echo = publish(&midwife, &person, &titles[0], &pdf);
    publish(&midwife, &person, &titles[1], &png);

    let citizen = Window::open();
    citizen.scripts(false);
    sign_in(&citizen, "citoyen-3");
    citizen.go(&at("/mon-espace/documents"));
    citizen.shows(&titles[0]);
    citizen.shows(&titles[1]);
    citizen.go(&at(&format!("/mon-espace/documents/{echo}")));
    citizen.shows(&titles[0]);
    citizen.click("form[action$='/visibilite'] button");
    citizen.arrives(|url| url.contains("fait=masque"));

    let other = Window::open();
    other.scripts(false);
    enter(&other, "medecin-2");
    other.go(&at(&format!("/pro/patients/{}/acces", person.id)));
    let reason = format!("Douleur thoracique, essai {number}");
    other.click("form:has(select[name=motif], input[name=motif]) [name=motif][value=vital], form:has(select[name=motif]) option[value=vital]");
    other.type_into("form:has([name=motif]) [name=precision]", &reason);
    other.click("form:has([name=motif]) button");
    other.arrives(|url| !url.contains("/acces"));
    other.go(&at(&format!("/pro/patients/{}/documents", person.id)));
    other.shows(&titles[1]);
    assert!(!other.words().contains(&titles[0]), "hidden means absent");

    citizen.go(&at("/mon-espace/acces"));
    citizen.shows(&reason);
    citizen.shows(&region().account("medecin-2", "name"));
    citizen.go(&at("/mon-espace/acces?qui=moi"));
    citizen.shows("changé la visibilité de");
}

#[test]
fn the_official_examples_open_in_a_browser() {
    let person = Person::of_login("citoyen-2");
    let published = cda::publish_all("medecin-1", &person);
    let window = Window::open();
    window.scripts(false);
    enter(&window, "citoyen-2");
    for (name, id, phrase) in published {
        window.go(&at(&format!("/mon-espace/documents/{id}")));
        let shown = window.ask("return document.body.textContent");
        let shown = crate::harness::browser::squeeze(shown.as_str().unwrap_or(""));
        assert!(shown.contains(&phrase), "{name}: {phrase:?} is not shown");
        window.fits();
        if name.starts_with("VSM") {
            window.picture("document-cda");
        }
    }
    assert!(testdata("cda").is_dir());
}

#[test]
fn pictures_of_the_main_pages_are_kept() {
    let window = Window::open();
    for (name, path) in [
        ("accueil", "/"),
        ("connexion", "/connexion"),
        ("aide", "/aide"),
        ("accessibilite", "/accessibilite"),
        ("introuvable", "/nulle-part"),
    ] {
        window.go(&at(path));
        window.picture(name);
    }
    let person = Person::of_login("citoyen-1");
    enter(&window, "citoyen-1");
    let mut reader = Browser::new();
    reader.demonstration("citoyen-1");
    let document = reader
        .open("/mon-espace/documents")
        .links("/mon-espace/documents/")
        .into_iter()
        .next()
        .expect("a document");
    for (name, path) in [
        ("espace", "/mon-espace"),
        ("documents", "/mon-espace/documents"),
        ("document", &document),
        ("acces", "/mon-espace/acces"),
        ("partage", "/mon-espace/partage"),
        ("profil", "/mon-espace/profil"),
    ] {
        window.go(&at(path));
        window.picture(name);
    }
    let desk = Window::open();
    enter(&desk, "medecin-1");
    for (name, path) in [
        ("pro", "/pro".to_owned()),
        ("pro-dossier", format!("/pro/patients/{}", person.id)),
        ("pro-documents", format!("/pro/patients/{}/documents", person.id)),
        ("pro-publier", format!("/pro/patients/{}/documents/publier", person.id)),
    ] {
        desk.go(&at(&path));
        desk.picture(name);
    }
    let stranger = Window::open();
    enter(&stranger, "medecin-2");
    stranger.go(&at(&format!("/pro/patients/{}/acces", person.id)));
    stranger.picture("pro-acces");
}
