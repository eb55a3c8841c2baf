//! The gallery: every component in every state on one page.

use crate::form::{self, Choice, Errors, Form, Style, Width};
use crate::parts::{self, Access, Document, Event, Figure, Pager, Row, Table, Tile};
use crate::{Icon, Markup, NavItem, Notice, Render, Session, Shell, Space, Tone, html};
use jiff::civil::date;
use socle_kernel::{Instant, Issue, Kind, Lang, Problem, Words};

/// The gallery page.
pub(super) fn page(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let shell = Shell {
        lang,
        space: Space::Public,
        title: t("Galerie des composants", "Component gallery"),
        lead: Some(t("Chaque composant, dans chaque état.", "Every component, in every state.")),
        is_demo: true,
        has_errors: true,
        csrf: "sample",
        path: "/galerie",
        crumbs: &[("Socle", "/")],
        notice: Some(Notice {
            tone: Tone::Success,
            text: t("Vos choix sont enregistrés.", "Your choices are saved."),
        }),
        help_phone: Some("01 99 00 12 34"),
        session: Some(Session { seconds_left: 1800, extend_href: "/session" }),
        ..Shell::default()
    };
    crate::page(
        &shell,
        html! {
            (blocks(lang)) (lists(lang)) (home(lang)) (rows(lang)) (forms(lang)) (form_states(lang))
                (icons(lang))
        },
    )
}

fn blocks(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
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
        (parts::section(t("Messages", "Messages"), html! {
            @for tone in Tone::ALL { (parts::notice(lang, tone, html!
                { p { (t("Un message de ce ton.", "A message of this tone.")) } })) }
            (parts::notice_titled(lang, Tone::Warning,
                t("Ordonnance bientôt expirée", "Prescription expiring soon"), html! {
                p { (t("Demandez un renouvellement avant le 12 décembre. ",
                    "Ask for a renewal before 12 December. "))
                    a href="/galerie" { (t("Demander un renouvellement", "Ask for a renewal")) } }
            }))
            (parts::problem(lang, &problem))
            (parts::alert(lang, html! { p {
                (t("La lecture a échoué. Réessayez dans un instant.",
                    "Reading failed. Try again in a moment.")) } }))
            (parts::callout(html! { p { (t("Vous décidez qui peut lire vos documents.",
                "You decide who may read your documents.")) } }))
        }))
        (parts::section(t("Étiquettes et compteurs", "Tags and counters"), html! {
            (parts::tags(&[
                (t("Brouillon", "Draft"), Tone::Neutral), (t("Nouveau", "New"), Tone::Info),
                (t("À jour", "Up to date"), Tone::Success), (t("À vérifier", "To check"), Tone::Warning),
                (t("Allergie", "Allergy"), Tone::Danger),
            ]))
            p { (t("Messages ", "Messages ")) (parts::badge(3, t("non lus", "unread"))) (parts::badge(0, ""))
                }
        }))
        (parts::columns(vec![
            parts::card(t("Une carte", "A card"), html!
                { p { (t("Un texte encadré avec son titre.", "A framed text with its title.")) } }),
            parts::card(t("Un terme expliqué", "A term explained"), html! { p {
                (t("Votre ", "Your "))
                (parts::definition(lang, "def-hba1c", "HbA1c", t(
                    "moyenne du sucre dans le sang sur trois mois.",
                        "average blood sugar over three months.")))
                (t(" est stable depuis un an.", " has been stable for a year."))
            } }),
        ]))
        (parts::details(t("Pourquoi cette question\u{a0}?", "Why this question?"), html!
            { p { (t("Pour éviter deux vaccins identiques.", "To avoid giving the same vaccine twice.")) } }))
        (parts::empty(Icon::Document, t("Aucun document", "No document"),
            t("Vos comptes rendus apparaîtront ici.", "Your reports will appear here."),
            Some((t("Ajouter un document", "Add a document"), "/galerie"))))
        (parts::copyable(lang, "jeton", t("Premier appel", "First call"),
            "curl -H 'Authorization: Bearer demo' /fhir/Patient?_count=1"))
    }
}

fn lists(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    let edit = t("Modifier", "Change");
    let table = Table::new(t("Tension artérielle, mesures à domicile", "Blood pressure, home measures"))
        .column(t("Jour", "Day"))
        .column(t("Moment", "Time of day"))
        .numeric(t("Systolique (mmHg)", "Systolic (mmHg)"))
        .numeric(t("Diastolique (mmHg)", "Diastolic (mmHg)"))
        .text_row(&[t("lundi", "Monday"), t("matin", "morning"), "128", "76"])
        .text_row(&[t("mardi", "Tuesday"), t("matin", "morning"), "131", "79"])
        .text_row(&[t("mercredi", "Wednesday"), t("soir", "evening"), "124", "74"]);
    html! {
        (parts::section(t("Vérifier ses réponses", "Check your answers"), parts::summary_list(&[
            Row::text(t("Nom de naissance", "Birth name"), "ROUX").action(edit, "/galerie"),
            Row::text(t("Date de naissance", "Date of birth"),
                &crate::dates::day(lang, date(1985, 3, 27))).action(edit, "/galerie"),
            Row::text("INS", &crate::dates::ins("285037800608491")),
        ])))
        (parts::key_value(&[
            (t("Poids", "Weight"), html! { "12,4 kg" }), (t("Taille", "Height"), html! { "84 cm" }),
            (t("Groupe sanguin", "Blood group"), html! { "O+" }),
        ]))
        (table)
        (Pager { lang, first: 21, last: 40, total: Some(57), previous: Some("/galerie?page=1"), next:
            Some("/galerie?page=3") })
    }
}

fn home(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    let tiles = [
        Tile {
            icon: Icon::Document,
            title: t("Documents", "Documents"),
            text: t("Comptes rendus, ordonnances, images", "Reports, prescriptions, images"),
            href: "/galerie",
            count: Some((3, t("nouveaux", "new"))),
        },
        Tile {
            icon: Icon::Calendar,
            title: t("Rendez-vous", "Appointments"),
            text: t("Demain à 9:30, Dr Fontaine", "Tomorrow at 9:30, Dr Fontaine"),
            href: "/galerie",
            count: None,
        },
        Tile {
            icon: Icon::Eye,
            title: t("Qui a consulté", "Who looked"),
            text: t("Chaque accès à votre dossier", "Every access to your record"),
            href: "/galerie",
            count: None,
        },
    ];
    let figures = [
        Figure {
            value: "3",
            label: t("nouveautés", "new items"),
            detail: t("depuis lundi", "since Monday"),
            href: Some("/galerie"),
        },
        Figure { value: "128/76", label: t("tension", "blood pressure"), detail: "mmHg", href: None },
        Figure { value: "94 %", label: t("envois acceptés", "accepted messages"), detail: "", href: None },
    ];
    let views = [
        NavItem { label: t("Synthèse", "Summary"), href: "/galerie", is_current: true },
        NavItem { label: t("Chronologie", "Timeline"), href: "/galerie?vue=chronologie", is_current: false },
    ];
    html! {
        h2 { (t("Accueil", "Home")) }
        (parts::tiles(&tiles))
        (parts::figures(&figures))
        (parts::stepper(lang, &[t("Identité", "Identity"), t("Choix", "Choices"), t("Vérification", "Check")],
            1))
        (parts::tabs(t("Vues du dossier", "Views of the record"), &views))
        (parts::search_bar(lang, "/galerie", "q", t("Chercher dans mes documents", "Search my documents"),
            "radio genou 2022"))
    }
}

fn rows(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    let when = |text: &str| Instant::parse(text).unwrap_or_default();
    let documents = [
        Document {
            icon: Icon::Laboratory,
            title: t("Bilan sanguin", "Blood test"),
            href: "/galerie",
            kind: t("Compte rendu de biologie", "Laboratory report"),
            author: "Labo des Halles",
            date: Some(date(2026, 11, 18)),
            detail: "PDF, 120 Ko",
            tags: &[(t("Nouveau", "New"), Tone::Info)],
        },
        Document {
            icon: Icon::Hidden,
            title: t("Lettre de consultation", "Consultation letter"),
            href: "/galerie",
            kind: t("Courrier", "Letter"),
            author: "Dr Inès Fontaine",
            date: Some(date(2026, 3, 1)),
            detail: "",
            tags: &[(t("Masqué aux professionnels", "Hidden from professionals"), Tone::Warning)],
        },
    ];
    let events = [
        Event {
            when: crate::dates::day(lang, date(2026, 11, 18)),
            title: html! { (t("Analyse reçue", "Test received")) },
            detail: html! { "Labo des Halles" },
            tone: Tone::Success,
        },
        Event {
            when: crate::dates::day(lang, date(2026, 11, 12)),
            title: html! { (t("Passage aux urgences", "Emergency visit")) },
            detail: html! { p { (t("Entorse du genou droit", "Sprained right knee")) } },
            tone: Tone::Warning,
        },
    ];
    let accesses = [
        Access {
            at: when("2026-11-20T13:02:00Z"),
            who: "Dr Inès Fontaine",
            role: t("Médecin généraliste, Cabinet des Halles", "General practitioner, Cabinet des Halles"),
            what: t("a consulté 3 documents", "read 3 documents"),
            why: t("Soins", "Care"),
            is_unusual: false,
            href: Some("/galerie"),
            question_href: None,
        },
        Access {
            at: when("2026-11-19T02:14:00Z"),
            who: "Dr Paul Verne",
            role: t("Urgentiste, Hôpital de la Loire", "Emergency doctor, Hôpital de la Loire"),
            what: t("a ouvert votre dossier en urgence", "opened your record in an emergency"),
            why: t("Patient inconscient", "Unconscious patient"),
            is_unusual: true,
            href: Some("/galerie"),
            question_href: Some("/galerie?question=1"),
        },
    ];
    html! {
        h2 { (t("Lignes d’un dossier", "Rows of a record")) }
        (parts::documents(lang, &documents))
        (parts::timeline(&events))
        (parts::access_log(lang, &accesses))
    }
}

fn forms(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    let errors = Errors::new();
    let form = Form::post(lang, "/galerie", "sample", &errors, t("Enregistrer", "Save"))
        .section(t("Formulaire", "Form"))
        .field(
            form::text("nom", t("Nom de naissance", "Birth name")).value("ROUX").autocomplete("family-name"),
        )
        .field(
            form::date("naissance", t("Date de naissance", "Date of birth"))
                .hint(t("Par exemple 27 3 1985", "For example 27 3 1985"))
                .autocomplete("bday"),
        )
        .field(form::email("courriel", t("Adresse électronique", "E-mail address")).optional())
        .field(form::tel("telephone", t("Téléphone mobile", "Mobile phone")))
        .field(form::number("poids", t("Poids", "Weight")).suffix("kg"))
        .field(form::password("secret", t("Mot de passe", "Password")))
        .field(
            form::one_time_code("code", t("Code à six chiffres", "Six-digit code"))
                .hint(t("Dans votre application de codes", "In your code application")),
        )
        .field(
            form::select(
                "lien",
                t("Lien avec l’enfant", "Relation to the child"),
                [("mere", t("Mère", "Mother")), ("pere", t("Père", "Father"))],
            )
            .value("pere"),
        );
    with_choices(lang, form)
        .field(form::textarea("mot", t("Votre message", "Your message")).rows(3).maxlength(2000))
        .legend_with_hint(
            t("Joindre un document", "Attach a document"),
            t("PDF ou photo, 20 Mo au plus", "PDF or photo, 20 MB at most"),
            vec![
                form::file("fichier", t("Fichier", "File"), ".pdf,image/png,image/jpeg"),
                form::text("titre", t("Titre", "Title")).width(Width::Medium),
            ],
        )
        .hidden("etape", "1")
        .button(t("Enregistrer comme brouillon", "Save as draft"), Style::Secondary, "action", "brouillon")
        .cancel(t("Annuler", "Cancel"), "/galerie")
        .render()
}

/// Radios and checkboxes in their forms.
fn with_choices(lang: Lang, form: Form<'_>) -> Form<'_> {
    let t = |fr, en| lang.pick_static(fr, en);
    form.field(
        form::radios(
            "partage",
            t("Qui peut lire ce document\u{a0}?", "Who may read this document?"),
            [
                Choice::with_hint(
                    "equipe",
                    t("Mon équipe de soins", "My care team"),
                    t("Les professionnels qui vous soignent", "The professionals who care for you"),
                ),
                Choice::new("moi", t("Moi seul", "Only me")),
            ],
        )
        .value("equipe"),
    )
    .field(
        form::radios(
            "fumeur",
            t("Fumez-vous\u{a0}?", "Do you smoke?"),
            [("o", t("Oui", "Yes")), ("n", t("Non", "No"))],
        )
        .inline(),
    )
    .field(
        form::checkboxes(
            "avis",
            t("Être prévenu par", "Be told by"),
            [("sms", "SMS"), ("mail", t("Courriel", "E-mail"))],
        )
        .values(["sms"]),
    )
    .field(form::checkbox("accord", t("J’ai lu les conditions", "I have read the conditions")))
}

fn form_states(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    let errors = Errors::new()
        .with(
            "naissance",
            t(
                "Indiquez une date de naissance passée, par exemple 27 3 1985",
                "Give a past date of birth, for example 27 3 1985",
            ),
        )
        .with("motif", t("Choisissez un motif", "Choose a reason"))
        .with("accord", t("Cochez la case pour continuer", "Tick the box to continue"))
        .with("", t("Le service est fermé jusqu’à 8 heures", "The service is closed until 8 o’clock"));
    let wrong = Form::post(lang, "/galerie", "sample", &errors, t("Ouvrir le dossier", "Open the record"))
        .id_prefix("erreurs")
        .style(Style::Danger)
        .submit_value("action", "ouvrir")
        .field(form::date("naissance", t("Date de naissance", "Date of birth")).date_value("27", "3", "2085"))
        .field(form::radios(
            "motif",
            t("Motif de l’accès", "Reason for access"),
            [("urgence", t("Urgence vitale", "Life-threatening emergency")), ("centre-15", "Centre 15")],
        ))
        .field(form::checkbox("accord", t("J’assume cet accès", "I take responsibility for this access")))
        .markup(parts::notice(
            lang,
            Tone::Warning,
            html! { p { (t("Cet accès sera tracé et expliqué au patient.",
            "This access will be traced and explained to the patient.")) } },
        ));
    html! {
        h2 { (t("Erreurs et actes", "Errors and acts")) }
        (wrong)
        div class="buttons" {
            (form::action_form("/galerie", "sample", t("Marquer comme lu", "Mark as read"), Style::Secondary,
                &[("id", "1")]))
            (form::action_form_about("/galerie", "sample", t("Révoquer", "Revoke"),
                t("l’accès du Dr Verne", "the access of Dr Verne"), Style::Danger, &[]))
            (form::button_link(t("Être aidé", "Get help"), "/aide", Style::Quiet))
        }
    }
}

fn icons(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    html! {
        (parts::section(t("Pictogrammes", "Icons"), html! {
            ul class="tags" { @for icon in Icon::ALL
                { li { span class="document-icon" { (icon.markup()) } span class="unseen"
                    { (format!("{icon:?}")) } } } }
        }))
        (parts::prose(html! { p { (t("Fin de la galerie.", "End of the gallery.")) } }))
    }
}
