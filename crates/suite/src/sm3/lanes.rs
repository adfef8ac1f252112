//! Messages of different lengths in lanes that are kept full.

use std::cmp::Reverse;

use sm3::block_api::Sm3Core;
use sm3::digest::block_api::UpdateCore;
use sm3::digest::common::hazmat::{SerializableState, SerializedState};

use super::blocks::{BLOCK_BYTES, Block, Blocks};

/// The initial value (GB/T 32905 §4.1).
const INITIAL: [u32; 8] =
    [0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e];

/// With fewer messages than this under way, one after another is faster: one step of all lanes takes as long as a
/// little more than two blocks alone.
pub(super) const WORTH_LANES: usize = 3;

/// The chaining value of each lane: word by word, and lane by lane in each word.
pub(super) type State<const N: usize> = [[u32; N]; 8];

/// The expanded message of each lane, in the same order. The first 16 words are the block.
pub(super) type Words<const N: usize> = [[u32; N]; 68];

/// The compression function in `N` lanes.
pub(super) trait Compress<const N: usize> {
    /// Expands the block in `words` and takes it into `state`.
    fn compress(&self, state: &mut State<N>, words: &mut Words<N>);
}

/// One message and the place of its digest.
pub(super) struct Job<'m> {
    blocks: Blocks<'m>,
    digest: &'m mut [u8; 32],
}

impl<'m> Job<'m> {
    pub(super) fn new(message: &'m [&'m [u8]], digest: &'m mut [u8; 32]) -> Self {
        Self { blocks: Blocks::new(message), digest }
    }
}

/// Computes all digests, `N` at a time.
pub(super) fn hash<const N: usize>(engine: &impl Compress<N>, mut jobs: Vec<Job<'_>>) {
    // The longest first: what is left at the end is short, and little of it runs in lanes that are half empty.
    jobs.sort_unstable_by_key(|job| Reverse(job.blocks.left()));
    let mut queue = jobs.into_iter();
    let mut lanes: [Option<Job<'_>>; N] = std::array::from_fn(|_| None);
    let mut state: State<N> = INITIAL.map(|word| [word; N]);
    let mut words: Words<N> = [[0; N]; 68];
    loop {
        refill(&mut lanes, &mut state, &mut queue);
        if lanes.iter().flatten().count() < WORTH_LANES {
            break;
        }
        load(&mut lanes, &mut words);
        engine.compress(&mut state, &mut words);
        for (at, lane) in lanes.iter_mut().enumerate() {
            if let Some(done) = lane.take_if(|job| job.blocks.left() == 0) {
                *done.digest = digest(lane_of(&state, at));
            }
        }
    }
    for (at, lane) in lanes.into_iter().enumerate() {
        if let Some(job) = lane {
            finish(job, lane_of(&state, at));
        }
    }
}

/// Gives every empty lane a message, while there are any.
fn refill<'m, const N: usize>(
    lanes: &mut [Option<Job<'m>>; N],
    state: &mut State<N>,
    queue: &mut impl Iterator<Item = Job<'m>>,
) {
    for (at, lane) in lanes.iter_mut().enumerate().filter(|(_, lane)| lane.is_none()) {
        *lane = queue.next();
        for (word, initial) in state.iter_mut().zip(INITIAL) {
            word[at] = initial;
        }
    }
}

/// Puts the next block of every lane into the first 16 words. An empty lane keeps what it had and is computed too.
fn load<const N: usize>(lanes: &mut [Option<Job<'_>>; N], words: &mut Words<N>) {
    let mut buffer = [0; BLOCK_BYTES];
    for (at, lane) in lanes.iter_mut().enumerate() {
        let Some(block) = lane.as_mut().and_then(|job| job.blocks.next(&mut buffer)) else { continue };
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            word[at] = u32::from_be_bytes(*bytes);
        }
    }
}

fn lane_of<const N: usize>(state: &State<N>, at: usize) -> [u32; 8] {
    state.map(|word| word[at])
}

fn digest(state: [u32; 8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// Computes the rest of one message, from the chaining value `state` on, with the crate `sm3`.
fn finish(mut job: Job<'_>, state: [u32; 8]) {
    // The crate takes and gives a chaining value as little-endian words with a count of blocks behind them; only its
    // own padding needs that count.
    let mut serialized = SerializedState::<Sm3Core>::default();
    for (bytes, word) in serialized.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_le_bytes();
    }
    let mut core = Sm3Core::deserialize(&serialized).expect("every chaining value is valid");
    let mut buffer: Block = [0; BLOCK_BYTES];
    while let Some(block) = job.blocks.next(&mut buffer) {
        core.update_blocks(&[(*block).into()]);
    }
    let serialized = core.serialize();
    let words = serialized.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
    let mut state = [0; 8];
    for (word, last) in state.iter_mut().zip(words) {
        *word = last;
    }
    *job.digest = digest(state);
}
