//! `transaction` (all or nothing) and `batch` (each for itself).

use crate::harness::builders::{INS, fresh, fresh_uri, patient};
use crate::harness::client::encode;
use crate::harness::{Person, a_person, as_login};
use serde_json::{Value, json};

fn urn() -> String {
    format!("urn:uuid:10000000-0000-4000-8000-{:012}", fresh())
}

fn observation(subject: &str) -> Value {
    json!({ "resourceType": "Observation", "status": "final", "code": { "text": "essai" }, "subject": { "reference": subject } })
}

fn post(full_url: &str, resource: Value) -> Value {
    let name = resource["resourceType"].clone();
    json!({ "fullUrl": full_url, "resource": resource, "request": { "method": "POST", "url": name } })
}

fn bundle(of_type: &str, entries: Vec<Value>) -> Value {
    json!({ "resourceType": "Bundle", "type": of_type, "entry": entries })
}

fn statuses(answer: &Value) -> Vec<String> {
    answer["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["response"]["status"].as_str().unwrap()[..3].to_owned())
        .collect()
}

fn observations(person: &Person) -> Value {
    as_login("systeme-1").get(&format!("/fhir/Observation?patient={}&_count=0", person.id)).expect(200).json()
        ["total"]
        .clone()
}

#[test]
fn references_inside_a_transaction_become_literal() {
    let system = as_login("systeme-1");
    let (person, doctor) = (urn(), urn());
    let mut visit = observation(&person);
    visit["performer"] = json!([{ "reference": doctor }]);
    let answer = system
        .post(
            "/fhir",
            &bundle(
                "transaction",
                vec![
                    post(&urn(), visit),
                    post(
                        &person,
                        patient(&crate::harness::builders::matricule(fresh()), "LIENS", "1980-02-03"),
                    ),
                    post(&doctor, json!({ "resourceType": "Practitioner", "name": [{ "family": "LIEN" }] })),
                ],
            ),
        )
        .expect(200)
        .json();
    assert_eq!(answer["type"], "transaction-response");
    assert_eq!(statuses(&answer), ["201", "201", "201"]);
    let location = |index: usize| {
        answer["entry"][index]["response"]["location"]
            .as_str()
            .unwrap()
            .split("/_history")
            .next()
            .unwrap()
            .to_owned()
    };
    let stored = system.get(&format!("/fhir/{}", location(0))).expect(200).json();
    assert_eq!(stored["subject"]["reference"], location(1).as_str());
    assert_eq!(stored["performer"][0]["reference"], location(2).as_str());
}

#[test]
fn a_conditional_reference_must_mean_exactly_one() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let reference = |ins: &str| format!("Patient?identifier={INS}|{ins}");
    let answer = system
        .post("/fhir", &bundle("transaction", vec![post(&urn(), observation(&reference(&person.ins)))]))
        .expect(200)
        .json();
    let location = answer["entry"][0]["response"]["location"]
        .as_str()
        .unwrap()
        .split("/_history")
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        system.get(&format!("/fhir/{location}")).json()["subject"]["reference"],
        person.reference().as_str()
    );
    system
        .post("/fhir", &bundle("transaction", vec![post(&urn(), observation(&reference("280027599999999")))]))
        .expect(412);
}

#[test]
fn if_none_exist_uses_what_is_there() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let known = urn();
    let mut entry = post(&known, patient(&person.ins, "ESSAI", "1980-02-03"));
    entry["request"]["ifNoneExist"] =
        format!("identifier={}", encode(&format!("{INS}|{}", person.ins))).into();
    let answer = system
        .post("/fhir", &bundle("transaction", vec![entry, post(&urn(), observation(&known))]))
        .expect(200)
        .json();
    assert_eq!(statuses(&answer), ["200", "201"]);
    assert_eq!(observations(&person), 1);
}

#[test]
fn one_bad_entry_leaves_nothing() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let good = || post(&urn(), observation(&person.reference()));
    let invalid = post(
        &urn(),
        json!({ "resourceType": "Observation", "status": "nonsense", "code": { "text": "x" }, "subject": { "reference": person.reference() } }),
    );
    let stale = json!({ "fullUrl": format!("Patient/{}", person.id), "resource": person.resource,
        "request": { "method": "PUT", "url": format!("Patient/{}", person.id), "ifMatch": "W/\"9\"" } });
    let missing = json!({ "request": { "method": "DELETE", "url": "Observation/nothing" } });
    let nameless = json!({ "resource": observation(&person.reference()) });
    for (bad, status) in [(invalid, 422), (stale, 412), (missing, 404), (nameless, 400)] {
        let outcome =
            system.post("/fhir", &bundle("transaction", vec![good(), bad, good()])).expect(status).json();
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        assert_eq!(observations(&person), 0, "after {status}");
    }
    let outcome = system
        .post(
            "/fhir",
            &bundle("transaction", vec![good(), post(&urn(), json!({ "resourceType": "Observation" }))]),
        )
        .expect(422)
        .json();
    assert!(outcome["issue"][0]["expression"][0].as_str().unwrap().contains("entry[1]"), "{outcome}");
}

#[test]
fn a_transaction_may_do_everything_at_once() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = |resource: &Value| format!("Observation/{}", resource["id"].as_str().unwrap());
    let [old, going, patched] = [(); 3].map(|()| system.create(&observation(&person.reference())));
    let mut changed = old.clone();
    changed["status"] = "amended".into();
    let patch = data_encoding::BASE64.encode(br#"[{"op":"replace","path":"/status","value":"cancelled"}]"#);
    let answer = system
        .post("/fhir", &bundle("transaction", vec![
            post(&urn(), observation(&person.reference())),
            json!({ "resource": changed, "request": { "method": "PUT", "url": path(&old), "ifMatch": "W/\"1\"" } }),
            json!({ "request": { "method": "DELETE", "url": path(&going) } }),
            json!({ "resource": { "resourceType": "Binary", "contentType": "application/json-patch+json", "data": patch }, "request": { "method": "PATCH", "url": path(&patched) } }),
            json!({ "request": { "method": "GET", "url": format!("Patient/{}", person.id) } }),
        ]))
        .expect(200)
        .json();
    assert_eq!(statuses(&answer), ["201", "200", "204", "200", "200"]);
    assert_eq!(answer["entry"][4]["resource"]["id"], person.id.as_str());
    assert_eq!(system.get(&format!("/fhir/{}", path(&old))).json()["status"], "amended");
    assert_eq!(system.get(&format!("/fhir/{}", path(&patched))).json()["status"], "cancelled");
    system.get(&format!("/fhir/{}", path(&going))).expect(410);
}

#[test]
fn a_batch_answers_each_entry_for_itself() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let answer = system
        .post("/fhir", &bundle("batch", vec![
            post(&urn(), observation(&person.reference())),
            post(&urn(), json!({ "resourceType": "Observation", "status": "nonsense" })),
            json!({ "request": { "method": "GET", "url": format!("Observation?patient={}", person.id) } }),
            json!({ "request": { "method": "GET", "url": "Patient/nothing" } }),
            json!({ "request": { "method": "BREW", "url": "Patient" } }),
        ]))
        .expect(200)
        .json();
    assert_eq!(answer["type"], "batch-response");
    assert_eq!(statuses(&answer), ["201", "422", "200", "404", "400"]);
    assert_eq!(answer["entry"][2]["resource"]["resourceType"], "Bundle");
    assert_eq!(answer["entry"][3]["response"]["outcome"]["resourceType"], "OperationOutcome");
    assert_eq!(observations(&person), 1);
}

#[test]
fn refuses_a_bundle_that_is_no_request() {
    let system = as_login("systeme-1");
    system.post("/fhir", &bundle("collection", Vec::new())).expect(422);
    system.post("/fhir", &json!({ "resourceType": "Patient" })).expect(400);
    system.post("/fhir", &json!({ "resourceType": "Bundle", "type": "batch", "entry": {} })).expect(400);
    let same = json!({ "resource": { "resourceType": "Organization", "id": "x", "name": "x" }, "request": { "method": "PUT", "url": format!("Organization/{}", fresh_uri().replace(':', "-")) } });
    system.post("/fhir", &bundle("transaction", vec![same.clone(), same])).expect(400);
}
