//! What is drawn by chance: whom to read, what a document holds, ids.

use data_encoding::HEXLOWER;
use socle_kernel::{Chance, SeededChance};

/// One connection's chance: repeatable from its seed.
#[derive(Clone)]
pub struct Draw(SeededChance);

impl Draw {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Draw(SeededChance::new(seed))
    }

    /// A number below a bound that is not zero.
    pub fn below(&self, bound: usize) -> usize {
        usize::try_from(self.0.number() % bound.max(1) as u64).unwrap_or(0)
    }

    /// One of several.
    pub fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Random bytes, which no compression makes smaller.
    pub fn bytes(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill(&mut bytes);
        bytes
    }

    /// A random UUID.
    pub fn uuid(&self) -> String {
        let mut bytes = self.bytes(16);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = HEXLOWER.encode(&bytes);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// A test matricule with its key, of a commune that does not exist.
    pub fn matricule(&self) -> String {
        let [year, month] = [self.below(100), 1 + self.below(12)];
        let [commune, order] = [900 + self.below(90), 1 + self.below(999)];
        let digits = format!("2{year:02}{month:02}75{commune:03}{order:03}");
        let number: u64 = digits.parse().expect("thirteen digits are a number");
        format!("{digits}{:02}", 97 - number % 97)
    }

    /// A name of letters alone.
    pub fn name(&self) -> String {
        self.bytes(8).iter().map(|byte| char::from(b'A' + byte % 26)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        assert_eq!(Draw::new(7).uuid(), Draw::new(7).uuid());
        assert_ne!(Draw::new(7).uuid(), Draw::new(8).uuid());
    }

    #[test]
    fn a_matricule_has_thirteen_digits_and_its_key() {
        let draw = Draw::new(1);
        for _ in 0..1000 {
            let matricule = draw.matricule();
            assert_eq!(matricule.len(), 15);
            let (number, key) = matricule.split_at(13);
            let [number, key]: [u64; 2] = [number, key].map(|part| part.parse().unwrap());
            assert_eq!((number + key) % 97, 0);
        }
    }

    #[test]
    fn a_number_stays_below_its_bound() {
        let draw = Draw::new(3);
        assert!((0..1000).all(|_| draw.below(7) < 7));
    }
}
