//! Key ceremonies: the script by which named people make a key, and the transcript of what they did (`docs/keys.md`).
//!
//! A transcript is text: one canonical JSON object in each line, each with the SHA-256 of the line before it; then one
//! compact JWS in each line, each over everything before it. It proves order and completeness of what was written down and
//! who had which key; that the people named were there is their word.

mod script;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::script::{Owner, Participant, Place, Role, Script, ScriptError, Step, Task};
use crate::json::{self, Reader};
use crate::time::UnixTime;
use crate::trust::Jwk;

/// The `format` of scripts and transcripts that this crate reads and writes.
pub const CEREMONY_FORMAT: u32 = 1;
/// Bytes of a script, as TOML.
pub const MAX_SCRIPT_BYTES: usize = 64 << 10;
/// People in one ceremony.
pub const MAX_PARTICIPANTS: usize = 16;
/// Steps of one script.
pub const MAX_STEPS: usize = 64;
/// Keys that countersign.
pub const MAX_COUNTERSIGNERS: usize = 8;
/// Bytes of one line of a transcript; the first holds the whole script.
pub const MAX_LINE_BYTES: usize = 256 << 10;
/// Bytes of a transcript: each step with a line of each participant, and what they were shown.
pub const MAX_TRANSCRIPT_BYTES: usize = 16 << 20;
/// `prev` of the first line.
pub const NO_LINE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When it was written.
    pub at: UnixTime,
    /// What happened.
    pub event: Event,
    /// Number of the line, from 0.
    pub no: u64,
    /// SHA-256 of the line before, without its line feed, in hexadecimal; [`NO_LINE`] in the first.
    pub prev: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The ceremony began.
    Begun {
        /// Name of the office that keeps the trust list.
        authority: String,
        /// [`CEREMONY_FORMAT`].
        format: u32,
        /// What it was to follow.
        script: Script,
    },
    /// A participant confirmed a step.
    Confirmed {
        /// The participant's name, as the script has it.
        name: String,
        /// The participant's role.
        role: Role,
        /// What the participant was shown.
        shown: String,
        /// Index of the step, from 0.
        step: usize,
    },
    /// The key was made.
    Made {
        /// SHA-256 of its SubjectPublicKeyInfo, in hexadecimal.
        fingerprint: String,
        /// Its public half.
        key: Jwk,
        /// Where its private half is.
        place: MadePlace,
        /// Index of the step, from 0.
        step: usize,
    },
    /// The digest of a file was taken down.
    Recorded {
        /// SHA-256 of its bytes, in hexadecimal.
        digest: String,
        /// Its name.
        file: String,
        /// Index of the step, from 0.
        step: usize,
    },
    /// The ceremony was broken off: its key is none.
    BrokenOff {
        /// At which step, from 0.
        step: usize,
        /// Why.
        why: String,
    },
    /// All steps are done.
    Closed {
        /// IDs of the keys whose signatures follow: the new key, then the countersigning ones in the order of the script.
        signers: Vec<String>,
    },
}

/// Where the private half of a new key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MadePlace {
    /// In an encrypted file.
    Software,
    /// In a PKCS#11 token.
    Pkcs11 {
        /// What the token says of itself: manufacturer, model, serial number, versions.
        device: String,
        /// CKA_ID of the key, hexadecimal.
        id: String,
        /// CKA_LABEL of the key.
        label: String,
        /// What the module says of itself.
        library: String,
        /// The shared library of the device.
        module: String,
        /// Label of the token.
        token: String,
    },
}

impl Line {
    /// The canonical bytes, without a line feed.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(self)
    }

    /// Reads a line, without its line feed. `None` for every spelling but the canonical one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LINE_BYTES {
            return None;
        }
        read_exactly(bytes, Self::write)
    }
}

/// The claims of a signature at the end of a transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// When it was signed.
    pub at: UnixTime,
    /// [`CEREMONY_FORMAT`].
    pub format: u32,
    /// SHA-256 of all bytes before the line of this signature, in hexadecimal.
    pub transcript: String,
}

impl Closing {
    /// The canonical payload.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        json::canonical(self)
    }

    /// Reads a payload. `None` for every spelling but the canonical one and for another `format`.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        read_exactly(payload, Self::write).filter(|closing| closing.format == CEREMONY_FORMAT)
    }
}

/// What is absent could be written in two ways, so that the bytes are compared too.
fn read_exactly<T: serde::de::DeserializeOwned>(bytes: &[u8], write: impl Fn(&T) -> Vec<u8>) -> Option<T> {
    json::parse(bytes, Reader::Ours).ok()?;
    serde_json::from_slice(bytes).ok().filter(|value| write(value) == bytes)
}
