//! Functions on texts.

use super::{Call, yes};
use crate::fhirpath::PathError;
use crate::fhirpath::eval::{Items, single};
use crate::fhirpath::item::Item;
use std::borrow::Cow;

/// The answer, or `None` when the function is not one of texts.
pub(super) fn call<'a>(call: &Call<'a, '_>) -> Result<Option<Items<'a>>, PathError> {
    const NAMES: [&str; 12] = [
        "indexOf",
        "substring",
        "startsWith",
        "endsWith",
        "contains",
        "upper",
        "lower",
        "replace",
        "length",
        "toChars",
        "trim",
        "join",
    ];
    if !NAMES.contains(&call.name) {
        return Ok(None);
    }
    if call.name == "join" {
        let separator = if call.arguments.is_empty() { None } else { call.text_value(0)? };
        let texts: Vec<Cow<'a, str>> = call.focus.iter().filter_map(Item::text).collect();
        return Ok(Some(vec![owned(texts.join(separator.as_deref().unwrap_or("")))]));
    }
    let Some(text) = single(call.focus)?.and_then(Item::text) else {
        return Ok(Some(Vec::new()));
    };
    match call.name {
        "upper" => return Ok(Some(vec![owned(text.to_uppercase())])),
        "lower" => return Ok(Some(vec![owned(text.to_lowercase())])),
        "trim" => return Ok(Some(vec![owned(text.trim().to_owned())])),
        "length" => return Ok(Some(vec![whole(text.chars().count())])),
        "toChars" => return Ok(Some(text.chars().map(|letter| owned(letter.to_string())).collect())),
        "substring" => return substring(call, &text).map(Some),
        _ => {}
    }
    let Some(argument) = call.text_value(0)? else {
        return Ok(Some(Vec::new()));
    };
    Ok(Some(match call.name {
        "startsWith" => yes(text.starts_with(&*argument)),
        "endsWith" => yes(text.ends_with(&*argument)),
        "contains" => yes(text.contains(&*argument)),
        "indexOf" => {
            let found = text.find(&*argument).map(|at| text[..at].chars().count());
            vec![found.map_or(Item::Integer(-1), whole)]
        }
        _ => call.text_value(1)?.map(|with| owned(text.replace(&*argument, &with))).into_iter().collect(),
    }))
}

fn substring<'a>(call: &Call<'a, '_>, text: &str) -> Result<Items<'a>, PathError> {
    let start = call.whole_value(0)?.and_then(|start| usize::try_from(start).ok());
    let Some(start) = start.filter(|start| *start < text.chars().count()) else {
        return Ok(Vec::new());
    };
    let length = if call.arguments.len() > 1 { call.whole_value(1)? } else { None };
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    Ok(vec![owned(text.chars().skip(start).take(length).collect())])
}

fn owned<'a>(text: String) -> Item<'a> {
    Item::String(Cow::Owned(text))
}

fn whole<'a>(count: usize) -> Item<'a> {
    Item::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
