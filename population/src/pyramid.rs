//! The age pyramid, and a sample of it that keeps its shape however few people are asked for.

use crate::draw::Draw;
use crate::geo::data_lines;
use crate::names::Sex;

const PYRAMID: &str = include_str!("../../data/population/pyramid.csv");
/// Oldest age that is drawn.
pub(crate) const OLDEST: usize = 104;

/// How many people of each sex and age, as `[male, female]`.
pub(crate) struct Ages(pub(crate) [[u32; OLDEST + 1]; 2]);

fn weights() -> [[f64; OLDEST + 1]; 2] {
    let mut weights = [[0.0; OLDEST + 1]; 2];
    for line in data_lines(PYRAMID) {
        let numbers: Vec<usize> = line.split(',').filter_map(|field| field.parse().ok()).collect();
        let [from, to, male, female] = numbers[..] else { continue };
        let years = (to - from + 1) as f64;
        for (column, people) in weights.iter_mut().zip([male, female]) {
            column[from..=to.min(OLDEST)].fill(people as f64 / years);
        }
    }
    weights
}

impl Ages {
    /// A sample of that many people, at even steps along the pyramid: a large sample is the pyramid itself, a small
    /// one is spread over all ages.
    pub(crate) fn sample(people: u32, draw: &mut Draw) -> Ages {
        let weights = weights();
        let total: f64 = weights.iter().flatten().sum();
        let mut ages = Ages([[0; OLDEST + 1]; 2]);
        if people == 0 {
            return ages;
        }
        let step = total / f64::from(people);
        let mut next = draw.unit() * step;
        let mut taken = 0;
        let mut sum = 0.0;
        for age in 0..=OLDEST {
            for (sex, column) in weights.iter().enumerate() {
                sum += column[age];
                while next < sum && taken < people {
                    ages.0[sex][age] += 1;
                    taken += 1;
                    next += step;
                }
            }
        }
        // Rounding can leave the very last step just past the end.
        ages.0[1][40] += people - taken;
        ages
    }

    /// How many people of this sex from one age to another.
    #[cfg(test)]
    pub(crate) fn count(&self, sex: Sex, from: usize, to: usize) -> u32 {
        self.0[sex as usize][from..=to.min(OLDEST)].iter().sum()
    }

    /// Takes someone of this sex, of the age nearest to the target within the bounds.
    pub(crate) fn take_near(&mut self, sex: Sex, target: i32, low: i32, high: i32) -> Option<i32> {
        let column = &mut self.0[sex as usize];
        let (low, high) = (low.clamp(0, OLDEST as i32), high.clamp(0, OLDEST as i32));
        for distance in 0..=(high - low) {
            for age in [target - distance, target + distance] {
                if (low..=high).contains(&age) && column[age as usize] > 0 {
                    column[age as usize] -= 1;
                    return Some(age);
                }
            }
        }
        None
    }
}

/// Share of each five-year group of the table, in the order of the table: `(from, to, share)`.
#[cfg(test)]
pub(crate) fn shares() -> Vec<(u32, u32, f64)> {
    let rows: Vec<Vec<f64>> = data_lines(PYRAMID)
        .map(|line| line.split(',').filter_map(|field| field.parse().ok()).collect())
        .filter(|row: &Vec<f64>| row.len() == 4)
        .collect();
    let total: f64 = rows.iter().map(|row| row[2] + row[3]).sum();
    rows.iter().map(|row| (row[0] as u32, row[1] as u32, (row[2] + row[3]) / total)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Ages, OLDEST};
    use crate::draw::{Draw, Stream};
    use crate::names::Sex;

    #[test]
    fn gives_exactly_the_people_asked_for() {
        for people in [0, 1, 2, 17, 300, 100_000] {
            let ages = Ages::sample(people, &mut Draw::new(3, Stream::Plan, 0));
            let sum = ages.count(Sex::Male, 0, OLDEST) + ages.count(Sex::Female, 0, OLDEST);
            assert_eq!(sum, people);
        }
    }

    #[test]
    fn a_small_sample_has_children_and_old_people() {
        let ages = Ages::sample(60, &mut Draw::new(3, Stream::Plan, 0));
        assert!(ages.count(Sex::Male, 0, 17) + ages.count(Sex::Female, 0, 17) >= 10);
        assert!(ages.count(Sex::Male, 65, OLDEST) + ages.count(Sex::Female, 65, OLDEST) >= 10);
    }

    #[test]
    fn takes_the_nearest_age_and_only_within_bounds() {
        let mut ages = Ages([[0; OLDEST + 1]; 2]);
        ages.0[0][30] = 1;
        assert_eq!(ages.take_near(Sex::Male, 25, 20, 29), None);
        assert_eq!(ages.take_near(Sex::Male, 25, 20, 40), Some(30));
        assert_eq!(ages.take_near(Sex::Male, 25, 20, 40), None);
    }
}
