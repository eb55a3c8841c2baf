//! What HTTP adds: media types, preferences, compression, methods, validators, request ids.

use crate::harness::builders::fresh_uri;
use crate::harness::{a_person, as_login};
use serde_json::{Value, json};
use std::io::Write;

fn organization() -> Value {
    json!({ "resourceType": "Organization", "name": "Négociation", "identifier": [{ "value": fresh_uri() }] })
}

fn stored_path() -> String {
    format!("/fhir/Organization/{}", as_login("systeme-1").create(&organization())["id"].as_str().unwrap())
}

#[test]
fn other_formats_are_refused_saying_what_is_offered() {
    let system = as_login("systeme-1");
    let path = stored_path();
    for (accept, query) in [
        ("application/fhir+xml", ""),
        ("text/turtle", ""),
        ("*/*", "?_format=xml"),
        ("application/fhir+json; fhirVersion=3.0", ""),
    ] {
        let reply = system.call("GET", &format!("{path}{query}")).header("accept", accept).send().expect(406);
        assert_eq!(reply.json()["issue"][0]["code"], "not-supported");
        assert!(reply.text().contains("application/fhir+json"), "{accept}");
    }
    for format in ["json", "application/json", "application/fhir%2Bjson", "application/fhir+json"] {
        system
            .call("GET", &format!("{path}?_format={format}"))
            .header("accept", "application/fhir+xml")
            .send()
            .expect(200);
    }
    for media_type in [
        "application/fhir+xml",
        "text/plain",
        "application/fhir+json; charset=iso-8859-1",
        "application/fhir+json; fhirVersion=5.0",
    ] {
        let call = system
            .call("POST", "/fhir/Organization")
            .json(&organization())
            .header("content-type", media_type);
        let reply = call.send().expect(415);
        assert_eq!(reply.header("accept-patch"), "application/json-patch+json, application/fhir+json");
    }
    let call = system.call("POST", "/fhir/Organization").json(&organization());
    call.header("content-type", "application/fhir+json; charset=UTF-8; fhirVersion=4.0").send().expect(201);
}

#[test]
fn preferences_are_applied_and_told() {
    let system = as_login("systeme-1");
    let create = |prefer: &str| {
        system
            .call("POST", "/fhir/Organization")
            .json(&organization())
            .header("prefer", prefer)
            .send()
            .expect(201)
    };
    let minimal = create("return=minimal");
    assert!(minimal.body.is_empty() && !minimal.header("location").is_empty());
    assert_eq!(minimal.header("preference-applied"), "return=minimal");
    assert_eq!(create("return=OperationOutcome").json()["resourceType"], "OperationOutcome");
    let whole = create("return=representation, handling=strict, odd=1");
    assert_eq!(whole.header("preference-applied"), "return=representation, handling=strict");
    assert_eq!(whole.header("location"), whole.header("content-location"));
    assert_eq!(create("return=odd").header("preference-applied"), "");
    let lenient = system
        .call("GET", "/fhir/Organization?nonsense=1&_count=1")
        .header("prefer", "handling=lenient")
        .send();
    assert_eq!(lenient.expect(200).header("preference-applied"), "handling=lenient");
    system.get("/fhir/Organization?nonsense=1").expect(400);
}

#[test]
fn a_read_is_shaped_as_it_was_asked() {
    let system = as_login("systeme-1");
    let path = stored_path();
    let pretty = system.get(&format!("{path}?_pretty=true")).expect(200);
    assert!(pretty.text().contains("\n  \"name\": \"Négociation\""), "{}", pretty.text());
    assert_eq!(pretty.json(), system.get(&path).json());
    let reduced = system.get(&format!("{path}?_elements=name")).expect(200).json();
    assert!(reduced["identifier"].is_null() && reduced["meta"]["tag"][0]["code"] == "SUBSETTED");
    let text = system.get(&format!("{path}?_summary=text")).expect(200).json();
    assert!(text["name"].is_null());
    system.get(&format!("{path}?name=x")).expect(400);
    system.get(&format!("{path}/_history/1?_summary=true")).expect(200);
}

#[test]
fn numbers_come_back_as_they_were_written() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    for number in ["1E-22", "1e+3", "-0.50", "100.00", "7E2"] {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{}"}},"valueQuantity":{{"value":{number}}}}}"#,
            person.reference()
        );
        let call = system
            .call("POST", "/fhir/Observation")
            .bytes(text)
            .header("content-type", "application/fhir+json");
        let id = call.send().expect(201).json()["id"].as_str().unwrap().to_owned();
        let read = system.get(&format!("/fhir/Observation/{id}")).expect(200).text();
        assert!(read.contains(&format!("\"value\":{number}}}")), "{number}: {read}");
    }
}

#[test]
fn bodies_are_packed_and_unpacked_within_the_limit() {
    let system = as_login("systeme-1");
    let gzip = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let send = |bytes: Vec<u8>, encoding: &str| {
        let call = system
            .call("POST", "/fhir/Organization")
            .bytes(bytes)
            .header("content-type", "application/fhir+json");
        call.header("content-encoding", encoding).send()
    };
    let text = organization().to_string();
    send(gzip(text.as_bytes()), "gzip").expect(201);
    send(zstd::encode_all(text.as_bytes(), 3).unwrap(), "zstd").expect(201);
    let odd = send(text.into_bytes(), "br").expect(415);
    assert_eq!(odd.json()["issue"][0]["expression"][0], "Content-Encoding");
    assert_eq!(odd.header("accept-encoding"), "gzip, zstd");
    // Small on the way, larger than allowed once unpacked.
    let bomb = vec![b' '; socle_kernel::limits::BODY_BYTES + 1];
    for (bytes, encoding) in [(gzip(&bomb), "gzip"), (zstd::encode_all(&bomb[..], 3).unwrap(), "zstd")] {
        let outcome = send(bytes, encoding).expect(413).json();
        assert!(outcome["issue"][0]["diagnostics"].as_str().unwrap().contains("BODY_BYTES"), "{outcome}");
    }
    let path = stored_path();
    for encoding in ["gzip", "zstd"] {
        let reply = system.call("HEAD", &path).header("accept-encoding", encoding).send().expect(200);
        assert!(reply.body.is_empty());
        let reply =
            system.call("GET", "/fhir/metadata").header("accept-encoding", encoding).send().expect(200);
        assert!(["", encoding].contains(&reply.header("content-encoding")), "{:?}", reply.headers);
    }
}

#[test]
fn every_address_says_its_methods() {
    let system = as_login("systeme-1");
    let path = stored_path();
    for (method, path, allow) in [
        ("PUT", "/fhir", "POST"),
        ("POST", "/fhir/metadata", "GET, HEAD"),
        ("POST", "/fhir/Organization/_history", "GET, HEAD"),
        ("POST", path.as_str(), "PUT, PATCH, DELETE"),
    ] {
        let reply = system.call(method, path).json(&organization()).send().expect(405);
        assert!(reply.header("allow").contains(allow), "{method} {path}: {}", reply.header("allow"));
    }
    let options = system.call("OPTIONS", &path).send().expect(204);
    assert_eq!(options.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    system.call("GET", "/fhir/Organization/un_deux").send().expect(400);
    system.call("GET", &format!("/fhir/Organization/{}", "a".repeat(65))).send().expect(400);
    system.call("GET", &format!("/fhir/Organization/{}", "a".repeat(64))).send().expect(404);
}

#[test]
fn head_tells_what_get_would() {
    let system = as_login("systeme-1");
    let path = stored_path();
    for path in [
        path.clone(),
        format!("{path}/_history"),
        format!("{path}/_history/1"),
        "/fhir/Organization?_count=1".to_owned(),
        "/fhir/metadata".to_owned(),
    ] {
        let head = system.call("HEAD", &path).header("accept-encoding", "identity").send().expect(200);
        let get = system.call("GET", &path).header("accept-encoding", "identity").send().expect(200);
        assert!(head.body.is_empty());
        for name in ["etag", "last-modified", "content-type"] {
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
    }
}

#[test]
fn a_request_keeps_the_id_its_client_gave_it() {
    let system = as_login("systeme-1");
    let reply = system.call("GET", "/fhir/metadata").header("x-request-id", "mon-essai-7").send().expect(200);
    assert_eq!(reply.header("x-correlation-id"), "mon-essai-7");
    assert_eq!(reply.header("x-request-id").len(), 32);
}
