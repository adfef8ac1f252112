use ttf_parser::Face;

use super::{Drawing, Letter, Rim, Text, cells, check_side};
use crate::geometry::{Ellipse, Point};
use crate::layout::{Arc, Line, Side, Spacing};
use crate::text::{CODE, LINE, NAME, characters};
use crate::{Font, Part, PictureError};

// Shares of the height.
const RIM: f64 = 0.035;
const GAP: f64 = 0.036;
const NAME_HEIGHT: f64 = 0.145;
const PURPOSE_HEIGHT: f64 = 0.155;
/// With a code under it, and without.
const PURPOSE_BELOW: (f64, f64) = (0.09, 0.14);
const CODE_HEIGHT: f64 = 0.05;
const CLEARANCE: f64 = 0.055;
/// The most of the ellipse that a name takes.
const NAME_SHARE: f64 = 0.62;

/// The oval seal for one purpose (业务专用章): name along the upper rim, purpose in the middle, code below.
///
/// Usual are 45 × 30 mm; wider than high, at most twice.
///
/// ```
/// use boyin_picture::{Font, OvalSeal, SealPicture};
/// let Ok(font) = Font::find() else { return Ok(()) };
/// let picture = SealPicture::draw(OvalSeal::new(45, 30, "温泉县市场监督管理局", "业务专用章"), &font)?;
/// assert_eq!((picture.width_mm(), picture.height_mm()), (45, 30));
/// # Ok::<(), boyin_picture::PictureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OvalSeal {
    width_mm: u8,
    height_mm: u8,
    name: String,
    purpose: String,
    code: Option<String>,
}

impl OvalSeal {
    /// A seal with each side in `10..=60` mm; sizes and texts are checked when it is drawn. The name has 2 to 40
    /// characters, the purpose 1 to 20.
    ///
    /// ```
    /// let seal = boyin_picture::OvalSeal::new(45, 30, "精河县自然资源局", "不动产登记专用章");
    /// ```
    pub fn new(width_mm: u8, height_mm: u8, name: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self { width_mm, height_mm, name: name.into(), purpose: purpose.into(), code: None }
    }

    /// With a small code along the lower rim, 1 to 24 ASCII letters, digits and hyphens.
    ///
    /// ```
    /// let seal = boyin_picture::OvalSeal::new(45, 30, "精河县公安局", "户口专用章").code("6527220000012");
    /// ```
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub(crate) fn draw(&self, font: &Font) -> Result<Drawing, PictureError> {
        let Self { width_mm, height_mm, .. } = *self;
        check_side(width_mm)?;
        check_side(height_mm)?;
        if width_mm < height_mm || width_mm / 2 > height_mm {
            return Err(PictureError::Proportion { width_mm, height_mm });
        }
        let (width, height) = (f64::from(width_mm), f64::from(height_mm));
        let center = Point { x: width / 2.0, y: height / 2.0 };
        let edge = Ellipse { center, rx: width / 2.0, ry: height / 2.0 };
        let texts = [Some(&self.name), Some(&self.purpose), self.code.as_ref()];
        let title: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
        Ok(Drawing {
            width_mm,
            height_mm,
            title: title.join(" "),
            rim: Rim::Ellipse(edge.inset(RIM * height / 2.0)),
            rim_width: RIM * height,
            star: None,
            image: None,
            letters: self.letters(&font.face(), edge.inset(RIM * height))?,
        })
    }

    fn letters(&self, face: &Face<'_>, within: Ellipse) -> Result<Vec<Letter>, PictureError> {
        let height = f64::from(self.height_mm);
        let gap = GAP * height;

        let name = Text::new(Part::Name, characters(Part::Name, &self.name, &NAME)?, face);
        let count = f64::from(name.count());
        let spacing = Spacing::Share(NAME_SHARE * count / (count + 2.0));
        let sizes = name.sizes(NAME_HEIGHT * height, 0.62, 0.9);
        let mut letters =
            name.letters(Arc { within, gap, side: Side::Upper, spacing, sizes }.fit(name.count()))?;

        if let Some(code) = &self.code {
            let code = Text::new(Part::Code, characters(Part::Code, code, &CODE)?, face);
            let sizes = code.sizes(CODE_HEIGHT * height, 0.9, 1.0);
            let spacing = Spacing::Widths(1.2);
            let cells = Arc { within, gap, side: Side::Lower, spacing, sizes }.fit(code.count());
            letters.extend(code.letters(cells)?);
        }
        let purpose = Text::new(Part::Purpose, characters(Part::Purpose, &self.purpose, &LINE)?, face);
        let below = if self.code.is_some() { PURPOSE_BELOW.0 } else { PURPOSE_BELOW.1 };
        let place = Line {
            area: within.inset(2.0 * gap),
            center: Point { y: within.center.y + below * height, ..within.center },
            sizes: purpose.sizes(PURPOSE_HEIGHT * height, 0.7, 1.0),
            others: &cells(&letters),
            clearance: CLEARANCE * height,
        };
        letters.extend(purpose.letters(place.fit(purpose.count()))?);
        Ok(letters)
    }
}
