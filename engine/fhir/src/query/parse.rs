//! Reads a search from its parameters.

use super::plan::Chain;
use super::sort::{SortBy, SortField};
use super::value::{parts, split, unescape};
use super::{Asks, Filter, Include, Query, Summary, Test, Total};
use crate::search::composite::CompositeTest;
use crate::search::date::DateTest;
use crate::search::number::NumberTest;
use crate::search::quantity::QuantityTest;
use crate::search::reference::ReferenceTest;
use crate::search::string::{StringMode, StringTest};
use crate::search::token::TokenTest;
use crate::search::uri::{UriMode, UriTest};
use crate::search::{ParamKind, Parameter, parameter, parameters};
use socle_kernel::{Kind, Problem, ResourceType, limits};

/// Reads a search. A parameter that is not known is refused with the list of those that are, unless `lenient`: then it
/// is left out and named in `Query::ignored`.
pub fn parse_query(
    resource_type: ResourceType,
    params: &[(String, String)],
    lenient: bool,
) -> Result<Query, Problem> {
    if params.len() > limits::SEARCH_PARAMETERS {
        return Err(Problem::new(
            Kind::Invalid,
            format!("La recherche a trop de paramètres : {} au plus.", limits::SEARCH_PARAMETERS),
            format!("The search has too many parameters: at most {}.", limits::SEARCH_PARAMETERS),
        )
        .coded("too-costly")
        .expecting(format!("SEARCH_PARAMETERS <= {}", limits::SEARCH_PARAMETERS))
        .receiving(params.len().to_string()));
    }
    let mut query = Query::everything(resource_type);
    for (name, value) in params {
        // An empty value is as if the parameter was not there (FHIR R4 search).
        if value.is_empty() || control(&mut query, name, value)? {
            continue;
        }
        match filter(resource_type, name, value)? {
            Some(filter) => query.filters.push(filter),
            None if lenient => query.ignored.push(name.clone()),
            None => return Err(unknown(resource_type, name)),
        }
    }
    Ok(query)
}

/// Parameters that say how to answer, and those that look at the row itself.
fn control(query: &mut Query, name: &str, value: &str) -> Result<bool, Problem> {
    match name {
        "_count" => {
            let count: usize = value.parse().map_err(|_| bad_value(name, value, "0, 1, 2 …"))?;
            query.count = Some(count.min(limits::PAGE_MAX));
        }
        "_total" => {
            query.total = match value {
                "none" => Total::None,
                "estimate" => Total::Estimate,
                "accurate" => Total::Accurate,
                _ => return Err(bad_value(name, value, "none, estimate, accurate")),
            }
        }
        "_summary" => {
            query.summary = match value {
                "false" => Summary::Whole,
                "true" => Summary::Summary,
                "text" => Summary::Text,
                "data" => Summary::Data,
                "count" => Summary::Count,
                _ => return Err(bad_value(name, value, "true, false, text, data, count")),
            }
        }
        "_elements" => query.elements.extend(value.split(',').map(|element| element.trim().to_owned())),
        "_page" => query.page = Some(value.to_owned()),
        "_sort" => {
            for criterion in value.split(',') {
                let criterion = sort_by(query.resource_type, criterion.trim())?;
                query.sort.push(criterion);
            }
        }
        "_id" => {
            let ids = split(value, ',').into_iter().map(unescape).collect();
            query.ids.push(ids);
        }
        "_lastUpdated" => {
            let test = |text: &str| DateTest::new(text).ok_or_else(|| bad_value(name, value, DATE_HELP));
            let tests = alternatives(name, value)?.into_iter().map(test).collect::<Result<_, _>>()?;
            query.last_updated.push(tests);
        }
        "_include" | "_include:iterate" | "_include:recurse" => {
            query.include.push(include(name, value)?);
        }
        "_revinclude" | "_revinclude:iterate" | "_revinclude:recurse" => {
            query.revinclude.push(include(name, value)?);
        }
        "_format" | "_pretty" => {}
        "_contained" if value == "false" => {}
        _ => return Ok(false),
    }
    Ok(true)
}

fn sort_by(resource_type: ResourceType, text: &str) -> Result<SortBy, Problem> {
    let descending = text.starts_with('-');
    let code = text.trim_start_matches('-');
    let field = match (code, parameter(resource_type, code)) {
        ("_id", _) => SortField::Id,
        ("_lastUpdated", _) => SortField::LastUpdated,
        (_, Some(known)) if !matches!(known.kind, ParamKind::Composite | ParamKind::Special) => {
            SortField::Parameter(known.number, known.kind)
        }
        _ => return Err(bad_value("_sort", text, &known_codes(resource_type))),
    };
    Ok(SortBy { field, descending })
}

fn include(name: &str, value: &str) -> Result<Include, Problem> {
    let iterate = name.contains(':');
    if value == "*" {
        return Ok(Include { iterate, source_type: None, code: "*".to_owned(), target: None });
    }
    let wrong = || bad_value(name, value, "Type:parameter, Type:parameter:Target, Type:*");
    let mut parts = value.split(':');
    let source: ResourceType = parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
    let code = parts.next().ok_or_else(wrong)?;
    let is_reference = |found: &Parameter| found.kind == ParamKind::Reference;
    if code != "*" && !parameter(source, code).is_some_and(is_reference) {
        let known = parameters(source).iter().filter(|p| is_reference(p)).map(|p| p.code).collect::<Vec<_>>();
        return Err(bad_value(name, value, &format!("{source}: {}", known.join(", "))));
    }
    let target = parts.next().map(|part| part.parse().map_err(|_| wrong())).transpose()?;
    Ok(Include { iterate, source_type: Some(source), code: code.to_owned(), target })
}

/// `None` when no parameter has this name.
fn filter(resource_type: ResourceType, name: &str, value: &str) -> Result<Option<Filter>, Problem> {
    let (code, modifier) = match name.split_once(':') {
        Some((code, modifier)) => (code, Some(modifier)),
        None => (name, None),
    };
    if let Some(known) = parameter(resource_type, code)
        && !modifier.is_some_and(|modifier| modifier.contains('.'))
    {
        let asks = asks(known, name, modifier, value)?;
        return Ok(Some(Filter { number: known.number, code: known.code, is_global: known.is_global, asks }));
    }
    chain(resource_type, name, value)
}

/// `patient.name`, `subject:Patient.name`.
fn chain(resource_type: ResourceType, name: &str, value: &str) -> Result<Option<Filter>, Problem> {
    let Some((first, rest)) = name.split_once('.') else { return Ok(None) };
    let (code, named) = first.split_once(':').map_or((first, None), |(code, named)| (code, Some(named)));
    let Some(known) = parameter(resource_type, code).filter(|known| known.kind == ParamKind::Reference)
    else {
        return Ok(None);
    };
    let target = match named {
        Some(named) => {
            let target = named.parse().map_err(|_| bad_modifier(name, named, &target_names(known)))?;
            Some(target)
        }
        None if code == "patient" => Some(socle_kernel::resource_type::PATIENT),
        None => match known.targets.as_slice() {
            [one] => Some(*one),
            _ => None,
        },
    };
    // The rest is read here too, so that a mistake in it is told with this search and not after another one.
    let inner = rest.split(['.', ':']).next().unwrap_or("");
    let candidates = target.map_or_else(|| known.targets.clone(), |target| vec![target]);
    let is_known = |target: &ResourceType| inner == "_id" || parameter(*target, inner).is_some();
    if !candidates.is_empty() && !candidates.iter().any(is_known) {
        return Err(unknown(candidates[0], inner).at(name));
    }
    let chain = Chain { param: code.to_owned(), target, rest: (rest.to_owned(), value.to_owned()) };
    Ok(Some(Filter {
        number: known.number,
        code: known.code,
        is_global: known.is_global,
        asks: Asks::Chain(chain),
    }))
}

fn alternatives<'a>(name: &str, value: &'a str) -> Result<Vec<&'a str>, Problem> {
    let found = split(value, ',');
    if found.len() > limits::SEARCH_ALTERNATIVES {
        return Err(bad_value(
            name,
            &found.len().to_string(),
            &format!("SEARCH_ALTERNATIVES <= {}", limits::SEARCH_ALTERNATIVES),
        ));
    }
    Ok(found.into_iter().filter(|part| !part.is_empty()).collect())
}

fn asks(known: &Parameter, name: &str, modifier: Option<&str>, value: &str) -> Result<Asks, Problem> {
    if modifier == Some("missing") {
        return match value {
            "true" => Ok(Asks::Missing(true)),
            "false" => Ok(Asks::Missing(false)),
            _ => Err(bad_value(name, value, "true, false")),
        };
    }
    let tests: Vec<Test> = alternatives(name, value)?
        .into_iter()
        .map(|text| test(known.kind, known, name, modifier, text))
        .collect::<Result<_, _>>()?;
    Ok(if modifier == Some("not") { Asks::NoneOf(tests) } else { Asks::AnyOf(tests) })
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
        ParamKind::Special => {
            return Err(Problem::new(
                Kind::Invalid,
                format!("Le paramètre « {name} » n'est pas proposé par ce serveur."),
                format!("The parameter `{name}` is not offered by this server."),
            )
            .coded("not-supported")
            .at(name));
        }
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

const DATE_HELP: &str = "2026, 2026-11, 2026-11-21, ge2026-11-21T20:15:00+01:00";

fn target_names(known: &Parameter) -> String {
    known.targets.iter().map(|target| target.name()).collect::<Vec<_>>().join(", ")
}

fn known_codes(resource_type: ResourceType) -> String {
    parameters(resource_type).iter().map(|known| known.code).collect::<Vec<_>>().join(", ")
}

fn unknown(resource_type: ResourceType, name: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!("Le paramètre « {name} » n'existe pas pour {resource_type}. Choisissez-en un dans la liste, ou envoyez « Prefer: handling=lenient » pour qu'il soit ignoré."),
        format!("{resource_type} has no search parameter `{name}`. Pick one of the list, or send `Prefer: handling=lenient` to have it ignored."),
    )
    .coded("not-supported")
    .at(name)
    .expecting(known_codes(resource_type))
    .receiving(name)
}

fn bad_value(name: &str, received: &str, expected: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!(
            "La valeur du paramètre « {name} » ne se lit pas. Écrivez-la sous l'une des formes attendues."
        ),
        format!("The value of the parameter `{name}` cannot be read. Write it in one of the expected forms."),
    )
    .coded("value")
    .at(name)
    .expecting(expected)
    .receiving(received)
}

fn bad_modifier(name: &str, received: &str, expected: &str) -> Problem {
    Problem::new(
        Kind::Invalid,
        format!("Le modificateur « :{received} » ne s'applique pas au paramètre « {name} »."),
        format!("The modifier `:{received}` does not apply to the parameter `{name}`."),
    )
    .coded("not-supported")
    .at(name)
    .expecting(expected)
    .receiving(received)
}
