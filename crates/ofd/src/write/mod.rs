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
//!
//! ```
//! use boyin_model::time::UnixTime;
//! use boyin_ofd::package::Package;
//! use boyin_ofd::write::{Area, Color, DocumentDraft, Mark, PageDraft, PathMark};
//!
//! let area = Area { x: 20_000, y: 20_000, width: 170_000, height: 257_000 };
//! let frame = Mark::Path(PathMark::rectangle(area, None, Some(Color::opaque(250, 240, 220))));
//! let page = PageDraft { width: 210_000, height: 297_000, marks: vec![frame], watermarks: vec![] };
//! let draft = DocumentDraft {
//!     id: "0123456789abcdef0123456789abcdef",
//!     created: UnixTime::new(1_782_864_000).ok_or("a time")?,
//!     title: Some("营业执照"),
//!     author: None,
//!     creator: "boyin",
//!     custom: vec![("ZZMC", "营业执照")],
//!     pages: vec![page],
//!     fonts: vec![],
//!     images: vec![],
//!     tags: vec![],
//!     attachments: vec![],
//! };
//! let unsealed = draft.write()?;
//! let container = unsealed.finish_without_seal()?;
//! assert!(Package::read(&container)?.get("Doc_0/Pages/Page_0/Content.xml").is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod container;
mod draft;
mod error;
mod files;
mod geometry;
mod page;
mod png;
mod seal;
mod text;

pub use check::is_tag_name;
pub use draft::{
    AttachmentDraft, DocumentDraft, FontDraft, ImageMark, Mark, MarkPlace, PageDraft, PathMark, Step, Stroke,
    TagDraft, TextMark,
};
pub use error::{Place, WriteError, WriteFault};
pub use geometry::{Area, Color, Point, Turn};
pub use seal::{PreparedOfd, Provider, StampPlace, Unsealed};
