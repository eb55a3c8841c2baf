//! Reads FHIR `date` and `dateTime` with their precision and shows them no more precisely than they were written.

use super::{day, day_time, month_name};
use jiff::civil::Date;
use socle_kernel::{Instant, Lang};

/// How much of a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2026`
    Year,
    /// `2026-03`
    Month,
    /// `2026-03-03`
    Day,
    /// `2026-03-03T14:02:00+01:00`
    Time,
}

/// A FHIR date with its precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FhirDate {
    /// The day (the first of the month or year when only that is known), in Paris for a moment.
    pub date: Date,
    /// The moment, when it is one.
    pub instant: Option<Instant>,
    /// How much is known.
    pub precision: Precision,
}

impl FhirDate {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` or a date with time and offset.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('T') {
            let instant = Instant::parse(text)?;
            let date = super::date_of(instant);
            return Some(FhirDate { date, instant: Some(instant), precision: Precision::Time });
        }
        let parts: Vec<&str> = text.split('-').collect();
        let (month, day, precision) = match parts.as_slice() {
            [_] => (1, 1, Precision::Year),
            [_, month] => (digits(month, 2)?, 1, Precision::Month),
            [_, month, day] => (digits(month, 2)?, digits(day, 2)?, Precision::Day),
            _ => return None,
        };
        let year = digits(parts.first()?, 4)?;
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some(FhirDate { date, instant: None, precision })
    }

    /// "2026", "mars 2026", "3 mars 2026", "3 mars 2026 à 14:02".
    pub fn words(&self, lang: Lang) -> String {
        match (self.precision, self.instant) {
            (Precision::Year, _) => self.date.year().to_string(),
            (Precision::Month, _) => format!("{} {}", month_name(lang, self.date.month()), self.date.year()),
            (Precision::Time, Some(instant)) => day_time(lang, instant),
            (Precision::Day | Precision::Time, _) => day(lang, self.date),
        }
    }
}

fn digits(text: &str, length: usize) -> Option<i16> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A FHIR `date` or `dateTime` in words; a text that is none is given back as it came.
pub fn fhir(lang: Lang, text: &str) -> String {
    FhirDate::parse(text).map_or_else(|| text.to_owned(), |date| date.words(lang))
}
