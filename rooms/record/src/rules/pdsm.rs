//! What the PDSm and IHE MHD profiles demand, from `data/record/`: required paths, one issue for each that is missing.

use crate::document::items;
use serde::Deserialize;
use serde_json::Value;
use socle_kernel::{Issue, Words};
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    version: String,
    #[expect(dead_code, reason = "the file says its source for people; the program does not need it")]
    source: String,
    profile: Vec<Profile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    url: String,
    required: Vec<Required>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Required {
    path: String,
    level: Level,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Error,
    Warning,
}

static SHIPPED: LazyLock<[File; 2]> = LazyLock::new(|| {
    let texts =
        [include_str!("../../../../data/record/pdsm.toml"), include_str!("../../../../data/record/mhd.toml")];
    texts.map(|text| {
        toml::from_str(text).expect("the shipped tables of profiles are valid; a test reads them")
    })
});

/// Does this resource claim a profile (with or without its version)?
pub fn claims(resource: &Value, url: &str) -> bool {
    items(&resource["meta"]["profile"])
        .filter_map(Value::as_str)
        .any(|claimed| claimed.split('|').next() == Some(url))
}

/// What a resource lacks of the profiles it claims and of the one its company implies.
pub fn check(resource: &Value, implied: Option<&str>) -> Vec<Issue> {
    let applies = |profile: &Profile| claims(resource, &profile.url) || implied == Some(profile.url.as_str());
    let resource_type = resource["resourceType"].as_str().unwrap_or("Resource");
    let mut issues: Vec<Issue> = Vec::new();
    for file in &*SHIPPED {
        let guide = format!("{} {}", file.name, file.version);
        let profiles = file.profile.iter().filter(|profile| applies(profile));
        for rule in profiles.flat_map(|profile| profile.required.iter()) {
            let Some(issue) = broken(resource, resource_type, rule, &guide) else { continue };
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
    }
    issues
}

fn broken(resource: &Value, resource_type: &str, rule: &Required, guide: &str) -> Option<Issue> {
    let make = |code, path: String, words| match rule.level {
        Level::Error => Issue::error(code, path, words),
        Level::Warning => Issue::warning(code, path, words),
    };
    if let Some(path) = rule.path.strip_suffix("[contained]") {
        let outside = first_outside(resource, path)?;
        let words = Words::new(
            format!("{guide} : cette référence désigne une ressource contenue (#…)."),
            format!("{guide}: this reference names a contained resource (#…)."),
        );
        let issue = make("structure", format!("{resource_type}.{path}"), words);
        return Some(issue.expected("#<id>").received(outside));
    }
    if let Some(path) = rule.path.strip_suffix("[absent]") {
        if !values_at(resource, path).iter().any(|value| !value.is_null()) {
            return None;
        }
        let words = Words::new(
            format!("{guide} : cet élément n'a pas sa place ici ; retirez-le."),
            format!("{guide}: this element has no place here; take it out."),
        );
        return Some(make("structure", format!("{resource_type}.{path}"), words).expected("0..0"));
    }
    if is_present(resource, &rule.path) {
        return None;
    }
    let words = Words::new(
        format!("{guide} : élément obligatoire absent."),
        format!("{guide}: a mandatory element is missing."),
    );
    let issue = make("required", format!("{resource_type}.{}", shown_path(&rule.path)), words);
    Some(issue.expected("1..1").received("(absent)"))
}

fn shown_path(path: &str) -> String {
    path.replace("extension(", "extension('").replace(')', "')")
}

/// Is there something at this path, in every item of every list on the way? A content that comes along (`data`) counts
/// as its address: it becomes one.
fn is_present(resource: &Value, path: &str) -> bool {
    if let Some(url) = path.strip_prefix("extension(").and_then(|rest| rest.strip_suffix(')')) {
        return items(&resource["extension"]).any(|extension| extension["url"] == url);
    }
    let segments: Vec<&str> = path.split('.').collect();
    has(resource, &segments)
}

fn has(value: &Value, segments: &[&str]) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty() && list.iter().all(|item| has(item, segments)),
        _ => match segments.split_first() {
            None => true,
            Some((name, rest)) => {
                let is_content_along = *name == "url" && rest.is_empty() && value["data"].is_string();
                is_content_along || has(&value[*name], rest)
            }
        },
    }
}

/// The values at a path, in every item of every list on the way.
fn values_at<'a>(resource: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut values: Vec<&Value> = vec![resource];
    for name in path.split('.') {
        values = values
            .into_iter()
            .flat_map(|value| match &value[name] {
                Value::Array(list) => list.iter().collect(),
                other => vec![other],
            })
            .collect();
    }
    values
}

/// The first reference at a path that leads out of the resource; `None` when all stay inside or there is none.
fn first_outside(resource: &Value, path: &str) -> Option<String> {
    let values = values_at(resource, path);
    let outside = values
        .into_iter()
        .filter(|value| !value.is_null())
        .find(|value| !value["reference"].as_str().is_some_and(|reference| reference.starts_with('#')))?;
    Some(super::shown(&outside["reference"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{COMPREHENSIVE, SIMPLIFIED, SUBMISSION_SET};
    use socle_kernel::Severity;

    fn example(name: &str) -> Value {
        let path = format!("{}/testdata/pdsm/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn paths(issues: &[Issue]) -> Vec<String> {
        issues.iter().map(|issue| format!("{} {}", issue.severity.code(), issue.path)).collect()
    }

    #[test]
    fn accepts_the_official_examples_and_says_what_they_break() {
        let comprehensive = check(&example("DocumentReference-exemple-pdsm-documentreference"), None);
        assert_eq!(
            paths(&comprehensive),
            [
                "warning DocumentReference.author",
                "warning DocumentReference.authenticator",
                "warning DocumentReference.context.sourcePatientInfo",
            ]
        );
        assert_eq!(comprehensive[0].received.as_deref(), Some("PractitionerRole/practitionerrole-example"));
        for name in
            ["DocumentReference-PDSmSimplifiedExample", "List-ExampleSubmissionSet", "List-ExampleFolder"]
        {
            assert_eq!(paths(&check(&example(name), None)), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn refuses_a_document_that_lacks_what_every_example_has() {
        let mut resource = example("DocumentReference-exemple-pdsm-documentreference");
        resource["context"]["period"].take();
        resource["content"][0]["attachment"]["hash"].take();
        let issues = check(&resource, None);
        let errors: Vec<&Issue> = issues.iter().filter(|issue| issue.severity == Severity::Error).collect();
        let found: Vec<&str> = errors.iter().map(|issue| issue.path.as_str()).collect();
        assert_eq!(
            found,
            ["DocumentReference.content.attachment.hash", "DocumentReference.context.period.start"]
        );
        assert!(errors.iter().all(|issue| issue.received.as_deref() == Some("(absent)")));
    }

    #[test]
    fn holds_an_unclaimed_document_to_the_profile_of_its_submission_set_only() {
        let resource = serde_json::json!({ "resourceType": "DocumentReference", "status": "current",
            "content": [{ "attachment": { "data": "SGVsbG8=" } }] });
        assert!(check(&resource, None).is_empty());
        let issues = check(&resource, Some(COMPREHENSIVE));
        assert!(issues.iter().any(|issue| issue.path == "DocumentReference.masterIdentifier"));
        assert!(!issues.iter().any(|issue| issue.path == "DocumentReference.content.attachment.url"));
    }

    #[test]
    fn demands_the_custodian_of_a_simplified_publication_and_the_source_of_a_set() {
        let mut document = example("DocumentReference-PDSmSimplifiedExample");
        document.as_object_mut().unwrap().shift_remove("custodian");
        assert_eq!(paths(&check(&document, None)), ["error DocumentReference.custodian"]);
        assert!(claims(&document, SIMPLIFIED));
        let mut set = example("List-ExampleSubmissionSet");
        set["source"]["reference"] = "Practitioner/elsewhere".into();
        set["extension"].as_array_mut().unwrap().remove(1);
        let found = paths(&check(&set, None));
        assert!(claims(&set, SUBMISSION_SET));
        assert_eq!(found[0], "error List.source");
        assert!(found[1].contains("ihe-sourceId"), "{found:?}");
    }
}
