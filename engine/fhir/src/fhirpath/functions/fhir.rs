//! Functions that FHIR adds.

use super::{Call, html, yes};
use crate::definitions::{self, TypeKind};
use crate::fhirpath::PathError;
use crate::fhirpath::context::{Conformance, Context, Terminology};
use crate::fhirpath::eval::{single, step};
use crate::fhirpath::few::Items;
use crate::fhirpath::function::Function;
use crate::fhirpath::item::{Element, Item};
use serde_json::Value;
use std::ops::ControlFlow;

pub(super) fn call<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let focus = call.focus;
    match call.function {
        Function::Extension => extensions(call),
        Function::HasExtension => Ok(yes(!extensions(call)?.is_empty())),
        Function::GetValue => Ok(single(focus)?.and_then(primitive_value).into_iter().collect()),
        Function::Resolve => Ok(focus.iter().filter_map(|item| resolve(item, call.scope.context)).collect()),
        Function::ElementDefinition => {
            let conformance = conformance(call)?;
            let of = |item: &Item<'a>| conformance.element_definition(item.element()?);
            Ok(focus.iter().filter_map(of).filter_map(of_element_definition).collect())
        }
        Function::Slice => {
            let conformance = conformance(call)?;
            let (Some(structure), Some(name)) = (call.text_value(0)?, call.text_value(1)?) else {
                return Ok(Items::None);
            };
            let mut kept = Items::None;
            for item in focus {
                let element = item.element().ok_or_else(|| call.wrong("elements are expected"))?;
                let is_in = conformance.is_in_slice(element, &structure, &name);
                if is_in.ok_or_else(|| call.wrong("this slice is not known"))? {
                    kept.push(item.clone());
                }
            }
            Ok(kept)
        }
        Function::CheckModifiers => check_modifiers(call),
        Function::ConformsTo => {
            let (Some(item), Some(profile)) = (single(focus)?, call.text_value(0)?) else {
                return Ok(Items::None);
            };
            let element = item.element().ok_or_else(|| call.wrong("an element is expected"))?;
            let answer = conformance(call)?.conforms_to(element, &profile);
            answer.map(yes).ok_or_else(|| call.wrong(&format!("the profile {profile} is not known")))
        }
        Function::MemberOf => {
            let (Some(item), Some(value_set)) = (single(focus)?, call.text_value(0)?) else {
                return Ok(Items::None);
            };
            Ok(Items::truth(terminology(call)?.member_of(item, &value_set)))
        }
        Function::Subsumes | Function::SubsumedBy => subsumes(call),
        _ => Ok(yes(focus.iter().filter_map(Item::text).all(|text| html::is_narrative(&text)))),
    }
}

fn conformance<'a>(call: &Call<'a, '_>) -> Result<&'a dyn Conformance, PathError> {
    call.scope.context.conformance.ok_or_else(|| call.wrong("nobody answers for profiles here"))
}

fn terminology<'a>(call: &Call<'a, '_>) -> Result<&'a dyn Terminology, PathError> {
    call.scope.context.terminology.ok_or_else(|| call.wrong("nobody answers for terminologies here"))
}

fn extensions<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let Some(url) = call.text_value(0)? else { return Ok(Items::None) };
    let mut found = Items::None;
    for item in call.focus {
        let _ = step("extension", item, call.scope, &mut |extension| {
            if url_of(&extension) == Some(&url) {
                found.push(extension);
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(found)
}

fn url_of<'a>(item: &Item<'a>) -> Option<&'a str> {
    item.element()?.value?.get("url")?.as_str()
}

/// An error when an element has a modifier extension that the caller does not name.
fn check_modifiers<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let mut known = Vec::new();
    for index in 0..call.arguments.len() {
        known.extend(call.text_value(index)?);
    }
    for item in call.focus {
        let _ = step("modifierExtension", item, call.scope, &mut |modifier| {
            let url = url_of(&modifier).unwrap_or("");
            if known.iter().any(|known| known == url) {
                return Ok(ControlFlow::Continue(()));
            }
            Err(call.wrong(&format!("the modifier extension {url} is not expected")))
        })?;
    }
    Ok(call.focus.into())
}

fn of_element_definition(value: &Value) -> Option<Item<'_>> {
    let definition = definitions::find_type("ElementDefinition")?;
    Some(Item::Element(Element { value: Some(value), sibling: None, definition, codes: None }))
}

/// System and codes of a Coding, or of the codings of a CodeableConcept.
fn codings<'a>(item: &Item<'a>) -> Vec<(&'a str, &'a str)> {
    let Some(value) = item.element().and_then(|element| element.value) else { return Vec::new() };
    let one = |coding: &'a Value| Some((coding.get("system")?.as_str()?, coding.get("code")?.as_str()?));
    match value.get("coding").and_then(Value::as_array) {
        Some(all) => all.iter().filter_map(one).collect(),
        None => one(value).into_iter().collect(),
    }
}

fn subsumes<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let (Some(item), Some(other)) = (single(call.focus)?, call.value(0)?) else {
        return Ok(Items::None);
    };
    let terminology = terminology(call)?;
    let (own, others) = (codings(item), codings(&other));
    let (general, special) = if call.function == Function::Subsumes { (own, others) } else { (others, own) };
    let mut answer = None;
    for (system, code) in &general {
        for (_, other) in special.iter().filter(|(other_system, _)| other_system == system) {
            match terminology.subsumes(system, code, other) {
                Some(true) => return Ok(yes(true)),
                Some(false) => answer = Some(false),
                None => {}
            }
        }
    }
    Ok(Items::truth(answer))
}

/// The value of a primitive; `None` when it has extensions only, or is no primitive.
pub(in crate::fhirpath) fn primitive_value<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    match item {
        Item::Element(element) => {
            let is_primitive = element.definition.kind == TypeKind::Primitive && element.value.is_some();
            is_primitive.then(|| element.to_system())
        }
        Item::Resolved(_) => None,
        computed => Some(computed.clone()),
    }
}

/// What a reference points to: the resource itself when it can be found, or only its type, which its text or `type`
/// tells.
fn resolve<'a>(item: &Item<'a>, context: &Context<'a>) -> Option<Item<'a>> {
    let computed;
    let (text, value) = match item {
        Item::Element(element) => {
            let value = element.value?;
            (value.as_str().or_else(|| value.get("reference").and_then(Value::as_str)), Some(value))
        }
        Item::String(text) => {
            computed = text.clone();
            (Some(&*computed), None)
        }
        _ => return None,
    };
    if let Some(found) = text.and_then(|text| context.find(text)) {
        return Element::resource(found).map(Item::Element);
    }
    let named = text.and_then(|text| crate::reference::Reference::parse(text).resource_type());
    let name = match named {
        Some(resource_type) => resource_type.name(),
        None => value?.get("type").and_then(Value::as_str)?,
    };
    definitions::find_type(name).filter(|found| found.kind == TypeKind::Resource).map(Item::Resolved)
}
