//! Every width that this processor has, and the scheduling at other widths, against the crate `sm3`.

use proptest::prelude::*;

use super::lanes::{self, Compress, Job, State, Words};
use super::{Digest32, sm3, sm3_many};

/// Digests of `messages` by `engine`.
fn by<const N: usize>(engine: &impl Compress<N>, messages: &[Vec<&[u8]>]) -> Vec<Digest32> {
    let mut digests = vec![[0; 32]; messages.len()];
    let jobs = messages.iter().zip(&mut digests);
    lanes::hash(engine, jobs.map(|(message, digest)| Job::new(message, digest)).collect());
    digests
}

/// The formulas of GB/T 32905 §5.3 as they stand there, lane by lane: any width on any processor.
struct AsWritten;

impl<const N: usize> Compress<N> for AsWritten {
    fn compress(&self, state: &mut State<N>, words: &mut Words<N>) {
        for lane in 0..N {
            let mut w = words.map(|word| word[lane]);
            for j in 16..68 {
                let x = w[j - 16] ^ w[j - 9] ^ w[j - 3].rotate_left(15);
                let p1 = x ^ x.rotate_left(15) ^ x.rotate_left(23);
                w[j] = p1 ^ w[j - 13].rotate_left(7) ^ w[j - 6];
            }
            let mut v = state.map(|word| word[lane]);
            for j in 0..64 {
                v = round_as_written(v, j, w[j], w[j] ^ w[j + 4]);
            }
            for (word, new) in state.iter_mut().zip(v) {
                word[lane] ^= new;
            }
        }
    }
}

fn round_as_written([a, b, c, d, e, f, g, h]: [u32; 8], j: usize, w: u32, w1: u32) -> [u32; 8] {
    let t: u32 = if j < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
    let t = t.rotate_left(u32::try_from(j % 32).unwrap());
    let ss1 = a.rotate_left(12).wrapping_add(e).wrapping_add(t).rotate_left(7);
    let ss2 = ss1 ^ a.rotate_left(12);
    let ff = if j < 16 { a ^ b ^ c } else { (a & b) | (a & c) | (b & c) };
    let gg = if j < 16 { e ^ f ^ g } else { (e & f) | (!e & g) };
    let tt1 = ff.wrapping_add(d).wrapping_add(ss2).wrapping_add(w1);
    let tt2 = gg.wrapping_add(h).wrapping_add(ss1).wrapping_add(w);
    let p0 = tt2 ^ tt2.rotate_left(9) ^ tt2.rotate_left(17);
    [tt1, a, b.rotate_left(9), c, p0, e, f.rotate_left(19), g]
}

/// Checks every engine on `messages`; returns the widths that vector registers gave.
fn check(messages: &[Vec<&[u8]>]) -> Vec<usize> {
    let wanted: Vec<Digest32> = messages.iter().map(|parts| sm3(parts)).collect();
    assert_eq!(sm3_many(messages), wanted, "as dispatched");
    assert_eq!(by::<3>(&AsWritten, messages), wanted, "3 lanes");
    assert_eq!(by::<4>(&AsWritten, messages), wanted, "4 lanes");
    assert_eq!(by::<8>(&AsWritten, messages), wanted, "8 lanes");
    assert_eq!(by::<16>(&AsWritten, messages), wanted, "16 lanes");
    vector_widths(messages, &wanted)
}

#[cfg(target_arch = "x86_64")]
fn vector_widths(messages: &[Vec<&[u8]>], wanted: &[Digest32]) -> Vec<usize> {
    use super::vector::{Avx2, Avx512, Sse2};
    let mut widths = vec![4];
    assert_eq!(by(&Sse2, messages), wanted, "SSE2");
    if let Some(avx2) = Avx2::detect() {
        widths.push(8);
        assert_eq!(by(&avx2, messages), wanted, "AVX2");
    }
    if let Some(avx512) = Avx512::detect() {
        widths.push(16);
        assert_eq!(by(&avx512, messages), wanted, "AVX-512");
    }
    widths
}

#[cfg(not(target_arch = "x86_64"))]
fn vector_widths(_: &[Vec<&[u8]>], _: &[Digest32]) -> Vec<usize> {
    Vec::new()
}

/// Bytes that differ everywhere.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from(at * 167 % 251).unwrap()).collect()
}

/// One long block chain per lane, so that no lane idles: here a wrong instruction cannot hide.
#[test]
fn full_lanes_of_equal_length() {
    let data = bytes(3000);
    let messages: Vec<Vec<&[u8]>> = (0..32).map(|at| vec![&data[at..at + 2000]]).collect();
    println!("SM3 in vector registers of {:?} lanes", check(&messages));
}

#[test]
fn padding_boundaries_at_every_count() {
    let data = bytes(1100);
    let lengths = [0, 1, 31, 32, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 183, 184, 1000];
    for count in 0..=2 * lengths.len() {
        let messages: Vec<Vec<&[u8]>> =
            (0..count).map(|at| vec![&data[..32.min(at)], &data[at..at + lengths[at % 20]]]).collect();
        check(&messages);
    }
    for length in lengths {
        check(&(0..17).map(|at| vec![&data[at..at + length]]).collect::<Vec<_>>());
    }
}

#[test]
fn a_long_message_among_short_ones() {
    let data = bytes(40_000);
    let mut messages: Vec<Vec<&[u8]>> = (0..40).map(|at| vec![&data[at..at * 3]]).collect();
    messages.insert(20, vec![&data]);
    messages.insert(30, vec![&data[1..30_000], &[], &data[7..90]]);
    check(&messages);
}

#[test]
fn parts_may_be_empty_or_absent() {
    let data = bytes(64);
    check(&[
        vec![],
        vec![&[]],
        vec![&[], &data, &[]],
        vec![&data[..10], &[], &[], &data[10..]],
        vec![&[], &[]],
    ]);
    assert_eq!(sm3_many::<[&[u8]; 0]>(&[]), Vec::<Digest32>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mix_of_lengths_and_parts(
        messages in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..=300), prop::collection::vec(any::<prop::sample::Index>(), 0..4)),
            0..40,
        ),
    ) {
        let messages: Vec<Vec<&[u8]>> = messages.iter().map(|(message, cuts)| split(message, cuts)).collect();
        check(&messages);
    }
}

/// `message` in parts, cut at `cuts`.
fn split<'m>(message: &'m [u8], cuts: &[prop::sample::Index]) -> Vec<&'m [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(message.len() + 1)).collect();
    cuts.sort_unstable();
    let (mut parts, mut from) = (Vec::new(), 0);
    for cut in cuts {
        parts.push(&message[from..cut]);
        from = cut;
    }
    parts.push(&message[from..]);
    parts
}
