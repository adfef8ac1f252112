//! Templates: what stands where on the page of a license.

mod check;
mod set;

use boyin_ofd::write::{Area, Color, Point};
use serde::Deserialize;

use crate::TemplateError;
use crate::geometry::{Length, area, color, point, some_color};
use crate::limits::MAX_TEMPLATE_BYTES;

pub use set::Templates;

/// What stands where on a page. Written in TOML; `docs/face.md` describes it.
///
/// ```
/// use boyin_face::Template;
/// let error = Template::read("name = \"small\"").unwrap_err();
/// assert!(error.to_string().contains("missing field"));
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) types: Vec<String>,
    pub(crate) page: Page,
    #[serde(default, rename = "rectangle")]
    pub(crate) rectangles: Vec<Rectangle>,
    #[serde(default, rename = "line")]
    pub(crate) lines: Vec<Line>,
    #[serde(default, rename = "text")]
    pub(crate) texts: Vec<FixedText>,
    #[serde(default, rename = "value")]
    pub(crate) values: Vec<ValueBox>,
    pub(crate) rows: Option<Rows>,
    pub(crate) annex: Annex,
    pub(crate) emblem: Option<EmblemPlace>,
    pub(crate) code: CodePlace,
    pub(crate) seal: SealPlace,
    pub(crate) foot: Strip,
    pub(crate) copy: Strip,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    pub(crate) width: Length,
    pub(crate) height: Length,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rectangle {
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
    #[serde(default)]
    pub(crate) width: Length,
    #[serde(default, deserialize_with = "color")]
    pub(crate) color: Color,
    #[serde(default, deserialize_with = "some_color")]
    pub(crate) fill: Option<Color>,
    /// A band of meanders (回纹) of this width along the inside.
    #[serde(default)]
    pub(crate) meander: Length,
    /// Also on attached pages.
    #[serde(default)]
    pub(crate) every_page: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    #[serde(deserialize_with = "point")]
    pub(crate) from: Point,
    #[serde(deserialize_with = "point")]
    pub(crate) to: Point,
    pub(crate) width: Length,
    #[serde(default, deserialize_with = "color")]
    pub(crate) color: Color,
    #[serde(default)]
    pub(crate) every_page: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FixedText {
    pub(crate) text: String,
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
    pub(crate) style: Style,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueBox {
    pub(crate) value: String,
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
    pub(crate) style: Style,
    pub(crate) label: Option<String>,
    /// The part of the box that the label has; without one there is no label.
    pub(crate) label_width: Option<Length>,
    #[serde(default, deserialize_with = "color")]
    pub(crate) label_color: Color,
    /// A value that does not fit goes to an attached page (附页).
    #[serde(default)]
    pub(crate) annex: bool,
}

/// How letters look and fill their box.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Style {
    pub(crate) size: Length,
    /// The least size to which a text shrinks that does not fit; the size if it is not said.
    pub(crate) min: Option<Length>,
    #[serde(default = "one")]
    pub(crate) lines: usize,
    #[serde(default)]
    pub(crate) align: Align,
    #[serde(default)]
    pub(crate) middle: bool,
    #[serde(default, deserialize_with = "color")]
    pub(crate) color: Color,
    /// Between characters of the full size.
    #[serde(default)]
    pub(crate) spacing: Length,
}

fn one() -> usize {
    1
}

impl Style {
    pub(crate) fn least(&self) -> i32 {
        self.min.unwrap_or(self.size).0
    }

    /// Between characters of this size: in proportion.
    pub(crate) fn spacing_at(&self, size: i32) -> i32 {
        let spacing = i64::from(self.spacing.0) * i64::from(size) / i64::from(self.size.0.max(1));
        i32::try_from(spacing).unwrap_or(i32::MAX)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Align {
    #[default]
    Left,
    Center,
    Right,
    /// The first character at the left edge, the last one at the right (分散对齐).
    Spread,
}

/// A table of label and value, row by row; what it has no room for goes on in the annex.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
    #[serde(rename = "row")]
    pub(crate) rows: Vec<Row>,
    pub(crate) table: Table,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The name of a value, or `fields` for those that have no place of their own.
    pub(crate) value: String,
    pub(crate) label: Option<String>,
}

/// How rows look.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) label_width: Length,
    pub(crate) style: Style,
    #[serde(default, deserialize_with = "color")]
    pub(crate) label_color: Color,
    /// Above and below the text of a row.
    pub(crate) pad: Length,
    /// The most to which `pad` grows to fill the height.
    pub(crate) max_pad: Length,
    pub(crate) rule: Length,
    #[serde(default, deserialize_with = "color")]
    pub(crate) rule_color: Color,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Annex {
    #[serde(deserialize_with = "area")]
    pub(crate) heading: Area,
    pub(crate) heading_style: Style,
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
    pub(crate) table: Table,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmblemPlace {
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodePlace {
    #[serde(deserialize_with = "point")]
    pub(crate) at: Point,
    /// With the white around.
    pub(crate) side: Length,
}

impl CodePlace {
    pub(crate) fn area(&self) -> Area {
        Area { x: self.at.x, y: self.at.y, width: self.side.0, height: self.side.0 }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SealPlace {
    #[serde(deserialize_with = "point")]
    pub(crate) center: Point,
    /// The width and height that the largest seal may have.
    pub(crate) side: Length,
}

impl SealPlace {
    pub(crate) fn area(&self) -> Area {
        let side = self.side.0;
        Area { x: self.center.x - side / 2, y: self.center.y - side / 2, width: side, height: side }
    }
}

/// A strip of small text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Strip {
    #[serde(deserialize_with = "area")]
    pub(crate) at: Area,
    pub(crate) style: Style,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`]: the first fault.
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MAX_TEMPLATE_BYTES {
            return Err(TemplateError::TooLarge);
        }
        let template: Self = toml::from_str(text)
            .map_err(|fault| TemplateError::Toml(fault.to_string().trim_end().to_owned()))?;
        template.check()?;
        Ok(template)
    }

    /// Its name: lower-case letters, digits and hyphens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The keys of the license types that it is for; none if it is for all.
    #[must_use]
    pub fn types(&self) -> &[String] {
        &self.types
    }

    /// Width and height of the page in micrometers.
    #[must_use]
    pub fn page_size(&self) -> (i32, i32) {
        (self.page.width.0, self.page.height.0)
    }

    pub(crate) fn page_area(&self) -> Area {
        let (width, height) = self.page_size();
        Area { x: 0, y: 0, width, height }
    }
}
