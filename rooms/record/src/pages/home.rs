//! `GET /mon-espace`: what is new since the last visit, a large search, the ways on.

use super::row::{DocumentRow, rows};
use crate::reading;
use crate::visit;
use maud::html;
use socle_gate::{Outcome, Session};
use socle_kernel::{Instant, Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::{Icon, Markup, Space, dates, parts};

/// Documents shown on the home page.
const SHOWN: usize = 5;
/// Lines of the log that are looked at to count accesses.
const LINES: usize = 500;

/// What the home page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// End of the visit before this one.
    pub since: Option<Instant>,
    /// Documents that came or changed since then.
    pub new_count: usize,
    /// Requests by professionals since then that opened something.
    pub accesses: usize,
    /// Emergency accesses among them.
    pub emergencies: usize,
    /// The last documents.
    pub latest: Vec<DocumentRow>,
    /// How many documents there are.
    pub total: usize,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let (home, person) = reading::citizen_person(call, session).await?;
    let account = call.identified.principal.citizen().map_or("", |citizen| citizen.account.as_str());
    let since = visit::previous(session, home, account).await?;
    let current = [("status", "current")];
    let latest = reading::list(session, home, resource_type::DOCUMENT_REFERENCE, &current, SHOWN).await?;
    let mut context = Context { since, total: latest.total, ..Context::default() };
    if let Some(since) = since {
        let after = format!("gt{since}");
        let new = [("status", "current"), ("_lastUpdated", after.as_str())];
        context.new_count =
            reading::list(session, home, resource_type::DOCUMENT_REFERENCE, &new, 0).await?.total;
        let mut requests: Vec<(String, bool)> = session
            .log(home, None, LINES)
            .await?
            .into_iter()
            .filter(|(_, entry)| {
                entry.at > since && entry.who.kind == "professional" && entry.outcome == Outcome::Done
            })
            .map(|(_, entry)| (entry.request, entry.purpose == "break-glass"))
            .collect();
        requests.dedup();
        context.accesses = requests.len();
        context.emergencies = requests.iter().filter(|(_, is_emergency)| *is_emergency).count();
    }
    context.latest = latest
        .items
        .iter()
        .map(|record| {
            let is_new = since.is_some_and(|since| record.last_updated > since);
            DocumentRow::of(lang, record, "/mon-espace/documents", is_new)
        })
        .collect();
    let view = View {
        space: Space::Citizen,
        title: title(lang, person.is_represented),
        person: Some(&person),
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The heading: whose space it is.
pub fn title(lang: Lang, is_represented: bool) -> &'static str {
    if is_represented {
        lang.pick_static("Son espace santé", "Their health space")
    } else {
        lang.pick_static("Mon espace santé", "My health space")
    }
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    html! {
        (parts::search_bar(lang, "/mon-espace/documents", "q",
            lang.pick("Rechercher un document : titre, type, professionnel, année", "Search for a document: title, type, professional, year"), ""))
        (news(lang, context))
        (parts::section(lang.pick("Vos derniers documents", "Your latest documents"), latest(lang, context)))
        (parts::section(lang.pick("Que souhaitez-vous faire ?", "What would you like to do?"), tiles(lang)))
    }
}

fn news(lang: Lang, context: &Context) -> Markup {
    let Some(since) = context.since else {
        return parts::callout(html! {
            p { (lang.pick(
                "Bienvenue. Ici se trouvent vos documents de santé, et la liste de tous ceux qui les ont consultés.",
                "Welcome. Here are your health documents, and the list of everyone who looked at them.",
            )) }
        });
    };
    let documents = context.new_count.to_string();
    let accesses = context.accesses.to_string();
    let when = dates::day_time(lang, since);
    let detail = format!("{} {when}", lang.pick("depuis le", "since"));
    let emergencies = u64::try_from(context.emergencies).unwrap_or(0);
    let emergency = if context.emergencies > 0 {
        let words = dates::plural(
            lang,
            emergencies,
            lang.pick("accès en urgence", "emergency access"),
            lang.pick("accès en urgence", "emergency accesses"),
        );
        format!("{} {words}", lang.pick("dont", "among them"))
    } else {
        String::new()
    };
    html! {
        section class="section" {
            h2 { (lang.pick("Depuis votre dernière visite", "Since your last visit")) }
            (parts::figures(&[
                parts::Figure {
                    value: &documents,
                    label: lang.pick("documents nouveaux ou modifiés", "new or changed documents"),
                    detail: &detail,
                    href: Some("/mon-espace/documents"),
                },
                parts::Figure {
                    value: &accesses,
                    label: lang.pick("consultations par des professionnels", "readings by professionals"),
                    detail: &emergency,
                    href: Some(if context.emergencies > 0 { "/mon-espace/acces?qui=urgences" } else { "/mon-espace/acces?qui=professionnels" }),
                },
            ]))
        }
    }
}

fn latest(lang: Lang, context: &Context) -> Markup {
    if context.latest.is_empty() {
        return parts::empty(
            Icon::Document,
            lang.pick("Aucun document pour l’instant", "No document yet"),
            lang.pick(
                "Les professionnels qui vous soignent y déposeront leurs comptes rendus et leurs prescriptions.",
                "The professionals who care for you will add their reports and prescriptions here.",
            ),
            None,
        );
    }
    let total = u64::try_from(context.total).unwrap_or(u64::MAX);
    html! {
        (rows(lang, &context.latest))
        p { a href="/mon-espace/documents" {
            (lang.pick("Tous vos documents", "All your documents")) " ("
            (dates::plural(lang, total, lang.pick("document", "document"), lang.pick("documents", "documents"))) ")"
        } }
    }
}

fn tiles(lang: Lang) -> Markup {
    let tile = |icon, title, text, href| parts::Tile { icon, title, text, href, count: None };
    parts::tiles(&[
        tile(
            Icon::Document,
            lang.pick("Documents", "Documents"),
            lang.pick(
                "Lire, chercher, masquer ou imprimer vos documents.",
                "Read, find, hide or print your documents.",
            ),
            "/mon-espace/documents",
        ),
        tile(
            Icon::Eye,
            lang.pick("Qui a vu mon dossier", "Who saw my record"),
            lang.pick(
                "Chaque consultation, avec son auteur et son motif.",
                "Every reading, with who and why.",
            ),
            "/mon-espace/acces",
        ),
        tile(
            Icon::Share,
            lang.pick("Partage", "Sharing"),
            lang.pick(
                "Votre équipe de soins, et les professionnels que vous bloquez.",
                "Your care team, and the professionals you block.",
            ),
            "/mon-espace/partage",
        ),
        tile(
            Icon::Person,
            lang.pick("Profil", "Profile"),
            lang.pick("Votre identité et vos représentants.", "Your identity and your representatives."),
            "/mon-espace/profil",
        ),
    ])
}
