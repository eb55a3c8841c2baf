//! The people of a household: names that go together, one address or two, the same doctor or nearly.

use super::identity::{Identity, Team};
use crate::calendar::Day;
use crate::care::profession;
use crate::draw::{Draw, Stream};
use crate::names::Sex;
use crate::plan::{Figure, HomeKind, HomeRole, Member, matricule};
use crate::region::Region;

/// Of a hundred women in a couple of before and after 1975, how many use their husband's name.
const USES_HUSBANDS_NAME: [f64; 2] = [82.0, 48.0];
/// Of a hundred people who cannot walk to a practice easily, how many see a nurse at home.
const HAS_NURSE: [f64; 2] = [8.0, 62.0];
/// Days before today in which the deceased died.
const DIED_WITHIN_DAYS: u32 = 900;

/// Everyone of a household, adults first (but Lina before her parents, as the story tells it).
pub(super) fn people(region: &Region, household: u32) -> Vec<Identity> {
    let Some((kind, members)) = region.plan.household(household) else { return Vec::new() };
    let mut draw = Draw::new(region.settings.seed, Stream::Household, u64::from(household));
    let homes = homes(region, &mut draw, kind, members);
    let families = families(region, &mut draw, members);
    let doctor_draws = draw.below(u32::MAX);
    members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let homes = match (kind, member.role, index) {
                (HomeKind::TwoHomes, HomeRole::Adult, 1) => vec![homes[1].clone()],
                (HomeKind::TwoHomes, HomeRole::Child, _) => homes.clone(),
                _ => vec![homes[0].clone()],
            };
            let commune = homes[0].1;
            let (family, used_family) = families[index].clone();
            let given = match member.figure {
                Some(figure) => figure.name().2.to_vec(),
                None => region.names.draw_given(&mut draw, member.sex, member.birth.year()),
            };
            let deceased = deceased(&mut draw, member, region.today);
            Identity {
                member: *member,
                ins: matricule(member, &region.geography),
                family,
                used_family,
                given,
                phones: phones(&mut draw, member, region.today),
                deceased,
                team: team(region, &mut draw, member, commune, doctor_draws, kind),
                homes,
            }
        })
        .collect()
}

fn homes(region: &Region, draw: &mut Draw, kind: HomeKind, members: &[Member]) -> Vec<(String, usize)> {
    let geography = &region.geography;
    if kind == HomeKind::Residence {
        let residence = &region.network.sites[region.network.draw_residence(draw)];
        return vec![(residence.street.clone(), residence.commune)];
    }
    let is_story = members.iter().any(|member| member.figure.is_some());
    let commune = if is_story { geography.capital } else { geography.draw_commune(draw) };
    let first = (geography.draw_street(draw), commune);
    // Parents who part mostly stay in the same town.
    let second_commune = if draw.percent(60.0) { commune } else { geography.draw_commune(draw) };
    let second = (geography.draw_street(draw), second_commune);
    vec![first, second]
}

/// Birth name and used name of each member.
fn families(region: &Region, draw: &mut Draw, members: &[Member]) -> Vec<(String, Option<String>)> {
    let own: Vec<&'static str> = members.iter().map(|_| region.names.draw_family(draw)).collect();
    let father = members.iter().position(|m| m.role == HomeRole::Adult && m.sex == Sex::Male);
    let mother = members.iter().position(|m| m.role == HomeRole::Adult && m.sex == Sex::Female);
    let share = USES_HUSBANDS_NAME[usize::from(mother.is_some_and(|m| members[m].birth.year() >= 1975))];
    let shares_name = draw.percent(share);
    let child_has_mothers = draw.percent(14.0);
    let both = father.zip(mother);
    // A woman whose husband died or left may still use his name.
    let lone_name =
        (father.is_none() && shares_name && draw.percent(70.0)).then(|| region.names.draw_family(draw));
    members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            if let Some(figure) = member.figure {
                let (family, used, _) = figure.name();
                return (family.to_owned(), used.map(str::to_owned));
            }
            let family = match (member.role, father, mother) {
                (HomeRole::Child, _, Some(mother)) if child_has_mothers => own[mother],
                (HomeRole::Child, Some(father), _) => own[father],
                (HomeRole::Child, None, Some(mother)) => own[mother],
                _ => own[index],
            };
            let used = match both {
                Some((father, mother)) if index == mother && shares_name => Some(own[father]),
                None if Some(index) == mother && member.birth.year() < 1975 => lone_name,
                _ => None,
            };
            (family.to_owned(), used.filter(|used| *used != family).map(str::to_owned))
        })
        .collect()
}

fn deceased(draw: &mut Draw, member: &Member, today: Day) -> Option<Day> {
    let age = member.birth.years_until(today);
    let percent = match age {
        ..50 => 0.0,
        50..75 => 0.8,
        75..85 => 3.5,
        _ => 9.0,
    };
    let is_dead = draw.percent(percent);
    let ago = draw.below(DIED_WITHIN_DAYS) as i32 + 1;
    (is_dead && member.figure.is_none()).then(|| today.plus_days(-ago))
}

/// Numbers of the ranges that are kept for fiction: 06 39 98, 02 61 91 and 01 99 00.
fn phones(draw: &mut Draw, member: &Member, today: Day) -> Vec<String> {
    let mobile = format!("06 39 98 {:02} {:02}", draw.below(100), draw.below(100));
    let prefix = if draw.percent(90.0) { "02 61 91" } else { "01 99 00" };
    let fixed = format!("{prefix} {:02} {:02}", draw.below(100), draw.below(100));
    let has_fixed = draw.percent(35.0);
    match (member.figure, member.birth.years_until(today)) {
        (Some(Figure::Citizen5), _) | (_, ..13) => Vec::new(),
        (_, 80..) => vec![fixed],
        _ if has_fixed => vec![mobile, fixed],
        _ => vec![mobile],
    }
}

fn team(
    region: &Region,
    draw: &mut Draw,
    member: &Member,
    commune: usize,
    doctor_draws: u32,
    kind: HomeKind,
) -> Team {
    let network = &region.network;
    if let Some(figure) = member.figure {
        return story_team(region, draw, figure, commune);
    }
    // A family mostly shares its doctor and its pharmacy: the same draw for all.
    let mut shared = Draw::new(region.settings.seed, Stream::Household, u64::from(doctor_draws) << 32);
    let doctor = network.draw_near(&mut shared, profession::GP, commune);
    let pharmacist = network.draw_near(&mut shared, profession::PHARMACIST, commune);
    let mut near = |profession| network.draw_near(draw, profession, commune);
    let age = member.birth.years_until(region.today);
    let mut others = Vec::new();
    if age < 6 {
        others.push(near(profession::PAEDIATRICIAN));
    }
    let dentist = near(profession::DENTIST);
    let nurse = near(profession::NURSE);
    let physiotherapist = near(profession::PHYSIOTHERAPIST);
    let geriatrician = near(profession::GERIATRICIAN);
    let speech = near(profession::SPEECH_THERAPIST);
    if draw.percent(45.0) {
        others.push(dentist);
    }
    if draw.percent(HAS_NURSE[usize::from(age >= 75)]) {
        others.push(nurse);
    }
    if draw.percent(if age > 60 { 22.0 } else { 6.0 }) {
        others.push(physiotherapist);
    }
    if (5..10).contains(&age) && draw.percent(12.0) {
        others.push(speech);
    }
    if kind == HomeKind::Residence {
        others.push(geriatrician);
    }
    Team { doctor, pharmacist, others }
}

fn story_team(region: &Region, draw: &mut Draw, figure: Figure, commune: usize) -> Team {
    let network = &region.network;
    let login = |name| network.by_login(name);
    let near_doctor = network.draw_near(draw, profession::GP, commune);
    let (doctor, others): (usize, &[&str]) = match figure {
        Figure::Citizen1 => (login("medecin-1"), &["dentiste-1", "kine-1"]),
        Figure::Lina => (login("medecin-1"), &["medecin-3"]),
        Figure::Parent1 => (login("medecin-1"), &["sage-femme-1"]),
        Figure::Parent2 => (login("medecin-1"), &[]),
        Figure::Citizen2 => (login("medecin-1"), &["infirmier-1", "dentiste-1"]),
        Figure::Mother => (login("medecin-1"), &["infirmier-1", "kine-1", "travailleur-social-1"]),
        Figure::Citizen3 => (near_doctor, &["sage-femme-1"]),
        Figure::Citizen5 => (near_doctor, &["medecin-2", "infirmier-1"]),
        Figure::Carer1 | Figure::Citizen4 | Figure::Homonym => (near_doctor, &[]),
    };
    let others = others.iter().map(|name| login(name)).collect();
    Team { doctor, pharmacist: login("pharmacien-1"), others }
}
