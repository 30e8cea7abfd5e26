//! Chance that repeats itself.

use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use ulid::Ulid;

/// A source of chance, one per story: what happens in one story does not
/// depend on any other.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64, parts: &[&str]) -> Self {
        let seed = event_store::request_hash(
            &std::iter::once(seed.to_be_bytes().as_slice())
                .chain(parts.iter().map(|part| part.as_bytes()))
                .collect::<Vec<_>>(),
        );
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// A whole number from `low` to `high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// Yes, in so many of a hundred cases.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.0.random_ratio(chance.min(100), 100)
    }

    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.choose(&mut self.0)
    }

    pub(super) fn id(&mut self) -> Ulid {
        Ulid(self.0.random())
    }
}
