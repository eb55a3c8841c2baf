//! Subscriptions by topic over HTTP: who is told, how they are reached, and where nobody may be reached.

use crate::harness::builders::a_document;
use crate::harness::receiver::{Hook, numbers, subscription};
use crate::harness::{a_person, as_login, region};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn rest_hook(url: &str) -> Value {
    json!({ "type": "rest-hook", "endpoint": url, "payload": "application/fhir+json", "header": ["Authorization: Bearer secret-du-test"] })
}

/// An open connection to the server under test.
fn connect() -> BufReader<TcpStream> {
    let address = region().server.base.trim_start_matches("http://").to_owned();
    BufReader::new(TcpStream::connect(address).expect("the server listens"))
}

/// The head of an answer, as it came.
fn head(reader: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).expect("an answer") > 0, "{head}");
    }
    head
}

#[test]
fn a_member_of_the_team_is_told_of_a_new_document_and_a_stranger_is_not() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let filter = format!("DocumentReference?patient={}", person.reference());
    let (of_team, of_stranger) = (Hook::open(), Hook::open());
    for (login, hook) in [("medecin-1", &of_team), ("dentiste-1", &of_stranger)] {
        as_login(login).create(&subscription("document-new", &filter, rest_hook(&hook.url), "full-resource"));
        let handshake = hook.next();
        assert_eq!(handshake.kind(), "handshake");
        assert_eq!(handshake.header("authorization"), "Bearer secret-du-test");
        assert!(handshake.header("content-type").starts_with("application/fhir+json"));
    }
    a_document().masked().publish_as("systeme-1", &person);
    let shown = a_document().titled("Pour l'équipe").publish_as("systeme-1", &person);
    let told = of_team.next_events();
    assert_eq!(told.numbers(), [1], "the hidden one is not even counted");
    assert_eq!(told.body["entry"][1]["resource"]["id"], shown.id);
    assert_eq!(told.body["entry"][1]["resource"]["description"], "Pour l'équipe");
    assert!(of_stranger.rest().is_empty());
}

#[test]
fn addresses_inside_a_network_are_never_asked_for() {
    let system = as_login("systeme-1");
    for url in [
        "http://exemple.test/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/hook",
        "https://a:b@exemple.test/hook",
        "gopher://127.0.0.1/",
    ] {
        let reply = system.post(
            "/fhir/Subscription",
            &subscription("document-new", "DocumentReference?", rest_hook(url), "empty"),
        );
        assert_eq!(reply.status, 422, "{url}: {}", reply.text());
        assert!(reply.text().contains("Subscription.channel.endpoint"), "{url}: {}", reply.text());
    }
}

#[test]
fn a_redirect_is_not_followed_and_ends_in_error() {
    let system = as_login("systeme-1");
    let hook = Hook::open();
    hook.answer(307);
    let made =
        system.create(&subscription("document-new", "DocumentReference?", rest_hook(&hook.url), "empty"));
    let path = format!("/fhir/Subscription/{}", made["id"].as_str().unwrap());
    hook.next();
    let mut found = (0..100_000).map(|_| system.get(&path).json());
    let ended = found.find(|found| found["status"] != "requested").expect("it ends");
    assert_eq!(ended["status"], "error");
    assert!(ended["error"].as_str().unwrap().contains("redirect"), "{ended}");
}

#[test]
fn another_program_sees_neither_a_subscription_nor_its_secret() {
    let hook = Hook::open();
    let owner = as_login("medecin-1");
    let made = owner.create(&subscription("result-new", "Observation?code=x", rest_hook(&hook.url), "empty"));
    let id = made["id"].as_str().unwrap();
    for login in ["systeme-1", "dentiste-1", "citoyen-1"] {
        let other = as_login(login);
        for path in ["", "/_history", "/_history/1", "/$status", "/$events"] {
            let reply = other.get(&format!("/fhir/Subscription/{id}{path}"));
            assert_eq!(reply.status, 404, "{login} {path}: {}", reply.text());
        }
        for query in ["", "/_history"] {
            let text = other.get(&format!("/fhir/Subscription{query}")).text();
            assert!(!text.contains(id) && !text.contains(&hook.url), "{login}: {text}");
        }
        let found = other.get(&format!("/fhir/Subscription?_id={id}")).expect(200).json();
        assert_eq!(found["total"], 0, "{login}: {found}");
    }
    let status = owner.get(&format!("/fhir/Subscription/{id}/$status")).expect(200).json();
    assert_eq!(
        status["entry"][0]["resource"]["parameter"][0]["valueReference"]["reference"],
        format!("{}/fhir/Subscription/{id}", region().server.base)
    );
    assert!(owner.get("/fhir/Subscription").expect(200).text().contains(id), "one finds one's own");
}

#[test]
fn topics_and_channels_are_declared() {
    let anonymous = region().anonymous();
    let statement = anonymous.get("/fhir/metadata").expect(200).json();
    let websocket = &statement["rest"][0]["extension"][0]["valueUri"];
    assert!(websocket.as_str().unwrap().ends_with("/subscriptions/ws"), "{websocket}");
    let all = statement["rest"][0]["resource"].as_array().unwrap();
    let declared = all.iter().find(|resource| resource["type"] == "Subscription").unwrap();
    let topics: Vec<&str> = declared["extension"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| topic["valueCanonical"].as_str().unwrap())
        .collect();
    assert!(topics.len() >= 6, "{topics:?}");
    let operations: Vec<&str> = declared["operation"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| operation["name"].as_str().unwrap())
        .collect();
    for name in ["status", "events", "get-ws-binding-token"] {
        assert!(operations.contains(&name), "{operations:?}");
    }
    let topic = as_login("systeme-1").get("/fhir/Basic/topic-document-new").expect(200).json();
    assert_eq!(topic["code"]["coding"][0]["code"], "SubscriptionTopic");
}

/// A subscription of the channel `websocket`; its id.
fn held(login: &str, filter: &str) -> String {
    let channel = json!({ "type": "websocket", "payload": "application/fhir+json" });
    let made = as_login(login).create(&subscription("document-new", filter, channel, "id-only"));
    made["id"].as_str().unwrap().to_owned()
}

fn binding_token(login: &str, id: &str) -> String {
    let bound =
        as_login(login).get(&format!("/fhir/Subscription/{id}/$get-ws-binding-token")).expect(200).json();
    let all = bound["parameter"].as_array().unwrap();
    all.iter().find(|parameter| parameter["name"] == "token").unwrap()["valueString"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_stream_of_events_is_open_to_its_owner_and_goes_on_where_it_was() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let id = held("medecin-1", &format!("DocumentReference?patient={}", person.reference()));
    let path = format!("/subscriptions/{id}/stream");
    assert_eq!(region().anonymous().get(&path).status, 401);
    assert_eq!(as_login("dentiste-1").get(&path).status, 404);
    assert_eq!(region().anonymous().get(&format!("{path}?token=x")).status, 401);
    let token = binding_token("medecin-1", &id);
    let open = |last: &str| {
        let mut reader = connect();
        write!(
            reader.get_mut(),
            "GET {path}?token={token} HTTP/1.1\r\nhost: x\r\nlast-event-id: {last}\r\n\r\n"
        )
        .unwrap();
        let head = head(&mut reader);
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        reader
    };
    let event = |reader: &mut BufReader<TcpStream>| -> Value {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).expect("JSON");
            }
        }
    };
    let mut reader = open("");
    assert!(event(&mut reader).to_string().contains("handshake"));
    a_document().masked().publish_as("systeme-1", &person);
    let shown = a_document().publish_as("systeme-1", &person);
    let told = event(&mut reader);
    assert_eq!(numbers(&told), [1]);
    assert!(told.to_string().contains(&shown.id));
}

/// A frame as a client sends it.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).expect("short")];
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// The next frame of the server: its code and what it holds.
fn received(reader: &mut BufReader<TcpStream>) -> (u8, Vec<u8>) {
    let mut bytes = |count: usize| {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).expect("a frame");
        bytes
    };
    let head = bytes(2);
    let length = match head[1] {
        126 => usize::from(u16::from_be_bytes(bytes(2).try_into().unwrap())),
        127 => usize::try_from(u64::from_be_bytes(bytes(8).try_into().unwrap())).unwrap(),
        short => usize::from(short),
    };
    (head[0] & 0x0f, bytes(length))
}

#[test]
fn a_web_socket_is_bound_with_a_token() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let id = held("medecin-1", &format!("DocumentReference?patient={}", person.reference()));
    let open = || {
        let mut reader = connect();
        let key = BASE64.encode(b"0123456789abcdef");
        write!(reader.get_mut(), "GET /subscriptions/ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n").unwrap();
        let head = head(&mut reader);
        assert!(head.starts_with("HTTP/1.1 101") && head.contains("sec-websocket-accept"), "{head}");
        reader
    };
    let texts = |reader: &mut BufReader<TcpStream>| -> Value {
        loop {
            let (code, content) = received(reader);
            assert_ne!(code, 8, "closed: {content:?}");
            if code == 1 {
                return serde_json::from_slice(&content).expect("JSON");
            }
        }
    };
    let mut reader = open();
    reader
        .get_mut()
        .write_all(&frame(&format!("bind-with-token {}", binding_token("medecin-1", &id))))
        .unwrap();
    assert!(texts(&mut reader).to_string().contains("handshake"));
    a_document().masked().publish_as("systeme-1", &person);
    a_document().publish_as("systeme-1", &person);
    assert_eq!(numbers(&texts(&mut reader)), [1]);
    let mut stranger = open();
    stranger.get_mut().write_all(&frame("bind-with-token nothing")).unwrap();
    let closed = loop {
        let (code, content) = received(&mut stranger);
        if code == 8 {
            break content;
        }
    };
    assert_eq!(closed, 1008u16.to_be_bytes());
    assert_eq!(region().anonymous().get("/subscriptions/ws").status, 400, "not a web socket");
}

#[test]
fn the_state_of_jobs_is_for_who_runs_the_platform() {
    let found = as_login("administrateur-1").get("/fhir/$jobs").expect(200).json();
    let names: Vec<&str> = found["parameter"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["part"][0]["valueString"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"subscriptions.match") && names.contains(&"subscriptions.attend"), "{names:?}");
    for login in ["medecin-1", "citoyen-1"] {
        assert_eq!(as_login(login).get("/fhir/$jobs").status, 403, "{login}");
    }
}
