//! JSON Patch (RFC 6902) with JSON Pointer (RFC 6901).

use super::{Budget, check_count, inapplicable, unreadable};
use crate::decimal::Decimal;
use serde_json::Value;
use socle_kernel::Problem;

/// Applies the operations in order; none of them is kept when one fails.
pub fn apply_json_patch(resource: &Value, patch: &Value) -> Result<Value, Problem> {
    let Some(operations) = patch.as_array() else {
        return Err(unreadable(
            "",
            "Un JSON Patch est un tableau d'opérations.",
            "A JSON Patch is an array of operations.",
        )
        .expecting("[{\"op\": …, \"path\": …}]"));
    };
    check_count(operations.len())?;
    let mut budget = Budget::new();
    let mut document = resource.clone();
    for (index, operation) in operations.iter().enumerate() {
        apply(&mut document, operation, &mut budget, &format!("[{index}]"))?;
    }
    Ok(document)
}

fn apply(document: &mut Value, operation: &Value, budget: &mut Budget, at: &str) -> Result<(), Problem> {
    let member = |name: &str| {
        operation.get(name).and_then(Value::as_str).ok_or_else(|| {
            unreadable(
                &format!("{at}.{name}"),
                &format!("L'opération n'a pas de « {name} »."),
                &format!("The operation has no `{name}`."),
            )
        })
    };
    let value = || {
        operation.get("value").cloned().ok_or_else(|| {
            unreadable(
                &format!("{at}.value"),
                "L'opération n'a pas de « value ».",
                "The operation has no `value`.",
            )
        })
    };
    let path = pointer(member("path")?, at)?;
    match member("op")? {
        "add" => {
            let value = value()?;
            budget.spend(&value, path.len(), at)?;
            add(document, &path, value, at)
        }
        "remove" => remove(document, &path, at).map(|_| ()),
        "replace" => {
            let value = value()?;
            budget.spend(&value, path.len(), at)?;
            *find(document, &path, at)? = value;
            Ok(())
        }
        "move" => {
            let from = pointer(member("from")?, at)?;
            if path.len() > from.len() && path.starts_with(&from) {
                return Err(inapplicable(
                    at,
                    "Un élément ne peut pas être déplacé à l'intérieur de lui-même.",
                    "An element cannot be moved into itself.",
                ));
            }
            let moved = remove(document, &from, at)?;
            budget.spend(&moved, path.len(), at)?;
            add(document, &path, moved, at)
        }
        "copy" => {
            let from = pointer(member("from")?, at)?;
            let copied = find(document, &from, at)?.clone();
            budget.spend(&copied, path.len(), at)?;
            add(document, &path, copied, at)
        }
        "test" => test(document, &path, &value()?, at),
        other => Err(unreadable(
            &format!("{at}.op"),
            "Cette opération n'existe pas dans JSON Patch.",
            "JSON Patch has no such operation.",
        )
        .expecting("add, remove, replace, move, copy, test")
        .receiving(other)),
    }
}

/// The steps of a JSON Pointer; empty for the whole document.
fn pointer(text: &str, at: &str) -> Result<Vec<String>, Problem> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = || {
        unreadable(at, "Le chemin n'est pas un JSON Pointer.", "The path is not a JSON Pointer.")
            .expecting("/name/0/given; ~0 for ~, ~1 for /")
            .receiving(text)
    };
    let rest = text.strip_prefix('/').ok_or_else(wrong)?;
    rest.split('/')
        .map(|step| {
            let has_bad_escape = step.split('~').skip(1).any(|after| !after.starts_with(['0', '1']));
            if has_bad_escape { Err(wrong()) } else { Ok(step.replace("~1", "/").replace("~0", "~")) }
        })
        .collect()
}

fn absent(at: &str) -> Problem {
    inapplicable(
        at,
        "Le chemin ne mène à aucun élément de la ressource. Relisez la version actuelle avant de la modifier.",
        "The path leads to no element of the resource. Read the current version before changing it.",
    )
}

/// The index of an array step: digits without leading zero.
fn array_index(step: &str) -> Option<usize> {
    let is_plain = step == "0" || !step.starts_with(['0', '+']);
    if is_plain { step.parse().ok() } else { None }
}

fn find<'a>(document: &'a mut Value, path: &[String], at: &str) -> Result<&'a mut Value, Problem> {
    let mut place = document;
    for step in path {
        let next = match place {
            Value::Object(members) => members.get_mut(step),
            Value::Array(items) => array_index(step).and_then(|index| items.get_mut(index)),
            _ => None,
        };
        place = next.ok_or_else(|| absent(at))?;
    }
    Ok(place)
}

fn add(document: &mut Value, path: &[String], value: Value, at: &str) -> Result<(), Problem> {
    let Some((last, parent)) = path.split_last() else {
        *document = value;
        return Ok(());
    };
    match find(document, parent, at)? {
        Value::Object(members) => {
            members.insert(last.clone(), value);
            Ok(())
        }
        Value::Array(items) => {
            let index = if last == "-" { Some(items.len()) } else { array_index(last) };
            let index = index.filter(|index| *index <= items.len()).ok_or_else(|| absent(at))?;
            items.insert(index, value);
            Ok(())
        }
        _ => Err(absent(at)),
    }
}

fn remove(document: &mut Value, path: &[String], at: &str) -> Result<Value, Problem> {
    let Some((last, parent)) = path.split_last() else {
        return Ok(document.take());
    };
    let removed = match find(document, parent, at)? {
        Value::Object(members) => members.shift_remove(last),
        Value::Array(items) => {
            array_index(last).filter(|index| *index < items.len()).map(|index| items.remove(index))
        }
        _ => None,
    };
    removed.ok_or_else(|| absent(at))
}

fn test(document: &mut Value, path: &[String], expected: &Value, at: &str) -> Result<(), Problem> {
    if same(find(document, path, at)?, expected) {
        return Ok(());
    }
    Err(inapplicable(
        at,
        "Le test du patch a échoué : la ressource a une autre valeur à cet endroit.",
        "The test of the patch failed: the resource has another value there.",
    )
    .expecting(String::from_utf8_lossy(&crate::json::to_text(expected)).into_owned()))
}

/// Equality of RFC 6902: numbers by value, members in any order.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            match (Decimal::parse(one.as_str()), Decimal::parse(other.as_str())) {
                (Some(one), Some(other)) => one.compare(other).is_eq(),
                _ => one == other,
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|found| same(value, found)))
        }
        _ => one == other,
    }
}
