//! The functions of FHIRPath and of FHIR that expressions call. Those that give their items one by one, and the
//! conditions, are in `eval.rs`.

mod collection;
mod convert;
mod fhir;
mod html;
mod math;
mod text;

use super::PathError;
use super::ast::Expr;
use super::compare;
use super::eval::{Scope, eval, one};
use super::few::Items;
use super::function::Function;
use super::item::Item;
use super::moment::{Kind, Moment};
use super::types;
use std::borrow::Cow;

pub(super) use fhir::primitive_value;

/// A call with its parts at hand.
pub(super) struct Call<'a, 's> {
    function: Function,
    /// What the function is called on.
    focus: &'s [Item<'a>],
    /// True when that was written before the call.
    has_target: bool,
    arguments: &'a [Expr],
    scope: &'s Scope<'a, 's>,
}

pub(super) fn call<'a>(
    function: Function,
    focus: &[Item<'a>],
    has_target: bool,
    arguments: &'a [Expr],
    scope: &Scope<'a, '_>,
) -> Result<Items<'a>, PathError> {
    let call = Call { function, focus, has_target, arguments, scope };
    match function {
        Function::To(target) => convert::to(&call, target),
        Function::ConvertsTo(target) => convert::converts_to(&call, target),
        Function::IndexOf
        | Function::LastIndexOf
        | Function::Substring
        | Function::StartsWith
        | Function::EndsWith
        | Function::Contains
        | Function::Upper
        | Function::Lower
        | Function::Replace
        | Function::Matches
        | Function::MatchesFull
        | Function::ReplaceMatches
        | Function::Length
        | Function::ToChars
        | Function::Trim
        | Function::Split
        | Function::Join
        | Function::Encode
        | Function::Decode
        | Function::Escape
        | Function::Unescape => text::call(&call),
        Function::Abs
        | Function::Ceiling
        | Function::Exp
        | Function::Floor
        | Function::Ln
        | Function::Log
        | Function::Power
        | Function::Round
        | Function::Sqrt
        | Function::Truncate
        | Function::LowBoundary
        | Function::HighBoundary
        | Function::Precision
        | Function::Comparable => math::call(&call),
        Function::Extension
        | Function::HasExtension
        | Function::GetValue
        | Function::Resolve
        | Function::ElementDefinition
        | Function::Slice
        | Function::CheckModifiers
        | Function::ConformsTo
        | Function::MemberOf
        | Function::Subsumes
        | Function::SubsumedBy
        | Function::HtmlChecks => fhir::call(&call),
        Function::Trace => Ok(focus.into()),
        Function::Now | Function::Today | Function::TimeOfDay => call.clock(),
        Function::Type => Ok(focus.iter().map(types::type_of).collect()),
        Function::Iif => call.choose(),
        _ => collection::call(&call),
    }
}

/// The items without repetitions.
pub(super) fn distinct<'a>(
    items: impl Iterator<Item = Item<'a>>,
    scope: &Scope<'a, '_>,
) -> Result<Items<'a>, PathError> {
    let mut out = Items::None;
    for item in items {
        scope.spend(out.len())?;
        compare::add_distinct(&mut out, [item]);
    }
    Ok(out)
}

fn yes<'a>(truth: bool) -> Items<'a> {
    Items::one(Item::Boolean(truth))
}

impl<'a> Call<'a, '_> {
    fn wrong(&self, message: &str) -> PathError {
        PathError::new(format!("{}(): {message}", self.function.name()))
    }

    fn argument(&self, index: usize) -> Result<&'a Expr, PathError> {
        self.arguments.get(index).ok_or_else(|| self.wrong(&format!("argument {} is missing", index + 1)))
    }

    /// An argument evaluated where the call stands, not on its target.
    fn values(&self, index: usize) -> Result<Items<'a>, PathError> {
        eval(self.argument(index)?, self.scope)
    }

    /// The same, of one item; `None` when it is empty or was not written.
    fn value(&self, index: usize) -> Result<Option<Item<'a>>, PathError> {
        match self.arguments.get(index) {
            Some(argument) => Ok(one(argument, self.scope)?.map(|item| item.to_system())),
            None => Ok(None),
        }
    }

    fn text_value(&self, index: usize) -> Result<Option<Cow<'a, str>>, PathError> {
        match self.value(index)? {
            None => Ok(None),
            Some(item) => item.text().map(Some).ok_or_else(|| self.wrong("a text is expected as argument")),
        }
    }

    fn whole_value(&self, index: usize) -> Result<Option<i64>, PathError> {
        match self.value(index)? {
            None => Ok(None),
            Some(Item::Integer(number)) => Ok(Some(number)),
            Some(_) => Err(self.wrong("a whole number is expected as argument")),
        }
    }

    /// `iif` on what stands before it, or on the focus.
    fn choose(&self) -> Result<Items<'a>, PathError> {
        let focus = match (self.has_target, self.focus) {
            (true, [_, _, ..]) => return Err(self.wrong("one item is expected, there are several")),
            (_, focus) => focus,
        };
        let this = if self.has_target { focus.first() } else { self.scope.this };
        let scope = Scope { focus, this, ..*self.scope };
        let criterion = eval(self.argument(0)?, &scope)?;
        if self.scope.context.is_strict && criterion.iter().any(|item| item.boolean().is_none()) {
            return Err(self.wrong("the criterion is no boolean"));
        }
        if super::condition::truth_of(&criterion)? == Some(true) {
            return eval(self.argument(1)?, &scope);
        }
        self.arguments.get(2).map_or(Ok(Items::None), |otherwise| eval(otherwise, &scope))
    }

    fn clock(&self) -> Result<Items<'a>, PathError> {
        let now = self.scope.context.now.ok_or_else(|| self.wrong("there is no clock here"))?;
        let text = now.to_string();
        let moment = Moment::parse(Kind::DateTime, &text).ok_or_else(|| self.wrong("the clock is wrong"))?;
        Ok(Items::one(match self.function {
            Function::Now => Item::DateTime(Cow::Owned(text)),
            Function::Today => Item::of_moment(Kind::Date, moment.to_date()),
            _ => {
                let time = text.split_once('T').map_or("", |(_, time)| time).trim_end_matches('Z');
                Item::Time(Cow::Owned(time.to_owned()))
            }
        }))
    }
}
