//! Paris time without a time zone database: the European daylight rule, written out.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};
use socle_kernel::Instant;

/// Hours that Paris is ahead of UTC at this moment: 2 from the last Sunday of March 01:00 UTC to the last Sunday of
/// October 01:00 UTC, 1 otherwise. Moments before 1996, when the rule began, follow it too: they are shown with the
/// day they happened, never used to compute.
pub fn paris_offset_hours(instant: Instant) -> i8 {
    let utc = utc(instant);
    let start = last_sunday(utc.year(), 3).at(1, 0, 0, 0);
    let end = last_sunday(utc.year(), 10).at(1, 0, 0, 0);
    if utc >= start && utc < end { 2 } else { 1 }
}

/// The date and time that clocks in Paris show at this moment.
pub fn paris(instant: Instant) -> DateTime {
    utc(instant).saturating_add(i64::from(paris_offset_hours(instant)).hours())
}

fn utc(instant: Instant) -> DateTime {
    let timestamp: Timestamp = instant.timestamp();
    jiff::tz::Offset::UTC.to_datetime(timestamp)
}

fn last_sunday(year: i16, month: i8) -> Date {
    let last = jiff::civil::date(year, month, 31);
    last.saturating_sub(i64::from(last.weekday().to_sunday_zero_offset()).days())
}
