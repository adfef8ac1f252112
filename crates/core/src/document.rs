//! Licenses as documents (OFD, GB/T 33190): what people and law see, sealed by the office that issued them; and annotated copies
//! (加注件), sealed by the office that makes them.

use boyin_archive::{ArchiveError, EventKind, Read, ReadOf, Reader as Asker};
use boyin_face::{Annotation, Emblem, Face, FaceError, SealImage, Templates};
use boyin_model::alg::VerifyAlg as _;
use boyin_model::credential::LicenseClaims;
use boyin_model::hex;
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::json::Reader;
use boyin_model::register::{Power, SealId, SealKind};
use boyin_model::seal::Seal;
use boyin_model::time::{Date, SECONDS_PER_DAY, UnixTime};
use boyin_ofd::write::{Provider, StampPlace, WriteError};
use boyin_picture::Font;
use boyin_suite::{SM2_SM3, all_x509};
use boyin_verify::chain::CertificateStore;
use boyin_verify::seal::SealContext;

use crate::desk::{Desk, Order};
use crate::document_check::{CheckedDocument, DocumentCause, DocumentVerdict, DocumentVerifier};
use crate::error::DeskError;
use crate::faces::face_of;
use crate::presenting::show_fields;

/// What a document says that it was sealed with.
const PROVIDER: Provider<'static> =
    Provider { name: "boyin", version: env!("CARGO_PKG_VERSION"), company: "boyin" };
/// Days for which an annotated copy may be used, from when it is made: a year, whichever it is.
pub const MAX_COPY_DAYS: u64 = 366;
/// Bytes of a digest that make up the number of a document.
const NUMBER_BYTES: usize = 16;

/// How licenses are made into documents.
#[derive(Clone, Copy, Debug)]
pub struct DocumentMaking<'m> {
    /// The font; the glyphs that are used are embedded.
    pub font: &'m Font,
    /// The templates.
    pub templates: &'m Templates,
    /// The emblem, for templates with a place for one.
    pub emblem: Option<&'m Emblem>,
}

/// What kind of document is made of a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// The license as its issuer hands it out.
    Original,
    /// A copy for one use, which is the purpose of the order; it may be used until then. It carries the license with nothing
    /// disclosed: its status can be asked for, and what the page says beyond that is not given out once more.
    Copy {
        /// The last instant: at most [`MAX_COPY_DAYS`] from now, and within the last valid day of the license.
        until: UnixTime,
    },
}

/// A license as a sealed document.
#[derive(Clone)]
pub struct LicenseDocument<'f> {
    /// The document (OFD).
    pub bytes: Vec<u8>,
    /// The seal over it.
    pub seal: SealId,
    /// Number of the event of the use of the seal.
    pub event: u64,
    /// The signing time.
    pub at: UnixTime,
    /// Whether the use had been counted before: this is the document of that time.
    pub replayed: bool,
    face: Face<'f>,
    credential: Vec<u8>,
    image: Option<SealImage>,
}

impl LicenseDocument<'_> {
    /// The same face as PDF, for those without a reader of OFD: a copy whose proof is the credential in it.
    ///
    /// # Errors
    /// [`DocumentFault::Face`].
    pub fn pdf(&self) -> Result<Vec<u8>, DocumentFault> {
        Ok(self.face.pdf(&self.credential, self.image.as_ref())?)
    }

    /// A page of the same face as PNG, from 0: what it looks like, which proves nothing.
    ///
    /// # Errors
    /// [`DocumentFault::Face`].
    pub fn png(&self, page: usize, dpi: u16) -> Result<Vec<u8>, DocumentFault> {
        Ok(self.face.png(page, dpi, self.image.as_ref())?)
    }
}

/// Shows the event only: what the document says is personal.
impl std::fmt::Debug for LicenseDocument<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LicenseDocument").field("event", &self.event).finish_non_exhaustive()
    }
}

/// Why no document was made of a license.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentFault {
    /// Only its issuer seals the license itself.
    #[error("the license was issued by {0}: let that office make the document, or make an annotated copy")]
    NotTheIssuer(CreditCode),
    /// The office has no seal in use.
    #[error("the office has no seal in use that could seal documents: `boyin seal list`")]
    NoSeal,
    /// The seal that was chosen belongs to another office.
    #[error("seal {0} belongs to {1}: an office seals documents with its own, `boyin seal list`")]
    SealOfOther(SealId, CreditCode),
    /// The seal that was chosen is a personal one.
    #[error("seal {0} is a personal one: documents are sealed with one of the office, `boyin seal list`")]
    SealPersonal(SealId),
    /// The seal that was chosen is not in use.
    #[error(
        "seal {0} is not in use: `boyin seal show {0}` says why, `boyin seal list` which others there are"
    )]
    SealNotInUse(SealId),
    /// The catalog in force does not have its type.
    #[error("the catalog in force does not have the type of the license: nothing says what its fields are")]
    NoType,
    /// A copy that could be used for too long.
    #[error("an annotated copy may be used for {MAX_COPY_DAYS} days at most")]
    CopyTooLong,
    /// A copy that could be used when the license is valid no more.
    #[error("an annotated copy may be used as long as the license is valid: its last day is {0}")]
    CopyBeyondLicense(Date),
    /// The face cannot be drawn.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The document cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The seal's picture is larger than any that is stamped.
    #[error("the picture of the seal is larger than 255 mm")]
    PictureSize,
    /// The document was sealed and does not pass.
    #[error("the document was sealed and does not pass its verification: {}", verdict(.0))]
    SelfCheck(Box<CheckedDocument>),
}

fn verdict(checked: &CheckedDocument) -> &'static str {
    checked.verdict().reason().map_or("", DocumentCause::code)
}

impl DocumentFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotTheIssuer(_) => "document_foreign",
            Self::NoSeal => "document_no_seal",
            Self::SealOfOther(..) => "document_seal_foreign",
            Self::SealPersonal(_) => "document_seal_personal",
            Self::SealNotInUse(_) => "document_seal_not_in_use",
            Self::NoType => "document_type",
            Self::CopyTooLong => "document_copy_too_long",
            Self::CopyBeyondLicense(_) => "document_copy_beyond_license",
            Self::Face(_) => "document_face",
            Self::Write(_) | Self::PictureSize => "document_write",
            Self::SelfCheck(_) => "document_self_check",
        }
    }
}

impl Desk {
    /// A license as a document, sealed for the office of the order by somebody with the power to use its seals; the purpose of the
    /// order is that of the read, of the use of the seal, and of an annotated copy. The seal is the one of the office that was
    /// chosen, or else of its seals in use, personal ones aside, the one with the lowest number.
    ///
    /// Who may not use seals reads nothing. The read is in the event log before anything that depends on the license is
    /// answered, the use of the seal before the signature. What is made passes its own verification. The document is not
    /// kept: the digest of what was signed is, with the use of the seal.
    ///
    /// The same order again, if its use was counted, makes the document of the first instant again and counts nothing: the
    /// pages and all that the seal covers are the same, the value of the signature is another one. It is refused
    /// ([`ArchiveError::IdempotencyConflict`] within) if what the document is made from is no more what it was: seal, font,
    /// template, emblem, catalog, this program's version; and like the first if license or seal are no more in force, or a copy
    /// has ended.
    ///
    /// # Errors
    /// [`DocumentFault`] within; [`DeskError::SelfCheck`] with the report if the license does not pass now; as
    /// [`Desk::seal_document`]; [`ArchiveError::NotFound`], [`ArchiveError::SealNotFound`] within.
    pub fn license_document<'f>(
        &self,
        id: &LicenseId,
        kind: DocumentKind,
        making: &DocumentMaking<'f>,
        chosen: Option<SealId>,
        order: &Order,
    ) -> Result<LicenseDocument<'f>, DeskError> {
        if kind == DocumentKind::Original && id.issuer() != order.office {
            return Err(DocumentFault::NotTheIssuer(id.issuer()).into());
        }
        // Asked before the license is read: whoever may not seal learns nothing of it.
        self.officer(&order.who, Some(order.office), Power::Use)?;
        let done = self.archive.done_under(order.office, &order.idempotency_key)?;
        let used = done.filter(|done| done.what == EventKind::SealUsed);
        let first = Order { at: used.map_or(order.at, |used| used.at), ..order.clone() };
        let seal = self.seal_of_document(chosen, order.office, first.at)?;
        let credential = self.read_for(id, order)?;
        let verified = self.check(&credential, order.at).into_verified().map_err(DeskError::SelfCheck)?;
        let credential = carried(credential, verified.claims(), kind, order.at)?;
        let catalog = self.catalog_at(order.at)?;
        let license_type = catalog.catalog.get(id.license_type()).ok_or(DocumentFault::NoType)?;
        let annotation = self.annotation(kind, &first)?;
        let face =
            face_of((license_type, verified.claims()), annotation, making).map_err(DocumentFault::from)?;
        let made = self.sealed(face, credential, seal, &first)?;
        self.check_document(&made.bytes, order.at.max(made.at))?;
        Ok(made)
    }

    /// The seal with which an office seals a document at an instant.
    fn seal_of_document(
        &self,
        chosen: Option<SealId>,
        office: CreditCode,
        at: UnixTime,
    ) -> Result<SealId, DeskError> {
        let Some(id) = chosen else {
            return Ok(self.issuing_seal(office, at)?.ok_or(DocumentFault::NoSeal)?);
        };
        let record = self.archive.seal_record(id)?.ok_or(ArchiveError::SealNotFound)?;
        if record.owner != office {
            return Err(DocumentFault::SealOfOther(id, record.owner).into());
        }
        if record.kind == SealKind::Personal {
            return Err(DocumentFault::SealPersonal(id).into());
        }
        if !self.trust().seal(id).is_some_and(|seal| seal.issuer == office && seal.in_force_at(at)) {
            return Err(DocumentFault::SealNotInUse(id).into());
        }
        Ok(id)
    }

    /// The credential on file, with all disclosures; the read is recorded.
    fn read_for(&self, id: &LicenseId, order: &Order) -> Result<Vec<u8>, DeskError> {
        let reader = Asker::new(order.who.as_str(), order.office, order.purpose.as_str())?;
        let (record, holder) = self.archive.get_with_holder(id)?.ok_or(ArchiveError::NotFound)?;
        let read = Read { reader, at: order.at, of: ReadOf::License(id.clone()), holder };
        self.archive.spool_reads(&self.home.reads_path())?.record(&[read])?;
        self.take_reads(order.at)?;
        Ok(record.credential)
    }

    /// What makes a copy one.
    fn annotation(&self, kind: DocumentKind, order: &Order) -> Result<Option<Annotation>, DeskError> {
        let DocumentKind::Copy { until } = kind else { return Ok(None) };
        let maker = self.office(order.office)?.name.as_str();
        let made = Annotation::new(order.purpose.as_str(), maker, order.at, until);
        Ok(Some(made.map_err(DocumentFault::from)?))
    }

    /// The face as a document of the instant of the order, sealed; not verified yet.
    fn sealed<'f>(
        &self,
        face: Face<'f>,
        credential: Vec<u8>,
        id: SealId,
        order: &Order,
    ) -> Result<LicenseDocument<'f>, DeskError> {
        let record = self.archive.seal_record(id)?.ok_or(DocumentFault::NoSeal)?;
        let (seal, _) = self.seal_as_of(&record, order.at)?;
        let (stamp, image) = stamp(&face, &seal)?;
        let number = document_number(&credential, &face);
        let parts = face.ofd(&credential).map_err(DocumentFault::from)?;
        let prepared = parts
            .draft(&number)
            .write()
            .and_then(|document| document.prepare(&[stamp], &seal, &SM2_SM3, &PROVIDER, order.at))
            .map_err(DocumentFault::from)?;
        let used = self.seal_document(id, prepared.to_be_signed(), prepared.property(), order)?;
        let bytes = prepared.complete(&used.signature).map_err(DocumentFault::from)?;
        let (event, at, replayed) = (used.event, used.at, used.replayed);
        Ok(LicenseDocument { bytes, seal: id, event, at, replayed, face, credential, image })
    }

    /// What was sealed has to pass where everybody else verifies it, with the license that it carries.
    fn check_document(&self, bytes: &[u8], at: UnixTime) -> Result<(), DeskError> {
        let trust = self.trust();
        let certificates = CertificateStore::of_list(trust.list(), &all_x509());
        let context = SealContext { now: at, certificates: &certificates, register: Some(&trust) };
        let license = |license: &[u8]| self.check(license, at);
        let checked = DocumentVerifier::of_own().check_with(bytes, (&context, &trust), license);
        match checked.verdict() {
            DocumentVerdict::Passed => Ok(()),
            DocumentVerdict::Failed(_) | DocumentVerdict::Indeterminate(_) => {
                Err(DocumentFault::SelfCheck(Box::new(checked)).into())
            }
        }
    }
}

/// What a document carries of a license: of a copy, which is for one use and for a time, the license with nothing disclosed.
fn carried(
    credential: Vec<u8>,
    claims: &LicenseClaims,
    kind: DocumentKind,
    at: UnixTime,
) -> Result<Vec<u8>, DeskError> {
    let DocumentKind::Copy { until } = kind else { return Ok(credential) };
    if until > at.plus(MAX_COPY_DAYS * SECONDS_PER_DAY) {
        return Err(DocumentFault::CopyTooLong.into());
    }
    // The day ends with the instant before that.
    if let Some(last) = claims.valid_until.filter(|last| until >= last.ends()) {
        return Err(DocumentFault::CopyBeyondLicense(last).into());
    }
    Ok(show_fields(&credential, &[])?)
}

/// Where the seal is seen, and its picture if that is one that can be drawn.
fn stamp(face: &Face<'_>, seal: &[u8]) -> Result<(StampPlace, Option<SealImage>), DeskError> {
    let read = Seal::read(seal, Reader::Ours).map_err(boyin_issue::seal::SealingError::from)?;
    let size = |mm: u32| u8::try_from(mm).map_err(|_| DocumentFault::PictureSize);
    let picture = read.info.picture;
    let (width, height) = (size(picture.width_mm)?, size(picture.height_mm)?);
    let boundary = face.seal_place(width, height).map_err(DocumentFault::from)?;
    Ok((StampPlace { page: 0, boundary }, SealImage::new(picture.data, width, height).ok()))
}

/// The number of the document: the same license with the same annotation has the same.
fn document_number(credential: &[u8], face: &Face<'_>) -> String {
    let said =
        face.metadata().iter().flat_map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes(), b"\n"]);
    let parts: Vec<_> = [credential].into_iter().chain(said).collect();
    hex::encode(&SM2_SM3.digest(&parts)[..NUMBER_BYTES])
}
