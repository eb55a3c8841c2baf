//! Samples of every page: empty, usual, long, masked; each drawn in both languages and checked.

use super::row::DocumentRow;
use super::{data, documents, glance, home, patient_documents, publish_form, view, viewer, withdraw};
use crate::clinical::{Line, Nature};
use crate::document::Document;
use crate::reading::Record;
use serde_json::{Value, json};
use socle_kernel::{HomeId, Instant, Key, Lang, Seq, resource_type};
use socle_ui::form::Errors;
use socle_ui::{Markup, PersonBanner, Shell, Space, lint};

const LANGS: [Lang; 2] = [Lang::Fr, Lang::En];

/// Draws a body in its frame and tells what is wrong with the page.
fn check(name: &str, lang: Lang, space: Space, has_errors: bool, body: Markup) -> String {
    let person =
        PersonBanner { name: "Claire ROUX", ins: Some("279035121518989"), ..PersonBanner::default() };
    let shell = Shell {
        lang,
        space,
        title: "Un titre",
        person: Some(person),
        csrf: "jeton",
        path: "/",
        has_errors,
        ..Shell::default()
    };
    let html = socle_ui::page(&shell, body);
    assert_eq!(lint::check(&html), Vec::<String>::new(), "{name} in {}", lang.tag());
    html
}

fn record(index: u64, changes: Value) -> Record {
    let mut json = json!({
        "resourceType": "DocumentReference", "status": "current",
        "type": { "coding": [{ "system": "http://loinc.org", "code": "11502-2" }] },
        "date": "2026-03-03T10:00:00Z",
        "author": [{ "display": "Dr Anne MARTIN" }], "custodian": { "display": "Laboratoire des Halles" },
        "securityLabel": [{ "coding": [{ "code": "N" }] }],
        "content": [{ "attachment": { "contentType": "application/pdf", "size": 120_000, "title": "CR de biologie du 2 mars", "url": "Binary/b" } }],
        "context": { "period": { "start": "2026-03-02" }, "facilityType": { "coding": [{ "code": "SA25" }] },
            "practiceSetting": { "coding": [{ "code": "AMBULATOIRE" }] } },
    });
    for (name, value) in changes.as_object().unwrap() {
        json[name] = value.clone();
    }
    let key = Key {
        home: HomeId::new(1 << 20).unwrap(),
        resource_type: resource_type::DOCUMENT_REFERENCE,
        seq: Seq::new(index + 1).unwrap(),
    };
    Record { key, id: format!("d{index}"), version: 1, last_updated: Instant(0), json }
}

fn masked() -> Value {
    json!({ "securityLabel": [{ "coding": [{ "code": "MASQUE_PS" }] }] })
}

fn rows(lang: Lang, count: u64) -> Vec<DocumentRow> {
    let long =
        "Compte rendu d’hospitalisation en service de médecine interne et de gériatrie aiguë ".repeat(3);
    (0..count)
        .map(|index| {
            let changes = match index % 4 {
                0 => json!({}),
                1 => masked(),
                2 => json!({ "context": { "period": { "start": format!("{}-01", 2000 + index % 26) } }, "status": "superseded" }),
                _ => json!({ "context": {}, "date": null, "content": [{ "attachment": { "title": long } }] }),
            };
            DocumentRow::of(lang, &record(index, changes), "/mon-espace/documents", index == 0)
        })
        .collect()
}

#[test]
fn the_home_page_holds_its_promises() {
    for lang in LANGS {
        let empty = home::Context::default();
        check("home empty", lang, Space::Citizen, false, home::render(lang, &empty));
        let usual = home::Context {
            since: Some(Instant(1_790_000_000_000_000)),
            new_count: 3,
            accesses: 2,
            emergencies: 1,
            latest: rows(lang, 5),
            total: 120,
        };
        let html = check("home usual", lang, Space::Citizen, false, home::render(lang, &usual));
        assert!(html.contains("/mon-espace/acces?qui=urgences"));
    }
    assert_ne!(home::title(Lang::Fr, true), home::title(Lang::Fr, false));
}

#[test]
fn the_list_of_documents_holds_its_promises() {
    for lang in LANGS {
        let draw = |context: &documents::Context| documents::render(lang, context);
        let asked =
            |words: &str, page| documents::Asked { words: words.into(), page, ..documents::Asked::default() };
        let empty = documents::Context { asked: asked("", 1), ..documents::Context::default() };
        check("list empty", lang, Space::Citizen, false, draw(&empty));
        let nothing = documents::Context { asked: asked("zzz", 1), ..documents::Context::default() };
        check("list without a match", lang, Space::Citizen, false, draw(&nothing));
        let classes = vec![("10".to_owned(), 400), ("31".to_owned(), 90), (String::new(), 10)];
        let long =
            documents::Context { asked: asked("<b>\"&", 2), classes, rows: rows(lang, 500), is_cut: true };
        let html = check("list long", lang, Space::Citizen, false, draw(&long));
        assert!(html.contains("51–100") && html.contains("page=3") && !html.contains("<b>\""));
        let hidden = lang.pick("Masqué aux professionnels", "Hidden from professionals");
        assert!(html.contains(hidden));
        let far =
            documents::Context { asked: asked("", 99), rows: rows(lang, 3), ..documents::Context::default() };
        check("list past its end", lang, Space::Citizen, false, draw(&far));
    }
}

fn context(lang: Lang, changes: Value, content: view::Content, reader: view::Reader) -> view::Context {
    let record = record(1, changes);
    let document = Document(&record.json);
    let is_citizen = matches!(reader, view::Reader::Citizen { .. });
    view::Context {
        title: document.title(lang),
        plain: "Un professionnel y raconte un soin.".into(),
        tags: DocumentRow::of(lang, &record, "/mon-espace/documents", false).tags,
        facts: view::facts(lang, document, &document.author(), &document.custodian()),
        audience: view::audience(lang, document, is_citizen),
        replaces: vec![("Ancienne version".into(), "/mon-espace/documents/d0".into())],
        replaced_by: Vec::new(),
        content,
        href: "/mon-espace/documents/d1".into(),
        is_masked: document.is_masked(),
        csrf: "jeton".into(),
        reader,
    }
}

const CDA_TEXT: &str = r#"<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>CR</title>
<component><structuredBody><component><section><title>Conclusion</title><text><paragraph>Bilan normal.</paragraph></text></section></component></structuredBody></component></ClinicalDocument>"#;

#[test]
fn the_page_of_a_document_holds_its_promises_for_every_content() {
    for lang in LANGS {
        let contents = [
            viewer::shown("application/pdf", b"%PDF-", lang, "/d"),
            viewer::shown("image/jpeg", b"", lang, "/d"),
            viewer::shown(
                "text/plain; charset=utf-8",
                "Bonjour,\nune ligne <script>\n\nFin.".as_bytes(),
                lang,
                "/d",
            ),
            viewer::shown("text/xml", CDA_TEXT.as_bytes(), lang, "/d"),
            viewer::shown("text/xml", b"<unreadable", lang, "/d"),
            viewer::shown("text/html", b"<script>", lang, "/d"),
            view::Content::Elsewhere("https://ailleurs.example/d".into()),
            view::Content::Missing,
        ];
        for content in contents {
            let name = format!("document {content:?}");
            let context = context(lang, json!({}), content, view::Reader::Citizen { may_hide: true });
            let html = check(&name, lang, Space::Citizen, false, view::render(lang, &context));
            assert!(!html.contains("<script>"), "{name}");
        }
    }
}

#[test]
fn a_document_says_who_sees_it_and_offers_what_the_reader_may_do() {
    let draw = |changes: Value, reader: view::Reader| {
        let context = context(Lang::Fr, changes, view::Content::Pdf, reader);
        check("document", Lang::Fr, Space::Citizen, false, view::render(Lang::Fr, &context))
    };
    let shown = draw(json!({}), view::Reader::Citizen { may_hide: true });
    assert!(shown.contains("value=\"masquer\"") && shown.contains("/mon-espace/documents/d1/visibilite"));
    let hidden = draw(masked(), view::Reader::Citizen { may_hide: true });
    assert!(hidden.contains("value=\"montrer\"") && hidden.contains("Aucun professionnel, sauf son auteur"));
    let carer = draw(json!({}), view::Reader::Citizen { may_hide: false });
    assert!(!carer.contains("visibilite"));
    let reader = |is_author| view::Reader::Professional {
        is_author,
        replace_href: "/pro/patients/p/documents/publier?remplace=d1".into(),
        withdraw_href: "/pro/patients/p/documents/d1/retirer".into(),
    };
    assert!(draw(json!({}), reader(true)).contains("/retirer"));
    assert!(!draw(json!({}), reader(false)).contains("/retirer"));
    let withdrawn = draw(json!({ "status": "entered-in-error" }), reader(false));
    assert!(withdrawn.contains("Son auteur l’a retiré") && !withdrawn.contains("L’équipe"));
}

fn line(what: &str, is_serious: bool) -> Line {
    Line {
        what: what.into(),
        detail: "Urticaire".into(),
        when: "avril 2021".into(),
        sort: Some("2021-04-01".parse().unwrap()),
        is_serious,
        is_active: true,
    }
}

#[test]
fn the_record_at_a_glance_holds_its_promises() {
    for lang in LANGS {
        let block =
            |nature, lines: Vec<Line>, total, is_open| glance::Block { nature, lines, total, is_open };
        let blocks = |total, is_open| {
            Nature::ALL
                .map(|nature| block(nature, vec![line("Pénicilline", true); total], total, is_open))
                .to_vec()
        };
        let draw = |since, blocks, documents| {
            let context = glance::Context {
                href: "/pro/patients/p".into(),
                since,
                new_documents: 2,
                blocks,
                documents,
            };
            let told = glance::news(lang, &context);
            assert_eq!(told.is_some_and(|told| told.contains('2')), since.is_some());
            check("glance", lang, Space::Professional, false, glance::render(lang, &context))
        };
        let empty = draw(None, blocks(0, true), Vec::new());
        assert_eq!(empty.matches(lang.pick("Rien d’enregistré", "Nothing recorded")).count(), 5);
        let usual = draw(Some(Instant(1_790_000_000_000_000)), blocks(4, true), rows(lang, 4));
        for nature in Nature::ALL {
            assert!(usual.contains(&format!("/pro/patients/p/donnees/{}", nature.code())));
        }
        let closed = draw(None, blocks(0, false), Vec::new());
        assert!(!closed.contains(lang.pick("Rien d’enregistré", "Nothing recorded")));
    }
}

#[test]
fn the_lists_of_a_professional_hold_their_promises() {
    for lang in LANGS {
        for (count, page) in [(0, 1), (3, 1), (120, 2), (3, 9)] {
            let context = data::Context {
                nature: Nature::Measures,
                lines: vec![line("Poids", false); count],
                is_open: true,
                page,
                href: "/pro/patients/p".into(),
            };
            check("data", lang, Space::Professional, false, data::render(lang, &context));
        }
        let context =
            patient_documents::Context { href: "/pro/patients/p/documents".into(), ..Default::default() };
        check("documents empty", lang, Space::Professional, false, patient_documents::render(lang, &context));
        let context = patient_documents::Context {
            class: "31".into(),
            rows: rows(lang, 20),
            vaccinations: rows(lang, 1),
            total: 57,
            next: Some("a b.c".into()),
            is_later: true,
            ..context
        };
        let html = check(
            "documents long",
            lang,
            Space::Professional,
            false,
            patient_documents::render(lang, &context),
        );
        assert!(
            html.contains(&format!("suite={}", socle_pipeline::encode("a b.c")))
                && html.contains("periode=tout")
        );
    }
}

#[test]
fn the_forms_of_a_professional_hold_their_promises() {
    for lang in LANGS {
        let own = publish_form::Own {
            id: "d1".into(),
            title: "CR".into(),
            label: "CR (2 mars 2026)".into(),
            type_code: "11488-4".into(),
        };
        let mut context = publish_form::Context {
            action: "/pro/patients/p/documents/publier".into(),
            csrf: "jeton".into(),
            own: vec![own],
            ..publish_form::Context::default()
        };
        let html = check("publish", lang, Space::Professional, false, publish_form::render(lang, &context));
        assert!(html.contains("multipart/form-data") && html.contains("PRESC-KINE"));
        let mut errors = Errors::new();
        publish_form::check(lang, &context.sent, "2026-11-21".parse().unwrap(), &mut errors);
        errors.add("fichier", "Choisissez le fichier");
        errors.add("", "Ce dossier contient déjà ce document.");
        context.errors = errors;
        check("publish with errors", lang, Space::Professional, true, publish_form::render(lang, &context));
        let context = withdraw::Context {
            title: "CR <i>de</i> biologie".into(),
            href: "/pro/patients/p/documents/d1".into(),
            csrf: "jeton".into(),
        };
        check("withdraw", lang, Space::Professional, false, withdraw::render(lang, &context));
    }
}
