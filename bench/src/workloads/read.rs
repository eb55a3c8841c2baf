//! Read by id: a Patient or an Observation, drawn among all that were prepared.

use super::{Prepared, Workload, holds};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// See above.
pub struct Read(pub Arc<Prepared>);

impl Workload for Read {
    fn name(&self) -> &'static str {
        "read"
    }

    fn what(&self) -> &'static str {
        "read a Patient or an Observation by id"
    }

    fn aim(&self) -> Option<f64> {
        Some(0.10)
    }

    fn call(&self, draw: &Draw) -> Call {
        self.0.get(draw.one_of::<String>(&self.0.readable))
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        holds(&reply.body, "\"resourceType\"")
    }
}
