//! Verifies what a holder shows, and says how old the lists are that the verdict rests on.

use boyin_model::jws::JwsError;
use boyin_model::presentation::{MAX_PRESENTATION_BYTES, Presentation, TYP_PRESENTATION};
use boyin_model::time::UnixTime;
use boyin_verify::{
    AnyReason as _, CLOCK_TOLERANCE_SECONDS, Context, CreditCode, Reason, ReasonInfo, Report,
    SignedByIssuerError, TrustSnapshot, Verdict, Verifier,
};
use serde_json::{Value, json};

use crate::error::PresentError;
use crate::form::Presented;
use crate::reason::{DynamicReason, PresentReason};
use crate::seen::{Remembered, SeenNonces};

const REPORT_FORMAT: u8 = 1;

/// When a list was made and until when it is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListAge {
    /// When it was made.
    pub made_at: UnixTime,
    /// From when it is stale.
    pub fresh_until: UnixTime,
    /// Seconds since it was made; 0 for one that says that it was made later than now.
    pub seconds: u64,
}

impl ListAge {
    /// The age at `now` of a list made at `made_at`.
    #[must_use]
    pub fn new(made_at: UnixTime, fresh_until: UnixTime, now: UnixTime) -> Self {
        Self { made_at, fresh_until, seconds: now.seconds().saturating_sub(made_at.seconds()) }
    }

    /// The age of a trust list at `now`.
    #[must_use]
    pub fn of_trust(trust: &TrustSnapshot, now: UnixTime) -> Self {
        let list = trust.list();
        Self::new(list.issued_at, list.next_update, now)
    }

    /// The form for programs.
    #[must_use]
    pub fn to_json(self) -> Value {
        json!({
            "age_seconds": self.seconds, "fresh_until": self.fresh_until.seconds(), "made_at": self.made_at.seconds(),
        })
    }
}

/// Which codes are enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// A static code too, which says nothing about who shows it.
    #[default]
    Any,
    /// A dynamic code: anybody can cut the statement off, and what is left is a static one.
    Dynamic,
}

/// What came of a code that a holder showed.
#[must_use]
#[derive(Clone, Debug)]
pub struct PresentationReport {
    /// What the verifier says of the license.
    pub license: Report,
    /// Of a dynamic code: what the office says, as far as it could be read, and why it does not count.
    pub dynamic: Option<Dynamic>,
    /// Which codes were enough.
    pub demand: Demand,
    /// The trust list that was used.
    pub trust_list: ListAge,
    /// The status list that the license points to, if it is at hand.
    pub status_list: Option<ListAge>,
}

/// What came of bytes or text that are no code: it failed, whatever the lists say.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedCode {
    /// Why it is none.
    pub error: PresentError,
    /// The trust list that a code would have been verified with, if one is at hand. Which status list it would have been is not known.
    pub trust_list: Option<ListAge>,
    /// When.
    pub at: UnixTime,
}

impl RefusedCode {
    /// The form for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { error, trust_list, at } = self;
        json!({
            "age": { "status_list": null, "trust_list": trust_list.map(ListAge::to_json) },
            "at": at.seconds(),
            "format": REPORT_FORMAT,
            "reason": { "code": error.code(), "en": error.to_string(), "zh": error.zh() },
            "verdict": "failed",
        })
    }
}

/// The dynamic part of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dynamic {
    /// The claims, if they could be read.
    pub claims: Option<Presentation>,
    /// `Ok` if nothing is wrong with it; it is remembered only if the license passed too.
    pub outcome: Result<(), DynamicReason>,
}

/// Verifies what was shown: the license with the verifier, unchanged; then, of a dynamic code, the office's statement about it.
///
/// `seen` is this verifier's memory of dynamic codes, given only where [`Context::now`] is the present instant: what is over by then
/// is forgotten. A code is remembered in it when everything passed, and only then. A code that did not pass gave nobody anything,
/// and passes once at most whenever that is; if it were used up by a license that did not pass, its holder would be sent away
/// although the verifier's list was stale and is fetched now.
pub fn check(
    shown: &Presented,
    verifier: &Verifier,
    context: &Context<'_>,
    demand: Demand,
    seen: Option<&mut SeenNonces>,
) -> PresentationReport {
    let license = verifier.check(&shown.license, context);
    let issuer = license.subject().issuer;
    let passed = license.verdict() == Verdict::Passed;
    let dynamic = shown.statement.as_deref().map(|token| {
        let mut claims = None;
        let outcome = statement(token, &shown.license, issuer, context, &mut claims)
            .and_then(|claims| once(claims, context.now, passed, seen));
        Dynamic { claims, outcome }
    });
    let status_list = issuer.zip(license.status_list()).and_then(|(issuer, uri)| {
        let (made, until) = (context.status.made_at(issuer, uri)?, context.status.fresh_until(issuer, uri)?);
        Some(ListAge::new(made, until, context.now))
    });
    let trust_list = ListAge::of_trust(context.trust, context.now);
    PresentationReport { license, dynamic, demand, trust_list, status_list }
}

/// Everything about a statement but whether it was shown before.
fn statement<'r>(
    token: &[u8],
    license: &[u8],
    issuer: Option<CreditCode>,
    context: &Context<'_>,
    read: &'r mut Option<Presentation>,
) -> Result<&'r Presentation, DynamicReason> {
    let now = context.now;
    let signed = context.trust.signed_by_issuer(token, MAX_PRESENTATION_BYTES, TYP_PRESENTATION);
    let signed = signed.map_err(|error| match error {
        SignedByIssuerError::KeyUnknown => DynamicReason::KeyUnknown,
        SignedByIssuerError::OtherAlgorithm => DynamicReason::Algorithm,
        SignedByIssuerError::Signature => DynamicReason::Signature,
        SignedByIssuerError::Format(_) => DynamicReason::Malformed,
    })?;
    let claims = Presentation::read(signed.payload()).map_err(|_: JwsError| DynamicReason::Malformed)?;
    let claims = &*read.insert(claims);
    if issuer != Some(signed.issuer()) {
        return Err(DynamicReason::KeyForeign);
    }
    match signed.counts(claims.issued_at, now) {
        Ok(()) => {}
        Err(Reason::KeyNotInForce) => return Err(DynamicReason::KeyNotInForce),
        Err(_) => return Err(DynamicReason::Algorithm),
    }
    if signed.alg().digest(&[license]) != claims.credential {
        return Err(DynamicReason::OtherLicense);
    }
    if claims.issued_at > now.plus(CLOCK_TOLERANCE_SECONDS) {
        return Err(DynamicReason::FromFuture);
    }
    if now >= claims.expires() {
        return Err(DynamicReason::Expired);
    }
    Ok(claims)
}

/// Whether it was not shown here before. `passed`: whether the license passed, so that this uses the statement up.
fn once(
    claims: &Presentation,
    now: UnixTime,
    passed: bool,
    seen: Option<&mut SeenNonces>,
) -> Result<(), DynamicReason> {
    let seen = seen.ok_or(DynamicReason::NoMemory)?;
    if !passed {
        return if seen.has(&claims.nonce) { Err(DynamicReason::Repeated) } else { Ok(()) };
    }
    match seen.see(claims.nonce, claims.expires(), now) {
        Remembered::New => Ok(()),
        Remembered::Repeated => Err(DynamicReason::Repeated),
        Remembered::Full => Err(DynamicReason::MemoryFull),
    }
}

impl PresentationReport {
    /// What failed before what is open, the license before the dynamic part.
    #[must_use]
    pub fn verdict(&self) -> Verdict<PresentReason> {
        let license = match self.license.verdict().reason() {
            None => Verdict::Passed,
            Some(reason) => Verdict::of_reason(PresentReason::License(reason)),
        };
        let dynamic = match (&self.dynamic, self.demand) {
            (None, Demand::Any) => Ok(()),
            (None, Demand::Dynamic) => Err(DynamicReason::Missing),
            (Some(dynamic), Demand::Any | Demand::Dynamic) => dynamic.outcome,
        };
        let dynamic = match dynamic {
            Ok(()) => Verdict::Passed,
            Err(reason) => Verdict::of_reason(PresentReason::Dynamic(reason)),
        };
        Verdict::first_of([license, dynamic])
    }

    /// The form for programs; holds nothing personal. `license` is the verifier's own report.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let verdict = self.verdict();
        let license: Value = serde_json::from_slice(&self.license.to_json()).unwrap_or_default();
        json!({
            "age": {
                "status_list": self.status_list.map(ListAge::to_json), "trust_list": self.trust_list.to_json(),
            },
            "at": self.license.at().seconds(),
            "dynamic": self.dynamic.as_ref().map(Dynamic::to_json),
            "format": REPORT_FORMAT,
            "kind": if self.dynamic.is_some() { "dynamic" } else { "static" },
            "license": license,
            "reason": verdict.reason().map(|reason| value_of(&reason.info())),
            "verdict": verdict.code(),
        })
    }
}

impl Dynamic {
    fn to_json(&self) -> Value {
        let mut value = json!({ "reason": self.outcome.err().map(|reason| reason.info().code) });
        if let Some(claims) = &self.claims {
            value["expires"] = claims.expires().seconds().into();
            value["issued_at"] = claims.issued_at.seconds().into();
            value["purpose"] = claims.purpose.as_str().into();
        }
        value
    }
}

/// A reason as the verifier writes it.
fn value_of(reason: &ReasonInfo) -> Value {
    serde_json::from_slice(&reason.to_json()).unwrap_or_default()
}
