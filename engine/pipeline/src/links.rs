//! References between the drafts of one plan: found by `fullUrl`, marked while ids are still to come, made literal at the end.

use crate::plan::Plan;
use serde_json::Value;
use socle_fhir::{Reference, rewrite_links};
use socle_gate::Session;
use std::collections::HashMap;

/// Marks a reference to a draft of the same plan, with its position: `Type/<mark><position>`.
const PLANNED: &str = "plan-5b0d1f0c-";

/// The references that lead to drafts of a plan.
pub(crate) struct Links {
    by_reference: HashMap<String, usize>,
}

impl Links {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut by_reference = HashMap::new();
        for (index, draft) in plan.drafts.iter().enumerate() {
            // An entry that made nothing because another of the Bundle does leads to that one.
            let index = draft.same_as.unwrap_or(index);
            if let Some(full_url) = &draft.full_url {
                by_reference.insert(full_url.clone(), index);
            }
            if let Some(alias) = &draft.alias {
                by_reference.insert(format!("{}/{alias}", draft.resource_type), index);
            }
        }
        Links { by_reference }
    }

    /// The draft a reference means, and the version it names (`…/_history/3`).
    pub(crate) fn find<'r>(&self, reference: &'r str) -> Option<(usize, Option<&'r str>)> {
        if let Some(index) = self.by_reference.get(reference) {
            return Some((*index, None));
        }
        let (before, version) = reference.rsplit_once("/_history/")?;
        Some((*self.by_reference.get(before)?, Some(version)))
    }

    /// True when no draft can be meant by a reference.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_reference.is_empty()
    }

    /// A relative reference as the `fullUrl` it means: within a Bundle it continues the base of its own entry.
    pub(crate) fn absolute(&self, base: Option<&str>, reference: &str) -> Option<String> {
        let base = base?;
        if !matches!(Reference::parse(reference), Reference::Local { .. }) {
            return None;
        }
        let absolute = format!("{base}/{reference}");
        self.find(&absolute).is_some().then_some(absolute)
    }

    /// Writes every link to another draft as `Type/<mark><position>`: whose home a resource lives in depends on the types
    /// it refers to, which a `urn:` does not say. Tells which drafts have such links.
    pub(crate) fn mark(&self, plan: &mut Plan) -> Vec<usize> {
        if self.is_empty() {
            return Vec::new();
        }
        let types: Vec<_> = plan.drafts.iter().map(|draft| draft.resource_type).collect();
        let mut marked = Vec::new();
        for (position, draft) in plan.drafts.iter_mut().enumerate() {
            let Some(resource) = &mut draft.resource else { continue };
            let mut is_marked = false;
            let mut mark = |text: &str| {
                let (index, version) = self.find(text)?;
                is_marked = true;
                let version = version.map(|version| format!("/_history/{version}")).unwrap_or_default();
                Some(format!("{}/{PLANNED}{index}{version}", types[index]))
            };
            rewrite_links(resource, &mut mark);
            if is_marked {
                marked.push(position);
            }
        }
        marked
    }
}

/// The position of a draft behind a reference made by [`Links::mark`].
pub(crate) fn planned(reference: &str) -> Option<usize> {
    let (_, rest) = reference.split_once('/')?;
    let rest = rest.split("/_history/").next().unwrap_or(rest);
    rest.strip_prefix(PLANNED)?.parse().ok()
}

/// Makes the marked references of some drafts literal, now that every draft has its id.
pub(crate) fn link(session: &Session, plan: &mut Plan, marked: &[usize]) {
    if marked.is_empty() {
        return;
    }
    let ids: Vec<(String, u32)> = plan
        .drafts
        .iter()
        .map(|draft| {
            let before = draft.before.as_ref().and_then(|before| before["id"].as_str());
            let id = match (&draft.alias, before, draft.key) {
                (Some(alias), ..) => alias.clone(),
                (None, Some(id), _) => id.to_owned(),
                (None, None, Some(key)) => session.gate().cipher().seal(key),
                (None, None, None) => String::new(),
            };
            (format!("{}/{id}", draft.resource_type), draft.expected + 1)
        })
        .collect();
    for position in marked {
        let Some(resource) = plan.drafts[*position].resource.as_mut() else { continue };
        literal(resource, &ids);
    }
}

fn literal(resource: &mut Value, ids: &[(String, u32)]) {
    let mut literal = |text: &str| {
        let (id, version) = ids.get(planned(text)?)?;
        // A reference to a version means the version that this very act writes.
        Some(if text.contains("/_history/") { format!("{id}/_history/{version}") } else { id.clone() })
    };
    rewrite_links(resource, &mut literal);
}

/// The base of a `fullUrl` that is the address of a resource on some server.
pub(crate) fn base_of(full_url: &str) -> Option<&str> {
    match Reference::parse(full_url) {
        Reference::Absolute { base, .. } => Some(base),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Draft;
    use serde_json::json;
    use socle_kernel::resource_type::{OBSERVATION, PATIENT};

    #[test]
    fn each_form_of_a_full_url_is_found_and_marked() {
        let mut plan = Plan::default();
        for full_url in ["urn:uuid:1", "https://a.example/fhir/Patient/1"] {
            let patient = Draft::create(PATIENT, json!({ "resourceType": "Patient" }));
            plan.drafts.push(Draft { full_url: Some(full_url.into()), ..patient });
        }
        let links = Links::of(&plan);
        assert_eq!(links.find("urn:uuid:1/_history/2"), Some((0, Some("2"))));
        assert_eq!(links.find("Patient/1"), None);
        let base = base_of("https://a.example/fhir/Observation/9");
        assert_eq!(links.absolute(base, "Patient/1").as_deref(), Some("https://a.example/fhir/Patient/1"));
        assert_eq!(links.absolute(base, "Patient/2"), None);
        let observation =
            json!({ "resourceType": "Observation", "subject": { "reference": "urn:uuid:1/_history/7" } });
        plan.drafts.push(Draft::create(OBSERVATION, observation));
        assert_eq!(links.mark(&mut plan), [2]);
        let marked = plan.drafts[2].resource()["subject"]["reference"].as_str().unwrap().to_owned();
        assert_eq!(planned(&marked), Some(0));
    }
}
