//! Birth dates and matricules: unique by construction.

use super::Member;
use crate::calendar::Day;
use crate::draw::Draw;
use crate::geo::Geography;
use crate::ins::N13;
use crate::names::Sex;
use std::collections::HashMap;

/// Last order number of a month in a place.
const LAST_ORDER: u16 = 999;

/// The registers: how many births were written for each sex, month and place.
#[derive(Default)]
pub(super) struct Orders(HashMap<(Sex, i32, u32, u16), u16>);

impl Orders {
    /// The next free place and order number, at the place wanted when its month is not full.
    pub(super) fn next(&mut self, sex: Sex, birth: Day, wanted: u16, places: usize) -> (u16, u16) {
        let (year, month, _) = birth.parts();
        for step in 0..places {
            let place = ((usize::from(wanted) + step) % places) as u16;
            let last = self.0.entry((sex, year.rem_euclid(100), month, place)).or_insert(0);
            if *last < LAST_ORDER {
                *last += 1;
                return (place, *last);
            }
        }
        // Every register of the month is full: more than 999 times the number of towns were born in it, which
        // `PEOPLE_MAX` excludes.
        (wanted, LAST_ORDER)
    }
}

/// A birth date that gives this age, in completed years, today.
pub(crate) fn birth_within(draw: &mut Draw, age: i32, today: Day) -> Day {
    let latest = today.plus_months(-12 * age);
    let earliest = today.plus_months(-12 * (age + 1)).plus_days(1);
    let span = (latest.0 - earliest.0).max(0) as u32;
    let day = earliest.plus_days(draw.below(span + 1) as i32);
    // Ends of months are rounded to the 28th by `plus_months`, which can miss the age by a day or two.
    match day.years_until(today).cmp(&age) {
        std::cmp::Ordering::Equal => day,
        std::cmp::Ordering::Less => day.plus_days(-4),
        std::cmp::Ordering::Greater => day.plus_days(4),
    }
}

/// The 15 characters of a member's matricule.
pub(crate) fn matricule(member: &Member, geography: &Geography) -> String {
    let (year, month, _) = member.birth.parts();
    let sex = member.sex.pick("1", "2");
    let place = &geography.birth_places[usize::from(member.place)].code;
    let text = format!("{sex}{:02}{month:02}{place}{:03}", year.rem_euclid(100), member.order);
    N13::parse(&text).expect("sex, year, month, COG code and order are 13 characters").with_key()
}

#[cfg(test)]
mod tests {
    use super::birth_within;
    use crate::calendar::Day;
    use crate::draw::{Draw, Stream};

    #[test]
    fn every_birth_gives_its_age_whatever_the_day() {
        let mut draw = Draw::new(1, Stream::Plan, 0);
        for today in
            [Day::ymd(2026, 3, 1), Day::ymd(2024, 2, 29), Day::ymd(2025, 12, 31), Day::ymd(2026, 1, 30)]
        {
            for age in 0..104 {
                for _ in 0..40 {
                    let birth = birth_within(&mut draw, age, today);
                    assert!(birth <= today);
                    assert_eq!(birth.years_until(today), age, "{birth} {today}");
                }
            }
        }
    }
}
