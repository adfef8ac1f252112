use boyin_model::alg::{AlgId, Digest32, VerifyAlg};
use boyin_model::json::Reader;
use boyin_model::seal::{Fault, Seal, SealError, SealSignature, SigningTime};
use boyin_model::time::UnixTime;

use super::pending::Pending;
use super::profile::{GBT38540_2020, Profile};
use super::reason::SealReason;
use super::report::{SealCheck, SealDetail, SealNote, SealOutcome, SealReport, SealSubject};
use crate::chain::CertificateStore;
use crate::check::fingerprint;
use crate::timestamp::TimestampReport;
use crate::trust::TrustSnapshot;

/// What was sealed.
#[derive(Clone, Copy, Debug)]
pub enum Document<'d> {
    /// The bytes within the range of protection.
    Bytes(&'d [u8]),
    /// Their digest, with the digest algorithm of the signature.
    Digest(Digest32),
    /// Not at hand: the verdict cannot be better than Indeterminate.
    NotGiven,
}

/// Everything that the verification of a seal depends on beside the bytes.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'c> {
    /// The instant for which the question is asked.
    pub now: UnixTime,
    /// Trusted certificates.
    pub certificates: &'c CertificateStore,
    /// Where seals are registered. Without it, nobody is asked whether the seal is in use; the report notes that.
    pub register: Option<&'c TrustSnapshot>,
}

impl SealContext<'_> {
    /// Whether the trust list, and what the certificates are verified with, let a signature of that instant still count; if
    /// not, the instant in question and the limit that it missed.
    pub(crate) fn algorithm_allows(
        &self,
        alg: &AlgId,
        signed_at: UnixTime,
    ) -> Result<(), (UnixTime, UnixTime)> {
        let Self { now, register, certificates } = *self;
        let by_list = register.map_or(Ok(()), |list| list.algorithm_allows(alg, signed_at, now));
        let allowed = by_list.and_then(|()| certificates.algorithm_allows(alg, signed_at, now));
        allowed.map_err(|limit| (if signed_at < limit { now } else { signed_at }, limit))
    }
}

/// Verifies seals and seal signatures.
#[derive(Clone, Copy, Debug)]
pub struct SealVerifier {
    reader: Reader,
    profile: Option<&'static Profile>,
}

pub(super) type Finding = Result<(), (SealReason, Option<SealDetail>)>;

impl SealVerifier {
    /// A verifier that reads strictly or tolerantly and applies the profile of each structure's own standard.
    #[must_use]
    pub fn new(reader: Reader) -> Self {
        Self { reader, profile: None }
    }

    /// The same verifier with one profile for all.
    #[must_use]
    pub fn with_profile(self, profile: &'static Profile) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// Verifies a seal (SESeal), as of now.
    pub fn check_seal(&self, bytes: &[u8], context: &SealContext<'_>) -> SealReport {
        let mut run = Run::new(context, context.now);
        let seal = run.format(Seal::read(bytes, self.reader));
        let profile = self.profile(seal.as_ref());
        if let Some(seal) = &seal {
            run.subject.id = Some(seal.info.id.to_owned());
            let stamped = [run.seal_timestamp(seal, self.reader)];
            run.seal_existed_at = earliest(&stamped);
            run.seal(seal, profile, None);
            run.timestamps(&stamped);
        }
        run.report(bytes, profile, profile.seal)
    }

    /// Everything of a seal signature but the signature itself.
    pub(super) fn examine<'r, 'c, 'b>(
        &self,
        bytes: &'b [u8],
        document: Document<'_>,
        context: &'r SealContext<'c>,
    ) -> Pending<'r, 'c, 'b> {
        let mut run = Run::new(context, context.now);
        let mut job = None;
        let signature = run.format(SealSignature::read(bytes, self.reader));
        let profile = self.profile(signature.as_ref().map(|signature| &signature.seal));
        if let Some(signature) = &signature {
            run.subject.id = Some(signature.seal.info.id.to_owned());
            if let SigningTime::Instant(at) = signature.time {
                run.used_at = at;
                run.subject.signed_at = Some(at);
            }
            run.notes.extend(signature.notes.iter().copied().map(SealNote::Deviation));
            // The timestamps first: they decide what a later revocation or end of a certificate means.
            let stamped = [
                run.seal_timestamp(&signature.seal, self.reader),
                run.signature_timestamp(signature, self.reader),
            ];
            let [_, of_signature] = &stamped;
            run.existed_at = of_signature.as_ref().and_then(TimestampReport::existed_at);
            run.seal_existed_at = earliest(&stamped);
            // Then the seal: whether it is registered decides what is asked of the certificates.
            run.seal(&signature.seal, profile, Some(signature.signer));
            job = run.signature(signature, document);
            run.timestamps(&stamped);
        }
        Pending { run, bytes, profile, job }
    }

    fn profile(&self, seal: Option<&Seal<'_>>) -> &'static Profile {
        self.profile.unwrap_or_else(|| seal.map_or(&GBT38540_2020, Profile::of))
    }
}

/// One verification.
#[derive(Debug)]
pub(super) struct Run<'r, 'c> {
    pub(super) context: &'r SealContext<'c>,
    /// When the seal was used: the signing time, or now for a seal alone.
    pub(super) used_at: UnixTime,
    /// When the signature existed at the latest, if a timestamp proves that.
    pub(super) existed_at: Option<UnixTime>,
    /// When the seal existed at the latest, if its own timestamp or that of the signature with it proves that.
    pub(super) seal_existed_at: Option<UnixTime>,
    /// The trust list names the seal, and it was in use: then the list answers for its certificates too.
    pub(super) registered: bool,
    pub(super) notes: Vec<SealNote>,
    outcomes: [SealOutcome; SealCheck::ALL.len()],
    subject: SealSubject,
}

impl<'r, 'c> Run<'r, 'c> {
    fn new(context: &'r SealContext<'c>, used_at: UnixTime) -> Self {
        Self {
            context,
            used_at,
            existed_at: None,
            seal_existed_at: None,
            registered: false,
            notes: Vec::new(),
            outcomes: [SealOutcome::Skipped; SealCheck::ALL.len()],
            subject: SealSubject::default(),
        }
    }

    pub(super) fn algs(&self) -> &'c [&'static dyn VerifyAlg] {
        self.context.certificates.algs()
    }

    pub(super) fn set(&mut self, check: SealCheck, found: Finding) {
        self.outcomes[check.place()] = found.into();
    }

    /// Whether the trust list, and what the certificates are verified with, let a signature of that instant still count.
    pub(super) fn not_ended(&self, alg: &AlgId, signed_at: UnixTime) -> Finding {
        let allowed = self.context.algorithm_allows(alg, signed_at);
        allowed.map_err(|(at, limit)| (SealReason::AlgorithmEnded, Some(SealDetail::Instants { at, limit })))
    }

    /// Notes something once.
    pub(super) fn note(&mut self, note: SealNote) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn format<T>(&mut self, read: Result<T, SealError>) -> Option<T> {
        let found = read.as_ref().map(|_| ()).map_err(|error| {
            let reason = match error.fault {
                Fault::TooLarge | Fault::TooMany => SealReason::TooLarge,
                Fault::Deviates(_) => SealReason::Deviates,
                Fault::Truncated
                | Fault::Trailing
                | Fault::Length
                | Fault::Tag
                | Fault::Integer
                | Fault::Text
                | Fault::BitString
                | Fault::Time
                | Fault::Value
                | Fault::Version => SealReason::Malformed,
            };
            (reason, Some(SealDetail::Field(*error)))
        });
        self.set(SealCheck::Format, found);
        read.ok()
    }

    /// The checks of the seal; `signer` is the certificate of who signed with it, if somebody did.
    fn seal(&mut self, seal: &Seal<'_>, profile: &Profile, signer: Option<&[u8]>) {
        self.subject.version = Some(seal.version.number());
        self.subject.kind = Some(seal.info.kind);
        for deviation in &seal.notes {
            self.note(SealNote::Deviation(*deviation));
        }
        let registered = self.register(seal);
        self.registered = self.context.register.is_some() && registered.is_ok();
        self.set(SealCheck::Register, registered);
        let signed = self.maker_signature(seal);
        self.set(SealCheck::MakerSignature, signed);
        let certified = self.maker_certificate(seal, profile.maker_time, signer);
        self.set(SealCheck::MakerCertificate, certified);
        let made = self.making(&seal.info);
        self.set(SealCheck::Making, made);
        let valid = self.validity(&seal.info);
        self.set(SealCheck::Validity, valid);
    }

    pub(super) fn report(
        self,
        bytes: &[u8],
        profile: &'static Profile,
        order: &'static [SealCheck],
    ) -> SealReport {
        let readable = bytes.len() <= boyin_model::limits::MAX_SEAL_BYTES;
        SealReport {
            at: self.context.now,
            profile,
            order,
            document: readable.then(|| fingerprint(self.algs(), bytes)),
            outcomes: self.outcomes,
            notes: self.notes,
            subject: self.subject,
        }
    }
}

/// The first instant that one of the tokens proves.
fn earliest(reports: &[Option<TimestampReport>]) -> Option<UnixTime> {
    reports.iter().flatten().filter_map(TimestampReport::existed_at).min()
}

/// Of several faults the first that decides, else the first.
pub(super) fn weightiest(faults: &[(SealReason, Option<SealDetail>)]) -> Finding {
    let decided = faults.iter().find(|(reason, _)| !reason.is_indeterminate());
    decided.or(faults.first()).map_or(Ok(()), |fault| Err(*fault))
}
