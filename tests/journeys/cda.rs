//! The eleven official CDA examples, published by a professional and read by the person.

use super::testdata;
use crate::harness::browser::squeeze;
use crate::harness::{Browser, Person, builders::fresh};
use std::path::PathBuf;

/// The files, in order of names.
pub fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(testdata("cda"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 11);
    files
}

/// The longest piece of the narrative that stands in one piece: a reader must find it.
pub fn phrase(xml: &str) -> String {
    let document = roxmltree::Document::parse(xml).expect("well-formed");
    let narratives = document.descendants().filter(|node| {
        node.has_tag_name(("urn:hl7-org:v3", "text"))
            && node.parent().is_some_and(|parent| parent.has_tag_name(("urn:hl7-org:v3", "section")))
    });
    let texts = narratives
        .flat_map(|narrative| narrative.descendants().filter(|node| node.is_text()))
        .map(|node| squeeze(node.text().unwrap_or("")));
    texts.max_by_key(|text| text.chars().count()).expect("a narrative")
}

/// Publishes every example to a record through the upload form, leaving what the CDA says of itself to the form.
pub fn publish_all(login: &str, person: &Person) -> Vec<(String, String, String)> {
    let mut browser = Browser::new();
    browser.demonstration(login);
    let address = format!("/pro/patients/{}/documents/publier", person.id);
    files()
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            let xml = std::fs::read_to_string(file).unwrap();
            let copy = copy_for(&xml, person);
            let form = browser.open(&address).form(&address);
            let form = super::fill_publication(form, &format!("{name} {}", fresh())).choose(
                "fichier",
                &name,
                "text/xml",
                copy.as_bytes(),
            );
            let done = browser.submit(&form).expect(200);
            assert!(done.path.contains("fait=publie"), "{name}: {}", done.words());
            let id = done.path.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
            (name, id, phrase(&xml))
        })
        .collect()
}

/// A copy about a person of the region, with a unique id of its own: a form refuses a document that carries another identity.
pub fn copy_for(xml: &str, person: &Person) -> String {
    let document = roxmltree::Document::parse(xml).expect("well-formed");
    let is = |node: &roxmltree::Node<'_, '_>, name: &str| node.has_tag_name(("urn:hl7-org:v3", name));
    let mut changes = Vec::new();
    let id = document.root_element().children().find(|node| is(node, "id")).expect("an id");
    changes.push((id.range(), format!("<id root=\"1.2.250.1.999.3.{}.{}\"/>", std::process::id(), fresh())));
    let role = document.descendants().find(|node| is(node, "patientRole")).expect("a person");
    for (index, id) in role.children().filter(|node| is(node, "id")).enumerate() {
        let own = format!("<id extension=\"{}\" root=\"1.2.250.1.213.1.4.10\"/>", person.ins);
        changes.push((id.range(), if index == 0 { own } else { String::new() }));
    }
    let mut copy = xml.to_owned();
    for (range, text) in changes.into_iter().rev() {
        copy.replace_range(range, &text);
    }
    copy
}

#[test]
fn the_official_examples_are_read_word_by_word() {
    let person = Person::of_login("citoyen-4");
    let published = publish_all("medecin-3", &person);
    let mut citizen = Browser::new();
    citizen.demonstration("citoyen-4");
    for (name, id, phrase) in published {
        let page = citizen.open(&format!("/mon-espace/documents/{id}")).expect(200);
        assert!(squeeze(&page.words()).contains(&phrase), "{name}: {phrase:?} is not in\n{}", page.words());
        let raw = citizen.fetch(&format!("/mon-espace/documents/{id}/contenu?telecharger=1"), &[]);
        assert_eq!(raw.status, 200);
        assert!(raw.text().contains("ClinicalDocument"), "{name}");
        assert!(raw.header("content-disposition").starts_with("attachment"), "{name}");
    }
}
