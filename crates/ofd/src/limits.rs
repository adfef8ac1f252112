//! Bounds on what a document may ask for. A sealed license has 10 to 40 entries and 20 KiB to 3 MiB; each bound is far above
//! that and keeps memory and work bounded.
//!
//! Whichever way a document is verified, alone, from a [`Source`](crate::package::Source) or among others, its bounds and its report
//! are the same. A container that is held inflated as a whole ([`Package`](crate::package::Package)), and one that is written, has
//! smaller ones for its sizes; all other bounds are one.
//!
//! Memory does not grow with the container. Held are the files that make up signatures, attachments that are kept, and what was
//! read in them (twice [`MAX_KEPT_BYTES`]), one XML file and the text of an element while it grows (four times [`MAX_XML_BYTES`]), locations and where files
//! were looked for (twice [`MAX_LOCATION_BYTES`]), small entries on their way to their digests (twice [`MAX_WAITING_BYTES`]), and
//! windows of 64 to 256 KiB.

/// Bytes of a container that is held as a whole, or written.
pub const MAX_PACKAGE_BYTES: usize = 64 << 20;
/// Bytes of a container that is verified: it goes through windows.
pub const MAX_STREAMED_PACKAGE_BYTES: usize = 1 << 30;
/// Bytes of a source whose digest is held, and that are read again at once.
pub const SOURCE_BLOCK_BYTES: usize = 64 << 10;
/// Blocks of a source that are held: the headers of entries lead to any of them.
pub const MAX_HELD_BLOCKS: usize = 16;
/// Entries, folders among them.
pub const MAX_ENTRIES: usize = 4096;
/// Bytes that one entry of a container may inflate to that is held as a whole, or written.
pub const MAX_ENTRY_BYTES: usize = 64 << 20;
/// Bytes that one entry of a container may inflate to that is verified.
pub const MAX_STREAMED_ENTRY_BYTES: usize = 512 << 20;
/// Bytes that all entries together may inflate to. Of what is verified, [`MAX_STREAMED_RATIO`] may allow more.
pub const MAX_INFLATED_BYTES: usize = 192 << 20;
/// Bytes that all entries of a container that is verified together may inflate to for each of its own, if they are more than
/// [`MAX_INFLATED_BYTES`]: the work stays in proportion to what was sent.
pub const MAX_STREAMED_RATIO: usize = 4;
/// Bytes of an inflated entry for each packed one. Long pages of a few glyphs reach 60.
pub const MAX_RATIO: usize = 200;
/// Bytes that an entry may inflate to whatever its ratio: short lists of one repeated element reach any.
pub const MAX_RATIO_FREE_BYTES: usize = 1 << 20;
/// Bytes of the name of an entry.
pub const MAX_NAME_BYTES: usize = 512;
/// Folders and file in a name. The deepest of the standard have six.
pub const MAX_PATH_DEPTH: usize = 16;
/// Bytes of one XML file.
pub const MAX_XML_BYTES: usize = 32 << 20;
/// Bytes of all XML files of the contents of a container. A page full of text has 50 to 200 KiB.
pub const MAX_ALL_XML_BYTES: usize = 64 << 20;
/// Elements of all these files: each costs some hundred nanoseconds. A page full of text has 1000 to 4000.
pub const MAX_XML_ELEMENTS: usize = 2_000_000;
/// Elements within each other. Pages nest blocks; those of the field are below 20.
pub const MAX_XML_DEPTH: usize = 64;
/// Attributes of one element. The richest of the standard has about 20.
pub const MAX_XML_ATTRIBUTES: usize = 64;
/// Namespaces that are declared at one place: each name is looked for among them. Writers declare one or two.
pub const MAX_XML_NAMESPACES: usize = 16;
/// Bytes before the end of the first tag of an XML file of which only the root is asked: a declaration has 60, and a comment may
/// stand before it.
pub const MAX_PROLOG_BYTES: usize = 4096;
/// Bytes of `OFD.xml`, `Signatures.xml` and `Signature.xml`, each: these are kept in memory as trees.
pub const MAX_STRUCTURE_BYTES: usize = 1 << 20;
/// Locations and pages that all files of a container name together, each file read once. A license has about 40.
pub const MAX_LOCATIONS: usize = 65_536;
/// Bytes of these locations, each with the base that it is from, and numbers of pages.
pub const MAX_LOCATION_BYTES: usize = 8 << 20;
/// Bytes of `OFD.xml`, of the files that make up signatures (lists, descriptions, values, seals) and of attachments that are
/// kept, together.
pub const MAX_KEPT_BYTES: usize = 32 << 20;
/// Attachments of a document that a report keeps, the first in the order of the container, each of at most
/// [`MAX_CREDENTIAL_BYTES`](boyin_model::limits::MAX_CREDENTIAL_BYTES). A license has one. They count as what is kept
/// ([`MAX_KEPT_BYTES`]), behind the files of signatures.
pub const MAX_KEPT_ATTACHMENTS: usize = 4;
/// Bytes of entries that wait to be digested together, in each thread.
pub const MAX_WAITING_BYTES: usize = 8 << 20;
/// Bytes of an entry up to which it waits for others to be digested with. Of a larger one no more than a window is held.
pub const MAX_WAITING_ENTRY_BYTES: usize = 1 << 20;
/// Elements of `OFD.xml`, `Signatures.xml` and `Signature.xml`, each. A signature over [`MAX_ENTRIES`] has 8,200.
pub const MAX_STRUCTURE_ELEMENTS: usize = 16_384;
/// Documents (`DocBody`) in one container. In the field there is one.
pub const MAX_DOCUMENTS: usize = 16;
/// Signatures of one document, and of all documents of a container together.
pub const MAX_SIGNATURES: usize = 64;
/// Stamps (`StampAnnot`) of one signature: one for each page and edge of a long document.
pub const MAX_STAMPS: usize = 2048;
/// Bytes of the picture of a seal that a report keeps to be shown. Pictures in the field have 10 to 300 KiB.
pub const MAX_FACE_PICTURE_BYTES: usize = 512 << 10;
/// Bytes of the pictures that a report keeps, together: those of the first signatures.
pub const MAX_FACE_PICTURES_BYTES: usize = 4 << 20;
/// Characters of the number of a signature or page that a report keeps. Those of the field have below 10.
pub const MAX_ID_CHARS: usize = 64;
/// Characters of the name of a seal that a report keeps. Names of the field have below 60.
pub const MAX_FACE_NAME_CHARS: usize = 200;
/// Names of entries of each kind, and stamps, that a report keeps of a signature. All are counted.
pub const MAX_LISTED: usize = 64;

// What is written is below these, so that it is read again.

/// Pages of a document that is written.
pub const MAX_WRITTEN_PAGES: usize = 256;
/// Fonts of a document that is written.
pub const MAX_WRITTEN_FONTS: usize = 16;
/// Pictures of a document that is written.
pub const MAX_WRITTEN_IMAGES: usize = 256;
/// Attachments of a document that is written.
pub const MAX_WRITTEN_ATTACHMENTS: usize = 64;
/// Marks of one page that is written, watermarks among them.
pub const MAX_MARKS: usize = 16_384;
/// Characters of one text on a page that is written.
pub const MAX_MARK_CHARACTERS: usize = 4096;
/// Steps of one path that is written. An emblem has some thousands.
pub const MAX_PATH_STEPS: usize = 65_536;
/// Length, coordinate or size in thousandths of a millimeter, either way: two meters. A0 is 1.189 m long.
pub const MAX_LENGTH: i32 = 2_000_000;
/// Pairs of metadata (`CustomData`) that are written.
pub const MAX_CUSTOM: usize = 256;
/// Bytes of one text of the metadata that is written, and of a name in it.
pub const MAX_CUSTOM_BYTES: usize = 16 << 10;
/// Bytes of the name of an attachment that is written, and of its format.
pub const MAX_ATTACHMENT_NAME_BYTES: usize = 64;
/// Objects on pages that all tags of a document name together, written or taken out. A value on attached pages has up to 60 lines
/// on each.
pub const MAX_TAGGED_OBJECTS: usize = 16_384;
/// Pairs of metadata, attachments, tags and files of tags of one document that are taken out, each.
pub const MAX_EXTRACTED: usize = 1024;

/// The bounds for sizes: of what is held as a whole, and of what is verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) package: u64,
    pub(crate) entry: u64,
    pub(crate) inflated: u64,
    /// More may be inflated if there are so many bytes for each of the container.
    ratio: u64,
}

impl Limits {
    pub(crate) fn held() -> Self {
        let (package, entry) = (long(MAX_PACKAGE_BYTES), long(MAX_ENTRY_BYTES));
        Self { package, entry, inflated: long(MAX_INFLATED_BYTES), ratio: 0 }
    }

    pub(crate) fn verified() -> Self {
        let (package, entry) = (long(MAX_STREAMED_PACKAGE_BYTES), long(MAX_STREAMED_ENTRY_BYTES));
        Self { package, entry, ratio: long(MAX_STREAMED_RATIO), ..Self::held() }
    }

    /// Those of a container of so many bytes.
    pub(crate) fn of(self, size: u64) -> Self {
        Self { inflated: self.inflated.max(size.saturating_mul(self.ratio)), ..self }
    }
}

/// A bound to compare sizes of files with.
pub(crate) fn long(bound: usize) -> u64 {
    u64::try_from(bound).unwrap_or(u64::MAX)
}
