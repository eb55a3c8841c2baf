//! The frame of every page: document, header, navigation, person banner, footer with help in the same place.

use crate::{Icon, Markup, Tone, assets, dates, icons, parts};
use jiff::civil::Date;
use maud::{DOCTYPE, html};
use socle_kernel::Lang;

/// Where "help" leads, on every page.
pub const HELP_PATH: &str = "/aide";
/// Where the accessibility statement is.
pub const ACCESSIBILITY_PATH: &str = "/accessibilite";
/// Where the source code is offered.
pub const SOURCE_PATH: &str = "/code-source";
/// Where the privacy statement is.
pub const PRIVACY_PATH: &str = "/donnees-personnelles";

/// Which part of the platform: sets the accent colour and the name beside the mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Space {
    /// Open to everyone: home, health articles, sign-in.
    #[default]
    Public,
    /// *Mon espace*.
    Citizen,
    /// The professionals' workspace, and what operators use.
    Professional,
}

impl Space {
    /// The class that changes the tokens; the public space has the ones of the root.
    fn class(self) -> Option<&'static str> {
        match self {
            Space::Public => None,
            Space::Citizen => Some("space-citizen"),
            Space::Professional => Some("space-pro"),
        }
    }

    fn name(self, lang: Lang) -> Option<&'static str> {
        match self {
            Space::Public => None,
            Space::Citizen => Some(lang.pick_static("Mon espace", "My space")),
            Space::Professional => Some(lang.pick_static("Espace professionnel", "Professional space")),
        }
    }

    fn home(self) -> &'static str {
        match self {
            Space::Public => "/",
            Space::Citizen => "/mon-espace",
            Space::Professional => "/pro",
        }
    }
}

/// Everything around the body of a page. `Shell::default()` gives the empty one to start from:
/// `Shell { lang, title: "Documents", ..Shell::default() }`.
#[derive(Clone, Debug, Default)]
pub struct Shell<'a> {
    /// Language of the page.
    pub lang: Lang,
    /// Part of the platform.
    pub space: Space,
    /// Text of the one `h1`; the document's title is "title – Socle".
    pub title: &'a str,
    /// One sentence under the `h1`.
    pub lead: Option<&'a str>,
    /// True on a platform with invented people: a visible band and a word in the title say so.
    pub is_demo: bool,
    /// Who is signed in.
    pub user: Option<User<'a>>,
    /// Whose record is open.
    pub person: Option<PersonBanner<'a>>,
    /// Main navigation.
    pub navigation: &'a [NavItem<'a>],
    /// The way here, from the top, without the current page: label and address.
    pub crumbs: &'a [(&'a str, &'a str)],
    /// Token against forged requests, for the sign-out button.
    pub csrf: &'a str,
    /// Current address (path and query), for the language switch.
    pub path: &'a str,
    /// What just happened, told politely (`role=status`).
    pub notice: Option<Notice<'a>>,
    /// True when the page shows a form with errors: its title starts with "Erreur :".
    pub has_errors: bool,
    /// Telephone number of the help desk, as people dial it.
    pub help_phone: Option<&'a str>,
    /// How long the session lasts, for the hint before its end.
    pub session: Option<Session<'a>>,
}

/// Who is signed in.
#[derive(Clone, Copy, Debug, Default)]
pub struct User<'a> {
    /// Name as shown.
    pub name: &'a str,
    /// Work situation, or in what capacity.
    pub detail: &'a str,
    /// Address of the sign-out form (POST with the token).
    pub sign_out_action: &'a str,
}

/// Whose record is open.
#[derive(Clone, Copy, Debug, Default)]
pub struct PersonBanner<'a> {
    /// Name as shown.
    pub name: &'a str,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Age in words (see [`dates::age`]).
    pub age: Option<&'a str>,
    /// Sex in words.
    pub sex: Option<&'a str>,
    /// National health identifier, as 15 characters.
    pub ins: Option<&'a str>,
    /// True when the signed-in citizen acts for someone else: the banner changes colour and says so.
    pub is_represented: bool,
    /// What one can do about the person: label and address ("Changer de personne", "Fermer le dossier").
    pub links: &'a [(&'a str, &'a str)],
}

/// One entry of a navigation.
#[derive(Clone, Copy, Debug, Default)]
pub struct NavItem<'a> {
    /// What it says.
    pub label: &'a str,
    /// Where it leads.
    pub href: &'a str,
    /// True for the part the reader is in.
    pub is_current: bool,
}

/// What just happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notice<'a> {
    /// Good, bad or neutral.
    pub tone: Tone,
    /// One or two sentences.
    pub text: &'a str,
}

/// How long the session lasts.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// Seconds left when the page is written.
    pub seconds_left: u32,
    /// Address that a GET keeps the session alive with; it must answer without reading any record.
    pub extend_href: &'a str,
}

/// The whole document around a body.
pub fn page(shell: &Shell<'_>, body: Markup) -> String {
    let lang = shell.lang;
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            (head(shell))
            body class=[shell.space.class()] {
                a class="skip" href="#contenu" { (lang.pick("Aller au contenu", "Skip to content")) }
                @if shell.is_demo { (demo_band(lang)) }
                (header(shell))
                @if let Some(person) = &shell.person { (person_banner(lang, person)) }
                (crumbs(shell))
                main id="contenu" tabindex="-1" {
                    @if let Some(notice) = &shell.notice { (status(lang, notice)) }
                    div class="title" {
                        h1 { (shell.title) }
                        @if let Some(lead) = shell.lead { p class="lead" { (lead) } }
                    }
                    (body)
                }
                (footer(shell))
                @if let Some(session) = &shell.session { (session_hint(lang, session)) }
            }
        }
    }
    .into_string()
}

fn head(shell: &Shell<'_>) -> Markup {
    let lang = shell.lang;
    html! {
        head {
            meta charset="utf-8";
            title {
                @if shell.has_errors { (lang.pick("Erreur : ", "Error: ")) }
                (shell.title) " – Socle"
                @if shell.is_demo { (lang.pick(" (DÉMO)", " (DEMO)")) }
            }
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="format-detection" content="telephone=no";
            @if shell.user.is_some() || shell.person.is_some() { meta name="robots" content="noindex"; }
            link rel="stylesheet" href=(assets::stylesheet().path);
            link rel="icon" type="image/svg+xml" href=(assets::favicon().path);
            script src=(assets::script().path) defer {}
        }
    }
}

fn demo_band(lang: Lang) -> Markup {
    html! {
        p class="demo" {
            strong { (lang.pick("DÉMO", "DEMO")) } " "
            (lang.pick(
                "Toutes les personnes sont inventées. N’entrez aucune donnée réelle.",
                "Everyone here is invented. Enter no real data.",
            ))
        }
    }
}

fn header(shell: &Shell<'_>) -> Markup {
    let lang = shell.lang;
    html! {
        header class="top" {
            div class="top-bar" {
                a class="brand" href=(shell.space.home()) {
                    (icons::mark())
                    span class="brand-name" { "Socle" }
                    @if let Some(name) = shell.space.name(lang) { " " span class="brand-space" { (name) } }
                }
                @if let Some(user) = &shell.user {
                    div class="user" {
                        span class="user-name" { (user.name) }
                        @if !user.detail.is_empty() { " " span class="user-detail" { (user.detail) } }
                        form method="post" action=(user.sign_out_action) {
                            input type="hidden" name="csrf" value=(shell.csrf);
                            button class="button button-quiet" type="submit" {
                                (lang.pick("Se déconnecter", "Sign out"))
                            }
                        }
                    }
                }
            }
            @if !shell.navigation.is_empty() {
                nav class="main-nav" aria-label=(lang.pick("Navigation principale", "Main navigation")) {
                    ul { @for item in shell.navigation { (nav_item(item)) } }
                }
            }
        }
    }
}

/// A list item with a link that says when it is the current one.
pub(crate) fn nav_item(item: &NavItem<'_>) -> Markup {
    html! {
        li { a href=(item.href) aria-current=[item.is_current.then_some("page")] { (item.label) } }
    }
}

fn person_banner(lang: Lang, person: &PersonBanner<'_>) -> Markup {
    let class = if person.is_represented { "person person-represented" } else { "person" };
    html! {
        section class=(class) aria-label=(lang.pick("Dossier ouvert", "Open record")) {
            div class="person-in" {
                span class="person-icon" {
                    (if person.is_represented { Icon::People } else { Icon::Person }.markup())
                }
                p class="person-name" {
                    @if person.is_represented {
                        span class="person-for" { (lang.pick("Vous agissez pour", "You are acting for")) } " "
                    }
                    strong { (person.name) }
                }
                ul class="person-traits" {
                    @if let Some(birth) = person.birth_date {
                        li { (lang.pick("Naissance\u{a0}: ", "Born: ")) (dates::time(lang, birth))
                            @if let Some(age) = person.age { " (" (age) ")" } }
                    }
                    @if let Some(sex) = person.sex { li { (sex) } }
                    @if let Some(ins) = person.ins {
                        @let full = lang.pick("Identité nationale de santé", "National health identity");
                        li { abbr title=(full) { "INS" }
                            (lang.pick(" : ", ": ")) span class="ins" { (dates::ins(ins)) } }
                    }
                }
                @if !person.links.is_empty() {
                    ul class="person-links" {
                        @for (label, href) in person.links { li { a href=(href) { (label) } } }
                    }
                }
            }
        }
    }
}

fn crumbs(shell: &Shell<'_>) -> Markup {
    html! {
        @if !shell.crumbs.is_empty() {
            nav class="crumbs" aria-label=(shell.lang.pick("Vous êtes ici", "You are here")) {
                ol {
                    @for (label, href) in shell.crumbs { li { a href=(href) { (label) } } }
                    li aria-current="page" { (shell.title) }
                }
            }
        }
    }
}

fn status(lang: Lang, notice: &Notice<'_>) -> Markup {
    let role = if notice.tone == Tone::Danger { "alert" } else { "status" };
    let text = html! { p { (notice.text) } };
    html! { div class="flash" role=(role) { (parts::notice(lang, notice.tone, text)) } }
}

fn footer(shell: &Shell<'_>) -> Markup {
    let lang = shell.lang;
    html! {
        footer class="foot" {
            div class="foot-in" {
                div class="foot-help" {
                    p class="foot-title" { (lang.pick("Besoin d’aide\u{a0}?", "Need help?")) }
                    ul {
                        @if let Some(phone) = shell.help_phone {
                            li { a href={ "tel:" (dial(phone)) } { (Icon::Phone.markup()) " "
                                (lang.pick("Appeler le ", "Call ")) (phone) } }
                        }
                        li { a href=(HELP_PATH) { (Icon::Info.markup()) " "
                            (lang.pick("Être aidé", "Get help")) } }
                    }
                }
                (languages(shell))
                ul class="foot-links" {
                    li { a href=(ACCESSIBILITY_PATH) { (lang.pick("Accessibilité", "Accessibility")) } }
                    li { a href=(PRIVACY_PATH) { (lang.pick("Données personnelles", "Personal data")) } }
                    li { a href=(SOURCE_PATH) { (lang.pick("Code source ouvert", "Open source code")) } }
                }
                p class="foot-note" {
                    (lang.pick(
                        "Socle, le fondement ouvert de la santé numérique. En cas d’urgence vitale, appelez le 15 ou le 112.",
                        "Socle, the open foundation of digital health. In a life-threatening emergency, call 15 or 112.",
                    ))
                }
            }
        }
    }
}

fn languages(shell: &Shell<'_>) -> Markup {
    html! {
        nav class="languages" aria-label=(shell.lang.pick("Langue", "Language")) {
            ul {
                @for (lang, name) in [(Lang::Fr, "Français"), (Lang::En, "English")] {
                    li {
                        a href=(with_lang(shell.path, lang)) lang=(lang.tag()) hreflang=(lang.tag())
                            aria-current=[(lang == shell.lang).then_some("true")] { (name) }
                    }
                }
            }
        }
    }
}

fn session_hint(lang: Lang, session: &Session<'_>) -> Markup {
    html! {
        div class="session" id="session-hint" role="alert" hidden
            data-seconds=(session.seconds_left) data-extend=(session.extend_href)
            data-done=(lang.pick("La session est prolongée.", "The session was extended."))
            data-over=(lang.pick(
                "La session est terminée. Copiez ce que vous avez écrit, puis reconnectez-vous.",
                "The session is over. Copy what you wrote, then sign in again.",
            )) {
            p {
                (lang.pick(
                    "Votre session se termine dans deux minutes. Ce que vous avez écrit sera gardé si vous la prolongez.",
                    "Your session ends in two minutes. What you wrote is kept if you extend it.",
                ))
            }
            button type="button" class="button" { (lang.pick("Rester connecté", "Stay signed in")) }
        }
    }
}

/// The digits of a telephone number.
fn dial(phone: &str) -> String {
    phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

/// The current address with another language; other parameters are kept, fragments dropped.
fn with_lang(path: &str, lang: Lang) -> String {
    let path = path.split('#').next().unwrap_or("");
    let (base, query) = path.split_once('?').unwrap_or((path, ""));
    let mut kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && *pair != "lang" && !pair.starts_with("lang="))
        .collect();
    let choice = format!("lang={}", lang.tag());
    kept.push(&choice);
    format!("{base}?{}", kept.join("&"))
}

#[cfg(test)]
mod tests;
