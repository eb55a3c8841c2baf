//! Sharing through the pipeline: rules, gate, log and pages together.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod house;

use house::{House, NOW};
use serde_json::{Value, json};
use socle_kernel::{Capacity, Kind, Principal};
use socle_pipeline::{Form, PageAnswer};
use socle_ui::lint;

fn form(fields: &[(&str, &str)]) -> Form {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Form { fields, files: Vec::new() }
}

fn html(answer: &PageAnswer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

fn location(answer: &PageAnswer) -> &str {
    answer.headers.iter().find(|(name, _)| name == "location").map_or("", |(_, value)| value)
}

async fn may_read(house: &House, who: &Principal) -> bool {
    house.read(who, "DocumentReference", "d").await.is_ok()
}

const VISIBILITY: &str = "/mon-espace/documents/d/visibilite";

#[tokio::test]
async fn a_person_hides_a_document_in_one_gesture_and_shows_it_again_in_two() {
    let house = House::open().await;
    let (anne, claire) = (house.doctor("anne"), house.citizen(Capacity::Own));
    assert!(may_read(&house, &anne).await);
    let answer = house.post(&claire, VISIBILITY, form(&[("choix", "masquer")])).await.unwrap();
    assert_eq!(location(&answer), "/mon-espace/documents/d?fait=masque");
    assert!(!may_read(&house, &anne).await);
    assert!(may_read(&house, &claire).await);
    let asked = house.post(&claire, VISIBILITY, form(&[("choix", "montrer")])).await.unwrap();
    assert_eq!((asked.status, lint::check(&html(&asked))), (200, Vec::new()));
    assert!(!may_read(&house, &anne).await);
    house.post(&claire, VISIBILITY, form(&[("choix", "montrer"), ("confirme", "oui")])).await.unwrap();
    assert!(may_read(&house, &anne).await);
}

#[tokio::test]
async fn a_carer_hides_nothing() {
    let house = House::open().await;
    let carer = house.citizen(Capacity::Carer);
    assert!(house.post(&carer, VISIBILITY, form(&[("choix", "masquer")])).await.is_err());
    assert!(may_read(&house, &house.doctor("anne")).await);
}

#[tokio::test]
async fn a_person_sees_who_read_what_and_who_was_refused() {
    let house = House::open().await;
    let claire = house.citizen(Capacity::Own);
    assert!(may_read(&house, &house.doctor("anne")).await);
    assert!(!may_read(&house, &house.doctor("paul")).await);
    let answer = house.get(&claire, "/mon-espace/acces").await.unwrap();
    let page = html(&answer);
    assert_eq!((answer.status, lint::check(&page)), (200, Vec::new()));
    assert!(
        page.contains("Dr anne")
            && page.contains("« CR de biologie »")
            && page.contains("dans le cadre de vos soins")
    );
    assert!(page.contains("Dr paul") && page.contains("accès refusé"));
    let line = page.split('"').find(|part| part.starts_with("/mon-espace/acces/")).unwrap().to_owned();
    let line = house.get(&claire, &line).await.unwrap();
    assert_eq!((line.status, lint::check(&html(&line))), (200, Vec::new()));
    let unusual = html(&house.get(&claire, "/mon-espace/acces?qui=urgences").await.unwrap());
    assert!(unusual.contains("Dr paul") && !unusual.contains("Dr anne"));
    let own = html(&house.get(&claire, "/mon-espace/acces?qui=moi").await.unwrap());
    assert!(own.contains("Vous") && !own.contains("Dr anne"));
    assert!(house.get(&claire, "/mon-espace/acces/00000000-0000-0000-0000-000000000000").await.is_err());
}

#[tokio::test]
async fn a_person_blocks_a_professional_of_their_team_and_lets_them_back() {
    let house = House::open().await;
    let (anne, claire) = (house.doctor("anne"), house.citizen(Capacity::Own));
    for address in [
        "/mon-espace/partage",
        "/mon-espace/partage/bloquer",
        "/mon-espace/partage/bloquer?q=10100000001",
        "/mon-espace/partage/bloquer?q=martin",
    ] {
        let answer =
            house.get(&claire, address).await.unwrap_or_else(|problem| panic!("{address}: {problem}"));
        let page = html(&answer);
        assert_eq!((answer.status, lint::check(&page)), (200, Vec::new()), "{address}");
        assert!(page.contains("MARTIN"), "{address}");
    }
    let answer = house
        .post(&claire, "/mon-espace/partage/bloquer", form(&[("praticien", "Practitioner/anne")]))
        .await
        .unwrap();
    assert_eq!(location(&answer), "/mon-espace/partage?fait=bloque");
    assert!(!may_read(&house, &anne).await);
    let page = html(&house.get(&claire, "/mon-espace/partage?fait=bloque").await.unwrap());
    let consent =
        page.split("name=\"consentement\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = house
        .post(&claire, "/mon-espace/partage/debloquer", form(&[("consentement", &consent)]))
        .await
        .unwrap();
    assert_eq!(location(&answer), "/mon-espace/partage?fait=debloque");
    assert!(may_read(&house, &anne).await);
}

fn agreement(practitioner: &str, end: Option<&str>) -> Value {
    let mut consent = json!({ "resourceType": "Consent", "status": "active", "patient": { "reference": "Patient/p" },
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "policyRule": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN" }] },
        "dateTime": NOW, "provision": { "type": "permit", "actor": [{
            "role": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "PRCP" }] },
            "reference": { "reference": format!("Practitioner/{practitioner}") } }] } });
    if let Some(end) = end {
        consent["provision"]["period"] = json!({ "end": end });
    }
    consent
}

#[tokio::test]
async fn a_professional_records_an_agreement_for_themself_and_for_one_day() {
    let house = House::open().await;
    let paul = house.doctor("paul");
    assert!(!may_read(&house, &paul).await);
    let long = house.create(&paul, agreement("paul", Some("2026-12-31T00:00:00Z"))).await.unwrap_err();
    assert_eq!((long.kind, long.issues[0].path.as_str()), (Kind::Unprocessable, "Consent.provision.period"));
    let other = house.create(&paul, agreement("anne", None)).await.unwrap_err();
    assert_eq!((other.kind, other.issues[0].path.as_str()), (Kind::Refused, "Consent.provision.actor"));
    house.create(&paul, agreement("paul", None)).await.unwrap();
    assert!(may_read(&house, &paul).await);
    let page = html(&house.get(&house.citizen(Capacity::Own), "/mon-espace/partage").await.unwrap());
    assert!(page.contains("LEROY") && page.contains("jusqu’au"));
}

#[tokio::test]
async fn a_person_writes_no_consent_in_another_record() {
    let house = House::open().await;
    let mut consent = agreement("paul", None);
    consent["patient"]["reference"] = "Patient/other".into();
    assert!(house.create(&house.citizen(Capacity::Own), consent).await.is_err());
}
