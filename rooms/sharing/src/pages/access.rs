//! `GET /mon-espace/acces`: who saw my record, in plain sentences, by day and by sitting.

use super::common;
use crate::group::{Day, Sitting, group};
use crate::sentence::{Told, tell};
use maud::html;
use socle_gate::{Entry, Outcome, Session};
use socle_kernel::{Key, Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::{Icon, Markup, NavItem, Space, Tone, dates, parts};

/// Lines read at a time.
const BATCH: usize = 250;
/// Batches looked through for one page: past it the reader goes on by a link.
const BATCHES: usize = 4;
/// Lines of one page.
const LINES: usize = 100;

/// Whose acts are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody but the reader.
    #[default]
    Others,
    /// Professionals.
    Professionals,
    /// Emergencies and refusals.
    Unusual,
    /// The reader.
    Own,
}

impl Whose {
    const ALL: [Whose; 4] = [Whose::Others, Whose::Professionals, Whose::Unusual, Whose::Own];

    fn of(code: &str) -> Self {
        Whose::ALL.into_iter().find(|whose| whose.code() == code).unwrap_or_default()
    }

    fn code(self) -> &'static str {
        match self {
            Whose::Others => "autres",
            Whose::Professionals => "professionnels",
            Whose::Unusual => "urgences",
            Whose::Own => "moi",
        }
    }

    fn label(self, lang: Lang) -> &'static str {
        match self {
            Whose::Others => lang.pick_static("Tous, sauf moi", "Everybody but me"),
            Whose::Professionals => lang.pick_static("Professionnels", "Professionals"),
            Whose::Unusual => lang.pick_static("Urgences et refus", "Emergencies and refusals"),
            Whose::Own => lang.pick_static("Mes propres actes", "My own acts"),
        }
    }

    /// Is this line among them?
    fn holds(self, entry: &Entry, account: &str) -> bool {
        let is_own = entry.who.kind == "citizen" && entry.who.identifier == account;
        match self {
            Whose::Others => !is_own,
            Whose::Professionals => entry.who.kind == "professional",
            Whose::Unusual => {
                !is_own
                    && (matches!(entry.purpose.as_str(), "break-glass" | "regulation")
                        || entry.outcome == Outcome::Refused)
            }
            Whose::Own => is_own,
        }
    }
}

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Whose acts.
    pub whose: Whose,
    /// Days, newest first.
    pub days: Vec<Day>,
    /// Line after which the next page goes on.
    pub next: Option<String>,
    /// True when this is not the first page.
    pub is_later: bool,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let citizen = common::citizen(call)?;
    let (person, _) = common::person(call, session).await?;
    let whose = Whose::of(call.query("qui"));
    let cipher = session.gate().cipher();
    let before = cipher
        .open(call.query("avant"))
        .filter(|key| key.home == citizen.person.home && key.resource_type == resource_type::AUDIT_EVENT);
    let is_later = before.is_some();
    let (lines, next) = read(session, citizen.person.home, before, whose, &citizen.account).await?;
    let titles = common::titles(session, lang, &lines).await?;
    let told: Vec<Told> = lines
        .iter()
        .map(|(key, entry)| tell(lang, cipher.seal(*key), entry, &titles, &citizen.account))
        .collect();
    let next = next.map(|key| cipher.seal(key));
    let context = Context { whose, days: group(lang, told), next, is_later };
    let view = View {
        space: Space::Citizen,
        title: title(lang, person.is_represented),
        person: Some(&person),
        crumbs: &[(lang.pick("Accueil", "Home"), "/mon-espace")],
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

/// The heading.
pub fn title(lang: Lang, is_represented: bool) -> &'static str {
    if is_represented {
        lang.pick_static("Qui a vu ce dossier", "Who saw this record")
    } else {
        lang.pick_static("Qui a vu mon dossier", "Who saw my record")
    }
}

/// The lines of one page, and where the next one starts.
async fn read(
    session: &Session,
    home: socle_kernel::HomeId,
    mut before: Option<Key>,
    whose: Whose,
    account: &str,
) -> Result<(Vec<(Key, Entry)>, Option<Key>), Problem> {
    let mut kept = Vec::new();
    for _ in 0..BATCHES {
        let batch = session.log(home, before, BATCH).await?;
        let is_last = batch.len() < BATCH;
        for (key, entry) in batch {
            before = Some(key);
            if whose.holds(&entry, account) {
                kept.push((key, entry));
            }
            if kept.len() >= LINES {
                return Ok((kept, before));
            }
        }
        if is_last {
            return Ok((kept, None));
        }
    }
    Ok((kept, before))
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    html! {
        p { (lang.pick(
            "Chaque accès est inscrit ici avant même que la personne ne voie la réponse. Rien ne peut être effacé.",
            "Every access is written here before the person even sees the answer. Nothing can be erased.",
        )) }
        (filter(lang, context))
        @if context.days.is_empty() { (nothing(lang, context)) }
        @for day in &context.days {
            section class="section" {
                h2 { (dates::time(lang, day.date)) }
                ol class="accesses" { @for sitting in &day.sittings { (draw(lang, sitting)) } }
            }
        }
        (pager(lang, context))
    }
}

fn filter(lang: Lang, context: &Context) -> Markup {
    let hrefs = Whose::ALL.map(|whose| format!("/mon-espace/acces?qui={}", whose.code()));
    let items: Vec<NavItem<'_>> = Whose::ALL
        .iter()
        .zip(&hrefs)
        .map(|(whose, href)| NavItem { label: whose.label(lang), href, is_current: *whose == context.whose })
        .collect();
    parts::tabs(lang.pick("Accès à afficher", "Accesses to show"), &items)
}

fn draw(lang: Lang, sitting: &Sitting) -> Markup {
    let head = sitting.head();
    let is_unusual = head.is_emergency || head.is_refused;
    html! {
        li class=(if is_unusual { "access access-unusual" } else { "access" }) {
            p class="access-when" { (dates::day_time_markup(lang, head.at)) }
            div class="access-body" {
                p {
                    strong { (head.who) }
                    @if !head.role.is_empty() { ", " (head.role) ", " } @else { " " }
                    @if sitting.acts.len() == 1 { (head.what) }
                    @if !head.why.is_empty() && !head.is_emergency { " — " (head.why) }
                    @if head.is_emergency { " " (parts::tag(lang.pick("Accès en urgence", "Emergency access"), Tone::Warning)) }
                    @if head.is_refused { " " (parts::tag(lang.pick("Refusé", "Refused"), Tone::Danger)) }
                }
                @if head.is_emergency { p class="access-why" { (lang.pick("Motif\u{a0}: ", "Reason: ")) (head.why) } }
                @if sitting.acts.len() == 1 { (links(lang, head)) }
                @else {
                    ul { @for act in &sitting.acts { li { (act.what) (links(lang, act)) } } }
                }
            }
        }
    }
}

/// The documents of an act, and its line in full. Many documents open on demand.
fn links(lang: Lang, act: &Told) -> Markup {
    let documents =
        html! { ul { @for (title, href) in &act.documents { li { a href=(href) { (title) } } } } };
    html! {
        @match act.documents.len() {
            0 => {},
            1..=3 => (documents),
            count => (parts::details(&format!("{} {count} documents", lang.pick("Voir les", "See the")), documents)),
        }
        p class="access-links" {
            a href={ "/mon-espace/acces/" (act.id) } {
                (lang.pick("Détail de cet accès", "Detail of this access"))
                span class="unseen" { " (" (act.who) ", " (dates::day_time(lang, act.at)) ", " (act.what) ")" }
            }
        }
    }
}

fn nothing(lang: Lang, context: &Context) -> Markup {
    let (title, text) = match context.whose {
        Whose::Unusual => (
            lang.pick("Aucune urgence, aucun refus", "No emergency, no refusal"),
            lang.pick(
                "Personne n’a ouvert ce dossier en urgence, ni tenté de l’ouvrir sans droit.",
                "Nobody opened this record in an emergency, nor tried to without a right.",
            ),
        ),
        Whose::Own => (
            lang.pick("Aucun acte de votre part", "No act of yours"),
            lang.pick(
                "Vos lectures et vos changements apparaîtront ici.",
                "Your readings and changes will appear here.",
            ),
        ),
        Whose::Others | Whose::Professionals => (
            lang.pick("Personne d’autre n’a ouvert ce dossier", "Nobody else opened this record"),
            lang.pick(
                "Les consultations des professionnels apparaîtront ici, avec leur motif.",
                "Readings by professionals will appear here, with their reason.",
            ),
        ),
    };
    parts::empty(Icon::Eye, title, text, None)
}

fn pager(lang: Lang, context: &Context) -> Markup {
    let first = format!("/mon-espace/acces?qui={}", context.whose.code());
    let next = context.next.as_deref().map(|next| common::with(&first, "avant", next));
    html! {
        @if context.is_later || next.is_some() {
            nav class="pager" aria-label=(lang.pick("Pages du journal", "Pages of the log")) {
                ul {
                    @if context.is_later { li { a href=(first) { (lang.pick("Revenir aux accès les plus récents", "Back to the latest accesses")) } } }
                    @if let Some(href) = &next { li { a rel="next" href=(href) { (lang.pick("Accès plus anciens", "Older accesses")) } } }
                }
            }
        }
    }
}
