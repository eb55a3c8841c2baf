//! Create an Observation: a pulse, with its version, keys and audit line durable before the answer.

use super::{Prepared, Workload};
use crate::client::{Call, Reply};
use crate::draw::Draw;
use hyper::header;
use serde_json::{Value, json};
use std::sync::Arc;

/// See above.
pub struct CreateObservation(pub Arc<Prepared>);

impl Workload for CreateObservation {
    fn name(&self) -> &'static str {
        "create-observation"
    }

    fn what(&self) -> &'static str {
        "create an Observation"
    }

    fn aim(&self) -> Option<f64> {
        None
    }

    fn call(&self, draw: &Draw) -> Call {
        let person = draw.one_of(&self.0.people);
        self.0.post("Observation", &observation(&person.id, draw), 201)
    }

    fn is_whole(&self, reply: &Reply) -> bool {
        reply.headers.contains_key(header::LOCATION)
    }
}

/// A pulse of someone.
pub fn observation(person: &str, draw: &Draw) -> Value {
    json!({ "resourceType": "Observation", "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "8867-4", "display": "Heart rate" }] },
        "subject": { "reference": format!("Patient/{person}") },
        "effectiveDateTime": format!("2026-03-{:02}T{:02}:00:00+01:00", 1 + draw.below(28), draw.below(24)),
        "valueQuantity": { "value": 50 + draw.below(60), "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min" } })
}
