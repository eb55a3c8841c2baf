//! What the frame of every page promises.

use super::*;

#[test]
fn language_switch_keeps_the_other_parameters() {
    assert_eq!(
        with_lang("/pro/patients?nom=roux&lang=fr&page=2", Lang::En),
        "/pro/patients?nom=roux&page=2&lang=en"
    );
    assert_eq!(with_lang("", Lang::En), "?lang=en");
    assert_eq!(with_lang("/aide#haut", Lang::Fr), "/aide?lang=fr");
}

#[test]
fn title_says_that_there_are_errors_and_that_it_is_a_demonstration() {
    let shell = Shell { title: "Identité", is_demo: true, has_errors: true, ..Shell::default() };
    assert!(page(&shell, html! {}).contains("<title>Erreur : Identité – Socle (DÉMO)</title>"));
    let shell = Shell { title: "Identity", lang: Lang::En, ..Shell::default() };
    let html = page(&shell, html! {});
    assert!(html.contains("<title>Identity – Socle</title>") && !html.contains("DEMO"));
}

#[test]
fn names_the_represented_person() {
    let person = PersonBanner { name: "Lina Roux", is_represented: true, ..PersonBanner::default() };
    let shell = Shell { title: "Accueil", person: Some(person), ..Shell::default() };
    let html = page(&shell, html! {});
    assert!(html.contains("Vous agissez pour") && html.contains("person-represented"));
}

#[test]
fn escapes_what_people_wrote() {
    let html = page(&Shell { title: "<b>x</b>", path: "/a?q=\"<", ..Shell::default() }, html! {});
    assert!(!html.contains("<b>x</b>") && !html.contains("q=\"<"));
}
