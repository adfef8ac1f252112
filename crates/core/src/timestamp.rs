//! Timestamps from authorities: asked in their order, verified before they count, and kept for later while none answers.

mod queue;

use boyin_issue::timestamp::{NONCE_BYTES, TimestampingError, prepare_timestamp};
use boyin_model::alg::{Digest32, Randomness, RandomnessUnavailable, VerifyAlg};
use boyin_model::json::Reader;
use boyin_model::limits::MAX_TOKEN_BYTES;
use boyin_model::time::UnixTime;
use boyin_verify::chain::CertificateStore;
use boyin_verify::timestamp::{Stamped, TimestampContext, TimestampPolicy, TimestampReason, check_token};

use crate::transport::{Transport, TransportError};
pub use queue::{Listing, MAX_QUEUED, QueueError, Queued, Retried, TimestampQueue, backoff_seconds};

/// Media type of requests (RFC 3161 §3.4).
pub const REQUEST_TYPE: &str = "application/timestamp-query";
/// Authorities that are asked, one after the other.
pub const MAX_AUTHORITIES: usize = 4;

/// Where to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampAuthority {
    /// Address, http or https. The answer is signed, so http gives nothing away but the digest.
    pub url: String,
    /// Policy to ask for, dotted; the authority's choice if `None`.
    pub policy: Option<String>,
}

/// What a token has to pass before it counts.
#[derive(Clone, Copy, Debug)]
pub struct TimestampTrust<'t> {
    /// Anchors for timestamps, and revocation lists.
    pub certificates: &'t CertificateStore,
    /// What is asked of tokens.
    pub policy: &'t TimestampPolicy,
}

/// Asks authorities for timestamps.
#[derive(Clone, Copy, Debug)]
pub struct TimestampClient<'t> {
    /// How they are reached.
    pub transport: &'t dyn Transport,
    /// In the order in which they are asked; those beyond [`MAX_AUTHORITIES`] are not.
    pub authorities: &'t [TimestampAuthority],
    /// `None`: the token is only known to answer the request.
    pub trust: Option<TimestampTrust<'t>>,
}

/// Why one authority gave no timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityFault {
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No token, or one to another request.
    #[error(transparent)]
    Answer(#[from] TimestampingError),
    /// The token is not to be relied on.
    #[error("its token does not pass: {}", .0.info().en)]
    Token(TimestampReason),
}

impl AuthorityFault {
    /// Nobody answered: the same is to be expected of the next request.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Transport(_))
    }
}

/// Why there is no timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// No authority is configured.
    #[error("no timestamp authority is configured")]
    NoAuthority,
    /// No nonce.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// None of them gave one; each with its address.
    #[error("no timestamp authority gave a timestamp{}", list(.0))]
    All(Vec<(String, AuthorityFault)>),
}

fn list(faults: &[(String, AuthorityFault)]) -> String {
    faults.iter().map(|(url, fault)| format!("; {url}: {fault}")).collect()
}

impl StampError {
    /// No authority answered at all.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::All(faults) if faults.iter().all(|(_, fault)| fault.is_outage()))
    }
}

impl TimestampClient<'_> {
    /// A token over a digest of the suite `alg`, from the first authority that gives one.
    ///
    /// # Errors
    /// [`StampError`].
    pub fn stamp(
        &self,
        alg: &'static dyn VerifyAlg,
        digest: Digest32,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, StampError> {
        if self.authorities.is_empty() {
            return Err(StampError::NoAuthority);
        }
        let mut faults = Vec::new();
        for authority in self.authorities.iter().take(MAX_AUTHORITIES) {
            let mut nonce = [0; NONCE_BYTES];
            randomness.fill(&mut nonce)?;
            match self.ask(authority, alg, digest, nonce, now) {
                Ok(token) => return Ok(token),
                Err(fault) => faults.push((authority.url.clone(), fault)),
            }
        }
        Err(StampError::All(faults))
    }

    fn ask(
        &self,
        authority: &TimestampAuthority,
        alg: &'static dyn VerifyAlg,
        digest: Digest32,
        nonce: [u8; NONCE_BYTES],
        now: UnixTime,
    ) -> Result<Vec<u8>, AuthorityFault> {
        let prepared = prepare_timestamp(alg, digest, authority.policy.as_deref(), nonce)?;
        let answer =
            self.transport.post(&authority.url, REQUEST_TYPE, prepared.request(), MAX_TOKEN_BYTES)?;
        let token = prepared.complete(&answer)?;
        if let Some(TimestampTrust { certificates, policy }) = self.trust {
            let nonce = prepared.nonce();
            let context = TimestampContext { now, certificates, policy, nonce: Some(&nonce), claimed: None };
            let stamped = Stamped::Digest(alg.id().digest, digest);
            let report = check_token(&token, Reader::Field, stamped, &context);
            if let Some(reason) = report.verdict().reason() {
                return Err(AuthorityFault::Token(reason));
            }
        }
        Ok(token)
    }
}
