use std::fmt;
use std::sync::Arc;

use boyin_model::alg::{AlgId, BadSignature, BulkJob, Digest32, Hasher, VerifyAlg, VerifyKey};
use boyin_model::credential::{
    ClaimError, ClaimFault, Credential, DisclosureFault, Envelope, FormatError, FormatFault, ISSUER_URN,
    LicenseClaims,
};
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::json::Value;
use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_model::status::{LicenseStatus, StatusListClaims};
use boyin_model::time::{Date, UnixTime};

use crate::outcome::Outcome;
use crate::policy::{CLOCK_TOLERANCE_SECONDS, Policy, WhenStale};
use crate::reason::Reason;
use crate::report::{Applied, Check, Detail, Note, Report, Subject};
use crate::standing::missed;
use crate::status::StatusSnapshot;
use crate::trust::{TrustSnapshot, TrustedKey};

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
/// Characters of a key ID.
const KEY_ID_CHARS: usize = 43;

/// Everything that a verification depends on beside the bytes and the policy.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// The instant for which the question is asked.
    pub now: UnixTime,
    /// Who may issue what.
    pub trust: &'c TrustSnapshot,
    /// Which licenses are revoked or suspended.
    pub status: &'c StatusSnapshot,
}

/// Verifies licenses.
#[derive(Clone, Debug)]
pub struct Verifier {
    algs: Vec<&'static dyn VerifyAlg>,
    policy: Arc<Applied>,
}

impl Verifier {
    /// A verifier that allows these algorithms and nothing else.
    ///
    /// # Panics
    /// If `algs` is empty: nothing could ever pass.
    #[must_use]
    pub fn new(algs: &[&'static dyn VerifyAlg]) -> Self {
        assert!(!algs.is_empty(), "a verifier needs an algorithm");
        Self { algs: algs.to_vec(), policy: Applied::new(Policy::default(), algs) }
    }

    /// The same verifier under another policy.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy: Applied::new(policy, &self.algs), ..self }
    }

    /// Verifies one license in either serialization.
    pub fn check(&self, bytes: &[u8], context: &Context<'_>) -> Report {
        let pending = self.examine(bytes, context);
        let matched = pending.job().map(Job::verify);
        pending.finish(matched)
    }

    pub(crate) fn algs(&self) -> &[&'static dyn VerifyAlg] {
        &self.algs
    }

    /// Checks everything but the signature.
    pub(crate) fn examine<'c, 'b>(&self, bytes: &'b [u8], context: &Context<'c>) -> Pending<'c, 'b> {
        let mut run = Run {
            verifier: self,
            context,
            checks: [Outcome::Skipped; Check::ALL.len()],
            notes: Vec::new(),
            subject: Subject::default(),
        };
        let fresh = run.trust_list();
        run.set(Check::TrustList, fresh);
        let envelope = Envelope::open(bytes, self.policy.policy.reads()).map_err(format_fault);
        let envelope = run.keep(Check::Format, envelope);
        let (key, claims) = envelope.as_ref().and_then(|envelope| run.read(envelope)).unzip();
        let report = Report {
            at: context.now,
            policy: Arc::clone(&self.policy),
            checks: run.checks,
            notes: run.notes,
            document: (bytes.len() <= MAX_CREDENTIAL_BYTES).then(|| fingerprint(&self.algs, bytes)),
            subject: run.subject,
            trust_sequence: context.trust.list().sequence,
            trust_next_update: context.trust.list().next_update,
            claims: claims.flatten(),
        };
        Pending { report, job: key.zip(envelope).map(|(key, envelope)| Job { key: &*key.key, envelope }) }
    }
}

/// `sha-256:<hex>` of a document; with the digest of the first algorithm if none has SHA-256.
///
/// # Panics
/// If `algs` is empty.
#[must_use]
pub fn fingerprint(algs: &[&'static dyn VerifyAlg], bytes: &[u8]) -> String {
    let alg = fingerprint_alg(algs);
    named(alg, alg.digest(&[bytes]))
}

/// The algorithm whose digest names documents.
pub(crate) fn fingerprint_alg(algs: &[&'static dyn VerifyAlg]) -> &'static dyn VerifyAlg {
    *algs.iter().find(|alg| alg.id().digest == "sha-256").unwrap_or(&algs[0])
}

/// The [`fingerprint`] of a document that comes one part after another.
#[must_use]
pub struct Fingerprint {
    alg: &'static dyn VerifyAlg,
    hasher: Box<dyn Hasher>,
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.alg.id())
    }
}

impl Fingerprint {
    /// Of no bytes yet.
    ///
    /// # Panics
    /// If `algs` is empty.
    pub fn new(algs: &[&'static dyn VerifyAlg]) -> Self {
        let alg = fingerprint_alg(algs);
        Self { alg, hasher: alg.hasher() }
    }

    /// The algorithm whose digest it is.
    #[must_use]
    pub fn alg(&self) -> &'static dyn VerifyAlg {
        self.alg
    }

    /// Takes up the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.hasher.update(part);
    }

    /// The fingerprint of all parts.
    #[must_use]
    pub fn finish(self) -> String {
        named(self.alg, self.hasher.finish())
    }
}

fn named(alg: &dyn VerifyAlg, digest: Digest32) -> String {
    let mut digits = [0; 64];
    for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(digest) {
        *pair = [byte >> 4, byte & 15].map(|half| HEX_DIGITS[usize::from(half)]);
    }
    let digits = std::str::from_utf8(&digits).expect("hexadecimal digits are ASCII");
    [alg.id().digest, ":", digits].concat()
}

/// A report without the outcome of [`Check::Signature`], which stands as skipped: such a report does not pass.
#[derive(Debug)]
pub(crate) struct Pending<'c, 'b> {
    report: Report,
    /// What is to be verified, if the checks came that far.
    job: Option<Job<'c, 'b>>,
}

impl Pending<'_, '_> {
    pub(crate) fn job(&self) -> Option<&Job<'_, '_>> {
        self.job.as_ref()
    }

    /// The report with the outcome of its job.
    pub(crate) fn finish(mut self, matched: Option<Result<(), BadSignature>>) -> Report {
        if let Some(matched) = matched {
            self.report.checks[Check::Signature.place()] =
                matched.map_err(|_| (Reason::SignatureMismatch, None)).into();
        }
        self.report
    }
}

/// A signature that is still to be verified.
#[derive(Debug)]
pub(crate) struct Job<'c, 'b> {
    key: &'c dyn VerifyKey,
    envelope: Envelope<'b>,
}

impl Job<'_, '_> {
    /// The algorithm of the key.
    pub(crate) fn alg(&self) -> &'static AlgId {
        self.key.alg().id()
    }

    pub(crate) fn bulk(&self) -> BulkJob<'_> {
        let Self { key, envelope } = self;
        BulkJob { key: *key, message: envelope.signing_input(), signature: envelope.signature() }
    }

    pub(crate) fn verify(&self) -> Result<(), BadSignature> {
        self.key.verify(self.envelope.signing_input(), self.envelope.signature())
    }
}

/// When a license says it was issued. One that does not say so is reported by the content check.
fn issued_at(credential: &Credential<'_>) -> Option<UnixTime> {
    let seconds = credential.payload.get("iat").and_then(Value::as_int)?;
    u64::try_from(seconds).ok().and_then(UnixTime::new)
}

struct Run<'v, 'c> {
    verifier: &'v Verifier,
    context: &'v Context<'c>,
    checks: [Outcome; Check::ALL.len()],
    notes: Vec<Note>,
    subject: Subject,
}

impl<'c> Run<'_, 'c> {
    fn set(&mut self, check: Check, found: Result<(), (Reason, Option<Detail>)>) {
        self.checks[check.place()] = found.into();
    }

    /// The key that must have signed, and the claims as far as they can be read.
    fn read(&mut self, envelope: &Envelope<'_>) -> Option<(&'c TrustedKey, Option<LicenseClaims>)> {
        let credential = self.keep(Check::Format, envelope.read().map_err(format_fault))?;
        if !credential.canonical {
            self.notes.push(Note::NotCanonical);
        }
        self.describe(&credential);
        let key = self.issuer(&credential)?;
        let agreed = self.algorithm(&credential, key);
        self.set(Check::Algorithm, agreed);
        Some((key, self.claims(credential, key.key.alg())))
    }

    fn claims(&mut self, credential: Credential<'_>, alg: &dyn VerifyAlg) -> Option<LicenseClaims> {
        let revealed = credential.reveal(alg).map_err(disclosure_fault);
        let revealed = self.keep(Check::Disclosures, revealed)?;
        let claims = LicenseClaims::read_knowing(&revealed, self.subject.license_id.as_ref());
        let claims = self.keep(Check::Content, claims.map_err(claim_fault))?;
        let entitled = self.context.trust.entitled(
            claims.issuer(),
            claims.license_type(),
            claims.division,
            claims.issued_at,
        );
        self.set(Check::Entitlement, entitled.map_err(|reason| (reason, None)));
        let sealed = claims
            .seal
            .map_or(Ok(()), |seal| self.context.trust.sealed(seal, claims.issuer(), claims.issued_at));
        self.set(Check::Seal, sealed.map_err(|reason| (reason, None)));
        let in_time = self.validity(&claims);
        self.set(Check::Validity, in_time);
        let status = self.status(&claims);
        self.set(Check::Status, status);
        Some(claims)
    }

    /// Records the outcome and hands the value on.
    fn keep<T>(&mut self, check: Check, found: Result<T, (Reason, Option<Detail>)>) -> Option<T> {
        match found {
            Ok(value) => {
                self.set(check, Ok(()));
                Some(value)
            }
            Err(fault) => {
                self.set(check, Err(fault));
                None
            }
        }
    }

    fn describe(&mut self, credential: &Credential<'_>) {
        let text = |claim: &str| credential.payload.get(claim).and_then(Value::as_text);
        let code = text("iss").and_then(|iss| iss.strip_prefix(ISSUER_URN));
        self.subject.issuer = code.and_then(|code| CreditCode::parse(code).ok());
        self.subject.license_id = text("license_id").and_then(|id| LicenseId::parse(id).ok());
        let kid = &credential.header.kid;
        let tidy = kid.len() == KEY_ID_CHARS
            && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        self.subject.key = tidy.then(|| kid.clone().into_owned());
    }

    fn issuer(&mut self, credential: &Credential<'_>) -> Option<&'c TrustedKey> {
        let trust = self.context.trust;
        let found = (|| {
            let code = self.subject.issuer.ok_or((Reason::IssuerUnknown, Some(Detail::Claim("iss"))))?;
            if !trust.knows_issuer(code) {
                return Err((Reason::IssuerUnknown, None));
            }
            let key = trust.key(&credential.header.kid).filter(|key| key.issuer == code);
            key.ok_or((Reason::KeyUnknown, None))
        })();
        let key = self.keep(Check::Issuer, found)?;
        if issued_at(credential).is_some_and(|at| !key.in_force(at)) {
            self.set(Check::Issuer, Err((Reason::KeyNotInForce, None)));
        }
        Some(key)
    }

    fn algorithm(
        &self,
        credential: &Credential<'_>,
        key: &TrustedKey,
    ) -> Result<(), (Reason, Option<Detail>)> {
        let named = credential.header.alg.as_ref();
        let allowed = self.verifier.algs.iter().any(|alg| alg.id().jws == Some(named));
        let id = key.key.alg().id();
        if !allowed {
            return Err((Reason::AlgNotAllowed, None));
        }
        if id.jws != Some(named) {
            return Err((Reason::AlgMismatch, None));
        }
        let digest = credential.payload.get("_sd_alg").and_then(Value::as_text);
        if digest != Some(id.digest) {
            return Err((Reason::AlgMismatch, Some(Detail::Claim("_sd_alg"))));
        }
        let now = self.context.now;
        // Without `iat` it counts as signed now: the content check reports what is missing.
        let allowed = key.algorithm_allows(issued_at(credential).unwrap_or(now), now);
        allowed.map_err(|limit| missed(Reason::AlgEnded, now, limit))
    }

    fn trust_list(&mut self) -> Result<(), (Reason, Option<Detail>)> {
        let (trust, policy) = (self.context.trust, self.verifier.policy.policy.stale_trust());
        match trust.standing(self.context.now) {
            Err((Reason::TrustListStale, _)) if self.accepts(policy, trust.list().next_update) => {
                self.notes.push(Note::StaleTrustAccepted);
                Ok(())
            }
            standing => standing,
        }
    }

    /// Whether a list that ended then serves for some more hours.
    fn accepts(&self, policy: WhenStale, ends: UnixTime) -> bool {
        match policy {
            WhenStale::AcceptFor { hours } => self.context.now < ends.plus(u64::from(hours.get()) * 3600),
            WhenStale::Indeterminate => false,
        }
    }

    fn validity(&self, claims: &LicenseClaims) -> Result<(), (Reason, Option<Detail>)> {
        let now = self.context.now;
        if claims.issued_at > now.plus(CLOCK_TOLERANCE_SECONDS) {
            return Err(missed(Reason::IssuedInFuture, now, claims.issued_at));
        }
        let begins = claims.valid_from.map(Date::begins);
        if let Some(limit) = begins.filter(|limit| now < *limit) {
            return Err(missed(Reason::NotYetValid, now, limit));
        }
        let ends = claims.valid_until.map(Date::ends);
        if let Some(limit) = ends.filter(|limit| now >= *limit) {
            return Err(missed(Reason::Expired, now, limit));
        }
        Ok(())
    }

    fn status(&mut self, claims: &LicenseClaims) -> Result<(), (Reason, Option<Detail>)> {
        if !self.context.trust.names_status_list(claims.issuer(), &claims.status.uri, claims.issued_at) {
            return Err((Reason::StatusListNotNamed, None));
        }
        let list = self.context.status.get(claims.issuer(), &claims.status.uri);
        let list = list.map_err(|reason| (reason, None))?;
        let StatusListClaims { exp, list: entries, .. } = &list.claims;
        let stale = match list.standing(self.context.trust, self.context.now) {
            Err(stale @ (Reason::StatusListStale, _)) => Some(stale),
            standing => {
                standing?;
                None
            }
        };
        let value = entries.get(claims.status.index).ok_or((Reason::StatusOutOfRange, None))?;
        // A revocation stays true when its list grows old, so it is reported before staleness.
        match LicenseStatus::from_value(value) {
            Some(LicenseStatus::Revoked) => return Err((Reason::Revoked, None)),
            Some(LicenseStatus::Superseded) => return Err((Reason::Superseded, None)),
            Some(LicenseStatus::Suspended | LicenseStatus::Valid) | None => {}
        }
        if let Some(stale) = stale {
            if !self.accepts(self.verifier.policy.policy.stale_status(), *exp) {
                return Err(stale);
            }
            self.notes.push(Note::StaleStatusAccepted);
        }
        match LicenseStatus::from_value(value) {
            Some(LicenseStatus::Valid) => Ok(()),
            Some(LicenseStatus::Suspended) => Err((Reason::Suspended, None)),
            Some(LicenseStatus::Revoked) => Err((Reason::Revoked, None)),
            Some(LicenseStatus::Superseded) => Err((Reason::Superseded, None)),
            None => Err((Reason::StatusValueUnknown, Some(Detail::Value(value)))),
        }
    }
}

fn disclosure_fault(fault: DisclosureFault) -> (Reason, Option<Detail>) {
    let at = |index| Some(Detail::Disclosure(index));
    match fault {
        DisclosureFault::Unmatched { index } => (Reason::DisclosureUnmatched, at(index)),
        DisclosureFault::Repeated { index } => (Reason::DisclosureRepeated, at(index)),
        DisclosureFault::Collides { index } => (Reason::DisclosureCollides, at(index)),
        DisclosureFault::DigestRepeated => (Reason::DigestRepeated, None),
        DisclosureFault::Malformed => (Reason::DisclosureMalformed, None),
    }
}

fn format_fault(error: FormatError) -> (Reason, Option<Detail>) {
    let reason = match error.fault {
        FormatFault::TooLarge => Reason::TooLarge,
        FormatFault::NotCanonical => Reason::NotCanonical,
        FormatFault::DuplicateMember => Reason::DuplicateMember,
        FormatFault::TooDeep => Reason::TooDeep,
        FormatFault::KeyBinding => Reason::KeyBindingUnsupported,
        FormatFault::WrongType => Reason::WrongType,
        FormatFault::Malformed => Reason::Malformed,
    };
    (reason, Some(Detail::Place { part: error.part, offset: error.offset }))
}

fn claim_fault(error: ClaimError) -> (Reason, Option<Detail>) {
    let reason = match error.fault {
        ClaimFault::Missing => Reason::ClaimMissing,
        ClaimFault::Unknown => Reason::ClaimUnknown,
        ClaimFault::NotHidden => Reason::ClaimNotHidden,
        ClaimFault::BadIdentifier => Reason::IdentifierInvalid,
        ClaimFault::IdentifierMismatch => Reason::IdentifierMismatch,
        ClaimFault::DatesInconsistent => Reason::DatesInconsistent,
        ClaimFault::Invalid => Reason::ClaimInvalid,
    };
    (reason, Some(Detail::Claim(error.claim)))
}
