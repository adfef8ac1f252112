//! Places and colors as templates say them.

use boyin_ofd::write::{Area, Color, Point};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::limits::SIDE_UM;

/// Millimeters of a template, as micrometers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Length(pub(crate) i32);

const BAD_LENGTH: &str = "a length is 0 to 420 mm";
const BAD_COLOR: &str = "a color is written #RRGGBB";

impl TryFrom<f64> for Length {
    type Error = &'static str;

    #[allow(clippy::as_conversions, reason = "the value is checked to be small")]
    fn try_from(mm: f64) -> Result<Self, Self::Error> {
        let um = (mm * 1000.0).round();
        if (0.0..=f64::from(SIDE_UM.1)).contains(&um) { Ok(Self(um as i32)) } else { Err(BAD_LENGTH) }
    }
}

/// `[x, y, width, height]`
pub(crate) fn area<'de, D: Deserializer<'de>>(from: D) -> Result<Area, D::Error> {
    let [x, y, width, height] = <[Length; 4]>::deserialize(from)?.map(|length| length.0);
    Ok(Area { x, y, width, height })
}

/// `[x, y]`
pub(crate) fn point<'de, D: Deserializer<'de>>(from: D) -> Result<Point, D::Error> {
    let [x, y] = <[Length; 2]>::deserialize(from)?.map(|length| length.0);
    Ok(Point { x, y })
}

/// `"#RRGGBB"`
pub(crate) fn color<'de, D: Deserializer<'de>>(from: D) -> Result<Color, D::Error> {
    let text = String::deserialize(from)?;
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let [_, red, green, blue] = number.ok_or_else(|| D::Error::custom(BAD_COLOR))?.to_be_bytes();
    Ok(Color::opaque(red, green, blue))
}

/// The same where it can be left out.
pub(crate) fn some_color<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Color>, D::Error> {
    color(from).map(Some)
}
