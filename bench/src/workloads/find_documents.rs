//! Search of a patient's current documents, the first twenty.

use super::{Prepared, Workload, holds};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// See above.
pub struct FindDocuments(pub Arc<Prepared>);

impl Workload for FindDocuments {
    fn name(&self) -> &'static str {
        "find-documents"
    }

    fn what(&self) -> &'static str {
        "search a patient's current documents, 20"
    }

    fn aim(&self) -> Option<f64> {
        Some(0.25)
    }

    fn call(&self, draw: &Draw) -> Call {
        let person = draw.one_of(&self.0.people);
        self.0.get(&format!("DocumentReference?patient=Patient/{}&status=current&_count=20", person.id))
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        holds(&reply.body, "\"DocumentReference\"")
    }
}
