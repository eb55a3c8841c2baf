//! How children grow: weight, height and head by age, from rows of the CDC 2000 growth tables.

use crate::geo::data_lines;
use crate::names::Sex;

const GROWTH: &str = include_str!("../../data/population/growth-cdc.csv");

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Kilograms, from birth to 20 years.
    Weight,
    /// Centimetres: lying before two years, standing from two to 20 years.
    Height,
    /// Circumference of the head in centimetres, from birth to three years.
    Head,
}

struct Row {
    measure: Measure,
    sex: Sex,
    months: f64,
    curve: Curve,
}

/// What the tables give at an age: the shape, the median and the spread of the measure among children.
#[derive(Clone, Copy)]
struct Curve {
    l: f64,
    m: f64,
    s: f64,
}

impl Curve {
    /// The curve between two, `share` of the way to the second.
    fn towards(self, other: Curve, share: f64) -> Curve {
        let between = |from: f64, to: f64| from + (to - from) * share;
        Curve { l: between(self.l, other.l), m: between(self.m, other.m), s: between(self.s, other.s) }
    }

    /// The measure of a child this many standard deviations from the median.
    fn at(self, z: f64) -> f64 {
        if self.l.abs() < 1e-6 {
            self.m * (self.s * z).exp()
        } else {
            self.m * (1.0 + self.l * self.s * z).powf(1.0 / self.l)
        }
    }
}

/// The tables.
pub(crate) struct Growth(Vec<Row>);

impl Growth {
    /// Reads the tables that the program carries.
    pub(crate) fn read() -> Growth {
        Growth(data_lines(GROWTH).filter_map(row).collect())
    }

    /// The measure at this age for a z-score. Between two rows, L, M and S follow a straight line; before the first
    /// row and after the last one, that row counts.
    pub(crate) fn at(&self, measure: Measure, sex: Sex, months: i32, z: f64) -> f64 {
        let age = f64::from(months);
        let mut before: Option<&Row> = None;
        for row in self.0.iter().filter(|row| row.measure == measure && row.sex == sex) {
            if row.months >= age {
                let curve = before.map_or(row.curve, |earlier| {
                    earlier.curve.towards(row.curve, (age - earlier.months) / (row.months - earlier.months))
                });
                return curve.at(z);
            }
            before = Some(row);
        }
        before.expect("a test of this file checks that every measure has rows for both sexes").curve.at(z)
    }

    /// Weight in kilograms and height in centimetres of a child.
    pub(crate) fn body(&self, sex: Sex, months: i32, z: f64) -> (f64, f64) {
        (self.at(Measure::Weight, sex, months, z), self.at(Measure::Height, sex, months, z))
    }
}

fn row(line: &str) -> Option<Row> {
    let mut fields = line.split(',');
    let measure = match fields.next()? {
        "weight" => Measure::Weight,
        "height" => Measure::Height,
        "head" => Measure::Head,
        _ => return None,
    };
    let sex = if fields.next()? == "male" { Sex::Male } else { Sex::Female };
    let mut number = || fields.next()?.parse::<f64>().ok();
    Some(Row { measure, sex, months: number()?, curve: Curve { l: number()?, m: number()?, s: number()? } })
}

#[cfg(test)]
mod tests {
    use super::{GROWTH, Growth, Measure};
    use crate::names::Sex;

    #[test]
    fn every_line_is_read_and_ages_only_rise() {
        let growth = Growth::read();
        assert_eq!(growth.0.len(), GROWTH.lines().count() - 1);
        for (measure, last) in [(Measure::Weight, 240.0), (Measure::Height, 240.0), (Measure::Head, 36.0)] {
            for sex in [Sex::Male, Sex::Female] {
                let rows = growth.0.iter().filter(|row| row.measure == measure && row.sex == sex);
                let ages: Vec<f64> = rows.map(|row| row.months).collect();
                assert!(ages.is_sorted_by(|a, b| a < b), "{measure:?} {sex:?}: {ages:?}");
                assert_eq!((ages.first(), ages.last()), (Some(&0.0), Some(&last)));
            }
        }
    }

    #[test]
    fn gives_the_medians_of_the_tables() {
        let growth = Growth::read();
        let median = |measure, sex, months| growth.at(measure, sex, months, 0.0);
        assert!((median(Measure::Weight, Sex::Male, 0) - 3.5302).abs() < 0.0001);
        assert!((median(Measure::Head, Sex::Female, 0) - 34.7116).abs() < 0.0001);
        assert!((median(Measure::Height, Sex::Female, 24) - 84.9756).abs() < 0.0001);
        // Ages without a row of their own: the whole CDC tables give 10.31 kg around one year and 176.2 cm at 18.
        assert!((median(Measure::Weight, Sex::Male, 12) - 10.31).abs() < 0.2);
        assert!((median(Measure::Height, Sex::Male, 216) - 176.2).abs() < 0.2);
        // After the last row, the last row.
        assert_eq!(median(Measure::Head, Sex::Male, 40), median(Measure::Head, Sex::Male, 36));
    }

    #[test]
    fn a_z_score_spreads_children_around_the_median() {
        let growth = Growth::read();
        let [light, median, heavy] = [-2.0, 0.0, 2.0].map(|z| growth.body(Sex::Female, 120, z).0);
        assert!(light < median && median < heavy);
        assert!(
            heavy - median > median - light,
            "weights have a longer tail above: {light} {median} {heavy}"
        );
    }

    #[test]
    fn a_child_never_shrinks() {
        let growth = Growth::read();
        for sex in [Sex::Male, Sex::Female] {
            for z in [-2.0, -0.5, 0.0, 1.5] {
                let (mut light, mut small) = (0.0, 0.0);
                for months in 0..216 {
                    let (weight, height) = growth.body(sex, months, z);
                    // Standing measures half a centimetre less than lying: seen once, at two years.
                    assert!(height >= small - 0.3, "{months} months: {height} after {small}");
                    assert!(weight >= light, "{months} months: {weight} after {light}");
                    (light, small) = (weight, height);
                }
            }
        }
    }
}
