//! What of an answer is compared: everything but the page tokens, and what log lines are and name by ids that no client
//! chose.

use serde_json::Value;
use socle_kernel::Problem;
use socle_pipeline::Answer;

/// An answer as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    status: u16,
    version: Option<u32>,
    body: Value,
}

/// An answer as it is compared, and the address of the next page.
pub fn seen(answer: Result<Answer, Problem>) -> (Seen, Option<String>) {
    match answer {
        Err(problem) => {
            let issues: Vec<Value> = problem.issues.iter().map(|issue| format!("{issue:?}").into()).collect();
            (Seen { status: problem.kind.status(), version: None, body: issues.into() }, None)
        }
        Ok(answer) => {
            let mut body: Value =
                answer.body.as_ref().map_or(Value::Null, |body| serde_json::from_slice(body).unwrap());
            let next = body["link"].as_array().into_iter().flatten().find(|link| link["relation"] == "next");
            let next = next.and_then(|link| link["url"].as_str()).map(str::to_owned);
            without_tokens(&mut body);
            (Seen { status: answer.status, version: answer.version, body }, next)
        }
    }
}

/// Links of pages and ids of log lines, of Bundles within Bundles as well.
fn without_tokens(body: &mut Value) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(without_tokens),
        Value::Object(members) => {
            let is_link = members.contains_key("relation") && members.contains_key("url");
            if let Some(url) = members.get_mut("url").filter(|_| is_link) {
                let text = url.as_str().unwrap_or_default();
                let kept: Vec<&str> = text.split('&').filter(|part| !part.contains("_page=")).collect();
                *url = kept.join("&").into();
            }
            if members.get("resource").is_some_and(|resource| resource["resourceType"] == "AuditEvent") {
                members["resource"]["id"] = Value::Null;
                members.insert("fullUrl".into(), Value::Null);
                let event = &mut members["resource"];
                let named = |value: &mut Value| {
                    if let Some(text) = value["reference"].as_str() {
                        value["reference"] = text.split('/').next().into();
                    }
                };
                for entity in event["entity"].as_array_mut().into_iter().flatten() {
                    named(&mut entity["what"]);
                }
                for agent in event["agent"].as_array_mut().into_iter().flatten() {
                    named(&mut agent["who"]);
                }
            }
            members.values_mut().for_each(without_tokens);
        }
        _ => {}
    }
}

/// True when at least one resource was found or read.
pub fn has_entries(seen: &Seen) -> bool {
    seen.status == 200 && (seen.body.get("entry").is_some() || seen.body["resourceType"] != "Bundle")
}

/// The first difference between two walks, as text.
pub fn difference(these: &[Seen], those: &[Seen]) -> String {
    for (page, (one, other)) in these.iter().zip(those).enumerate() {
        if one.status != other.status {
            return format!(
                "answer {page}: {} {}\nbut {} {}",
                one.status, one.body, other.status, other.body
            );
        }
        if let Some(found) = between(&one.body, &other.body, "") {
            return format!("answer {page}, {found}");
        }
        if one.version != other.version {
            return format!("answer {page}: version {:?} but {:?}", one.version, other.version);
        }
    }
    format!("{} pages but {}", these.len(), those.len())
}

fn between(one: &Value, other: &Value, path: &str) -> Option<String> {
    if one == other {
        return None;
    }
    let tell = || Some(format!("{path}: {one}\nbut {other}"));
    match (one, other) {
        (Value::Array(these), Value::Array(those)) if these.len() == those.len() => {
            let pairs = these.iter().zip(those).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (one, other))| between(one, other, &format!("{path}[{index}]")))
        }
        (Value::Object(these), Value::Object(those)) if these.keys().eq(those.keys()) => {
            these.iter().find_map(|(name, one)| between(one, &those[name], &format!("{path}.{name}")))
        }
        _ => tell(),
    }
    .or_else(tell)
}
