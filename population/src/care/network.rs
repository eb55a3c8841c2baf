//! Places and professionals, and the nearest ones of each commune.

use super::staff::{STORY, Staff};
use super::tables::{PlaceKind, ProfessionKind, places, professions};
use crate::draw::{Draw, Stream};
use crate::geo::{Commune, Geography};
use crate::identifiers::{self, RPPS_CAPACITY};
use crate::names::{Names, Sex};
use std::collections::HashMap;

/// How many near professionals of a profession a commune chooses from.
const NEAR: usize = 3;
/// Most work situations of one professional.
const SITUATIONS: u32 = 2;

/// A place of care.
pub(crate) struct Site {
    /// Index into the kinds of places.
    pub(crate) kind: usize,
    pub(crate) name: String,
    pub(crate) finess: String,
    pub(crate) street: String,
    /// Index of the commune.
    pub(crate) commune: usize,
    pub(crate) phone: String,
}

/// A login of the story that a professional has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Login(pub(crate) &'static str);

/// Someone who works in care.
pub(crate) struct Professional {
    /// Index into the professions.
    pub(crate) kind: usize,
    pub(crate) sex: Sex,
    pub(crate) family: String,
    pub(crate) given: String,
    /// RPPS number, or the number in their place's own list.
    pub(crate) number: String,
    /// Work situations: site and identifier.
    pub(crate) situations: Vec<(usize, String)>,
    pub(crate) login: Option<Login>,
}

/// The care offer.
pub(crate) struct Network {
    pub(crate) places: Vec<PlaceKind>,
    pub(crate) professions: Vec<ProfessionKind>,
    pub(crate) sites: Vec<Site>,
    pub(crate) professionals: Vec<Professional>,
    /// For each profession id, the professionals of each commune's neighbourhood, [`NEAR`] a commune.
    near: HashMap<&'static str, Vec<[u32; NEAR]>>,
    residences: Vec<usize>,
}

struct Builder<'a> {
    geography: &'a Geography,
    names: &'a Names,
    seed: u64,
    serials: HashMap<String, u32>,
    network: Network,
}

impl Network {
    /// The offer for that many people.
    pub(crate) fn new(seed: u64, people: u32, geography: &Geography, names: &Names) -> Network {
        let network = Network {
            places: places(),
            professions: professions(),
            sites: Vec::new(),
            professionals: Vec::new(),
            near: HashMap::new(),
            residences: Vec::new(),
        };
        let mut builder = Builder { geography, names, seed, serials: HashMap::new(), network };
        builder.story();
        builder.one_of_each();
        builder.in_proportion(people);
        let mut network = builder.network;
        network.find_near(geography);
        network.residences = (0..network.sites.len()).filter(|site| network.is_of(*site, "ehpad")).collect();
        network
    }

    /// True when the site is of this kind.
    pub(crate) fn is_of(&self, site: usize, place: &str) -> bool {
        self.places[self.sites[site].kind].id == place
    }

    /// What a professional is.
    pub(crate) fn profession(&self, professional: usize) -> &ProfessionKind {
        &self.professions[self.professionals[professional].kind]
    }

    /// The main place of a professional.
    pub(crate) fn main_site(&self, professional: usize) -> &Site {
        &self.sites[self.professionals[professional].situations[0].0]
    }

    /// The professional of a login of the story.
    pub(crate) fn by_login(&self, login: &str) -> usize {
        self.professionals
            .iter()
            .position(|professional| professional.login.is_some_and(|found| found.0 == login))
            .expect("the logins of the story are always made")
    }

    /// A professional near a commune.
    pub(crate) fn draw_near(&self, draw: &mut Draw, profession: &str, commune: usize) -> usize {
        self.near.get(profession).map_or(0, |near| *draw.pick(&near[commune])) as usize
    }

    /// A residence for elderly people.
    pub(crate) fn draw_residence(&self, draw: &mut Draw) -> usize {
        *draw.pick(&self.residences)
    }

    fn find_near(&mut self, geography: &Geography) {
        for (kind, profession) in self.professions.iter().enumerate() {
            let offered: Vec<(u32, &Commune)> = (0u32..)
                .zip(&self.professionals)
                .filter(|(_, professional)| professional.kind == kind)
                .map(|(index, professional)| {
                    (index, &geography.communes[self.sites[professional.situations[0].0].commune])
                })
                .collect();
            let near = geography.communes.iter().map(|commune| nearest(commune, &offered)).collect();
            self.near.insert(profession.id, near);
        }
    }
}

/// The nearest professionals; when fewer are offered the nearest is repeated.
fn nearest(commune: &Commune, offered: &[(u32, &Commune)]) -> [u32; NEAR] {
    let mut best = [(f64::MAX, 0u32); NEAR];
    for (index, other) in offered {
        // At the latitude of France a degree of longitude is about two thirds of a degree of latitude.
        let east = (commune.longitude - other.longitude) * 0.67;
        let north = commune.latitude - other.latitude;
        let distance = east * east + north * north;
        if let Some(place) = best.iter().position(|(known, _)| distance < *known) {
            best[place..].rotate_right(1);
            best[place] = (distance, *index);
        }
    }
    best.map(|(distance, index)| if distance < f64::MAX { index } else { best[0].1 })
}

impl Builder<'_> {
    fn draw(&self, serial: usize) -> Draw {
        Draw::new(self.seed, Stream::Network, serial as u64)
    }

    fn story(&mut self) {
        let capital = self.geography.capital;
        for Staff { login, profession, sex, family, given, second } in STORY {
            let kind = self.profession_index(profession);
            let place = self.network.professions[kind].place;
            let mut sites = vec![self.first_site(place, capital)];
            sites.extend(second.map(|place| self.first_site(place, capital)));
            self.add_professional(kind, sex, family, given, sites, Some(Login(login)));
        }
    }

    fn one_of_each(&mut self) {
        let capital = self.geography.capital;
        for place in 0..self.network.places.len() {
            self.first_site(self.network.places[place].id, capital);
        }
        for kind in 0..self.network.professions.len() {
            if self.network.professionals.iter().all(|professional| professional.kind != kind) {
                let site = self.first_site(self.network.professions[kind].place, capital);
                self.add_drawn(kind, site);
            }
        }
    }

    fn in_proportion(&mut self, people: u32) {
        for kind in 0..self.network.places.len() {
            let more = (self.network.places[kind].per_100_000 * f64::from(people) / 100_000.0) as usize;
            for _ in 0..more {
                let mut draw = self.draw(1_000_000 + self.network.sites.len());
                let commune = self.geography.draw_commune(&mut draw);
                self.add_site(kind, commune, &mut draw);
            }
        }
        for kind in 0..self.network.professions.len() {
            let place = self.network.professions[kind].place;
            let sites: Vec<usize> =
                (0..self.network.sites.len()).filter(|site| self.network.is_of(*site, place)).collect();
            let wanted = self.network.professions[kind].per_100_000 * f64::from(people) / 100_000.0;
            for serial in 0..wanted as usize {
                let site = sites[(serial + 1) % sites.len()];
                self.add_drawn(kind, site);
            }
        }
    }

    fn profession_index(&self, id: &str) -> usize {
        self.network
            .professions
            .iter()
            .position(|profession| profession.id == id)
            .expect("professions.psv lists every profession the code names")
    }

    /// The first site of a kind, in the commune when it must be made.
    fn first_site(&mut self, place: &str, commune: usize) -> usize {
        if let Some(site) = (0..self.network.sites.len()).find(|site| self.network.is_of(*site, place)) {
            return site;
        }
        let kind = self
            .network
            .places
            .iter()
            .position(|kind| kind.id == place)
            .expect("places.psv lists every place a profession names");
        let mut draw = self.draw(1_000_000 + self.network.sites.len());
        self.add_site(kind, commune, &mut draw)
    }

    fn add_site(&mut self, kind: usize, commune: usize, draw: &mut Draw) -> usize {
        let place = &self.geography.communes[commune];
        let serial = self.serials.entry(place.department().to_owned()).or_insert(0);
        let finess = identifiers::finess(place.department(), *serial % 10_000);
        *serial += 1;
        let pattern = self.network.places[kind].pattern;
        let name = if pattern.ends_with("de {}") {
            pattern.replace("de {}", &of_place(&place.name))
        } else {
            pattern.replace("{}", draw.word(&SITE_NAMES))
        };
        let street = self.geography.draw_street(draw);
        let phone = format!("02 61 91 {:02} {:02}", draw.below(100), draw.below(100));
        self.network.sites.push(Site { kind, name, finess, street, commune, phone });
        self.network.sites.len() - 1
    }

    fn add_drawn(&mut self, kind: usize, site: usize) {
        let mut draw = self.draw(self.network.professionals.len());
        let sex = if draw.percent(56.0) { Sex::Female } else { Sex::Male };
        let year = draw.between(1958, 1996);
        let family = self.names.draw_family(&mut draw);
        let given = self.names.draw_given(&mut draw, sex, year)[0];
        self.add_professional(kind, sex, family, given, vec![site], None);
    }

    fn add_professional(
        &mut self,
        kind: usize,
        sex: Sex,
        family: &str,
        given: &str,
        sites: Vec<usize>,
        login: Option<Login>,
    ) {
        let serial = self.network.professionals.len() as u32;
        if serial * SITUATIONS + SITUATIONS > RPPS_CAPACITY {
            return;
        }
        let number = if self.network.professions[kind].is_registered() {
            identifiers::rpps(serial)
        } else {
            format!("SEC-{serial:05}")
        };
        let situations = (0..)
            .zip(sites)
            .map(|(rank, site): (u32, usize)| (site, identifiers::situation(serial * SITUATIONS + rank)))
            .collect();
        self.network.professionals.push(Professional {
            kind,
            sex,
            family: family.to_owned(),
            given: given.to_owned(),
            number,
            situations,
            login,
        });
    }
}

const SITE_NAMES: [&str; 24] = [
    "des Halles",
    "du Port",
    "des Lices",
    "du Champ de Mars",
    "des Ajoncs",
    "du Moulin",
    "de la Vallée",
    "des Quatre-Vents",
    "du Vieux Pont",
    "de l'Océan",
    "des Tilleuls",
    "du Centre",
    "de la Plage",
    "des Hortensias",
    "du Stade",
    "de la Lande",
    "du Phare",
    "des Chênes",
    "de la Gare",
    "du Parc",
    "des Remparts",
    "du Bourg",
    "de l'Étang",
    "du Manoir",
];

/// `de Rennes`, `d'Auray`, `du Faou`, `des Fougerêts`, `de La Baule`.
fn of_place(name: &str) -> String {
    if let Some(rest) = name.strip_prefix("Le ") {
        return format!("du {rest}");
    }
    if let Some(rest) = name.strip_prefix("Les ") {
        return format!("des {rest}");
    }
    let starts_with_vowel = name.chars().next().is_some_and(|first| "AEIOUYÉÈÊÎÂÔÛaeiouéèê".contains(first));
    if starts_with_vowel { format!("d'{name}") } else { format!("de {name}") }
}

#[cfg(test)]
mod tests {
    use super::{Network, STORY, Staff, of_place};
    use crate::draw::{Draw, Stream};
    use crate::geo::Geography;
    use crate::identifiers::has_luhn_key;
    use crate::names::Names;
    use std::collections::HashSet;

    fn network(people: u32) -> (Network, Geography) {
        let geography = Geography::of_region("53").unwrap();
        (Network::new(4, people, &geography, &Names::of_region("53")), geography)
    }

    #[test]
    fn keeps_the_numbers_of_the_story_whatever_the_size() {
        let (empty, _) = network(0);
        let (large, _) = network(50_000);
        for Staff { login, .. } in STORY {
            let number = |network: &Network| network.professionals[network.by_login(login)].number.clone();
            assert_eq!(number(&empty), number(&large));
        }
        assert!(large.professionals.len() > empty.professionals.len() + 200);
    }

    #[test]
    fn numbers_are_unique_and_have_their_key() {
        let (network, _) = network(50_000);
        let numbers: HashSet<_> = network.professionals.iter().map(|p| &p.number).collect();
        assert_eq!(numbers.len(), network.professionals.len());
        let sites: HashSet<_> = network.sites.iter().map(|site| &site.finess).collect();
        assert_eq!(sites.len(), network.sites.len());
        for professional in &network.professionals {
            let is_registered = network.professions[professional.kind].is_registered();
            assert_eq!(has_luhn_key(&professional.number), is_registered);
        }
    }

    #[test]
    fn a_commune_is_cared_for_by_its_neighbours() {
        let (network, geography) = network(100_000);
        let mut draw = Draw::new(1, Stream::Household, 0);
        let mut near = 0;
        for commune in 0..geography.communes.len() {
            let doctor = network.draw_near(&mut draw, "gp", commune);
            assert_eq!(network.profession(doctor).id, "gp");
            let other = &geography.communes[network.main_site(doctor).commune];
            near += usize::from((other.latitude - geography.communes[commune].latitude).abs() < 0.4);
        }
        assert!(near * 10 > geography.communes.len() * 9);
    }

    #[test]
    fn joins_names_of_places_as_french_does() {
        assert_eq!(of_place("Auray"), "d'Auray");
        assert_eq!(of_place("Le Faou"), "du Faou");
        assert_eq!(of_place("Rennes"), "de Rennes");
    }
}
