//! The work of an import: inputs read, checked and written on every core, those of one file beside each other.

use super::report::{Tally, refusal};
use crate::cli;
use crate::failure::Failure;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use socle_gate::Session;
use socle_kernel::{Kind, Principal, Problem, Purpose};
use socle_pipeline::{ImportOutcome, Imported, Pipeline, Validation};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Single resources of one NDJSON file that are written together.
const GROUP: usize = 200;
/// Bytes of JSON in one group.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// What an input holds.
pub(super) enum Content {
    /// FHIR JSON.
    Json(Vec<u8>),
    /// A document of another form.
    Document(Vec<u8>),
    /// Single resources with their places.
    Group(Vec<(String, Vec<u8>)>),
}

/// One input on its way.
struct Unit {
    place: String,
    content: Content,
}

/// What became of an input: what is counted, and the input again when another order may help it.
struct Done {
    counted: Vec<(String, ImportOutcome)>,
    refused: Vec<(Unit, Problem)>,
}

/// True for a line that holds a Bundle.
pub(super) fn is_bundle(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let compact: String = text.chars().take(4_096).filter(|c| !c.is_whitespace()).collect();
    // Only the resource itself can say its type before its members nest; a Bundle elsewhere is read as one resource.
    let Some(at) = compact.find("\"resourceType\":\"") else { return false };
    compact[at..].starts_with("\"resourceType\":\"Bundle\"")
}

/// Works on as many inputs at a time as the machine has cores.
pub(super) struct Workers {
    pipeline: Pipeline,
    validation: Validation,
    most: usize,
    working: JoinSet<Result<Done, Problem>>,
    refused: Vec<(Unit, Problem)>,
}

impl Workers {
    pub(super) fn new(pipeline: Pipeline, validation: cli::Validation) -> Self {
        let validation = match validation {
            cli::Validation::Strict => Validation::Strict,
            cli::Validation::Lenient => Validation::Lenient,
            cli::Validation::Off => Validation::Off,
        };
        let most = std::thread::available_parallelism().map_or(1, usize::from);
        Workers { pipeline, validation, most, working: JoinSet::new(), refused: Vec::new() }
    }

    /// Takes an input; waits while every core is busy. A batch is what later inputs refer to: it is worked on alone.
    pub(super) async fn take(
        &mut self,
        place: String,
        content: Content,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let is_alone =
            matches!(&content, Content::Json(bytes) if String::from_utf8_lossy(bytes).contains("\"batch\""));
        let others = if is_alone { 0 } else { self.most - 1 };
        self.wait(others, tally).await?;
        let (pipeline, validation) = (self.pipeline.clone(), self.validation);
        self.working.spawn(async move { work(&pipeline, Unit { place, content }, validation).await });
        if is_alone { self.wait(0, tally).await } else { Ok(()) }
    }

    pub(super) async fn take_group(&mut self, group: &mut Group, tally: &mut Tally) -> Result<(), Failure> {
        let Group { items, .. } = std::mem::take(group);
        match items.first() {
            Some((place, _)) => self.take(place.clone(), Content::Group(items), tally).await,
            None => Ok(()),
        }
    }

    /// Ends a file: what was refused is tried once more, in order, because what it refers to may be there by now.
    pub(super) async fn finish(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        self.wait(0, tally).await?;
        let mut refused = std::mem::take(&mut self.refused);
        refused.sort_by(|one, other| natural(&one.0.place).cmp(&natural(&other.0.place)));
        for (unit, problem) in refused {
            if !may_be_order(&problem) {
                tally.refused.push(refusal(&unit.place, &problem));
                continue;
            }
            let done =
                work(&self.pipeline, unit, self.validation).await.map_err(|problem| stopped(&problem))?;
            done.counted.iter().for_each(|(place, outcome)| tally.count(place, outcome));
            tally.refused.extend(done.refused.iter().map(|(unit, problem)| refusal(&unit.place, problem)));
        }
        Ok(())
    }

    /// Waits until at most so many are at work.
    async fn wait(&mut self, most: usize, tally: &mut Tally) -> Result<(), Failure> {
        while self.working.len() > most {
            let Some(joined) = self.working.join_next().await else { break };
            let done = joined.unwrap_or_else(|error| Err(Problem::internal(error)));
            let done = done.map_err(|problem| stopped(&problem))?;
            done.counted.iter().for_each(|(place, outcome)| tally.count(place, outcome));
            self.refused.extend(done.refused);
        }
        Ok(())
    }
}

/// The order of places: `file:2` before `file:10`.
fn natural(place: &str) -> (&str, u64) {
    let (file, number) = place.rsplit_once(':').unwrap_or((place, ""));
    (file, number.parse().unwrap_or(0))
}

/// True when the reason may be gone once the other inputs of the file are in.
fn may_be_order(problem: &Problem) -> bool {
    problem.issues.iter().any(|issue| issue.code == "not-found")
}

/// Imports one input. The error is one that ends the import.
async fn work(pipeline: &Pipeline, unit: Unit, validation: Validation) -> Result<Done, Problem> {
    let mut done = Done { counted: Vec::new(), refused: Vec::new() };
    let Unit { place, content } = unit;
    let items = match content {
        Content::Group(items) => items,
        Content::Json(bytes) => return one(pipeline, place, bytes, validation, done).await,
        Content::Document(bytes) => {
            let digest = Sha256::digest(&bytes).into();
            let input = Imported::Document(bytes.clone());
            return match import(pipeline, input, digest, validation).await {
                Ok(outcome) => {
                    done.counted.push((place, outcome));
                    Ok(done)
                }
                Err(problem) if must_stop(&problem) => Err(problem),
                Err(problem) => {
                    done.refused.push((Unit { place, content: Content::Document(bytes) }, problem));
                    Ok(done)
                }
            };
        }
    };
    // In one transaction; when one is refused, each for itself, so that only that one is.
    if let Some((input, digest)) = together(&items) {
        match import(pipeline, input, digest, validation).await {
            Ok(outcome) => {
                done.counted.push((place, outcome));
                return Ok(done);
            }
            Err(problem) if must_stop(&problem) => return Err(problem),
            Err(_) => {}
        }
    }
    for (place, bytes) in items {
        done = one(pipeline, place, bytes, validation, done).await?;
    }
    Ok(done)
}

/// A group as one Bundle; `None` when one of them cannot be read.
fn together(items: &[(String, Vec<u8>)]) -> Option<(Imported, [u8; 32])> {
    let mut hash = Sha256::default();
    let mut entries = Vec::with_capacity(items.len());
    for (_, bytes) in items {
        hash.update(bytes);
        let resource: Value = socle_fhir::json::parse(bytes).ok()?;
        entries.push(json!({ "resource": resource }));
    }
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
    Some((Imported::Fhir(bundle), hash.finalize().into()))
}

async fn one(
    pipeline: &Pipeline,
    place: String,
    bytes: Vec<u8>,
    validation: Validation,
    mut done: Done,
) -> Result<Done, Problem> {
    let result = match socle_fhir::json::parse(&bytes) {
        Ok(value) => import(pipeline, Imported::Fhir(value), Sha256::digest(&bytes).into(), validation).await,
        Err(problem) => Err(problem),
    };
    match result {
        Ok(outcome) => done.counted.push((place, outcome)),
        Err(problem) if must_stop(&problem) => return Err(problem),
        Err(problem) => done.refused.push((Unit { place, content: Content::Json(bytes) }, problem)),
    }
    Ok(done)
}

async fn import(
    pipeline: &Pipeline,
    input: Imported,
    digest: [u8; 32],
    validation: Validation,
) -> Result<ImportOutcome, Problem> {
    let session = session(pipeline);
    let result = pipeline.import(&session, input, digest, validation).await;
    session.close(result).await.into_inner()
}

fn session(pipeline: &Pipeline) -> Session {
    let principal = Arc::new(Principal::operator("socle import"));
    pipeline.gate().session(principal, Purpose::Administration, "import")
}

fn must_stop(problem: &Problem) -> bool {
    matches!(problem.kind, Kind::Internal | Kind::StorageFull | Kind::Unavailable)
}

fn stopped(problem: &Problem) -> Failure {
    Failure::store(
        format!("The import stopped: {problem}."),
        "Mend the cause and run the same command again: what was imported is not imported twice.",
    )
}

/// Single resources waiting to be written together.
#[derive(Default)]
pub(super) struct Group {
    bytes: usize,
    items: Vec<(String, Vec<u8>)>,
}

impl Group {
    pub(super) fn add(&mut self, place: String, line: Vec<u8>) {
        self.bytes += line.len();
        self.items.push((place, line));
    }

    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= GROUP || self.bytes >= GROUP_BYTES
    }
}
