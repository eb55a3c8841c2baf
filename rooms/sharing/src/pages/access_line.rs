//! `GET /mon-espace/acces/{id}`: one line of the log with everything it says.

use super::common;
use crate::sentence::{Told, tell};
use crate::words;
use maud::html;
use socle_gate::{Entry, Outcome, Session};
use socle_kernel::ids::Seq;
use socle_kernel::{Key, Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::parts::Row;
use socle_ui::{Markup, Space, Tone, dates, parts};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Context {
    /// The line in words.
    pub told: Told,
    /// The line as it stands in the log.
    pub entry: Entry,
    /// Things it was about beside documents: kind and number.
    pub others: Vec<(String, usize)>,
}

/// The page.
pub async fn show(call: &PageCall, session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let citizen = common::citizen(call)?;
    let (person, _) = common::person(call, session).await?;
    let key = session.gate().cipher().open(call.param("id"));
    let is_of_record =
        |key: &Key| key.home == citizen.person.home && key.resource_type == resource_type::AUDIT_EVENT;
    let key = key.filter(is_of_record).ok_or_else(Problem::not_found)?;
    // A log is read backwards from a line: the one just after gives this one first.
    let after = Seq::new(key.seq.number() + 1).map(|seq| Key { seq, ..key });
    let lines = session.log(key.home, after, 1).await?;
    let lines: Vec<(Key, Entry)> = lines.into_iter().filter(|(found, _)| *found == key).collect();
    let titles = common::titles(session, lang, &lines).await?;
    let (_, entry) = lines.into_iter().next().ok_or_else(Problem::not_found)?;
    let told = tell(lang, call.param("id").to_owned(), &entry, &titles, &citizen.account);
    let context = Context { others: others(&entry), told, entry };
    let view = View {
        space: Space::Citizen,
        title: lang.pick("Détail d’un accès", "Detail of an access"),
        person: Some(&person),
        crumbs: &[
            (lang.pick("Accueil", "Home"), "/mon-espace"),
            (super::access::title(lang, person.is_represented), "/mon-espace/acces"),
        ],
        ..View::default()
    };
    Ok(call.page(&view, render(lang, &context)))
}

fn others(entry: &Entry) -> Vec<(String, usize)> {
    let mut others: Vec<(String, usize)> = Vec::new();
    let keys = entry.what.iter().filter_map(|entity| entity.key());
    for key in keys.filter(|key| key.resource_type != resource_type::DOCUMENT_REFERENCE) {
        let name = key.resource_type.name();
        match others.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => others.push((name.to_owned(), 1)),
        }
    }
    others
}

/// The body.
pub fn render(lang: Lang, context: &Context) -> Markup {
    let (told, entry) = (&context.told, &context.entry);
    html! {
        p { strong { (told.who) } " " (told.what) "." }
        @if told.is_emergency {
            (parts::notice(lang, Tone::Warning, html! {
                p { (lang.pick("Accès en urgence, sans votre accord préalable. Motif déclaré : ", "Emergency access, without your prior agreement. Reason given: "))
                    strong { (entry.reason.as_deref().unwrap_or(lang.pick("non précisé", "not given"))) } }
            }))
        }
        (parts::summary_list(&facts(lang, context)))
        @if !told.is_own && entry.who.kind == "professional" {
            p { (lang.pick("Vous ne connaissez pas ce professionnel ? ", "You do not know this professional? "))
                a href={ "/mon-espace/partage/bloquer?q=" (socle_pipeline::encode(&entry.who.identifier)) } {
                    (lang.pick("L’empêcher d’ouvrir votre dossier", "Prevent them from opening your record"))
                } }
        }
        (parts::details(lang.pick("Données techniques de cette ligne", "Technical data of this line"), technical(lang, context)))
    }
}

fn facts(lang: Lang, context: &Context) -> Vec<Row> {
    let (told, entry) = (&context.told, &context.entry);
    let mut rows = vec![
        Row::new(lang.pick("Quand", "When"), dates::day_time_markup(lang, entry.at)),
        Row::text(lang.pick("Qui", "Who"), &told.who),
    ];
    let mut add = |label: &str, value: &str| {
        if !value.is_empty() {
            rows.push(Row::text(label, value));
        }
    };
    add(lang.pick("Profession et lieu", "Profession and place"), &told.role);
    add(lang.pick("Pour quoi", "What for"), &told.why);
    add(lang.pick("Résultat", "Result"), result(lang, entry.outcome));
    add(lang.pick("Règle appliquée", "Rule applied"), words::basis(lang, &entry.basis));
    let client = if entry.client == "socle" {
        lang.pick("Pages de la plateforme", "Pages of the platform")
    } else {
        &entry.client
    };
    add(lang.pick("Application", "Application"), client);
    if !told.documents.is_empty() {
        rows.push(Row::new(
            lang.pick("Documents", "Documents"),
            html! { ul { @for (title, href) in &told.documents { li { a href=(href) { (title) } } } } },
        ));
    }
    if !context.others.is_empty() {
        let list = html! { ul { @for (kind, count) in &context.others { li { (words::data(lang, kind)) " (" (count) ")" } } } };
        rows.push(Row::new(lang.pick("Autres données", "Other data"), list));
    }
    rows
}

fn result(lang: Lang, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => lang.pick_static("Fait", "Done"),
        Outcome::Refused => lang.pick_static("Refusé : rien n’a été montré", "Refused: nothing was shown"),
        Outcome::Failed => lang.pick_static("Non abouti", "Did not succeed"),
    }
}

fn technical(lang: Lang, context: &Context) -> Markup {
    let entry = &context.entry;
    let code = |text: &str| html! { code { (text) } };
    parts::key_value(&[
        (lang.pick("Ligne", "Line"), code(&format!("AuditEvent/{}", context.told.id))),
        (lang.pick("Instant exact", "Exact moment"), code(&entry.at.to_string())),
        (lang.pick("Identifiant de l’auteur", "Identifier of the actor"), code(&entry.who.identifier)),
        (lang.pick("Acte", "Act"), code(&format!("{:?}", entry.deed).to_lowercase())),
        (lang.pick("Finalité", "Purpose"), code(&entry.purpose)),
        (lang.pick("Base", "Basis"), code(&entry.basis)),
        (lang.pick("Requête", "Request"), code(&entry.request)),
    ])
}
