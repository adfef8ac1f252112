//! What a verifier takes along to verify offline: lists as they were published, each signed by itself.

use std::borrow::Cow;

use boyin_model::anchor::MAX_HANDOVERS;
use boyin_model::json::{self, Object, Reader, Value};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;
use boyin_verify::{
    AnchorChain, AnchorError, Reason, StatusError, StatusSnapshot, TrustError, TrustSnapshot, TrustedList,
    VerifyAlg,
};

use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_ENTRY_BYTES, MAX_BUNDLE_STATUS_LISTS};

const BUNDLE_FORMAT: i64 = 1;
/// Commas of the largest bundle: three between its members, and those between tokens, which have none.
const MAX_COMMAS: usize = 3 + MAX_BUNDLE_STATUS_LISTS + MAX_HANDOVERS;

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

impl OpenBundle {
    /// The same bundle, if its trust list is none before that of this sequence: the one in force is known from elsewhere, or an
    /// earlier bundle had it.
    ///
    /// # Errors
    /// [`BundleError::Sequence`].
    pub fn at_least(self, sequence: u64) -> Result<Self, BundleError> {
        let found = self.trust.list().sequence;
        if found < sequence { Err(BundleError::Sequence { found, least: sequence }) } else { Ok(self) }
    }

    /// The status lists that were not refused, by URI and issuer.
    #[must_use]
    pub fn status_lists(&self) -> Vec<&TrustedList> {
        let mut lists: Vec<_> = self.status.lists().collect();
        lists.sort_unstable_by_key(|list| (list.uri(), list.issuer()));
        lists
    }

    /// Whether every list that was not refused counts at an instant.
    ///
    /// # Errors
    /// Why the first one does not, the trust list before the others.
    pub fn counts_at(&self, now: UnixTime) -> Result<(), Reason> {
        self.trust.counts_at(now)?;
        self.status_lists().into_iter().try_for_each(|list| list.counts_at(&self.trust, now))
    }
}

/// Why a bundle was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Larger than [`MAX_BUNDLE_BYTES`], more parts than there may be, or not the canonical JSON of a bundle; with the member at
    /// fault.
    #[error("not a bundle of format {BUNDLE_FORMAT}: {0}")]
    Format(&'static str),
    /// Its hand-overs do not follow from the anchor that is held.
    #[error("its hand-overs are refused: {0}")]
    Anchor(#[from] AnchorError),
    /// Its trust list is refused: by another anchor, or changed.
    #[error("its trust list is refused: {0}")]
    Trust(#[from] TrustError),
    /// The entries of its status lists take more than [`MAX_BUNDLE_ENTRY_BYTES`].
    #[error("its status lists inflate beyond {MAX_BUNDLE_ENTRY_BYTES} bytes")]
    TooLarge,
    /// Its trust list is older than the one that was asked for.
    #[error("its trust list is number {found}, and number {least} or a later one was asked for")]
    Sequence {
        /// Its sequence.
        found: u64,
        /// The least sequence that was asked for.
        least: u64,
    },
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
        // Before anything is made of them: an element that is read takes more room than one that is written.
        if bytes.iter().filter(|byte| **byte == b',').count() > MAX_COMMAS {
            return Err(BundleError::Format("number of parts"));
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

    /// Verifies every part, beginning at the anchor that the verifier holds; no status list is inflated before its signature
    /// matched. Whether the lists count at an instant is asked with each verification: see [`OpenBundle::counts_at`].
    ///
    /// `now` is the present instant, up to which hand-overs are followed, whatever instant the question is about.
    ///
    /// # Errors
    /// [`BundleError::Anchor`], [`BundleError::Trust`], [`BundleError::TooLarge`].
    pub fn open(
        &self,
        anchor: &Jwk,
        algs: &[&'static dyn VerifyAlg],
        now: UnixTime,
    ) -> Result<OpenBundle, BundleError> {
        let chain = AnchorChain::follow(anchor, &self.handovers.join(&b'\n'), algs, now)?;
        let trust = chain.load(&self.trust_list, algs)?;
        let (status, refused) = self.open_lists(&trust, MAX_BUNDLE_ENTRY_BYTES)?;
        Ok(OpenBundle { trust, status, latest: chain.latest().clone(), refused })
    }

    fn open_lists(
        &self,
        trust: &TrustSnapshot,
        most_bytes: usize,
    ) -> Result<(StatusSnapshot, Vec<(usize, StatusError)>), BundleError> {
        let (mut status, mut refused) = (StatusSnapshot::default(), Vec::new());
        let mut left = most_bytes;
        for (place, token) in self.status_lists.iter().enumerate() {
            let added = match TrustedList::open(token, trust) {
                Ok(list) => {
                    left = left.checked_sub(list.size_bytes()).ok_or(BundleError::TooLarge)?;
                    status.insert(list)
                }
                Err(error) => Err(error),
            };
            refused.extend(added.err().map(|error| (place, error)));
        }
        Ok((status, refused))
    }
}

/// Tokens that were published are ASCII.
fn token(token: &[u8]) -> Value<'_> {
    Value::Text(String::from_utf8_lossy(token))
}

fn array(tokens: &[Vec<u8>]) -> Value<'_> {
    Value::Array(tokens.iter().map(|one| token(one)).collect())
}

#[cfg(test)]
mod tests {
    use boyin_testkit::prefecture::{Prefecture, status_token};

    use super::*;

    /// The bound holds over all lists together, and what is refused takes nothing of it.
    #[test]
    fn all_entries_together_have_a_bound() {
        let prefecture = Prefecture::new(boyin_suite::Algorithm::Es256);
        let trust = prefecture.trust(&prefecture.trust_list());
        let claims = prefecture.status_list();
        let size = claims.list.size_bytes();
        let mut second = claims.clone();
        second.sub.push('2');
        let signed = |claims| status_token(claims, &prefecture.office.lists);
        let foreign = status_token(&claims, &prefecture.anchor);
        let bundle = Bundle {
            trust_list: Vec::new(),
            status_lists: vec![foreign, signed(&claims), signed(&second)],
            handovers: Vec::new(),
        };
        let (status, refused) = bundle.open_lists(&trust, 2 * size).unwrap();
        assert_eq!((status.lists().count(), refused), (2, vec![(0, StatusError::KeyUnknown)]));
        assert_eq!(bundle.open_lists(&trust, 2 * size - 1).unwrap_err(), BundleError::TooLarge);
    }
}
