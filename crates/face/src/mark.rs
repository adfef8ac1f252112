//! What is on a page, in no format yet: texts, paths and pictures with places in micrometers.

use boyin_ofd::write::{Area, Color, PathMark, Point, Step, Turn};

/// What a mark is there for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The template: frames, lines, fixed texts.
    Fixed,
    /// The label of the value with this name.
    Label(String),
    /// The value with this name, or a line of it.
    Value(String),
    /// The QR code.
    Code,
    /// The heading of an attached page.
    Annex,
    /// The number of the page.
    PageNumber,
    /// The watermark of an annotated copy.
    Watermark,
    /// The line at the foot of an annotated copy.
    Annotation,
    /// The line that says that the credential is the proof; in PDF only.
    CopyLine,
}

/// One line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it is there for.
    pub source: Source,
    /// Where the first character begins, on the baseline.
    pub origin: Point,
    /// The em in micrometers.
    pub size: i32,
    /// The characters.
    pub characters: Vec<char>,
    /// Where each character begins, in micrometers along the line from the origin; and where the last one ends.
    pub offsets: Vec<i32>,
    /// Its direction, about the origin: watermarks rise.
    pub turn: Turn,
    /// The color; watermarks can be seen through.
    pub color: Color,
}

impl Text {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        self.characters.iter().collect()
    }

    /// How long the line is.
    #[must_use]
    pub fn width(&self) -> i32 {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// The smallest upright rectangle around the em squares of the characters.
    #[must_use]
    pub fn area(&self) -> Area {
        let (top, bottom) = (-ascent(self.size), self.size - ascent(self.size));
        let corners = [(0, top), (self.width(), top), (self.width(), bottom), (0, bottom)];
        let turned = Area::around(corners.map(|(x, y)| self.turn.about_origin(Point { x, y })));
        Area { x: self.origin.x + turned.x, y: self.origin.y + turned.y, ..turned }
    }
}

/// From the baseline to the top of the em square of Chinese characters.
pub(crate) fn ascent(size: i32) -> i32 {
    size * 88 / 100
}

/// Lines and rectangles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What it is there for.
    pub source: Source,
    /// How it goes and looks.
    pub shape: PathMark,
}

impl Path {
    /// The smallest upright rectangle around it, its line included.
    #[must_use]
    pub fn area(&self) -> Area {
        let half = self.shape.stroke.map_or(0, |stroke| stroke.width / 2);
        let Area { x, y, width, height } = Area::around(self.shape.points());
        Area { x: x - half, y: y - half, width: width + 2 * half, height: height + 2 * half }
    }
}

/// From the first point to the next, and so on.
pub(crate) fn polyline(points: impl IntoIterator<Item = Point>) -> impl Iterator<Item = Step> {
    let step = |(nth, at)| if nth == 0 { Step::Move(at) } else { Step::Line(at) };
    points.into_iter().enumerate().map(step)
}

/// One mark. Later marks lie over earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// A line of text.
    Text(Text),
    /// Lines and rectangles.
    Path(Path),
    /// The emblem that the caller supplied.
    Emblem(Area),
}

impl Mark {
    /// The smallest upright rectangle around it.
    #[must_use]
    pub fn area(&self) -> Area {
        match self {
            Self::Text(text) => text.area(),
            Self::Path(path) => path.area(),
            Self::Emblem(area) => *area,
        }
    }

    /// What it is there for; the emblem belongs to the template.
    #[must_use]
    pub fn source(&self) -> &Source {
        match self {
            Self::Text(text) => &text.source,
            Self::Path(path) => &path.source,
            Self::Emblem(_) => &Source::Fixed,
        }
    }
}
