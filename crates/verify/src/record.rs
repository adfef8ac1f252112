//! Records of verifications: everything that a verdict rested on, so that anybody can come to it again.

use std::borrow::Cow;

use boyin_model::alg::VerifyAlg;
use boyin_model::b64;
use boyin_model::json::{self, Object, Reader, Value, instant, object};
use boyin_model::limits::{MAX_CREDENTIAL_BYTES, MAX_STATUS_TOKEN_BYTES, MAX_TRUST_LIST_BYTES};
use boyin_model::time::UnixTime;
use boyin_model::trust::Jwk;

use crate::check::{Context, Verifier};
use crate::policy::{Policy, PolicyError};
use crate::report::Report;
use crate::status::{StatusError, StatusSnapshot};
use crate::trust::{TrustError, TrustSnapshot};

/// Status lists in a record: a license points to one.
pub const MAX_RECORD_STATUS_LISTS: usize = 4;
/// Bytes of a record: its parts at their largest, in base64url.
pub const MAX_RECORD_BYTES: usize =
    2 * (MAX_CREDENTIAL_BYTES + MAX_TRUST_LIST_BYTES + MAX_RECORD_STATUS_LISTS * MAX_STATUS_TOKEN_BYTES);

const RECORD_FORMAT: i64 = 1;

/// The inputs of one verification and its report (`docs/format.md` §9.1).
///
/// The record proves nothing by itself: whoever replays it decides whether the anchor in it is the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The license as it was presented.
    pub document: Vec<u8>,
    /// The instant for which the question was asked.
    pub at: UnixTime,
    /// How strictly.
    pub policy: Policy,
    /// The key that signs the trust list.
    pub anchor: Jwk,
    /// Token of the trust list.
    pub trust_list: Vec<u8>,
    /// Tokens of the status lists that were at hand; only those that the license needs have to be here.
    pub status_lists: Vec<Vec<u8>>,
    /// The report, canonical.
    pub report: Vec<u8>,
}

/// Why a record cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Larger than [`MAX_RECORD_BYTES`], or not the canonical JSON of a record.
    #[error("not a record of format {RECORD_FORMAT}: {0}")]
    Format(&'static str),
    /// Its policy is none.
    #[error("its policy is none: {0}")]
    Policy(#[from] PolicyError),
    /// Its trust list is refused.
    #[error("its trust list is refused: {0}")]
    Trust(#[from] TrustError),
    /// One of its status lists is refused.
    #[error("one of its status lists is refused: {0}")]
    Status(#[from] StatusError),
}

impl Record {
    /// Verifies again from the recorded inputs.
    ///
    /// # Errors
    /// [`RecordError`] if a list in it is refused.
    pub fn replay(&self, algs: &[&'static dyn VerifyAlg]) -> Result<Report, RecordError> {
        let trust = TrustSnapshot::load(&self.trust_list, &self.anchor, algs)?;
        let mut status = StatusSnapshot::default();
        for token in &self.status_lists {
            status.add(token, &trust)?;
        }
        let verifier = Verifier::new(algs).with_policy(self.policy.clone());
        let context = Context { now: self.at, trust: &trust, status: &status };
        Ok(verifier.check(&self.document, &context))
    }

    /// Whether the recorded inputs give the recorded report, to the byte.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn holds(&self, algs: &[&'static dyn VerifyAlg]) -> Result<bool, RecordError> {
        Ok(self.replay(algs)?.to_json() == self.report)
    }

    /// The canonical bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let bytes = |bytes: &[u8]| Value::Text(Cow::Owned(b64::encode(bytes)));
        let Jwk { alg, crv, kid, kty, x, y } = &self.anchor;
        let members = [("alg", alg), ("crv", crv), ("kid", kid), ("kty", kty), ("x", x), ("y", y)];
        let anchor = members.map(|(name, text)| (name, Value::Text(Cow::Borrowed(text.as_str()))));
        let record = object([
            ("anchor", object(anchor)),
            ("at", instant(self.at)),
            ("document", bytes(&self.document)),
            ("format", Value::Int(RECORD_FORMAT)),
            ("policy", bytes(&self.policy.write())),
            ("report", bytes(&self.report)),
            ("status_lists", Value::Array(self.status_lists.iter().map(|list| token(list)).collect())),
            ("trust_list", token(&self.trust_list)),
        ]);
        let mut out = Vec::new();
        json::write(&record, &mut out);
        out
    }

    /// Reads the canonical bytes. Nothing is verified yet.
    ///
    /// # Errors
    /// [`RecordError::Format`] with the member at fault, [`RecordError::Policy`].
    pub fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        let parsed = (bytes.len() <= MAX_RECORD_BYTES).then(|| json::parse(bytes, Reader::Ours).ok());
        let Some(Value::Object(mut object)) = parsed.flatten().map(|parsed| parsed.value) else {
            return Err(RecordError::Format("JSON"));
        };
        if object.remove("format").and_then(|format| format.as_int()) != Some(RECORD_FORMAT) {
            return Err(RecordError::Format("format"));
        }
        let record = Self {
            document: packed(&mut object, "document")?,
            at: at(&mut object).ok_or(RecordError::Format("at"))?,
            policy: policy(&packed(&mut object, "policy")?)?,
            anchor: anchor(&mut object).ok_or(RecordError::Format("anchor"))?,
            trust_list: text(object.remove("trust_list").as_ref())
                .ok_or(RecordError::Format("trust_list"))?,
            status_lists: status_lists(&mut object).ok_or(RecordError::Format("status_lists"))?,
            report: packed(&mut object, "report")?,
        };
        if object.is_empty() { Ok(record) } else { Err(RecordError::Format("an additional member")) }
    }
}

/// Tokens that were loaded are ASCII.
fn token(token: &[u8]) -> Value<'_> {
    Value::Text(String::from_utf8_lossy(token))
}

fn text(value: Option<&Value<'_>>) -> Option<Vec<u8>> {
    Some(value?.as_text()?.as_bytes().to_vec())
}

fn packed(object: &mut Object<'_>, member: &'static str) -> Result<Vec<u8>, RecordError> {
    let text = text(object.remove(member).as_ref()).ok_or(RecordError::Format(member))?;
    b64::decode(&text).map_err(|_| RecordError::Format(member))
}

fn at(object: &mut Object<'_>) -> Option<UnixTime> {
    let seconds = object.remove("at")?.as_int()?;
    UnixTime::new(u64::try_from(seconds).ok()?)
}

/// Only the canonical spelling: the digest in the report is over it.
fn policy(bytes: &[u8]) -> Result<Policy, RecordError> {
    let policy = Policy::read(bytes)?;
    if policy.write() == bytes { Ok(policy) } else { Err(RecordError::Format("policy")) }
}

fn anchor(object: &mut Object<'_>) -> Option<Jwk> {
    let Value::Object(mut key) = object.remove("anchor")? else { return None };
    let mut member = |name: &str| Some(key.remove(name)?.as_text()?.to_owned());
    let (alg, crv, kid) = (member("alg")?, member("crv")?, member("kid")?);
    let (kty, x, y) = (member("kty")?, member("x")?, member("y")?);
    key.is_empty().then_some(Jwk { alg, crv, kid, kty, x, y })
}

fn status_lists(object: &mut Object<'_>) -> Option<Vec<Vec<u8>>> {
    let lists = object.remove("status_lists")?;
    let lists = lists.as_array().filter(|lists| lists.len() <= MAX_RECORD_STATUS_LISTS)?;
    lists.iter().map(|list| text(Some(list))).collect()
}
