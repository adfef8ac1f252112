//! Pages: outlines as SVG, pictures laid over them, and the PNG of both.

use std::fmt;

use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};

use crate::{ImageFault, PictureError, raster};

/// The longest side of a sheet, in micrometers: that of A3.
const LONGEST_UM: u32 = 420_000;
/// The highest resolution of a sheet: A3 has 17 million pixels then.
const HIGHEST_DPI: u16 = 300;

/// A picture that a caller supplies as PNG, of at most 1 MiB and 2048 pixels on a side.
///
/// ```
/// use boyin_picture::{Image, ImageFault};
/// assert_eq!(Image::read(b"no picture").unwrap_err(), ImageFault::NotPng);
/// ```
#[derive(Clone)]
pub struct Image {
    pixels: Pixmap,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({} x {})", self.pixels.width(), self.pixels.height())
    }
}

impl Image {
    /// Reads a PNG.
    ///
    /// # Errors
    /// [`ImageFault`].
    pub fn read(png: &[u8]) -> Result<Self, ImageFault> {
        raster::decode(png).map(|pixels| Self { pixels })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.pixels.width(), self.pixels.height())
    }

    /// The pixels row by row: red, green, blue and how opaque it is.
    #[must_use]
    pub fn rgba(&self) -> Vec<u8> {
        let straight = |pixel: &resvg::tiny_skia::PremultipliedColorU8| {
            let color = pixel.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        };
        self.pixels.pixels().iter().flat_map(straight).collect()
    }
}

/// A picture and its place on a sheet, in micrometers from the upper left corner.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'s> {
    /// The picture; it is stretched to the place.
    pub image: &'s Image,
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// The width.
    pub width: i32,
    /// The height.
    pub height: i32,
}

/// A page: outlines, then the pictures over them.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'s> {
    /// The outlines.
    pub svg: &'s str,
    /// Its width in micrometers, at most that of A3.
    pub width: u32,
    /// Its height in micrometers.
    pub height: u32,
    /// Pictures over the outlines, the last one on top.
    pub images: &'s [Placed<'s>],
}

impl Sheet<'_> {
    /// A PNG on white ground that tells its resolution.
    ///
    /// ```
    /// use boyin_picture::{PictureError, Sheet};
    /// let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\"/>";
    /// let sheet = Sheet { svg, width: 25_400, height: 50_800, images: &[] };
    /// assert_eq!(sheet.png(100)?[16..24], [0, 0, 0, 100, 0, 0, 0, 200]);
    /// assert_eq!(sheet.png(301), Err(PictureError::Resolution { dpi: 301 }));
    /// # Ok::<(), PictureError>(())
    /// ```
    ///
    /// # Errors
    /// [`PictureError::Resolution`] outside `72..=300`, [`PictureError::Render`] also for a sheet larger than A3.
    pub fn png(&self, dpi: u16) -> Result<Vec<u8>, PictureError> {
        if !(72..=HIGHEST_DPI).contains(&dpi) {
            return Err(PictureError::Resolution { dpi });
        }
        let mut pixels = raster::render(self.svg, side(self.width, dpi)?, side(self.height, dpi)?)?;
        for placed in self.images {
            lay(&mut pixels, placed, dpi);
        }
        let opaque = |pixel: &resvg::tiny_skia::PremultipliedColorU8| {
            // White shines through as far as the pixel is not opaque.
            let white = u8::MAX - pixel.alpha();
            [pixel.red(), pixel.green(), pixel.blue()].map(|part| part.saturating_add(white))
        };
        let rgb: Vec<u8> = pixels.pixels().iter().flat_map(opaque).collect();
        let size = (pixels.width(), pixels.height());
        raster::write(&rgb, size, png::ColorType::Rgb, png::Compression::Balanced, dpi)
    }
}

fn side(um: u32, dpi: u16) -> Result<u16, PictureError> {
    if um > LONGEST_UM {
        return Err(PictureError::Render);
    }
    u16::try_from((um * u32::from(dpi) + 12_700) / 25_400).map_err(|_| PictureError::Render)
}

#[allow(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "micrometers of a page are exact in f32"
)]
fn lay(sheet: &mut Pixmap, placed: &Placed<'_>, dpi: u16) {
    let per_um = f32::from(dpi) / 25_400.0;
    let pixels = &placed.image.pixels;
    let scale_x = placed.width as f32 * per_um / pixels.width() as f32;
    let scale_y = placed.height as f32 * per_um / pixels.height() as f32;
    let place =
        Transform::from_row(scale_x, 0.0, 0.0, scale_y, placed.x as f32 * per_um, placed.y as f32 * per_um);
    let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
    sheet.draw_pixmap(0, 0, pixels.as_ref(), &paint, place, None);
}
