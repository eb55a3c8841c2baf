//! Publish a document of 100 kB: one ITI-65 transaction with its submission set, its entry and its content.

use super::{Prepared, Workload, document, holds};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// Bytes of the content. They are random, so that nothing along the way makes them smaller.
const CONTENT_BYTES: usize = 100_000;

/// See above.
pub struct Publish(pub Arc<Prepared>);

impl Workload for Publish {
    fn name(&self) -> &'static str {
        "publish"
    }

    fn what(&self) -> &'static str {
        "publish a document of 100 kB (ITI-65)"
    }

    fn aim(&self) -> Option<f64> {
        Some(1.5)
    }

    fn call(&self, draw: &Draw) -> Call {
        let person = draw.one_of(&self.0.people);
        self.0.post("", &document::bundle(&person.id, CONTENT_BYTES, draw), 200)
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        holds(&reply.body, "\"transaction-response\"")
    }
}
