//! What an operation answers: one resource, or `Parameters`.

use crate::interaction::Answer;
use bytes::Bytes;
use serde_json::{Map, Value};

impl Answer {
    /// A resource made for this answer.
    pub fn of(resource: &Value) -> Self {
        Answer {
            status: 200,
            body: Some(Bytes::from(socle_fhir::json::to_text(resource))),
            ..Answer::default()
        }
    }
}

/// A `Parameters` resource under construction.
#[derive(Clone, Debug, Default)]
pub struct Reply(Vec<Value>);

impl Reply {
    /// An empty one.
    pub fn new() -> Self {
        Reply::default()
    }

    /// Adds a value of a FHIR data type: `value("result", "boolean", true)`.
    pub fn value(mut self, name: &str, kind: &str, value: impl Into<Value>) -> Self {
        let mut parameter = named(name);
        parameter.insert(socle_fhir::definitions::choice_name("value", kind), value.into());
        self.0.push(Value::Object(parameter));
        self
    }

    /// As [`Reply::value`], when there is one.
    pub fn maybe(self, name: &str, kind: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.value(name, kind, value),
            None => self,
        }
    }

    /// Adds a resource.
    pub fn resource(mut self, name: &str, resource: Value) -> Self {
        let mut parameter = named(name);
        parameter.insert("resource".into(), resource);
        self.0.push(Value::Object(parameter));
        self
    }

    /// Adds a parameter made of parts.
    pub fn parts(mut self, name: &str, parts: Reply) -> Self {
        let mut parameter = named(name);
        if !parts.0.is_empty() {
            parameter.insert("part".into(), Value::Array(parts.0));
        }
        self.0.push(Value::Object(parameter));
        self
    }

    /// The `Parameters` resource.
    pub fn to_resource(self) -> Value {
        let mut resource = Map::new();
        resource.insert("resourceType".into(), "Parameters".into());
        if !self.0.is_empty() {
            resource.insert("parameter".into(), Value::Array(self.0));
        }
        Value::Object(resource)
    }

    /// The answer.
    pub fn into_answer(self) -> Answer {
        Answer::of(&self.to_resource())
    }
}

fn named(name: &str) -> Map<String, Value> {
    let mut parameter = Map::new();
    parameter.insert("name".into(), name.into());
    parameter
}
