//! The official FHIR R4 examples: created, read back unchanged but for `id` and `meta`, and found again.

use super::lines;
use crate::harness::as_login;
use crate::harness::client::{encode, matches};
use serde_json::Value;

/// Without `id`, and of `meta` without what a server gives.
fn bare(mut resource: Value) -> Value {
    let members = resource.as_object_mut().expect("a resource");
    members.shift_remove("id");
    members.shift_remove("meta");
    resource
}

#[test]
fn every_example_survives_being_created_and_read() {
    let system = as_login("systeme-1");
    let mut wrong = Vec::new();
    let mut count = 0;
    for example in lines("fhir-r4-examples/examples.ndjson.gz") {
        let name = example["resourceType"].as_str().unwrap().to_owned();
        let what = format!("{name}/{}", example["id"].as_str().unwrap_or(""));
        count += 1;
        let reply = system.post(&format!("/fhir/{name}"), &example);
        if reply.status != 201 {
            wrong.push(format!("{what}: {} {}", reply.status, reply.text()));
            continue;
        }
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        let read = system
            .call("GET", &format!("/fhir/{name}/{id}"))
            .header("accept", "application/fhir+json")
            .send();
        if read.status != 200 {
            wrong.push(format!("{what}: read {} {}", read.status, read.text()));
            continue;
        }
        let read = read.json();
        for kept in ["profile", "security", "tag"] {
            if !example["meta"][kept].is_null() && example["meta"][kept] != read["meta"][kept] {
                wrong.push(format!("{what}: meta.{kept} changed"));
            }
        }
        let (sent, stored) = (bare(example), bare(read));
        if sent != stored {
            wrong.push(format!("{what}: {}", first_difference("", &sent, &stored)));
            continue;
        }
        wrong.extend(not_found(&name, &id, &stored).map(|why| format!("{what}: {why}")));
    }
    assert_eq!(count, 389);
    assert!(wrong.is_empty(), "{} of 389:\n{}", wrong.len(), wrong.join("\n"));
}

/// Searches the resource by its id, and by its identifier when it has one.
fn not_found(name: &str, id: &str, resource: &Value) -> Option<String> {
    let system = as_login("systeme-1");
    let mut queries = vec![format!("_id={id}")];
    let identifier = match &resource["identifier"] {
        Value::Array(list) => list[0].clone(),
        other => other.clone(),
    };
    let is_searched = socle_fhir::parameter(name.parse().ok()?, "identifier").is_some();
    if let (Some(system), Some(value), true) =
        (identifier["system"].as_str(), identifier["value"].as_str(), is_searched)
    {
        queries.push(format!("identifier={}", encode(&format!("{system}|{}", escape(value)))));
    }
    queries.into_iter().find_map(|query| {
        let reply = system.get(&format!("/fhir/{name}?{query}&_count=100"));
        let is_found = reply.status == 200 && matches(&reply.json()).iter().any(|found| found == id);
        (!is_found).then(|| format!("not found by {query}: {}", reply.status))
    })
}

/// FHIR's own escapes in a parameter value.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('|', "\\|").replace('$', "\\$")
}

/// Where two resources part; numbers compare as they are written.
fn first_difference(path: &str, one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys()) {
                if one[name] != other[name] {
                    return first_difference(&format!("{path}.{name}"), &one[name], &other[name]);
                }
            }
            path.to_owned()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let index = (0..a.len()).find(|index| a[*index] != b[*index]).unwrap_or(0);
            first_difference(&format!("{path}[{index}]"), &a[index], &b[index])
        }
        _ => format!("{path}: sent {one}, read {other}"),
    }
}
