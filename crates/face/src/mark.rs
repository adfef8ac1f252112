//! What is on a page, in no format yet: texts, paths and pictures with places in micrometers.

use crate::geometry::{Area, Color, Point};

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
    /// Degrees clockwise about the origin: 0, or 330 in watermarks.
    pub angle: u16,
    /// The color.
    pub color: Color,
    /// How opaque it is: 255, less in watermarks.
    pub alpha: u8,
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
        let turned = corners.map(|(x, y)| turn(Point { x, y }, self.angle));
        let (xs, ys) = (turned.map(|point| point.x), turned.map(|point| point.y));
        let low = |of: [i32; 4]| of.into_iter().min().unwrap_or(0);
        let high = |of: [i32; 4]| of.into_iter().max().unwrap_or(0);
        Area {
            x: self.origin.x + low(xs),
            y: self.origin.y + low(ys),
            width: high(xs) - low(xs),
            height: high(ys) - low(ys),
        }
    }
}

/// From the baseline to the top of the em square of Chinese characters.
pub(crate) fn ascent(size: i32) -> i32 {
    size * 88 / 100
}

/// The point, turned clockwise about the origin.
#[allow(clippy::as_conversions, reason = "places on a page are small")]
pub(crate) fn turn(point: Point, angle: u16) -> Point {
    let (sin, cos) = sin_cos(angle);
    let (x, y) = (f64::from(point.x), f64::from(point.y));
    Point { x: (x * cos - y * sin).round() as i32, y: (x * sin + y * cos).round() as i32 }
}

/// Of the two angles that occur the values are written out, so that they are the same on every machine.
pub(crate) fn sin_cos(angle: u16) -> (f64, f64) {
    match angle {
        330 => (-0.5, 0.866_025_403_784),
        _ => (0.0, 1.0),
    }
}

/// Lines and rectangles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What it is there for.
    pub source: Source,
    /// Corners of each piece.
    pub pieces: Vec<Vec<Point>>,
    /// Whether each piece returns to its first corner.
    pub closed: bool,
    /// Width and color of its line.
    pub stroke: Option<(i32, Color)>,
    /// What it is filled with.
    pub fill: Option<Color>,
}

impl Path {
    /// The smallest upright rectangle around it, its line included.
    #[must_use]
    pub fn area(&self) -> Area {
        let half = self.stroke.map_or(0, |(width, _)| width / 2);
        let points = || self.pieces.iter().flatten();
        let (left, right) = (points().map(|p| p.x).min(), points().map(|p| p.x).max());
        let (top, bottom) = (points().map(|p| p.y).min(), points().map(|p| p.y).max());
        let (x, y) = (left.unwrap_or(0) - half, top.unwrap_or(0) - half);
        let (right, bottom) = (right.unwrap_or(0) + half, bottom.unwrap_or(0) + half);
        Area { x, y, width: right - x, height: bottom - y }
    }

    pub(crate) fn corners(area: &Area) -> Vec<Point> {
        vec![
            Point { x: area.x, y: area.y },
            Point { x: area.right(), y: area.y },
            Point { x: area.right(), y: area.bottom() },
            Point { x: area.x, y: area.bottom() },
        ]
    }
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
