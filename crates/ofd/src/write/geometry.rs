//! Places, colors and directions on a page: whole thousandths of a millimeter (micrometers), from the upper left corner to the
//! right and down.

/// A point of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left edge.
    pub x: i32,
    /// From the upper edge.
    pub y: i32,
}

/// A rectangle along the edges of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left edge.
    pub x: i32,
    /// From the upper edge.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Area {
    /// The right edge.
    #[must_use]
    pub fn right(&self) -> i32 {
        self.x.saturating_add(self.width)
    }

    /// The lower edge.
    #[must_use]
    pub fn bottom(&self) -> i32 {
        self.y.saturating_add(self.height)
    }

    /// Whether `other` lies inside, edges included.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// Whether the two share more than an edge.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The smallest one around points; nothing of no size at the corner of the page if there are none.
    ///
    /// ```
    /// use boyin_ofd::write::{Area, Point};
    /// let points = [Point { x: 7, y: 2 }, Point { x: 3, y: 4 }];
    /// assert_eq!(Area::around(points), Area { x: 3, y: 2, width: 4, height: 2 });
    /// ```
    #[must_use]
    pub fn around(points: impl IntoIterator<Item = Point>) -> Self {
        let mut points = points.into_iter();
        let first = points.next().unwrap_or(Point { x: 0, y: 0 });
        let (low, high) = points.fold((first, first), |(low, high), Point { x, y }| {
            (Point { x: low.x.min(x), y: low.y.min(y) }, Point { x: high.x.max(x), y: high.y.max(y) })
        });
        let (width, height) = (high.x.saturating_sub(low.x), high.y.saturating_sub(low.y));
        Self { x: low.x, y: low.y, width, height }
    }
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
    /// White.
    pub const WHITE: Self = Self::opaque(u8::MAX, u8::MAX, u8::MAX);

    /// An opaque color.
    #[must_use]
    pub const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, alpha: u8::MAX }
    }
}

impl Default for Color {
    fn default() -> Self {
        Self::BLACK
    }
}

/// A direction: cosine and sine of its angle, in millionths, so that nothing depends on how a processor computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub(super) cosine: i32,
    pub(super) sine: i32,
}

const MILLION: i64 = 1_000_000;

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
        let off = square(cosine) + square(sine) - MILLION * MILLION;
        (off.abs() <= Self::SLACK).then_some(Self { cosine, sine })
    }

    /// Cosine and sine of the angle, from the right upwards.
    #[must_use]
    pub fn cosine_and_sine(self) -> (f64, f64) {
        (f64::from(self.cosine) / 1e6, f64::from(self.sine) / 1e6)
    }

    /// Where a point goes that is turned about the origin, to the nearest whole number.
    ///
    /// ```
    /// use boyin_ofd::write::{Point, Turn};
    /// assert_eq!(Turn::RISING_30.about_origin(Point { x: 1000, y: 0 }), Point { x: 866, y: -500 });
    /// ```
    #[must_use]
    pub fn about_origin(self, Point { x, y }: Point) -> Point {
        let (x, y) = self.turned(x.into(), y.into());
        let near = |value: i64| i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX });
        Point { x: near(x), y: near(y) }
    }

    /// The same for any whole numbers below 2⁴¹.
    pub(super) fn turned(self, x: i64, y: i64) -> (i64, i64) {
        let (cosine, sine) = (i64::from(self.cosine), i64::from(self.sine));
        (round(x * cosine + y * sine), round(y * cosine - x * sine))
    }
}

/// Millionths to the nearest whole number.
fn round(millionths: i64) -> i64 {
    (millionths + MILLION / 2).div_euclid(MILLION)
}
