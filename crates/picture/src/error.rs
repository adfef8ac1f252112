use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why there is no font.
///
/// ```
/// use boyin_picture::{Font, FontError};
/// let error = Font::open("/nonexistent.otf").unwrap_err();
/// assert!(matches!(error, FontError::Read { .. }));
/// assert!(error.to_string().contains("fonts-noto-cjk"));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FontError {
    /// None of the usual places has one.
    #[error(
        "no font at any of {tried:?}; install the Debian package fonts-noto-cjk or name a font file, for seals in \
         BOYIN_SEAL_FONT, for pages in BOYIN_PAGE_FONT"
    )]
    NotFound {
        /// Where it was looked for.
        tried: Vec<PathBuf>,
    },
    /// The file cannot be read.
    #[error("the font {path:?} cannot be read (the Debian package fonts-noto-cjk has one): {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no OpenType or TrueType font.
    #[error("{path:?} is no OpenType or TrueType font")]
    NotAFont {
        /// The file.
        path: PathBuf,
    },
}

/// A text of a seal, named in errors.
///
/// ```
/// assert_eq!(boyin_picture::Part::Code.to_string(), "code");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The name of the organ or the person.
    Name,
    /// The straight line under the star.
    Line,
    /// The purpose, straight in the middle of an oval seal.
    Purpose,
    /// The small code along the lower rim.
    Code,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "name",
            Self::Line => "line",
            Self::Purpose => "purpose",
            Self::Code => "code",
        })
    }
}

/// What is wrong with the picture in the center.
///
/// ```
/// assert_eq!(boyin_picture::ImageFault::NotPng.to_string(), "it is no PNG that can be read");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ImageFault {
    /// Not a PNG, or a damaged one.
    #[error("it is no PNG that can be read")]
    NotPng,
    /// More than 1 MiB, or a side of more than 2048 pixels.
    #[error("it has more than 1 MiB or 2048 pixels on a side")]
    TooLarge,
}

/// Why a seal cannot be drawn.
///
/// ```
/// use boyin_picture::{Part, PictureError};
/// let error = PictureError::Character { part: Part::Name, character: '\u{7}' };
/// assert_eq!(error.to_string(), r"the name has the character '\u{7}', which seals do not carry");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// A side is out of `10..=60` mm.
    #[error("a side of {mm} mm is out of 10..=60 mm")]
    Size {
        /// The side asked for.
        mm: u8,
    },
    /// An oval seal is higher than wide, or more than twice as wide as high.
    #[error("an oval of {width_mm} x {height_mm} mm is higher than wide or more than twice as wide as high")]
    Proportion {
        /// Its width.
        width_mm: u8,
        /// Its height.
        height_mm: u8,
    },
    /// Too few or too many characters.
    #[error("the {part} has {count} characters, not {min} to {max}")]
    Length {
        /// Of which text.
        part: Part,
        /// How many it has.
        count: usize,
        /// The fewest allowed.
        min: usize,
        /// The most allowed.
        max: usize,
    },
    /// A control character, a space, or of a script that cannot stand character by character.
    #[error("the {part} has the character {character:?}, which seals do not carry")]
    Character {
        /// In which text.
        part: Part,
        /// The character.
        character: char,
    },
    /// The font cannot draw a character.
    #[error("the font has no glyph for '{character}' (U+{:04X})", u32::from(*character))]
    MissingGlyph {
        /// The character.
        character: char,
    },
    /// There is no room, not even at three tenths of the usual size.
    #[error("there is no room for the {part}")]
    NoRoom {
        /// Which text.
        part: Part,
    },
    /// The picture in the center cannot be used.
    #[error("the picture in the center cannot be used: {0}")]
    Image(#[from] ImageFault),
    /// The resolution is out of `72..=1200` dots per inch.
    #[error("{dpi} dpi is out of 72..=1200")]
    Resolution {
        /// The resolution asked for.
        dpi: u16,
    },
    /// The renderer refused our SVG or the encoder the pixels; this is a fault of this crate.
    #[error("the picture could not be rendered")]
    Render,
}
