//! The question an application's request puts to the person: who asks, for what, until when.

use crate::accounts::Account;
use crate::oidc::Request;
use crate::scopes;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::form::{Errors, Form, Style};
use socle_ui::{Markup, Render, html, parts};

/// What the page shows.
struct Context<'a> {
    csrf: &'a str,
    application: &'a str,
    person: &'a str,
    granted: &'a [String],
    hidden: &'a [(String, String)],
    errors: Errors,
}

/// The page.
pub(crate) async fn page(
    call: &PageCall,
    request: &Request,
    account: &Account,
    granted: &[String],
) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let context = Context {
        csrf: &call.identified.csrf,
        application: &request.client.name,
        person: &account.name,
        granted,
        hidden: &request.parameters,
        errors: Errors::new(),
    };
    let view =
        View { title: lang.pick("Autoriser une application", "Approve an application"), ..View::default() };
    // The answer to this form leads to the application: browsers follow only where the page's policy says.
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        origin(&request.redirect_uri)
    );
    Ok(call.page(&view, body(lang, &context)).with_header("content-security-policy", policy))
}

/// Scheme, host and port of an address that was checked.
fn origin(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[start..].find(['/', '?']).map_or(uri.len(), |at| start + at);
    // A host that a policy cannot hold names nothing.
    if uri[..end].contains([';', ',', '\'', ' ']) { "" } else { &uri[..end] }
}

fn body(lang: Lang, context: &Context<'_>) -> Markup {
    let mut form = Form::post(
        lang,
        "/oidc/consentement",
        context.csrf,
        &context.errors,
        lang.pick("Autoriser", "Approve"),
    )
    .submit_value("decision", "accepter")
    .button(lang.pick("Refuser", "Refuse"), Style::Secondary, "decision", "refuser")
    .markup(html! {
        p { strong { (context.application) } " " (lang.pick(
            "demande à agir en votre nom :", "asks to act in your name:")) " " (context.person) }
        ul { @for scope in context.granted { li { (meaning(lang, scope)) " " code { (scope) } } } }
        (parts::notice(lang, parts::Tone::Info, html! { p { (lang.pick(
            "L’autorisation dure quatre heures au plus. Vous pouvez la retirer à tout moment dans votre profil ; chaque accès laisse une trace.",
            "The approval lasts four hours at most. You can withdraw it at any time in your profile; every access leaves a trace.",
        )) } }))
    });
    for (name, value) in context.hidden {
        form = form.hidden(name.as_str(), value.as_str());
    }
    form.render()
}

/// A scope in words.
fn meaning(lang: Lang, scope: &str) -> &'static str {
    let pick = |fr, en| lang.pick_static(fr, en);
    match scope {
        "openid" => pick("Savoir que vous êtes connecté.", "Know that you are signed in."),
        "profile" | "scope_all" => pick("Connaître votre identité.", "Know your identity."),
        "birth" => pick("Connaître votre lieu de naissance.", "Know your place of birth."),
        "fhirUser" => pick("Savoir qui vous êtes dans l’annuaire.", "Know who you are in the directory."),
        "launch/patient" => pick("Savoir quel dossier est ouvert.", "Know which record is open."),
        "offline_access" | "online_access" => pick(
            "Prolonger l’autorisation sans vous redemander.",
            "Prolong the approval without asking again.",
        ),
        scope if scopes::is_record(scope) => match scope.rsplit('.').next().unwrap_or("") {
            "r" | "s" | "rs" | "read" => {
                pick("Lire dans les dossiers que vous voyez.", "Read in the records you see.")
            }
            _ => pick(
                "Lire et écrire dans les dossiers, comme vous le pouvez vous-même.",
                "Read and write in records, as you may yourself.",
            ),
        },
        _ => pick("Autre droit.", "Another right."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;

    #[test]
    fn samples_are_clean() {
        let granted: Vec<String> =
            scopes::SUPPORTED.iter().map(|&scope| scope.to_owned()).chain(["autre".to_owned()]).collect();
        let hidden =
            [("client_id".to_owned(), "demo-app".to_owned()), ("state".to_owned(), "\"<é>".to_owned())];
        let context = Context {
            csrf: "jeton",
            application: "Application de démonstration",
            person: "Dr Anne MARTIN",
            granted: &granted,
            hidden: &hidden,
            errors: Errors::new(),
        };
        check::samples("Autoriser une application", false, |lang| body(lang, &context));
    }

    #[test]
    fn the_page_may_lead_to_the_application_and_nowhere_else() {
        for (uri, expected) in [
            ("http://127.0.0.1:3000/retour?x=1", "http://127.0.0.1:3000"),
            ("https://app.example", "https://app.example"),
            ("https://app.example?x", "https://app.example"),
            ("https://a;b/x", ""),
        ] {
            assert_eq!(origin(uri), expected);
        }
    }
}
