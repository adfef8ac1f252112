//! What is to be written: pages with what is on them, fonts, pictures, attachments, and what is known about the document.
//!
//! Every length, size and coordinate is a whole number of thousandths of a millimeter, so that the same draft gives the same
//! bytes everywhere. Coordinates count from the upper left corner of the page, to the right and down.

use std::borrow::Cow;
use std::fmt;

use boyin_model::time::UnixTime;

use super::geometry::{Area, Color, Point, Turn};

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
    /// Which marks of the pages show which metadata (`CustomTags`).
    pub tags: Vec<TagDraft<'d>>,
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

/// What shows a metadatum: from its name to marks (数据索引, GB/T 36905).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagDraft<'d> {
    /// Name of the metadatum in [`DocumentDraft::custom`]; [`is_tag_name`](super::is_tag_name) says which ones can be tagged.
    pub name: &'d str,
    /// The marks, at least one, in the order of reading.
    pub marks: Vec<MarkPlace>,
}

/// A mark of a document. Numbers count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MarkPlace {
    /// The page.
    pub page: usize,
    /// Its place in [`PageDraft::marks`].
    pub mark: usize,
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
    /// From the beginning of each character to that of the next. That of the last one, to where it ends, can be left out: then
    /// it counts as an em.
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// All points that its steps name.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.steps.iter().flat_map(|step| {
            match *step {
                Step::Move(at) | Step::Line(at) => [Some(at), None, None],
                Step::Curve(first, second, at) => [Some(first), Some(second), Some(at)],
                Step::Close => [None; 3],
            }
            .into_iter()
            .flatten()
        })
    }

    /// A rectangle.
    #[must_use]
    pub fn rectangle(area: Area, stroke: Option<Stroke>, fill: Option<Color>) -> Self {
        let (right, bottom) = (area.right(), area.bottom());
        let steps = vec![
            Step::Move(Point { x: area.x, y: area.y }),
            Step::Line(Point { x: right, y: area.y }),
            Step::Line(Point { x: right, y: bottom }),
            Step::Line(Point { x: area.x, y: bottom }),
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
