//! Whole pages as people would meet them, to judge the components together.

use crate::form::{self, Errors, Form};
use crate::parts::{self, Document, Figure, Row, Table, Tile};
use crate::{Icon, NavItem, PersonBanner, Render, Shell, Space, Tone, User, html, page};
use jiff::civil::date;
use socle_kernel::{Lang, Problem};

/// The public home page.
pub(super) fn public(lang: Lang) -> String {
    let shell = Shell {
        lang,
        title: lang.pick("Votre santé, sur un socle solide", "Your health, on solid ground"),
        is_demo: true,
        path: "/",
        navigation: &[
            NavItem { label: lang.pick("Accueil", "Home"), href: "/", is_current: true },
            NavItem { label: lang.pick("Trouver un soin", "Find care"), href: "/trouver", is_current: false },
            NavItem { label: lang.pick("Professionnels", "Professionals"), href: "/pro", is_current: false },
        ],
        help_phone: Some("01 99 00 12 34"),
        ..Shell::default()
    };
    page(
        &shell,
        html! {
            (parts::hero(lang, lang.pick(
                "Vos documents, vos traitements, vos soignants\u{a0}: au même endroit, sous votre contrôle.",
                "Your documents, your treatments, your carers: in one place, under your control."),
                &[(lang.pick("Ouvrir mon espace", "Open my space"), "/mon-espace"), (lang.pick("Je suis professionnel", "I am a professional"), "/pro")]))
            h2 { (lang.pick("Ce que vous pouvez faire", "What you can do")) }
            (parts::tiles(&[
                Tile { icon: Icon::Document, title: lang.pick("Retrouver vos documents", "Find your documents"), text: lang.pick("Comptes rendus, ordonnances et images, classés pour vous", "Reports, prescriptions and images, sorted for you"), href: "/mon-espace/documents", count: None },
                Tile { icon: Icon::Shield, title: lang.pick("Décider qui les lit", "Decide who reads them"), text: lang.pick("Partager, masquer, reprendre\u{a0}: en trois gestes", "Share, hide, take back: in three gestures"), href: "/mon-espace/partage", count: None },
                Tile { icon: Icon::Eye, title: lang.pick("Savoir qui a regardé", "Know who looked"), text: lang.pick("Chaque accès est écrit, en mots simples", "Every access is written down, in plain words"), href: "/mon-espace/acces", count: None },
            ]))
        },
    )
}

fn citizen_shell(lang: Lang) -> Shell<'static> {
    Shell {
        lang,
        space: Space::Citizen,
        title: lang.pick_static("Bonjour Camille", "Hello Camille"),
        is_demo: true,
        csrf: "sample",
        path: "/mon-espace",
        user: Some(User {
            name: "Camille Roux",
            detail: lang.pick_static("Pour vous-même", "For yourself"),
            sign_out_action: "/deconnexion",
        }),
        help_phone: Some("01 99 00 12 34"),
        ..Shell::default()
    }
}

/// The home of a citizen.
pub(super) fn citizen(lang: Lang) -> String {
    let navigation = [
        NavItem { label: lang.pick("Accueil", "Home"), href: "/mon-espace", is_current: true },
        NavItem {
            label: lang.pick("Documents", "Documents"),
            href: "/mon-espace/documents",
            is_current: false,
        },
        NavItem { label: lang.pick("Partage", "Sharing"), href: "/mon-espace/partage", is_current: false },
        NavItem {
            label: lang.pick("Qui a consulté", "Who looked"),
            href: "/mon-espace/acces",
            is_current: false,
        },
    ];
    let shell = Shell {
        navigation: &navigation,
        lead: Some(lang.pick("Voici ce qui a changé depuis lundi.", "Here is what changed since Monday.")),
        person: Some(PersonBanner {
            name: "Camille Roux",
            birth_date: Some(date(1985, 3, 27)),
            age: Some(lang.pick("41 ans", "41 years")),
            ins: Some("285037800608491"),
            ..PersonBanner::default()
        }),
        ..citizen_shell(lang)
    };
    page(
        &shell,
        html! {
            (parts::figures(&[
                Figure { value: "3", label: lang.pick("nouveautés", "new items"), detail: lang.pick("2 documents, 1 message", "2 documents, 1 message"), href: Some("/mon-espace/documents") },
                Figure { value: "2", label: lang.pick("comptes rendus manquants", "missing reports"), detail: lang.pick("Vous pouvez les demander", "You can ask for them"), href: Some("/mon-espace/manquants") },
                Figure { value: lang.pick("demain", "tomorrow"), label: lang.pick("prochain rendez-vous", "next appointment"), detail: "9:30, Dr Fontaine", href: None },
            ]))
            h2 { (lang.pick("Derniers documents", "Latest documents")) }
            (parts::documents(lang, &[
                Document { icon: Icon::Laboratory, title: lang.pick("Bilan sanguin", "Blood test"), href: "/d/1", kind: lang.pick("Biologie", "Laboratory"), author: "Labo des Halles", date: Some(date(2026, 11, 18)), detail: "PDF, 120 Ko", tags: &[(lang.pick("Nouveau", "New"), Tone::Info)] },
                Document { icon: Icon::Imaging, title: lang.pick("Radiographie du genou droit, face et profil, avec compte rendu détaillé", "X-ray of the right knee, front and side, with detailed report"), href: "/d/2", kind: lang.pick("Imagerie", "Imaging"), author: "Centre d’imagerie de la Loire", date: Some(date(2026, 11, 12)), detail: "", tags: &[(lang.pick("Nouveau", "New"), Tone::Info), (lang.pick("Visible par vous seul", "Visible to you only"), Tone::Warning)] },
                Document { icon: Icon::Prescription, title: lang.pick("Ordonnance", "Prescription"), href: "/d/3", kind: lang.pick("Traitement", "Treatment"), author: "Dr Inès Fontaine", date: Some(date(2026, 9, 1)), detail: "", tags: &[] },
            ]))
            (parts::search_bar(lang, "/mon-espace/documents", "q", lang.pick("Chercher dans mes documents", "Search my documents"), ""))
        },
    )
}

/// A parent in the record of a child.
pub(super) fn represented(lang: Lang) -> String {
    let links = [(lang.pick("Revenir à mon dossier", "Back to my record"), "/mon-espace/moi")];
    let shell = Shell {
        title: lang.pick("Le carnet de Lina", "Lina’s health book"),
        person: Some(PersonBanner {
            name: "Lina Roux",
            birth_date: Some(date(2025, 5, 21)),
            age: Some(lang.pick("18 mois", "18 months")),
            is_represented: true,
            links: &links,
            ..PersonBanner::default()
        }),
        ..citizen_shell(lang)
    };
    page(
        &shell,
        html! {
            (parts::notice_titled(lang, Tone::Info, lang.pick("Prochain vaccin dans 12 jours", "Next vaccine in 12 days"), html! {
                p { (lang.pick("Rougeole, oreillons, rubéole\u{a0}: deuxième dose.", "Measles, mumps, rubella: second dose.")) }
            }))
            (Table::new(lang.pick("Mesures de Lina", "Lina’s measures"))
                .column(lang.pick("Jour", "Day")).numeric(lang.pick("Poids (kg)", "Weight (kg)")).numeric(lang.pick("Taille (cm)", "Height (cm)")).column(lang.pick("Par", "By"))
                .text_row(&[&crate::dates::day(lang, date(2026, 11, 3)), "10,9", "81", "PMI"])
                .text_row(&[&crate::dates::day(lang, date(2026, 8, 1)), "10,1", "78", "Dr Inès Fontaine"]))
        },
    )
}

/// A professional in a patient's record.
pub(super) fn professional(lang: Lang) -> String {
    let navigation = [
        NavItem { label: lang.pick("Patients", "Patients"), href: "/pro/patients", is_current: true },
        NavItem { label: lang.pick("Messages", "Messages"), href: "/pro/messages", is_current: false },
    ];
    let links = [(lang.pick("Fermer le dossier", "Close the record"), "/pro/patients")];
    let crumbs = [(lang.pick("Patients", "Patients"), "/pro/patients")];
    let shell = Shell {
        lang,
        space: Space::Professional,
        title: lang.pick("Synthèse", "Summary"),
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
            age: Some(lang.pick("41 ans", "41 years")),
            sex: Some(lang.pick("Femme", "Female")),
            ins: Some("285037800608491"),
            links: &links,
            ..PersonBanner::default()
        }),
        navigation: &navigation,
        crumbs: &crumbs,
        help_phone: Some("01 99 00 12 34"),
        ..Shell::default()
    };
    page(
        &shell,
        html! {
            (parts::tabs(lang.pick("Parties du dossier", "Parts of the record"), &[
                NavItem { label: lang.pick("Synthèse", "Summary"), href: "/pro/patients/1", is_current: true },
                NavItem { label: lang.pick("Documents", "Documents"), href: "/pro/patients/1/documents", is_current: false },
                NavItem { label: lang.pick("Chronologie", "Timeline"), href: "/pro/patients/1/chronologie", is_current: false },
            ]))
            (parts::columns(vec![
                parts::card(lang.pick("Allergies", "Allergies"), html! {
                    p { (parts::tag(lang.pick("Sévère", "Severe"), Tone::Danger)) " " (lang.pick("Pénicilline, choc en 2014", "Penicillin, shock in 2014")) }
                }),
                parts::card(lang.pick("Problèmes actifs", "Active problems"), parts::summary_list(&[
                    Row::text(lang.pick("Diabète de type 2", "Type 2 diabetes"), lang.pick("depuis 2019", "since 2019")),
                    Row::text(lang.pick("Hypertension", "Hypertension"), lang.pick("depuis 2021", "since 2021")),
                ])),
            ]))
            (Table::new(lang.pick("Traitements en cours", "Current treatments"))
                .column(lang.pick("Médicament", "Medicine")).column(lang.pick("Prise", "Dosage")).column(lang.pick("Prescrit par", "Prescribed by"))
                .text_row(&["Metformine 500 mg", lang.pick("matin et soir", "morning and evening"), "Dr Inès Fontaine"])
                .text_row(&["Ramipril 5 mg", lang.pick("matin", "morning"), "Dr Paul Verne"]))
        },
    )
}

/// A sign-in that failed.
pub(super) fn form_with_errors(lang: Lang) -> String {
    let shell = Shell {
        lang,
        title: lang.pick("Se connecter", "Sign in"),
        is_demo: true,
        has_errors: true,
        path: "/connexion",
        ..Shell::default()
    };
    let errors = Errors::new().with(
        "mot-de-passe",
        lang.pick("Vérifiez l’identifiant et le mot de passe", "Check the user name and the password"),
    );
    let form = Form::post(lang, "/connexion", "sample", &errors, lang.pick("Continuer", "Continue"))
        .field(
            form::text("identifiant", lang.pick("Identifiant", "User name"))
                .value("camille.roux")
                .autocomplete("username"),
        )
        .field(form::password("mot-de-passe", lang.pick("Mot de passe", "Password")))
        .cancel(lang.pick("Mot de passe oublié\u{a0}?", "Forgotten password?"), "/connexion/oubli");
    page(&shell, form.render())
}

/// A page that is not for this reader: the same words whether it exists or not.
pub(super) fn refused(lang: Lang) -> String {
    let problem = Problem::not_found();
    let shell = Shell { title: lang.pick("Page introuvable", "Page not found"), ..citizen_shell(lang) };
    page(
        &shell,
        html! {
            (parts::problem(lang, &problem))
            (form::button_link(lang.pick("Revenir à l’accueil", "Back to the home page"), "/mon-espace", form::Style::Primary))
        },
    )
}
