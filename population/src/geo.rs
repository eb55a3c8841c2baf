//! The real geography under the invented people: communes of a region, places of birth, streets.

use crate::draw::Draw;
use flate2::read::GzDecoder;
use socle_kernel::{Kind, Problem};
use std::io::Read;

const COMMUNES: &[u8] = include_bytes!("../../data/geo/communes.psv.gz");
const ABROAD: &str = include_str!("../../data/geo/foreign-birth-places.csv");
const STREETS: &str = include_str!("../../data/geo/street-names.txt");

/// Inhabitants above which a commune of the region counts as a town where children are born.
const MATERNITY_INHABITANTS: u64 = 12_000;
/// The same for communes outside the region.
const FAR_MATERNITY_INHABITANTS: u64 = 40_000;
/// Of a hundred people, how many were born in the region, and in the region or elsewhere in France.
const BORN_IN_REGION: f64 = 68.0;
const BORN_ELSEWHERE: f64 = 25.0;

/// A commune of the region.
#[derive(Clone, Debug)]
pub(crate) struct Commune {
    /// INSEE code (COG).
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) postal_code: String,
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
    /// Inhabitants.
    pub(crate) inhabitants: u64,
}

impl Commune {
    /// The department: two characters (`97` overseas, as in FINESS numbers and matricules).
    pub(crate) fn department(&self) -> &str {
        &self.code[..2]
    }
}

/// Where someone was born.
#[derive(Clone, Debug)]
pub(crate) struct BirthPlace {
    /// INSEE code, or `99` + country.
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) is_abroad: bool,
}

/// Everything geographic about one region.
pub(crate) struct Geography {
    pub(crate) communes: Vec<Commune>,
    commune_totals: Vec<u64>,
    pub(crate) birth_places: Vec<BirthPlace>,
    near_totals: Vec<u64>,
    far_totals: Vec<u64>,
    abroad_totals: Vec<u64>,
    pub(crate) streets: Vec<&'static str>,
    /// Index of the most populous commune.
    pub(crate) capital: usize,
}

impl Geography {
    /// Reads the communes of a region code.
    pub(crate) fn of_region(region: &str) -> Result<Geography, Problem> {
        let text = read_communes()?;
        let mut communes = Vec::new();
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for (code, row_region, commune) in text.lines().filter_map(read_line) {
            let place = BirthPlace { code: code.to_owned(), name: commune.name.clone(), is_abroad: false };
            let is_in_region = row_region == region;
            if is_in_region && commune.inhabitants >= MATERNITY_INHABITANTS {
                near.push((place, commune.inhabitants));
            } else if !is_in_region && commune.inhabitants >= FAR_MATERNITY_INHABITANTS {
                far.push((place, commune.inhabitants));
            }
            if is_in_region {
                communes.push(commune);
            }
        }
        let capital = communes
            .iter()
            .enumerate()
            .max_by_key(|(_, commune)| commune.inhabitants)
            .map(|(index, _)| index)
            .ok_or_else(|| unknown_region(region))?;
        if near.is_empty() {
            let commune = &communes[capital];
            let place =
                BirthPlace { code: commune.code.clone(), name: commune.name.clone(), is_abroad: false };
            near.push((place, 1));
        }
        let abroad = read_abroad();
        let commune_totals = running_totals(communes.iter().map(|commune| commune.inhabitants));
        let near_totals = running_totals(near.iter().map(|(_, weight)| *weight));
        let far_totals = running_totals(far.iter().map(|(_, weight)| *weight));
        let abroad_totals = running_totals(abroad.iter().map(|(_, weight)| *weight));
        let birth_places = near.into_iter().chain(far).chain(abroad).map(|(place, _)| place).collect();
        let streets = data_lines(STREETS).collect();
        Ok(Geography {
            communes,
            commune_totals,
            birth_places,
            near_totals,
            far_totals,
            abroad_totals,
            streets,
            capital,
        })
    }

    /// A commune, in proportion to its inhabitants.
    pub(crate) fn draw_commune(&self, draw: &mut Draw) -> usize {
        draw.index_by_totals(&self.commune_totals)
    }

    /// A place of birth: mostly in the region, sometimes elsewhere in France, sometimes abroad.
    pub(crate) fn draw_birth_place(&self, draw: &mut Draw) -> u16 {
        let share = draw.unit() * 100.0;
        let index = if share < BORN_IN_REGION {
            draw.index_by_totals(&self.near_totals)
        } else if share < BORN_IN_REGION + BORN_ELSEWHERE {
            self.near_totals.len() + draw.index_by_totals(&self.far_totals)
        } else {
            self.near_totals.len() + self.far_totals.len() + draw.index_by_totals(&self.abroad_totals)
        };
        index as u16
    }

    /// A street with a number, as the first line of an address.
    pub(crate) fn draw_street(&self, draw: &mut Draw) -> String {
        format!("{} {}", draw.between(1, 96), draw.pick(&self.streets))
    }
}

fn read_communes() -> Result<String, Problem> {
    let mut text = String::new();
    GzDecoder::new(COMMUNES).read_to_string(&mut text).map_err(Problem::internal)?;
    Ok(text)
}

fn read_line(line: &str) -> Option<(&str, &str, Commune)> {
    let mut fields = line.splitn(7, '|');
    let (code, region, postal_code) = (fields.next()?, fields.next()?, fields.next()?);
    let inhabitants = fields.next()?.parse().ok()?;
    let longitude = fields.next()?.parse().ok()?;
    let latitude = fields.next()?.parse().ok()?;
    let name = fields.next()?.to_owned();
    let commune = Commune {
        code: code.to_owned(),
        name,
        postal_code: postal_code.to_owned(),
        longitude,
        latitude,
        inhabitants,
    };
    Some((code, region, commune))
}

fn read_abroad() -> Vec<(BirthPlace, u64)> {
    data_lines(ABROAD)
        .filter_map(|line| {
            let mut fields = line.split(',');
            let (code, name, weight) = (fields.next()?, fields.next()?, fields.next()?.parse().ok()?);
            Some((BirthPlace { code: code.to_owned(), name: name.to_owned(), is_abroad: true }, weight))
        })
        .collect()
}

fn running_totals(weights: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sum = 0;
    weights
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect()
}

/// The lines of a data file that hold data.
pub(crate) fn data_lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn unknown_region(region: &str) -> Problem {
    Problem::new(
        Kind::Unprocessable,
        "Cette région n'est pas connue : donnez le code INSEE d'une région, par exemple 53 pour la Bretagne.",
        "This region is not known: give the INSEE code of a region, for example 53 for Bretagne.",
    )
    .coded("value")
    .at("region")
    .expecting("11, 24, 27, 28, 32, 44, 52, 53, 75, 76, 84, 93, 94, 01, 02, 03, 04, 06")
    .receiving(region)
}

#[cfg(test)]
mod tests {
    use super::Geography;
    use crate::draw::{Draw, Stream};

    #[test]
    fn bretagne_has_its_communes_and_its_capital() {
        let geography = Geography::of_region("53").unwrap();
        assert!(geography.communes.len() > 1_000);
        assert_eq!(geography.communes[geography.capital].name, "Rennes");
        assert!(geography.communes.iter().all(|c| (46.5..49.5).contains(&c.latitude)));
    }

    #[test]
    fn refuses_a_region_that_does_not_exist() {
        let problem = Geography::of_region("99").err().unwrap();
        assert_eq!(problem.kind.status(), 422);
        assert_eq!(problem.issues[0].path, "region");
    }

    #[test]
    fn every_birth_place_is_a_cog_code() {
        let geography = Geography::of_region("94").unwrap();
        assert!(geography.birth_places.iter().all(|place| place.code.len() == 5));
        let mut draw = Draw::new(1, Stream::Plan, 0);
        for _ in 0..1000 {
            assert!((geography.draw_birth_place(&mut draw) as usize) < geography.birth_places.len());
        }
    }
}
