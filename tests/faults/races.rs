//! Two who change the same version at the same time: one succeeds, the other is told.

use crate::harness::{a_person, as_login};
use serde_json::json;
use std::sync::Barrier;

const ROUNDS: u32 = 50;

#[test]
fn of_two_changes_of_one_version_exactly_one_wins() {
    let person = a_person().create();
    let path = format!("/fhir/Patient/{}", person.id);
    let system = as_login("systeme-1");
    for round in 1..=ROUNDS {
        let start = Barrier::new(2);
        let attempt = |value: u32| {
            let client = as_login("systeme-1");
            let mut next = person.resource.clone();
            next["multipleBirthInteger"] = value.into();
            let tag = format!("W/\"{round}\"");
            let call = client.call("PUT", &path).json(&next).header("if-match", &tag);
            start.wait();
            call.send().status
        };
        let mut statuses = std::thread::scope(|scope| {
            let first = scope.spawn(|| attempt(round * 2));
            let second = scope.spawn(|| attempt(round * 2 + 1));
            [first.join().unwrap(), second.join().unwrap()]
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "round {round}");
    }
    let last = system.get(&path).expect(200).json();
    assert_eq!(last["meta"]["versionId"], (ROUNDS + 1).to_string());
}

#[test]
fn changes_that_name_no_version_all_arrive() {
    let person = a_person().create();
    let path = format!("/fhir/Patient/{}", person.id);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let client = as_login("systeme-1");
                for turn in 0..5 {
                    let patch = json!([{ "op": "add", "path": "/telecom", "value": [{ "system": "other", "value": format!("{writer}-{turn}") }] }]);
                    let reply = client.patch(path, &patch);
                    assert!(matches!(reply.status, 200 | 412), "{}", reply.text());
                }
            });
        }
    });
    let history = as_login("systeme-1").get(&format!("{path}/_history?_count=100")).expect(200).json();
    let total = history["total"].as_u64().unwrap();
    let last = as_login("systeme-1").get(&path).expect(200).json();
    assert_eq!(last["meta"]["versionId"], total.to_string(), "versions have no gap");
}

#[test]
fn a_conditional_create_asked_twice_at_once_makes_one() {
    for round in 0..10 {
        let mark = crate::harness::builders::fresh_uri();
        let start = Barrier::new(2);
        let attempt = || {
            let client = as_login("systeme-1");
            let resource = json!({ "resourceType": "Organization", "name": "Une fois",
                "identifier": [{ "system": "urn:ietf:rfc:3986", "value": mark }] });
            let condition = format!("identifier={mark}");
            let call = client.call("POST", "/fhir/Organization").json(&resource);
            start.wait();
            call.header("if-none-exist", &condition).send().status
        };
        let statuses = std::thread::scope(|scope| {
            let attempts = [scope.spawn(attempt), scope.spawn(attempt)];
            attempts.map(|attempt| attempt.join().unwrap())
        });
        assert!(statuses.contains(&201), "{statuses:?}");
        let path = format!("/fhir/Organization?identifier={}", crate::harness::client::encode(&mark));
        let found = as_login("systeme-1").get(&path).expect(200).json();
        assert_eq!(found["total"], 1, "round {round}: {statuses:?}");
    }
}
