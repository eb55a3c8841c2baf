//! Documents published as IHE MHD (ITI-65): the profile that a Bundle declares decides what it may hold.

use super::LIST_SYSTEM;
use crate::document::items;
use socle_kernel::{Issue, Kind, Problem, Words, resource_type};
use socle_pipeline::{Draft, Plan, Verb, Via};

/// Base of the MHD profiles.
const BASE: &str = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.";

/// The variants of ITI-65: how much metadata, and whether people are contained.
const VARIANTS: [(&str, &str, &str); 3] = [
    ("Minimal.ProvideBundle", "Minimal.DocumentReference", "Minimal.SubmissionSet"),
    ("Comprehensive.ProvideBundle", "Comprehensive.DocumentReference", "Comprehensive.SubmissionSet"),
    (
        "UnContained.Comprehensive.ProvideBundle",
        "UnContained.Comprehensive.DocumentReference",
        "UnContained.Comprehensive.SubmissionSet",
    ),
];

/// What a Bundle of a variant implies for its resources.
pub struct Implied {
    /// Profile of its documents.
    pub document: String,
    /// Profile of its submission set.
    pub set: String,
}

/// The variant that a plan's Bundle declares; `None` for any other profile, PDSm first of all.
pub fn implied(plan: &Plan) -> Option<Implied> {
    plan.profiles.iter().find_map(|profile| {
        let name = profile.split('|').next()?.strip_prefix(BASE)?;
        let (_, document, set) = VARIANTS.iter().find(|(bundle, ..)| *bundle == name)?;
        Some(Implied { document: format!("{BASE}{document}"), set: format!("{BASE}{set}") })
    })
}

/// True for a submission set.
pub fn is_submission_set(draft: &Draft) -> bool {
    draft.resource_type == resource_type::LIST
        && items(&draft.resource()["code"]["coding"])
            .any(|coding| coding["system"] == LIST_SYSTEM && coding["code"] == "submissionset")
}

/// What the Bundle as a whole must be: one submission set that names every document, contents that are there, and nothing
/// of another kind.
pub fn check_bundle(plan: &Plan) -> Result<(), Problem> {
    if implied(plan).is_none() {
        return Ok(());
    }
    let mut issues = Vec::new();
    let sent = || plan.drafts.iter().filter(|draft| draft.via != Via::Consequence);
    let sets: Vec<&Draft> =
        sent().filter(|draft| draft.verb == Verb::Create && is_submission_set(draft)).collect();
    if sets.len() != 1 {
        let words = Words::new(
            "IHE MHD : une publication porte un lot de soumission (List submissionset), et un seul.",
            "IHE MHD: a publication has one submission set (List submissionset), and one only.",
        );
        issues.push(
            Issue::error("required", "Bundle.entry", words).expected("1").received(sets.len().to_string()),
        );
    }
    let named: Vec<&str> = sets
        .iter()
        .flat_map(|set| items(&set.resource()["entry"]))
        .filter_map(|entry| entry["item"]["reference"].as_str())
        .collect();
    for draft in sent() {
        let place = |rest: &str| format!("Bundle.entry[{}]{rest}", draft.entry.unwrap_or_default());
        if !has_a_slice(draft) {
            let words = Words::new(
                "IHE MHD : cette entrée n'a pas sa place dans une publication.",
                "IHE MHD: this entry has no place in a publication.",
            );
            let issue = Issue::error("structure", place(""), words);
            issues.push(
                issue
                    .expected("List, DocumentReference, Binary, Bundle, Patient")
                    .received(draft.resource_type.name()),
            );
        }
        if draft.resource_type != resource_type::DOCUMENT_REFERENCE || draft.verb != Verb::Create {
            continue;
        }
        let full_url = draft.full_url.as_deref().unwrap_or("");
        if sets.len() == 1 && !named.contains(&full_url) {
            let words = Words::new(
                "IHE MHD : le lot de soumission nomme chaque document de la publication (List.entry.item).",
                "IHE MHD: the submission set names every document of the publication (List.entry.item).",
            );
            issues.push(Issue::error("business-rule", place(""), words).expected(full_url));
        }
        for url in
            items(&draft.resource()["content"]).filter_map(|content| content["attachment"]["url"].as_str())
        {
            if url.starts_with("urn:") && plan.find(url).is_none() {
                issues.push(missing_content(place(".resource.content.attachment.url"), url));
            }
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Problem::with_issues(Kind::Unprocessable, issues)) }
}

fn missing_content(path: String, url: &str) -> Issue {
    let words = Words::new(
        "Le contenu que ce document désigne n'est pas dans la publication.",
        "The content that this document names is not in the publication.",
    );
    Issue::error("not-found", path, words).expected("fullUrl of a Binary").received(url)
}

/// The closed slices of `Bundle.entry`.
fn has_a_slice(draft: &Draft) -> bool {
    let of_type = draft.resource_type;
    if of_type == resource_type::DOCUMENT_REFERENCE {
        return draft.verb == Verb::Create || draft.via == Via::Patch;
    }
    if of_type == resource_type::LIST {
        return matches!(draft.verb, Verb::Create | Verb::Update);
    }
    of_type == resource_type::BINARY || of_type == resource_type::PATIENT || of_type.name() == "Bundle"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn bundle(name: &str) -> Value {
        let path = format!("{}/../../testdata/ihe-mhd/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).expect("test data")).expect("JSON")
    }

    fn plan(bundle: &Value) -> Plan {
        let drafts = items(&bundle["entry"]).enumerate().map(|(entry, value)| {
            let resource = value["resource"].clone();
            let of_type = resource["resourceType"].as_str().unwrap().parse().unwrap();
            let full_url = value["fullUrl"].as_str().map(str::to_owned);
            Draft { entry: Some(entry), full_url, ..Draft::create(of_type, resource) }
        });
        let profiles = items(&bundle["meta"]["profile"]).filter_map(|url| url.as_str().map(str::to_owned));
        Plan::of_bundle(drafts.collect(), profiles.collect())
    }

    #[test]
    fn every_official_publication_is_what_its_profile_says() {
        for name in ["minimal", "minimal-contained", "comprehensive", "comprehensive-complete", "uncontained"]
        {
            let bundle = bundle(name);
            let plan = plan(&bundle);
            check_bundle(&plan).unwrap_or_else(|problem| panic!("{name}: {problem}"));
            let implied = implied(&plan).unwrap();
            for draft in &plan.drafts {
                let profile = match draft.resource_type {
                    resource_type::DOCUMENT_REFERENCE => Some(implied.document.as_str()),
                    resource_type::LIST if is_submission_set(draft) => Some(implied.set.as_str()),
                    _ => None,
                };
                let issues = super::super::pdsm::check(draft.resource(), profile);
                assert!(issues.is_empty(), "{name}: {issues:?}");
            }
        }
    }

    #[test]
    fn a_publication_without_its_set_or_with_something_else_is_refused() {
        let mut without = bundle("minimal");
        without["entry"].as_array_mut().unwrap().remove(0);
        assert!(check_bundle(&plan(&without)).is_err());
        let mut unnamed = bundle("minimal");
        unnamed["entry"][0]["resource"]["entry"][0]["item"]["reference"] = "DocumentReference/other".into();
        assert!(check_bundle(&plan(&unnamed)).is_err());
        let mut other = bundle("minimal");
        other["entry"][3]["resource"] = serde_json::json!({ "resourceType": "Observation" });
        let problem = check_bundle(&plan(&other)).expect_err("closed");
        assert!(problem.issues[0].path.contains("entry[3]"));
        let mut lost = bundle("minimal");
        lost["entry"].as_array_mut().unwrap().remove(2);
        assert_eq!(check_bundle(&plan(&lost)).expect_err("no content").issues[0].code, "not-found");
    }
}
