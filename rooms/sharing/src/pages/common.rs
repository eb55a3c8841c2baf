//! What several pages share: whose record is open, lists of its resources, names behind references.

use crate::sentence::Titles;
use serde_json::Value;
use socle_gate::{Entry, Session, Where};
use socle_kernel::principal::Citizen;
use socle_kernel::{Capacity, Key, Lang, Problem, ResourceType, resource_type};
use socle_pipeline::{PageCall, PersonShown, encode};
use std::collections::HashMap;

/// Resources of one kind that a page looks through.
const LISTED: usize = 200;

/// The citizen who calls.
pub fn citizen(call: &PageCall) -> Result<&Citizen, Problem> {
    call.identified.principal.citizen().ok_or_else(Problem::not_found)
}

/// A carer reads; only the person and their legal representatives decide.
pub fn may_decide(citizen: &Citizen) -> bool {
    citizen.capacity != Capacity::Carer
}

/// Whose record the page shows, and the reference to them.
pub async fn person(call: &PageCall, session: &Session) -> Result<(PersonShown, String), Problem> {
    let citizen = citizen(call)?;
    let found = session.read(citizen.person).await?.ok_or_else(Problem::not_found)?;
    let mut person = PersonShown::of(&socle_fhir::json::parse(&found.body)?);
    person.is_represented = citizen.capacity != Capacity::Own;
    Ok((person, format!("Patient/{}", found.id)))
}

/// Every resource of a type in the open record: its id and itself.
pub async fn list(
    call: &PageCall,
    session: &Session,
    resource_type: ResourceType,
) -> Result<Vec<(String, Value)>, Problem> {
    let place = Where::Homes(vec![citizen(call)?.person.home]);
    find(session, resource_type, place).await
}

async fn find(
    session: &Session,
    resource_type: ResourceType,
    place: Where,
) -> Result<Vec<(String, Value)>, Problem> {
    let page = session.list(resource_type, &[], place, LISTED).await?;
    page.items.iter().map(|found| Ok((found.id.clone(), socle_fhir::json::parse(&found.body)?))).collect()
}

/// Titles of the documents that lines of the log are about, by one search.
pub async fn titles(session: &Session, lang: Lang, lines: &[(Key, Entry)]) -> Result<Titles, Problem> {
    let mut keys: Vec<Key> = lines
        .iter()
        .flat_map(|(_, entry)| entry.what.iter().filter_map(|entity| entity.key()))
        .filter(|key| key.resource_type == resource_type::DOCUMENT_REFERENCE)
        .collect();
    keys.sort();
    keys.dedup();
    let mut titles = HashMap::new();
    if keys.is_empty() {
        return Ok(titles);
    }
    let limit = keys.len();
    let page = session.list(resource_type::DOCUMENT_REFERENCE, &[], Where::Keys(keys), limit).await?;
    for found in page.items {
        let document = socle_fhir::json::parse(&found.body)?;
        titles.insert(found.key, (title(lang, &document), format!("/mon-espace/documents/{}", found.id)));
    }
    Ok(titles)
}

/// Title of a document: of its content, else its description, else its type.
pub fn title(lang: Lang, document: &Value) -> String {
    let written = [
        &document["content"][0]["attachment"]["title"],
        &document["description"],
        &document["type"]["text"],
        &document["type"]["coding"][0]["display"],
    ];
    let title = written.into_iter().filter_map(Value::as_str).map(str::trim).find(|text| !text.is_empty());
    title.unwrap_or(lang.pick("Document sans titre", "Untitled document")).to_owned()
}

/// The name behind a reference: as written beside it, else from the directory.
pub async fn name_behind(session: &Session, reference: &Value) -> Result<String, Problem> {
    if let Some(display) = reference["display"].as_str().filter(|text| !text.trim().is_empty()) {
        return Ok(display.trim().to_owned());
    }
    if let Some((name, id)) = reference["reference"].as_str().and_then(|text| text.split_once('/'))
        && let Ok(resource_type) = name.parse::<ResourceType>()
        && socle_gate::decide::is_directory(resource_type)
        && let Some(key) = session.resolve(resource_type, id).await?
        && let Some(found) = session.read(key).await?.filter(|found| !found.deleted)
    {
        let resource = socle_fhir::json::parse(&found.body)?;
        let practitioner = &resource["practitioner"];
        let name = match practitioner["display"].as_str() {
            Some(display) => display.to_owned(),
            None if practitioner["reference"].is_string() => {
                Box::pin(name_behind(session, practitioner)).await?
            }
            None => name_of(&resource),
        };
        if !name.is_empty() {
            return Ok(name);
        }
    }
    Ok(reference["identifier"]["value"].as_str().unwrap_or("").to_owned())
}

/// The name of a professional or an organisation.
pub fn name_of(resource: &Value) -> String {
    if let Some(name) = resource["name"].as_str() {
        return name.to_owned();
    }
    let name = &resource["name"][0];
    if let Some(text) = name["text"].as_str() {
        return text.to_owned();
    }
    let marks = ["prefix", "suffix"].into_iter().filter_map(|part| name[part][0].as_str());
    let title = marks.map(str::to_uppercase).find_map(|mark| match mark.as_str() {
        "DR" => Some("Dr"),
        "PR" => Some("Pr"),
        _ => None,
    });
    let parts = [title, name["given"][0].as_str(), name["family"].as_str()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// An address with a parameter, percent-encoded.
pub fn with(path: &str, name: &str, value: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}{name}={}", encode(value))
}
