//! `/connexion`: who comes in, then login and password. In a demonstration, everyone one can sign in as.

use super::suite_of;
use crate::accounts::{self, Role};
use crate::oidc;
use crate::sign_in::{self, Attempt};
use crate::{cookies, pkce, sealed, secrets};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use socle_gate::Session;
use socle_kernel::{Kind, Lang, Problem, Subject, Words};
use socle_pipeline::{PageAnswer, PageCall, View, encode};
use socle_ui::form::{self, Choice, Errors, Form, Style};
use socle_ui::{Markup, Render, html, parts};
use std::time::Duration;

/// How long a person may take to sign in.
pub(super) const RETURN_TIME: Duration = Duration::from_secs(15 * 60);
/// Longest address to go on to that our own pages remember meanwhile, in bytes.
const SUITE_MAX: usize = 1500;
/// Label of the signed value that waits for the provider's answer.
pub(super) const RETURN: &str = "return";

/// What our own pages remember while the provider works.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    /// Ties the answer to this browser.
    pub state: String,
    /// Ties the code to this request.
    pub nonce: String,
    /// PKCE verifier.
    pub verifier: String,
    /// Where to go on.
    pub suite: String,
}

/// Whom the page is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Profile {
    /// Not said yet.
    #[default]
    Open,
    Citizen,
    Professional,
}

impl Profile {
    fn of(text: &str) -> Self {
        match text {
            "citoyen" => Profile::Citizen,
            "professionnel" => Profile::Professional,
            _ => Profile::Open,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Profile::Open => "",
            Profile::Citizen => "citoyen",
            Profile::Professional => "professionnel",
        }
    }
}

/// Someone one can sign in as, in a demonstration.
#[derive(Clone, Debug)]
struct Figure {
    login: String,
    name: String,
    role: Role,
    note: Words,
}

/// What the page shows.
#[derive(Default)]
struct Context<'a> {
    csrf: &'a str,
    suite: &'a str,
    profile: Profile,
    login: &'a str,
    errors: Errors,
    figures: Vec<Figure>,
}

/// `GET /connexion`.
pub(super) fn show<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let suite = suite_of(call).unwrap_or("");
        if oidc::is_request(suite) {
            let profile = Profile::of(call.query("profil"));
            return page(call, Context { suite, profile, ..Context::default() }, 200).await;
        }
        if !matches!(call.identified.principal.subject, Subject::Anonymous) {
            let start = start(&call.identified.principal.subject);
            return Ok(PageAnswer::redirect(if suite.is_empty() { start } else { suite }));
        }
        Ok(ask_provider(call, suite))
    })
}

fn start(subject: &Subject) -> &'static str {
    match subject {
        Subject::Citizen(_) => "/mon-espace",
        Subject::Professional(_) => "/pro",
        Subject::System(_) | Subject::Anonymous => "/",
    }
}

/// Our own pages ask the provider like any application: authorization code with PKCE.
fn ask_provider(call: &PageCall, suite: &str) -> PageAnswer {
    let gate = call.pipeline.gate();
    let draw = || secrets::draw_token(&**gate.chance());
    // The cookie must fit what browsers keep (4096 bytes): from a longer address one starts at home.
    let suite = if suite.len() <= SUITE_MAX { suite } else { "" };
    let pending = Pending { state: draw(), nonce: draw(), verifier: draw(), suite: suite.to_owned() };
    let base = &call.pipeline.settings().base_url;
    let challenge = pkce::challenge(&pending.verifier);
    let location = oidc::our_request(base, &pending.state, &pending.nonce, &challenge);
    let value = sealed::seal(&gate.secret("cookie"), RETURN, &pending, call.now, RETURN_TIME);
    let cookie = cookies::set(base, cookies::RETURN, &value, Some(RETURN_TIME));
    PageAnswer::redirect(location).with_header("set-cookie", cookie)
}

/// `POST /connexion/identifiant`.
pub(super) fn submit<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let lang = call.lang;
        let suite = suite_of(call).unwrap_or("");
        let login = call.form.text("identifiant");
        // A password is taken as typed, spaces included.
        let typed = call.form.fields.iter().find(|(name, _)| name == "mot-de-passe");
        let typed = typed.map_or("", |(_, value)| value.as_str());
        let profile = Profile::of(call.form.text("profil"));
        let mut errors = Errors::new();
        if login.is_empty() {
            errors.add("identifiant", lang.pick("Indiquez votre identifiant", "Enter your user name"));
        }
        if typed.is_empty() {
            errors.add("mot-de-passe", lang.pick("Indiquez votre mot de passe", "Enter your password"));
        }
        if !errors.is_empty() {
            return page(call, Context { suite, profile, login, errors, ..Context::default() }, 422).await;
        }
        let login_typed = login.to_lowercase();
        let (message, status) = match sign_in::password(call, session, &login_typed, typed).await? {
            Attempt::Accepted(account) => {
                if account.totp_secret().is_none() {
                    return sign_in::finish(call, &account, &["pwd"], next(suite)).await;
                }
                return Ok(to_code(call, &account.login, suite));
            }
            Attempt::Wrong => (wrong(lang), 422),
            Attempt::Locked => (locked(lang), 429),
            Attempt::TooMany => (too_many(lang), 429),
        };
        let errors = Errors::new().with("identifiant", message);
        page(call, Context { suite, profile, login, errors, ..Context::default() }, status).await
    })
}

fn to_code(call: &PageCall, login: &str, suite: &str) -> PageAnswer {
    let step = sign_in::seal_step(call, login);
    let base = &call.pipeline.settings().base_url;
    let cookie = cookies::set(base, cookies::STEP, &step, Some(sign_in::STEP_TIME));
    PageAnswer::redirect(format!("/connexion/code?suite={}", encode(suite))).with_header("set-cookie", cookie)
}

/// Where the browser goes once everything was proven: back to the provider, or to the start of the way there.
pub(super) fn next(suite: &str) -> &str {
    if oidc::is_request(suite) { suite } else { "/connexion" }
}

fn wrong(lang: Lang) -> &'static str {
    lang.pick_static(
        "Vérifiez l’identifiant et le mot de passe : ils ne vont pas ensemble. Après 5 essais, le compte est bloqué 15 minutes",
        "Check the user name and the password: they do not go together. After 5 attempts the account is locked for 15 minutes",
    )
}

pub(super) fn locked(lang: Lang) -> &'static str {
    lang.pick_static(
        "Trop d’essais : attendez 15 minutes, puis recommencez",
        "Too many attempts: wait 15 minutes, then try again",
    )
}

pub(super) fn too_many(lang: Lang) -> &'static str {
    lang.pick_static(
        "Trop d’essais depuis votre réseau : attendez une minute, puis recommencez",
        "Too many attempts from your network: wait a minute, then try again",
    )
}

async fn page(call: &PageCall, mut context: Context<'_>, status: u16) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    context.csrf = &call.identified.csrf;
    if call.pipeline.settings().is_demo {
        let accounts = accounts::list(&call.pipeline).await?;
        let people = accounts.into_iter().filter(|account| account.role != Role::System);
        context.figures = people
            .map(|account| Figure {
                note: account.note(),
                login: account.login,
                name: account.name,
                role: account.role,
            })
            .collect();
    }
    if context.csrf.is_empty() {
        return Err(Problem::new(
            Kind::Invalid,
            "Ouvrez cette page dans un navigateur.",
            "Open this page in a browser.",
        ));
    }
    let has_errors = !context.errors.is_empty();
    let view = View { title: title(lang, context.profile), has_errors, ..View::default() };
    Ok(call.page(&view, body(lang, &context)).with_status(status))
}

fn title(lang: Lang, profile: Profile) -> &'static str {
    match profile {
        Profile::Open => lang.pick_static("Se connecter", "Sign in"),
        Profile::Citizen => lang.pick_static("Se connecter à Mon espace", "Sign in to My space"),
        Profile::Professional => {
            lang.pick_static("Se connecter à l’espace professionnel", "Sign in to the professional space")
        }
    }
}

fn body(lang: Lang, context: &Context<'_>) -> Markup {
    let is_open = context.profile == Profile::Open && context.errors.is_empty();
    html! {
        @if is_open { (doors(lang, context)) } @else { (password_form(lang, context)) }
        @if !context.figures.is_empty() { (figures(lang, context)) }
    }
}

/// Citizen or professional?
fn doors(lang: Lang, context: &Context<'_>) -> Markup {
    let href =
        |profile: Profile| format!("/connexion?profil={}&suite={}", profile.word(), encode(context.suite));
    let (citizen, professional) = (href(Profile::Citizen), href(Profile::Professional));
    parts::tiles(&[
        parts::Tile {
            icon: socle_ui::Icon::Person,
            title: lang.pick("Je suis un citoyen", "I am a citizen"),
            text: lang.pick(
                "Mon dossier, celui de mon enfant ou de la personne que j’aide.",
                "My record, my child’s, or that of the person I help.",
            ),
            href: &citizen,
            count: None,
        },
        parts::Tile {
            icon: socle_ui::Icon::Hospital,
            title: lang.pick("Je suis un professionnel", "I am a professional"),
            text: lang.pick(
                "Soin, accompagnement, secrétariat, régulation.",
                "Care, support, secretariat, regulation.",
            ),
            href: &professional,
            count: None,
        },
    ])
}

fn password_form(lang: Lang, context: &Context<'_>) -> Markup {
    Form::post(
        lang,
        "/connexion/identifiant",
        context.csrf,
        &context.errors,
        lang.pick("Continuer", "Continue"),
    )
    .hidden("suite", context.suite)
    .hidden("profil", context.profile.word())
    .field(
        form::text("identifiant", lang.pick("Identifiant", "User name"))
            .autocomplete("username")
            .width(form::Width::Medium)
            .value(context.login),
    )
    .field(form::password("mot-de-passe", lang.pick("Mot de passe", "Password")))
    .cancel(lang.pick("Choisir un autre profil", "Choose another profile"), "/connexion")
    .render()
}

fn figures(lang: Lang, context: &Context<'_>) -> Markup {
    let groups = [
        (Role::Citizen, lang.pick("Citoyens de la démonstration", "Citizens of the demonstration")),
        (
            Role::Professional,
            lang.pick("Professionnels de la démonstration", "Professionals of the demonstration"),
        ),
        (Role::Administrator, lang.pick("Plateforme de démonstration", "Demonstration platform")),
    ];
    let is_wanted = |role: Role| match context.profile {
        Profile::Open => true,
        Profile::Citizen => role == Role::Citizen,
        Profile::Professional => role != Role::Citizen,
    };
    html! {
        (parts::notice(lang, parts::Tone::Info, html! {
            p { (lang.pick(
                "Ceci est une démonstration : entrez d’un geste comme l’une de ces personnes inventées. Pour essayer la connexion complète, la commande ",
                "This is a demonstration: come in with one click as one of these invented people. To try the whole sign-in, the command ",
            )) code { "socle accounts" } (lang.pick(" affiche les mots de passe et les codes.", " prints passwords and codes.")) }
        }))
        @for (role, title) in groups {
            @if is_wanted(role) && context.figures.iter().any(|figure| figure.role == role) {
                (parts::section(title, html! {
                    ul class="documents" {
                        @for figure in context.figures.iter().filter(|figure| figure.role == role) {
                            li class="document" { (one(lang, context, figure)) }
                        }
                    }
                }))
            }
        }
    }
}

fn one(lang: Lang, context: &Context<'_>, figure: &Figure) -> Markup {
    let hidden = [("identifiant", figure.login.as_str()), ("suite", context.suite)];
    let label = format!("{} {}", lang.pick("Se connecter comme", "Sign in as"), figure.name);
    html! {
        div class="document-body" {
            p class="document-title" { strong { (figure.name) } " " code { (figure.login) } }
            p class="document-meta" { (figure.note.in_lang(lang)) }
            (form::action_form("/connexion/demonstration", context.csrf, &label, Style::Secondary, &hidden))
        }
    }
}

/// The choice that a radio button of another page offers for an account.
pub(super) fn radio(id: &str, label: &str, hint: &str) -> Choice {
    if hint.is_empty() { Choice::new(id, label) } else { Choice::with_hint(id, label, hint) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;

    fn figures() -> Vec<Figure> {
        let figure = |login: &str, name: &str, role| Figure {
            login: login.into(),
            name: name.into(),
            role,
            note: Words::new("Une phrase.", "One sentence."),
        };
        vec![
            figure("citoyen-1", "Sarah-Lou GARCIA", Role::Citizen),
            figure("medecin-1", "Dr Anne MARTIN", Role::Professional),
            figure("administrateur-1", "Administration", Role::Administrator),
        ]
    }

    #[test]
    fn samples_are_clean() {
        let errors = Errors::new().with("identifiant", "Vérifiez l’identifiant");
        let suite = "/oidc/authorize?client_id=socle";
        for (profile, errors, figures) in [
            (Profile::Open, Errors::new(), Vec::new()),
            (Profile::Open, Errors::new(), figures()),
            (Profile::Citizen, Errors::new(), figures()),
            (Profile::Professional, errors.clone(), Vec::new()),
            (Profile::Open, errors, figures()),
        ] {
            let context = Context {
                csrf: "jeton",
                suite,
                profile,
                login: "citoyen-1",
                errors: errors.clone(),
                figures,
            };
            check::samples("Se connecter", !errors.is_empty(), |lang| body(lang, &context));
        }
    }

    #[test]
    fn a_demonstration_lists_the_people_of_the_profile_only() {
        let context =
            Context { csrf: "jeton", profile: Profile::Citizen, figures: figures(), ..Context::default() };
        let html = body(Lang::Fr, &context).into_string();
        assert!(html.contains("citoyen-1") && !html.contains("medecin-1"));
        let open = Context { csrf: "jeton", ..Context::default() };
        assert!(!body(Lang::Fr, &open).into_string().contains("socle accounts"));
    }

    #[test]
    fn after_the_proof_one_goes_back_to_the_provider_only() {
        assert_eq!(next("/oidc/authorize?client_id=socle"), "/oidc/authorize?client_id=socle");
        assert_eq!(next("/pro"), "/connexion");
        assert_eq!(next("https://evil.example"), "/connexion");
    }
}
