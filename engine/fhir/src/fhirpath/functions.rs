//! The functions of FHIRPath and of FHIR that expressions call.

mod convert;
mod text;

use super::ast::{Expr, TypeName};
use super::context::Context;
use super::eval::{Items, Scope, eval, is_of_type, of_type, single, step, truth};
use super::item::{Element, Item};
use super::{PathError, compare};
use crate::definitions::{self, TypeKind};
use serde_json::Value;
use socle_kernel::Instant;
use std::borrow::Cow;

/// Most items `repeat` and `descendants` go through.
const REPEAT_ITEMS: usize = 100_000;

/// A call with its parts at hand.
pub(super) struct Call<'a, 's> {
    name: &'s str,
    focus: &'s [Item<'a>],
    arguments: &'s [Expr],
    scope: &'s Scope<'a, 's>,
}

pub(super) fn call<'a>(
    name: &str,
    focus: &[Item<'a>],
    arguments: &[Expr],
    scope: &Scope<'a, '_>,
) -> Result<Items<'a>, PathError> {
    let call = Call { name, focus, arguments, scope };
    if let Some(answer) = call.existence()? {
        return Ok(answer);
    }
    if let Some(answer) = call.subset()? {
        return Ok(answer);
    }
    if let Some(answer) = call.fhir()? {
        return Ok(answer);
    }
    if let Some(answer) = convert::call(&call)? {
        return Ok(answer);
    }
    if let Some(answer) = text::call(&call)? {
        return Ok(answer);
    }
    Err(PathError::new(format!("the function {name}() is not known here")))
}

fn yes<'a>(truth: bool) -> Items<'a> {
    vec![Item::Boolean(truth)]
}

impl<'a> Call<'a, '_> {
    fn argument(&self, index: usize) -> Result<&Expr, PathError> {
        self.arguments
            .get(index)
            .ok_or_else(|| PathError::new(format!("{}() lacks its argument {}", self.name, index + 1)))
    }

    /// An argument evaluated where the call stands, not on its target.
    fn value(&self, index: usize) -> Result<Items<'a>, PathError> {
        eval(self.argument(index)?, self.scope)
    }

    fn text_value(&self, index: usize) -> Result<Option<Cow<'a, str>>, PathError> {
        Ok(single(&self.value(index)?)?.and_then(Item::text))
    }

    fn whole_value(&self, index: usize) -> Result<Option<i64>, PathError> {
        match single(&self.value(index)?)?.map(Item::to_system) {
            Some(Item::Integer(number)) => Ok(Some(number)),
            _ => Ok(None),
        }
    }

    /// An argument evaluated with one item as focus.
    fn on_item(&self, expr: &Expr, item: &Item<'a>, index: usize) -> Result<Items<'a>, PathError> {
        let scope = Scope {
            focus: std::slice::from_ref(item),
            this: Some(item),
            index: i64::try_from(index).ok(),
            ..*self.scope
        };
        eval(expr, &scope)
    }

    fn filtered(&self) -> Result<Items<'a>, PathError> {
        let criteria = self.argument(0)?;
        let mut kept = Vec::new();
        for (index, item) in self.focus.iter().enumerate() {
            if truth(&self.on_item(criteria, item, index)?)? == Some(true) {
                kept.push(item.clone());
            }
        }
        Ok(kept)
    }

    fn type_argument(&self) -> Result<TypeName, PathError> {
        match self.argument(0)? {
            Expr::Member(None, name) => Ok(TypeName { namespace: None, name: name.clone() }),
            Expr::Member(Some(space), name) => match space.as_ref() {
                Expr::Member(None, space) => {
                    Ok(TypeName { namespace: Some(space.clone()), name: name.clone() })
                }
                _ => Err(PathError::new("a type name is expected")),
            },
            _ => Err(PathError::new("a type name is expected")),
        }
    }

    fn all_are(&self, wanted: bool) -> bool {
        self.focus.iter().all(|item| item.boolean() == Some(wanted))
    }

    fn any_is(&self, wanted: bool) -> bool {
        self.focus.iter().any(|item| item.boolean() == Some(wanted))
    }

    fn existence(&self) -> Result<Option<Items<'a>>, PathError> {
        let contains_all = |all: &[Item<'a>], part: &[Item<'a>]| {
            part.iter().all(|one| all.iter().any(|other| compare::same(one, other) == Some(true)))
        };
        Ok(Some(match self.name {
            "empty" => yes(self.focus.is_empty()),
            "exists" if self.arguments.is_empty() => yes(!self.focus.is_empty()),
            "exists" => yes(!self.filtered()?.is_empty()),
            "all" => yes(self.filtered()?.len() == self.focus.len()),
            "allTrue" => yes(self.all_are(true)),
            "anyTrue" => yes(self.any_is(true)),
            "allFalse" => yes(self.all_are(false)),
            "anyFalse" => yes(self.any_is(false)),
            "subsetOf" => yes(contains_all(&self.value(0)?, self.focus)),
            "supersetOf" => yes(contains_all(self.focus, &self.value(0)?)),
            "count" => vec![Item::Integer(i64::try_from(self.focus.len()).unwrap_or(i64::MAX))],
            "distinct" => compare::union(self.focus.to_vec(), Vec::new()),
            "isDistinct" => yes(compare::union(self.focus.to_vec(), Vec::new()).len() == self.focus.len()),
            "not" => truth(self.focus)?.map(|truth| Item::Boolean(!truth)).into_iter().collect(),
            "iif" => self.choose()?,
            "trace" => self.focus.to_vec(),
            "now" | "today" => self.moment()?,
            _ => return Ok(None),
        }))
    }

    fn choose(&self) -> Result<Items<'a>, PathError> {
        let scope = Scope { focus: self.focus, ..*self.scope };
        if truth(&eval(self.argument(0)?, &scope)?)? == Some(true) {
            return eval(self.argument(1)?, &scope);
        }
        self.arguments.get(2).map_or(Ok(Vec::new()), |otherwise| eval(otherwise, &scope))
    }

    fn moment(&self) -> Result<Items<'a>, PathError> {
        let now: Instant = self
            .scope
            .context
            .now
            .ok_or_else(|| PathError::new(format!("{}() has no clock here", self.name)))?;
        let text = now.to_string();
        Ok(vec![if self.name == "today" {
            Item::Date(Cow::Owned(text[..10].to_owned()))
        } else {
            Item::DateTime(Cow::Owned(text))
        }])
    }

    fn subset(&self) -> Result<Option<Items<'a>>, PathError> {
        let count = |index| -> Result<usize, PathError> {
            Ok(usize::try_from(self.whole_value(index)?.unwrap_or(0)).unwrap_or(0))
        };
        let focus = self.focus;
        Ok(Some(match self.name {
            "where" => self.filtered()?,
            "select" => {
                let mut out = Vec::new();
                for (index, item) in focus.iter().enumerate() {
                    out.extend(self.on_item(self.argument(0)?, item, index)?);
                }
                out
            }
            "repeat" => self.repeat(|item| self.on_item(self.argument(0)?, item, 0))?,
            "aggregate" => self.aggregate()?,
            "ofType" | "as" => of_type(focus.to_vec(), &self.type_argument()?),
            "is" => {
                let name = self.type_argument()?;
                single(focus)?.map(|item| Item::Boolean(is_of_type(item, &name))).into_iter().collect()
            }
            "single" => single(focus)?.cloned().into_iter().collect(),
            "first" => focus.first().cloned().into_iter().collect(),
            "last" => focus.last().cloned().into_iter().collect(),
            "tail" => focus.iter().skip(1).cloned().collect(),
            "skip" => focus.iter().skip(count(0)?).cloned().collect(),
            "take" => focus.iter().take(count(0)?).cloned().collect(),
            "intersect" | "exclude" => {
                let other = self.value(0)?;
                let wanted = self.name == "intersect";
                let is_in = |one: &Item<'a>| other.iter().any(|o| compare::same(one, o) == Some(true));
                let kept: Items<'a> = focus.iter().filter(|one| is_in(one) == wanted).cloned().collect();
                if wanted { compare::union(kept, Vec::new()) } else { kept }
            }
            "union" => compare::union(focus.to_vec(), self.value(0)?),
            "combine" => focus.iter().cloned().chain(self.value(0)?).collect(),
            "children" => children(focus),
            "descendants" => self.repeat(|item| Ok(children(std::slice::from_ref(item))))?,
            _ => return Ok(None),
        }))
    }

    fn aggregate(&self) -> Result<Items<'a>, PathError> {
        let mut total = if self.arguments.len() > 1 { self.value(1)? } else { Vec::new() };
        for (index, item) in self.focus.iter().enumerate() {
            let scope = Scope {
                focus: std::slice::from_ref(item),
                this: Some(item),
                index: i64::try_from(index).ok(),
                total: Some(&total),
                ..*self.scope
            };
            total = eval(self.argument(0)?, &scope)?;
        }
        Ok(total)
    }

    fn repeat(
        &self,
        mut next: impl FnMut(&Item<'a>) -> Result<Items<'a>, PathError>,
    ) -> Result<Items<'a>, PathError> {
        let mut waiting: Items<'a> = self.focus.iter().rev().cloned().collect();
        let mut out = Vec::new();
        while let Some(item) = waiting.pop() {
            let found = next(&item)?;
            waiting.extend(found.iter().rev().cloned());
            out.extend(found);
            if out.len() > REPEAT_ITEMS {
                return Err(PathError::new(format!("{}() goes through too many items", self.name)));
            }
        }
        Ok(out)
    }

    fn fhir(&self) -> Result<Option<Items<'a>>, PathError> {
        Ok(Some(match self.name {
            "extension" | "hasExtension" => {
                let url = self.text_value(0)?;
                let found: Items<'a> = step("extension", self.focus)
                    .into_iter()
                    .filter(|item| extension_url(item).is_some_and(|own| Some(own) == url.as_deref()))
                    .collect();
                if self.name == "extension" { found } else { yes(!found.is_empty()) }
            }
            "hasValue" => yes(matches!(self.focus, [one] if primitive_value(one).is_some())),
            "getValue" => single(self.focus)?.and_then(primitive_value).into_iter().collect(),
            "resolve" => self.focus.iter().filter_map(|item| resolve(item, self.scope.context)).collect(),
            "htmlChecks" => yes(true),
            _ => return Ok(None),
        }))
    }
}

fn extension_url<'a>(item: &Item<'a>) -> Option<&'a str> {
    item.element()?.value?.get("url")?.as_str()
}

fn primitive_value<'a>(item: &Item<'a>) -> Option<Item<'a>> {
    match item {
        Item::Element(element) => {
            let is_primitive = element.definition.kind == TypeKind::Primitive && element.value.is_some();
            is_primitive.then(|| element.to_system())
        }
        Item::Resolved(_) => None,
        computed => Some(computed.clone()),
    }
}

fn children<'a>(focus: &[Item<'a>]) -> Items<'a> {
    let mut out = Vec::new();
    for element in focus.iter().filter_map(Item::element) {
        element.all_children(&mut out);
    }
    out
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
