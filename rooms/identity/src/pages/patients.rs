//! `/pro/patients`: what the last search found. The search itself stays in the page session: no trait of a person is ever
//! part of an address.

use super::session_id;
use crate::fhir::{self, Results};
use crate::ins::InsSystem;
use crate::sessions::{self, PatientSearch};
use futures_util::future::BoxFuture;
use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{Lang, Problem, resource_type};
use socle_pipeline::{PageAnswer, PageCall, PersonShown, View, encode};
use socle_ui::{Icon, Markup, Render, Space, dates, html, parts};

/// Results of one page.
const ON_A_PAGE: &str = "20";

/// One person found.
struct Line {
    id: String,
    person: PersonShown,
    birth_place: String,
}

/// What the page shows.
struct Context {
    lines: Vec<Line>,
    total: usize,
    next: Option<String>,
    is_first: bool,
}

/// `GET /pro/patients`.
pub(super) fn show<'a>(
    call: &'a PageCall,
    session: &'a Session,
) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let known = sessions::load(&call.pipeline, session_id(call)?).await?;
        let Some(search) = known.and_then(|known| known.search) else {
            return Ok(PageAnswer::redirect("/pro"));
        };
        let results = find(call, session, &search).await?;
        let context = context(results, call.query("page").is_empty());
        let lang = call.lang;
        let view = View {
            space: Space::Professional,
            title: lang.pick("Patients trouvés", "Patients found"),
            crumbs: &[(lang.pick("Trouver un patient", "Find a patient"), "/pro")],
            ..View::default()
        };
        Ok(call.page(&view, body(lang, &context)))
    })
}

async fn find(call: &PageCall, session: &Session, search: &PatientSearch) -> Result<Results, Problem> {
    let identifier;
    let mut params: Vec<(&str, &str)> = match search {
        PatientSearch::Traits { birth_date, family, given } => {
            let names = [("family", family.as_str()), ("given", given.as_str())];
            let names = names.into_iter().filter(|(_, text)| !text.is_empty());
            [("birthdate", birth_date.as_str())].into_iter().chain(names).collect()
        }
        PatientSearch::Matricule(matricule) => {
            identifier =
                InsSystem::ALL.map(|system| format!("{system}|{}", fhir::escape(matricule))).join(",");
            vec![("identifier", identifier.as_str())]
        }
    };
    params.push(("_count", ON_A_PAGE));
    let page = call.query("page");
    if !page.is_empty() {
        params.push(("_page", page));
    }
    fhir::search(&call.pipeline, session, resource_type::PATIENT, &params).await
}

fn context(results: Results, is_first: bool) -> Context {
    let line = |patient: &Value| Line {
        id: patient["id"].as_str().unwrap_or("").to_owned(),
        person: PersonShown::of(patient),
        birth_place: match fhir::birth_place(patient) {
            (Some(name), _) => name.to_owned(),
            (None, code) => code.unwrap_or("").to_owned(),
        },
    };
    Context {
        lines: results.items.iter().map(line).collect(),
        total: results.total,
        next: results.next.map(|token| format!("/pro/patients?page={}", encode(&token))),
        is_first,
    }
}

fn body(lang: Lang, context: &Context) -> Markup {
    let new_search = lang.pick("Nouvelle recherche", "New search");
    if context.lines.is_empty() {
        return parts::empty(
            Icon::Search,
            lang.pick("Personne ne correspond", "Nobody matches"),
            lang.pick(
                "Vérifiez la date de naissance, puis essayez sans le nom ni le prénom, ou avec le matricule INS.",
                "Check the date of birth, then try without names, or with the matricule INS.",
            ),
            Some((new_search, "/pro")),
        );
    }
    let mut table = parts::Table::new(lang.pick("Patients trouvés", "Patients found")).caption_unseen();
    for label in [
        lang.pick("Nom", "Name"),
        lang.pick("Naissance", "Born"),
        lang.pick("Sexe", "Sex"),
        lang.pick("Lieu de naissance", "Place of birth"),
        lang.pick("INS", "INS"),
    ] {
        table = table.column(label);
    }
    for line in &context.lines {
        table = table.row(row(lang, line));
    }
    html! {
        p { (dates::plural(lang, context.total as u64, lang.pick("personne", "person"), lang.pick("personnes", "people"))) ". "
            (lang.pick("Vérifiez l’identité avec la personne avant d’ouvrir.", "Check the identity with the person before opening.")) }
        (table)
        @if context.next.is_some() || !context.is_first {
            (parts::Pager { lang, next: context.next.as_deref(),
                previous: (!context.is_first).then_some("/pro/patients"), ..parts::Pager::default() }.render())
        }
        p { a href="/pro" { (new_search) } }
    }
}

fn row(lang: Lang, line: &Line) -> Vec<Markup> {
    let person = &line.person;
    let birth = person.birth_date;
    let name = match person.name.as_str() {
        "" => lang.pick("Personne sans nom connu", "Person without a known name"),
        name => name,
    };
    vec![
        html! { a href={ "/pro/patients/" (line.id) "/ouvrir" } { (name) } },
        html! { @if let Some(birth) = birth { (dates::time(lang, birth)) } },
        html! { (person.sex(lang).unwrap_or(lang.pick("indéterminé", "unknown"))) },
        html! { (line.birth_place) },
        html! { @if let Some(ins) = &person.ins { (dates::ins(ins)) } },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;
    use serde_json::json;

    fn results(items: Vec<Value>, next: Option<&str>) -> Results {
        Results { total: items.len(), items, next: next.map(str::to_owned) }
    }

    fn patient() -> Value {
        json!({ "id": "7d1f6ab4", "birthDate": "1977-01-21", "gender": "female",
            "name": [{ "use": "official", "family": "GARCIA <b>", "given": ["SARAH-LOU"] }],
            "identifier": [{ "system": "urn:oid:1.2.250.1.213.1.4.10", "value": "277010115400329" }] })
    }

    #[test]
    fn samples_are_clean() {
        for (items, next, is_first) in [
            (Vec::new(), None, true),
            (vec![patient()], None, true),
            (vec![patient(), json!({ "id": "b" })], Some("a=1"), false),
        ] {
            let context = context(results(items, next), is_first);
            check::samples("Patients trouvés", false, |lang| body(lang, &context));
        }
    }

    #[test]
    fn a_line_shows_what_tells_people_apart() {
        let html = body(Lang::Fr, &context(results(vec![patient()], None), true)).into_string();
        assert!(html.contains("/pro/patients/7d1f6ab4/ouvrir") && html.contains("femme"));
        assert!(html.contains("GARCIA &lt;b&gt;"));
    }
}
