//! How pages read: one search for a list, one read for a resource, parsed once.

use serde_json::Value;
use socle_gate::{Found, Session, Where};
use socle_kernel::{HomeId, Instant, Key, Problem, ResourceType, resource_type};
use socle_pipeline::{PageCall, PersonShown};

/// A resource that was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its key.
    pub key: Key,
    /// Its public id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// When this version was written.
    pub last_updated: Instant,
    /// The resource.
    pub json: Value,
}

impl Record {
    fn of(found: &Found) -> Result<Record, Problem> {
        Ok(Record {
            key: found.key,
            id: found.id.clone(),
            version: found.version,
            last_updated: found.last_updated,
            json: socle_fhir::json::parse(&found.body)?,
        })
    }
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The resources.
    pub items: Vec<Record>,
    /// How many there are in all.
    pub total: usize,
    /// Token of the next page.
    pub next: Option<String>,
}

/// Resources of a type in a home, newest first.
pub async fn list(
    session: &Session,
    home: HomeId,
    resource_type: ResourceType,
    params: &[(&str, &str)],
    limit: usize,
) -> Result<Listed, Problem> {
    let params: Vec<(String, String)> =
        params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let page = session.list(resource_type, &params, Where::Homes(vec![home]), limit).await?;
    let items = page.items.iter().map(Record::of).collect::<Result<Vec<_>, _>>()?;
    Ok(Listed { items, total: usize::try_from(page.total).unwrap_or(usize::MAX), next: page.next })
}

/// A resource by its public id; `None` when it is not there or not for this caller to know.
pub async fn find(
    session: &Session,
    resource_type: ResourceType,
    id: &str,
) -> Result<Option<Record>, Problem> {
    let Some(key) = session.resolve(resource_type, id).await? else { return Ok(None) };
    match session.read(key).await? {
        Some(found) if !found.deleted => Ok(Some(Record::of(&found)?)),
        _ => Ok(None),
    }
}

/// The bytes of a content and its media type; `None` when it is not there or not for this caller to know.
pub async fn content(session: &Session, id: &str) -> Result<Option<(String, bytes::Bytes)>, Problem> {
    let Some(key) = session.resolve(resource_type::BINARY, id).await? else { return Ok(None) };
    let Some(found) = session.read(key).await?.filter(|found| !found.deleted) else { return Ok(None) };
    let resource = socle_fhir::json::parse(&found.body)?;
    let media_type = resource["contentType"].as_str().unwrap_or("application/octet-stream").to_owned();
    Ok(session.content(&found).await?.map(|content| (media_type, content)))
}

/// Whose record a citizen's page shows.
pub async fn citizen_person(call: &PageCall, session: &Session) -> Result<(HomeId, PersonShown), Problem> {
    let citizen = call.identified.principal.citizen().ok_or_else(Problem::not_found)?;
    let found = session.read(citizen.person).await?.ok_or_else(Problem::not_found)?;
    let mut person = PersonShown::of(&socle_fhir::json::parse(&found.body)?);
    person.is_represented = citizen.capacity != socle_kernel::Capacity::Own;
    Ok((citizen.person.home, person))
}

/// The patient a professional's page is about.
pub struct Patient {
    /// Where their record lives.
    pub home: HomeId,
    /// Public id in the address.
    pub id: String,
    /// Traits of the banner.
    pub person: PersonShown,
    /// The `Patient`.
    pub json: Value,
}

/// The patient named in the address; not found for who may not know of them.
pub async fn patient(call: &PageCall, session: &Session) -> Result<Patient, Problem> {
    let record =
        find(session, resource_type::PATIENT, call.param("id")).await?.ok_or_else(Problem::not_found)?;
    let person = PersonShown::of(&record.json);
    Ok(Patient { home: record.key.home, id: call.param("id").to_owned(), person, json: record.json })
}

/// The name behind a reference to the directory, for the few pages that show one document.
pub async fn name_behind(session: &Session, reference: &str) -> Result<String, Problem> {
    let Some((name, id)) = reference.split_once('/') else { return Ok(String::new()) };
    let (Ok(resource_type), Some(id)) = (name.parse::<ResourceType>(), id.split('/').next()) else {
        return Ok(String::new());
    };
    if !socle_gate::decide::is_directory(resource_type) {
        return Ok(String::new());
    }
    let Some(record) = find(session, resource_type, id).await? else { return Ok(String::new()) };
    if resource_type != resource_type::PRACTITIONER_ROLE {
        return Ok(crate::document::name_of_resource(&record.json));
    }
    let mut names = Vec::new();
    for part in ["practitioner", "organization"] {
        let part = &record.json[part];
        let display = part["display"].as_str().unwrap_or("").to_owned();
        let name =
            match (display.is_empty(), part["reference"].as_str().and_then(|text| text.split_once('/'))) {
                (true, Some((name, id))) => match name.parse::<ResourceType>() {
                    Ok(resource_type) => find(session, resource_type, id)
                        .await?
                        .map(|record| crate::document::name_of_resource(&record.json))
                        .unwrap_or_default(),
                    Err(_) => String::new(),
                },
                _ => display,
            };
        names.push(name);
    }
    names.retain(|name| !name.is_empty());
    Ok(names.join(", "))
}
