//! Search of a Patient by matricule, as every desk and every application does first.

use super::{Prepared, Workload, holds};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// System of test matricules INS.
pub const INS: &str = "urn:oid:1.2.250.1.213.1.4.10";

/// See above.
pub struct FindPatient(pub Arc<Prepared>);

impl Workload for FindPatient {
    fn name(&self) -> &'static str {
        "find-patient"
    }

    fn what(&self) -> &'static str {
        "search a Patient by matricule"
    }

    fn aim(&self) -> Option<f64> {
        None
    }

    fn call(&self, draw: &Draw) -> Call {
        let person = draw.one_of(&self.0.people);
        self.0.get(&format!("Patient?identifier={INS}%7C{}", person.ins))
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        holds(&reply.body, "\"Patient\"")
    }
}
