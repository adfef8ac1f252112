//! From a form to a signed license.
//!
//! ```text
//! Draft --check--> License --prepare--> Prepared --to_be_signed--> signer, anywhere --signature--> complete
//! ```
//!
//! *Check* finds every defect of the form at once, so that nobody has to come twice. *Prepare* fixes every byte.
//! *Sign* needs nothing but those bytes: the key may be in this process, in a token or in another office. *Complete*
//! verifies the signature before anyone sees the license.
//!
//! Status lists and trust lists go the same way: [`status_list`] and [`trust_list`] fix the bytes, [`SigningKey`]
//! signs and checks itself. So do seals ([`seal`]) and the certificates of their makers and signers ([`certificate`]).

pub mod certificate;
mod draft;
mod prepare;
pub mod seal;
mod signing;
pub mod timestamp;

pub use draft::{Defect, DefectFault, Draft, DraftHolder, FormPlace, License};
pub use prepare::{Assignment, CompleteError, PrepareError, Prepared, PreparedError};
pub use signing::{
    KeyRef, SigningKey, SigningKeyError, TYP_LOG_HEAD, anchor_handover, ceremony_closing, decision, log_head,
    presentation, signed_list, status_list, trust_list, webhook,
};
