use boyin_model::alg::VerifyAlg;
use boyin_model::credential::{
    ClaimError, ClaimFault, Credential, DisclosureFault, Envelope, FormatError, FormatFault, ISSUER_URN,
    LicenseClaims, Revealed, reveal,
};
use boyin_model::id::{CreditCode, LicenseId};
use boyin_model::json::Value;
use boyin_model::limits::MAX_CREDENTIAL_BYTES;
use boyin_model::status::{LicenseStatus, StatusListClaims};
use boyin_model::time::{Date, UnixTime};

use crate::policy::{CLOCK_TOLERANCE_SECONDS, Policy, WhenStale};
use crate::reason::Reason;
use crate::report::{Check, Detail, Note, Outcome, Report, Subject};
use crate::status::StatusSnapshot;
use crate::trust::{TrustSnapshot, TrustedKey};

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
    policy: Policy,
}

impl Verifier {
    /// A verifier that allows these algorithms and nothing else.
    ///
    /// # Panics
    /// If `algs` is empty: nothing could ever pass.
    #[must_use]
    pub fn new(algs: &[&'static dyn VerifyAlg]) -> Self {
        assert!(!algs.is_empty(), "a verifier needs an algorithm");
        Self { algs: algs.to_vec(), policy: Policy::default() }
    }

    /// The same verifier under another policy.
    #[must_use]
    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// Verifies one license in either serialization.
    pub fn check(&self, bytes: &[u8], context: &Context<'_>) -> Report {
        let mut run = Run {
            verifier: self,
            context,
            checks: [Outcome::Skipped; Check::ALL.len()],
            notes: Vec::new(),
            subject: Subject::default(),
        };
        let claims = run.all(bytes);
        Report {
            at: context.now,
            checks: run.checks,
            notes: run.notes,
            document: (bytes.len() <= MAX_CREDENTIAL_BYTES).then(|| self.fingerprint(bytes)),
            subject: run.subject,
            trust_sequence: context.trust.list().sequence,
            trust_next_update: context.trust.list().next_update,
            claims,
        }
    }

    fn fingerprint(&self, bytes: &[u8]) -> String {
        let sha = self.algs.iter().find(|alg| alg.id().digest == "sha-256");
        let alg = sha.unwrap_or(&self.algs[0]);
        let digest = alg.digest(&[bytes]);
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let hex = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
        alg.id().digest.chars().chain(":".chars()).chain(hex).collect()
    }
}

struct Run<'r> {
    verifier: &'r Verifier,
    context: &'r Context<'r>,
    checks: [Outcome; Check::ALL.len()],
    notes: Vec<Note>,
    subject: Subject,
}

impl<'r> Run<'r> {
    fn set(&mut self, check: Check, found: Result<(), (Reason, Option<Detail>)>) {
        self.checks[check.place()] = match found {
            Ok(()) => Outcome::Passed,
            Err((reason, detail)) => Outcome::NotPassed(reason, detail),
        };
    }

    fn all(&mut self, bytes: &[u8]) -> Option<LicenseClaims> {
        let fresh = self.trust_list();
        self.set(Check::TrustList, fresh);
        let envelope = Envelope::open(bytes, self.verifier.policy.reader);
        let envelope = self.keep(Check::Format, envelope.map_err(format_fault))?;
        let credential = self.keep(Check::Format, envelope.read().map_err(format_fault))?;
        if !credential.canonical {
            self.notes.push(Note::NotCanonical);
        }
        self.describe(&credential);
        let key = self.issuer(&credential)?;
        let agreed = self.algorithm(&credential, key);
        self.set(Check::Algorithm, agreed);
        let matched = key.key.verify(envelope.signing_input(), envelope.signature());
        self.set(Check::Signature, matched.map_err(|_| (Reason::SignatureMismatch, None)));
        let revealed = disclosures(&credential, key.key.alg());
        let revealed = self.keep(Check::Disclosures, revealed)?;
        let claims = LicenseClaims::read(&revealed).map_err(claim_fault);
        let claims = self.keep(Check::Content, claims)?;
        let entitled = self.context.trust.entitled(
            claims.issuer(),
            claims.license_type(),
            claims.division,
            claims.issued_at,
        );
        self.set(Check::Entitlement, entitled.map_err(|reason| (reason, None)));
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

    fn issuer(&mut self, credential: &Credential<'_>) -> Option<&'r TrustedKey> {
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
        // A missing `iat` is reported by the content check.
        let issued = credential.payload.get("iat").and_then(Value::as_int);
        let issued = issued.and_then(|seconds| u64::try_from(seconds).ok()).and_then(UnixTime::new);
        if issued.is_some_and(|at| !key.in_force(at)) {
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
        Ok(())
    }

    fn trust_list(&mut self) -> Result<(), (Reason, Option<Detail>)> {
        let (now, list) = (self.context.now, self.context.trust.list());
        let policy = self.verifier.policy.stale_trust;
        if list.issued_at > now.plus(CLOCK_TOLERANCE_SECONDS) {
            return Err(missed(Reason::TrustListFromFuture, now, list.issued_at));
        }
        match freshness(now, list.next_update, policy) {
            Freshness::Fresh => Ok(()),
            Freshness::StaleAccepted => {
                self.notes.push(Note::StaleTrustAccepted);
                Ok(())
            }
            Freshness::Stale => Err(missed(Reason::TrustListStale, now, list.next_update)),
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
        let now = self.context.now;
        let list = self.context.status.get(claims.issuer(), &claims.status.uri);
        let list = list.map_err(|reason| (reason, None))?;
        let StatusListClaims { iat, exp, list: entries, .. } = &list.claims;
        // The snapshot may have been filled under an older trust list than the one that counts now.
        let key = self.context.trust.key(&list.kid);
        if !key.is_some_and(|key| key.issuer == list.issuer && key.in_force(*iat)) {
            return Err((Reason::StatusListForeign, None));
        }
        if *iat > now.plus(CLOCK_TOLERANCE_SECONDS) {
            return Err(missed(Reason::StatusListFromFuture, now, *iat));
        }
        let value = entries.get(claims.status.index).ok_or((Reason::StatusOutOfRange, None))?;
        // A revocation stays true when its list grows old, so it is reported before staleness.
        match LicenseStatus::from_value(value) {
            Some(LicenseStatus::Revoked) => return Err((Reason::Revoked, None)),
            Some(LicenseStatus::Suspended | LicenseStatus::Valid) | None => {}
        }
        match freshness(now, *exp, self.verifier.policy.stale_status) {
            Freshness::Fresh => {}
            Freshness::StaleAccepted => self.notes.push(Note::StaleStatusAccepted),
            Freshness::Stale => return Err(missed(Reason::StatusListStale, now, *exp)),
        }
        match LicenseStatus::from_value(value) {
            Some(LicenseStatus::Valid) => Ok(()),
            Some(LicenseStatus::Suspended) => Err((Reason::Suspended, None)),
            Some(LicenseStatus::Revoked) => Err((Reason::Revoked, None)),
            None => Err((Reason::StatusValueUnknown, Some(Detail::Value(value)))),
        }
    }
}

enum Freshness {
    Fresh,
    StaleAccepted,
    Stale,
}

fn freshness(now: UnixTime, ends: UnixTime, policy: WhenStale) -> Freshness {
    if now < ends {
        return Freshness::Fresh;
    }
    match policy {
        WhenStale::AcceptFor { hours } if now < ends.plus(u64::from(hours.get()) * 3600) => {
            Freshness::StaleAccepted
        }
        WhenStale::AcceptFor { .. } | WhenStale::Indeterminate => Freshness::Stale,
    }
}

fn missed(reason: Reason, now: UnixTime, limit: UnixTime) -> (Reason, Option<Detail>) {
    (reason, Some(Detail::Instants { now, limit }))
}

fn disclosures<'e>(
    credential: &Credential<'e>,
    alg: &dyn VerifyAlg,
) -> Result<Revealed<'e>, (Reason, Option<Detail>)> {
    reveal(&credential.payload, &credential.disclosures, |text| alg.digest(&[text])).map_err(|fault| {
        let at = |index| Some(Detail::Disclosure(index));
        match fault {
            DisclosureFault::Unmatched { index } => (Reason::DisclosureUnmatched, at(index)),
            DisclosureFault::Repeated { index } => (Reason::DisclosureRepeated, at(index)),
            DisclosureFault::Collides { index } => (Reason::DisclosureCollides, at(index)),
            DisclosureFault::DigestRepeated => (Reason::DigestRepeated, None),
            DisclosureFault::Malformed => (Reason::DisclosureMalformed, None),
        }
    })
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
