//! Small readings of FHIR resources that several files share.

use serde_json::Value;
use socle_gate::Session;
use socle_kernel::{Kind, Problem, ResourceType};
use socle_pipeline::{Interaction, Pipeline, Prefer};

/// One page of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    /// The resources.
    pub items: Vec<Value>,
    /// How many there are in all.
    pub total: usize,
    /// Token of the next page.
    pub next: Option<String>,
}

/// Searches as this session may.
pub(crate) async fn search(
    pipeline: &Pipeline,
    session: &Session,
    resource_type: ResourceType,
    params: &[(&str, &str)],
) -> Result<Results, Problem> {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let interaction = Interaction::Search { resource_type, params };
    let answer = pipeline.interact(session, interaction, Prefer::default()).await?;
    let bundle: Value =
        serde_json::from_slice(&answer.body.unwrap_or_default()).map_err(Problem::internal)?;
    Ok(results(&bundle))
}

fn results(bundle: &Value) -> Results {
    let entries = items(&bundle["entry"]);
    let next = items(&bundle["link"])
        .find(|link| link["relation"] == "next")
        .and_then(|link| link["url"].as_str())
        .and_then(|url| url.split(['?', '&']).find_map(|pair| pair.strip_prefix("_page=")))
        .map(|token| percent_encoding::percent_decode_str(token).decode_utf8_lossy().into_owned());
    Results {
        items: entries
            .filter(|entry| entry["search"]["mode"] != "outcome" && entry["search"]["mode"] != "include")
            .map(|entry| entry["resource"].clone())
            .collect(),
        total: bundle["total"].as_u64().and_then(|total| total.try_into().ok()).unwrap_or(0),
        next,
    }
}

/// The one resource with this identifier.
pub(crate) async fn find_one(
    pipeline: &Pipeline,
    session: &Session,
    resource_type: ResourceType,
    system: &str,
    value: &str,
) -> Result<Value, Problem> {
    let identifier = format!("{}|{}", escape(system), escape(value));
    let mut found = search(pipeline, session, resource_type, &[("identifier", &identifier)]).await?;
    match (found.items.pop(), found.items.is_empty()) {
        (Some(resource), true) => Ok(resource),
        (None, _) => Err(Problem::new(
            Kind::NotFound,
            format!("Aucune ressource {resource_type} n’a cet identifiant."),
            format!("No {resource_type} has this identifier."),
        )
        .at(format!("{resource_type}.identifier"))
        .expecting(system)),
        (Some(_), false) => Err(Problem::new(
            Kind::Conflict,
            format!("Plusieurs ressources {resource_type} ont cet identifiant."),
            format!("Several {resource_type} have this identifier."),
        )
        .at(format!("{resource_type}.identifier"))
        .expecting(system)),
    }
}

/// A value as a search parameter takes it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | ',' | '|' | '$') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The items of an array; none of anything else.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Every coding of a CodeableConcept or of a list of them.
pub(crate) fn codings(concepts: &Value) -> impl Iterator<Item = &Value> {
    let one = concepts.is_object().then_some(concepts);
    one.into_iter().chain(items(concepts)).flat_map(|concept| items(&concept["coding"]))
}

/// The first code of a system.
pub(crate) fn code_of<'a>(concepts: &'a Value, system: &str) -> Option<&'a str> {
    codings(concepts).find(|coding| coding["system"] == system)?["code"].as_str()
}

/// The first identifier value of a system.
pub(crate) fn identifier_of<'a>(resource: &'a Value, system: &str) -> Option<&'a str> {
    items(&resource["identifier"]).find(|identifier| identifier["system"] == system)?["value"].as_str()
}

/// An extension of an element.
pub(crate) fn extension<'a>(element: &'a Value, url: &str) -> Option<&'a Value> {
    items(&element["extension"]).find(|extension| extension["url"] == url)
}

/// Birth name and first birth given name, or what comes closest.
pub(crate) fn official_name(person: &Value) -> (&str, &str) {
    let names = &person["name"];
    let name = items(names).find(|name| name["use"] == "official").unwrap_or(&names[0]);
    (name["family"].as_str().unwrap_or(""), name["given"][0].as_str().unwrap_or(""))
}

const BIRTH_PLACE: &str = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
const INSEE_CODE: &str = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code";

/// Where a person was born: name of the place, and its COG code.
pub(crate) fn birth_place(patient: &Value) -> (Option<&str>, Option<&str>) {
    let Some(place) = extension(patient, BIRTH_PLACE) else { return (None, None) };
    let address = &place["valueAddress"];
    let insee = extension(address, INSEE_CODE).or_else(|| extension(&address["_city"], INSEE_CODE));
    let code = insee.and_then(|extension| extension["valueCoding"]["code"].as_str());
    let name = address["city"].as_str().or_else(|| insee.and_then(|e| e["valueCoding"]["display"].as_str()));
    (name, code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_the_token_of_the_next_page() {
        let bundle = json!({ "total": 3, "link": [{ "relation": "self", "url": "https://x/fhir/Patient?_page=a" },
            { "relation": "next", "url": "https://x/fhir/Patient?birthdate=1985-01-01&_page=b%3D1" }],
            "entry": [{ "resource": { "id": "1" }, "search": { "mode": "match" } },
                      { "resource": { "id": "2" }, "search": { "mode": "outcome" } }] });
        let found = results(&bundle);
        assert_eq!((found.items.len(), found.total, found.next.as_deref()), (1, 3, Some("b=1")));
    }

    #[test]
    fn separators_are_escaped() {
        assert_eq!(escape("a,b|c$d\\e"), "a\\,b\\|c\\$d\\\\e");
    }

    #[test]
    fn finds_the_place_of_birth_in_both_shapes() {
        let place =
            |address: Value| json!({ "extension": [{ "url": BIRTH_PLACE, "valueAddress": address }] });
        let code = json!([{ "url": INSEE_CODE, "valueCoding": { "code": "35238", "display": "Rennes" } }]);
        assert_eq!(birth_place(&place(json!({ "extension": code }))), (Some("Rennes"), Some("35238")));
        let nested = json!({ "city": "Rennes", "_city": { "extension": code } });
        assert_eq!(birth_place(&place(nested)), (Some("Rennes"), Some("35238")));
        assert_eq!(birth_place(&json!({})), (None, None));
    }
}
