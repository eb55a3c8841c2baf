//! Looks, before anything is evaluated, for what an expression asks that cannot be: elements that a type does not have,
//! unknown types, a criterion that is no boolean, the first of what has no order.

use super::PathError;
use super::ast::{Expr, Literal, Operator};
use super::function::Function;
use super::types;
use crate::definitions::{self, Type, TypeKind};

/// One type an item may have.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Fhir(&'static str),
    System(&'static str),
}

/// What is known of the items of an expression.
#[derive(Clone, Debug)]
struct Known {
    /// The types they may have; `None` for any.
    kinds: Option<Vec<Kind>>,
    is_ordered: bool,
}

impl Known {
    fn any() -> Self {
        Known { kinds: None, is_ordered: true }
    }

    fn of(kind: Kind) -> Self {
        Known { kinds: Some(vec![kind]), is_ordered: true }
    }

    fn boolean() -> Self {
        Known::of(Kind::System("Boolean"))
    }

    fn with(mut self, other: Known) -> Self {
        self.kinds = match (self.kinds, other.kinds) {
            (Some(mut kinds), Some(others)) => {
                kinds.extend(others);
                Some(kinds)
            }
            _ => None,
        };
        self
    }

    fn is_never(&self, allowed: impl Fn(&Kind) -> bool) -> bool {
        self.kinds.as_ref().is_some_and(|kinds| !kinds.is_empty() && !kinds.iter().any(allowed))
    }
}

#[derive(Clone, Copy)]
struct Scope<'s> {
    root: &'s Known,
    focus: &'s Known,
    this: Option<&'s Known>,
}

/// Checks an expression for items of a type (`Patient`, `Observation.component`, `HumanName`).
pub fn check(expr: &Expr, type_name: &str) -> Result<(), PathError> {
    let definition = definitions::find_type(type_name);
    let definition =
        definition.ok_or_else(|| PathError::new(format!("the type {type_name} is not known")))?;
    let root = Known::of(Kind::Fhir(definition.name));
    infer(expr, Scope { root: &root, focus: &root, this: None }).map(|_| ())
}

fn infer(expr: &Expr, scope: Scope<'_>) -> Result<Known, PathError> {
    match expr {
        Expr::Empty => Ok(Known { kinds: Some(Vec::new()), is_ordered: true }),
        Expr::Literal(literal) => Ok(Known::of(Kind::System(literal_kind(literal)))),
        Expr::This => Ok(scope.this.unwrap_or(scope.focus).clone()),
        Expr::Index => Ok(Known::of(Kind::System("Integer"))),
        Expr::Total => Ok(Known::any()),
        Expr::Variable(name) => Ok(match name.as_str() {
            "context" => scope.root.clone(),
            "ucum" | "sct" | "loinc" => Known::of(Kind::System("String")),
            _ => Known::any(),
        }),
        Expr::Member(None, name) => {
            let is_own = |kind: &&Kind| matches!(kind, Kind::Fhir(own) if is_a(own, name));
            let own = scope.focus.kinds.iter().flatten().find(is_own);
            match own {
                Some(own) if name.starts_with(|letter: char| letter.is_ascii_uppercase()) => {
                    Ok(Known::of(*own))
                }
                _ => member(scope.focus, name),
            }
        }
        Expr::Member(Some(target), name) => member(&infer(target, scope)?, name),
        Expr::Item(target, index) => {
            infer(index, scope)?;
            expect_order(infer(target, scope)?, "[ ]")
        }
        Expr::Negative(operand) => infer(operand, scope),
        Expr::Binary(operator, left, right) => {
            let (left, right) = (infer(left, scope)?, infer(right, scope)?);
            Ok(match operator {
                Operator::Union => left.with(right),
                Operator::Concatenate => Known::of(Kind::System("String")),
                Operator::Times
                | Operator::DividedBy
                | Operator::Div
                | Operator::Mod
                | Operator::Plus
                | Operator::Minus => Known::any(),
                _ => Known::boolean(),
            })
        }
        Expr::Is(operand, name) => {
            types::expect_known(name.into())?;
            infer(operand, scope).map(|_| Known::boolean())
        }
        Expr::As(operand, name) => {
            types::expect_known(name.into())?;
            infer(operand, scope)?;
            Ok(of_name(&name.name))
        }
        Expr::Call(target, function, arguments) => {
            let target = match target {
                Some(target) => infer(target, scope)?,
                None => scope.focus.clone(),
            };
            call(*function, target, arguments, scope)
        }
    }
}

fn literal_kind(literal: &Literal) -> &'static str {
    match literal {
        Literal::Boolean(_) => "Boolean",
        Literal::String(_) => "String",
        Literal::Integer(_) => "Integer",
        Literal::Decimal(_) => "Decimal",
        Literal::Date(_) => "Date",
        Literal::DateTime(_) => "DateTime",
        Literal::Time(_) => "Time",
        Literal::Quantity(..) => "Quantity",
    }
}

fn is_a(own: &str, name: &str) -> bool {
    definitions::find_type(own).is_some_and(|definition| definition.is_a(name))
}

fn of_name(name: &str) -> Known {
    match definitions::find_type(name) {
        Some(definition) => Known::of(Kind::Fhir(definition.name)),
        None => Known::any(),
    }
}

/// The elements of one name; an error when none of the types can have it.
fn member(target: &Known, name: &str) -> Result<Known, PathError> {
    let Some(kinds) = &target.kinds else { return Ok(Known::any()) };
    let mut found: Option<Known> = None;
    for kind in kinds {
        let known = match kind {
            Kind::Fhir("Resource" | "DomainResource" | "Element") | Kind::System("Any") => Some(Known::any()),
            Kind::Fhir(own) => definitions::find_type(own).and_then(|definition| elements(definition, name)),
            Kind::System(_) => None,
        };
        found = match (found, known) {
            (Some(found), Some(known)) => Some(found.with(known)),
            (found, known) => found.or(known),
        };
    }
    match found {
        Some(found) => Ok(Known { is_ordered: target.is_ordered, ..found }),
        None if kinds.is_empty() => Ok(Known::any()),
        None => {
            let names: Vec<&str> =
                kinds.iter().map(|(Kind::Fhir(name) | Kind::System(name))| *name).collect();
            Err(PathError::new(format!("{} has no element {name}", names.join(", "))))
        }
    }
}

fn elements(definition: &'static Type, name: &str) -> Option<Known> {
    let element = definition.element(name)?;
    let kinds = element.types.iter().map(|of| Kind::Fhir(of.definition().name)).collect();
    Some(Known { kinds: Some(kinds), is_ordered: true })
}

fn expect_order(target: Known, what: &str) -> Result<Known, PathError> {
    if target.is_ordered {
        Ok(target)
    } else {
        Err(PathError::new(format!("{what} needs an order, which these items do not have")))
    }
}

fn is_text(kind: &Kind) -> bool {
    match kind {
        Kind::System(name) => !matches!(*name, "Boolean" | "Integer" | "Decimal" | "Quantity"),
        Kind::Fhir("boolean" | "integer" | "decimal" | "positiveInt" | "unsignedInt") => false,
        Kind::Fhir(name) => {
            definitions::find_type(name).is_none_or(|definition| definition.kind == TypeKind::Primitive)
        }
    }
}

fn is_boolean(kind: &Kind) -> bool {
    matches!(kind, Kind::System("Boolean" | "Any") | Kind::Fhir("boolean"))
}

fn call(function: Function, target: Known, arguments: &[Expr], scope: Scope<'_>) -> Result<Known, PathError> {
    let within = Scope { focus: &target, this: Some(&target), ..scope };
    let every = |scope: Scope<'_>| -> Result<Vec<Known>, PathError> {
        arguments.iter().map(|argument| infer(argument, scope)).collect()
    };
    match function {
        Function::Where => {
            every(within)?;
            Ok(target)
        }
        Function::Exists | Function::All => every(within).map(|_| Known::boolean()),
        Function::Select => Ok(every(within)?.pop().unwrap_or_else(Known::any)),
        Function::Repeat => {
            // What is found is gone through again, so that only the first round has known types.
            every(within).map(|_| Known { kinds: None, is_ordered: false })
        }
        Function::Aggregate => Ok(Known::any()),
        Function::Sort => {
            every(within)?;
            Ok(Known { is_ordered: true, ..target })
        }
        Function::OfType | Function::As | Function::Is => {
            let name = types::name_of(arguments.first().unwrap_or(&Expr::Empty))?;
            types::expect_known(name)?;
            if function == Function::Is {
                return Ok(Known::boolean());
            }
            Ok(Known { is_ordered: target.is_ordered, ..of_name(name.name) })
        }
        Function::First | Function::Last | Function::Tail | Function::Skip | Function::Take => {
            every(scope)?;
            expect_order(target, function.name())
        }
        Function::Iif => {
            let mut known = every(within)?;
            let criterion = known.remove(0);
            if criterion.is_never(is_boolean) {
                return Err(PathError::new("the criterion of iif() is no boolean"));
            }
            Ok(known.into_iter().reduce(Known::with).unwrap_or_else(Known::any))
        }
        Function::Single | Function::Trace => Ok(target),
        Function::Distinct | Function::Intersect | Function::Exclude | Function::CheckModifiers => {
            every(scope)?;
            Ok(target)
        }
        Function::Union | Function::Combine => {
            let other = every(scope)?.pop().unwrap_or_else(Known::any);
            Ok(target.with(other))
        }
        Function::Children | Function::Descendants => Ok(Known { kinds: None, is_ordered: false }),
        Function::Extension => Ok(Known::of(Kind::Fhir("Extension"))),
        Function::Not
        | Function::Empty
        | Function::HasValue
        | Function::AllTrue
        | Function::AnyTrue
        | Function::AllFalse
        | Function::AnyFalse
        | Function::IsDistinct
        | Function::ConvertsTo(_) => Ok(Known::boolean()),
        Function::Count => Ok(Known::of(Kind::System("Integer"))),
        _ => {
            every(scope)?;
            of_texts(function, &target)
        }
    }
}

fn of_texts(function: Function, target: &Known) -> Result<Known, PathError> {
    let is_of_texts = matches!(
        function,
        Function::StartsWith
            | Function::EndsWith
            | Function::Contains
            | Function::Matches
            | Function::MatchesFull
            | Function::IndexOf
            | Function::Substring
            | Function::Upper
            | Function::Lower
            | Function::Replace
            | Function::ReplaceMatches
            | Function::Length
    );
    if is_of_texts && target.is_never(is_text) {
        return Err(PathError::new(format!("{}() is for texts", function.name())));
    }
    Ok(Known::any())
}
