//! Every check refuses what it is for; a good page passes.

use super::check;
use crate::form::{self, Errors, Form};
use crate::{Shell, html, page};
use maud::{Markup, Render};

fn page_of(body: Markup) -> String {
    page(&Shell { title: "Documents", csrf: "jeton", path: "/x", ..Shell::default() }, body)
}

fn raw(body: &str) -> Vec<String> {
    check(&page_of(maud::PreEscaped(body.to_owned())))
}

#[test]
fn a_good_page_passes() {
    let errors = Errors::new();
    let form = Form::post(socle_kernel::Lang::Fr, "/x", "t", &errors, "Envoyer le message")
        .field(form::text("a", "Nom"))
        .field(form::date("d", "Date"));
    let body =
        html! { h2 { "Titre" } (form) table { caption { "Mesures" } tr { th scope="col" { "Jour" } } } };
    assert_eq!(check(&page_of(body)), Vec::<String>::new());
}

#[test]
fn each_fault_is_found() {
    for (body, expected) in [
        ("<h1>Autre</h1>", "2 h1"),
        ("<h3>Sauté</h3>", "a level is skipped"),
        ("<h2> </h2>", "an empty <h2>"),
        ("<a href=\"/a\">Cliquez ici</a>", "says only"),
        ("<a href=\"/a\"><svg aria-hidden=\"true\"></svg></a>", "has no words"),
        ("<a>rien</a>", "leads nowhere"),
        ("<a href=\"#nulle-part\">Aller</a>", "leads to nothing"),
        ("<button>Valider</button>", "has no type"),
        ("<p id=\"a\">1</p><p id=\"a\">2</p>", "used twice"),
        ("<p aria-describedby=\"b\">1</p>", "which is nowhere"),
        ("<table><tr><th scope=\"col\">x</th></tr></table>", "no caption"),
        ("<table><caption>c</caption><tr><th>x</th></tr></table>", "has no scope"),
        ("<table><caption>c</caption><tr><td>x</td></tr></table>", "has no th"),
        ("<img src=\"/a.png\">", "has no alt"),
        ("<svg><path/></svg>", "neither hidden nor named"),
        ("<p tabindex=\"2\">x</p>", "changes the tab order"),
        ("<p style=\"color:red\">x</p>", "inline style"),
        ("<style>p{}</style>", "inline <style>"),
        ("<script>alert(1)</script>", "inline <script>"),
        ("<p onclick=\"x()\">x</p>", "event handler"),
        ("<script src=\"https://exemple.fr/a.js\"></script>", "reaches outside"),
        ("<script src=\"//exemple.fr/a.js\"></script>", "reaches outside"),
        ("<img alt=\"\" src=\"https://exemple.fr/a.png\">", "reaches outside"),
        ("<a href=\"javascript:alert(1)\">Voir tout</a>", "scheme"),
        ("<input name=\"a\">", "is in no form"),
        ("<main>x</main>", "2 <main>"),
        ("<nav><a href=\"/a\">Un</a></nav>", "has no name"),
        ("<p><div>x</div></p>", "inside a <p>"),
        ("<p>x", "closes"),
        ("<b>1 < 2</b>", "bare <"),
        ("<a href=\"/a\"><button type=\"button\">x</button></a>", "inside <a"),
        ("<fieldset><p>x</p></fieldset>", "has no legend"),
    ] {
        let found = raw(body);
        assert!(
            found.iter().any(|f| f.contains(expected)),
            "{body}: expected \"{expected}\", found {found:?}"
        );
    }
}

#[test]
fn each_fault_of_a_form_is_found() {
    let token = "<input type=\"hidden\" name=\"csrf\" value=\"t\">";
    let button = "<button type=\"submit\">Envoyer</button>";
    for (body, expected) in [
        (format!("<form method=\"post\" action=\"/x\">{button}</form>"), "no csrf token"),
        (
            format!(
                "<form method=\"post\" action=\"/x\"><input type=\"hidden\" name=\"csrf\" value=\"\">{button}</form>"
            ),
            "no csrf token",
        ),
        (format!("<form method=\"get\" action=\"/x\">{token}{button}</form>"), "in the address"),
        (
            format!(
                "<form method=\"post\" action=\"/x\">{token}<input type=\"text\" name=\"a\" id=\"a\">{button}</form>"
            ),
            "has no label",
        ),
        (
            format!(
                "<form method=\"post\" action=\"/x\">{token}<label>N<input placeholder=\"p\" name=\"a\"></label>{button}</form>"
            ),
            "placeholder",
        ),
        (
            format!(
                "<form method=\"post\" action=\"/x\">{token}<label>N<input type=\"radio\" name=\"a\"></label>{button}</form>"
            ),
            "no fieldset",
        ),
        (
            format!(
                "<form method=\"post\" action=\"/x\">{token}<label>N<input type=\"file\" name=\"a\"></label>{button}</form>"
            ),
            "not multipart",
        ),
        (
            format!("<form method=\"post\" action=\"/x\">{token}<label>N<input></label>{button}</form>"),
            "has no name",
        ),
        (format!("<form method=\"post\" action=\"/x\">{token}</form>"), "has no button"),
        (format!("<form method=\"post\">{token}{button}</form>"), "has no action"),
        (format!("<form action=\"/x\">{button}<form action=\"/y\">{button}</form></form>"), "<form> inside"),
        (
            format!(
                "<form action=\"/x\"><label>N<input name=\"a\" aria-invalid=\"true\"></label>{button}</form>"
            ),
            "does not say why",
        ),
    ] {
        let found = raw(&body);
        assert!(
            found.iter().any(|f| f.contains(expected)),
            "{body}: expected \"{expected}\", found {found:?}"
        );
    }
}

#[test]
fn a_page_with_errors_must_say_so_in_its_title() {
    let errors = Errors::new().with("a", "Indiquez le nom");
    let body = || {
        Form::post(socle_kernel::Lang::Fr, "/x", "t", &errors, "Envoyer")
            .field(form::text("a", "Nom"))
            .render()
    };
    assert!(check(&page_of(body())).iter().any(|f| f.contains("title does not start")));
    let shell = Shell { title: "Documents", path: "/x", has_errors: true, ..Shell::default() };
    assert_eq!(check(&page(&shell, body())), Vec::<String>::new());
}

#[test]
fn a_page_without_its_frame_is_refused() {
    let found = check("<p>Bonjour</p>");
    for expected in ["doctype", "no language", "0 titles", "viewport", "0 h1", "0 <main>", "skip to <main>"] {
        assert!(found.iter().any(|f| f.contains(expected)), "expected \"{expected}\" in {found:?}");
    }
}
