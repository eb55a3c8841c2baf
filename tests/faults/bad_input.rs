//! Bad input at every entry point: a clear 4xx, never a 5xx, and the server goes on.

use crate::harness::builders::fresh;
use crate::harness::{Browser, Client, Reply, a_person, as_login, region};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Every way in for a body: method and address.
fn entry_points(patient: &str) -> Vec<(&'static str, String)> {
    vec![
        ("POST", "/fhir".into()),
        ("POST", "/fhir/Patient".into()),
        ("POST", "/fhir/DocumentReference".into()),
        ("POST", "/fhir/Binary".into()),
        ("PUT", format!("/fhir/Patient/{patient}")),
        ("PUT", "/fhir/Patient?identifier=a%7Cb".into()),
        ("PATCH", format!("/fhir/Patient/{patient}")),
        ("POST", "/fhir/Patient/_search".into()),
        ("POST", "/oidc/token".into()),
        ("POST", "/oidc/introspect".into()),
        ("POST", "/oidc/revoke".into()),
        ("POST", "/oidc/authorize".into()),
        ("POST", "/connexion/identifiant".into()),
        ("POST", "/mon-espace/partage/bloquer".into()),
    ]
}

#[track_caller]
fn is_clear(reply: &Reply, what: &str) {
    assert!(
        (400..500).contains(&reply.status),
        "{what}: {} {}",
        reply.status,
        reply.text().chars().take(300).collect::<String>()
    );
    if reply.header("content-type").starts_with("application/fhir+json") {
        let outcome = reply.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{what}");
        assert!(
            !outcome["issue"][0]["details"]["text"].as_str().unwrap_or("").is_empty(),
            "{what}: says nothing"
        );
    }
}

fn still_serves() {
    assert_eq!(region().anonymous().get("/health/ready").status, 200);
}

#[test]
fn bodies_that_are_not_what_they_say_are_refused_everywhere() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let deep_object = format!("{{\"resourceType\":\"Patient\",\"extension\":{}}}", nested(10_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("half of JSON", b"{\"resourceType\":\"Patient\",".to_vec()),
        ("no JSON", b"hello".to_vec()),
        ("a number", b"1".to_vec()),
        ("null", b"null".to_vec()),
        ("a text", b"\"Patient\"".to_vec()),
        ("a list", b"[1]".to_vec()),
        ("no type", b"{}".to_vec()),
        ("a number as type", b"{\"resourceType\":1}".to_vec()),
        ("an unknown type", b"{\"resourceType\":\"Nonsense\"}".to_vec()),
        ("the same member twice", b"{\"resourceType\":\"Patient\",\"resourceType\":\"Patient\"}".to_vec()),
        ("invalid UTF-8", b"{\"resourceType\":\"Patient\",\"id\":\"\xff\xfe\"}".to_vec()),
        ("half a surrogate", b"{\"resourceType\":\"Patient\",\"id\":\"\\ud800\"}".to_vec()),
        ("a NUL", b"{\"resourceType\":\"Patient\",\"gender\":\"\\u0000\"}".to_vec()),
        ("ten thousand brackets", nested(10_000).into_bytes()),
        ("ten thousand brackets inside", deep_object.into_bytes()),
        ("wrong types inside", json!({ "resourceType": "Patient", "id": person.id, "name": "text", "birthDate": 7, "active": "yes" }).to_string().into_bytes()),
        ("a huge number", b"{\"resourceType\":\"Patient\",\"multipleBirthInteger\":1e999999}".to_vec()),
        ("more after the end", b"{\"resourceType\":\"Patient\"} {}".to_vec()),
    ];
    for (method, path) in entry_points(&person.id) {
        for (what, body) in &bodies {
            let reply = system
                .call(method, &path)
                .bytes(body.clone())
                .header("content-type", "application/json")
                .send();
            is_clear(&reply, &format!("{method} {path} with {what}"));
        }
    }
    still_serves();
    assert_eq!(system.get(&format!("/fhir/Patient/{}", person.id)).json()["meta"]["versionId"], "1");
}

#[test]
fn media_types_that_are_not_read_are_refused() {
    let system = as_login("systeme-1");
    for media_type in
        ["application/fhir+xml", "text/plain", "image/png", "nonsense", "application/json; charset=\"", ";;;"]
    {
        for (method, path) in [
            ("POST", "/fhir"),
            ("POST", "/fhir/Patient"),
            ("PATCH", "/fhir/Patient/x"),
            ("POST", "/fhir/Patient/_search"),
            ("POST", "/connexion/identifiant"),
        ] {
            let reply =
                system.call(method, path).bytes("{\"x\":1}").header("content-type", media_type).send();
            is_clear(&reply, &format!("{method} {path} as {media_type}"));
        }
    }
    still_serves();
}

#[test]
fn unknown_methods_are_refused() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    for method in ["TRACE", "BREW", "PROPFIND"] {
        for path in [
            "/fhir",
            "/fhir/Patient",
            &format!("/fhir/Patient/{}", person.id),
            "/fhir/metadata",
            "/mon-espace",
            "/",
            "/connexion/identifiant",
            "/assets/x",
        ] {
            is_clear(&system.call(method, path).send(), &format!("{method} {path}"));
        }
    }
    for (method, path) in [
        ("POST", "/fhir/metadata"),
        ("DELETE", "/fhir"),
        ("PUT", "/fhir/Patient"),
        ("PATCH", "/fhir/Patient"),
        ("POST", "/fhir/Patient/x/_history"),
        ("DELETE", "/mon-espace"),
        ("PUT", "/"),
    ] {
        is_clear(
            &system.call(method, path).json(&json!({ "resourceType": "Patient" })).send(),
            &format!("{method} {path}"),
        );
    }
}

#[test]
fn packed_bodies_are_unpacked_within_the_limits() {
    let system = as_login("systeme-1");
    let pack = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let send = |body: Vec<u8>| {
        system
            .call("POST", "/fhir/Organization")
            .bytes(body)
            .header("content-type", "application/fhir+json")
            .header("content-encoding", "gzip")
            .send()
    };
    let good =
        json!({ "resourceType": "Organization", "name": format!("Compressée {}", fresh()) }).to_string();
    send(pack(good.as_bytes())).expect(201);
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..100 {
        bomb.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    send(bomb.finish().unwrap()).expect(413);
    let whole = pack(good.as_bytes());
    is_clear(&send(whole[..whole.len() / 2].to_vec()), "half a packed body");
    is_clear(&send(b"not packed at all".to_vec()), "an unpacked body that says it is packed");
    let unknown = system
        .call("POST", "/fhir/Organization")
        .bytes(good)
        .header("content-type", "application/fhir+json")
        .header("content-encoding", "rar")
        .send();
    is_clear(&unknown, "an unknown packing");
    still_serves();
}

/// Sends the head of a request that announces a body, then pieces of it until the server answers.
fn lazily(
    path: &str,
    media_type: &str,
    token: &str,
    announced: Option<usize>,
    pieces: usize,
) -> (Option<u16>, usize) {
    let address = region().server.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let length = announced
        .map_or_else(|| "transfer-encoding: chunked".to_owned(), |bytes| format!("content-length: {bytes}"));
    write!(stream, "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {media_type}\r\nconnection: close\r\n{length}\r\n\r\n").unwrap();
    // The answer is read while the body is still on its way: once it came, the server reads no further and cuts the line.
    let listener = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || first_line(listener));
    let piece = vec![b' '; 1024 * 1024];
    let mut sent = 0;
    for _ in 0..pieces {
        let head = if announced.is_none() { format!("{:x}\r\n", piece.len()) } else { String::new() };
        let tail: &[u8] = if announced.is_none() { b"\r\n" } else { b"" };
        let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&piece));
        if written.and_then(|()| stream.write_all(tail)).is_err() {
            break;
        }
        sent += piece.len();
    }
    let line = answer.join().unwrap();
    (line.split(' ').nth(1).and_then(|status| status.parse().ok()), sent)
}

/// The first bytes of an answer; empty when the line was cut before any came.
fn first_line(mut stream: TcpStream) -> String {
    let mut answer = [0u8; 64];
    let mut read = 0;
    while read < 16 {
        match stream.read(&mut answer[read..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => read += count,
        }
    }
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[test]
fn a_hundred_megabytes_are_refused_before_they_arrived() {
    let token = crate::harness::program::token(&region().server.folder, "systeme-1", &[]);
    const BODY: usize = 100 * 1024 * 1024;
    let mut told = 0;
    for (path, media_type) in [
        ("/fhir/Patient", "application/fhir+json"),
        ("/fhir", "application/fhir+json"),
        ("/fhir/Binary", "application/pdf"),
        ("/oidc/token", "application/x-www-form-urlencoded"),
    ] {
        for announced in [Some(BODY), None] {
            let (status, sent) = lazily(path, media_type, &token, announced, 100);
            // A line that is cut while the caller still sends may lose the answer on its way; the bytes are refused all the same.
            assert!(matches!(status, Some(413) | None), "{path}: {status:?}");
            assert!(sent < BODY, "{path} took the whole body");
            told += usize::from(status.is_some());
        }
    }
    assert!(told > 0, "some callers are told why");
    still_serves();
}

#[test]
fn a_large_body_that_is_announced_is_told_its_limit() {
    let system = as_login("systeme-1");
    let large = vec![b' '; 33 * 1024 * 1024];
    if let Some(reply) = system
        .call("POST", "/fhir/Patient")
        .bytes(large)
        .header("content-type", "application/fhir+json")
        .try_send()
    {
        assert_eq!(reply.status, 413);
    }
    let attachment = data_encoding::BASE64.encode(&vec![b'x'; 21 * 1024 * 1024]);
    let person = a_person().create();
    let mut document = crate::harness::a_document().simplified_for(&person);
    document["content"][0]["attachment"]["data"] = attachment.into();
    let outcome = system.post("/fhir/DocumentReference", &document).expect(413).json();
    assert!(outcome.to_string().contains("20971520"), "{outcome}");
    still_serves();
}

#[test]
fn counts_and_pages_that_make_no_sense_are_refused_or_bounded() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    for query in [
        "_count=-1",
        "_count=x",
        "_count=99999999999999999999999",
        "_count=1.5",
        "_page=x",
        "_page=%00",
        "_page=../..",
        "_sort=nonsense",
        "_sort=",
        "date=nonsense",
        "date=2026-13-45",
        "_lastUpdated=gt",
        "value-quantity=x%7Cy",
        "_include=x",
        "_include=Nonsense:x",
        "_elements=",
        "_summary=nonsense",
        "code:nonsense=x",
        "_id=",
        "patient=Patient/x/y/z",
        "%ff=1",
        "code=%ff%fe",
        "_has:x=1",
        "a.b.c.d.e=1",
    ] {
        let reply = system.get(&format!("/fhir/Observation?patient={}&{query}", person.id));
        assert!(reply.status < 500, "{query}: {} {}", reply.status, reply.text());
        if reply.status == 200 {
            assert!(reply.json()["entry"].as_array().is_none_or(|entries| entries.len() <= 1000), "{query}");
        }
    }
    let many: Vec<String> = (0..100).map(|number| format!("code=c{number}")).collect();
    is_clear(&system.get(&format!("/fhir/Observation?{}", many.join("&"))), "a hundred parameters");
    let long = "x".repeat(20_000);
    system.get(&format!("/fhir/Observation?code={long}")).expect(414);
}

#[test]
fn bundles_that_make_no_sense_are_refused() {
    let system = as_login("systeme-1");
    let entry = |request: Value| json!({ "resourceType": "Bundle", "type": "transaction", "entry": [{ "resource": { "resourceType": "Organization", "name": "X" }, "request": request }] });
    for (what, bundle) in [
        ("no request", entry(Value::Null)),
        ("no address", entry(json!({ "method": "POST" }))),
        (
            "an address elsewhere",
            entry(json!({ "method": "POST", "url": "https://example.org/fhir/Organization" })),
        ),
        ("a path trick", entry(json!({ "method": "PUT", "url": "Organization/../Patient/x" }))),
        ("a number as address", entry(json!({ "method": "POST", "url": 7 }))),
        ("a bad condition", entry(json!({ "method": "PUT", "url": "Organization?nonsense=1" }))),
        ("a bad version", entry(json!({ "method": "PUT", "url": "Organization/x", "ifMatch": "x" }))),
        (
            "entries of texts",
            json!({ "resourceType": "Bundle", "type": "transaction", "entry": ["a", 1, null] }),
        ),
        ("no type", json!({ "resourceType": "Bundle", "entry": [] })),
    ] {
        is_clear(&system.post("/fhir", &bundle), what);
    }
    let circle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
        { "fullUrl": "urn:uuid:1", "resource": { "resourceType": "PractitionerRole", "practitioner": { "reference": "urn:uuid:1" } }, "request": { "method": "POST", "url": "PractitionerRole" } }] });
    let reply = system.post("/fhir", &circle);
    assert!(reply.status < 500, "{}", reply.text());
    still_serves();
}

#[test]
fn patches_that_make_no_sense_are_refused() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let path = format!("/fhir/Patient/{}", person.id);
    for patch in [
        json!([{ "op": "nonsense", "path": "/x" }]),
        json!([{ "op": "replace", "path": "/name/99/family", "value": "x" }]),
        json!([{ "op": "remove", "path": "" }]),
        json!([{ "op": "add" }]),
        json!([{ "op": "copy", "from": "/name", "path": "/name/0/extension/0" }]),
        json!([1, 2]),
        json!([{ "op": "replace", "path": "/resourceType", "value": "Observation" }]),
        json!([{ "op": "move", "from": "/name", "path": "/name/0" }]),
    ] {
        is_clear(&system.patch(&path, &patch), &patch.to_string());
    }
    assert_eq!(system.get(&path).json()["meta"]["versionId"], "1");
}

#[test]
fn uploads_that_are_broken_are_told() {
    let mut desk = Browser::new();
    desk.demonstration("medecin-1");
    let patient = region().account("citoyen-1", "patient_id");
    let path = format!("/pro/patients/{patient}/documents/publier");
    let session = desk.cookie("socle_session").expect("signed in").to_owned();
    let client: Client = region().anonymous();
    let send = |media_type: &str, body: Vec<u8>| {
        client
            .call("POST", &path)
            .header("cookie", &format!("socle_session={session}"))
            .header("content-type", media_type)
            .bytes(body)
            .send()
    };
    let multipart = "multipart/form-data; boundary=x";
    for (what, media_type, body) in [
        ("no boundary", "multipart/form-data", "--x\r\n\r\n--x--"),
        ("no end", multipart, "--x\r\ncontent-disposition: form-data; name=\"titre\"\r\n\r\nabc"),
        ("no name", multipart, "--x\r\n\r\nabc\r\n--x--\r\n"),
        ("nothing", multipart, ""),
        (
            "another boundary",
            multipart,
            "--y\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\nb\r\n--y--\r\n",
        ),
        (
            "bytes that are no text",
            multipart,
            "--x\r\ncontent-disposition: form-data; name=\"titre\"\r\n\r\n\u{0}\r\n--x--\r\n",
        ),
    ] {
        is_clear(&send(media_type, body.as_bytes().to_vec()), what);
    }
    let many: String = (0..300)
        .map(|number| format!("--x\r\ncontent-disposition: form-data; name=\"f{number}\"\r\n\r\nv\r\n"))
        .collect();
    is_clear(&send(multipart, format!("{many}--x--\r\n").into_bytes()), "three hundred fields");
    still_serves();
}
