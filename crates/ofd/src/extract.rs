//! What a container says about its documents, and the files that it carries: for taking out, not for believing.

mod tags;

use std::fmt;

use crate::limits::{MAX_DOCUMENTS, MAX_EXTRACTED};
use crate::location::resolve;
use crate::package::Package;
use crate::structure::StructureFault;
use crate::xml::Element;

/// What a document says about itself, with its attachments, **not verified**: anybody can have written it. What a seal stands
/// for is known only of a document that passed as a whole ([`VerifiedOfd`](crate::VerifiedOfd)), and of the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedContents<'p> {
    /// Its number (`DocID`).
    pub id: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Metadata by name (`CustomDatas`), in their order; a name can occur more than once.
    pub custom: Vec<(String, String)>,
    /// What the document says shows what (`CustomTags`), in their order; a name can occur more than once.
    pub tags: Vec<UnverifiedTag>,
    /// Attachments, in their order.
    pub attachments: Vec<UnverifiedAttachment<'p>>,
}

/// Counts only: what a document says can be a person's.
impl fmt::Debug for UnverifiedContents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (custom, attachments) = (self.custom.len(), self.attachments.len());
        write!(f, "UnverifiedContents({custom} metadata, {attachments} attachments)")
    }
}

/// A file that a document carries, not verified.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedAttachment<'p> {
    /// What the document calls it: any text. It is no name of a file.
    pub name: String,
    /// What the document says that it is.
    pub format: Option<String>,
    /// Its place among the files of the container ([`Package::entries`]), by which reports name it.
    pub place: usize,
    /// Its name in the container, which the container's reader found sound.
    pub entry: &'p str,
    /// Content.
    pub bytes: &'p [u8],
}

/// Its size only: a name can be a person's.
impl fmt::Debug for UnverifiedAttachment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedAttachment({} bytes)", self.bytes.len())
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

/// What each document of a container says about itself, with its attachments, **not verified**.
///
/// # Errors
/// [`ExtractError`] with the first fault; nothing is taken out of a container that is odd.
pub fn extract<'p>(package: &'p Package) -> Result<Vec<UnverifiedContents<'p>>, ExtractError> {
    let entry = package.get(ENTRY).ok_or(ExtractError::Location(ENTRY))?;
    let root = Element::root(entry.bytes(), "OFD").map_err(of(ENTRY))?;
    let mut all = Vec::new();
    for body in root.all("DocBody") {
        if all.len() == MAX_DOCUMENTS {
            return Err(of(ENTRY)(StructureFault::TooMany("DocBody")));
        }
        all.push(contents(package, body)?);
    }
    if all.is_empty() { Err(of(ENTRY)(StructureFault::Missing("DocBody"))) } else { Ok(all) }
}

/// The fault in a file.
fn of(part: &'static str) -> impl Fn(StructureFault) -> ExtractError {
    move |fault| ExtractError::Structure { part, fault }
}

fn contents<'p>(package: &'p Package, body: &Element) -> Result<UnverifiedContents<'p>, ExtractError> {
    if body.maybe("Versions").map_err(of(ENTRY))?.is_some() {
        return Err(ExtractError::Versions);
    }
    let info = body.maybe("DocInfo").map_err(of(ENTRY))?;
    let said = |name| match info {
        Some(info) => Ok(info.maybe(name).map_err(of(ENTRY))?.map(|said| said.text().to_owned())),
        None => Ok(None),
    };
    let (id, title) = (said("DocID")?, said("Title")?);
    let custom = info.map_or(Ok(Vec::new()), custom).map_err(of(ENTRY))?;
    let place = body.one("DocRoot").map_err(of(ENTRY))?;
    let place = locate(package, ENTRY, place.text(), ROOT)?;
    let file = &package.entries()[place];
    let root = Element::root(file.bytes(), "Document").map_err(of(ROOT))?;
    let attachments = match root.maybe("Attachments").map_err(of(ROOT))? {
        Some(list) => attachments(package, locate(package, file.name(), list.text(), LIST)?)?,
        None => Vec::new(),
    };
    let tags = match root.maybe("CustomTags").map_err(of(ROOT))? {
        Some(list) => tags::read(package, locate(package, file.name(), list.text(), tags::LIST)?)?,
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

fn attachments<'p>(package: &'p Package, list: usize) -> Result<Vec<UnverifiedAttachment<'p>>, ExtractError> {
    let file = &package.entries()[list];
    let root = Element::root(file.bytes(), "Attachments").map_err(of(LIST))?;
    let mut all = Vec::new();
    for attachment in root.all("Attachment") {
        if all.len() == MAX_EXTRACTED {
            return Err(of(LIST)(StructureFault::TooMany("Attachment")));
        }
        let location = attachment.one("FileLoc").map_err(of(LIST))?;
        let place = locate(package, file.name(), location.text(), ATTACHMENT)?;
        let entry = &package.entries()[place];
        all.push(UnverifiedAttachment {
            name: attachment.needed("Name").map_err(of(LIST))?.to_owned(),
            format: attachment.attribute("Format").map(str::to_owned),
            place,
            entry: entry.name(),
            bytes: entry.bytes(),
        });
    }
    Ok(all)
}

fn locate(
    package: &Package,
    within: &str,
    location: &str,
    part: &'static str,
) -> Result<usize, ExtractError> {
    resolve(package.names(), within, location).map_err(|_| ExtractError::Location(part))
}
