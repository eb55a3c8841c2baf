//! A line of the log in plain words: who, what, what for. Pure.

use crate::words;
use socle_gate::{Deed, Entry, Outcome};
use socle_kernel::{Instant, Key, Lang, resource_type};
use std::collections::HashMap;

/// Titles and addresses of documents that a page of the log names.
pub type Titles = HashMap<Key, (String, String)>;

/// A line of the log, ready to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Id of the line.
    pub id: String,
    /// When.
    pub at: Instant,
    /// Who.
    pub who: String,
    /// Profession and place.
    pub role: String,
    /// What they did, from the verb on.
    pub what: String,
    /// What for.
    pub why: String,
    /// Documents it was about: title and address.
    pub documents: Vec<(String, String)>,
    /// What tells sittings apart: who, from where, what for, with what result.
    pub thread: String,
    /// What tells acts of a sitting apart: what was done to which kind of thing.
    pub act: (String, String),
    /// How many things beside the documents it was about.
    pub count: usize,
    /// True for an emergency.
    pub is_emergency: bool,
    /// True when it was refused.
    pub is_refused: bool,
    /// True for the reader's own act.
    pub is_own: bool,
}

/// Tells an entry. `account` is the reader's own.
pub fn tell(lang: Lang, id: String, entry: &Entry, titles: &Titles, account: &str) -> Told {
    let is_own = entry.who.kind == "citizen" && entry.who.identifier == account;
    let is_refused = entry.outcome == Outcome::Refused;
    let keys: Vec<Key> = entry.what.iter().filter_map(|entity| entity.key()).collect();
    let documents: Vec<(String, String)> = keys.iter().filter_map(|key| titles.get(key).cloned()).collect();
    let kind = kind_of(entry, &keys);
    let count = keys.len();
    Told {
        id,
        at: entry.at,
        who: who(lang, entry, is_own),
        role: role(lang, entry),
        what: what(lang, entry, &kind, count, &documents, is_own),
        why: why(lang, entry, is_own),
        thread: [
            entry.who.kind.as_str(),
            &entry.who.identifier,
            &entry.who.name,
            &entry.who.place,
            &entry.client,
            &entry.purpose,
            entry.reason.as_deref().unwrap_or(""),
            if is_refused { "refused" } else { "" },
        ]
        .join("\u{1f}"),
        act: (format!("{:?}", verb_of(entry.deed)), kind),
        documents,
        count,
        is_emergency: matches!(entry.purpose.as_str(), "break-glass" | "regulation"),
        is_refused,
        is_own,
    }
}

/// Reading one and reading a list are the same act to the person.
fn verb_of(deed: Deed) -> Deed {
    if deed == Deed::Search { Deed::Read } else { deed }
}

/// The kind of thing an act was about: documents before their contents and their sets.
fn kind_of(entry: &Entry, keys: &[Key]) -> String {
    let document = resource_type::DOCUMENT_REFERENCE;
    if keys.iter().any(|key| key.resource_type == document) {
        return document.name().to_owned();
    }
    let first = keys.first().map(|key| key.resource_type.name());
    match first.unwrap_or(entry.about.as_str()) {
        "Binary" | "List" | "Composition" => document.name().to_owned(),
        other => other.to_owned(),
    }
}

fn who(lang: Lang, entry: &Entry, is_own: bool) -> String {
    if is_own {
        return lang.pick("Vous", "You").to_owned();
    }
    let name = entry.who.name.trim();
    if name.is_empty() {
        lang.pick("Une personne non identifiée", "Somebody not identified").to_owned()
    } else {
        name.to_owned()
    }
}

fn role(lang: Lang, entry: &Entry) -> String {
    use socle_kernel::Capacity;
    let profession = match entry.who.kind.as_str() {
        "professional" => words::profession(lang, &entry.who.profession)
            .unwrap_or(lang.pick("professionnel", "professional")),
        "system" => lang.pick("programme", "program"),
        "citizen" => match entry.who.capacity {
            Some(Capacity::LegalRepresentative) => lang.pick("représentant légal", "legal representative"),
            Some(Capacity::Carer) => lang.pick("aidant", "carer"),
            _ => "",
        },
        _ => "",
    };
    [profession, entry.who.place.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn why(lang: Lang, entry: &Entry, is_own: bool) -> String {
    if is_own || entry.who.kind == "citizen" {
        return String::new();
    }
    let purpose = words::purpose(lang, &entry.purpose);
    match &entry.reason {
        Some(reason) => format!("{purpose}{} « {reason} »", lang.pick("\u{a0}:", ":")),
        None => purpose.to_owned(),
    }
}

/// The sentence from its verb on.
fn what(
    lang: Lang,
    entry: &Entry,
    kind: &str,
    count: usize,
    documents: &[(String, String)],
    is_own: bool,
) -> String {
    let has = if is_own { lang.pick("avez", "") } else { lang.pick("a", "") };
    let say = |fr: &str, en: &str| lang.pick(format!("{has} {fr}").trim(), en).to_owned();
    if entry.outcome == Outcome::Refused {
        return say(
            "tenté d’ouvrir votre dossier : accès refusé",
            "tried to open your record: access refused",
        );
    }
    if entry.outcome == Outcome::Failed {
        return say("tenté une opération qui n’a pas abouti", "tried something that did not succeed");
    }
    let thing = object(lang, kind, count, documents);
    match entry.deed {
        Deed::Search if count == 0 && entry.found.is_some_and(|found| found > 0) => {
            let data = words::data(lang, kind);
            say(&format!("compté {data}, sans les ouvrir"), &format!("counted {data} without opening them"))
        }
        Deed::Read | Deed::Search if count == 0 => {
            let data = words::data(lang, kind);
            say(
                &format!("consulté {data}, sans rien y trouver"),
                &format!("looked at {data} and found nothing"),
            )
        }
        Deed::Read | Deed::Search => say(&format!("consulté {thing}"), &format!("looked at {thing}")),
        Deed::Create if kind == "Consent" && !is_own => say(
            "enregistré votre accord pour ouvrir votre dossier",
            "recorded your agreement to open your record",
        ),
        Deed::Create if kind == "DocumentReference" => {
            say(&format!("déposé {thing}"), &format!("added {thing}"))
        }
        Deed::Create => say(
            &format!("complété {}", words::data(lang, kind)),
            &format!("added to {}", words::data(lang, kind)),
        ),
        Deed::Update => say(&format!("modifié {thing}"), &format!("changed {thing}")),
        Deed::Delete => say(&format!("supprimé {thing}"), &format!("deleted {thing}")),
        Deed::Label => {
            say(&format!("changé la visibilité de {thing}"), &format!("changed the visibility of {thing}"))
        }
        Deed::Identify => say(
            "recherché votre identité, sans ouvrir le dossier",
            "looked for your identity, without opening the record",
        ),
        Deed::SignIn => {
            lang.pick(if is_own { "vous êtes connecté" } else { "s’est connecté" }, "signed in").to_owned()
        }
        Deed::SignOut => lang
            .pick(if is_own { "vous êtes déconnecté" } else { "s’est déconnecté" }, "signed out")
            .to_owned(),
        Deed::SignInRefused => lang.pick("connexion refusée", "sign-in refused").to_owned(),
        Deed::ReadLog => say("consulté le journal des accès", "looked at the access log"),
    }
}

fn object(lang: Lang, kind: &str, count: usize, documents: &[(String, String)]) -> String {
    match (kind, documents) {
        ("DocumentReference", [(title, _)]) => {
            lang.pick(&format!("« {title} »"), &format!("“{title}”")).to_owned()
        }
        ("DocumentReference", []) => lang.pick("un document", "a document").to_owned(),
        ("DocumentReference", several) => {
            format!("{} {}", several.len(), lang.pick("documents", "documents"))
        }
        ("Patient", _) => words::data(lang, kind).to_owned(),
        _ if count > 1 => format!("{} ({count})", words::data(lang, kind)),
        _ => words::data(lang, kind).to_owned(),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use socle_gate::audit::{Actor, Entity};
    use socle_kernel::{HomeId, Seq};

    /// A key of a type, for tests.
    pub fn key(type_name: &str, number: u64) -> Key {
        Key {
            home: HomeId::new(1 << 20).unwrap(),
            resource_type: type_name.parse().unwrap(),
            seq: Seq::new(number).unwrap(),
        }
    }

    /// An entry by a physician, for tests.
    pub fn entry(at_minutes: i64, deed: Deed, what: &[Key]) -> Entry {
        Entry {
            at: Instant(1_790_000_000_000_000 + at_minutes * 60_000_000),
            deed,
            outcome: Outcome::Done,
            who: Actor {
                kind: "professional".into(),
                name: "Dr Anne MARTIN".into(),
                identifier: "10100000001".into(),
                profession: "10".into(),
                place: "Cabinet des Halles".into(),
                key: String::new(),
                capacity: None,
            },
            client: "socle".into(),
            purpose: "care".into(),
            reason: None,
            basis: "team".into(),
            what: what.iter().map(|key| Entity::new(*key, 1)).collect(),
            about: what.first().map_or("DocumentReference", |key| key.resource_type.name()).into(),
            query: String::new(),
            operation: String::new(),
            found: None,
            request: "r".into(),
        }
    }

    fn titles() -> Titles {
        let link = |title: &str, id: &str| (title.to_owned(), format!("/mon-espace/documents/{id}"));
        HashMap::from([
            (key("DocumentReference", 1), link("CR de biologie", "d1")),
            (key("DocumentReference", 2), link("Radio du genou", "d2")),
        ])
    }

    fn told(lang: Lang, entry: &Entry) -> Told {
        tell(lang, "line".into(), entry, &titles(), "claire")
    }

    #[test]
    fn tells_a_reading_as_a_sentence() {
        let line = told(Lang::Fr, &entry(0, Deed::Read, &[key("DocumentReference", 1)]));
        assert_eq!(
            format!("{}, {}, {} — {}", line.who, line.role, line.what, line.why),
            "Dr Anne MARTIN, médecin, Cabinet des Halles, a consulté « CR de biologie » — dans le cadre de vos soins"
        );
        let line = told(Lang::En, &entry(0, Deed::Read, &[key("DocumentReference", 1)]));
        assert_eq!(line.what, "looked at “CR de biologie”");
        assert_eq!(line.documents, [("CR de biologie".to_owned(), "/mon-espace/documents/d1".to_owned())]);
    }

    #[test]
    fn counts_documents_and_names_other_data() {
        let both = [key("DocumentReference", 1), key("DocumentReference", 2)];
        assert_eq!(told(Lang::Fr, &entry(0, Deed::Search, &both)).what, "a consulté 2 documents");
        let allergies = [key("AllergyIntolerance", 1), key("AllergyIntolerance", 2)];
        assert_eq!(told(Lang::Fr, &entry(0, Deed::Search, &allergies)).what, "a consulté vos allergies (2)");
        let created = [key("Binary", 3), key("DocumentReference", 1)];
        assert_eq!(told(Lang::Fr, &entry(0, Deed::Create, &created)).what, "a déposé « CR de biologie »");
        let unknown = [key("Binary", 3)];
        assert_eq!(told(Lang::Fr, &entry(0, Deed::Read, &unknown)).what, "a consulté un document");
    }

    #[test]
    fn sets_emergencies_and_refusals_apart() {
        let mut emergency = entry(0, Deed::Read, &[key("DocumentReference", 1)]);
        emergency.purpose = "break-glass".into();
        emergency.reason = Some("patient inconscient".into());
        let line = told(Lang::Fr, &emergency);
        assert!(line.is_emergency);
        assert_eq!(line.why, "en urgence (bris de glace)\u{a0}: « patient inconscient »");
        let mut refused = entry(0, Deed::Read, &[]);
        refused.outcome = Outcome::Refused;
        let line = told(Lang::Fr, &refused);
        assert!(line.is_refused);
        assert_eq!(line.what, "a tenté d’ouvrir votre dossier : accès refusé");
    }

    #[test]
    fn knows_the_readers_own_acts() {
        let mut own = entry(0, Deed::Label, &[key("DocumentReference", 1)]);
        (own.who.kind, own.who.identifier) = ("citizen".into(), "claire".into());
        let line = told(Lang::Fr, &own);
        assert!(line.is_own && line.why.is_empty());
        assert_eq!(
            format!("{} {}", line.who, line.what),
            "Vous avez changé la visibilité de « CR de biologie »"
        );
        own.who.identifier = "paul".into();
        assert!(!told(Lang::Fr, &own).is_own);
    }
}
