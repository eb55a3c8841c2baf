//! The frame around a room's page: who is signed in, whose record is open, where one is.

use crate::page::{PageAnswer, PageCall};
use serde_json::Value;
use socle_kernel::{Capacity, Lang, Subject};
use socle_ui::{Date, Markup, NavItem, Notice, PersonBanner, Shell, Space, User};

/// What a room says about its page; the rest of the frame follows from the call.
#[derive(Clone, Debug, Default)]
pub struct View<'a> {
    /// Part of the platform.
    pub space: Space,
    /// Text of the `h1`.
    pub title: &'a str,
    /// One sentence under it.
    pub lead: Option<&'a str>,
    /// The way here: label and address.
    pub crumbs: &'a [(&'a str, &'a str)],
    /// Whose record is open.
    pub person: Option<&'a PersonShown>,
    /// Links beside the person's name.
    pub person_links: &'a [(&'a str, &'a str)],
    /// What just happened.
    pub notice: Option<Notice<'a>>,
    /// True when a form of the page shows errors.
    pub has_errors: bool,
}

/// The traits of a person, as a banner shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonShown {
    /// Given and family name.
    pub name: String,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// FHIR gender code.
    pub gender: String,
    /// Matricule INS, when the person has one.
    pub ins: Option<String>,
    /// True when the caller acts for them.
    pub is_represented: bool,
}

impl PersonShown {
    /// The traits of a `Patient`.
    pub fn of(patient: &Value) -> Self {
        let names: Vec<&Value> = patient["name"].as_array().into_iter().flatten().collect();
        let name = |kind: &str| names.iter().find(|name| name["use"] == kind).copied();
        let official = name("official").or_else(|| names.first().copied()).unwrap_or(&Value::Null);
        let usual = name("usual").unwrap_or(official);
        let given = usual["given"][0].as_str().or_else(|| official["given"][0].as_str()).unwrap_or("");
        let family = usual["family"].as_str().or_else(|| official["family"].as_str()).unwrap_or("");
        let birth = official["family"].as_str().unwrap_or(family);
        let born = if birth == family || birth.is_empty() { String::new() } else { format!(" ({birth})") };
        let identifiers = patient["identifier"].as_array().into_iter().flatten();
        let ins = identifiers
            .filter(|identifier| identifier["use"] != "old")
            .find(|identifier| {
                let system = identifier["system"].as_str().unwrap_or("");
                // INS-NIR, INS-NIA, and their test and demonstration authorities (ANS, référentiel INS).
                ["8", "9", "10", "11"].iter().any(|arc| system == format!("urn:oid:1.2.250.1.213.1.4.{arc}"))
            })
            .and_then(|identifier| identifier["value"].as_str());
        PersonShown {
            name: format!("{given} {family}{born}").trim().to_owned(),
            birth_date: patient["birthDate"].as_str().and_then(|text| text.parse().ok()),
            gender: patient["gender"].as_str().unwrap_or("unknown").to_owned(),
            ins: ins.map(str::to_owned),
            is_represented: false,
        }
    }

    /// Sex in words.
    pub fn sex(&self, lang: Lang) -> Option<&'static str> {
        match self.gender.as_str() {
            "female" => Some(lang.pick_static("femme", "female")),
            "male" => Some(lang.pick_static("homme", "male")),
            _ => None,
        }
    }
}

impl PageCall {
    /// A whole page around a body.
    pub fn page(&self, view: &View<'_>, body: Markup) -> PageAnswer {
        let lang = self.lang;
        let subject = &self.identified.principal.subject;
        let detail = detail(subject, lang);
        let user = (!matches!(subject, Subject::Anonymous)).then(|| User {
            name: self.identified.principal.display_name(),
            detail: &detail,
            sign_out_action: "/deconnexion",
        });
        let navigation: Vec<NavItem<'_>> = navigation(view.space, subject, lang)
            .into_iter()
            .map(|(label, href)| NavItem { label, href, is_current: is_within(&self.path, href) })
            .collect();
        let today = socle_ui::dates::date_of(self.now);
        let person = view.person;
        let age =
            person.and_then(|person| person.birth_date).map(|birth| socle_ui::dates::age(lang, birth, today));
        let banner = person.map(|person| PersonBanner {
            name: &person.name,
            birth_date: person.birth_date,
            age: age.as_deref(),
            sex: person.sex(lang),
            ins: person.ins.as_deref(),
            is_represented: person.is_represented,
            links: view.person_links,
        });
        let address = self.address();
        let shell = Shell {
            lang,
            space: view.space,
            title: view.title,
            lead: view.lead,
            is_demo: self.pipeline.settings().is_demo,
            user,
            person: banner,
            navigation: &navigation,
            crumbs: view.crumbs,
            csrf: &self.identified.csrf,
            path: &address,
            notice: view.notice,
            has_errors: view.has_errors,
            ..Shell::default()
        };
        let status = if view.has_errors { 422 } else { 200 };
        PageAnswer::html(socle_ui::page(&shell, body)).with_status(status)
    }

    /// The current address with its query, without the language.
    pub fn address(&self) -> String {
        let query: Vec<String> = self
            .query
            .iter()
            .filter(|(name, _)| name != "lang")
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }
}

/// What a query value must not hold as it is: everything but RFC 3986 unreserved characters and `/`.
const QUERY_VALUE: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Percent-encodes a value for a query.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, QUERY_VALUE).to_string()
}

fn is_within(path: &str, href: &str) -> bool {
    let is_space_home = matches!(href, "/mon-espace" | "/pro" | "/");
    path == href || !is_space_home && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
}

fn detail(subject: &Subject, lang: Lang) -> String {
    match subject {
        Subject::Professional(professional) => professional.situation.name.clone(),
        Subject::Citizen(citizen) => match citizen.capacity {
            Capacity::Own => lang.pick("Mon dossier", "My record").to_owned(),
            Capacity::LegalRepresentative => {
                lang.pick("Représentant légal", "Legal representative").to_owned()
            }
            Capacity::Carer => lang.pick("Aidant", "Carer").to_owned(),
        },
        Subject::System(_) => lang.pick("Application", "Application").to_owned(),
        Subject::Anonymous => String::new(),
    }
}

/// The main navigation of a space: the same on every page of it.
fn navigation(space: Space, subject: &Subject, lang: Lang) -> Vec<(&'static str, &'static str)> {
    let pick = |fr, en| lang.pick_static(fr, en);
    match (space, subject) {
        (_, Subject::Citizen(_)) => vec![
            (pick("Accueil", "Home"), "/mon-espace"),
            (pick("Documents", "Documents"), "/mon-espace/documents"),
            (pick("Qui a vu mon dossier", "Who saw my record"), "/mon-espace/acces"),
            (pick("Partage", "Sharing"), "/mon-espace/partage"),
            (pick("Profil", "Profile"), "/mon-espace/profil"),
        ],
        (_, Subject::Professional(_)) => vec![
            (pick("Accueil", "Home"), "/pro"),
            (pick("Patients", "Patients"), "/pro/patients"),
            (pick("Situation d'exercice", "Work situation"), "/connexion/situation"),
        ],
        _ => vec![(pick("Accueil", "Home"), "/"), (pick("Se connecter", "Sign in"), "/connexion")],
    }
}
