mod name;
mod oval;
mod round;

pub use name::{Ending, NameSeal};
pub use oval::OvalSeal;
pub use round::{Center, RoundSeal};

use ttf_parser::Face;

use crate::font::{Frame, Glyph, glyph};
use crate::geometry::{Cell, Ellipse, Point};
use crate::layout::Sizes;
use crate::{Part, PictureError};

/// A seal to be drawn, of one of the three shapes.
///
/// ```
/// use boyin_picture::{NameSeal, Shape};
/// assert!(matches!(NameSeal::new(20, "王建国").into(), Shape::Square(_)));
/// ```
#[derive(Clone, Debug)]
pub enum Shape {
    /// Of an organ.
    Round(RoundSeal),
    /// For one purpose.
    Oval(OvalSeal),
    /// Of a person.
    Square(NameSeal),
}

impl From<RoundSeal> for Shape {
    fn from(seal: RoundSeal) -> Self {
        Self::Round(seal)
    }
}

impl From<OvalSeal> for Shape {
    fn from(seal: OvalSeal) -> Self {
        Self::Oval(seal)
    }
}

impl From<NameSeal> for Shape {
    fn from(seal: NameSeal) -> Self {
        Self::Square(seal)
    }
}

/// What is on the paper, all in millimeters.
pub(crate) struct Drawing {
    pub(crate) width_mm: u8,
    pub(crate) height_mm: u8,
    /// All texts, for those who cannot see the picture.
    pub(crate) title: String,
    pub(crate) rim: Rim,
    pub(crate) rim_width: f64,
    pub(crate) star: Option<Vec<Point>>,
    pub(crate) image: Option<CenterImage>,
    pub(crate) letters: Vec<Letter>,
}

pub(crate) enum Rim {
    /// The middle of the stroke.
    Ellipse(Ellipse),
    /// The middle of the stroke of a square with this left top corner and side.
    Square(Point, f64),
}

/// A picture for the square in the middle of a round seal.
#[derive(Clone, Debug)]
pub(crate) struct CenterImage {
    pub(crate) png: Vec<u8>,
}

impl CenterImage {
    /// The square's side as a share of the diameter.
    pub(crate) const SIDE: f32 = 0.34;
}

pub(crate) struct Letter {
    pub(crate) glyph: Glyph,
    pub(crate) cell: Cell,
    pub(crate) frame: Frame,
}

/// A checked text with its font.
struct Text<'f> {
    part: Part,
    characters: Vec<char>,
    face: &'f Face<'f>,
    frame: Frame,
}

impl<'f> Text<'f> {
    /// Chinese fills square cells, a text of letters and digits alone narrower ones.
    fn new(part: Part, characters: Vec<char>, face: &'f Face<'f>) -> Self {
        let narrow = characters.iter().all(char::is_ascii);
        let frame = if narrow { Frame::digits(face) } else { Frame::em(face) };
        Self { part, characters, face, frame }
    }

    fn count(&self) -> u8 {
        u8::try_from(self.characters.len()).expect("at most 40, as checked")
    }

    /// Sizes from `tallest` down; `narrow` and `wide` are shares of the natural width.
    fn sizes(&self, tallest: f64, narrow: f64, wide: f64) -> Sizes {
        // A capital has no room around it as a Chinese character has: as tall as one, it would look larger.
        let letters = self.part != Part::Code && self.characters.iter().all(char::is_ascii);
        let tallest = if letters { tallest * 0.8 } else { tallest };
        let natural = self.frame.width / (self.frame.top - self.frame.bottom);
        Sizes { tallest, narrow: narrow * natural, wide: wide * natural }
    }

    fn letters(&self, cells: Option<Vec<Cell>>) -> Result<Vec<Letter>, PictureError> {
        let cells = cells.ok_or(PictureError::NoRoom { part: self.part })?;
        let letter = |(character, cell): (&char, Cell)| {
            Ok(Letter { glyph: glyph(self.face, *character)?, cell, frame: self.frame })
        };
        self.characters.iter().zip(cells).map(letter).collect()
    }
}

fn check_side(mm: u8) -> Result<(), PictureError> {
    if (10..=60).contains(&mm) { Ok(()) } else { Err(PictureError::Size { mm }) }
}

fn cells(letters: &[Letter]) -> Vec<Cell> {
    letters.iter().map(|letter| letter.cell).collect()
}
