//! The gallery: every component in every state on one page.

use crate::form::{self, Choice, Errors, Form, Style, Width};
use crate::parts::{self, Access, Document, Event, Figure, Pager, Row, Table, Tile};
use crate::{Icon, Markup, NavItem, Notice, Render, Session, Shell, Space, Tone, html};
use jiff::civil::date;
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, Words};

/// The gallery page.
pub(super) fn page(lang: Lang) -> String {
    let shell = Shell {
        lang,
        space: Space::Public,
        title: lang.pick("Galerie des composants", "Component gallery"),
        lead: Some(lang.pick("Chaque composant, dans chaque état.", "Every component, in every state.")),
        is_demo: true,
        has_errors: true,
        csrf: "sample",
        path: "/galerie",
        crumbs: &[("Socle", "/")],
        notice: Some(Notice {
            tone: Tone::Success,
            text: lang.pick("Vos choix sont enregistrés.", "Your choices are saved."),
        }),
        help_phone: Some("01 99 00 12 34"),
        session: Some(Session { seconds_left: 1800, extend_href: "/session" }),
        ..Shell::default()
    };
    crate::page(
        &shell,
        html! {
            (blocks(lang)) (lists(lang)) (home(lang)) (rows(lang)) (forms(lang)) (form_states(lang)) (icons(lang))
        },
    )
}

fn blocks(lang: Lang) -> Markup {
    let problem = Problem::with_issues(
        Kind::Unprocessable,
        vec![
            Issue::error(
                "value",
                "Patient.birthDate",
                Words::new("Indiquez une date passée.", "Give a past date."),
            )
            .expected("AAAA-MM-JJ")
            .received("27/03/1985"),
        ],
    );
    html! {
        (parts::section(lang.pick("Messages", "Messages"), html! {
            @for tone in Tone::ALL { (parts::notice(lang, tone, html! { p { (lang.pick("Un message de ce ton.", "A message of this tone.")) } })) }
            (parts::notice_titled(lang, Tone::Warning, lang.pick("Ordonnance bientôt expirée", "Prescription expiring soon"), html! {
                p { (lang.pick("Demandez un renouvellement avant le 12 décembre. ", "Ask for a renewal before 12 December. "))
                    a href="/galerie" { (lang.pick("Demander un renouvellement", "Ask for a renewal")) } }
            }))
            (parts::problem(lang, &problem))
            (parts::alert(lang, html! { p { (lang.pick("La lecture a échoué. Réessayez dans un instant.", "Reading failed. Try again in a moment.")) } }))
            (parts::callout(html! { p { (lang.pick("Vous décidez qui peut lire vos documents.", "You decide who may read your documents.")) } }))
        }))
        (parts::section(lang.pick("Étiquettes et compteurs", "Tags and counters"), html! {
            (parts::tags(&[
                (lang.pick("Brouillon", "Draft"), Tone::Neutral), (lang.pick("Nouveau", "New"), Tone::Info),
                (lang.pick("À jour", "Up to date"), Tone::Success), (lang.pick("À vérifier", "To check"), Tone::Warning),
                (lang.pick("Allergie", "Allergy"), Tone::Danger),
            ]))
            p { (lang.pick("Messages ", "Messages ")) (parts::badge(3, lang.pick("non lus", "unread"))) (parts::badge(0, "")) }
        }))
        (parts::columns(vec![
            parts::card(lang.pick("Une carte", "A card"), html! { p { (lang.pick("Un texte encadré avec son titre.", "A framed text with its title.")) } }),
            parts::card(lang.pick("Un terme expliqué", "A term explained"), html! { p {
                (lang.pick("Votre ", "Your "))
                (parts::definition(lang, "def-hba1c", "HbA1c", lang.pick(
                    "moyenne du sucre dans le sang sur trois mois.", "average blood sugar over three months.")))
                (lang.pick(" est stable depuis un an.", " has been stable for a year."))
            } }),
        ]))
        (parts::details(lang.pick("Pourquoi cette question\u{a0}?", "Why this question?"), html! { p { (lang.pick("Pour éviter deux vaccins identiques.", "To avoid giving the same vaccine twice.")) } }))
        (parts::empty(Icon::Document, lang.pick("Aucun document", "No document"), lang.pick("Vos comptes rendus apparaîtront ici.", "Your reports will appear here."),
            Some((lang.pick("Ajouter un document", "Add a document"), "/galerie"))))
        (parts::copyable(lang, "jeton", lang.pick("Premier appel", "First call"), "curl -H 'Authorization: Bearer demo' /fhir/Patient?_count=1"))
    }
}

fn lists(lang: Lang) -> Markup {
    let edit = lang.pick("Modifier", "Change");
    let table =
        Table::new(lang.pick("Tension artérielle, mesures à domicile", "Blood pressure, home measures"))
            .column(lang.pick("Jour", "Day"))
            .column(lang.pick("Moment", "Time of day"))
            .numeric(lang.pick("Systolique (mmHg)", "Systolic (mmHg)"))
            .numeric(lang.pick("Diastolique (mmHg)", "Diastolic (mmHg)"))
            .text_row(&[lang.pick("lundi", "Monday"), lang.pick("matin", "morning"), "128", "76"])
            .text_row(&[lang.pick("mardi", "Tuesday"), lang.pick("matin", "morning"), "131", "79"])
            .text_row(&[lang.pick("mercredi", "Wednesday"), lang.pick("soir", "evening"), "124", "74"]);
    html! {
        (parts::section(lang.pick("Vérifier ses réponses", "Check your answers"), parts::summary_list(&[
            Row::text(lang.pick("Nom de naissance", "Birth name"), "ROUX").action(edit, "/galerie"),
            Row::text(lang.pick("Date de naissance", "Date of birth"), &crate::dates::day(lang, date(1985, 3, 27))).action(edit, "/galerie"),
            Row::text("INS", &crate::dates::ins("285037800608491")),
        ])))
        (parts::key_value(&[
            (lang.pick("Poids", "Weight"), html! { "12,4 kg" }), (lang.pick("Taille", "Height"), html! { "84 cm" }),
            (lang.pick("Groupe sanguin", "Blood group"), html! { "O+" }),
        ]))
        (table)
        (Pager { lang, first: 21, last: 40, total: Some(57), previous: Some("/galerie?page=1"), next: Some("/galerie?page=3") })
    }
}

fn home(lang: Lang) -> Markup {
    html! {
        h2 { (lang.pick("Accueil", "Home")) }
        (parts::tiles(&[
            Tile { icon: Icon::Document, title: lang.pick("Documents", "Documents"), text: lang.pick("Comptes rendus, ordonnances, images", "Reports, prescriptions, images"), href: "/galerie", count: Some((3, lang.pick("nouveaux", "new"))) },
            Tile { icon: Icon::Calendar, title: lang.pick("Rendez-vous", "Appointments"), text: lang.pick("Demain à 9:30, Dr Fontaine", "Tomorrow at 9:30, Dr Fontaine"), href: "/galerie", count: None },
            Tile { icon: Icon::Eye, title: lang.pick("Qui a consulté", "Who looked"), text: lang.pick("Chaque accès à votre dossier", "Every access to your record"), href: "/galerie", count: None },
        ]))
        (parts::figures(&[
            Figure { value: "3", label: lang.pick("nouveautés", "new items"), detail: lang.pick("depuis lundi", "since Monday"), href: Some("/galerie") },
            Figure { value: "128/76", label: lang.pick("tension", "blood pressure"), detail: "mmHg", href: None },
            Figure { value: "94 %", label: lang.pick("envois acceptés", "accepted messages"), detail: "", href: None },
        ]))
        (parts::stepper(lang, &[lang.pick("Identité", "Identity"), lang.pick("Choix", "Choices"), lang.pick("Vérification", "Check")], 1))
        (parts::tabs(lang.pick("Vues du dossier", "Views of the record"), &[
            NavItem { label: lang.pick("Synthèse", "Summary"), href: "/galerie", is_current: true },
            NavItem { label: lang.pick("Chronologie", "Timeline"), href: "/galerie?vue=chronologie", is_current: false },
        ]))
        (parts::search_bar(lang, "/galerie", "q", lang.pick("Chercher dans mes documents", "Search my documents"), "radio genou 2022"))
    }
}

fn rows(lang: Lang) -> Markup {
    let when = |text: &str| Instant::parse(text).unwrap_or_default();
    html! {
        h2 { (lang.pick("Lignes d’un dossier", "Rows of a record")) }
        (parts::documents(lang, &[
            Document { icon: Icon::Laboratory, title: lang.pick("Bilan sanguin", "Blood test"), href: "/galerie", kind: lang.pick("Compte rendu de biologie", "Laboratory report"), author: "Labo des Halles", date: Some(date(2026, 11, 18)), detail: "PDF, 120 Ko", tags: &[(lang.pick("Nouveau", "New"), Tone::Info)] },
            Document { icon: Icon::Hidden, title: lang.pick("Lettre de consultation", "Consultation letter"), href: "/galerie", kind: lang.pick("Courrier", "Letter"), author: "Dr Inès Fontaine", date: Some(date(2026, 3, 1)), detail: "", tags: &[(lang.pick("Masqué aux professionnels", "Hidden from professionals"), Tone::Warning)] },
        ]))
        (parts::timeline(&[
            Event { when: crate::dates::day(lang, date(2026, 11, 18)), title: html! { (lang.pick("Analyse reçue", "Test received")) }, detail: html! { "Labo des Halles" }, tone: Tone::Success },
            Event { when: crate::dates::day(lang, date(2026, 11, 12)), title: html! { (lang.pick("Passage aux urgences", "Emergency visit")) }, detail: html! { p { (lang.pick("Entorse du genou droit", "Sprained right knee")) } }, tone: Tone::Warning },
        ]))
        (parts::access_log(lang, &[
            Access { at: when("2026-11-20T13:02:00Z"), who: "Dr Inès Fontaine", role: lang.pick("Médecin généraliste, Cabinet des Halles", "General practitioner, Cabinet des Halles"), what: lang.pick("a consulté 3 documents", "read 3 documents"), why: lang.pick("Soins", "Care"), is_unusual: false, href: Some("/galerie"), question_href: None },
            Access { at: when("2026-11-19T02:14:00Z"), who: "Dr Paul Verne", role: lang.pick("Urgentiste, Hôpital de la Loire", "Emergency doctor, Hôpital de la Loire"), what: lang.pick("a ouvert votre dossier en urgence", "opened your record in an emergency"), why: lang.pick("Patient inconscient", "Unconscious patient"), is_unusual: true, href: Some("/galerie"), question_href: Some("/galerie?question=1") },
        ]))
    }
}

fn forms(lang: Lang) -> Markup {
    let errors = Errors::new();
    Form::post(lang, "/galerie", "sample", &errors, lang.pick("Enregistrer", "Save"))
        .section(lang.pick("Formulaire", "Form"))
        .field(
            form::text("nom", lang.pick("Nom de naissance", "Birth name"))
                .value("ROUX")
                .autocomplete("family-name"),
        )
        .field(
            form::date("naissance", lang.pick("Date de naissance", "Date of birth"))
                .hint(lang.pick("Par exemple 27 3 1985", "For example 27 3 1985"))
                .autocomplete("bday"),
        )
        .field(form::email("courriel", lang.pick("Adresse électronique", "E-mail address")).optional())
        .field(form::tel("telephone", lang.pick("Téléphone mobile", "Mobile phone")))
        .field(form::number("poids", lang.pick("Poids", "Weight")).suffix("kg"))
        .field(form::password("secret", lang.pick("Mot de passe", "Password")))
        .field(
            form::one_time_code("code", lang.pick("Code à six chiffres", "Six-digit code"))
                .hint(lang.pick("Dans votre application de codes", "In your code application")),
        )
        .field(
            form::select(
                "lien",
                lang.pick("Lien avec l’enfant", "Relation to the child"),
                [("mere", lang.pick("Mère", "Mother")), ("pere", lang.pick("Père", "Father"))],
            )
            .value("pere"),
        )
        .field(
            form::radios(
                "partage",
                lang.pick("Qui peut lire ce document\u{a0}?", "Who may read this document?"),
                [
                    Choice::with_hint(
                        "equipe",
                        lang.pick("Mon équipe de soins", "My care team"),
                        lang.pick(
                            "Les professionnels qui vous soignent",
                            "The professionals who care for you",
                        ),
                    ),
                    Choice::new("moi", lang.pick("Moi seul", "Only me")),
                ],
            )
            .value("equipe"),
        )
        .field(
            form::radios(
                "fumeur",
                lang.pick("Fumez-vous\u{a0}?", "Do you smoke?"),
                [("o", lang.pick("Oui", "Yes")), ("n", lang.pick("Non", "No"))],
            )
            .inline(),
        )
        .field(
            form::checkboxes(
                "avis",
                lang.pick("Être prévenu par", "Be told by"),
                [("sms", "SMS"), ("mail", lang.pick("Courriel", "E-mail"))],
            )
            .values(["sms"]),
        )
        .field(form::checkbox("accord", lang.pick("J’ai lu les conditions", "I have read the conditions")))
        .field(form::textarea("mot", lang.pick("Votre message", "Your message")).rows(3).maxlength(2000))
        .legend_with_hint(
            lang.pick("Joindre un document", "Attach a document"),
            lang.pick("PDF ou photo, 20 Mo au plus", "PDF or photo, 20 MB at most"),
            vec![
                form::file("fichier", lang.pick("Fichier", "File"), ".pdf,image/png,image/jpeg"),
                form::text("titre", lang.pick("Titre", "Title")).width(Width::Medium),
            ],
        )
        .hidden("etape", "1")
        .button(
            lang.pick("Enregistrer comme brouillon", "Save as draft"),
            Style::Secondary,
            "action",
            "brouillon",
        )
        .cancel(lang.pick("Annuler", "Cancel"), "/galerie")
        .render()
}

fn form_states(lang: Lang) -> Markup {
    let errors = Errors::new()
        .with(
            "naissance",
            lang.pick(
                "Indiquez une date de naissance passée, par exemple 27 3 1985",
                "Give a past date of birth, for example 27 3 1985",
            ),
        )
        .with("motif", lang.pick("Choisissez un motif", "Choose a reason"))
        .with("accord", lang.pick("Cochez la case pour continuer", "Tick the box to continue"))
        .with(
            "",
            lang.pick("Le service est fermé jusqu’à 8 heures", "The service is closed until 8 o’clock"),
        );
    let wrong = Form::post(lang, "/galerie", "sample", &errors, lang.pick("Ouvrir le dossier", "Open the record"))
        .id_prefix("erreurs")
        .style(Style::Danger)
        .submit_value("action", "ouvrir")
        .field(form::date("naissance", lang.pick("Date de naissance", "Date of birth")).date_value("27", "3", "2085"))
        .field(form::radios("motif", lang.pick("Motif de l’accès", "Reason for access"), [("urgence", lang.pick("Urgence vitale", "Life-threatening emergency")), ("centre-15", "Centre 15")]))
        .field(form::checkbox("accord", lang.pick("J’assume cet accès", "I take responsibility for this access")))
        .markup(parts::notice(lang, Tone::Warning, html! { p { (lang.pick("Cet accès sera tracé et expliqué au patient.", "This access will be traced and explained to the patient.")) } }));
    html! {
        h2 { (lang.pick("Erreurs et actes", "Errors and acts")) }
        (wrong)
        div class="buttons" {
            (form::action_form("/galerie", "sample", lang.pick("Marquer comme lu", "Mark as read"), Style::Secondary, &[("id", "1")]))
            (form::action_form_about("/galerie", "sample", lang.pick("Révoquer", "Revoke"), lang.pick("l’accès du Dr Verne", "the access of Dr Verne"), Style::Danger, &[]))
            (form::button_link(lang.pick("Être aidé", "Get help"), "/aide", Style::Quiet))
        }
    }
}

fn icons(lang: Lang) -> Markup {
    html! {
        (parts::section(lang.pick("Pictogrammes", "Icons"), html! {
            ul class="tags" { @for icon in Icon::ALL { li { span class="document-icon" { (icon.markup()) } span class="unseen" { (format!("{icon:?}")) } } } }
        }))
        (parts::prose(html! { p { (lang.pick("Fin de la galerie.", "End of the gallery.")) } }))
    }
}
