//! Operations (`$name`): the engine's own and the rooms', found by name and place, their input checked before they run.
//!
//! An operation is a use case like any other: it reads and writes through the session it is given, so the gate decides on
//! every row it looks at. What it declares (names, types, cardinalities, words) is checked here, listed in the
//! CapabilityStatement and served as an `OperationDefinition`.

mod around;
mod call;
mod definition;
mod document;
mod everything;
mod fhirpath;
mod lastn;
mod meta;
mod reply;
mod terminology;
#[cfg(test)]
mod tests;
mod validate;

pub use call::{Argument, Call};
pub use definition::{Definition, Parameter, Place};
pub use reply::Reply;

use crate::interaction::{Answer, Level, OperationInput, Prefer};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::Value;
use socle_gate::{Found, Session};
use socle_kernel::{Kind, Problem, ResourceType};
use std::sync::Arc;

/// An operation.
#[async_trait]
pub trait Operation: Send + Sync {
    /// What it is, what it takes and gives.
    fn definition(&self) -> &'static Definition;

    /// Answers one call. Reads and writes through the session only.
    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem>;
}

/// A call as it was asked, before it is checked.
pub(crate) struct Asked {
    pub name: String,
    pub level: Level,
    pub input: OperationInput,
    pub is_get: bool,
}

/// The operations that are offered.
pub struct Registry(Vec<Arc<dyn Operation>>);

impl Registry {
    /// The engine's own operations.
    pub(crate) fn of_the_engine() -> Self {
        let mut registry = Registry(Vec::new());
        let all = [
            document::operations(),
            everything::operations(),
            fhirpath::operations(),
            lastn::operations(),
            meta::operations(),
            terminology::operations(),
            validate::operations(),
            crate::jobs::operation::operations(),
        ];
        for operation in all.into_iter().flatten() {
            registry.add(operation);
        }
        registry
    }

    /// Adds an operation. Two must not answer the same address.
    pub(crate) fn add(&mut self, operation: Arc<dyn Operation>) {
        let new = operation.definition();
        let twin = self.0.iter().map(|other| other.definition()).find(|other| other.overlaps(new));
        assert!(twin.is_none(), "${} is answered twice ({})", new.code, new.id);
        self.0.push(operation);
    }

    /// What every operation is, in the order they were added.
    pub fn definitions(&self) -> impl Iterator<Item = &'static Definition> {
        self.0.iter().map(|operation| operation.definition())
    }

    /// The operation of this name at this place.
    fn find(&self, name: &str, level: &Level) -> Option<&Arc<dyn Operation>> {
        self.0.iter().find(|operation| operation.definition().answers(name, level))
    }

    /// True when what is asked may change something, or is not known at all.
    pub(crate) fn affects_state(&self, name: &str, level: &Level) -> bool {
        self.find(name, level).is_none_or(|operation| operation.definition().affects_state)
    }

    /// The definition of an operation as a resource, by the id under which it is served or the published one it follows.
    pub(crate) fn served(&self, id: &str, base: &str) -> Option<Value> {
        let is_it = |definition: &Definition| {
            definition.id == id
                || definition.canonical.rsplit('/').next().is_some_and(|published| published == id)
        };
        self.definitions().find(|definition| is_it(definition)).map(|found| found.to_resource(base))
    }

    fn unknown(&self, name: &str, level: &Level) -> Problem {
        let elsewhere: Vec<String> =
            self.definitions().filter(|other| other.code == name).flat_map(Definition::addresses).collect();
        let problem = if elsewhere.is_empty() {
            let mut here: Vec<String> = self
                .definitions()
                .filter(|other| other.is_at(level))
                .map(|other| format!("${}", other.code))
                .collect();
            here.sort();
            Problem::new(Kind::NotFound, "Opération inconnue.", "Unknown operation.")
                .expecting(here.join(", "))
        } else {
            Problem::new(
                Kind::NotFound,
                "Cette opération n'est pas offerte à cette adresse.",
                "This operation is not offered at this address.",
            )
            .expecting(elsewhere.join(", "))
        };
        problem.coded("not-supported").receiving(format!("{}/${name}", level.path()))
    }
}

impl Pipeline {
    /// Answers an operation: found, its input checked, its name noted in the trace of whatever it does.
    pub(crate) async fn operate(
        &self,
        session: &Session,
        asked: Asked,
        prefer: Prefer,
    ) -> Result<Answer, Problem> {
        let Some(operation) = self.operations().find(&asked.name, &asked.level).cloned() else {
            return Err(self.operations().unknown(&asked.name, &asked.level));
        };
        let definition = operation.definition();
        if asked.is_get && definition.affects_state {
            return Err(Problem::new(
                Kind::NotOffered,
                "Cette opération modifie des données : elle se demande par POST.",
                "This operation changes data: ask for it with POST.",
            )
            .expecting("POST")
            .receiving("GET"));
        }
        let call = Call::read(definition, asked, prefer)?;
        let outer = session.within_operation(definition.code);
        let result = operation.run(&call, session, self).await;
        session.within_operation(outer);
        result
    }
}

/// A resource that is there now, read and traced.
async fn current(session: &Session, resource_type: ResourceType, id: &str) -> Result<Found, Problem> {
    let key = session.resolve(resource_type, id).await?.ok_or_else(Problem::not_found)?;
    let found = session.read(key).await?.ok_or_else(Problem::not_found)?;
    if found.deleted {
        return Err(gone());
    }
    Ok(found)
}

fn gone() -> Problem {
    Problem::new(Kind::Gone, "Cette ressource a été supprimée.", "This resource was deleted.")
}
