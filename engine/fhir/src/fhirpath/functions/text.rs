//! Functions on texts.

use super::{Call, yes};
use crate::fhirpath::PathError;
use crate::fhirpath::eval::single;
use crate::fhirpath::few::Items;
use crate::fhirpath::function::Function;
use crate::fhirpath::item::Item;
use data_encoding::{BASE64, BASE64URL, HEXLOWER_PERMISSIVE};
use lru::LruCache;
use parking_lot::Mutex;
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::OnceLock;

/// Largest compiled regular expression, and largest automaton made of it while it runs, in bytes.
const REGEX_BYTES: usize = 4 * 1024 * 1024;
/// How many compiled regular expressions are kept.
const REGEXES: NonZeroUsize = NonZeroUsize::new(256).expect("is not zero");
/// Longest text that a function may make, in bytes.
const TEXT_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn call<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    if call.function == Function::Join {
        return join(call);
    }
    let Some(item) = single(call.focus)?.map(Item::to_system).filter(|item| !item.is_valueless()) else {
        return Ok(Items::None);
    };
    let Some(text) = item.text() else {
        return Err(call.wrong(&format!("a text is expected, there is {}", item.type_name())));
    };
    // Long texts count: a step is about so many bytes.
    call.scope.spend(text.len() / 256)?;
    match call.function {
        Function::Upper => Ok(Items::text(text.to_uppercase())),
        Function::Lower => Ok(Items::text(text.to_lowercase())),
        Function::Trim => Ok(Items::text(text.trim().to_owned())),
        Function::Length => Ok(Items::whole(text.chars().count())),
        Function::ToChars => {
            call.scope.spend(text.len())?;
            Ok(text.chars().map(|letter| Item::String(Cow::Owned(letter.to_string()))).collect())
        }
        Function::Substring => substring(call, &text),
        _ => with_argument(call, &text),
    }
}

fn with_argument<'a>(call: &Call<'a, '_>, text: &str) -> Result<Items<'a>, PathError> {
    let Some(argument) = call.text_value(0)? else {
        return Ok(Items::None);
    };
    let place = |found: Option<usize>| match found {
        Some(at) => Items::whole(text[..at].chars().count()),
        None => Items::one(Item::Integer(-1)),
    };
    Ok(match call.function {
        Function::StartsWith => yes(text.starts_with(&*argument)),
        Function::EndsWith => yes(text.ends_with(&*argument)),
        Function::Contains => yes(text.contains(&*argument)),
        Function::IndexOf => place(text.find(&*argument)),
        Function::LastIndexOf => place(text.rfind(&*argument)),
        Function::Split => {
            call.scope.spend(text.len())?;
            text.split(&*argument).map(|part| Item::String(Cow::Owned(part.to_owned()))).collect()
        }
        Function::Matches => yes(regex(call, &argument, false)?.is_match(text)),
        Function::MatchesFull => yes(regex(call, &argument, true)?.is_match(text)),
        Function::Replace => {
            let Some(with) = call.text_value(1)? else { return Ok(Items::None) };
            let count = text.matches(&*argument).count();
            expect_short(call, text.len().saturating_add(count.saturating_mul(with.len())))?;
            Items::text(text.replace(&*argument, &with))
        }
        Function::ReplaceMatches => {
            let Some(with) = call.text_value(1)? else { return Ok(Items::None) };
            if argument.is_empty() {
                return Ok(Items::text(text.to_owned()));
            }
            let regex = regex(call, &argument, false)?;
            // Each match may be put in as often as the replacement names it.
            let longest = text.len().saturating_add(1).saturating_mul(with.len().saturating_add(1));
            expect_short(
                call,
                longest.min(text.len().saturating_add(text.len().saturating_mul(with.len()))),
            )?;
            Items::text(regex.replace_all(text, &*with).into_owned())
        }
        Function::Encode | Function::Decode => recoded(call, text, &argument)?,
        _ => escaped(call, text, &argument)?,
    })
}

fn expect_short(call: &Call<'_, '_>, length: usize) -> Result<(), PathError> {
    call.scope.spend(length / 256)?;
    if length > TEXT_BYTES { Err(call.wrong("the text would be too long")) } else { Ok(()) }
}

fn join<'a>(call: &Call<'a, '_>) -> Result<Items<'a>, PathError> {
    let separator = call.text_value(0)?.unwrap_or_default();
    let texts: Vec<Cow<'a, str>> = call.focus.iter().filter_map(Item::text).collect();
    let length = texts.iter().map(|text| text.len() + separator.len()).sum();
    expect_short(call, length)?;
    Ok(Items::text(texts.join(&*separator)))
}

fn substring<'a>(call: &Call<'a, '_>, text: &str) -> Result<Items<'a>, PathError> {
    let start = call.whole_value(0)?.and_then(|start| usize::try_from(start).ok());
    let Some(start) = start.filter(|start| *start < text.chars().count()) else {
        return Ok(Items::None);
    };
    let length = call.whole_value(1)?;
    let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
    Ok(Items::text(text.chars().skip(start).take(length).collect::<String>()))
}

/// The compiled regular expression; its engine takes time in proportion to the text, whatever the expression.
fn regex(call: &Call<'_, '_>, pattern: &str, is_full: bool) -> Result<Regex, PathError> {
    static KNOWN: OnceLock<Mutex<LruCache<String, Regex>>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| Mutex::new(LruCache::new(REGEXES)));
    let pattern = if is_full { format!("^(?:{pattern})$") } else { pattern.to_owned() };
    if let Some(found) = known.lock().get(&pattern) {
        return Ok(found.clone());
    }
    let built = RegexBuilder::new(&pattern)
        .dot_matches_new_line(true)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .build()
        .map_err(|error| call.wrong(&format!("the regular expression cannot be used: {error}")))?;
    known.lock().put(pattern, built.clone());
    Ok(built)
}

fn recoded<'a>(call: &Call<'a, '_>, text: &str, form: &str) -> Result<Items<'a>, PathError> {
    let encoding = match form {
        "hex" => &HEXLOWER_PERMISSIVE,
        "base64" => &BASE64,
        "urlbase64" => &BASE64URL,
        _ => return Err(call.wrong("`hex`, `base64` or `urlbase64` is expected")),
    };
    if call.function == Function::Encode {
        return Ok(Items::text(encoding.encode(text.as_bytes())));
    }
    let decoded = encoding.decode(text.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map(Items::text).ok_or_else(|| call.wrong(&format!("the text is not {form}")))
}

fn escaped<'a>(call: &Call<'a, '_>, text: &str, form: &str) -> Result<Items<'a>, PathError> {
    const MARKS: [(&str, &str); 5] =
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];
    let is_escape = call.function == Function::Escape;
    let done = match form {
        "html" if is_escape => {
            MARKS.iter().fold(text.to_owned(), |text, (mark, escape)| text.replace(mark, escape))
        }
        "html" => MARKS.iter().rev().fold(text.to_owned(), |text, (mark, escape)| text.replace(escape, mark)),
        "json" if is_escape => {
            let quoted = serde_json::Value::String(text.to_owned()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        "json" => unescaped_json(text).ok_or_else(|| call.wrong("the text is no escaped JSON"))?,
        _ => return Err(call.wrong("`html` or `json` is expected")),
    };
    Ok(Items::text(done))
}

/// What a JSON text means; a mark that should have been escaped means itself.
fn unescaped_json(text: &str) -> Option<String> {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut is_escaped = false;
    for letter in text.chars() {
        if letter == '"' && !is_escaped {
            quoted.push('\\');
        }
        is_escaped = letter == '\\' && !is_escaped;
        quoted.push(letter);
    }
    quoted.push('"');
    serde_json::from_str(&quoted).ok()
}
