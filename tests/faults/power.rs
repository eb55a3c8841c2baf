//! kill -9 in the middle of writes, twenty times: what was acknowledged is there, and no transaction is half there.

use crate::harness::Client;
use crate::harness::builders::{letters, matricule, patient};
use crate::harness::client::matches;
use crate::harness::program::{Server, run, token};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const CUTS: u32 = 20;
const WRITERS: u32 = 8;
/// Writes that must be acknowledged before the power goes.
const BEFORE_CUT: usize = 24;

/// A write that the server said was done.
#[derive(Debug)]
struct Acknowledged {
    /// `Type/id/_history/version`.
    location: String,
    /// What must be read there.
    mark: String,
}

/// A transaction of three resources: a person and two observations that carry the same mark.
fn trio(mark: &str, number: u32) -> Value {
    let person = format!("urn:uuid:20000000-0000-4000-8000-{number:012}");
    let observation = || {
        json!({ "resourceType": "Observation", "status": "final", "code": { "text": mark },
        "identifier": [{ "system": "urn:essai:coupure", "value": mark }], "subject": { "reference": person } })
    };
    let post = |resource: Value| json!({ "resource": resource, "request": { "method": "POST", "url": "Observation" } });
    let mut subject = patient(&matricule(number), &format!("COUPURE{}", letters(number)), "1980-02-03");
    subject["identifier"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "system": "urn:essai:coupure", "value": mark }));
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
        { "fullUrl": person, "resource": subject, "request": { "method": "POST", "url": "Patient" } }, post(observation()), post(observation())] })
}

/// Writes until the connection breaks, and notes what was acknowledged.
fn write(
    client: &Client,
    marks: (u32, u32),
    done: &Mutex<Vec<Acknowledged>>,
    tried: &Mutex<Vec<String>>,
    count: &AtomicUsize,
    is_over: &AtomicBool,
) {
    let (cut, writer) = marks;
    for turn in 0..10_000 {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let mark = format!("c{cut}-e{writer}-t{turn}");
        let number = cut * 4000 + writer * 500 + turn % 500;
        tried.lock().unwrap().push(mark.clone());
        let Some(reply) = client.call("POST", "/fhir").json(&trio(&mark, number)).try_send() else { return };
        assert_eq!(reply.status, 200, "{}", reply.text());
        let answer = reply.json();
        let locations = answer["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["response"]["location"].as_str().unwrap().to_owned());
        let mut written: Vec<Acknowledged> =
            locations.map(|location| Acknowledged { location, mark: mark.clone() }).collect();
        // And a change of one of them, so that second versions are at stake too.
        let id = written[1].location.split('/').nth(1).unwrap().to_owned();
        done.lock().unwrap().append(&mut written);
        count.fetch_add(1, Ordering::Relaxed);
        let changed = format!("{mark}-changed");
        let patch = json!([{ "op": "replace", "path": "/code/text", "value": changed }]);
        let call = client
            .call("PATCH", &format!("/fhir/Observation/{id}"))
            .json(&patch)
            .header("content-type", "application/json-patch+json")
            .try_send();
        let Some(reply) = call else { return };
        assert_eq!(reply.status, 200, "{}", reply.text());
        done.lock()
            .unwrap()
            .push(Acknowledged { location: format!("Observation/{id}/_history/2"), mark: changed });
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// One life of the server: writers at work until the power goes.
fn live(folder: &Path, token: &str, cut: u32) -> (Vec<Acknowledged>, Vec<String>) {
    let server = Server::demo(folder, 0);
    let (done, tried) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let (count, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let client = server.client(Some(token.to_owned()));
            let (done, tried, count, is_over) = (&done, &tried, &count, &is_over);
            scope.spawn(move || write(&client, (cut, writer), done, tried, count, is_over));
        }
        while count.load(Ordering::Relaxed) < BEFORE_CUT {
            std::thread::yield_now();
        }
        server.kill();
        is_over.store(true, Ordering::Relaxed);
    });
    (done.into_inner().unwrap(), tried.into_inner().unwrap())
}

fn check_acknowledged(client: &Client, done: &[Acknowledged]) {
    for write in done {
        let reply = client.get(&format!("/fhir/{}", write.location));
        assert_eq!(reply.status, 200, "an acknowledged write is lost: {write:?} {}", reply.text());
        assert!(reply.text().contains(&write.mark), "{write:?}: {}", reply.text());
    }
}

fn check_whole(client: &Client, tried: &[String]) {
    for mark in tried {
        let people = matches(
            &client.get(&format!("/fhir/Patient?identifier=urn:essai:coupure%7C{mark}")).expect(200).json(),
        );
        let count = match people.as_slice() {
            [] => 0,
            [person] => {
                let found = client
                    .get(&format!(
                        "/fhir/Observation?patient={person}&identifier=urn:essai:coupure%7C{mark}&_count=0"
                    ))
                    .expect(200)
                    .json();
                found["total"].as_u64().unwrap()
            }
            several => panic!("{mark} was written {} times", several.len()),
        };
        assert!(
            people.is_empty() && count == 0 || people.len() == 1 && count == 2,
            "{mark} is half there: {} people, {count} observations",
            people.len()
        );
    }
}

#[test]
fn no_acknowledged_write_is_lost_and_no_transaction_is_half_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    assert_eq!(Server::demo(&store, 0).stop(), 0);
    let token = token(&store, "systeme-1", &[]);
    let data = store.display().to_string();
    let mut everything = Vec::new();
    for cut in 0..CUTS {
        let (done, tried) = live(&store, &token, cut);
        assert!(done.len() >= BEFORE_CUT, "the cut came in the middle of writes");
        let verified = run(&["audit", "verify", "--data", &data]);
        assert_eq!(verified.code, 0, "after cut {cut}: {} {}", verified.out, verified.err);
        let server = Server::demo(&store, 0);
        let client = server.client(Some(token.clone()));
        check_acknowledged(&client, &done);
        check_whole(&client, &tried);
        everything.extend(done);
        assert_eq!(server.stop(), 0);
    }
    // What survived one cut survives the others.
    let server = Server::demo(&store, 0);
    check_acknowledged(&server.client(Some(token)), &everything);
    server.stop();
    let verified = run(&["audit", "verify", "--json", "--data", &data]);
    let report: Value = serde_json::from_str(&verified.out).unwrap();
    assert!(
        report["lines"].as_u64().unwrap() as usize >= everything.len(),
        "each write left its line: {report}"
    );
}
