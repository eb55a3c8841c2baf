//! What documents promise: contents that open, hashes that match, the rich record of citoyen-1.

#![expect(clippy::unwrap_used, reason = "a test that cannot read what it checks has failed")]

use data_encoding::BASE64;
use serde_json::Value;
use sha1::{Digest, Sha1};
use socle_population::{Region, Settings, systems};
use std::collections::{HashMap, HashSet};

fn region(people: u32) -> Region {
    region_of(people, 17)
}

fn region_of(people: u32, seed: u64) -> Region {
    let today = jiff::civil::date(2026, 3, 1);
    Region::new(Settings { people, seed, today, region: "53".into() }).unwrap()
}

struct Document<'a> {
    reference: &'a Value,
    media: &'a str,
    bytes: Vec<u8>,
}

fn documents(bundle: &Value) -> Vec<Document<'_>> {
    let entries = bundle["entry"].as_array().unwrap();
    let by_url: HashMap<&str, &Value> =
        entries.iter().map(|entry| (entry["fullUrl"].as_str().unwrap(), &entry["resource"])).collect();
    entries
        .iter()
        .map(|entry| &entry["resource"])
        .filter(|resource| resource["resourceType"] == "DocumentReference")
        .map(|reference| {
            let attachment = &reference["content"][0]["attachment"];
            let binary = by_url[attachment["url"].as_str().unwrap()];
            let bytes = BASE64.decode(binary["data"].as_str().unwrap().as_bytes()).unwrap();
            assert_eq!(binary["contentType"], attachment["contentType"]);
            Document { reference, media: binary["contentType"].as_str().unwrap(), bytes }
        })
        .collect()
}

fn of_person<'a>(bundles: &'a [Value], family: &str) -> &'a Value {
    bundles
        .iter()
        .find(|bundle| bundle["entry"][0]["resource"]["name"][0]["family"] == family)
        .expect("the story is there")
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

#[test]
fn every_content_opens_and_matches_its_size_and_hash() {
    let region = region(250);
    let mut medias: HashMap<String, u32> = HashMap::new();
    for household in 0..region.households() {
        for bundle in region.person_bundles(household) {
            for document in documents(&bundle) {
                let attachment = &document.reference["content"][0]["attachment"];
                assert_eq!(attachment["size"].as_u64(), Some(document.bytes.len() as u64));
                let hash = BASE64.encode(&Sha1::digest(&document.bytes));
                assert_eq!(attachment["hash"].as_str(), Some(hash.as_str()));
                opens(&document, attachment["title"].as_str().unwrap());
                *medias.entry(document.media.to_owned()).or_default() += 1;
            }
        }
    }
    for media in ["application/pdf", "text/plain", "image/png", "text/xml"] {
        assert!(medias.contains_key(media), "{medias:?}");
    }
}

fn opens(document: &Document<'_>, title: &str) {
    match document.media {
        "application/pdf" => {
            assert!(document.bytes.starts_with(b"%PDF-1."));
            assert!(document.bytes.trim_ascii_end().ends_with(b"%%EOF"));
            if title.is_ascii() {
                assert!(holds(&document.bytes, format!("/Title ({title})").as_bytes()), "{title}");
            }
        }
        "text/plain" => {
            let text = std::str::from_utf8(&document.bytes).unwrap();
            assert!(text.contains(&title.to_uppercase()));
        }
        "image/png" => assert!(document.bytes.starts_with(b"\x89PNG\r\n\x1a\n")),
        "text/xml" => {
            let text = std::str::from_utf8(&document.bytes).unwrap();
            let xml = roxmltree::Document::parse(text).unwrap();
            let found = xml.descendants().find(|node| node.tag_name().name() == "title").unwrap();
            assert_eq!(found.text(), Some(title));
            let id = xml.root_element().children().find(|node| node.tag_name().name() == "id").unwrap();
            let master = document.reference["masterIdentifier"]["value"].as_str().unwrap();
            assert_eq!(master, format!("urn:uuid:{}", id.attribute("root").unwrap()));
        }
        other => panic!("unexpected media type {other}"),
    }
}

#[test]
fn citoyen_1_has_every_form_of_document_over_six_years() {
    let region = region(12);
    let bundles: Vec<Value> =
        (0..region.households()).flat_map(|number| region.person_bundles(number)).collect();
    let found = documents(of_person(&bundles, "MORVAN"));
    assert!(found.len() >= 14, "{}", found.len());
    let types: HashSet<&str> =
        found.iter().map(|d| d.reference["type"]["coding"][0]["code"].as_str().unwrap()).collect();
    for code in ["11502-2", "18748-4", "57833-6", "34874-8", "15507-7", "11369-6", "60591-5", "52040-3"] {
        assert!(types.contains(code), "{code} in {types:?}");
    }
    assert!(types.contains("34112-3") || types.contains("11490-0"));
    let dates: Vec<&str> = found.iter().map(|d| d.reference["date"].as_str().unwrap()).collect();
    assert!(dates.iter().min() < Some(&"2020-12-31") && dates.iter().max() > Some(&"2026-01-01"));
    let xml = |part: &[u8]| found.iter().any(|d| d.media == "text/xml" && holds(&d.bytes, part));
    assert!(xml(b"<nonXMLBody>") && xml(b"<structuredBody>"));
    assert!(found.iter().any(|d| d.media == "image/png") && found.iter().any(|d| d.media == "text/plain"));
}

/// Codes of the visibility labels of a document; every document is also of normal confidentiality.
fn hidden_codes(document: &Value) -> Vec<&str> {
    let labels: Vec<(&str, &str)> = document["securityLabel"]
        .as_array()
        .unwrap()
        .iter()
        .map(|label| &label["coding"][0])
        .map(|coding| (coding["system"].as_str().unwrap(), coding["code"].as_str().unwrap()))
        .collect();
    assert_eq!(labels[0], ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N"));
    assert!(labels[1..].iter().all(|(system, _)| *system == systems::VISIBILITY));
    labels[1..].iter().map(|(_, code)| *code).collect()
}

#[test]
fn hides_one_result_before_its_announcement_and_one_visit_from_parents() {
    for seed in [17, 18, 19] {
        let region = region_of(400, seed);
        let mut hidden = Vec::new();
        for household in 0..region.households() {
            for bundle in region.person_bundles(household) {
                let patient = &bundle["entry"][0]["resource"];
                for document in documents(&bundle) {
                    for code in hidden_codes(document.reference) {
                        hidden.push((code.to_owned(), patient.clone(), document.reference.clone()));
                    }
                }
            }
        }
        hidden.sort_by(|one, other| one.0.cmp(&other.0));
        let [(first, citizen, result), (second, minor, visit)] = &hidden[..] else {
            panic!("{} hidden documents", hidden.len());
        };
        assert_eq!(first, "INVISIBLE_PATIENT");
        assert_eq!(
            (&citizen["name"][0]["family"], &citizen["name"][0]["given"][0]),
            (&"MORVAN".into(), &"CLAIRE".into())
        );
        assert_eq!(result["type"]["coding"][0]["code"], "18748-4");
        assert!(result["date"].as_str().unwrap() > "2026-02-15", "the announcement is still to come");
        assert_eq!(second, "INVISIBLE_REPRESENTANTS_LEGAUX");
        let birth = minor["birthDate"].as_str().unwrap();
        assert!(("2008-03-02"..="2011-03-01").contains(&birth), "{birth}");
        assert_eq!(visit["type"]["coding"][0]["code"], "11488-4");
    }
}

#[test]
fn hides_nothing_from_parents_where_no_minor_is_old_enough() {
    let region = region(12);
    let bundles: Vec<Value> =
        (0..region.households()).flat_map(|number| region.person_bundles(number)).collect();
    let found: Vec<Document<'_>> = bundles.iter().flat_map(documents).collect();
    let codes: Vec<&str> = found.iter().flat_map(|document| hidden_codes(document.reference)).collect();
    assert_eq!(codes, ["INVISIBLE_PATIENT"]);
}

#[test]
fn teams_of_the_story_are_as_told() {
    let region = region(12);
    let bundles: Vec<Value> =
        (0..region.households()).flat_map(|number| region.person_bundles(number)).collect();
    let number = |login: &str| {
        let accounts = region.accounts();
        accounts.into_iter().find(|account| account.login == login).unwrap().rpps.unwrap()
    };
    let team = |family: &str| {
        let bundle = of_person(&bundles, family);
        let entries = bundle["entry"].as_array().unwrap();
        let team = entries.iter().map(|e| &e["resource"]).find(|r| r["resourceType"] == "CareTeam").unwrap();
        team.to_string()
    };
    assert!(team("MORVAN").contains(&number("medecin-1")));
    assert!(!team("MORVAN").contains(&number("medecin-2")));
    assert!(team("LE GOFF").contains(&number("medecin-1")));
    assert!(team("TANGUY").contains(&number("medecin-1")));
    assert!(team("MARCHAND").contains(&number("sage-femme-1")));
    let lina = bundles.iter().find(|b| b["entry"][0]["resource"]["name"][0]["given"][0] == "LINA").unwrap();
    assert!(lina.to_string().contains(&number("medecin-3")));
    let homonyms: Vec<&Value> = bundles
        .iter()
        .map(|bundle| &bundle["entry"][0]["resource"])
        .filter(|patient| patient["name"][0]["family"] == "GIRARD")
        .collect();
    assert_eq!(homonyms.len(), 2);
    assert_eq!(homonyms[0]["birthDate"], homonyms[1]["birthDate"]);
    assert_ne!(homonyms[0]["identifier"], homonyms[1]["identifier"]);
    assert!(homonyms.iter().any(|patient| patient.get("telecom").is_none()));
}
