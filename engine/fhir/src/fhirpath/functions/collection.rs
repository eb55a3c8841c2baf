//! Functions on collections: existence, subsets, combination, navigation, projection.

use super::{Call, distinct, yes};
use crate::fhirpath::PathError;
use crate::fhirpath::ast::Expr;
use crate::fhirpath::compare;
use crate::fhirpath::eval::{Scope, eval, one, single, walk};
use crate::fhirpath::few::Items;
use crate::fhirpath::function::Function;
use crate::fhirpath::item::Item;
use crate::fhirpath::types;
use std::cmp::Ordering;
use std::ops::ControlFlow;

pub(super) fn call<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let focus = call.focus;
    match call.function {
        Function::AllTrue => Ok(yes(truths(call)?.iter().all(|truth| *truth))),
        Function::AnyTrue => Ok(yes(truths(call)?.contains(&true))),
        Function::AllFalse => Ok(yes(!truths(call)?.contains(&true))),
        Function::AnyFalse => Ok(yes(truths(call)?.contains(&false))),
        Function::SubsetOf => Ok(yes(contains_all(call, &call.values(0)?, focus)?)),
        Function::SupersetOf => Ok(yes(contains_all(call, focus, &call.values(0)?)?)),
        Function::Count => Ok(Items::whole(focus.len())),
        Function::Distinct => distinct(focus.iter().cloned(), call.scope),
        Function::IsDistinct => Ok(yes(distinct(focus.iter().cloned(), call.scope)?.len() == focus.len())),
        Function::Is => {
            let name = types::name_of(call.argument(0)?)?;
            types::expect_known(name)?;
            let is_strict = call.scope.context.is_strict;
            Ok(Items::truth(single(focus)?.map(|item| types::is_of_type(item, name, is_strict))))
        }
        Function::Single => Ok(single(focus)?.cloned().into_iter().collect()),
        Function::Last => Ok(focus.last().cloned().into_iter().collect()),
        Function::Skip => Ok(focus.iter().skip(count(call)?).cloned().collect()),
        Function::Take => Ok(focus.iter().take(count(call)?).cloned().collect()),
        Function::Intersect | Function::Exclude => {
            let other = call.values(0)?;
            call.scope.spend(other.len().saturating_mul(focus.len()))?;
            let wanted = call.function == Function::Intersect;
            let kept = focus.iter().filter(|one| compare::holds(&other, one) == wanted).cloned();
            if wanted { distinct(kept, call.scope) } else { Ok(kept.collect()) }
        }
        Function::Union => distinct(focus.iter().cloned().chain(call.values(0)?), call.scope),
        Function::Combine => Ok(focus.iter().cloned().chain(call.values(0)?).collect()),
        Function::Children => children(call, focus),
        Function::Descendants => descendants(call),
        Function::Repeat => repeat(call),
        Function::Aggregate => aggregate(call),
        Function::Sort => sort(call),
        _ => Err(call.wrong("the function is not known here")),
    }
}

fn truths(call: &Call<'_, '_>) -> Result<Vec<bool>, PathError> {
    let truth = |item: &Item<'_>| item.boolean().ok_or_else(|| call.wrong("booleans are expected"));
    call.focus.iter().filter(|item| !item.is_valueless()).map(truth).collect()
}

fn contains_all(call: &Call<'_, '_>, all: &[Item<'_>], part: &[Item<'_>]) -> Result<bool, PathError> {
    call.scope.spend(all.len().saturating_mul(part.len()))?;
    Ok(part.iter().all(|one| compare::holds(all, one)))
}

fn count(call: &Call<'_, '_>) -> Result<usize, PathError> {
    Ok(usize::try_from(call.whole_value(0)?.unwrap_or(0)).unwrap_or(0))
}

fn children<'a>(call: &Call<'a, '_>, focus: &[Item<'a>]) -> Result<Items<'a>, PathError> {
    let mut out = Vec::new();
    for element in focus.iter().filter_map(Item::element) {
        element.all_children(&mut out);
    }
    call.scope.spend(out.len())?;
    Ok(Items::Many(out))
}

fn descendants<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let mut waiting: Vec<Item<'a>> = call.focus.iter().rev().cloned().collect();
    let mut out = Vec::new();
    while let Some(item) = waiting.pop() {
        let found = children(call, std::slice::from_ref(&item))?;
        waiting.extend(found.iter().rev().cloned());
        out.extend(found);
    }
    Ok(Items::Many(out))
}

/// Only what is not yet among the results is added and gone through.
fn repeat<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let projection = call.argument(0)?;
    let mut waiting: Vec<Item<'a>> = call.focus.iter().rev().cloned().collect();
    let mut out = Items::None;
    while let Some(item) = waiting.pop() {
        let mut found = Vec::new();
        let _ = walk(projection, &call.scope.on(&item, 0), &mut |item| {
            found.push(item);
            Ok(ControlFlow::Continue(()))
        })?;
        let mut fresh = Vec::new();
        for item in found {
            call.scope.spend(out.len() + 1)?;
            if !compare::holds(&out, &item) {
                out.push(item.clone());
                fresh.push(item);
            }
        }
        waiting.extend(fresh.into_iter().rev());
    }
    Ok(out)
}

fn aggregate<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let mut total = if call.arguments.len() > 1 { call.values(1)? } else { Items::None };
    for (index, item) in call.focus.iter().enumerate() {
        let scope = call.scope.on(item, index);
        let next = eval(call.argument(0)?, &Scope { total: Some(&total), ..scope })?;
        total = next;
    }
    Ok(total)
}

/// By each key in turn; a key with a minus is turned round. What has no key comes first.
fn sort<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let mut rows: Vec<(Vec<Option<Item<'a>>>, Item<'a>)> = Vec::with_capacity(call.focus.len());
    for (index, item) in call.focus.iter().enumerate() {
        let scope = call.scope.on(item, index);
        let key = |expr: &'a Expr| match expr {
            Expr::Negative(inner) => one(inner, &scope),
            expr => one(expr, &scope),
        };
        let keys = if call.arguments.is_empty() {
            vec![Some(item.clone())]
        } else {
            call.arguments.iter().map(key).collect::<Result<_, _>>()?
        };
        rows.push((keys, item.clone()));
    }
    let is_turned = |index: usize| matches!(call.arguments.get(index), Some(Expr::Negative(_)));
    let mut wrong = None;
    let mut compare_keys = |one: &[Option<Item<'a>>], other: &[Option<Item<'a>>]| {
        let both = one.iter().zip(other).enumerate();
        let mut orders = both.map(|(index, keys)| match keys {
            (Some(one), Some(other)) => {
                let order = compare::order(one, other).unwrap_or_else(|error| {
                    wrong = Some(error);
                    None
                });
                let order = order.unwrap_or(Ordering::Equal);
                if is_turned(index) { order.reverse() } else { order }
            }
            (one, other) => one.is_some().cmp(&other.is_some()),
        });
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    // Partial dates make no total order, which the sorting of the library demands: each row is put in its place.
    let mut sorted: Vec<(Vec<Option<Item<'a>>>, Item<'a>)> = Vec::with_capacity(rows.len());
    for row in rows {
        call.scope.spend(sorted.len() / 8 + 16)?;
        let place = sorted.partition_point(|known| compare_keys(&known.0, &row.0).is_le());
        sorted.insert(place, row);
    }
    match wrong {
        Some(error) => Err(error),
        None => Ok(sorted.into_iter().map(|(_, item)| item).collect()),
    }
}
