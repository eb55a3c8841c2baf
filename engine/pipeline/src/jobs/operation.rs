//! `$jobs`: how the work beside requests is, for who runs the platform.

use crate::interaction::Answer;
use crate::operations::{Call, Definition, Operation, Parameter, Place};
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_gate::Session;
use socle_kernel::{Kind, Problem, Purpose, Subject};
use std::sync::Arc;

/// The operations of this file.
pub(crate) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(Jobs)]
}

struct Jobs;

static JOBS: Definition = Definition {
    id: "jobs",
    code: "jobs",
    name: "Jobs",
    canonical: "",
    fr: "État des travaux de fond : retard, échecs, travaux demandés. Pour qui fait fonctionner la plateforme.",
    en: "State of the work beside requests: backlog, failures, tasks. For who runs the platform.",
    places: &[Place::System],
    types: &[],
    affects_state: false,
    takes_search: false,
    inputs: &[],
    outputs: &[Parameter::group(
        "job",
        &[
            Parameter::required("name", "string", "Nom.", "Name."),
            Parameter::required("description", "string", "À quoi il sert.", "What it is for."),
            Parameter::optional("behind", "integer", "Changements à voir.", "Changes to look at."),
            Parameter::optional("lastAt", "instant", "Dernière action.", "Last time it did something."),
            Parameter::required("failures", "integer", "Échecs de suite.", "Failures in a row."),
            Parameter::optional("trouble", "string", "Raison de l'échec.", "Why it fails."),
            Parameter::optional("nextAt", "instant", "Prochain essai.", "Next attempt."),
            Parameter::required("waiting", "integer", "Travaux en attente.", "Tasks waiting."),
            Parameter::required("running", "integer", "Travaux en cours.", "Tasks under way."),
            Parameter::required("failed", "integer", "Travaux abandonnés.", "Tasks given up."),
        ],
        "Un travail.",
        "A job.",
    )],
};

#[async_trait]
impl Operation for Jobs {
    fn definition(&self) -> &'static Definition {
        &JOBS
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let is_program = matches!(session.principal().subject, Subject::System(_));
        if !is_program || *session.purpose() != Purpose::Administration {
            return Err(Problem::new(
                Kind::Refused,
                "L'état des travaux de fond est réservé à qui fait fonctionner la plateforme.",
                "The state of the jobs is for who runs the platform.",
            ));
        }
        let lang = call.prefer.lang;
        let mut jobs: Vec<Value> = Vec::new();
        for report in pipeline.job_reports().await? {
            let mut parts = vec![
                json!({ "name": "name", "valueString": report.name }),
                json!({ "name": "description", "valueString": report.words.in_lang(lang) }),
            ];
            parts.extend(report.behind.map(|count| json!({ "name": "behind", "valueInteger": count })));
            parts
                .extend(report.last_at.map(|at| json!({ "name": "lastAt", "valueInstant": at.to_string() })));
            parts.push(json!({ "name": "failures", "valueInteger": report.failures }));
            let trouble = report.trouble.map(|trouble| lang.pick(&trouble.fr, &trouble.en).to_owned());
            parts.extend(trouble.map(|text| json!({ "name": "trouble", "valueString": text })));
            parts
                .extend(report.next_at.map(|at| json!({ "name": "nextAt", "valueInstant": at.to_string() })));
            let tasks = report.tasks;
            for (name, count) in
                [("waiting", tasks.waiting), ("running", tasks.running), ("failed", tasks.failed)]
            {
                parts.push(json!({ "name": name, "valueInteger": count }));
            }
            jobs.push(json!({ "name": "job", "part": parts }));
        }
        Ok(Answer::of(&json!({ "resourceType": "Parameters", "parameter": jobs })))
    }
}
