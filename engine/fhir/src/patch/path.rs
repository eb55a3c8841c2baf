//! FHIRPath Patch (FHIR R4): a Parameters resource whose `operation`s add, insert, delete, replace or move.
//!
//! Places are paths of names, indexes and `where(…)`: each step is resolved to a place in the JSON, so that the change
//! is made there and nowhere else.

use super::{Budget, check_count, inapplicable, unreadable};
use crate::definitions::{self, Type, choice_name};
use crate::fhirpath::{self, Context, Element, Expr, Item, Literal, evaluate};
use serde_json::{Map, Value};
use socle_kernel::Problem;

/// One step into JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// A place in the resource, with the type of what is there.
#[derive(Clone, Debug)]
struct Place {
    steps: Vec<Step>,
    definition: &'static Type,
}

/// Applies the operations in order; none of them is kept when one fails.
pub fn apply_fhirpath_patch(resource: &Value, parameters: &Value) -> Result<Value, Problem> {
    let is_parameters = parameters.get("resourceType").and_then(Value::as_str) == Some("Parameters");
    let operations = parameters.get("parameter").and_then(Value::as_array).filter(|_| is_parameters);
    let Some(operations) = operations else {
        return Err(unreadable(
            "Parameters.parameter",
            "Un FHIRPath Patch est une ressource Parameters avec des paramètres « operation ».",
            "A FHIRPath Patch is a Parameters resource with `operation` parameters.",
        ));
    };
    check_count(operations.len())?;
    let mut budget = Budget::new();
    let mut document = resource.clone();
    for (index, operation) in operations.iter().enumerate() {
        let at = format!("Parameters.parameter[{index}]");
        Operation { parts: operation, at: &at }.apply(&mut document, &mut budget)?;
    }
    Ok(document)
}

struct Operation<'a> {
    parts: &'a Value,
    at: &'a str,
}

impl<'a> Operation<'a> {
    fn part(&self, name: &str) -> Option<&'a Value> {
        let parts = self.parts.get("part")?.as_array()?;
        parts.iter().find(|part| part.get("name").and_then(Value::as_str) == Some(name))
    }

    fn text(&self, name: &str, member: &str) -> Result<&'a str, Problem> {
        self.part(name)
            .and_then(|part| part.get(member))
            .and_then(Value::as_str)
            .ok_or_else(|| self.lacks(name))
    }

    fn lacks(&self, name: &str) -> Problem {
        unreadable(
            self.at,
            &format!("L'opération n'a pas de « {name} »."),
            &format!("The operation has no `{name}`."),
        )
        .expecting(format!("part.where(name = '{name}')"))
    }

    fn index(&self, name: &str) -> Result<usize, Problem> {
        let number = self.part(name).and_then(|part| part.get("valueInteger")).and_then(Value::as_u64);
        number.and_then(|number| usize::try_from(number).ok()).ok_or_else(|| self.lacks(name))
    }

    /// The value of the operation: the JSON of `value[x]` with its type, or the members that nested parts name.
    fn value(&self, target: Option<&'static Type>) -> Result<(Value, Option<&'static str>), Problem> {
        let part = self.part("value").ok_or_else(|| self.lacks("value"))?;
        value_of_part(part, target).ok_or_else(|| self.lacks("value"))
    }

    fn apply(&self, document: &mut Value, budget: &mut Budget) -> Result<(), Problem> {
        let path = self.text("path", "valueString")?;
        let expr = fhirpath::parse(path).map_err(|error| {
            unreadable(self.at, "Le chemin FHIRPath ne se lit pas.", "The FHIRPath path cannot be read.")
                .expecting(error.to_string())
                .receiving(path)
        })?;
        match self.text("type", "valueCode")? {
            "add" => {
                let place = self.only_place(document, &expr)?;
                self.add(document, &place, budget)
            }
            "insert" => {
                let places = self.list(document, &expr)?;
                let index = self.index("index")?;
                let (value, _) = self.value(Some(places.1))?;
                budget.spend(&value, places.0.len() + 1, self.at)?;
                let items = self.array(document, &places.0)?;
                if index > items.len() {
                    return Err(self.no_such_index());
                }
                items.insert(index, value);
                Ok(())
            }
            "delete" => {
                let places = self.places(document, &expr)?;
                match places.as_slice() {
                    [] => Ok(()),
                    [one] => {
                        remove(document, &one.steps);
                        Ok(())
                    }
                    _ => Err(self.ambiguous()),
                }
            }
            "replace" => {
                let place = self.only_place(document, &expr)?;
                let (value, kind) = self.value(Some(place.definition))?;
                budget.spend(&value, place.steps.len(), self.at)?;
                self.replace(document, &place, value, kind)
            }
            "move" => {
                let (steps, _) = self.list(document, &expr)?;
                let (source, destination) = (self.index("source")?, self.index("destination")?);
                let items = self.array(document, &steps)?;
                if source >= items.len() || destination >= items.len() {
                    return Err(self.no_such_index());
                }
                let moved = items.remove(source);
                items.insert(destination, moved);
                Ok(())
            }
            other => Err(unreadable(
                self.at,
                "Cette opération n'existe pas dans FHIRPath Patch.",
                "FHIRPath Patch has no such operation.",
            )
            .expecting("add, insert, delete, replace, move")
            .receiving(other)),
        }
    }

    fn add(&self, document: &mut Value, place: &Place, budget: &mut Budget) -> Result<(), Problem> {
        let name = self.text("name", "valueString")?;
        let element = place.definition.element(name).ok_or_else(|| {
            inapplicable(
                self.at,
                &format!("{} n'a pas d'élément « {name} ».", place.definition.name),
                &format!("{} has no element `{name}`.", place.definition.name),
            )
        })?;
        let target = if element.is_choice { None } else { element.types.first().map(|t| t.definition()) };
        let (value, kind) = self.value(target)?;
        budget.spend(&value, place.steps.len() + 2, self.at)?;
        let key = match kind {
            Some(kind) if element.is_choice => choice_name(name, kind),
            _ => name.to_owned(),
        };
        let holder =
            at_mut(document, &place.steps).and_then(Value::as_object_mut).ok_or_else(|| self.nowhere())?;
        if element.is_array() {
            let list = holder.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut().ok_or_else(|| self.nowhere())?.push(value);
        } else if holder.contains_key(&key) {
            return Err(inapplicable(
                self.at,
                &format!("L'élément « {name} » est déjà présent : remplacez-le."),
                &format!("The element `{name}` is already there: replace it."),
            ));
        } else {
            holder.insert(key, value);
        }
        Ok(())
    }

    /// A choice element may change its type: its JSON name then changes at the same place.
    fn replace(
        &self,
        document: &mut Value,
        place: &Place,
        value: Value,
        kind: Option<&'static str>,
    ) -> Result<(), Problem> {
        if let (Some(Step::Name(old)), Some(kind)) = (place.steps.last(), kind)
            && let Some(holder) =
                at_mut(document, &place.steps[..place.steps.len() - 1]).and_then(Value::as_object_mut)
            && let Some(base) = old.strip_suffix(choice_name("", place.definition.name).as_str())
            && kind != place.definition.name
        {
            let new = choice_name(base, kind);
            *holder = std::mem::take(holder)
                .into_iter()
                .map(
                    |(name, old_value)| {
                        if name == *old { (new.clone(), value.clone()) } else { (name, old_value) }
                    },
                )
                .collect();
            return Ok(());
        }
        *at_mut(document, &place.steps).ok_or_else(|| self.nowhere())? = value;
        Ok(())
    }

    fn nowhere(&self) -> Problem {
        inapplicable(
            self.at,
            "Le chemin ne mène à aucun élément de la ressource.",
            "The path leads to no element of the resource.",
        )
    }

    fn ambiguous(&self) -> Problem {
        inapplicable(
            self.at,
            "Le chemin mène à plusieurs éléments : ajoutez un index ou where(…).",
            "The path leads to several elements: add an index or where(…).",
        )
        .coded("multiple-matches")
    }

    fn no_such_index(&self) -> Problem {
        inapplicable(self.at, "La liste n'a pas cet index.", "The list has no such index.")
    }

    fn only_place(&self, document: &Value, expr: &Expr) -> Result<Place, Problem> {
        let mut places = self.places(document, expr)?;
        match places.len() {
            1 => Ok(places.remove(0)),
            0 => Err(self.nowhere()),
            _ => Err(self.ambiguous()),
        }
    }

    /// The JSON array a path names, and the type of its items.
    fn list(&self, document: &Value, expr: &Expr) -> Result<(Vec<Step>, &'static Type), Problem> {
        let places = self.places(document, expr)?;
        let first = places.first().ok_or_else(|| self.nowhere())?;
        match first.steps.split_last() {
            Some((Step::Index(_), list)) => Ok((list.to_vec(), first.definition)),
            _ => {
                Err(inapplicable(self.at, "Cet élément n'est pas une liste.", "This element is not a list."))
            }
        }
    }

    fn array<'d>(&self, document: &'d mut Value, steps: &[Step]) -> Result<&'d mut Vec<Value>, Problem> {
        at_mut(document, steps).and_then(Value::as_array_mut).ok_or_else(|| self.nowhere())
    }

    /// Every place a path names.
    fn places(&self, document: &Value, expr: &Expr) -> Result<Vec<Place>, Problem> {
        let root = Element::resource(document).ok_or_else(|| self.nowhere())?;
        let root = Place { steps: Vec::new(), definition: root.definition };
        locate(expr, &root, document).ok_or_else(|| {
            unreadable(
                self.at,
                "Le chemin doit être fait de noms, d'index et de where(…).",
                "The path must be made of names, indexes and where(…).",
            )
            .coded("not-supported")
        })
    }
}

fn value_of_part(part: &Value, target: Option<&'static Type>) -> Option<(Value, Option<&'static str>)> {
    let members = part.as_object()?;
    for (name, value) in members {
        let kind = definitions::find_type("Parameters.parameter").and_then(|t| t.member(name));
        if let Some(kind) = kind.filter(|member| member.element.name == "value") {
            return Some((value.clone(), Some(kind.type_ref.name)));
        }
    }
    if let Some(resource) = members.get("resource") {
        return Some((resource.clone(), None));
    }
    // A BackboneElement has no value[x]: its members are given as nested parts.
    let mut built = Map::new();
    for nested in members.get("part")?.as_array()? {
        let name = nested.get("name").and_then(Value::as_str)?;
        let element = target.and_then(|target| target.element(name));
        let below = element.filter(|e| !e.is_choice).and_then(|e| e.types.first()).map(|t| t.definition());
        let (value, kind) = value_of_part(nested, below)?;
        let key = match (element, kind) {
            (Some(element), Some(kind)) if element.is_choice => choice_name(name, kind),
            _ => name.to_owned(),
        };
        if element.is_some_and(|element| element.is_array()) {
            if let Some(list) = built.entry(key).or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
                list.push(value);
            }
        } else {
            built.insert(key, value);
        }
    }
    Some((Value::Object(built), None))
}

fn at<'a>(document: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(document, |place, step| match step {
        Step::Name(name) => place.get(name),
        Step::Index(index) => place.get(index),
    })
}

fn at_mut<'a>(document: &'a mut Value, steps: &[Step]) -> Option<&'a mut Value> {
    steps.iter().try_fold(document, |place, step| match step {
        Step::Name(name) => place.get_mut(name),
        Step::Index(index) => place.get_mut(index),
    })
}

/// Removes an element, and the list or object that it leaves empty: FHIR has no empty ones.
fn remove(document: &mut Value, steps: &[Step]) {
    let Some((last, parent)) = steps.split_last() else { return };
    let is_empty = match (at_mut(document, parent), last) {
        (Some(Value::Object(members)), Step::Name(name)) => {
            members.shift_remove(name);
            members.shift_remove(&format!("_{name}"));
            members.is_empty()
        }
        (Some(Value::Array(items)), Step::Index(index)) if *index < items.len() => {
            items.remove(*index);
            items.is_empty()
        }
        _ => false,
    };
    if is_empty && !parent.is_empty() {
        remove(document, parent);
    }
}

/// The places of a path below a root; `None` for an expression that is no path.
fn locate(expr: &Expr, root: &Place, document: &Value) -> Option<Vec<Place>> {
    match expr {
        Expr::This => Some(vec![root.clone()]),
        Expr::Member(None, name) if root.steps.is_empty() && root.definition.is_a(name) => {
            Some(vec![root.clone()])
        }
        Expr::Member(None, name) => Some(children(root, name, document)),
        Expr::Member(Some(target), name) => {
            let places = locate(target, root, document)?;
            Some(places.iter().flat_map(|place| children(place, name, document)).collect())
        }
        Expr::Item(target, index) => {
            let Expr::Literal(Literal::Integer(index)) = **index else { return None };
            let places = locate(target, root, document)?;
            Some(usize::try_from(index).ok().and_then(|i| places.get(i).cloned()).into_iter().collect())
        }
        Expr::Call(Some(target), name, arguments) => {
            let places = locate(target, root, document)?;
            match (name.name(), arguments.as_slice()) {
                ("where", [criteria]) => {
                    Some(places.into_iter().filter(|place| holds(criteria, place, document)).collect())
                }
                ("first", []) => Some(places.into_iter().take(1).collect()),
                ("last", []) => Some(places.into_iter().next_back().into_iter().collect()),
                ("single", []) => Some(places),
                ("extension", [Expr::Literal(Literal::String(url))]) => {
                    let extensions = places.iter().flat_map(|place| children(place, "extension", document));
                    let has_url = |place: &Place| {
                        at(document, &place.steps).and_then(|e| e.get("url")).and_then(Value::as_str)
                            == Some(url)
                    };
                    Some(extensions.filter(has_url).collect())
                }
                ("ofType" | "as", [Expr::Member(None, kind)]) => {
                    Some(places.into_iter().filter(|place| place.definition.is_a(kind)).collect())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn holds(criteria: &Expr, place: &Place, document: &Value) -> bool {
    let value = at(document, &place.steps);
    let element = Element { value, sibling: None, definition: place.definition, codes: None };
    let context = Context::of(document);
    let found = evaluate(criteria, &context, &[Item::Element(element)]).unwrap_or_default();
    matches!(found.as_slice(), [one] if one.boolean() == Some(true))
}

fn children(place: &Place, name: &str, document: &Value) -> Vec<Place> {
    let Some(members) = at(document, &place.steps).and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (key, value) in members {
        let Some(member) = place.definition.member(key).filter(|member| member.element.name == name) else {
            continue;
        };
        let mut steps = place.steps.clone();
        steps.push(Step::Name(key.clone()));
        let definition = |value: &Value| match value.get("resourceType").and_then(Value::as_str) {
            Some(kind) if member.type_ref.name == "Resource" => definitions::find_type(kind),
            _ => None,
        };
        let declared = member.type_ref.definition();
        match value {
            Value::Array(items) => found.extend(items.iter().enumerate().map(|(index, item)| {
                let steps = steps.iter().cloned().chain([Step::Index(index)]).collect();
                Place { steps, definition: definition(item).unwrap_or(declared) }
            })),
            one => found.push(Place { steps, definition: definition(one).unwrap_or(declared) }),
        }
    }
    found
}
