//! Why a document is not written.

use std::fmt;

/// Why a document is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct WriteError {
    /// What is at fault. Numbers count from 0.
    pub place: Place,
    /// What is wrong.
    pub fault: WriteFault,
}

/// A part of a draft. Numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The document as a whole, or what is said about it.
    Document,
    /// A pair of metadata.
    Custom(usize),
    /// A font.
    Font(usize),
    /// A picture.
    Image(usize),
    /// A tag.
    Tag(usize),
    /// An attachment.
    Attachment(usize),
    /// A page.
    Page(usize),
    /// A mark of a page.
    Mark(usize, usize),
    /// A watermark of a page.
    Watermark(usize, usize),
    /// A place of the seal.
    Stamp(usize),
    /// The seal, or what is said about it.
    Seal,
    /// The seal signature.
    Value,
}

impl Place {
    /// The fault, at this place.
    pub(super) fn is(self, fault: WriteFault) -> WriteError {
        WriteError { place: self, fault }
    }

    /// That there is no fault of this kind if `right`.
    pub(super) fn needs(self, right: bool, fault: WriteFault) -> Result<(), WriteError> {
        if right { Ok(()) } else { Err(self.is(fault)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("the document"),
            Self::Custom(nth) => write!(f, "metadata {nth}"),
            Self::Font(nth) => write!(f, "font {nth}"),
            Self::Image(nth) => write!(f, "picture {nth}"),
            Self::Tag(nth) => write!(f, "tag {nth}"),
            Self::Attachment(nth) => write!(f, "attachment {nth}"),
            Self::Page(nth) => write!(f, "page {nth}"),
            Self::Mark(page, nth) => write!(f, "page {page}, mark {nth}"),
            Self::Watermark(page, nth) => write!(f, "page {page}, watermark {nth}"),
            Self::Stamp(nth) => write!(f, "stamp {nth}"),
            Self::Seal => f.write_str("the seal"),
            Self::Value => f.write_str("the seal signature"),
        }
    }
}

faults! {
    /// See [`WriteError`].
    pub enum WriteFault;
    /// Not 32 hexadecimal digits in small letters.
    DocumentId = "document_id", "the document's number is not of 32 hexadecimal digits";
    /// A text that has to say something is empty, or a tag has no marks.
    Empty = "empty", "what has to say something is empty";
    /// A text longer than a limit.
    TextLength = "text_length", "a text is longer than is written";
    /// A control character, or one that XML does not have.
    Character = "character", "a text has a character that cannot be written";
    /// More than a limit.
    TooMany = "too_many", "there are more of these than are written";
    /// A document without a page.
    NoPage = "no_page", "there is no page";
    /// A length that is out of bounds, or not positive where it has to be.
    Length = "length", "a length is out of bounds";
    /// Beside the page, in part or whole: what the page is to say would not be seen.
    OffPage = "off_page", "it is not on the page";
    /// A font, a picture, a page, a mark or a metadatum that is not there.
    Index = "index", "it refers to something that is not there";
    /// Neither one advance for each character nor for each but the last.
    Advances = "advances", "there is neither one advance for each character nor for each but the last";
    /// Neither none nor one glyph for each character.
    Glyphs = "glyphs", "there is not one glyph for each character";
    /// A path that does not begin with a move, or that draws nothing.
    Path = "path", "the path draws nothing, or does not begin with a move";
    /// Not a font file of one font.
    FontForm = "font_form", "it is no file of one OpenType or TrueType font";
    /// Not a PNG from its first to its last byte.
    ImageForm = "image_form", "it is no sound PNG";
    /// A name of an attachment with other characters than letters and digits of ASCII, `.`, `_` and `-`, or one that the
    /// list itself has; a name of a tag that cannot be that of an element.
    Name = "name", "the name cannot be that of a file or of an element";
    /// Two attachments of one file name, two metadata of one name, or a second tag of one.
    Repeated = "repeated", "the name occurs twice";
    /// More bytes than are read.
    Size = "size", "it is larger than is read";
    /// A seal that stands nowhere.
    NoStamp = "no_stamp", "the seal is on no page";
    /// No electronic seal of GB/T 38540.
    Seal = "seal", "it is no electronic seal";
    /// An algorithm without a digest or an object identifier that documents use.
    Algorithm = "algorithm", "documents are not sealed with this algorithm";
    /// No seal signature of GB/T 38540.
    Value = "value", "it is no seal signature";
    /// A seal signature over something else, or with another seal.
    ValueOfOther = "value_of_other", "the seal signature is of another seal or document";
}
