//! kill -9 while notifications are under way: each event arrives, under its number, once or again, and none is left out. And
//! mail, which says nothing.

use crate::harness::builders::{fresh, patient};
use crate::harness::client::Client;
use crate::harness::program::{Server, run, token};
use crate::harness::receiver::{Hook, Mailbox, subscription};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::path::Path;

const CUTS: usize = 8;
const EACH: usize = 6;

fn observation(person: &str, mark: &str) -> Value {
    json!({ "resourceType": "Observation", "status": "final", "code": { "text": mark }, "subject": { "reference": person } })
}

fn somebody(client: &Client) -> String {
    let made =
        client.create(&patient(&crate::harness::builders::matricule(fresh()), "ABONNEE", "1980-02-03"));
    format!("Patient/{}", made["id"].as_str().unwrap())
}

fn prepared(folder: &Path) -> String {
    assert_eq!(Server::demo(folder, 0).stop(), 0);
    token(folder, "systeme-1", &[])
}

#[test]
fn no_event_is_left_out_when_the_power_goes() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let token = prepared(&store);
    let hook = Hook::open();
    let channel = json!({ "type": "rest-hook", "endpoint": hook.url, "payload": "application/fhir+json" });
    let (mut written, mut told, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let mut person = String::new();
    let mut take = |came: crate::harness::receiver::Came| {
        for (number, entry) in
            came.numbers().into_iter().zip(came.body["entry"].as_array().unwrap().iter().skip(1))
        {
            numbers.push(number);
            told.push((number, entry["resource"]["code"]["text"].as_str().unwrap_or("").to_owned()));
        }
    };
    for cut in 0..CUTS {
        let server = Server::demo(&store, 0);
        let client = server.client(Some(token.clone()));
        if cut == 0 {
            person = somebody(&client);
            let filter = format!("Observation?patient={person}");
            let mut wanted = subscription("result-new", &filter, channel.clone(), "full-resource");
            // Two at a time, so that there is something to cut in two.
            wanted["channel"]["extension"] = json!([{ "valuePositiveInt": 2,
                "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-max-count" }]);
            client.create(&wanted);
            assert_eq!(hook.next().kind(), "handshake");
        }
        for number in 0..EACH {
            let mark = format!("coupure {cut}, mesure {number}");
            client.create(&observation(&person, &mark));
            written.push(mark);
        }
        // The power goes at another moment each time: before anything was told, or in the middle of it.
        for _ in 0..cut % 3 {
            take(hook.next_events());
        }
        server.kill();
    }
    let server = Server::demo(&store, 0);
    let last = (CUTS * EACH) as u64;
    loop {
        let came = hook.next_events();
        let is_last = came.numbers().last() == Some(&last);
        take(came);
        if is_last {
            break;
        }
    }
    assert_eq!(server.stop(), 0);
    told.sort();
    told.dedup();
    let marks: Vec<String> = told.iter().map(|(_, mark)| mark.clone()).collect();
    assert_eq!(marks, written, "each under one number, in the order they were written");
    assert!(numbers.windows(2).all(|pair| pair[1] <= pair[0] + 1), "no gap, ever: {numbers:?}");
    let verified = run(&["audit", "verify", "--data", &store.display().to_string()]);
    assert_eq!(verified.code, 0, "{} {}", verified.out, verified.err);
    let told = run(&["doctor", "--data", &store.display().to_string(), "--listen", "127.0.0.1:0"]);
    assert!(told.out.contains("job subscriptions.match"), "{}", told.out);
}

#[test]
fn a_mail_says_that_there_is_something_new_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let token = prepared(&store);
    let mailbox = Mailbox::open();
    let server = Server::demo(&store, 0);
    let client = server.client(Some(token.clone()));
    let person = somebody(&client);
    let channel =
        json!({ "type": "email", "endpoint": "mailto:alerte@exemple.test", "payload": "text/plain" });
    let wanted = subscription("result-new", &format!("Observation?patient={person}"), channel, "empty");
    let refused = client.post("/fhir/Subscription", &wanted).expect(422).text();
    assert!(refused.contains("[mail]"), "without a mail server none is promised: {refused}");
    assert_eq!(server.stop(), 0);
    let settings =
        format!("[mail]\nserver = \"{}\"\nfrom = \"socle@exemple.test\"\ntls = \"none\"\n", mailbox.server);
    std::fs::write(store.join("socle.toml"), settings).unwrap();
    let server = Server::demo(&store, 0);
    let client = server.client(Some(token));
    client.create(&wanted);
    mailbox.next();
    mailbox.set_open(false);
    client.create(&observation(&person, "HBA1C-SECRETE"));
    mailbox.set_open(true);
    let mail = mailbox.next();
    assert!(
        mail.contains("MAIL FROM:<socle@exemple.test>") && mail.contains("RCPT TO:<alerte@exemple.test>"),
        "{mail}"
    );
    let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
    let compact: String = body.split_whitespace().collect();
    let text = String::from_utf8(BASE64.decode(compact.as_bytes()).expect("base64")).expect("text");
    assert!(
        text.contains("Il y a du nouveau") && text.contains("something new") && text.contains(&server.base),
        "{text}"
    );
    let id = person.trim_start_matches("Patient/");
    for secret in ["HBA1C", "ABONNEE", id, "Observation", "Subscription"] {
        assert!(!text.contains(secret) && !head.contains(secret), "{secret}: {head} {text}");
    }
    assert_eq!(server.stop(), 0);
}
