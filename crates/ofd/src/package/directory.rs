//! The directory of a ZIP file (PKWARE APPNOTE 6.3), and the local headers that it points to.

use std::io;

use super::source::length_of;
use super::{Halt, PackageFault, ReadError, Source, name};
use crate::limits::{Limits, MAX_ENTRIES, long};

const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const END: u32 = 0x0605_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
/// With its signature.
const DESCRIPTOR_BYTES: usize = 16;
const LOCATOR_BYTES: usize = 20;
/// Leads to the end record of ZIP64.
const LOCATOR: u32 = 0x0706_4b50;
/// A size or an offset that stands in a ZIP64 field instead.
const IN_ZIP64: u32 = u32::MAX;

/// Encrypted, strongly encrypted, with a masked header.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Sizes and checksum follow the data.
const HAS_DESCRIPTOR: u16 = 1 << 3;
const NAME_IS_UTF8: u16 = 1 << 11;
/// What may be set; the second and the third say how well it is deflated.
const KNOWN: u16 = 1 << 1 | 1 << 2 | HAS_DESCRIPTOR | NAME_IS_UTF8;

const EXTRA_ZIP64: u16 = 0x0001;
/// Info-ZIP's second name and second comment.
const EXTRA_NAMES: [u16; 2] = [0x7075, 0x6375];

/// Bytes of the directory that are read at once.
const WINDOW_BYTES: usize = 16 << 10;

/// An entry before it is inflated.
pub(super) struct Packed {
    pub(super) name: String,
    pub(super) is_folder: bool,
    pub(super) packing: Packing,
    pub(super) checksum: u32,
    /// Bytes when inflated, as both headers say.
    pub(super) size: u64,
    pub(super) data: Span,
}

/// Bytes of the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) at: u64,
    pub(super) length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Stored,
    Deflated,
}

/// What both headers of an entry say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header {
    flags: u16,
    method: u16,
    checksum: u32,
    packed: u32,
    size: u32,
    name: Vec<u8>,
}

/// Little-endian numbers, one after another.
struct Fields<'p>(&'p [u8]);

impl<'p> Fields<'p> {
    fn take(&mut self, count: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }
}

/// Bytes of a source one after another, up to an end.
struct Run {
    /// Bytes that were read and not taken.
    held: Vec<u8>,
    taken: usize,
    at: u64,
    end: u64,
}

impl Run {
    fn new(span: Span) -> Self {
        Self { held: Vec::new(), taken: 0, at: span.at, end: span.at + span.length }
    }

    fn is_at_end(&self) -> bool {
        self.taken == self.held.len() && self.at == self.end
    }

    /// The next `count` bytes, if there are as many.
    fn take(&mut self, source: &mut impl Source, count: usize) -> io::Result<Option<&[u8]>> {
        let held = self.held.len() - self.taken;
        if held < count {
            self.held.drain(..self.taken);
            self.taken = 0;
            let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            if left < count - held {
                return Ok(None);
            }
            self.held.resize(held + left.min(WINDOW_BYTES.max(count - held)), 0);
            source.read_at(self.at, &mut self.held[held..])?;
            self.at += length_of(&self.held[held..]);
        }
        self.taken += count;
        Ok(Some(&self.held[self.taken - count..self.taken]))
    }
}

fn bytes_at(source: &mut impl Source, at: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    source.read_at(at, &mut bytes)?;
    Ok(bytes)
}

/// As many of the last bytes before `end` as there are.
fn last_of(source: &mut impl Source, end: u64, count: usize) -> io::Result<Vec<u8>> {
    let count = usize::try_from(end).unwrap_or(usize::MAX).min(count);
    let at = end - u64::try_from(count).unwrap_or(end);
    bytes_at(source, at, count)
}

/// The entries in the order of the directory.
pub(super) fn read(source: &mut impl Source, limits: &Limits) -> Result<Vec<Packed>, ReadError> {
    let whole = |halt: Halt| halt.at(None);
    if source.size() > limits.package {
        return Err(whole(PackageFault::PackageSize.into()));
    }
    let (directory, count) = end(source).map_err(whole)?;
    let mut run = Run::new(directory);
    let (mut packed, mut spans) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for place in 0..count {
        let at = |halt: Halt| halt.at(Some(place));
        let (header, offset) = central(source, &mut run).map_err(at)?;
        let (entry, span) = local(source, directory.at, &header, offset).map_err(at)?;
        packed.push(entry);
        spans.push(span);
    }
    if !run.is_at_end() {
        return Err(whole(PackageFault::Directory.into()));
    }
    tile(spans, directory.at).map_err(|fault| whole(fault.into()))?;
    Ok(packed)
}

/// Where the directory is, and the number of its entries.
fn end(source: &mut impl Source) -> Result<(Span, usize), Halt> {
    let at = source.size().checked_sub(long(END_BYTES)).ok_or(PackageFault::EndRecord)?;
    let record = last_of(source, source.size(), END_BYTES)?;
    let mut fields = Fields(&record);
    let mut number = || fields.u16().ok_or(PackageFault::EndRecord);
    let signature = [number()?, number()?];
    if u32::from(signature[0]) | u32::from(signature[1]) << 16 != END {
        let last = last_of(source, source.size(), END_BYTES + usize::from(u16::MAX))?;
        let fault = if has_comment(&last) { PackageFault::Comment } else { PackageFault::EndRecord };
        return Err(fault.into());
    }
    let disks = [number()?, number()?];
    let counts = [number()?, number()?];
    let size = fields.u32().ok_or(PackageFault::EndRecord)?;
    let offset = fields.u32().ok_or(PackageFault::EndRecord)?;
    if fields.u16() != Some(0) {
        return Err(PackageFault::Comment.into());
    }
    // Some readers follow a locator whatever the end record says.
    let before = last_of(source, at, LOCATOR_BYTES)?;
    if has_locator(&before) || counts.contains(&u16::MAX) || [size, offset].contains(&IN_ZIP64) {
        return Err(PackageFault::Zip64.into());
    }
    if disks != [0, 0] || counts[0] != counts[1] {
        return Err(PackageFault::Disks.into());
    }
    let count = usize::from(counts[0]);
    if count > MAX_ENTRIES {
        return Err(PackageFault::Entries.into());
    }
    let directory = Span { at: offset.into(), length: size.into() };
    if directory.at + directory.length != at {
        return Err(PackageFault::Directory.into());
    }
    Ok((directory, count))
}

/// Whether a locator stands right before the end record, be it within an entry of the directory.
fn has_locator(before: &[u8]) -> bool {
    before.last_chunk::<LOCATOR_BYTES>().is_some_and(|last| last.starts_with(&LOCATOR.to_le_bytes()))
}

/// Whether an end record stands among the last bytes of the file where the length of its comment leads to their end.
fn has_comment(last: &[u8]) -> bool {
    last.windows(END_BYTES).enumerate().any(|(at, record)| {
        let length = u16::from_le_bytes([record[20], record[21]]);
        record[..4] == END.to_le_bytes() && at + END_BYTES + usize::from(length) == last.len()
    })
}

/// A header of the directory, and where it says that the local one is.
fn central(source: &mut impl Source, run: &mut Run) -> Result<(Header, u64), Halt> {
    let mut fixed = Fields(run.take(source, CENTRAL_BYTES)?.ok_or(PackageFault::Directory)?);
    let read = (|| {
        let (signature, made_by, _needed) = (fixed.u32()?, fixed.u16()?, fixed.u16()?);
        let (flags, method, _moment) = (fixed.u16()?, fixed.u16()?, fixed.u32()?);
        let (checksum, packed, size) = (fixed.u32()?, fixed.u32()?, fixed.u32()?);
        let (name, extra, comment) = (fixed.u16()?, fixed.u16()?, fixed.u16()?);
        let (disk, _internal, external, offset) = (fixed.u16()?, fixed.u16()?, fixed.u32()?, fixed.u32()?);
        let header = Header { flags, method, checksum, packed, size, name: Vec::new() };
        Some((signature, made_by, (name, extra, comment), disk, external, offset, header))
    })();
    let (signature, made_by, (name, extra, comment), disk, external, offset, header) =
        read.ok_or(PackageFault::Directory)?;
    let name = run.take(source, usize::from(name))?.ok_or(PackageFault::Directory)?.to_vec();
    let extra = run.take(source, usize::from(extra))?.ok_or(PackageFault::Directory)?;
    if signature != CENTRAL {
        return Err(PackageFault::Directory.into());
    }
    if comment != 0 {
        return Err(PackageFault::Comment.into());
    }
    check_extra(extra)?;
    if [header.packed, header.size, offset].contains(&IN_ZIP64) {
        return Err(PackageFault::Zip64.into());
    }
    if disk != 0 {
        return Err(PackageFault::Disks.into());
    }
    check_flags(&header)?;
    if !is_file_or_folder(made_by, external) {
        return Err(PackageFault::NotAFile.into());
    }
    Ok((Header { name, ..header }, offset.into()))
}

fn check_flags(header: &Header) -> Result<(), PackageFault> {
    if header.flags & ENCRYPTED != 0 {
        return Err(PackageFault::Encrypted);
    }
    if header.flags & !KNOWN != 0 {
        return Err(PackageFault::Method);
    }
    Ok(())
}

/// Of what Unix or macOS wrote the upper half of the attributes is the mode: a file, a folder, or unsaid.
fn is_file_or_folder(made_by: u16, external: u32) -> bool {
    const UNIX: u16 = 3;
    const MACOS: u16 = 19;
    !matches!(made_by >> 8, UNIX | MACOS) || matches!(external >> 28, 0 | 4 | 8)
}

/// Fields that change what was said before. Padding that is no field is passed over, as others do.
fn check_extra(extra: &[u8]) -> Result<(), PackageFault> {
    let mut fields = Fields(extra);
    while let Some(id) = fields.u16() {
        let Some(length) = fields.u16() else { break };
        if id == EXTRA_ZIP64 {
            return Err(PackageFault::Zip64);
        }
        if EXTRA_NAMES.contains(&id) {
            return Err(PackageFault::NameTwice);
        }
        if fields.take(usize::from(length)).is_none() {
            break;
        }
    }
    Ok(())
}

/// The entry whose header of the directory is `central`, and the bytes from its local header to the end of its data or its
/// descriptor, which come before `until`.
fn local(
    source: &mut impl Source,
    until: u64,
    central: &Header,
    offset: u64,
) -> Result<(Packed, Span), Halt> {
    let absent = || Halt::from(PackageFault::LocalHeader);
    let data_at = |lengths: u64| {
        let at = offset.checked_add(long(LOCAL_BYTES))?.checked_add(lengths)?;
        (at <= until).then_some(at)
    };
    let names_at = data_at(0).ok_or_else(absent)?;
    let fixed = bytes_at(source, offset, LOCAL_BYTES)?;
    let mut fixed = Fields(&fixed);
    let read = (|| {
        let (signature, _needed) = (fixed.u32()?, fixed.u16()?);
        let (flags, method, _moment) = (fixed.u16()?, fixed.u16()?, fixed.u32()?);
        let (checksum, packed, size) = (fixed.u32()?, fixed.u32()?, fixed.u32()?);
        let (name, extra) = (fixed.u16()?, fixed.u16()?);
        let header = Header { flags, method, checksum, packed, size, name: Vec::new() };
        (signature == LOCAL).then_some((header, usize::from(name), usize::from(extra)))
    })();
    let (header, name, extra) = read.ok_or_else(absent)?;
    let at = data_at(long(name + extra)).ok_or_else(absent)?;
    let mut name_bytes = bytes_at(source, names_at, name + extra)?;
    check_extra(&name_bytes[name..])?;
    name_bytes.truncate(name);
    let local = Header { name: name_bytes, ..header };
    let described = central.flags & HAS_DESCRIPTOR != 0;
    let unsaid = described && [local.checksum, local.packed, local.size] == [0; 3];
    let said = if unsaid {
        Header { checksum: central.checksum, packed: central.packed, size: central.size, ..local }
    } else {
        local
    };
    if said != *central {
        return Err(PackageFault::HeadersDisagree.into());
    }
    let packing = match central.method {
        // Where stored data of unknown length ends, every reader finds out in its own way.
        0 if described && central.size > 0 => return Err(PackageFault::Descriptor.into()),
        0 => Packing::Stored,
        8 => Packing::Deflated,
        _ => return Err(PackageFault::Method.into()),
    };
    let data = Span { at, length: central.packed.into() };
    let mut end = at.checked_add(data.length).filter(|end| *end <= until).ok_or_else(absent)?;
    if described {
        let left = usize::try_from(until - end).unwrap_or(usize::MAX);
        let after = bytes_at(source, end, left.min(DESCRIPTOR_BYTES))?;
        end += long(descriptor(&after, central)?);
    }
    // Without the flag the name is in a code page that only the writer knows.
    if !central.name.is_ascii() && central.flags & NAME_IS_UTF8 == 0 {
        return Err(PackageFault::NameText.into());
    }
    let (name, is_folder) = name::read(&central.name)?;
    let entry =
        Packed { name, is_folder, packing, checksum: central.checksum, size: central.size.into(), data };
    Ok((entry, Span { at: offset, length: end - offset }))
}

/// The length of the record after the data, which may begin with a signature. `after` is what there is of the longest one.
fn descriptor(after: &[u8], central: &Header) -> Result<usize, PackageFault> {
    let mut fields = Fields(after);
    let first = fields.u32().ok_or(PackageFault::Descriptor)?;
    let said = if first == DESCRIPTOR && fields.0.len() >= 12 && !is_next(&fields.0[8..]) {
        [fields.u32(), fields.u32(), fields.u32()]
    } else {
        [Some(first), fields.u32(), fields.u32()]
    };
    let right = [central.checksum, central.packed, central.size].map(Some);
    if said == right { Ok(after.len() - fields.0.len()) } else { Err(PackageFault::Descriptor) }
}

/// Whether a header begins here: then a checksum that looks like a signature was one.
fn is_next(bytes: &[u8]) -> bool {
    [LOCAL, CENTRAL].iter().any(|signature| bytes.starts_with(&signature.to_le_bytes()))
}

/// The entries follow each other without a gap from the first byte to the directory.
fn tile(mut spans: Vec<Span>, directory_at: u64) -> Result<(), PackageFault> {
    spans.sort_unstable();
    let mut at = 0;
    for span in spans {
        if span.at != at {
            return Err(PackageFault::Gap);
        }
        at += span.length;
    }
    if at == directory_at { Ok(()) } else { Err(PackageFault::Gap) }
}
