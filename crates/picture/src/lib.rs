//! Pictures: of electronic seals (电子印章), SVG from a template and PNG in real millimeters; QR codes ([`Code`]); pages
//! of outlines as PNG ([`Sheet`]).
//!
//! A picture is what people see of a seal or a code. It proves nothing: that is the signature's part.
//!
//! | template | seal | size usual |
//! |---|---|---|
//! | [`RoundSeal`] | of an organ, a unit, a company (公章) | [`Rank::diameter_mm`] |
//! | [`OvalSeal`] | for one purpose (业务专用章) | 45 × 30 mm |
//! | [`NameSeal`] | of a person (个人名章) | 20 × 20 mm |
//!
//! Text becomes outlines of a Song-style [`Font`] that the caller opens, so a reader needs no font. The same template
//! and the same font file give the same bytes. Nothing reads a clock, the network or randomness; files are read where a
//! [`Font`] is opened or looked for only.
//!
//! **Bounds.** Characters stand one by one, left to right: Chinese, ASCII letters and digits, some punctuation. Scripts
//! that join or run otherwise (Uyghur, Mongolian) are refused, not drawn wrongly. The seal of an organ of national
//! autonomy that carries both scripts is therefore not a template of this crate. The national emblem is not drawn;
//! a caller who may use it passes it as [`Center::Image`].
//!
//! ```
//! use boyin_picture::{Center, Font, Rank, RoundSeal, SealPicture};
//!
//! let Ok(font) = Font::find() else { return Ok(()) };
//! let seal = RoundSeal::new(Rank::Unit.diameter_mm(), "博乐市公安局").line("电子证照专用章");
//! let picture = SealPicture::draw(seal, &font)?;
//! assert_eq!((picture.width_mm(), picture.height_mm()), (45, 45));
//! assert!(picture.svg().starts_with("<svg"));
//! let png = picture.png(300)?;
//! # assert!(png.starts_with(b"\x89PNG"));
//! # Ok::<(), boyin_picture::PictureError>(())
//! ```

mod code;
mod error;
mod font;
mod geometry;
mod layout;
mod picture;
mod rank;
mod raster;
mod seal;
mod sheet;
mod svg;
mod text;

pub use code::{Code, CodeError};
pub use error::{FontError, ImageFault, Part, PictureError};
pub use font::{Font, Glyphs};
pub use picture::SealPicture;
pub use rank::Rank;
pub use seal::{Center, Ending, NameSeal, OvalSeal, RoundSeal, Shape};
pub use sheet::{Image, Placed, Sheet};

/// The red of seals, as in SVG: `#E60012`.
///
/// ```
/// let [red, green, blue] = boyin_picture::RED;
/// assert_eq!(format!("#{red:02X}{green:02X}{blue:02X}"), "#E60012");
/// ```
pub const RED: [u8; 3] = [0xE6, 0x00, 0x12];
