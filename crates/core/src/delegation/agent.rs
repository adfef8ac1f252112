//! Who may act for a holder, as it is kept.

use boyin_exempt::InputKey;
use boyin_model::hex;
use boyin_model::id::HolderCode;

use super::terms::holder_text;

/// Keyed digest of a person's or an organization's number, in hexadecimal: whoever reads the log cannot tell whose it is, nor find
/// their file by it.
pub(super) fn digest_of(key: &InputKey, agent: &HolderCode) -> String {
    hex::encode(&key.digest(format!("delegate\0{}", holder_text(agent)).as_bytes()))
}
