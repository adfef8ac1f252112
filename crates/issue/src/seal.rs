//! Making electronic seals, and sealing with them, in three steps: prepare, sign (elsewhere, if the key is there), complete.

use boyin_model::alg::{BadSignature, Digest32};
use boyin_model::json::Reader;
use boyin_model::seal::{
    Seal, SealError, SealInfo, SealSignature, SealWriteError, SignedBy, Signers, ToSign,
};
use boyin_model::time::UnixTime;

use crate::certificate::{public_key, to_der};
use crate::signing::{KeyRef, SigningKey, SigningKeyError};

/// Why there is no seal, or no seal signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealingError {
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] SealWriteError),
    /// The certificate is not one of the key that is to sign, or its key not one for seals.
    #[error("the certificate is not that of the key")]
    NotOfKey,
    /// The seal to be used is none.
    #[error("the seal cannot be read: {0}")]
    Seal(#[from] SealError),
    /// The seal does not list the certificate.
    #[error(
        "the signer's certificate is not in the list of the seal; if it was renewed, make the seal again"
    )]
    NotListed,
    /// The seal lists the maker.
    #[error("who makes a seal cannot be one of its signers")]
    MakerIsSigner,
    /// The seal is not valid at that instant.
    #[error("the seal is not valid at that instant")]
    NotInTime,
    /// The signature that came back is not one of the key over what was prepared.
    #[error("the signature does not match what was prepared")]
    Signature(#[from] BadSignature),
    /// The signer gave none.
    #[error(transparent)]
    Signer(#[from] SigningKeyError),
}

/// A seal or a seal signature whose bytes are fixed and that lacks the signature.
#[derive(Clone, Debug)]
pub struct PreparedSealing {
    what: What,
    to_be_signed: Vec<u8>,
    certificate: Vec<u8>,
    key: KeyRef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Seal,
    Signature,
}

impl PreparedSealing {
    /// What has to be signed, with the suite's own hashing.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// Verifies the signature and joins the parts.
    ///
    /// # Errors
    /// [`SealingError::Signature`] for a wrong signature; [`SealingError::Write`] if the seal breaks a rule.
    pub fn complete(self, signature: &[u8]) -> Result<Vec<u8>, SealingError> {
        self.key.verify_key().verify(&self.to_be_signed, signature)?;
        let alg = self.key.alg();
        let signature = to_der(alg, signature).map_err(|_| SealingError::NotOfKey)?;
        let by = SignedBy {
            certificate: &self.certificate,
            algorithm: alg.id().oid.ok_or(SealingError::NotOfKey)?,
            signature: &signature,
            timestamp: None,
        };
        Ok(match self.what {
            What::Seal => Seal::write(&self.to_be_signed, &by)?,
            What::Signature => SealSignature::write(&self.to_be_signed, &by)?,
        })
    }
}

/// Fixes the bytes of a seal that the maker of `certificate` (DER) is to sign.
///
/// # Errors
/// [`SealingError`].
pub fn prepare_seal(
    info: &SealInfo<'_>,
    certificate: &[u8],
    maker: &KeyRef,
) -> Result<PreparedSealing, SealingError> {
    check_key(certificate, maker)?;
    if lists_key(&info.signers, certificate, maker) {
        return Err(SealingError::MakerIsSigner);
    }
    let to_be_signed = info.write()?;
    let (certificate, key) = (certificate.to_vec(), maker.clone());
    Ok(PreparedSealing { what: What::Seal, to_be_signed, certificate, key })
}

/// The same seal for signers whose certificates were renewed: identifier, name and picture stay.
#[must_use]
pub fn renewed<'s>(
    info: &SealInfo<'s>,
    signers: Signers<'s>,
    created: UnixTime,
    valid_until: UnixTime,
) -> SealInfo<'s> {
    SealInfo { signers, created, valid_from: created, valid_until, ..info.clone() }
}

/// What is to be sealed, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'d> {
    /// The seal, DER.
    pub seal: &'d [u8],
    /// When.
    pub at: UnixTime,
    /// Digest of the document under the algorithm of the signer's key.
    pub document: Digest32,
    /// What is sealed, in ASCII.
    pub property: &'d str,
    /// The signer's certificate, DER.
    pub certificate: &'d [u8],
}

/// Fixes the bytes of a seal signature.
///
/// # Errors
/// [`SealingError`]: a certificate that the seal does not list, a seal that is not in its time.
pub fn prepare_signature(sealing: &Sealing<'_>, signer: &KeyRef) -> Result<PreparedSealing, SealingError> {
    let Sealing { seal, at, document, property, certificate } = *sealing;
    check_key(certificate, signer)?;
    let read = Seal::read(seal, Reader::Field)?;
    if !lists(&read.info.signers, certificate, signer) {
        return Err(SealingError::NotListed);
    }
    if at < read.info.valid_from || read.info.valid_until < at {
        return Err(SealingError::NotInTime);
    }
    let to_sign = ToSign { seal, time: at, document_digest: &document, property, extensions: &[] };
    let (certificate, key) = (certificate.to_vec(), signer.clone());
    Ok(PreparedSealing { what: What::Signature, to_be_signed: to_sign.write()?, certificate, key })
}

/// Makes a seal in one step.
///
/// # Errors
/// [`SealingError`].
pub fn make_seal(
    info: &SealInfo<'_>,
    certificate: &[u8],
    maker: &SigningKey,
) -> Result<Vec<u8>, SealingError> {
    let prepared = prepare_seal(info, certificate, maker.reference())?;
    let signature = maker.sign(prepared.to_be_signed())?;
    prepared.complete(&signature)
}

/// Seals in one step.
///
/// # Errors
/// [`SealingError`].
pub fn seal(sealing: &Sealing<'_>, signer: &SigningKey) -> Result<Vec<u8>, SealingError> {
    let prepared = prepare_signature(sealing, signer.reference())?;
    let signature = signer.sign(prepared.to_be_signed())?;
    prepared.complete(&signature)
}

fn check_key(certificate: &[u8], key: &KeyRef) -> Result<(), SealingError> {
    let certified = public_key(certificate).map_err(|_| SealingError::NotOfKey)?;
    if certified == key.point() { Ok(()) } else { Err(SealingError::NotOfKey) }
}

/// Whether one of those who may sign holds the maker's key, under this certificate or another. Of a digest nobody can
/// tell whose key is behind it: there, the maker's own certificate alone is known.
///
/// The abscissa of the point is looked for wherever it stands, so that a certificate in an odd encoding hides nothing.
fn lists_key(signers: &Signers<'_>, certificate: &[u8], maker: &KeyRef) -> bool {
    let point = maker.point();
    let abscissa = &point[1..=(point.len() - 1) / 2];
    let holds = |listed: &&[u8]| listed.windows(abscissa.len()).any(|part| part == abscissa);
    match signers {
        Signers::Certificates(list) => list.iter().any(holds),
        Signers::Digests(_) => lists(signers, certificate, maker),
    }
}

fn lists(signers: &Signers<'_>, certificate: &[u8], key: &KeyRef) -> bool {
    match signers {
        Signers::Certificates(list) => list.contains(&certificate),
        Signers::Digests(list) => {
            let digest = key.alg().digest(&[certificate]);
            let name = key.alg().id().digest;
            list.iter().any(|entry| entry.digest() == Some(name) && entry.value == digest)
        }
    }
}
