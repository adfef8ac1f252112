//! SM3 (GB/T 32905-2016): one message at a time, or many at once in the lanes of vector registers.
//!
//! One message goes through the crate `sm3`, which wipes its state, so that it may be given secrets. SM3 is a chain
//! of short steps, each of which needs the one before: one message leaves most of a processor idle. [`sm3_many`]
//! computes several independent messages in step and is meant for public data only: it wipes nothing.

#[cfg(any(target_arch = "x86_64", test))]
mod blocks;
#[cfg(any(target_arch = "x86_64", test))]
mod lanes;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod vector;

use boyin_model::alg::{Digest32, Hasher};
use sm3::{Digest as _, Sm3};

#[cfg(target_arch = "x86_64")]
use self::lanes::Job;

/// SM3 of the concatenation of `parts`.
pub(crate) fn sm3(parts: &[&[u8]]) -> Digest32 {
    let mut hasher = Sm3::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// SM3 of what comes part by part.
pub(crate) fn sm3_hasher() -> Box<dyn Hasher> {
    Box::new(Sm3Hasher(Sm3::new()))
}

struct Sm3Hasher(Sm3);

impl Hasher for Sm3Hasher {
    fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    fn finish(self: Box<Self>) -> Digest32 {
        self.0.finalize().into()
    }
}

/// SM3 of many messages, each the concatenation of its parts; the digests are in the order of the messages.
///
/// Several times as fast as one message after another where the processor has vector registers and at least three
/// messages are given; lengths may differ. For public data only: copies of the messages stay in memory.
///
/// ```
/// let z = [7; 32];
/// let messages: [[&[u8]; 2]; 3] = [[&z, b"first"], [&z, b"second"], [&z, b"third"]];
/// let digests = boyin_suite::sm3_many(&messages);
/// assert_eq!(digests[1], boyin_suite::sm3_many(&[[[&z[..], b"second"].concat().as_slice()]])[0]);
/// ```
#[must_use]
pub fn sm3_many<'m, M: AsRef<[&'m [u8]]>>(messages: &'m [M]) -> Vec<Digest32> {
    #[cfg(target_arch = "x86_64")]
    if messages.len() >= lanes::WORTH_LANES {
        return in_lanes(messages);
    }
    messages.iter().map(|message| sm3(message.as_ref())).collect()
}

#[cfg(target_arch = "x86_64")]
fn in_lanes<'m, M: AsRef<[&'m [u8]]>>(messages: &'m [M]) -> Vec<Digest32> {
    use self::vector::{Avx2, Avx512, Sse2};
    let mut digests = vec![[0; 32]; messages.len()];
    let jobs = messages.iter().zip(&mut digests);
    let jobs: Vec<_> = jobs.map(|(message, digest)| Job::new(message.as_ref(), digest)).collect();
    match (Avx512::detect(), Avx2::detect()) {
        (Some(avx512), _) if jobs.len() > 8 => lanes::hash(&avx512, jobs),
        (_, Some(avx2)) => lanes::hash(&avx2, jobs),
        (_, None) => lanes::hash(&Sse2, jobs),
    }
    digests
}
