//! Randomness of the operating system.

use boyin_model::alg::{Randomness, RandomnessUnavailable};

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Randomness for SystemRandom {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        getrandom::fill(buf).map_err(|_| RandomnessUnavailable)
    }
}
