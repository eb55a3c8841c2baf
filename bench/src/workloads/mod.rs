//! The workloads: one file each. A new one is a file and a line in [`all`].

mod document;
mod find_documents;
mod find_patient;
mod mixed;
mod observation;
mod open_record;
mod publish;
mod read;

pub use document::{bundle, patient};
pub use observation::observation;
pub use open_record::NAME as OPEN_RECORD;

use crate::client::{Call, Reply};
use crate::draw::Draw;
use std::sync::Arc;

/// What a server is asked under load.
pub trait Workload: Send + Sync {
    /// Name on the command line.
    fn name(&self) -> &'static str;
    /// What one operation is.
    fn what(&self) -> &'static str;
    /// Server CPU seconds per 1,000 operations that it may take at most, when an aim was set.
    fn aim(&self) -> Option<f64>;
    /// The next request.
    fn call(&self, draw: &Draw) -> Call;
    /// Is what was asked for in this answer, whose status is as expected?
    fn is_whole(&self, reply: &Reply) -> bool;
}

/// Someone whose record is used.
#[derive(Clone, Debug)]
pub struct Person {
    /// Id of the `Patient`.
    pub id: String,
    /// Matricule with its key.
    pub ins: String,
}

/// What was prepared on the server, for all workloads.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// Path of the FHIR base.
    pub fhir: String,
    /// Bearer token of whoever runs the workloads.
    pub token: String,
    /// People with documents and observations.
    pub people: Vec<Person>,
    /// `Patient/<id>` and `Observation/<id>` to read.
    pub readable: Vec<String>,
    /// Cookies of a citizen who signed in, and how many documents their record holds; none without a sign-in.
    pub citizen: Option<(String, usize)>,
}

impl Prepared {
    /// A `GET` under the FHIR base with the token.
    fn get(&self, path: &str) -> Call {
        Call::get(format!("{}/{path}", self.fhir)).with_token(&self.token)
    }

    /// A `POST` of FHIR JSON with the token.
    fn post(&self, path: &str, body: &serde_json::Value, expected: u16) -> Call {
        let address = if path.is_empty() { self.fhir.clone() } else { format!("{}/{path}", self.fhir) };
        Call::post(address, crate::client::FHIR_JSON, body.to_string(), expected).with_token(&self.token)
    }
}

/// Every workload that can run on what was prepared.
pub fn all(prepared: &Arc<Prepared>) -> Vec<Arc<dyn Workload>> {
    let of = |prepared: &Arc<Prepared>| prepared.clone();
    let mut all: Vec<Arc<dyn Workload>> = vec![
        Arc::new(read::Read(of(prepared))),
        Arc::new(find_documents::FindDocuments(of(prepared))),
        Arc::new(publish::Publish(of(prepared))),
        Arc::new(observation::CreateObservation(of(prepared))),
        Arc::new(find_patient::FindPatient(of(prepared))),
        Arc::new(mixed::Mixed::new(prepared)),
    ];
    if prepared.citizen.is_some() {
        all.push(Arc::new(open_record::OpenRecord(of(prepared))));
    }
    all
}

/// Do these bytes hold this text?
fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::HeaderMap;

    fn prepared() -> Arc<Prepared> {
        let person = Person { id: "p".into(), ins: "280027590000163".into() };
        Arc::new(Prepared {
            fhir: "/fhir".into(),
            token: "t".into(),
            people: vec![person],
            readable: vec!["Patient/p".into()],
            citizen: Some(("a=b".into(), 500)),
        })
    }

    #[test]
    fn every_workload_has_a_name_of_its_own_and_carries_a_credential() {
        let all = all(&prepared());
        let mut names: Vec<&str> = all.iter().map(|workload| workload.name()).collect();
        for workload in &all {
            let call = workload.call(&Draw::new(1));
            assert!(call.credential.is_some() && call.path.starts_with('/'), "{}", workload.name());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn an_answer_without_what_was_asked_for_is_no_success() {
        for workload in all(&prepared()) {
            let reply = Reply { status: 200, headers: HeaderMap::new(), body: Bytes::from_static(b"{}") };
            assert!(!workload.is_whole(&reply), "{}", workload.name());
        }
    }

    #[test]
    fn the_record_page_is_left_out_when_nobody_signed_in() {
        let without = Arc::new(Prepared { citizen: None, ..(*prepared()).clone() });
        assert!(all(&without).iter().all(|workload| workload.name() != "open-record"));
    }
}
