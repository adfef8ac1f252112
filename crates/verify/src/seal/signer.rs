//! The checks of the signature made with a seal.

use boyin_model::alg::VerifyAlg;
use boyin_model::seal::{CertificateDigest, SealSignature, Signers, SigningTime, encoding_of};
use boyin_model::time::UnixTime;

use super::check::{Document, Finding, Run, weightiest};
use super::pending::Job;
use super::reason::SealReason;
use super::report::{SealCheck, SealDetail, SealNote};
use super::timestamp::PROMPT_SECONDS;
use crate::chain::{Certificate, ChainFault, Revocation};
use crate::policy::CLOCK_TOLERANCE_SECONDS;

impl Run<'_, '_> {
    /// Everything but [`SealCheck::Signature`]; what is to be verified for that, if it comes so far.
    pub(super) fn signature<'b>(
        &mut self,
        signature: &SealSignature<'b>,
        document: Document<'_>,
    ) -> Option<Job<'b>> {
        let signer = Certificate::read(signature.signer).map_err(|_| (SealReason::SignerMalformed, None));
        let signer = signer.as_ref().map_err(|fault| *fault);
        let job = signer.and_then(|signer| self.job(signature, signer));
        if let Err(fault) = &job {
            self.set(SealCheck::Signature, Err(*fault));
        }
        let found = signer.and_then(|signer| self.signer_certificate(signer));
        self.set(SealCheck::SignerCertificate, found);
        let found = signer.and_then(|signer| self.listed(&signature.seal.info.signers, signer));
        self.set(SealCheck::SignerListed, found);
        let found = signer.and_then(|signer| self.signing_time(signature, signer));
        self.set(SealCheck::SigningTime, found);
        let found = self.document(signature, document);
        self.set(SealCheck::Document, found);
        job.ok()
    }

    fn job<'b>(
        &self,
        signature: &SealSignature<'b>,
        signer: &Certificate,
    ) -> Result<Job<'b>, (SealReason, Option<SealDetail>)> {
        let algorithm = signature.algorithm.as_ref().map(|oid| oid.as_bytes()).unwrap_or_default();
        let key = self.context.certificates.key_of(signer, algorithm, encoding_of(signature.signature));
        let key = key.filter(|key| key.alg().id().signs_its_digest());
        let key = key.ok_or((SealReason::AlgorithmNotAccepted, None))?;
        Ok(Job { key, message: signature.signed, signature: signature.signature })
    }

    fn signer_certificate(&mut self, signer: &Certificate) -> Finding {
        let mut faults = Vec::new();
        match signer.usage() {
            Some(usage) if !usage.signs_documents => faults.push((SealReason::SignerKeyUsage, None)),
            Some(_) => {}
            None => self.note(SealNote::NoKeyUsage),
        }
        let certificates = self.context.certificates;
        match certificates.path(signer, self.used_at, self.context.now) {
            Err(fault) if fault.is_open() => {
                faults.push((SealReason::SignerChainMissing, None));
            }
            Err(ChainFault::AlgorithmEnded) => faults.push((SealReason::AlgorithmEnded, None)),
            Err(_) => faults.push((SealReason::SignerChainInvalid, None)),
            Ok(path) => match certificates.revocation(&path, self.proven_at(), self.context.now) {
                Revocation::Good => {}
                Revocation::Revoked(since, _) if since <= self.proven_at() => {
                    faults.push((SealReason::SignerRevoked, None));
                }
                Revocation::Revoked(..) if self.existed_at.is_some() => {
                    self.note(SealNote::SignerRevokedSince);
                }
                // Who has the key can write an earlier signing time.
                Revocation::Revoked(..) => faults.push((SealReason::SignerRevokedUnproven, None)),
                Revocation::Unknown if self.registered => self.note(SealNote::RevocationFromRegister),
                Revocation::Unknown => faults.push((SealReason::SignerRevocationUnknown, None)),
            },
        }
        weightiest(&faults)
    }

    fn listed(&mut self, signers: &Signers<'_>, signer: &Certificate) -> Finding {
        if self.lists(signers, signer) {
            return Ok(());
        }
        if self.lists_with_z(signers, signer) {
            self.note(SealNote::ListDigestWithZ);
            return Ok(());
        }
        let Signers::Digests(digests) = signers else {
            return Err((SealReason::SignerNotListed, None));
        };
        let accepted = digests.iter().any(|digest| self.digest_alg(digest).is_some());
        let reason = if accepted { SealReason::SignerNotListed } else { SealReason::ListDigestNotAccepted };
        Err((reason, None))
    }

    /// Whether the digest is one of the certificate, or, `with_z`, of the certificate after the Z of its own key.
    pub(super) fn is_digest_of(
        &self,
        digest: &CertificateDigest<'_>,
        certificate: &Certificate,
        with_z: bool,
    ) -> bool {
        let Some(alg) = self.digest_alg(digest) else {
            return false;
        };
        if !with_z {
            return digest.value == alg.digest(&[certificate.bytes()]);
        }
        // Z is a value of the key's own digest, and goes before no other.
        let key = certificate.any_key(self.algs()).filter(|key| key.alg().id().digest == alg.id().digest);
        key.is_some_and(|key| digest.value == alg.digest(&[key.digest_prefix(), certificate.bytes()]))
    }

    fn digest_alg(&self, digest: &CertificateDigest<'_>) -> Option<&'static dyn VerifyAlg> {
        let name = digest.digest()?;
        self.algs().iter().copied().find(|alg| alg.id().digest == name)
    }

    fn signing_time(&mut self, signature: &SealSignature<'_>, signer: &Certificate) -> Finding {
        let SigningTime::Instant(at) = signature.time else {
            return Err((SealReason::SigningTimeUnverified, None));
        };
        if self.existed_at.is_none_or(|existed_at| at.plus(PROMPT_SECONDS) < existed_at) {
            self.note(SealNote::SigningTimeUnproven);
        }
        let missed = |reason, limit| Err((reason, Some(SealDetail::Instants { at, limit })));
        if at < signer.not_before {
            return missed(SealReason::SignedOutsideCertificate, signer.not_before);
        }
        let proven_at = self.proven_at();
        if signer.not_after < proven_at {
            let detail = SealDetail::Instants { at: proven_at, limit: signer.not_after };
            return Err((SealReason::SignedOutsideCertificate, Some(detail)));
        }
        let latest = self.context.now.plus(CLOCK_TOLERANCE_SECONDS);
        if latest < at {
            return missed(SealReason::SignedInFuture, latest);
        }
        if signer.not_after < self.context.now {
            self.note(SealNote::SignerEndedSince);
        }
        Ok(())
    }

    /// The instant at which the signature is known to have existed: that of the timestamp, or else what the signer says.
    fn proven_at(&self) -> UnixTime {
        self.existed_at.map_or(self.used_at, |existed_at| existed_at.max(self.used_at))
    }

    fn document(&self, signature: &SealSignature<'_>, document: Document<'_>) -> Finding {
        let algorithm = signature.algorithm.as_ref();
        let is_meant = |alg: &&&dyn VerifyAlg| {
            algorithm.is_some() && alg.id().oid.as_ref() == algorithm && alg.id().signs_its_digest()
        };
        let alg = self.algs().iter().find(is_meant);
        let alg = alg.ok_or((SealReason::AlgorithmNotAccepted, None))?;
        let digest = match document {
            Document::Bytes(bytes) => alg.digest(&[bytes]),
            Document::Digest(digest) => digest,
            Document::NotGiven => return Err((SealReason::DocumentMissing, None)),
        };
        if signature.document_digest == digest { Ok(()) } else { Err((SealReason::DocumentMismatch, None)) }
    }
}
