//! QR codes (ISO/IEC 18004), drawn for a text.

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use thiserror::Error;

/// Modules of white around a code.
const QUIET: u16 = 4;
const WHITE: u8 = 255;
/// Pictures of codes have modules of at most so many pixels.
const MAX_MODULE_PIXELS: u8 = 64;

/// A QR code with error correction at level M: a seventh of it may be lost.
///
/// ```
/// use boyin_picture::Code;
///
/// let code = Code::draw("BY1:%69 VD92EX0", 25)?;
/// assert_eq!((code.version(), code.modules()), (1, 21));
/// assert!(code.png(4)?.starts_with(b"\x89PNG") && code.svg().starts_with("<svg"));
/// # Ok::<(), boyin_picture::CodeError>(())
/// ```
#[derive(Clone)]
pub struct Code {
    code: QrCode,
}

/// Shows the version only: what it says may be personal.
impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code(version {}, ..)", self.version())
    }
}

/// Why a code was not drawn or not read.
///
/// ```
/// let error = boyin_picture::Code::draw(&"A".repeat(2000), 25).unwrap_err();
/// assert_eq!(error, boyin_picture::CodeError::TooLong { version: 25 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The largest version has room for 40.
    #[error("a QR code has a version from 1 to 40, not {0}")]
    Version(u8),
    /// The text needs a larger code.
    #[error("the text needs a larger QR code than version {version}")]
    TooLong {
        /// The largest allowed.
        version: u8,
    },
    /// Modules of 1 to 64 pixels.
    #[error("modules have 1 to 64 pixels, not {0}")]
    Pixels(u8),
    /// The encoder failed.
    #[error("the code cannot be written as PNG")]
    Png,
}

impl Code {
    /// Draws the smallest code for a text, of version `largest` at most.
    ///
    /// # Errors
    /// [`CodeError::Version`], [`CodeError::TooLong`].
    pub fn draw(text: &str, largest: u8) -> Result<Self, CodeError> {
        if !(1..=40).contains(&largest) {
            return Err(CodeError::Version(largest));
        }
        let (segments, level) = (QrSegment::make_segments(text), QrCodeEcc::Medium);
        let versions = (Version::new(1), Version::new(largest));
        let code = QrCode::encode_segments_advanced(&segments, level, versions.0, versions.1, None, false);
        Ok(Self { code: code.map_err(|_| CodeError::TooLong { version: largest })? })
    }

    /// 1 to 40.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.code.version().value()
    }

    /// Modules on a side, without the white around: 17 and 4 for each version.
    #[must_use]
    pub fn modules(&self) -> u16 {
        17 + 4 * u16::from(self.version())
    }

    /// Whether a module is dark; none is outside of the code.
    #[must_use]
    pub fn is_dark(&self, column: u16, row: u16) -> bool {
        self.code.get_module(column.into(), row.into())
    }

    /// Whether the place is dark, with the white around.
    fn with_quiet(&self, column: u16, row: u16) -> bool {
        let inside = |place: u16| place.checked_sub(QUIET);
        inside(column).zip(inside(row)).is_some_and(|(column, row)| self.is_dark(column, row))
    }

    fn side(&self) -> u16 {
        self.modules() + 2 * QUIET
    }

    /// The code as SVG, one unit for each module, four of white around.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.side();
        let mut path = String::new();
        for row in 0..side {
            for column in (0..side).filter(|column| self.with_quiet(*column, row)) {
                path.push_str(&format!("M{column} {row}h1v1h-1z"));
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path d=\"{path}\"/></svg>\n"
        )
    }

    /// The code as PNG in gray, four modules of white around.
    ///
    /// # Errors
    /// [`CodeError::Pixels`].
    pub fn png(&self, module_pixels: u8) -> Result<Vec<u8>, CodeError> {
        if !(1..=MAX_MODULE_PIXELS).contains(&module_pixels) {
            return Err(CodeError::Pixels(module_pixels));
        }
        let scale = u16::from(module_pixels);
        let side = self.side() * scale;
        let places = (0..side).flat_map(|row| (0..side).map(move |column| (column / scale, row / scale)));
        let pixels: Vec<u8> =
            places.map(|(column, row)| if self.with_quiet(column, row) { 0 } else { WHITE }).collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side.into(), side.into());
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&pixels)?;
            writer.finish()
        });
        written.map(|()| bytes).map_err(|_| CodeError::Png)
    }
}
