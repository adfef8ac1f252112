use std::borrow::Cow;
use std::sync::Arc;

use boyin_model::alg::{BadKey, PublicKey, SignError, Signer, VerifyAlg, VerifyKey};
use boyin_model::anchor::{AnchorHandover, TYP_ANCHOR_HANDOVER};
use boyin_model::ceremony::Closing;
use boyin_model::jws::{Header, TYP_CEREMONY, TYP_DECISION, TYP_STATUS_LIST, TYP_TRUST_LIST, Unsigned};
use boyin_model::listing::{Entry, SignedList};
use boyin_model::presentation::{Presentation, TYP_PRESENTATION};
use boyin_model::status::StatusListClaims;
use boyin_model::trust::{Jwk, TrustList};
use boyin_model::webhook::{TYP_WEBHOOK, WebhookNotice};

/// The public half of a signing key, ready for use: all that is needed to prepare and to complete.
#[derive(Clone, Debug)]
pub struct KeyRef {
    key: Arc<dyn VerifyKey>,
    jwk: Jwk,
}

impl KeyRef {
    /// The key of `point` under `alg`.
    ///
    /// # Errors
    /// [`BadKey`] if it is not a point of the curve, or the algorithm is not one for JWS.
    pub fn new(alg: &'static dyn VerifyAlg, point: &[u8]) -> Result<Self, BadKey> {
        let key = Arc::from(alg.key(PublicKey(point))?);
        let jwk = Jwk::from_point(alg, point).ok_or(BadKey)?;
        Ok(Self { key, jwk })
    }

    /// The algorithm.
    #[must_use]
    pub fn alg(&self) -> &'static dyn VerifyAlg {
        self.key.alg()
    }

    pub(crate) fn verify_key(&self) -> &dyn VerifyKey {
        self.key.as_ref()
    }

    /// The key in the form of the trust list.
    #[must_use]
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// `04 ‖ X ‖ Y`.
    #[must_use]
    pub fn point(&self) -> [u8; 65] {
        self.jwk.point().expect("it was made from a point")
    }

    pub(crate) fn header(&self, typ: &'static str) -> Header<'_> {
        Header {
            alg: Cow::Borrowed(&self.jwk.alg),
            kid: Cow::Borrowed(&self.jwk.kid),
            typ: Cow::Borrowed(typ),
        }
    }
}

/// A signer with the public key that checks each of its signatures before anyone sees it.
///
/// A device that signs wrongly, or with another key than expected, is found out here and not by the citizen.
#[derive(Clone, Debug)]
pub struct SigningKey {
    signer: Arc<dyn Signer>,
    reference: KeyRef,
}

/// Why no signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The signer gave none.
    #[error(transparent)]
    Signer(#[from] SignError),
    /// The signer gave one that does not verify.
    #[error("the signer gave a signature that does not verify")]
    SelfCheck,
}

impl SigningKey {
    /// Wraps a signer.
    ///
    /// # Errors
    /// [`BadKey`] if its public key is not one of its algorithm.
    pub fn new(signer: Arc<dyn Signer>) -> Result<Self, BadKey> {
        let reference = KeyRef::new(signer.alg(), signer.public_key().0)?;
        Ok(Self { signer, reference })
    }

    /// The public half.
    #[must_use]
    pub fn reference(&self) -> &KeyRef {
        &self.reference
    }

    /// The key that verifies.
    #[must_use]
    pub fn verify_key(&self) -> &dyn VerifyKey {
        self.reference.verify_key()
    }

    /// Signs and verifies at once.
    ///
    /// # Errors
    /// [`SigningKeyError`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        let signature = self.signer.sign(message)?;
        self.verify_key().verify(message, &signature).map_err(|_| SigningKeyError::SelfCheck)?;
        Ok(signature)
    }

    /// What the signer says, to be verified by the caller.
    pub(crate) fn sign_unverified(&self, message: &[u8]) -> Result<Vec<u8>, SigningKeyError> {
        Ok(self.signer.sign(message)?)
    }

    /// Signs fixed bytes and returns the compact serialization.
    ///
    /// # Errors
    /// [`SigningKeyError`].
    pub fn sign_jws(&self, unsigned: &Unsigned) -> Result<Vec<u8>, SigningKeyError> {
        let signature = self.sign(unsigned.to_be_signed())?;
        Ok(unsigned.with_signature(&signature).into_bytes())
    }
}

/// Fixes the bytes of a status list token (`docs/format.md` §6).
#[must_use]
pub fn status_list(claims: &StatusListClaims, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_STATUS_LIST), &claims.write())
}

/// `typ` of a signed head of the event log.
pub const TYP_LOG_HEAD: &str = "event-log-head+jwt";

/// Fixes the bytes of a signed head of the event log (`docs/archive-format.md`, export of the log).
#[must_use]
pub fn log_head(payload: &[u8], key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_LOG_HEAD), payload)
}

/// Fixes the bytes of the receipt of a decision on papers (`docs/exemption.md`).
#[must_use]
pub fn decision(payload: &[u8], key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_DECISION), payload)
}

/// Fixes the bytes of a statement about a license that is shown (`docs/presentation.md`).
#[must_use]
pub fn presentation(claims: &Presentation, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_PRESENTATION), &claims.write())
}

/// Fixes the bytes of a notice to a system of an agency (`docs/http-api.md`, section Webhooks).
#[must_use]
pub fn webhook(notice: &WebhookNotice, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_WEBHOOK), &notice.write())
}

/// Fixes the bytes of a trust list (`docs/format.md` §7).
#[must_use]
pub fn trust_list(list: &TrustList, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_TRUST_LIST), &list.write())
}

/// Fixes the bytes of a signature at the end of a transcript of a key ceremony.
#[must_use]
pub fn ceremony_closing(closing: &Closing, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_CEREMONY), &closing.write())
}

/// Fixes the bytes of a list beside the trust list (`docs/format.md` §13).
#[must_use]
pub fn signed_list<E: Entry>(list: &SignedList<E>, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(E::TYP), &list.write())
}

/// Fixes the bytes of a hand-over from one anchor to the next (`docs/format.md` §7.1).
#[must_use]
pub fn anchor_handover(handover: &AnchorHandover, key: &KeyRef) -> Unsigned {
    Unsigned::new(&key.header(TYP_ANCHOR_HANDOVER), &handover.write())
}
