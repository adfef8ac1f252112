use ttf_parser::Face;

use super::{CenterImage, Drawing, Letter, Rim, Text, cells, check_side};
use crate::geometry::{Ellipse, Point, star};
use crate::layout::{Arc, Line, Side, Spacing};
use crate::text::{CODE, LINE, NAME, characters};
use crate::{Font, Part, PictureError, raster};

// Shares of the diameter. A seal of 42 mm has a rim of 1.2 mm and a star of 14 mm across.
const RIM: f64 = 1.2 / 42.0;
const GAP: f64 = 0.024;
const STAR_RADIUS: f64 = 1.0 / 6.0;

const NAME_HEIGHT: f64 = 0.135;
const LINE_HEIGHT: f64 = 0.088;
const LINE_BELOW: f64 = 0.265;
const CODE_HEIGHT: f64 = 0.03;
const CLEARANCE: f64 = 0.018;

/// What stands in the center of a round seal.
///
/// ```
/// assert!(matches!(boyin_picture::Center::default(), boyin_picture::Center::Star));
/// ```
#[derive(Clone, Debug, Default)]
pub enum Center {
    /// A red five-pointed star.
    #[default]
    Star,
    /// The bytes of a PNG, at most 1 MiB and 2048 pixels on a side; drawn in its own colors in a square of about a third
    /// of the diameter. The caller answers for the right to use it.
    Image(Vec<u8>),
    /// Nothing.
    Empty,
}

/// The round seal of an organ, a unit or a company: rim, star, and the name along the upper rim from left to right.
///
/// The name has 2 to 40 characters; their size and the arc follow from the count. The sizes of 国发〔1999〕25号 are in
/// [`Rank`](crate::Rank).
///
/// ```
/// use boyin_picture::{Font, Rank, RoundSeal, SealPicture};
/// let Ok(font) = Font::find() else { return Ok(()) };
/// let seal = RoundSeal::new(Rank::Township.diameter_mm(), "温泉县哈日布呼镇人民政府").code("6527230000017");
/// assert_eq!(SealPicture::draw(seal, &font)?.width_mm(), 42);
/// # Ok::<(), boyin_picture::PictureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RoundSeal {
    diameter_mm: u8,
    name: String,
    center: Center,
    line: Option<String>,
    code: Option<String>,
}

impl RoundSeal {
    /// A seal of `10..=60` mm with a star; sizes and texts are checked when it is drawn.
    ///
    /// ```
    /// let seal = boyin_picture::RoundSeal::new(45, "博乐市公安局");
    /// ```
    pub fn new(diameter_mm: u8, name: impl Into<String>) -> Self {
        Self { diameter_mm, name: name.into(), center: Center::Star, line: None, code: None }
    }

    /// With this center instead of the star.
    ///
    /// ```
    /// use boyin_picture::{Center, RoundSeal};
    /// let seal = RoundSeal::new(45, "博尔塔拉蒙古自治州人民政府").center(Center::Empty);
    /// ```
    #[must_use]
    pub fn center(mut self, center: Center) -> Self {
        self.center = center;
        self
    }

    /// With a straight line under the center, 1 to 20 characters: a purpose, a unit within, a number.
    ///
    /// ```
    /// let seal = boyin_picture::RoundSeal::new(45, "博乐市公安局").line("电子证照专用章");
    /// ```
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.line = Some(line.into());
        self
    }

    /// With a small code along the lower rim, 1 to 24 ASCII letters, digits and hyphens.
    ///
    /// ```
    /// let seal = boyin_picture::RoundSeal::new(45, "博乐市公安局").code("6527010001234");
    /// ```
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    pub(crate) fn draw(&self, font: &Font) -> Result<Drawing, PictureError> {
        check_side(self.diameter_mm)?;
        let diameter = f64::from(self.diameter_mm);
        let center = Point { x: diameter / 2.0, y: diameter / 2.0 };
        let edge = Ellipse { center, rx: diameter / 2.0, ry: diameter / 2.0 };
        let image = match &self.center {
            Center::Image(png) => {
                raster::decode(png)?;
                Some(CenterImage { png: png.clone() })
            }
            Center::Star | Center::Empty => None,
        };
        let star = matches!(self.center, Center::Star).then(|| star(center, STAR_RADIUS * diameter));
        let texts = [Some(&self.name), self.line.as_ref(), self.code.as_ref()];
        let title: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
        Ok(Drawing {
            width_mm: self.diameter_mm,
            height_mm: self.diameter_mm,
            title: title.join(" "),
            rim: Rim::Ellipse(edge.inset(RIM * diameter / 2.0)),
            rim_width: RIM * diameter,
            star,
            image,
            letters: self.letters(&font.face(), edge.inset(RIM * diameter))?,
        })
    }

    fn letters(&self, face: &Face<'_>, within: Ellipse) -> Result<Vec<Letter>, PictureError> {
        let diameter = f64::from(self.diameter_mm);
        let gap = GAP * diameter;

        let name = Text::new(Part::Name, characters(Part::Name, &self.name, &NAME)?, face);
        // Short names take less of the rim; what stands below keeps its room.
        let most = if self.line.is_some() || self.code.is_some() { 265.0 } else { 290.0 };
        let count = f64::from(name.count());
        let spacing = Spacing::Share(most / 360.0 * count / (count + 3.0));
        let sizes = name.sizes(NAME_HEIGHT * diameter, 0.62, 0.88);
        let mut letters =
            name.letters(Arc { within, gap, side: Side::Upper, spacing, sizes }.fit(name.count()))?;

        let mut inner = within.inset(2.0 * gap);
        if let Some(code) = &self.code {
            let code = Text::new(Part::Code, characters(Part::Code, code, &CODE)?, face);
            let sizes = code.sizes(CODE_HEIGHT * diameter, 0.9, 1.0);
            let spacing = Spacing::Widths(1.2);
            let cells = Arc { within, gap, side: Side::Lower, spacing, sizes }.fit(code.count());
            letters.extend(code.letters(cells)?);
            inner = within.inset(gap + (CODE_HEIGHT + CLEARANCE) * diameter);
        }
        if let Some(line) = &self.line {
            let line = Text::new(Part::Line, characters(Part::Line, line, &LINE)?, face);
            let place = Line {
                area: inner,
                center: Point { y: within.center.y + LINE_BELOW * diameter, ..within.center },
                sizes: line.sizes(LINE_HEIGHT * diameter, 0.7, 1.0),
                others: &cells(&letters),
                clearance: CLEARANCE * diameter,
            };
            letters.extend(line.letters(place.fit(line.count()))?);
        }
        Ok(letters)
    }
}
