//! Which elements of a resource an expression can take values from: without them it need not be evaluated.

use crate::definitions::Type;
use crate::fhirpath::{Expr, Operator};
use serde_json::Value;

/// A bit for each element of a type, in the order of its definition.
pub(crate) type Elements = u128;

/// Every element.
const ALL: Elements = Elements::MAX;

/// The elements that a resource has.
pub(crate) fn present(resource: &Value, definition: &Type) -> Elements {
    let Some(members) = resource.as_object() else { return ALL };
    let mut found = 0;
    for name in members.keys() {
        let plain = name.strip_prefix('_').unwrap_or(name);
        if let Some(index) = definition.element_index(plain) {
            found |= bit(index);
        }
    }
    found
}

fn bit(index: usize) -> Elements {
    u32::try_from(index).ok().and_then(|index| 1_u128.checked_shl(index)).unwrap_or(ALL)
}

/// The elements of which one must be there for the expression to give anything.
pub(crate) fn touched(expr: &Expr, definition: &'static Type) -> Elements {
    let mut found = 0;
    match anchor(expr, definition, &mut found) {
        Anchor::Below => found,
        Anchor::Root | Anchor::Unknown => ALL,
    }
}

/// The names of an expression that is nothing but a path from the resource down (`Patient.name.family`).
pub(crate) fn plain_path(expr: &Expr, definition: &'static Type) -> Option<Vec<String>> {
    match expr {
        Expr::Member(None, name) if definition.is_a(name) => Some(Vec::new()),
        Expr::Member(Some(target), name) => {
            let mut path = plain_path(target, definition)?;
            path.push(name.clone());
            Some(path)
        }
        _ => None,
    }
    .filter(|path| path.first().is_none_or(|first| definition.element(first).is_some()))
}

/// Where an expression starts from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// It is the resource itself.
    Root,
    /// It is below the elements that were noted.
    Below,
    /// It may give something whatever the resource has.
    Unknown,
}

fn anchor(expr: &Expr, definition: &'static Type, found: &mut Elements) -> Anchor {
    let mut note = |name: &str| match definition.elements.iter().position(|element| element.name == name) {
        Some(index) => {
            *found |= bit(index);
            Anchor::Below
        }
        None => Anchor::Unknown,
    };
    match expr {
        Expr::Empty => Anchor::Below,
        Expr::Member(None, name) if definition.is_a(name) => Anchor::Root,
        Expr::Member(None, name) => note(name),
        Expr::Member(Some(target), name) => match anchor(target, definition, found) {
            Anchor::Root => anchor(&Expr::Member(None, name.clone()), definition, found),
            other => other,
        },
        Expr::Call(None, function, _) if function.name() == "extension" => note("extension"),
        Expr::Call(Some(target), function, _) => match anchor(target, definition, found) {
            Anchor::Root if function.name() == "extension" => {
                anchor(&Expr::Member(None, "extension".to_owned()), definition, found)
            }
            // These give nothing on nothing.
            Anchor::Below
                if matches!(
                    function.name(),
                    "where"
                        | "as"
                        | "ofType"
                        | "resolve"
                        | "extension"
                        | "first"
                        | "last"
                        | "tail"
                        | "select"
                ) =>
            {
                Anchor::Below
            }
            _ => Anchor::Unknown,
        },
        Expr::Item(target, _) | Expr::As(target, _) => anchor(target, definition, found),
        Expr::Binary(Operator::Union, left, right) => {
            let (left, right) = (anchor(left, definition, found), anchor(right, definition, found));
            if left == Anchor::Below && right == Anchor::Below { Anchor::Below } else { Anchor::Unknown }
        }
        _ => Anchor::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::find_type;
    use crate::fhirpath::parse;
    use serde_json::json;

    #[test]
    fn an_expression_is_skipped_only_when_it_can_give_nothing() {
        let patient = find_type("Patient").expect("known");
        let may_give = |expression: &str, resource: &Value| {
            touched(&parse(expression).expect("valid"), patient) & present(resource, patient) != 0
        };
        let named = json!({"resourceType": "Patient", "name": [{"family": "A"}], "_birthDate": {"id": "b"}});
        for (expression, expected) in [
            ("Patient.name", true),
            ("name.family | Patient.telecom", true),
            ("Patient.birthDate", true),
            ("Patient.telecom.where(system='phone')", false),
            ("(Patient.deceased as dateTime)", false),
            ("extension('x').value", false),
            ("Patient.extension('x').value", false),
            ("Patient.deceased.exists() and Patient.deceased != false", true),
            ("Patient.telecom.exists()", true),
            ("Patient", true),
            ("%resource.telecom", true),
            ("'a'", true),
        ] {
            assert_eq!(may_give(expression, &named), expected, "{expression}");
        }
    }
}
