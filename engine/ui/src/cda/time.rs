//! HL7 version 3 times (`20191203133000+0100`) in words, as precise as written.

use super::read::Xml;
use crate::dates;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use socle_kernel::{Instant, Lang};

/// A `TS` value in words; a value that is none is given back as it came.
pub(super) fn words(lang: Lang, value: &str) -> String {
    parse(lang, value).unwrap_or_else(|| value.to_owned())
}

fn parse(lang: Lang, value: &str) -> Option<String> {
    let (digits, zone) = match value.find(['+', '-']) {
        Some(index) => value.split_at(index),
        None => (value, ""),
    };
    let digits = digits.split('.').next()?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i8>().ok());
    let year: i16 = digits.get(..4)?.parse().ok()?;
    match digits.len() {
        4 => return Some(year.to_string()),
        6 => {
            let month = dates::month_name(lang, part(4, 6)?);
            return (!month.is_empty()).then(|| format!("{month} {year}"));
        }
        8 | 10 | 12 | 14 => {}
        _ => return None,
    }
    let day = Date::new(year, part(4, 6)?, part(6, 8)?).ok()?;
    if digits.len() == 8 {
        return Some(dates::day(lang, day));
    }
    let local = jiff::civil::DateTime::from_parts(
        day,
        jiff::civil::Time::new(part(8, 10)?, part(10, 12).unwrap_or(0), part(12, 14).unwrap_or(0), 0).ok()?,
    );
    match offset(zone) {
        Some(offset) => {
            let timestamp: Timestamp = offset.to_timestamp(local).ok()?;
            Some(dates::day_time(lang, Instant::from_timestamp(timestamp)))
        }
        None => {
            let at = lang.pick(" à ", " at ");
            Some(format!("{}{at}{:02}:{:02}", dates::day(lang, day), local.hour(), local.minute()))
        }
    }
}

/// `+0100` as an offset.
fn offset(zone: &str) -> Option<Offset> {
    let hours: i32 = zone.get(1..3)?.parse().ok()?;
    let minutes: i32 = zone.get(3..5).map_or(Some(0), |minutes| minutes.parse().ok())?;
    let seconds = (hours * 60 + minutes) * 60;
    Offset::from_seconds(if zone.starts_with('-') { -seconds } else { seconds }).ok()
}

/// A moment or an interval: `value`, or `low` to `high`.
pub(super) fn interval(lang: Lang, element: Xml<'_>) -> Option<String> {
    if let Some(value) = element.attribute("value") {
        return Some(words(lang, value));
    }
    let bound =
        |name| element.child(name).and_then(|bound| bound.attribute("value")).map(|value| words(lang, value));
    match (bound("low"), bound("high")) {
        (Some(low), Some(high)) if low == high => Some(low),
        (Some(low), Some(high)) => {
            Some(format!("{} {low} {} {high}", lang.pick("du", "from"), lang.pick("au", "to")))
        }
        (Some(low), None) => Some(format!("{} {low}", lang.pick("depuis le", "since"))),
        (None, Some(high)) => Some(format!("{} {high}", lang.pick("jusqu’au", "until"))),
        (None, None) => {
            element.child("center").and_then(|c| c.attribute("value")).map(|value| words(lang, value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_precise_as_written() {
        for (value, fr) in [
            ("2019", "2019"),
            ("201912", "décembre 2019"),
            ("20191203", "3 décembre 2019"),
            ("20191203133000+0100", "3 décembre 2019 à 13:30"),
            ("20190703123000+0000", "3 juillet 2019 à 14:30"),
            ("20190703233000-0400", "4 juillet 2019 à 05:30"),
            ("201912031330", "3 décembre 2019 à 13:30"),
            ("20191203133000.123+0100", "3 décembre 2019 à 13:30"),
            ("20191341", "20191341"),
            ("201913", "201913"),
            ("hier", "hier"),
            ("é2019", "é2019"),
        ] {
            assert_eq!(words(Lang::Fr, value), fr);
        }
    }
}
