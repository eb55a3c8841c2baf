//! Days as numbers: the histories add and compare dates millions of times.

use jiff::civil::Date;
use std::fmt;

/// A day, counted from 1 January 1970. Prints as `2026-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i32);

/// Longest month, so that every month has this many days for drawing.
const SAFE_DAY: u32 = 28;

impl Day {
    /// From a calendar date.
    pub(crate) fn of(date: Date) -> Day {
        Day::ymd(i32::from(date.year()), date.month() as u32, date.day() as u32)
    }

    /// From year, month (1 to 12) and day (1 to 31) of the Gregorian calendar.
    pub(crate) fn ymd(year: i32, month: u32, day: u32) -> Day {
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_from_march = (month as i32 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Day(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day.
    pub(crate) fn parts(self) -> (i32, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
        (year_of_era + era * 400 + i32::from(month <= 2), month, day)
    }

    /// This many days later.
    pub(crate) fn plus_days(self, days: i32) -> Day {
        Day(self.0 + days)
    }

    /// This many months later; the day of the month is kept up to the 28th.
    pub(crate) fn plus_months(self, months: i32) -> Day {
        let (year, month, day) = self.parts();
        let count = year * 12 + month as i32 - 1 + months;
        Day::ymd(count.div_euclid(12), count.rem_euclid(12) as u32 + 1, day.min(SAFE_DAY))
    }

    /// Completed years since this day.
    pub(crate) fn years_until(self, other: Day) -> i32 {
        self.months_until(other).div_euclid(12)
    }

    /// Completed months since this day.
    pub(crate) fn months_until(self, other: Day) -> i32 {
        let (from_year, from_month, from_day) = self.parts();
        let (to_year, to_month, to_day) = other.parts();
        (to_year - from_year) * 12 + to_month as i32 - from_month as i32 - i32::from(to_day < from_day)
    }

    /// The year.
    pub(crate) fn year(self) -> i32 {
        self.parts().0
    }

    /// As `20260301`, for CDA.
    pub(crate) fn compact(self) -> String {
        let (year, month, day) = self.parts();
        format!("{year:04}{month:02}{day:02}")
    }

    /// As `01/03/2026`, for people.
    pub(crate) fn french(self) -> String {
        let (year, month, day) = self.parts();
        format!("{day:02}/{month:02}/{year:04}")
    }

    /// An instant of this day in France, as `2026-03-01T09:30:00+01:00`.
    pub(crate) fn at(self, hour: u32, minute: u32) -> String {
        format!("{self}T{hour:02}:{minute:02}:00{}", if self.is_summer_time() { "+02:00" } else { "+01:00" })
    }

    /// The same instant for CDA, as `20260301093000+0100`.
    pub(crate) fn compact_at(self, hour: u32, minute: u32) -> String {
        let offset = if self.is_summer_time() { "+0200" } else { "+0100" };
        format!("{}{hour:02}{minute:02}00{offset}", self.compact())
    }

    /// Summer time in France runs between the last Sundays of March and October (since 1996; earlier years are
    /// treated the same, our instants are recent).
    fn is_summer_time(self) -> bool {
        let year = self.year();
        self > last_sunday(year, 3) && self <= last_sunday(year, 10).plus_days(-1)
            || self == last_sunday(year, 3)
    }

    /// Saturday or Sunday.
    pub(crate) fn is_weekend(self) -> bool {
        matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }

    /// This day or the Monday after it.
    pub(crate) fn working_day(self) -> Day {
        let mut day = self;
        while day.is_weekend() {
            day = day.plus_days(1);
        }
        day
    }
}

fn last_sunday(year: i32, month: u32) -> Day {
    let mut day = Day::ymd(year, month, 31);
    while (day.0 + 3).rem_euclid(7) != 6 {
        day = day.plus_days(-1);
    }
    day
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn agrees_with_the_calendar_of_jiff() {
        let mut date = jiff::civil::date(1899, 12, 28);
        for _ in 0..50_000 {
            let day = Day::of(date);
            assert_eq!(day.to_string(), date.to_string());
            assert_eq!(day.parts().0, i32::from(date.year()));
            date = date.tomorrow().unwrap();
        }
    }

    #[test]
    fn counts_completed_years_and_months() {
        let born = Day::ymd(2000, 2, 29);
        assert_eq!(born.years_until(Day::ymd(2018, 2, 28)), 17);
        assert_eq!(born.years_until(Day::ymd(2018, 3, 1)), 18);
        assert_eq!(born.plus_months(12).to_string(), "2001-02-28");
        assert_eq!(Day::ymd(2024, 1, 31).plus_months(1).to_string(), "2024-02-28");
    }

    #[test]
    fn knows_summer_time_and_weekends() {
        assert!(Day::ymd(2026, 7, 14).at(9, 5).ends_with("T09:05:00+02:00"));
        assert!(Day::ymd(2026, 3, 28).at(9, 5).ends_with("+01:00"));
        assert!(Day::ymd(2026, 3, 29).at(9, 5).ends_with("+02:00"));
        assert!(Day::ymd(2026, 10, 25).at(9, 5).ends_with("+01:00"));
        assert!(Day::ymd(2026, 11, 21).is_weekend());
        assert_eq!(Day::ymd(2026, 11, 21).working_day(), Day::ymd(2026, 11, 23));
    }
}
