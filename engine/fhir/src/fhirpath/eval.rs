//! Evaluates an expression on a resource.

use super::ast::{Expr, Literal, Operator, TypeName};
use super::context::Context;
use super::item::{Element, Item};
use super::{PathError, compare, functions};
use crate::definitions::TypeKind;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::Cell;

/// Items in order.
pub(super) type Items<'a> = Vec<Item<'a>>;

/// Where an evaluation stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 's> {
    pub context: &'s Context<'a>,
    pub focus: &'s [Item<'a>],
    pub this: Option<&'s Item<'a>>,
    pub index: Option<i64>,
    pub total: Option<&'s [Item<'a>]>,
    /// Steps that are left.
    pub steps: &'s Cell<u64>,
}

/// Evaluates an expression with these items as focus.
pub fn evaluate<'a>(
    expr: &Expr,
    context: &Context<'a>,
    focus: &[Item<'a>],
) -> Result<Vec<Item<'a>>, PathError> {
    let steps = Cell::new(context.steps);
    let scope = Scope { context, focus, this: None, index: None, total: None, steps: &steps };
    eval(expr, &scope)
}

pub(super) fn eval<'a>(expr: &Expr, scope: &Scope<'a, '_>) -> Result<Items<'a>, PathError> {
    let left = scope.steps.get().checked_sub(1);
    scope.steps.set(left.ok_or_else(|| PathError::new("the expression takes too many steps"))?);
    match expr {
        Expr::Empty => Ok(Vec::new()),
        Expr::Literal(literal) => Ok(vec![literal_item(literal)]),
        Expr::This => Ok(scope.this.map_or_else(|| scope.focus.to_vec(), |this| vec![this.clone()])),
        Expr::Index => Ok(scope.index.map(Item::Integer).into_iter().collect()),
        Expr::Total => Ok(scope.total.map(<[_]>::to_vec).unwrap_or_default()),
        Expr::Variable(name) => variable(name, scope),
        Expr::Member(None, name) => Ok(first_step(name, scope.focus)),
        Expr::Member(Some(target), name) => Ok(step(name, &eval(target, scope)?)),
        Expr::Call(None, name, arguments) => functions::call(name, scope.focus, arguments, scope),
        Expr::Call(Some(target), name, arguments) => {
            let target = eval(target, scope)?;
            functions::call(name, &target, arguments, scope)
        }
        Expr::Item(target, index) => {
            let target = eval(target, scope)?;
            let index = single(&eval(index, scope)?)?.map(|item| item.to_system());
            match index {
                Some(Item::Integer(index)) => {
                    Ok(usize::try_from(index).ok().and_then(|i| target.get(i).cloned()).into_iter().collect())
                }
                _ => Ok(Vec::new()),
            }
        }
        Expr::Negative(operand) => compare::negative(single(&eval(operand, scope)?)?),
        Expr::Binary(operator, left, right) => binary(*operator, left, right, scope),
        Expr::Is(operand, name) => {
            let operand = eval(operand, scope)?;
            Ok(single(&operand)?.map(|item| Item::Boolean(is_of_type(item, name))).into_iter().collect())
        }
        Expr::As(operand, name) => Ok(of_type(eval(operand, scope)?, name)),
    }
}

fn literal_item<'a>(literal: &Literal) -> Item<'a> {
    match literal {
        Literal::Boolean(truth) => Item::Boolean(*truth),
        Literal::String(text) => Item::String(Cow::Owned(text.clone())),
        Literal::Integer(number) => Item::Integer(*number),
        Literal::Decimal(number) => Item::Decimal(*number),
        Literal::Date(text) => Item::Date(Cow::Owned(text.clone())),
        Literal::DateTime(text) => Item::DateTime(Cow::Owned(text.clone())),
        Literal::Time(text) => Item::Time(Cow::Owned(text.clone())),
        Literal::Quantity(number, unit) => Item::Quantity(*number, Cow::Owned(unit.clone())),
    }
}

fn variable<'a>(name: &str, scope: &Scope<'a, '_>) -> Result<Items<'a>, PathError> {
    let text = |text: &'static str| Ok(vec![Item::String(Cow::Borrowed(text))]);
    match name {
        "resource" => Ok(whole(scope.context.resource)),
        "rootResource" => Ok(whole(scope.context.root)),
        "context" => Ok(scope.focus.to_vec()),
        "ucum" => text("http://unitsofmeasure.org"),
        "sct" => text("http://snomed.info/sct"),
        "loinc" => text("http://loinc.org"),
        _ => match scope.context.variables.iter().find(|(known, _)| known == name) {
            Some((_, items)) => Ok(items.clone()),
            None => Err(PathError::new(format!("the variable %{name} is not known"))),
        },
    }
}

fn whole(resource: &Value) -> Items<'_> {
    Element::resource(resource).map(Item::Element).into_iter().collect()
}

/// The first name of a path may be the type of the focus itself (`Patient.name`).
fn first_step<'a>(name: &str, focus: &[Item<'a>]) -> Items<'a> {
    if name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        let of_this_type: Items<'a> = focus
            .iter()
            .filter(|item| matches!(item, Item::Element(element) if element.definition.is_a(name)))
            .cloned()
            .collect();
        if !of_this_type.is_empty() {
            return of_this_type;
        }
    }
    step(name, focus)
}

pub(super) fn step<'a>(name: &str, focus: &[Item<'a>]) -> Items<'a> {
    let mut out = Vec::new();
    for element in focus.iter().filter_map(Item::element) {
        element.children(name, &mut out);
    }
    out
}

/// The only item, none, or an error when there are several.
pub(super) fn single<'s, 'a>(items: &'s [Item<'a>]) -> Result<Option<&'s Item<'a>>, PathError> {
    match items {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(PathError::new("one item is expected, there are several")),
    }
}

/// The truth of a collection: of its only boolean, or that it has one item.
pub(super) fn truth(items: &[Item<'_>]) -> Result<Option<bool>, PathError> {
    Ok(single(items)?.map(|item| item.boolean().unwrap_or(true)))
}

pub(super) fn is_of_type(item: &Item<'_>, name: &TypeName) -> bool {
    let wanted = name.name.as_str();
    let system_name = |item: &Item<'_>| item.type_name().eq_ignore_ascii_case(wanted);
    match (item, name.namespace.as_deref()) {
        (Item::Element(element), Some("FHIR") | None) => {
            element.definition.is_a(wanted) || is_misspelt_primitive(element.definition.name, wanted)
        }
        (Item::Resolved(definition), Some("FHIR") | None) => definition.is_a(wanted),
        (Item::Element(_) | Item::Resolved(_), Some(_)) => false,
        (computed, Some("System")) => computed.type_name() == wanted,
        (computed, None) => computed.type_name() == wanted || system_name(computed),
        (_, Some(_)) => false,
    }
}

/// The official search parameters write `DateTime` where the type is `dateTime`.
fn is_misspelt_primitive(name: &str, wanted: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.eq_ignore_ascii_case(wanted)
}

/// `as` and `ofType` take a primitive for its own type only: a `code` is a `string` for `is`, not for them.
pub(super) fn of_type<'a>(items: Items<'a>, name: &TypeName) -> Items<'a> {
    let is_other_primitive = |item: &Item<'a>| match item {
        Item::Element(element) => {
            element.definition.kind == TypeKind::Primitive
                && !element.definition.name.eq_ignore_ascii_case(&name.name)
        }
        _ => false,
    };
    items.into_iter().filter(|item| is_of_type(item, name) && !is_other_primitive(item)).collect()
}

fn binary<'a>(
    operator: Operator,
    left: &Expr,
    right: &Expr,
    scope: &Scope<'a, '_>,
) -> Result<Items<'a>, PathError> {
    let left = eval(left, scope)?;
    if matches!(operator, Operator::And | Operator::Or | Operator::Xor | Operator::Implies) {
        let right = truth(&eval(right, scope)?)?;
        return Ok(logic(operator, truth(&left)?, right).map(Item::Boolean).into_iter().collect());
    }
    let right = eval(right, scope)?;
    let yes_or_no = |answer: Option<bool>| answer.map(Item::Boolean).into_iter().collect();
    match operator {
        Operator::Union => Ok(compare::union(left, right)),
        Operator::Equal => Ok(yes_or_no(compare::equal(&left, &right))),
        Operator::NotEqual => Ok(yes_or_no(compare::equal(&left, &right).map(|same| !same))),
        Operator::Equivalent => Ok(yes_or_no(Some(compare::equivalent(&left, &right)))),
        Operator::NotEquivalent => Ok(yes_or_no(Some(!compare::equivalent(&left, &right)))),
        Operator::In => Ok(yes_or_no(member_of(&left, &right)?)),
        Operator::Contains => Ok(yes_or_no(member_of(&right, &left)?)),
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
            let (Some(left), Some(right)) = (single(&left)?, single(&right)?) else {
                return Ok(Vec::new());
            };
            Ok(yes_or_no(compare::ordered(operator, left, right)?))
        }
        Operator::Concatenate => {
            let text = |items: &[Item<'a>]| -> Result<String, PathError> {
                Ok(single(items)?.and_then(Item::text).unwrap_or_default().into_owned())
            };
            Ok(vec![Item::String(Cow::Owned(text(&left)? + &text(&right)?))])
        }
        _ => {
            let (Some(left), Some(right)) = (single(&left)?, single(&right)?) else {
                return Ok(Vec::new());
            };
            compare::arithmetic(operator, &left.to_system(), &right.to_system())
        }
    }
}

fn member_of(one: &[Item<'_>], all: &[Item<'_>]) -> Result<Option<bool>, PathError> {
    Ok(single(one)?.map(|one| all.iter().any(|other| compare::same(one, other) == Some(true))))
}

/// Three-valued logic.
fn logic(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match operator {
        Operator::And => match (left, right) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Operator::Or => match (left, right) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Operator::Xor => Some(left? != right?),
        _ => match (left, right) {
            (Some(false), _) | (_, Some(true)) => Some(true),
            (Some(true), right) => right,
            (None, _) => None,
        },
    }
}
