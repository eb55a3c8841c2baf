//! The record through the pipeline: rules, gate, store and pages together.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod house;

use house::{House, operator};
use serde_json::{Value, json};
use socle_kernel::{Capacity, Kind, resource_type};
use socle_pipeline::{Answer, Form, Imported, Interaction, Patch, Target, Upload, Validation};
use socle_ui::lint;

const SIMPLIFIED: &str = include_str!("../../testdata/pdsm/DocumentReference-PDSmSimplifiedExample.json");

/// The official simplified example, about our patient.
fn simplified() -> Value {
    let mut example: Value = serde_json::from_str(SIMPLIFIED).unwrap();
    example["subject"]["reference"] = "Patient/p".into();
    example["author"] = json!([{ "reference": "Practitioner/anne", "display": "Dr Anne MARTIN" }]);
    example
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(answer.body.as_ref().unwrap()).unwrap()
}

fn id(answer: &Answer) -> String {
    answer.location.as_ref().unwrap().split('/').nth(1).unwrap().to_owned()
}

fn patch(id: &str, operations: Value) -> Interaction {
    let target = Target::Id(resource_type::DOCUMENT_REFERENCE, id.into());
    Interaction::Patch { target, patch: Patch::Json(operations), if_match: None }
}

#[tokio::test]
async fn publishes_the_official_simplified_example_and_tells_what_it_breaks() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    let answer = house.create(&anne, simplified()).await.unwrap();
    assert_eq!(answer.status, 201);
    let told: Vec<&str> =
        answer.warnings.iter().map(|issue| issue.path.rsplit('.').next().unwrap()).collect();
    assert!(["contentType", "size", "hash"].iter().all(|name| told.contains(name)), "{told:?}");
    let document = body(&answer);
    let attachment = &document["content"][0]["attachment"];
    assert!(attachment["data"].is_null());
    let binary = attachment["url"].as_str().unwrap().strip_prefix("Binary/").unwrap().to_owned();
    let content = house.read(&house.citizen(Capacity::Own), "Binary", &binary).await.unwrap();
    assert_eq!(content.content.unwrap().1.as_ref(), b"Hello World");
}

/// The official comprehensive example with its submission set and its content, as one transaction.
fn provided(change: impl Fn(&mut Value)) -> Interaction {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let mut set = parse(include_str!("../../testdata/pdsm/List-ExampleSubmissionSet.json"));
    let mut document =
        parse(include_str!("../../testdata/pdsm/DocumentReference-exemple-pdsm-documentreference.json"));
    let binary = parse(include_str!("../../testdata/pdsm/Binary-6789.json"));
    for resource in [&mut set, &mut document] {
        resource["subject"]["reference"] = "Patient/p".into();
    }
    set["entry"][0]["item"]["reference"] = "urn:uuid:document".into();
    document["context"]["sourcePatientInfo"]["reference"] = "Patient/p".into();
    document["content"][0]["attachment"]["url"] = "urn:uuid:binary".into();
    change(&mut document);
    let post = |full: &str, resource: Value| {
        let url = resource["resourceType"].clone();
        json!({ "fullUrl": format!("urn:uuid:{full}"), "resource": resource, "request": { "method": "POST", "url": url } })
    };
    let entries = [post("set", set), post("document", document), post("binary", binary)];
    Interaction::Bundle(json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }))
}

#[tokio::test]
async fn takes_the_official_submission_set_with_warnings_and_refuses_one_that_lacks_more() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    let answer = body(&house.ask(&anne, provided(|_| {})).await.unwrap());
    let entries = answer["entry"].as_array().unwrap();
    let names = ["List/", "DocumentReference/", "Binary/"];
    for (entry, name) in entries.iter().zip(names) {
        assert!(entry["response"]["location"].as_str().unwrap().starts_with(name), "{answer}");
    }
    let told = entries[1]["response"]["outcome"].to_string();
    assert!(told.contains("DocumentReference.author") && told.contains("345678 (declared)"), "{told}");
    let lacking = provided(|document| {
        document.as_object_mut().unwrap().shift_remove("custodian");
        document.as_object_mut().unwrap().shift_remove("meta");
    });
    let problem = house.ask(&anne, lacking).await.unwrap_err();
    let paths: Vec<&str> = problem.issues.iter().map(|issue| issue.path.as_str()).collect();
    assert_eq!((problem.kind, paths), (Kind::Unprocessable, vec!["Bundle.entry[1].resource.custodian"]));
}

#[tokio::test]
async fn refuses_a_document_that_came_already() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    house.create(&anne, simplified()).await.unwrap();
    let problem = house.create(&anne, simplified()).await.unwrap_err();
    assert_eq!((problem.kind, problem.issues[0].code), (Kind::Conflict, "duplicate"));
    // Feeding needs no care relation, and meets the same rule.
    let problem = house.create(&house.doctor("paul"), simplified()).await.unwrap_err();
    assert_eq!(problem.kind, Kind::Conflict);
}

#[tokio::test]
async fn a_new_version_supersedes_the_old_one_once_and_by_its_author_only() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    let old = id(&house.create(&anne, simplified()).await.unwrap());
    let version = |unique: &str| {
        let mut newer = simplified();
        newer["masterIdentifier"]["value"] = unique.into();
        newer["relatesTo"] =
            json!([{ "code": "replaces", "target": { "reference": format!("DocumentReference/{old}") } }]);
        newer
    };
    let refused = house.create(&house.doctor("paul"), version("urn:uuid:0")).await.unwrap_err();
    assert!(matches!(refused.kind, Kind::Unprocessable | Kind::Refused), "{refused}");
    house.create(&anne, version("urn:uuid:1")).await.unwrap();
    assert_eq!(body(&house.read(&anne, "DocumentReference", &old).await.unwrap())["status"], "superseded");
    let problem = house.create(&anne, version("urn:uuid:2")).await.unwrap_err();
    assert_eq!(problem.kind, Kind::Conflict);
    let mut elsewhere = version("urn:uuid:3");
    elsewhere["relatesTo"][0]["target"]["reference"] = "DocumentReference/nowhere".into();
    assert_eq!(house.create(&anne, elsewhere).await.unwrap_err().kind, Kind::Unprocessable);
}

#[tokio::test]
async fn a_patch_changes_state_and_visibility_and_a_mask_hides_from_the_others() {
    let house = House::open().await;
    let (anne, claire) = (house.doctor("anne"), house.citizen(Capacity::Own));
    let document = id(&house
        .create(&house.doctor("paul"), {
            let mut by_paul = simplified();
            by_paul["author"] = json!([{ "reference": "Practitioner/paul" }]);
            by_paul
        })
        .await
        .unwrap());
    let title = json!([{ "op": "replace", "path": "/description", "value": "autre" }]);
    let problem = house.ask(&house.doctor("paul"), patch(&document, title)).await.unwrap_err();
    assert_eq!(
        (problem.kind, problem.issues[0].path.as_str()),
        (Kind::NotOffered, "DocumentReference.description")
    );
    let withdrawn = json!([{ "op": "replace", "path": "/status", "value": "entered-in-error" }]);
    assert_eq!(house.ask(&claire, patch(&document, withdrawn)).await.unwrap_err().kind, Kind::Refused);
    assert!(house.read(&anne, "DocumentReference", &document).await.is_ok());
    let mask = json!([{ "op": "add", "path": "/securityLabel", "value": [{ "coding": [{ "code": "MASQUE_PS" }] }] }]);
    house.ask(&claire, patch(&document, mask)).await.unwrap();
    assert_eq!(house.read(&anne, "DocumentReference", &document).await.unwrap_err().kind, Kind::NotFound);
    assert!(house.read(&house.doctor("paul"), "DocumentReference", &document).await.is_ok());
    assert!(house.read(&claire, "DocumentReference", &document).await.is_ok());
}

#[tokio::test]
async fn every_page_of_the_citizen_opens() {
    let house = House::open().await;
    let claire = house.citizen(Capacity::Own);
    let document = id(&house.create(&house.doctor("anne"), simplified()).await.unwrap());
    for address in [
        "/mon-espace".to_owned(),
        "/mon-espace/documents".to_owned(),
        "/mon-espace/documents?q=suivi&nature=10".to_owned(),
        format!("/mon-espace/documents/{document}"),
    ] {
        let answer =
            house.get(&claire, &address).await.unwrap_or_else(|problem| panic!("{address}: {problem}"));
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert_eq!((answer.status, lint::check(&html)), (200, Vec::new()), "{address}");
        assert!(html.contains("Note de suivi du 30 avril 2025"), "{address}");
    }
    let content =
        house.get(&claire, &format!("/mon-espace/documents/{document}/contenu?telecharger=1")).await.unwrap();
    assert_eq!(content.body.as_ref(), b"Hello World");
    assert!(house.get(&claire, "/mon-espace/documents/0").await.is_err());
}

#[tokio::test]
async fn a_professional_reads_at_a_glance_or_is_sent_to_ask_for_access() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    house.create(&anne, simplified()).await.unwrap();
    for (address, text) in [
        ("/pro/patients/p", "Pénicilline"),
        ("/pro/patients/p/donnees/allergies", "Pénicilline"),
        ("/pro/patients/p/documents", "Note de suivi"),
        ("/pro/patients/p/documents?nature=10&periode=tout", "Note de suivi"),
        ("/pro/patients/p/documents/publier", "Type de document"),
    ] {
        let answer = house.get(&anne, address).await.unwrap_or_else(|problem| panic!("{address}: {problem}"));
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert_eq!((answer.status, lint::check(&html)), (200, Vec::new()), "{address}");
        assert!(html.contains(text), "{address}");
    }
    let shut_out = house.get(&house.doctor("paul"), "/pro/patients/p").await.unwrap();
    assert_eq!(shut_out.status, 303);
    assert!(shut_out.headers.contains(&("location".to_owned(), "/pro/patients/p/acces".to_owned())));
}

#[tokio::test]
async fn a_blocked_professional_is_sent_where_everybody_without_a_relation_is_sent() {
    let house = House::open().await;
    let block = json!({ "resourceType": "Consent", "status": "active", "patient": { "reference": "Patient/p" },
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "policyRule": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT" }] },
        "provision": { "type": "deny", "actor": [{
            "role": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "PRCP" }] },
            "reference": { "reference": "Practitioner/anne" } }] } });
    house.create(&operator(), block).await.unwrap();
    for address in ["/pro/patients/p", "/pro/patients/p/documents", "/pro/patients/p/documents/publier"] {
        let answer = house.get(&house.doctor("anne"), address).await.unwrap();
        assert_eq!(answer.status, 303, "{address}");
        assert!(
            answer.headers.contains(&("location".to_owned(), "/pro/patients/p/acces".to_owned())),
            "{address}"
        );
    }
    let answer = house
        .post(&house.doctor("anne"), "/pro/patients/p/documents/publier", publication(b"%PDF-1.4", &FIELDS))
        .await
        .unwrap();
    assert!(answer.headers.contains(&("location".to_owned(), "/pro/patients/p/acces".to_owned())));
}

fn publication(file: &[u8], fields: &[(&str, &str)]) -> Form {
    let upload = Upload {
        field: "fichier".into(),
        file_name: "document".into(),
        media_type: "application/octet-stream".into(),
        content: file.to_vec().into(),
    };
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Form { fields, files: vec![upload] }
}

const FIELDS: [(&str, &str); 7] = [
    ("titre", "CR de consultation"),
    ("type", "11488-4"),
    ("date-day", "2"),
    ("date-month", "3"),
    ("date-year", "2026"),
    ("lieu", "SA07"),
    ("cadre", "AMBULATOIRE"),
];

#[tokio::test]
async fn a_professional_publishes_replaces_and_withdraws_by_pages() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    let form = "/pro/patients/p/documents/publier";
    let location = |answer: &socle_pipeline::PageAnswer| {
        let found =
            answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone());
        found.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&answer.body)))
    };
    let published = location(&house.post(&anne, form, publication(b"%PDF-1.4 un", &FIELDS)).await.unwrap());
    assert!(published.ends_with("?fait=publie"), "{published}");
    let page = house.get(&anne, &published).await.unwrap();
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(
        html.contains("Retirer ce document") && lint::check(&html).is_empty(),
        "{:?}",
        lint::check(&html)
    );
    let old = published.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let newer: Vec<(&str, &str)> = FIELDS.into_iter().chain([("remplace", old.as_str())]).collect();
    let replaced = location(&house.post(&anne, form, publication(b"%PDF-1.4 deux", &newer)).await.unwrap());
    assert!(replaced.ends_with("?fait=remplace"), "{replaced}");
    assert_eq!(body(&house.read(&anne, "DocumentReference", &old).await.unwrap())["status"], "superseded");
    let old_page = house.get(&anne, &format!("/pro/patients/p/documents/{old}")).await.unwrap();
    assert!(String::from_utf8(old_page.body.to_vec()).unwrap().contains("a été remplacé"));
    let newer = replaced.split('?').next().unwrap().to_owned();
    let asked = house.get(&anne, &format!("{newer}/retirer")).await.unwrap();
    assert_eq!(asked.status, 200);
    house.post(&anne, &format!("{newer}/retirer"), Form::default()).await.unwrap();
    let gone = newer.rsplit('/').next().unwrap();
    let claire = house.citizen(Capacity::Own);
    assert_eq!(house.read(&claire, "DocumentReference", gone).await.unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn the_form_says_what_is_wrong_and_keeps_what_was_written() {
    let house = House::open().await;
    let anne = house.doctor("anne");
    let form = "/pro/patients/p/documents/publier";
    let answer = house.post(&anne, form, publication(b"%PDF-1.4", &FIELDS[..1])).await.unwrap();
    let html = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!((answer.status, lint::check(&html)), (422, Vec::new()));
    assert!(html.contains("CR de consultation") && html.contains("Choisissez le type"));
    let of_another = br#"<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><code code="11502-2"/><title>CR</title>
        <recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="180035121518989"/></patientRole></recordTarget></ClinicalDocument>"#;
    let answer = house.post(&anne, form, publication(of_another, &FIELDS)).await.unwrap();
    assert_eq!(answer.status, 422);
    assert!(String::from_utf8(answer.body.to_vec()).unwrap().contains("une autre personne"));
}

const CDA: &str = r#"<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">
 <id root="1.2.250.1.999.1" extension="42"/><code code="11502-2" codeSystem="2.16.840.1.113883.6.1"/><title>CR de biologie</title>
 <effectiveTime value="20260303140200+0100"/><confidentialityCode code="N"/>
 <recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="279035121518989"/><patient><name><given>Claire</given><family>ROUX</family></name><birthTime value="19790312"/></patient></patientRole></recordTarget>
 <author><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="810100000001"/><assignedPerson><name><given>Anne</given><family>MARTIN</family></name></assignedPerson></assignedAuthor></author>
 <custodian><assignedCustodian><representedCustodianOrganization><name>Laboratoire</name></representedCustodianOrganization></assignedCustodian></custodian>
 <component><structuredBody><component><section><title>Conclusion</title><text>Bilan normal.</text></section></component></structuredBody></component></ClinicalDocument>"#;

#[tokio::test]
async fn a_cda_file_finds_its_person_and_is_read_as_a_page() {
    let house = House::open().await;
    let session = house.pipeline.gate().session(operator().into(), Default::default(), "import");
    let outcome = house
        .pipeline
        .import(&session, Imported::Document(CDA.as_bytes().to_vec()), [1; 32], Validation::Strict)
        .await;
    let outcome = session.close(outcome).await.into_inner().unwrap();
    assert!(!outcome.written.contains_key("Patient"), "{outcome:?}");
    let anne = house.doctor("anne");
    let list = house.get(&anne, "/pro/patients/p/documents").await.unwrap();
    let html = String::from_utf8(list.body.to_vec()).unwrap();
    let start = html.find("/pro/patients/p/documents/").unwrap();
    let hrefs: Vec<&str> =
        html[start..].split('"').filter(|part| part.starts_with("/pro/patients/p/documents/")).collect();
    let href = hrefs.iter().find(|href| !href.ends_with("/publier")).unwrap();
    let page = house.get(&anne, href).await.unwrap();
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(html.contains("Bilan normal.") && lint::check(&html).is_empty(), "{:?}", lint::check(&html));
    // The author that the header names may withdraw it.
    assert!(html.contains("Retirer ce document"));
}
