//! Samples of every page: empty, usual, long, refused; each drawn in both languages and checked.

use super::{access, access_line, block, sharing, visibility};
use crate::group::group;
use crate::sentence::tests::{entry, key};
use crate::sentence::{Titles, Told, tell};
use socle_gate::{Deed, Entry, Outcome};
use socle_kernel::Lang;
use socle_ui::{Markup, PersonBanner, Shell, Space, lint};
use std::collections::HashMap;

const LANGS: [Lang; 2] = [Lang::Fr, Lang::En];

fn check(name: &str, lang: Lang, body: Markup) -> String {
    let person = PersonBanner { name: "Claire ROUX", ..PersonBanner::default() };
    let shell = Shell {
        lang,
        space: Space::Citizen,
        title: "Un titre",
        person: Some(person),
        csrf: "jeton",
        path: "/",
        ..Shell::default()
    };
    let html = socle_ui::page(&shell, body);
    assert_eq!(lint::check(&html), Vec::<String>::new(), "{name} in {}", lang.tag());
    html
}

fn emergency() -> Entry {
    let mut line = entry(30, Deed::Read, &[key("DocumentReference", 1)]);
    line.purpose = "break-glass".into();
    line.reason = Some("patient <inconscient>".into());
    line
}

fn refusal() -> Entry {
    let mut line = entry(20, Deed::Read, &[]);
    (line.outcome, line.basis) = (Outcome::Refused, "blocked".into());
    line
}

fn lines(lang: Lang, count: i64) -> Vec<Told> {
    let titles: Titles = (1..=9)
        .map(|number| {
            (
                key("DocumentReference", number),
                (format!("Document {number}"), format!("/mon-espace/documents/{number}")),
            )
        })
        .collect::<HashMap<_, _>>();
    let mut entries = vec![emergency(), refusal()];
    entries.extend((0..count).map(|index| {
        let number = 1 + index.unsigned_abs() % 9;
        let type_name = if index % 3 == 0 { "AllergyIntolerance" } else { "DocumentReference" };
        entry(10 - index / 6, Deed::Search, &[key(type_name, number)])
    }));
    entries
        .iter()
        .enumerate()
        .map(|(index, entry)| tell(lang, format!("line-{index}"), entry, &titles, "claire"))
        .collect()
}

#[test]
fn the_access_log_holds_its_promises() {
    for lang in LANGS {
        for whose in
            [access::Whose::Others, access::Whose::Professionals, access::Whose::Unusual, access::Whose::Own]
        {
            let empty = access::Context { whose, ..access::Context::default() };
            check("log empty", lang, access::render(lang, &empty));
        }
        let long = access::Context {
            days: group(lang, lines(lang, 300)),
            next: Some("0000".into()),
            is_later: true,
            ..access::Context::default()
        };
        let html = check("log long", lang, access::render(lang, &long));
        assert!(html.contains("patient &lt;inconscient&gt;") && html.contains("access-unusual"));
        assert!(html.contains("avant=0000"));
        assert!(html.contains(
            lang.pick("a tenté d’ouvrir votre dossier : accès refusé", "tried to open your record")
        ));
        assert!(html.contains("/mon-espace/documents/1") && html.contains("/mon-espace/acces/line-0"));
        // Three hundred reads in a few minutes are told in a few dozen sentences.
        assert!(html.matches("/mon-espace/acces/line-").count() < 150);
    }
}

#[test]
fn one_line_of_the_log_says_everything() {
    for lang in LANGS {
        for entry in [
            emergency(),
            refusal(),
            entry(0, Deed::Search, &[key("Immunization", 1), key("Immunization", 2)]),
        ] {
            let told = tell(lang, "line-1".into(), &entry, &HashMap::new(), "claire");
            let context = access_line::Context { told, others: vec![("Immunization".into(), 2)], entry };
            let html = check("line", lang, access_line::render(lang, &context));
            assert!(html.contains("10100000001") && html.contains("AuditEvent/line-1"));
            assert!(html.contains("/mon-espace/partage/bloquer?q=10100000001"));
        }
    }
}

#[test]
fn the_sharing_page_holds_its_promises() {
    let party = |name: &str| sharing::Party {
        name: name.into(),
        detail: "médecin généraliste".into(),
        when: "depuis le 3 mars 2026".into(),
        consent: "c1".into(),
    };
    for lang in LANGS {
        check("sharing empty", lang, sharing::render(lang, &sharing::Context::default()));
        let usual = sharing::Context {
            team: vec![party("Dr Anne MARTIN"), party("Paul LEROY")],
            admitted: vec![party("Dr Sam NOEL")],
            blocked: vec![party("Dr Jo PETIT"), party("Dr <b>Zoé</b>")],
            representatives: vec![party("Luc ROUX")],
            may_decide: true,
            csrf: "jeton".into(),
        };
        let html = check("sharing usual", lang, sharing::render(lang, &usual));
        assert_eq!(html.matches("/mon-espace/partage/debloquer").count(), 2);
        let carer = sharing::Context { may_decide: false, ..usual };
        let html = check("sharing for a carer", lang, sharing::render(lang, &carer));
        assert!(!html.contains("debloquer") && !html.contains("/mon-espace/partage/bloquer"));
    }
}

#[test]
fn blocking_and_showing_again_hold_their_promises() {
    for lang in LANGS {
        let empty =
            block::Context { csrf: "jeton".into(), words: "zzz\"".into(), ..block::Context::default() };
        check("block without a match", lang, block::render(lang, &empty));
        let one = block::Candidate {
            reference: "Practitioner/a".into(),
            name: "Dr Anne MARTIN".into(),
            detail: "médecin".into(),
        };
        let usual = block::Context {
            candidates: vec![one.clone(), block::Candidate { reference: "Practitioner/b".into(), ..one }],
            ..empty
        };
        let html = check("block", lang, block::render(lang, &usual));
        assert!(html.contains("value=\"Practitioner/a\""));
        let context = visibility::Context {
            title: "CR de biologie".into(),
            href: "/mon-espace/documents/d1".into(),
            csrf: "jeton".into(),
        };
        let html = check("show again", lang, visibility::render(lang, &context));
        assert!(html.contains("name=\"confirme\" value=\"oui\""));
    }
}
