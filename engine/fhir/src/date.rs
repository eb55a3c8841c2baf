//! FHIR dates: a text with a precision is a range of time.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

/// How much of a date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2026`.
    Year,
    /// `2026-11`.
    Month,
    /// `2026-11-21`.
    Day,
    /// `2026-11-21T20:15Z`, in searches only.
    Minute,
    /// `2026-11-21T20:15:00Z`.
    Second,
    /// `2026-11-21T20:15:00.123Z`, to the last digit written (microseconds at most).
    Fraction,
}

/// A date, dateTime or instant as it was written. Texts without a time zone count in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FhirDate {
    /// First moment, in microseconds since 1970 UTC.
    pub start: i64,
    /// First moment after it.
    pub end: i64,
    /// How much was written.
    pub precision: Precision,
    /// True when a time zone was written.
    pub has_zone: bool,
}

/// Before everything, for periods without a start.
pub const BEGINNING: i64 = i64::MIN;
/// After everything, for periods without an end.
pub const FOREVER: i64 = i64::MAX;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl FhirDate {
    /// Reads a FHIR date, dateTime or instant; also `…T20:15` and a missing time zone, which searches may contain.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !text.is_ascii() {
            return None;
        }
        let year = i16::try_from(digits(bytes, 0, 4)?).ok()?;
        if year == 0 {
            return None;
        }
        if bytes.len() == 4 {
            return Self::days(
                Date::new(year, 1, 1).ok()?,
                Date::new(year.checked_add(1)?, 1, 1).ok(),
                Precision::Year,
            );
        }
        let month = i8::try_from(after(bytes, 4, b'-', 2)?).ok()?;
        let first = Date::new(year, month, 1).ok()?;
        if bytes.len() == 7 {
            let next = if month == 12 {
                Date::new(year.checked_add(1)?, 1, 1)
            } else {
                Date::new(year, month + 1, 1)
            };
            return Self::days(first, next.ok(), Precision::Month);
        }
        let day = i8::try_from(after(bytes, 7, b'-', 2)?).ok()?;
        let date = Date::new(year, month, day).ok()?;
        if bytes.len() == 10 {
            return Self::days(date, date.tomorrow().ok(), Precision::Day);
        }
        if bytes[10] != b'T' {
            return None;
        }
        Self::with_time(date, &text[11..])
    }

    fn days(first: Date, next: Option<Date>, precision: Precision) -> Option<Self> {
        let start = midnight(first)?;
        let end = next.and_then(midnight).unwrap_or(start.checked_add(DAY)?);
        Some(FhirDate { start, end, precision, has_zone: false })
    }

    fn with_time(date: Date, text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let hour = i8::try_from(digits(bytes, 0, 2)?).ok()?;
        let minute = i8::try_from(after(bytes, 2, b':', 2)?).ok()?;
        let mut at = 5;
        let (mut second, mut micros, mut precision, mut step) = (0_i8, 0_i64, Precision::Minute, 60 * SECOND);
        if bytes.get(at) == Some(&b':') {
            second = i8::try_from(digits(bytes, at + 1, 2)?).ok()?;
            (precision, step, at) = (Precision::Second, SECOND, at + 3);
            if bytes.get(at) == Some(&b'.') {
                let count = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                if count == 0 {
                    return None;
                }
                let kept = count.min(6);
                let power = 10_i64.pow(6 - u32::try_from(kept).ok()?);
                micros = i64::from(digits(bytes, at + 1, kept)?) * power;
                (precision, step, at) = (Precision::Fraction, power, at + 1 + count);
            }
        }
        let (zone, has_zone) = read_zone(&text[at..])?;
        // A leap second counts as the last second of its minute: the calendar below has no 60.
        let time = Time::new(hour, minute, second.min(59), 0).ok().filter(|_| second <= 60)?;
        let moment = TimeZone::fixed(zone).to_timestamp(DateTime::from_parts(date, time)).ok()?;
        let start = moment.as_microsecond().checked_add(micros)?;
        Some(FhirDate { start, end: start.checked_add(step)?, precision, has_zone })
    }
}

/// Days since 1970 of a FHIR date of full precision.
pub fn day_number(text: &str) -> Option<i32> {
    let date = FhirDate::parse(text).filter(|date| date.precision == Precision::Day)?;
    i32::try_from(date.start.div_euclid(DAY)).ok()
}

/// The range of days since 1970 that a date covers, last one included.
pub fn day_range(date: &FhirDate) -> (i32, i32) {
    let day = |micros: i64| i32::try_from(micros.div_euclid(DAY)).unwrap_or(i32::MAX);
    (day(date.start), day(date.end - 1))
}

fn midnight(date: Date) -> Option<i64> {
    let moment = TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()?;
    Some(moment.as_microsecond())
}

fn read_zone(text: &str) -> Option<(Offset, bool)> {
    match text {
        "" => Some((Offset::UTC, false)),
        "Z" => Some((Offset::UTC, true)),
        _ => {
            let bytes = text.as_bytes();
            let sign = match bytes[0] {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = (digits(bytes, 1, 2)?, after(bytes, 3, b':', 2)?);
            if bytes.len() != 6 || hours > 14 || minutes > 59 {
                return None;
            }
            let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            Some((Offset::from_seconds(sign * seconds).ok()?, true))
        }
    }
}

fn digits(bytes: &[u8], start: usize, count: usize) -> Option<u32> {
    let part = bytes.get(start..start + count)?;
    part.iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

fn after(bytes: &[u8], at: usize, separator: u8, count: usize) -> Option<u32> {
    (bytes.get(at) == Some(&separator)).then(|| digits(bytes, at + 1, count)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::Instant;

    #[test]
    fn a_text_covers_what_its_precision_says() {
        let table = [
            ("2026", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z", Precision::Year),
            ("2024-02", "2024-02-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z", Precision::Month),
            ("2026-12", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z", Precision::Month),
            ("2024-02-29", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z", Precision::Day),
            (
                "2026-11-21T20:15+01:00",
                "2026-11-21T19:15:00.000Z",
                "2026-11-21T19:16:00.000Z",
                Precision::Minute,
            ),
            (
                "2026-11-21T20:15:07Z",
                "2026-11-21T20:15:07.000Z",
                "2026-11-21T20:15:08.000Z",
                Precision::Second,
            ),
            (
                "2026-11-21T20:15:07.5Z",
                "2026-11-21T20:15:07.500Z",
                "2026-11-21T20:15:07.600Z",
                Precision::Fraction,
            ),
            (
                "2026-11-21T20:15:07.123-05:00",
                "2026-11-22T01:15:07.123Z",
                "2026-11-22T01:15:07.124Z",
                Precision::Fraction,
            ),
        ];
        for (text, start, end, precision) in table {
            let date = FhirDate::parse(text).expect(text);
            assert_eq!(Instant(date.start).to_string(), start, "{text}");
            assert_eq!(Instant(date.end).to_string(), end, "{text}");
            assert_eq!(date.precision, precision, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "20",
            "0000",
            "2026-13",
            "2026-00-01",
            "2026-02-30",
            "2026-1-1",
            "2026-11-21T",
            "2026-11-21 20:15",
            "2026-11-21T25:00:00Z",
            "2026-11-21T20:15:61Z",
            "2026-11-21T20:15:00.Z",
            "2026-11-21T20:15:00+1:00",
            "2026-11-21T20:15:00+15:00",
            "2026-11-21Z",
            "21/11/2026",
            "２０２６",
        ] {
            assert_eq!(FhirDate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("1969-12-31"), Some(-1));
        assert_eq!(day_number("2000-03-01"), Some(11_017));
        assert_eq!(day_number("2000-03"), None);
        let february = FhirDate::parse("1972-02").expect("valid");
        assert_eq!(day_range(&february), (761, 789));
    }
}
