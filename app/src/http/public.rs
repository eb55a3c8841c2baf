//! Pages open to everyone that belong to no room: home, help, accessibility, personal data, source code.

use futures_util::future::BoxFuture;
use socle_gate::Session;
use socle_kernel::{Lang, Problem, Subject};
use socle_pipeline::{Page, PageAnswer, PageCall, View, Who};
use socle_ui::{Icon, Markup, Space, html};

/// The pages.
pub fn pages() -> Vec<Page> {
    vec![
        Page::get("/", Who::Anyone, |call, session| Box::pin(home(call, session))),
        Page::get("/aide", Who::Anyone, |call, _| text(call, help)),
        Page::get("/accessibilite", Who::Anyone, |call, _| text(call, accessibility)),
        Page::get("/donnees-personnelles", Who::Anyone, |call, _| text(call, personal_data)),
        Page::get("/code-source", Who::Anyone, |call, _| text(call, source)),
    ]
}

/// A page made of words only.
struct Text {
    title: &'static str,
    lead: &'static str,
    body: Markup,
}

fn text(call: &PageCall, make: fn(Lang, &PageCall) -> Text) -> BoxFuture<'_, Result<PageAnswer, Problem>> {
    let text = make(call.lang, call);
    let view = View { space: Space::Public, title: text.title, lead: Some(text.lead), ..View::default() };
    let answer = call.page(&view, text.body);
    Box::pin(async move { Ok(answer) })
}

async fn home(call: &PageCall, _session: &Session) -> Result<PageAnswer, Problem> {
    let lang = call.lang;
    let view = View {
        space: Space::Public,
        title: lang.pick("Votre santé, au même endroit", "Your health, in one place"),
        lead: Some(lang.pick(
            "Vos documents, ceux qui vous soignent, et vous qui décidez qui voit quoi.",
            "Your documents, the people who care for you, and you deciding who sees what.",
        )),
        ..View::default()
    };
    Ok(call
        .page(&view, home_body(lang, &call.identified.principal.subject, call.pipeline.settings().is_demo)))
}

/// The body of the home page.
fn home_body(lang: Lang, subject: &Subject, is_demo: bool) -> Markup {
    use socle_ui::parts::{Tile, section, tiles};
    let citizen = Tile {
        icon: Icon::Heart,
        title: lang.pick("Mon espace", "My space"),
        text: lang.pick(
            "Lire mes documents, cacher ce que je veux, voir qui a ouvert mon dossier.",
            "Read my documents, hide what I want, see who opened my record.",
        ),
        href: if matches!(subject, Subject::Citizen(_)) {
            "/mon-espace"
        } else {
            "/connexion?profil=citoyen"
        },
        count: None,
    };
    let professional = Tile {
        icon: Icon::Hospital,
        title: lang.pick("Espace professionnel", "Professional space"),
        text: lang.pick(
            "Retrouver un patient, lire son dossier en un coup d'œil, y déposer un document.",
            "Find a patient, read the record at a glance, add a document to it.",
        ),
        href: if matches!(subject, Subject::Professional(_)) {
            "/pro"
        } else {
            "/connexion?profil=professionnel"
        },
        count: None,
    };
    html! {
        (tiles(&[citizen, professional]))
        (section(lang.pick("Ce que vous pouvez attendre", "What you can expect"), html! {
            ul {
                li { (lang.pick("Chaque accès à votre dossier est inscrit, et vous pouvez le lire en clair.", "Every access to your record is written down, and you can read it in plain words.")) }
                li { (lang.pick("Un document caché disparaît partout : listes, recherches, compteurs.", "A hidden document disappears everywhere: lists, searches, counts.")) }
                li { (lang.pick("Tout fonctionne au clavier, sans script, sur un petit écran.", "Everything works by keyboard, without scripts, on a small screen.")) }
            }
        }))
        @if is_demo {
            (section(lang.pick("Ceci est une démonstration", "This is a demonstration"), html! {
                p { (lang.pick("Les personnes, les professionnels et les documents sont inventés. Choisissez quelqu'un et entrez : ", "People, professionals and documents are invented. Choose someone and come in: ")) a href="/connexion" { (lang.pick("voir les personnes", "see the people")) } "." }
                p { (lang.pick("Pour une application : l'API FHIR R4 est à l'adresse ", "For an application: the FHIR R4 API is at ")) code { "/fhir" } (lang.pick(", sa description à ", ", its description at ")) a href="/fhir/metadata" { "/fhir/metadata" } (lang.pick(", une page pour l'essayer à ", ", a page to try it at ")) a href="/bac-a-sable/api" { "/bac-a-sable/api" } "." }
            }))
        }
    }
}

fn help(lang: Lang, call: &PageCall) -> Text {
    let is_demo = call.pipeline.settings().is_demo;
    Text {
        title: lang.pick_static("Aide", "Help"),
        lead: lang
            .pick_static("Les réponses aux questions de tous les jours.", "Answers to everyday questions."),
        body: html! {
            h2 { (lang.pick("Se connecter", "Signing in")) }
            p { (lang.pick("Il faut un identifiant, un mot de passe et le code à six chiffres de votre application de codes. Après plusieurs essais faux, le compte se ferme quinze minutes.", "You need a login, a password and the six-digit code of your code application. After several wrong attempts the account is locked for fifteen minutes.")) }
            h2 { (lang.pick("Je ne trouve pas un document", "I cannot find a document")) }
            p { (lang.pick("Cherchez un mot de son titre dans Documents. S'il n'y est pas, demandez au service qui l'a rédigé de le déposer.", "Search a word of its title in Documents. If it is not there, ask the service that wrote it to add it.")) }
            h2 { (lang.pick("Je ne reconnais pas un accès", "I do not recognise an access")) }
            p { (lang.pick("Ouvrez « Qui a vu mon dossier » : chaque ligne dit qui, quand, où et pourquoi. Vous pouvez bloquer un professionnel dans Partage.", "Open “Who saw my record”: each line says who, when, where and why. You can block a professional in Sharing.")) }
            @if is_demo {
                p { strong { (lang.pick("DÉMO : les mots de passe et les codes sont affichés par la commande ", "DEMO: passwords and codes are printed by the command ")) code { "socle accounts" } "." } }
            }
        },
    }
}

fn accessibility(lang: Lang, _: &PageCall) -> Text {
    Text {
        title: lang.pick_static("Accessibilité", "Accessibility"),
        lead: lang.pick_static(
            "Ce qui est vérifié, et ce qui ne l'est pas encore.",
            "What is checked, and what is not yet.",
        ),
        body: html! {
            p { (lang.pick("Cible : RGAA 4.1 et WCAG 2.2 niveau AA. Aucun audit par un tiers n'a eu lieu : cette plateforme ne déclare donc pas de taux de conformité.", "Target: RGAA 4.1 and WCAG 2.2 level AA. No third-party audit took place, so this platform declares no conformity rate.")) }
            h2 { (lang.pick("Vérifié à chaque version", "Checked with every version")) }
            ul {
                li { (lang.pick("Structure des pages : titre unique, niveaux de titres, repères, langue, lien d'évitement.", "Structure of pages: one title, heading levels, landmarks, language, skip link.")) }
                li { (lang.pick("Formulaires : étiquettes, aides, erreurs reliées à leur champ.", "Forms: labels, hints, errors linked to their field.")) }
                li { (lang.pick("Tableaux : légende et en-têtes. Contrastes calculés depuis les couleurs du thème.", "Tables: caption and headers. Contrasts computed from the theme's colours.")) }
                li { (lang.pick("Parcours complets sans script, et à 320 pixels de large.", "Whole journeys without scripts, and at 320 pixels wide.")) }
            }
            h2 { (lang.pick("Pas encore vérifié", "Not checked yet")) }
            p { (lang.pick("Les essais avec des lecteurs d'écran (NVDA, VoiceOver) par des personnes concernées. Le contenu des PDF déposés dépend de leur auteur.", "Trials with screen readers (NVDA, VoiceOver) by the people concerned. The content of PDFs depends on their author.")) }
        },
    }
}

fn personal_data(lang: Lang, call: &PageCall) -> Text {
    let is_demo = call.pipeline.settings().is_demo;
    Text {
        title: lang.pick_static("Données personnelles", "Personal data"),
        lead: lang.pick_static(
            "Ce qui est gardé, pour quoi, et qui le voit.",
            "What is kept, what for, and who sees it.",
        ),
        body: html! {
            ul {
                li { (lang.pick("Vos documents et vos informations de santé, chiffrés avec une clé propre à votre dossier.", "Your documents and health information, encrypted with a key of your record.")) }
                li { (lang.pick("Le journal de tous les accès, y compris la lecture, que personne ne peut modifier sans que cela se voie.", "The log of every access, reading included, which nobody can change unnoticed.")) }
                li { (lang.pick("Deux cookies nécessaires : votre session et votre langue. Aucune mesure d'audience, aucun contenu venu d'ailleurs.", "Two necessary cookies: your session and your language. No audience measurement, no content from elsewhere.")) }
            }
            @if is_demo { p { (lang.pick("DÉMO : aucune donnée de cette installation ne concerne une personne réelle. N'en saisissez pas.", "DEMO: no data of this installation is about a real person. Do not enter any.")) } }
        },
    }
}

fn source(lang: Lang, call: &PageCall) -> Text {
    let version = call.pipeline.settings().version;
    Text {
        title: lang.pick_static("Code source", "Source code"),
        lead: lang.pick_static(
            "Socle est un logiciel libre sous licence Apache 2.0.",
            "Socle is free software under the Apache 2.0 licence.",
        ),
        body: html! {
            p { (lang.pick("Version installée : ", "Installed version: ")) code { (version) } }
            p { (lang.pick("Le code, ses décisions et ses données de référence accompagnent le programme ; le fichier NOTICE liste leurs licences.", "The code, its decisions and its reference data come with the program; the NOTICE file lists their licences.")) }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_page_leads_a_visitor_to_sign_in() {
        for lang in [Lang::Fr, Lang::En] {
            let body = home_body(lang, &Subject::Anonymous, true).into_string();
            assert!(body.contains("/connexion?profil=citoyen"));
            assert!(body.contains("/connexion?profil=professionnel"));
        }
    }
}
