//! Makes resources that have a value where an expression looks.

use super::super::{ParamKind, Parameter, fit};
use super::values::{Pair, pair};
use crate::definitions::{self, CodeSet, Type, TypeKind};
use crate::fhirpath::{Expr, Literal, Operator, parse};
use serde_json::{Map, Value, json};
use socle_kernel::ResourceType;

/// A resource, its neighbour, and the searches by the value of each.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) own: Value,
    pub(super) own_value: String,
    pub(super) other: Value,
    pub(super) other_value: String,
}

/// One JSON member on the way to a value.
#[derive(Clone, Debug)]
struct Step {
    key: String,
    is_array: bool,
    /// Members that its object must also have.
    beside: Vec<(String, Value)>,
}

/// Where an expression finds values of one type.
#[derive(Clone, Debug)]
struct Place {
    steps: Vec<Step>,
    definition: &'static Type,
    codes: Option<&'static CodeSet>,
    /// What a reference must point to.
    points_to: Option<String>,
    /// The type of the whole resource, for `%resource`.
    root: &'static Type,
    /// True when the steps start there, and not at the element that an expression was given.
    is_from_root: bool,
}

impl Place {
    /// The resource itself.
    fn root(root: &'static Type) -> Self {
        Place { steps: Vec::new(), definition: root, codes: None, points_to: None, root, is_from_root: false }
    }

    /// `as` and `ofType` mean the very type for primitives.
    fn is_of(&self, wanted: &str) -> bool {
        let is_primitive = self.definition.kind == TypeKind::Primitive;
        if is_primitive { self.definition.name == wanted } else { self.definition.is_a(wanted) }
    }
}

/// Cases for a parameter: one for each place and type where its expression may find something.
pub(super) fn cases(resource_type: ResourceType, parameter: &Parameter) -> Vec<Case> {
    let root = Place::root(definitions::resource(resource_type));
    let name = resource_type.name();
    let places = places_of(parameter.expression(), &root);
    if parameter.kind == ParamKind::Composite {
        return places.iter().filter_map(|place| composite(name, parameter, place)).collect();
    }
    let target = parameter.targets.first().map_or("Patient", |target| target.name());
    let target = if parameter.code == "patient" { "Patient" } else { target };
    places
        .iter()
        .flat_map(|place| with_value(place, parameter.kind))
        .filter_map(|place| {
            let target = place.points_to.as_deref().unwrap_or(target);
            let pair = pair(parameter.kind, place.definition, place.codes, target)?;
            Some(Case {
                own: resource(name, &place, pair.own),
                own_value: pair.own_search,
                other: resource(name, &place, pair.other),
                other_value: pair.other_search,
            })
        })
        .collect()
}

fn places_of(expression: &str, root: &Place) -> Vec<Place> {
    places(&parse(expression).expect("the expressions of the tables are valid"), root)
}

/// Parameters on extensions may name the extension alone: its value is meant.
fn with_value(place: &Place, kind: ParamKind) -> Vec<Place> {
    if place.definition.name == "Extension" {
        return below(place, "value").into_iter().filter(|inner| is_fit(kind, inner)).collect();
    }
    if is_fit(kind, place) { vec![place.clone()] } else { Vec::new() }
}

fn is_fit(kind: ParamKind, place: &Place) -> bool {
    let is_inline = kind == ParamKind::Reference && place.definition.kind == TypeKind::Resource;
    is_inline || fit::fits(kind, &fit::Gives::one(place.definition)) && place.definition.name != "Extension"
}

/// Two values of one element together; the neighbour differs in the second.
fn composite(name: &str, parameter: &Parameter, place: &Place) -> Option<Case> {
    let here = Place { steps: Vec::new(), ..place.clone() };
    let (mut own, mut other) = (json!({}), json!({}));
    let mut beside = json!({});
    let (mut own_values, mut other_values) = (Vec::new(), Vec::new());
    for (index, part) in parameter.components.iter().enumerate() {
        let (found, values) = places_of(part.expression, &here)
            .iter()
            .flat_map(|inner| with_value(inner, part.kind))
            .find_map(|inner| {
                let target = inner.points_to.clone().unwrap_or_else(|| name.to_owned());
                pair(part.kind, inner.definition, inner.codes, &target).map(|pair| (inner, pair))
            })?;
        let Pair { own: value, own_search, other: neighbour, other_search } = values;
        if found.is_from_root {
            merge(&mut beside, wrap(&found.steps, value.clone()));
        } else {
            merge(&mut own, wrap(&found.steps, value.clone()));
        }
        own_values.push(own_search.clone());
        let (neighbour, search) = if index == 0 { (value, own_search) } else { (neighbour, other_search) };
        if !found.is_from_root {
            merge(&mut other, wrap(&found.steps, neighbour));
        }
        other_values.push(search);
    }
    let whole = |value: Value| {
        let mut made = resource(name, place, value);
        merge(&mut made, beside.clone());
        made
    };
    Some(Case {
        own: whole(own),
        own_value: own_values.join("$"),
        other: whole(other),
        other_value: other_values.join("$"),
    })
}

fn resource(name: &str, place: &Place, value: Value) -> Value {
    let mut made = json!({"resourceType": name});
    merge(&mut made, wrap(&place.steps, value));
    made
}

fn wrap(steps: &[Step], value: Value) -> Value {
    steps.iter().rev().fold(value, |mut value, step| {
        if let Some(members) = value.as_object_mut() {
            for (key, beside) in &step.beside {
                members.entry(key.clone()).or_insert_with(|| beside.clone());
            }
        }
        let content = if step.is_array { Value::Array(vec![value]) } else { value };
        Value::Object(Map::from_iter([(step.key.clone(), content)]))
    })
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) if into.len() == 1 && from.len() == 1 => {
            from.into_iter().for_each(|value| merge(&mut into[0], value));
        }
        (into, from) => *into = from,
    }
}

fn places(expr: &Expr, focus: &Place) -> Vec<Place> {
    match expr {
        Expr::Member(None, name) if focus.definition.is_a(name) => vec![focus.clone()],
        Expr::Member(None, name) => below(focus, name),
        Expr::Member(Some(target), name) => {
            places(target, focus).iter().flat_map(|place| below(place, name)).collect()
        }
        Expr::Call(target, name, arguments) => {
            let from = target.as_ref().map_or_else(|| vec![focus.clone()], |target| places(target, focus));
            from.into_iter().filter_map(|place| called(place, name.name(), arguments)).flatten().collect()
        }
        Expr::Variable(name) if name == "resource" => {
            vec![Place { is_from_root: true, ..Place::root(focus.root) }]
        }
        Expr::Item(target, _) => places(target, focus),
        Expr::As(target, name) => {
            places(target, focus).into_iter().filter(|place| place.is_of(&name.name)).collect()
        }
        Expr::Binary(Operator::Union, left, right) => [places(left, focus), places(right, focus)].concat(),
        _ => Vec::new(),
    }
}

fn below(place: &Place, name: &str) -> Vec<Place> {
    let Some(element) = place.definition.element(name) else { return Vec::new() };
    element
        .types
        .iter()
        .map(|type_ref| {
            let key = if element.is_choice {
                definitions::choice_name(name, type_ref.name)
            } else {
                name.to_owned()
            };
            let step = Step { key, is_array: element.is_array(), beside: Vec::new() };
            Place {
                steps: place.steps.iter().cloned().chain([step]).collect(),
                definition: type_ref.definition(),
                codes: element.codes,
                points_to: None,
                ..place.clone()
            }
        })
        .collect()
}

fn called(mut place: Place, name: &str, arguments: &[Expr]) -> Option<Vec<Place>> {
    match (name, arguments) {
        ("where", [condition]) => {
            fulfil(&mut place, condition)?;
            Some(vec![place])
        }
        ("as" | "ofType", [Expr::Member(_, wanted)]) => {
            Some(if place.is_of(wanted) { vec![place] } else { Vec::new() })
        }
        ("extension", [Expr::Literal(Literal::String(url))]) => {
            let step = Step {
                key: "extension".to_owned(),
                is_array: true,
                beside: vec![("url".to_owned(), json!(url))],
            };
            place.steps.push(step);
            Some(vec![Place { definition: definitions::find_type("Extension")?, codes: None, ..place }])
        }
        _ => None,
    }
}

/// Gives the place what a `where` asks for.
fn fulfil(place: &mut Place, condition: &Expr) -> Option<()> {
    match condition {
        Expr::Binary(Operator::Equal, left, right) => {
            let (Expr::Member(None, key), Expr::Literal(Literal::String(text))) = (&**left, &**right) else {
                return None;
            };
            place.steps.last_mut()?.beside.push((key.clone(), json!(text)));
        }
        Expr::Is(_, wanted) => place.points_to = Some(wanted.name.clone()),
        Expr::Call(None, name, arguments) if name.name() == "hasExtension" => {
            let [Expr::Literal(Literal::String(url))] = arguments.as_slice() else { return None };
            let extension = json!([{"url": url, "valueBoolean": true}]);
            place.steps.last_mut()?.beside.push(("extension".to_owned(), extension));
        }
        _ => return None,
    }
    Some(())
}
