//! One call of an operation: its input read from the address or the body, and held against what the operation declares.

use super::Asked;
use super::definition::{Definition, Parameter};
use crate::interaction::{Level, Prefer};
use serde_json::{Value, json};
use socle_kernel::{Issue, Kind, Problem, ResourceType, Severity, Words, limits};

/// One argument of a call, of a declared name and type.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its value: a primitive, a data type or a resource; null when it has parts.
    pub value: Value,
    /// The FHIR type the value came in, as `dateTime` or `Coding`; empty for a resource or parts.
    pub kind: String,
    /// Its parts.
    pub parts: Vec<Argument>,
}

/// A call whose input was found right.
#[derive(Debug)]
pub struct Call {
    /// What the operation is asked of.
    pub level: Level,
    /// What the caller prefers, and their language.
    pub prefer: Prefer,
    /// True for a `GET`.
    pub is_get: bool,
    /// The arguments in order.
    pub arguments: Vec<Argument>,
    /// Search parameters beside them, for an operation that takes some.
    pub search: Vec<(String, String)>,
    /// Code of the operation, without the `$`.
    pub code: &'static str,
}

impl Call {
    /// Reads and checks what was asked.
    pub(crate) fn read(
        definition: &'static Definition,
        asked: Asked,
        prefer: Prefer,
    ) -> Result<Self, Problem> {
        let mut call = Call {
            level: asked.level,
            prefer,
            is_get: asked.is_get,
            arguments: Vec::new(),
            search: Vec::new(),
            code: definition.code,
        };
        for (name, value) in asked.input.query {
            if matches!(name.as_str(), "_format" | "_pretty") {
                continue;
            }
            match declared(definition.inputs, &name) {
                Some(parameter) => call.arguments.push(from_text(parameter, &value)?),
                None if definition.takes_search => call.search.push((name, value)),
                None => return Err(unknown(definition, &name)),
            }
        }
        if let Some(body) = asked.input.body {
            call.read_body(definition, body)?;
        }
        check_counts(definition.inputs, &call.arguments, "")?;
        Ok(call)
    }

    fn read_body(&mut self, definition: &'static Definition, body: Value) -> Result<(), Problem> {
        if body["resourceType"] != "Parameters" {
            let mut resources = definition.inputs.iter().filter(|parameter| parameter.is_resource());
            return match (resources.next(), resources.next()) {
                (Some(parameter), None) => {
                    check_resource(parameter, &body)?;
                    self.arguments.push(Argument {
                        name: parameter.name.to_owned(),
                        value: body,
                        kind: String::new(),
                        parts: Vec::new(),
                    });
                    Ok(())
                }
                _ => Err(Problem::new(
                    Kind::Invalid,
                    "Cette opération attend une ressource Parameters.",
                    "This operation expects a Parameters resource.",
                )
                .coded("structure")
                .at("resourceType")
                .expecting(format!("Parameters: {}", definition.input_names()))
                .receiving(body["resourceType"].as_str().unwrap_or("(absent)"))),
            };
        }
        check_structure(&body)?;
        let Value::Object(mut members) = body else { return Ok(()) };
        let given = match members.shift_remove("parameter") {
            Some(Value::Array(given)) => given,
            _ => return Ok(()),
        };
        if given.len() > limits::OPERATION_PARAMETERS {
            return Err(Problem::new(Kind::TooLarge, "Trop de paramètres.", "Too many parameters.")
                .at("Parameters.parameter")
                .expecting(format!("at most {} (OPERATION_PARAMETERS)", limits::OPERATION_PARAMETERS))
                .receiving(given.len().to_string()));
        }
        for parameter in given {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            match declared(definition.inputs, &name) {
                Some(declared) => self.arguments.push(from_body(declared, parameter, &name)?),
                None if definition.takes_search => {
                    let text = value_of(&parameter).and_then(|(_, value)| plain(value));
                    let text = text.ok_or_else(|| wrong_type(&name, "string", "(absent)"))?;
                    self.search.push((name, text));
                }
                None => return Err(unknown(definition, &name)),
            }
        }
        Ok(())
    }

    /// The value of an argument.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.arguments.iter().find(|argument| argument.name == name).map(|argument| &argument.value)
    }

    /// Every argument of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Argument> {
        self.arguments.iter().filter(move |argument| argument.name == name)
    }

    /// The text of an argument.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// The texts of a repeated argument; a comma separates several in one, as in an address.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let texts = self.arguments.iter().filter(|argument| argument.name == name);
        texts
            .filter_map(|argument| argument.value.as_str())
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// A yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).and_then(Value::as_bool)
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(Value::as_i64)
    }

    /// The type the operation is asked of; the operation is not offered to the whole platform.
    pub fn resource_type(&self) -> Result<ResourceType, Problem> {
        self.level
            .resource_type()
            .ok_or_else(|| Problem::internal("asked of the platform, which is not offered"))
    }

    /// The arguments as they would stand in an address: for links to further pages.
    pub fn query(&self) -> Vec<(String, String)> {
        let own = self
            .arguments
            .iter()
            .filter_map(|argument| Some((argument.name.clone(), plain(&argument.value)?)));
        own.chain(self.search.iter().cloned()).collect()
    }
}

fn declared(parameters: &'static [Parameter], name: &str) -> Option<&'static Parameter> {
    parameters.iter().find(|parameter| parameter.name == name)
}

fn unknown(definition: &Definition, name: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        "Paramètre inconnu de cette opération.",
        "Unknown parameter of this operation.",
    )
    .coded("not-supported")
    .at(name.to_owned())
    .expecting(definition.input_names())
    .receiving(name)
}

/// An argument written in the address.
fn from_text(parameter: &Parameter, text: &str) -> Result<Argument, Problem> {
    let is_simple = socle_fhir::definitions::find_type(parameter.kind)
        .is_some_and(|found| found.kind == socle_fhir::definitions::TypeKind::Primitive);
    if !is_simple {
        return Err(Problem::new(
            Kind::Invalid,
            "Ce paramètre ne s'écrit pas dans l'adresse : envoyez-le dans une ressource Parameters, par POST.",
            "This parameter cannot be written in the address: send it in a Parameters resource, with POST.",
        )
        .at(parameter.name)
        .expecting(if parameter.kind.is_empty() { "part" } else { parameter.kind }));
    }
    let value = match parameter.kind {
        "boolean" | "integer" | "positiveInt" | "unsignedInt" | "decimal" => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => Value::from(text),
    };
    let member = socle_fhir::definitions::choice_name("value", parameter.kind);
    let probe =
        json!({ "resourceType": "Parameters", "parameter": [{ "name": parameter.name, member: value }] });
    let wrong = socle_fhir::check(&probe).into_iter().find(|issue| issue.severity == Severity::Error);
    if let Some(issue) = wrong {
        let issue = Issue { path: parameter.name.to_owned(), ..issue };
        return Err(Problem::with_issues(Kind::Invalid, vec![issue.received(text)]));
    }
    Ok(Argument {
        name: parameter.name.to_owned(),
        value,
        kind: parameter.kind.to_owned(),
        parts: Vec::new(),
    })
}

/// An argument written in a `Parameters` resource.
fn from_body(parameter: &'static Parameter, mut given: Value, path: &str) -> Result<Argument, Problem> {
    let argument = |value, kind: &str, parts| Argument {
        name: parameter.name.to_owned(),
        value,
        kind: kind.to_owned(),
        parts,
    };
    if !parameter.parts.is_empty() {
        let mut parts = Vec::new();
        for part in given["part"].as_array_mut().map(std::mem::take).unwrap_or_default() {
            let name = part["name"].as_str().unwrap_or_default().to_owned();
            let path = format!("{path}.{name}");
            let Some(declared) = declared(parameter.parts, &name) else {
                let known: Vec<&str> = parameter.parts.iter().map(|part| part.name).collect();
                return Err(Problem::new(
                    Kind::Invalid,
                    "Partie inconnue de ce paramètre.",
                    "Unknown part of this parameter.",
                )
                .coded("not-supported")
                .at(path)
                .expecting(known.join(", "))
                .receiving(name));
            };
            parts.push(from_body(declared, part, &path)?);
        }
        check_counts(parameter.parts, &parts, &format!("{path}."))?;
        return Ok(argument(Value::Null, "", parts));
    }
    if parameter.is_resource() {
        let resource = given["resource"].take();
        check_resource(parameter, &resource)?;
        return Ok(argument(resource, "", Vec::new()));
    }
    match value_of(&given) {
        Some((kind, value)) if is_of_kind(parameter.kind, &kind) => {
            Ok(argument(value.clone(), &kind, Vec::new()))
        }
        Some((kind, _)) => Err(wrong_type(path, parameter.kind, &kind)),
        None => Err(wrong_type(path, parameter.kind, "(absent)")),
    }
}

/// The type and value of `value[x]`.
fn value_of(given: &Value) -> Option<(String, &Value)> {
    let (member, value) = given.as_object()?.iter().find(|(name, _)| name.starts_with("value"))?;
    let definition = socle_fhir::definitions::find_type("Parameters.parameter")?;
    let kind = definition.member(member)?.type_ref.name;
    Some((kind.to_owned(), value))
}

/// Texts written as another kind of text, moments of another precision and numbers of another range are taken: what they
/// hold was checked by the type they came in, and clients differ in this.
fn is_of_kind(declared: &str, given: &str) -> bool {
    const FAMILIES: [&[&str]; 4] = [
        &["uri", "url", "canonical", "oid", "uuid", "string"],
        &["string", "code", "id", "markdown"],
        &["date", "dateTime", "instant"],
        &["integer", "positiveInt", "unsignedInt"],
    ];
    declared == "*"
        || declared == given
        || FAMILIES.iter().any(|family| family.contains(&declared) && family.contains(&given))
}

fn wrong_type(path: &str, expected: &str, received: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        "Ce paramètre n'a pas le type attendu.",
        "This parameter is not of the type expected.",
    )
    .coded("value")
    .at(path.to_owned())
    .expecting(socle_fhir::definitions::choice_name("value", if expected == "*" { "[x]" } else { expected }))
    .receiving(received)
}

fn check_resource(parameter: &Parameter, resource: &Value) -> Result<(), Problem> {
    let name = resource["resourceType"].as_str();
    let is_known = name.is_some_and(|name| name.parse::<ResourceType>().is_ok());
    let is_right = matches!(parameter.kind, "Resource" | "DomainResource") || name == Some(parameter.kind);
    if is_known && is_right {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Invalid,
        "Une ressource de ce type est attendue.",
        "A resource of this type is expected.",
    )
    .coded("structure")
    .at(parameter.name)
    .expecting(parameter.kind)
    .receiving(name.unwrap_or("(absent)")))
}

/// Checks a `Parameters` resource without looking into the resources it carries: what is right for them is for the
/// operation to say.
fn check_structure(body: &Value) -> Result<(), Problem> {
    let mut outer = body.clone();
    if let Some(parameters) = outer.get_mut("parameter") {
        hollow(parameters);
    }
    let wrong: Vec<Issue> =
        socle_fhir::check(&outer).into_iter().filter(|issue| issue.severity == Severity::Error).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Problem::with_issues(Kind::Invalid, wrong)) }
}

fn hollow(parameters: &mut Value) {
    for parameter in parameters.as_array_mut().into_iter().flatten() {
        if let Some(resource) = parameter.get_mut("resource").filter(|resource| resource.is_object()) {
            *resource = json!({ "resourceType": "Basic", "code": { "text": "-" } });
        }
        if let Some(parts) = parameter.get_mut("part") {
            hollow(parts);
        }
    }
}

fn check_counts(declared: &[Parameter], given: &[Argument], prefix: &str) -> Result<(), Problem> {
    for parameter in declared {
        let count = given.iter().filter(|argument| argument.name == parameter.name).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let is_too_few = count < parameter.min;
        if is_too_few || parameter.max.is_some_and(|max| count > max) {
            let max = parameter.max.map_or("*".to_owned(), |max| max.to_string());
            let words = if is_too_few {
                Words::new("Il manque un paramètre.", "A parameter is missing.")
            } else {
                Words::new("Ce paramètre est donné trop souvent.", "This parameter is given too often.")
            };
            let code = if is_too_few { "required" } else { "structure" };
            let issue = Issue::error(code, format!("{prefix}{}", parameter.name), words)
                .expected(format!("{}..{max} {}", parameter.min, parameter.kind))
                .received(count.to_string());
            return Err(Problem::with_issues(Kind::Invalid, vec![issue]));
        }
    }
    Ok(())
}

/// A primitive as it is written in an address.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}
