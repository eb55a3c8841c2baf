//! Reads the values of one parameter: which comparison its kind and its modifier mean.

use super::filter::{Operator, presence};
use super::refusals::{bad_modifier, bad_value, not_offered, too_many};
use super::value::{parts, split, unescape};
use super::{Asks, Leaf, Test};
use crate::search::composite::CompositeTest;
use crate::search::date::DateTest;
use crate::search::number::{NumberTest, Prefix};
use crate::search::part::{PartMode, PartTest};
use crate::search::quantity::QuantityTest;
use crate::search::reference::ReferenceTest;
use crate::search::string::{StringMode, StringTest};
use crate::search::token::TokenTest;
use crate::search::uri::{UriMode, UriTest};
use crate::search::{ParamKind, Parameter};
use socle_kernel::{Kind, Problem, ResourceType, limits};

/// How dates are written.
pub(super) const DATE_HELP: &str = "2026, 2026-11, 2026-11-21, ge2026-11-21T20:15:00+01:00";

/// What a parameter with its modifier asks, and whether the opposite is meant.
pub(super) struct Asked {
    pub(super) asks: Asks,
    pub(super) is_negated: bool,
}

/// The alternatives of a value, empty ones left out.
pub(super) fn alternatives<'a>(name: &str, value: &'a str) -> Result<Vec<&'a str>, Problem> {
    let found = split(value, ',');
    if found.len() > limits::SEARCH_ALTERNATIVES {
        let limit = ("SEARCH_ALTERNATIVES", limits::SEARCH_ALTERNATIVES);
        return Err(too_many(name, ["valeurs", "values"], limit, found.len()));
    }
    Ok(found.into_iter().filter(|part| !part.is_empty()).collect())
}

/// `:missing`.
pub(super) fn missing(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad_value(name, value, "true, false")),
    }
}

/// Reads the value of a parameter of the definitions.
pub(super) fn asked(
    known: &Parameter,
    name: &str,
    modifier: Option<&str>,
    value: &str,
) -> Result<Asked, Problem> {
    if modifier == Some("missing") {
        return Ok(Asked { asks: Asks::Present, is_negated: missing(name, value)? });
    }
    let tests: Vec<Test> = alternatives(name, value)?
        .into_iter()
        .map(|text| test(known.kind, known, name, modifier, text))
        .collect::<Result<_, _>>()?;
    Ok(Asked { asks: Asks::AnyOf(tests), is_negated: modifier == Some("not") })
}

fn test(
    kind: ParamKind,
    known: &Parameter,
    name: &str,
    modifier: Option<&str>,
    text: &str,
) -> Result<Test, Problem> {
    let plain = |offered: &str| match modifier {
        None => Ok(()),
        Some(modifier) => Err(bad_modifier(name, modifier, offered)),
    };
    let wrong = |expected: &str| bad_value(name, text, expected);
    Ok(match kind {
        ParamKind::Number => {
            plain("missing")?;
            Test::Number(NumberTest::new(text).ok_or_else(|| wrong("100, 5.4, gt10, le2e3"))?)
        }
        ParamKind::Date => {
            plain("missing")?;
            Test::Date(DateTest::new(text).ok_or_else(|| wrong(DATE_HELP))?)
        }
        ParamKind::String => {
            let mode = match modifier {
                None => StringMode::Start,
                Some("exact") => StringMode::Exact,
                Some("contains") => StringMode::Contains,
                Some(other) => return Err(bad_modifier(name, other, "exact, contains, missing")),
            };
            let test = StringTest::new(mode, &unescape(text));
            Test::String(test.ok_or_else(|| wrong("letters or digits"))?)
        }
        ParamKind::Token => token_test(name, modifier, text)?,
        ParamKind::Reference => reference_test(known, name, modifier, text)?,
        ParamKind::Quantity => {
            plain("missing")?;
            let found = QuantityTest::new(&parts(text));
            Test::Quantity(
                found.ok_or_else(|| wrong("5.4, gt5.4, 5.4|http://unitsofmeasure.org|mg, 5.4||mg"))?,
            )
        }
        ParamKind::Uri => {
            let mode = match modifier {
                None => UriMode::Exact,
                Some("below") => UriMode::Below,
                Some("above") => UriMode::Above,
                Some(other) => return Err(bad_modifier(name, other, "below, above, missing")),
            };
            Test::Uri(UriTest::new(mode, &unescape(text)).ok_or_else(|| wrong("http://…, urn:…"))?)
        }
        ParamKind::Composite => {
            plain("missing")?;
            composite_test(known, name, text)?
        }
        ParamKind::Special => return Err(not_offered(name, "", "")),
    })
}

fn token_test(name: &str, modifier: Option<&str>, text: &str) -> Result<Test, Problem> {
    let (found, expected) = match modifier {
        None | Some("not") => (TokenTest::new(&parts(text)), "code, system|code, |code, system|"),
        Some("of-type") => (TokenTest::typed(&parts(text)), "system|code|value"),
        Some(other) => return Err(bad_modifier(name, other, "not, of-type, missing")),
    };
    found.map(Test::Token).ok_or_else(|| bad_value(name, text, expected))
}

fn reference_test(
    known: &Parameter,
    name: &str,
    modifier: Option<&str>,
    text: &str,
) -> Result<Test, Problem> {
    let text_value = unescape(text);
    let wrong = |expected: &str| bad_value(name, text, expected);
    let types = match modifier {
        Some("identifier") => {
            let test = TokenTest::new(&parts(text)).ok_or_else(|| wrong("system|value"))?;
            return Ok(Test::Reference(ReferenceTest::Identifier(test)));
        }
        Some(named) => {
            let one: ResourceType = named.parse().map_err(|_| {
                bad_modifier(name, named, &format!("{}, identifier, missing", target_names(known)))
            })?;
            vec![one]
        }
        None if known.code == "patient" => vec![socle_kernel::resource_type::PATIENT],
        None => known.targets.clone(),
    };
    let test =
        ReferenceTest::new(&text_value, &types).ok_or_else(|| wrong("id, Type/id, https://…/Type/id"))?;
    Ok(Test::Reference(test))
}

fn composite_test(known: &Parameter, name: &str, text: &str) -> Result<Test, Problem> {
    let values = split(text, '$');
    if values.len() != known.components.len() {
        let form: Vec<&str> = known.components.iter().map(|part| part.kind.code()).collect();
        return Err(bad_value(name, text, &form.join("$")));
    }
    let parts =
        known.components.iter().zip(values).map(|(part, value)| test(part.kind, known, name, None, value));
    Ok(Test::Composite(CompositeTest { parts: parts.collect::<Result<_, _>>()? }))
}

/// A test of `_filter`.
pub(super) fn filtered(known: &Parameter, operator: Operator, value: &str) -> Result<Leaf, Problem> {
    if operator == Operator::Pr {
        return Ok(Leaf { is_negated: !presence(value)?, ..Leaf::of(known, Asks::Present) });
    }
    let test = match known.kind {
        ParamKind::Number | ParamKind::Quantity => number_filter(known, operator, value)?,
        ParamKind::Date => Test::Date(date_filter(known.code, operator, value)?),
        ParamKind::String => string_filter(known, operator, value)?,
        ParamKind::Token | ParamKind::Uri => text_filter(known, operator, value)?,
        ParamKind::Reference => match operator {
            Operator::Eq | Operator::Re => test(known.kind, known, known.code, None, value)?,
            Operator::Ne => Test::Other(Box::new(test(known.kind, known, known.code, None, value)?)),
            _ => return Err(bad_operator(known.code, operator, "eq, ne, re, pr")),
        },
        ParamKind::Composite => match operator {
            Operator::Eq => test(known.kind, known, known.code, None, value)?,
            Operator::Ne => Test::Other(Box::new(test(known.kind, known, known.code, None, value)?)),
            _ => return Err(bad_operator(known.code, operator, "eq, ne, pr")),
        },
        ParamKind::Special => match operator {
            Operator::Eq => test(known.kind, known, known.code, None, value)?,
            _ => return Err(bad_operator(known.code, operator, "eq, pr")),
        },
    };
    Ok(Leaf::of(known, Asks::AnyOf(vec![test])))
}

const NUMBER_OPERATORS: &str = "eq, ne, gt, lt, ge, le, ap, sa, eb, pr";

fn is_prefix(operator: Operator) -> bool {
    use Operator::{Ap, Eb, Eq, Ge, Gt, Le, Lt, Ne, Sa};
    matches!(operator, Eq | Ne | Gt | Lt | Ge | Le | Ap | Sa | Eb)
}

fn number_filter(known: &Parameter, operator: Operator, value: &str) -> Result<Test, Problem> {
    if !is_prefix(operator) {
        return Err(bad_operator(known.code, operator, NUMBER_OPERATORS));
    }
    test(known.kind, known, known.code, None, &format!("{}{value}", operator.code()))
}

/// A date in `_filter`.
pub(super) fn date_filter(code: &str, operator: Operator, value: &str) -> Result<DateTest, Problem> {
    let wrong = || bad_value(code, value, DATE_HELP);
    match operator {
        Operator::Po => {
            let test = DateTest::new(&format!("eq{value}")).ok_or_else(wrong)?;
            Ok(DateTest { prefix: Prefix::Po, ..test })
        }
        _ if is_prefix(operator) => DateTest::new(&format!("{}{value}", operator.code())).ok_or_else(wrong),
        _ => Err(bad_operator(code, operator, &format!("{NUMBER_OPERATORS}, po"))),
    }
}

fn string_filter(known: &Parameter, operator: Operator, value: &str) -> Result<Test, Problem> {
    let mode = match operator {
        Operator::Eq | Operator::Ne => StringMode::Whole,
        Operator::Co => StringMode::Contains,
        Operator::Sw => StringMode::Start,
        Operator::Ew => StringMode::End,
        _ => return Err(bad_operator(known.code, operator, "eq, ne, co, sw, ew, pr")),
    };
    let found = StringTest::new(mode, value)
        .map(Test::String)
        .ok_or_else(|| bad_value(known.code, value, "letters or digits"))?;
    Ok(if operator == Operator::Ne { Test::Other(Box::new(found)) } else { found })
}

/// Codes and addresses.
fn text_filter(known: &Parameter, operator: Operator, value: &str) -> Result<Test, Problem> {
    let modified = |modifier| test(known.kind, known, known.code, modifier, value);
    let mode = match operator {
        Operator::Eq => return modified(None),
        Operator::Ne => return Ok(Test::Other(Box::new(modified(None)?))),
        Operator::Co => PartMode::Contains,
        Operator::Sw => PartMode::Start,
        Operator::Ew => PartMode::End,
        _ => return Err(bad_operator(known.code, operator, "eq, ne, co, sw, ew, pr")),
    };
    Ok(Test::Part(PartTest::new(mode, value)))
}

/// The operator is none of this parameter's.
pub(super) fn bad_operator(code: &str, operator: Operator, expected: &str) -> Problem {
    let received = operator.code();
    Problem::new(
        Kind::Invalid,
        format!("L'opérateur « {received} » de « _filter » ne s'applique pas au paramètre « {code} »."),
        format!("The operator `{received}` of `_filter` does not apply to the parameter `{code}`."),
    )
    .coded("not-supported")
    .at("_filter")
    .expecting(expected)
    .receiving(received)
}

/// The types a reference parameter may point to, for people.
pub(super) fn target_names(known: &Parameter) -> String {
    known.targets.iter().map(|target| target.name()).collect::<Vec<_>>().join(", ")
}
