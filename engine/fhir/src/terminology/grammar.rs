//! Code systems whose codes follow a grammar: no list of them exists or is needed to tell a code from what is none.

use super::Membership;
use crate::ucum::Unit;
use regex::Regex;

/// What is known of a system's codes without a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// BCP 47 language tags: well-formed ones are codes.
    Language,
    /// BCP 13 media types: well-formed ones are codes.
    MediaType,
    /// UCUM units: well-formed ones are codes.
    Unit,
    /// RFC 3986 addresses.
    Address,
    /// ISO 3166-1: two or three letters, or three digits. Which of them exist needs the list.
    Country,
    /// ISO 3166-2: a country, a hyphen, up to three letters or digits.
    Subdivision,
    /// ISO 4217: three letters.
    Currency,
}

/// What a filter asks of a code that follows a grammar.
#[derive(Debug)]
pub(super) enum Rule {
    /// The whole code matches a pattern.
    Pattern(Regex),
    /// A unit of the same dimension as this one.
    Comparable(Unit),
}

impl Rule {
    /// Does a code keep it?
    pub(super) fn holds(&self, code: &str) -> bool {
        match self {
            Rule::Pattern(pattern) => pattern.is_match(code),
            Rule::Comparable(unit) => Unit::parse(code).is_some_and(|other| other.is_comparable(unit)),
        }
    }
}

/// The grammar of a system, when it has one.
pub(super) fn of(system: &str) -> Option<Grammar> {
    Some(match system {
        "urn:ietf:bcp:47" => Grammar::Language,
        "urn:ietf:bcp:13" => Grammar::MediaType,
        "http://unitsofmeasure.org" => Grammar::Unit,
        "urn:ietf:rfc:3986" => Grammar::Address,
        "urn:iso:std:iso:3166" => Grammar::Country,
        "urn:iso:std:iso:3166:-2" => Grammar::Subdivision,
        "urn:iso:std:iso:4217" => Grammar::Currency,
        _ => return None,
    })
}

impl Grammar {
    /// Is this text a code of the system? A form that may be a code or not, according to a list, is unknown.
    pub(super) fn check(self, code: &str) -> Membership {
        let listed = |may_be: bool| if may_be { Membership::Unknown } else { Membership::No };
        let letters = |length: usize| code.len() == length && code.bytes().all(|b| b.is_ascii_alphabetic());
        match self {
            Grammar::Language => is_language(code).into(),
            // The short names that CapabilityStatement.format allows beside media types.
            Grammar::MediaType if matches!(code, "xml" | "json" | "ttl") => Membership::Unknown,
            Grammar::MediaType => is_media_type(code).into(),
            Grammar::Unit => Unit::parse(code).is_some().into(),
            Grammar::Address => {
                let scheme = code.split_once(':').map_or("", |(scheme, _)| scheme);
                let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
                (is_scheme && !code.contains(char::is_whitespace)).into()
            }
            Grammar::Country => listed(
                letters(2) || letters(3) || (code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit())),
            ),
            Grammar::Subdivision => listed(code.split_once('-').is_some_and(|(country, part)| {
                country.len() == 2
                    && country.bytes().all(|b| b.is_ascii_alphabetic())
                    && (1..=3).contains(&part.len())
                    && part.bytes().all(|b| b.is_ascii_alphanumeric())
            })),
            Grammar::Currency => listed(letters(3)),
        }
    }
}

/// `type/subtype` of RFC 6838, with or without parameters.
fn is_media_type(code: &str) -> bool {
    let mut parts = code.split(';');
    let essence = parts.next().unwrap_or("").trim();
    let is_name = |name: &str| {
        (1..=127).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    essence.split_once('/').is_some_and(|(kind, name)| is_name(kind) && is_name(name))
        && parts.all(|part| part.split_once('=').is_some_and(|(name, _)| is_name(name.trim())))
}

/// Tags that are registered though they do not follow the grammar (RFC 5646, section 2.2.8).
const IRREGULAR: [&str; 17] = [
    "en-gb-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-be-fr",
    "sgn-be-nl",
    "sgn-ch-de",
];

/// Well-formed according to RFC 5646.
fn is_language(code: &str) -> bool {
    let lower = code.to_ascii_lowercase();
    if IRREGULAR.contains(&lower.as_str()) {
        return true;
    }
    let mut tags = lower.split('-').peekable();
    let is = |tag: &str, lengths: std::ops::RangeInclusive<usize>, check: fn(&u8) -> bool| {
        lengths.contains(&tag.len()) && tag.as_bytes().iter().all(check)
    };
    let alpha: fn(&u8) -> bool = u8::is_ascii_alphabetic;
    let alnum: fn(&u8) -> bool = u8::is_ascii_alphanumeric;
    let digit: fn(&u8) -> bool = u8::is_ascii_digit;
    if tags.peek() != Some(&"x") {
        let Some(language) = tags.next().filter(|tag| is(tag, 2..=8, alpha)) else { return false };
        if language.len() <= 3 {
            for _ in 0..3 {
                tags.next_if(|tag| is(tag, 3..=3, alpha));
            }
        }
        tags.next_if(|tag| is(tag, 4..=4, alpha));
        tags.next_if(|tag| is(tag, 2..=2, alpha) || is(tag, 3..=3, digit));
        while tags
            .next_if(|tag| is(tag, 5..=8, alnum) || (is(tag, 4..=4, alnum) && digit(&tag.as_bytes()[0])))
            .is_some()
        {}
        while tags.next_if(|tag| *tag != "x" && is(tag, 1..=1, alnum)).is_some() {
            let mut parts = 0;
            while tags.next_if(|tag| is(tag, 2..=8, alnum)).is_some() {
                parts += 1;
            }
            if parts == 0 {
                return false;
            }
        }
    }
    if tags.next_if(|tag| *tag == "x").is_some() {
        return tags.peek().is_some() && tags.all(|tag| is(tag, 1..=8, alnum));
    }
    tags.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_follow_their_grammar() {
        for good in [
            "fr",
            "fr-FR",
            "zh-Hant-TW",
            "sl-rozaj-biske",
            "de-CH-1901",
            "x-nous",
            "en-a-bbb-x-a",
            "i-lux",
            "es-419",
        ] {
            assert!(is_language(good), "{good}");
        }
        for bad in ["", "f", "fr_FR", "français", "fr-", "-fr", "fr-FR-FR", "x", "en-a", "123"] {
            assert!(!is_language(bad), "{bad}");
        }
    }

    #[test]
    fn media_types_follow_their_grammar() {
        for good in [
            "text/plain",
            "text/plain; charset=UTF-8",
            "application/fhir+json",
            "application/hl7-v3+xml",
            "image/svg+xml",
        ] {
            assert_eq!(Grammar::MediaType.check(good), Membership::Yes, "{good}");
        }
        for bad in ["", "text", "text/", "/plain", "text /plain", "text/pl ain", "pdf", "text/plain;charset"]
        {
            assert_eq!(Grammar::MediaType.check(bad), Membership::No, "{bad}");
        }
        assert_eq!(Grammar::MediaType.check("json"), Membership::Unknown);
    }

    #[test]
    fn units_are_read() {
        for good in ["kg", "mm[Hg]", "10*9/L", "%", "{score}", "mL/min/{1.73_m2}", "Cel", "[lb_av]", "/[HPF]"]
        {
            assert_eq!(Grammar::Unit.check(good), Membership::Yes, "{good}");
        }
        for bad in ["", "kilo", "m m", "°C", "kg//m"] {
            assert_eq!(Grammar::Unit.check(bad), Membership::No, "{bad}");
        }
    }

    #[test]
    fn a_form_that_needs_a_list_is_never_a_yes_nor_a_false_no() {
        assert_eq!(Grammar::Country.check("FR"), Membership::Unknown);
        assert_eq!(Grammar::Country.check("France"), Membership::No);
        assert_eq!(Grammar::Subdivision.check("FR-75C"), Membership::Unknown);
        assert_eq!(Grammar::Subdivision.check("75"), Membership::No);
        assert_eq!(Grammar::Currency.check("EUR"), Membership::Unknown);
        assert_eq!(Grammar::Currency.check("€"), Membership::No);
        assert_eq!(Grammar::Address.check("urn:oid:1.2.3"), Membership::Yes);
        assert_eq!(Grammar::Address.check("nowhere"), Membership::No);
    }
}
