//! Who lives with whom: ages, households and matricules of everyone, decided once, a few bytes a person.
//!
//! The rest of a household (names, address, histories) is drawn later from the household's own number.

mod families;
mod matricules;
mod story;

pub(crate) use matricules::{birth_within, matricule};
pub(crate) use story::Figure;

use crate::calendar::Day;
use crate::draw::{Draw, Stream};
use crate::geo::Geography;
use crate::names::Sex;
use families::{Home, Resident};
use matricules::Orders;

/// Ages at which a minor of the region may have asked for care without their parents.
const CONFIDING_YEARS: std::ops::RangeInclusive<i32> = 15..=17;

/// What someone is in their household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HomeRole {
    /// An adult who heads the household, alone or with a partner.
    Adult,
    /// A child of the adults (of any age under 25).
    Child,
}

/// What a household is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HomeKind {
    /// One person.
    Alone,
    /// Two adults.
    Couple,
    /// One or two adults with children.
    Family,
    /// Parents who live apart; the children live in turn with each.
    TwoHomes,
    /// A place in a residence for elderly people.
    Residence,
}

/// One person of the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) birth: Day,
    /// Index of the place of birth.
    pub(crate) place: u16,
    /// Order number in the register of that place and month: what makes the matricule unique.
    pub(crate) order: u16,
    pub(crate) sex: Sex,
    pub(crate) role: HomeRole,
    pub(crate) figure: Option<Figure>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    start: u32,
    kind: HomeKind,
}

/// The plan of the region.
pub(crate) struct Plan {
    members: Vec<Member>,
    slots: Vec<Slot>,
    confiding_minor: Option<(u32, usize)>,
}

impl Plan {
    /// Decides everything from the settings alone.
    pub(crate) fn new(seed: u64, people: u32, today: Day, geography: &Geography) -> Plan {
        let mut orders = Orders::default();
        let mut homes = story::homes(seed, people, today);
        let told: u32 = homes.iter().map(|home| home.residents.len() as u32).sum();
        let mut draw = Draw::new(seed, Stream::Plan, 0);
        let mut others = families::homes(&mut draw, people - told, today);
        draw.shuffle(&mut others);
        let mut story_draw = Draw::new(seed, Stream::Story, 1);
        let mut plan =
            Plan { members: Vec::with_capacity(people as usize), slots: Vec::new(), confiding_minor: None };
        for home in homes.drain(..) {
            plan.add(home, &mut story_draw, geography, &mut orders);
        }
        for home in others {
            plan.add(home, &mut draw, geography, &mut orders);
        }
        plan.confiding_minor = plan.find_confiding_minor(today);
        plan
    }

    /// The first minor of the right age outside the story: no chance in it, so that nobody else changes.
    fn find_confiding_minor(&self, today: Day) -> Option<(u32, usize)> {
        (0..self.households()).find_map(|number| {
            let (_, members) = self.household(number)?;
            let index = members.iter().position(|member| {
                member.figure.is_none() && CONFIDING_YEARS.contains(&member.birth.years_until(today))
            })?;
            Some((number, index))
        })
    }

    fn add(&mut self, home: Home, draw: &mut Draw, geography: &Geography, orders: &mut Orders) {
        self.slots.push(Slot { start: self.members.len() as u32, kind: home.kind });
        let mut last_child_place = None;
        for resident in home.residents {
            let Resident { sex, birth, role, figure } = resident;
            let wanted = match (role, last_child_place) {
                (HomeRole::Child, Some(place)) => place,
                _ => geography.draw_birth_place(draw),
            };
            let (place, order) = orders.next(sex, birth, wanted, geography.birth_places.len());
            if role == HomeRole::Child {
                last_child_place = Some(place);
            }
            self.members.push(Member { birth, place, order, sex, role, figure });
        }
    }

    /// The minor who asked for care without their parents: household and place in it.
    pub(crate) fn confiding_minor(&self) -> Option<(u32, usize)> {
        self.confiding_minor
    }

    /// How many households.
    pub(crate) fn households(&self) -> u32 {
        self.slots.len() as u32
    }

    /// How many people.
    pub(crate) fn people(&self) -> u32 {
        self.members.len() as u32
    }

    /// The people of a household and what it is; nothing when there is no such household.
    pub(crate) fn household(&self, number: u32) -> Option<(HomeKind, &[Member])> {
        let slot = self.slots.get(number as usize)?;
        let end = self.slots.get(number as usize + 1).map_or(self.members.len(), |next| next.start as usize);
        Some((slot.kind, &self.members[slot.start as usize..end]))
    }

    /// Everyone, with the number of their household.
    pub(crate) fn figure(&self, figure: Figure) -> Option<(u32, &Member)> {
        // The people of the story come first, a dozen households at most.
        (0..self.households().min(16)).find_map(|number| {
            let (_, members) = self.household(number)?;
            members.iter().find(|member| member.figure == Some(figure)).map(|member| (number, member))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, HomeKind, HomeRole, Plan, matricule};
    use crate::calendar::Day;
    use crate::geo::Geography;
    use std::collections::HashSet;

    fn plan(people: u32) -> (Plan, Geography) {
        let geography = Geography::of_region("53").unwrap();
        (Plan::new(5, people, Day::ymd(2026, 3, 1), &geography), geography)
    }

    #[test]
    fn has_exactly_the_people_asked_for() {
        for people in [0, 1, 2, 3, 5, 11, 12, 13, 14, 40, 997] {
            assert_eq!(plan(people).0.people(), people);
        }
    }

    #[test]
    fn ages_follow_the_pyramid_of_france() {
        const PEOPLE: u32 = 5_000;
        let (plan, _) = plan(PEOPLE);
        let today = Day::ymd(2026, 3, 1);
        let mut ages = vec![0u32; 130];
        for number in 0..plan.households() {
            let (_, members) = plan.household(number).unwrap();
            members.iter().for_each(|member| ages[member.birth.years_until(today) as usize] += 1);
        }
        for (from, to, share) in crate::pyramid::shares() {
            let count: u32 = ages[from as usize..=to as usize].iter().sum();
            let gap = (f64::from(count) / f64::from(PEOPLE) - share).abs();
            assert!(gap < 0.008, "{from}-{to}: {count} people, {share:.4} expected");
        }
    }

    #[test]
    fn no_two_people_share_a_matricule() {
        let (plan, geography) = plan(30_000);
        let mut seen = HashSet::new();
        for number in 0..plan.households() {
            let (_, members) = plan.household(number).unwrap();
            assert!(members.iter().all(|member| seen.insert(matricule(member, &geography))));
        }
        assert_eq!(seen.len(), 30_000);
    }

    #[test]
    fn children_never_live_alone_and_are_younger_than_their_parents() {
        let (plan, _) = plan(5_000);
        let today = Day::ymd(2026, 3, 1);
        let mut kinds = HashSet::new();
        for number in 0..plan.households() {
            let (kind, members) = plan.household(number).unwrap();
            kinds.insert(format!("{kind:?}"));
            let adults: Vec<_> = members.iter().filter(|m| m.role == HomeRole::Adult).collect();
            assert!(!adults.is_empty());
            assert!(adults.iter().all(|adult| adult.birth.years_until(today) >= 18));
            for child in members.iter().filter(|m| m.role == HomeRole::Child) {
                assert!(adults.iter().all(|adult| adult.birth.years_until(child.birth) >= 15));
            }
            if kind == HomeKind::TwoHomes {
                assert_eq!(adults.len(), 2);
            }
        }
        assert_eq!(kinds.len(), 5, "every kind of household exists: {kinds:?}");
    }

    #[test]
    fn the_story_keeps_its_matricules_whatever_the_number_of_people() {
        let (small, geography) = plan(12);
        let (large, _) = plan(900);
        for figure in Figure::ALL {
            let of = |plan: &Plan| plan.figure(figure).map(|(_, m)| matricule(m, &geography)).unwrap();
            assert_eq!(of(&small), of(&large));
        }
    }
}
