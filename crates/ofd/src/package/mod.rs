//! The container: a ZIP file of which every reader has to see the same.
//!
//! Readers of ZIP files differ in which of two headers they believe, which of two entries of a name they take, and whether
//! they see what stands between entries. What two readers could see in two ways is refused here: the entries tile the file
//! from its first byte to the directory, the directory ends where its end record begins, the record ends the file, and each
//! local header says what the directory says.

mod directory;
mod name;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use crate::limits::{MAX_ENTRY_BYTES, MAX_INFLATED_BYTES, MAX_RATIO, MAX_RATIO_FREE_BYTES};
use directory::{Packed, Packing};

/// A container, read and inflated.
#[derive(Debug)]
pub struct Package<'p> {
    entries: Vec<Entry<'p>>,
    by_name: HashMap<String, usize>,
}

/// One file of a container.
pub struct Entry<'p> {
    name: String,
    bytes: Cow<'p, [u8]>,
}

/// Names the entry's size only: a name can be a person's.
impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({} bytes)", self.bytes.len())
    }
}

impl Entry<'_> {
    /// Its name: folders and file with `/` between, none before.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes, inflated.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why bytes are no container that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {entry:?}: {fault}")]
pub struct PackageError {
    /// Place of the entry in the directory, from 0; `None` if it is the file as a whole.
    pub entry: Option<usize>,
    /// What is wrong.
    pub fault: PackageFault,
}

faults! {
    /// See [`PackageError`].
    pub enum PackageFault;
    /// More bytes than [`MAX_PACKAGE_BYTES`](crate::limits::MAX_PACKAGE_BYTES).
    PackageSize = "package_size", "the file is larger than is read";
    /// More entries than [`MAX_ENTRIES`](crate::limits::MAX_ENTRIES).
    Entries = "entries", "there are more entries than are read";
    /// An entry beyond [`MAX_ENTRY_BYTES`].
    EntrySize = "entry_size", "an entry is larger than is read";
    /// All entries together beyond [`MAX_INFLATED_BYTES`].
    InflatedSize = "inflated_size", "all entries together are larger than is read";
    /// An entry beyond [`MAX_RATIO`].
    Ratio = "ratio", "an entry inflates to more than its packed size allows";
    /// No end record, or none that ends the file.
    EndRecord = "end_record", "it is no ZIP file, or bytes follow its end";
    /// A comment after the end record, or of an entry.
    Comment = "comment", "the file or an entry has a comment";
    /// Parts on several disks.
    Disks = "disks", "the file is a part of several";
    /// A ZIP64 field, record or locator.
    Zip64 = "zip64", "the file uses ZIP64";
    /// The directory is not where or not as long as its end says.
    Directory = "directory", "the directory is not as its end record says";
    /// No local header where the directory says there is one.
    LocalHeader = "local_header", "there is no entry where the directory says";
    /// A local header says something else than the directory.
    HeadersDisagree = "headers_disagree", "two headers of an entry disagree";
    /// A data descriptor is missing or says something else.
    Descriptor = "descriptor", "the record after an entry is missing or disagrees";
    /// Bytes that belong to no entry, or to two.
    Gap = "gap", "bytes between the entries belong to none of them, or to two";
    /// Encrypted.
    Encrypted = "encrypted", "an entry is encrypted";
    /// Packed in another way than stored or deflated, or with flags that are not known.
    Method = "method", "an entry is packed in a way that is not read";
    /// A link or a device instead of a file.
    NotAFile = "not_a_file", "an entry is no file";
    /// A folder with content.
    FolderContent = "folder_content", "a folder has content";
    /// A name that is not UTF-8.
    NameText = "name_text", "a name is not UTF-8";
    /// A second name in an extra field.
    NameTwice = "name_twice", "an entry has a second name";
    /// A name beyond [`MAX_NAME_BYTES`](crate::limits::MAX_NAME_BYTES).
    NameLength = "name_length", "a name is longer than is read";
    /// A path beyond [`MAX_PATH_DEPTH`](crate::limits::MAX_PATH_DEPTH).
    Depth = "depth", "a path is deeper than is read";
    /// A path that begins at a root or on a drive.
    Absolute = "absolute", "a path is absolute";
    /// A path with `..`, `.` or an empty step.
    Steps = "steps", "a path has a step that is no name";
    /// A backslash.
    Backslash = "backslash", "a path has a backslash";
    /// Characters that systems read in several ways.
    NameCharacter = "name_character", "a name has a character that systems read differently";
    /// Two entries of one name, letters compared without case, or a file where another one needs a folder.
    NameRepeated = "name_repeated", "two entries have one name";
    /// Not what deflate makes, or of another length than the header says.
    Inflate = "inflate", "an entry cannot be inflated to what its header says";
    /// Another checksum than the header says.
    Checksum = "checksum", "an entry has another checksum than its header says";
}

impl<'p> Package<'p> {
    /// Reads a container and inflates what is in it.
    ///
    /// # Errors
    /// [`PackageError`] with the first fault.
    pub fn read(bytes: &'p [u8]) -> Result<Self, PackageError> {
        let packed = directory::read(bytes)?;
        name::check_distinct(&packed)?;
        check_sizes(&packed)?;
        let mut package = Self { entries: Vec::with_capacity(packed.len()), by_name: HashMap::new() };
        for (place, entry) in packed.into_iter().enumerate() {
            let bytes = unpack(&entry).map_err(|fault| PackageError { entry: Some(place), fault })?;
            if entry.is_folder {
                continue;
            }
            package.by_name.insert(entry.name.clone(), package.entries.len());
            package.entries.push(Entry { name: entry.name, bytes });
        }
        Ok(package)
    }

    /// The files, in the order of the directory.
    #[must_use]
    pub fn entries(&self) -> &[Entry<'p>] {
        &self.entries
    }

    /// The file of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry<'p>> {
        self.place(name).map(|place| &self.entries[place])
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// Before anything is inflated: the sizes that the headers say. That they say the truth is checked while inflating.
fn check_sizes(packed: &[Packed<'_>]) -> Result<(), PackageError> {
    let mut all = 0_usize;
    for (place, entry) in packed.iter().enumerate() {
        let fault = |fault| Err(PackageError { entry: Some(place), fault });
        if entry.size > MAX_ENTRY_BYTES {
            return fault(PackageFault::EntrySize);
        }
        if entry.size > MAX_RATIO_FREE_BYTES && entry.size / MAX_RATIO > entry.data.len() {
            return fault(PackageFault::Ratio);
        }
        all += entry.size;
        if all > MAX_INFLATED_BYTES {
            return fault(PackageFault::InflatedSize);
        }
    }
    Ok(())
}

fn unpack<'p>(entry: &Packed<'p>) -> Result<Cow<'p, [u8]>, PackageFault> {
    let bytes = match entry.packing {
        Packing::Stored if entry.data.len() == entry.size => Cow::Borrowed(entry.data),
        Packing::Stored => return Err(PackageFault::Inflate),
        Packing::Deflated => Cow::Owned(inflate(entry.data, entry.size).ok_or(PackageFault::Inflate)?),
    };
    if entry.is_folder && !bytes.is_empty() {
        return Err(PackageFault::FolderContent);
    }
    if crc32fast::hash(&bytes) != entry.checksum {
        return Err(PackageFault::Checksum);
    }
    Ok(bytes)
}

/// All of `data`, if it inflates to exactly `size` bytes.
fn inflate(data: &[u8], size: usize) -> Option<Vec<u8>> {
    // A byte more than is expected: what would fill it is too long.
    let mut out = vec![0; size + 1];
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut DecompressorOxide::new(), data, &mut out, 0, flags);
    if status != TINFLStatus::Done || read != data.len() || written != size {
        return None;
    }
    out.truncate(size);
    Some(out)
}
