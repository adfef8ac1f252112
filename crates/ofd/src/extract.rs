//! What a container says about its documents, and the files that it carries: for taking out, not for believing.

mod tags;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use crate::limits::{
    MAX_ALL_XML_BYTES, MAX_DOCUMENTS, MAX_EXTRACTED, MAX_STRUCTURE_BYTES, MAX_XML_ELEMENTS, long,
};
use crate::location::{LocationFault, resolve, resolve_in_any_case};
use crate::package::{Container, Names, Package, ReadError, Source};
use crate::structure::StructureFault;
use crate::xml::{Element, XmlFault};

/// What a document says about itself, with its attachments, **not verified**: anybody can have written it. What a seal stands
/// for is known only of a document that passed as a whole ([`VerifiedOfd`](crate::VerifiedOfd)), and of the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedContents {
    /// Its number (`DocID`).
    pub id: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Metadata by name (`CustomDatas`), in their order; a name can occur more than once.
    pub custom: Vec<(String, String)>,
    /// What the document says shows what (`CustomTags`), in their order; a name can occur more than once.
    pub tags: Vec<UnverifiedTag>,
    /// Attachments, in their order.
    pub attachments: Vec<UnverifiedAttachment>,
}

/// Counts only: what a document says can be a person's.
impl fmt::Debug for UnverifiedContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (custom, attachments) = (self.custom.len(), self.attachments.len());
        write!(f, "UnverifiedContents({custom} metadata, {attachments} attachments)")
    }
}

/// A file that a document carries, not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedAttachment {
    /// What the document calls it: any text. It is no name of a file.
    pub name: String,
    /// What the document says that it is.
    pub format: Option<String>,
    /// Its place among the files of the container, by which reports name it, and where its content is: [`Package::entries`],
    /// [`Container::read`].
    pub place: usize,
    /// Its name in the container, which the container's reader found sound.
    pub entry: String,
    /// Bytes.
    pub size: u64,
}

/// Its size only: a name can be a person's.
impl fmt::Debug for UnverifiedAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedAttachment({} bytes)", self.size)
    }
}

/// What the document says shows something on its pages, not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedTag {
    /// The name: in licenses that of a metadatum, in invoices that of a field.
    pub name: String,
    /// The objects that show it, in their order.
    pub objects: Vec<TaggedObject>,
}

/// An object of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedObject {
    /// Number of the page in the document, if it is said.
    pub page: Option<String>,
    /// Number of the object.
    pub object: String,
}

/// Its size only: a name is any text.
impl fmt::Debug for UnverifiedTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedTag({} objects)", self.objects.len())
    }
}

/// Why nothing is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// A file does not say what it has to.
    #[error("{part}: {fault}")]
    Structure {
        /// Which one.
        part: &'static str,
        /// What is wrong.
        fault: StructureFault,
    },
    /// A file is named that is not there, or in a way that leads to another one for some readers.
    #[error("{0} is not there, or it is not certain which file it is")]
    Location(&'static str),
    /// A document has several versions: programs differ in which one they show.
    #[error("a document has several versions")]
    Versions,
}

const ENTRY: &str = "OFD.xml";
const ROOT: &str = "the document";
const LIST: &str = "the list of attachments";
const ATTACHMENT: &str = "an attachment";

/// Why nothing is taken out of a container that is read file by file.
#[derive(Debug, thiserror::Error)]
pub enum ExtractFault {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is odd.
    #[error(transparent)]
    Odd(#[from] ExtractError),
}

/// What each document of a container says about itself, with its attachments, **not verified**.
///
/// # Errors
/// [`ExtractError`] with the first fault; nothing is taken out of a container that is odd.
pub fn extract(package: &Package) -> Result<Vec<UnverifiedContents>, ExtractError> {
    let mut files = package;
    documents(&mut files, &mut Left::all())
}

/// As [`extract`], of a container as large as one that is verified. Of each level of its structure one file is held at a time:
/// `OFD.xml`, a document, one of its lists, a file of tags.
///
/// # Errors
/// [`ExtractFault`] with the first fault.
pub fn extract_from<S: Source>(
    container: &mut Container<S>,
) -> Result<Vec<UnverifiedContents>, ExtractFault> {
    documents(container, &mut Left::all())
}

/// What may still be read of the XML of a container, over all its documents. What is named again is read again, and counts again.
struct Left {
    bytes: u64,
    /// Of files of tags: those of the structure have their own bound.
    elements: usize,
}

impl Left {
    fn all() -> Self {
        Self { bytes: long(MAX_ALL_XML_BYTES), elements: MAX_XML_ELEMENTS }
    }

    /// Takes up a file of so many bytes, which may have `most`.
    fn take(&mut self, size: u64, most: usize) -> Result<(), XmlFault> {
        let left = self.bytes.checked_sub(size).filter(|_| size <= long(most));
        self.bytes = left.ok_or(XmlFault::Size)?;
        Ok(())
    }
}

/// The files of a container, some of which are looked into.
trait Files {
    type Error: From<ExtractError>;

    fn names(&self) -> &Names;

    /// Bytes of a file, as its headers say.
    fn size(&self, place: usize) -> u64;

    fn read(&mut self, place: usize) -> Result<Cow<'_, [u8]>, Self::Error>;

    /// The root of a file of the structure, which is not read if it is larger than those may be.
    fn root(
        &mut self,
        place: usize,
        (part, name): (&'static str, &'static str),
        left: &mut Left,
    ) -> Result<Element, Self::Error> {
        left.take(self.size(place), MAX_STRUCTURE_BYTES).map_err(|fault| of(part)(fault.into()))?;
        Ok(Element::root(&self.read(place)?, name).map_err(of(part))?)
    }
}

impl Files for &Package {
    type Error = ExtractError;

    fn names(&self) -> &Names {
        Package::names(self)
    }

    fn size(&self, place: usize) -> u64 {
        self.entries()[place].bytes().size()
    }

    fn read(&mut self, place: usize) -> Result<Cow<'_, [u8]>, ExtractError> {
        Ok(self.entries()[place].bytes().into())
    }
}

impl<S: Source> Files for Container<S> {
    type Error = ExtractFault;

    fn names(&self) -> &Names {
        Self::names(self)
    }

    fn size(&self, place: usize) -> u64 {
        Self::size(self, place)
    }

    fn read(&mut self, place: usize) -> Result<Cow<'_, [u8]>, ExtractFault> {
        let mut bytes = Vec::new();
        Self::read(self, place, &mut |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes.into())
    }
}

fn documents<F: Files>(files: &mut F, left: &mut Left) -> Result<Vec<UnverifiedContents>, F::Error> {
    let entry = files.names().place(ENTRY).ok_or(ExtractError::Location(ENTRY))?;
    let root = files.root(entry, (ENTRY, "OFD"), left)?;
    let mut all = Vec::new();
    for body in root.all("DocBody") {
        if all.len() == MAX_DOCUMENTS {
            return Err(of(ENTRY)(StructureFault::TooMany("DocBody")).into());
        }
        all.push(contents(files, body, left)?);
    }
    if all.is_empty() { Err(of(ENTRY)(StructureFault::Missing("DocBody")).into()) } else { Ok(all) }
}

/// The fault in a file.
fn of(part: &'static str) -> impl Fn(StructureFault) -> ExtractError {
    move |fault| ExtractError::Structure { part, fault }
}

fn contents<F: Files>(
    files: &mut F,
    body: &Element,
    left: &mut Left,
) -> Result<UnverifiedContents, F::Error> {
    if body.maybe("Versions").map_err(of(ENTRY))?.is_some() {
        return Err(ExtractError::Versions.into());
    }
    let info = body.maybe("DocInfo").map_err(of(ENTRY))?;
    let said = |name| match info {
        Some(info) => Ok(info.maybe(name).map_err(of(ENTRY))?.map(|said| said.text().to_owned())),
        None => Ok::<_, ExtractError>(None),
    };
    let (id, title) = (said("DocID")?, said("Title")?);
    let custom = info.map_or(Ok(Vec::new()), custom).map_err(of(ENTRY))?;
    let place = body.one("DocRoot").map_err(of(ENTRY))?;
    let place = locate(files.names(), ENTRY, place.text(), ROOT)?;
    let root = files.root(place, (ROOT, "Document"), left)?;
    let list = |files: &F, name, part| match root.maybe(name).map_err(of(ROOT))? {
        Some(list) => locate(files.names(), files.names().of(place), list.text(), part).map(Some),
        None => Ok(None),
    };
    let attachments = match list(&*files, "Attachments", LIST)? {
        Some(list) => attachments(files, list, left)?,
        None => Vec::new(),
    };
    let tags = match list(&*files, "CustomTags", tags::LIST)? {
        Some(list) => tags::read(files, list, left)?,
        None => Vec::new(),
    };
    Ok(UnverifiedContents { id, title, custom, tags, attachments })
}

fn custom(info: &Element) -> Result<Vec<(String, String)>, StructureFault> {
    let Some(list) = info.maybe("CustomDatas")? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for pair in list.all("CustomData") {
        if all.len() == MAX_EXTRACTED {
            return Err(StructureFault::TooMany("CustomData"));
        }
        all.push((pair.needed("Name")?.to_owned(), pair.text().to_owned()));
    }
    Ok(all)
}

fn attachments<F: Files>(
    files: &mut F,
    list: usize,
    left: &mut Left,
) -> Result<Vec<UnverifiedAttachment>, F::Error> {
    let root = files.root(list, (LIST, "Attachments"), left)?;
    let mut all = Vec::new();
    for attachment in root.all("Attachment") {
        if all.len() == MAX_EXTRACTED {
            return Err(of(LIST)(StructureFault::TooMany("Attachment")).into());
        }
        let location = attachment.one("FileLoc").map_err(of(LIST))?;
        let place = locate(files.names(), files.names().of(list), location.text(), ATTACHMENT)?;
        all.push(UnverifiedAttachment {
            name: attachment.needed("Name").map_err(of(LIST))?.to_owned(),
            format: attachment.attribute("Format").map(str::to_owned),
            place,
            entry: files.names().of(place).to_owned(),
            size: files.size(place),
        });
    }
    Ok(all)
}

/// A file that is there under a name in another case only is what verification takes for content: it is found.
fn locate(names: &Names, within: &str, location: &str, part: &'static str) -> Result<usize, ExtractError> {
    let found = match resolve(names, within, location) {
        Err(LocationFault::Missing) => resolve_in_any_case(names, within, location),
        found => found,
    };
    found.map_err(|_| ExtractError::Location(part))
}
