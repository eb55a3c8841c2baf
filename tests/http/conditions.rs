//! Conditional interactions: If-Match, If-None-Match, If-None-Exist, conditional addresses; and conditions inside a Bundle.

use crate::harness::builders::{fresh, fresh_uri};
use crate::harness::client::encode;
use crate::harness::{a_person, as_login};
use serde_json::{Value, json};

fn organization(value: &str, name: &str) -> Value {
    json!({ "resourceType": "Organization", "name": name, "identifier": [{ "system": "urn:ietf:rfc:3986", "value": value }] })
}

fn condition(value: &str) -> String {
    format!("identifier={}", encode(&format!("urn:ietf:rfc:3986|{value}")))
}

fn urn() -> String {
    format!("urn:uuid:20000000-0000-4000-8000-{:012}", fresh())
}

fn transaction(entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

fn location(answer: &Value, index: usize) -> String {
    let location =
        answer["entry"][index]["response"]["location"].as_str().unwrap_or_else(|| panic!("{answer}"));
    location.split("/_history").next().unwrap().to_owned()
}

#[test]
fn a_version_that_is_named_must_be_the_current_one_on_every_change() {
    let system = as_login("systeme-1");
    let stored = system.create(&organization(&fresh_uri(), "un"));
    let path = format!("/fhir/Organization/{}", stored["id"].as_str().unwrap());
    let patch = json!([{ "op": "replace", "path": "/name", "value": "deux" }]);
    let with = |method: &str, tag: &str| {
        let call = system.call(method, &path).header("if-match", tag);
        match method {
            "PUT" => call.json(&stored).header("if-match", tag).send(),
            "PATCH" => call.json(&patch).header("content-type", "application/json-patch+json").send(),
            _ => call.send(),
        }
    };
    for method in ["PUT", "PATCH", "DELETE"] {
        let outcome = with(method, "W/\"7\"").expect(412).json();
        assert_eq!(outcome["issue"][0]["code"], "conflict", "{method}");
        with(method, "sept").expect(400);
    }
    assert_eq!(with("PUT", "W/\"1\"").expect(200).header("etag"), "W/\"2\"");
    assert_eq!(with("PATCH", "\"2\"").expect(200).header("etag"), "W/\"3\"");
    assert_eq!(with("PUT", "*").expect(200).header("etag"), "W/\"4\"");
    with("DELETE", "W/\"4\"").expect(204);
    let absent = json!({ "resourceType": "Organization", "id": format!("absent-{}", fresh()), "name": "x" });
    let path = format!("/fhir/Organization/{}", absent["id"].as_str().unwrap());
    for tag in ["*", "W/\"1\""] {
        system.call("PUT", &path).json(&absent).header("if-match", tag).send().expect(412);
    }
}

#[test]
fn if_none_match_makes_and_never_changes() {
    let system = as_login("systeme-1");
    let id = format!("neuf-{}", fresh());
    let resource = json!({ "resourceType": "Organization", "id": id, "name": "Neuf" });
    let put = || {
        system
            .call("PUT", &format!("/fhir/Organization/{id}"))
            .json(&resource)
            .header("if-none-match", "*")
            .send()
    };
    let made = put().expect(201);
    assert!(made.header("location").ends_with(&format!("/fhir/Organization/{id}/_history/1")));
    put().expect(412);
    let odd = system
        .call("PUT", &format!("/fhir/Organization/{id}"))
        .json(&resource)
        .header("if-none-match", "W/\"1\"")
        .send();
    odd.expect(400);
}

#[test]
fn a_conditional_update_follows_the_rules_about_ids() {
    let system = as_login("systeme-1");
    let value = fresh_uri();
    let path = format!("/fhir/Organization?{}", condition(&value));
    let mut named = organization(&value, "un");
    let id = format!("cond-{}", fresh());
    named["id"] = id.clone().into();
    // Nothing found, an id named: made under that id.
    assert_eq!(system.put(&path, &named).expect(201).json()["id"], id.as_str());
    // One found, its own id named: changed. Another id named: refused.
    system.put(&path, &named).expect(200);
    named["id"] = "autre".into();
    system.put(&path, &named).expect(400);
    // Nothing found, but the id is somebody else's.
    let other = fresh_uri();
    let mut clash = organization(&other, "deux");
    clash["id"] = id.into();
    system.put(&format!("/fhir/Organization?{}", condition(&other)), &clash).expect(409);
    // Several found.
    system.create(&organization(&value, "trois"));
    let bare = organization(&value, "quatre");
    assert_eq!(system.put(&path, &bare).expect(412).json()["issue"][0]["code"], "multiple-matches");
    let patch = json!([{ "op": "replace", "path": "/name", "value": "cinq" }]);
    system.patch(&path, &patch).expect(412);
    system.delete(&path).expect(412);
    // None found.
    let none = format!("/fhir/Organization?{}", condition(&fresh_uri()));
    system.patch(&none, &patch).expect(404);
    system.delete(&none).expect(204);
    // No criterion at all means everything, which nobody can mean.
    system.delete("/fhir/Organization?_count=1").expect(400);
}

#[test]
fn a_conditional_patch_and_deletion_mean_the_one_they_find() {
    let system = as_login("systeme-1");
    let value = fresh_uri();
    let stored = system.create(&organization(&value, "un"));
    let path = format!("/fhir/Organization?{}", condition(&value));
    let patch = json!([{ "op": "replace", "path": "/name", "value": "deux" }]);
    assert_eq!(system.patch(&path, &patch).expect(200).json()["name"], "deux");
    let gone = system.call("DELETE", &path).header("prefer", "return=OperationOutcome").send().expect(200);
    assert_eq!(gone.json()["resourceType"], "OperationOutcome");
    system.get(&format!("/fhir/Organization/{}", stored["id"].as_str().unwrap())).expect(410);
}

#[test]
fn a_conditional_read_says_when_nothing_changed() {
    let system = as_login("systeme-1");
    let stored = system.create(&organization(&fresh_uri(), "un"));
    let path = format!("/fhir/Organization/{}", stored["id"].as_str().unwrap());
    let read = system.get(&path).expect(200);
    let (tag, modified) = (read.header("etag").to_owned(), read.header("last-modified").to_owned());
    let with = |name: &str, value: &str| system.call("GET", &path).header(name, value).send();
    let unchanged = with("if-none-match", &tag).expect(304);
    assert!(unchanged.body.is_empty() && unchanged.header("etag") == tag);
    with("if-none-match", "W/\"9\", W/\"1\"").expect(304);
    with("if-none-match", "W/\"9\"").expect(200);
    with("if-modified-since", &modified).expect(304);
    with("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT").expect(200);
    with("if-modified-since", "hier").expect(200);
    // The tag decides alone.
    let both =
        system.call("GET", &path).header("if-none-match", "W/\"9\"").header("if-modified-since", &modified);
    both.send().expect(200);
    let answer = system
        .post("/fhir", &json!({ "resourceType": "Bundle", "type": "batch", "entry": [
            { "request": { "method": "GET", "url": path.trim_start_matches("/fhir/"), "ifNoneMatch": tag } },
            { "request": { "method": "HEAD", "url": path.trim_start_matches("/fhir/") } },
            { "request": { "method": "GET", "url": format!("{}?_elements=name", path.trim_start_matches("/fhir/")) } } ] }))
        .expect(200)
        .json();
    assert_eq!(answer["entry"][0]["response"]["status"], "304 Not Modified");
    assert_eq!(answer["entry"][1]["response"]["status"], "200 OK");
    assert!(answer["entry"][1]["resource"].is_null());
    assert!(
        answer["entry"][2]["resource"]["identifier"].is_null()
            && answer["entry"][2]["resource"]["name"] == "un"
    );
}

#[test]
fn conditions_of_a_transaction_count_what_it_makes_itself() {
    let system = as_login("systeme-1");
    let value = fresh_uri();
    let (one, two) = (urn(), urn());
    let make = |full_url: &str| {
        json!({ "fullUrl": full_url, "resource": organization(&value, "une"),
            "request": { "method": "POST", "url": "Organization", "ifNoneExist": condition(&value) } })
    };
    let place = |organization: String| {
        json!({ "fullUrl": urn(), "resource": { "resourceType": "Location", "name": "x", "managingOrganization": { "reference": organization } },
            "request": { "method": "POST", "url": "Location" } })
    };
    // The second means what the first makes; so does the conditional reference, which comes before both.
    let by_condition = place(format!("Organization?identifier=urn:ietf:rfc:3986|{value}"));
    let answer = system
        .post("/fhir", &transaction(&[by_condition.clone(), make(&one), make(&two), place(two.clone())]))
        .expect(200)
        .json();
    let statuses: Vec<&str> =
        (0..4).map(|index| answer["entry"][index]["response"]["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201 Created", "201 Created", "200 OK", "201 Created"]);
    assert_eq!(location(&answer, 1), location(&answer, 2));
    for index in [0, 3] {
        let stored = system.get(&format!("/fhir/{}", location(&answer, index))).expect(200).json();
        assert_eq!(stored["managingOrganization"]["reference"], location(&answer, 1).as_str());
    }
    // Deletions come first: the condition finds nothing then, and one is made.
    let delete = json!({ "request": { "method": "DELETE", "url": location(&answer, 1) } });
    let again = system.post("/fhir", &transaction(&[make(&one), delete])).expect(200).json();
    assert_eq!(again["entry"][0]["response"]["status"], "201 Created");
    assert_ne!(location(&again, 0), location(&answer, 1));
    // And once more the same: it is there.
    let kept = system.post("/fhir", &transaction(&[make(&one)])).expect(200).json();
    assert_eq!(
        (kept["entry"][0]["response"]["status"].as_str(), location(&kept, 0)),
        (Some("200 OK"), location(&again, 0))
    );
    // A reference that means two of them.
    let other = urn();
    let second = json!({ "fullUrl": other, "resource": organization(&value, "deux"), "request": { "method": "POST", "url": "Organization" } });
    let outcome = system.post("/fhir", &transaction(&[second, by_condition])).expect(412).json();
    assert_eq!(outcome["issue"][0]["code"], "multiple-matches");
    assert!(outcome["issue"][0]["expression"][0].as_str().unwrap().contains("entry[1]"), "{outcome}");
}

#[test]
fn every_form_of_reference_leads_to_what_was_made() {
    let system = as_login("systeme-1");
    let person = a_person().create();
    let base = "https://ailleurs.example/fhir";
    let (oid, number) = (format!("urn:oid:1.2.250.1.999.7.{}", fresh()), fresh());
    let home = system.base().to_owned();
    let entry = |full_url: &str, resource: Value| json!({ "fullUrl": full_url, "request": { "method": "POST", "url": resource["resourceType"] }, "resource": resource });
    let mut basic = json!({ "resourceType": "Basic", "code": { "text": "liens" },
        "text": { "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{oid}\">a</a></div>") },
        "extension": [{ "url": "https://socle.example/lien", "valueUri": oid }, { "url": "https://socle.example/nom", "valueString": oid }],
        "subject": { "reference": format!("{home}/fhir/{}", person.reference()) },
        "author": { "reference": format!("Practitioner/p{number}") } });
    basic["contained"] = json!([{ "resourceType": "Observation", "id": "o", "status": "final", "code": { "text": "x" },
        "performer": [{ "reference": format!("{base}/Practitioner/p{number}/_history/4") }] }]);
    basic["extension"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "url": "https://socle.example/o", "valueReference": { "reference": "#o" } }));
    let answer = system
        .post(
            "/fhir",
            &transaction(&[
                entry(&format!("{base}/Basic/b{number}"), basic),
                entry(&oid, json!({ "resourceType": "Organization", "name": "Liens" })),
                entry(
                    &format!("{base}/Practitioner/p{number}"),
                    json!({ "resourceType": "Practitioner", "name": [{ "family": "LIENS" }] }),
                ),
            ]),
        )
        .expect(200)
        .json();
    let stored = system.get(&format!("/fhir/{}", location(&answer, 0))).expect(200).json();
    assert_eq!(stored["subject"]["reference"], person.reference().as_str());
    assert_eq!(stored["author"]["reference"], location(&answer, 2).as_str(), "relative to its own entry");
    assert_eq!(
        stored["contained"][0]["performer"][0]["reference"],
        format!("{}/_history/1", location(&answer, 2))
    );
    assert_eq!(stored["extension"][0]["valueUri"], location(&answer, 1).as_str());
    assert_eq!(stored["extension"][1]["valueString"], oid.as_str());
    assert!(
        stored["text"]["div"].as_str().unwrap().contains(&format!("href=\"{}\"", location(&answer, 1))),
        "{stored}"
    );
}

#[test]
fn two_entries_never_write_the_same_resource() {
    let system = as_login("systeme-1");
    let value = fresh_uri();
    let stored = system.create(&organization(&value, "un"));
    let url = format!("Organization/{}", stored["id"].as_str().unwrap());
    let put = json!({ "resource": stored, "request": { "method": "PUT", "url": url } });
    let delete = json!({ "request": { "method": "DELETE", "url": url } });
    let conditional = json!({ "resource": organization(&value, "deux"), "request": { "method": "PUT", "url": format!("Organization?{}", condition(&value)) } });
    let new = |name: &str| json!({ "resource": { "resourceType": "Organization", "id": "meme", "name": name }, "request": { "method": "PUT", "url": "Organization/meme" } });
    for entries in [
        vec![put.clone(), put.clone()],
        vec![put.clone(), delete],
        vec![put, conditional],
        vec![new("a"), new("b")],
    ] {
        system.post("/fhir", &transaction(&entries)).expect(400);
    }
    let current = system.get(&format!("/fhir/{url}")).expect(200).json();
    assert_eq!(current["meta"]["versionId"], "1");
}

#[test]
fn a_reading_entry_that_fails_leaves_nothing_written() {
    let system = as_login("systeme-1");
    let value = fresh_uri();
    let make = json!({ "fullUrl": urn(), "resource": organization(&value, "un"), "request": { "method": "POST", "url": "Organization" } });
    for url in ["Patient/nothing", "Patient?nonsense=1"] {
        let read = json!({ "request": { "method": "GET", "url": url } });
        let reply = system.post("/fhir", &transaction(&[make.clone(), read]));
        assert!(matches!(reply.status, 400 | 404), "{url}: {}", reply.text());
        let found = system.get(&format!("/fhir/Organization?{}", condition(&value))).expect(200).json();
        assert_eq!(found["total"], 0, "{url}");
    }
    // A reading sees what the transaction wrote.
    let read =
        json!({ "request": { "method": "GET", "url": format!("Organization?{}", condition(&value)) } });
    let answer = system.post("/fhir", &transaction(&[read, make])).expect(200).json();
    assert_eq!(answer["entry"][0]["resource"]["total"], 1, "entries answer in their order");
}
