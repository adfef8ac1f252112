//! What a key signs, read from the very bytes that are signed, whoever asks.

use serde::{Deserialize, Serialize};

use crate::anchor::TYP_ANCHOR_HANDOVER;
use crate::b64;
use crate::json::{self, Reader, Value};
use crate::jws::{
    Header, TYP_CATALOG_LIST, TYP_CEREMONY, TYP_DECISION, TYP_LICENSE, TYP_SHARING_LIST, TYP_STATUS_LIST,
    TYP_TRUST_LIST,
};
use crate::presentation::TYP_PRESENTATION;
use crate::time::UnixTime;
use crate::webhook::TYP_WEBHOOK;

/// What health asks a key to sign. Such a signature proves nothing about anything, so it is not counted.
pub const PROBE: &[u8] = b"boyin health probe";

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyPurpose {
    /// Licenses.
    Licenses,
    /// Status lists.
    StatusLists,
    /// Trust lists, the catalogs beside them, and the hand-over to the next anchor.
    TrustList,
    /// Receipts of decisions on papers.
    Decisions,
    /// Seals and certificates.
    Seals,
    /// Statements about licenses that are shown (亮证).
    Presentations,
    /// Notices to systems of agencies.
    Webhooks,
    /// Transcripts of key ceremonies. Every key may.
    Ceremony,
    /// [`PROBE`]. Every key may.
    Probe,
}

impl KeyPurpose {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Licenses,
        Self::StatusLists,
        Self::TrustList,
        Self::Decisions,
        Self::Seals,
        Self::Presentations,
        Self::Webhooks,
        Self::Ceremony,
        Self::Probe,
    ];

    /// The name in files and documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Licenses => "licenses",
            Self::StatusLists => "status-lists",
            Self::TrustList => "trust-list",
            Self::Decisions => "decisions",
            Self::Seals => "seals",
            Self::Presentations => "presentations",
            Self::Webhooks => "webhooks",
            Self::Ceremony => "ceremony",
            Self::Probe => "probe",
        }
    }

    /// The purpose with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// What to-be-signed bytes say of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToBeSigned {
    /// Their kind.
    pub purpose: KeyPurpose,
    /// The instant that they bear; seals and certificates bear none.
    pub at: Option<UnixTime>,
    /// `alg` and `kid` of the key that they name; seals and certificates name none.
    pub key: Option<(String, String)>,
}

impl ToBeSigned {
    /// Reads a message; `None` for what is none of our documents.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        if message == PROBE {
            return Some(Self { purpose: KeyPurpose::Probe, at: None, key: None });
        }
        // DER of a SEQUENCE: what is signed in seals and certificates.
        if message.first() == Some(&0x30) {
            return Some(Self { purpose: KeyPurpose::Seals, at: None, key: None });
        }
        let dot = message.iter().position(|byte| *byte == b'.')?;
        let header = b64::decode(&message[..dot]).ok()?;
        let payload = b64::decode(&message[dot + 1..]).ok()?;
        let (header, _) = Header::read(&header, Reader::Ours).ok()?;
        let (purpose, instant) = match header.typ.as_ref() {
            TYP_LICENSE => (KeyPurpose::Licenses, "iat"),
            TYP_STATUS_LIST => (KeyPurpose::StatusLists, "iat"),
            TYP_TRUST_LIST | TYP_ANCHOR_HANDOVER | TYP_CATALOG_LIST | TYP_SHARING_LIST => {
                (KeyPurpose::TrustList, "issued_at")
            }
            TYP_PRESENTATION => (KeyPurpose::Presentations, "iat"),
            TYP_WEBHOOK => (KeyPurpose::Webhooks, "iat"),
            TYP_CEREMONY => (KeyPurpose::Ceremony, "at"),
            TYP_DECISION => (KeyPurpose::Decisions, "at"),
            _ => return None,
        };
        let parsed = json::parse(&payload, Reader::Ours).ok()?;
        let mut object = parsed.value.as_object()?;
        // What is decided stands below the channel on which it was asked.
        if purpose == KeyPurpose::Decisions {
            object = object.get("decision")?.as_object()?;
        }
        let seconds = object.get(instant).and_then(Value::as_int)?;
        let at = u64::try_from(seconds).ok().and_then(UnixTime::new)?;
        let key = Some((header.alg.into_owned(), header.kid.into_owned()));
        Some(Self { purpose, at: Some(at), key })
    }
}

#[cfg(test)]
mod tests;
