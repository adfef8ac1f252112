//! Receipts, verified with a trust list and nothing else.

use boyin_exempt::limits::MAX_RECEIPT_BYTES;
use boyin_exempt::{Receipt, ReceiptError};
use boyin_model::id::CreditCode;
use boyin_model::json::Reader;
use boyin_model::jws::{Compact, Header, JwsError};
use boyin_model::time::UnixTime;
use boyin_verify::{Reason, TrustSnapshot};

use crate::meter::Decided;

/// Why a receipt does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptFault {
    /// It is no receipt, or its signature does not match.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The trust list, or the key in it, does not carry it.
    #[error("{0}")]
    Key(Reason),
    /// Another office signed than the one that it says was asked first.
    #[error("the receipt was signed by {signer}, and names {named} as the office that was asked first")]
    OtherOffice {
        /// Whose key it is.
        signer: CreditCode,
        /// Whom it names.
        named: CreditCode,
    },
    /// It was decided later than now.
    #[error("the receipt is of a later instant than now: {0}")]
    FromFuture(UnixTime),
}

impl ReceiptFault {
    /// Stable code for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Receipt(ReceiptError::Signature) => "signature",
            Self::Receipt(_) => "receipt_format",
            Self::Key(reason) => reason.code(),
            Self::OtherOffice { .. } => "other_office",
            Self::FromFuture(_) => "from_future",
        }
    }

    /// What is the case, in Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Receipt(ReceiptError::Signature) => "回执的签名不符：内容被改动，或不是该单位所签",
            Self::Receipt(ReceiptError::Key) => "回执所称的密钥或算法与信任列表不符",
            Self::Receipt(_) => "这不是判定回执，或内容不完整",
            Self::Key(reason) => reason.info().zh,
            Self::OtherOffice { .. } => "签名单位与回执所载的首问单位不是同一单位",
            Self::FromFuture(_) => "回执的判定时间晚于现在",
        }
    }

    /// Whether it leaves the question open rather than answers it with no.
    #[must_use]
    pub fn is_indeterminate(self) -> bool {
        matches!(self, Self::Key(reason) if reason.is_indeterminate())
    }
}

impl From<JwsError> for ReceiptFault {
    fn from(error: JwsError) -> Self {
        Self::Receipt(error.into())
    }
}

/// What a receipt signs, without a look at the signature: for what the archive gives back. `None` if it is no receipt.
#[must_use]
pub fn receipt_payload(token: &[u8]) -> Option<Vec<u8>> {
    let payload = Compact::open(token, MAX_RECEIPT_BYTES).ok()?.payload;
    Decided::of_payload(0, &payload).map(|_| payload)
}

/// Verifies a receipt: signed by the office that it says was asked first, with a key that was that office's at the instant of the
/// decision. That it was decided rightly is another question: [`Lookup::replay_decision`](crate::Lookup::replay_decision).
///
/// # Errors
/// [`ReceiptFault`]
pub fn verify_receipt(token: &[u8], trust: &TrustSnapshot, now: UnixTime) -> Result<Receipt, ReceiptFault> {
    let compact = Compact::open(token, MAX_RECEIPT_BYTES)?;
    let (header, _) = Header::read(&compact.header, Reader::Ours)?;
    let decided = Decided::of_payload(0, &compact.payload).ok_or(JwsError::Claim("decision"))?;
    let key = trust.office_key(&header.kid, decided.at, now);
    let (signer, key) = key.map_err(ReceiptFault::Key)?;
    let receipt = Receipt::open(token, key, &header.kid)?;
    let named = decided.office.0;
    if named != signer {
        return Err(ReceiptFault::OtherOffice { signer, named });
    }
    if decided.at > now.plus(boyin_verify::CLOCK_TOLERANCE_SECONDS) {
        return Err(ReceiptFault::FromFuture(decided.at));
    }
    Ok(receipt)
}
