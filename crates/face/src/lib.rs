//! The face of a license (照面): what people see of it, laid out from a template.
//!
//! ```text
//! Template + FaceInput (claims, all disclosed; type) + Additions (emblem, annotation) + Font
//!     -> Face: pages of marks in micrometers -> SVG, PNG, PDF, OFD
//! ```
//!
//! A face proves nothing: the credential does, and in OFD the signature. Text that does not fit is an error or goes to an
//! attached page (附页); nothing is cut. Characters stand one by one, as on seals: scripts that join are refused.
//! The national emblem is not drawn; a caller who may use it passes it as [`Emblem`].
//!
//! Nothing here reads a file, a clock, the network or randomness. `docs/face.md` describes templates.

mod annotation;
mod draw;
mod error;
mod face;
mod font;
mod geometry;
pub mod limits;
mod mark;
mod ofd;
mod pdf;
mod png;
mod svg;
mod template;
mod text;
mod value;

pub use annotation::Annotation;
pub use error::{FaceError, TemplateError};
pub use face::{Additions, Emblem, Face, Page, SealImage};
pub use font::FontSubset;
pub use mark::{Mark, Path, Source, Text};
pub use ofd::OfdFace;
pub use template::{Template, Templates};
pub use value::FaceInput;
