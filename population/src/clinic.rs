//! The clinical tables: illnesses, medicines, laboratory tests, vaccines, procedures, allergies, reasons for a visit.

use crate::geo::data_lines;
use std::collections::HashMap;

const CONDITIONS: &str = include_str!("../../data/population/conditions.psv");
const MEDICINES: &str = include_str!("../../data/population/medicines.psv");
const LABORATORY: &str = include_str!("../../data/population/laboratory.psv");
const VACCINES: &str = include_str!("../../data/population/vaccines.psv");
const PROCEDURES: &str = include_str!("../../data/population/procedures.psv");
const ALLERGIES: &str = include_str!("../../data/population/allergies.psv");
const VISITS: &str = include_str!("../../data/population/visits.psv");

/// An illness.
pub(crate) struct Illness {
    pub(crate) id: &'static str,
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    /// `M`, `F` or `*`.
    pub(crate) sex: &'static str,
    /// Percent of people under 18, 40, 60, 75 and older.
    pub(crate) percent: [f64; 5],
    pub(crate) is_chronic: bool,
    pub(crate) medicines: Vec<&'static str>,
    pub(crate) tests: Vec<&'static str>,
}

/// A medicine as it is prescribed.
pub(crate) struct Medicine {
    pub(crate) name: &'static str,
    pub(crate) atc: &'static str,
    pub(crate) form: &'static str,
    pub(crate) posology: &'static str,
    pub(crate) dose: f64,
    pub(crate) unit: &'static str,
    pub(crate) per_day: u32,
}

/// A laboratory test.
pub(crate) struct Test {
    pub(crate) id: &'static str,
    pub(crate) loinc: &'static str,
    pub(crate) label: &'static str,
    pub(crate) ucum: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) mean: f64,
    pub(crate) spread: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) decimals: usize,
}

/// A vaccine of the schedule.
pub(crate) struct Vaccine {
    pub(crate) atc: &'static str,
    pub(crate) label: &'static str,
    pub(crate) targets: &'static str,
    pub(crate) born: (i32, i32),
    pub(crate) months: Vec<i32>,
    pub(crate) percent: f64,
}

/// A procedure.
pub(crate) struct Act {
    pub(crate) id: &'static str,
    pub(crate) ccam: &'static str,
    pub(crate) label: &'static str,
    pub(crate) sex: &'static str,
    pub(crate) ages: (i32, i32),
    pub(crate) percent: f64,
    pub(crate) place: &'static str,
}

/// An allergy.
pub(crate) struct Allergy {
    pub(crate) id: &'static str,
    /// ATC code when the substance is a medicine.
    pub(crate) atc: Option<&'static str>,
    pub(crate) label: &'static str,
    pub(crate) category: &'static str,
    pub(crate) percent: f64,
    pub(crate) manifestation: &'static str,
    pub(crate) criticality: &'static str,
}

/// Why someone comes to their doctor.
pub(crate) struct Reason {
    pub(crate) text: &'static str,
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    pub(crate) ages: (i32, i32),
    pub(crate) weight: u64,
    pub(crate) medicine: Option<&'static str>,
}

/// All the tables.
pub(crate) struct Clinic {
    pub(crate) illnesses: Vec<Illness>,
    medicines: HashMap<&'static str, Medicine>,
    tests: HashMap<&'static str, Test>,
    pub(crate) vaccines: Vec<Vaccine>,
    pub(crate) acts: Vec<Act>,
    pub(crate) allergies: Vec<Allergy>,
    pub(crate) reasons: Vec<Reason>,
}

impl Clinic {
    /// Reads the tables that the program carries.
    pub(crate) fn read() -> Clinic {
        Clinic {
            illnesses: data_lines(CONDITIONS).map(illness).collect(),
            medicines: data_lines(MEDICINES).map(medicine).collect(),
            tests: data_lines(LABORATORY).map(test).collect(),
            vaccines: data_lines(VACCINES).map(vaccine).collect(),
            acts: data_lines(PROCEDURES).map(act).collect(),
            allergies: data_lines(ALLERGIES).map(allergy).collect(),
            reasons: data_lines(VISITS).map(reason).collect(),
        }
    }

    /// A medicine by id.
    pub(crate) fn medicine(&self, id: &str) -> &Medicine {
        self.medicines.get(id).expect("a test of this file checks every id of the tables")
    }

    /// A laboratory test by id.
    pub(crate) fn test(&self, id: &str) -> &Test {
        self.tests.get(id).expect("a test of this file checks every id of the tables")
    }

    /// An illness by id.
    pub(crate) fn illness(&self, id: &str) -> &Illness {
        self.illnesses
            .iter()
            .find(|illness| illness.id == id)
            .expect("the story names illnesses of the table")
    }
}

/// The fields of a line, and the numbers among them. A table that does not read is a fault of the program, seen by
/// the first test that runs.
struct Line {
    text: &'static str,
    fields: Vec<&'static str>,
}

impl Line {
    fn of(text: &'static str) -> Line {
        Line { text, fields: text.split('|').collect() }
    }

    fn text(&self, place: usize) -> &'static str {
        self.fields.get(place).unwrap_or_else(|| panic!("field {place} missing: {}", self.text))
    }

    fn number<T: std::str::FromStr>(&self, place: usize) -> T {
        self.text(place).parse().unwrap_or_else(|_| panic!("field {place} is not a number: {}", self.text))
    }

    fn list(&self, place: usize) -> Vec<&'static str> {
        self.text(place).split(',').filter(|item| !item.is_empty()).collect()
    }
}

fn illness(text: &'static str) -> Illness {
    let line = Line::of(text);
    Illness {
        id: line.text(0),
        code: line.text(1),
        label: line.text(2),
        sex: line.text(3),
        percent: std::array::from_fn(|band| line.number(4 + band)),
        is_chronic: line.text(9) == "1",
        medicines: line.list(10),
        tests: line.list(11),
    }
}

fn medicine(text: &'static str) -> (&'static str, Medicine) {
    let line = Line::of(text);
    let medicine = Medicine {
        name: line.text(1),
        atc: line.text(2),
        form: line.text(3),
        posology: line.text(4),
        dose: line.number(5),
        unit: line.text(6),
        per_day: line.number(7),
    };
    (line.text(0), medicine)
}

fn test(text: &'static str) -> (&'static str, Test) {
    let line = Line::of(text);
    let test = Test {
        id: line.text(0),
        loinc: line.text(1),
        label: line.text(2),
        ucum: line.text(3),
        unit: line.text(4),
        mean: line.number(5),
        spread: line.number(6),
        low: line.number(7),
        high: line.number(8),
        decimals: line.number(9),
    };
    (test.id, test)
}

fn vaccine(text: &'static str) -> Vaccine {
    let line = Line::of(text);
    Vaccine {
        atc: line.text(1),
        label: line.text(2),
        targets: line.text(3),
        born: (line.number(4), line.number(5)),
        months: line.list(6).iter().filter_map(|month| month.parse().ok()).collect(),
        percent: line.number(7),
    }
}

fn act(text: &'static str) -> Act {
    let line = Line::of(text);
    Act {
        id: line.text(0),
        ccam: line.text(1),
        label: line.text(2),
        sex: line.text(3),
        ages: (line.number(4), line.number(5)),
        percent: line.number(6),
        place: line.text(7),
    }
}

fn allergy(text: &'static str) -> Allergy {
    let line = Line::of(text);
    Allergy {
        id: line.text(0),
        atc: (line.text(1) == "atc").then(|| line.text(2)),
        label: line.text(3),
        category: line.text(4),
        percent: line.number(5),
        manifestation: line.text(6),
        criticality: line.text(7),
    }
}

fn reason(text: &'static str) -> Reason {
    let line = Line::of(text);
    Reason {
        text: line.text(0),
        code: line.text(1),
        label: line.text(2),
        ages: (line.number(3), line.number(4)),
        weight: line.number(5),
        medicine: Some(line.text(6)).filter(|id| !id.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::Clinic;

    #[test]
    fn every_id_of_the_tables_exists() {
        let clinic = Clinic::read();
        for illness in &clinic.illnesses {
            illness.medicines.iter().for_each(|id| assert!(!clinic.medicine(id).name.is_empty()));
            illness.tests.iter().for_each(|id| assert!(!clinic.test(id).loinc.is_empty()));
        }
        for reason in &clinic.reasons {
            reason.medicine.iter().for_each(|id| assert!(!clinic.medicine(id).name.is_empty()));
        }
        assert!(clinic.vaccines.iter().all(|vaccine| !vaccine.months.is_empty()));
        assert!(clinic.acts.iter().all(|act| act.ages.0 <= act.ages.1));
        assert!(clinic.reasons.iter().any(|reason| reason.ages.0 == 0));
        for (id, _) in super::data_lines(super::MEDICINES).map(super::medicine) {
            assert!(!id.is_empty());
        }
    }
}
