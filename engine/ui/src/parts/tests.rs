//! What parts promise beyond their look.

use super::*;
use crate::{Icon, NavItem};
use maud::{Render, html};
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, Words};

#[test]
fn a_table_keeps_one_cell_per_column_whatever_it_is_given() {
    let html = Table::new("Mesures")
        .column("Jour")
        .numeric("Poids")
        .text_row(&["lundi"])
        .text_row(&["mardi", "12", "de trop"])
        .render()
        .into_string();
    assert_eq!(html.matches("<td").count(), 2);
    assert_eq!(html.matches("scope=\"row\"").count(), 2);
    assert!(!html.contains("de trop") && html.contains("data-label=\"Poids\""));
}

#[test]
fn a_wide_table_can_be_scrolled_with_the_keyboard() {
    let columns = ["a", "b", "c", "d", "e"];
    let table = columns.into_iter().fold(Table::new("Large"), Table::column);
    assert!(table.render().into_string().contains("tabindex=\"0\" aria-label=\"Large\""));
}

#[test]
fn a_summary_link_names_its_line() {
    let html = summary_list(&[Row::text("Adresse", "Nantes").action("Modifier", "/x")]).into_string();
    assert!(html.contains("Modifier<span class=\"unseen\"> (Adresse)</span>"));
}

#[test]
fn a_pager_says_where_it_is_and_offers_only_what_exists() {
    let pager = Pager {
        lang: Lang::Fr,
        first: 1,
        last: 20,
        total: Some(57),
        next: Some("/x?page=2"),
        previous: None,
    };
    let html = pager.render().into_string();
    assert!(html.contains("1–20 sur 57") && html.contains("Page suivante") && !html.contains("précédente"));
    let none = Pager { lang: Lang::Fr, total: Some(0), ..Pager::default() }.render().into_string();
    assert!(none.contains("0 résultat") && !none.contains("–"));
}

#[test]
fn steps_are_said_in_words() {
    let html = stepper(Lang::En, &["Identity", "Choices", "Check"], 1).into_string();
    for word in ["Done", "Current", "To come", "aria-current=\"step\""] {
        assert_eq!(html.matches(word).count(), 1, "{word}");
    }
}

#[test]
fn tabs_and_badges_speak_without_their_colour() {
    let items = [NavItem { label: "Synthèse", href: "/a", is_current: true }];
    assert!(tabs("Vues", &items).into_string().contains("aria-current=\"page\""));
    assert!(badge(3, "non lus").into_string().contains("3<span class=\"unseen\"> non lus"));
    assert_eq!(badge(0, "non lus").into_string(), "");
    assert!(notice(Lang::Fr, Tone::Warning, html! {}).into_string().contains("Attention"));
}

#[test]
fn a_problem_shows_each_issue_with_what_was_expected_and_received() {
    let issue = Issue::error("value", "Patient.birthDate", Words::new("Indiquez une date.", "Give a date."))
        .expected("AAAA-MM-JJ")
        .received("hier");
    let html = problem(Lang::Fr, &Problem::with_issues(Kind::Invalid, vec![issue])).into_string();
    for part in ["role=\"alert\"", "Indiquez une date.", "Patient.birthDate", "AAAA-MM-JJ", "hier"] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn an_unusual_access_says_so_in_words_and_offers_the_question() {
    let line = Access {
        at: Instant::parse("2026-11-19T02:14:00Z").expect("valid"),
        who: "Dr Paul Verne",
        role: "Urgentiste",
        what: "a ouvert votre dossier",
        why: "Patient inconscient",
        is_unusual: true,
        href: None,
        question_href: Some("/question"),
    };
    let html = access_log(Lang::Fr, &[line]).into_string();
    for part in [
        "Accès inhabituel",
        "19 novembre 2026 à 03:14",
        "Je ne comprends pas cet accès",
        "Patient inconscient",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[test]
fn an_empty_state_says_what_one_can_do() {
    let html =
        empty(Icon::Document, "Aucun document", "Rien ici.", Some(("Ajouter", "/ajouter"))).into_string();
    assert!(html.contains("Aucun document") && html.contains("href=\"/ajouter\""));
}
