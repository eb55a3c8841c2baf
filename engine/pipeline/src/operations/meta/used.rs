//! The profiles, tags and labels in use among what a caller may see.

use serde_json::{Map, Value, json};
use socle_gate::{Glance, Session};
use socle_kernel::{Kind, Problem, ResourceType, Subject};
use std::collections::BTreeSet;

/// Distinct values that an answer holds, at most; a tag for each resource would be no list to read.
const VALUES: usize = 10_000;

#[derive(Default)]
struct Used {
    profiles: BTreeSet<String>,
    tags: BTreeSet<(String, String)>,
    labels: BTreeSet<(String, String)>,
}

impl Used {
    fn add(&mut self, glance: &Glance<'_>) {
        let resource_type = glance.key.resource_type;
        let number = |code| socle_fhir::parameter(resource_type, code).map(|parameter| parameter.number);
        if let Some(number) = number("_profile") {
            self.profiles.extend(glance.sketch.uris(number).map(str::to_owned));
        }
        for (code, values) in [("_tag", &mut self.tags), ("_security", &mut self.labels)] {
            if let Some(number) = number(code) {
                let tokens = glance.sketch.tokens(number);
                values.extend(tokens.map(|(system, code)| (system.to_owned(), code.to_owned())));
            }
        }
    }

    fn count(&self) -> usize {
        self.profiles.len() + self.tags.len() + self.labels.len()
    }

    fn to_meta(&self) -> Value {
        let codings = |values: &BTreeSet<(String, String)>| -> Value {
            let coding = |(system, code): &(String, String)| {
                let mut coding = Map::new();
                if !system.is_empty() {
                    coding.insert("system".into(), system.as_str().into());
                }
                if !code.is_empty() {
                    coding.insert("code".into(), code.as_str().into());
                }
                Value::Object(coding)
            };
            values.iter().map(coding).collect()
        };
        let mut meta = json!({});
        if !self.profiles.is_empty() {
            meta["profile"] = self.profiles.iter().map(String::as_str).collect();
        }
        if !self.labels.is_empty() {
            meta["security"] = codings(&self.labels);
        }
        if !self.tags.is_empty() {
            meta["tag"] = codings(&self.tags);
        }
        meta
    }
}

/// What is in use: in the record of a citizen, everywhere for a program.
pub(super) async fn in_use(session: &Session, resource_type: Option<ResourceType>) -> Result<Value, Problem> {
    let mut used = Used::default();
    match &session.principal().subject {
        Subject::Citizen(citizen) => {
            let home = citizen.person.home;
            session.glance_at(home, resource_type, &mut |glance| used.add(glance)).await?;
        }
        Subject::System(_) => {
            let types: Vec<ResourceType> =
                resource_type.map_or_else(|| ResourceType::all().collect(), |one| vec![one]);
            for resource_type in types {
                session.glance_at_all(resource_type, &mut |glance| used.add(glance)).await?;
            }
        }
        Subject::Professional(_) | Subject::Anonymous => {
            return Err(Problem::new(
                Kind::TooCostly,
                "Nommez la ressource dont vous demandez les métadonnées.",
                "Name the resource whose metadata you ask for.",
            )
            .expecting("<Type>/<id>/$meta"));
        }
    }
    if used.count() > VALUES {
        return Err(Problem::new(
            Kind::TooCostly,
            "Trop de valeurs différentes.",
            "Too many different values.",
        )
        .expecting(format!("at most {VALUES}")));
    }
    Ok(used.to_meta())
}
