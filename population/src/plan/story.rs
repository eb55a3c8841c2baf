//! The people of the story: always there, so that guides, tests and the sign-in list can name them.

use super::families::{Home, Resident};
use super::{HomeKind, HomeRole};
use crate::calendar::Day;
use crate::draw::{Draw, Stream};
use crate::names::Sex;

/// A person of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Figure {
    /// citoyen-1: woman of 34 with many documents.
    Citizen1,
    /// Lina, 18 months.
    Lina,
    /// parent-1, Lina's mother.
    Parent1,
    /// Lina's father.
    Parent2,
    /// citoyen-2: man of 67 with diabetes.
    Citizen2,
    /// The mother of aidant-1, 84.
    Mother,
    /// aidant-1, her daughter.
    Carer1,
    /// citoyen-3: pregnant, 29.
    Citizen3,
    /// citoyen-4: student of 20, nearly empty record.
    Citizen4,
    /// citoyen-5: man of 52, heart disease, awkward data.
    Citizen5,
    /// Who has the same name and birth date as citoyen-5.
    Homonym,
}

impl Figure {
    /// In the order in which a very small region takes them.
    #[cfg(test)]
    pub(crate) const ALL: [Figure; 11] = [
        Figure::Citizen1,
        Figure::Lina,
        Figure::Parent1,
        Figure::Parent2,
        Figure::Citizen2,
        Figure::Mother,
        Figure::Carer1,
        Figure::Citizen3,
        Figure::Citizen4,
        Figure::Citizen5,
        Figure::Homonym,
    ];

    /// Birth family name, name used since marriage, first names.
    pub(crate) fn name(self) -> (&'static str, Option<&'static str>, &'static [&'static str]) {
        match self {
            Figure::Citizen1 => ("Morvan", None, &["Claire", "Anne"]),
            Figure::Lina => ("Garnier", None, &["Lina", "Jeanne"]),
            Figure::Parent1 => ("Benoit", Some("Garnier"), &["Sophie", "Marie"]),
            Figure::Parent2 => ("Garnier", None, &["Thomas"]),
            Figure::Citizen2 => ("Le Goff", None, &["Bernard", "Yves"]),
            Figure::Mother => ("Tanguy", Some("Perrin"), &["Jeanne", "Marguerite"]),
            Figure::Carer1 => ("Perrin", None, &["Catherine"]),
            Figure::Citizen3 => ("Marchand", None, &["Julie", "Élise"]),
            Figure::Citizen4 => ("Lambert", None, &["Hugo"]),
            Figure::Citizen5 | Figure::Homonym => ("Girard", None, &["Philippe"]),
        }
    }
}

/// The households of the story, as many people as fit.
pub(super) fn homes(seed: u64, people: u32, today: Day) -> Vec<Home> {
    let mut draw = Draw::new(seed, Stream::Story, 0);
    let mut aged =
        |years: i32, months: i32| today.plus_months(-(years * 12 + months)).plus_days(-draw.between(0, 12));
    let adult = |figure, sex, birth| Resident { sex, birth, role: HomeRole::Adult, figure: Some(figure) };
    let child = |figure, sex, birth| Resident { sex, birth, role: HomeRole::Child, figure: Some(figure) };
    let citizen5 = aged(52, 3);
    let family = vec![
        child(Figure::Lina, Sex::Female, aged(1, 6)),
        adult(Figure::Parent1, Sex::Female, aged(32, 8)),
        adult(Figure::Parent2, Sex::Male, aged(35, 1)),
    ];
    let one = |kind, resident| Home { kind, residents: vec![resident] };
    let mut homes = vec![
        one(HomeKind::Alone, adult(Figure::Citizen1, Sex::Female, aged(34, 5))),
        Home { kind: HomeKind::Family, residents: family },
        one(HomeKind::Alone, adult(Figure::Citizen2, Sex::Male, aged(67, 2))),
        one(HomeKind::Alone, adult(Figure::Mother, Sex::Female, aged(84, 4))),
        one(HomeKind::Alone, adult(Figure::Carer1, Sex::Female, aged(57, 9))),
        one(HomeKind::Alone, adult(Figure::Citizen3, Sex::Female, aged(29, 7))),
        one(HomeKind::Alone, adult(Figure::Citizen4, Sex::Male, aged(20, 6))),
        one(HomeKind::Alone, adult(Figure::Citizen5, Sex::Male, citizen5)),
        one(HomeKind::Alone, adult(Figure::Homonym, Sex::Male, citizen5)),
    ];
    let mut left = people as usize;
    for home in &mut homes {
        home.residents.truncate(left);
        left -= home.residents.len();
    }
    homes.retain(|home| !home.residents.is_empty());
    homes
}
