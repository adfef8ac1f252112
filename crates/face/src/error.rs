use boyin_picture::{ImageFault, PictureError};
use thiserror::Error;

/// Why a template is none.
///
/// Items are named as in the template: `text 3` is the third `[[text]]`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// More than [`MAX_TEMPLATE_BYTES`](crate::limits::MAX_TEMPLATE_BYTES).
    #[error("the template has more than 64 KiB")]
    TooLarge,
    /// Not the TOML that a template is; says where.
    #[error("the template cannot be read: {0}")]
    Toml(String),
    /// Nobody can name it.
    #[error("the name of a template has 1 to 64 lower-case letters, digits and hyphens")]
    Name,
    /// The page is smaller than a card or larger than A3.
    #[error("a side of the page is out of 50..=420 mm")]
    Page,
    /// More items of a kind, or a longer text, than anybody needs.
    #[error("{0} has more than is allowed")]
    TooMany(String),
    /// Something stands beyond the edge of the page.
    #[error("{0} is not inside the page, or has no width or height")]
    Outside(String),
    /// A size of letters, or a least size above the size.
    #[error("{0}: letters are 1.4 to 40 mm, `min` is not above `size`, a box has 1 to 200 lines")]
    Style(String),
    /// A value that no license has.
    #[error("`{0}` is no value of a license")]
    UnknownValue(String),
    /// A value that every license has has no place.
    #[error("the value `{0}` has no place")]
    Missing(&'static str),
    /// A value has two places.
    #[error("the value `{0}` has two places")]
    Twice(String),
    /// Something lies over the code or the white around it.
    #[error("{0} lies over the code")]
    OverCode(String),
    /// What is on attached pages lies over the line of PDF that says what proves.
    #[error("{0} lies over the line `copy`, which PDF has on every page")]
    OverCopy(String),
    /// The place of the seal lies over a text.
    #[error("the place of the seal lies over {0}")]
    UnderSeal(String),
}

/// Why there is no face. Names values, never shows them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FaceError {
    /// The license is of another type than the catalog entry or the template.
    #[error("the license is of another type")]
    WrongType,
    /// A hidden claim or a required field was not disclosed.
    #[error("`{0}` is not disclosed: a face needs the whole license")]
    NotDisclosed(String),
    /// The type has no such field.
    #[error("the license type has no field `{0}`")]
    UnknownField(String),
    /// A document has something else under the pinyin short name of a field: metadata, the end of a copy, another field.
    #[error(
        "a document has something else under the short name of `{0}`: the catalog has to give the field another one"
    )]
    ShortName(String),
    /// The license has a field that the template has no place for.
    #[error("the template has no place for the field `{0}`")]
    NotPlaced(String),
    /// A text does not fit its box, not even at the least size.
    #[error("`{0}` does not fit its box")]
    DoesNotFit(String),
    /// The font has no glyph for a character, or its script cannot stand character by character.
    #[error("character {place} of `{name}` cannot be drawn")]
    Character {
        /// The name of the value, or `text`, `annotation`.
        name: String,
        /// Its place, from 1.
        place: usize,
    },
    /// More than [`MAX_PAGES`](crate::limits::MAX_PAGES).
    #[error("the license needs more than 16 pages")]
    TooManyPages,
    /// The purpose or the maker of a copy is empty or has more than 200 characters, or it expires before it was made.
    #[error("the {0} of the copy is empty, too long or too early")]
    Annotation(&'static str),
    /// The code would have modules of less than a third of a millimeter.
    #[error("the place of the code is too small")]
    CodeTooSmall,
    /// The seal is larger than its place.
    #[error("the seal is larger than its place of {0} mm")]
    SealTooLarge(i32),
    /// An emblem or a seal is no PNG that can be used.
    #[error("the picture cannot be used: {0}")]
    Image(#[from] ImageFault),
    /// The PNG cannot be made.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// There is no such page.
    #[error("there is no such page")]
    NoSuchPage,
    /// The font cannot be made smaller.
    #[error("the font cannot be reduced to the characters of the face")]
    Font,
    /// The PDF cannot be written.
    #[error("the PDF cannot be written")]
    Pdf,
}
