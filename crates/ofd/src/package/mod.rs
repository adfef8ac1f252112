//! The container: a ZIP file of which every reader has to see the same.
//!
//! Readers of ZIP files differ in which of two headers they believe, which of two entries of a name they take, and whether
//! they see what stands between entries. What two readers could see in two ways is refused here: the entries tile the file
//! from its first byte to the directory, the directory ends where its end record begins, the record ends the file, and each
//! local header says what the directory says.

mod contents;
mod directory;
mod name;
mod source;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::sync::OnceLock;

use crate::held::of_entries;
use crate::limits::Limits;
pub(crate) use contents::Contents;
pub use source::{Pinned, Seekable, Source};

/// A container, read and inflated: all of it in memory. To verify one does not need that, and takes larger ones
/// ([`limits`](crate::limits)).
#[derive(Debug)]
pub struct Package {
    entries: Vec<Entry>,
    names: Names,
}

/// One file of a container.
pub struct Entry {
    name: String,
    bytes: Vec<u8>,
}

/// Names the entry's size only: a name can be a person's.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({} bytes)", self.bytes.len())
    }
}

impl Entry {
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
    /// More bytes than [`MAX_STREAMED_PACKAGE_BYTES`](crate::limits::MAX_STREAMED_PACKAGE_BYTES), held as a whole
    /// [`MAX_PACKAGE_BYTES`](crate::limits::MAX_PACKAGE_BYTES).
    PackageSize = "package_size", "the file is larger than is read";
    /// More entries than [`MAX_ENTRIES`](crate::limits::MAX_ENTRIES).
    Entries = "entries", "there are more entries than are read";
    /// An entry beyond [`MAX_STREAMED_ENTRY_BYTES`](crate::limits::MAX_STREAMED_ENTRY_BYTES), held as a whole
    /// [`MAX_ENTRY_BYTES`](crate::limits::MAX_ENTRY_BYTES).
    EntrySize = "entry_size", "an entry is larger than is read";
    /// All entries together beyond [`MAX_INFLATED_BYTES`](crate::limits::MAX_INFLATED_BYTES).
    InflatedSize = "inflated_size", "all entries together are larger than is read";
    /// An entry beyond [`MAX_RATIO`](crate::limits::MAX_RATIO).
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

/// Why a container was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Its bytes could not be read, which says nothing of them.
    #[error(transparent)]
    Source(#[from] io::Error),
    /// It is at fault.
    #[error(transparent)]
    Package(#[from] PackageError),
}

/// As [`ReadError`], before it is known of which entry.
#[derive(Debug)]
enum Halt {
    Source(io::Error),
    Fault(PackageFault),
}

impl Halt {
    fn at(self, entry: Option<usize>) -> ReadError {
        match self {
            Self::Source(error) => ReadError::Source(error),
            Self::Fault(fault) => ReadError::Package(PackageError { entry, fault }),
        }
    }
}

impl From<PackageFault> for Halt {
    fn from(fault: PackageFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Source(error)
    }
}

impl Package {
    /// Reads a container and inflates what is in it.
    ///
    /// # Errors
    /// [`PackageError`] with the first fault.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        let read = || {
            let (names, mut contents) = Contents::open(bytes, &Limits::held())?;
            let mut entries = Vec::with_capacity(names.names.len());
            while let Some((place, file)) = contents.first_unread(None) {
                let mut inflated = Vec::new();
                contents.read_entry(place, &mut |piece| inflated.extend_from_slice(piece))?;
                entries.extend(file.map(|file| Entry { name: names.of(file).to_owned(), bytes: inflated }));
            }
            Ok(Self { entries, names })
        };
        read().map_err(|error| match error {
            ReadError::Package(error) => error,
            // Of bytes in memory there are as many as they say.
            ReadError::Source(_) => PackageError { entry: None, fault: PackageFault::Directory },
        })
    }

    /// The files, in the order of the directory.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The file of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.names.place(name).map(|place| &self.entries[place])
    }

    /// The names of the files, in the same order.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }
}

/// A container as large as one that is verified: each file is read when it is asked for, and none is held.
#[derive(Debug)]
pub struct Container<S> {
    names: Names,
    contents: Contents<S>,
}

impl<S: Source> Container<S> {
    /// Reads the directory, and of the files their headers alone.
    ///
    /// # Errors
    /// [`ReadError`] with the first fault.
    pub fn open(source: S) -> Result<Self, ReadError> {
        let (names, contents) = Contents::open(source, &Limits::verified())?;
        Ok(Self { names, contents })
    }

    /// The names of the files, each with its bytes when inflated, as the headers say, in the order of the directory.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.names.all().iter().enumerate().map(|(place, name)| (name.as_str(), self.size(place)))
    }

    /// Gives the bytes of the file at that place among [`Self::files`] to `take`, piece by piece.
    ///
    /// # Errors
    /// [`ReadError`]: what was taken until then is not the file.
    ///
    /// # Panics
    /// If there is no file at that place.
    pub fn read(&mut self, place: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        self.contents.read(place, take)
    }

    pub(crate) fn size(&self, place: usize) -> u64 {
        self.contents.size(place)
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }
}

/// The names of the files of a container, in the order of the directory.
pub(crate) struct Names {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    /// In small letters; made when it is asked for first, which few containers need.
    in_any_case: OnceLock<HashMap<String, usize>>,
}

/// Names the number of files only: a name can be a person's.
impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({} files)", self.names.len())
    }
}

impl Names {
    fn new(names: impl Iterator<Item = String>) -> Self {
        let names: Vec<_> = names.collect();
        let by_name = names.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
        Self { names, by_name, in_any_case: OnceLock::new() }
    }

    pub(crate) fn of(&self, place: usize) -> &str {
        &self.names[place]
    }

    pub(crate) fn all(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The file of that name, letters compared without case: no two files have one then.
    pub(crate) fn place_in_any_case(&self, name: &str) -> Option<usize> {
        let all = self.in_any_case.get_or_init(|| {
            self.names.iter().enumerate().map(|(place, name)| (name.to_lowercase(), place)).collect()
        });
        all.get(&name.to_lowercase()).copied()
    }

    /// Bytes that are held, about: each name is there twice, and once more in small letters where those were asked for.
    pub(crate) fn held(&self) -> usize {
        let texts: usize = self.names.iter().map(String::len).sum();
        let small = self.in_any_case.get().map_or(0, |all| texts + of_entries::<(String, usize)>(all.len()));
        2 * texts + of_entries::<(String, (String, usize))>(self.names.len()) + small
    }
}
