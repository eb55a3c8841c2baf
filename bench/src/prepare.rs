//! Makes what the workloads use: people with a care team, observations and documents, and one record of 500 documents.

use crate::client::{Call, Connection, FHIR_JSON, Server};
use crate::draw::Draw;
use crate::failure::Failure;
use crate::sign_in;
use crate::workloads::{self, Person, Prepared};
use serde_json::{Value, json};

/// People who are read and written about.
const PEOPLE: usize = 100;
/// Observations of each.
const OBSERVATIONS: usize = 10;
/// Documents of each: one page of a search.
const DOCUMENTS: usize = 20;
/// Documents in the large record.
const LARGE_RECORD: usize = 500;
/// Bytes of a document that only has to be there.
const SMALL: usize = 1_000;
/// Connections that prepare.
const CONNECTIONS: usize = 8;

/// Who prepares and who runs.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// Token that may create people.
    pub system: String,
    /// Token of the professional who runs the workloads; the first when none is.
    pub care: Option<String>,
    /// What `socle accounts --json` prints; empty for another server.
    pub accounts: Vec<Value>,
}

impl Callers {
    fn token(&self) -> &str {
        self.care.as_ref().unwrap_or(&self.system)
    }

    fn account(&self, login: &str) -> Option<&Value> {
        self.accounts.iter().find(|account| account["login"] == login)
    }
}

/// The sign-in whose token runs the workloads.
pub const PROFESSIONAL: &str = "medecin-1";
/// The sign-in whose record becomes the large one.
pub const CITIZEN: &str = "citoyen-1";

/// Prepares a server; without the large record and its citizen's sign-in when no workload asks for them.
pub async fn prepare(
    server: &Server,
    callers: &Callers,
    seed: u64,
    with_citizen: bool,
) -> Result<Prepared, Failure> {
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (server, callers) = (server.clone(), callers.clone());
            let draw = Draw::new(seed.wrapping_add(1_000 + number as u64));
            let count = PEOPLE / CONNECTIONS + usize::from(number < PEOPLE % CONNECTIONS);
            tokio::spawn(async move { people(&server, &callers, &draw, count).await })
        })
        .collect();
    let mut prepared =
        Prepared { fhir: server.fhir.clone(), token: callers.token().to_owned(), ..Prepared::default() };
    for task in tasks {
        let part = task.await.map_err(|error| Failure::new(format!("preparing ended: {error}")))??;
        prepared.people.extend(part.people);
        prepared.readable.extend(part.readable);
    }
    if let Some(citizen) = callers.account(CITIZEN).filter(|_| with_citizen) {
        let count = fill(server, callers, citizen, &Draw::new(seed.wrapping_add(2_000))).await?;
        prepared.citizen = Some((sign_in::sign_in(server, citizen).await?, count));
    }
    Ok(prepared)
}

/// Some people with what their record holds.
async fn people(server: &Server, callers: &Callers, draw: &Draw, count: usize) -> Result<Prepared, Failure> {
    let mut connection = Connection::new(server);
    let mut made = Prepared::default();
    for _ in 0..count {
        let ins = draw.matricule();
        let patient = workloads::patient(&ins, &draw.name());
        let id = create(&mut connection, server, &callers.system, "Patient", &patient).await?;
        care_for(&mut connection, server, callers, &id).await?;
        made.readable.push(format!("Patient/{id}"));
        for _ in 0..OBSERVATIONS {
            let observation = workloads::observation(&id, draw);
            let observation =
                create(&mut connection, server, callers.token(), "Observation", &observation).await?;
            made.readable.push(format!("Observation/{observation}"));
        }
        for _ in 0..DOCUMENTS {
            publish(&mut connection, server, callers.token(), &id, draw).await?;
        }
        made.people.push(Person { id, ins });
    }
    Ok(made)
}

/// Puts the professional into a person's care team.
async fn care_for(
    connection: &mut Connection,
    server: &Server,
    callers: &Callers,
    person: &str,
) -> Result<(), Failure> {
    let practitioner = callers.account(PROFESSIONAL).and_then(|account| account["practitioner_id"].as_str());
    let (Some(practitioner), Some(_)) = (practitioner, &callers.care) else { return Ok(()) };
    let team = json!({ "resourceType": "CareTeam", "status": "active",
        "subject": { "reference": format!("Patient/{person}") },
        "participant": [{ "member": { "reference": format!("Practitioner/{practitioner}") } }] });
    create(connection, server, &callers.system, "CareTeam", &team).await.map(drop)
}

/// Fills a citizen's record up to its size; how many documents it holds then.
async fn fill(server: &Server, callers: &Callers, citizen: &Value, draw: &Draw) -> Result<usize, Failure> {
    let id =
        citizen["patient_id"].as_str().ok_or_else(|| Failure::new(format!("{CITIZEN} has no patient_id")))?;
    let mut connection = Connection::new(server);
    care_for(&mut connection, server, callers, id).await?;
    let path = format!("{}/DocumentReference?patient=Patient/{id}&status=current&_count=1", server.fhir);
    let held = connection.expect(Call::get(path).with_token(&callers.system)).await?.json()?;
    let held = held["total"].as_u64().and_then(|total| usize::try_from(total).ok());
    let held = held.ok_or_else(|| Failure::new("a search of documents without a total"))?;
    for _ in held..LARGE_RECORD {
        publish(&mut connection, server, callers.token(), id, draw).await?;
    }
    Ok(held.max(LARGE_RECORD))
}

async fn publish(
    connection: &mut Connection,
    server: &Server,
    token: &str,
    person: &str,
    draw: &Draw,
) -> Result<(), Failure> {
    let body = workloads::bundle(person, SMALL, draw).to_string();
    connection.expect(Call::post(server.fhir.clone(), FHIR_JSON, body, 200).with_token(token)).await.map(drop)
}

/// Creates a resource; its id, from where the server says it is.
async fn create(
    connection: &mut Connection,
    server: &Server,
    token: &str,
    name: &str,
    resource: &Value,
) -> Result<String, Failure> {
    let call =
        Call::post(format!("{}/{name}", server.fhir), FHIR_JSON, resource.to_string(), 201).with_token(token);
    let reply = connection.expect(call).await?;
    let location =
        reply.headers.get(hyper::header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    id_in(location, name)
        .ok_or_else(|| Failure::new(format!("a created {name} without Location: {location}")))
}

/// The id in `…/Type/<id>/_history/<version>`.
fn id_in(location: &str, name: &str) -> Option<String> {
    let mut parts = location.split('/').skip_while(|part| *part != name).skip(1);
    parts.next().filter(|id| !id.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_a_location_with_or_without_its_version() {
        assert_eq!(id_in("http://h/fhir/Patient/a/_history/1", "Patient").as_deref(), Some("a"));
        assert_eq!(id_in("http://h/fhir/Patient/a", "Patient").as_deref(), Some("a"));
        assert_eq!(id_in("http://h/fhir/Patient/", "Patient"), None);
        assert_eq!(id_in("", "Patient"), None);
    }
}
