use boyin_model::alg::{Digest32, SignatureEncoding, VerifyAlg};
use boyin_model::json::Reader;
use boyin_model::limits::MAX_TOKEN_BYTES;
use boyin_model::time::UnixTime;
use boyin_model::timestamp::batch::Proof;
use boyin_model::timestamp::{Algorithm, Fault, Note, TST_INFO, TimestampError, Token};

use super::certificate::{is_issuer, is_meant};
use super::reason::TimestampReason;
use super::report::{
    TimestampCheck, TimestampDetail, TimestampNote, TimestampOutcome, TimestampReport, TimestampSubject,
};
use crate::chain::{Certificate, CertificateStore, ChainFault, ExtendedKeyUsage, Revocation};
use crate::check::fingerprint;
use crate::policy::CLOCK_TOLERANCE_SECONDS;

/// Seconds by which a timestamp may be off unless the policy says otherwise: that of a day's signatures needs no more.
const MAX_INACCURACY_SECONDS: u64 = 60;

/// What is said to have been stamped.
#[derive(Clone, Copy, Debug)]
pub enum Stamped<'d> {
    /// The bytes.
    Bytes(&'d [u8]),
    /// Their digest, and the name of its algorithm: `sm3` or `sha-256`.
    Digest(&'d str, Digest32),
    /// The digest of one document of a batch, and the proof that it is under the root that was stamped.
    Batched(&'d Proof, Digest32),
}

/// What is asked where no revocation list answers for the authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenUnknown {
    /// The verdict is open.
    #[default]
    Indeterminate,
    /// The authority is taken to be in force; the report notes that.
    Accept,
}

/// What a verifier asks of timestamps. The default takes every policy of a trusted authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampPolicy {
    /// Object identifiers of the accepted policies, dotted; all if empty.
    pub policies: Vec<String>,
    /// Largest accuracy in seconds, for authorities that say how exact they are.
    pub max_inaccuracy_seconds: u64,
    /// Where no revocation list answers.
    pub when_unknown: WhenUnknown,
}

impl Default for TimestampPolicy {
    fn default() -> Self {
        Self {
            policies: Vec::new(),
            max_inaccuracy_seconds: MAX_INACCURACY_SECONDS,
            when_unknown: WhenUnknown::default(),
        }
    }
}

/// Everything that the verification of a token depends on beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct TimestampContext<'c> {
    /// The instant for which the question is asked.
    pub now: UnixTime,
    /// Trusted certificates: those of timestamp authorities count, and the revocation lists.
    pub certificates: &'c CertificateStore,
    /// What is asked of the token.
    pub policy: &'c TimestampPolicy,
    /// Content of the nonce that was sent, if that is known.
    pub nonce: Option<&'c [u8]>,
    /// The time that what was stamped gives for itself, if it does.
    pub claimed: Option<UnixTime>,
}

type Finding = Result<(), (TimestampReason, Option<TimestampDetail>)>;

/// Verifies a token over `stamped`.
pub fn check_token(
    bytes: &[u8],
    reader: Reader,
    stamped: Stamped<'_>,
    context: &TimestampContext<'_>,
) -> TimestampReport {
    let mut run = Run {
        context,
        notes: Vec::new(),
        outcomes: [TimestampOutcome::Skipped; TimestampCheck::ALL.len()],
        subject: TimestampSubject::default(),
    };
    match Token::read(bytes, reader) {
        Ok(token) if reader == Reader::Ours && !all_certificates(&token) => {
            run.set(TimestampCheck::Format, Err((TimestampReason::Deviates, None)));
        }
        Ok(token) => {
            run.set(TimestampCheck::Format, Ok(()));
            run.token(&token, stamped);
        }
        Err(error) => run.set(TimestampCheck::Format, Err(format_fault(error))),
    }
    let algs = context.certificates.algs();
    TimestampReport {
        at: context.now,
        outcomes: run.outcomes,
        notes: run.notes,
        subject: run.subject,
        document: (bytes.len() <= MAX_TOKEN_BYTES).then(|| fingerprint(algs, bytes)),
    }
}

/// Whether all that came as certificate can be read as one.
fn all_certificates(token: &Token<'_>) -> bool {
    token.certificates.iter().all(|bytes| Certificate::read(bytes).is_ok())
}

fn format_fault(error: TimestampError) -> (TimestampReason, Option<TimestampDetail>) {
    let reason = match error.fault {
        Fault::TooLarge | Fault::TooMany => TimestampReason::TooLarge,
        Fault::Deviates(_) => TimestampReason::Deviates,
        Fault::Structure | Fault::Time | Fault::Value | Fault::Count => TimestampReason::Malformed,
    };
    (reason, Some(TimestampDetail::Field(error)))
}

/// One verification.
struct Run<'r, 'c> {
    context: &'r TimestampContext<'c>,
    notes: Vec<TimestampNote>,
    outcomes: [TimestampOutcome; TimestampCheck::ALL.len()],
    subject: TimestampSubject,
}

impl Run<'_, '_> {
    fn set(&mut self, check: TimestampCheck, found: Finding) {
        self.outcomes[check.place()] = found.into();
    }

    fn token(&mut self, token: &Token<'_>, stamped: Stamped<'_>) {
        self.notes.extend(token.notes.iter().copied().map(TimestampNote::Deviation));
        let odd = TimestampNote::Deviation(Note::OddCertificate);
        if !self.notes.contains(&odd) && !all_certificates(token) {
            self.notes.push(odd);
        }
        let info = &token.info;
        self.subject = TimestampSubject {
            time: Some(info.time.at),
            latest: Some(latest(token)),
            policy: Some(info.policy.to_string()),
            serial: Some(info.serial.to_vec()),
        };
        let found = self.imprint(token, stamped);
        self.set(TimestampCheck::Imprint, found);
        let found = self.attributes(token);
        self.set(TimestampCheck::Attributes, found);
        let found = self.policy(token);
        self.set(TimestampCheck::Policy, found);
        let found = self.accuracy(token);
        self.set(TimestampCheck::Accuracy, found);
        let found = self.nonce(token);
        self.set(TimestampCheck::Nonce, found);
        let signer = self.signer(token).ok_or((TimestampReason::CertificateMissing, None));
        let signer = signer.as_ref().map_err(|fault| *fault);
        let found = signer.and_then(|signer| self.bound(token, signer));
        self.set(TimestampCheck::CertificateBound, found);
        let found = signer.and_then(|signer| self.signature(token, signer));
        self.set(TimestampCheck::Signature, found);
        let found = signer.and_then(|signer| self.chain(token, signer));
        self.set(TimestampCheck::Chain, found);
        let found = signer.and_then(usage);
        self.set(TimestampCheck::Usage, found);
        let found = signer.and_then(|signer| self.time(token, signer));
        self.set(TimestampCheck::Time, found);
    }

    fn digest_alg(&self, algorithm: &Algorithm) -> Option<&'static dyn VerifyAlg> {
        let name = algorithm.digest()?;
        self.context.certificates.algs().iter().copied().find(|alg| alg.id().digest == name)
    }

    fn imprint(&self, token: &Token<'_>, stamped: Stamped<'_>) -> Finding {
        let imprint = &token.info.imprint;
        let alg = self.digest_alg(&imprint.algorithm);
        let alg = alg.ok_or((TimestampReason::ImprintNotAccepted, None))?;
        let matches = match stamped {
            Stamped::Bytes(bytes) => imprint.digest == alg.digest(&[bytes]),
            Stamped::Batched(proof, digest) => {
                proof.root(alg, &digest).is_some_and(|root| imprint.digest == root)
            }
            Stamped::Digest(name, digest) => name == alg.id().digest && imprint.digest == digest,
        };
        if matches { Ok(()) } else { Err((TimestampReason::ImprintMismatch, None)) }
    }

    fn attributes(&self, token: &Token<'_>) -> Finding {
        let attributes = &token.signer.attributes;
        if attributes.content_type != Some(TST_INFO) {
            return Err((TimestampReason::ContentType, None));
        }
        let alg = self.digest_alg(&token.signer.digest);
        let alg = alg.ok_or((TimestampReason::DigestNotAccepted, None))?;
        let digest = alg.digest(&[token.content]);
        if attributes.message_digest == Some(&digest) {
            Ok(())
        } else {
            Err((TimestampReason::ContentChanged, None))
        }
    }

    /// Of the certificates in the token and of the trusted authorities the one that the signer names.
    fn signer(&self, token: &Token<'_>) -> Option<Certificate> {
        let came = token.certificates.iter().filter_map(|bytes| Certificate::read(bytes).ok());
        let trusted = self.context.certificates.timestamp_authorities().iter().cloned();
        let mut named = came.chain(trusted).filter(|found| is_meant(found, &token.signer.id));
        let first = named.next()?;
        // Several may have the name; the binding says which is meant.
        if self.bound(token, &first).is_ok() {
            return Some(first);
        }
        Some(named.find(|other| self.bound(token, other).is_ok()).unwrap_or(first))
    }

    /// The signed attributes name the certificate: it cannot be replaced by another one for the same key.
    fn bound(&self, token: &Token<'_>, signer: &Certificate) -> Finding {
        let not_bound = Err((TimestampReason::CertificateNotBound, None));
        let Some(id) = &token.signer.attributes.certificate else {
            return not_bound;
        };
        let digest = self.digest_alg(&id.algorithm).map(|alg| alg.digest(&[signer.bytes()]));
        let issued =
            id.issued.is_none_or(|(names, serial)| signer.serial() == serial && is_issuer(signer, names));
        if issued && digest.is_some_and(|digest| id.digest == digest) { Ok(()) } else { not_bound }
    }

    fn signature(&self, token: &Token<'_>, signer: &Certificate) -> Finding {
        let info = &token.signer;
        let not_accepted = (TimestampReason::AlgorithmNotAccepted, None);
        let algorithm = info.whole_algorithm().ok_or(not_accepted)?;
        let algs = self.context.certificates.algs().iter().copied();
        // In CMS, elliptic-curve signatures are DER; RSA has its one encoding.
        let algs: Vec<_> = algs.filter(|alg| alg.id().encoding != SignatureEncoding::Raw).collect();
        let key = signer.key(&algs, algorithm.as_bytes(), None).ok_or(not_accepted)?;
        // The digest beside must be the one within: else two readers could take two digests. One that is not known here is
        // refused with the attributes.
        if info.digest.digest().is_some_and(|name| name != key.alg().id().signed_digest) {
            return Err(not_accepted);
        }
        let verified = key.verify(&info.attributes.signed, info.signature);
        verified.map_err(|_| (TimestampReason::SignatureMismatch, None))?;
        let (at, now) = (token.info.time.at, self.context.now);
        let allowed = self.context.certificates.algorithm_allows(key.alg().id(), at, now);
        allowed.map_err(|limit| {
            let at = if at < limit { now } else { at };
            (TimestampReason::AlgorithmEnded, Some(TimestampDetail::Instants { at, limit }))
        })
    }

    fn chain(&mut self, token: &Token<'_>, signer: &Certificate) -> Finding {
        let at = token.info.time.at;
        let further: Vec<_> =
            token.certificates.iter().filter_map(|bytes| Certificate::read(bytes).ok()).collect();
        let certificates = self.context.certificates;
        let path = match certificates.timestamp_path(signer, &further, at, self.context.now) {
            Err(fault) if fault.is_open() => return Err((TimestampReason::ChainMissing, None)),
            Err(ChainFault::AlgorithmEnded) => return Err((TimestampReason::AlgorithmEnded, None)),
            Err(_) => return Err((TimestampReason::ChainInvalid, None)),
            Ok(path) => path,
        };
        if signer.not_after() < self.context.now {
            self.notes.push(TimestampNote::AuthorityEndedSince);
        }
        self.revoked(&certificates.revocations(&path, self.context.now), latest(token))
    }

    /// What revocations in the path mean for a token that was made at `at` at the latest.
    fn revoked(&mut self, found: &[Revocation], at: UnixTime) -> Finding {
        // RFC 3161 §4: only a reason that says that the key is in nobody else's hands spares what was stamped before.
        let spares = |found: &Revocation| match *found {
            Revocation::Revoked(since, why) => at < since && why.spares_the_past(),
            Revocation::Good | Revocation::Unknown => true,
        };
        if !found.iter().all(spares) {
            return Err((TimestampReason::AuthorityRevoked, None));
        }
        if found.iter().any(|found| matches!(found, Revocation::Revoked(..))) {
            self.notes.push(TimestampNote::AuthorityRevokedSince);
        }
        match self.context.policy.when_unknown {
            _ if !found.contains(&Revocation::Unknown) => Ok(()),
            WhenUnknown::Indeterminate => Err((TimestampReason::RevocationUnknown, None)),
            WhenUnknown::Accept => {
                self.notes.push(TimestampNote::RevocationNotAsked);
                Ok(())
            }
        }
    }

    fn policy(&self, token: &Token<'_>) -> Finding {
        let accepted = &self.context.policy.policies;
        if accepted.is_empty() || accepted.contains(&token.info.policy.to_string()) {
            return Ok(());
        }
        Err((TimestampReason::PolicyNotAccepted, None))
    }

    fn time(&self, token: &Token<'_>, signer: &Certificate) -> Finding {
        let at = token.info.time.at;
        let missed = |reason, limit| Err((reason, Some(TimestampDetail::Instants { at, limit })));
        let Certificate { not_before, not_after, .. } = *signer;
        if at < not_before {
            return missed(TimestampReason::OutsideCertificate, not_before);
        }
        if not_after < at {
            return missed(TimestampReason::OutsideCertificate, not_after);
        }
        let future = self.context.now.plus(CLOCK_TOLERANCE_SECONDS);
        if future < at {
            return missed(TimestampReason::FromFuture, future);
        }
        match self.context.claimed.map(|claimed| claimed.minus(CLOCK_TOLERANCE_SECONDS)) {
            Some(earliest) if latest(token) < earliest => missed(TimestampReason::BeforeStamped, earliest),
            Some(_) | None => Ok(()),
        }
    }

    fn accuracy(&mut self, token: &Token<'_>) -> Finding {
        let Some(accuracy) = token.info.accuracy else {
            self.notes.push(TimestampNote::NoAccuracy);
            return Ok(());
        };
        if accuracy.ceiling_seconds() <= self.context.policy.max_inaccuracy_seconds {
            return Ok(());
        }
        Err((TimestampReason::TooInexact, None))
    }

    fn nonce(&self, token: &Token<'_>) -> Finding {
        match self.context.nonce {
            Some(sent) if token.info.nonce != Some(sent) => Err((TimestampReason::NonceMismatch, None)),
            Some(_) | None => Ok(()),
        }
    }
}

fn usage(signer: &Certificate) -> Finding {
    let signs = signer.usage().is_none_or(|usage| usage.signs_documents);
    let only = signer.extended_key_usage().is_some_and(ExtendedKeyUsage::only_time_stamping);
    if signs && only { Ok(()) } else { Err((TimestampReason::NotForTimestamps, None)) }
}

/// The last instant that the token can mean: its time, rounded up, and the accuracy.
fn latest(token: &Token<'_>) -> UnixTime {
    let time = token.info.time;
    let inaccuracy = token.info.accuracy.map_or(0, |accuracy| accuracy.ceiling_seconds());
    time.at.plus(u64::from(time.nanos > 0)).plus(inaccuracy)
}
