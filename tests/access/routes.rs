//! Every address refuses who has not signed in, or is open on purpose: `routes.txt` is the reviewed table.

use crate::harness::program::run;
use crate::harness::{Browser, a_person, as_login, region};
use serde_json::json;
use std::collections::BTreeSet;

const TABLE: &str = include_str!("routes.txt");

struct Row {
    method: String,
    path: String,
    who: String,
    room: String,
    is_machine: bool,
    anonymous: String,
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let (route, anonymous) = line.split_once("->").unwrap_or_else(|| panic!("an answer: {line}"));
            let words: Vec<&str> = route.split_whitespace().collect();
            Row {
                method: words[0].into(),
                path: words[1].into(),
                who: words[2].into(),
                room: words[3].into(),
                is_machine: words.get(4) == Some(&"machine"),
                anonymous: anonymous.trim().into(),
            }
        })
        .collect()
}

/// The address with something in its variable parts.
fn filled(path: &str) -> String {
    let id = region().account("citoyen-1", "patient_id");
    path.replace("{id}", &id).replace("{document}", "nothing").replace("{nature}", "problemes")
}

#[test]
fn the_table_holds_exactly_the_routes_of_the_program() {
    let ran = run(&["routes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told: BTreeSet<String> =
        ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let line = |row: &Row| {
        let machine = if row.is_machine { " machine" } else { "" };
        format!("{} {} {} {}{machine}", row.method, row.path, row.who, row.room)
    };
    let reviewed: BTreeSet<String> = rows().iter().map(line).collect();
    let unreviewed: Vec<_> = told.difference(&reviewed).collect();
    let gone: Vec<_> = reviewed.difference(&told).collect();
    assert!(
        unreviewed.is_empty() && gone.is_empty(),
        "without a row in tests/access/routes.txt: {unreviewed:#?}\nrows of no route: {gone:#?}"
    );
}

#[test]
fn every_route_answers_a_stranger_as_reviewed() {
    let client = region().anonymous();
    let mut wrong = Vec::new();
    for row in rows() {
        let path = filled(&row.path);
        let reply = match row.method.as_str() {
            "GET" => client.get(&path),
            _ => client.call("POST", &path).form(&[("x", "y")]).send(),
        };
        let found = match reply.status {
            303 if reply.header("location").starts_with("/connexion?suite=") => "sign-in".to_owned(),
            status => status.to_string(),
        };
        if found != row.anonymous {
            wrong.push(format!("{} {}: {found}, not {}", row.method, row.path, row.anonymous));
        }
        if row.who != "anyone" && found != "sign-in" {
            wrong.push(format!("{} {} is open to strangers: {found}", row.method, row.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_of_one_profile_is_closed_to_the_other() {
    let mut citizen = Browser::new();
    citizen.demonstration("citoyen-4");
    let mut professional = Browser::new();
    professional.demonstration("dentiste-1");
    for row in rows().iter().filter(|row| row.method == "GET") {
        let browser = match row.who.as_str() {
            "citizen" => &mut professional,
            "professional" => &mut citizen,
            _ => continue,
        };
        assert_eq!(browser.fetch(&filled(&row.path), &[]).status, 403, "{}", row.path);
    }
}

#[test]
fn a_form_without_its_token_does_nothing() {
    let mut citizen = Browser::new();
    let home = citizen.demonstration("citoyen-4");
    let mut professional = Browser::new();
    professional.demonstration("dentiste-1");
    let mut count = 0;
    for row in rows().iter().filter(|row| row.method == "POST" && !row.is_machine) {
        let browser = if row.who == "professional" { &mut professional } else { &mut citizen };
        for token in [None, Some("another")] {
            let form = home.form("/deconnexion").without("csrf");
            let mut form = crate::harness::browser::Form { action: filled(&row.path), ..form };
            if let Some(token) = token {
                form = form.fill("csrf", token);
            }
            let page = browser.submit(&form);
            assert_eq!(page.status, 403, "{} with {token:?}", row.path);
            count += 1;
        }
    }
    assert!(count >= 20, "{count} forms were tried");
    citizen.open("/mon-espace").expect(200);
    professional.open("/pro").expect(200);
}

#[test]
fn every_fhir_interaction_refuses_who_shows_no_token() {
    let person = a_person().create();
    let anonymous = region().anonymous();
    let forged = region().server.client(Some("eyJhbGciOiJub25lIn0.e30.".into()));
    let mut tampered = crate::harness::program::token(&region().server.folder, "systeme-1", &[]);
    let last = tampered.pop().map_or('A', |last| if last == 'A' { 'Q' } else { 'A' });
    tampered.push(last);
    let tampered = region().server.client(Some(tampered));
    let id = &person.id;
    let addresses = [
        "",
        "/",
        "/Patient",
        "/Patient/_search",
        &format!("/Patient/{id}"),
        &format!("/Patient/{id}/_history"),
        &format!("/Patient/{id}/_history/1"),
        "/Binary/x",
        "/AuditEvent",
        "/DocumentReference?patient=x",
        "/Nonsense",
        "/Patient/nothing",
    ];
    for address in addresses {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            for client in [&anonymous, &forged, &tampered] {
                let path = format!("/fhir{address}");
                let body = json!({ "resourceType": "Patient", "id": id });
                let call = client.call(method, &path);
                let reply = if matches!(method, "GET" | "HEAD" | "DELETE") {
                    call.send()
                } else {
                    call.json(&body).send()
                };
                let is_unknown = address == "/Nonsense";
                let refused = reply.status == 401 && reply.header("www-authenticate").starts_with("Bearer");
                assert!(
                    refused || is_unknown && reply.status == 404,
                    "{method} {path}: {} {}",
                    reply.status,
                    reply.text()
                );
            }
        }
    }
    assert_eq!(as_login("systeme-1").get(&format!("/fhir/Patient/{id}")).json()["meta"]["versionId"], "1");
}

#[test]
fn a_page_session_is_no_token_of_the_api() {
    let mut citizen = Browser::new();
    citizen.demonstration("citoyen-4");
    citizen.open("/mon-espace").expect(200);
    let id = region().account("citoyen-4", "patient_id");
    assert_eq!(citizen.fetch(&format!("/fhir/Patient/{id}"), &[]).status, 401);
}

#[test]
fn scopes_bound_an_application() {
    // The administrator's token opens no record at all.
    let administrator = as_login("administrateur-1");
    let id = region().account("citoyen-1", "patient_id");
    administrator.get(&format!("/fhir/Patient/{id}")).expect(403);
    administrator.get("/fhir/Observation?code=x").expect(403);
    administrator
        .post("/fhir/Organization", &json!({ "resourceType": "Organization", "name": "X" }))
        .expect(403);
}
