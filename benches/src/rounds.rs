//! Interleaved measurement: in each round every candidate gets a short slice, so that whatever slows the machine down
//! slows all of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::candidate::Candidate;

/// What is read around a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time that this thread was on a processor.
    ThreadCpu,
    /// Time that passed: for several threads.
    Wall,
}

/// Microseconds for each signature (or whatever a candidate counts).
#[derive(Clone, Debug)]
pub struct Cost {
    /// Of each round.
    pub rounds: Vec<f64>,
}

impl Cost {
    /// The median of the rounds.
    #[must_use]
    pub fn median(&self) -> f64 {
        median(self.rounds.clone())
    }

    /// The fastest round.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.rounds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The median over the rounds of how many times as long `self` takes as `other`: both were measured within the
    /// same second.
    #[must_use]
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(mine, theirs)| mine / theirs).collect())
    }
}

/// The middle value; the mean of the two middle ones if their number is even.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "a median needs values");
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) }
}

/// Runs a slice of every candidate in every round, and in one round more that does not count.
///
/// # Panics
/// If a candidate refuses a signature.
pub fn interleave(candidates: &mut [Candidate<'_>], clock: Clock, rounds: usize) -> Vec<Cost> {
    let mut costs = vec![Cost { rounds: Vec::with_capacity(rounds) }; candidates.len()];
    for round in 0..=rounds {
        for (candidate, cost) in candidates.iter_mut().zip(&mut costs) {
            let calls = candidate.slice.div_ceil(candidate.size);
            let start = clock.now();
            let mut good = true;
            for _ in 0..calls {
                good &= black_box((candidate.next)());
            }
            let spent = clock.now() - start;
            assert!(good, "{} refused a signature", candidate.name);
            let verified = u32::try_from(calls * candidate.size).expect("a short slice");
            if round > 0 {
                cost.rounds.push(spent.as_secs_f64() * 1e6 / f64::from(verified));
            }
        }
    }
    costs
}

impl Clock {
    fn now(self) -> Duration {
        static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        match self {
            Self::ThreadCpu => {
                let time = clock_gettime(ClockId::ThreadCPUTime);
                let seconds = Duration::from_secs(time.tv_sec.try_into().expect("time passes"));
                seconds + Duration::from_nanos(time.tv_nsec.try_into().expect("below a second"))
            }
            Self::Wall => {
                let start = *START;
                start.elapsed()
            }
        }
    }
}
