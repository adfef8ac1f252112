//! What a verifier takes along to verify offline: lists as they were published, each signed by itself.

use std::borrow::Cow;

use boyin_model::anchor::MAX_HANDOVERS;
use boyin_model::json::{self, Object, Reader, Value};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_verify::{
    AnchorChain, AnchorError, StatusError, StatusSnapshot, TrustError, TrustSnapshot, VerifyAlg,
};

use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_STATUS_LISTS};

const BUNDLE_FORMAT: i64 = 1;

/// A trust list, status lists, and the hand-overs of the anchor.
///
/// ```text
/// {"format":1,"handovers":[<token>…],"status_lists":[<token>…],"trust_list":<token>}
/// ```
///
/// Canonical JSON. Nothing signs it as a whole: each part says for itself who made it and when, and a part that was left out is
/// missed where it is needed. It proves nothing to whoever holds no anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Token of the trust list.
    pub trust_list: Vec<u8>,
    /// Tokens of status lists, at most [`MAX_BUNDLE_STATUS_LISTS`].
    pub status_lists: Vec<Vec<u8>>,
    /// Hand-overs of the anchor, oldest first.
    pub handovers: Vec<Vec<u8>>,
}

/// A bundle whose parts were verified.
#[derive(Debug)]
pub struct OpenBundle {
    /// Who may issue what.
    pub trust: TrustSnapshot,
    /// Which licenses are revoked or suspended.
    pub status: StatusSnapshot,
    /// The anchor to hold from now on.
    pub latest: Jwk,
    /// Status lists that were refused, by their places: they are as good as none.
    pub refused: Vec<(usize, StatusError)>,
}

/// Why a bundle was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Larger than [`MAX_BUNDLE_BYTES`], more parts than there may be, or not the canonical JSON of a bundle.
    #[error("not a bundle of format {BUNDLE_FORMAT}: {0}")]
    Format(&'static str),
    /// Its hand-overs do not follow from the anchor that is held.
    #[error("its hand-overs are refused: {0}")]
    Anchor(#[from] AnchorError),
    /// Its trust list is refused: by another anchor, or changed.
    #[error("its trust list is refused: {0}")]
    Trust(#[from] TrustError),
}

impl Bundle {
    /// The canonical bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut object = Object::default();
        for (name, value) in [
            ("format", Value::Int(BUNDLE_FORMAT)),
            ("handovers", array(&self.handovers)),
            ("status_lists", array(&self.status_lists)),
            ("trust_list", token(&self.trust_list)),
        ] {
            let fresh = object.insert(Cow::Borrowed(name), value);
            debug_assert!(fresh, "four different names");
        }
        let mut out = Vec::new();
        json::write(&Value::Object(object), &mut out);
        out
    }

    /// Reads the canonical bytes. Nothing is verified yet.
    ///
    /// # Errors
    /// [`BundleError::Format`] with the member at fault.
    pub fn read(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::Format("size"));
        }
        let parsed = json::parse(bytes, Reader::Ours).map_err(|_| BundleError::Format("JSON"))?;
        let object = parsed.value.as_object().filter(|object| object.len() == 4);
        let object = object.ok_or(BundleError::Format("members"))?;
        if object.get("format").and_then(Value::as_int) != Some(BUNDLE_FORMAT) {
            return Err(BundleError::Format("format"));
        }
        let tokens = |name: &'static str, most: usize| {
            let list = object.get(name).and_then(Value::as_array).filter(|list| list.len() <= most);
            let text = |value: &Value<'_>| value.as_text().map(|text| text.as_bytes().to_vec());
            let read: Option<Vec<_>> = list.and_then(|list| list.iter().map(text).collect());
            read.ok_or(BundleError::Format(name))
        };
        let trust_list = object.get("trust_list").and_then(Value::as_text);
        Ok(Self {
            trust_list: trust_list.ok_or(BundleError::Format("trust_list"))?.as_bytes().to_vec(),
            status_lists: tokens("status_lists", MAX_BUNDLE_STATUS_LISTS)?,
            handovers: tokens("handovers", MAX_HANDOVERS)?,
        })
    }

    /// Verifies every part, beginning at the anchor that the verifier holds. Whether the lists are fresh is asked with each
    /// verification.
    ///
    /// # Errors
    /// [`BundleError::Anchor`], [`BundleError::Trust`].
    pub fn open(
        &self,
        anchor: &Jwk,
        algs: &[&'static dyn VerifyAlg],
        now: UnixTime,
    ) -> Result<OpenBundle, BundleError> {
        let chain = AnchorChain::follow(anchor, &self.handovers.join(&b'\n'), algs, now)?;
        let trust = chain.load(&self.trust_list, algs)?;
        let (mut status, mut refused) = (StatusSnapshot::default(), Vec::new());
        for (place, token) in self.status_lists.iter().enumerate() {
            refused.extend(status.add(token, &trust).err().map(|error| (place, error)));
        }
        Ok(OpenBundle { trust, status, latest: chain.latest().clone(), refused })
    }
}

/// Tokens that were published are ASCII.
fn token(token: &[u8]) -> Value<'_> {
    Value::Text(String::from_utf8_lossy(token))
}

fn array(tokens: &[Vec<u8>]) -> Value<'_> {
    Value::Array(tokens.iter().map(|one| token(one)).collect())
}
