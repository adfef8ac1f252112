//! The files of a container, inflated piece by piece, each once.

use std::fmt;
use std::io;

use crc32fast::Hasher as Checksum;
use miniz_oxide::inflate::TINFLStatus as Status;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_HAS_MORE_INPUT as MORE;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::directory::{self, Packed, Packing, Span};
use super::source::{length_of, part_of};
use super::{Names, PackageError, PackageFault, ReadError, Source, name};
use crate::limits::{Limits, MAX_RATIO, MAX_RATIO_FREE_BYTES, long};

/// Bytes that are read at once.
const INPUT_BYTES: usize = 64 << 10;
/// Bytes that are inflated at once. What deflate refers back to is within 32 KiB.
const WINDOW_BYTES: usize = 64 << 10;

/// The entries of a container whose directory was read, and what of them is left to read.
pub(crate) struct Contents<S> {
    source: S,
    entries: Vec<Packed>,
    /// Places in `entries` of the files.
    files: Vec<usize>,
    unread: Vec<bool>,
    /// Nothing before is unread.
    read_until: usize,
    /// Bytes that came out of all entries.
    inflated: u64,
    input: Vec<u8>,
    window: Vec<u8>,
    inflater: Box<DecompressorOxide>,
}

/// Names the number of entries only: a name can be a person's.
impl<S> fmt::Debug for Contents<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contents({} entries)", self.entries.len())
    }
}

impl<S: Source> Contents<S> {
    /// Reads the directory, and nothing of the entries but their headers.
    pub(crate) fn open(mut source: S, limits: &Limits) -> Result<(Names, Self), ReadError> {
        let entries = directory::read(&mut source, limits)?;
        name::check_distinct(&entries)?;
        check_sizes(&entries, limits.of(source.size()))?;
        let files: Vec<_> = (0..entries.len()).filter(|place| !entries[*place].is_folder).collect();
        let names = Names::new(files.iter().map(|place| entries[*place].name.clone()));
        let contents = Self {
            source,
            files,
            unread: vec![true; entries.len()],
            read_until: 0,
            inflated: 0,
            entries,
            input: Vec::new(),
            window: Vec::new(),
            inflater: Box::default(),
        };
        Ok((names, contents))
    }

    /// Bytes of a file when inflated, as its headers say. It is held against what comes out.
    pub(crate) fn size(&self, file: usize) -> u64 {
        self.entries[self.files[file]].size
    }

    /// Bytes that came out of all entries that were read.
    pub(crate) fn inflated(&self) -> u64 {
        self.inflated
    }

    /// The first entry that was not read, with its place among the files, if it comes before that one.
    pub(crate) fn first_unread(&mut self, before: Option<usize>) -> Option<(usize, Option<usize>)> {
        let passed = self.unread[self.read_until..].iter().position(|unread| *unread);
        self.read_until = passed.map_or(self.unread.len(), |passed| self.read_until + passed);
        let place = passed.map(|_| self.read_until)?;
        let in_question = before.is_none_or(|before| place < before);
        in_question.then(|| (place, self.files.binary_search(&place).ok()))
    }

    /// Gives the bytes of a file to `take`, piece by piece, and compares size and checksum at its end.
    pub(crate) fn read(&mut self, file: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.read_entry(self.files[file], take)
    }

    /// As [`Self::read`], of a folder too.
    pub(crate) fn read_entry(&mut self, place: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.unread[place] = false;
        if self.input.is_empty() {
            self.input.resize(INPUT_BYTES, 0);
            self.window.resize(WINDOW_BYTES, 0);
        }
        let Packed { is_folder, packing, checksum: stated, size: whole_size, data, .. } = self.entries[place];
        let (mut checksum, mut size) = (Checksum::new(), 0);
        let mut piece = |bytes: &[u8]| {
            checksum.update(bytes);
            size += length_of(bytes);
            let fits = size <= whole_size;
            if fits {
                take(bytes);
            }
            fits
        };
        let whole = match packing {
            Packing::Stored => data.length == whole_size && self.copy(data, &mut piece)?,
            Packing::Deflated => self.inflate(data, &mut piece)?,
        };
        self.inflated += size;
        let fault = if !whole || size != whole_size {
            PackageFault::Inflate
        } else if is_folder && size > 0 {
            PackageFault::FolderContent
        } else if checksum.finalize() != stated {
            PackageFault::Checksum
        } else {
            return Ok(());
        };
        Err(PackageError { entry: Some(place), fault }.into())
    }

    fn copy(&mut self, data: Span, piece: &mut impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        let mut done = 0;
        while done < data.length {
            let part = part_of(&mut self.input, data.length - done);
            self.source.read_at(data.at + done, part)?;
            piece(part);
            done += length_of(part);
        }
        Ok(true)
    }

    /// Whether all of the data was inflated, and `piece` took all of it.
    fn inflate(&mut self, data: Span, piece: &mut impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
        self.inflater.init();
        let (mut done, mut at) = (0, 0);
        let mut input: &[u8] = &[];
        loop {
            if input.is_empty() && done < data.length {
                let part = part_of(&mut self.input, data.length - done);
                self.source.read_at(data.at + done, part)?;
                done += length_of(part);
                input = part;
            }
            let is_last = done == data.length;
            let flags = if is_last { 0 } else { MORE };
            let (status, read, written) = decompress(&mut self.inflater, input, &mut self.window, at, flags);
            input = &input[read..];
            if !piece(&self.window[at..at + written]) {
                return Ok(false);
            }
            at = (at + written) % WINDOW_BYTES;
            if status == Status::Done {
                return Ok(is_last && input.is_empty());
            }
            let starved = status == Status::NeedsMoreInput && !is_last && input.is_empty();
            if status != Status::HasMoreOutput && !starved {
                return Ok(false);
            }
        }
    }
}

/// Before anything is inflated: the sizes that the headers say. That they say the truth is checked while inflating.
fn check_sizes(entries: &[Packed], limits: Limits) -> Result<(), PackageError> {
    let mut all = 0_u64;
    for (place, entry) in entries.iter().enumerate() {
        let fault = |fault| Err(PackageError { entry: Some(place), fault });
        if entry.size > limits.entry {
            return fault(PackageFault::EntrySize);
        }
        if entry.size > long(MAX_RATIO_FREE_BYTES) && entry.size / long(MAX_RATIO) > entry.data.length {
            return fault(PackageFault::Ratio);
        }
        all += entry.size;
        if all > limits.inflated {
            return fault(PackageFault::InflatedSize);
        }
    }
    Ok(())
}
