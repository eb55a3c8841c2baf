//! Puts a sample of ages into households: families first, then couples, then people alone.

use super::{Figure, HomeKind, HomeRole, birth_within};
use crate::calendar::Day;
use crate::draw::Draw;
use crate::names::Sex;
use crate::pyramid::{Ages, OLDEST};

/// Shares in percent; own rounding of INSEE's household statistics (Recensement, 2021).
const YOUNG_ADULT_WITH_PARENTS: f64 = 55.0;
const ONE_PARENT: f64 = 23.0;
const ONE_PARENT_IS_MOTHER: f64 = 82.0;
const TWO_HOMES: f64 = 6.0;
const TWINS: f64 = 2.5;
const IN_COUPLE: f64 = 68.0;
/// Percent of people living in a residence, from 75 and from 85.
const RESIDENCE_75: f64 = 5.0;
const RESIDENCE_85: f64 = 21.0;
/// Percent of families with one child, one or two, one to three.
const UP_TO_CHILDREN: [f64; 3] = [39.0, 80.0, 95.0];
/// Age given to the adult that a very small region would lack.
const SPARE_ADULT: i32 = 38;

/// One person before names and numbers.
#[derive(Clone)]
pub(super) struct Resident {
    pub(super) sex: Sex,
    pub(super) birth: Day,
    pub(super) role: HomeRole,
    pub(super) figure: Option<Figure>,
}

/// One household before names and numbers.
#[derive(Clone)]
pub(super) struct Home {
    pub(super) kind: HomeKind,
    pub(super) residents: Vec<Resident>,
}

struct Builder<'a> {
    draw: &'a mut Draw,
    adults: Ages,
    children: Ages,
    today: Day,
    homes: Vec<Home>,
}

/// Households of exactly that many people, whose ages follow the pyramid.
pub(super) fn homes(draw: &mut Draw, people: u32, today: Day) -> Vec<Home> {
    let adults = Ages::sample(people, draw);
    let children = Ages([[0; OLDEST + 1]; 2]);
    let mut builder = Builder { draw, adults, children, today, homes: Vec::new() };
    builder.separate_children();
    builder.families();
    builder.couples();
    builder.alone();
    builder.homes
}

impl Builder<'_> {
    fn separate_children(&mut self) {
        for sex in 0..2 {
            for age in 0..25 {
                let count = self.adults.0[sex][age];
                let kept = if age < 18 {
                    0
                } else {
                    (0..count).filter(|_| !self.draw.percent(YOUNG_ADULT_WITH_PARENTS)).count() as u32
                };
                self.children.0[sex][age] = count - kept;
                self.adults.0[sex][age] = kept;
            }
        }
    }

    fn resident(&mut self, sex: Sex, age: i32, role: HomeRole) -> Resident {
        Resident { sex, birth: birth_within(self.draw, age, self.today), role, figure: None }
    }

    fn families(&mut self) {
        let mut queue = Vec::new();
        for sex in [Sex::Male, Sex::Female] {
            for age in 0..25 {
                let count = self.children.0[sex as usize][age] as usize;
                queue.extend(std::iter::repeat_n((sex, age as i32), count));
            }
        }
        self.draw.shuffle(&mut queue);
        for (sex, age) in queue {
            // Taken already as someone's brother or sister.
            if self.children.take_near(sex, age, age, age).is_some() {
                self.family_of(sex, age);
            }
        }
    }

    fn family_of(&mut self, sex: Sex, age: i32) {
        let mut children = vec![self.resident(sex, age, HomeRole::Child)];
        let share = self.draw.unit() * 100.0;
        let siblings = UP_TO_CHILDREN.iter().filter(|limit| share >= **limit).count();
        let mut oldest = age;
        for _ in 0..siblings {
            let twin_birth = children.last().map(|child| child.birth).filter(|_| self.draw.percent(TWINS));
            if let Some(child) = self.sibling(oldest, twin_birth) {
                oldest = oldest.max(child.birth.years_until(self.today));
                children.push(child);
            }
        }
        let (mut kind, mut residents) = self.parents(oldest);
        if residents.is_empty() {
            // A region so small that no adult is left: one of the children becomes the adult.
            let first = children.swap_remove(0);
            residents.push(self.resident(first.sex, SPARE_ADULT.max(oldest + 17), HomeRole::Adult));
            kind = if children.is_empty() { HomeKind::Alone } else { HomeKind::Family };
        }
        residents.extend(children);
        self.homes.push(Home { kind, residents });
    }

    fn sibling(&mut self, oldest: i32, twin_birth: Option<Day>) -> Option<Resident> {
        let sex = *self.draw.pick(&[Sex::Male, Sex::Female]);
        if let Some(birth) = twin_birth {
            let age = birth.years_until(self.today);
            self.children.take_near(sex, age, age, age)?;
            return Some(Resident { sex, birth, role: HomeRole::Child, figure: None });
        }
        let gap = self.draw.between(2, 4);
        let age = self.children.take_near(sex, oldest + gap, oldest + 1, (oldest + 7).min(24))?;
        Some(self.resident(sex, age, HomeRole::Child))
    }

    fn parents(&mut self, oldest: i32) -> (HomeKind, Vec<Resident>) {
        let is_one = self.draw.percent(ONE_PARENT);
        let is_mother = !is_one || self.draw.percent(ONE_PARENT_IS_MOTHER);
        let target = oldest + self.draw.between(24, 35);
        let (low, high) = (oldest + 17, oldest + 46);
        let mut adults = Vec::new();
        if is_mother && let Some(age) = self.adults.take_near(Sex::Female, target, low, high) {
            adults.push(self.resident(Sex::Female, age, HomeRole::Adult));
        }
        let father_target = target + self.draw.between(-2, 6);
        if (!is_one || adults.is_empty())
            && let Some(age) = self.adults.take_near(Sex::Male, father_target, low, high + 8)
        {
            adults.push(self.resident(Sex::Male, age, HomeRole::Adult));
        }
        if adults.is_empty()
            && let Some((sex, age)) = self.any_adult(low)
        {
            adults.push(self.resident(sex, age, HomeRole::Adult));
        }
        let apart = adults.len() == 2 && oldest < 18 && self.draw.percent(TWO_HOMES);
        (if apart { HomeKind::TwoHomes } else { HomeKind::Family }, adults)
    }

    /// An adult who could be a parent, for regions so small that none is of the usual age.
    fn any_adult(&mut self, low: i32) -> Option<(Sex, i32)> {
        for sex in [Sex::Female, Sex::Male] {
            if let Some(age) = self.adults.take_near(sex, low + 12, low, OLDEST as i32) {
                return Some((sex, age));
            }
        }
        None
    }

    fn couples(&mut self) {
        let mut men = Vec::new();
        for age in 20..=OLDEST {
            men.extend(std::iter::repeat_n(age as i32, self.adults.0[0][age] as usize));
        }
        self.draw.shuffle(&mut men);
        for age in men {
            let share = if age < 26 { IN_COUPLE / 3.0 } else { IN_COUPLE };
            if !self.draw.percent(share) {
                continue;
            }
            let target = age - self.draw.between(-2, 6);
            let Some(other) = self.adults.take_near(Sex::Female, target, (age - 14).max(18), age + 10) else {
                continue;
            };
            if self.adults.take_near(Sex::Male, age, age, age).is_some() {
                let residents = vec![
                    self.resident(Sex::Female, other, HomeRole::Adult),
                    self.resident(Sex::Male, age, HomeRole::Adult),
                ];
                self.homes.push(Home { kind: HomeKind::Couple, residents });
            }
        }
    }

    fn alone(&mut self) {
        for sex in [Sex::Male, Sex::Female] {
            for age in 18..=OLDEST as i32 {
                for _ in 0..self.adults.0[sex as usize][age as usize] {
                    let share = match age {
                        85.. => RESIDENCE_85,
                        75.. => RESIDENCE_75,
                        _ => 0.0,
                    };
                    let kind = if self.draw.percent(share) { HomeKind::Residence } else { HomeKind::Alone };
                    let residents = vec![self.resident(sex, age, HomeRole::Adult)];
                    self.homes.push(Home { kind, residents });
                }
            }
        }
    }
}
