//! Licenses as their holders show them (亮证): with the fields that are shown, and with the office's statement that it was asked
//! for now.

use std::collections::BTreeSet;

use boyin_archive::{ArchiveError, Read, ReadOf, Reader as Asker};
use boyin_issue::presentation;
use boyin_model::alg::Randomness;
use boyin_model::credential::Envelope;
use boyin_model::id::LicenseId;
use boyin_model::json::{Reader, Value};
use boyin_model::presentation::{MAX_PRESENTATION_PURPOSE_CHARS, NONCE_BYTES, Presentation};
use boyin_model::time::UnixTime;

use crate::desk::Desk;
use crate::error::DeskError;

/// What a holder shows in a dynamic code.
#[derive(Clone)]
pub struct Presenting {
    /// The license with what is shown of it, in the compact serialization.
    pub license: Vec<u8>,
    /// The office's statement about it.
    pub statement: Vec<u8>,
    /// The first instant at which the statement counts no more.
    pub expires: UnixTime,
}

/// Shows nothing: the content is personal.
impl std::fmt::Debug for Presenting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presenting(..)")
    }
}

/// Why a license is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentFault {
    /// The license has no such field.
    #[error("the license has no field `{0}`; `boyin license show --disclosures` lists what it hides")]
    NoField(String),
    /// What is on file cannot be read.
    #[error("what is on file cannot be read as a license")]
    Unreadable,
    /// What for is missing, too long, or has control characters.
    #[error("what a license is shown for has 1 to {MAX_PRESENTATION_PURPOSE_CHARS} characters")]
    Purpose,
}

impl PresentFault {
    /// Stable machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoField(_) => "presentation_field",
            Self::Unreadable => "presentation_unreadable",
            Self::Purpose => "presentation_purpose",
        }
    }
}

/// The license with the disclosures of these fields and no others. What stands in the open may be named too.
///
/// # Errors
/// [`PresentFault::NoField`] for the first field that the license does not have; [`PresentFault::Unreadable`].
pub fn show_fields(license: &[u8], fields: &[&str]) -> Result<Vec<u8>, PresentFault> {
    let envelope = Envelope::open(license, Reader::Ours).map_err(|_| PresentFault::Unreadable)?;
    let credential = envelope.read().map_err(|_| PresentFault::Unreadable)?;
    let open = credential.payload.get("fields").and_then(Value::as_object);
    let open = credential.payload.members().chain(open.into_iter().flat_map(|fields| fields.members()));
    let hidden = credential.disclosures.iter().map(|disclosure| disclosure.name.as_ref());
    let known: BTreeSet<_> = open.map(|(name, _)| name).chain(hidden).collect();
    if let Some(missing) = fields.iter().find(|field| !known.contains(**field)) {
        return Err(PresentFault::NoField((*missing).to_owned()));
    }
    Ok(envelope.to_compact(|place| fields.contains(&credential.disclosures[place].name.as_ref())))
}

impl Desk {
    /// A license with these fields shown, and the statement of its office that it was asked for at `at`. Whoever calls this has
    /// made sure that it is the holder who asks. The read is in the event log before anything that depends on the license is
    /// answered, a refusal too.
    ///
    /// # Errors
    /// [`DeskError::Presentation`]; [`DeskError::SelfCheck`] with the report if the license does not pass now; [`ArchiveError::NotFound`]
    /// within; [`DeskError`].
    pub fn present(
        &self,
        id: &LicenseId,
        fields: &[&str],
        purpose: &str,
        asker: &Asker,
        at: UnixTime,
        random: &mut dyn Randomness,
    ) -> Result<Presenting, DeskError> {
        if !Presentation::is_purpose(purpose) {
            return Err(PresentFault::Purpose.into());
        }
        let (record, holder) = self.archive.get_with_holder(id)?.ok_or(ArchiveError::NotFound)?;
        let read = Read { reader: asker.clone(), at, of: ReadOf::License(id.clone()), holder };
        self.archive.spool_reads(&self.home.reads_path())?.record(&[read])?;
        self.take_reads(at)?;
        let license = show_fields(&record.credential, fields)?;
        // Nobody vouches for what is revoked: the holder is told here, not at the counter.
        if let Err(report) = self.check(&license, at).into_verified() {
            return Err(DeskError::SelfCheck(report));
        }
        let key = self.key(id.issuer(), at)?;
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce)?;
        let credential = key.reference().alg().digest(&[&license]);
        let claims = Presentation { credential, issued_at: at, nonce, purpose: purpose.to_owned() };
        let statement = key.sign_jws(&presentation(&claims, key.reference()))?;
        Ok(Presenting { license, statement, expires: claims.expires() })
    }
}
