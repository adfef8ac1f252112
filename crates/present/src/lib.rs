//! Presenting licenses (亮证).
//!
//! | part | what it does |
//! |---|---|
//! | [`Presented`] | a license as it is shown, and its compact form: the signed bytes without what follows from the rest |
//! | [`to_text`], [`from_text`] | the text in a code |
//! | [`check`] | verifies what was shown, dynamic codes too, and says how old the lists are |
//! | [`SeenNonces`] | which dynamic codes one verifier has seen |
//! | [`Bundle`] | the lists to verify with offline |
//!
//! `docs/presentation.md` has every byte. Decoding proves nothing: what comes out of it is the very license that was signed, and
//! only a verifier says what it is worth. No clock, no file, no network, no randomness.
//!
//! ```
//! use boyin_present::{PresentError, Presented, from_text};
//!
//! let refused = from_text("BY1:BB8").and_then(|compact| Presented::decode(&compact));
//! assert_eq!(refused, Err(PresentError::Form(b'A')));
//! ```

mod bundle;
mod bytes;
mod check;
mod dictionary;
mod error;
mod form;
pub mod limits;
mod parts;
mod reason;
mod seen;
mod text;

pub use bundle::{Bundle, BundleError, OpenBundle};
pub use check::{Demand, Dynamic, ListAge, PresentationReport, RefusedCode, check};
pub use dictionary::DICTIONARY;
pub use error::{EncodeError, Fault, PresentError};
pub use form::{FORM, Presented};
pub use reason::{DynamicReason, PresentReason};
pub use seen::{Remembered, SeenNonces};
pub use text::{PREFIX, from_text, to_text};
