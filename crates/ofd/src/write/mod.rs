//! Writing OFD documents: a draft, its bytes, the seal over all of them.
//!
//! 1. [`DocumentDraft::write`] checks a draft and fixes the bytes of every file of the document.
//! 2. [`Unsealed::prepare`] says where the seal is seen and fixes what it covers: every file of the container but
//!    `Signature.xml` itself and the signature value, so that none can be changed, added or taken out (whole protection).
//! 3. A seal signature of GB/T 38540 is made over [`PreparedOfd::to_be_signed`], by whoever holds the key.
//! 4. [`PreparedOfd::complete`] joins them.
//!
//! The same draft gives the same bytes: no clock is read, nothing is random, all lengths are whole numbers. Order and types of
//! elements are those of the schema of GB/T 33190-2016.

mod check;
mod container;
mod draft;
mod error;
mod files;
mod page;
mod png;
mod seal;
mod text;

pub use draft::{
    Area, AttachmentDraft, Color, DocumentDraft, FontDraft, ImageMark, Mark, PageDraft, PathMark, Point,
    Step, Stroke, TextMark, Turn,
};
pub use error::{Place, WriteError, WriteFault};
pub use seal::{PreparedOfd, Provider, StampPlace, Unsealed};
