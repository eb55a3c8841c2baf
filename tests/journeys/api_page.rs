//! Somebody tries the API on its page, without scripts: in their own name, with their own rights, and with help in every error.

use crate::harness::browser::Page;
use crate::harness::{Browser, Person, a_document, a_person, region};

fn ask(browser: &mut Browser, method: &str, address: &str, body: &str) -> Page {
    let page = browser.open("/bac-a-sable/api").expect(200);
    let form = page.form_where(|form| form.fields.iter().any(|(name, _)| name == "adresse"));
    browser.submit(&form.fill("methode", method).fill("adresse", address).fill("corps", body))
}

#[test]
fn a_citizen_asks_for_what_is_theirs_and_learns_from_every_error() {
    let own = Person::of_login("citoyen-4");
    let mut browser = Browser::new().speaking("fr");
    browser.demonstration("citoyen-4").expect(200);

    let read = ask(&mut browser, "GET", &format!("Patient/{}", own.id), "").expect(200);
    read.shows("200").shows(&own.family).shows("curl -s -X GET");
    read.hides("Bearer ey");
    // What people type is sent as they mean it: spaces and bars need no encoding.
    ask(&mut browser, "GET", "Organization?_filter=name co \"centre\"&_count=1", "")
        .expect(200)
        .shows("searchset");
    let wrong = ask(&mut browser, "GET", "Patient?couleur=bleu", "").expect(200);
    wrong.shows("400").shows("birthdate");
    let invalid = ask(
        &mut browser,
        "POST",
        "Observation/$validate",
        "{\"resourceType\":\"Observation\",\"status\":\"fini\"}",
    );
    invalid.expect(200).shows("Observation.status").shows("Observation.code");
    ask(&mut browser, "GET", "Patient\\é<>", "").expect(200).shows("Réponse 404");

    // The page opens no door that the API keeps shut.
    let other = a_person().create();
    let hidden = a_document().publish_as("systeme-1", &other);
    let refused = ask(&mut browser, "GET", &format!("DocumentReference/{}", hidden.id), "").expect(200);
    refused.shows("404").hides(&hidden.binary);
}

#[test]
fn every_example_of_the_page_is_answered() {
    let mut browser = Browser::new().speaking("en");
    browser.demonstration("citoyen-5").expect(200);
    let page = browser.open("/bac-a-sable/api").expect(200);
    let examples = page.links("/bac-a-sable/api?exemple=");
    assert!(examples.len() >= 8, "{examples:?}");
    for example in examples {
        let form = browser
            .open(&example)
            .expect(200)
            .form_where(|form| form.fields.iter().any(|(name, _)| name == "adresse"));
        let told = browser.submit(&form).expect(200);
        told.shows("Answer ").shows("x-request-id");
        told.hides("Answer 500");
    }
    let types = browser.open("/bac-a-sable/api?type=Observation").expect(200);
    types.shows("Observation/$lastn").shows("code-value-quantity").shows("OpenAPI 3.1");
    assert_eq!(region().anonymous().get("/openapi.json").status, 200);
}
