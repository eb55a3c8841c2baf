//! Every word of a document is readable; nothing in it can harm the page.

use super::*;
use crate::{Shell, lint, page};
use std::path::{Path, PathBuf};

pub(super) fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/cda");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("testdata/cda is in the repository")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .collect();
    files.sort();
    files
}

/// A document with this body and header.
fn document(header: &str, body: &str) -> String {
    format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <code displayName=\"Compte rendu\"/><title>Essai</title>{header}<component>{body}</component></ClinicalDocument>"
    )
}

pub(super) fn section(text: &str) -> String {
    document(
        "",
        &format!(
            "<structuredBody><component><section><title>Conclusion</title>{text}</section></component></structuredBody>"
        ),
    )
}

fn shown(xml: &str) -> String {
    render(xml.as_bytes(), Lang::Fr).expect("readable").markup.into_string()
}

fn narrative(text: &str) -> String {
    shown(&section(&format!("<text>{text}</text>")))
}

/// The text of a page: tags out, character references back.
pub(super) fn words(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn whole_page(cda: &Cda) -> String {
    page(&Shell { title: &cda.title, path: "/x", ..Shell::default() }, cda.markup.clone())
}

#[test]
fn every_narrative_word_of_the_national_examples_is_readable_in_order() {
    let files = examples();
    assert_eq!(files.len(), 11);
    for file in files {
        let xml = std::fs::read(&file).expect("readable");
        for lang in [Lang::Fr, Lang::En] {
            let cda = render(&xml, lang).unwrap_or_else(|problem| panic!("{}: {problem}", file.display()));
            let shown = words(&cda.markup.clone().into_string());
            let text = std::str::from_utf8(&xml).expect("UTF-8");
            let tree = roxmltree::Document::parse(text).expect("XML");
            let narrative = tree.descendants().filter(|node| {
                matches!(node.tag_name().name(), "text" | "title")
                    && node.parent_element().is_some_and(|parent| parent.tag_name().name() == "section")
            });
            let mut position = 0;
            let mut count = 0;
            for word in narrative.flat_map(|node| {
                node.descendants()
                    .filter_map(|node| node.text().filter(|_| node.is_text()))
                    .collect::<Vec<_>>()
            }) {
                let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
                if word.is_empty() {
                    continue;
                }
                let found = shown.get(position..).and_then(|rest| rest.find(&word));
                position += found
                    .unwrap_or_else(|| panic!("{}: \"{word}\" is missing or out of order", file.display()));
                count += 1;
            }
            assert!(count > 5, "{}: only {count} texts", file.display());
        }
    }
}

#[test]
fn the_national_examples_make_correct_pages() {
    for file in examples() {
        let cda = render(&std::fs::read(&file).expect("readable"), Lang::Fr).expect("renders");
        assert_eq!(lint::check(&whole_page(&cda)), Vec::<String>::new(), "{}", file.display());
        assert!(
            !cda.title.is_empty() && !cda.date.is_empty() && !cda.authors.is_empty(),
            "{}",
            file.display()
        );
        let labels: Vec<&str> = cda.patient.iter().map(|(label, _)| label.as_str()).collect();
        assert!(["Nom", "Date de naissance", "INS"].iter().all(|label| labels.contains(label)), "{labels:?}");
    }
}

#[test]
fn the_header_of_the_discharge_letter_says_who_when_and_to_whom() {
    let file = examples().into_iter().find(|path| path.ends_with("LDL-SES_2022.01.xml")).expect("present");
    let cda = render(&std::fs::read(file).expect("readable"), Lang::Fr).expect("renders");
    let shown = words(&cda.markup.into_string());
    for expected in [
        "Lettre de liaison à la sortie d'un établissement de soins",
        "3 décembre 2019 à 13:30",
        "M DR Charles DAVID, Médecin - Médecine interne (SM), Hôpital Européen Georges Pompidou",
        "DOMINIQUE PAT-TROIS",
        "2 79 03 51 215 189 89",
        "28 mars 1979",
        "Centre de soins du Belvédère",
        "du 29 octobre 2019 à 11:17 au 3 décembre 2019 à 13:30",
        "Médecin Traitant : M DR Stéphane MEDIONI",
    ] {
        assert!(shown.replace('\u{a0}', " ").contains(expected), "{expected} in {shown}");
    }
    assert_eq!(cda.custodian, "Hôpital Européen Georges Pompidou");
}

#[test]
fn an_image_named_jpeg_that_is_png_is_shown_as_png_and_a_pdf_is_offered() {
    let file = examples()
        .into_iter()
        .find(|path| path.ends_with("eP-MED-DM_2024.01_PosoStruct.xml"))
        .expect("present");
    let cda =
        render_at(&std::fs::read(file).expect("readable"), Lang::Fr, Some("/pieces/")).expect("renders");
    let kinds: Vec<&str> = cda.attachments.iter().map(|file| file.media_type.as_str()).collect();
    assert_eq!(kinds, ["image/png", "application/pdf"]);
    let html = cda.markup.into_string();
    assert!(html.contains("src=\"data:image/png;base64,iVBOR"));
    assert!(html.contains("href=\"/pieces/1\""));
}

#[test]
fn styles_lists_and_links_are_kept_and_unsafe_links_lose_their_address() {
    let html = narrative(
        "<paragraph><content styleCode=\"Bold\">gras</content> H<sub>2</sub>O 10<sup>3</sup></paragraph>\
         <list listType=\"ordered\"><caption>Étapes</caption><item>un</item><item>deux</item></list>\
         <linkHtml href=\"https://exemple.fr/a\">dehors</linkHtml>\
         <linkHtml href=\"javascript:alert(1)\">piège</linkHtml><linkHtml href=\"data:text/html,x\">autre</linkHtml>",
    );
    assert!(
        html.contains("<strong>gras</strong>")
            && html.contains("<sub>2</sub>")
            && html.contains("<sup>3</sup>")
    );
    assert!(html.contains("<ol><li>un</li><li>deux</li></ol>") && html.contains("Étapes"));
    assert!(html.contains("href=\"https://exemple.fr/a\""));
    assert!(
        html.contains("piège")
            && html.contains("autre")
            && !html.contains("javascript:")
            && !html.contains("data:text")
    );
}

#[test]
fn nothing_in_a_narrative_can_become_markup() {
    let html =
        narrative("<paragraph>&lt;script&gt;alert(1)&lt;/script&gt; &lt;img onerror=x&gt;</paragraph>");
    assert!(!html.contains("<script") && !html.contains("<img"));
    let html = narrative("<script>alert(1)</script><iframe src=\"//x\">a</iframe>");
    assert!(html.contains("alert(1)") && !html.contains("<script") && !html.contains("<iframe"));
}

#[test]
fn tables_keep_headers_spans_and_captions() {
    let html = narrative(
        "<table><caption>Mesures</caption><thead><tr><th>Jour</th><th colspan=\"2\">Tension</th></tr></thead>\
         <tbody><tr><td rowspan=\"2\">lundi</td><td>12</td><td align=\"right\">8</td></tr></tbody></table>",
    );
    assert!(html.contains("<caption>Mesures</caption>"));
    assert!(html.contains("scope=\"col\"") && html.contains("scope=\"colgroup\" colspan=\"2\""));
    assert!(html.contains("rowspan=\"2\"") && html.contains("align-right"));
    assert!(!html.contains("data-label"), "a table with spans is not taken apart on small screens");
}

#[test]
fn a_table_without_headers_names_its_rows_and_one_of_one_column_is_plain_text() {
    let html = narrative("<table><tbody><tr><td>Poids</td><td>12 kg</td></tr></tbody></table>");
    assert!(html.contains("<th scope=\"row\" role=\"rowheader\">Poids</th>"));
    let html = narrative("<table><tbody><tr><td>Repos strict</td></tr></tbody></table>");
    assert!(html.contains("<p>Repos strict</p>") && !html.contains("<table"));
}

#[test]
fn footnotes_are_numbered_and_linked() {
    let xml = section(
        "<text>a<footnote ID=\"n1\">la note</footnote> b<footnoteRef IDREF=\"n1\"/> c<footnoteRef IDREF=\"absent\"/></text>",
    );
    let cda = render(xml.as_bytes(), Lang::Fr).expect("readable");
    let html = cda.markup.clone().into_string();
    assert_eq!(html.matches("href=\"#cda-note-1\"").count(), 2);
    assert!(html.contains("<li id=\"cda-note-1\" value=\"1\">la note</li>"));
    assert_eq!(lint::check(&whole_page(&cda)), Vec::<String>::new());
}

#[test]
fn a_link_inside_the_document_reaches_its_place() {
    let xml = section(
        "<text><linkHtml href=\"#p é\">voir la dose</linkHtml> <content ID=\"p é\">la dose</content></text>",
    );
    let cda = render(xml.as_bytes(), Lang::Fr).expect("readable");
    assert_eq!(lint::check(&whole_page(&cda)), Vec::<String>::new());
    assert!(cda.markup.into_string().contains("href=\"#cda-ref-p-20--e9-\""));
    assert!(!narrative("<linkHtml href=\"#absent\">voir la dose</linkHtml>").contains("<a "));
}

#[test]
fn a_section_without_text_shows_its_coded_entries() {
    let html = shown(&section(
        "<entry><observation><code displayName=\"Poids\"/><effectiveTime value=\"20260303\"/>\
         <value xsi:type=\"PQ\" value=\"12.4\" unit=\"kg\"/><entryRelationship><observation><code displayName=\"Méthode\"/>\
         <value xsi:type=\"CD\" displayName=\"Balance\"/></observation></entryRelationship></observation></entry>\
         <entry><substanceAdministration negationInd=\"true\"><consumable><manufacturedProduct><manufacturedMaterial>\
         <name>Paracétamol</name></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>",
    ));
    let text = words(&html).replace('\u{a0}', " ");
    for expected in ["Poids : 12.4 kg – 3 mars 2026", "Méthode : Balance", "Paracétamol (absent ou non fait)"]
    {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(words(&shown(&section(""))).contains("Cette rubrique est vide dans le document."));
}

#[test]
fn nested_sections_step_down_and_never_skip_a_level() {
    let mut inner = String::from("<text>fond</text>");
    for depth in (1..8).rev() {
        inner = format!("<title>Niveau {depth}</title><component><section>{inner}</section></component>");
    }
    let xml = document(
        "",
        &format!("<structuredBody><component><section>{inner}</section></component></structuredBody>"),
    );
    let cda = render(xml.as_bytes(), Lang::Fr).expect("readable");
    let Kind::Structured { sections } = &cda.kind else { panic!("structured") };
    assert_eq!(sections.iter().map(|section| section.level).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 6, 6, 6]);
    assert_eq!(lint::check(&whole_page(&cda)), Vec::<String>::new());
}

#[test]
fn a_text_body_is_written_out_and_a_pdf_body_is_given_back() {
    let xml = document(
        "",
        "<nonXMLBody><text mediaType=\"text/plain\" representation=\"B64\">Qm9uam91cgoKPGI+YXUgcmV2b2ly</text></nonXMLBody>",
    );
    let cda = render(xml.as_bytes(), Lang::Fr).expect("readable");
    assert!(cda.markup.clone().into_string().contains("&lt;b&gt;au revoir"));
    assert_eq!(lint::check(&whole_page(&cda)), Vec::<String>::new());
    let xml = document(
        "",
        "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">JVBE\nRi0xLjQ=</text></nonXMLBody>",
    );
    let cda = render(xml.as_bytes(), Lang::Fr).expect("readable");
    let Kind::Level1 { media_type, content } = cda.kind else { panic!("level 1") };
    assert_eq!((media_type.as_str(), content.as_slice()), ("application/pdf", b"%PDF-1.4".as_slice()));
}

#[test]
fn text_in_another_language_than_the_page_says_so() {
    let xml = section("<text>Repos strict</text>");
    let lang_of =
        |lang| render(xml.as_bytes(), lang).expect("readable").markup.into_string().contains("lang=\"fr\"");
    assert!(lang_of(Lang::En) && !lang_of(Lang::Fr));
}

#[test]
fn replaced_documents_and_recipients_are_named() {
    let header = "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"1.2.3\" extension=\"7\"/></parentDocument></relatedDocument>\
         <informationRecipient><intendedRecipient><informationRecipient><name><given>Ana</given><family>ROUX</family></name>\
         </informationRecipient></intendedRecipient></informationRecipient>";
    let text = words(&shown(&document(header, "<structuredBody/>")));
    assert!(
        text.contains("Remplace le document 1.2.3 / 7") && text.contains("Destinataire Ana ROUX"),
        "{text}"
    );
}

#[test]
fn an_image_named_many_times_is_embedded_once() {
    let image = "<entry><observationMedia ID=\"i\"><value mediaType=\"image/png\" representation=\"B64\">iVBORw0KGgo=</value></observationMedia></entry>";
    let show = "<renderMultiMedia referencedObject=\"i\"><caption>Plaie</caption></renderMultiMedia>";
    let html = shown(&section(&format!("<text>{}</text>{image}", show.repeat(50))));
    assert_eq!(html.matches("data:image/png").count(), 1);
    assert_eq!(html.matches("Plaie").count(), 50);
    assert!(!html.contains("Pièces jointes"));
}

#[test]
fn a_file_that_no_text_refers_to_is_listed_at_the_end() {
    let file = "<entry><observationMedia ID=\"i\"><value mediaType=\"application/pdf\" representation=\"B64\">JVBERi0xLjQ=</value></observationMedia></entry>";
    let text = words(&shown(&section(&format!("<text>voir le fichier</text>{file}"))));
    assert!(text.contains("Pièces jointes Pièce jointe (PDF, 8 octets)"), "{text}");
}

#[test]
fn line_breaks_alone_make_no_empty_paragraph() {
    assert!(!narrative("<paragraph>a</paragraph><br/><br/><paragraph>b</paragraph>").contains("<p><br>"));
}

#[test]
fn refuses_what_is_no_clinical_document() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\">&a;</ClinicalDocument>";
    let outside =
        "<!DOCTYPE x SYSTEM \"http://exemple.fr/x.dtd\"><ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>";
    for (xml, expected) in [
        ("", "readable XML"),
        ("bonjour", "readable XML"),
        ("<html/>", "not a CDA document"),
        ("<ClinicalDocument/>", "not a CDA document"),
        (bomb, "DTD"),
        (outside, "DTD"),
        (&deep, "nested too deeply"),
        ("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", "no body"),
        (
            &document(
                "",
                "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">***</text></nonXMLBody>",
            ),
            "empty or unreadable",
        ),
    ] {
        let problem = render(xml.as_bytes(), Lang::Fr).expect_err(expected);
        assert!(problem.to_string().contains(expected), "{problem}");
        assert_eq!(problem.kind.status(), 422);
    }
    assert!(render(&[0xff, 0xfe, b'<'], Lang::Fr).is_err());
}

#[test]
fn reads_latin_1_when_the_document_says_so() {
    let mut xml = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>".to_vec();
    xml.extend(section("<text>Dose mesuree</text>").bytes());
    let position = xml.windows(7).position(|window| window == b"mesuree").expect("present") + 5;
    *xml.get_mut(position).expect("present") = 0xe9;
    let cda = render(&xml, Lang::Fr).expect("readable");
    assert!(cda.markup.into_string().contains("mesurée"));
}
