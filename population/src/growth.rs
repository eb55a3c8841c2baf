//! How children grow: WHO tables of weight, height, head and body mass index, as z-scores.

use crate::geo::data_lines;
use crate::names::Sex;

const GROWTH: &str = include_str!("../../data/population/growth-who.csv");

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Weight,
    Height,
    Head,
    BodyMassIndex,
}

struct Row {
    measure: Measure,
    sex: Sex,
    months: i32,
    l: f64,
    m: f64,
    s: f64,
}

/// The tables.
pub(crate) struct Growth(Vec<Row>);

impl Growth {
    /// Reads the tables that the program carries.
    pub(crate) fn read() -> Growth {
        Growth(data_lines(GROWTH).filter_map(row).collect())
    }

    /// The measure at this age for a z-score, from the nearest row of the table.
    pub(crate) fn at(&self, measure: Measure, sex: Sex, months: i32, z: f64) -> f64 {
        let nearest = self
            .0
            .iter()
            .filter(|row| row.measure == measure && row.sex == sex)
            .min_by_key(|row| (row.months - months).abs());
        let Some(row) = nearest else { return 0.0 };
        if row.l.abs() < 1e-6 {
            row.m * (row.s * z).exp()
        } else {
            row.m * (1.0 + row.l * row.s * z).powf(1.0 / row.l)
        }
    }

    /// Weight in kilograms and height in centimetres of a child.
    pub(crate) fn body(&self, sex: Sex, months: i32, z: f64) -> (f64, f64) {
        let height = self.at(Measure::Height, sex, months, z);
        let weight = if months <= 60 {
            self.at(Measure::Weight, sex, months, z)
        } else {
            let metres = height / 100.0;
            self.at(Measure::BodyMassIndex, sex, months, z * 0.7) * metres * metres
        };
        (weight, height)
    }
}

fn row(line: &str) -> Option<Row> {
    let mut fields = line.split(',');
    let measure = match fields.next()? {
        "weight" => Measure::Weight,
        "height" => Measure::Height,
        "head" => Measure::Head,
        "bmi" => Measure::BodyMassIndex,
        _ => return None,
    };
    let sex = if fields.next()? == "male" { Sex::Male } else { Sex::Female };
    Some(Row {
        measure,
        sex,
        months: fields.next()?.parse::<f64>().ok()? as i32,
        l: fields.next()?.parse().ok()?,
        m: fields.next()?.parse().ok()?,
        s: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Growth, Measure};
    use crate::names::Sex;

    #[test]
    fn gives_the_medians_of_the_tables() {
        let growth = Growth::read();
        assert!((growth.at(Measure::Weight, Sex::Male, 0, 0.0) - 3.3464).abs() < 0.001);
        assert!((growth.at(Measure::Height, Sex::Male, 60, 0.0) - 109.9593).abs() < 0.1);
        let (weight, height) = growth.body(Sex::Male, 216, 0.0);
        assert!((60.0..75.0).contains(&weight) && (172.0..179.0).contains(&height), "{weight} {height}");
    }

    #[test]
    fn a_child_never_shrinks() {
        let growth = Growth::read();
        for sex in [Sex::Male, Sex::Female] {
            for z in [-2.0, -0.5, 0.0, 1.5] {
                let mut last = 0.0;
                for months in 0..216 {
                    let height = growth.body(sex, months, z).1;
                    assert!(height >= last - 0.8, "{months} months: {height} after {last}");
                    last = height;
                }
            }
        }
    }
}
