//! Whole pages as people would meet them, to judge the components together.

use crate::form::{self, Errors, Form};
use crate::parts::{self, Document, Figure, Row, Table, Tile};
use crate::{Icon, Markup, NavItem, PersonBanner, Render, Shell, Space, Tone, User, html, page};
use jiff::civil::date;
use socle_kernel::{Lang, Problem};

/// The public home page.
pub(super) fn public(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let shell = Shell {
        lang,
        title: t("Votre santé, sur un socle solide", "Your health, on solid ground"),
        is_demo: true,
        path: "/",
        navigation: &[
            NavItem { label: t("Accueil", "Home"), href: "/", is_current: true },
            NavItem { label: t("Trouver un soin", "Find care"), href: "/trouver", is_current: false },
            NavItem { label: t("Professionnels", "Professionals"), href: "/pro", is_current: false },
        ],
        help_phone: Some("01 99 00 12 34"),
        ..Shell::default()
    };
    let tiles = [
        Tile {
            icon: Icon::Document,
            title: t("Retrouver vos documents", "Find your documents"),
            text: t(
                "Comptes rendus, ordonnances et images, classés pour vous",
                "Reports, prescriptions and images, sorted for you",
            ),
            href: "/mon-espace/documents",
            count: None,
        },
        Tile {
            icon: Icon::Shield,
            title: t("Décider qui les lit", "Decide who reads them"),
            text: t(
                "Partager, masquer, reprendre\u{a0}: en trois gestes",
                "Share, hide, take back: in three gestures",
            ),
            href: "/mon-espace/partage",
            count: None,
        },
        Tile {
            icon: Icon::Eye,
            title: t("Savoir qui a regardé", "Know who looked"),
            text: t(
                "Chaque accès est écrit, en mots simples",
                "Every access is written down, in plain words",
            ),
            href: "/mon-espace/acces",
            count: None,
        },
    ];
    let body = html! {
            (parts::hero(lang, t(
                "Vos documents, vos traitements, vos soignants\u{a0}: au même endroit, sous votre contrôle.",
                "Your documents, your treatments, your carers: in one place, under your control."),
                &[(t("Ouvrir mon espace", "Open my space"), "/mon-espace"),
                    (t("Je suis professionnel", "I am a professional"), "/pro")]))
            h2 { (t("Ce que vous pouvez faire", "What you can do")) }
            (parts::tiles(&tiles))
    };
    page(&shell, body)
}

fn citizen_shell(lang: Lang) -> Shell<'static> {
    let t = |fr, en| lang.pick_static(fr, en);
    Shell {
        lang,
        space: Space::Citizen,
        title: t("Bonjour Camille", "Hello Camille"),
        is_demo: true,
        csrf: "sample",
        path: "/mon-espace",
        user: Some(User {
            name: "Camille Roux",
            detail: t("Pour vous-même", "For yourself"),
            sign_out_action: "/deconnexion",
        }),
        help_phone: Some("01 99 00 12 34"),
        ..Shell::default()
    }
}

/// The home of a citizen.
pub(super) fn citizen(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let navigation = [
        NavItem { label: t("Accueil", "Home"), href: "/mon-espace", is_current: true },
        NavItem { label: t("Documents", "Documents"), href: "/mon-espace/documents", is_current: false },
        NavItem { label: t("Partage", "Sharing"), href: "/mon-espace/partage", is_current: false },
        NavItem { label: t("Qui a consulté", "Who looked"), href: "/mon-espace/acces", is_current: false },
    ];
    let shell = Shell {
        navigation: &navigation,
        lead: Some(t("Voici ce qui a changé depuis lundi.", "Here is what changed since Monday.")),
        person: Some(PersonBanner {
            name: "Camille Roux",
            birth_date: Some(date(1985, 3, 27)),
            age: Some(t("41 ans", "41 years")),
            ins: Some("285037800608491"),
            ..PersonBanner::default()
        }),
        ..citizen_shell(lang)
    };
    let figures = [
        Figure {
            value: "3",
            label: t("nouveautés", "new items"),
            detail: t("2 documents, 1 message", "2 documents, 1 message"),
            href: Some("/mon-espace/documents"),
        },
        Figure {
            value: "2",
            label: t("comptes rendus manquants", "missing reports"),
            detail: t("Vous pouvez les demander", "You can ask for them"),
            href: Some("/mon-espace/manquants"),
        },
        Figure {
            value: t("demain", "tomorrow"),
            label: t("prochain rendez-vous", "next appointment"),
            detail: "9:30, Dr Fontaine",
            href: None,
        },
    ];
    let body = html! {
            (parts::figures(&figures))
            h2 { (t("Derniers documents", "Latest documents")) }
            (latest_documents(lang))
            (parts::search_bar(lang, "/mon-espace/documents", "q",
                t("Chercher dans mes documents", "Search my documents"), ""))
    };
    page(&shell, body)
}

fn latest_documents(lang: Lang) -> Markup {
    let t = |fr, en| lang.pick_static(fr, en);
    let documents = [
        Document {
            icon: Icon::Laboratory,
            title: t("Bilan sanguin", "Blood test"),
            href: "/d/1",
            kind: t("Biologie", "Laboratory"),
            author: "Labo des Halles",
            date: Some(date(2026, 11, 18)),
            detail: "PDF, 120 Ko",
            tags: &[(t("Nouveau", "New"), Tone::Info)],
        },
        Document {
            icon: Icon::Imaging,
            title: t(
                "Radiographie du genou droit, face et profil, avec compte rendu détaillé",
                "X-ray of the right knee, front and side, with detailed report",
            ),
            href: "/d/2",
            kind: t("Imagerie", "Imaging"),
            author: "Centre d’imagerie de la Loire",
            date: Some(date(2026, 11, 12)),
            detail: "",
            tags: &[
                (t("Nouveau", "New"), Tone::Info),
                (t("Visible par vous seul", "Visible to you only"), Tone::Warning),
            ],
        },
        Document {
            icon: Icon::Prescription,
            title: t("Ordonnance", "Prescription"),
            href: "/d/3",
            kind: t("Traitement", "Treatment"),
            author: "Dr Inès Fontaine",
            date: Some(date(2026, 9, 1)),
            detail: "",
            tags: &[],
        },
    ];
    parts::documents(lang, &documents)
}

/// A parent in the record of a child.
pub(super) fn represented(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let links = [(t("Revenir à mon dossier", "Back to my record"), "/mon-espace/moi")];
    let shell = Shell {
        title: t("Le carnet de Lina", "Lina’s health book"),
        person: Some(PersonBanner {
            name: "Lina Roux",
            birth_date: Some(date(2025, 5, 21)),
            age: Some(t("18 mois", "18 months")),
            is_represented: true,
            links: &links,
            ..PersonBanner::default()
        }),
        ..citizen_shell(lang)
    };
    let body = html! {
            (parts::notice_titled(lang, Tone::Info,
                t("Prochain vaccin dans 12 jours", "Next vaccine in 12 days"), html! {
                p { (t("Rougeole, oreillons, rubéole\u{a0}: deuxième dose.",
                    "Measles, mumps, rubella: second dose.")) }
            }))
            (Table::new(t("Mesures de Lina", "Lina’s measures"))
                .column(t("Jour", "Day")).numeric(t("Poids (kg)", "Weight (kg)")).numeric(t("Taille (cm)",
                    "Height (cm)")).column(t("Par", "By"))
                .text_row(&[&crate::dates::day(lang, date(2026, 11, 3)), "10,9", "81", "PMI"])
                .text_row(&[&crate::dates::day(lang, date(2026, 8, 1)), "10,1", "78", "Dr Inès Fontaine"]))
    };
    page(&shell, body)
}

/// A professional in a patient's record.
pub(super) fn professional(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let navigation = [
        NavItem { label: t("Patients", "Patients"), href: "/pro/patients", is_current: true },
        NavItem { label: t("Messages", "Messages"), href: "/pro/messages", is_current: false },
    ];
    let links = [(t("Fermer le dossier", "Close the record"), "/pro/patients")];
    let crumbs = [(t("Patients", "Patients"), "/pro/patients")];
    let shell = Shell {
        lang,
        space: Space::Professional,
        title: t("Synthèse", "Summary"),
        is_demo: true,
        csrf: "sample",
        path: "/pro/patients/1",
        user: Some(User {
            name: "Dr Inès Fontaine",
            detail: lang
                .pick("Médecin généraliste, Cabinet des Halles", "General practitioner, Cabinet des Halles"),
            sign_out_action: "/deconnexion",
        }),
        person: Some(PersonBanner {
            name: "ROUX Camille",
            birth_date: Some(date(1985, 3, 27)),
            age: Some(t("41 ans", "41 years")),
            sex: Some(t("Femme", "Female")),
            ins: Some("285037800608491"),
            links: &links,
            ..PersonBanner::default()
        }),
        navigation: &navigation,
        crumbs: &crumbs,
        help_phone: Some("01 99 00 12 34"),
        ..Shell::default()
    };
    let views = [
        NavItem { label: t("Synthèse", "Summary"), href: "/pro/patients/1", is_current: true },
        NavItem { label: t("Documents", "Documents"), href: "/pro/patients/1/documents", is_current: false },
        NavItem {
            label: t("Chronologie", "Timeline"),
            href: "/pro/patients/1/chronologie",
            is_current: false,
        },
    ];
    let body = html! {
            (parts::tabs(t("Parties du dossier", "Parts of the record"), &views))
            (parts::columns(vec![
                parts::card(t("Allergies", "Allergies"), html! {
                    p { (parts::tag(t("Sévère", "Severe"), Tone::Danger)) " "
                        (t("Pénicilline, choc en 2014", "Penicillin, shock in 2014")) }
                }),
                parts::card(t("Problèmes actifs", "Active problems"), parts::summary_list(&[
                    Row::text(t("Diabète de type 2", "Type 2 diabetes"), t("depuis 2019", "since 2019")),
                    Row::text(t("Hypertension", "Hypertension"), t("depuis 2021", "since 2021")),
                ])),
            ]))
            (Table::new(t("Traitements en cours", "Current treatments"))
                .column(t("Médicament", "Medicine")).column(t("Prise", "Dosage")).column(t("Prescrit par",
                    "Prescribed by"))
                .text_row(&["Metformine 500 mg", t("matin et soir", "morning and evening"),
                    "Dr Inès Fontaine"])
                .text_row(&["Ramipril 5 mg", t("matin", "morning"), "Dr Paul Verne"]))
    };
    page(&shell, body)
}

/// A sign-in that failed.
pub(super) fn form_with_errors(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let shell = Shell {
        lang,
        title: t("Se connecter", "Sign in"),
        is_demo: true,
        has_errors: true,
        path: "/connexion",
        ..Shell::default()
    };
    let errors = Errors::new().with(
        "mot-de-passe",
        t("Vérifiez l’identifiant et le mot de passe", "Check the user name and the password"),
    );
    let form = Form::post(lang, "/connexion", "sample", &errors, t("Continuer", "Continue"))
        .field(
            form::text("identifiant", t("Identifiant", "User name"))
                .value("camille.roux")
                .autocomplete("username"),
        )
        .field(form::password("mot-de-passe", t("Mot de passe", "Password")))
        .cancel(t("Mot de passe oublié\u{a0}?", "Forgotten password?"), "/connexion/oubli");
    page(&shell, form.render())
}

/// A page that is not for this reader: the same words whether it exists or not.
pub(super) fn refused(lang: Lang) -> String {
    let t = |fr, en| lang.pick_static(fr, en);
    let problem = Problem::not_found();
    let shell = Shell { title: t("Page introuvable", "Page not found"), ..citizen_shell(lang) };
    let body = html! {
            (parts::problem(lang, &problem))
            (form::button_link(t("Revenir à l’accueil", "Back to the home page"), "/mon-espace",
                form::Style::Primary))
    };
    page(&shell, body)
}
