use boyin_model::alg::SignError;
use boyin_model::jws::JwsError;

/// Why a signer refused a request. Nothing was signed.
///
/// `docs/remote-signing.md` has the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SignerRefusal {
    /// More bytes than are taken.
    #[error("the request, or what it asks to sign, is larger than is taken")]
    TooLarge,
    /// Not a request.
    #[error("this is not a request for a signature")]
    Malformed,
    /// The key in the header is no client's.
    #[error("no client has this key: `boyin signer client add` at the signer")]
    UnknownClient,
    /// Not signed by the client's key.
    #[error("the client's key does not verify the request")]
    BadSignature,
    /// Of another release.
    #[error("the request has another format: use releases that go together")]
    OtherFormat,
    /// For another signer.
    #[error("the request is for another signer")]
    OtherSigner,
    /// The clock went back.
    #[error("the signer's clock is behind its own journal: set it")]
    ClockBehind,
    /// Too old, or from the future.
    #[error("the request was not made just now: set the clocks of client and signer")]
    Stale,
    /// Sent before.
    #[error("the request was sent before")]
    Replayed,
    /// Too many to remember.
    #[error("more requests than can be remembered: wait some minutes")]
    Busy,
    /// No grant for the key.
    #[error("this client may not have anything signed by this key")]
    KeyNotAllowed,
    /// None of our documents.
    #[error("the bytes are none of the documents that keys sign here")]
    UnknownDocument,
    /// Another kind than the request says.
    #[error("the bytes are another kind of document than the request says")]
    PurposeDiffers,
    /// No grant for this kind.
    #[error("this client may not have this kind of document signed by this key")]
    PurposeNotAllowed,
    /// The key is retired.
    #[error("the key is retired: its private half was destroyed")]
    KeyRetired,
    /// The key cannot be opened, or its device is gone.
    #[error("the key cannot be used: see the signer's log")]
    KeyUnavailable,
    /// The document names another key.
    #[error("the document names another key or algorithm than the one that is to sign it")]
    NamesOtherKey,
    /// Dated too far from now.
    #[error("the document is dated too far from the signer's clock")]
    DatedElsewhere,
    /// The grant is used up.
    #[error("this client has had as many signatures by this key as its grant allows")]
    ClientUsedUp,
    /// The key's own purposes.
    #[error("the limits of the key do not have this kind of document")]
    OtherPurpose,
    /// The key's own time.
    #[error("the document is dated outside the time of the key")]
    OutOfTime,
    /// The key's own number of signatures.
    #[error("the key has made as many signatures as its limit allows")]
    UsedUp,
    /// Not counted.
    #[error("the signature could not be counted: see the signer's disk")]
    NotCounted,
    /// Not journaled.
    #[error("the journal could not be written: see the signer's disk")]
    NotJournaled,
    /// The clients cannot be read.
    #[error("the signer cannot read its clients: see its log")]
    ClientsUnreadable,
    /// The key gave no signature, or a wrong one.
    #[error("the key gave no signature that verifies: see the signer's log")]
    KeyFailed,
}

impl SignerRefusal {
    /// All of them, in the order of the checks.
    pub const ALL: [Self; 26] = [
        Self::TooLarge,
        Self::Malformed,
        Self::ClientsUnreadable,
        Self::UnknownClient,
        Self::BadSignature,
        Self::OtherFormat,
        Self::OtherSigner,
        Self::ClockBehind,
        Self::Stale,
        Self::Replayed,
        Self::Busy,
        Self::KeyNotAllowed,
        Self::UnknownDocument,
        Self::PurposeDiffers,
        Self::PurposeNotAllowed,
        Self::KeyRetired,
        Self::KeyUnavailable,
        Self::NamesOtherKey,
        Self::DatedElsewhere,
        Self::ClientUsedUp,
        Self::OtherPurpose,
        Self::OutOfTime,
        Self::UsedUp,
        Self::NotCounted,
        Self::NotJournaled,
        Self::KeyFailed,
    ];

    /// Stable machine code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::UnknownClient => "unknown_client",
            Self::BadSignature => "bad_signature",
            Self::OtherFormat => "other_format",
            Self::OtherSigner => "other_signer",
            Self::ClockBehind => "clock_behind",
            Self::Stale => "stale",
            Self::Replayed => "replayed",
            Self::Busy => "busy",
            Self::KeyNotAllowed => "key_not_allowed",
            Self::UnknownDocument => "unknown_document",
            Self::PurposeDiffers => "purpose_differs",
            Self::PurposeNotAllowed => "purpose_not_allowed",
            Self::KeyRetired => "key_retired",
            Self::KeyUnavailable => "key_unavailable",
            Self::NamesOtherKey => "names_other_key",
            Self::DatedElsewhere => "dated_elsewhere",
            Self::ClientUsedUp => "client_used_up",
            Self::OtherPurpose => "other_purpose",
            Self::OutOfTime => "out_of_time",
            Self::UsedUp => "used_up",
            Self::NotCounted => "not_counted",
            Self::NotJournaled => "not_journaled",
            Self::ClientsUnreadable => "clients_unreadable",
            Self::KeyFailed => "key_failed",
        }
    }

    /// The refusal with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }
}

impl From<JwsError> for SignerRefusal {
    fn from(error: JwsError) -> Self {
        if matches!(error, JwsError::TooLarge { .. }) { Self::TooLarge } else { Self::Malformed }
    }
}

/// What the limits of a key say.
impl From<SignError> for SignerRefusal {
    fn from(error: SignError) -> Self {
        match error {
            SignError::UsedUp => Self::UsedUp,
            SignError::OtherPurpose => Self::OtherPurpose,
            SignError::OutOfTime => Self::OutOfTime,
            SignError::NotCounted => Self::NotCounted,
            SignError::Unavailable => Self::KeyUnavailable,
            SignError::Refused
            | SignError::NoRandomness
            | SignError::WrongSignature
            | SignError::Unanswered
            | SignError::RefusedRemotely { .. }
            | SignError::TooLarge
            | _ => Self::KeyFailed,
        }
    }
}

/// What a refusal is to whoever asked for the signature: the same as the limits of a key of its own, where there is one.
impl From<SignerRefusal> for SignError {
    fn from(refusal: SignerRefusal) -> Self {
        if refusal == SignerRefusal::UsedUp {
            Self::UsedUp
        } else if refusal == SignerRefusal::OtherPurpose {
            Self::OtherPurpose
        } else if refusal == SignerRefusal::OutOfTime {
            Self::OutOfTime
        } else if refusal == SignerRefusal::NotCounted {
            Self::NotCounted
        } else {
            Self::RefusedRemotely { code: refusal.code() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_specification_and_names_one_refusal() {
        let text = include_str!("../../../../docs/remote-signing.md");
        for refusal in SignerRefusal::ALL {
            assert!(text.contains(&format!("`{}`", refusal.code())), "{refusal:?}");
            assert_eq!(SignerRefusal::from_code(refusal.code()), Some(refusal));
        }
    }
}
