//! The signed receipt of a decision.

use std::borrow::Cow;

use boyin_model::alg::VerifyKey;
use boyin_model::json::{self, Object, Reader, Value};
use boyin_model::jws::{Compact, Header, JwsError, TYP_DECISION};

use crate::channel::Channel;
use crate::decide::{Decision, decide};
use crate::item::ItemCatalog;
use crate::limits::MAX_RECEIPT_BYTES;
use crate::request::{InputKey, Refusal, Request};

const RECEIPT_FORMAT: i64 = 1;

/// What an office signs: the decision and the channel on which it was given.
///
/// ```text
/// {"channel":"window","decision":{…},"format":1}
/// ```
///
/// `boyin_issue::decision` makes it a JWS of type [`TYP_DECISION`].
#[must_use]
pub fn receipt(decision: &Decision, channel: Channel) -> Vec<u8> {
    let mut object = Object::default();
    let members = [
        ("channel", Value::Text(Cow::Borrowed(channel.code()))),
        ("decision", decision.to_value()),
        ("format", Value::Int(RECEIPT_FORMAT)),
    ];
    for (name, value) in members {
        let fresh = object.insert(Cow::Borrowed(name), value);
        debug_assert!(fresh, "three different names");
    }
    let mut out = Vec::with_capacity(4096);
    json::write(&Value::Object(object), &mut out);
    out
}

/// A receipt whose signature was verified.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    payload: Vec<u8>,
    channel: Channel,
}

/// Why a receipt was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not a JWS of ours, larger than [`MAX_RECEIPT_BYTES`], or not the canonical payload of a receipt.
    #[error("not a receipt: {0}")]
    Format(#[from] JwsError),
    /// It names another key than the one given, or another algorithm than that of the key.
    #[error("the receipt names another key")]
    Key,
    /// The signature does not match.
    #[error("the signature of the receipt does not match")]
    Signature,
}

impl Receipt {
    /// Verifies a receipt with the key of the office that gave it; `kid` is that key's name in the trust list.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn open(token: &[u8], key: &dyn VerifyKey, kid: &str) -> Result<Self, ReceiptError> {
        let compact = Compact::open(token, MAX_RECEIPT_BYTES)?;
        let (header, _) = Header::read(&compact.header, Reader::Ours)?;
        if header.typ != TYP_DECISION {
            return Err(JwsError::WrongType.into());
        }
        if header.kid != kid || key.alg().id().jws != Some(header.alg.as_ref()) {
            return Err(ReceiptError::Key);
        }
        key.verify(compact.signing_input, &compact.signature).map_err(|_| ReceiptError::Signature)?;
        let channel = channel(&compact.payload)?;
        Ok(Self { payload: compact.payload, channel })
    }

    /// The channel on which the decision was given.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The bytes that were signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether deciding again from these inputs gives the signed bytes.
    ///
    /// # Errors
    /// [`Refusal`] if the inputs are no question at all.
    pub fn holds(&self, catalog: &ItemCatalog, request: &Request, key: &InputKey) -> Result<bool, Refusal> {
        Ok(receipt(&decide(catalog, request, key)?, request.channel) == self.payload)
    }
}

fn channel(payload: &[u8]) -> Result<Channel, JwsError> {
    let parsed = json::parse(payload, Reader::Ours).map_err(JwsError::Payload)?;
    let object = parsed.value.as_object().ok_or(JwsError::Claim("decision"))?;
    if object.len() != 3 || object.get("decision").and_then(Value::as_object).is_none() {
        return Err(JwsError::Claim("decision"));
    }
    if object.get("format").and_then(Value::as_int) != Some(RECEIPT_FORMAT) {
        return Err(JwsError::Claim("format"));
    }
    let code = object.get("channel").and_then(Value::as_text).ok_or(JwsError::Claim("channel"))?;
    Channel::from_code(code).ok_or(JwsError::Claim("channel"))
}
