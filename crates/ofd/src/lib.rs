//! OFD documents (版式文档, GB/T 33190): reads the container under limits, and decides whether the seals and signatures in it
//! hold for everything that is shown; and writes documents for a seal over all that is in them ([`mod@write`]).
//!
//! A pure function like those of `boyin-verify`, whose verdict on each seal it takes: bytes, an instant, certificates and a
//! trust list go in; an [`OfdReport`] comes out, with one report for each document of the container and one for each
//! signature. No file, no network, no clock. A passing report turns into a [`VerifiedOfd`], which nothing else can make.
//!
//! `docs/ofd.md` says what is read, which limits hold and what each reason means.

#[macro_use]
mod fault;

mod check;
mod extract;
mod held;
mod intake;
pub mod limits;
mod location;
pub mod package;
mod reach;
mod reason;
mod report;
mod structure;
mod weak;
mod work;
pub mod write;
mod xml;

pub use check::OfdVerifier;
pub use extract::{
    ExtractError, ExtractFault, TaggedObject, UnverifiedAttachment, UnverifiedContents, UnverifiedTag,
    extract, extract_from,
};
pub use reason::{Cause, OfdReason};
pub use report::{
    DocumentReport, EntryList, EntryName, OfdCheck, OfdDetail, OfdNote, OfdOutcome, OfdReport, OfdVerdict,
    Protection, SealFace, SignatureReport, ValueReport, VerifiedAttachment, VerifiedContents, VerifiedOfd,
};
pub use structure::{CheckMethod, SignatureKind, Stamp, StructureFault, millimeters};
pub use work::Work;
pub use xml::XmlFault;
