//! The truth of an expression, found without a collection around it and without looking further than needed.

use super::ast::{Expr, Operator};
use super::eval::{ON, STOP, Scope, eval, one, single, walk, walk_target};
use super::function::Function;
use super::item::Item;
use super::{PathError, compare, functions, types};

/// Calls whose truth is found without making a collection.
pub(super) fn is_condition(function: Function, arguments: &[Expr]) -> bool {
    match function {
        Function::Exists | Function::Empty | Function::All | Function::Not => true,
        Function::HasValue => arguments.is_empty(),
        _ => false,
    }
}

/// The truth of one item: its own when it is a boolean, true otherwise.
pub(super) fn truth_of(items: &[Item<'_>]) -> Result<Option<bool>, PathError> {
    Ok(single(items)?.map(|item| item.boolean().unwrap_or(true)))
}

/// The truth of an expression.
pub(super) fn truth<'a>(expr: &'a Expr, scope: &Scope<'a, '_>) -> Result<Option<bool>, PathError> {
    scope.spend(1)?;
    match expr {
        Expr::Binary(operator, left, right) => match operator {
            Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                logic(*operator, left, right, scope)
            }
            Operator::Equal | Operator::NotEqual | Operator::Equivalent | Operator::NotEquivalent => {
                equality(*operator, left, right, scope)
            }
            Operator::In => member_of(left, right, scope),
            Operator::Contains => member_of(right, left, scope),
            Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
                match (one(left, scope)?, one(right, scope)?) {
                    (Some(left), Some(right)) => compare::ordered(*operator, &left, &right),
                    _ => Ok(None),
                }
            }
            _ => truth_of(&eval(expr, scope)?),
        },
        Expr::Is(operand, name) => {
            let name = types::Named::from(name);
            types::expect_known(name)?;
            let is_strict = scope.context.is_strict;
            Ok(one(operand, scope)?.map(|item| types::is_of_type(&item, name, is_strict)))
        }
        Expr::Call(target, function, arguments) if is_condition(*function, arguments) => {
            condition(target.as_deref(), *function, arguments.first(), scope)
        }
        _ => Ok(one(expr, scope)?.map(|item| item.boolean().unwrap_or(true))),
    }
}

fn condition<'a>(
    target: Option<&'a Expr>,
    function: Function,
    criteria: Option<&'a Expr>,
    scope: &Scope<'a, '_>,
) -> Result<Option<bool>, PathError> {
    let (mut index, mut found) = (0, false);
    match (function, criteria) {
        (Function::Not, _) => {
            let of_target = match target {
                Some(target) => truth(target, scope)?,
                None => truth_of(scope.focus)?,
            };
            return Ok(of_target.map(|truth| !truth));
        }
        (Function::HasValue, _) => {
            let mut only = None;
            let _ = walk_target(target, scope, &mut |item| {
                index += 1;
                only = Some(item);
                if index > 1 { STOP } else { ON }
            })?;
            let only = only.filter(|_| index == 1);
            return Ok(Some(only.is_some_and(|item| functions::primitive_value(&item).is_some())));
        }
        // `all` looks for one that does not satisfy.
        (_, Some(criteria)) => {
            let wanted = function != Function::All;
            let _ = walk_target(target, scope, &mut |item| {
                index += 1;
                found = (truth(criteria, &scope.on(&item, index - 1))? == Some(true)) == wanted;
                if found { STOP } else { ON }
            })?;
        }
        (_, None) => {
            let _ = walk_target(target, scope, &mut |_| {
                found = true;
                STOP
            })?;
        }
    }
    Ok(Some(found == (function == Function::Exists)))
}

pub(super) fn equality<'a>(
    operator: Operator,
    left: &'a Expr,
    right: &'a Expr,
    scope: &Scope<'a, '_>,
) -> Result<Option<bool>, PathError> {
    let (left, right) = (eval(left, scope)?, eval(right, scope)?);
    scope.spend(left.len())?;
    Ok(match operator {
        Operator::Equal => compare::equal(&left, &right),
        Operator::NotEqual => compare::equal(&left, &right).map(|same| !same),
        Operator::Equivalent => {
            scope.spend(left.len().saturating_mul(right.len()))?;
            Some(compare::equivalent(&left, &right))
        }
        _ => {
            scope.spend(left.len().saturating_mul(right.len()))?;
            Some(!compare::equivalent(&left, &right))
        }
    })
}

pub(super) fn member_of<'a>(
    item: &'a Expr,
    all: &'a Expr,
    scope: &Scope<'a, '_>,
) -> Result<Option<bool>, PathError> {
    let Some(item) = one(item, scope)? else { return Ok(None) };
    let mut found = false;
    let _ = walk(all, scope, &mut |other| {
        found = compare::same(&item, &other) == Some(true);
        if found { STOP } else { ON }
    })?;
    Ok(Some(found))
}

/// Three-valued logic; the right side is looked at only when the left leaves the answer open.
pub(super) fn logic<'a>(
    operator: Operator,
    left: &'a Expr,
    right: &'a Expr,
    scope: &Scope<'a, '_>,
) -> Result<Option<bool>, PathError> {
    let left = truth(left, scope)?;
    match (operator, left) {
        (Operator::And, Some(false)) => return Ok(Some(false)),
        (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => return Ok(Some(true)),
        (Operator::Xor, None) => return Ok(None),
        _ => {}
    }
    let right = truth(right, scope)?;
    Ok(match (operator, left, right) {
        (Operator::And, _, Some(false)) => Some(false),
        (Operator::Or | Operator::Implies, _, Some(true)) => Some(true),
        (Operator::Xor, Some(left), Some(right)) => Some(left != right),
        (Operator::And | Operator::Or | Operator::Implies, Some(_), right) => right,
        _ => None,
    })
}
