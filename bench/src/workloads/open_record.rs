//! A citizen opens the page of their documents, in a record that holds 500.

use super::{Prepared, Workload, holds};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// The one workload that needs a citizen who signed in.
pub const NAME: &str = "open-record";

/// See above.
pub struct OpenRecord(pub Arc<Prepared>);

impl Workload for OpenRecord {
    fn name(&self) -> &'static str {
        NAME
    }

    fn what(&self) -> &'static str {
        "open a record of 500 documents in the page, as its citizen"
    }

    fn aim(&self) -> Option<f64> {
        None
    }

    fn call(&self, _: &Draw) -> Call {
        let cookies = self.0.citizen.as_ref().map_or("", |(cookies, _)| cookies.as_str());
        Call::get("/mon-espace/documents").with_cookies(cookies)
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        holds(&reply.body, "\"/mon-espace/documents/")
    }
}
