//! A day's mixture: eight reads (by id, documents, matricule) for two writes (an Observation, a small document).

use super::find_documents::FindDocuments;
use super::find_patient::FindPatient;
use super::observation::CreateObservation;
use super::read::Read;
use super::{Prepared, Workload, document, holds};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// Bytes of a document in the mixture.
const CONTENT_BYTES: usize = 10_000;

/// See above.
pub struct Mixed {
    prepared: Arc<Prepared>,
    reads: [Box<dyn Workload>; 3],
    create: CreateObservation,
}

impl Mixed {
    /// On what was prepared.
    pub fn new(prepared: &Arc<Prepared>) -> Mixed {
        let reads: [Box<dyn Workload>; 3] = [
            Box::new(Read(prepared.clone())),
            Box::new(FindDocuments(prepared.clone())),
            Box::new(FindPatient(prepared.clone())),
        ];
        Mixed { prepared: prepared.clone(), reads, create: CreateObservation(prepared.clone()) }
    }
}

impl Workload for Mixed {
    fn name(&self) -> &'static str {
        "mixed"
    }

    fn what(&self) -> &'static str {
        "80 % read and search, 20 % write (half of it documents of 10 kB)"
    }

    fn aim(&self) -> Option<f64> {
        None
    }

    fn call(&self, draw: &Draw) -> Call {
        match draw.below(10) {
            0 => self.create.call(draw),
            1 => {
                let person = draw.one_of(&self.prepared.people);
                self.prepared.post("", &document::bundle(&person.id, CONTENT_BYTES, draw), 200)
            }
            other => self.reads[other % self.reads.len()].call(draw),
        }
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        self.create.is_whole(reply) || holds(&reply.body, "\"resourceType\"")
    }
}
