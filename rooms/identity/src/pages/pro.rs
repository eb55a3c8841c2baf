//! `/pro`: find a patient, by date of birth first or by matricule INS; patients opened lately.

use super::session_id;
use crate::ins::{self, Fault};
use crate::sessions::{self, PatientSearch, Recent};
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use socle_gate::Session;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{PageAnswer, PageCall, View};
use socle_ui::form::{self, Errors, Form, Style, Width};
use socle_ui::{Markup, Render, Space, dates, html, parts};

/// Letters of a name that a search may give, at most (INS rules: date of birth first, then a beginning).
const LETTERS: usize = 3;

/// What was typed.
#[derive(Default)]
struct Typed<'a> {
    day: &'a str,
    month: &'a str,
    year: &'a str,
    family: &'a str,
    given: &'a str,
    matricule: &'a str,
}

/// What the page shows.
#[derive(Default)]
struct Context<'a> {
    csrf: &'a str,
    typed: Typed<'a>,
    traits_errors: Errors,
    matricule_errors: Errors,
    recent: Vec<Recent>,
}

/// `GET /pro`.
pub(super) fn show<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(page(call, Context::default()))
}

/// `POST /pro/patients`.
pub(super) fn submit<'a>(call: &'a PageCall, _: &'a Session) -> BoxFuture<'a, Result<PageAnswer, Problem>> {
    Box::pin(async move {
        let form = &call.form;
        let typed = Typed {
            day: form.text("naissance-day"),
            month: form.text("naissance-month"),
            year: form.text("naissance-year"),
            family: form.text("nom"),
            given: form.text("prenom"),
            matricule: form.text("matricule"),
        };
        let is_by_matricule = form.text("par") == "matricule";
        let today = dates::date_of(call.now);
        let read = if is_by_matricule {
            by_matricule(call.lang, &typed)
        } else {
            by_traits(call.lang, &typed, today)
        };
        match read {
            Ok(search) => {
                sessions::update(&call.pipeline, session_id(call)?, |session| {
                    session.search = Some(search.clone())
                })
                .await?;
                Ok(PageAnswer::redirect("/pro/patients"))
            }
            Err(errors) if is_by_matricule => {
                page(call, Context { typed, matricule_errors: errors, ..Context::default() }).await
            }
            Err(errors) => page(call, Context { typed, traits_errors: errors, ..Context::default() }).await,
        }
    })
}

fn by_traits(lang: Lang, typed: &Typed<'_>, today: Date) -> Result<PatientSearch, Errors> {
    let mut errors = Errors::new();
    let birth = birth_date(typed).filter(|birth| *birth <= today);
    if birth.is_none() {
        errors.add(
            "naissance",
            lang.pick(
                "Indiquez une date de naissance passée, par exemple 27 3 1985",
                "Enter a date of birth in the past, for example 27 3 1985",
            ),
        );
    }
    for (field, text) in [("nom", typed.family), ("prenom", typed.given)] {
        if text.chars().count() > LETTERS {
            let message = lang.pick(
                "Indiquez au plus les trois premières lettres",
                "Enter at most the first three letters",
            );
            errors.add(field, message);
        }
    }
    match birth {
        Some(birth) if errors.is_empty() => Ok(PatientSearch::Traits {
            birth_date: birth.to_string(),
            family: typed.family.to_owned(),
            given: typed.given.to_owned(),
        }),
        _ => Err(errors),
    }
}

fn birth_date(typed: &Typed<'_>) -> Option<Date> {
    let year: i16 = typed.year.parse().ok().filter(|year| *year >= 1850)?;
    Date::new(year, typed.month.parse().ok()?, typed.day.parse().ok()?).ok()
}

fn by_matricule(lang: Lang, typed: &Typed<'_>) -> Result<PatientSearch, Errors> {
    let matricule = ins::typed(typed.matricule);
    let message = match ins::check(&matricule) {
        Ok(()) => return Ok(PatientSearch::Matricule(matricule)),
        Err(Fault::Length(_)) => lang.pick(
            "Indiquez les 15 caractères du matricule INS, clé comprise",
            "Enter the 15 characters of the matricule INS, key included",
        ),
        Err(Fault::Character(_)) => lang.pick(
            "Indiquez un matricule fait de chiffres ; seule la Corse s’écrit 2A ou 2B",
            "Enter a matricule made of digits; only Corsica is written 2A or 2B",
        ),
        Err(Fault::Key { .. }) => lang.pick(
            "Vérifiez le matricule : sa clé (les deux derniers chiffres) ne correspond pas",
            "Check the matricule: its key (the last two digits) does not fit",
        ),
    };
    Err(Errors::new().with("matricule", message))
}

async fn page(call: &PageCall, mut context: Context<'_>) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    // Professionals who call with a token have no page session, and nothing recent.
    if let Some(id) = &call.identified.session
        && let Some(session) = sessions::load(&call.pipeline, id).await?
    {
        context.recent = session.recent;
    }
    context.csrf = &call.identified.csrf;
    let has_errors = !(context.traits_errors.is_empty() && context.matricule_errors.is_empty());
    let view = View {
        space: Space::Professional,
        title: lang.pick("Trouver un patient", "Find a patient"),
        lead: Some(lang.pick(
            "Par sa date de naissance d’abord, ou par son matricule INS.",
            "By date of birth first, or by matricule INS.",
        )),
        has_errors,
        ..View::default()
    };
    Ok(call.page(&view, body(lang, &context)))
}

fn body(lang: Lang, context: &Context<'_>) -> Markup {
    html! {
        (parts::columns(vec![
            parts::section(lang.pick("Par les traits d’identité", "By identity traits"), traits_form(lang, context)),
            parts::section(lang.pick("Par le matricule INS", "By matricule INS"), matricule_form(lang, context)),
        ]))
        @if !context.recent.is_empty() {
            (parts::section(lang.pick("Ouverts pendant cette session", "Opened in this session"), recent(lang, &context.recent)))
        }
    }
}

fn traits_form(lang: Lang, context: &Context<'_>) -> Markup {
    let typed = &context.typed;
    let letters = lang.pick("Les trois premières lettres au plus.", "The first three letters at most.");
    let search = lang.pick("Rechercher par les traits", "Search by traits");
    Form::post(lang, "/pro/patients", context.csrf, &context.traits_errors, search)
        .id_prefix("traits")
        .hidden("par", "traits")
        .field(
            form::date("naissance", lang.pick("Date de naissance", "Date of birth"))
                .hint(lang.pick("Par exemple 27 3 1985", "For example 27 3 1985"))
                .autocomplete("off")
                .date_value(typed.day, typed.month, typed.year),
        )
        .field(
            form::text("nom", lang.pick("Nom de naissance", "Birth family name"))
                .hint(letters)
                .autocomplete("off")
                .width(Width::Short)
                .optional()
                .value(typed.family),
        )
        .field(
            form::text("prenom", lang.pick("Premier prénom de naissance", "First birth given name"))
                .hint(letters)
                .autocomplete("off")
                .width(Width::Short)
                .optional()
                .value(typed.given),
        )
        .render()
}

fn matricule_form(lang: Lang, context: &Context<'_>) -> Markup {
    let search = lang.pick("Rechercher par le matricule", "Search by matricule");
    Form::post(lang, "/pro/patients", context.csrf, &context.matricule_errors, search)
        .style(Style::Secondary)
        .id_prefix("ins")
        .hidden("par", "matricule")
        .field(
            form::text("matricule", lang.pick("Matricule INS", "Matricule INS"))
                .hint(lang.pick("15 caractères, clé comprise.", "15 characters, key included."))
                .autocomplete("off")
                .width(Width::Medium)
                .value(context.typed.matricule),
        )
        .render()
}

fn recent(lang: Lang, patients: &[Recent]) -> Markup {
    html! {
        ul class="documents" {
            @for patient in patients {
                li class="document" {
                    div class="document-body" {
                        p class="document-title" { a href={ "/pro/patients/" (patient.id) "/ouvrir" } { (patient.name) } }
                        @if let Ok(birth) = patient.birth_date.parse() {
                            p class="document-meta" { (lang.pick("Naissance : ", "Born: ")) (dates::time(lang, birth)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::check;

    const TODAY: Date = jiff::civil::date(2026, 11, 21);

    fn typed<'a>(day: &'a str, month: &'a str, year: &'a str, family: &'a str) -> Typed<'a> {
        Typed { day, month, year, family, ..Typed::default() }
    }

    #[test]
    fn a_date_of_birth_is_asked_first() {
        for (typed, is_good) in [
            (typed("27", "3", "1985", ""), true),
            (typed("27", "3", "1985", "Gar"), true),
            (typed("21", "11", "2026", ""), true),
            (typed("", "", "", "Gar"), false),
            (typed("31", "2", "1985", ""), false),
            (typed("22", "11", "2026", ""), false),
            (typed("27", "3", "85", ""), false),
            (typed("27", "3", "1985", "Garc"), false),
        ] {
            assert_eq!(by_traits(Lang::Fr, &typed, TODAY).is_ok(), is_good, "{} {}", typed.day, typed.family);
        }
    }

    #[test]
    fn a_matricule_is_checked_before_it_is_searched() {
        let search = |matricule| by_matricule(Lang::Fr, &Typed { matricule, ..Typed::default() });
        let found = search("2 77 01 01 154 003 29");
        assert_eq!(found.ok(), Some(PatientSearch::Matricule("277010115400329".into())));
        for wrong in ["", "277010115400303", "27701011540032X"] {
            assert!(search(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn samples_are_clean() {
        let patient = |id: &str, birth: &str| Recent {
            id: id.into(),
            name: "Sarah-Lou GARCIA".into(),
            birth_date: birth.into(),
        };
        let wrong_traits = by_traits(Lang::Fr, &typed("31", "2", "1985", "Garcia"), TODAY).err();
        let wrong_matricule = by_matricule(Lang::Fr, &Typed::default()).err();
        for (traits_errors, matricule_errors) in [
            (Errors::new(), Errors::new()),
            (wrong_traits.expect("refused"), Errors::new()),
            (Errors::new(), wrong_matricule.expect("refused")),
        ] {
            let has_errors = !(traits_errors.is_empty() && matricule_errors.is_empty());
            let context = Context {
                csrf: "jeton",
                typed: typed("31", "2", "1985", "Garcia"),
                traits_errors,
                matricule_errors,
                recent: vec![patient("a", "1977-01-21"), patient("b", "1985")],
            };
            check::samples("Trouver un patient", has_errors, |lang| body(lang, &context));
        }
    }
}
