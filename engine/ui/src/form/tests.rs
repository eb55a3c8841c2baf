//! What a form promises: labels, hints, errors and their summary belong together.

use super::*;

fn shown(form: &Form<'_>) -> String {
    form.render().into_string()
}

fn count(html: &str, part: &str) -> usize {
    html.matches(part).count()
}

#[test]
fn every_error_is_in_the_summary_and_beside_its_field_in_the_same_words() {
    let errors = Errors::new().with("naissance", "Indiquez une date passée").with("nom", "Indiquez le nom");
    let html = shown(
        &Form::post(Lang::Fr, "/x", "jeton", &errors, "Enregistrer")
            .field(text("nom", "Nom"))
            .field(date("naissance", "Date de naissance")),
    );
    assert!(html.contains("Il y a un problème"));
    assert!(html.contains(r##"<a href="#nom">Indiquez le nom</a>"##));
    assert!(html.contains(r##"<a href="#naissance-day">Indiquez une date passée</a>"##));
    assert_eq!(count(&html, "Indiquez le nom"), 2);
    assert_eq!(count(&html, "Indiquez une date passée"), 2);
    assert!(html.contains(r#"aria-describedby="nom-error""#));
    let nom = html.find("#nom").expect("link");
    let naissance = html.find("#naissance-day").expect("link");
    assert!(nom < naissance, "the summary follows the order of the fields");
}

#[test]
fn an_error_of_no_field_is_said_without_a_link() {
    let errors = Errors::new().with("", "Le service est fermé").with("ailleurs", "Autre chose");
    let html = shown(&Form::post(Lang::Fr, "/x", "jeton", &errors, "Envoyer").field(text("nom", "Nom")));
    assert!(html.contains("<li>Le service est fermé</li>"));
    assert!(html.contains("<li>Autre chose</li>"));
}

#[test]
fn no_summary_without_errors() {
    let html = shown(&Form::post(Lang::En, "/x", "t", &Errors::new(), "Send").field(text("a", "A")));
    assert!(!html.contains("There is a problem") && !html.contains("aria-invalid"));
}

#[test]
fn a_date_is_three_labelled_fields_with_their_tokens() {
    let errors = Errors::new();
    let field = date("n", "Naissance").autocomplete("bday").date_value("27", "3", "1985");
    let html = shown(&Form::post(Lang::Fr, "/x", "t", &errors, "Ok").field(field));
    for part in ["day", "month", "year"] {
        assert!(
            html.contains(&format!(r#"for="n-{part}""#)) && html.contains(&format!(r#"name="n-{part}""#))
        );
        assert!(html.contains(&format!(r#"autocomplete="bday-{part}""#)));
    }
    assert!(html.contains(r#"value="1985""#));
}

#[test]
fn a_post_carries_the_token_and_a_search_does_not() {
    let errors = Errors::new();
    assert!(shown(&Form::post(Lang::Fr, "/x", "jeton-1", &errors, "Ok")).contains(r#"value="jeton-1""#));
    let html = shown(&Form::get(Lang::Fr, "/x", "Chercher").field(search("q", "Mots")));
    assert!(html.contains(r#"method="get""#) && !html.contains("csrf"));
}

#[test]
fn a_password_never_comes_back_in_the_page() {
    let errors = Errors::new();
    let field = password("p", "Mot de passe").value("secret");
    assert!(!shown(&Form::post(Lang::Fr, "/x", "t", &errors, "Ok").field(field)).contains("secret"));
}

#[test]
fn a_file_makes_the_form_multipart() {
    let errors = Errors::new();
    let form =
        Form::post(Lang::Fr, "/x", "t", &errors, "Ok").legend("Joindre", vec![file("f", "Fichier", ".pdf")]);
    assert!(shown(&form).contains("multipart/form-data"));
}

#[test]
fn prefixes_keep_ids_apart_but_not_names() {
    let errors = Errors::new().with("motif", "Choisissez un motif");
    let form = Form::post(Lang::Fr, "/x", "t", &errors, "Ok")
        .id_prefix("b")
        .field(radios("motif", "Motif", [("a", "Urgence"), ("b", "Régulation")]).value("b"));
    let html = shown(&form);
    assert!(html.contains(r#"id="b-motif-1""#) && html.contains(r#"name="motif""#));
    assert!(html.contains(r##"href="#b-motif-1""##));
    assert!(html.contains(r#"value="b" checked"#) && !html.contains(r#"value="a" checked"#));
}

#[test]
fn what_people_wrote_is_escaped() {
    let errors = Errors::new().with("t", "<script>");
    let field = textarea("t", "Texte").value("</textarea><script>");
    let html = shown(&Form::post(Lang::Fr, "/x", "t", &errors, "Ok").field(field));
    assert!(!html.contains("<script>"));
}
