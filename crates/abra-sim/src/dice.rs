//! What a seed decides.
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;

/// A stream of decisions. Each part of a story has its own, so that one part's do not depend on when another asks.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// Those of a part of a story.
    pub fn new(seed: u64, part: u64) -> Self {
        Self(StdRng::seed_from_u64(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93),
        ))
    }

    /// A number below `sides`.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0.next_u64() % sides.max(1)
    }

    /// Whether something with so many chances in a thousand happens.
    pub fn happens(&mut self, thousandths: u64) -> bool {
        self.below(1000) < thousandths
    }

    /// A time between two.
    pub fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let span = u64::try_from(to.saturating_sub(from).as_millis()).unwrap_or(u64::MAX);
        from + Duration::from_millis(self.below(span + 1))
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, several: &[T]) -> Option<T> {
        let sides = u64::try_from(several.len()).unwrap_or_default();
        several.get(usize::try_from(self.below(sides)).unwrap_or_default()).copied()
    }
}
