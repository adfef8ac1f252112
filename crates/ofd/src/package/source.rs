//! Where the bytes of a container come from.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use boyin_model::alg::{Digest32, VerifyAlg};
use boyin_verify::Fingerprint;

use crate::limits::{MAX_HELD_BLOCKS, SOURCE_BLOCK_BYTES};

/// Bytes that are read where they are asked for: the container can be larger than memory should hold.
pub trait Source {
    /// How many there are. The same at every call.
    fn size(&self) -> u64;

    /// Fills `into` with the bytes from `at` on.
    ///
    /// # Errors
    /// Whatever kept the bytes from being read; that there are fewer is an error too.
    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Source for &[u8] {
    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(at).ok().and_then(|at| self.get(at..));
        let found = from.and_then(|from| from.get(..into.len())).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(found);
        Ok(())
    }
}

impl<S: Source + ?Sized> Source for &mut S {
    fn size(&self) -> u64 {
        S::size(self)
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        S::read_at(self, at, into)
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn size(&self) -> u64 {
        S::size(self)
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        S::read_at(self, at, into)
    }
}

/// A file, or whatever else can be read from any place.
#[derive(Debug)]
pub struct Seekable<R> {
    inner: R,
    size: u64,
    /// Where the next byte comes from, if that is known.
    at: Option<u64>,
}

impl<R: Read + Seek> Seekable<R> {
    /// All of it, wherever it stands.
    ///
    /// # Errors
    /// If its end cannot be found.
    pub fn new(mut inner: R) -> io::Result<Self> {
        let size = inner.seek(SeekFrom::End(0))?;
        Ok(Self { inner, size, at: None })
    }
}

impl<R: Read + Seek> Source for Seekable<R> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        if self.at.take() != Some(at) {
            self.inner.seek(SeekFrom::Start(at))?;
        }
        self.inner.read_exact(into)?;
        self.at = u64::try_from(into.len()).ok().and_then(|length| at.checked_add(length));
        Ok(())
    }
}

/// A source that was read once from its beginning to its end. Whatever is read of it later are the same bytes, or an error:
/// somebody may write to a file while it is verified, or after that and before something is taken out of it.
#[derive(Debug)]
pub struct Pinned<S> {
    inner: S,
    alg: &'static dyn VerifyAlg,
    digests: Vec<Digest32>,
    /// The blocks that were read last, the latest of them at the end, and which they are.
    held: VecDeque<(usize, Vec<u8>)>,
}

impl<S: Source> Pinned<S> {
    /// The source, and the fingerprint of its bytes.
    ///
    /// # Errors
    /// Whatever the source says.
    ///
    /// # Panics
    /// If `algs` is empty.
    pub fn new(mut inner: S, algs: &[&'static dyn VerifyAlg]) -> io::Result<(Self, String)> {
        let mut fingerprint = Fingerprint::new(algs);
        let alg = fingerprint.alg();
        let (mut digests, mut block) = (Vec::new(), vec![0; SOURCE_BLOCK_BYTES]);
        let mut at = 0;
        while at < inner.size() {
            let part = part_of(&mut block, inner.size() - at);
            inner.read_at(at, part)?;
            fingerprint.update(part);
            digests.push(alg.digest(&[part]));
            at += length_of(part);
        }
        Ok((Self { inner, alg, digests, held: VecDeque::new() }, fingerprint.finish()))
    }

    /// The bytes of a block, the last one of which may be shorter. Entries can stand in any order: what was read last is likely to
    /// be asked for again.
    fn block(&mut self, which: usize) -> io::Result<&[u8]> {
        if let Some(place) = self.held.iter().rposition(|(held, _)| *held == which) {
            return Ok(&self.held[place].1);
        }
        let oldest = (self.held.len() == MAX_HELD_BLOCKS).then(|| self.held.pop_front()).flatten();
        let mut block = oldest.map_or_else(Vec::new, |(_, block)| block);
        let from = u64::try_from(which * SOURCE_BLOCK_BYTES).unwrap_or(u64::MAX);
        let left = usize::try_from(self.inner.size().saturating_sub(from)).unwrap_or(usize::MAX);
        block.resize(left.min(SOURCE_BLOCK_BYTES), 0);
        self.inner.read_at(from, &mut block)?;
        if self.digests.get(which) != Some(&self.alg.digest(&[&block])) {
            return Err(io::Error::other("the document was changed while it was read"));
        }
        self.held.push_back((which, block));
        Ok(self.held.back().map_or(&[], |(_, block)| block))
    }
}

impl<S: Source> Source for Pinned<S> {
    fn size(&self) -> u64 {
        self.inner.size()
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let mut at = usize::try_from(at).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let mut left = into;
        while !left.is_empty() {
            let block = self.block(at / SOURCE_BLOCK_BYTES)?;
            let from = block.get(at % SOURCE_BLOCK_BYTES..).filter(|from| !from.is_empty());
            let from = from.ok_or(io::ErrorKind::UnexpectedEof)?;
            let (part, rest) = left.split_at_mut(from.len().min(left.len()));
            part.copy_from_slice(&from[..part.len()]);
            at += part.len();
            left = rest;
        }
        Ok(())
    }
}

/// As much of the buffer as there is to read.
pub(super) fn part_of(buffer: &mut [u8], left: u64) -> &mut [u8] {
    let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
    &mut buffer[..length]
}

pub(super) fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
