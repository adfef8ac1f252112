use std::fmt;

use crate::seal::{CenterImage, Shape};
use crate::{Font, PictureError, raster, svg};

/// The picture of a seal: an SVG document with its size in millimeters, and what is needed to make a PNG of it.
///
/// ```
/// use boyin_picture::{Font, NameSeal, SealPicture};
/// let Ok(font) = Font::find() else { return Ok(()) };
/// let picture = SealPicture::draw(NameSeal::new(20, "王建国"), &font)?;
/// assert!(picture.svg().contains("width=\"20mm\""));
/// # Ok::<(), boyin_picture::PictureError>(())
/// ```
#[derive(Clone)]
pub struct SealPicture {
    width_mm: u8,
    height_mm: u8,
    svg: String,
    image: Option<CenterImage>,
}

impl SealPicture {
    /// The resolution usual in print, in dots per inch.
    pub const DPI: u16 = 300;

    /// Draws the seal with the outlines of `font`.
    ///
    /// ```
    /// use boyin_picture::{Font, PictureError, RoundSeal, SealPicture};
    /// let Ok(font) = Font::find() else { return };
    /// let error = SealPicture::draw(RoundSeal::new(70, "博乐市公安局"), &font).unwrap_err();
    /// assert_eq!(error, PictureError::Size { mm: 70 });
    /// ```
    ///
    /// # Errors
    /// Every [`PictureError`] but [`PictureError::Resolution`] and [`PictureError::Render`].
    pub fn draw(shape: impl Into<Shape>, font: &Font) -> Result<Self, PictureError> {
        let drawing = match shape.into() {
            Shape::Round(seal) => seal.draw(font)?,
            Shape::Oval(seal) => seal.draw(font)?,
            Shape::Square(seal) => seal.draw(font)?,
        };
        let svg = svg::write(&drawing);
        Ok(Self { width_mm: drawing.width_mm, height_mm: drawing.height_mm, svg, image: drawing.image })
    }

    /// The width in millimeters.
    ///
    /// ```
    /// # use boyin_picture::{Font, NameSeal, SealPicture};
    /// # let Ok(font) = Font::find() else { return Ok(()) };
    /// assert_eq!(SealPicture::draw(NameSeal::new(18, "王建国"), &font)?.width_mm(), 18);
    /// # Ok::<(), boyin_picture::PictureError>(())
    /// ```
    pub fn width_mm(&self) -> u8 {
        self.width_mm
    }

    /// The height in millimeters.
    ///
    /// ```
    /// # use boyin_picture::{Font, NameSeal, SealPicture};
    /// # let Ok(font) = Font::find() else { return Ok(()) };
    /// assert_eq!(SealPicture::draw(NameSeal::new(18, "王建国"), &font)?.height_mm(), 18);
    /// # Ok::<(), boyin_picture::PictureError>(())
    /// ```
    pub fn height_mm(&self) -> u8 {
        self.height_mm
    }

    /// The SVG document: outlines only, no font and no script.
    ///
    /// ```
    /// # use boyin_picture::{Font, NameSeal, SealPicture};
    /// # let Ok(font) = Font::find() else { return Ok(()) };
    /// let picture = SealPicture::draw(NameSeal::new(20, "王建国"), &font)?;
    /// assert!(!picture.svg().contains("<text"));
    /// # Ok::<(), boyin_picture::PictureError>(())
    /// ```
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// A PNG with transparent ground; its `pHYs` chunk tells the resolution, so that programs show the real size.
    ///
    /// Each side has `mm * dpi / 25.4` pixels, rounded.
    ///
    /// ```
    /// # use boyin_picture::{Font, NameSeal, SealPicture};
    /// # let Ok(font) = Font::find() else { return Ok(()) };
    /// let png = SealPicture::draw(NameSeal::new(20, "王建国"), &font)?.png(SealPicture::DPI)?;
    /// assert_eq!(png[16..24], [0, 0, 0, 236, 0, 0, 0, 236]);
    /// # Ok::<(), boyin_picture::PictureError>(())
    /// ```
    ///
    /// # Errors
    /// [`PictureError::Resolution`] outside `72..=1200`.
    pub fn png(&self, dpi: u16) -> Result<Vec<u8>, PictureError> {
        raster::png(&self.svg, (self.width_mm, self.height_mm), self.image.as_ref(), dpi)
    }
}

impl fmt::Debug for SealPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealPicture({} x {} mm)", self.width_mm, self.height_mm)
    }
}
