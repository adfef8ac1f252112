//! Padding (GB/T 32905 §5.2) of a message that is given in parts.

use std::slice;

/// Bytes of one block.
pub(super) const BLOCK_BYTES: usize = 64;

/// What the compression function takes.
pub(super) type Block = [u8; BLOCK_BYTES];

/// Bytes behind the message: the bit 1, and the length in bits.
const TRAILER_BYTES: usize = 1 + 8;

/// The blocks of one padded message that are still to come.
pub(super) struct Blocks<'m> {
    /// Parts not yet begun.
    parts: slice::Iter<'m, &'m [u8]>,
    /// What is left of the part in hand.
    part: &'m [u8],
    /// Whether the bit behind the message was given.
    ended: bool,
    bytes: usize,
    left: usize,
}

impl<'m> Blocks<'m> {
    pub(super) fn new(parts: &'m [&'m [u8]]) -> Self {
        let bytes = parts.iter().map(|part| part.len()).sum::<usize>();
        let left = (bytes + TRAILER_BYTES).div_ceil(BLOCK_BYTES);
        Self { parts: parts.iter(), part: &[], ended: false, bytes, left }
    }

    /// Number of blocks to come.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The next block: in place where the message has it in one piece, else put together in `buffer`.
    pub(super) fn next<'b>(&mut self, buffer: &'b mut Block) -> Option<&'b Block>
    where
        'm: 'b,
    {
        self.left = self.left.checked_sub(1)?;
        if let Some((block, rest)) = self.part.split_first_chunk() {
            self.part = rest;
            return Some(block);
        }
        let filled = self.copy_message(buffer);
        if let Some(padding) = buffer.get_mut(filled..) {
            self.pad(padding);
        }
        Some(buffer)
    }

    /// Fills `buffer` from the message; returns how many bytes there were.
    fn copy_message(&mut self, buffer: &mut Block) -> usize {
        let mut filled = 0;
        while filled < BLOCK_BYTES {
            if self.part.is_empty() {
                match self.parts.next() {
                    Some(part) => self.part = part,
                    None => break,
                }
            }
            let room = &mut buffer[filled..];
            let (now, later) = self.part.split_at(room.len().min(self.part.len()));
            room[..now.len()].copy_from_slice(now);
            self.part = later;
            filled += now.len();
        }
        filled
    }

    fn pad(&mut self, padding: &mut [u8]) {
        padding.fill(0);
        if let (false, Some(first)) = (self.ended, padding.first_mut()) {
            *first = 0x80;
            self.ended = true;
        }
        if let (0, Some(length)) = (self.left, padding.last_chunk_mut()) {
            let bytes = u64::try_from(self.bytes).expect("addresses have 64 bits at most");
            *length = (bytes * 8).to_be_bytes();
        }
    }
}
