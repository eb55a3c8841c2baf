//! `$fhirpath`: evaluates an expression on a resource that the caller sends; for learning and for trying expressions.
//!
//! Nothing is read from the store. The work of an expression is bounded by a number of steps.

use super::{Call, Definition, Operation, Parameter, Place, Reply};
use crate::interaction::Answer;
use crate::pipeline::Pipeline;
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_fhir::definitions::TypeKind;
use socle_fhir::fhirpath::{self, Context, Element, Item, PathError};
use socle_gate::Session;
use socle_kernel::{Instant, Kind, Problem};
use std::sync::Arc;

/// Steps of one evaluation.
const STEPS: u64 = 1_000_000;
/// Longest expression, in bytes.
const EXPRESSION_BYTES: usize = 16 * 1024;
/// Results that one answer holds.
const RESULTS: usize = 1_000;

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(FhirPath)]
}

struct FhirPath;

static FHIRPATH: Definition = Definition {
    id: "fhirpath",
    code: "fhirpath",
    name: "FhirPath",
    canonical: "",
    fr: "Évalue une expression FHIRPath sur une ressource envoyée avec elle ; rien n'est lu ni gardé.",
    en: "Evaluates a FHIRPath expression on a resource that is sent with it; nothing is read or kept.",
    places: &[Place::System],
    types: &[],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::required("expression", "string", "L'expression.", "The expression."),
        Parameter::optional(
            "context",
            "string",
            "Expression dont chaque résultat est un point de départ.",
            "Expression of which every result is a starting point.",
        ),
        Parameter::required("resource", "Resource", "La ressource.", "The resource."),
    ],
    outputs: &[Parameter {
        name: "result",
        min: 0,
        max: None,
        kind: "",
        parts: &[
            Parameter::optional(
                "context",
                "string",
                "Le point de départ, quand context en nomme.",
                "The starting point, when context names some.",
            ),
            Parameter::repeated(
                "(type)",
                "*",
                "Un résultat, sous le nom de son type.",
                "A result, under the name of its type.",
            ),
        ],
        fr: "Les résultats d'un point de départ, dans l'ordre.",
        en: "The results of one starting point, in order.",
    }],
};

#[async_trait]
impl Operation for FhirPath {
    fn definition(&self) -> &'static Definition {
        &FHIRPATH
    }

    async fn run(&self, call: &Call, session: &Session, _: &Pipeline) -> Result<Answer, Problem> {
        let expression = call.text("expression").unwrap_or_default().to_owned();
        let context = call.text("context").map(str::to_owned);
        for text in [Some(&expression), context.as_ref()].into_iter().flatten() {
            if text.len() > EXPRESSION_BYTES {
                return Err(Problem::new(Kind::TooLarge, "Expression trop longue.", "Expression too long.")
                    .at("expression")
                    .expecting(format!("at most {EXPRESSION_BYTES} bytes")));
            }
        }
        let resource = call.value("resource").cloned().unwrap_or_default();
        let now = session.now();
        // Up to a second of computing: other requests go on meanwhile.
        let work =
            tokio::task::spawn_blocking(move || evaluate(&resource, &expression, context.as_deref(), now));
        work.await.map_err(Problem::internal)?
    }
}

fn evaluate(resource: &Value, expression: &str, from: Option<&str>, now: Instant) -> Result<Answer, Problem> {
    let mut context = Context::of(resource);
    context.now = Some(now);
    context.steps = STEPS;
    let parsed = fhirpath::parse(expression).map_err(|error| wrong("expression", expression, &error))?;
    let from_text = from.unwrap_or_default();
    let parsed_from =
        from.map(fhirpath::parse).transpose().map_err(|error| wrong("context", from_text, &error))?;
    let starts: Vec<Vec<Item<'_>>> = match &parsed_from {
        None => vec![context.focus()],
        Some(parsed) => {
            let found = fhirpath::evaluate(parsed, &context, &context.focus())
                .map_err(|error| wrong("context", from_text, &error))?;
            found.into_iter().map(|item| vec![item]).collect()
        }
    };
    let mut reply = Reply::new();
    let mut left = RESULTS;
    for (index, start) in starts.into_iter().enumerate() {
        let found = fhirpath::evaluate(&parsed, &context, &start)
            .map_err(|error| wrong("expression", expression, &error))?;
        if found.len() > left {
            return Err(Problem::new(Kind::TooCostly, "Trop de résultats.", "Too many results.")
                .at("expression")
                .expecting(format!("at most {RESULTS}")));
        }
        left -= found.len();
        // A parameter holds something: one starting point may have no result, but it always has a name.
        let begin = match from {
            Some(from) => Reply::new().value("context", "string", format!("({from})[{index}]")),
            None => Reply::new(),
        };
        if from.is_some() || !found.is_empty() {
            reply = reply.parts("result", found.iter().fold(begin, add));
        }
    }
    Ok(reply.into_answer())
}

/// Adds a result under the name of its type.
fn add(reply: Reply, item: &Item<'_>) -> Reply {
    match item {
        Item::Element(element) => add_element(reply, element),
        Item::Type { namespace, name } => reply.value("TypeInfo", "string", format!("{namespace}.{name}")),
        Item::Resolved(definition) => reply.value(definition.name, "string", definition.name),
        Item::Boolean(truth) => reply.value("boolean", "boolean", *truth),
        Item::String(text) => reply.value("string", "string", text.as_ref()),
        Item::Integer(number) => reply.value("integer", "integer", *number),
        Item::Decimal(number) => reply.value("decimal", "decimal", as_number(&number.to_string())),
        Item::Date(text) => reply.value("date", "date", text.trim_start_matches('@')),
        Item::DateTime(text) => reply.value("dateTime", "dateTime", text.trim_start_matches('@')),
        Item::Time(text) => add_time(reply, text.trim_start_matches("@T").trim_start_matches('T')),
        Item::Quantity(number, unit) => {
            let quantity = json!({ "value": as_number(&number.to_string()), "unit": unit.as_ref() });
            reply.value("Quantity", "Quantity", quantity)
        }
    }
}

/// FHIRPath knows hours and minutes alone; the data type does not: they are given as text.
fn add_time(reply: Reply, text: &str) -> Reply {
    let is_whole = text.matches(':').count() == 2;
    reply.value("time", if is_whole { "time" } else { "string" }, text)
}

fn add_element(reply: Reply, element: &Element<'_>) -> Reply {
    let name = element.definition.name;
    match (element.definition.kind, element.value) {
        (TypeKind::Resource, Some(value)) => reply.resource(name, value.clone()),
        (TypeKind::Primitive | TypeKind::Complex, Some(value)) if may_be_a_value(name) => {
            reply.value(name, name, value.clone())
        }
        // Members of an element have no data type of their own: their JSON is given as text.
        (_, Some(value)) => reply.value(name, "string", value.to_string()),
        (_, None) => reply.value(name, "string", ""),
    }
}

/// True for the data types that `value[x]` of `Parameters` takes.
fn may_be_a_value(name: &str) -> bool {
    let member = socle_fhir::definitions::choice_name("value", name);
    socle_fhir::definitions::find_type("Parameters.parameter")
        .is_some_and(|found| found.member(&member).is_some())
}

fn as_number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn wrong(parameter: &str, expression: &str, error: &PathError) -> Problem {
    let cause = error.to_string();
    Problem::new(
        Kind::Unprocessable,
        format!("Cette expression ne s'évalue pas : {cause}"),
        format!("This expression cannot be evaluated: {cause}"),
    )
    .coded("invalid")
    .at(parameter)
    .receiving(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(resource: &Value, expression: &str, from: Option<&str>) -> Value {
        let answer = evaluate(resource, expression, from, Instant(0)).expect("it evaluates");
        let parameters = socle_fhir::json::parse(&answer.body.expect("a body")).expect("JSON");
        assert_eq!(socle_fhir::check(&parameters), [], "{parameters}");
        parameters["parameter"].clone()
    }

    #[test]
    fn results_come_with_their_types() {
        let patient = json!({ "resourceType": "Patient", "active": true, "birthDate": "1980-02-01",
            "name": [{ "family": "Essai" }], "contact": [{ "gender": "female" }] });
        let one = |expression: &str| results(&patient, expression, None)[0]["part"][0].clone();
        assert_eq!(one("active"), json!({ "name": "boolean", "valueBoolean": true }));
        assert_eq!(one("birthDate"), json!({ "name": "date", "valueDate": "1980-02-01" }));
        assert_eq!(one("name"), json!({ "name": "HumanName", "valueHumanName": { "family": "Essai" } }));
        assert_eq!(one("1 + 1"), json!({ "name": "integer", "valueInteger": 2 }));
        assert_eq!(one("1.50"), json!({ "name": "decimal", "valueDecimal": as_number("1.50") }));
        assert_eq!(one("name.family & 'x'"), json!({ "name": "string", "valueString": "Essaix" }));
        assert_eq!(one("contact")["name"], "Patient.contact");
        assert_eq!(one("$this")["resource"], patient);
        assert_eq!(one("now()")["name"], "dateTime");
        assert_eq!(one("today()")["name"], "date");
        assert_eq!(one("@T10:00")["name"], "time");
        assert_eq!(one("4 'mg'")["name"], "Quantity");
    }

    #[test]
    fn every_starting_point_has_its_own_results() {
        let patient =
            json!({ "resourceType": "Patient", "name": [{ "family": "A" }, { "given": ["B", "C"] }] });
        let found = results(&patient, "given", Some("name"));
        assert_eq!(found.as_array().map(Vec::len), Some(2));
        assert_eq!(found[0]["part"], json!([{ "name": "context", "valueString": "(name)[0]" }]));
        assert_eq!(found[1]["part"][2]["valueString"], "C");
        assert_eq!(results(&patient, "name.where(false)", None), Value::Null);
    }

    #[test]
    fn an_expression_that_never_ends_is_cut() {
        let patient = json!({ "resourceType": "Patient", "name": [{ "family": "A" }] });
        let problem = evaluate(&patient, "repeat($this | ($this & 'x'))", None, Instant(0));
        assert_eq!(problem.expect_err("it is cut").kind, Kind::Unprocessable);
        assert!(evaluate(&patient, "name.(", None, Instant(0)).is_err());
    }
}
