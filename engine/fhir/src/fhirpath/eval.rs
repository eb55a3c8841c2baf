//! Evaluates an expression on a resource.
//!
//! Paths are walked item by item (`walk`), so that `exists()` stops at the first; conditions give their truth (`truth`)
//! without a collection around it; everything else gives its items (`eval`).

use super::ast::{Expr, Literal, Operator};
use super::condition::{equality, is_condition, logic, member_of, truth};
use super::context::Context;
use super::few::Items;
use super::function::Function;
use super::item::{Element, Item};
use super::{PathError, arithmetic, compare, functions, types};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::Cell;
use std::ops::ControlFlow;

/// Whether to go on.
pub(super) type Flow = Result<ControlFlow<()>, PathError>;
pub(super) const ON: Flow = Ok(ControlFlow::Continue(()));
pub(super) const STOP: Flow = Ok(ControlFlow::Break(()));

/// Where an evaluation stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 's> {
    pub context: &'s Context<'a>,
    /// What the whole evaluation started with (`%context`).
    pub origin: &'s [Item<'a>],
    pub focus: &'s [Item<'a>],
    pub this: Option<&'s Item<'a>>,
    pub index: Option<i64>,
    pub total: Option<&'s [Item<'a>]>,
    /// Steps that are left.
    pub steps: &'s Cell<u64>,
}

impl<'a, 's> Scope<'a, 's> {
    /// The same with one item as focus.
    pub(super) fn on<'t>(&'t self, item: &'t Item<'a>, index: usize) -> Scope<'a, 't> {
        Scope {
            focus: std::slice::from_ref(item),
            this: Some(item),
            index: i64::try_from(index).ok(),
            ..*self
        }
    }

    /// Counts work against the budget.
    pub(super) fn spend(&self, steps: usize) -> Result<(), PathError> {
        let left = u64::try_from(steps).ok().and_then(|steps| self.steps.get().checked_sub(steps));
        self.steps.set(left.ok_or_else(|| PathError::new("the expression takes too many steps"))?);
        Ok(())
    }
}

/// Evaluates an expression with these items as focus.
pub fn evaluate<'a>(
    expr: &'a Expr,
    context: &Context<'a>,
    focus: &[Item<'a>],
) -> Result<Vec<Item<'a>>, PathError> {
    let steps = Cell::new(context.steps);
    eval(expr, &start(context, focus, &steps)).map(Items::into_vec)
}

/// Whether a condition holds with these items as focus, as a filter asks: empty is false.
pub fn holds<'a>(expr: &'a Expr, context: &Context<'a>, focus: &[Item<'a>]) -> Result<bool, PathError> {
    let steps = Cell::new(context.steps);
    Ok(truth(expr, &start(context, focus, &steps))? == Some(true))
}

/// Whether an invariant is broken by these items. Only false breaks it: R4 counts on that empty does not, as in
/// `reference.startsWith('#').not() or …` of a Reference without `reference`.
pub fn is_broken<'a>(expr: &'a Expr, context: &Context<'a>, focus: &[Item<'a>]) -> Result<bool, PathError> {
    let steps = Cell::new(context.steps);
    Ok(truth(expr, &start(context, focus, &steps))? == Some(false))
}

fn start<'a, 's>(context: &'s Context<'a>, focus: &'s [Item<'a>], steps: &'s Cell<u64>) -> Scope<'a, 's> {
    Scope { context, origin: focus, focus, this: None, index: None, total: None, steps }
}

pub(super) fn eval<'a>(expr: &'a Expr, scope: &Scope<'a, '_>) -> Result<Items<'a>, PathError> {
    match expr {
        Expr::Empty => Ok(Items::None),
        Expr::Literal(literal) => Ok(Items::one(literal_item(literal))),
        Expr::Index => Ok(scope.index.map(Item::Integer).into_iter().collect()),
        Expr::Total => Ok(scope.total.map(Items::from).unwrap_or_default()),
        Expr::Variable(name) => variable(name, scope),
        Expr::Negative(operand) => arithmetic::negative(one(operand, scope)?),
        Expr::Binary(operator, left, right) => binary(*operator, left, right, scope),
        Expr::Is(..) => Ok(Items::truth(truth(expr, scope)?)),
        Expr::Call(_, function, arguments) if is_condition(*function, arguments) => {
            Ok(Items::truth(truth(expr, scope)?))
        }
        Expr::Call(target, function, arguments) if !is_walked(*function) => {
            scope.spend(1)?;
            match target {
                None => functions::call(*function, scope.focus, false, arguments, scope),
                Some(target) => {
                    let target = eval(target, scope)?;
                    functions::call(*function, &target, true, arguments, scope)
                }
            }
        }
        _ => {
            let mut out = Items::None;
            let _ = walk(expr, scope, &mut |item| {
                out.push(item);
                ON
            })?;
            Ok(out)
        }
    }
}

/// Functions that give their items one by one.
fn is_walked(function: Function) -> bool {
    matches!(
        function,
        Function::Where
            | Function::Select
            | Function::OfType
            | Function::First
            | Function::Tail
            | Function::As
    )
}

/// Gives the items of an expression one by one until told to stop.
pub(super) fn walk<'a>(
    expr: &'a Expr,
    scope: &Scope<'a, '_>,
    give: &mut dyn FnMut(Item<'a>) -> Flow,
) -> Flow {
    scope.spend(1)?;
    match expr {
        Expr::This => match scope.this {
            Some(this) => give(this.clone()),
            None => each(scope.focus.iter().cloned(), give),
        },
        Expr::Member(None, name) => {
            for item in scope.focus {
                if first_step(name, item, scope, give)?.is_break() {
                    return STOP;
                }
            }
            ON
        }
        Expr::Member(Some(target), name) => walk(target, scope, &mut |item| step(name, &item, scope, give)),
        Expr::Item(target, index) => {
            let Some(Item::Integer(wanted)) = one(index, scope)?.map(|item| item.to_system()) else {
                return ON;
            };
            let (mut at, mut flow) = (0, ControlFlow::Continue(()));
            let _ = walk(target, scope, &mut |item| {
                at += 1;
                if at - 1 < wanted || wanted < 0 {
                    return ON;
                }
                flow = give(item)?;
                STOP
            })?;
            Ok(flow)
        }
        Expr::As(target, name) => {
            let name = types::Named::from(name);
            types::expect_known(name)?;
            walk(target, scope, &mut |item| {
                if types::is_exactly(&item, name, scope.context.is_strict) { give(item) } else { ON }
            })
        }
        Expr::Call(target, function, arguments) if is_walked(*function) => {
            walk_call(target.as_deref(), *function, arguments, scope, give)
        }
        _ => each(eval(expr, scope)?, give),
    }
}

fn each<'a>(items: impl IntoIterator<Item = Item<'a>>, give: &mut dyn FnMut(Item<'a>) -> Flow) -> Flow {
    for item in items {
        if give(item)?.is_break() {
            return STOP;
        }
    }
    ON
}

pub(super) fn walk_target<'a>(
    target: Option<&'a Expr>,
    scope: &Scope<'a, '_>,
    give: &mut dyn FnMut(Item<'a>) -> Flow,
) -> Flow {
    match target {
        Some(target) => walk(target, scope, give),
        None => each(scope.focus.iter().cloned(), give),
    }
}

fn walk_call<'a>(
    target: Option<&'a Expr>,
    function: Function,
    arguments: &'a [Expr],
    scope: &Scope<'a, '_>,
    give: &mut dyn FnMut(Item<'a>) -> Flow,
) -> Flow {
    let mut index = 0;
    match (function, arguments) {
        (Function::Where, [criteria]) => walk_target(target, scope, &mut |item| {
            index += 1;
            let is_kept = truth(criteria, &scope.on(&item, index - 1))? == Some(true);
            if is_kept { give(item) } else { ON }
        }),
        (Function::Select, [projection]) => walk_target(target, scope, &mut |item| {
            index += 1;
            walk(projection, &scope.on(&item, index - 1), give)
        }),
        (Function::First, _) => {
            let mut flow = ControlFlow::Continue(());
            let _ = walk_target(target, scope, &mut |item| {
                flow = give(item)?;
                STOP
            })?;
            Ok(flow)
        }
        (Function::Tail, _) => walk_target(target, scope, &mut |item| {
            index += 1;
            if index == 1 { ON } else { give(item) }
        }),
        (_, [name]) => {
            let name = types::name_of(name)?;
            types::expect_known(name)?;
            let is_single = function == Function::As && scope.context.is_strict;
            walk_target(target, scope, &mut |item| {
                index += 1;
                if is_single && index > 1 {
                    return Err(several());
                }
                if types::is_exactly(&item, name, scope.context.is_strict) { give(item) } else { ON }
            })
        }
        _ => ON,
    }
}

fn literal_item(literal: &Literal) -> Item<'_> {
    match literal {
        Literal::Boolean(truth) => Item::Boolean(*truth),
        Literal::String(text) => Item::String(Cow::Borrowed(text)),
        Literal::Integer(number) => Item::Integer(*number),
        Literal::Decimal(number) => Item::Decimal(*number),
        Literal::Date(text) => Item::Date(Cow::Borrowed(text)),
        Literal::DateTime(text) => Item::DateTime(Cow::Borrowed(text)),
        Literal::Time(text) => Item::Time(Cow::Borrowed(text)),
        Literal::Quantity(number, unit) => Item::Quantity(*number, Cow::Borrowed(unit)),
    }
}

fn variable<'a>(name: &str, scope: &Scope<'a, '_>) -> Result<Items<'a>, PathError> {
    let whole = |resource: &'a Value| Element::resource(resource).map(Item::Element).into_iter().collect();
    match name {
        "resource" => return Ok(whole(scope.context.resource)),
        "rootResource" => return Ok(whole(scope.context.root)),
        "context" => return Ok(scope.origin.into()),
        "ucum" => return Ok(Items::text("http://unitsofmeasure.org")),
        "sct" => return Ok(Items::text("http://snomed.info/sct")),
        "loinc" => return Ok(Items::text("http://loinc.org")),
        _ => {}
    }
    if let Some((_, items)) = scope.context.variables.iter().find(|(known, _)| known == name) {
        return Ok(items.as_slice().into());
    }
    if let Some(id) = name.strip_prefix("vs-") {
        return Ok(Items::text(format!("http://hl7.org/fhir/ValueSet/{id}")));
    }
    if let Some(id) = name.strip_prefix("ext-") {
        return Ok(Items::text(format!("http://hl7.org/fhir/StructureDefinition/{id}")));
    }
    Err(PathError::new(format!("the variable %{name} is not known")))
}

/// The first name of a path may be the type of the focus itself (`Patient.name`).
fn first_step<'a>(
    name: &str,
    item: &Item<'a>,
    scope: &Scope<'a, '_>,
    give: &mut dyn FnMut(Item<'a>) -> Flow,
) -> Flow {
    if name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && matches!(item, Item::Element(element) if element.definition.is_a(name))
    {
        return give(item.clone());
    }
    step(name, item, scope, give)
}

pub(super) fn step<'a>(
    name: &str,
    item: &Item<'a>,
    scope: &Scope<'a, '_>,
    give: &mut dyn FnMut(Item<'a>) -> Flow,
) -> Flow {
    let element = match item {
        Item::Element(element) => element,
        Item::Type { namespace, name: own } => {
            return match name {
                "name" => give(Item::String(Cow::Borrowed(own))),
                "namespace" => give(Item::String(Cow::Borrowed(namespace))),
                _ => ON,
            };
        }
        _ => return ON,
    };
    let end = element.each_child(name, &mut |child| {
        let flow = scope.spend(1).and_then(|()| give(Item::Element(child)));
        match flow {
            Ok(ControlFlow::Continue(())) => ControlFlow::Continue(()),
            other => ControlFlow::Break(other),
        }
    });
    match end {
        ControlFlow::Continue(()) => ON,
        ControlFlow::Break(flow) => flow,
    }
}

fn several() -> PathError {
    PathError::new("one item is expected, there are several")
}

/// The only item, none, or an error when there are several.
pub(super) fn single<'s, 'a>(items: &'s [Item<'a>]) -> Result<Option<&'s Item<'a>>, PathError> {
    match items {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(several()),
    }
}

/// The only item of an expression.
pub(super) fn one<'a>(expr: &'a Expr, scope: &Scope<'a, '_>) -> Result<Option<Item<'a>>, PathError> {
    if let Expr::Literal(literal) = expr {
        return Ok(Some(literal_item(literal)));
    }
    let mut found = None;
    let _ = walk(expr, scope, &mut |item| {
        if found.is_some() {
            return Err(several());
        }
        found = Some(item);
        ON
    })?;
    Ok(found)
}

fn binary<'a>(
    operator: Operator,
    left: &'a Expr,
    right: &'a Expr,
    scope: &Scope<'a, '_>,
) -> Result<Items<'a>, PathError> {
    match operator {
        Operator::Union => {
            let (left, right) = (eval(left, scope)?, eval(right, scope)?);
            functions::distinct(left.into_iter().chain(right), scope)
        }
        Operator::Concatenate => {
            let text = |expr| -> Result<String, PathError> {
                Ok(one(expr, scope)?.and_then(|item| item.text()).unwrap_or_default().into_owned())
            };
            Ok(Items::text(text(left)? + &text(right)?))
        }
        Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::DividedBy
        | Operator::Div
        | Operator::Mod => {
            scope.spend(1)?;
            let (Some(left), Some(right)) = (one(left, scope)?, one(right, scope)?) else {
                return Ok(Items::None);
            };
            arithmetic::arithmetic(operator, &left.to_system(), &right.to_system())
        }
        _ => {
            let whole = match operator {
                Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                    scope.spend(1)?;
                    logic(operator, left, right, scope)?
                }
                Operator::In => member_of(left, right, scope)?,
                Operator::Contains => member_of(right, left, scope)?,
                Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
                    match (one(left, scope)?, one(right, scope)?) {
                        (Some(left), Some(right)) => compare::ordered(operator, &left, &right)?,
                        _ => None,
                    }
                }
                _ => equality(operator, left, right, scope)?,
            };
            Ok(Items::truth(whole))
        }
    }
}
