//! Dates, dates with a time, and times of day as FHIRPath counts them: partial, with calendar arithmetic.

use super::quantity::Duration;
use crate::decimal::Decimal;
use std::cmp::Ordering;
use std::fmt;

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    DateTime,
    Time,
}

/// The last part that was written. Seconds and their fractions are one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// A moment with the parts that were written; the others have their least value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    kind: Kind,
    level: Level,
    /// Days since 1970; zero for a time of day.
    day: i64,
    /// Microseconds since midnight.
    micros: i64,
    /// Digits of the fraction of a second that were written.
    digits: u8,
    /// Minutes ahead of UTC.
    zone: Option<i64>,
}

pub(super) const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
/// The zones between which the whole world lies, in minutes.
const EARLIEST_ZONE: i64 = 14 * 60;
const LATEST_ZONE: i64 = -12 * 60;

impl Moment {
    /// Reads a text; `None` when it is no such moment.
    pub(super) fn parse(kind: Kind, text: &str) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        let mut moment = Moment { kind, level: Level::Hour, day: 0, micros: 0, digits: 0, zone: None };
        if kind == Kind::Time {
            let rest = moment.read_time(text)?;
            return rest.is_empty().then_some(moment);
        }
        let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        if kind == Kind::Date && time.is_some() {
            return None;
        }
        moment.read_date(date)?;
        match time {
            None | Some("") => Some(moment),
            Some(_) if moment.level != Level::Day => None,
            Some(time) => {
                let zone = moment.read_time(time)?;
                moment.zone = read_zone(zone)?;
                Some(moment)
            }
        }
    }

    fn read_date(&mut self, text: &str) -> Option<()> {
        let mut parts = text.split('-');
        let mut next = |width: usize| match parts.next() {
            Some(part) => number(part, width).map(Some),
            None => Some(None),
        };
        let (year, month, day) = (next(4)??, next(2)?, next(2)?);
        if year == 0 || parts.next().is_some() {
            return None;
        }
        self.level = match (month, day) {
            (None, _) => Level::Year,
            (_, None) => Level::Month,
            _ => Level::Day,
        };
        let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
        if !(1..=12).contains(&month) || !(1..=month_length(year, month)).contains(&day) {
            return None;
        }
        self.day = day_of(year, month, day);
        Some(())
    }

    /// Reads `HH[:mm[:ss[.f]]]` and gives what follows.
    fn read_time<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let hour = number(text.get(..2)?, 2).filter(|hour| *hour < 24)?;
        (self.level, self.micros) = (Level::Hour, hour * HOUR);
        let Some(rest) = text[2..].strip_prefix(':') else { return Some(&text[2..]) };
        let minute = number(rest.get(..2)?, 2).filter(|minute| *minute < 60)?;
        (self.level, self.micros) = (Level::Minute, self.micros + minute * MINUTE);
        let Some(rest) = rest[2..].strip_prefix(':') else { return Some(&rest[2..]) };
        // A leap second counts as the last second of its minute.
        let second = number(rest.get(..2)?, 2).filter(|second| *second <= 60)?.min(59);
        (self.level, self.micros) = (Level::Second, self.micros + second * SECOND);
        let Some(fraction) = rest[2..].strip_prefix('.') else { return Some(&rest[2..]) };
        let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let kept = count.min(6);
        let power = u32::try_from(6 - kept).ok()?;
        self.micros += number(&fraction[..kept], kept).filter(|_| kept > 0)? * 10_i64.pow(power);
        self.digits = u8::try_from(kept).ok()?;
        Some(&fraction[count..])
    }

    /// The first moment, and the first one after it, in microseconds.
    fn span(&self) -> (i64, i64) {
        let zone = self.zone.unwrap_or(0) * MINUTE;
        let start = self.day * DAY + self.micros - zone;
        let end = match self.level {
            Level::Year | Level::Month => {
                let months = if self.level == Level::Year { 12 } else { 1 };
                plus_months(self.day, months).unwrap_or(self.day) * DAY
            }
            Level::Day => start + DAY,
            Level::Hour => start + HOUR,
            Level::Minute => start + MINUTE,
            Level::Second => start + 1,
        };
        (start, end)
    }

    /// The order of two moments; `None` when what was written leaves it open: one is coarser and holds the other, or
    /// only one has a time zone.
    pub(super) fn order(&self, other: &Moment) -> Option<Ordering> {
        let has_time = self.level > Level::Day && other.level > Level::Day;
        if has_time && self.zone.is_some() != other.zone.is_some() {
            return None;
        }
        let ((start, end), (other_start, other_end)) = (self.span(), other.span());
        if self.level == other.level {
            Some(start.cmp(&other_start))
        } else if end <= other_start {
            Some(Ordering::Less)
        } else if other_end <= start {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    /// The moment so much later (or earlier); `None` when that is no date, or the unit does not fit.
    pub(super) fn plus(&self, amount: Decimal, unit: Duration) -> Option<Self> {
        let whole = amount.truncated();
        if let Duration::Months(months) = unit {
            if self.kind == Kind::Time {
                return None;
            }
            let months = whole?.checked_mul(months)?;
            let months = if self.level == Level::Year { months / 12 * 12 } else { months };
            return Some(Moment { day: plus_months(self.day, months)?, ..*self }).filter(Self::is_dated);
        }
        let Duration::Micros(step) = unit else { return None };
        // Only of seconds and less do fractions count.
        let micros = if step > SECOND {
            whole?.checked_mul(step)?
        } else {
            amount.times(Decimal::whole(step))?.truncated()?
        };
        let moved = match self.level {
            Level::Year => Moment { day: plus_months(self.day, micros / (365 * DAY) * 12)?, ..*self },
            Level::Month => Moment { day: plus_months(self.day, micros / (30 * DAY))?, ..*self },
            Level::Day => Moment { day: self.day.checked_add(micros / DAY)?, ..*self },
            level => {
                let grain = match level {
                    Level::Hour => HOUR,
                    Level::Minute => MINUTE,
                    _ => 1,
                };
                let sum = self.micros.checked_add(micros / grain * grain)?;
                let day =
                    if self.kind == Kind::Time { 0 } else { self.day.checked_add(sum.div_euclid(DAY))? };
                let micros = sum.rem_euclid(DAY);
                Moment { day, micros, digits: self.digits.max(digits_needed(micros)), ..*self }
            }
        };
        Some(moved).filter(Self::is_dated)
    }

    fn is_dated(&self) -> bool {
        (day_of(1, 1, 1)..=day_of(9999, 12, 31)).contains(&self.day)
    }

    /// How many digits were written.
    pub(super) fn precision(&self) -> i64 {
        let date = if self.kind == Kind::Time { 0 } else { 8 };
        match self.level {
            Level::Year => 4,
            Level::Month => 6,
            Level::Day => 8,
            Level::Hour => date + 2,
            Level::Minute => date + 4,
            Level::Second => date + 6 + i64::from(self.digits),
        }
    }

    /// The first or last moment that this one may mean, with so many digits (all that its kind has, when not told).
    pub(super) fn boundary(&self, is_low: bool, precision: Option<i64>) -> Option<Self> {
        let precision = precision.unwrap_or(match self.kind {
            Kind::Date => 8,
            Kind::DateTime => 17,
            Kind::Time => 9,
        });
        let wanted = match (self.kind, precision) {
            (Kind::Date | Kind::DateTime, 4) => Level::Year,
            (Kind::Date | Kind::DateTime, 6) => Level::Month,
            (Kind::Date | Kind::DateTime, 8) => Level::Day,
            (Kind::DateTime, 10) | (Kind::Time, 2) => Level::Hour,
            (Kind::DateTime, 12) | (Kind::Time, 4) => Level::Minute,
            (Kind::DateTime, 14 | 17) | (Kind::Time, 6 | 9) => Level::Second,
            _ => return None,
        };
        let mut bound = *self;
        let local = Moment { zone: None, ..*self };
        if !is_low && self.level < Level::Second {
            let last = local.span().1 - 1;
            (bound.day, bound.micros) = (last.div_euclid(DAY), last.rem_euclid(DAY));
        }
        if !is_low && self.level == Level::Second && self.digits == 0 {
            bound.micros += SECOND - 1;
        }
        if wanted > Level::Day && self.kind == Kind::DateTime && bound.zone.is_none() {
            bound.zone = Some(if is_low { EARLIEST_ZONE } else { LATEST_ZONE });
        }
        bound.cut(wanted, if matches!(precision, 9 | 17) { 3 } else { 0 });
        Some(bound)
    }

    /// Forgets what is finer than a level.
    fn cut(&mut self, level: Level, digits: u8) {
        let (year, month, _) = civil(self.day);
        let grain = match level {
            Level::Year | Level::Month | Level::Day => DAY,
            Level::Hour => HOUR,
            Level::Minute => MINUTE,
            Level::Second => 10_i64.pow(6 - u32::from(digits)),
        };
        self.micros -= self.micros % grain;
        if level <= Level::Day {
            self.zone = None;
        }
        match level {
            Level::Year => self.day = day_of(year, 1, 1),
            Level::Month => self.day = day_of(year, month, 1),
            _ => {}
        }
        (self.level, self.digits) = (level, digits);
    }

    /// The date of a date with a time.
    pub(super) fn to_date(self) -> Self {
        let mut date = Moment { kind: Kind::Date, ..self };
        if self.level > Level::Day {
            date.cut(Level::Day, 0);
        }
        date
    }
}

/// As FHIR writes it, without `@` and without the `T` of a partial date with a time.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != Kind::Time {
            let (year, month, day) = civil(self.day);
            write!(f, "{year:04}")?;
            if self.level >= Level::Month {
                write!(f, "-{month:02}")?;
            }
            if self.level >= Level::Day {
                write!(f, "-{day:02}")?;
            }
            if self.level <= Level::Day {
                return Ok(());
            }
            f.write_str("T")?;
        }
        write!(f, "{:02}", self.micros / HOUR)?;
        if self.level >= Level::Minute {
            write!(f, ":{:02}", self.micros / MINUTE % 60)?;
        }
        if self.level == Level::Second {
            write!(f, ":{:02}", self.micros / SECOND % 60)?;
            if self.digits > 0 {
                let power = 10_i64.pow(6 - u32::from(self.digits));
                write!(f, ".{:0width$}", self.micros % SECOND / power, width = usize::from(self.digits))?;
            }
        }
        match self.zone {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(zone) => {
                let sign = if zone < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", zone.abs() / 60, zone.abs() % 60)
            }
        }
    }
}

fn digits_needed(micros: i64) -> u8 {
    match (micros % SECOND, micros % 1_000) {
        (0, _) => 0,
        (_, 0) => 3,
        _ => 6,
    }
}

/// `""`, `Z`, `+01:00`.
#[expect(clippy::option_option, reason = "unreadable, absent, and there are three things")]
fn read_zone(text: &str) -> Option<Option<i64>> {
    match text {
        "" => Some(None),
        "Z" => Some(Some(0)),
        _ => {
            let sign = if text.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            (hours <= 14 && minutes < 60).then_some(Some(sign * (hours * 60 + minutes)))
        }
    }
}

fn number(text: &str, width: usize) -> Option<i64> {
    (text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn month_length(year: i64, month: i64) -> i64 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    }
}

fn plus_months(day: i64, months: i64) -> Option<i64> {
    let (year, month, day) = civil(day);
    let count = year.checked_mul(12)?.checked_add(month - 1)?.checked_add(months)?;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    (-10_000..20_000).contains(&year).then(|| day_of(year, month, day.min(month_length(year, month))))
}

/// Days since 1970 of a date of the proleptic calendar.
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    // The year is counted from March: the leap day is then its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}
