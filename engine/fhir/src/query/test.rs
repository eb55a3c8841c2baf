//! Reads the values of one parameter: which comparison its kind and its modifier mean.

use super::filter::{Operator, presence};
use super::refusals::{bad_modifier, bad_value, not_offered, too_many};
use super::value::{parts, split, unescape};
use super::{Asks, Leaf, Test};
use crate::packages;
use crate::search::composite::CompositeTest;
use crate::search::concept::{ConceptTest, Direction};
use crate::search::date::DateTest;
use crate::search::near::NearTest;
use crate::search::number::{NumberTest, Prefix};
use crate::search::part::{PartMode, PartTest};
use crate::search::quantity::QuantityTest;
use crate::search::reference::ReferenceTest;
use crate::search::string::{StringMode, StringTest};
use crate::search::token::TokenTest;
use crate::search::uri::{UriMode, UriTest};
use crate::search::words::WordsTest;
use crate::search::{ParamKind, Parameter, number_of};
use crate::terminology;
use socle_kernel::{Kind, Lang, Problem, ResourceType, limits};

/// How dates are written.
pub(super) const DATE_HELP: &str = "2026, 2026-11, 2026-11-21, ge2026-11-21T20:15:00+01:00";

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

/// `_text` looks at the words that `_content` keeps.
fn leaf_of(known: &Parameter, asks: Asks) -> Leaf {
    let leaf = Leaf::of(known, asks);
    if known.code != "_text" {
        return leaf;
    }
    Leaf { number: number_of("_content").unwrap_or(leaf.number), ..leaf }
}

/// That there is a value.
fn present(known: &Parameter) -> Leaf {
    match known.code {
        "_text" => leaf_of(known, Asks::AnyOf(vec![Test::Words(WordsTest::any_narrative())])),
        _ => leaf_of(known, Asks::Present),
    }
}

/// Reads the value of a parameter of the definitions.
pub(super) fn asked(
    known: &Parameter,
    name: &str,
    modifier: Option<&str>,
    value: &str,
) -> Result<Leaf, Problem> {
    if modifier == Some("missing") {
        return Ok(Leaf { is_negated: missing(name, value)?, ..present(known) });
    }
    if known.kind == ParamKind::Token && matches!(modifier, Some("in" | "not-in")) {
        let tests = alternatives(name, value)?.into_iter().map(|text| in_value_set(name, text));
        let asks = Asks::AnyOf(tests.collect::<Result<_, _>>()?);
        return Ok(Leaf { is_negated: modifier == Some("not-in"), ..Leaf::of(known, asks) });
    }
    let tests: Vec<Test> = alternatives(name, value)?
        .into_iter()
        .map(|text| test(known.kind, known, name, modifier, text))
        .collect::<Result<_, _>>()?;
    Ok(Leaf { is_negated: modifier == Some("not"), ..leaf_of(known, Asks::AnyOf(tests)) })
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
        ParamKind::Special => special_test(known, name, modifier, text)?,
    })
}

const TOKEN_MODIFIERS: &str = "not, text, in, not-in, below, above, of-type, missing";

fn token_test(name: &str, modifier: Option<&str>, text: &str) -> Result<Test, Problem> {
    let (found, expected) = match modifier {
        None | Some("not") => (TokenTest::new(&parts(text)), "code, system|code, |code, system|"),
        Some("of-type") => (TokenTest::typed(&parts(text)), "system|code|value"),
        Some("text") => {
            let found = ConceptTest::text(&unescape(text));
            return found.map(Test::Concept).ok_or_else(|| bad_value(name, text, "letters or digits"));
        }
        Some("below") => return in_hierarchy(name, Direction::Below, text),
        Some("above") => return in_hierarchy(name, Direction::Above, text),
        Some(other) => return Err(bad_modifier(name, other, TOKEN_MODIFIERS)),
    };
    found.map(Test::Token).ok_or_else(|| bad_value(name, text, expected))
}

/// `:below` and `:above` of a code.
pub(super) fn in_hierarchy(name: &str, direction: Direction, text: &str) -> Result<Test, Problem> {
    let wrong = || bad_value(name, text, "system|code, code");
    match parts(text).as_slice() {
        [code] if !code.is_empty() => {
            Ok(Test::Concept(ConceptTest::Written { direction, code: code.clone() }))
        }
        [address, code] if !address.is_empty() && !code.is_empty() => {
            let system = terminology::shared().system(address);
            if system.as_ref().is_none_or(|system| system.find(code).is_none()) {
                return Err(unknown_concept(name, address, code));
            }
            let (address, code) = (address.clone(), code.clone());
            Ok(Test::Concept(ConceptTest::InSystem { direction, system, address, code }))
        }
        _ => Err(wrong()),
    }
}

fn unknown_concept(name: &str, address: &str, code: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!("Le code « {code} » n'est pas connu dans le système « {address} » chargé ici : sa place dans la hiérarchie ne peut pas être dite. Cherchez le code lui-même, ou ajoutez le système avec « socle package add »."),
        format!("The code `{code}` is not known in the system `{address}` as it is loaded here, so its place in the hierarchy cannot be told. Search for the code itself, or add the system with `socle package add`."),
    )
    .coded("not-found")
    .at(name)
    .receiving(format!("{address}|{code}"))
}

/// `:in` and `:not-in`.
pub(super) fn in_value_set(name: &str, text: &str) -> Result<Test, Problem> {
    let written = unescape(text);
    let terminology = terminology::shared();
    let address = match written.strip_prefix("ValueSet/") {
        Some(id) => packages::by_id(packages::Kind::ValueSet, id)
            .and_then(|resource| resource.get("url").and_then(serde_json::Value::as_str).map(str::to_owned)),
        None => Some(written.clone()),
    };
    let Some(set) = address.and_then(|address| terminology.set(&address)) else {
        return Err(Problem::new(
            Kind::Invalid,
            format!("Le jeu de valeurs « {written} » n'est pas chargé ici. Donnez l'adresse d'un jeu de valeurs chargé, ou ajoutez-le avec « socle package add »."),
            format!("The value set `{written}` is not loaded here. Give the address of one that is, or add it with `socle package add`."),
        )
        .coded("not-found")
        .at(name)
        .expecting("http://hl7.org/fhir/ValueSet/…, ValueSet/id")
        .receiving(&written));
    };
    if let Some(gap) = set.gap() {
        let words = gap.words();
        return Err(Problem::new(
            Kind::Invalid,
            format!("Le jeu de valeurs « {written} » n'est pas connu en entier : des réponses pourraient manquer. {}", words.in_lang(Lang::Fr)),
            format!("The value set `{written}` is not known as a whole: answers could be missing. {}", words.in_lang(Lang::En)),
        )
        .coded("not-supported")
        .at(name)
        .receiving(&written));
    }
    Ok(Test::Concept(ConceptTest::In(set)))
}

/// `near`, `_text`, `_content`.
fn special_test(known: &Parameter, name: &str, modifier: Option<&str>, text: &str) -> Result<Test, Problem> {
    if let Some(modifier) = modifier {
        return Err(bad_modifier(name, modifier, "missing"));
    }
    match known.code {
        "near" => NearTest::new(&parts(text)).map(Test::Near).ok_or_else(|| {
            bad_value(name, text, "48.85|2.35, 48.85|2.35|10|km (km, m, mi, [mi_i], [nmi_i])")
        }),
        "_text" | "_content" => WordsTest::new(&unescape(text), known.code == "_text")
            .map(Test::Words)
            .ok_or_else(|| bad_value(name, text, "letters or digits")),
        _ => Err(not_offered(
            name,
            "Ses valeurs ne sont pas calculées ici.",
            "Its values are not worked out here.",
        )),
    }
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
        Some(direction @ ("below" | "above")) => {
            return match ReferenceTest::versions(direction == "below", &text_value) {
                Some(test) => Ok(Test::Reference(test)),
                None => Err(not_offered(
                    name,
                    "Les hiérarchies de ressources ne sont pas suivies ; ces modificateurs comparent des adresses canoniques avec leur version.",
                    "Hierarchies of resources are not followed; these modifiers compare canonical addresses with their version.",
                )),
            };
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
        return Ok(Leaf { is_negated: !presence(value)?, ..present(known) });
    }
    if operator == Operator::Ni && known.kind == ParamKind::Token {
        // None of the codes is in the set.
        let asks = Asks::AnyOf(vec![in_value_set(known.code, value)?]);
        return Ok(Leaf { is_negated: true, ..Leaf::of(known, asks) });
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
    Ok(leaf_of(known, Asks::AnyOf(vec![test])))
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
        _ => return terminology_filter(known, operator, value),
    };
    Ok(Test::Part(PartTest::new(mode, value)))
}

/// `ss`, `sb`, `in`, `ni`.
fn terminology_filter(known: &Parameter, operator: Operator, value: &str) -> Result<Test, Problem> {
    let code = known.code;
    match (known.kind, operator) {
        (ParamKind::Token, Operator::In) => in_value_set(code, value),
        // `ss`: what is there subsumes the value; `sb`: is subsumed by it.
        (ParamKind::Token, Operator::Ss) => in_hierarchy(code, Direction::Above, value),
        (ParamKind::Token, Operator::Sb) => in_hierarchy(code, Direction::Below, value),
        (ParamKind::Uri, Operator::Ss | Operator::Sb) => {
            let modifier = if operator == Operator::Ss { "above" } else { "below" };
            test(known.kind, known, code, Some(modifier), value)
        }
        (ParamKind::Token, _) => Err(bad_operator(code, operator, "eq, ne, co, sw, ew, pr, in, ni, ss, sb")),
        _ => Err(bad_operator(code, operator, "eq, ne, co, sw, ew, pr, ss, sb")),
    }
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
