//! What is to be written: pages with what is on them, fonts, pictures, attachments, and what is known about the document.
//!
//! Every length, size and coordinate is a whole number of thousandths of a millimeter, so that the same draft gives the same
//! bytes everywhere. Coordinates count from the upper left corner of the page, to the right and down.

use std::borrow::Cow;
use std::fmt;

use boyin_model::time::UnixTime;

/// A document before it is written.
#[derive(Clone)]
pub struct DocumentDraft<'d> {
    /// Its number (`DocID`): 32 hexadecimal digits in small letters.
    pub id: &'d str,
    /// When it was made (`CreationDate`). Documents say the date in China.
    pub created: UnixTime,
    /// Title.
    pub title: Option<&'d str>,
    /// Who is behind it.
    pub author: Option<&'d str>,
    /// The program that makes it.
    pub creator: &'d str,
    /// Metadata by name (`CustomDatas`); for licenses the names are the pinyin ones of GB/T 36903.
    pub custom: Vec<(&'d str, &'d str)>,
    /// Pages, at least one.
    pub pages: Vec<PageDraft<'d>>,
    /// Fonts that texts refer to by their place here.
    pub fonts: Vec<FontDraft<'d>>,
    /// Pictures (PNG) that marks refer to by their place here.
    pub images: Vec<&'d [u8]>,
    /// Files that the document carries.
    pub attachments: Vec<AttachmentDraft<'d>>,
}

/// Counts only: what a document says can be a person's.
impl fmt::Debug for DocumentDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pages, attachments) = (self.pages.len(), self.attachments.len());
        write!(f, "DocumentDraft({pages} pages, {attachments} attachments)")
    }
}

/// A page.
#[derive(Clone, Debug)]
pub struct PageDraft<'d> {
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// What is on it, in the order of drawing. All of it has to be on the page.
    pub marks: Vec<Mark<'d>>,
    /// What is drawn over it: content of the page like the rest, in a layer of its own, so that every reader shows it, none
    /// hides it with the annotations, and the seal covers it. A watermark may reach over the edge.
    pub watermarks: Vec<Mark<'d>>,
}

/// Something on a page.
#[derive(Clone, Debug)]
pub enum Mark<'d> {
    /// A line of text.
    Text(TextMark<'d>),
    /// Lines and areas.
    Path(PathMark),
    /// A picture.
    Image(ImageMark),
}

/// A line of text.
#[derive(Clone)]
pub struct TextMark<'d> {
    /// Place of its font in the document's.
    pub font: usize,
    /// Size of the font: the height of an em.
    pub size: i32,
    /// Where the baseline begins.
    pub origin: Point,
    /// What it says.
    pub text: Cow<'d, str>,
    /// From the beginning of each character to that of the next: one fewer than there are characters.
    pub advances: Vec<i32>,
    /// Glyph of each character; none if the font file itself says which (`cmap`). Files without that need them.
    pub glyphs: Vec<u16>,
    /// Color.
    pub color: Color,
    /// Direction of the baseline, about the origin.
    pub turn: Turn,
}

/// Counts only: what a text says can be a person's.
impl fmt::Debug for TextMark<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextMark({} characters)", self.text.chars().count())
    }
}

/// Lines and areas.
#[derive(Clone, Debug)]
pub struct PathMark {
    /// How it goes, beginning with [`Step::Move`].
    pub steps: Vec<Step>,
    /// How it is drawn along.
    pub stroke: Option<Stroke>,
    /// What it is filled with, by the nonzero rule.
    pub fill: Option<Color>,
}

impl PathMark {
    /// A line.
    #[must_use]
    pub fn line(from: Point, to: Point, stroke: Stroke) -> Self {
        Self { steps: vec![Step::Move(from), Step::Line(to)], stroke: Some(stroke), fill: None }
    }

    /// A rectangle.
    #[must_use]
    pub fn rectangle(area: Area, stroke: Option<Stroke>, fill: Option<Color>) -> Self {
        let Area { left, top, width, height } = area;
        let (right, bottom) = (left.saturating_add(width), top.saturating_add(height));
        let steps = vec![
            Step::Move(Point { x: left, y: top }),
            Step::Line(Point { x: right, y: top }),
            Step::Line(Point { x: right, y: bottom }),
            Step::Line(Point { x: left, y: bottom }),
            Step::Close,
        ];
        Self { steps, stroke, fill }
    }
}

/// A step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begins anew somewhere.
    Move(Point),
    /// A line to a point.
    Line(Point),
    /// A cubic Bézier curve: two control points and the end.
    Curve(Point, Point, Point),
    /// A line back to where it began.
    Close,
}

/// How a path is drawn along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// Width.
    pub width: i32,
    /// Color.
    pub color: Color,
}

/// A picture on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageMark {
    /// Place of the picture in the document's.
    pub image: usize,
    /// What it fills.
    pub boundary: Area,
    /// 255 is opaque, 0 not to be seen.
    pub alpha: u8,
}

/// A point of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left edge.
    pub x: i32,
    /// From the upper edge.
    pub y: i32,
}

/// A rectangle on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left edge.
    pub left: i32,
    /// From the upper edge.
    pub top: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// A color of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// 255 is opaque, 0 not to be seen.
    pub alpha: u8,
}

impl Color {
    /// Black.
    pub const BLACK: Self = Self::opaque(0, 0, 0);

    /// An opaque color.
    #[must_use]
    pub const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, alpha: u8::MAX }
    }
}

/// A direction: cosine and sine of its angle, in millionths, so that nothing depends on how a processor computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub(super) cosine: i32,
    pub(super) sine: i32,
}

impl Turn {
    /// To the right.
    pub const NONE: Self = Self { cosine: 1_000_000, sine: 0 };
    /// To the right, rising by 30°.
    pub const RISING_30: Self = Self { cosine: 866_025, sine: 500_000 };
    /// To the right, rising by 45°.
    pub const RISING_45: Self = Self { cosine: 707_107, sine: 707_107 };
    /// What rounding leaves of the squares of both.
    const SLACK: i64 = 3_000_000;

    /// The direction whose angle, from the right upwards, has this cosine and this sine in millionths; `None` if no angle has
    /// both.
    ///
    /// ```
    /// use boyin_ofd::write::Turn;
    /// assert_eq!(Turn::new(1_000_000, 0), Some(Turn::NONE));
    /// assert_eq!(Turn::new(1_000_000, 1_000_000), None);
    /// ```
    #[must_use]
    pub fn new(cosine: i32, sine: i32) -> Option<Self> {
        let square = |value: i32| i64::from(value) * i64::from(value);
        let off = square(cosine) + square(sine) - 1_000_000_000_000;
        (off.abs() <= Self::SLACK).then_some(Self { cosine, sine })
    }
}

/// A font that is embedded.
#[derive(Clone)]
pub struct FontDraft<'d> {
    /// Name of its family, as readers show it.
    pub family: &'d str,
    /// An OpenType or TrueType file, usually with the glyphs that are used only.
    pub bytes: &'d [u8],
}

impl fmt::Debug for FontDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FontDraft({} bytes)", self.bytes.len())
    }
}

/// A file that is attached.
#[derive(Clone)]
pub struct AttachmentDraft<'d> {
    /// Name without its ending: letters and digits of ASCII, `.`, `_` and `-`, the first one a letter or a digit.
    pub name: &'d str,
    /// Ending, which says what it is: small letters and digits of ASCII.
    pub format: &'d str,
    /// Content.
    pub bytes: &'d [u8],
}

impl fmt::Debug for AttachmentDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttachmentDraft({} bytes)", self.bytes.len())
    }
}
