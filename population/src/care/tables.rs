//! Professions and kinds of places, read from dated tables.

use crate::geo::data_lines;
use crate::systems;

const PROFESSIONS: &str = include_str!("../../../data/population/professions.psv");
const PLACES: &str = include_str!("../../../data/population/places.psv");

/// A profession, with its know-how when it has one.
pub(crate) struct ProfessionKind {
    pub(crate) id: &'static str,
    pub(crate) system: &'static str,
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    /// Know-how code and label.
    pub(crate) specialty: Option<(&'static str, &'static str)>,
    /// Id of the kind of place where they work.
    pub(crate) place: &'static str,
    pub(crate) per_100_000: f64,
    /// `DR` or nothing.
    pub(crate) title: &'static str,
    /// `L` liberal, `S` salaried.
    pub(crate) mode: &'static str,
}

impl ProfessionKind {
    /// True when they have an RPPS number.
    pub(crate) fn is_registered(&self) -> bool {
        self.system != systems::ACTOR
    }

    /// What they are called on a letter: the speciality, else the profession.
    pub(crate) fn spoken(&self) -> &'static str {
        self.specialty.map_or(self.label, |(_, label)| label.trim_end_matches(" (SM)"))
    }
}

/// A kind of place of care.
pub(crate) struct PlaceKind {
    pub(crate) id: &'static str,
    pub(crate) pattern: &'static str,
    pub(crate) sector: (&'static str, &'static str),
    pub(crate) setting: (&'static str, &'static str),
    pub(crate) per_100_000: f64,
}

/// The professions, in the order of the table.
pub(crate) fn professions() -> Vec<ProfessionKind> {
    data_lines(PROFESSIONS).map(profession).collect()
}

/// The kinds of places, in the order of the table.
pub(crate) fn places() -> Vec<PlaceKind> {
    data_lines(PLACES).map(place).collect()
}

fn profession(line: &'static str) -> ProfessionKind {
    let fields: Vec<&'static str> = line.split('|').collect();
    let [id, system, code, label, know_how, know_how_label, place, density, title, mode] = fields[..] else {
        panic!("a line of professions.psv has ten fields: {line}");
    };
    ProfessionKind {
        id,
        system: match system {
            "social" => systems::PROFESSION_SOCIAL,
            "title" => systems::PROFESSION_TITLE,
            "actor" => systems::ACTOR,
            _ => systems::PROFESSION,
        },
        code,
        label,
        specialty: (!know_how.is_empty()).then_some((know_how, know_how_label)),
        place,
        per_100_000: density.parse().expect("a density is a number"),
        title,
        mode,
    }
}

fn place(line: &'static str) -> PlaceKind {
    let fields: Vec<&'static str> = line.split('|').collect();
    let [id, pattern, sector, sector_label, setting, setting_label, density] = fields[..] else {
        panic!("a line of places.psv has seven fields: {line}");
    };
    PlaceKind {
        id,
        pattern,
        sector: (sector, sector_label),
        setting: (setting, setting_label),
        per_100_000: density.parse().expect("a density is a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::{places, professions};
    use std::collections::HashSet;

    #[test]
    fn every_profession_has_a_place_to_work_in() {
        let places: HashSet<_> = places().iter().map(|place| place.id).collect();
        let professions = professions();
        assert!(professions.iter().all(|profession| places.contains(profession.place)));
        let codes: HashSet<_> = professions.iter().map(|p| p.code).collect();
        assert!(codes.len() >= 12, "at least twelve professions: {codes:?}");
    }
}
