//! Role × label × act: `table.txt`, executed over HTTP.

use crate::harness::builders::{INS, LABELS, RPPS};
use crate::harness::client::{Reply, encode, entries};
use crate::harness::{Client, Person, Published, a_document, a_person, as_login, region};
use serde_json::{Value, json};

const TABLE: &str = include_str!("table.txt");
const ACTS: [&str; 12] = [
    "read",
    "search",
    "count",
    "history",
    "vread",
    "content",
    "include",
    "revinclude",
    "list",
    "log",
    "patch",
    "delete",
];

struct Case<'a> {
    login: &'a str,
    relation: &'a str,
    label: &'a str,
    expected: Vec<&'a str>,
}

fn cases() -> Vec<Case<'static>> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let [login, relation, label, acts] = columns[..] else { panic!("four columns: {line}") };
            let expected: Vec<&str> = acts.split_whitespace().collect();
            assert_eq!(expected.len(), ACTS.len(), "one answer for each act: {line}");
            Case { login, relation, label, expected }
        })
        .collect()
}

#[test]
fn every_role_finds_what_the_table_says_and_nothing_else() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (person, published, client) = prepare(&case);
        for (act, expected) in ACTS.iter().zip(&case.expected) {
            let found = perform(act, &client, &person, &published);
            if found != *expected {
                wrong.push(format!(
                    "{} | {} | {} | {act}: {found}, not {expected}",
                    case.login, case.relation, case.label
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers differ from tests/access/table.txt:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_table_names_every_relation_and_label() {
    let cases = cases();
    for relation in [
        "author",
        "team",
        "none",
        "consent",
        "urgent",
        "regulates",
        "blocked",
        "blocked-urgent",
        "own",
        "legal",
        "carer",
        "stranger",
        "system",
    ] {
        assert!(cases.iter().any(|case| case.relation == relation), "{relation}");
    }
    for label in ["none", "MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX", "withdrawn"] {
        assert!(cases.iter().any(|case| case.label == label), "{label}");
    }
}

/// The record, the document in it, and a client of the one who comes.
fn prepare(case: &Case<'_>) -> (Person, Published, Client) {
    let login = case.login;
    let team: &[&str] = if case.relation.ends_with("team") { &[login] } else { &[] };
    let person = match case.relation {
        "own" => Person::of_login(login),
        "legal" | "carer" => represented(login),
        _ => a_person().cared_for_by(team).create(),
    };
    let author = if case.relation.contains("author") { login } else { "medecin-3" };
    let mut document = a_document();
    match case.label {
        "none" | "withdrawn" => {}
        "MASQUE_PS" => document = document.masked(),
        label => document = document.labelled(label),
    }
    let published = document.publish_as(author, &person);
    if case.label == "withdrawn" {
        let withdraw = json!([{ "op": "replace", "path": "/status", "value": "entered-in-error" }]);
        as_login(author).patch(&published.path(), &withdraw).expect(200);
    }
    // Someone reads it first, so that the log has a line to show or to hide.
    as_login("systeme-1").get(&published.path()).expect(200);
    match case.relation {
        "consent" => drop(decide(&person, login, "permit")),
        relation if relation.starts_with("blocked") => drop(decide(&person, login, "deny")),
        _ => {}
    }
    let client = match case.relation {
        "urgent" | "blocked-urgent" => {
            region().for_purpose(login, "break-glass", "personne inconsciente aux urgences")
        }
        "regulates" => region().for_purpose(login, "regulation", "appel au centre 15"),
        "legal" | "carer" => region().acting_for(login, &person.id),
        _ => as_login(login),
    };
    (person, published, client)
}

/// Whom a parent or a carer acts for: the person whose record names them.
fn represented(login: &str) -> Person {
    let ins = region().account(login, "ins");
    let system = as_login("systeme-1");
    let found = system.all(&format!("/fhir/RelatedPerson?identifier={}", encode(&format!("{INS}|{ins}"))));
    let related = found
        .iter()
        .find(|related| related.to_string().contains("CodeSystem/representation"))
        .expect("a record names them");
    let reference = related["patient"]["reference"].as_str().unwrap();
    let resource = system.get(&format!("/fhir/{reference}")).expect(200).json();
    Person {
        id: resource["id"].as_str().unwrap().into(),
        ins: resource["identifier"][0]["value"].as_str().unwrap_or("").into(),
        family: resource["name"][0]["family"].as_str().unwrap_or("").into(),
        resource,
    }
}

/// What a person decided about a professional.
fn decide(person: &Person, login: &str, kind: &str) -> Value {
    let code = |system: &str, code: &str| json!({ "coding": [{ "system": system, "code": code }] });
    as_login("systeme-1").create(&json!({ "resourceType": "Consent", "status": "active",
        "scope": code("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [code("http://loinc.org", "59284-0")],
        "patient": { "reference": person.reference() },
        "dateTime": "2026-01-01T00:00:00Z",
        "policyRule": code("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN"),
        "provision": { "type": kind, "period": { "start": "2026-01-01", "end": "2999-12-31" },
            "actor": [{ "role": code("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"),
                "reference": { "reference": format!("Practitioner/{}", region().account(login, "practitioner_id")),
                    "identifier": { "system": RPPS, "value": region().account(login, "rpps") } } }] } }))
}

fn perform(act: &str, client: &Client, person: &Person, published: &Published) -> String {
    let id = published.id.as_str();
    let patient = encode(&person.reference());
    let get = |path: String| client.get(&path);
    match act {
        "read" => told(get(published.path()), id, false),
        "search" => told(get(published.search()), id, true),
        "count" => counted(get(format!("{}&_summary=count", published.search()))),
        "history" => told(get(format!("{}/_history", published.path())), id, false),
        "vread" => told(get(format!("{}/_history/1", published.path())), id, false),
        "content" => told(get(format!("/fhir/Binary/{}", published.binary)), "", false),
        "include" => told(
            get(format!(
                "/fhir/List?patient={patient}&identifier={}&_include=List:item",
                encode(&format!("{}.7", published.document.unique_id))
            )),
            id,
            true,
        ),
        "revinclude" => told(
            get(format!("/fhir/Patient?_id={}&_revinclude=DocumentReference:subject", person.id)),
            id,
            true,
        ),
        "list" => match get(format!("/fhir/List/{}", published.list)) {
            reply if reply.status == 200 => seen(reply.text().contains(id)),
            reply => hidden(reply, id),
        },
        "log" => logged(client, &patient, id),
        "patch" => {
            let label = json!({ "coding": [{ "system": LABELS, "code": "MASQUE_PS" }] });
            told(
                client.patch(
                    &published.path(),
                    &json!([{ "op": "add", "path": "/securityLabel/-", "value": label }]),
                ),
                id,
                false,
            )
        }
        "delete" => told(client.delete(&published.path()), id, false),
        other => panic!("unknown act {other}"),
    }
}

fn seen(is_seen: bool) -> String {
    if is_seen { "seen" } else { "absent" }.to_owned()
}

/// The status, or for lists whether the document is there.
fn told(reply: Reply, id: &str, is_list: bool) -> String {
    if reply.status >= 400 {
        return hidden(reply, id);
    }
    if !is_list {
        return reply.status.to_string();
    }
    let bundle = reply.json();
    seen(entries(&bundle).iter().any(|entry| entry["resource"]["id"] == id))
}

/// A refusal says nothing of the document.
fn hidden(reply: Reply, id: &str) -> String {
    let text = reply.text();
    assert!(reply.status < 500, "{text}");
    assert!(id.is_empty() || !text.contains(id), "a refusal tells of the document: {text}");
    for word in ["MASQUE", "INVISIBLE", "bloqu", "block"] {
        assert!(!text.contains(word), "a refusal says why: {text}");
    }
    reply.status.to_string()
}

fn counted(reply: Reply) -> String {
    if reply.status >= 400 {
        return reply.status.to_string();
    }
    let total = reply.json()["total"].as_u64().expect("a number");
    assert!(total <= 1, "one document has this unique id");
    seen(total == 1)
}

fn logged(client: &Client, patient: &str, id: &str) -> String {
    let first = client.get(&format!("/fhir/AuditEvent?patient={patient}&_count=200"));
    if first.status >= 400 {
        return hidden(first, id);
    }
    seen(first.text().contains(id))
}
