//! Seeded chance: every number of the region is drawn here, so that the same settings give the same bytes.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What a sequence of numbers is drawn for. One sequence never disturbs another: that is what makes households
/// independent of the order in which they are made.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// The plan: who lives with whom.
    Plan = 1,
    /// The people of the story, the same whatever the number of people.
    Story = 2,
    /// Places and professionals.
    Network = 3,
    /// What a household shares: names, address.
    Household = 4,
    /// One person's history.
    Person = 5,
}

/// A sequence of numbers.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// The sequence of a seed, a stream and a number in that stream.
    pub(crate) fn new(seed: u64, stream: Stream, number: u64) -> Draw {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(stream as u64).to_le_bytes());
        key[16..24].copy_from_slice(&number.to_le_bytes());
        key[24..].copy_from_slice(b"socle-p1");
        Draw(ChaCha8Rng::from_seed(key))
    }

    /// A number below `bound` (0 when the bound is 0).
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low).max(0) as u32 + 1) as i32
    }

    /// A number in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// True in that many cases out of a hundred.
    pub(crate) fn percent(&mut self, percent: f64) -> bool {
        self.unit() * 100.0 < percent
    }

    /// A bell-shaped value: the sum of four even draws, no transcendental function, so the same on every machine.
    pub(crate) fn bell(&mut self, mean: f64, spread: f64) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit() - 2.0;
        mean + sum * 1.732_050_8 * spread
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }

    /// One of the words.
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.below(words.len() as u32) as usize]
    }

    /// One of the words, the first ones more often than the last ones.
    pub(crate) fn word_early(&mut self, words: &[&'static str]) -> &'static str {
        let skewed = self.unit() * self.unit().max(0.15);
        words[((skewed * words.len() as f64) as usize).min(words.len() - 1)]
    }

    /// The index whose running total first exceeds an even draw; `totals` grows and is not empty.
    pub(crate) fn index_by_totals(&mut self, totals: &[u64]) -> usize {
        let last = totals.last().copied().unwrap_or(1).max(1);
        let target = ((u128::from(self.0.next_u64()) * u128::from(last)) >> 64) as u64;
        totals.partition_point(|total| *total <= target).min(totals.len() - 1)
    }

    /// Puts the items in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = self.below(index as u32 + 1) as usize;
            items.swap(index, other);
        }
    }

    /// A version 4 UUID, as text.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0u8; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// A version 4 UUID as `urn:uuid:…`, the address of an entry inside its Bundle.
    pub(crate) fn urn(&mut self) -> String {
        format!("urn:uuid:{}", self.uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::{Draw, Stream};

    #[test]
    fn streams_do_not_disturb_each_other() {
        let mut plan = Draw::new(7, Stream::Plan, 0);
        let mut again = Draw::new(7, Stream::Plan, 0);
        let mut other = Draw::new(7, Stream::Household, 0);
        let first: Vec<u32> = (0..8).map(|_| plan.below(1000)).collect();
        assert_eq!(first, (0..8).map(|_| again.below(1000)).collect::<Vec<_>>());
        assert_ne!(first, (0..8).map(|_| other.below(1000)).collect::<Vec<_>>());
    }

    #[test]
    fn stays_inside_its_bounds() {
        let mut draw = Draw::new(1, Stream::Plan, 3);
        for _ in 0..2000 {
            assert!((3..=9).contains(&draw.between(3, 9)));
            assert!(draw.index_by_totals(&[5, 9, 20]) < 3);
            assert!((draw.bell(10.0, 1.0) - 10.0).abs() <= 3.5);
        }
        assert_eq!(draw.below(0), 0);
        assert_eq!(draw.uuid().len(), 36);
    }
}
