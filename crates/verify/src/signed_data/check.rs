use boyin_model::alg::{AlgId, SignatureEncoding, VerifyAlg};
use boyin_model::json::Reader;
use boyin_model::seal::encoding_of;
use boyin_model::signed_data::{DATA, DATA_GM, SignedData};
use boyin_model::time::UnixTime;

use super::reason::SignedDataReason;
use super::report::{SignedDataCheck, SignedDataDetail, SignedDataNote, SignedDataOutcome, SignedDataReport};
use crate::chain::{Certificate, ChainFault, Revocation};
use crate::check::fingerprint;
use crate::policy::CLOCK_TOLERANCE_SECONDS;
use crate::seal::SealContext;
use crate::timestamp::is_meant;

type Finding = Result<(), (SignedDataReason, Option<SignedDataDetail>)>;

/// Verifies a digital signature over a document. Of the context, the register only says which algorithms have ended.
pub fn check_signed_data(
    bytes: &[u8],
    reader: Reader,
    document: &[u8],
    context: &SealContext<'_>,
) -> SignedDataReport {
    let mut run = Run {
        context,
        reader,
        notes: Vec::new(),
        outcomes: [SignedDataOutcome::Skipped; SignedDataCheck::ALL.len()],
        signed_at: None,
        signer: None,
    };
    match SignedData::read(bytes, reader) {
        Ok(signed) => {
            run.set(SignedDataCheck::Format, Ok(()));
            run.notes.extend(signed.notes.iter().copied().map(SignedDataNote::Deviation));
            run.all(&signed, document);
        }
        Err(error) => {
            let fault = (SignedDataReason::Malformed, Some(SignedDataDetail::Field(error)));
            run.set(SignedDataCheck::Format, Err(fault));
        }
    }
    let algs = context.certificates.algs();
    SignedDataReport {
        at: context.now,
        certificate: run.signer.as_deref().map(|certificate| fingerprint(algs, certificate)),
        outcomes: run.outcomes,
        notes: run.notes,
        signed_at: run.signed_at,
        signer: run.signer,
    }
}

struct Run<'r, 'c> {
    context: &'r SealContext<'c>,
    reader: Reader,
    notes: Vec<SignedDataNote>,
    outcomes: [SignedDataOutcome; SignedDataCheck::ALL.len()],
    signed_at: Option<UnixTime>,
    signer: Option<Vec<u8>>,
}

impl Run<'_, '_> {
    fn set(&mut self, check: SignedDataCheck, found: Finding) {
        self.outcomes[check.place()] = found.into();
    }

    fn all(&mut self, signed: &SignedData<'_>, document: &[u8]) {
        self.signed_at = signed.signer.attributes.as_ref().and_then(|attributes| attributes.signing_time);
        let came = signed.certificates.iter().filter_map(|bytes| Certificate::read(bytes).ok());
        let mut meant = came.filter(|found| is_meant(found, &signed.signer.id));
        let signer = meant.next().ok_or((SignedDataReason::SignerMissing, None));
        self.signer = signer.as_ref().ok().map(|signer| signer.der().to_vec());
        let signer = signer.as_ref().map_err(|fault| *fault);
        let found = signer.and_then(|signer| self.signature(signed, document, signer));
        self.set(SignedDataCheck::Signature, found);
        let found = self.document(signed, document);
        self.set(SignedDataCheck::Document, found);
        let found = signer.and_then(|signer| self.certificate(signer));
        self.set(SignedDataCheck::Certificate, found);
        let found = signer.and_then(|signer| self.signing_time(signer));
        self.set(SignedDataCheck::SigningTime, found);
    }

    /// The instant as of which the certificate is judged: what the signer says, else now.
    fn used_at(&self) -> UnixTime {
        self.signed_at.unwrap_or(self.context.now)
    }

    fn signature(&mut self, signed: &SignedData<'_>, document: &[u8], signer: &Certificate) -> Finding {
        let not_accepted = (SignedDataReason::AlgorithmNotAccepted, None);
        let (info, algs) = (&signed.signer, self.context.certificates.algs());
        let algorithm = info.whole_algorithm().ok_or(not_accepted)?;
        let encoding = match (encoding_of(info.signature), self.reader) {
            (SignatureEncoding::Raw, Reader::Field) => Some(SignatureEncoding::Raw),
            _ => None,
        };
        let raw = |alg: &&'static dyn VerifyAlg| alg.id().encoding == SignatureEncoding::Raw;
        let algs: Vec<_> = algs.iter().copied().filter(|alg| raw(alg) == encoding.is_some()).collect();
        let key = signer.key(&algs, algorithm.as_bytes(), encoding).ok_or(not_accepted)?;
        // The digest beside must be the one within: else two readers could take two digests.
        if info.digest.digest().is_none_or(|name| name != key.alg().id().signed_digest) {
            return Err(not_accepted);
        }
        let message = match (&info.attributes, signed.content) {
            (Some(attributes), _) => attributes.signed.as_slice(),
            (None, Some(content)) => content,
            (None, None) => document,
        };
        let verified = key.verify(message, info.signature);
        verified.map_err(|_| (SignedDataReason::SignatureMismatch, None))?;
        if encoding.is_some() {
            self.notes.push(SignedDataNote::RawSignature);
        }
        self.not_ended(key.alg().id())
    }

    fn not_ended(&self, alg: &AlgId) -> Finding {
        let allowed = self.context.algorithm_allows(alg, self.used_at());
        allowed.map_err(|(at, limit)| {
            (SignedDataReason::AlgorithmEnded, Some(SignedDataDetail::Instants { at, limit }))
        })
    }

    /// The content, or its digest in the attributes, is the document or its digest.
    fn document(&mut self, signed: &SignedData<'_>, document: &[u8]) -> Finding {
        let mismatch = Err((SignedDataReason::DocumentMismatch, None));
        let name = signed.signer.digest.digest();
        let mut algs = self.context.certificates.algs().iter();
        let alg = algs.find(|alg| Some(alg.id().digest) == name);
        let alg = alg.ok_or((SignedDataReason::AlgorithmNotAccepted, None))?;
        let digest = alg.digest(&[document]);
        if signed.content.is_some_and(|content| content != digest && content != document) {
            return mismatch;
        }
        // Without attributes and content the signature is over the document itself.
        let Some(attributes) = &signed.signer.attributes else { return Ok(()) };
        let content = signed.content.map_or(digest, |content| alg.digest(&[content]));
        let is_data = attributes.content_type.is_some_and(|kind| kind == DATA || kind == DATA_GM);
        if !is_data || attributes.message_digest != Some(&content) {
            return mismatch;
        }
        if attributes.content_type != Some(signed.content_type) {
            self.notes.push(SignedDataNote::OtherContentType);
        }
        Ok(())
    }

    fn certificate(&mut self, signer: &Certificate) -> Finding {
        match signer.usage() {
            Some(usage) if !usage.signs_documents => return Err((SignedDataReason::KeyUsage, None)),
            Some(_) => {}
            None => self.notes.push(SignedDataNote::NoKeyUsage),
        }
        let (certificates, now) = (self.context.certificates, self.context.now);
        let path = match certificates.path(signer, self.used_at(), now) {
            Err(fault) if fault.is_open() => return Err((SignedDataReason::ChainMissing, None)),
            Err(ChainFault::AlgorithmEnded) => return Err((SignedDataReason::AlgorithmEnded, None)),
            Err(_) => return Err((SignedDataReason::ChainInvalid, None)),
            Ok(path) => path,
        };
        match certificates.revocation(&path, self.used_at(), now) {
            Revocation::Good => Ok(()),
            Revocation::Revoked(since, _) if self.signed_at.is_some_and(|at| since <= at) => {
                Err((SignedDataReason::Revoked, None))
            }
            // Who has the key can write an earlier signing time; without one nothing is said of when it signed.
            Revocation::Revoked(..) => Err((SignedDataReason::RevokedUnproven, None)),
            Revocation::Unknown => Err((SignedDataReason::RevocationUnknown, None)),
        }
    }

    fn signing_time(&mut self, signer: &Certificate) -> Finding {
        let (now, reason) = (self.context.now, SignedDataReason::OutsideCertificate);
        let missed = |reason, at, limit| Err((reason, Some(SignedDataDetail::Instants { at, limit })));
        let Some(at) = self.signed_at else {
            self.notes.push(SignedDataNote::NoSigningTime);
            return match (now < signer.not_before, signer.not_after < now) {
                (true, _) => missed(reason, now, signer.not_before),
                (_, true) => missed(SignedDataReason::TimeUnknown, now, signer.not_after),
                (false, false) => Ok(()),
            };
        };
        self.notes.push(SignedDataNote::SigningTimeUnproven);
        if at < signer.not_before {
            return missed(reason, at, signer.not_before);
        }
        if signer.not_after < at {
            return missed(reason, at, signer.not_after);
        }
        let latest = now.plus(CLOCK_TOLERANCE_SECONDS);
        if latest < at {
            return missed(SignedDataReason::FromFuture, at, latest);
        }
        if signer.not_after < now {
            self.notes.push(SignedDataNote::SignerEndedSince);
        }
        Ok(())
    }
}
