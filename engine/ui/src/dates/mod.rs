//! Dates, ages, sizes and counts in words. Times are shown in Paris time.

mod fhir;
mod paris;

pub use fhir::{FhirDate, Precision, fhir};
pub use paris::{paris, paris_offset_hours};

use jiff::civil::Date;
use maud::{Markup, html};
use socle_kernel::{Instant, Lang};

const MONTHS: [(&str, &str); 12] = [
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
];

/// "mars", "March"; empty for a number that is no month.
pub fn month_name(lang: Lang, month: i8) -> &'static str {
    let index = usize::try_from(month).unwrap_or(0).wrapping_sub(1);
    MONTHS.get(index).map_or("", |(fr, en)| lang.pick_static(fr, en))
}

/// "3 mars 2026", "1er mars 2026", "3 March 2026".
pub fn day(lang: Lang, date: Date) -> String {
    let number = match (lang, date.day()) {
        (Lang::Fr, 1) => "1er".to_owned(),
        (_, number) => number.to_string(),
    };
    format!("{number} {} {}", month_name(lang, date.month()), date.year())
}

/// [`day`] inside a `time` element that machines can read.
pub fn time(lang: Lang, date: Date) -> Markup {
    html! { time datetime=(date) { (day(lang, date)) } }
}

/// "3 mars 2026 à 14:02", "3 March 2026 at 14:02", in Paris time.
pub fn day_time(lang: Lang, instant: Instant) -> String {
    let local = paris(instant);
    let at = lang.pick(" à ", " at ");
    format!("{}{at}{:02}:{:02}", day(lang, local.date()), local.hour(), local.minute())
}

/// [`day_time`] inside a `time` element that machines can read.
pub fn day_time_markup(lang: Lang, instant: Instant) -> Markup {
    html! { time datetime=(instant) { (day_time(lang, instant)) } }
}

/// The day of a moment in Paris.
pub fn date_of(instant: Instant) -> Date {
    paris(instant).date()
}

/// "il y a 2 heures", "dans 3 jours", "à l'instant".
pub fn relative(lang: Lang, then: Instant, now: Instant) -> String {
    let seconds = now.seconds().saturating_sub(then.seconds());
    let (number, fr, en) = unit(seconds.unsigned_abs());
    if number == 0 {
        return lang.pick("à l’instant", "just now").to_owned();
    }
    let words = match lang {
        Lang::Fr => plural(lang, number, fr.0, fr.1),
        Lang::En => plural(lang, number, en.0, en.1),
    };
    match (lang, seconds > 0) {
        (Lang::Fr, true) => format!("il y a {words}"),
        (Lang::Fr, false) => format!("dans {words}"),
        (Lang::En, true) => format!("{words} ago"),
        (Lang::En, false) => format!("in {words}"),
    }
}

type Forms = (&'static str, &'static str);

/// The largest unit that fits, with its singular and plural in both languages; 0 under a minute.
fn unit(seconds: u64) -> (u64, Forms, Forms) {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match seconds {
        0..MINUTE => (0, ("", ""), ("", "")),
        MINUTE..HOUR => (seconds / MINUTE, ("minute", "minutes"), ("minute", "minutes")),
        HOUR..DAY => (seconds / HOUR, ("heure", "heures"), ("hour", "hours")),
        _ => match seconds / DAY {
            days @ ..31 => (days, ("jour", "jours"), ("day", "days")),
            days @ ..365 => ((days / 30).min(11), ("mois", "mois"), ("month", "months")),
            // 365 days are a little less than a mean year, and still "1 an".
            days => ((days * 100 / 36_525).max(1), ("an", "ans"), ("year", "years")),
        },
    }
}

/// "34 ans", "18 mois", "12 jours": days under a month, months under two years, then years. Empty for a birth to come.
pub fn age(lang: Lang, birth: Date, today: Date) -> String {
    if birth > today {
        return String::new();
    }
    let months = months_between(birth, today);
    let (number, fr, en): (u64, Forms, Forms) = match months {
        0 => {
            let days = birth.until(today).map_or(0, |span| span.get_days());
            (u64::try_from(days).unwrap_or(0), ("jour", "jours"), ("day", "days"))
        }
        1..24 => (months, ("mois", "mois"), ("month", "months")),
        _ => (months / 12, ("an", "ans"), ("year", "years")),
    };
    match lang {
        Lang::Fr => plural(lang, number, fr.0, fr.1),
        Lang::En => plural(lang, number, en.0, en.1),
    }
}

/// Whole months from one day to a later one.
fn months_between(from: Date, to: Date) -> u64 {
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month())
        - i64::from(from.month());
    // Born on the 31st, a month is complete on the last day of a shorter month.
    let is_complete = to.day() >= from.day() || (to.day() == to.days_in_month() && from.day() > to.day());
    u64::try_from(if is_complete { months } else { months - 1 }).unwrap_or(0)
}

/// "120 Ko", "1,4 Mo", "120 KB", "1.4 MB" (thousands, as file managers show).
pub fn size(lang: Lang, bytes: u64) -> String {
    let (fr, en, unit): (&str, &str, u64) = match bytes {
        ..1_000 => return plural(lang, bytes, lang.pick("octet", "byte"), lang.pick("octets", "bytes")),
        1_000..1_000_000 => ("Ko", "KB", 1_000),
        1_000_000..1_000_000_000 => ("Mo", "MB", 1_000_000),
        _ => ("Go", "GB", 1_000_000_000),
    };
    let tenths = bytes.saturating_mul(10) / unit;
    let number = if tenths >= 100 || tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}{}{}", tenths / 10, lang.pick(",", "."), tenths % 10)
    };
    format!("{number} {}", lang.pick(fr, en))
}

/// "1 document", "2 documents", "0 document" (French counts 0 and 1 alike, English only 1).
pub fn plural(lang: Lang, count: u64, one: &str, many: &str) -> String {
    let is_one = match lang {
        Lang::Fr => count < 2,
        Lang::En => count == 1,
    };
    format!("{count} {}", if is_one { one } else { many })
}

/// A health identity number in groups, as on cards: `1 85 05 78 006 084 91`. Anything else is given back as it came.
pub fn ins(number: &str) -> String {
    let characters: Vec<char> = number.chars().filter(|c| !c.is_whitespace()).collect();
    if characters.len() != 15 && characters.len() != 13 {
        return number.to_owned();
    }
    let mut groups: Vec<String> = Vec::new();
    let mut rest = characters.as_slice();
    for length in [1, 2, 2, 2, 3, 3, 2] {
        let (group, after) = rest.split_at(length.min(rest.len()));
        if !group.is_empty() {
            groups.push(group.iter().collect());
        }
        rest = after;
    }
    groups.join(" ")
}

#[cfg(test)]
mod tests;
