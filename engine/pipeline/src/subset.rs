//! `_elements` and `_summary`: a resource reduced to what was asked, and marked as reduced.

use crate::interaction::Answer;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use socle_fhir::definitions::{self, Type};
use socle_fhir::{Query, Summary};
use socle_kernel::{Kind, Problem};

/// Members that every reduced resource keeps.
const KEPT: [&str; 4] = ["resourceType", "id", "meta", "implicitRules"];

/// A single resource reduced to what `_summary` and `_elements` ask of it (R4: both count for reads too).
pub fn shape(answer: Answer, params: &[(String, String)], is_lenient: bool) -> Result<Answer, Problem> {
    let asked: Vec<(String, String)> =
        params.iter().filter(|(name, _)| !matches!(name.as_str(), "_format" | "_pretty")).cloned().collect();
    if let Some((name, _)) = asked.iter().find(|(name, _)| !matches!(name.as_str(), "_summary" | "_elements"))
        && !is_lenient
    {
        return Err(Problem::new(
            Kind::Invalid,
            "Paramètre inconnu pour une lecture.",
            "Unknown parameter for a read.",
        )
        .coded("not-supported")
        .at(name.clone())
        .expecting("_summary, _elements, _format, _pretty"));
    }
    let Some(body) = answer.body.as_ref().filter(|_| !asked.is_empty() && answer.status == 200) else {
        return Ok(answer);
    };
    let mut resource = socle_fhir::json::parse(body)?;
    let Some(resource_type) = resource["resourceType"].as_str().and_then(|name| name.parse().ok()) else {
        return Ok(answer);
    };
    let query = socle_fhir::parse_query(resource_type, &asked, true)?;
    if query.summary == Summary::Whole && query.elements.is_empty() {
        return Ok(answer);
    }
    reduce(&mut resource, &query);
    Ok(Answer { body: Some(Bytes::from(socle_fhir::json::to_text(&resource))), ..answer })
}

/// Reduces a resource in place and tags it `SUBSETTED`.
pub(crate) fn reduce(resource: &mut Value, query: &Query) {
    let Some(definition) = resource["resourceType"].as_str().and_then(definitions::find_type) else { return };
    let Value::Object(members) = resource else { return };
    match query.summary {
        Summary::Data => {
            members.shift_remove("text");
        }
        Summary::Text => retain(members, |name| name == "text" || is_mandatory(definition, name)),
        Summary::Summary => retain(members, |name| is_summary(definition, name)),
        Summary::Whole | Summary::Count => {}
    }
    if !query.elements.is_empty() {
        retain(members, |name| {
            query.elements.iter().any(|wanted| wanted == name) || is_mandatory(definition, name)
        });
    }
    tag(members);
}

fn is_mandatory(definition: &'static Type, name: &str) -> bool {
    definition.member(name).is_some_and(|member| member.element.min > 0)
}

fn is_summary(definition: &'static Type, name: &str) -> bool {
    definition.member(name).is_some_and(|member| member.element.is_summary || member.element.min > 0)
}

/// Keeps members by name; `_x` goes with `x`.
fn retain(members: &mut Map<String, Value>, keep: impl Fn(&str) -> bool) {
    members.retain(|name, _| KEPT.contains(&name.as_str()) || keep(name.strip_prefix('_').unwrap_or(name)));
}

fn tag(members: &mut Map<String, Value>) {
    let meta = members.entry("meta").or_insert_with(|| json!({}));
    if let Value::Object(meta) = meta {
        let tags = meta.entry("tag").or_insert_with(|| json!([]));
        if let Value::Array(tags) = tags {
            tags.push(json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED" }));
        }
    }
}
