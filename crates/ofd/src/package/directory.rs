//! The directory of a ZIP file (PKWARE APPNOTE 6.3), and the local headers that it points to.

use super::{PackageError, PackageFault, name};
use crate::limits::{MAX_ENTRIES, MAX_PACKAGE_BYTES};

const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const END: u32 = 0x0605_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
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

/// An entry before it is inflated.
pub(super) struct Packed<'p> {
    pub(super) name: String,
    pub(super) is_folder: bool,
    pub(super) packing: Packing,
    pub(super) checksum: u32,
    /// Bytes when inflated, as both headers say.
    pub(super) size: usize,
    pub(super) data: &'p [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Stored,
    Deflated,
}

/// What both headers of an entry say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header<'p> {
    flags: u16,
    method: u16,
    checksum: u32,
    packed: u32,
    size: u32,
    name: &'p [u8],
    extra: &'p [u8],
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

fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The entries in the order of the directory.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Packed<'_>>, PackageError> {
    let whole = |fault| PackageError { entry: None, fault };
    if bytes.len() > MAX_PACKAGE_BYTES {
        return Err(whole(PackageFault::PackageSize));
    }
    let (directory, count) = end(bytes).map_err(whole)?;
    let directory_at = bytes.len() - END_BYTES - directory.len();
    let mut fields = Fields(directory);
    let (mut packed, mut spans) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for place in 0..count {
        let at = |fault| PackageError { entry: Some(place), fault };
        let (header, offset) = central(&mut fields).map_err(at)?;
        let (entry, span) = local(&bytes[..directory_at], &header, offset).map_err(at)?;
        packed.push(entry);
        spans.push(span);
    }
    if !fields.0.is_empty() {
        return Err(whole(PackageFault::Directory));
    }
    tile(spans, directory_at).map_err(whole)?;
    Ok(packed)
}

/// The directory and the number of its entries.
fn end(bytes: &[u8]) -> Result<(&[u8], usize), PackageFault> {
    let at = bytes.len().checked_sub(END_BYTES).ok_or(PackageFault::EndRecord)?;
    let mut fields = Fields(&bytes[at..]);
    let mut number = || fields.u16().ok_or(PackageFault::EndRecord);
    let signature = [number()?, number()?];
    if u32::from(signature[0]) | u32::from(signature[1]) << 16 != END {
        return Err(if has_comment(bytes) { PackageFault::Comment } else { PackageFault::EndRecord });
    }
    let disks = [number()?, number()?];
    let counts = [number()?, number()?];
    let size = fields.u32().ok_or(PackageFault::EndRecord)?;
    let offset = fields.u32().ok_or(PackageFault::EndRecord)?;
    if fields.u16() != Some(0) {
        return Err(PackageFault::Comment);
    }
    // Some readers follow a locator whatever the end record says.
    if has_locator(&bytes[..at]) || counts.contains(&u16::MAX) || [size, offset].contains(&IN_ZIP64) {
        return Err(PackageFault::Zip64);
    }
    if disks != [0, 0] || counts[0] != counts[1] {
        return Err(PackageFault::Disks);
    }
    let count = usize::from(counts[0]);
    if count > MAX_ENTRIES {
        return Err(PackageFault::Entries);
    }
    let (size, offset) = (index(size), index(offset));
    if offset.checked_add(size) != Some(at) {
        return Err(PackageFault::Directory);
    }
    Ok((&bytes[offset..at], count))
}

/// Whether a locator stands right before the end record, be it within an entry of the directory.
fn has_locator(before: &[u8]) -> bool {
    before.last_chunk::<LOCATOR_BYTES>().is_some_and(|last| last.starts_with(&LOCATOR.to_le_bytes()))
}

/// Whether an end record stands where the length of its comment leads to the end of the file.
fn has_comment(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    bytes[from..].windows(END_BYTES).enumerate().any(|(at, record)| {
        let length = u16::from_le_bytes([record[20], record[21]]);
        record[..4] == END.to_le_bytes() && from + at + END_BYTES + usize::from(length) == bytes.len()
    })
}

/// A header of the directory, and where it says that the local one is.
fn central<'p>(fields: &mut Fields<'p>) -> Result<(Header<'p>, usize), PackageFault> {
    let mut fixed = Fields(fields.take(CENTRAL_BYTES).ok_or(PackageFault::Directory)?);
    let read = (|| {
        let (signature, made_by, _needed) = (fixed.u32()?, fixed.u16()?, fixed.u16()?);
        let (flags, method, _moment) = (fixed.u16()?, fixed.u16()?, fixed.u32()?);
        let (checksum, packed, size) = (fixed.u32()?, fixed.u32()?, fixed.u32()?);
        let (name, extra, comment) = (fixed.u16()?, fixed.u16()?, fixed.u16()?);
        let (disk, _internal, external, offset) = (fixed.u16()?, fixed.u16()?, fixed.u32()?, fixed.u32()?);
        let (name, extra) = (fields.take(usize::from(name))?, fields.take(usize::from(extra))?);
        let header = Header { flags, method, checksum, packed, size, name, extra };
        Some((signature, made_by, comment, disk, external, offset, header))
    })();
    let (signature, made_by, comment, disk, external, offset, header) =
        read.ok_or(PackageFault::Directory)?;
    if signature != CENTRAL {
        return Err(PackageFault::Directory);
    }
    if comment != 0 {
        return Err(PackageFault::Comment);
    }
    check_extra(header.extra)?;
    if [header.packed, header.size, offset].contains(&IN_ZIP64) {
        return Err(PackageFault::Zip64);
    }
    if disk != 0 {
        return Err(PackageFault::Disks);
    }
    check_flags(&header)?;
    if !is_file_or_folder(made_by, external) {
        return Err(PackageFault::NotAFile);
    }
    Ok((header, index(offset)))
}

fn check_flags(header: &Header<'_>) -> Result<(), PackageFault> {
    if header.flags & ENCRYPTED != 0 {
        return Err(PackageFault::Encrypted);
    }
    if header.flags & !KNOWN != 0 {
        return Err(PackageFault::Method);
    }
    Ok(())
}

/// Of what Unix wrote the upper half of the attributes is the mode: a file, a folder, or unsaid.
fn is_file_or_folder(made_by: u16, external: u32) -> bool {
    const UNIX: u16 = 3;
    made_by >> 8 != UNIX || matches!(external >> 28, 0 | 4 | 8)
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
/// descriptor.
fn local<'p>(
    before: &'p [u8],
    central: &Header<'p>,
    offset: usize,
) -> Result<(Packed<'p>, (usize, usize)), PackageFault> {
    let mut fields = Fields(before.get(offset..).ok_or(PackageFault::LocalHeader)?);
    let read = (|| {
        let mut fixed = Fields(fields.take(LOCAL_BYTES)?);
        let (signature, _needed) = (fixed.u32()?, fixed.u16()?);
        let (flags, method, _moment) = (fixed.u16()?, fixed.u16()?, fixed.u32()?);
        let (checksum, packed, size) = (fixed.u32()?, fixed.u32()?, fixed.u32()?);
        let (name, extra) = (fixed.u16()?, fixed.u16()?);
        let (name, extra) = (fields.take(usize::from(name))?, fields.take(usize::from(extra))?);
        (signature == LOCAL).then_some(Header { flags, method, checksum, packed, size, name, extra })
    })();
    let local = read.ok_or(PackageFault::LocalHeader)?;
    check_extra(local.extra)?;
    let described = central.flags & HAS_DESCRIPTOR != 0;
    let unsaid = described && [local.checksum, local.packed, local.size] == [0; 3];
    let said = if unsaid {
        Header { checksum: central.checksum, packed: central.packed, size: central.size, ..local }
    } else {
        local
    };
    if (Header { extra: &[], ..said }) != (Header { extra: &[], ..*central }) {
        return Err(PackageFault::HeadersDisagree);
    }
    let packing = match central.method {
        // Where stored data of unknown length ends, every reader finds out in its own way.
        0 if described && central.size > 0 => return Err(PackageFault::Descriptor),
        0 => Packing::Stored,
        8 => Packing::Deflated,
        _ => return Err(PackageFault::Method),
    };
    let data = fields.take(index(central.packed)).ok_or(PackageFault::LocalHeader)?;
    if described {
        descriptor(&mut fields, central)?;
    }
    // Without the flag the name is in a code page that only the writer knows.
    if !central.name.is_ascii() && central.flags & NAME_IS_UTF8 == 0 {
        return Err(PackageFault::NameText);
    }
    let (name, is_folder) = name::read(central.name)?;
    let entry =
        Packed { name, is_folder, packing, checksum: central.checksum, size: index(central.size), data };
    Ok((entry, (offset, before.len() - fields.0.len())))
}

/// The record after the data, which may begin with a signature.
fn descriptor(fields: &mut Fields<'_>, central: &Header<'_>) -> Result<(), PackageFault> {
    let first = fields.u32().ok_or(PackageFault::Descriptor)?;
    let said = if first == DESCRIPTOR && fields.0.len() >= 12 && !is_next(&fields.0[8..]) {
        [fields.u32(), fields.u32(), fields.u32()]
    } else {
        [Some(first), fields.u32(), fields.u32()]
    };
    let right = [central.checksum, central.packed, central.size].map(Some);
    if said == right { Ok(()) } else { Err(PackageFault::Descriptor) }
}

/// Whether a header begins here: then a checksum that looks like a signature was one.
fn is_next(bytes: &[u8]) -> bool {
    [LOCAL, CENTRAL].iter().any(|signature| bytes.starts_with(&signature.to_le_bytes()))
}

/// The entries follow each other without a gap from the first byte to the directory.
fn tile(mut spans: Vec<(usize, usize)>, directory_at: usize) -> Result<(), PackageFault> {
    spans.sort_unstable();
    let mut at = 0;
    for (from, until) in spans {
        if from != at {
            return Err(PackageFault::Gap);
        }
        at = until;
    }
    if at == directory_at { Ok(()) } else { Err(PackageFault::Gap) }
}
