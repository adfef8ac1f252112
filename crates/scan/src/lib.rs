//! Finds and reads a QR code in a picture, as a camera or a screen gives it.
//!
//! ```
//! use boyin_picture::Code;
//!
//! let picture = Code::draw("BY1:%69 VD92EX0", 25)?.png(4)?;
//! assert_eq!(boyin_scan::code_in(&picture)?.as_deref(), Some("BY1:%69 VD92EX0"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::Cursor;

use rxing::common::HybridBinarizer;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BinaryBitmap, DecodeHintValue, DecodeHints, Luma8LuminanceSource, Reader as _};
use thiserror::Error;

/// Pixels of a picture that is searched: a camera of 24 megapixels.
const MAX_PIXELS: u64 = 24_000_000;
/// Bytes of a picture that is searched.
const MAX_PICTURE_BYTES: usize = 128 << 20;
const WHITE: u8 = 255;

/// Why a picture was not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScanError {
    /// Not a PNG that can be read.
    #[error("it is no PNG that can be read")]
    NotPng,
    /// More than 24 megapixels or 128 MiB.
    #[error("the picture has more than 24 megapixels or 128 MiB")]
    TooLarge,
    /// Fewer or more pixels than the sides say.
    #[error("the picture has other sides than it says")]
    Sides,
}

/// The text of a QR code in a PNG; `None` if none is found that can be read.
///
/// # Errors
/// [`ScanError`].
pub fn code_in(png: &[u8]) -> Result<Option<String>, ScanError> {
    if png.len() > MAX_PICTURE_BYTES {
        return Err(ScanError::TooLarge);
    }
    let limits = png::Limits { bytes: MAX_PICTURE_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(png), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| ScanError::NotPng)?;
    let (width, height) = reader.info().size();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ScanError::TooLarge);
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(ScanError::TooLarge)?];
    let frame = reader.next_frame(&mut pixels).map_err(|_| ScanError::NotPng)?;
    let gray = pixels.chunks_exact(frame.color_type.samples()).map(luma).collect();
    code_in_gray(width, height, gray)
}

/// As [`code_in`], for pixels in gray, row after row.
///
/// # Errors
/// [`ScanError::TooLarge`], [`ScanError::Sides`].
pub fn code_in_gray(width: u32, height: u32, gray: Vec<u8>) -> Result<Option<String>, ScanError> {
    let count = u64::from(width) * u64::from(height);
    if count > MAX_PIXELS {
        return Err(ScanError::TooLarge);
    }
    if count == 0 || u64::try_from(gray.len()) != Ok(count) {
        return Err(ScanError::Sides);
    }
    let source = Luma8LuminanceSource::new(gray, width, height).map_err(|_| ScanError::Sides)?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints::default().with(DecodeHintValue::TryHarder(true));
    let read = QrReader.decode_with_hints(&mut bitmap, &hints);
    Ok(read.ok().map(|code| code.getText().to_owned()))
}

/// Gray of a pixel on white paper.
fn luma(pixel: &[u8]) -> u8 {
    let (gray, alpha) = match *pixel {
        [gray] => (gray, WHITE),
        [gray, alpha] => (gray, alpha),
        [red, green, blue] => (gray_of(red, green, blue), WHITE),
        [red, green, blue, alpha] => (gray_of(red, green, blue), alpha),
        _ => (WHITE, WHITE),
    };
    let paper = u32::from(WHITE - alpha) * u32::from(WHITE);
    u8::try_from((u32::from(gray) * u32::from(alpha) + paper) / u32::from(WHITE)).unwrap_or(WHITE)
}

/// ITU-R BT.601.
fn gray_of(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    u8::try_from(sum / 1000).unwrap_or(WHITE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_is_what_is_seen_on_paper() {
        for (pixel, gray) in [
            (&[9_u8][..], 9),
            (&[9, 0], 255),
            (&[0, 255], 0),
            (&[255, 255, 255], 255),
            (&[255, 0, 0], 76),
            (&[0, 0, 0, 128], 127),
        ] {
            assert_eq!(luma(pixel), gray, "{pixel:?}");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(code_in(b"\x89PNG"), Err(ScanError::NotPng));
        assert_eq!(code_in_gray(0, 5, Vec::new()), Err(ScanError::Sides));
        assert_eq!(code_in_gray(2, 2, vec![0; 3]), Err(ScanError::Sides));
        assert_eq!(code_in_gray(6000, 6000, Vec::new()), Err(ScanError::TooLarge));
        assert_eq!(code_in_gray(40, 40, vec![WHITE; 1600]), Ok(None));
    }
}
