use serde::Deserialize;

use crate::limits::SIDE_UM;

/// A rectangle along the edges of the page, in micrometers from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "[f64; 4]")]
pub struct Area {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// The width.
    pub width: i32,
    /// The height.
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
}

/// Millimeters of a template, as micrometers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Length(pub(crate) i32);

const BAD_LENGTH: &str = "a length is 0 to 420 mm";

impl TryFrom<f64> for Length {
    type Error = &'static str;

    #[allow(clippy::as_conversions, reason = "the value is checked to be small")]
    fn try_from(mm: f64) -> Result<Self, Self::Error> {
        let um = (mm * 1000.0).round();
        if (0.0..=f64::from(SIDE_UM.1)).contains(&um) { Ok(Self(um as i32)) } else { Err(BAD_LENGTH) }
    }
}

impl TryFrom<[f64; 4]> for Area {
    type Error = &'static str;

    fn try_from([x, y, width, height]: [f64; 4]) -> Result<Self, Self::Error> {
        let um = |mm| Length::try_from(mm).map(|length| length.0);
        Ok(Self { x: um(x)?, y: um(y)?, width: um(width)?, height: um(height)? })
    }
}

/// A place on the page, in micrometers from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "[f64; 2]")]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Downward.
    pub y: i32,
}

impl TryFrom<[f64; 2]> for Point {
    type Error = &'static str;

    fn try_from([x, y]: [f64; 2]) -> Result<Self, Self::Error> {
        Ok(Self { x: Length::try_from(x)?.0, y: Length::try_from(y)?.0 })
    }
}

/// A color, `#RRGGBB` in templates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Color {
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

const BAD_COLOR: &str = "a color is written #RRGGBB";

impl TryFrom<String> for Color {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(BAD_COLOR)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BAD_COLOR);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| BAD_COLOR)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self { rgb: [red, green, blue] })
    }
}
