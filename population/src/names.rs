//! Names of invented people: first names of their generation, family names of the country and of the region.

use crate::draw::Draw;
use crate::geo::data_lines;

const FEMALE: &str = include_str!("../../data/names/first-names-female.txt");
const MALE: &str = include_str!("../../data/names/first-names-male.txt");
const FAMILY: &str = include_str!("../../data/names/last-names.txt");
const FAMILY_BRETAGNE: &str = include_str!("../../data/names/family-names-53.txt");
const GENERATIONS: &str = include_str!("../../data/names/first-names-by-generation.txt");

/// Of a hundred people, how many bear a first name of the list without dates.
const TIMELESS: f64 = 15.0;
/// Of a hundred people of a region with its own list, how many bear a name of that list.
const REGIONAL: f64 = 35.0;

/// Administrative sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sex {
    Male,
    Female,
}

impl Sex {
    /// FHIR code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }

    /// One of the two French words.
    pub(crate) fn pick(self, male: &'static str, female: &'static str) -> &'static str {
        match self {
            Sex::Male => male,
            Sex::Female => female,
        }
    }
}

struct Generation {
    from: i32,
    to: i32,
    sex: Sex,
    names: Vec<&'static str>,
}

/// The lists.
pub(crate) struct Names {
    female: Vec<&'static str>,
    male: Vec<&'static str>,
    family: Vec<&'static str>,
    regional: Vec<&'static str>,
    generations: Vec<Generation>,
}

impl Names {
    /// The lists for a region.
    pub(crate) fn of_region(region: &str) -> Names {
        let regional = if region == "53" { data_lines(FAMILY_BRETAGNE).collect() } else { Vec::new() };
        Names {
            female: data_lines(FEMALE).collect(),
            male: data_lines(MALE).collect(),
            family: data_lines(FAMILY).collect(),
            regional,
            generations: data_lines(GENERATIONS).filter_map(read_generation).collect(),
        }
    }

    /// A family name.
    pub(crate) fn draw_family(&self, draw: &mut Draw) -> &'static str {
        if !self.regional.is_empty() && draw.percent(REGIONAL) {
            draw.word_early(&self.regional)
        } else {
            draw.word(&self.family)
        }
    }

    /// One to three first names of someone born that year, all different.
    pub(crate) fn draw_given(&self, draw: &mut Draw, sex: Sex, year: i32) -> Vec<&'static str> {
        let count = 1 + draw.below(3);
        let mut given: Vec<&'static str> = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let name = self.draw_first(draw, sex, year);
            if !given.contains(&name) {
                given.push(name);
            }
        }
        given
    }

    fn draw_first(&self, draw: &mut Draw, sex: Sex, year: i32) -> &'static str {
        let timeless = match sex {
            Sex::Male => &self.male,
            Sex::Female => &self.female,
        };
        let generation = self.generations.iter().find(|g| g.sex == sex && (g.from..=g.to).contains(&year));
        match generation {
            Some(generation) if !draw.percent(TIMELESS) => draw.word_early(&generation.names),
            _ => draw.word(timeless),
        }
    }
}

fn read_generation(line: &'static str) -> Option<Generation> {
    let mut fields = line.split('|');
    Some(Generation {
        from: fields.next()?.parse().ok()?,
        to: fields.next()?.parse().ok()?,
        sex: if fields.next()? == "F" { Sex::Female } else { Sex::Male },
        names: fields.next()?.split(' ').collect(),
    })
}

/// A name as the national identity base writes it: capitals A to Z, space, apostrophe and hyphen.
pub(crate) fn lexical(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut out = String::with_capacity(name.len());
    for letter in name.nfd() {
        match letter {
            'œ' | 'Œ' => out.push_str("OE"),
            'æ' | 'Æ' => out.push_str("AE"),
            '’' => out.push('\''),
            c if c.is_ascii_alphabetic() => out.push(c.to_ascii_uppercase()),
            ' ' | '\'' | '-' => out.push(letter),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Names, Sex, lexical};
    use crate::draw::{Draw, Stream};

    #[test]
    fn writes_names_as_the_identity_base_does() {
        assert_eq!(lexical("Quéméner"), "QUEMENER");
        assert_eq!(lexical("L’Hostis"), "L'HOSTIS");
        assert_eq!(lexical("Anne-Cœur Çelik"), "ANNE-COEUR CELIK");
    }

    #[test]
    fn every_year_has_first_names() {
        let names = Names::of_region("53");
        let mut draw = Draw::new(1, Stream::Plan, 0);
        for year in 1900..2030 {
            for sex in [Sex::Male, Sex::Female] {
                assert!(names.generations.iter().any(|g| g.sex == sex && (g.from..=g.to).contains(&year)));
                let given = names.draw_given(&mut draw, sex, year);
                assert!((1..=3).contains(&given.len()));
            }
        }
    }
}
