//! The formats of primitive types.

use crate::date::{FhirDate, Precision};
use crate::decimal::Decimal;
use crate::reference::is_id;
use serde_json::Value;

/// What a primitive type looks like, for people; empty for a type without a rule.
pub(super) fn expected(kind: &str) -> &'static str {
    match kind {
        "boolean" => "true, false",
        "integer" => "-2147483648 … 2147483647",
        "unsignedInt" => "0 … 2147483647",
        "positiveInt" => "1 … 2147483647",
        "decimal" => "5.40",
        "date" => "2026, 2026-11, 2026-11-21",
        "dateTime" => "2026, 2026-11, 2026-11-21, 2026-11-21T20:15:00+01:00",
        "instant" => "2026-11-21T20:15:00.000+01:00",
        "time" => "20:15:00",
        "code" => "a code without blanks at its ends nor two in a row",
        "id" => "1 to 64 of A-Z a-z 0-9 - .",
        "oid" => "urn:oid:1.2.250.1.213",
        "uuid" => "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "base64Binary" => "base64 (RFC 4648)",
        "uri" | "url" | "canonical" => "an address without blanks",
        "xhtml" => "<div xmlns=\"http://www.w3.org/1999/xhtml\">…</div>",
        _ => "a text that is not blank",
    }
}

/// The JSON type a primitive is written in.
pub(super) fn has_right_json_type(kind: &str, value: &Value) -> bool {
    match kind {
        "boolean" => value.is_boolean(),
        "integer" | "unsignedInt" | "positiveInt" | "decimal" => value.is_number(),
        _ => value.is_string(),
    }
}

/// True when the value has the format of its type. The JSON type is right already.
pub(super) fn is_valid(kind: &str, value: &Value) -> bool {
    if let Value::Number(number) = value {
        return is_valid_number(kind, number.as_str());
    }
    let Some(text) = value.as_str() else { return true };
    match kind {
        "date" => is_date(text, &[Precision::Year, Precision::Month, Precision::Day]),
        "dateTime" => is_date_time(text),
        "instant" => is_moment(text),
        "time" => is_time(text),
        "code" => is_code(text),
        "id" => is_id(text),
        "oid" => text.strip_prefix("urn:oid:").is_some_and(is_oid),
        "uuid" => text.strip_prefix("urn:uuid:").is_some_and(is_uuid),
        "base64Binary" => is_base64(text),
        "uri" | "url" | "canonical" => !text.is_empty() && !text.chars().any(char::is_whitespace),
        "xhtml" => is_div(text),
        _ => text.chars().any(|letter| !letter.is_whitespace()) && !text.chars().any(is_forbidden),
    }
}

fn is_valid_number(kind: &str, text: &str) -> bool {
    let whole = || text.parse::<i64>().ok();
    match kind {
        "integer" => whole().is_some_and(|number| i32::try_from(number).is_ok()),
        "unsignedInt" => whole().is_some_and(|number| (0..=i64::from(i32::MAX)).contains(&number)),
        "positiveInt" => whole().is_some_and(|number| (1..=i64::from(i32::MAX)).contains(&number)),
        _ => Decimal::parse(text).is_some(),
    }
}

/// R4 strings carry no control characters but tabulation and line ends.
fn is_forbidden(letter: char) -> bool {
    letter < ' ' && !matches!(letter, '\t' | '\n' | '\r')
}

fn is_date(text: &str, precisions: &[Precision]) -> bool {
    FhirDate::parse(text).is_some_and(|date| precisions.contains(&date.precision))
}

fn is_date_time(text: &str) -> bool {
    is_date(text, &[Precision::Year, Precision::Month, Precision::Day]) || is_moment(text)
}

/// With seconds and a time zone.
fn is_moment(text: &str) -> bool {
    FhirDate::parse(text).is_some_and(|date| {
        date.has_zone && matches!(date.precision, Precision::Second | Precision::Fraction)
    })
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let two = |at: usize, below: u8| {
        let digits = bytes.get(at..at + 2);
        digits.is_some_and(|d| d.iter().all(u8::is_ascii_digit) && (d[0] - b'0') * 10 + (d[1] - b'0') < below)
    };
    let has_colons = bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':');
    let fraction = bytes.get(8..).unwrap_or(b"");
    let is_fraction = fraction.is_empty()
        || (fraction.len() > 1 && fraction[0] == b'.' && fraction[1..].iter().all(u8::is_ascii_digit));
    has_colons && two(0, 24) && two(3, 60) && two(6, 61) && is_fraction
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.contains("  ")
        && !text.chars().any(|letter| letter.is_whitespace() && letter != ' ')
}

fn is_oid(text: &str) -> bool {
    let mut arcs = text.split('.');
    let is_first = matches!(arcs.next(), Some("0" | "1" | "2"));
    let is_arc = |arc: &str| {
        arc == "0" || (!arc.starts_with('0') && !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()))
    };
    is_first && text.contains('.') && arcs.all(is_arc)
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Line ends and blanks between groups are allowed by the R4 pattern.
fn is_base64(text: &str) -> bool {
    let mut count = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
        count += 1;
    }
    count > 0 && count.is_multiple_of(4) && padding <= 2
}

fn is_div(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.starts_with("<div") && (trimmed.ends_with("</div>") || trimmed.ends_with("/>"))
}
